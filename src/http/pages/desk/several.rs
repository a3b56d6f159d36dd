//! Quick entry: several incidents of one person in one form. All of them are kept, or none.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{get, post};
use askama::Template;

use crate::domain::check::{FieldError, Invalid};
use crate::domain::entry::Patch;
use crate::domain::incident::IncidentEntry;
use crate::domain::person::PersonEntry;
use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId};
use crate::domain::text::Texts;
use crate::http::auth::WriteCases;
use crate::http::kept;
use crate::http::pages::form::Posted;
use crate::http::pages::frame::below;
use crate::http::pages::here;
use crate::http::pages::parts::{Field, Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::pages::{Page, filters, with};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::staff::actions::create_action;
use crate::http::state::Records;
use crate::store::changes;
use crate::store::database::Outcome;
use crate::store::error::StoreError;
use crate::store::idempotency;
use crate::store::terms;

use super::values::{self, Values};
use super::{forms, inputs, shown};

pub const PAGES: &[Page] = &[
    with("GET", "/desk/persons/{id}/several", Action::WriteCases),
    with("POST", "/desk/persons/{id}/several", Action::WriteCases),
];

/// How many incidents one form takes, and what of each.
const ROWS: usize = 6;
const COLUMNS: [&str; 4] = ["kind", "date", "place", "destination"];

#[derive(Template)]
#[template(path = "desk/several.html")]
struct Several<'a> {
    notice: Option<Notice>,
    code: String,
    rows: Vec<Vec<Field>>,
    address: String,
    word: &'a str,
    once: String,
}

/// One row of the form, as it was typed.
fn row(sent: &Values, at: usize) -> Values {
    let given =
        COLUMNS.iter().filter_map(|name| Some(((*name).to_owned(), sent.get(&format!("[{at}].{name}"))?.clone())));
    given.collect()
}

async fn form(
    visit: &Visit<WriteCases>,
    store: &Records,
    id: RecordId,
    sent: &Values,
    errors: &[FieldError],
    once: String,
) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<PersonEntry>(store, visit.actor(), id).await?;
    let vocabulary = store.read(visit.actor(), |session| Ok(terms::vocabulary(session.conn(), None)?)).await?;
    let fields = |at: usize| {
        let inputs =
            COLUMNS.iter().filter_map(|name| inputs::of(Noun::Incident).iter().find(|input| input.name == *name));
        // What the form says once, above, is not said in each row.
        let bare = |input: &inputs::Input| inputs::Input { hint: "", required: false, ..*input };
        inputs
            .map(|input| forms::field(&bare(input), format!("[{at}].{}", input.name), sent, errors, &vocabulary))
            .collect()
    };
    let mut notice = Notice::new(Tone::Wrong, t("Nothing was kept. Mend these, and send it again:"));
    for error in errors {
        notice = notice.line(format!("{}: {}", error.field, forms::told(error)));
    }
    let content = Several {
        notice: (!errors.is_empty()).then_some(notice),
        code: found.version.code.clone(),
        rows: (0..ROWS).map(fields).collect(),
        address: shown::address(Noun::Person, id),
        word: visit.word(),
        once,
    };
    let above = format!("/desk/persons/{id}");
    Ok(below(visit.permit(), t("Several incidents"), Some((&above, t("The person"))), &content)?)
}

/// The form.
#[get("/{id}/several")]
pub async fn ask(visit: Visit<WriteCases>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    form(&visit, &store, path.get()?, &Values::new(), &[], RecordId::new().to_string()).await
}

/// What was typed in a row, as an entry.
fn entry(
    person: RecordId,
    at: usize,
    typed: &Values,
    today: chrono::NaiveDate,
) -> Result<IncidentEntry, Vec<FieldError>> {
    let (mut fields, wrong) = values::read(Noun::Incident, typed, &[], today, false);
    fields.insert("person".to_owned(), serde_json::Value::from(person.to_string()));
    if !wrong.is_empty() {
        return Err(in_row(at, wrong));
    }
    Patch::from(fields).entry().map_err(|why| match StoreError::from(why) {
        StoreError::Invalid(invalid) => in_row(at, invalid.0),
        other => vec![FieldError::new("", crate::domain::check::Rule::Malformed, None, other.to_string())],
    })
}

fn in_row(at: usize, errors: Vec<FieldError>) -> Vec<FieldError> {
    errors.into_iter().map(|error| FieldError { field: format!("[{at}].{}", error.field), ..error }).collect()
}

/// Keeps all of them, or none.
fn keep(
    store: &crate::store::database::Store,
    actor: &crate::domain::policy::Actor,
    rows: Vec<(usize, IncidentEntry)>,
    key: Option<String>,
    hash: String,
) -> Result<(), StoreError> {
    store.attempt(actor, create_action(Noun::Incident), move |tx| {
        if let Some(key) = &key
            && idempotency::earlier(tx, key, &hash)?.is_some()
        {
            return Ok(Outcome::Abandon(()));
        }
        let (mut errors, mut first) = (Vec::new(), None);
        for (at, entry) in rows {
            match changes::create(tx, entry, &Texts::new()) {
                Ok(id) => first = first.or(Some(id)),
                Err(StoreError::Invalid(invalid)) => errors.extend(in_row(at, invalid.0)),
                Err(why) => return Err(why),
            }
        }
        if !errors.is_empty() {
            return Err(Invalid(errors).into());
        }
        if let (Some(key), Some(id)) = (&key, first) {
            idempotency::remember(tx, key, &hash, id)?;
        }
        Ok(Outcome::Keep(()))
    })?;
    Ok(())
}

/// Keeps what was typed.
#[post("/{id}/several")]
pub async fn enter(posted: Posted<WriteCases>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = posted;
    let id = path.get()?;
    let typed: Values = sent.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let today = here::today(store.store().now());
    let filled = (0..ROWS).map(|at| (at, row(&typed, at)));
    let filled: Vec<_> = filled.filter(|(_, row)| row.values().any(|value| !value.trim().is_empty())).collect();
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for (at, typed) in &filled {
        match entry(id, *at, typed, today) {
            Ok(entry) => rows.push((*at, entry)),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if filled.is_empty() {
        errors.push(FieldError::new(
            "[0].kind",
            crate::domain::check::Rule::Required,
            None,
            t("at least one incident"),
        ));
    }
    let once = sent.get("once").to_owned();
    if errors.is_empty() {
        let (actor, key) = (visit.actor(), Some(once.clone()).filter(|key| !key.is_empty()));
        let hash = sent.hash("several");
        match store.run(move |store| keep(store, &actor, rows, key, hash)).await {
            Ok(()) => return Ok(on(&format!("/desk/persons/{id}?done=several"))),
            Err(problem) if problem.is_invalid() => errors = problem.errors,
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(form(&visit, &store, id, &typed, &errors, once).await?.status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// The pages, below the address of persons.
pub fn services(config: &mut ServiceConfig) {
    config.service(ask).service(enter);
}
