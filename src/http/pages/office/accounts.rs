//! Accounts, for admins. What is done says before what it does.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get, post};
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::policy::{Action, Actor, Permit, Role};
use crate::domain::record::RecordId;
use crate::http::auth::{ReadAccounts, WriteAccounts};
use crate::http::pages::desk::forms::told;
use crate::http::pages::form::{Arrived, Late, Posted};
use crate::http::pages::here::link;
use crate::http::pages::parts::{Cell, Control, Field, Notice, Table, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{retold, say, t};
use crate::http::pages::{Page, below, filters, moment, page, with};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::staff::accounts::read_role;
use crate::http::state::Records;
use crate::store::accounts::{self, Account, Changed, State};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sign_in_history::{self as history, WrongFactors};

/// The routes.
pub const PAGES: &[Page] = &[
    with("GET", "/desk/accounts", Action::ReadAccounts),
    with("POST", "/desk/accounts", Action::WriteAccounts),
    with("GET", "/desk/accounts/{id}", Action::ReadAccounts),
    with("POST", "/desk/accounts/{id}/disablement", Action::WriteAccounts),
    with("POST", "/desk/accounts/{id}/enablement", Action::WriteAccounts),
    with("POST", "/desk/accounts/{id}/reset", Action::WriteAccounts),
    with("POST", "/desk/accounts/{id}/role", Action::WriteAccounts),
];

#[derive(Template)]
#[template(path = "office/accounts.html")]
struct Accounts<'a> {
    word: &'a str,
    notice: Option<Notice>,
    table: Table,
    may_write: bool,
    may_approve: bool,
    name: Field,
    role: Field,
}

#[derive(Template)]
#[template(path = "office/account.html")]
struct One<'a> {
    word: &'a str,
    notice: Option<Notice>,
    address: String,
    name: &'a str,
    role_name: &'a str,
    state: &'a str,
    since: String,
    enrolled: bool,
    wrong: String,
    own: bool,
    may_write: bool,
    disabled: bool,
    role: Field,
}

#[derive(Template)]
#[template(path = "office/link.html")]
struct Once<'a> {
    notice: Notice,
    name: &'a str,
    role: &'a str,
    link: String,
    until: String,
}

/// What a role is called.
pub fn role(role: Role) -> &'static str {
    t(role.name())
}

fn state(state: State) -> &'static str {
    match state {
        State::Invited => t("invited: the link was not used yet"),
        State::Active => t("active"),
        State::Disabled => t("disabled"),
    }
}

/// What may be done, in a few words, so that nobody is given more than they need.
fn roles(value: &str, errors: &[FieldError]) -> Field {
    let about = |role: Role| match role {
        Role::Admin => "admin: keeps accounts and vocabularies, sees no cases",
        Role::Caseworker => "caseworker: enters and sees cases",
        Role::Publisher => "publisher: cases, publications and releases; approves of accounts",
        Role::Researcher => "researcher: exact counts, no cases",
        Role::Auditor => "auditor: reads the audit",
    };
    let none = (String::new(), t("Choose one").to_owned());
    let all = Role::ALL.into_iter().map(|role| (role.name().to_owned(), t(about(role)).to_owned()));
    let options = std::iter::once(none).chain(all).collect();
    let mut field = Field::new("role", t("Role"), Control::Choice { options }).required().value(value);
    field.errors = errors.iter().filter(|error| error.field == "role").map(told).collect();
    field
}

/// How often a wrong code followed on the right passphrase.
fn wrong_factors(wrong: Option<&WrongFactors>) -> String {
    wrong.map_or_else(|| "0".to_owned(), |wrong| say("{}, last at {}", &[&wrong.times, &moment(wrong.last_at)]))
}

async fn all(
    store: &Records,
    permit: &Permit,
    word: &str,
    sent: (&str, &str),
    (notice, errors): (Option<Notice>, &[FieldError]),
) -> Result<Reply, Turned> {
    let (found, wrong_codes) =
        store.run(|store| store.look(|conn| Ok((accounts::list(conn)?, history::recent(conn, store.now())?)))).await?;
    let row = |account: &Account| {
        let address = link(&format!("/desk/accounts/{}", account.id));
        vec![
            Cell::Link(address, account.name.clone()),
            Cell::Text(role(account.role).to_owned()),
            Cell::Text(state(account.state).to_owned()),
            Cell::Text(moment(account.created_at)),
            Cell::Text(wrong_factors(wrong_codes.get(&account.id))),
        ]
    };
    let mut name = Field::new("name", t("Name"), Control::line()).required().value(sent.0);
    name = name.hint(t(
        "What the person signs in with: letters a to z, digits and . _ -; not the name by which others know them.",
    ));
    name.errors = errors.iter().filter(|error| error.field == "name").map(told).collect();
    let role = roles(sent.1, errors);
    let may = |action| crate::domain::policy::decide(permit.actor(), action).is_ok();
    let wrong = wrong(Notice::new(Tone::Wrong, t("The account was not added.")), &[&name, &role], errors);
    let content = Accounts {
        word,
        notice: notice.or((!errors.is_empty()).then_some(wrong)),
        table: Table {
            caption: t("Accounts").to_owned(),
            heads: ["Name", "Role", "State", "Since", "Wrong codes after the right passphrase, 30 days"]
                .map(|head| t(head).to_owned())
                .to_vec(),
            numbers: Vec::new(),
            rows: found.iter().map(row).collect(),
        },
        may_write: may(Action::WriteAccounts),
        may_approve: may(Action::ApproveAccounts),
        name,
        role,
    };
    Ok(page(permit, t("Accounts"), &content)?)
}

/// What was wrong, with the way to its field by its label.
fn wrong(notice: Notice, fields: &[&Field], errors: &[FieldError]) -> Notice {
    errors.iter().fold(notice, |notice, error| match fields.iter().find(|field| field.name == error.field) {
        Some(field) => notice.leading(&field.id, format!("{}: {}", field.label, told(error))),
        None => notice.line(told(error)),
    })
}

/// What is said above a form that comes from an earlier session.
fn late() -> Notice {
    let title = t("Nothing was changed yet: you have signed in anew since this form was opened.");
    Notice::new(Tone::Warning, title).line(t("Everything that you typed is in it. Look at it, and send it again."))
}

/// Every account, and the form for another one.
#[get("/desk/accounts")]
pub async fn list(visit: Visit<ReadAccounts>, store: Data<Records>) -> Result<Reply, Turned> {
    all(&store, visit.permit(), visit.word(), ("", ""), (None, &[])).await
}

/// Adds an account, and shows the link once.
#[post("/desk/accounts")]
pub async fn add(arrived: Arrived<WriteAccounts>, store: Data<Records>, request: HttpRequest) -> Result<Reply, Turned> {
    let Posted { visit, form } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            let typed = (form.get("name"), form.get("role"));
            let page = all(&store, visit.permit(), visit.word(), typed, (Some(late()), &[])).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let name = form.get("name").trim().to_owned();
    let sent = form.get("role");
    let role = read_role(Some(sent).filter(|role| !role.is_empty()));
    let (actor, asked) = (visit.actor(), name.clone());
    let done = match role {
        Ok(role) => store.run(move |store| accounts::add(store, &actor, &asked, role)).await,
        Err(mut problem) => {
            // Both fields are looked at, so that both mistakes are told at once.
            if !accounts::is_name(&name) {
                problem.errors.push(FieldError::new(
                    "name",
                    crate::domain::check::Rule::Malformed,
                    Some(&name),
                    accounts::EXPECTED_NAME,
                ));
            }
            Err(problem)
        }
    };
    match done {
        Ok(changed) => became(visit.permit(), &request, &changed),
        Err(problem) if problem.is_invalid() => {
            let reply = all(&store, visit.permit(), visit.word(), (&name, sent), (None, &problem.errors)).await?;
            Ok(reply.status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// What became of an account: the link, shown once, or the account's page.
fn became(permit: &Permit, request: &HttpRequest, changed: &Changed) -> Result<Reply, Turned> {
    let Changed { account, link: Some(made) } = changed else {
        return Ok(on(&format!("/desk/accounts/{}", changed.account.id)));
    };
    let notice = if made.needs_approval {
        let first = t("A second admin or a publisher must approve of the link before it works.");
        Notice::new(Tone::Warning, t("Done. This is the one-time link.")).line(first)
    } else {
        Notice::new(Tone::Done, t("Done. This is the one-time link."))
    };
    let info = request.connection_info();
    let content = Once {
        notice,
        name: &account.name,
        role: role(account.role),
        link: format!("{}://{}{}", info.scheme(), info.host(), made.path()),
        until: moment(made.expires_at),
    };
    let above = "/desk/accounts".to_owned();
    Ok(below(permit, t("One-time link"), Some((&above, t("Accounts"))), &content)?)
}

async fn about(
    store: &Records,
    permit: &Permit,
    word: &str,
    id: RecordId,
    (sent, said, problem): (&str, Option<Notice>, Option<&Problem>),
) -> Result<Reply, Turned> {
    let (account, wrong_codes) = store
        .run(move |store| store.look(|conn| Ok((accounts::get(conn, id)?, history::recent(conn, store.now())?))))
        .await?;
    let errors = problem.map(|problem| problem.errors.as_slice()).unwrap_or_default();
    let choice = roles(sent, errors);
    let notice = problem.map(|problem| {
        let notice = Notice::new(Tone::Wrong, t("Nothing was changed."));
        let notice = problem.detail.iter().fold(notice, |notice, why| notice.line(retold(why)));
        wrong(notice, &[&choice], errors)
    });
    let content = One {
        word,
        notice: said.or(notice),
        address: link(&format!("/desk/accounts/{id}")),
        name: &account.name,
        role_name: role(account.role),
        state: state(account.state),
        since: moment(account.created_at),
        enrolled: account.enrolled,
        wrong: wrong_factors(wrong_codes.get(&id)),
        own: account.id == permit.actor().account,
        may_write: crate::domain::policy::decide(permit.actor(), Action::WriteAccounts).is_ok(),
        disabled: account.state == State::Disabled,
        role: choice,
    };
    let above = "/desk/accounts".to_owned();
    Ok(below(permit, t("An account"), Some((&above, t("Accounts"))), &content)?)
}

/// One account, and what can be done with it.
#[get("/desk/accounts/{id}")]
pub async fn show(visit: Visit<ReadAccounts>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    about(&store, visit.permit(), visit.word(), path.get()?, ("", None, None)).await
}

async fn change<F>(
    posted: Posted<WriteAccounts>,
    store: &Records,
    (request, path): (HttpRequest, RecordPath),
    change: F,
) -> Result<Reply, Turned>
where
    F: FnOnce(&Store, &Actor, RecordId) -> Result<Changed, StoreError> + Send + 'static,
{
    let (id, actor) = (path.get()?, posted.visit.actor());
    let done = store.run(move |store| change(store, &actor, id)).await;
    told_of(&posted, store, &request, id, done).await
}

async fn told_of(
    posted: &Posted<WriteAccounts>,
    store: &Records,
    request: &HttpRequest,
    id: RecordId,
    done: Result<Changed, Problem>,
) -> Result<Reply, Turned> {
    let (permit, word) = (posted.visit.permit(), posted.visit.word());
    match done {
        Ok(changed) => became(permit, request, &changed),
        Err(problem) if problem.is_invalid() || problem.kind == Kind::Refused.name() => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let reply = about(store, permit, word, id, (posted.form.get("role"), None, Some(&problem))).await?;
            Ok(reply.status(status))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Disables an account.
#[post("/desk/accounts/{id}/disablement")]
pub async fn disable(
    posted: Posted<WriteAccounts>,
    store: Data<Records>,
    request: HttpRequest,
    path: RecordPath,
) -> Result<Reply, Turned> {
    change(posted, &store, (request, path), accounts::disable).await
}

/// Enables an account.
#[post("/desk/accounts/{id}/enablement")]
pub async fn enable(
    posted: Posted<WriteAccounts>,
    store: Data<Records>,
    request: HttpRequest,
    path: RecordPath,
) -> Result<Reply, Turned> {
    change(posted, &store, (request, path), accounts::enable).await
}

/// Resets an account.
#[post("/desk/accounts/{id}/reset")]
pub async fn reset(
    posted: Posted<WriteAccounts>,
    store: Data<Records>,
    request: HttpRequest,
    path: RecordPath,
) -> Result<Reply, Turned> {
    change(posted, &store, (request, path), accounts::reset).await
}

/// Gives an account another role.
#[post("/desk/accounts/{id}/role")]
pub async fn set_role(
    arrived: Arrived<WriteAccounts>,
    store: Data<Records>,
    request: HttpRequest,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let posted = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            let said = (form.get("role"), Some(late()), None);
            let page = about(&store, visit.permit(), visit.word(), path.get()?, said).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    match read_role(Some(posted.form.get("role")).filter(|role| !role.is_empty())) {
        Ok(role) => {
            change(posted, &store, (request, path), move |store, actor, id| accounts::set_role(store, actor, id, role))
                .await
        }
        Err(problem) => told_of(&posted, &store, &request, path.get()?, Err(problem)).await,
    }
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(list).service(add).service(show).service(disable).service(enable).service(reset).service(set_role);
}
