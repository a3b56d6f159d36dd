//! What all nouns share: the register of records, their versions, reading one, listing them, history.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::check::FieldError;
use crate::domain::entry::{Codes, Entry};
use crate::domain::policy::Action;
use crate::domain::record::{Instant, Noun, RecordId, Stamp, State, Version};

use super::accounts::HOST;
use super::backend::Conn;
use super::error::StoreError;
use super::narrowing::{By, Narrowing};
use super::schema::{accounts, audit_entries, records};
use super::session::{Session, Tx};
use super::{stop, texts, visibility};

/// Which versions of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Current,
    All,
    /// The version of one write.
    Of(i64),
}

/// Where a list goes on: after this record. The number of the write orders, for clocks may be set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    pub created_write: i64,
    pub id: RecordId,
}

/// A line of the register.
#[derive(Debug, Clone, Queryable)]
pub struct Registered {
    pub id: RecordId,
    pub code: String,
    pub created_at: Instant,
    pub created_write: i64,
}

/// A version before it is put together with its line of the register.
pub type Loaded<B> = (RecordId, Stamp, B);

/// A noun that has a table of versions. `version_table!` writes most of it.
pub trait Stored: Entry {
    /// What lists can be narrowed by: the parameter and its values.
    const FILTERS: &'static [(&'static str, By)];

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Self::Body) -> QueryResult<()>;
    fn supersede(conn: &mut Conn, id: RecordId, by: i64) -> QueryResult<usize>;
    /// Versions of some records, oldest first.
    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Self::Body>>>;
    /// The records whose newest version is known only from a day after this one, with that day.
    fn known_after(conn: &mut Conn, day: NaiveDate) -> QueryResult<Vec<(RecordId, NaiveDate)>>;
    /// The records of a list that the reader may see, in the order of their creation.
    fn page(
        conn: &mut Conn,
        reader: RecordId,
        narrowings: &[Narrowing],
        states: &[State],
        after: Option<After>,
        limit: i64,
    ) -> QueryResult<Vec<Registered>>;

    /// A rule that needs the store, tried before anything is written.
    ///
    /// # Errors
    /// What is wrong, or the database's own.
    fn admit(
        _tx: &mut Tx<'_>,
        _id: RecordId,
        _stamp: &Stamp,
        _body: &Self::Body,
    ) -> Result<Vec<FieldError>, StoreError> {
        Ok(Vec::new())
    }

    /// A rule for what people enter, that what comes out of a file may break: what it says was entered before the rule came to
    /// hold for it.
    ///
    /// # Errors
    /// What is wrong, or the database's own.
    fn admit_by_hand(_tx: &mut Tx<'_>, _stamp: &Stamp, _body: &Self::Body) -> Result<Vec<FieldError>, StoreError> {
        Ok(Vec::new())
    }

    /// What a new version changes besides its table.
    fn kept(_tx: &mut Tx<'_>, _body: &Self::Body, _state: State) {}

    /// What is odd about a record, though it was kept.
    ///
    /// # Errors
    /// The database's own.
    fn warnings(_conn: &mut Conn, _state: State, _body: &Self::Body) -> QueryResult<Vec<Warning>> {
        Ok(Vec::new())
    }
}

/// Something odd about what was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub code: &'static str,
    pub detail: String,
}

/// Who made a version, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorship {
    pub account: String,
    pub written_at: Instant,
}

/// A version with its author and the codes of the records that it refers to.
#[derive(Debug, Clone)]
pub struct Found<B> {
    pub version: Version<B>,
    pub by: Authorship,
    pub codes: Codes,
    /// The fields of personal text that hold something.
    pub texts: Vec<String>,
}

fn register(conn: &mut Conn, noun: Noun, ids: &[RecordId]) -> QueryResult<Vec<Registered>> {
    records::table
        .filter(records::noun.eq(noun.name()))
        .filter(records::id.eq_any(ids))
        .select((records::id, records::code, records::created_at, records::created_write))
        .load(conn)
}

/// The codes of records, and the names of accounts. What the machine entered is owned by nobody, so the machine has no name here.
pub fn codes(conn: &mut Conn, ids: impl IntoIterator<Item = RecordId>) -> QueryResult<Codes> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut codes = Codes::new();
    for ids in ids.chunks(500) {
        let of_records = records::table.filter(records::id.eq_any(ids)).select((records::id, records::code));
        codes.extend(of_records.load::<(RecordId, String)>(conn)?);
        let of_accounts = accounts::table.filter(accounts::id.eq_any(ids)).filter(accounts::id.ne(HOST));
        let of_accounts = of_accounts.select((accounts::id, accounts::name));
        codes.extend(of_accounts.load::<(RecordId, String)>(conn)?);
    }
    Ok(codes)
}

fn authorship(conn: &mut Conn, writes: Vec<i64>) -> QueryResult<HashMap<i64, Authorship>> {
    let rows = audit_entries::table
        .inner_join(accounts::table.on(accounts::id.eq(audit_entries::account_id)))
        .filter(audit_entries::write.eq_any(writes))
        .select((audit_entries::write, accounts::name, audit_entries::written_at))
        .load::<(i64, String, Instant)>(conn)?;
    Ok(rows.into_iter().map(|(write, account, written_at)| (write, Authorship { account, written_at })).collect())
}

/// Puts versions together with the register, the authors and the codes that they refer to.
fn complete<E: Stored>(
    conn: &mut Conn,
    registered: &[Registered],
    loaded: Vec<Loaded<E::Body>>,
    authors: &HashMap<i64, Authorship>,
) -> QueryResult<Vec<Found<E::Body>>> {
    let codes = codes(conn, loaded.iter().flat_map(|(_, _, body)| E::references(body)))?;
    let texts = if E::TEXTS.is_empty() { HashMap::new() } else { texts::held(conn, registered)? };
    let lines: HashMap<_, _> = registered.iter().map(|line| (line.id, line)).collect();
    let mut found = Vec::new();
    for (id, stamp, body) in loaded {
        let missing = || super::error::corrupt(format!("{} {id} lacks its line or author", E::NOUN));
        let line = lines.get(&id).ok_or_else(missing)?;
        let by = authors.get(&stamp.write).ok_or_else(missing)?.clone();
        let own = E::references(&body).into_iter().filter_map(|id| Some((id, codes.get(&id)?.clone()))).collect();
        let texts = texts.get(&id).map(|held| held.at(stamp.write)).unwrap_or_default();
        let Registered { code, created_at, created_write, .. } = (*line).clone();
        let version = Version { id, code, created_at, created_write, stamp, body };
        found.push(Found { version, by, codes: own, texts });
    }
    Ok(found)
}

/// The version that this very write has made, to be answered with it: after the commit somebody else may have corrected
/// the record, and an answer that fails would be about a write that was kept.
///
/// # Errors
/// [`StoreError::Missing`] where this write has made no version of the record.
pub fn written<E: Stored>(tx: &mut Tx<'_>, id: RecordId) -> Result<Found<E::Body>, StoreError> {
    let write = tx.write();
    let author = Authorship { account: tx.actor().name.clone(), written_at: tx.written_at() };
    let registered = register(tx.conn(), E::NOUN, &[id])?;
    let loaded = E::versions(tx.conn(), &[id], Which::Of(write))?;
    let mut found = complete::<E>(tx.conn(), &registered, loaded, &HashMap::from([(write, author)]))?;
    found.pop().ok_or(StoreError::Missing(E::NOUN))
}

/// The versions of one record, oldest first.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such record of this noun.
pub fn get<E: Stored>(
    session: &mut Session<'_>,
    id: RecordId,
    which: Which,
) -> Result<Vec<Found<E::Body>>, StoreError> {
    let reader = session.reader().clone();
    let conn = session.conn();
    let registered = register(conn, E::NOUN, &[id])?;
    let newest = E::versions(conn, &[id], Which::Current)?;
    if registered.is_empty() || newest.is_empty() {
        return Err(StoreError::Missing(E::NOUN));
    }
    let persons: Vec<_> = newest.iter().flat_map(|(id, _, body)| E::persons(*id, body)).collect();
    visibility::decide(conn, &reader, Action::ReadCases, E::NOUN, &persons)?;
    // A record that went over from another person is there, but for the versions that name one whom the reader may not see.
    let mut loaded = if which == Which::Current { newest } else { E::versions(conn, &[id], which)? };
    let named =
        |(id, _, body): &Loaded<E::Body>| E::persons(*id, body).into_iter().map(|person| (Noun::Person, person));
    let unseen = visibility::unseen(conn, reader.account, &loaded.iter().flat_map(named).collect())?;
    loaded.retain(|version| named(version).all(|(_, person)| !unseen.contains(&person)));
    if loaded.is_empty() {
        return Err(StoreError::Missing(E::NOUN));
    }
    let authors = authorship(conn, loaded.iter().map(|(_, stamp, _)| stamp.write).collect())?;
    Ok(complete::<E>(conn, &registered, loaded, &authors)?)
}

/// The newest version of one record.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such record of this noun.
pub fn current<E: Stored>(session: &mut Session<'_>, id: RecordId) -> Result<Found<E::Body>, StoreError> {
    get::<E>(session, id, Which::Current)?.pop().ok_or(StoreError::Missing(E::NOUN))
}

/// The newest versions of a list of records, in the order of their creation.
///
/// # Errors
/// The database's own.
pub fn list<E: Stored>(
    session: &mut Session<'_>,
    narrowings: &[Narrowing],
    states: &[State],
    after: Option<After>,
    limit: i64,
) -> Result<Vec<Found<E::Body>>, StoreError> {
    let reader = session.reader().account;
    page::<E>(session.conn(), reader, narrowings, states, after, limit)
}

fn page<E: Stored>(
    conn: &mut Conn,
    reader: RecordId,
    narrowings: &[Narrowing],
    states: &[State],
    after: Option<After>,
    limit: i64,
) -> Result<Vec<Found<E::Body>>, StoreError> {
    stop::go_on()?;
    let registered = E::page(conn, reader, narrowings, states, after, limit)?;
    let ids: Vec<_> = registered.iter().map(|line| line.id).collect();
    let loaded = E::versions(conn, &ids, Which::Current)?;
    let authors = authorship(conn, loaded.iter().map(|(_, stamp, _)| stamp.write).collect())?;
    let mut found = complete::<E>(conn, &registered, loaded, &authors)?;
    found.sort_by_key(|found| (found.version.created_write, found.version.id));
    Ok(found)
}

/// Every record of a noun in these states, in the order of creation, as far as it concerns no sealed person.
///
/// # Errors
/// The database's own.
pub fn all<E: Stored>(conn: &mut Conn, states: &[State]) -> Result<Vec<Found<E::Body>>, StoreError> {
    const BATCH: i64 = 500;
    const NOBODY: RecordId = RecordId(uuid::Uuid::nil());
    let mut found: Vec<Found<E::Body>> = Vec::new();
    loop {
        let after = found.last().map(|last| After { created_write: last.version.created_write, id: last.version.id });
        let page = page::<E>(conn, NOBODY, &[], states, after, BATCH)?;
        let last = page.len() < BATCH as usize;
        found.extend(page);
        if last {
            return Ok(found);
        }
    }
}

/// The records of a noun in these states that the reader may see, in the order of their creation.
///
/// # Errors
/// The database's own.
pub fn ids<E: Stored>(session: &mut Session<'_>, states: &[State]) -> Result<Vec<RecordId>, StoreError> {
    const BATCH: i64 = 5_000;
    let reader = session.reader().account;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = E::page(session.conn(), reader, &[], states, after, BATCH)?;
        after = page.last().map(|last| After { created_write: last.created_write, id: last.id });
        ids.extend(page.iter().map(|line| line.id));
        if page.len() < BATCH as usize {
            return Ok(ids);
        }
    }
}

/// The newest versions of records of which [`ids`] said, in the same reading, that the reader may see them; in the same order.
///
/// # Errors
/// The database's own, and that one of them is not there any more.
pub fn of_ids<E: Stored>(session: &mut Session<'_>, ids: &[RecordId]) -> Result<Vec<Found<E::Body>>, StoreError> {
    let conn = session.conn();
    let registered = register(conn, E::NOUN, ids)?;
    let loaded = E::versions(conn, ids, Which::Current)?;
    if loaded.len() != ids.len() {
        let there = loaded.len();
        return Err(super::error::corrupt(format!("of {} records of one reading {there} are there", ids.len())).into());
    }
    let authors = authorship(conn, loaded.iter().map(|(_, stamp, _)| stamp.write).collect())?;
    let mut found = complete::<E>(conn, &registered, loaded, &authors)?;
    let order: HashMap<_, _> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    found.sort_by_key(|found| order.get(&found.version.id).copied());
    Ok(found)
}

/// What is odd about the newest version of a record.
///
/// # Errors
/// The database's own.
pub fn warnings<E: Stored>(conn: &mut Conn, found: &Found<E::Body>) -> Result<Vec<Warning>, StoreError> {
    Ok(E::warnings(conn, found.version.stamp.state, &found.version.body)?)
}
