//! Signing in and out. Whatever was wrong, the answer is the same.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, get, post};
use askama::Template;
use zeroize::Zeroizing;

use crate::domain::disclosure;
use crate::domain::passphrase::Passphrase;
use crate::store::credentials;
use crate::store::sessions::{self, KNOWN};
use crate::store::sign_in::{self as store, Asked, Held, Proof, Proved, Who};

use super::super::auth::KeepOwnAccount;
use super::super::limits::{Limits, Place};
use super::super::problem::{Kind, Problem};
use super::super::reply::Reply;
use super::super::state::Records;
use super::super::turned_away::TurnedAway;
use super::carried::{CARRIED, TO, Waiting};
use super::cookies::{Cookie, Jar};
use super::enrol::stretched;
use super::form::{Posted, Stranger};
use super::here::link;
use super::parts::{Control, Field, Notice, Tone};
use super::turned::Turned;
use super::visit::Seen;
use super::words::{say, t};
use super::{filters, open_page};

#[derive(Template)]
#[template(path = "own/sign_in.html")]
pub struct SignIn<'a> {
    notices: Vec<Notice>,
    fields: [Field; 3],
    /// Hidden fields, by name.
    carried: Vec<(&'static str, &'a str)>,
}

/// What is said of a form that waits until somebody signs in.
fn about(waiting: &Waiting) -> Notice {
    let (title, first) = if waiting.denied {
        ("Your role may not do this.", "Sign in with an account that may.")
    } else {
        ("Your session has ended.", "Nothing was saved yet. Sign in to go on.")
    };
    let kept = "What you typed is in this page, encrypted. After you have signed in it stands in its form again.";
    Notice::new(Tone::Warning, t(title)).line(t(first)).line(t(kept))
}

/// The form. What was typed is not shown back: nobody is told which of the three was wrong.
pub fn form<'a>(waiting: Option<&'a Waiting>, wrong: Option<Notice>) -> SignIn<'a> {
    SignIn {
        notices: wrong.into_iter().chain(waiting.map(about)).collect(),
        carried: waiting.iter().flat_map(|waiting| [(TO, &*waiting.to), (CARRIED, &*waiting.sealed)]).collect(),
        fields: [
            Field::new("name", t("Name"), Control::known("text", "username")),
            Field::new("passphrase", t("Passphrase"), Control::known("password", "current-password")),
            Field::new(
                "code",
                t("Code of your second factor, or a recovery code"),
                Control::known("text", "one-time-code"),
            ),
        ],
    }
}

/// How long somebody waits who has shown the right passphrase, after too many wrong codes.
pub fn waiting(seconds: u64) -> String {
    let so_many = "Too many wrong codes came after the right passphrase. No code is looked at for {} more seconds; a recovery code is.";
    say(so_many, &[&seconds])
}

/// The way to another page, after a form.
pub fn on(to: &str) -> Reply {
    let nothing = disclosure::about_signing_in(String::new());
    Reply::html(&nothing).status(StatusCode::SEE_OTHER).header(header::LOCATION, link(to))
}

/// The form.
#[get("/sign-in")]
pub async fn show(records: Data<Records>) -> Result<Reply, Turned> {
    records.run(|store| store.must_be_open()).await?;
    Ok(open_page(t("Sign in"), &form(None, None))?)
}

/// What is needed to prove oneself.
#[derive(Clone)]
pub struct Door {
    pub records: Data<Records>,
    limits: Data<Limits>,
    turned_away: Data<TurnedAway>,
}

impl FromRequest for Door {
    type Error = Turned;
    type Future = Ready<Result<Self, Turned>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let door = || {
            let (records, limits) = (request.app_data()?, request.app_data()?);
            let (records, limits): (&Data<Records>, &Data<Limits>) = (records, limits);
            let turned_away: &Data<TurnedAway> = request.app_data()?;
            Some(Self { records: records.clone(), limits: limits.clone(), turned_away: turned_away.clone() })
        };
        ready(door().ok_or(Kind::Internal.into()))
    }
}

impl Door {
    /// A place for somebody who has signed in from this browser before, or for a stranger. Before anything is counted: for want of
    /// a place nobody is charged.
    async fn place(&self, who: &Who) -> Result<Place, Problem> {
        let known = match &who.device {
            Some(_) => {
                let asked = who.clone();
                self.records.run(move |records| store::counter(records, &asked)).await?.is_known()
            }
            None => false,
        };
        let place =
            if known { self.limits.place().await } else { self.limits.strangers_place(&who.name, &who.address).await };
        if let Err(problem) = &place {
            if problem.status == Kind::TooMany.status() {
                self.turned_away.too_many();
            } else {
                self.turned_away.no_place();
            }
        }
        place
    }

    /// Holds what somebody shows against what is kept.
    ///
    /// # Errors
    /// That it is too early, or too many are at it.
    pub async fn prove(&self, who: Who, passphrase: &str, code: &str) -> Result<Proof, Problem> {
        let claimed = Passphrase::claimed(passphrase);
        let code: Zeroizing<String> = Zeroizing::new(code.chars().take(64).collect());
        let place = self.place(&who).await?;
        let candidate = match self.records.run(move |records| store::ask(records, &who)).await? {
            Asked::Wait(seconds) => {
                self.turned_away.too_many();
                return Err(Problem::new(Kind::TooMany).retry_after(seconds));
            }
            Asked::Go(candidate) => candidate,
        };
        let kept = candidate.stretched.clone();
        let (matched, place) =
            self.limits.stretch(place, move || credentials::matches(&claimed, kept.as_deref())).await?;
        Ok(Proof { candidate, matched, code, held: Held::new(place) })
    }

    /// Stretches a passphrase that somebody chooses.
    ///
    /// # Errors
    /// That too many are at it.
    pub async fn stretched(&self, new: Passphrase) -> Result<String, Problem> {
        stretched(&self.limits, new).await
    }

    /// Notes that a code was not looked at.
    pub fn turn_away(&self) {
        self.turned_away.too_many();
    }
}

/// Signs in.
#[post("/sign-in")]
pub async fn sign_in(request: HttpRequest, stranger: Stranger, door: Door) -> Result<Reply, Turned> {
    let (sent, jar) = (stranger.form, Jar::of(&request));
    let name = sent.get("name").trim().chars().take(65).collect();
    let who = Who { name, device: jar.read(&request, Cookie::Device), address: door.limits.address(&request) };
    let carried = Waiting::of(&sent);
    let proved = match door.prove(who, sent.get("passphrase"), sent.get("code")).await {
        Ok(proof) => door.records.run(move |records| store::finish(records, proof)).await,
        Err(problem) => Err(problem),
    };
    let opened = match proved {
        Ok(Proved::Done(opened)) => opened,
        Ok(Proved::Wrong) => {
            let why = "Name, passphrase and code must all be yours, and a code works once: wait for the next one.";
            let wrong = Notice::new(Tone::Wrong, t("That was not right.")).line(t(why));
            let page = open_page(t("Sign in"), &form(carried.as_ref(), Some(wrong)))?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
        Ok(Proved::Wait(seconds)) => {
            door.turn_away();
            let wrong = Notice::new(Tone::Wrong, t("You have to wait.")).line(waiting(seconds));
            let page = open_page(t("Sign in"), &form(carried.as_ref(), Some(wrong)))?;
            return Ok(page.status(StatusCode::TOO_MANY_REQUESTS).header(header::RETRY_AFTER, seconds.to_string()));
        }
        // With the form that waits, where one does.
        Err(problem) => return Err(problem.into()),
    };
    let device = jar.set(Cookie::Device, &opened.device, Some(KNOWN.num_seconds()));
    let further = match &carried {
        // The form that waits is sent on as it came: its own page opens it, and shows it again.
        Some(carried) => on(&carried.to).status(StatusCode::TEMPORARY_REDIRECT),
        // Whoever knows the passphrase must not go unnoticed.
        None if opened.warned => on("/account"),
        None => on("/desk"),
    };
    Ok(further
        .header(header::SET_COOKIE, jar.set(Cookie::Session, &opened.session, None))
        .header(header::SET_COOKIE, device))
}

/// What kept somebody from signing in, above the form.
pub fn kept_out(problem: &Problem) -> Notice {
    let notice = Notice::new(Tone::Wrong, t(problem.title));
    match problem.wait() {
        Some(seconds) => notice.line(format!("{} {seconds}", t("Seconds until it is worth trying again:"))),
        None => notice,
    }
}

/// Signs out. The browser is told to forget what it has kept.
#[post("/sign-out")]
pub async fn sign_out(posted: Posted<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let (actor, session, jar) = (posted.visit.actor(), posted.visit.found.id, posted.visit.jar);
    records.run(move |store| sessions::end(store, &actor, session)).await?;
    Ok(on("/sign-in")
        .header(header::SET_COOKIE, jar.remove(Cookie::Session))
        // Not "cookies": the browser stays one that was here before, whom strangers do not slow down.
        .header(HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\""))
}

/// Where somebody goes who must leave at once.
const ELSEWHERE: &str = "https://www.wikipedia.org/";

/// Ends the session and shows something else. A link, so that it works in one touch; other sites cannot use it, for the cookie
/// is not sent along from there.
#[get("/leave")]
pub async fn leave(request: HttpRequest, records: Data<Records>, seen: Data<Seen>) -> Result<Reply, Turned> {
    let jar = Jar::of(&request);
    let secret = jar.read(&request, Cookie::Session);
    let away = Reply::html(&disclosure::about_signing_in(String::new()))
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, ELSEWHERE);
    // Another site that leads a browser here sends no cookie along, and must not take it from the browser either.
    let Some(secret) = secret else { return Ok(away) };
    // Who leaves now is not kept waiting, neither by a failure nor by who writes; the cookie is gone in any case.
    let found = records
        .run(move |store| {
            let now = store.now();
            store.look(|conn| sessions::find(conn, &secret, now))
        })
        .await;
    match found {
        Ok(Some(found)) => seen.into_inner().leave(&records, &found).await,
        Ok(None) => {}
        Err(why) => tracing::warn!(%why, "a session was not ended on leaving"),
    }
    Ok(away
        .header(header::SET_COOKIE, jar.remove(Cookie::Session))
        .header(HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\""))
}
