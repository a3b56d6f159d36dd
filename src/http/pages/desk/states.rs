//! Taking a record back, and counting it again: said before it is done.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::record::{RecordId, State};
use crate::http::auth::Permission;
use crate::http::kept;
use crate::http::pages::filters;
use crate::http::pages::form::Posted;
use crate::http::pages::frame::below;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Control, Field, Notice};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::reply::Reply;
use crate::http::staff::records::Why;
use crate::http::state::Records;
use crate::store::records::Stored;

use super::records::seen;
use super::{forms, shown};

/// A page that says what will be done, and asks.
#[derive(Template)]
#[template(path = "desk/confirm.html")]
pub struct Confirm<'a> {
    pub notice: Option<Notice>,
    pub code: String,
    pub lines: Vec<String>,
    pub action: String,
    pub word: &'a str,
    pub seen: Option<i64>,
    pub fields: Vec<Field>,
    pub grave: bool,
    pub button: &'a str,
    pub back: String,
}

/// The field that asks why.
pub fn why_field(value: &str, errors: &[FieldError]) -> Field {
    let mut field = Field::new("reason", t("Why"), Control::line()).required().value(value);
    field = field.hint(t("No personal text: anybody who sees the record reads it."));
    field.errors = errors
        .iter()
        .map(|error| {
            if error.field == "reason" {
                forms::told(error)
            } else {
                format!("{}: {}", error.field, forms::told(error))
            }
        })
        .collect();
    field
}

/// Asks whether a record is to be taken back, or counted again, and says what that does.
///
/// # Errors
/// That there is none that the reader may see.
pub async fn withdrawal<E: Stored, P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    id: RecordId,
    typed: &str,
    errors: &[FieldError],
) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<E>(store, visit.actor(), id).await?;
    let back = found.version.stamp.state == State::Withdrawn;
    let (title, line, button, way) = if back {
        (
            "Count it again",
            "It is counted again from today. What was answered in between stays as it was.",
            "Count it again",
            "restoration",
        )
    } else {
        (
            "Take back a record",
            "It is kept with its whole history, and no longer counted from today. Answers as of earlier days stay as they were. You can undo this.",
            "Take it back",
            "withdrawal",
        )
    };
    let content = Confirm {
        notice: None,
        code: found.version.code.clone(),
        lines: vec![t(line).to_owned()],
        action: link(&format!("/desk/{}/{id}/{way}", E::NOUN.plural())),
        word: visit.word(),
        seen: Some(found.version.stamp.write),
        fields: vec![why_field(typed, errors)],
        grave: false,
        button: t(button),
        back: shown::address(E::NOUN, id),
    };
    Ok(below(visit.permit(), t(title), Some(("/desk", t("Desk"))), &content)?)
}

/// Takes a record back, or counts it again.
///
/// # Errors
/// That it has changed, or that there is none that the reader may see.
pub async fn set_state<E: Stored, P: Permission>(
    posted: Posted<P>,
    store: Data<Records>,
    id: RecordId,
    state: State,
) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = posted;
    let reason = sent.get("reason").to_owned();
    let why = Why { reason: Some(reason.clone()), known_on: None };
    match kept::keep_state::<E>(&store, visit.actor(), id, seen(&sent)?, why, state).await {
        Ok(_) => {
            let done = if state == State::Withdrawn { "withdrawal" } else { "restoration" };
            Ok(on(&format!("/desk/{}/{id}?done={done}", E::NOUN.plural())))
        }
        Err(problem) if problem.is_invalid() => {
            let page = withdrawal::<E, P>(&visit, &store, id, &reason, &problem.errors).await?;
            Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(problem) => Err(problem.into()),
    }
}
