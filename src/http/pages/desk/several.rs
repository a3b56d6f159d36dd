//! Quick entry: several incidents of one person in one form. All of them are kept, or none.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get, post};
use askama::Template;

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::entry::Patch;
use crate::domain::incident::IncidentEntry;
use crate::domain::person::PersonEntry;
use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId};
use crate::domain::text::Texts;
use crate::http::auth::WriteCases;
use crate::http::kept;
use crate::http::pages::form::{Arrived, Late, Posted};
use crate::http::pages::frame::below;
use crate::http::pages::here;
use crate::http::pages::parts::{Field, Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::pages::{Page, filters, with};
use crate::http::problem::Kind;
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::staff::actions::create_action;
use crate::http::state::Records;
use crate::store::changes;
use crate::store::database::Outcome;
use crate::store::error::StoreError;
use crate::store::idempotency;
use crate::store::terms;

use super::again::{key_of, late, used};
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
    notices: Vec<Notice>,
    code: String,
    rows: Vec<Row>,
    address: String,
    word: &'a str,
    once: String,
}

/// One incident of the form.
struct Row {
    id: String,
    fields: Vec<Field>,
    /// What is wrong with it that it has no field for.
    errors: Vec<String>,
}

impl Row {
    fn of(at: usize, fields: Vec<Field>, errors: &[FieldError]) -> Self {
        let here = |error: &&FieldError| error.field.starts_with(&format!("[{at}]"));
        let shown = |error: &&FieldError| fields.iter().any(|field| field.name == error.field);
        let errors = errors.iter().filter(here).filter(|error| !shown(error)).map(forms::told).collect();
        Self { id: format!("incident-{}", at + 1), fields, errors }
    }
}

/// What was wrong, with the way to each field.
fn mistakes(rows: &[Row], errors: &[FieldError]) -> Option<Notice> {
    let notice = Notice::new(Tone::Wrong, t("Nothing was kept. Mend these, and send it again:"));
    let lead = |notice: Notice, error: &FieldError| {
        let field = rows.iter().zip(1..).find_map(|(row, nth)| {
            let field = row.fields.iter().find(|field| field.name == error.field)?;
            Some((field.id.clone(), forms::in_row(t("Incident"), nth, &field.label)))
        });
        let row = rows.iter().zip(0..).find(|(_, at)| error.field.starts_with(&format!("[{at}]")));
        let (id, label) = field.unwrap_or_else(|| {
            let (id, nth) = row.map_or((String::new(), 1), |(row, at)| (row.id.clone(), at + 1));
            (id, format!("{} {nth}", t("Incident")))
        });
        notice.leading(id, format!("{label}: {}", forms::told(error)))
    };
    (!errors.is_empty()).then(|| errors.iter().fold(notice, lead))
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
    (sent, errors): (&Values, &[FieldError]),
    notice: Option<Notice>,
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
    let rows: Vec<_> = (0..ROWS).map(|at| Row::of(at, fields(at), errors)).collect();
    let content = Several {
        notices: notice.into_iter().chain(mistakes(&rows, errors)).collect(),
        code: found.version.code.clone(),
        rows,
        address: shown::address(Noun::Person, id),
        word: visit.word(),
        once,
    };
    let above = format!("/desk/persons/{id}");
    Ok(below(visit.permit(), t("Several incidents"), Some((&above, t("The person"))), &content)?)
}

/// The form.
#[get("/{id}/several")]
pub async fn ask(
    visit: Visit<WriteCases>,
    store: Data<Records>,
    path: RecordPath,
    request: HttpRequest,
) -> Result<Reply, Turned> {
    match key_of(&request) {
        Ok(once) => form(&visit, &store, path.get()?, (&Values::new(), &[]), None, once).await,
        Err(address) => Ok(on(&address)),
    }
}

/// What was typed in a row, as an entry; all that is wrong with it where it is none.
fn entry(
    person: RecordId,
    at: usize,
    typed: &Values,
    today: chrono::NaiveDate,
) -> Result<IncidentEntry, Vec<FieldError>> {
    let (mut fields, wrong) = values::read(Noun::Incident, typed, &[], today, false);
    fields.insert("person".to_owned(), serde_json::Value::from(person.to_string()));
    let missing = ["kind", "date"].into_iter().filter(|name| !fields.contains_key(*name));
    let missing = missing.map(|name| FieldError::new(name, Rule::Required, None, "a value")).collect();
    let wrong = values::merged(wrong, missing);
    if !wrong.is_empty() {
        return Err(in_row(at, wrong));
    }
    Patch::from(fields).entry().map_err(|why| match StoreError::from(why) {
        StoreError::Invalid(invalid) => in_row(at, invalid.0),
        other => in_row(at, vec![FieldError::new("", Rule::Malformed, None, other.to_string())]),
    })
}

fn in_row(at: usize, errors: Vec<FieldError>) -> Vec<FieldError> {
    errors.into_iter().map(|error| FieldError { field: format!("[{at}].{}", error.field), ..error }).collect()
}

/// Keeps all of them, or none. Gives whether this was the first time.
fn keep(
    store: &crate::store::database::Store,
    actor: &crate::domain::policy::Actor,
    rows: Vec<(usize, IncidentEntry)>,
    key: Option<String>,
    hash: String,
) -> Result<bool, StoreError> {
    let done = store.attempt(actor, create_action(Noun::Incident), move |tx| {
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
    Ok(matches!(done, Outcome::Keep(())))
}

/// Keeps what was typed.
#[post("/{id}/several")]
pub async fn enter(arrived: Arrived<WriteCases>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let id = path.get()?;
    let Posted { visit, form: sent } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form: sent }) => {
            let typed: Values = sent.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let page = form(&visit, &store, id, (&typed, &[]), Some(late()), sent.get("once").to_owned()).await?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
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
        errors.push(FieldError::new("[0].kind", Rule::Required, None, t("at least one incident")));
    }
    let once = sent.get("once").to_owned();
    if errors.is_empty() {
        let (actor, key) = (visit.actor(), Some(once.clone()).filter(|key| !key.is_empty()));
        let hash = sent.hash("several");
        match store.run(move |store| keep(store, &actor, rows, key, hash)).await {
            Ok(first) => {
                let done = if first { "several" } else { "already" };
                return Ok(on(&format!("/desk/persons/{id}?done={done}")));
            }
            Err(problem) if problem.kind == Kind::KeyReused.name() => {
                // What was saved stands on the person's page.
                let there = (format!("{}#incidents", shown::address(Noun::Person, id)), t("The person").to_owned());
                let once = RecordId::new().to_string();
                let page = form(&visit, &store, id, (&typed, &[]), Some(used(Some(there))), once).await?;
                return Ok(page.status(StatusCode::CONFLICT));
            }
            Err(problem) if problem.is_invalid() => errors = problem.errors,
            Err(problem) => return Err(problem.into()),
        }
    }
    let page = form(&visit, &store, id, (&typed, &errors), None, once).await?;
    Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// The pages, below the address of persons.
pub fn services(config: &mut ServiceConfig) {
    config.service(ask).service(enter);
}
