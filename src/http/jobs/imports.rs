//! Files that are imported as jobs, and short ones that are imported once for each key.

use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::domain::policy::Actor;
use crate::domain::record::Noun;
use crate::exchange::sheet;
use crate::http::problem::{Kind, Problem};
use crate::http::request::LONGEST_WAIT;
use crate::http::staff::transfer::{import_bytes, must_fit, view};
use crate::http::state::Records;
use crate::store::chain::hex;
use crate::store::error::StoreError;
use crate::store::idempotency;
use crate::store::jobs::{Job, Key, Kind as JobKind, NewJob, State};

use super::settle;

/// What is longer than this, in bytes or rows, is imported as a job: on a slow machine it takes longer than a request may.
const LONG_FILE: usize = 64 * 1024;
const LONG_ROWS: u64 = 500;

/// Whether a file is imported as a job.
pub fn is_long(bytes: &[u8]) -> bool {
    bytes.len() > LONG_FILE || sheet::rows(bytes) > LONG_ROWS
}

/// Tells a file from others, for idempotency keys.
pub fn digest(noun: Noun, dry_run: bool, bytes: &[u8]) -> String {
    let head = format!("import {} {dry_run}\n", noun.plural());
    hex(&Sha256::new().chain_update(head).chain_update(bytes).finalize())
}

/// The import of a file as a job. One that is tried may wait to be confirmed.
///
/// # Errors
/// A problem where the file has too many rows.
pub fn import_job(
    noun: Noun,
    bytes: Vec<u8>,
    dry_run: bool,
    confirmable: bool,
    key: Option<Key>,
) -> Result<NewJob, Problem> {
    let total = i64::try_from(must_fit(&bytes)?).ok();
    let mut parameters = serde_json::json!({"noun": noun.plural(), "dry_run": dry_run});
    if confirmable {
        parameters["confirmable"] = true.into();
    }
    let kind = if dry_run { JobKind::ImportTrial } else { JobKind::Import };
    Ok(NewJob { kind, parameters, payload: Some(bytes), key, total })
}

/// What came of a short file.
pub enum Once {
    /// What was imported, and whether it was by this request.
    Done(serde_json::Value, bool),
    /// An earlier request with the key, whose job is not done yet.
    Earlier(Box<Job>),
    /// Nothing was saved: it takes longer than a request may.
    Late,
}

/// Imports a short file, once for each key.
///
/// # Errors
/// As [`import_bytes`], or that the key was used for another request.
pub async fn import_once(
    store: &Records,
    actor: Actor,
    noun: Noun,
    bytes: Vec<u8>,
    dry_run: bool,
    until: Instant,
    key: Option<Key>,
) -> Result<Once, Problem> {
    if let Some(key) = &key
        && let Some(job) = repeated(store, actor.clone(), key.clone()).await?
    {
        return replayed(store, job).await;
    }
    let refused = match import_bytes(store, actor.clone(), noun, bytes, dry_run, until, key.clone()).await {
        Ok(Some(report)) => {
            let view = serde_json::to_value(view(noun, dry_run, report)).map_err(|why| Problem::broken(&why))?;
            return Ok(Once::Done(view, true));
        }
        Ok(None) => return Ok(Once::Late),
        Err(problem) => problem,
    };
    // Another request with the key may have been faster: what it has entered would be called taken.
    let Some(key) = key else { return Err(refused) };
    match repeated(store, actor, key).await? {
        Some(job) => replayed(store, job).await,
        None => Err(refused),
    }
}

/// What came of an earlier request with the key, where something was saved or may be yet.
async fn repeated(store: &Records, actor: Actor, key: Key) -> Result<Option<Job>, Problem> {
    store
        .run(move |store| {
            let (keys, account) = (store.keys(), actor.account);
            let earlier = store.jobs().earlier_or_ended(keys.as_deref(), account, &key)?;
            if earlier.is_none() && store.look(|conn| idempotency::is_used(conn, keys.as_deref(), account, &key.key))? {
                return Err(StoreError::KeyReused);
            }
            Ok(earlier.filter(|job| !matches!(job.state, State::Failed | State::Cancelled)))
        })
        .await
}

async fn replayed(store: &Records, job: Job) -> Result<Once, Problem> {
    let job = settle(store, job, LONGEST_WAIT).await;
    match (job.state, &job.result, &job.problem) {
        (_, Some(result), _) => Ok(Once::Done(result.clone(), false)),
        (_, None, Some(problem)) => Err(Problem::of_saved(problem)),
        (State::Cancelled, ..) => Err(Problem::new(Kind::Cancelled)),
        (_, None, None) => Ok(Once::Earlier(Box::new(job))),
    }
}
