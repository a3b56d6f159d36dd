//! Work that may be given up until it commits: nobody waits for it any more, or it was cancelled. After that nobody can be told
//! any more that it was not done.

use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const STOPPED: u8 = 1;
const COMMITTING: u8 = 2;
const COMMITTED: u8 = 3;

/// Whether some work is to go on.
#[derive(Debug, Default)]
pub struct Halt(AtomicU8);

impl Halt {
    /// Gives the work up, unless it has begun to commit. Whether it is certain that nothing of it is saved.
    pub fn stop(&self) -> bool {
        match self.0.compare_exchange(OPEN, STOPPED, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => true,
            Err(state) => state == STOPPED,
        }
    }

    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::SeqCst) == STOPPED
    }

    /// Whether the work may commit. From then on it cannot be given up.
    pub(super) fn may_commit(&self) -> bool {
        match self.0.compare_exchange(OPEN, COMMITTING, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => true,
            Err(state) => state != STOPPED,
        }
    }

    /// Notes what came of a commit. Work that did not commit after all may be given up again.
    pub(super) fn committed(&self, kept: bool) {
        self.0.store(if kept { COMMITTED } else { OPEN }, Ordering::SeqCst);
    }
}
