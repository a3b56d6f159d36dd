//! Public lists, for those who make releases: by which codes a dimension is told, who signed that, and the form that declares more.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get, post};

use crate::domain::check::FieldError;
use crate::domain::policy::{Action, Actor};
use crate::domain::record::RecordId;
use crate::domain::release::lists::ListEntry;
use crate::http::auth::{Permission, ReadReleases, Release as MakeReleases};
use crate::http::pages::form::{Arrived, Late, Posted};
use crate::http::pages::frame::below;
use crate::http::pages::parts::{Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::pages::{Page, with};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::staff::releases::MostSignatures;
use crate::http::state::Records;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::lists::{self as store, Declaration};

use super::declaring::told;
use super::listed::{Listed, Typed, place};

pub const PAGES: &[Page] = &[
    with("GET", "/desk/lists", Action::ReadReleases),
    with("POST", "/desk/lists", Action::Release),
    with("POST", "/desk/lists/{id}/sign", Action::Release),
    with("POST", "/desk/lists/{id}/discard", Action::Release),
];

/// The page, with what was typed into its form and what was wrong with that.
async fn whole<P: Permission>(
    visit: &Visit<P>,
    records: &Records,
    notices: Vec<Notice>,
    typed: Typed,
    errors: &[FieldError],
) -> Result<Reply, Turned> {
    let found = records.run(|records| records.look(super::listed::read)).await?;
    let (makes, own) = (visit.may(Action::Release), visit.actor().account);
    let content = Listed::new(found, notices, (makes, own), visit.word(), typed, errors);
    Ok(below(visit.permit(), t("Public lists"), Some(("/desk/releases", t("Releases"))), &content)?)
}

/// What is in force, what waits, and a form to declare more: with a proposal, where one is asked for.
#[get("/desk/lists")]
pub async fn show(visit: Visit<ReadReleases>, records: Data<Records>, request: HttpRequest) -> Result<Reply, Turned> {
    let asked = |own: &str| {
        let mut pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        pairs.find(|(name, _)| name == own).map(|(_, value)| value.into_owned())
    };
    let told = asked("done").and_then(|done| match &*done {
        "declared" => Some("The list is declared. It waits for signatures: look at it, then sign it."),
        "sign" => Some("You have signed the list."),
        "discard" => Some("The declaration is thrown away."),
        _ => None,
    });
    let notices = told.map(|told| Notice::new(Tone::Done, t(told))).into_iter().collect();
    let typed = asked("dimension").map_or_else(Typed::default, Typed::Proposal);
    whole(&visit, &records, notices, typed, &[]).await
}

/// The page with which something was not done, and why.
async fn refused(
    visit: &Visit<MakeReleases>,
    records: &Records,
    typed: Typed,
    problem: Problem,
) -> Result<Reply, Turned> {
    if !matches!(problem.status, 409 | 412 | 422) {
        return Err(problem.into());
    }
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
    let page = whole(visit, records, vec![told(&problem, place)], typed, &problem.errors).await?;
    Ok(page.status(status))
}

/// Declares a list, or codes more of one.
#[post("/desk/lists")]
pub async fn declare(
    arrived: Arrived<MakeReleases>,
    records: Data<Records>,
    most: Data<MostSignatures>,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            let title = t("Nothing is declared yet: you have signed in anew since this form was opened.");
            let notice = Notice::new(Tone::Warning, title)
                .line(t("Everything that you typed is in it. Look at it, and send it again."));
            let page = whole(&visit, &records, vec![notice], Typed::of(&form), &[]).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let given = |name: &str| Some(form.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let entry = ListEntry {
        dimension: given("dimension"),
        codes: form
            .get("codes")
            .split(['\n', '\r', ','])
            .map(str::trim)
            .filter(|code| !code.is_empty())
            .map(str::to_owned)
            .collect(),
        unknown: given("unknown").map(|_| true),
    };
    let (actor, most) = (visit.actor(), most.0);
    match records.run(move |records| store::propose(records, &actor, entry, most)).await {
        Ok(_) => Ok(on("/desk/lists?done=declared")),
        Err(problem) => refused(&visit, &records, Typed::of(&form), problem).await,
    }
}

async fn act(
    posted: Posted<MakeReleases>,
    records: Data<Records>,
    path: RecordPath,
    name: &str,
    deed: impl FnOnce(&Store, &Actor, RecordId, i64) -> Result<Declaration, StoreError> + Send + 'static,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let (id, actor) = (path.get()?, visit.actor());
    let seen = form.get("seen").parse().map_err(|_| Problem::new(Kind::PreconditionRequired))?;
    match records.run(move |records| deed(records, &actor, id, seen)).await {
        Ok(_) => Ok(on(&format!("/desk/lists?done={name}"))),
        Err(problem) => refused(&visit, &records, Typed::default(), problem).await,
    }
}

/// Signs a declaration; the last signature that it takes puts it in force.
#[post("/desk/lists/{id}/sign")]
pub async fn sign(
    posted: Posted<MakeReleases>,
    records: Data<Records>,
    most: Data<MostSignatures>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let most = most.0;
    let deed = move |records: &Store, actor: &Actor, id, seen| store::sign(records, actor, id, seen, most);
    act(posted, records, path, "sign", deed).await
}

/// Throws a declaration away that waits.
#[post("/desk/lists/{id}/discard")]
pub async fn discard(posted: Posted<MakeReleases>, records: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    act(posted, records, path, "discard", store::discard).await
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(show).service(declare).service(sign).service(discard);
}
