//! Erasing a person: ciphertext, key and coded versions, with all that concerns the person. What stays is that there was a
//! record, between which writes, and which kept answers counted it.
//!
//! The identifiers of erased persons are noted outside of the database too, before the write is kept, so that a backup that is
//! put back does not bring anybody back.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::accounts;
use super::asked::Asked;
use super::backend::Conn;
use super::data_keys;
use super::database::Store;
use super::erased_list::{self, Line};
use super::error::StoreError;
use super::instance;
use super::jobs::{Job, Kind, NewJob};
use super::records::{self, Stored};
use super::schema::{
    consent_versions, erased_answers, erasures, incident_sources, incident_versions, involvements, linkage_sources,
    linkage_versions, notices, person_seal_accounts, person_seals, person_versions, personal_texts,
    records as register, seal_requests,
};
use super::session::Tx;
use super::{seals, visibility};
use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::count::Tally;
use crate::domain::person::PersonEntry;
use crate::domain::policy::{self, Action, Actor, Standing};
use crate::domain::record::{Noun, RecordId, Times};

/// Why a person is erased, as the audit names it: no free text about somebody who is to be forgotten.
pub const REASONS: &[&str] = &["requested", "consent_withdrawn", "no_longer_needed", "entered_in_error"];

/// What an erasure took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    pub incidents: usize,
    /// Other records that concerned the person: linkages and consents.
    pub others: usize,
    /// Kept answers and entered figures that counted the person, and cannot be computed again.
    pub answers: usize,
}

/// Erases a person whose newest version the caller has seen. Gives too the job that wipes its traces from the files, where it could be
/// asked for. What that cannot wipe, as where somebody still reads what was there before, is tried again while the service runs.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Denied`], [`StoreError::Stale`], or [`StoreError::Invalid`] with the reason. Where the
/// note outside of the database cannot be made, nothing is erased.
pub fn erase(
    store: &Store,
    actor: &Actor,
    person: RecordId,
    seen: i64,
    reason: Option<String>,
) -> Result<(Erased, Option<Job>), StoreError> {
    let erased = store.write(actor, "person.erase", move |tx| {
        let found = records::current::<PersonEntry>(tx.session(), person)?;
        let actor = tx.actor().clone();
        visibility::decide(tx.conn(), &actor, Action::Erase, Noun::Person, &[person])?;
        if found.version.stamp.write != seen {
            return Err(StoreError::Stale);
        }
        tx.note("reason", read_reason(reason.as_deref())?);
        erased_list::intend(tx, Line::Person(person))?;
        remove(tx, person)
    })?;
    Ok((erased, completed(store, actor, Line::Person(person))))
}

/// What is to be done when an erasure was kept. What fails here is done again at the next start, or by the next wiping.
fn completed(store: &Store, actor: &Actor, line: Line) -> Option<Job> {
    let noted = store.keys().map_or(Ok(()), |keys| erased_list::done(&keys, line));
    if let Err(why) = noted {
        tracing::error!(error = %why, "an erasure is not noted as done yet");
    }
    let (kind, parameters) = (Kind::Wipe, serde_json::json!({}));
    let wiping = NewJob { kind, parameters, payload: None, key: None, total: None };
    match store.jobs().submit(store.keys().as_deref(), actor, &wiping) {
        Ok((job, _)) => Some(job),
        Err(why) => {
            tracing::warn!(error = %why, "what was erased is not wiped from the files yet; that is tried again");
            None
        }
    }
}

fn read_reason(reason: Option<&str>) -> Result<&'static str, Invalid> {
    let given = reason.map(str::trim).unwrap_or_default();
    let rule = if given.is_empty() { Rule::Required } else { Rule::UnknownCode };
    let expected = || format!("one of {}", REASONS.join(", "));
    let known = REASONS.iter().find(|known| **known == given).copied();
    known.ok_or_else(|| Invalid::one(FieldError::new("reason", rule, Some(given), expected())))
}

/// Erases once more what was erased and is there again, because a backup was put back. Gives how many records.
///
/// # Errors
/// That the list cannot be read, or the database's own.
pub fn reapply(store: &Store) -> Result<usize, StoreError> {
    let Some(keys) = store.keys() else { return Ok(0) };
    let list = erased_list::read(&keys.place().erasures())?;
    // Kept, and interrupted before it was noted.
    for line in list.intended {
        let kept = store.look(|conn| match line {
            Line::Person(person) => {
                let gone = diesel::select(diesel::dsl::exists(erasures::table.find(person)));
                Ok(gone.get_result::<bool>(conn)?)
            }
            Line::Texts(record, made_by) => Ok(data_keys::made_by(conn, record)? != Some(made_by)),
        })?;
        if kept {
            erased_list::done(&keys, line)?;
        }
    }
    let mut back = 0;
    for line in list.done {
        back += usize::from(erase_again(store, line)?);
    }
    // What is not wiped now is tried again while it is served.
    if let Err(why) = store.wipe() {
        tracing::warn!(error = %why, "what was erased is not wiped from the files yet");
    }
    Ok(back)
}

fn erase_again(store: &Store, line: Line) -> Result<bool, StoreError> {
    match line {
        Line::Person(person) => {
            let of = person_versions::table.filter(person_versions::record_id.eq(person));
            let there = store.look(|conn| Ok(diesel::select(diesel::dsl::exists(of)).get_result::<bool>(conn)?))?;
            if there {
                store.write(&accounts::host(), "person.erase_again", move |tx| remove(tx, person).map(drop))?;
            }
            Ok(there)
        }
        Line::Texts(record, made_by) => {
            let there = store.look(|conn| Ok(data_keys::made_by(conn, record)? == Some(made_by)))?;
            if there {
                store.write(&accounts::host(), "texts.erase_again", move |tx| {
                    tx.note("record", record.to_string());
                    remove_texts(tx, record).map(drop)
                })?;
            }
            Ok(there)
        }
    }
}

/// The records that concern a person and nobody else.
struct Concerned {
    incidents: Vec<RecordId>,
    others: Vec<RecordId>,
}

fn concerned(conn: &mut Conn, person: RecordId) -> QueryResult<Concerned> {
    let incidents = incident_versions::table
        .filter(incident_versions::person_id.eq(person))
        .filter(incident_versions::superseded_by.is_null())
        .select(incident_versions::record_id)
        .load(conn)?;
    let linkages = linkage_versions::table
        .filter(linkage_versions::person_id.eq(person).or(linkage_versions::canonical_id.eq(person)))
        .filter(linkage_versions::superseded_by.is_null())
        .select(linkage_versions::record_id)
        .load::<RecordId>(conn)?;
    let consents = consent_versions::table
        .filter(consent_versions::person_id.eq(person))
        .select(consent_versions::record_id)
        .distinct()
        .load::<RecordId>(conn)?;
    Ok(Concerned { incidents, others: linkages.into_iter().chain(consents).collect() })
}

/// The tables from which something was deleted, so that its traces are wiped from the files.
struct Deleted(BTreeSet<&'static str>);

impl Deleted {
    /// What is erased may stand in a file that was uploaded for a job. Its ciphertext goes with the job, under a key that lasts.
    fn new() -> Self {
        Self(BTreeSet::from(["jobs"]))
    }

    fn from(&mut self, table: &'static str, rows: usize) {
        if rows > 0 {
            self.0.insert(table);
        }
    }

    fn note(self, tx: &mut Tx<'_>) -> QueryResult<()> {
        instance::set_wipe_due(tx, &self.0.into_iter().collect::<Vec<_>>())
    }
}

/// Deletes rows and notes the table.
macro_rules! delete {
    ($deleted:ident, $conn:expr, $table:ident, $which:expr) => {
        $deleted.from(stringify!($table), diesel::delete($table::table.filter($which)).execute($conn)?)
    };
}

fn remove(tx: &mut Tx<'_>, person: RecordId) -> Result<Erased, StoreError> {
    let asked = Asked::all(tx.session())?;
    let before = answers(tx.conn(), &asked)?;
    let Concerned { incidents, others } = concerned(tx.conn(), person)?;
    let whole: Vec<RecordId> =
        [person].into_iter().chain(incidents.iter().copied()).chain(others.iter().copied()).collect();
    note(tx, &whole)?;
    let mut deleted = Deleted::new();
    for ids in incidents.chunks(500) {
        let conn = tx.conn();
        delete!(deleted, conn, involvements, involvements::incident_id.eq_any(ids));
        delete!(deleted, conn, incident_sources, incident_sources::incident_id.eq_any(ids));
        delete!(deleted, conn, incident_versions, incident_versions::record_id.eq_any(ids));
        delete!(deleted, conn, personal_texts, personal_texts::record_id.eq_any(ids));
    }
    forget_what_was_said_of(tx.conn(), person, &mut deleted)?;
    for ids in others.chunks(500) {
        let conn = tx.conn();
        delete!(deleted, conn, linkage_sources, linkage_sources::linkage_id.eq_any(ids));
        delete!(deleted, conn, linkage_versions, linkage_versions::record_id.eq_any(ids));
        delete!(deleted, conn, consent_versions, consent_versions::record_id.eq_any(ids));
    }
    let conn = tx.conn();
    delete!(deleted, conn, personal_texts, personal_texts::subject_id.eq(person));
    delete!(deleted, conn, seal_requests, seal_requests::person_id.eq(person));
    delete!(deleted, conn, person_seal_accounts, person_seal_accounts::person_id.eq(person));
    delete!(deleted, conn, person_seals, person_seals::person_id.eq(person));
    delete!(deleted, conn, person_versions, person_versions::record_id.eq(person));
    deleted.from("data_keys", data_keys::delete(tx, person)?.into());
    for ids in whole.chunks(500) {
        let conn = tx.conn();
        delete!(deleted, conn, notices, notices::record_id.eq_any(ids).or(notices::other_id.eq_any(ids)));
        deleted.from("records", diesel::delete(register::table.filter(register::id.eq_any(ids))).execute(conn)?);
    }
    deleted.note(tx)?;
    tx.note("person", person.to_string());
    let answers = note_answers(tx, &asked, before)?;
    Ok(Erased { incidents: incidents.len(), others: others.len(), answers })
}

/// Versions of other persons' incidents, and of decisions about others, that once named this one.
fn forget_what_was_said_of(conn: &mut Conn, person: RecordId, deleted: &mut Deleted) -> QueryResult<()> {
    let versions = incident_versions::table
        .filter(incident_versions::person_id.eq(person))
        .select((incident_versions::record_id, incident_versions::write))
        .load::<(RecordId, i64)>(conn)?;
    for (incident, write) in versions {
        delete!(deleted, conn, involvements, involvements::incident_id.eq(incident).and(involvements::write.eq(write)));
        let linked = incident_sources::incident_id.eq(incident).and(incident_sources::write.eq(write));
        delete!(deleted, conn, incident_sources, linked);
        let version = incident_versions::record_id.eq(incident).and(incident_versions::write.eq(write));
        delete!(deleted, conn, incident_versions, version);
    }
    let versions = linkage_versions::table
        .filter(linkage_versions::person_id.eq(person).or(linkage_versions::canonical_id.eq(person)))
        .filter(linkage_versions::superseded_by.is_not_null())
        .select((linkage_versions::record_id, linkage_versions::write))
        .load::<(RecordId, i64)>(conn)?;
    for (linkage, write) in versions {
        let named = linkage_sources::linkage_id.eq(linkage).and(linkage_sources::write.eq(write));
        delete!(deleted, conn, linkage_sources, named);
        let version = linkage_versions::record_id.eq(linkage).and(linkage_versions::write.eq(write));
        delete!(deleted, conn, linkage_versions, version);
    }
    Ok(())
}

/// Notes that there were these records.
fn note(tx: &mut Tx<'_>, ids: &[RecordId]) -> Result<(), StoreError> {
    let write = tx.write();
    for ids in ids.chunks(500) {
        let lines = register::table
            .filter(register::id.eq_any(ids))
            .select((register::id, register::noun, register::created_write))
            .load::<(RecordId, String, i64)>(tx.conn())?;
        for (id, noun, created_write) in lines {
            diesel::insert_into(erasures::table)
                .values((
                    erasures::record_id.eq(id),
                    erasures::noun.eq(noun),
                    erasures::created_write.eq(created_write),
                    erasures::write.eq(write),
                ))
                .execute(tx.conn())?;
        }
    }
    Ok(())
}

fn answers(conn: &mut Conn, asked: &[Asked]) -> Result<HashMap<RecordId, Tally>, StoreError> {
    asked.iter().map(|asked| Ok((asked.figure, asked.count(conn)?))).collect()
}

/// Notes which answers are other ones now.
fn note_answers(tx: &mut Tx<'_>, asked: &[Asked], before: HashMap<RecordId, Tally>) -> Result<usize, StoreError> {
    let after = answers(tx.conn(), asked)?;
    let write = tx.write();
    let changed: Vec<_> = before.into_iter().filter(|(figure, tally)| after.get(figure) != Some(tally)).collect();
    for (figure, _) in &changed {
        diesel::insert_into(erased_answers::table)
            .values((erased_answers::figure_id.eq(*figure), erased_answers::write.eq(write)))
            .execute(tx.conn())?;
    }
    let figures: Vec<_> = changed.iter().map(|(figure, _)| figure.to_string()).collect();
    if !figures.is_empty() {
        tx.note("answers", figures);
    }
    Ok(changed.len())
}

/// The figures whose answer counted somebody who was erased since.
///
/// # Errors
/// The database's own.
pub fn erased_answers_of(conn: &mut Conn, figures: &[RecordId]) -> QueryResult<BTreeSet<RecordId>> {
    let mut erased = BTreeSet::new();
    for figures in figures.chunks(500) {
        let rows = erased_answers::table
            .filter(erased_answers::figure_id.eq_any(figures))
            .select(erased_answers::figure_id)
            .load::<RecordId>(conn)?;
        erased.extend(rows);
    }
    Ok(erased)
}

/// How many persons Attest held after a write and has erased since: what was answered of that time may have counted them.
///
/// # Errors
/// The database's own.
pub fn erased_since(conn: &mut Conn, times: Times) -> QueryResult<i64> {
    erasures::table
        .filter(erasures::noun.eq(Noun::Person.name()))
        .filter(erasures::created_write.le(times.at_write))
        .filter(erasures::write.gt(times.at_write))
        .count()
        .get_result(conn)
}

/// Erases what names a source, or is told of an event: its personal text, in every version, with the key. The coded record
/// stays. Gives how many texts there were, and the job that wipes their traces.
///
/// # Errors
/// As [`erase`].
pub fn erase_texts<E: Stored>(
    store: &Store,
    actor: &Actor,
    action: &'static str,
    record: RecordId,
    seen: i64,
    reason: Option<String>,
) -> Result<(usize, Option<Job>), StoreError> {
    let (gone, line) = store.write(actor, action, move |tx| {
        let found = records::current::<E>(tx.session(), record)?;
        policy::decide(tx.actor(), Action::Erase)?.on(Standing::Nobody)?;
        if found.version.stamp.write != seen {
            return Err(StoreError::Stale);
        }
        let reason = read_reason(reason.as_deref())?;
        tx.note("reason", reason);
        tx.note("record", record.to_string());
        let made_by = data_keys::made_by(tx.conn(), record)?;
        let line = made_by.map(|made_by| Line::Texts(record, made_by));
        line.map_or(Ok(()), |line| erased_list::intend(tx, line))?;
        let gone = remove_texts(tx, record)?;
        seals::again::<E>(tx, record, reason)?;
        Ok((gone, line))
    })?;
    Ok((gone, line.and_then(|line| completed(store, actor, line))))
}

fn remove_texts(tx: &mut Tx<'_>, subject: RecordId) -> Result<usize, StoreError> {
    let gone =
        diesel::delete(personal_texts::table.filter(personal_texts::subject_id.eq(subject))).execute(tx.conn())?;
    let mut deleted = Deleted::new();
    deleted.from("personal_texts", gone);
    deleted.from("data_keys", data_keys::delete(tx, subject)?.into());
    deleted.note(tx)?;
    Ok(gone)
}
