//! The database as a whole: opening it, reading from it, and the one door through which it is changed.

use std::path::Path;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use r2d2::Pool;

use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId, Times};

use super::accounts;
use super::backend::{self, Access, Conn, DatabaseUrl, Manager, OpenError, Waits};
use super::chain;
use super::classes::TABLES;
use super::error::StoreError;
use super::halt::Halt;
use super::instance;
use super::jobs::Jobs;
use super::session::{Session, Tx, VocabularyCache};
use super::stop::{self, Stop};
use crate::keys::files::private_folder;
use crate::keys::keyring::Keyring;

mod keyring;
mod lanes;

/// How long a request waits for a connection before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// How many count at once, on connections of their own: entering a case must not be slow because somebody is counting.
pub const COUNTING: usize = 2;
/// Theirs, one for a release that is computed, and two for exports that are sent.
const COUNTERS: u32 = 5;

/// What tells the time. A test may bring its own.
pub type Clock = fn() -> DateTime<Utc>;

/// What gives the random bits of codes, 64 at a time. A test may bring its own.
pub type Chance = fn() -> u64;

/// The random half of an identifier.
fn chance() -> u64 {
    let (_, random) = RecordId::new().0.as_u64_pair();
    random
}

/// The records, in either database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    readers: Pool<Manager>,
    counters: Pool<Manager>,
    writer: Pool<Manager>,
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
}

impl Store {
    /// Opens the database and brings its schema up to date. An SQLite file is made if there is none.
    ///
    /// # Errors
    /// Why it could not be opened or migrated.
    pub fn open(url: &DatabaseUrl, clock: Clock) -> Result<Self, StoreError> {
        Self::open_waiting(url, clock, Waits::default())
    }

    /// The same, with waits of its own.
    ///
    /// # Errors
    /// Why it could not be opened or migrated.
    pub fn open_waiting(url: &DatabaseUrl, clock: Clock, waits: Waits) -> Result<Self, StoreError> {
        if let DatabaseUrl::Sqlite(path) = url
            && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            private_folder(folder).map_err(|why| StoreError::Unavailable(why.into()))?;
        }
        if let DatabaseUrl::Sqlite(path) = url {
            private_file(path).map_err(|why| StoreError::Unavailable(why.into()))?;
        }
        let started = std::time::Instant::now();
        while let Err(why) = prepare(url) {
            if !why.is_locked() || started.elapsed() > PATIENCE {
                return Err(why.into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let pool = |access, size, open| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(open))
                .connection_timeout(PATIENCE)
                .error_handler(Box::new(Quiet))
                .build(Manager::waiting(url.clone(), access, waits))
        };
        Ok(Self {
            readers: pool(Access::Read, READERS, 1)?,
            counters: pool(Access::Read, COUNTERS, 0)?,
            writer: pool(Access::Write, 1, 1)?,
            stop: None,
            limit: None,
            clock,
            chance,
            vocabulary: Arc::default(),
            keys: Arc::default(),
            locked: Arc::default(),
            jobs: Jobs::new(url)?,
            halt: None,
        })
    }

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
        let mut conn = self.readers.get()?;
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
        let mut conn = self.writer.get()?;
        backend::begin_write(&mut conn)?;
        let outcome = self.work(&mut conn, actor, action, work);
        match &outcome {
            Ok(Outcome::Keep(_)) => self.commit(&mut conn)?,
            Ok(Outcome::Abandon(_)) => backend::roll_back(&mut conn)?,
            // Why the work failed is what is told; a connection that cannot even forget it is closed by the pool.
            Err(_) => drop(backend::roll_back(&mut conn)),
        }
        outcome
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
        actor: &Actor,
        action: &'static str,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let now = self.now();
        let head = chain::advance(conn, now)?;
        accounts::must_be_active(conn, actor)?;
        let keys = self.keys();
        let session = Session::new(conn, now, actor.clone(), keys.clone(), &self.vocabulary)?;
        let mut tx = Tx::new(session, head.write, head.written_at, self.chance, self.halt.clone());
        let value = work(&mut tx)?;
        let (details, action) = (tx.details(), tx.action().unwrap_or(action));
        chain::append(tx.conn(), &head, actor.account, action, &details, keys.as_deref())?;
        Ok(value)
    }

    /// Wipes from the database's files what was erased, if that is still to be done: pages that are free, and the journal. Gives
    /// whether nothing is left to be done; while somebody reads what was there before, something is.
    ///
    /// # Errors
    /// The database's own.
    pub fn wipe(&self) -> Result<bool, StoreError> {
        if !self.look(|conn| Ok(instance::is_wipe_due(conn)?))? {
            return Ok(true);
        }
        if !backend::scrub(&mut *self.writer.get()?)? {
            return Ok(false);
        }
        self.write(&accounts::host(), "database.wipe", |tx| Ok(instance::set_wipe_due(tx, false)?))?;
        Ok(true)
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

/// Brings the schema up to date. A database that holds another programme's tables is none to migrate.
fn prepare(url: &DatabaseUrl) -> Result<(), OpenError> {
    let mut conn = Manager::new(url.clone(), Access::Write).open()?;
    let foreign = backend::live_columns(&mut conn)?
        .into_iter()
        .map(|(table, _)| table)
        .find(|table| !TABLES.iter().any(|own| own.name == table));
    match foreign {
        Some(table) => Err(OpenError::Foreign(table)),
        None => backend::migrate(&mut conn),
    }
}

/// Makes the file if there is none, and takes it from everybody but its owner. SQLite gives the files beside it the same
/// mode.
fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    options.open(path)?;
    Ok(())
}

/// Whether a write is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    Keep(T),
    Abandon(T),
}

/// Connection errors go to the one who waits for the connection, not to the log a second time.
#[derive(Debug)]
struct Quiet;

impl<E> r2d2::HandleError<E> for Quiet {
    fn handle_error(&self, _: E) {}
}
