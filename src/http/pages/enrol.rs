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
#[template(path = "enrol.html")]
struct Enrol<'a> {
    notice: Option<Notice>,
    account: &'a str,
    secret: &'a str,
    address: &'a str,
    rule: String,
    code: Field,
    passphrase: [Field; 2],
}

/// Recovery codes, shown once.
#[derive(Template)]
#[template(path = "enrolled.html")]
pub struct Shown<'a> {
    pub codes: &'a Codes,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% if waiting %}<p>{{ "A second person has not approved of this link yet. Come again when they have."|t }}</p>
{% else %}<p>{{ "A link works once, for 24 hours, and until another one is made. Ask an admin for a new one."|t }}</p>{% endif %}
"#
)]
struct NoLink {
    waiting: bool,
}

fn no_link(waiting: bool) -> Result<Reply, Turned> {
    let (title, status) = if waiting {
        (t("This link does not work yet"), StatusCode::FORBIDDEN)
    } else {
        (t("This link does not work"), StatusCode::NOT_FOUND)
    };
    Ok(open_page(title, &NoLink { waiting })?.status(status))
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

fn form(account: &str, secret: &str, refused: Option<&str>) -> Result<Reply, Turned> {
    let address = app_address(account, secret);
    let new =
        |name: &str, label: &str| Field::new(name, t(label), Control::known("password", "new-password")).required();
    let content = Enrol {
        notice: refused.map(|why| Notice::new(Tone::Wrong, why)),
        account,
        secret,
        address: &address,
        rule: say(
            "{} to {} characters, such as five or six words that have nothing to do with each other. Use it nowhere else.",
            &[&SHORTEST, &LONGEST],
        ),
        code: Field::new("code", t("The code that the app shows now"), Control::known("text", "one-time-code"))
            .required(),
        passphrase: [new("passphrase", "Passphrase"), new("again", "Passphrase once more")],
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
/// What is wrong, in words for the person.
pub fn new_passphrase(text: &str, again: &str, account: &str) -> Result<Passphrase, String> {
    if text != again {
        return Err(t("The two passphrases are not the same.").to_owned());
    }
    Passphrase::new(text, account).map_err(|why| say("The passphrase is not accepted: {}.", &[&why]))
}

/// Stretches a new passphrase, when its turn comes.
///
/// # Errors
/// That too many stand in line.
pub async fn stretched(limits: &Limits, passphrase: Passphrase) -> Result<String, Problem> {
    Ok(limits.stretch(move || credentials::stretch(&passphrase)).await??)
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
    let refuse = |why: &str| Ok(form(&account, &factor.show(), Some(why))?.status(StatusCode::UNPROCESSABLE_ENTITY));
    let fields = &stranger.form;
    let passphrase = match new_passphrase(fields.get("passphrase"), fields.get("again"), &account) {
        Ok(passphrase) => passphrase,
        Err(why) => return refuse(&why),
    };
    let stretched = stretched(&limits, passphrase).await?;
    let code = fields.get("code").to_owned();
    let done = records.run(move |store| enrolments::enrol(store, &token, stretched, &code)).await?;
    match done {
        Enrolled::Bad => no_link(false),
        Enrolled::WrongCode => refuse(t("The code is not the one that the app shows for this key.")),
        Enrolled::Done(codes) if codes.is_empty() => Err(Kind::Internal.into()),
        Enrolled::Done(codes) => Ok(open_page(t("Passphrase and second factor are set"), &Shown { codes: &codes })?),
    }
}
