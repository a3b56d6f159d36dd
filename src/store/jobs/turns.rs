//! How jobs are taken up, kept alive and ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Moment};

use serde_json::json;
use zeroize::Zeroizing;

use crate::domain::record::RecordId;
use crate::keys::keyring::Keyring;
use crate::store::error::StoreError;

use super::conn::End;
use super::files::{FILE_WAITS, open};
use super::holder::{Holder, Life};
use super::running::{Done, Running};
use super::{Job, Jobs, Kind, State};

/// How often it is tried to write how a job ended, and how long is waited in between.
const TRIES: u32 = 6;
const BETWEEN: Duration = Duration::from_secs(2);
/// How often a job is taken up where the database is not ready for it.
const MOST_TRIES: i64 = 5;

/// The attempt from which the tries of a request that is entered anew are counted. Attempts never fall: who was thought dead
/// cannot commit under an earlier one.
pub(super) fn before_the_tries(attempt: i64) -> i64 {
    (attempt + MOST_TRIES - 1) / MOST_TRIES * MOST_TRIES
}

/// A job whose turn it is.
pub struct Turn {
    pub job: Job,
    pub running: Arc<Running>,
    /// What was uploaded.
    pub file: Option<Zeroizing<Vec<u8>>>,
    jobs: Jobs,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.jobs.own().remove(&self.job.id);
        self.jobs.ring();
    }
}

/// Why a job ended that nobody has cancelled and whose work was not refused either: its process did.
pub(super) fn interrupted() -> serde_json::Value {
    json!({"type": "urn:attest:problem:interrupted"})
}

impl Jobs {
    /// Takes up the job of these kinds that has waited longest.
    ///
    /// # Errors
    /// The database's own.
    pub fn next(&self, keys: Option<&Keyring>, kinds: &[Kind]) -> Result<Option<Turn>, StoreError> {
        if self.closing.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let Some(id) = self.reader()?.next(kinds)? else { return Ok(None) };
        let Some((job, sealed)) = self.writer()?.start(id, self.holder.as_str())? else { return Ok(None) };
        let running = Arc::new(Running::new(id, job.attempt, job.total));
        self.own().insert(id, running.clone());
        let mut turn = Turn { job, running, file: None, jobs: self.clone() };
        match sealed.map(|sealed| open(keys, id, &sealed)).transpose() {
            Ok(file) => turn.file = file,
            Err(why) => {
                tracing::error!(job = %id, error = %why, "what was uploaded cannot be opened");
                turn.end(&End::Failed(&json!({"type": "urn:attest:problem:internal"})));
                return Ok(None);
            }
        }
        Ok(Some(turn))
    }

    /// Waits until there may be something to do, or for so long.
    pub fn wait(&self, most: Duration) {
        let rung = self.bell.rung.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // What it was woken for is looked at by whoever waited.
        drop(self.bell.heard.wait_timeout(rung, most));
    }

    /// Says of every job of this process that it still runs, and hears which are cancelled.
    pub fn keep_alive(&self) {
        let own: Vec<_> = self.own().iter().map(|(id, running)| (*id, running.clone())).collect();
        for (id, running) in own {
            let told =
                self.writer().and_then(|mut writer| writer.still_runs(id, running.attempt(), running.progress()));
            match told {
                Ok(true) => {}
                Ok(false) => drop(running.cancel()),
                // While SQLite's one writer is at work, nobody else can write that the job were dead either.
                Err(why) => tracing::debug!(job = %id, error = %why, "it cannot be written that a job still runs"),
            }
        }
    }

    pub(super) fn may_be_lost(&self, job: &Job) -> bool {
        let holder = job.holder.as_deref().unwrap_or_default();
        if holder == self.holder.as_str() {
            return !self.own().contains_key(&job.id);
        }
        Holder::life(holder) != Life::Alive
    }

    /// Ends the jobs whose process is gone: those that can be repeated wait again, the others have failed. Nothing of them was saved.
    ///
    /// # Errors
    /// The database's own.
    pub fn end_lost(&self) -> Result<(), StoreError> {
        let (running, now) = self.reader()?.running()?;
        for job in running.into_iter().filter(|job| self.may_be_lost(job)) {
            let dead = Holder::life(job.holder.as_deref().unwrap_or_default()) == Life::Dead;
            if !dead && job.lease_until.is_none_or(|until| until >= now) {
                continue;
            }
            let problem = interrupted();
            let ended = if job.cancel_requested {
                self.writer()?.end_lost(&job, &End::Cancelled)?
            } else if job.kind.is_repeatable() {
                self.writer()?.again(&job, None)?.is_some()
            } else {
                self.writer()?.end_lost(&job, &End::Failed(&problem))?
            };
            if ended {
                tracing::warn!(job = %job.id, kind = job.kind.name(), "a job's process is gone; nothing of it was saved");
                self.ring();
            }
        }
        Ok(())
    }

    /// Puts a job that failed, or is not there yet, among those that wait; for work that the service asks of itself.
    ///
    /// # Errors
    /// The database's own.
    pub fn again(&self, job: &Job) -> Result<bool, StoreError> {
        let again = self.writer()?.again(job, None)?.is_some();
        self.ring();
        Ok(again)
    }

    /// Forgets files that nobody has confirmed in time.
    ///
    /// # Errors
    /// The database's own.
    pub fn forget_late_files(&self) -> Result<(), StoreError> {
        if self.reader()?.has_late_files()? { self.writer()?.forget_files(None) } else { Ok(()) }
    }

    /// Forgets what ended long ago, with its idempotency keys.
    ///
    /// # Errors
    /// The database's own.
    pub fn forget_old(&self) -> Result<(), StoreError> {
        if self.reader()?.has_old()? { self.writer()?.forget_old() } else { Ok(()) }
    }

    /// Takes up no more jobs, and gives those that run so long to end. Those that do not are stopped; nothing of them is saved.
    pub fn wind_down(&self, patience: Duration) {
        self.closing.store(true, Ordering::SeqCst);
        self.ring();
        self.wait_for_own(patience);
        let stopped: Vec<RecordId> =
            self.own().iter().filter(|(_, running)| running.stop().stop()).map(|(id, _)| *id).collect();
        for job in stopped {
            tracing::warn!(%job, "a job was stopped because the service ends");
        }
        self.wait_for_own(patience);
    }

    fn wait_for_own(&self, patience: Duration) {
        let began = Moment::now();
        while !self.own().is_empty() && began.elapsed() < patience {
            self.wait(Duration::from_millis(100));
        }
    }
}

impl Turn {
    /// Writes what came of the job, where its own transaction has not.
    pub fn done(self, done: &Done) {
        match done {
            Done::Committed => {}
            Done::Told(result) => {
                let waits = (self.job.parameters["confirmable"] == true).then_some(FILE_WAITS);
                // Who could not write how it ended does not know that it was cancelled.
                if self.end(&End::Succeeded(result, waits)) == Ended::NotRunning {
                    self.end(&End::Cancelled);
                }
            }
            Done::NotYet => self.wait_again(),
        }
    }

    /// Puts the job back among those that wait, unless somebody has cancelled it meanwhile.
    fn wait_again(&self) {
        let seen = Job { state: State::Running, ..self.job.clone() };
        let again = self.insist(|jobs| if self.running.is_cancelled() { Ok(false) } else { jobs.again(&seen) });
        // From here on it is cancelled by its row; what was cancelled here in the last moment is taken over into that.
        self.jobs.own().remove(&self.job.id);
        let was_stopped = !self.running.stop().may_commit();
        match again {
            Some(true) if was_stopped && self.running.is_cancelled() => {
                self.insist(|jobs| jobs.writer()?.cancel(self.job.id));
            }
            // Somebody has cancelled it, or it is ended already.
            Some(false) => drop(self.end(&End::Cancelled)),
            Some(true) | None => {}
        }
    }

    /// Whether it may be tried once more where the database was not ready.
    pub fn has_tries(&self) -> bool {
        self.job.attempt % MOST_TRIES != 0
    }

    /// Writes that the job failed, with its problem, or that it was cancelled. Nothing of it was saved.
    pub fn failed(self, problem: &serde_json::Value) {
        if self.running.is_cancelled() {
            self.end(&End::Cancelled);
        } else if self.running.stop().is_stopped() {
            self.end(&End::Failed(&interrupted()));
        } else {
            self.end(&End::Failed(problem));
        }
    }

    /// Writes that the job did not go on because its row says so: somebody has cancelled it, or has ended it already.
    pub fn given_up(self) {
        match self.insist(|jobs| jobs.reader()?.get(self.job.id)) {
            Some(Some(job)) if job.cancel_requested => drop(self.end(&End::Cancelled)),
            Some(_) => self.failed(&interrupted()),
            None => {}
        }
    }

    fn end(&self, how: &End<'_>) -> Ended {
        match self.insist(|jobs| jobs.writer()?.end(&self.running, how)) {
            Some(true) => Ended::Now,
            Some(false) => Ended::NotRunning,
            None => Ended::Unknown,
        }
    }

    /// Asks the database until it answers. Where it never does, the job is left to its lease: when that has run out, whoever
    /// looks ends it by what its row says.
    fn insist<T>(&self, ask: impl Fn(&Jobs) -> Result<T, StoreError>) -> Option<T> {
        for attempt in 1..=TRIES {
            match ask(&self.jobs) {
                Ok(answer) => return Some(answer),
                Err(why) => {
                    tracing::warn!(job = %self.job.id, attempt, error = %why, "how a job ended is not written yet")
                }
            }
            std::thread::sleep(BETWEEN);
        }
        None
    }
}

/// What is known of a job whose end was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Now,
    /// It did not run any more: it was cancelled, or somebody else has ended it.
    NotRunning,
    /// The database did not answer.
    Unknown,
}
