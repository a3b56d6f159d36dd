//! The connections of a process to its database: opened together, and closed so that what was written is all in one place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use r2d2::{Pool, PooledConnection};

use super::backend::journal::{self, Found};
use super::backend::{Access, Conn, DatabaseUrl, Manager, OpenError, Waits, probing};
use super::error::StoreError;
use crate::domain::health::HealthState;

/// How long a request waits for a connection before it is told to come again.
pub const PATIENCE: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// How many count at once, on connections of their own: entering a case must not be slow because somebody is counting.
pub const COUNTING: usize = 2;
/// Theirs, one for a release that is computed, and two for exports that are sent.
const COUNTERS: u32 = 5;
/// Those of the states of jobs, of each kind.
const OF_JOBS: u32 = 2;
/// How long a connection is kept that nobody needs, and one of the jobs.
const LASTING: Duration = Duration::from_secs(600);
const IDLE: Duration = Duration::from_secs(60);
/// How long those who are still at work are waited for at the end.
const ENDING: Duration = Duration::from_secs(5);
/// How long a look that is just being taken is waited for.
const CLOSING: Duration = Duration::from_millis(700);

/// What a connection is for: nothing waits for what another lane is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What people read and enter.
    Records,
    /// Counts, and other long reading.
    Counts,
    /// The states of jobs.
    Jobs,
}

struct Pools {
    readers: Pool<Manager>,
    counters: Pool<Manager>,
    writer: Pool<Manager>,
    job_readers: Pool<Manager>,
    job_writers: Pool<Manager>,
}

impl Pools {
    /// Whether somebody is at work with one of them.
    fn are_lent(&self) -> bool {
        let all = [&self.readers, &self.counters, &self.writer, &self.job_readers, &self.job_writers];
        all.iter().any(|pool| lent(pool) > 0)
    }
}

fn lent(pool: &Pool<Manager>) -> u32 {
    let state = pool.state();
    state.connections.saturating_sub(state.idle_connections)
}

/// The connections of a process. They are closed when the last store that uses them goes.
pub struct Connections {
    url: DatabaseUrl,
    waits: Waits,
    /// None when they were closed.
    pools: RwLock<Option<Pools>>,
    found: Found,
    file: Option<FileId>,
    /// Why the database is not used any more.
    refused: OnceLock<String>,
    pages: Mutex<HealthState>,
    /// Whether the last write failed in the database.
    failed: AtomicBool,
}

/// Which file it is, whatever its name.
type FileId = (u64, u64);

impl Connections {
    /// Opens a database whose schema is up to date.
    pub(super) fn open(url: &DatabaseUrl, found: Found, waits: Waits) -> Result<Self, StoreError> {
        let pool = |access, size, idle| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(0))
                .idle_timeout(Some(idle))
                .connection_timeout(PATIENCE)
                .error_handler(Box::new(Quiet))
                .build(Manager::waiting(url.clone(), access, waits))
        };
        // Each comes when it is needed: where nothing can be written reading goes on, and at the end none is just on its way.
        let pools = Pools {
            readers: pool(Access::Read, READERS, LASTING)?,
            counters: pool(Access::Read, COUNTERS, LASTING)?,
            writer: pool(Access::Write, 1, LASTING)?,
            job_readers: pool(Access::Read, OF_JOBS, IDLE)?,
            job_writers: pool(Access::Write, OF_JOBS, IDLE)?,
        };
        let file = file_id(url).map_err(OpenError::Files)?;
        Ok(Self {
            url: url.clone(),
            waits,
            pools: RwLock::new(Some(pools)),
            found,
            file,
            refused: OnceLock::new(),
            pages: Mutex::new(HealthState::Checking),
            failed: AtomicBool::new(false),
        })
    }

    /// The address of the database.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// What lay beside the database's file when it was opened.
    pub fn found(&self) -> Found {
        self.found
    }

    fn pool(&self, choose: impl FnOnce(&Pools) -> &Pool<Manager>) -> Result<PooledConnection<Manager>, StoreError> {
        self.must_be_good()?;
        // A new connection would make a file anew, and take the journal of the one that was moved for its own.
        self.must_be_in_place()?;
        let pool =
            self.pools.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|pools| choose(pools).clone());
        Ok(pool.ok_or_else(|| StoreError::Unavailable("the service is ending".into()))?.get()?)
    }

    pub(super) fn reader(&self, lane: Lane) -> Result<PooledConnection<Manager>, StoreError> {
        self.pool(|pools| match lane {
            Lane::Records => &pools.readers,
            Lane::Counts => &pools.counters,
            Lane::Jobs => &pools.job_readers,
        })
    }

    /// The one connection of this process that writes records.
    pub(super) fn writer(&self) -> Result<PooledConnection<Manager>, StoreError> {
        self.pool(|pools| &pools.writer)
    }

    /// One that writes the states of jobs.
    pub(super) fn job_writer(&self) -> Result<PooledConnection<Manager>, StoreError> {
        self.pool(|pools| &pools.job_writers)
    }

    /// How many connections are busy with counting and other long work.
    pub(super) fn counting_now(&self) -> u32 {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.as_ref().map_or(0, |pools| lent(&pools.counters))
    }

    /// A connection of its own, for work that is to hold up nobody.
    ///
    /// # Errors
    /// Why it could not be opened.
    pub fn apart(&self, access: Access) -> Result<Conn, StoreError> {
        self.must_be_good()?;
        Ok(self.look_apart(access)?)
    }

    /// The same for a look at a database that is not used any more.
    pub(super) fn look_apart(&self, access: Access) -> Result<Conn, OpenError> {
        self.must_be_in_place()?;
        let (manager, started) = (Manager::waiting(self.url.clone(), access, self.waits), Instant::now());
        loop {
            match manager.open() {
                // SQLite does not wait while another connection, the last but this, is just closing.
                Err(why) if why.is_locked() && started.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                opened => return opened,
            }
        }
    }

    /// Uses the database no more, whoever asks: it is damaged, or a newer programme has changed it.
    pub fn refuse(&self, why: String) {
        if self.refused.set(why.clone()).is_ok() {
            tracing::error!(%why, "the database is not used any more");
        }
    }

    fn must_be_good(&self) -> Result<(), StoreError> {
        self.refused.get().map_or(Ok(()), |why| Err(StoreError::Unavailable(why.clone().into())))
    }

    /// That the file that was opened is still the one of its name: what is written into one that was moved or removed is lost.
    ///
    /// # Errors
    /// [`OpenError::Moved`], or the system's own.
    pub fn must_be_in_place(&self) -> Result<(), OpenError> {
        if file_id(&self.url)? == self.file { Ok(()) } else { Err(OpenError::Moved) }
    }

    /// Whether the database is a file of our own.
    pub fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// What is known of the pages of its file.
    pub fn pages(&self) -> HealthState {
        *self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads every page of its file. One that is damaged is not used any more.
    ///
    /// # Errors
    /// What is wrong with it, or the database's own.
    pub fn check_pages(&self) -> Result<(), StoreError> {
        let thorough = self.found == Found::Unmarked;
        let mut conn = self.apart(Access::Read)?;
        let damage = probing::damage(&mut conn, thorough)?;
        let state = if damage.is_some() { HealthState::Corrupt } else { HealthState::Ok };
        *self.pages.lock().unwrap_or_else(PoisonError::into_inner) = state;
        let Some(damage) = damage else { return Ok(()) };
        // The last that closes would write the journal into the damaged file.
        std::mem::forget(conn);
        let why = OpenError::Damaged(damage);
        self.refuse(why.to_string());
        Err(why.into())
    }

    /// Notes how a write ended, so that the next look tries whether anything can be written.
    pub(super) fn note_write<T>(&self, outcome: &Result<T, StoreError>) {
        match outcome {
            Err(StoreError::Open(why @ OpenError::Newer { .. })) => self.refuse(why.to_string()),
            Err(StoreError::Unavailable(_) | StoreError::Broken(_) | StoreError::Open(_)) => {
                self.failed.store(true, Ordering::Relaxed)
            }
            _ => {}
        }
    }

    /// Whether a write failed in the database, and none was tried since.
    pub fn has_failed_to_write(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Notes that something could be written.
    pub fn can_write_again(&self) {
        self.failed.store(false, Ordering::Relaxed);
    }

    /// Keeps the journal small, after a write.
    pub(super) fn tend(&self, conn: &mut Conn) {
        if let Err(why) = journal::tend(conn, &self.url) {
            tracing::warn!(error = %why, "the journal cannot be emptied into the database's file now");
        }
    }

    /// Closes them, and puts what was written into the one file. Gives whether it is all there is now: while somebody else has it
    /// open, there is more.
    ///
    /// # Errors
    /// The database's own.
    pub fn close(&self, waiting: bool) -> Result<bool, OpenError> {
        let Some(pools) = self.pools.write().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(true) };
        if self.refused.get().is_some() {
            // What is damaged, or a newer programme's, is left as it is: to close it would write into it.
            std::mem::forget(pools);
            return Ok(false);
        }
        let (started, pause) = (Instant::now(), Duration::from_millis(20));
        while waiting && pools.are_lent() && started.elapsed() < ENDING {
            std::thread::sleep(pause);
        }
        drop(pools);
        let DatabaseUrl::Sqlite(path) = &self.url else { return Ok(true) };
        let started = Instant::now();
        loop {
            self.must_be_in_place()?;
            if journal::settle(path)? {
                return Ok(true);
            }
            if !waiting || started.elapsed() > CLOSING {
                return Ok(false);
            }
            std::thread::sleep(pause);
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        if let Err(why) = self.close(false) {
            tracing::warn!(error = %why, "the journal was not emptied into the database's file at the end");
        }
    }
}

fn file_id(url: &DatabaseUrl) -> std::io::Result<Option<FileId>> {
    match url {
        #[cfg(unix)]
        DatabaseUrl::Sqlite(path) => match std::fs::metadata(path) {
            Ok(found) => {
                use std::os::unix::fs::MetadataExt;
                Ok(Some((found.dev(), found.ino())))
            }
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(why),
        },
        _ => Ok(None),
    }
}

/// Connection errors go to the one who waits for the connection, not to the log a second time.
#[derive(Debug)]
struct Quiet;

impl<E> r2d2::HandleError<E> for Quiet {
    fn handle_error(&self, _: E) {}
}
