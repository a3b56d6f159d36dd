//! The long work that one has asked for: how far it is, what came of it, and that it is to end.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::Datelike;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::policy::{Actor, decide};
use crate::domain::record::{Instant, RecordId};
use crate::store::error::StoreError;
use crate::store::jobs::{After, Job, Jobs};

use super::records::{PAGE, Page, read_limit};
use crate::http::auth::{Allowed, OwnJobs};
use crate::http::jobs::{JobView, action};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{Parameters, RecordPath};
use crate::http::state::Records;

/// A job of one's own; there is no other. What came of it is told to whom its work is allowed.
///
/// # Errors
/// [`StoreError::Absent`], [`StoreError::Denied`], or the database's own.
pub fn own(jobs: &Jobs, actor: &Actor, id: RecordId) -> Result<Job, StoreError> {
    let job = jobs.get(id)?.filter(|job| job.account == actor.account).ok_or(StoreError::Absent("job"))?;
    decide(actor, action(job.kind))?;
    Ok(job)
}

/// Some of one's own jobs, the newest first, and where the list goes on.
///
/// # Errors
/// The database's own.
pub async fn own_jobs(
    records: &Records,
    actor: Actor,
    after: Option<After>,
    limit: i64,
) -> Result<(Vec<Job>, Option<String>), Problem> {
    let account = actor.account;
    let mut found = records.run(move |store| store.jobs().list(Some(account), after, limit + 1)).await?;
    let more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or_default());
    let next = found.last().filter(|_| more).map(cursor);
    found.retain(|job| decide(&actor, action(job.kind)).is_ok());
    Ok((found, next))
}

/// Where the list goes on, as the `Link` header spells it.
fn cursor(last: &Job) -> String {
    format!("{}.{}", last.requested_at.0.timestamp_micros(), last.id)
}

/// Reads where the list goes on.
///
/// # Errors
/// That it is no such text.
pub fn read_after(text: &str) -> Result<After, Problem> {
    read_cursor(text)
        .ok_or_else(|| Problem::parameter("after", Rule::Malformed, Some(text), "the value of a `Link` header"))
}

fn read_cursor(text: &str) -> Option<After> {
    let (micros, id) = text.split_once('.')?;
    let requested_at = chrono::DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    // Before the first moment and after the last that a database keeps, there is nowhere to go on.
    (1970..=9999).contains(&requested_at.year()).then_some(())?;
    Some(After { requested_at: Instant::new(requested_at), id: RecordId(id.parse().ok()?) })
}

/// List your own jobs, the newest first.
#[utoipa::path(
    tag = "jobs",
    operation_id = "list_jobs",
    params(("limit" = Option<i64>, Query, description = "How many at most: 1 to 200, 50 where it is missing."),
        ("after" = Option<String>, Query, description = "Where the list goes on, from the `Link` header.")),
    security(("bearer" = ["own_jobs"])),
    responses((status = 200, description = "Some of them", body = Page<JobView>,
        headers(("Link" = Option<String>, description = "where the list goes on, where it does"))))
)]
#[get("")]
pub async fn list(allowed: Allowed<OwnJobs>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    let (mut limit, mut after) = (PAGE, None);
    for (name, value) in parameters.only(&["limit", "after"])? {
        if name == "limit" {
            limit = read_limit(&value)?;
            continue;
        }
        after = Some(read_after(&value)?);
    }
    let (found, next) = own_jobs(&store, allowed.actor(), after, limit).await?;
    let page = Page { items: found.iter().map(JobView::from).collect() };
    let reply = Reply::json(&disclosure::to_permitted(allowed.permit(), page));
    Ok(match next {
        Some(next) => {
            reply.header(header::LINK, format!("</api/v1/staff/jobs?limit={limit}&after={next}>; rel=\"next\""))
        }
        None => reply,
    })
}

/// Read a job of your own: how far it is, and what came of it.
#[utoipa::path(
    tag = "jobs",
    operation_id = "get_job",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["own_jobs"])),
    responses((status = 200, description = "The job", body = JobView))
)]
#[get("/{id}")]
pub async fn get(allowed: Allowed<OwnJobs>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let id = path.get()?;
    let actor = allowed.actor();
    let job = store.run(move |store| own(store.jobs(), &actor, id)).await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), JobView::from(&job))))
}

/// Cancel a job of your own. It ends without having saved anything, unless it is committing already: then it is refused. Whoever
/// runs it hears of it within seconds; its state tells when it has ended. On SQLite an import that another process does cannot be told
/// before it ends, and that is refused too.
#[utoipa::path(
    tag = "jobs",
    operation_id = "cancel_job",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["own_jobs"])),
    responses((status = 200, description = "The job, which is cancelled or about to be", body = JobView))
)]
#[post("/{id}/cancellation")]
pub async fn cancel(allowed: Allowed<OwnJobs>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let (id, actor) = (path.get()?, allowed.actor());
    let job = store
        .run(move |store| {
            own(store.jobs(), &actor, id)?;
            store.jobs().cancel(id)
        })
        .await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), JobView::from(&job))))
}

/// The addresses, below that of jobs.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list).service(get).service(cancel);
}
