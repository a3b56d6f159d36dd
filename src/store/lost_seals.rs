//! Seals of whose list nobody is left: everybody on it was disabled, or sees no cases any more. Two publishers together put somebody on
//! it, and neither sees the person before.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::domain::check::{Checker, FieldError, Invalid, Rule};
use crate::domain::person::PersonEntry;
use crate::domain::policy::Role;
use crate::domain::record::{Instant, Noun, RecordId};

use super::accounts::{HOST, State as AccountState};
use super::backend::Conn;
use super::error::{StoreError, corrupt};
use super::notices::{self, Kind};
use super::schema::{accounts, person_seal_accounts, person_seals, person_versions, seal_requests};
use super::seals;
use super::session::Tx;

/// A seal of whose list nobody is left. Nothing of the person is told but that there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostSeal {
    pub person: RecordId,
    /// Who was on the list.
    pub accounts: Vec<String>,
    /// What publishers of today have asked, in that order.
    pub requests: Vec<Request>,
}

/// That somebody is to be put on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub account: String,
    pub by: String,
    pub reason: String,
    pub requested_at: Instant,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Another publisher must ask the same.
    Waits,
    /// The account is on the list.
    Opened,
}

/// Every seal of whose list nobody is left.
///
/// # Errors
/// The database's own.
pub fn all(conn: &mut Conn) -> Result<Vec<LostSeal>, StoreError> {
    let sealed: Vec<(RecordId, i64)> = person_seals::table
        .filter(person_seals::superseded_by.is_null())
        .filter(person_seals::sealed.eq(true))
        .order((person_seals::write, person_seals::person_id))
        .select((person_seals::person_id, person_seals::write))
        .load(conn)?;
    let mut lost = Vec::new();
    for (person, write) in sealed {
        let list = list(conn, person, write)?;
        if list.iter().any(|member| member.sees) {
            continue;
        }
        let accounts = list.into_iter().filter(|member| member.id != HOST).map(|member| member.name).collect();
        lost.push(LostSeal { person, accounts, requests: requests(conn, person, write)? });
    }
    Ok(lost)
}

struct Member {
    id: RecordId,
    name: String,
    /// Whether the account can sign in and sees cases.
    sees: bool,
}

fn list(conn: &mut Conn, person: RecordId, write: i64) -> QueryResult<Vec<Member>> {
    let rows = person_seal_accounts::table
        .inner_join(accounts::table.on(accounts::id.eq(person_seal_accounts::account_id)))
        .filter(person_seal_accounts::person_id.eq(person))
        .filter(person_seal_accounts::write.eq(write))
        .order(accounts::name)
        .select((accounts::id, accounts::name, accounts::role, accounts::state))
        .load::<(RecordId, String, String, String)>(conn)?;
    let member = |(id, name, role, state): (RecordId, String, String, String)| {
        let role: Role = role.parse().map_err(corrupt)?;
        let sees = id != HOST && role.sees_cases() && state != AccountState::Disabled.name();
        Ok(Member { id, name, sees })
    };
    rows.into_iter().map(member).collect()
}

fn requests(conn: &mut Conn, person: RecordId, write: i64) -> QueryResult<Vec<Request>> {
    let (listed, by) = diesel::alias!(accounts as listed, accounts as by);
    let rows = seal_requests::table
        .inner_join(listed.on(listed.field(accounts::id).eq(seal_requests::listed_id)))
        .inner_join(by.on(by.field(accounts::id).eq(seal_requests::requested_by)))
        .filter(seal_requests::person_id.eq(person))
        .filter(seal_requests::seal_write.eq(write))
        .filter(by.field(accounts::role).eq(Role::Publisher.name()))
        .filter(by.field(accounts::state).eq(AccountState::Active.name()))
        .order(seal_requests::write)
        .select((
            listed.field(accounts::name),
            by.field(accounts::name),
            seal_requests::reason,
            seal_requests::requested_at,
        ))
        .load::<(String, String, String, Instant)>(conn)?;
    let request = |(account, by, reason, requested_at)| Request { account, by, reason, requested_at };
    Ok(rows.into_iter().map(request).collect())
}

/// Asks that somebody is put on the list of a seal of which nobody is left. The second publisher who asks the same does it.
///
/// # Errors
/// [`StoreError::Absent`] where there is no such seal, or somebody is left of its list; [`StoreError::Invalid`] with every mistake;
/// [`StoreError::Refused`] where the account has asked it already.
pub fn request(
    tx: &mut Tx<'_>,
    person: Option<&str>,
    account: Option<&str>,
    reason: Option<&str>,
) -> Result<(RecordId, Came), StoreError> {
    let own = tx.actor().account;
    if own == HOST {
        return Err(StoreError::Refused("two publishers open a seal, and the machine itself is none"));
    }
    let mut checker = Checker::new(tx.session());
    let key = checker.required("person", person);
    let name = checker.required("account", account);
    let listed = checker.owner("account", Some(&name));
    let reason = checker.required("reason", reason);
    checker.finish(())?;
    let person = uuid::Uuid::parse_str(&key).map(RecordId).map_err(|_| {
        let expected = "the id of a sealed person of whose list nobody is left";
        Invalid::one(FieldError::new("person", Rule::Malformed, Some(&key), expected))
    })?;
    let sealed_by = seals::sealed_by(tx.conn(), person)?.ok_or(StoreError::Absent("lost seal"))?;
    let members = list(tx.conn(), person, sealed_by)?;
    if members.iter().any(|member| member.sees) {
        return Err(StoreError::Absent("lost seal"));
    }
    let asked = diesel::dsl::exists(seal_requests::table.find((person, sealed_by, listed, own)));
    if diesel::select(asked).get_result(tx.conn())? {
        return Err(StoreError::Refused("you have asked it; another publisher must ask the same"));
    }
    let (write, now) = (tx.write(), tx.now());
    diesel::insert_into(seal_requests::table)
        .values((
            seal_requests::person_id.eq(person),
            seal_requests::seal_write.eq(sealed_by),
            seal_requests::listed_id.eq(listed),
            seal_requests::requested_by.eq(own),
            seal_requests::reason.eq(&reason),
            seal_requests::requested_at.eq(now),
            seal_requests::write.eq(write),
        ))
        .execute(tx.conn())?;
    tx.note("person", person.to_string());
    tx.note("listed", listed.to_string());
    let publishers = requests(tx.conn(), person, sealed_by)?.into_iter().filter(|request| request.account == name);
    if publishers.map(|request| request.by).collect::<BTreeSet<_>>().len() < 2 {
        return Ok((person, Came::Waits));
    }
    let list: BTreeSet<RecordId> = members.into_iter().map(|member| member.id).chain([listed]).collect();
    seals::change(tx, person, true, &reason, &list)?;
    seals::again::<PersonEntry>(tx, person, &reason)?;
    let owner: RecordId = person_versions::table
        .filter(person_versions::record_id.eq(person))
        .filter(person_versions::superseded_by.is_null())
        .select(person_versions::owner_id)
        .first(tx.conn())?;
    // Who was on the list is told too, for the day on which they come back.
    let told = list.into_iter().chain([owner]).collect();
    notices::tell(tx, &told, Kind::SealOpened, (Noun::Person, person), None)?;
    Ok((person, Came::Opened))
}
