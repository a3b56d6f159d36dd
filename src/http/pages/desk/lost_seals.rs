//! Seals of whose list nobody is left: two publishers put somebody on it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{get, post};
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::policy::Action;
use crate::http::auth::OpenSeals;
use crate::http::pages::form::{Arrived, Form, Late, Posted};
use crate::http::pages::frame::below;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Control, Field, Notice, Tone};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{Page, filters, with};
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::lost_seals::{self, Came, LostSeal};

use super::{again, forms};

pub const PAGES: &[Page] =
    &[with("GET", "/desk/lost-seals", Action::OpenSeals), with("POST", "/desk/lost-seals", Action::OpenSeals)];

#[derive(Template)]
#[template(path = "desk/lost_seals.html")]
struct Lost<'a> {
    notice: Option<Notice>,
    seals: Vec<One>,
    action: String,
    word: &'a str,
}

struct One {
    person: String,
    accounts: String,
    asked: Vec<String>,
    fields: Vec<Field>,
}

fn one(lost: LostSeal, sent: Option<&Form>, errors: &[FieldError]) -> One {
    let person = lost.person.to_string();
    let own = sent.filter(|sent| sent.get("person") == person);
    let field = |name: &'static str, label: &str, hint: &str| {
        let typed = own.map(|sent| sent.get(name).to_owned()).unwrap_or_default();
        let mut field = Field::new(name, t(label), Control::line()).hint(t(hint)).required().value(typed);
        field = field.id(format!("{name}-{person}"));
        let wrong = errors.iter().filter(|error| own.is_some() && error.field == name);
        field.errors = wrong.map(forms::told).collect();
        field
    };
    let fields = vec![
        field("account", "Who is to see the person", "The name of a caseworker or publisher."),
        field("reason", "Why", "No personal text: anybody who sees the record reads it."),
    ];
    let asked =
        lost.requests.iter().map(|asked| say("{} asks for {}: {}", &[&asked.by, &asked.account, &asked.reason]));
    One { asked: asked.collect(), accounts: lost.accounts.join(", "), fields, person }
}

async fn show(
    visit: &Visit<OpenSeals>,
    store: &Records,
    notice: Option<Notice>,
    sent: Option<&Form>,
    errors: &[FieldError],
) -> Result<Reply, Turned> {
    let found = store.read(visit.actor(), |session| lost_seals::all(session.conn())).await?;
    let content = Lost {
        notice,
        seals: found.into_iter().map(|lost| one(lost, sent, errors)).collect(),
        action: link("/desk/lost-seals"),
        word: visit.word(),
    };
    Ok(below(visit.permit(), t("Seals of whose list nobody is left"), Some(("/desk", t("Desk"))), &content)?)
}

/// The seals of whose list nobody is left.
#[get("/desk/lost-seals")]
pub async fn list(visit: Visit<OpenSeals>, store: Data<Records>) -> Result<Reply, Turned> {
    show(&visit, &store, None, None, &[]).await
}

/// Asks that somebody is put on a list; the second publisher who asks the same does it.
#[post("/desk/lost-seals")]
pub async fn request(arrived: Arrived<OpenSeals>, store: Data<Records>) -> Result<Reply, Turned> {
    let Posted { visit, form } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            return Ok(show(&visit, &store, Some(again::late()), Some(&form), &[])
                .await?
                .status(StatusCode::FORBIDDEN));
        }
    };
    let [person, account, reason] = ["person", "account", "reason"].map(|name| form.get(name).to_owned());
    let actor = visit.actor();
    let done = store
        .run(move |store| {
            store.write(&actor, "seal.request", move |tx| {
                lost_seals::request(tx, Some(&person), Some(&account), Some(&reason))
            })
        })
        .await;
    match done {
        Ok((_, came)) => {
            let told = match came {
                Came::Opened => "The account is on the list now, and the owner of the person is told.",
                Came::Waits => "It is asked. Another publisher must ask the same.",
            };
            show(&visit, &store, Some(Notice::new(Tone::Done, t(told))), None, &[]).await
        }
        Err(problem) if problem.is_invalid() => {
            let page = show(&visit, &store, None, Some(&form), &problem.errors).await?;
            Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The pages.
pub fn services(config: &mut ServiceConfig) {
    config.service(list).service(request);
}
