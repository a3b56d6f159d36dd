//! One's own account: what it is, its passphrase and second factor, and every way into it.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{get, post};
use askama::Template;
use chrono::TimeDelta;

use crate::domain::policy::{Action, decide};
use crate::domain::record::RecordId;
use crate::store::database::Store;
use crate::store::sessions::{self, Line};
use crate::store::sign_in::{self, Proved};
use crate::store::sign_in_history::{self as history, What, WrongFactors};
use crate::store::tokens::{self, TokenLine};

use super::super::auth::{KeepOwnAccount, Permission};
use super::super::reply::Reply;
use super::super::request::RecordPath;
use super::super::state::Records;
use super::cookies::Cookie;
use super::enrol::{Shown, Typed, new_passphrase};
use super::form::{Form, Posted};
use super::parts::{Control, Field, Notice, Tone};
use super::sign_in::{Door, on, waiting};
use super::turned::Turned;
use super::visit::Visit;
use super::words::{say, t};
use super::{filters, moment, open_page, page};

#[derive(Template)]
#[template(path = "own/account.html")]
struct Own<'a> {
    notice: Option<Notice>,
    reset: Notice,
    word: &'a str,
    name: &'a str,
    role: &'a str,
    since: &'a str,
    was_reset: bool,
    warned: Option<Notice>,
    own: RecordId,
    sessions: &'a [Line],
    tried: &'a [history::Line],
    tokens: &'a [TokenLine],
    days: Field,
    scopes: Field,
    token: Vec<Field>,
    passphrase: Vec<Field>,
    factor: Vec<Field>,
    codes: Vec<Field>,
}

fn scopes_of(token: &TokenLine) -> String {
    let names = |scopes: &Vec<Action>| scopes.iter().map(|action| action.name()).collect::<Vec<_>>().join(", ");
    token.scopes.as_ref().map_or_else(|| t("all that you may").to_owned(), names)
}

fn what(line: &history::Line) -> &'static str {
    match (line.what, line.known_browser) {
        (What::SignedIn, true) => t("signed in"),
        (What::SignedIn, false) => t("signed in, from a new browser"),
        (What::WrongPassphrase, true) => t("wrong passphrase, from a browser of yours"),
        (What::WrongPassphrase, false) => t("wrong passphrase"),
        (What::WrongSecondFactor, true) => t("right passphrase and wrong code, from a browser of yours"),
        (What::WrongSecondFactor, false) => t("right passphrase and wrong code"),
    }
}

/// What the owner has to know at once.
pub fn warning(wrong: &WrongFactors) -> Notice {
    let told = "Somebody showed your right passphrase and a wrong code: {} times, last at {}.";
    Notice::new(Tone::Warning, say(told, &[&wrong.times, &moment(wrong.last_at)]))
        .line(t("If it was not you, somebody knows your passphrase: change it now, and tell your organisation."))
}

/// What of a form was not accepted: by the identifier of its field, and in words.
#[derive(Debug, Default)]
struct Wrong<'a> {
    errors: Vec<(&'static str, String)>,
    /// What was sent for a token; never a passphrase or code.
    days: &'a str,
    scopes: &'a str,
}

impl Wrong<'_> {
    fn beside(&self, field: Field) -> Field {
        let own = self.errors.iter().filter(|(id, _)| *id == field.id).map(|(_, why)| why.clone());
        own.collect::<Vec<_>>().into_iter().fold(field, |field, why| field.error(Some(why)))
    }

    fn notice(&self) -> Option<Notice> {
        let notice = Notice::new(Tone::Wrong, t("Nothing was changed."));
        let told = self.errors.iter().fold(notice, |notice, (id, why)| notice.leading(*id, why));
        (!self.errors.is_empty()).then_some(told)
    }
}

/// What is asked before one's own access is changed. The identifiers differ where several such forms are on one page.
fn proof(nth: &str, wrong: &Wrong<'_>) -> Vec<Field> {
    let code = Control::known("text", "one-time-code");
    let fields = [
        Field::new("passphrase", t("Passphrase that you have"), Control::known("password", "current-password")),
        Field::new("code", t("Code of your second factor, or a recovery code"), code),
    ];
    let numbered = fields.map(|field| {
        let id = format!("{}{nth}", field.name);
        wrong.beside(field.id(id))
    });
    numbered.to_vec()
}

async fn own<P: Permission>(visit: &Visit<P>, records: &Records, wrong: &Wrong<'_>) -> Result<Reply, Turned> {
    let account = visit.found.account.clone();
    let (sessions, tokens, tried, wrong_factors) = records
        .run(move |store| {
            let (now, id) = (store.now(), account.id);
            store.look(|conn| {
                let (sessions, tokens) = (sessions::list(conn, id, now)?, tokens::list_own(conn, id, now)?);
                Ok((sessions, tokens, history::list(conn, id)?, history::unread(conn, id)?))
            })
        })
        .await?;
    let actor = visit.actor();
    let may: Vec<_> = Action::ALL.iter().filter(|action| decide(&actor, **action).is_ok()).map(|a| a.name()).collect();
    let days = if wrong.days.is_empty() { "30" } else { wrong.days };
    let new = |name: &str, label: &str| Field::new(name, label, Control::known("password", "new-password"));
    let mut passphrase = proof("", wrong);
    passphrase.push(wrong.beside(new("new", t("New passphrase"))));
    passphrase.push(wrong.beside(new("again", t("New passphrase once more"))));
    let hint = say("Some of {}, parted by commas. All of it where you leave this empty.", &[&may.join(", ")]);
    let content = Own {
        notice: wrong.notice(),
        reset: Notice::new(Tone::Warning, t("Somebody has reset your account since you last signed in."))
            .line(t("If you did not ask for it, tell your organisation now.")),
        word: visit.word(),
        name: &actor.name,
        role: t(actor.role.name()),
        since: &moment(visit.found.created_at),
        was_reset: visit.found.account.was_reset,
        warned: wrong_factors.as_ref().map(warning),
        own: visit.found.id,
        sessions: &sessions,
        tried: &tried,
        tokens: &tokens,
        days: wrong.beside(
            Field::new("days", t("Days that it is good"), Control::known("number", "off"))
                .hint(t("1 to 366."))
                .value(days),
        ),
        scopes: wrong
            .beside(Field::new("scopes", t("What it may do, at most"), Control::line()).hint(hint).value(wrong.scopes)),
        token: proof("4", wrong),
        passphrase,
        factor: proof("2", wrong),
        codes: proof("3", wrong),
    };
    Ok(page(visit.permit(), t("Your account"), &content)?)
}

/// The page.
#[get("/account")]
pub async fn show(visit: Visit<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    own(&visit, &records, &Wrong::default()).await
}

/// Which of one's own things were to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Passphrase,
    SecondFactor,
    RecoveryCodes,
    Token,
}

/// What is answered where a proof was not good.
///
/// # Errors
/// That the page cannot be shown.
pub async fn not_proved<P: Permission, T>(
    visit: &Visit<P>,
    door: &Door,
    changed: Changed,
    proved: Proved<T>,
    form: &Form,
) -> Result<Reply, Turned> {
    let id = match changed {
        Changed::Passphrase => "code",
        Changed::SecondFactor => "code2",
        Changed::RecoveryCodes => "code3",
        Changed::Token => "code4",
    };
    let (told, wait) = match proved {
        Proved::Wait(seconds) => (waiting(seconds), Some(seconds)),
        _ => {
            let told = "Passphrase or code were not right. A code works once: wait for the next one.";
            (t(told).to_owned(), None)
        }
    };
    let wrong = Wrong { errors: vec![(id, told)], days: form.get("days"), scopes: form.get("scopes") };
    let reply = own(visit, &door.records, &wrong).await?;
    let Some(seconds) = wait else { return Ok(reply.status(StatusCode::FORBIDDEN)) };
    door.turn_away();
    Ok(reply.status(StatusCode::TOO_MANY_REQUESTS).header(header::RETRY_AFTER, seconds.to_string()))
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
pub async fn change_passphrase(posted: Posted<KeepOwnAccount>, door: Door) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let new = match new_passphrase(form.get("new"), form.get("again"), &visit.found.account.name) {
        Ok(new) => new,
        Err((typed, why)) => {
            let id = if typed == Typed::First { "new" } else { "again" };
            let wrong = Wrong { errors: vec![(id, why)], ..Wrong::default() };
            return Ok(own(&visit, &door.records, &wrong).await?.status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    // First, because a proof holds its place until it is counted.
    let stretched = door.stretched(new).await?;
    let proof = door.prove(visit.who(), form.get("passphrase"), form.get("code")).await?;
    let actor = visit.actor();
    let done = door.records.run(move |store| sign_in::change_passphrase(store, &actor, proof, stretched)).await?;
    let Proved::Done(()) = done else { return not_proved(&visit, &door, Changed::Passphrase, done, &form).await };
    Ok(on("/sign-in").header(header::SET_COOKIE, visit.jar.remove(Cookie::Session)))
}

/// Makes new recovery codes and shows them once.
#[post("/account/recovery-codes")]
pub async fn new_recovery_codes(posted: Posted<KeepOwnAccount>, door: Door) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let proof = door.prove(visit.who(), form.get("passphrase"), form.get("code")).await?;
    let actor = visit.actor();
    let codes = match door.records.run(move |store| sign_in::new_recovery_codes(store, &actor, proof)).await? {
        Proved::Done(codes) => codes,
        other => return not_proved(&visit, &door, Changed::RecoveryCodes, other, &form).await,
    };
    let reply = open_page(t("New recovery codes"), &Shown { codes: &codes })?;
    Ok(reply.header(header::SET_COOKIE, visit.jar.remove(Cookie::Session)))
}

#[derive(Template)]
#[template(path = "own/token.html")]
struct NewToken<'a> {
    token: &'a str,
}

/// Makes a token on showing passphrase and code, and shows it once: with a token one does without them for a year.
#[post("/account/tokens")]
pub async fn make_token(posted: Posted<KeepOwnAccount>, door: Door) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let days = form.get("days").trim().parse().ok().and_then(TimeDelta::try_days);
    let lasting = days.filter(|lasting| tokens::is_duration(*lasting));
    let scopes = tokens::read_scopes(form.all("scopes"));
    let (lasting, scopes) = match (lasting, scopes) {
        (Some(lasting), Ok(scopes)) => (lasting, scopes),
        (lasting, scopes) => {
            let mut errors = Vec::new();
            if lasting.is_none() {
                errors.push(("days", t("Days: 1 to 366.").to_owned()));
            }
            errors.extend(scopes.err().map(|why| ("scopes", say("This is not on the list: {}.", &[&why]))));
            let wrong = Wrong { errors, days: form.get("days"), scopes: form.get("scopes") };
            return Ok(own(&visit, &door.records, &wrong).await?.status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let proof = door.prove(visit.who(), form.get("passphrase"), form.get("code")).await?;
    let (actor, session) = (visit.actor(), visit.found.id);
    let make = move |store: &Store| sign_in::make_token(store, &actor, proof, session, lasting, scopes);
    let token = match door.records.run(make).await? {
        Proved::Done(token) => token,
        other => return not_proved(&visit, &door, Changed::Token, other, &form).await,
    };
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
