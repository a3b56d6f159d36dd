//! What every request shares: the store, and a way to ask it without holding up the others.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::policy::Actor;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::session::Session;

use super::problem::{Kind, Problem};

/// How many questions are counted at once. Entering a case must not be slow because somebody is counting.
const COUNTING: usize = 2;
/// How many exports are under way at once. Each holds a connection for as long as its client takes to receive it.
const EXPORTING: usize = 2;
/// How long a question waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// The store, as handlers ask it.
#[derive(Clone)]
pub struct Records {
    store: Store,
    counting: Arc<Semaphore>,
    computing: Arc<Semaphore>,
    exporting: Arc<Semaphore>,
}

impl Records {
    pub fn new(store: Store) -> Self {
        let places = |places| Arc::new(Semaphore::new(places));
        Self { store, counting: places(COUNTING), computing: places(1), exporting: places(EXPORTING) }
    }

    /// The store itself, for work that is run elsewhere.
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// Runs work that counts, when its turn comes.
    ///
    /// # Errors
    /// What the work gives, or that too many are counting.
    pub async fn count<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = timeout(PATIENCE, self.counting.clone().acquire_owned()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(Problem::new(Kind::Unavailable).detail("too many questions at once"));
        };
        self.run(work).await
    }

    /// Runs work that may compute for minutes, one at a time, so that it leaves the machine to the others.
    ///
    /// # Errors
    /// What the work gives, or that somebody else's is still running.
    pub async fn compute<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = timeout(PATIENCE, self.computing.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Problem::new(Kind::Unavailable).detail("another release is being computed"));
        };
        // The turn goes with the work, which goes on where the client has gone.
        self.run(move |store| {
            let _turn = turn;
            work(store)
        })
        .await
    }

    /// A place among the exports, to be held until all of it is sent.
    ///
    /// # Errors
    /// That others are still being sent.
    pub async fn export_turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        match timeout(PATIENCE, self.exporting.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Problem::new(Kind::Unavailable).detail("too many exports at once")),
        }
    }

    /// Runs blocking work on the thread pool that may fail without anybody being told.
    ///
    /// # Errors
    /// What the work gives.
    pub async fn try_run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        web::block(move || work(&store)).await.unwrap_or_else(|why| Err(StoreError::Unavailable(why.into())))
    }

    /// Runs blocking work on the thread pool.
    ///
    /// # Errors
    /// What the work gives, as the client may see it.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.store.clone();
        let done = web::block(move || work(&store)).await;
        match done {
            Ok(result) => result.map_err(Problem::from),
            Err(why) => {
                tracing::error!(error = %why, "work on the store was cut off");
                Err(Problem::new(Kind::Internal))
            }
        }
    }

    /// Reads on the thread pool.
    ///
    /// # Errors
    /// What the reading gives, as the client may see it.
    pub async fn read<T, F>(&self, actor: Actor, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.run(move |store| store.read(&actor, work)).await
    }
}
