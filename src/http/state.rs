//! What every request shares: the store, and a way to ask it without holding up the others.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::policy::Actor;
use crate::domain::record::RecordId;
use crate::store::connections::COUNTING;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::halt::Halt;
use crate::store::session::Session;
use crate::store::stop::Stop;

use super::problem::{Kind, Problem};
use super::turns::Turns;

tokio::task_local! {
    /// Whether somebody still waits for the answer of the request in which work is asked for.
    static WAITED_FOR: Arc<Halt>;
}

/// Answers a request whose work is given up by this, unless it has begun to commit.
pub fn waited_for<F: Future>(stop: Arc<Halt>, answer: F) -> impl Future<Output = F::Output> {
    WAITED_FOR.scope(stop, answer)
}

/// How many exports are under way at once. Each holds a connection for as long as its client takes to receive it.
const EXPORTING: usize = 2;
/// How many look for persons at once. They read beside the others, on connections of which there are more.
const SEARCHING: usize = 2;
/// How many requests are at the store at once. Fewer than there are threads to block, so that one is left for whoever signs in.
const WORKING: usize = 128;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one reading of cases may take.
const READING: Duration = Duration::from_secs(25);

/// The store, as handlers ask it.
#[derive(Clone)]
pub struct Records {
    store: Store,
    counting: Arc<Turns>,
    searching: Arc<Turns>,
    exporting: Arc<Semaphore>,
    working: Arc<Semaphore>,
    longest_count: Duration,
}

impl Records {
    /// `longest_count` is how long one question may be counted.
    pub fn new(store: Store, longest_count: Duration) -> Self {
        Self {
            store,
            counting: Arc::new(Turns::new(COUNTING)),
            searching: Arc::new(Turns::new(SEARCHING)),
            exporting: Arc::new(Semaphore::new(EXPORTING)),
            working: Arc::new(Semaphore::new(WORKING)),
            longest_count,
        }
    }

    /// The store itself, for work that is run elsewhere.
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// Runs work that counts, when its turn comes, on connections that nothing else needs. It stops where whoever asked has gone.
    ///
    /// # Errors
    /// What the work gives, that the account or too many others are counting, or that it took too long.
    pub async fn count<T, F>(&self, account: RecordId, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = self.counting.take(account).await?;
        let stop = Stop::after(self.longest_count);
        self.stoppable(self.store.counting(stop.clone()), stop, turn, work).await
    }

    /// Runs work that looks through all persons for somebody who enters cases, when its turn comes, whoever counts. It stops
    /// where whoever asked has gone.
    ///
    /// # Errors
    /// As [`Records::count`].
    pub async fn search<T, F>(&self, account: RecordId, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let turn = self.searching.take(account).await?;
        let stop = Stop::after(READING);
        self.stoppable(self.store.until(stop.clone()), stop, turn, work).await
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
    /// What the work gives, or that others take all places.
    pub async fn try_run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let place = self.working.clone().try_acquire_owned().map_err(|why| StoreError::Unavailable(why.into()))?;
        let store = self.store.within(READING);
        let done = web::block(move || {
            let _held = place;
            work(&store)
        });
        done.await.unwrap_or_else(|why| Err(StoreError::Broken(why.into())))
    }

    /// Runs blocking work on the thread pool. It goes on where the client has gone.
    ///
    /// # Errors
    /// What the work gives, as the client may see it.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let place = self.place().await?;
        let waited_for = WAITED_FOR.try_with(Arc::clone).ok();
        let store = self.store.within(READING);
        let store = waited_for.map_or(store.clone(), |halt| store.halted_by(halt));
        block(store, place, work).await
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        match timeout(PATIENCE, self.working.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Problem::new(Kind::Unavailable).detail("too many requests at once")),
        }
    }

    /// Reads on the thread pool. It stops where the client has gone.
    ///
    /// # Errors
    /// What the reading gives, as the client may see it.
    pub async fn read<T, F>(&self, actor: Actor, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Session<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (place, stop) = (self.place().await?, Stop::after(READING));
        self.stoppable(self.store.until(stop.clone()), stop, place, move |store| store.read(&actor, work)).await
    }

    /// Runs work that stops where nobody waits for it any more.
    async fn stoppable<T, F>(&self, store: Store, stop: Stop, turn: impl Send + 'static, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let mut waiting = Waiting { store: self.store.clone(), stop: Some(stop) };
        let done = block(store, turn, work).await;
        waiting.stop = None;
        done
    }
}

/// Runs blocking work on the thread pool. What is held is held until the work is done, whoever waits for it.
async fn block<T, F>(store: Store, held: impl Send + 'static, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
{
    let done = web::block(move || {
        let _held = held;
        work(&store)
    });
    match done.await {
        Ok(result) => result.map_err(Problem::from),
        Err(why) => Err(Problem::broken(&why)),
    }
}

/// Somebody who waits for an answer. Where they go before it comes, what was read for them is stopped.
struct Waiting {
    store: Store,
    stop: Option<Stop>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(stop) = self.stop.take() else { return };
        stop.abandon();
        // To stop a server's statement is a statement itself, and this thread must not wait for it.
        if let Ok(runtime) = Handle::try_current() {
            let store = self.store.clone();
            drop(runtime.spawn_blocking(move || store.end(&stop)));
        }
    }
}
