//! The page of a one-time link: somebody sets passphrase and second factor.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{get, post};
use askama::Template;
use zeroize::Zeroizing;

use crate::domain::passphrase::{LONGEST, Passphrase, SHORTEST};
use crate::store::credentials::{self, Codes};
use crate::store::enrolments::{self, Enrolled, Followed};

use super::super::limits::Limits;
use super::super::problem::{Kind, Problem};
use super::super::reply::Reply;
use super::super::state::Records;
use super::form::Stranger;
use super::parts::{Control, Field, Notice, Tone};
use super::turned::Turned;
use super::words::{say, t};
use super::{filters, open_page};

#[derive(Template)]
#[template(path = "own/enrol.html")]
struct Enrol<'a> {
    notice: Option<Notice>,
    account: &'a str,
    secret: &'a str,
    address: &'a str,
    code: Field,
    passphrase: Field,
    again: Field,
}

/// Recovery codes, shown once.
#[derive(Template)]
#[template(path = "own/codes.html")]
pub struct Shown<'a> {
    pub codes: &'a Codes,
}

#[derive(Template)]
#[template(path = "own/no_link.html")]
struct NoLink {
    waiting: bool,
}

fn no_link(waiting: bool) -> Result<Reply, Turned> {
    let (title, status) = if waiting {
        ("This link does not work yet", StatusCode::FORBIDDEN)
    } else {
        ("This link does not work", StatusCode::NOT_FOUND)
    };
    Ok(open_page(t(title), &NoLink { waiting })?.status(status))
}

/// What an app for codes reads.
pub fn app_address(account: &str, secret: &str) -> String {
    format!("otpauth://totp/Attest:{account}?secret={secret}&issuer=Attest")
}

async fn follow(records: &Records, token: &str) -> Result<Followed, Problem> {
    let token = Zeroizing::new(token.to_owned());
    records
        .run(move |store| {
            store.must_be_open()?;
            enrolments::follow(store, &token)
        })
        .await
}

/// The field of a code of the app.
pub fn code_field(label: &str) -> Field {
    Field::new("code", label, Control::known("text", "one-time-code"))
}

/// The form, with what was wrong beside its field. Neither passphrase nor code is shown back.
fn form(account: &str, secret: &str, wrong: Option<(&str, String)>) -> Result<Reply, Turned> {
    let control = || Control::known("password", "new-password");
    let hint =
        "{} to {} characters, such as five or six words that have nothing to do with each other. Use it nowhere else.";
    let with = |field: Field| {
        let error = wrong.as_ref().filter(|(name, _)| *name == field.name).map(|(_, why)| why.clone());
        field.error(error)
    };
    let content = Enrol {
        notice: wrong.as_ref().map(|(field, why)| Notice::new(Tone::Wrong, t("Nothing was set.")).leading(*field, why)),
        account,
        secret,
        address: &app_address(account, secret),
        code: with(code_field(t("The code that the app shows now"))),
        passphrase: with(Field::new("passphrase", t("Passphrase"), control()).hint(say(hint, &[&SHORTEST, &LONGEST]))),
        again: with(Field::new("again", t("Passphrase once more"), control())),
    };
    Ok(open_page(t("Set passphrase and second factor"), &content)?)
}

/// The form, where the link is good.
#[get("/enrol/{token}")]
pub async fn show(records: Data<Records>, token: Path<String>) -> Result<Reply, Turned> {
    match follow(&records, &token).await? {
        Followed::Bad => no_link(false),
        Followed::Waiting => no_link(true),
        Followed::Good { account, factor } => form(&account, &factor.show(), None),
    }
}

/// Reads a new passphrase that was typed twice.
///
/// # Errors
/// Which of the two fields is wrong, and why, in words for the person.
pub fn new_passphrase(text: &str, again: &str, account: &str) -> Result<Passphrase, (Typed, String)> {
    if text != again {
        return Err((Typed::Again, t("The two passphrases are not the same.").to_owned()));
    }
    let told = |why: &dyn std::fmt::Display| say("The passphrase is not accepted: {}.", &[&t(&why.to_string())]);
    Passphrase::new(text, account).map_err(|why| (Typed::First, told(&why)))
}

/// Which of two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    First,
    Again,
}

/// Stretches a new passphrase, when its turn comes.
///
/// # Errors
/// That too many stand in line.
pub async fn stretched(limits: &Limits, passphrase: Passphrase) -> Result<String, Problem> {
    let place = limits.place().await?;
    let (stretched, _) = limits.stretch(place, move || credentials::stretch(&passphrase)).await?;
    Ok(stretched?)
}

/// Sets both, and uses the link up.
#[post("/enrol/{token}")]
pub async fn enrol(
    stranger: Stranger,
    records: Data<Records>,
    limits: Data<Limits>,
    token: Path<String>,
) -> Result<Reply, Turned> {
    let (account, factor) = match follow(&records, &token).await? {
        Followed::Bad => return no_link(false),
        Followed::Waiting => return no_link(true),
        Followed::Good { account, factor } => (account, factor),
    };
    let refuse = |field: &str, why: String| {
        let page = form(&account, &factor.show(), Some((field, why)))?;
        Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
    };
    let fields = &stranger.form;
    let passphrase = match new_passphrase(fields.get("passphrase"), fields.get("again"), &account) {
        Ok(passphrase) => passphrase,
        Err((Typed::First, why)) => return refuse("passphrase", why),
        Err((Typed::Again, why)) => return refuse("again", why),
    };
    let stretched = stretched(&limits, passphrase).await?;
    let code = fields.get("code").to_owned();
    let done = records.run(move |store| enrolments::enrol(store, &token, stretched, &code)).await?;
    match done {
        Enrolled::Bad => no_link(false),
        Enrolled::WrongCode => refuse("code", t("The code is not the one that the app shows for this key.").to_owned()),
        Enrolled::Done(codes) if codes.is_empty() => Err(Kind::Internal.into()),
        Enrolled::Done(codes) => Ok(open_page(t("Passphrase and second factor are set"), &Shown { codes: &codes })?),
    }
}
