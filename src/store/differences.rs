//! Why two answers to one question differ: which records came, went or changed in between.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::aggregate::Query;
use crate::domain::difference::{Changed, DifferenceReason, Held, Turn, between, foremost};
use crate::domain::dimension::Level;
use crate::domain::person::Basis;
use crate::domain::record::{Noun, RecordId, State, Times};

use super::aggregates::Counter;
use super::backend::Conn;
use super::consents::{self, Refusal};
use super::error::{StoreError, word};
use super::question::{Certainty, Question};
use super::schema::{
    consent_versions, incident_sources, incident_versions, linkage_versions, person_versions, source_versions,
};
use super::selects;
use super::stamps::STATES;
use super::statement::Scope;

/// How many units are explained at once: each is a parameter of a statement.
const BATCH: usize = 500;

/// One person or incident that is counted in one answer and not in the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub unit: RecordId,
    pub turn: Turn,
    pub reason: DifferenceReason,
    /// The records by which it is or was counted, as far as they changed.
    pub records: Vec<Changed>,
}

/// A question made ready for one pair of times.
struct Side {
    question: Question,
    scope: Scope,
}

impl Side {
    fn new(conn: &mut Conn, query: &Query, times: Times) -> QueryResult<Self> {
        let (question, scope) = Counter::bare(conn, times)?.ready(query)?;
        Ok(Self { question, scope })
    }

    fn only(&self, other: &Self, conn: &mut Conn) -> QueryResult<Vec<RecordId>> {
        selects::only_in((&self.question, self.scope), (&other.question, other.scope)).load(conn)
    }

    /// The question as it was asked, of the records of other times.
    fn of_the_records_at(&self, other: &Self) -> Self {
        let scope = Scope { words_at: self.scope.words_at, ..other.scope };
        Self { question: self.question.clone(), scope }
    }

    /// Of case files alone: how built records fall on persons is nobody's statement.
    fn of_case_files(mut self) -> Self {
        self.scope.basis = Some(Basis::CaseFile);
        self
    }

    /// With what uncertain dates allow.
    fn with_what_is_possible(mut self) -> Self {
        self.question.certainty = Certainty::Possible(BTreeMap::new());
        self
    }
}

/// Explains why the answers to a question differ: what the later counts and the earlier does not, and the other way round.
///
/// # Errors
/// The database's own.
pub fn explain(conn: &mut Conn, query: &Query, from: Times, to: Times) -> Result<Vec<Difference>, StoreError> {
    let (before, after) = (Side::new(conn, query, from)?, Side::new(conn, query, to)?);
    let mut by_words = BTreeSet::new();
    if from.at_write != to.at_write {
        // What would have turned although no record had changed, and not because of the records alone.
        let (new_words, new_records) = (after.of_the_records_at(&before), before.of_the_records_at(&after));
        by_words.extend(new_words.only(&before, conn)?);
        by_words.extend(before.only(&new_words, conn)?);
        for unit in [new_records.only(&before, conn)?, before.only(&new_records, conn)?].concat() {
            by_words.remove(&unit);
        }
    }
    let mut found = Vec::new();
    for (turn, side, other) in [(Turn::Entered, &after, &before), (Turn::Left, &before, &after)] {
        let units = side.only(other, conn)?;
        let refusals = Refusals::read(conn, side, other)?;
        for units in units.chunks(BATCH) {
            let mut records = records(conn, query, side, units)?;
            refusals.add(conn, &mut records)?;
            let histories = Histories::read(conn, &records)?;
            for (unit, records) in records {
                let changes = records.into_iter().filter_map(|(noun, record)| {
                    let held = |times| histories.held(noun, record, times);
                    let (reason, write) = match noun {
                        Noun::Consent if refusals.stood.contains(&record) => return None,
                        Noun::Consent => (turn.by_consent(), held(to)?.0),
                        _ => between(noun, held(from), held(to))?,
                    };
                    Some(Changed { noun, record, reason, write })
                });
                let likely = |change: &Changed| query.asks_for_nothing() || turn.may_follow(change.reason);
                let records: Vec<_> = changes.filter(likely).collect();
                let reason =
                    if by_words.contains(&unit) { DifferenceReason::DefinitionChanged } else { foremost(&records) };
                found.push(Difference { unit, turn, reason, records });
            }
        }
    }
    Ok(found)
}

/// How the case files of a part lie to those of its whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// How many are counted for the part and cannot be for the whole, whatever the uncertain dates are.
    pub outside: u64,
    /// How many are counted for both.
    pub inside: u64,
}

/// How the case files of a part lie to those of its whole, at some times.
///
/// # Errors
/// The database's own.
pub fn overlap(conn: &mut Conn, part: &Query, whole: &Query, times: Times) -> Result<Overlap, StoreError> {
    let part = Side::new(conn, part, times)?.of_case_files();
    let definite = Side::new(conn, whole, times)?.of_case_files();
    let all: Vec<RecordId> = selects::units(&part.question, part.scope).load(conn)?;
    let beside = part.only(&definite, conn)?.len() as u64;
    let possible = definite.with_what_is_possible();
    Ok(Overlap { outside: part.only(&possible, conn)?.len() as u64, inside: all.len() as u64 - beside })
}

/// The case files that a question counts and none of some others.
///
/// # Errors
/// The database's own.
pub fn left_over(conn: &mut Conn, whole: &Query, parts: &[&Query], times: Times) -> Result<u64, StoreError> {
    let whole = Side::new(conn, whole, times)?.of_case_files();
    let mut left: BTreeSet<RecordId> = selects::units(&whole.question, whole.scope).load(conn)?.into_iter().collect();
    for part in parts {
        let part = Side::new(conn, part, times)?.of_case_files();
        let beside: BTreeSet<RecordId> = whole.only(&part, conn)?.into_iter().collect();
        left = &left & &beside;
    }
    Ok(left.len() as u64)
}

type Records = BTreeMap<RecordId, BTreeSet<(Noun, RecordId)>>;

/// By unit the records by which it is counted in one state.
fn records(conn: &mut Conn, query: &Query, side: &Side, units: &[RecordId]) -> QueryResult<Records> {
    let mut records = Records::new();
    let rows: Vec<(RecordId, RecordId, RecordId)> = selects::evidence(&side.question, side.scope, units).load(conn)?;
    let mut persons: HashMap<RecordId, BTreeSet<RecordId>> = HashMap::new();
    for (unit, person, incident) in rows {
        let own = records.entry(unit).or_default();
        own.insert((Noun::Person, person));
        if incident != person {
            own.insert((Noun::Incident, incident));
        }
        persons.entry(person).or_default().insert(unit);
    }
    let ids: Vec<_> = persons.keys().copied().collect();
    add_linkages(conn, &mut records, &persons)?;
    if !query.with.is_empty() || query.asks_for_nothing() {
        let kinds: BTreeSet<_> = side.question.with.iter().flatten().cloned().collect();
        let mut incidents = incident_versions::table
            .filter(incident_versions::person_id.eq_any(&ids))
            .select((incident_versions::record_id, incident_versions::person_id))
            .distinct()
            .into_boxed();
        // That nothing is recorded ends with any record.
        if !query.asks_for_nothing() {
            incidents = incidents.filter(incident_versions::kind.eq_any(kinds));
        }
        let incidents = incidents.load::<(RecordId, RecordId)>(conn)?;
        for (incident, person) in incidents {
            for unit in persons.get(&person).into_iter().flatten() {
                records.entry(*unit).or_default().insert((Noun::Incident, incident));
            }
        }
    }
    if query.touched().any(|dimension| dimension.level == Level::Source) {
        add_sources(conn, &mut records)?;
    }
    Ok(records)
}

/// The persons among the records of a unit.
fn persons_of(own: &BTreeSet<(Noun, RecordId)>) -> impl Iterator<Item = RecordId> {
    own.iter().filter(|(noun, _)| *noun == Noun::Person).map(|(_, id)| *id)
}

/// Adds the decisions about some persons, each to the units that it concerns.
fn add_linkages(
    conn: &mut Conn,
    records: &mut Records,
    persons: &HashMap<RecordId, BTreeSet<RecordId>>,
) -> QueryResult<()> {
    let ids: Vec<_> = persons.keys().copied().collect();
    for ids in ids.chunks(BATCH) {
        let linkages = linkage_versions::table
            .filter(linkage_versions::person_id.eq_any(ids))
            .select((linkage_versions::record_id, linkage_versions::person_id))
            .distinct()
            .load::<(RecordId, RecordId)>(conn)?;
        for (linkage, person) in linkages {
            for unit in persons.get(&person).into_iter().flatten() {
                records.entry(*unit).or_default().insert((Noun::Linkage, linkage));
            }
        }
    }
    Ok(())
}

fn add_sources(conn: &mut Conn, records: &mut Records) -> QueryResult<()> {
    let incidents = records.values().flatten().filter(|(noun, _)| *noun == Noun::Incident).map(|(_, id)| *id);
    let incidents: Vec<RecordId> = incidents.collect();
    let mut sources: HashMap<RecordId, BTreeSet<RecordId>> = HashMap::new();
    for incidents in incidents.chunks(BATCH) {
        let linked = incident_sources::table
            .filter(incident_sources::incident_id.eq_any(incidents))
            .select((incident_sources::incident_id, incident_sources::source_id))
            .distinct()
            .load::<(RecordId, RecordId)>(conn)?;
        for (incident, source) in linked {
            sources.entry(incident).or_default().insert(source);
        }
    }
    for own in records.values_mut() {
        let of_unit = own.iter().filter(|(noun, _)| *noun == Noun::Incident).filter_map(|(_, id)| sources.get(id));
        let more: Vec<_> = of_unit.flatten().map(|source| (Noun::Source, *source)).collect();
        own.extend(more);
    }
    Ok(())
}

/// Who says no to being counted on the side where something is not counted.
struct Refusals {
    times: Times,
    /// By the person as whom a record is counted there.
    of: HashMap<RecordId, Vec<(RecordId, RecordId)>>,
    /// The consents that say no on the other side too: they stood in the way of none that is counted there.
    stood: HashSet<RecordId>,
}

impl Refusals {
    fn read(conn: &mut Conn, side: &Side, other: &Side) -> QueryResult<Self> {
        let mut refusals = Self { times: other.scope.times, of: HashMap::new(), stood: HashSet::new() };
        if !other.scope.refusing {
            return Ok(refusals);
        }
        for (consent, person, counted_as) in consents::refusals(other.scope.times).load::<Refusal>(conn)? {
            refusals.of.entry(counted_as).or_default().push((consent, person));
        }
        if side.scope.refusing {
            let stood = consents::refusals(side.scope.times).load::<Refusal>(conn)?;
            refusals.stood.extend(stood.into_iter().map(|(consent, ..)| consent));
        }
        Ok(refusals)
    }

    /// Adds to the records of a unit the consents for which it is not counted, and the decisions by which somebody who says
    /// no is the same person.
    fn add(&self, conn: &mut Conn, records: &mut Records) -> QueryResult<()> {
        if self.of.is_empty() {
            return Ok(());
        }
        let persons: BTreeSet<_> = records.values().flat_map(persons_of).collect();
        let persons: Vec<_> = persons.into_iter().collect();
        let mut counted_as = HashMap::new();
        for persons in persons.chunks(BATCH) {
            counted_as.extend(selects::counted_as(persons, self.times).load::<(RecordId, RecordId)>(conn)?);
        }
        let mut joined: HashMap<RecordId, BTreeSet<RecordId>> = HashMap::new();
        for (unit, own) in records.iter_mut() {
            let persons: BTreeSet<_> = persons_of(own).map(|id| counted_as.get(&id).copied().unwrap_or(id)).collect();
            for (consent, person) in persons.iter().filter_map(|person| self.of.get(person)).flatten() {
                own.insert((Noun::Consent, *consent));
                joined.entry(*person).or_default().insert(*unit);
            }
        }
        add_linkages(conn, records, &joined)
    }
}

type StampColumns = (RecordId, i64, NaiveDate, String);

/// When a version was written, from which day it was known, and whether it says something.
type Moment = (i64, NaiveDate, State);

/// The moments of all versions of some records.
struct Histories(HashMap<(Noun, RecordId), Vec<Moment>>);

impl Histories {
    fn read(conn: &mut Conn, records: &Records) -> QueryResult<Self> {
        let mut histories = Self(HashMap::new());
        let of = |noun: Noun| -> Vec<RecordId> {
            let ids = records.values().flatten().filter(|(other, _)| *other == noun).map(|(_, id)| *id);
            ids.collect::<BTreeSet<_>>().into_iter().collect()
        };
        macro_rules! stamps {
            ($noun:expr, $table:ident) => {
                for ids in of($noun).chunks(BATCH) {
                    let rows = $table::table
                        .filter($table::record_id.eq_any(ids))
                        .select(($table::record_id, $table::write, $table::known_on, $table::state))
                        .load::<StampColumns>(conn)?;
                    histories.add($noun, rows)?;
                }
            };
        }
        stamps!(Noun::Person, person_versions);
        stamps!(Noun::Incident, incident_versions);
        stamps!(Noun::Linkage, linkage_versions);
        stamps!(Noun::Source, source_versions);
        stamps!(Noun::Consent, consent_versions);
        Ok(histories)
    }

    fn add(&mut self, noun: Noun, rows: Vec<StampColumns>) -> QueryResult<()> {
        for (id, write, known_on, state) in rows {
            self.0.entry((noun, id)).or_default().push((write, known_on, word(STATES, &state)?));
        }
        Ok(())
    }

    /// The version that held at two times: the last written of those written and known by then.
    fn held(&self, noun: Noun, record: RecordId, times: Times) -> Held {
        let versions = self.0.get(&(noun, record)).into_iter().flatten();
        let known = versions.filter(|(write, known_on, _)| *write <= times.at_write && *known_on <= times.as_of);
        known.max_by_key(|(write, _, _)| *write).map(|(write, _, state)| (*write, *state))
    }
}
