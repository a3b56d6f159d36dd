//! Sealing a person: from then on there is no such person, and nothing that concerns it, but for the accounts on a list.
//!
//! A code that staff chose would tell by a refusal that somebody has it, so a sealed person and its records get codes that tell
//! nothing. The former ones are kept as personal text.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use crate::domain::check::{Checker, FieldError, Invalid, Rule};
use crate::domain::entry::Entry;
use crate::domain::incident::IncidentEntry;
use crate::domain::person::{Basis, PersonEntry};
use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId, Stamp};
use crate::domain::text::{FORMER_CODE, Private, Texts};

use super::accounts::HOST;
use super::backend::Conn;
use super::changes;
use super::error::StoreError;
use super::records::{self, Found, Stored, Which};
use super::schema::{
    accounts, consent_versions, incident_versions, linkage_versions, person_seal_accounts, person_seals,
    records as register,
};
use super::session::{Session, Tx};
use super::{codes, notices, texts, visibility};

/// Whether a person is sealed, and who sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    pub sealed: bool,
    /// The names of the accounts on the list, in their order.
    pub accounts: Vec<String>,
}

/// Whether a person is sealed, and who sees it.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such person for the reader.
pub fn get(session: &mut Session<'_>, person: RecordId) -> Result<Seal, StoreError> {
    records::current::<PersonEntry>(session, person)?;
    Ok(read(session.conn(), person)?)
}

fn read(conn: &mut Conn, person: RecordId) -> QueryResult<Seal> {
    let Some(write) = sealed_by(conn, person)? else { return Ok(Seal { sealed: false, accounts: Vec::new() }) };
    let accounts = person_seal_accounts::table
        .inner_join(accounts::table.on(accounts::id.eq(person_seal_accounts::account_id)))
        .filter(person_seal_accounts::person_id.eq(person))
        .filter(person_seal_accounts::write.eq(write))
        .filter(accounts::id.ne(HOST))
        .order(accounts::name)
        .select(accounts::name)
        .load(conn)?;
    Ok(Seal { sealed: true, accounts })
}

/// What a write did to the seal of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Sealed,
    ListChanged,
    Unsealed,
}

/// By write what was done to the seals of some persons. Whoever asks has been allowed to see them.
///
/// # Errors
/// The database's own.
pub fn turns(conn: &mut Conn, persons: &[RecordId]) -> QueryResult<HashMap<i64, Turn>> {
    let rows: Vec<(RecordId, i64, bool)> = person_seals::table
        .filter(person_seals::person_id.eq_any(persons))
        .order((person_seals::person_id, person_seals::write))
        .select((person_seals::person_id, person_seals::write, person_seals::sealed))
        .load(conn)?;
    let mut before: HashMap<RecordId, bool> = HashMap::new();
    let turn = |(person, write, sealed): (RecordId, i64, bool)| {
        let was = before.insert(person, sealed).unwrap_or(false);
        let turn = match (was, sealed) {
            (_, false) => Turn::Unsealed,
            (false, true) => Turn::Sealed,
            (true, true) => Turn::ListChanged,
        };
        (write, turn)
    };
    Ok(rows.into_iter().map(turn).collect())
}

/// The write that sealed a person or last changed its list.
pub(super) fn sealed_by(conn: &mut Conn, person: RecordId) -> QueryResult<Option<i64>> {
    person_seals::table
        .filter(person_seals::person_id.eq(person))
        .filter(person_seals::superseded_by.is_null())
        .filter(person_seals::sealed.eq(true))
        .select(person_seals::write)
        .first(conn)
        .optional()
}

/// Whether a person is sealed.
///
/// # Errors
/// The database's own.
pub fn is_sealed(conn: &mut Conn, person: RecordId) -> QueryResult<bool> {
    Ok(sealed_by(conn, person)?.is_some())
}

/// Whether an account is on the list of a sealed person.
///
/// # Errors
/// The database's own.
pub fn lists(conn: &mut Conn, person: RecordId, account: RecordId) -> QueryResult<bool> {
    let Some(write) = sealed_by(conn, person)? else { return Ok(true) };
    diesel::select(diesel::dsl::exists(person_seal_accounts::table.find((person, write, account)))).get_result(conn)
}

/// Whether a new record concerns a sealed person, so that it may have no code that somebody chose.
///
/// # Errors
/// The database's own.
pub(super) fn gives_codes<E: Entry>(conn: &mut Conn, body: &E::Body) -> QueryResult<bool> {
    for person in E::persons(RecordId(uuid::Uuid::nil()), body) {
        if is_sealed(conn, person)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Seals a person, or changes who is on the list of a sealed one. Its owner and whoever seals it are on the list too.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Denied`], [`StoreError::Stale`], or [`StoreError::Invalid`] with every mistake.
pub fn seal(
    tx: &mut Tx<'_>,
    person: RecordId,
    seen: i64,
    names: &[String],
    reason: Option<&str>,
) -> Result<Seal, StoreError> {
    let found = allowed(tx, person, seen)?;
    let own = tx.actor().account;
    let mut list = BTreeSet::from([own, found.version.body.owner]);
    // It stands for nobody.
    list.remove(&HOST);
    let mut checker = Checker::new(tx.session());
    let reason = checker.required("reason", reason);
    if found.version.body.basis == Basis::Reconstructed {
        let expected = "a case file: a record built from a figure stands for no individual";
        checker.refuse("id", Rule::Inconsistent, None, expected);
    }
    for (at, name) in names.iter().enumerate() {
        let field = format!("accounts[{at}]");
        let account = checker.owner(&field, Some(name));
        list.insert(account);
    }
    checker.finish(())?;
    let newly = !is_sealed(tx.conn(), person)?;
    change(tx, person, true, &reason, &list)?;
    if newly {
        hide_codes(tx, person, &reason)?;
    }
    again::<PersonEntry>(tx, person, &reason)?;
    Ok(read(tx.conn(), person)?)
}

/// Takes the seal from a person. Its records keep the codes that tell nothing.
///
/// # Errors
/// As [`seal`].
pub fn unseal(tx: &mut Tx<'_>, person: RecordId, seen: i64, reason: Option<&str>) -> Result<Seal, StoreError> {
    allowed(tx, person, seen)?;
    let mut checker = Checker::new(tx.session());
    let reason = checker.required("reason", reason);
    checker.finish(())?;
    if !is_sealed(tx.conn(), person)? {
        return Err(wrong("a person that is sealed"));
    }
    change(tx, person, false, &reason, &BTreeSet::new())?;
    again::<PersonEntry>(tx, person, &reason)?;
    Ok(read(tx.conn(), person)?)
}

fn wrong(expected: &str) -> StoreError {
    Invalid::one(FieldError::new("id", Rule::Inconsistent, None, expected)).into()
}

/// The person, if the actor may seal it, has seen its newest version, and no decision joins it with another: the other
/// record would tell of it.
fn allowed(tx: &mut Tx<'_>, person: RecordId, seen: i64) -> Result<Found<crate::domain::person::Person>, StoreError> {
    let found = records::current::<PersonEntry>(tx.session(), person)?;
    let actor = tx.actor().clone();
    visibility::decide(tx.conn(), &actor, Action::Seal, Noun::Person, &[person])?;
    if found.version.stamp.write != seen {
        return Err(StoreError::Stale);
    }
    let joined = linkage_versions::table
        .filter(linkage_versions::superseded_by.is_null())
        .filter(linkage_versions::state.eq("active"))
        .filter(linkage_versions::person_id.eq(person).or(linkage_versions::canonical_id.eq(person)));
    if diesel::select(diesel::dsl::exists(joined)).get_result(tx.conn())? {
        return Err(wrong("a person whose record is joined with no other; withdraw the decision first"));
    }
    Ok(found)
}

/// Seals a person, or takes its seal away, with this list.
pub(super) fn change(
    tx: &mut Tx<'_>,
    person: RecordId,
    sealed: bool,
    reason: &str,
    list: &BTreeSet<RecordId>,
) -> Result<(), StoreError> {
    let write = tx.write();
    let newest =
        person_seals::table.filter(person_seals::person_id.eq(person)).filter(person_seals::superseded_by.is_null());
    diesel::update(newest).set(person_seals::superseded_by.eq(write)).execute(tx.conn())?;
    diesel::insert_into(person_seals::table)
        .values((
            person_seals::person_id.eq(person),
            person_seals::write.eq(write),
            person_seals::sealed.eq(sealed),
            person_seals::reason.eq(reason),
        ))
        .execute(tx.conn())?;
    for account in list {
        diesel::insert_into(person_seal_accounts::table)
            .values((
                person_seal_accounts::person_id.eq(person),
                person_seal_accounts::write.eq(write),
                person_seal_accounts::account_id.eq(*account),
            ))
            .execute(tx.conn())?;
    }
    let list: Vec<_> = list.iter().map(ToString::to_string).collect();
    tx.note("sealed", sealed);
    tx.note("accounts", list);
    Ok(())
}

/// Gives a person and all that concerns it codes that tell nothing.
fn hide_codes(tx: &mut Tx<'_>, person: RecordId, reason: &str) -> Result<(), StoreError> {
    let (former, code) = rename(tx, Noun::Person, person, person)?;
    let incidents: Vec<RecordId> = incident_versions::table
        .filter(incident_versions::person_id.eq(person))
        .filter(incident_versions::superseded_by.is_null())
        .order(incident_versions::record_id)
        .select(incident_versions::record_id)
        .load(tx.conn())?;
    for incident in incidents {
        rename(tx, Noun::Incident, incident, person)?;
        again::<IncidentEntry>(tx, incident, reason)?;
    }
    let counted_as_it: Vec<RecordId> = linkage_versions::table
        .filter(linkage_versions::canonical_id.eq(person))
        .select(linkage_versions::record_id)
        .distinct()
        .load(tx.conn())?;
    for record in counted_as_it {
        // Its code is that of a person whom others see, and may join with somebody else.
        let code = codes::draw(tx, Noun::Linkage)?;
        set_code(tx, record, &code)?;
    }
    rename_what_is_made_of(tx, person, &former, &code)
}

/// Gives the records whose codes are made of a person's the new one in its place.
fn rename_what_is_made_of(tx: &mut Tx<'_>, person: RecordId, former: &str, code: &str) -> Result<(), StoreError> {
    let consents: Vec<RecordId> = consent_versions::table
        .filter(consent_versions::person_id.eq(person))
        .select(consent_versions::record_id)
        .distinct()
        .load(tx.conn())?;
    let linkages: Vec<RecordId> = linkage_versions::table
        .filter(linkage_versions::person_id.eq(person))
        .select(linkage_versions::record_id)
        .distinct()
        .load(tx.conn())?;
    for record in consents.into_iter().chain(linkages) {
        let old: String = register::table.find(record).select(register::code).first(tx.conn())?;
        set_code(tx, record, &old.replacen(former, code, 1))?;
    }
    Ok(())
}

/// Gives a record another code that tells nothing, because somebody who may not see it has chosen the one that it has: any other
/// answer would tell that there is such a record. The audit names it.
pub(super) fn make_way(tx: &mut Tx<'_>, noun: Noun, record: RecordId) -> Result<(), StoreError> {
    let former: String = register::table.find(record).select(register::code).first(tx.conn())?;
    let code = codes::draw(tx, noun)?;
    set_code(tx, record, &code)?;
    tx.touch(noun, record);
    notices::of_new_code(tx, noun, record)?;
    if noun == Noun::Person { rename_what_is_made_of(tx, record, &former, &code) } else { Ok(()) }
}

/// What goes over to a sealed person has a code that others know; the code that something had before it was sealed would tell
/// of the sealed person to whoever sees it with another.
pub(super) fn change_code_of_what_went_over<E: Entry>(
    tx: &mut Tx<'_>,
    id: RecordId,
    before: &E::Body,
    now: &E::Body,
) -> Result<(), StoreError> {
    if E::persons(id, before) == E::persons(id, now) {
        return Ok(());
    }
    let subject = E::subject(id, now);
    if gives_codes::<E>(tx.conn(), now)? {
        return rename(tx, E::NOUN, id, subject).map(drop);
    }
    texts::take_back(tx, id, subject, FORMER_CODE)
}

/// Gives a record a code that tells nothing, and keeps the former one as personal text. Gives both.
fn rename(tx: &mut Tx<'_>, noun: Noun, record: RecordId, person: RecordId) -> Result<(String, String), StoreError> {
    let former: String = register::table.find(record).select(register::code).first(tx.conn())?;
    let texts = Texts::from([(FORMER_CODE, Some(Private::new(&former)))]);
    texts::keep(tx, record, person, &texts)?;
    let code = codes::draw(tx, noun)?;
    set_code(tx, record, &code)?;
    Ok((former, code))
}

fn set_code(tx: &mut Tx<'_>, record: RecordId, code: &str) -> Result<(), StoreError> {
    diesel::update(register::table.find(record)).set(register::code.eq(code)).execute(tx.conn())?;
    Ok(())
}

/// The newest version once more, so that its entity tag and its history tell that something has changed.
pub(super) fn again<E: Stored>(tx: &mut Tx<'_>, id: RecordId, reason: &str) -> Result<(), StoreError> {
    let newest = E::versions(tx.conn(), &[id], Which::Current)?.pop();
    let (_, stamp, body) = newest.ok_or(StoreError::Missing(E::NOUN))?;
    let stamp = Stamp { write: tx.write(), reason: Some(reason.to_owned()), superseded_by: None, ..stamp };
    changes::replace::<E>(tx, id, &stamp, &body)
}
