//! Why two answers to one question differ: which records came, went or changed in between.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::aggregate::Query;
use crate::domain::difference::{Changed, Held, Reason, Turn, between, foremost};
use crate::domain::dimension::Level;
use crate::domain::record::{Noun, RecordId, State, Times};

use super::aggregates::Counter;
use super::backend::Conn;
use super::error::{StoreError, word};
use super::question::Question;
use super::schema::{incident_sources, incident_versions, linkage_versions, person_versions, source_versions};
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
    pub reason: Reason,
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
}

/// Explains why the answers to a question differ: what the later counts and the earlier does not, and the other way round.
///
/// # Errors
/// The database's own.
pub fn explain(conn: &mut Conn, query: &Query, from: Times, to: Times) -> Result<Vec<Difference>, StoreError> {
    let (before, after) = (Side::new(conn, query, from)?, Side::new(conn, query, to)?);
    let mut found = Vec::new();
    for (turn, side, other) in [(Turn::Entered, &after, &before), (Turn::Left, &before, &after)] {
        let units = side.only(other, conn)?;
        for units in units.chunks(BATCH) {
            let records = records(conn, query, side, units)?;
            let histories = Histories::read(conn, &records)?;
            for (unit, records) in records {
                let changes = records.into_iter().filter_map(|(noun, record)| {
                    let held = |times| histories.held(noun, record, times);
                    let (reason, write) = between(noun, held(from), held(to))?;
                    Some(Changed { noun, record, reason, write })
                });
                let records: Vec<_> = changes.filter(|change| turn.may_follow(change.reason)).collect();
                found.push(Difference { unit, turn, reason: foremost(&records), records });
            }
        }
    }
    Ok(found)
}

/// How many one question counts at some times, and another does not.
///
/// # Errors
/// The database's own.
pub fn outside(conn: &mut Conn, part: &Query, whole: &Query, times: Times) -> Result<u64, StoreError> {
    let (part, whole) = (Side::new(conn, part, times)?, Side::new(conn, whole, times)?);
    Ok(part.only(&whole, conn)?.len() as u64)
}

/// How many records a question selects at some times, as they were recorded.
///
/// # Errors
/// The database's own.
pub fn counted(conn: &mut Conn, query: &Query, times: Times) -> Result<u64, StoreError> {
    let side = Side::new(conn, query, times)?;
    Ok(selects::units(&side.question, side.scope).load::<RecordId>(conn)?.len() as u64)
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
    if !query.with.is_empty() {
        // What `with` asks for may stand in any record that is counted as the same person.
        add_joined(conn, &mut persons)?;
    }
    let ids: Vec<_> = persons.keys().copied().collect();
    let linkages = linkage_versions::table
        .filter(linkage_versions::person_id.eq_any(&ids))
        .select((linkage_versions::record_id, linkage_versions::person_id))
        .distinct()
        .load::<(RecordId, RecordId)>(conn)?;
    for (linkage, person) in linkages {
        for unit in persons.get(&person).into_iter().flatten() {
            records.entry(*unit).or_default().insert((Noun::Linkage, linkage));
        }
    }
    if !query.with.is_empty() {
        let kinds: BTreeSet<_> = side.question.with.iter().flatten().cloned().collect();
        let incidents = incident_versions::table
            .filter(incident_versions::person_id.eq_any(&ids))
            .filter(incident_versions::kind.eq_any(kinds))
            .select((incident_versions::record_id, incident_versions::person_id))
            .distinct()
            .load::<(RecordId, RecordId)>(conn)?;
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

/// Adds the records that were ever counted as the same persons.
fn add_joined(conn: &mut Conn, persons: &mut HashMap<RecordId, BTreeSet<RecordId>>) -> QueryResult<()> {
    let pairs = |conn: &mut Conn, ids: &BTreeSet<RecordId>| {
        let about = linkage_versions::person_id.eq_any(ids).or(linkage_versions::canonical_id.eq_any(ids));
        let pairs = linkage_versions::table.filter(about);
        let pairs = pairs.select((linkage_versions::person_id, linkage_versions::canonical_id)).distinct();
        pairs.load::<(RecordId, RecordId)>(conn)
    };
    let own: BTreeSet<_> = persons.keys().copied().collect();
    // Joined records meet in the one that they are counted as, two steps apart.
    let near: BTreeSet<_> = pairs(conn, &own)?.into_iter().flat_map(|(a, b)| [a, b]).collect();
    let joined = pairs(conn, &near)?;
    for (person, canonical) in joined.iter().chain(&joined) {
        let of = |id: &RecordId| persons.get(id).cloned().unwrap_or_default();
        let units = &of(person) | &of(canonical);
        for id in [person, canonical] {
            persons.entry(*id).or_default().extend(&units);
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
