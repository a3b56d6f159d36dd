//! The database as a whole: opening it, reading from it, and the one door through which it is changed.

use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId, Times};
use chrono::{DateTime, Utc};
use r2d2::PooledConnection;

use super::accounts;
use super::backend::version;
use super::backend::{self, Access, Conn, Manager, STATISTICS, Scrubbed, Wiping};
use super::chain;
use super::connections::{Connections, Lane};
use super::error::StoreError;
use super::halt::Halt;
use super::instance::{self, WipeDue};
use super::jobs::Jobs;
use super::session::{Session, Tx, VocabularyCache};
use super::stop::{self, Stop};
use crate::keys::keyring::Keyring;

mod keyring;
mod lanes;
mod opening;

/// What tells the time. A test may bring its own.
pub type Clock = fn() -> DateTime<Utc>;

/// What gives the random bits of codes, 64 at a time. A test may bring its own.
pub type Chance = fn() -> u64;

/// How long a patient write waits until it tries again; the database itself has waited before.
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

/// The random half of an identifier.
fn chance() -> u64 {
    let (_, random) = RecordId::new().0.as_u64_pair();
    random
}

/// The records, in either database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    connections: Arc<Connections>,
    /// On which connections it reads.
    lane: Lane,
    /// What stops whatever is read through this handle.
    stop: Option<Stop>,
    /// How long one reading through this handle may take, where nothing else stops it.
    limit: Option<Duration>,
    clock: Clock,
    chance: Chance,
    vocabulary: Arc<RwLock<VocabularyCache>>,
    keys: Arc<RwLock<Option<Arc<Keyring>>>>,
    /// Why the keyring is not open though it should be.
    locked: Arc<OnceLock<String>>,
    jobs: Jobs,
    /// Whether what is written through this handle is still wanted.
    halt: Option<Arc<Halt>>,
    /// Whether a write waits for the others as long as it is wanted.
    is_patient: bool,
}

impl Store {
    /// The same store with another source of chance.
    #[must_use]
    pub fn with_chance(self, chance: Chance) -> Self {
        Self { chance, ..self }
    }

    /// The long work of this database.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// The same store for work that may be given up until it commits.
    #[must_use]
    pub fn halted_by(&self, halt: Arc<Halt>) -> Self {
        Self { halt: Some(halt), ..self.clone() }
    }

    /// The same store for work that nobody waits for with a request, and that may have taken long: its writes wait for those of
    /// others until it is given up.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { is_patient: true, ..self.clone() }
    }

    /// The connections to the database.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Now, as both databases keep it.
    pub fn now(&self) -> Instant {
        Instant::new((self.clock)())
    }

    /// Reads, all of it at one moment: what is written meanwhile is not seen, neither by the rules nor by the answer. The
    /// connection cannot write.
    ///
    /// # Errors
    /// What the reading gives, or [`StoreError::Unavailable`].
    pub fn read<T>(
        &self,
        reader: &Actor,
        work: impl FnOnce(&mut Session<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.look(|conn| {
            accounts::must_be_active(conn, reader)?;
            let mut session = Session::new(conn, self.now(), reader.clone(), self.keys(), &self.vocabulary)?;
            work(&mut session)
        })
    }

    /// Reads what concerns nobody in particular, without vocabulary or account, all of it at one moment.
    ///
    /// # Errors
    /// What the reading gives, or [`StoreError::Unavailable`].
    pub fn look<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let stop = self.stop.clone().or_else(|| self.limit.map(Stop::after));
        stop.as_ref().map_or(Ok(()), Stop::go_on)?;
        let mut conn = self.connections.reader(self.lane)?;
        backend::begin_read(&mut conn, stop.as_ref().map(Stop::left))?;
        let outcome = self.stoppable(&mut conn, stop, work);
        // Where even this fails, the pool closes the connection, as it does after a panic; what was read stays true.
        if let Err(why) = backend::roll_back(&mut conn) {
            tracing::warn!(error = %why, "a reading was not ended in order");
        }
        outcome
    }

    fn stoppable<T>(
        &self,
        conn: &mut Conn,
        stop: Option<Stop>,
        work: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let reading = stop::stoppable(stop);
        if self.stop.is_some() {
            reading.is_in(backend::session(conn)?);
            // Whoever went before the session had a number, has told nobody.
            stop::go_on()?;
        }
        work(conn)
    }

    /// The one door in: numbers the write, does the work, appends the audit entry and keeps all of it or nothing.
    ///
    /// `action` names what is done, for the audit: `person.create`.
    ///
    /// # Errors
    /// What the work gives, or [`StoreError::Unavailable`]. Nothing was kept.
    pub fn write<T, F>(&self, actor: &Actor, action: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        match self.attempt(actor, action, |tx| work(tx).map(Outcome::Keep))? {
            Outcome::Keep(value) | Outcome::Abandon(value) => Ok(value),
        }
    }

    /// The same door for work that may find out that nothing is to be kept: a dry run, a request answered before.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn attempt<T, F>(&self, actor: &Actor, action: &'static str, work: F) -> Result<Outcome<T>, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<Outcome<T>, StoreError> + Send + 'static,
    {
        self.stop.as_ref().map_or(Ok(()), Stop::go_on)?;
        self.must_be_open()?;
        let outcome = self.attempt_now(actor, action, work);
        self.connections.note_write(&outcome);
        outcome
    }

    fn attempt_now<T>(
        &self,
        actor: &Actor,
        action: &'static str,
        work: impl FnOnce(&mut Tx<'_>) -> Result<Outcome<T>, StoreError>,
    ) -> Result<Outcome<T>, StoreError> {
        let (mut conn, now, head) = self.begin()?;
        let outcome = self.work(&mut conn, (now, head), actor, action, work);
        let outcome = outcome.and_then(|outcome| {
            self.connections.must_be_in_place()?;
            Ok(outcome)
        });
        match &outcome {
            Ok(Outcome::Keep(_)) => self.commit(&mut conn)?,
            Ok(Outcome::Abandon(_)) => backend::roll_back(&mut conn)?,
            // Why the work failed is what is told; a connection that cannot even forget it is closed by the pool.
            Err(_) => drop(backend::roll_back(&mut conn)),
        }
        self.connections.tend(&mut conn);
        outcome
    }

    /// Begins a write, when the others are done. What is [patient](Self::patient) waits for them as long as it is wanted.
    fn begin(&self) -> Result<(PooledConnection<Manager>, Instant, chain::Head), StoreError> {
        loop {
            match self.begin_now() {
                Err(StoreError::Unavailable(why)) if self.waits() => {
                    tracing::debug!(error = %why, "a job waits for the other writers");
                    std::thread::sleep(BETWEEN_TRIES);
                }
                begun => return begun,
            }
        }
    }

    fn waits(&self) -> bool {
        self.is_patient && self.halt.as_ref().is_some_and(|halt| !halt.is_stopped())
    }

    fn begin_now(&self) -> Result<(PooledConnection<Manager>, Instant, chain::Head), StoreError> {
        let mut conn = self.connections.writer()?;
        backend::begin_write(&mut conn)?;
        let numbered = version::must_be_current(&mut conn).map_err(StoreError::from).and_then(|()| {
            let now = self.now();
            Ok((now, chain::advance(&mut conn, now)?))
        });
        match numbered {
            Ok((now, head)) => Ok((conn, now, head)),
            Err(why) => {
                // Why it was refused is what is told; a connection that cannot even forget it is closed by the pool.
                drop(backend::roll_back(&mut conn));
                Err(why)
            }
        }
    }

    /// That somebody still wants what is about to be saved by another way than a write; from now on nobody can give it up.
    ///
    /// # Errors
    /// [`StoreError::Cancelled`] where nobody does.
    pub fn must_be_wanted(&self) -> Result<(), StoreError> {
        if self.halt.as_ref().is_some_and(|halt| !halt.may_commit()) { Err(StoreError::Cancelled) } else { Ok(()) }
    }

    /// Commits what is still wanted.
    fn commit(&self, conn: &mut Conn) -> Result<(), StoreError> {
        if self.halt.as_ref().is_some_and(|halt| !halt.may_commit()) {
            backend::roll_back(conn)?;
            return Err(StoreError::Cancelled);
        }
        let committed = backend::commit(conn);
        if let Some(halt) = &self.halt {
            halt.committed(committed.is_ok());
        }
        Ok(committed?)
    }

    fn work<T>(
        &self,
        conn: &mut Conn,
        (now, head): (Instant, chain::Head),
        actor: &Actor,
        action: &'static str,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        accounts::must_be_active(conn, actor)?;
        let keys = self.keys();
        let session = Session::new(conn, now, actor.clone(), keys.clone(), &self.vocabulary)?;
        let mut tx = Tx::new(session, head.write, head.written_at, self.chance, self.halt.clone());
        let value = work(&mut tx)?;
        let (details, action) = (tx.details(), tx.action().unwrap_or(action));
        chain::append(tx.conn(), &head, actor.account, action, &details, keys.as_deref())?;
        Ok(value)
    }

    /// Wipes from the database's files what was erased, as far as that is still to be done and others are not held up: tables in
    /// which something was deleted, what the database noted of their columns, and the journal. Gives whether nothing is left to be
    /// done; while somebody reads what was there before, something is.
    ///
    /// # Errors
    /// The database's own.
    pub fn wipe(&self) -> Result<bool, StoreError> {
        Ok(self.wipe_as(Wiping::WhileOthersWork)?.is_empty())
    }

    /// The same, and how far others may be held up. Gives the tables that are left, and why.
    ///
    /// # Errors
    /// The database's own.
    pub fn wipe_as(&self, how: Wiping) -> Result<Vec<(String, Scrubbed)>, StoreError> {
        if self.look(|conn| Ok(instance::is_all_due(conn)?))? {
            self.write(&accounts::host(), "database.wipe", |tx| Ok(instance::set_all_due(tx)?))?;
        }
        let due = self.look(|conn| Ok(instance::wipe_due(conn)?))?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let tables: Vec<_> = due.iter().map(|due| due.table.clone()).collect();
        // Not the connection that everybody's writes wait for.
        let came = backend::scrub(&mut self.connections.apart(Access::Write)?, self.connections.url(), &tables, how)?;
        // What the server itself noted is not ours everywhere; our tables are.
        let is_done = |due: &WipeDue, came: &Scrubbed| {
            *came == Scrubbed::Done || *came == Scrubbed::NotAllowed && due.table == STATISTICS
        };
        let (done, left): (Vec<_>, Vec<_>) = due.into_iter().zip(came).partition(|(due, came)| is_done(due, came));
        if !done.is_empty() {
            let done: Vec<_> = done.into_iter().map(|(due, _)| due).collect();
            self.write(&accounts::host(), "database.wipe", move |tx| Ok(instance::wiped(tx, &done)?))?;
        }
        Ok(left.into_iter().map(|(due, came)| (due.table, came)).collect())
    }

    /// The times of an answer that is given now. One that is read itself takes those of its [`Session`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn times(&self) -> Result<Times, StoreError> {
        let at_write = self.look(|conn| Ok(chain::newest_write(conn)?))?;
        Ok(Times { as_of: self.now().day(), at_write })
    }
}

/// Whether a write is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    Keep(T),
    Abandon(T),
}
