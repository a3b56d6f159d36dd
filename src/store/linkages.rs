//! Decisions that two records are of one person.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::domain::candidate::known;
use crate::domain::check::{FieldError, Rule};
use crate::domain::entry::Codes;
use crate::domain::linkage::{Joined, Linkage, LinkageEntry, chained};
use crate::domain::person::{Basis, Person, PersonEntry};
use crate::domain::record::{Noun, RecordId, Stamp, State};

use super::backend::Conn;
use super::error::{StoreError, corrupt, word};
use super::narrowing::By;
use super::records::{Loaded, Stored, Warning, Which, codes};
use super::schema::{linkage_sources, linkage_versions};
use super::session::Tx;
use super::stamps::STATES;
use super::terms;
use super::version_table::version_table;
use super::{seals, visibility};

version_table! {
    LinkageRow of linkage_versions {
        person_id: RecordId,
        canonical_id: RecordId,
    }
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = linkage_sources)]
struct SourceRow {
    linkage_id: RecordId,
    write: i64,
    position: i32,
    source_id: RecordId,
}

impl Stored for LinkageEntry {
    version_table! {
        queries of linkage_versions;
        words: [];
        references: [("person", person_id, By::Record(Noun::Person)), ("canonical", canonical_id, By::Record(Noun::Person))];
        persons: [person_id, canonical_id];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Linkage) -> QueryResult<()> {
        let row = LinkageRow::stamped(id, stamp, (body.person, body.canonical));
        diesel::insert_into(linkage_versions::table).values(&row).execute(conn)?;
        for (position, source_id) in (0..).zip(body.sources.iter().copied()) {
            let row = SourceRow { linkage_id: id, write: stamp.write, position, source_id };
            diesel::insert_into(linkage_sources::table).values(&row).execute(conn)?;
        }
        Ok(())
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Linkage>>> {
        let rows = LinkageRow::rows(conn, ids, which)?;
        let linked = linkage_sources::table
            .filter(linkage_sources::linkage_id.eq_any(ids))
            .order(linkage_sources::position)
            .select(SourceRow::as_select())
            .load(conn)?;
        let mut sources: HashMap<_, Vec<_>> = HashMap::new();
        for row in linked {
            sources.entry((row.linkage_id, row.write)).or_default().push(row.source_id);
        }
        rows.into_iter()
            .map(|row| {
                let sources = sources.remove(&(row.record_id, row.write)).into_iter().flatten().collect();
                let body = Linkage { person: row.person_id, canonical: row.canonical_id, sources };
                Ok((row.record_id, row.stamp()?, body))
            })
            .collect()
    }

    /// A person may be withdrawn after it was joined, and stays joined: a file may say so.
    fn admit_by_hand(tx: &mut Tx<'_>, stamp: &Stamp, body: &Linkage) -> Result<Vec<FieldError>, StoreError> {
        let mut wrong = Vec::new();
        if stamp.state == State::Withdrawn {
            return Ok(wrong);
        }
        for (field, person) in [("person", body.person), ("canonical", body.canonical)] {
            let (state, person) = newest(tx.conn(), person)?;
            if state == State::Withdrawn && person.basis != Basis::Reconstructed {
                wrong.push(FieldError::new(field, Rule::Inconsistent, None, "a record that is not withdrawn"));
            }
        }
        Ok(wrong)
    }

    fn admit(tx: &mut Tx<'_>, id: RecordId, stamp: &Stamp, body: &Linkage) -> Result<Vec<FieldError>, StoreError> {
        if stamp.state == State::Withdrawn {
            return Ok(Vec::new());
        }
        let mut wrong = Vec::new();
        for (field, person) in [("person", body.person), ("canonical", body.canonical)] {
            if seals::is_sealed(tx.conn(), person)? {
                let expected = "a person that is not sealed: the other record would tell of it";
                wrong.push(FieldError::new(field, Rule::Inconsistent, None, expected));
            }
            let (_, person) = newest(tx.conn(), person)?;
            if person.basis == Basis::Reconstructed {
                let expected = "a case file: a record built from a figure stands for no individual";
                wrong.push(FieldError::new(field, Rule::Inconsistent, None, expected));
            }
        }
        let new = Joined {
            write: stamp.write,
            known_on: stamp.known_on,
            state: stamp.state,
            person: body.person,
            canonical: body.canonical,
        };
        let others = decisions(tx.conn(), id, &[body.person, body.canonical])?;
        // A decision about a sealed person, which can only be a withdrawn one, is none to those who do not see it.
        let named =
            others.iter().flat_map(|other| [other.person, other.canonical]).map(|id| (Noun::Person, id)).collect();
        let reader = tx.actor().account;
        let unseen = visibility::unseen(tx.conn(), reader, &named)?;
        let mut others = others;
        others.retain(|other| !unseen.contains(&other.person) && !unseen.contains(&other.canonical));
        if let Some(other) = chained(&new, &others) {
            let codes = codes(tx.conn(), [other.person, other.canonical])?;
            let (person, canonical) = (code(&codes, other.person)?, code(&codes, other.canonical)?);
            let day = other.known_on;
            let (field, expected) = if other.person == body.canonical {
                let expected =
                    format!("a record that is counted on its own; {person} is counted as {canonical}, known on {day}");
                ("canonical", expected)
            } else {
                let expected =
                    format!("a record that no other is counted as; {person} is counted as {canonical}, known on {day}");
                ("person", expected)
            };
            wrong.push(FieldError::new(field, Rule::Inconsistent, None, expected));
        }
        Ok(wrong)
    }

    /// Joined records that differ in what should be one attribute are counted under both values: nothing is chosen.
    fn warnings(conn: &mut Conn, state: State, body: &Linkage) -> QueryResult<Vec<Warning>> {
        if state == State::Withdrawn {
            return Ok(Vec::new());
        }
        let names = codes(conn, [body.person, body.canonical])?;
        let (person, canonical) = (code(&names, body.person)?, code(&names, body.canonical)?);
        let (_, a) = newest(conn, body.person)?;
        let (_, b) = newest(conn, body.canonical)?;
        let words = terms::vocabulary(conn, None)?;
        let attributes = [
            ("conflicting_ground", "ground", "ground", &a.ground, &b.ground),
            ("conflicting_origin", "origin", "place", &a.origin, &b.origin),
            ("conflicting_sex", "sex", "sex", &a.sex, &b.sex),
            ("conflicting_age_group", "age_group", "age_group", &a.age_group, &b.age_group),
        ];
        let counted = attributes
            .map(|(warning, name, list, a, b)| (warning, name, words.successor(list, a), words.successor(list, b)));
        // Where one does not know, there is nothing to contradict.
        let differ = counted.into_iter().filter(|(_, _, a, b)| a != b && known(a).and(known(b)).is_some());
        let warning = |(warning, name, a, b): (&'static str, &str, String, String)| {
            let detail = format!("{name}: {person} has {a}, {canonical} has {b}; the person is counted under both");
            Warning { code: warning, detail }
        };
        Ok(differ.map(warning).collect())
    }
}

/// The code of a person, which every record has.
fn code(codes: &Codes, id: RecordId) -> QueryResult<&str> {
    codes.get(&id).map(String::as_str).ok_or_else(|| corrupt(format!("person {id} has no code")))
}

/// The newest version of a person.
fn newest(conn: &mut Conn, id: RecordId) -> QueryResult<(State, Person)> {
    let found = PersonEntry::versions(conn, &[id], Which::Current)?.pop();
    found.map(|(_, stamp, person)| (stamp.state, person)).ok_or_else(|| corrupt(format!("person {id} has no version")))
}

/// All versions of the decisions about some persons, without those of one decision.
fn decisions(conn: &mut Conn, but: RecordId, persons: &[RecordId]) -> QueryResult<Vec<Joined>> {
    let about = linkage_versions::person_id.eq_any(persons).or(linkage_versions::canonical_id.eq_any(persons));
    let touching: Vec<RecordId> =
        linkage_versions::table.filter(about).select(linkage_versions::record_id).distinct().load(conn)?;
    let rows = linkage_versions::table
        .filter(linkage_versions::record_id.eq_any(touching))
        .filter(linkage_versions::record_id.ne(but))
        .select((
            linkage_versions::write,
            linkage_versions::known_on,
            linkage_versions::state,
            linkage_versions::person_id,
            linkage_versions::canonical_id,
        ))
        .load::<(i64, chrono::NaiveDate, String, RecordId, RecordId)>(conn)?;
    rows.into_iter()
        .map(|(write, known_on, state, person, canonical)| {
            Ok(Joined { write, known_on, state: word(STATES, &state)?, person, canonical })
        })
        .collect()
}
