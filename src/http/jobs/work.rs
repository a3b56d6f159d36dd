//! What each kind of job does.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::policy;
use crate::domain::record::{Noun, RecordId};
use crate::domain::release::declare::DeclarationEntry;
use crate::exchange::import::{self, File, ImportError};
use crate::http::problem::{Kind as ProblemKind, Problem};
use crate::http::public::shelf::Shelf;
use crate::store::backend::{Scrubbed, Wiping};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::jobs::{Done, Job, Kind, Running, Turn, actor_of};
use crate::store::publishing::{self, Repeatable};

use super::{action, report, without_text};

/// Why a job did not succeed.
pub enum Failure {
    /// It was cancelled, or ended by somebody else.
    GivenUp,
    Problem(Problem),
}

impl From<StoreError> for Failure {
    fn from(why: StoreError) -> Self {
        match why {
            StoreError::Cancelled => Self::GivenUp,
            why => Self::Problem(why.into()),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What a release is prepared from.
#[derive(Serialize, Deserialize)]
pub struct Declared {
    pub declaration: DeclarationEntry,
    /// The client's idempotency key, and what tells its request from others.
    pub key: Option<(String, String)>,
}

/// A job whose parameters or file are none of ours.
fn unreadable(job: &Job, why: impl std::fmt::Display) -> Failure {
    tracing::error!(job = %job.id, %why, "a job cannot be read");
    Problem::new(ProblemKind::Internal).into()
}

/// Does the work of a job.
///
/// # Errors
/// Why nothing of it was saved.
pub fn perform(store: &Store, turn: &Turn, shelf: &Shelf, most_signatures: u8) -> Result<Done, Failure> {
    let (job, running) = (&turn.job, &turn.running);
    // A release reads for minutes: not where people wait for a connection.
    let apart = matches!(job.kind, Kind::Prepare | Kind::Publish).then(|| store.for_long_work());
    let store = apart.as_ref().unwrap_or(store);
    let actor = actor_of(store, job)?;
    policy::decide(&actor, action(job.kind)).map_err(StoreError::from)?;
    let store = &store.halted_by(running.stop()).patient();
    let file = || turn.file.as_ref().ok_or_else(|| unreadable(job, "its file is not there"));
    match job.kind {
        Kind::Import => import_file(store, &actor, job, running, file()?, false),
        Kind::ImportTrial => import_file(store, &actor, job, running, file()?, true),
        Kind::Prepare => {
            let Declared { declaration, key } = serde_json::from_slice(file()?).map_err(|why| unreadable(job, why))?;
            let key = key.map(|(key, hash)| Repeatable { key, hash });
            let (key, running) = (key.as_ref(), Some(running));
            publishing::prepare_as(store, &actor, &declaration, key, most_signatures, running)?;
            Ok(Done::Committed)
        }
        Kind::Publish => {
            let id = job.parameters["release"].as_str().and_then(|text| text.parse().ok()).map(RecordId);
            let (Some(id), Some(seen)) = (id, job.parameters["version"].as_i64()) else {
                return Err(unreadable(job, "it names no release"));
            };
            publishing::publish_as(store, &actor, id, seen, most_signatures, Some(running))?;
            shelf.renew_soon();
            Ok(Done::Committed)
        }
        Kind::Wipe => wipe(store),
    }
}

/// Wipes what was erased, once. What is left is tried again by `attest serve` itself, where that can help.
fn wipe(store: &Store) -> Result<Done, Failure> {
    let left = store.wipe_as(Wiping::WhileOthersWork)?;
    let is_left = |wanted: &Scrubbed| left.iter().any(|(_, why)| why == wanted);
    let why = if left.is_empty() {
        return Ok(Done::Told(serde_json::json!({"wiped": true})));
    } else if let Some((table, Scrubbed::Failed(why))) = left.iter().find(|(_, why)| matches!(why, Scrubbed::Failed(_)))
    {
        return Err(Problem::broken(&format_args!("{table} is not wiped: {why}")).into());
    } else if is_left(&Scrubbed::NotAllowed) {
        "only the owner of the database's tables may wipe them"
    } else if is_left(&Scrubbed::Large) {
        "some tables are too large to be wiped while others work; whoever runs the service wipes them with `attest wipe`"
    } else {
        "somebody still reads what was there before, or writes in another database of the server; it is tried again by itself"
    };
    Err(Problem::new(ProblemKind::Refused).detail(why).into())
}

fn import_file(
    store: &Store,
    actor: &policy::Actor,
    job: &Job,
    running: &Arc<Running>,
    bytes: &Zeroizing<Vec<u8>>,
    dry_run: bool,
) -> Result<Done, Failure> {
    let name = job.parameters["noun"].as_str().unwrap_or_default();
    let noun = Noun::ALL.into_iter().find(|noun| noun.plural() == name);
    let noun = noun.ok_or_else(|| unreadable(job, "it names no noun"))?;
    let file = File { noun, name: noun.plural(), bytes: bytes.to_vec() };
    let (told, fence) = (running.clone(), running.clone());
    let progress = Box::new(move |rows| told.is_at(rows, None));
    let then = move |tx: &mut crate::store::session::Tx<'_>, done: &import::Report| {
        if dry_run { Ok(()) } else { fence.succeed(tx, &report(noun, false, done)?) }
    };
    match import::run_then(store, actor, vec![file.clone()], dry_run, then, progress, Box::new(|| false)) {
        Ok(done) if dry_run => Ok(Done::Told(report(noun, true, &done)?)),
        Ok(_) => Ok(Done::Committed),
        Err(ImportError::Rows(wrong)) => {
            let errors = wrong.first.into_iter().map(|wrong| without_text(&file, wrong)).collect();
            Err(Problem::new(ProblemKind::Invalid).errors(errors).error_count(wrong.count).into())
        }
        Err(ImportError::Late { .. }) => Err(Failure::GivenUp),
        Err(ImportError::Store(why)) => Err(why.into()),
    }
}
