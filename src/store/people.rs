//! Who may be counted in a release, by the statements that count: persons from case files who agree today to be published.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::aggregate::{Measure, Query, Totals};
use crate::domain::consent::{Decision, Purpose};
use crate::domain::dimension::{Dimension, dimension};
use crate::domain::person::Basis;
use crate::domain::record::{RecordId, State, Times};
use crate::domain::release::declare::Declaration;
use crate::domain::release::lists::List;
use crate::domain::release::masking;
use crate::domain::release::people::{Incident, Person};
use crate::domain::vocabulary::UNKNOWN;

use super::aggregates::Counter;
use super::backend::Conn;
use super::chain;
use super::error::{StoreError, corrupt, word};
use super::known::{self, Known};
use super::question::Certainty;
use super::schema::{consent_versions, incident_versions};
use super::selects;
use super::stamps::state_name;

/// What a release is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub people: Vec<Person>,
    /// How many persons are left out because nobody said today that they may be published.
    pub without_consent: u64,
    /// What published figures attest.
    pub known: Known,
}

/// Reads who may be counted in a release as it is declared. `lists` are the public lists, `today` is the day on which
/// consent must stand.
///
/// # Errors
/// The database's own.
pub fn load(
    conn: &mut Conn,
    declaration: &Declaration,
    lists: &[List],
    today: NaiveDate,
) -> Result<Loaded, StoreError> {
    let times = Times { as_of: declaration.as_of, at_write: declaration.at_write };
    let known = known::read(conn, declaration)?;
    let touched = masking::touched(lists, &known.signed);
    let mut counter = Counter::new(conn, times)?.as_coded();
    let persons = units(&mut counter, &touched)?;
    let willing = willing(conn, persons.keys().copied().collect(), times, today)?;
    let all = persons.len();
    let people: Vec<_> = persons.into_iter().filter(|(id, _)| willing.contains(id)).map(|(_, person)| person).collect();
    Ok(Loaded { without_consent: (all - people.len()) as u64, people, known })
}

fn by(measure: Measure, by: Vec<&'static Dimension>) -> Query {
    Query { measure, by, filters: BTreeMap::new(), with: BTreeSet::new(), totals: Totals::None }
}

type Row = (String, String, String, RecordId, RecordId);

fn rows(counter: &mut Counter<'_>, query: &Query) -> QueryResult<Vec<Row>> {
    let question = counter.question(query, Certainty::Definite)?;
    let statement = selects::values(&question, counter.scope(Basis::CaseFile));
    statement.load(counter.conn)
}

/// Every person from case files with what the dimensions say of them.
fn units(counter: &mut Counter<'_>, touched: &BTreeSet<&'static str>) -> QueryResult<BTreeMap<RecordId, Person>> {
    let dimensions: Vec<_> = touched.iter().filter_map(|name| dimension(name)).collect();
    let mut persons: BTreeMap<RecordId, Person> = BTreeMap::new();
    for (.., person, _) in rows(counter, &by(Measure::Persons, Vec::new()))? {
        persons.insert(person, Person::default());
    }
    let mut incidents: BTreeMap<RecordId, (RecordId, Incident)> = BTreeMap::new();
    for (.., person, incident) in rows(counter, &by(Measure::Incidents, Vec::new()))? {
        incidents.insert(incident, (person, Incident::default()));
    }
    for dimension in dimensions {
        let measure = if dimension.level.is_incident() { Measure::Incidents } else { Measure::Persons };
        for (code, _, _, person, unit) in rows(counter, &by(measure, vec![dimension]))? {
            let values = match measure {
                Measure::Persons => persons.get_mut(&person).map(|person| &mut person.values),
                Measure::Incidents => incidents.get_mut(&unit).map(|(_, incident)| &mut incident.values),
            };
            let values = values.ok_or_else(|| corrupt(format!("{unit} is counted by {} alone", dimension.code)))?;
            values.entry(dimension.code).or_insert_with(BTreeSet::new).insert(code);
        }
    }
    for person in persons.values_mut() {
        for codes in person.values.values_mut().filter(|codes| codes.len() > 1) {
            // Joined records that differ: a release must add up, so it says that it is not known.
            *codes = BTreeSet::from([UNKNOWN.to_owned()]);
        }
    }
    for (incident, (person, values)) in incidents {
        let own = persons.get_mut(&person).ok_or_else(|| corrupt(format!("{incident} happened to nobody")))?;
        own.incidents.push(values);
    }
    Ok(persons)
}

/// Those of some persons who may be published. Joined records are one individual: one of them must say yes today, and none may say
/// no to being kept, counted or published, whether it was joined then or is now.
fn willing(
    conn: &mut Conn,
    persons: Vec<RecordId>,
    times: Times,
    today: NaiveDate,
) -> Result<HashSet<RecordId>, StoreError> {
    let newest = Times { as_of: today, at_write: chain::newest_write(conn)? };
    let then: HashMap<RecordId, RecordId> = selects::joins(times).load(conn)?.into_iter().collect();
    let now: HashMap<RecordId, RecordId> = selects::joins(newest).load(conn)?.into_iter().collect();
    let of = |joins: &HashMap<RecordId, RecordId>, id: RecordId| joins.get(&id).copied().unwrap_or(id);
    let mut yes: HashSet<RecordId> = HashSet::new();
    let mut no: HashSet<RecordId> = HashSet::new();
    for (person, purpose, decision, ends_on) in consents(conn, today)? {
        let stands = decision.is_yes(ends_on, today);
        let individual = of(&now, person);
        if stands && purpose == Purpose::Publish {
            yes.insert(individual);
        } else if !stands {
            // A no holds for all that was joined then or is now.
            let together = now.iter().filter(|(_, canonical)| **canonical == individual).map(|(record, _)| *record);
            let together: Vec<_> = together.chain([individual, person]).collect();
            no.extend(together.into_iter().map(|record| of(&then, record)));
        }
    }
    // Records that were joined then may be those of two people today: each of them must agree.
    let mut individuals: HashMap<RecordId, HashSet<RecordId>> = HashMap::new();
    for (record, person) in &then {
        individuals.entry(*person).or_default().insert(of(&now, *record));
    }
    let agree = |person: &RecordId| {
        let others = individuals.get(person).into_iter().flatten().copied();
        others.chain([of(&now, *person)]).all(|individual| yes.contains(&individual))
    };
    Ok(persons.into_iter().filter(|person| agree(person) && !no.contains(person)).collect())
}

type Said = (RecordId, Purpose, Decision, Option<NaiveDate>);

/// What is said today on being kept, counted and published.
fn consents(conn: &mut Conn, today: NaiveDate) -> Result<Vec<Said>, StoreError> {
    let rows = consent_versions::table
        .filter(consent_versions::superseded_by.is_null())
        .filter(consent_versions::state.eq(state_name(State::Active)))
        .filter(consent_versions::purpose.eq_any(Purpose::TO_BE_PUBLISHED.map(Purpose::name)))
        .select((
            consent_versions::person_id,
            consent_versions::purpose,
            consent_versions::decision,
            consent_versions::ends_on,
            consent_versions::known_on,
        ))
        .load::<(RecordId, String, String, Option<NaiveDate>, NaiveDate)>(conn)?;
    let known = rows.into_iter().filter(|(.., known_on)| *known_on <= today);
    let said = known.map(|(person, purpose, decision, ends_on, _)| {
        Ok((person, word(Purpose::WORDS, &purpose)?, word(Decision::WORDS, &decision)?, ends_on))
    });
    Ok(said.collect::<QueryResult<_>>()?)
}

/// Whether a case-file incident hangs on a person who was built from a figure: nobody agreed for somebody who is nobody.
pub fn has_mixed(conn: &mut Conn) -> QueryResult<bool> {
    use super::schema::person_versions;
    let built = person_versions::table
        .filter(person_versions::basis.eq(Basis::Reconstructed.name()))
        .select(person_versions::record_id);
    diesel::select(diesel::dsl::exists(
        incident_versions::table
            .filter(incident_versions::superseded_by.is_null())
            .filter(incident_versions::basis.eq(Basis::CaseFile.name()))
            .filter(incident_versions::state.eq(state_name(State::Active)))
            .filter(incident_versions::person_id.eq_any(built)),
    ))
    .get_result(conn)
}
