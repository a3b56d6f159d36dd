//! What every request shares: the store, and a way to ask it without holding up the others.

use actix_web::web;

use crate::domain::policy::Actor;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::session::Session;

use super::problem::{Kind, Problem};

/// The store, as handlers ask it.
#[derive(Clone)]
pub struct Records(pub Store);

impl Records {
    /// Runs blocking work on the thread pool.
    ///
    /// # Errors
    /// What the work gives, as the client may see it.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.0.clone();
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
