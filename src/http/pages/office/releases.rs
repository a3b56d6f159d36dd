//! Releases, for those who make them: what is told and withheld, who signed, and what becomes of them.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get, post};
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::policy::{Action, Actor};
use crate::domain::record::RecordId;
use crate::domain::release::content::{Content, SignedFigure};
use crate::exchange::formats::words;
use crate::http::auth::{ReadReleases, Release as MakeReleases};
use crate::http::jobs::{publishing, submit};
use crate::http::pages::form::{Arrived, Form, Late, Posted};
use crate::http::pages::frame::{below, page};
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Cell, Control, Field, Notice, Table, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::pages::{Page, desk, filters, moment, with};
use crate::http::problem::{Kind, Problem};
use crate::http::public::shelf::Shelf;
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::releases::{self as store, Release, State};
use crate::store::signatures::SignedBy;
use crate::store::terms;

use super::declaring::told;
use super::jobs;
use super::planned::{Planned, cost, hasty, planned};

pub const PAGES: &[Page] = &[
    with("GET", "/desk/releases", Action::ReadReleases),
    with("GET", "/desk/releases/{id}", Action::ReadReleases),
    with("POST", "/desk/releases/{id}/sign", Action::Release),
    with("POST", "/desk/releases/{id}/publish", Action::Release),
    with("POST", "/desk/releases/{id}/notice", Action::Release),
    with("POST", "/desk/releases/{id}/withdraw", Action::Release),
    with("POST", "/desk/releases/{id}/discard", Action::Release),
];

fn state(state: State) -> &'static str {
    match state {
        State::Prepared => "Prepared",
        State::Published => "Published",
        State::Withdrawn => "Withdrawn",
        State::Discarded => "Discarded",
    }
}

#[derive(Template)]
#[template(path = "office/releases.html")]
struct List {
    releases: Option<Table>,
    makes: bool,
}

/// What a release is called in the reader's language.
pub fn title(content: &Content) -> String {
    let title = content.title.get(here::language().code()).or_else(|| content.title.get("en"));
    title.cloned().unwrap_or_else(|| content.id.clone())
}

/// Every release, the one that was prepared last first.
#[get("/desk/releases")]
pub async fn list(visit: Visit<ReadReleases>, records: Data<Records>) -> Result<Reply, Turned> {
    let found = records.run(|records| records.look(store::list)).await?;
    let row = |release: &Release| {
        let content = &release.content;
        let signed = format!("{} / {}", release.signatures.len(), release.signatures_required);
        vec![
            Cell::Link(link(&format!("/desk/releases/{}", release.id)), content.id.clone()),
            title(content).into(),
            match release.state {
                State::Published => Cell::Link(link(&format!("/releases/{}", content.id)), t("Published").to_owned()),
                other => t(state(other)).into(),
            },
            signed.into(),
            moment(release.prepared_at).into(),
        ]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    let heads = ["Release", "Title", "State", "Signatures", "Prepared"].map(|head| t(head).to_owned()).to_vec();
    let table = Table { caption: t("Releases").to_owned(), heads, numbers: Vec::new(), rows };
    let content = List { releases: (!found.is_empty()).then_some(table), makes: visit.may(Action::Release) };
    Ok(page(visit.permit(), t("Prepare a release"), &content)?)
}

#[derive(Template)]
#[template(path = "office/release.html")]
struct Show<'a> {
    notices: Vec<Notice>,
    release: &'a Release,
    state: &'static str,
    title: String,
    tables: Vec<Planned>,
    /// What signatures of small figures cost.
    costs: Vec<String>,
    figures: Option<Table>,
    /// That little has changed since the release before.
    hasty: Option<Notice>,
    /// Who, and when.
    signatures: Vec<(String, String)>,
    missing: usize,
    makes: bool,
    has_signed: bool,
    prepared: bool,
    published: bool,
    notice_field: Field,
    reason_field: Field,
    address: String,
    public: String,
    word: &'a str,
}

fn figures(content: &Content) -> Option<Table> {
    let row = |figure: &SignedFigure| {
        let computed = words::count(figure.computed, here::language());
        [figure.id.clone(), figure.value.to_string(), computed].map(Cell::Text).to_vec()
    };
    let rows: Vec<_> = content.figures.iter().map(row).collect();
    (!rows.is_empty()).then(|| Table {
        caption: t("Signed figures").to_owned(),
        heads: ["Figure", "Published", "What the records give"].map(|head| t(head).to_owned()).to_vec(),
        numbers: vec![1, 2],
        rows,
    })
}

async fn whole<P: crate::http::auth::Permission>(
    visit: &Visit<P>,
    records: &Records,
    id: RecordId,
    notices: Vec<Notice>,
    typed: (&str, &str),
    errors: &[FieldError],
) -> Result<Reply, Turned> {
    let (release, missing, vocabulary, before) = records
        .run(move |records| {
            records.look(|conn| {
                let release = store::get(conn, id)?;
                let missing = store::missing(conn, &release)?;
                let published = |other: &&Release| other.published_at.is_some() && other.id != id;
                let before = store::list(conn)?.into_iter().filter(|other| published(&other));
                let before = before.max_by_key(|other| other.published_at).map(|other| other.plan.persons);
                Ok((release, missing, terms::vocabulary(conn, None)?, before))
            })
        })
        .await?;
    let beside = |mut field: Field| {
        field.errors = errors.iter().filter(|error| error.field == field.name).map(desk::told).collect();
        field
    };
    let signed = |by: &SignedBy| (by.account.clone(), moment(by.signed_at));
    let content = Show {
        notices,
        state: t(state(release.state)),
        title: title(&release.content),
        tables: (release.content.tables.iter())
            .map(|table| {
                let plan = release.plan.tables.iter().find(|own| own.table == table.code);
                planned(table, plan, &vocabulary)
            })
            .collect(),
        costs: release.plan.costs.iter().map(|own| cost(own, &vocabulary)).collect(),
        hasty: hasty(release.plan.persons, before),
        figures: figures(&release.content),
        signatures: release.signatures.iter().map(signed).collect(),
        missing,
        makes: visit.may(Action::Release),
        has_signed: release.signatures.iter().any(|by| by.id == visit.actor().account),
        prepared: release.state == State::Prepared,
        published: release.state == State::Published,
        notice_field: beside(
            Field::new("notice", t("What a reader must know of it"), Control::Area { rows: 3 })
                .hint(t("It is public. Leave it empty to take a notice back."))
                .value(if typed.0.is_empty() {
                    release.notice.clone().unwrap_or_default()
                } else {
                    typed.0.to_owned()
                }),
        ),
        reason_field: beside(
            Field::new("reason", t("Why"), Control::line())
                .hint(t("For staff alone; no personal text."))
                .required()
                .value(typed.1),
        ),
        address: link(&format!("/desk/releases/{id}")),
        public: link(&format!("/releases/{}", release.content.id)),
        word: visit.word(),
        release: &release,
    };
    Ok(below(visit.permit(), t("Release"), Some(("/desk/releases", t("Releases"))), &content)?)
}

/// A release with its plan.
#[get("/desk/releases/{id}")]
pub async fn show(
    visit: Visit<ReadReleases>,
    records: Data<Records>,
    path: RecordPath,
    request: HttpRequest,
) -> Result<Reply, Turned> {
    let mut asked = url::form_urlencoded::parse(request.query_string().as_bytes());
    let told = asked.find(|(name, _)| name == "done").and_then(|(_, done)| match &*done {
        "prepared" => Some("The release is prepared. Nothing is public yet: look at it, then sign it."),
        "sign" => Some("You have signed it."),
        "publish" => Some("It is public."),
        "notice" => Some("The notice is public."),
        "withdraw" => Some("The release is withdrawn."),
        "discard" => Some("The release is thrown away."),
        _ => None,
    });
    let notices = told.map(|told| Notice::new(Tone::Done, t(told))).into_iter().collect();
    whole(&visit, &records, path.get()?, notices, ("", ""), &[]).await
}

/// What somebody does with a release.
enum Deed {
    Sign,
    Notice(Option<String>),
    Withdraw(Option<String>),
    Discard,
}

impl Deed {
    fn name(&self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Notice(_) => "notice",
            Self::Withdraw(_) => "withdraw",
            Self::Discard => "discard",
        }
    }

    fn run(self, records: &Store, actor: &Actor, id: RecordId, seen: i64) -> Result<Release, StoreError> {
        match self {
            Self::Sign => store::sign(records, actor, id, seen),
            Self::Notice(notice) => store::set_notice(records, actor, id, seen, notice),
            Self::Withdraw(reason) => store::withdraw(records, actor, id, seen, reason),
            Self::Discard => store::discard(records, actor, id, seen),
        }
    }
}

async fn act(
    posted: Posted<MakeReleases>,
    records: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
    deed: Deed,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let (id, actor, name) = (path.get()?, visit.actor(), deed.name());
    let seen = form.get("seen").parse().map_err(|_| Problem::new(Kind::PreconditionRequired))?;
    let work = move |records: &Store| {
        let done = deed.run(records, &actor, id, seen)?;
        shelf.renew_soon();
        Ok(done)
    };
    match records.run(work).await {
        Ok(_) => Ok(on(&format!("/desk/releases/{id}?done={name}"))),
        Err(problem) => refused(&visit, &form, &records, id, problem).await,
    }
}

/// The page of a release with which something was not done, and why.
async fn refused(
    visit: &Visit<MakeReleases>,
    form: &Form,
    records: &Records,
    id: RecordId,
    problem: Problem,
) -> Result<Reply, Turned> {
    match problem {
        problem if matches!(problem.status, 409 | 412 | 422) => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            let typed = (form.get("notice"), form.get("reason"));
            let page = whole(visit, records, id, vec![told(&problem, place)], typed, &problem.errors).await?;
            Ok(page.status(status))
        }
        problem => Err(problem.into()),
    }
}

/// Where a mistake is shown on the page of a release, and what it is called there.
fn place(error: &FieldError) -> (String, String) {
    match error.field.as_str() {
        "notice" => ("notice".to_owned(), t("What a reader must know of it").to_owned()),
        "reason" => ("reason".to_owned(), t("Why").to_owned()),
        _ => ("release".to_owned(), t("Release").to_owned()),
    }
}

fn given(form: &Form, name: &str) -> Option<String> {
    Some(form.get(name).trim().to_owned()).filter(|text| !text.is_empty())
}

/// A form with text about a release that comes from an earlier session.
async fn late(late: Late<MakeReleases>, records: &Records, path: RecordPath) -> Result<Reply, Turned> {
    let Late { visit, form } = late;
    let title = t("Nothing is saved yet: you have signed in anew since this form was opened.");
    let notice =
        Notice::new(Tone::Warning, title).line(t("Everything that you typed is in it. Look at it, and send it again."));
    let typed = (form.get("notice"), form.get("reason"));
    Ok(whole(&visit, records, path.get()?, vec![notice], typed, &[]).await?.status(StatusCode::FORBIDDEN))
}

/// Signs it.
#[post("/desk/releases/{id}/sign")]
pub async fn sign(
    posted: Posted<MakeReleases>,
    records: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    act(posted, records, shelf, path, Deed::Sign).await
}

/// Publishes it, as a job: a page that says it is not public must never be wrong.
#[post("/desk/releases/{id}/publish")]
pub async fn publish(
    posted: Posted<MakeReleases>,
    records: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let id = path.get()?;
    let seen = form.get("seen").parse().map_err(|_| Problem::new(Kind::PreconditionRequired))?;
    let (job, _) = submit(&records, visit.actor(), publishing(id, seen, None)).await?;
    let job = jobs::wait_for(&records, job).await;
    match jobs::problem_of(&job) {
        Some(problem) => refused(&visit, &form, &records, id, problem).await,
        None if job.state.is_finished() => {
            // It is public, whether or not that can be looked at now.
            let _ = actix_web::web::block(move || shelf.renew_soon()).await;
            Ok(on(&format!("/desk/releases/{id}?done=publish")))
        }
        None => Ok(on(&jobs::address(&job))),
    }
}

/// Says something of it publicly.
#[post("/desk/releases/{id}/notice")]
pub async fn set_notice(
    arrived: Arrived<MakeReleases>,
    records: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let posted = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(form) => return late(form, &records, path).await,
    };
    let text = given(&posted.form, "notice");
    act(posted, records, shelf, path, Deed::Notice(text)).await
}

/// Withdraws it as a whole.
#[post("/desk/releases/{id}/withdraw")]
pub async fn withdraw(
    arrived: Arrived<MakeReleases>,
    records: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let posted = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(form) => return late(form, &records, path).await,
    };
    let reason = given(&posted.form, "reason");
    act(posted, records, shelf, path, Deed::Withdraw(reason)).await
}

/// Throws it away before it was published.
#[post("/desk/releases/{id}/discard")]
pub async fn discard(
    posted: Posted<MakeReleases>,
    records: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    act(posted, records, shelf, path, Deed::Discard).await
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config
        .service(list)
        .service(sign)
        .service(publish)
        .service(set_notice)
        .service(withdraw)
        .service(discard)
        .service(show);
}
