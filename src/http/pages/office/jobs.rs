//! Long work, while it is done and after: how far it is, and what came of it. The page looks again by itself, without a script.

use std::time::Duration;

use actix_web::http::header::HeaderName;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{get, post};
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::policy::Action;
use crate::http::auth::OwnJobs;
use crate::http::jobs::{made_by, settle};
use crate::http::pages::form::Posted;
use crate::http::pages::frame::below;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Cell, Notice, Pager, Table, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{Page, filters, moment, with};
use crate::http::problem::{Kind as ProblemKind, Problem};
use crate::http::reply::Reply;
use crate::http::request::{Parameters, RecordPath};
use crate::http::staff::jobs::{own, own_jobs, read_after};
use crate::http::staff::records::PAGE;
use crate::http::staff::transfer::ImportView;
use crate::http::state::Records;
use crate::store::jobs::{Job, Kind, State};

use super::declaring::told;
use super::imports::{self, entered, how_many, mistakes, report_of, trial, warnings};

pub const PAGES: &[Page] = &[
    with("GET", "/desk/jobs", Action::OwnJobs),
    with("GET", "/desk/jobs/{id}", Action::OwnJobs),
    with("POST", "/desk/jobs/{id}/cancellation", Action::OwnJobs),
];

/// For how long a form waits for what it has asked for, before it goes on to this page.
const USUAL: Duration = Duration::from_secs(8);
/// After how many seconds the page looks again.
const AGAIN: u32 = 2;

#[derive(Template)]
#[template(path = "office/job.html")]
struct Show<'a> {
    notice: Notice,
    mistakes: Option<Table>,
    /// What is odd in what was imported.
    warnings: Option<Table>,
    /// How much is done, of how much.
    progress: Option<(i64, i64)>,
    /// Where it can be cancelled.
    cancellation: Option<String>,
    /// Where one goes on: address and name.
    onward: Option<(&'static str, &'a str)>,
    word: &'a str,
}

#[derive(Template)]
#[template(path = "office/jobs.html")]
struct List {
    table: Table,
    pager: Pager,
}

/// The address of a job's page.
pub fn address(job: &Job) -> String {
    format!("/desk/jobs/{}", job.id)
}

/// Waits a little for a job that a form has asked for.
pub async fn wait_for(records: &Records, job: Job) -> Job {
    settle(records, job, USUAL).await
}

/// What came of a job that did not succeed, as a direct answer would have told it.
pub fn problem_of(job: &Job) -> Option<Problem> {
    match (job.state, &job.problem) {
        (State::Failed, Some(kept)) => Some(Problem::of_saved(kept)),
        (State::Cancelled, _) => Some(Problem::new(ProblemKind::Cancelled)),
        _ => None,
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Import => "Import",
        Kind::ImportTrial => "Trial of a file",
        Kind::Prepare => "A release is prepared",
        Kind::Publish => "A release is published",
        Kind::Wipe => "Traces are wiped",
    }
}

fn above(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Import | Kind::ImportTrial => ("/desk/import", "Import"),
        Kind::Prepare | Kind::Publish => ("/desk/releases", "Releases"),
        Kind::Wipe => ("/desk", "Desk"),
    }
}

fn under_way(job: &Job) -> Notice {
    let how = match (job.state, job.cancel_requested) {
        (_, true) => "It is being cancelled.",
        (State::Queued, _) => "It waits for its turn.",
        _ => "It is being done.",
    };
    let notice = Notice::new(Tone::Plain, t(how));
    let notice = match (job.state, job.total) {
        (State::Queued, _) => notice,
        (_, Some(total)) => notice.line(say("Done: {} of {}.", &[&job.done, &total])),
        (_, None) => notice.line(say("Done: {}.", &[&job.done])),
    };
    notice.line(t(
        "This page looks again by itself. You may leave it: the work goes on, and stays in the list of your long work.",
    ))
}

/// Why a job failed.
fn failed(kind: Kind, problem: &Problem) -> Notice {
    // There is no field here to lead to.
    let here = |_: &FieldError| ("content".to_owned(), t("What was asked for").to_owned());
    let notice = if problem.errors.iter().any(|error| error.row.is_some()) {
        Notice::new(Tone::Wrong, t("Some values are not accepted")).line(how_many(problem))
    } else {
        told(problem, here)
    };
    // A wiping saves nothing, and what is left of it is tried again.
    if kind == Kind::Wipe { notice } else { notice.line(t("Nothing of it was kept.")) }
}

fn ended(job: &Job, problem: Option<&Problem>, imported: Option<&ImportView>) -> Notice {
    match (problem, imported) {
        _ if job.state == State::Cancelled => Notice::new(Tone::Plain, t("It was cancelled. Nothing of it was kept.")),
        (Some(problem), _) => failed(job.kind, problem),
        (None, Some(report)) => entered(report),
        (None, None) => Notice::new(Tone::Done, t("It is done.")),
    }
}

fn page(visit: &Visit<OwnJobs>, job: &Job) -> Result<Reply, Problem> {
    let open = !job.state.is_finished();
    let problem = job.problem.as_ref().map(Problem::of_saved);
    let done = job.state == State::Succeeded && job.kind == Kind::Import;
    let imported = if done { Some(report_of(job)?) } else { None };
    let content = Show {
        notice: if open { under_way(job) } else { ended(job, problem.as_ref(), imported.as_ref()) },
        mistakes: problem.and_then(|problem| mistakes(&problem.errors)),
        warnings: imported.as_ref().and_then(|report| warnings(t("Odd, though it was entered"), report)),
        progress: job.total.filter(|total| open && *total > 0).map(|total| (job.done.min(total), total)),
        cancellation: (open && !job.cancel_requested).then(|| link(&format!("{}/cancellation", address(job)))),
        onward: done.then(|| ("/desk/find", t("Find"))),
        word: visit.word(),
    };
    let (path, name) = above(job.kind);
    let reply = below(visit.permit(), t(title(job.kind)), Some((path, t(name))), &content)?;
    Ok(if open { reply.header(HeaderName::from_static("refresh"), AGAIN) } else { reply })
}

fn state(job: &Job) -> &'static str {
    match (job.state, job.cancel_requested) {
        (State::Queued | State::Running, true) => "It is being cancelled.",
        (State::Queued, _) => "It waits for its turn.",
        (State::Running, _) => "It is being done.",
        (State::Succeeded, _) => "It is done.",
        (State::Failed, _) => "It failed.",
        (State::Cancelled, _) => "It was cancelled.",
    }
}

/// The long work that one has asked for.
#[get("/desk/jobs")]
pub async fn list(visit: Visit<OwnJobs>, records: Data<Records>, parameters: Parameters) -> Result<Reply, Turned> {
    let asked = parameters.only(&["after"])?.pop();
    let after = asked.map(|(_, after)| read_after(&after)).transpose()?;
    let (jobs, next) = own_jobs(&records, visit.actor(), after, PAGE).await?;
    let row = |job: &Job| {
        vec![
            Cell::Link(link(&address(job)), t(title(job.kind)).to_owned()),
            moment(job.requested_at).into(),
            t(state(job)).into(),
        ]
    };
    let content = List {
        table: Table {
            caption: t("The newest first").to_owned(),
            heads: ["What", "Asked for", "How far it is"].map(|head| t(head).to_owned()).to_vec(),
            numbers: Vec::new(),
            rows: jobs.iter().map(row).collect(),
        },
        pager: Pager { next: next.map(|next| link(&format!("/desk/jobs?after={next}"))) },
    };
    Ok(below(visit.permit(), t("Your long work"), Some(("/desk", t("Desk"))), &content)?)
}

/// How far a job is, and what came of it.
#[get("/desk/jobs/{id}")]
pub async fn show(visit: Visit<OwnJobs>, records: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let (id, actor) = (path.get()?, visit.actor());
    let job = records.run(move |store| own(store.jobs(), &actor, id)).await?;
    match (job.state, job.kind) {
        (State::Succeeded, Kind::Prepare | Kind::Publish) => {
            let done = if job.kind == Kind::Prepare { "prepared" } else { "publish" };
            let release = made_by(&job).ok_or(ProblemKind::Internal)?;
            Ok(on(&format!("/desk/releases/{release}?done={done}")))
        }
        (State::Succeeded, Kind::ImportTrial) => {
            let account = visit.actor().account;
            let found = records.run(move |store| store.jobs().tried_file(store.keys().as_deref(), account, id)).await?;
            match found {
                Some((job, file)) => Ok(trial(visit.permit(), visit.word(), &job, &file)?),
                None => Ok(imports::gone(visit.permit(), visit.word())?),
            }
        }
        _ => Ok(page(&visit, &job)?),
    }
}

/// Cancels a job, unless it is committing already; the page then tells what came of it.
#[post("/desk/jobs/{id}/cancellation")]
pub async fn cancel(posted: Posted<OwnJobs>, records: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let Posted { visit, .. } = posted;
    let (id, actor) = (path.get()?, visit.actor());
    let cancelled = records
        .run(move |store| {
            own(store.jobs(), &actor, id)?;
            store.jobs().cancel(id)
        })
        .await;
    match cancelled {
        Ok(_) => {}
        // It was faster; its page says so.
        Err(problem) if problem.status == ProblemKind::Refused.status() => {}
        Err(problem) => return Err(problem.into()),
    }
    Ok(on(&format!("/desk/jobs/{id}")))
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(cancel).service(list).service(show);
}
