//! Long work, as clients meet it: asking for a job, waiting for it a while, and telling how far it is.

use std::time::{Duration, Instant as Moment};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::rt::time::sleep;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::disclosure;
use crate::domain::policy::{Action, Actor, Permit};
use crate::domain::record::{Instant, RecordId};
use crate::store::error::StoreError;
use crate::store::idempotency;
use crate::store::jobs::{Job, Kind, NewJob, State};

use super::problem::{Kind as ProblemKind, Problem};
use super::reply::Reply;
use super::request::Preference;
use super::state::Records;

mod imports;
mod releases;
mod told;
mod work;
mod worker;

pub use imports::{Once, digest, import_job, import_once, is_long};
pub use releases::{made_by, preparing, publishing};
pub use told::{report, without_text};
pub use worker::{Workers, start};

/// How often it is looked whether a job is done for which an answer waits: soon at first, then less.
const SOONEST: Duration = Duration::from_millis(20);
const SELDOM: Duration = Duration::from_millis(250);

/// How long an answer that something was erased waits for the wiping.
const WIPING: Duration = Duration::from_secs(5);

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    Import,
    ImportTrial,
    ReleasePrepare,
    ReleasePublish,
    Wipe,
}

/// How far a job is. Of one that failed or was cancelled nothing was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// How much of a job is done: rows of a file, steps of a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobProgress {
    pub done: i64,
    /// Of how much, where that is known.
    pub total: Option<i64>,
}

/// Long work that somebody has asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "kind": "import", "state": "running",
    "requested_at": "2026-11-29T10:00:00Z", "started_at": "2026-11-29T10:00:01Z", "finished_at": null,
    "progress": {"done": 1200, "total": 5000}, "cancel_requested": false, "parameters": {"noun": "persons", "dry_run": false},
    "result": null, "problem": null}))]
pub struct JobView {
    pub id: RecordId,
    pub kind: JobKind,
    pub state: JobState,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Instant>,
    pub progress: JobProgress,
    /// Whether it is to end without having saved anything; its state tells whether it did.
    pub cancel_requested: bool,
    /// What was asked for, in codes and identifiers.
    #[schema(value_type = Object)]
    pub parameters: serde_json::Value,
    /// What came of it: for an import what its direct answer says, for a release `release`, its identifier.
    #[schema(value_type = Option<Object>)]
    pub result: Option<serde_json::Value>,
    /// Why it failed: what a direct answer would have been. Mistakes in a file are named by row and column, without what stands there.
    pub problem: Option<Problem>,
}

impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id,
            kind: match job.kind {
                Kind::Import => JobKind::Import,
                Kind::ImportTrial => JobKind::ImportTrial,
                Kind::Prepare => JobKind::ReleasePrepare,
                Kind::Publish => JobKind::ReleasePublish,
                Kind::Wipe => JobKind::Wipe,
            },
            state: match job.state {
                State::Queued => JobState::Queued,
                State::Running => JobState::Running,
                State::Succeeded => JobState::Succeeded,
                State::Failed => JobState::Failed,
                State::Cancelled => JobState::Cancelled,
            },
            requested_at: job.requested_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            progress: JobProgress { done: job.done, total: job.total },
            cancel_requested: job.cancel_requested,
            parameters: job.parameters.clone(),
            result: job.result.clone(),
            problem: job.problem.as_ref().map(Problem::of_saved),
        }
    }
}

/// What somebody must be allowed to ask for a job, and to see what came of it.
pub fn action(kind: Kind) -> Action {
    match kind {
        Kind::Import | Kind::ImportTrial => Action::WriteCases,
        Kind::Prepare | Kind::Publish => Action::Release,
        Kind::Wipe => Action::Erase,
    }
}

/// Asks for a job. Gives it, and whether it is a new one.
///
/// # Errors
/// That the key was used for another request, that too many jobs of the account wait, or the store's own.
pub async fn submit(store: &Records, actor: Actor, new: NewJob) -> Result<(Job, bool), Problem> {
    store
        .run(move |store| {
            let (jobs, keys) = (store.jobs(), store.keys());
            // A release that was prepared under the key before there were jobs is found by its own work.
            if let Some(key) = new.key.as_ref().filter(|_| new.kind != Kind::Prepare)
                && jobs.earlier_or_ended(keys.as_deref(), actor.account, key)?.is_none()
                && store.look(|conn| idempotency::is_used(conn, keys.as_deref(), actor.account, &key.key))?
            {
                return Err(StoreError::KeyReused);
            }
            store.must_be_wanted()?;
            jobs.submit(keys.as_deref(), &actor, &new)
        })
        .await
}

/// Waits until a job is finished, or for so long; gives it as it was last seen. Whatever hinders looking, the job goes on: who has
/// asked for it is never told that it failed, nor to ask again.
pub async fn settle(store: &Records, mut job: Job, wait: Duration) -> Job {
    let (began, mut pause) = (Moment::now(), SOONEST);
    while !job.state.is_finished() && began.elapsed() < wait {
        sleep(pause.min(wait.saturating_sub(began.elapsed()))).await;
        pause = (pause * 2).min(SELDOM);
        let id = job.id;
        match store.run(move |store| store.jobs().get(id)?.ok_or(StoreError::Absent("job"))).await {
            Ok(seen) => job = seen,
            Err(problem) => tracing::warn!(job = %id, %problem, "a job cannot be looked at"),
        }
    }
    job
}

/// Waits a little for the traces of what was erased to be wiped. Whether it is known that they are.
pub async fn wiped(store: &Records, wiping: Option<Job>) -> bool {
    match wiping {
        Some(job) => settle(store, job, WIPING).await.state == State::Succeeded,
        None => false,
    }
}

/// Asks for a job and waits for it as the client prefers.
///
/// # Errors
/// As [`submit`]; the problem of a job that has failed, or that it was cancelled.
pub async fn ask(
    store: &Records,
    actor: Actor,
    new: NewJob,
    preference: Preference,
    usual: Duration,
) -> Result<(Job, bool), Problem> {
    let (job, is_new) = submit(store, actor, new).await?;
    let job = settle(store, job, preference.wait(usual)).await;
    match (job.state, &job.problem) {
        (State::Failed, Some(problem)) => Err(Problem::of_saved(problem)),
        (State::Cancelled, _) => Err(Problem::new(ProblemKind::Cancelled)),
        _ => Ok((job, is_new)),
    }
}

/// Where a job is told of.
pub fn address(id: RecordId) -> String {
    format!("/api/v1/staff/jobs/{id}")
}

/// The answer before a job is done.
pub fn accepted(permit: &Permit, job: &Job) -> Reply {
    Reply::json(&disclosure::to_permitted(permit, JobView::from(job)))
        .status(StatusCode::ACCEPTED)
        .header(header::LOCATION, address(job.id))
        .header(header::RETRY_AFTER, 1)
}

/// Says which preferences were kept to, and whether an earlier request is answered once more.
#[must_use]
pub fn marked(reply: Reply, preference: Preference, is_new: bool) -> Reply {
    let reply = match preference.applied() {
        Some(applied) => reply.header(HeaderName::from_static("preference-applied"), applied),
        None => reply,
    };
    if is_new { reply } else { reply.header(HeaderName::from_static("idempotent-replayed"), "true") }
}
