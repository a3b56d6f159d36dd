//! Finding: by code, by what happened and where and when, and by name. A name is sent by a form and stands in no address.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get, post};
use askama::Template;

use crate::domain::check::{FieldError, Register};
use crate::domain::policy::Action;
use crate::domain::record::Noun;
use crate::http::auth::{Permission, ReadCases, ReadTexts};
use crate::http::pages::form::{Arrived, Late, Posted};
use crate::http::pages::frame::page;
use crate::http::pages::parts::{Cell, Control, Field, Notice, Table, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::pages::{Page, filters, with};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::staff::texts::{SearchResult, find_persons};
use crate::http::state::Records;
use crate::store::terms;

use super::{forms, inputs, shown};

pub const PAGES: &[Page] =
    &[with("GET", "/desk/find", Action::ReadCases), with("POST", "/desk/find", Action::ReadTexts)];

/// How many persons a search by name tells.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "desk/find.html")]
struct Find<'a> {
    notice: Option<Notice>,
    code: Field,
    kinds: Field,
    places: Field,
    year: Field,
    name: Field,
    found: Option<Table>,
    word: &'a str,
}

fn any(name: &str, label: &str, list: &str, vocabulary: &crate::domain::vocabulary::Vocabulary) -> Field {
    let terms = vocabulary.active(list).map(|term| (term.code.clone(), shown::term(vocabulary, list, &term.code)));
    let mut options: Vec<_> = terms.collect();
    options.sort_by(|a, b| a.1.cmp(&b.1));
    options.insert(0, (String::new(), t("All").to_owned()));
    Field::new(name, t(label), Control::Choice { options })
}

async fn find<P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    notice: Option<Notice>,
    code: Field,
    (typed, errors): (&str, &[FieldError]),
    found: Option<SearchResult>,
) -> Result<Reply, Problem> {
    let vocabulary = store.read(visit.actor(), |session| Ok(terms::vocabulary(session.conn(), None)?)).await?;
    let mut name = Field::new("name", t("Beginnings of names"), Control::line()).hint(t(
        "In any order; capitals, accents and ё do not matter. Whom you find is recorded, never what you typed.",
    ));
    name = name.value(typed);
    name.errors = errors.iter().map(forms::told).collect();
    let content = Find {
        notice,
        code,
        kinds: any("kind", "What happened", "kind", &vocabulary),
        places: any("place", "Where", "place", &vocabulary),
        year: Field::new("year", t("Year"), Control::line()),
        name,
        found: found.map(table),
        word: visit.word(),
    };
    page(visit.permit(), t("Find"), &content)
}

fn table(found: SearchResult) -> Table {
    let row = |hit: crate::http::staff::texts::SearchHit| {
        let fields: Vec<_> = hit.matched.iter().map(|name| t(inputs::text(name))).collect();
        vec![Cell::Link(shown::address(Noun::Person, hit.id), hit.code), Cell::Text(fields.join(", "))]
    };
    let caption = if found.more { t("The first who were found; there are more") } else { t("Who was found") };
    Table {
        caption: caption.to_owned(),
        heads: vec![t("Code").to_owned(), t("Found in").to_owned()],
        numbers: Vec::new(),
        rows: found.items.into_iter().map(row).collect(),
    }
}

fn code_field(typed: &str) -> Field {
    Field::new("code", t("Code of a record"), Control::line()).value(typed)
}

/// The forms. A code that is there leads to its record.
#[get("/desk/find")]
pub async fn ask(visit: Visit<ReadCases>, store: Data<Records>, request: HttpRequest) -> Result<Reply, Turned> {
    let given = url::form_urlencoded::parse(request.query_string().as_bytes()).find(|(name, _)| name == "code");
    let code = given.map(|(_, code)| code.trim().to_owned()).unwrap_or_default();
    if code.is_empty() {
        return Ok(find(&visit, &store, None, code_field(""), ("", &[]), None).await?);
    }
    let asked = code.clone();
    let found = store
        .read(visit.actor(), move |session| {
            for noun in [Noun::Person, Noun::Incident, Noun::Source, Noun::Event, Noun::Consent, Noun::Linkage] {
                if asked.contains(char::is_control) {
                    return Ok(None);
                }
                if let Some(id) = session.find(noun, &asked)? {
                    return Ok(Some((noun, id)));
                }
            }
            Ok(None)
        })
        .await?;
    if let Some((noun, id)) = found {
        return Ok(on(&format!("/desk/{}/{id}", noun.plural())));
    }
    let field = code_field(&code).error(Some(t("There is no such record.").to_owned()));
    Ok(find(&visit, &store, None, field, ("", &[]), None).await?.status(StatusCode::NOT_FOUND))
}

/// Finds persons by name.
#[post("/desk/find")]
pub async fn by_name(arrived: Arrived<ReadTexts>, store: Data<Records>) -> Result<Reply, Turned> {
    let Posted { visit, form } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            let title = t("Nothing was asked yet: you have signed in anew since this form was opened.");
            let notice = Some(Notice::new(Tone::Warning, title));
            let page = find(&visit, &store, notice, code_field(""), (form.get("name"), &[]), None).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let (actor, name) = (visit.actor(), form.get("name").to_owned());
    let found = store.search(actor.account, move |store| find_persons(store, &actor, &name, MOST)).await;
    match found {
        Ok(found) => {
            let none = found.items.is_empty().then(|| Notice::new(Tone::Plain, t("Nobody was found.")));
            let found = (!found.items.is_empty()).then_some(found);
            Ok(find(&visit, &store, none, code_field(""), ("", &[]), found).await?)
        }
        Err(problem) if problem.is_invalid() => {
            let typed = (form.get("name"), &*problem.errors);
            let page = find(&visit, &store, None, code_field(""), typed, None).await?;
            Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(ask).service(by_name);
}
