//! Attempts to sign in that nobody looked at, for want of a place or because they were too many. A stranger can make any number of
//! them: the audit holds how many there were in a span of time, and not each.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::web;

use crate::store::database::Store;
use crate::store::sign_in_history::{TurnedAway as Counts, note_turned_away};

/// How often is looked whether a span is over.
const LOOK: Duration = Duration::from_millis(500);

/// Counts, shared by all workers. What is not written yet is written at the end.
pub struct TurnedAway {
    store: Store,
    every: Duration,
    counted: Mutex<(Counts, Option<Instant>)>,
}

impl TurnedAway {
    /// `every` is the least time between two entries.
    pub fn new(store: Store, every: Duration) -> Arc<Self> {
        Arc::new(Self { store, every, counted: Mutex::default() })
    }

    /// Notes that somebody tried too often.
    pub fn too_many(&self) {
        self.count(|counts| counts.too_many += 1);
    }

    /// Notes that somebody found no place.
    pub fn no_place(&self) {
        self.count(|counts| counts.no_place += 1);
    }

    fn count(&self, count: impl FnOnce(&mut Counts)) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut counted.0);
        counted.1.get_or_insert_with(Instant::now);
    }

    /// Writes down what was counted, where there is something and the span is over. What is not written is counted on.
    fn write(&self, span: Duration) {
        let taken = {
            let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
            match counted.1 {
                Some(since) if since.elapsed() >= span => Some((since, std::mem::take(&mut *counted).0)),
                _ => None,
            }
        };
        let Some((since, counts)) = taken else { return };
        if let Err(why) = note_turned_away(&self.store, counts, since.elapsed().as_secs()) {
            tracing::warn!(error = %why, "how many attempts to sign in were turned away is not in the audit yet");
            let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
            counted.0.too_many += counts.too_many;
            counted.0.no_place += counts.no_place;
            counted.1 = Some(Instant::now());
        }
    }

    /// Writes down after each span, and what is left when the server has ended.
    pub fn keep_writing(self: &Arc<Self>) {
        let last = Last(self.clone());
        rt::spawn(async move {
            loop {
                rt::time::sleep(LOOK).await;
                let counted = last.0.clone();
                // What failed is in the log already.
                let _ = web::block(move || counted.write(counted.every)).await;
            }
        });
    }
}

/// What is dropped with the server's runtime, when nobody asks any more.
struct Last(Arc<TurnedAway>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.write(Duration::ZERO);
    }
}
