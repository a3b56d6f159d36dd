//! The same store for different work: on which connections it reads, and what stops it.

use std::time::Duration;

use super::super::backend;
use super::super::connections::Lane;
use super::super::stop::Stop;
use super::Store;

/// How often a server is told to stop what nobody waits for: between two statements it does not hear.
const TOLD_EVERY: Duration = Duration::from_millis(200);

impl Store {
    /// The same store for one count: on connections that nothing else needs, until it is stopped.
    #[must_use]
    pub fn counting(&self, stop: Stop) -> Self {
        Self { lane: Lane::Counts, stop: Some(stop), ..self.clone() }
    }

    /// The same store until it is stopped. A write that has begun is not.
    #[must_use]
    pub fn until(&self, stop: Stop) -> Self {
        Self { stop: Some(stop), ..self.clone() }
    }

    /// The same store, where one reading may take so long.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self.clone() }
    }

    /// The same store for what may take minutes: without a limit, on a connection that nothing else needs.
    #[must_use]
    pub fn for_long_work(&self) -> Self {
        Self { lane: Lane::Counts, ..self.clone() }
    }

    /// Tells the server to stop what is read until a stop that was given, as often as it takes. It blocks.
    pub fn end(&self, stop: &Stop) {
        // On a connection that no such reading holds: what is stopped may wait for this.
        let store = Self { lane: Lane::Jobs, ..self.clone() };
        while !stop.left().is_zero() {
            let told = stop.with_session(|session| store.look(|conn| Ok(backend::stop_session(conn, session)?)));
            match told {
                None => return,
                Some(Ok(())) => {}
                Some(Err(why)) => tracing::warn!(error = %why, "what nobody waits for was not stopped"),
            }
            std::thread::sleep(TOLD_EVERY);
        }
    }

    /// How many connections are busy with counting and other long work.
    pub fn counting_now(&self) -> u32 {
        self.connections.counting_now()
    }
}
