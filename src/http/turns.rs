//! Whose turn it is to do what keeps the machine busy: some at a time in all, and one at a time an account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::rt::time::timeout;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::record::RecordId;

use super::problem::{Kind, Problem};

/// How long somebody waits for their turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many questions of one account may be running or waiting.
const OF_ONE: usize = 8;

/// The turns, shared by all workers.
pub struct Turns {
    all: Arc<Semaphore>,
    own: Mutex<HashMap<RecordId, Arc<Semaphore>>>,
}

/// A turn. It ends when this is dropped, so it goes with the work and not with whoever waits for it.
pub struct Turn {
    _own: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Turns {
    pub fn new(at_once: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(at_once)), own: Mutex::default() }
    }

    /// Waits a little for a turn.
    ///
    /// # Errors
    /// [`Kind::TooMany`] where the account asks something already, [`Kind::Unavailable`] where others do.
    pub async fn take(&self, account: RecordId) -> Result<Turn, Problem> {
        let own = self.of(account)?;
        let own = timeout(PATIENCE, own.acquire_owned()).await.map_err(|_| asks_already())?;
        let all = timeout(PATIENCE, self.all.clone().acquire_owned()).await;
        let all = all.map_err(|_| Problem::new(Kind::Unavailable).detail("too many questions at once"))?;
        let closed = |why| Problem::broken(&why);
        Ok(Turn { _own: own.map_err(closed)?, _all: all.map_err(closed)? })
    }

    fn of(&self, account: RecordId) -> Result<Arc<Semaphore>, Problem> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever asks or waits holds one too.
        own.retain(|_, turn| Arc::strong_count(turn) > 1);
        let turn = own.entry(account).or_insert_with(|| Arc::new(Semaphore::new(1)));
        if Arc::strong_count(turn) > OF_ONE { Err(asks_already()) } else { Ok(turn.clone()) }
    }
}

fn asks_already() -> Problem {
    Problem::new(Kind::TooMany)
        .detail("your account asks already: one question at a time")
        .retry_after(PATIENCE.as_secs())
}
