//! Approvals: a link for somebody who sees cases needs a second person.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{get, post};
use askama::Template;

use crate::domain::policy::{Action, Permit, Role};
use crate::http::auth::ApproveAccounts;
use crate::http::pages::form::Posted;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Cell, Notice, Table, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{retold, say, t};
use crate::http::pages::{Page, filters, moment, page, with};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;
use crate::store::accounts::{self, Account, State};
use crate::store::enrolments::{self, Open, Reason};

use super::accounts::role;

/// The routes.
pub const PAGES: &[Page] = &[
    with("GET", "/desk/enrolments", Action::ApproveAccounts),
    with("POST", "/desk/enrolments/{id}/approval", Action::ApproveAccounts),
];

#[derive(Template)]
#[template(path = "office/enrolments.html")]
struct Enrolments<'a> {
    word: &'a str,
    notice: Option<Notice>,
    table: Table,
    waiting: Vec<Waiting>,
    /// Whether something waits that nobody else could approve of.
    stuck: bool,
}

struct Waiting {
    title: String,
    said: String,
    address: String,
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Add => t("a new account"),
        Reason::Reset => t("a reset"),
        Reason::Role => t("another role"),
    }
}

async fn open(store: &Records, permit: &Permit, word: &str, problem: Option<&Problem>) -> Result<Reply, Turned> {
    let (found, accounts) = store
        .run(|store| {
            let now = store.now();
            store.look(|conn| Ok((enrolments::list(conn, now)?, accounts::list(conn)?)))
        })
        .await?;
    let row = |open: &Open| {
        let approved = match (&open.approved_by, open.needs_approval) {
            (Some(by), _) => say("yes, by {}", &[by]),
            (None, true) => t("not yet").to_owned(),
            (None, false) => t("not needed").to_owned(),
        };
        let (account, by) = (open.account.clone(), open.requested_by.clone());
        let all = [
            account,
            role(open.role).to_owned(),
            reason(open.reason).to_owned(),
            by,
            approved,
            moment(open.expires_at),
        ];
        all.map(Cell::Text).to_vec()
    };
    let wait = |open: &Open| Waiting {
        title: say("{}, {}", &[&open.account, &role(open.role)]),
        said: say("{} asks for it: {}.", &[&open.requested_by, &reason(open.reason)]),
        address: link(&format!("/desk/enrolments/{}/approval", open.id)),
    };
    let actor = permit.actor();
    // Whoever asked, and whoever it is for, does not approve.
    let waits = |open: &&Open| {
        open.needs_approval
            && open.approved_by.is_none()
            && open.requested_by != actor.name
            && open.account_id != actor.account
    };
    // Somebody else than who asked and whom it is for: an admin or publisher who has used the link.
    let can_approve = |open: &Open, account: &Account| {
        account.state == State::Active
            && matches!(account.role, Role::Admin | Role::Publisher)
            && account.name != open.requested_by
            && account.id != open.account_id
    };
    let stuck = |open: &Open| {
        open.needs_approval && open.approved_by.is_none() && !accounts.iter().any(|account| can_approve(open, account))
    };
    let heads = ["Account", "Role", "Why", "Asked for by", "Approved", "Good until"];
    let content = Enrolments {
        word,
        notice: problem.map(|problem| {
            let notice = Notice::new(Tone::Wrong, t("Nothing was approved."));
            problem.detail.iter().fold(notice, |notice, why| notice.line(retold(why)))
        }),
        table: Table {
            caption: t("Links that were not used yet").to_owned(),
            heads: heads.map(|head| t(head).to_owned()).to_vec(),
            numbers: Vec::new(),
            rows: found.iter().map(row).collect(),
        },
        waiting: found.iter().filter(waits).map(wait).collect(),
        stuck: found.iter().any(stuck),
    };
    Ok(page(permit, t("Approvals"), &content)?)
}

/// The links that were not used yet.
#[get("/desk/enrolments")]
pub async fn list_enrolments(visit: Visit<ApproveAccounts>, store: Data<Records>) -> Result<Reply, Turned> {
    open(&store, visit.permit(), visit.word(), None).await
}

/// Approves of a link.
#[post("/desk/enrolments/{id}/approval")]
pub async fn approve(posted: Posted<ApproveAccounts>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let (id, visit) = (path.get()?, posted.visit);
    let actor = visit.actor();
    match store.run(move |store| enrolments::approve(store, &actor, id)).await {
        Ok(_) => Ok(on("/desk/enrolments")),
        Err(problem) if problem.kind == Kind::Refused.name() => {
            Ok(open(&store, visit.permit(), visit.word(), Some(&problem)).await?.status(StatusCode::CONFLICT))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(list_enrolments).service(approve);
}
