//! The desk: what somebody finds who has signed in.

use actix_web::get;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;
use chrono::{NaiveDate, TimeDelta};

use crate::domain::due::{Due, DueReason};
use crate::domain::person::{Person, PersonEntry};
use crate::domain::policy::Action;
use crate::domain::record::{Noun, State};
use crate::domain::vocabulary::Vocabulary;
use crate::exchange::formats::words::day;
use crate::http::auth::KeepOwnAccount;
use crate::http::pages::account::warning;
use crate::http::pages::frame::page;
use crate::http::pages::here;
use crate::http::pages::parts::{Cell, Notice, Table, Tone};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{Page, filters, moment, own};
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::clock;
use crate::store::error::StoreError;
use crate::store::notices::{self, About, Kind, Notice as Told};
use crate::store::recent::{self, Recent};
use crate::store::session::Session;
use crate::store::{due, lost_seals, narrowing, records, sign_in_history, terms};

use super::{shown, waiting};

pub const PAGES: &[Page] = &[own("GET", "/desk")];

/// How many lines each part of the desk has.
const FEW: i64 = 10;

#[derive(Template)]
#[template(path = "desk/home.html")]
struct Desk {
    notices: Vec<Notice>,
    /// What is told to this account alone.
    told: Option<Table>,
    /// Whether there are seals of whose list nobody is left, for those who may open them.
    lost_seals: bool,
    /// What waits for a publisher; none where the reader is none.
    waiting: Option<Option<Table>>,
    due: Option<Table>,
    mine: Option<Table>,
    recent: Option<Table>,
    cases: bool,
    counts: bool,
    accounts: bool,
    audit: bool,
}

/// What a reason to look at somebody is called.
fn reason(reason: DueReason) -> &'static str {
    match reason {
        DueReason::Review => "The day of review has come",
        DueReason::KeepRefused => "Does not want to be kept",
        DueReason::KeepWithdrawn => "No longer wants to be kept",
        DueReason::KeepEnded => "The consent to being kept has ended",
        DueReason::CountEnded => "The consent to being counted has ended",
        DueReason::PublishEnded => "The consent to being made public has ended",
        DueReason::ShareEnded => "The consent to handing personal text to others has ended",
    }
}

struct Found {
    due: Vec<Due>,
    mine: Vec<records::Found<Person>>,
    recent: Vec<Recent>,
    vocabulary: Vocabulary,
}

fn read(session: &mut Session<'_>, today: NaiveDate) -> Result<Found, StoreError> {
    let own = session.reader().name.clone();
    let filters = [("owner", own.clone()), ("basis", "case_file".to_owned())];
    let narrowings = narrowing::read::<PersonEntry>(session, &filters)?;
    Ok(Found {
        due: due::list(session, today, Some(&own), None, FEW)?,
        mine: records::list::<PersonEntry>(session, &narrowings, &[State::Active], None, FEW)?,
        recent: recent::list(session, FEW)?,
        vocabulary: terms::vocabulary(session.conn(), None)?,
    })
}

fn table(caption: &str, heads: &[&str], rows: Vec<Vec<Cell>>) -> Option<Table> {
    let heads = heads.iter().map(|head| t(head).to_owned()).collect();
    (!rows.is_empty()).then(|| Table { caption: t(caption).to_owned(), heads, numbers: Vec::new(), rows })
}

fn case_line(found: &records::Found<Person>, vocabulary: &Vocabulary) -> Vec<Cell> {
    let code = Cell::Link(shown::address(Noun::Person, found.version.id), found.version.code.clone());
    vec![code, shown::term(vocabulary, "ground", &found.version.body.ground).into()]
}

fn recent_line(found: Recent) -> Vec<Cell> {
    let noun = if found.noun == Noun::Person { t("Person") } else { t("Incident") };
    vec![
        Cell::Link(shown::address(found.noun, found.id), found.code),
        noun.into(),
        moment(found.written_at).into(),
        found.by.into(),
    ]
}

fn due_line(found: Due) -> Vec<Cell> {
    vec![
        Cell::Link(shown::address(Noun::Person, found.person), found.code),
        t(reason(found.reason)).into(),
        day(found.day, here::language()).into(),
    ]
}

/// What an admin is told about the clocks: by how much this machine's is behind the last write, and how many records one that ran
/// ahead has dated.
fn about_clocks((behind, ahead): (Option<TimeDelta>, usize)) -> Option<Notice> {
    let minutes = behind.map(|behind| (behind.num_seconds() + 59) / 60);
    let behind = minutes.map(|minutes| {
        say("This machine's clock is behind the last write, in minutes: {}. One of the two was wrong.", &[&minutes])
    });
    let ahead = (ahead > 0).then(|| {
        say(
            "Records that are known only from a day that has not come, and are in no count: {}. When the clock is right: attest clock repair.",
            &[&ahead],
        )
    });
    if behind.is_none() && ahead.is_none() {
        return None;
    }
    let notice = Notice::new(Tone::Warning, t("A clock was wrong."));
    Some(behind.into_iter().chain(ahead).fold(notice, Notice::line))
}

fn told_line(found: Told) -> Vec<Cell> {
    let name = |about: &About| about.code.clone().unwrap_or_else(|| about.id.to_string());
    let cell = |about: &About| match &about.code {
        Some(code) => Cell::Link(shown::address(about.noun, about.id), code.clone()),
        None => about.id.to_string().into(),
    };
    let what = match (&found.kind, &found.other) {
        (Kind::StandsOnWithdrawn, Some(other)) => {
            say("{} was taken back, on which it stands. It keeps it.", &[&name(other)])
        }
        (Kind::CodeChanged, _) => {
            t("It has another code now: a file of somebody off the list brought the one that it had. What is entered under that one is about somebody else.").to_owned()
        }
        _ => t("Two publishers have put somebody on the list of the sealed person, for nobody was left of it.")
            .to_owned(),
    };
    vec![cell(&found.about), what.into(), moment(found.told_at).into(), found.by.into()]
}

/// The desk.
#[get("/desk")]
pub async fn show(visit: Visit<KeepOwnAccount>, store: Data<Records>) -> Result<Reply, Turned> {
    let cases = visit.may(Action::ReadCases);
    let today = here::today(store.store().now());
    let found = if cases { Some(store.read(visit.actor(), move |session| read(session, today)).await?) } else { None };
    let (mut due, mut mine, mut recent) = (None, None, None);
    if let Some(found) = found {
        due = table("To look at", &["Code", "Why", "Since"], found.due.into_iter().map(due_line).collect());
        let line = |person: &records::Found<Person>| case_line(person, &found.vocabulary);
        mine = table("My cases", &["Code", "Why the person asked for help"], found.mine.iter().map(line).collect());
        let rows = found.recent.into_iter().map(recent_line).collect();
        recent = table("What changed last", &["Code", "What", "When", "Who"], rows);
    }
    let opens = visit.may(Action::OpenSeals);
    let alone = move |session: &mut Session<'_>| {
        let lost_seals = opens && !lost_seals::all(session.conn())?.is_empty();
        let account = session.reader().account;
        Ok((notices::own(session, FEW)?, lost_seals, sign_in_history::unread(session.conn(), account)?))
    };
    let (told, lost_seals, wrong_factors) = store.read(visit.actor(), alone).await?;
    let told = table("Told to you alone", &["Code", "What", "When", "Who"], told.into_iter().map(told_line).collect());
    let reset = visit.found.account.was_reset.then(|| {
        let notice = Notice::new(Tone::Warning, t("Somebody has reset your account since you last signed in."));
        notice.line(t("If you did not ask for it, tell your organisation now. Your account page lets you confirm that you have read this."))
    });
    // Whoever knows the passphrase must not go unnoticed, whatever page its owner went on to from signing in.
    let warned = wrong_factors.as_ref().map(warning);
    let warned = warned.map(|notice| notice.way(here::link("/account"), t("Your account, sessions and tokens")));
    let clocks = if visit.may(Action::ReadAccounts) {
        store.run(|store| Ok((clock::behind(store)?, clock::ahead(store)?.len()))).await?
    } else {
        (None, 0)
    };
    let waiting = if visit.may(Action::Release) {
        Some(waiting::table(store.read(visit.actor(), waiting::read).await?))
    } else {
        None
    };
    let content = Desk {
        waiting,
        notices: reset.into_iter().chain(warned).chain(about_clocks(clocks)).collect(),
        told,
        lost_seals,
        due,
        mine,
        recent,
        cases,
        counts: visit.may(Action::ReadAggregates),
        accounts: visit.may(Action::ReadAccounts),
        audit: visit.may(Action::ReadAudit),
    };
    Ok(page(visit.permit(), t("Desk"), &content)?)
}

/// The service.
pub fn services(config: &mut ServiceConfig) {
    config.service(show);
}
