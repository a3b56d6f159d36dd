//! Which records somebody may see: the one filter that lists, look-ups, search, histories and exports ask.
//!
//! A sealed person, with all that concerns it, is there only for the accounts on its list. What others are answered does not
//! differ from what they would be answered if there were no such person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::domain::policy::{self, Action, Actor, Standing};
use crate::domain::record::{Noun, RecordId};

use super::backend::Conn;
use super::error::StoreError;
use super::schema::{
    consent_versions, erasures, incident_versions, linkage_versions, person_seal_accounts, person_seals,
    person_versions,
};

/// The sealed persons whose list an account is not on. Whatever is asked of the database leaves out what concerns them.
#[diesel::dsl::auto_type(no_type_alias)]
pub fn hidden(reader: RecordId) -> _ {
    person_seals::table
        .filter(person_seals::superseded_by.is_null())
        .filter(person_seals::sealed.eq(true))
        .filter(not(exists(
            person_seal_accounts::table
                .filter(person_seal_accounts::person_id.eq(person_seals::person_id))
                .filter(person_seal_accounts::write.eq(person_seals::write))
                .filter(person_seal_accounts::account_id.eq(reader)),
        )))
        .select(person_seals::person_id)
}

/// How persons stand to an account. Who is not named is none that there is.
///
/// # Errors
/// The database's own.
pub fn standings(conn: &mut Conn, reader: RecordId, persons: &[RecordId]) -> QueryResult<HashMap<RecordId, Standing>> {
    let mut standings = HashMap::new();
    for persons in persons.chunks(500) {
        let erased = erasures::table.filter(erasures::record_id.eq_any(persons)).select(erasures::record_id);
        standings.extend(erased.load::<RecordId>(conn)?.into_iter().map(|person| (person, Standing::Erased)));
        let owners = person_versions::table
            .filter(person_versions::record_id.eq_any(persons))
            .filter(person_versions::superseded_by.is_null())
            .select((person_versions::record_id, person_versions::owner_id))
            .load::<(RecordId, RecordId)>(conn)?;
        let sealed: BTreeSet<RecordId> = person_seals::table
            .filter(person_seals::person_id.eq_any(persons))
            .filter(person_seals::superseded_by.is_null())
            .filter(person_seals::sealed.eq(true))
            .select(person_seals::person_id)
            .load::<RecordId>(conn)?
            .into_iter()
            .collect();
        let hidden: BTreeSet<RecordId> = hidden(reader)
            .filter(person_seals::person_id.eq_any(persons))
            .load::<RecordId>(conn)?
            .into_iter()
            .collect();
        for (person, owner) in owners {
            let standing = match () {
                () if hidden.contains(&person) => Standing::Sealed,
                () if owner == reader => Standing::Own,
                () if sealed.contains(&person) => Standing::Listed,
                () => Standing::Others,
            };
            standings.insert(person, standing);
        }
    }
    Ok(standings)
}

/// That somebody may do something with a record that concerns some persons.
///
/// # Errors
/// [`StoreError::Missing`] where one of them is none that the reader may see, [`StoreError::Denied`] where the policy says no.
pub fn decide(
    conn: &mut Conn,
    actor: &Actor,
    action: Action,
    noun: Noun,
    persons: &[RecordId],
) -> Result<(), StoreError> {
    if persons.is_empty() {
        return Ok(());
    }
    let standings = standings(conn, actor.account, persons)?;
    let permit = policy::decide(actor, action)?;
    for person in persons {
        match standings.get(person) {
            None | Some(Standing::Sealed | Standing::Erased) => return Err(StoreError::Missing(noun)),
            Some(standing) => permit.on(*standing)?,
        }
    }
    Ok(())
}

/// Which of some records concern, as they stand now, a person whom the reader may not see.
///
/// # Errors
/// The database's own.
pub fn unseen(
    conn: &mut Conn,
    reader: RecordId,
    records: &BTreeSet<(Noun, RecordId)>,
) -> QueryResult<BTreeSet<RecordId>> {
    let hidden: BTreeSet<RecordId> = hidden(reader).load::<RecordId>(conn)?.into_iter().collect();
    let mut unseen = BTreeSet::new();
    if hidden.is_empty() {
        return Ok(unseen);
    }
    let mut by_noun: BTreeMap<Noun, Vec<RecordId>> = BTreeMap::new();
    for (noun, record) in records {
        by_noun.entry(*noun).or_default().push(*record);
    }
    macro_rules! concerning {
        ($ids:expr, $table:ident, [$($person:ident),+]) => {
            for ids in $ids.chunks(500) {
                $(
                    let of = $table::table
                        .filter($table::record_id.eq_any(ids))
                        .filter($table::superseded_by.is_null())
                        .select(($table::record_id, $table::$person))
                        .load::<(RecordId, RecordId)>(conn)?;
                    unseen.extend(of.into_iter().filter(|(_, person)| hidden.contains(person)).map(|(id, _)| id));
                )+
            }
        };
    }
    for (noun, ids) in by_noun {
        match noun {
            Noun::Person => unseen.extend(ids.into_iter().filter(|id| hidden.contains(id))),
            Noun::Incident => concerning!(ids, incident_versions, [person_id]),
            Noun::Linkage => concerning!(ids, linkage_versions, [person_id, canonical_id]),
            Noun::Consent => concerning!(ids, consent_versions, [person_id]),
            Noun::Term | Noun::Event | Noun::Publication | Noun::Figure | Noun::Source => {}
        }
    }
    Ok(unseen)
}
