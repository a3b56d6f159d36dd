//! Sessions of people who use the pages. The browser holds the secret, the database its hash.

use chrono::TimeDelta;
use diesel::prelude::*;
use zeroize::Zeroizing;

use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId};

use super::accounts::{self as people, Account, State};
use super::backend::Conn;
use super::clock;
use super::credentials::{hash, new_secret};
use super::database::Store;
use super::error::StoreError;
use super::schema::{accounts, devices, sessions};
use super::session::Tx;

/// How long a session lasts without use, and in all.
pub const IDLE: TimeDelta = TimeDelta::minutes(30);
pub const LASTING: TimeDelta = TimeDelta::hours(12);
/// How old the kept time of the last use may grow before it is written anew.
pub const WRITTEN_EVERY: TimeDelta = TimeDelta::minutes(5);
/// How long a browser is known.
pub const KNOWN: TimeDelta = TimeDelta::days(180);

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub id: RecordId,
    pub created_at: Instant,
    pub seen_at: Instant,
    pub expires_at: Instant,
    pub account: Account,
}

type Row = (RecordId, RecordId, Instant, Instant, Instant);

/// The session with this secret, if it is neither revoked nor past its time. Whether it was idle for too long is for the caller
/// to say, who may know of a later use.
///
/// # Errors
/// The database's own.
pub fn find(conn: &mut Conn, secret: &str, now: Instant) -> Result<Option<Found>, StoreError> {
    let row = sessions::table
        .inner_join(accounts::table.on(accounts::id.eq(sessions::account_id)))
        .filter(sessions::hash.eq(hash(secret)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::created_at.le(clock::latest(now)))
        .filter(accounts::state.eq(State::Active.name()))
        .select((sessions::id, sessions::account_id, sessions::created_at, sessions::seen_at, sessions::expires_at))
        .first::<Row>(conn)
        .optional()?;
    let Some((id, account, created_at, seen_at, expires_at)) = row else { return Ok(None) };
    Ok(Some(Found { id, created_at, seen_at, expires_at, account: people::get(conn, account)? }))
}

/// Opens a session and gives its secret. What is past its time for long is removed on the way.
pub(super) fn open(tx: &mut Tx<'_>, account: RecordId) -> Result<Zeroizing<String>, StoreError> {
    let now = tx.now();
    let old = Instant::new(now.0 - LASTING);
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(old))).execute(tx.conn())?;
    let (id, secret) = (RecordId::new(), new_secret()?);
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(id),
            sessions::account_id.eq(account),
            sessions::hash.eq(hash(&secret)),
            sessions::created_at.eq(now),
            sessions::seen_at.eq(now),
            sessions::expires_at.eq(Instant::new(now.0 + LASTING)),
        ))
        .execute(tx.conn())?;
    tx.note("session", id.to_string());
    Ok(secret)
}

/// That a session has not ended since the request came in, in the transaction that it does something in.
pub(super) fn must_be_open(tx: &mut Tx<'_>, id: RecordId) -> Result<(), StoreError> {
    let now = tx.now();
    let open = sessions::table.find(id).filter(sessions::revoked_at.is_null()).filter(sessions::expires_at.gt(now));
    let found = open.select(sessions::id).first::<RecordId>(tx.conn()).optional()?;
    found.map(drop).ok_or(StoreError::Absent("session"))
}

/// Writes down that a session was used.
///
/// # Errors
/// The database's own.
pub fn see(store: &Store, actor: &Actor, id: RecordId) -> Result<(), StoreError> {
    store.write(actor, "session.use", move |tx| {
        let now = tx.now();
        diesel::update(sessions::table.find(id)).set(sessions::seen_at.eq(now)).execute(tx.conn())?;
        tx.note("session", id.to_string());
        Ok(())
    })
}

/// Ends a session of one's own.
///
/// # Errors
/// [`StoreError::Absent`] where one has no such session.
pub fn end(store: &Store, actor: &Actor, id: RecordId) -> Result<(), StoreError> {
    let account = actor.account;
    store.write(actor, "session.end", move |tx| {
        let now = tx.now();
        let own =
            sessions::table.find(id).filter(sessions::account_id.eq(account)).filter(sessions::revoked_at.is_null());
        if diesel::update(own).set(sessions::revoked_at.eq(now)).execute(tx.conn())? == 0 {
            return Err(StoreError::Absent("session"));
        }
        tx.note("session", id.to_string());
        Ok(())
    })
}

/// An open session, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: RecordId,
    pub created_at: Instant,
    pub seen_at: Instant,
}

/// The open sessions of an account, oldest first.
///
/// # Errors
/// The database's own.
pub fn list(conn: &mut Conn, account: RecordId, now: Instant) -> QueryResult<Vec<Line>> {
    let used = Instant::new(now.0 - IDLE);
    let rows = sessions::table
        .filter(sessions::account_id.eq(account))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::seen_at.gt(used))
        .order((sessions::created_at, sessions::id))
        .select((sessions::id, sessions::created_at, sessions::seen_at))
        .load::<(RecordId, Instant, Instant)>(conn)?;
    Ok(rows.into_iter().map(|(id, created_at, seen_at)| Line { id, created_at, seen_at }).collect())
}

/// Notes that the person has read that the account was reset, and what was tried.
///
/// # Errors
/// The database's own.
pub fn clear_notice(store: &Store, actor: &Actor) -> Result<(), StoreError> {
    let account = actor.account;
    store.write(actor, "account.notice", move |tx| {
        let now = tx.now();
        let read = (accounts::notice.eq(None::<String>), accounts::sign_ins_read_at.eq(now));
        diesel::update(accounts::table.find(account)).set(read).execute(tx.conn())?;
        tx.note("account", account.to_string());
        Ok(())
    })
}

/// The browser that somebody has signed in from before.
pub(super) fn device(conn: &mut Conn, secret: &str, name: &str, now: Instant) -> QueryResult<Option<RecordId>> {
    devices::table
        .inner_join(accounts::table.on(accounts::id.eq(devices::account_id)))
        .filter(devices::hash.eq(hash(secret)))
        .filter(devices::expires_at.gt(now))
        .filter(accounts::name.eq(name))
        .select(devices::id)
        .first(conn)
        .optional()
}

/// Remembers a browser, under a new secret: an earlier one of it is forgotten.
pub(super) fn remember(
    tx: &mut Tx<'_>,
    account: RecordId,
    known: Option<RecordId>,
) -> Result<Zeroizing<String>, StoreError> {
    let now = tx.now();
    let old = devices::table.filter(devices::expires_at.lt(now));
    diesel::delete(old).execute(tx.conn())?;
    if let Some(known) = known {
        diesel::delete(devices::table.find(known)).execute(tx.conn())?;
    }
    let secret = new_secret()?;
    diesel::insert_into(devices::table)
        .values((
            devices::id.eq(RecordId::new()),
            devices::account_id.eq(account),
            devices::hash.eq(hash(&secret)),
            devices::created_at.eq(now),
            devices::expires_at.eq(Instant::new(now.0 + KNOWN)),
        ))
        .execute(tx.conn())?;
    Ok(secret)
}
