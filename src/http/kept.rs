//! What is done with a record of any noun, the same for the API and for pages: keep a new one, a correction, a state; read one.

use crate::domain::entry::{Entry, Patch};
use crate::domain::policy::Actor;
use crate::domain::record::{RecordId, State};
use crate::domain::text::Texts;
use crate::store::backend::Conn;
use crate::store::changes;
use crate::store::database::Outcome;
use crate::store::error::StoreError;
use crate::store::idempotency;
use crate::store::jobs;
use crate::store::records::{self, Found, Stored, Which};
use crate::store::session::{Session, Tx};

use super::problem::Problem;
use super::staff::actions::{correct_action, create_action, restore_action, withdraw_action};
use super::staff::records::Why;
use super::state::Records;

/// Keeps a new record, once for each key; the second time it gives what the first has kept, and says so.
///
/// # Errors
/// A problem that names every field that is wrong.
pub async fn keep_new<E: Stored>(
    store: &Records,
    actor: Actor,
    key: Option<String>,
    hash: String,
    make: impl FnOnce(&mut Tx<'_>) -> Result<(E, Texts), StoreError> + Send + 'static,
) -> Result<(FoundWarned<E>, bool), Problem> {
    store
        .run(move |store| {
            let outcome = store.attempt(&actor, create_action(E::NOUN), move |tx| {
                if let Some(key) = &key
                    && let Some(earlier) = idempotency::earlier(tx, key, &hash)?
                {
                    let mut versions = records::get::<E>(tx.session(), earlier.id, Which::Of(earlier.write))?;
                    let found = versions.pop().ok_or(StoreError::Missing(E::NOUN))?;
                    return Ok(Outcome::Abandon(warned::<E>(tx.conn(), found)?));
                }
                if let Some(key) = &key {
                    jobs::must_be_free(tx, key)?;
                }
                let (entry, texts) = make(tx)?;
                let id = changes::create(tx, entry, &texts)?;
                if let Some(key) = &key {
                    idempotency::remember(tx, key, &hash, id)?;
                }
                let found = records::written::<E>(tx, id)?;
                Ok(Outcome::Keep(warned::<E>(tx.conn(), found)?))
            })?;
            let replayed = matches!(outcome, Outcome::Abandon(_));
            let (Outcome::Keep(found) | Outcome::Abandon(found)) = outcome;
            Ok((found, replayed))
        })
        .await
}

/// The newest version of a record, with what is odd about it.
///
/// # Errors
/// That there is none.
pub async fn read_one<E: Stored>(store: &Records, actor: Actor, id: RecordId) -> Result<FoundWarned<E>, Problem> {
    store.read(actor, move |session| current::<E>(session, id)).await
}

/// The same, as a part of a reading.
///
/// # Errors
/// [`StoreError::Missing`].
pub fn current<E: Stored>(session: &mut Session<'_>, id: RecordId) -> Result<FoundWarned<E>, StoreError> {
    let found = records::current::<E>(session, id)?;
    warned::<E>(session.conn(), found)
}

/// A version, with what is odd about it.
pub type FoundWarned<E> = (Found<<E as Entry>::Body>, Vec<records::Warning>);

fn warned<E: Stored>(conn: &mut Conn, found: Found<E::Body>) -> Result<FoundWarned<E>, StoreError> {
    let warnings = records::warnings::<E>(conn, &found)?;
    Ok((found, warnings))
}

/// Keeps a correction of the version that was seen.
///
/// # Errors
/// A problem that names every field that is wrong, or that the record has changed.
pub async fn keep_correction<E: Stored>(
    store: &Records,
    actor: Actor,
    id: RecordId,
    seen: i64,
    patch: Patch,
) -> Result<FoundWarned<E>, Problem> {
    store
        .run(move |store| {
            store.write(&actor, correct_action(E::NOUN), move |tx| {
                changes::correct::<E>(tx, id, seen, patch)?;
                let found = records::written::<E>(tx, id)?;
                warned::<E>(tx.conn(), found)
            })
        })
        .await
}

/// Keeps that the version that was seen is taken back, or restored.
///
/// # Errors
/// A problem that names every field that is wrong, or that the record has changed.
pub async fn keep_state<E: Stored>(
    store: &Records,
    actor: Actor,
    id: RecordId,
    seen: i64,
    why: Why,
    state: State,
) -> Result<FoundWarned<E>, Problem> {
    let Why { reason, known_on } = why;
    let action = if state == State::Withdrawn { withdraw_action(E::NOUN) } else { restore_action(E::NOUN) };
    store
        .run(move |store| {
            store.write(&actor, action, move |tx| {
                changes::set_state::<E>(tx, id, seen, state, reason.as_deref(), known_on.as_deref())?;
                let found = records::written::<E>(tx, id)?;
                warned::<E>(tx.conn(), found)
            })
        })
        .await
}
