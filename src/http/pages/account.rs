//! One's own account: what it is, its passphrase and second factor, and every way into it.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{get, post};
use askama::Template;
use chrono::TimeDelta;

use crate::domain::policy::{Action, decide};
use crate::domain::record::RecordId;
use crate::store::sessions::{self, Line};
use crate::store::sign_in;
use crate::store::tokens::{self, TokenLine};

use super::super::auth::KeepOwnAccount;
use super::super::limits::Limits;
use super::super::problem::{Kind, Problem};
use super::super::reply::Reply;
use super::super::request::RecordPath;
use super::super::state::Records;
use super::cookies::Cookie;
use super::enrol::{Shown, new_passphrase, stretched};
use super::form::Posted;
use super::parts::{Control, Field};
use super::sign_in::{on, prove};
use super::turned::Turned;
use super::visit::Visit;
use super::words::{say, t};
use super::{filters, moment, open_page, page};

#[derive(Template)]
#[template(path = "account.html")]
struct Own<'a> {
    word: &'a str,
    name: &'a str,
    role: &'a str,
    since: &'a str,
    was_reset: bool,
    own: RecordId,
    sessions: &'a [Line],
    tokens: &'a [TokenLine],
    actions: Vec<&'static str>,
    days: Field,
    passphrase: Vec<Field>,
    factor: Vec<Field>,
    recovery: Vec<Field>,
}

fn scopes_of(token: &TokenLine) -> String {
    let names = |scopes: &Vec<Action>| scopes.iter().map(|action| action.name()).collect::<Vec<_>>().join(", ");
    token.scopes.as_ref().map_or_else(|| t("all that you may").to_owned(), names)
}

/// Passphrase and code, as one shows again that one is oneself.
fn proof(form: &str) -> Vec<Field> {
    let passphrase = Control::known("password", "current-password");
    let code = Control::known("text", "one-time-code");
    vec![
        Field::new("passphrase", t("Passphrase that you have"), passphrase).required().id(format!("{form}-passphrase")),
        Field::new("code", t("Code, or a recovery code"), code).required().id(format!("{form}-code")),
    ]
}

fn new_passphrase_fields() -> [Field; 2] {
    let new = |name: &str, label: &str| {
        Field::new(name, t(label), Control::known("password", "new-password")).required().id(format!("change-{name}"))
    };
    [new("new", "New passphrase"), new("again", "New passphrase once more")]
}

/// The page.
#[get("/account")]
pub async fn show(visit: Visit<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let account = visit.found.account.clone();
    let (sessions, tokens) = records
        .run(move |store| {
            let now = store.now();
            store.look(|conn| Ok((sessions::list(conn, account.id, now)?, tokens::list_own(conn, account.id, now)?)))
        })
        .await?;
    let actor = visit.actor();
    let may: Vec<_> = Action::ALL.iter().filter(|action| decide(&actor, **action).is_ok()).map(|a| a.name()).collect();
    let content = Own {
        word: visit.word(),
        name: &actor.name,
        role: actor.role.name(),
        days: Field::new("days", t("Days that a new one is good"), Control::line()).required().value("30"),
        passphrase: proof("change").into_iter().chain(new_passphrase_fields()).collect(),
        factor: proof("factor"),
        recovery: proof("recovery"),
        since: &moment(visit.found.created_at),
        was_reset: visit.found.account.was_reset,
        own: visit.found.id,
        sessions: &sessions,
        tokens: &tokens,
        actions: may,
    };
    Ok(page(visit.permit(), t("Your account"), &content)?)
}

/// What is answered where passphrase or code were wrong, whichever it was.
pub fn not_proved() -> Result<Reply, Turned> {
    let told = t("Passphrase or code were not right. A code works once: wait for the next one.");
    Err(Problem::new(Kind::Forbidden).detail(told).into())
}

/// Notes that the person has read that the account was reset.
#[post("/account/notice")]
pub async fn read_notice(posted: Posted<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let actor = posted.visit.actor();
    records.run(move |store| sessions::clear_notice(store, &actor)).await?;
    Ok(on("/account"))
}

/// Changes the passphrase. One signs in again with it.
#[post("/account/passphrase")]
pub async fn change_passphrase(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    limits: Data<Limits>,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let wrong = |why: String| Turned::from(Problem::new(Kind::Invalid).detail(why));
    let new = new_passphrase(form.get("new"), form.get("again"), &visit.found.account.name).map_err(wrong)?;
    let proof = prove(&records, &limits, visit.who(), form.get("passphrase"), form.get("code")).await?;
    let stretched = stretched(&limits, new).await?;
    let actor = visit.actor();
    let done = records.run(move |store| sign_in::change_passphrase(store, &actor, proof, stretched)).await?;
    if done.is_none() {
        return not_proved();
    }
    Ok(on("/sign-in").header(header::SET_COOKIE, visit.jar.remove(Cookie::Session)))
}

/// Makes new recovery codes and shows them once.
#[post("/account/recovery-codes")]
pub async fn new_recovery_codes(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    limits: Data<Limits>,
) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let proof = prove(&records, &limits, visit.who(), form.get("passphrase"), form.get("code")).await?;
    let actor = visit.actor();
    let codes = records.run(move |store| sign_in::new_recovery_codes(store, &actor, proof)).await?;
    let Some(codes) = codes else { return not_proved() };
    let reply = open_page(t("New recovery codes"), &Shown { codes: &codes })?;
    Ok(reply.header(header::SET_COOKIE, visit.jar.remove(Cookie::Session)))
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>{{ "This is the token. It is not shown again."|t }}</p>
<p><code>{{ token }}</code></p>
<p><a href="{{ "/account"|link }}">{{ "Your account"|t }}</a></p>
"#
)]
struct NewToken<'a> {
    token: &'a str,
}

/// Makes a token and shows it once.
#[post("/account/tokens")]
pub async fn make_token(posted: Posted<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let wrong = |why: &str| Turned::from(Problem::new(Kind::Invalid).detail(why));
    let days = form.get("days").trim().parse().ok().and_then(TimeDelta::try_days);
    let lasting = days.filter(|lasting| tokens::is_duration(*lasting)).ok_or_else(|| wrong(t("Days: 1 to 366.")))?;
    let scopes = tokens::read_scopes(form.all("scopes")).map_err(|why| wrong(&say("Scopes: {}.", &[&why])))?;
    let (actor, session) = (visit.actor(), visit.found.id);
    let token = records.run(move |store| tokens::create_own(store, &actor, session, lasting, scopes)).await?;
    let reply = page(visit.permit(), t("New token"), &NewToken { token: &token })?;
    Ok(reply.status(StatusCode::CREATED))
}

/// Revokes a token.
#[post("/account/tokens/{id}/revocation")]
pub async fn revoke_token(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let (actor, id) = (posted.visit.actor(), path.get()?);
    records.run(move |store| tokens::revoke_own(store, &actor, id)).await?;
    Ok(on("/account"))
}

/// Ends a session.
#[post("/account/sessions/{id}/end")]
pub async fn end_session(
    posted: Posted<KeepOwnAccount>,
    records: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Turned> {
    let (actor, id) = (posted.visit.actor(), path.get()?);
    records.run(move |store| sessions::end(store, &actor, id)).await?;
    Ok(on("/account"))
}
