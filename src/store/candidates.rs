//! Finds records that may be of the same person as another.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::domain::candidate::{INCIDENT_WEIGHT, LEAST_SCORE, MOST_INCIDENTS, Trait, WEIGHTS, compare, known};
use crate::domain::check::Register;
use crate::domain::edtf::Edtf;
use crate::domain::person::{Basis, Person, PersonEntry};
use crate::domain::record::{RecordId, State};
use crate::domain::vocabulary::Vocabulary;

use super::backend::Id;
use super::error::{StoreError, corrupt};
use super::records::{self, Stored, Which};
use super::session::Session;
use super::statement::Statement;
use super::visibility;

/// A record that may be of the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub id: RecordId,
    pub code: String,
    pub score: u32,
    pub agree: Vec<Trait>,
    pub differ: Vec<Trait>,
    /// How many of its incidents are of the kind of one of the other's and may be of the same time.
    pub incidents: u32,
}

type Ranked = Statement<(Id, BigInt, BigInt)>;

/// The records that most probably are of the same person, best first: case files that are counted on their own.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such person, or the database's own.
pub fn find(session: &mut Session<'_>, id: RecordId, limit: i64) -> Result<Vec<Candidate>, StoreError> {
    let own = records::current::<PersonEntry>(session, id)?.version;
    if own.body.basis == Basis::Reconstructed || own.stamp.state == State::Withdrawn {
        return Ok(Vec::new());
    }
    let reader = session.reader().account;
    let hidden: Vec<RecordId> = visibility::hidden(reader).load(session.conn())?;
    let ranking = ranking(id, &own.body, &hidden, session.vocabulary(), limit);
    let ranked: Vec<(RecordId, i64, i64)> = ranking.load(session.conn())?;
    let ids: Vec<_> = ranked.iter().map(|(id, _, _)| *id).collect();
    let codes = records::codes(session.conn(), ids.iter().copied())?;
    let versions = PersonEntry::versions(session.conn(), &ids, Which::Current)?;
    let persons: HashMap<_, _> = versions.into_iter().map(|(id, _, person)| (id, person)).collect();
    let mut found = Vec::new();
    for (other, score, incidents) in ranked {
        let missing = || corrupt(format!("person {other} has no newest version"));
        let (person, code) = persons.get(&other).zip(codes.get(&other)).ok_or_else(missing)?;
        let (agree, differ) = compare(&own.body, person, session.vocabulary());
        let (score, incidents) = (u32::try_from(score).map_err(corrupt)?, u32::try_from(incidents).map_err(corrupt)?);
        found.push(Candidate { id: other, code: code.clone(), score, agree, differ, incidents });
    }
    Ok(found)
}

/// The best scores, with the number of incidents that agree.
fn ranking(id: RecordId, own: &Person, hidden: &[RecordId], words: &Vocabulary, limit: i64) -> Ranked {
    // Whatever is counted as the same code agrees.
    let same =
        |list: &str, code: &str| known(code).map(|code| words.covered(list, &words.successor(list, code), false));
    let mut statement = Statement::new();
    statement.sql("SELECT * FROM (SELECT person, CAST(");
    for (trait_, weight) in WEIGHTS {
        let (column, values) = match trait_ {
            Trait::ExternalId => {
                ("external_id", own.external.as_ref().map(|external| BTreeSet::from([external.id.clone()])))
            }
            Trait::Ground => ("ground", same("ground", &own.ground)),
            Trait::Origin => ("origin", same("place", &own.origin)),
            Trait::Sex => ("sex", same("sex", &own.sex)),
            Trait::AgeGroup => ("age_group", same("age_group", &own.age_group)),
        };
        if let Some(values) = values {
            statement.sql("CASE WHEN ").sql(column).one_of(&values);
            statement.sql(" THEN ").number(weight.into()).sql(" ELSE 0 END + ");
        }
    }
    statement.number(INCIDENT_WEIGHT.into()).sql(" * CASE WHEN incidents > ").number(MOST_INCIDENTS.into());
    statement
        .sql(" THEN ")
        .number(MOST_INCIDENTS.into())
        .sql(" ELSE incidents END AS BIGINT) AS score, incidents FROM (");
    counted(&mut statement, id, hidden, &words.replaced("kind"));
    statement.sql(") counted) scored WHERE score >= ").number(LEAST_SCORE.into());
    statement.sql(" ORDER BY score DESC, person LIMIT ").number(limit);
    statement
}

/// Every other case file that is counted on its own, with the number of its incidents that may be one of this person's.
fn counted(statement: &mut Ranked, id: RecordId, hidden: &[RecordId], replaced: &[(String, String)]) {
    const COLUMNS: &str = "p.record_id, p.external_id, p.ground, p.origin, p.sex, p.age_group";
    let unknown = Edtf::unknown();
    statement.sql("SELECT p.record_id AS person, p.external_id, p.ground, p.origin, p.sex, p.age_group, ");
    statement.sql("COUNT(DISTINCT i.record_id) AS incidents FROM person_versions p ");
    statement.sql("LEFT JOIN incident_versions o ON o.superseded_by IS NULL AND o.state = 'active' AND o.person_id = ");
    statement.id(id).sql(" LEFT JOIN incident_versions i ON i.superseded_by IS NULL AND i.state = 'active' ");
    let replaced = Some(replaced).filter(|pairs| !pairs.is_empty());
    statement.sql("AND i.person_id = p.record_id AND ").counted_as("i.kind", replaced).sql(" = ");
    statement.counted_as("o.kind", replaced).sql(" AND i.earliest <= o.latest AND i.latest >= o.earliest");
    for end in ["i", "o"] {
        // Of what may be any day, nobody can say that it is the same.
        statement.sql(" AND (").sql(end).sql(".earliest > ").day(unknown.earliest());
        statement.sql(" OR ").sql(end).sql(".latest < ").day(unknown.latest()).sql(")");
    }
    statement
        .sql(" WHERE p.superseded_by IS NULL AND p.state = 'active' AND p.basis = 'case_file' AND p.record_id <> ");
    statement.id(id).go_on("p");
    for person in hidden {
        statement.sql(" AND p.record_id <> ").id(*person);
    }
    statement.sql(" AND NOT EXISTS (SELECT 1 FROM linkage_versions l WHERE l.superseded_by IS NULL ");
    statement.sql(
        "AND l.state = 'active' AND (l.person_id = p.record_id OR (l.canonical_id = p.record_id AND l.person_id = ",
    );
    statement.id(id).sql("))) GROUP BY ").sql(COLUMNS);
}
