//! A job that runs in this process: how far it is, whether it is to go on, and that it succeeded, written with its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use crate::domain::record::RecordId;
use crate::store::error::StoreError;
use crate::store::halt::Halt;
use crate::store::idempotency;
use crate::store::session::Tx;

use super::conn::{self, End, Entry};
use super::{Key, Kind, State, keys};

/// What the work of a job leaves to be written about it.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// Its own transaction has written that it succeeded.
    Committed,
    /// It has saved nothing that this must be written with: it is what it tells, such as a trial whose file waits to be confirmed.
    Told(serde_json::Value),
    /// It could not be done yet, and is to be tried again.
    NotYet,
}

/// A job that runs here.
#[derive(Debug)]
pub struct Running {
    id: RecordId,
    attempt: i64,
    stop: Arc<Halt>,
    cancelled: AtomicBool,
    done: AtomicI64,
    /// Below zero where it is not known.
    total: AtomicI64,
}

impl Running {
    pub(super) fn new(id: RecordId, attempt: i64, total: Option<i64>) -> Self {
        let total = AtomicI64::new(total.unwrap_or(-1));
        Self { id, attempt, stop: Arc::default(), cancelled: AtomicBool::new(false), done: AtomicI64::new(0), total }
    }

    pub(super) fn id(&self) -> RecordId {
        self.id
    }

    pub(super) fn attempt(&self) -> i64 {
        self.attempt
    }

    /// By what its work is told to stop: see [`Store::halted_by`](crate::store::database::Store::halted_by).
    pub fn stop(&self) -> Arc<Halt> {
        self.stop.clone()
    }

    /// Says how much is done, of how much.
    pub fn is_at(&self, done: u64, total: Option<u64>) {
        self.done.store(i64::try_from(done).unwrap_or(i64::MAX), Ordering::Relaxed);
        if let Some(total) = total {
            self.total.store(i64::try_from(total).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
    }

    pub(super) fn progress(&self) -> (i64, Option<i64>) {
        let total = self.total.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed), (total >= 0).then_some(total))
    }

    /// Cancels it, unless it has begun to commit. Whether nothing of it will be saved.
    pub(super) fn cancel(&self) -> bool {
        let stopped = self.stop.stop();
        self.cancelled.fetch_or(stopped, Ordering::SeqCst);
        stopped
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Writes in the transaction of its work that it succeeded, with what came of it: counts and identifiers.
    ///
    /// # Errors
    /// [`StoreError::Cancelled`] where it was cancelled, or was thought dead and ended by somebody else: the work is not to be kept.
    pub fn succeed(&self, tx: &mut Tx<'_>, result: &serde_json::Value) -> Result<(), StoreError> {
        tx.note("job", self.id.to_string());
        let ended = conn::end(tx.conn(), self.id, self.attempt, &End::Succeeded(result, None))?;
        if !ended {
            return Err(StoreError::Cancelled);
        }
        Ok(conn::is_at(tx.conn(), self)?)
    }
}

/// That no job of the account has saved anything under a key, or may yet.
///
/// # Errors
/// [`StoreError::KeyReused`], or the database's own.
pub fn must_be_free(tx: &mut Tx<'_>, key: &str) -> Result<(), StoreError> {
    let (key, account) = (idempotency::keyed(tx.session(), key)?, tx.actor().account);
    match keys::by_key(tx.conn(), account, &key)? {
        Some((job, _)) if !matches!(job.state, State::Failed | State::Cancelled) => Err(StoreError::KeyReused),
        _ => Ok(()),
    }
}

/// Notes in the transaction of some work that it is done, under the key of its request, where it did not have to wait as a job. A
/// job that ended without having saved anything leaves its key to it.
///
/// # Errors
/// [`StoreError::KeyReused`] where the key is used meanwhile: [`Jobs::earlier`](super::Jobs::earlier) tells what came of it.
pub fn record_done(
    tx: &mut Tx<'_>,
    kind: Kind,
    parameters: &serde_json::Value,
    key: &Key,
    result: &serde_json::Value,
) -> Result<(), StoreError> {
    let (key, request) = (idempotency::keyed(tx.session(), &key.key)?, idempotency::keyed(tx.session(), &key.request)?);
    let (id, account) = (RecordId::new(), tx.actor().account);
    if let Some((earlier, _)) = keys::by_key(tx.conn(), account, &key)?
        && !keys::free_key(tx.conn(), earlier.id)?
    {
        return Err(StoreError::KeyReused);
    }
    let entry = Entry {
        id,
        kind,
        account,
        scopes: None,
        parameters,
        payload: None,
        key: Some((&key, &request)),
        total: None,
        result: Some(result),
        waits: None,
    };
    conn::insert(tx.conn(), &entry)?;
    tx.note("job", id.to_string());
    Ok(())
}
