//! What ends a reading before it is done: it has taken too long, or nobody waits for its answer any more.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::StoreError;

/// What a database says of a statement that was stopped by [`go_on`].
pub const STOPPED: &str = "the reading was stopped";

/// Stops one reading, from another thread or by its own deadline. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    abandoned: AtomicBool,
    deadline: Instant,
    /// The server's number of the session that is reading now, where a server has one. Whoever ends that session's statement holds
    /// the lock, so that it cannot meanwhile have become another's.
    session: Mutex<Option<i32>>,
}

impl Stop {
    /// One that may take so long from now on.
    pub fn after(limit: Duration) -> Self {
        let inner =
            Inner { abandoned: AtomicBool::new(false), deadline: Instant::now() + limit, session: Mutex::new(None) };
        Self(Arc::new(inner))
    }

    /// Says that nobody waits any more.
    pub fn abandon(&self) {
        self.0.abandoned.store(true, Ordering::SeqCst);
    }

    /// Whether nobody waits any more.
    pub fn is_abandoned(&self) -> bool {
        self.0.abandoned.load(Ordering::SeqCst)
    }

    /// How long it may go on.
    pub fn left(&self) -> Duration {
        self.0.deadline.saturating_duration_since(Instant::now())
    }

    /// That it may go on.
    ///
    /// # Errors
    /// [`StoreError::Abandoned`] and [`StoreError::TookTooLong`].
    pub fn go_on(&self) -> Result<(), StoreError> {
        if self.is_abandoned() {
            return Err(StoreError::Abandoned);
        }
        if self.left().is_zero() { Err(StoreError::TookTooLong) } else { Ok(()) }
    }

    fn reads_in(&self, session: Option<i32>) {
        *self.0.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
    }

    /// Does something with the session that is reading now, which stays the same one meanwhile.
    pub(super) fn with_session<T>(&self, act: impl FnOnce(i32) -> T) -> Option<T> {
        let session = self.0.session.lock().unwrap_or_else(PoisonError::into_inner);
        (*session).map(act)
    }
}

thread_local! {
    /// What stops the reading that this thread is doing.
    static NOW: RefCell<Option<Stop>> = const { RefCell::new(None) };
}

/// While it lives, this thread's reading can be stopped; then by what stopped it before.
pub(super) struct Stoppable(Option<Stop>);

/// Lets this thread's reading be stopped.
pub(super) fn stoppable(stop: Option<Stop>) -> Stoppable {
    Stoppable(NOW.replace(stop))
}

impl Stoppable {
    /// Says which session of the server is reading.
    pub(super) fn is_in(&self, session: Option<i32>) {
        NOW.with_borrow(|stop| stop.iter().for_each(|stop| stop.reads_in(session)));
    }
}

impl Drop for Stoppable {
    fn drop(&mut self) {
        self.is_in(None);
        NOW.set(self.0.take());
    }
}

/// That the reading of this thread may go on. Whatever reads in a loop asks each time around; statements ask for each row.
///
/// # Errors
/// [`StoreError::Abandoned`] and [`StoreError::TookTooLong`].
pub fn go_on() -> Result<(), StoreError> {
    NOW.with_borrow(|stop| stop.as_ref().map_or(Ok(()), Stop::go_on))
}

/// Why a statement of this thread was stopped.
pub(super) fn why() -> StoreError {
    // A server's clock may be a little ahead of ours.
    go_on().err().unwrap_or(StoreError::TookTooLong)
}
