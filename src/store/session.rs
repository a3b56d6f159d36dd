//! One reading, and one write in progress: a connection together with the time, the account and the vocabulary.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::check::{Fault, Register};
use crate::domain::policy::{Action, Actor, decide};
use crate::domain::record::{Instant, Noun, RecordId, Times};
use crate::domain::vocabulary::{Term, Vocabulary};

use super::accounts::{self, HOST, State};
use super::backend::Conn;
use super::chain;
use super::error::StoreError;
use super::halt::Halt;
use super::schema::records;
use super::terms;
use super::visibility;
use crate::keys::keyring::Keyring;

/// The newest vocabulary with the write that last changed it.
pub type VocabularyCache = Option<(i64, Arc<Vocabulary>)>;

/// One reading.
pub struct Session<'c> {
    conn: &'c mut Conn,
    now: Instant,
    reader: Actor,
    keys: Option<Arc<Keyring>>,
    vocabulary: Arc<Vocabulary>,
    found: HashMap<(Noun, String), RecordId>,
    /// Retired codes that were accepted, by list.
    retired: Vec<(String, String)>,
}

impl<'c> Session<'c> {
    pub(super) fn new(
        conn: &'c mut Conn,
        now: Instant,
        reader: Actor,
        keys: Option<Arc<Keyring>>,
        cache: &RwLock<VocabularyCache>,
    ) -> Result<Self, StoreError> {
        let newest = terms::newest_write(conn)?;
        let cached = cache.read().unwrap_or_else(PoisonError::into_inner).clone();
        let vocabulary = match cached {
            Some((write, vocabulary)) if write == newest => vocabulary,
            _ => {
                let vocabulary = Arc::new(terms::vocabulary(conn, None)?);
                *cache.write().unwrap_or_else(PoisonError::into_inner) = Some((newest, vocabulary.clone()));
                vocabulary
            }
        };
        Ok(Self { conn, now, reader, keys, vocabulary, found: HashMap::new(), retired: Vec::new() })
    }

    pub fn conn(&mut self) -> &mut Conn {
        self.conn
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    /// The times of an answer that this reading gives.
    ///
    /// # Errors
    /// The database's own.
    pub fn times(&mut self) -> Result<Times, StoreError> {
        Ok(Times { as_of: self.now.day(), at_write: chain::newest_write(self.conn)? })
    }

    /// The times of an answer that says nothing of single writes: what was held at the end of the last day (UTC) on which anything
    /// was written and that is over. On the first day of all there is none, and after a clock ran ahead nobody knows which are over:
    /// there the newest write is the end.
    ///
    /// # Errors
    /// The database's own.
    pub fn times_of_days(&mut self) -> Result<Times, StoreError> {
        let now = self.times()?;
        if chain::newest_stamp(self.conn)?.day() > now.as_of {
            return Ok(now);
        }
        let at_write = chain::last_write_before(self.conn, now.as_of)?.unwrap_or(now.at_write);
        Ok(Times { at_write, ..now })
    }

    /// Whether the reader may ask what was held after a write that was made: who sees no case asks at ends of days alone, so that no
    /// two answers differ by a single record.
    ///
    /// # Errors
    /// The database's own.
    pub fn may_ask_at(&mut self, write: i64) -> Result<bool, StoreError> {
        Ok(self.sees_cases() || chain::ends_a_day(self.conn, write, self.now.day())?)
    }

    /// Whether the reader may read cases, and its token too.
    pub fn sees_cases(&self) -> bool {
        decide(&self.reader, Action::ReadCases).is_ok()
    }

    /// Who reads.
    pub fn reader(&self) -> &Actor {
        &self.reader
    }

    /// The retired codes that were accepted since this was last asked, by list.
    pub fn take_retired(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.retired)
    }

    /// The keyring.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where it is not open.
    pub fn keys(&self) -> Result<Arc<Keyring>, StoreError> {
        self.keys.clone().ok_or_else(|| StoreError::Locked("the service was started without it".to_owned()))
    }
}

impl Register for Session<'_> {
    fn today(&self) -> NaiveDate {
        self.now.day()
    }

    fn latest_day(&self) -> NaiveDate {
        self.now.latest_day()
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn find(&mut self, noun: Noun, key: &str) -> Result<Option<RecordId>, Fault> {
        let at = (noun, key.to_owned());
        if let Some(id) = self.found.get(&at) {
            return Ok(Some(*id));
        }
        let of_noun = records::table.filter(records::noun.eq(noun.name())).select(records::id);
        let found = match uuid::Uuid::parse_str(key) {
            Ok(id) => of_noun.filter(records::id.eq(RecordId(id))).first(self.conn).optional(),
            Err(_) => of_noun.filter(records::code.eq(key)).first(self.conn).optional(),
        };
        let mut found: Option<RecordId> = found.map_err(|why| Fault(why.into()))?;
        if let Some(id) = found {
            let unseen = visibility::unseen(self.conn, self.reader.account, &[(noun, id)].into());
            if unseen.map_err(|why| Fault(why.into()))?.contains(&id) {
                found = None;
            }
        }
        if let Some(id) = found {
            self.found.insert(at, id);
        }
        Ok(found)
    }

    fn account(&mut self, name: &str, anew: bool) -> Result<Option<RecordId>, Fault> {
        let account = accounts::named(self.conn, name).map_err(|why| Fault(why.into()))?;
        let can = account.filter(|account| {
            account.role.owns_persons() && account.id != HOST && (!anew || account.state != State::Disabled)
        });
        Ok(can.map(|account| account.id))
    }

    fn nobody(&self) -> RecordId {
        HOST
    }

    fn own_account(&self) -> RecordId {
        self.reader.account
    }

    fn note_retired(&mut self, list: &str, code: &str) {
        self.retired.push((list.to_owned(), code.to_owned()));
    }
}

/// One write in progress. It ends when the work given to [`Store::write`](super::database::Store::write) returns.
pub struct Tx<'c> {
    session: Session<'c>,
    write: i64,
    written_at: Instant,
    chance: fn() -> u64,
    notes: serde_json::Map<String, serde_json::Value>,
    touched: Vec<serde_json::Value>,
    became: Option<&'static str>,
    stop: Option<Arc<Halt>>,
}

impl<'c> Tx<'c> {
    pub(super) fn new(
        session: Session<'c>,
        write: i64,
        written_at: Instant,
        chance: fn() -> u64,
        stop: Option<Arc<Halt>>,
    ) -> Self {
        let (notes, touched) = (serde_json::Map::new(), Vec::new());
        Self { session, write, written_at, chance, notes, touched, became: None, stop }
    }

    /// Whether the work is still wanted; asked between its steps, where there are many.
    ///
    /// # Errors
    /// [`StoreError::Cancelled`] where it is not.
    pub fn go_on(&self) -> Result<(), StoreError> {
        if self.stop.as_ref().is_some_and(|stop| stop.is_stopped()) { Err(StoreError::Cancelled) } else { Ok(()) }
    }

    pub fn conn(&mut self) -> &mut Conn {
        self.session.conn
    }

    pub fn session(&mut self) -> &mut Session<'c> {
        &mut self.session
    }

    /// The number of this write.
    pub fn write(&self) -> i64 {
        self.write
    }

    /// The audit's stamp of this write. It orders and is no time: see [`Tx::now`].
    pub(super) fn written_at(&self) -> Instant {
        self.written_at
    }

    /// Now, by the wall clock: what days, expiries and delays are reckoned from.
    pub fn now(&self) -> Instant {
        self.session.now
    }

    pub fn actor(&self) -> &Actor {
        &self.session.reader
    }

    /// Random bits.
    pub(super) fn chance(&self) -> u64 {
        (self.chance)()
    }

    /// Adds a word to the audit entry. Identifiers and codes only, never personal text.
    pub fn note(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.notes.insert(name.to_owned(), value.into());
    }

    /// Says that something else was done than what was asked for, by which the audit names it.
    pub(super) fn became(&mut self, action: &'static str) {
        self.became = Some(action);
    }

    /// What was done, where it was not what was asked for.
    pub(super) fn action(&self) -> Option<&'static str> {
        self.became
    }

    /// Names a record in the audit entry.
    pub(super) fn touch(&mut self, noun: Noun, id: RecordId) {
        self.touched.push(serde_json::json!([noun.name(), id.to_string()]));
    }

    /// Makes a new term known to the rest of this write.
    pub(super) fn learn(&mut self, term: Term) {
        Arc::make_mut(&mut self.session.vocabulary).insert(term);
    }

    pub(super) fn details(&mut self) -> String {
        let mut details = std::mem::take(&mut self.notes);
        if !self.touched.is_empty() {
            details.insert("records".into(), std::mem::take(&mut self.touched).into());
        }
        serde_json::Value::Object(details).to_string()
    }
}
