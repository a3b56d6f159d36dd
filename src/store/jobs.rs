//! Long work. What may outlast a request is a job in the database: every process sees how far it is and what came of it.
//!
//! The rule: that a job succeeded is written in the very transaction of its work, and only while the job still runs under the same
//! attempt and nobody has cancelled it. So nobody is told "failed" of what then happens, nor "done" of what did not. A job whose
//! process died ends when its lease does, by the database's time; whoever was thought dead and is not cannot commit any more.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId};
use crate::keys::keyring::Keyring;

use super::accounts;
use super::connections::{Connections, Lane};
use super::database::Store;
use super::error::StoreError;
use super::idempotency;
use super::tokens;

mod conn;
mod files;
mod holder;
mod keys;
mod running;
mod turns;

pub use running::{Done, Running, must_be_free, record_done};
pub use turns::Turn;

use conn::{Entry, JobConn};
use files::seal;
use holder::Holder;

/// How many jobs of one account may wait or run: each may hold a file.
const MOST_UNFINISHED: i64 = 10;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Import,
    /// Says what an import would do; the file then waits to be confirmed.
    ImportTrial,
    Prepare,
    Publish,
    /// Wipes from the database's files what was erased.
    Wipe,
}

impl Kind {
    pub const WORDS: &[(&'static str, Self)] = &[
        ("import", Self::Import),
        ("import_trial", Self::ImportTrial),
        ("release_prepare", Self::Prepare),
        ("release_publish", Self::Publish),
        ("wipe", Self::Wipe),
    ];

    pub fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether it may be done twice: where its process died it is simply done again.
    fn is_repeatable(self) -> bool {
        self == Self::Wipe
    }
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Queued,
    Running,
    Succeeded,
    /// Nothing of it was saved.
    Failed,
    /// Nothing of it was saved.
    Cancelled,
}

impl State {
    pub const WORDS: &[(&'static str, Self)] = &[
        ("queued", Self::Queued),
        ("running", Self::Running),
        ("succeeded", Self::Succeeded),
        ("failed", Self::Failed),
        ("cancelled", Self::Cancelled),
    ];

    pub fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(_, state)| *state == self).map_or("", |(name, _)| name)
    }

    pub fn is_finished(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A job as the database has it. All times are the database's.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub id: RecordId,
    pub kind: Kind,
    pub account: RecordId,
    scopes: Option<String>,
    pub state: State,
    pub requested_at: Instant,
    pub started_at: Option<Instant>,
    pub finished_at: Option<Instant>,
    holder: Option<String>,
    lease_until: Option<Instant>,
    attempt: i64,
    /// How much is done, of how much, where that is known.
    pub done: i64,
    pub total: Option<i64>,
    pub cancel_requested: bool,
    /// Codes and identifiers.
    pub parameters: serde_json::Value,
    /// Until when the file that it tried waits to be confirmed.
    pub waits_until: Option<Instant>,
    pub result: Option<serde_json::Value>,
    pub problem: Option<serde_json::Value>,
}

/// Where a list of jobs goes on: after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    pub requested_at: Instant,
    pub id: RecordId,
}

/// A job that is asked for.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: Kind,
    /// Codes and identifiers, no text.
    pub parameters: serde_json::Value,
    /// What was uploaded. It is encrypted before it reaches the database.
    pub payload: Option<Vec<u8>>,
    /// The key by which a request that is sent twice is done once, and what tells the request from others.
    pub key: Option<Key>,
    pub total: Option<i64>,
}

/// An idempotency key and a digest of its request.
#[derive(Debug, Clone)]
pub struct Key {
    pub key: String,
    pub request: String,
}

impl Key {
    /// As the database keeps them: without the keyring nobody can try out what a request held.
    fn kept(&self, keys: Option<&Keyring>) -> Result<(String, String), StoreError> {
        Ok((idempotency::kept(keys, &self.key)?, idempotency::kept(keys, &self.request)?))
    }
}

/// What wakes those who wait for a job to do.
#[derive(Default)]
struct Bell {
    rung: Mutex<u64>,
    heard: Condvar,
}

/// The jobs of a database, through connections of their own. Cheap to clone; all clones know the jobs that run in this process.
#[derive(Clone)]
pub struct Jobs {
    connections: Arc<Connections>,
    running: Arc<Mutex<HashMap<RecordId, Arc<Running>>>>,
    holder: Arc<Holder>,
    bell: Arc<Bell>,
    /// Whether no more jobs are taken up.
    closing: Arc<AtomicBool>,
}

impl Jobs {
    pub(super) fn new(connections: Arc<Connections>) -> Self {
        Self {
            connections,
            running: Arc::default(),
            holder: Arc::new(Holder::own()),
            bell: Arc::default(),
            closing: Arc::default(),
        }
    }

    fn reader(&self) -> Result<JobConn, StoreError> {
        Ok(JobConn::new(self.connections.reader(Lane::Jobs)?))
    }

    fn writer(&self) -> Result<JobConn, StoreError> {
        Ok(JobConn::new(self.connections.job_writer()?))
    }

    fn own(&self) -> std::sync::MutexGuard<'_, HashMap<RecordId, Arc<Running>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        *self.bell.rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.bell.heard.notify_all();
    }

    /// A job, as far as it is now. What is known to have lost its process is ended first.
    ///
    /// # Errors
    /// The database's own.
    pub fn get(&self, id: RecordId) -> Result<Option<Job>, StoreError> {
        let found = self.reader()?.get(id)?;
        let lost = found.as_ref().is_some_and(|job| job.state == State::Running && self.may_be_lost(job));
        if !lost {
            return Ok(found.map(|job| self.told(job)));
        }
        // Where the writing connection is not free, somebody else may be just committing it.
        if let Err(why) = self.end_lost() {
            tracing::debug!(error = %why, "a job whose process is gone is not ended yet");
        }
        Ok(self.reader()?.get(id)?.map(|job| self.told(job)))
    }

    /// Jobs, the newest first; of one account, or of all.
    ///
    /// # Errors
    /// The database's own.
    pub fn list(&self, account: Option<RecordId>, after: Option<After>, limit: i64) -> Result<Vec<Job>, StoreError> {
        let found = self.reader()?.list(account, after, limit)?;
        Ok(found.into_iter().map(|job| self.told(job)).collect())
    }

    /// With what this process knows better: while SQLite's one writer is at work, its row cannot be written.
    fn told(&self, mut job: Job) -> Job {
        if job.state == State::Running
            && let Some(running) = self.own().get(&job.id)
        {
            (job.done, job.total) = running.progress();
            job.cancel_requested |= running.is_cancelled();
        }
        job
    }

    /// The job of an earlier request with this key, where there was one.
    ///
    /// # Errors
    /// [`StoreError::KeyReused`] where that was another request.
    pub fn earlier(&self, keys: Option<&Keyring>, account: RecordId, key: &Key) -> Result<Option<Job>, StoreError> {
        let (key, request) = key.kept(keys)?;
        // The connection is given back first: to hold one and wait for another is how all of them wait for ever.
        let found = self.reader()?.by_key(account, &key)?;
        match found {
            None => Ok(None),
            Some((job, earlier)) if earlier == request => Ok(Some(self.told(job))),
            Some(_) => Err(StoreError::KeyReused),
        }
    }

    /// The job of an earlier request with this key; of another request, where that ended without having saved anything: its key is
    /// free for what was mended.
    ///
    /// # Errors
    /// [`StoreError::KeyReused`] where that was another request, which saved something or still may.
    pub fn earlier_or_ended(
        &self,
        keys: Option<&Keyring>,
        account: RecordId,
        key: &Key,
    ) -> Result<Option<Job>, StoreError> {
        let (kept, _) = key.kept(keys)?;
        let found = self.reader()?.by_key(account, &kept)?;
        match found {
            Some((job, _)) if matches!(job.state, State::Failed | State::Cancelled) => Ok(Some(job)),
            _ => self.earlier(keys, account, key),
        }
    }

    /// Asks for a job. Gives it, and whether it is a new one: a request that is sent again is done once. One that ended without
    /// having saved anything is done again.
    ///
    /// # Errors
    /// [`StoreError::KeyReused`], or [`StoreError::Refused`] where too many of the account wait.
    pub fn submit(&self, keys: Option<&Keyring>, actor: &Actor, new: &NewJob) -> Result<(Job, bool), StoreError> {
        let key = new.key.as_ref().map(|key| key.kept(keys)).transpose()?;
        let scopes = actor.scopes.as_deref().map(tokens::write_scopes);
        for _ in 0..3 {
            let earlier = match &new.key {
                Some(key) => self.earlier_or_ended(keys, actor.account, key)?,
                None => None,
            };
            if let Some(job) =
                earlier.as_ref().filter(|job| matches!(job.state, State::Queued | State::Running | State::Succeeded))
            {
                return Ok((job.clone(), false));
            }
            // What is erased must be wiped, however busy somebody is.
            if new.kind != Kind::Wipe && self.reader()?.unfinished(actor.account)? >= MOST_UNFINISHED {
                return Err(StoreError::Refused("too many of your jobs are not finished; wait until one of them is"));
            }
            let id = earlier.as_ref().map_or_else(RecordId::new, |job| job.id);
            let payload = new.payload.as_deref().map(|bytes| seal(keys, id, bytes)).transpose()?;
            let entry = Entry {
                id,
                kind: new.kind,
                account: actor.account,
                scopes: scopes.as_deref(),
                parameters: &new.parameters,
                payload: payload.as_deref(),
                key: key.as_ref().map(|(key, request)| (key.as_str(), request.as_str())),
                total: new.total,
                result: None,
                waits: None,
            };
            let entered = self.writer().and_then(|mut writer| match &earlier {
                Some(job) => writer.again(job, Some(&entry)),
                None => writer.insert(&entry),
            });
            // Who was faster may hold SQLite's one writer already.
            let entered = match (entered, &new.key) {
                (Err(why), Some(key)) if self.earlier_or_ended(keys, actor.account, key)? == earlier => {
                    return Err(why);
                }
                (Err(_), Some(_)) => None,
                (entered, _) => entered?,
            };
            if let Some(job) = entered {
                self.ring();
                return Ok((job, true));
            }
        }
        Err(StoreError::Stale)
    }

    /// Cancels a job, if nothing of it is committed yet. Whoever runs it hears of it within seconds; its state tells what came of it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where it is done already.
    pub fn cancel(&self, id: RecordId) -> Result<Job, StoreError> {
        const DONE: StoreError = StoreError::Refused("it is finished already, and cannot be cancelled any more");
        let running = self.own().get(&id).cloned();
        match running {
            // Its row cannot be written while SQLite's one writer is at work on it.
            Some(running) if !running.cancel() => return Err(DONE),
            Some(_) => {}
            None => {
                let asked = self.writer().and_then(|mut writer| writer.cancel(id));
                asked.map_err(|why| self.why_not_cancelled(id, why))?;
            }
        }
        let job = self.get(id)?.ok_or(StoreError::Absent("job"))?;
        let late = matches!(job.state, State::Succeeded | State::Failed);
        if late { Err(DONE) } else { Ok(job) }
    }
}

impl Jobs {
    /// Why a job of another process could not be told to end. An import holds SQLite's one lock for writing until it is done.
    fn why_not_cancelled(&self, id: RecordId, why: StoreError) -> StoreError {
        const HELD: StoreError = StoreError::Refused(
            "another process does it and holds the one lock for writing, so it cannot be told; cancel it through that process, or end \
             that process, and nothing of it is saved",
        );
        let is_busy = self.connections.has_file() && matches!(why, StoreError::Unavailable(_));
        match if is_busy { self.get(id) } else { return why } {
            Ok(Some(job)) if job.state == State::Running => HELD,
            _ => why,
        }
    }
}

/// Who asked for a job, with the rights of today.
///
/// # Errors
/// [`StoreError::Absent`] where the account is there no more.
pub fn actor_of(store: &Store, job: &Job) -> Result<Actor, StoreError> {
    let account = job.account;
    let mut actor = store.look(|conn| accounts::get(conn, account))?.actor();
    actor.scopes = tokens::kept_scopes(job.scopes.clone());
    Ok(actor)
}
