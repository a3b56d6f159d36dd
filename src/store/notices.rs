//! What an account is told that nobody else is: of seals that it is on the list of, and of persons that it owns.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::domain::entry::Codes;
use crate::domain::policy::Actor;
use crate::domain::record::{Instant, Noun, RecordId};

use super::accounts::HOST;
use super::backend::Conn;
use super::error::{StoreError, corrupt};
use super::records::codes;
use super::schema::{
    accounts, audit_entries, incident_sources, incident_versions, notices, person_seal_accounts, person_seals,
};
use super::session::{Session, Tx};
use super::visibility;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Two publishers have put somebody on the list of a sealed person of whose list nobody was left.
    SealOpened,
    /// A source or event was withdrawn on which an incident of a sealed person stands. The incident keeps it.
    StandsOnWithdrawn,
    /// A sealed person, or an incident of one, has another code: somebody off the list brought a file with the one that it had.
    CodeChanged,
}

impl Kind {
    const WORDS: &[(&'static str, Self)] = &[
        ("seal_opened", Self::SealOpened),
        ("stands_on_withdrawn", Self::StandsOnWithdrawn),
        ("code_changed", Self::CodeChanged),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::SealOpened => "seal_opened",
            Self::StandsOnWithdrawn => "stands_on_withdrawn",
            Self::CodeChanged => "code_changed",
        }
    }
}

/// A record that a notice is about. It has a code for those who may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub noun: Noun,
    pub id: RecordId,
    pub code: Option<String>,
}

/// What an account is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: Kind,
    pub about: About,
    /// The source or event that was withdrawn.
    pub other: Option<About>,
    pub told_at: Instant,
    /// Who did what it tells of.
    pub by: String,
}

/// Tells some accounts something, in this write.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    whom: &BTreeSet<RecordId>,
    kind: Kind,
    (noun, record): (Noun, RecordId),
    other: Option<(Noun, RecordId)>,
) -> QueryResult<()> {
    let (write, told_at) = (tx.write(), tx.now());
    for account in whom.iter().filter(|account| **account != HOST) {
        diesel::insert_into(notices::table)
            .values((
                notices::account_id.eq(*account),
                notices::write.eq(write),
                notices::kind.eq(kind.name()),
                notices::noun.eq(noun.name()),
                notices::record_id.eq(record),
                notices::other_noun.eq(other.map(|(noun, _)| noun.name())),
                notices::other_id.eq(other.map(|(_, id)| id)),
                notices::told_at.eq(told_at),
            ))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Tells the lists of sealed persons whose incidents stand on a source or event that this write withdraws. Who withdraws it and is on
/// no such list learns nothing of it: to refuse would tell.
pub(super) fn of_withdrawal(tx: &mut Tx<'_>, noun: Noun, withdrawn: RecordId) -> Result<(), StoreError> {
    let standing = match noun {
        Noun::Source => incident_versions::table
            .inner_join(
                incident_sources::table.on(incident_sources::incident_id
                    .eq(incident_versions::record_id)
                    .and(incident_sources::write.eq(incident_versions::write))),
            )
            .filter(incident_sources::source_id.eq(withdrawn))
            .filter(incident_versions::superseded_by.is_null())
            .filter(incident_versions::state.eq("active"))
            .select((incident_versions::record_id, incident_versions::person_id))
            .distinct()
            .load::<(RecordId, RecordId)>(tx.conn())?,
        Noun::Event => incident_versions::table
            .filter(incident_versions::event_id.eq(withdrawn))
            .filter(incident_versions::superseded_by.is_null())
            .filter(incident_versions::state.eq("active"))
            .select((incident_versions::record_id, incident_versions::person_id))
            .load::<(RecordId, RecordId)>(tx.conn())?,
        _ => return Ok(()),
    };
    let own = tx.actor().account;
    for (incident, person) in standing {
        let list = list(tx.conn(), person)?;
        if !list.is_empty() && !list.contains(&own) {
            tell(tx, &list, Kind::StandsOnWithdrawn, (Noun::Incident, incident), Some((noun, withdrawn)))?;
        }
    }
    Ok(())
}

/// Tells the list of a sealed person that it, or an incident of it, has another code: what is entered under the former one from now
/// on is about somebody else.
pub(super) fn of_new_code(tx: &mut Tx<'_>, noun: Noun, record: RecordId) -> Result<(), StoreError> {
    let persons = match noun {
        Noun::Person => vec![record],
        Noun::Incident => incident_versions::table
            .filter(incident_versions::record_id.eq(record))
            .filter(incident_versions::superseded_by.is_null())
            .select(incident_versions::person_id)
            .load::<RecordId>(tx.conn())?,
        _ => return Ok(()),
    };
    for person in persons {
        let list = list(tx.conn(), person)?;
        tell(tx, &list, Kind::CodeChanged, (noun, record), None)?;
    }
    Ok(())
}

/// The accounts on the list of a sealed person; none where it is not sealed.
fn list(conn: &mut Conn, person: RecordId) -> QueryResult<BTreeSet<RecordId>> {
    let list = person_seals::table
        .inner_join(
            person_seal_accounts::table.on(person_seal_accounts::person_id
                .eq(person_seals::person_id)
                .and(person_seal_accounts::write.eq(person_seals::write))),
        )
        .filter(person_seals::person_id.eq(person))
        .filter(person_seals::superseded_by.is_null())
        .filter(person_seals::sealed.eq(true))
        .select(person_seal_accounts::account_id)
        .load::<RecordId>(conn)?;
    Ok(list.into_iter().collect())
}

type Row = (i64, String, String, RecordId, Option<String>, Option<RecordId>, Instant, String);

/// What the reader is told, the newest first.
///
/// # Errors
/// The database's own.
pub fn own(session: &mut Session<'_>, limit: i64) -> Result<Vec<Notice>, StoreError> {
    let reader = session.reader().clone();
    let conn = session.conn();
    let rows = notices::table
        .inner_join(audit_entries::table.on(audit_entries::write.eq(notices::write)))
        .inner_join(accounts::table.on(accounts::id.eq(audit_entries::account_id)))
        .filter(notices::account_id.eq(reader.account))
        .order((notices::write.desc(), notices::record_id))
        .limit(limit)
        .select((
            notices::write,
            notices::kind,
            notices::noun,
            notices::record_id,
            notices::other_noun,
            notices::other_id,
            notices::told_at,
            accounts::name,
        ))
        .load::<Row>(conn)?;
    let mut told = Vec::new();
    for (_, kind, named, record, other_noun, other_id, told_at, by) in rows {
        let kind = super::error::word(Kind::WORDS, &kind)?;
        let about = about(conn, &reader, noun(&named)?, record)?;
        // What concerns somebody whom the reader does not see any more is told no more; that a seal was opened is told to its owner.
        if about.code.is_none() && kind != Kind::SealOpened {
            continue;
        }
        let other = match other_noun.zip(other_id) {
            Some((named, id)) => Some(self::about(conn, &reader, noun(&named)?, id)?),
            None => None,
        };
        told.push(Notice { kind, about, other, told_at, by });
    }
    Ok(told)
}

fn noun(name: &str) -> QueryResult<Noun> {
    let found = Noun::ALL.into_iter().find(|noun| noun.name() == name);
    found.ok_or_else(|| corrupt(format!("a notice about a {name}")))
}

fn about(conn: &mut Conn, reader: &Actor, noun: Noun, id: RecordId) -> QueryResult<About> {
    let unseen =
        !reader.role.sees_cases() || !visibility::unseen(conn, reader.account, &[(noun, id)].into())?.is_empty();
    let codes: Codes = if unseen { Codes::new() } else { codes(conn, [id])? };
    Ok(About { noun, id, code: codes.get(&id).cloned() })
}
