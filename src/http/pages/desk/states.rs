//! Taking a record back, and counting it again: said before it is done.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::record::{Noun, RecordId, State};
use crate::http::auth::Permission;
use crate::http::kept;
use crate::http::pages::filters;
use crate::http::pages::form::{Arrived, Late, Posted};
use crate::http::pages::frame::below;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Control, Field, Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::problem::Kind;
use crate::http::reply::Reply;
use crate::http::staff::records::Why;
use crate::http::state::Records;
use crate::store::records::Stored;

use super::again::{late, overtaken};
use super::records::seen;
use super::{forms, shown};

/// A page that says what will be done, and asks.
#[derive(Template)]
#[template(path = "desk/confirm.html")]
pub struct Confirm<'a> {
    pub notices: Vec<Notice>,
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

/// What happens to what is public already, where somebody is counted no longer.
pub const ALREADY_PUBLIC: [&str; 3] = [
    "What was published stays as it was said in that release, and is not shown anew.",
    "The next release is computed without the person.",
    "Where a number is in itself dangerous to somebody, the release that shows it must be withdrawn. A publisher does that.",
];

/// What it does to take back a record of a noun.
fn taking_back(noun: Noun) -> Vec<&'static str> {
    let kept = "It is kept with its whole history, and no longer counted from today. Answers as of earlier days stay as they were. You can undo this.";
    let mistake =
        "This is for what was entered by mistake. Where the person no longer agrees, correct the consent instead.";
    match noun {
        Noun::Consent => [
            "This is for a consent that was entered by mistake: from then on it is as if nobody had asked.",
            "Where the person no longer agrees, correct it instead: the record then says so.",
        ]
        .into_iter()
        .chain(ALREADY_PUBLIC)
        .collect(),
        Noun::Person | Noun::Incident => [mistake, kept].into_iter().chain(ALREADY_PUBLIC).collect(),
        _ => vec!["This is for what was entered by mistake.", kept],
    }
}

/// The field that asks why, with what was wrong about it.
pub fn why_field(value: &str, errors: &[FieldError]) -> Field {
    let mut field = Field::new("reason", t("Why"), Control::line()).required().value(value);
    field = field.hint(t("No personal text: anybody who sees the record reads it."));
    field.errors = errors.iter().filter(|error| error.field == "reason").map(forms::told).collect();
    field
}

/// The element that names the record on a page that asks whether something is to be done with it.
pub const RECORD: &str = "record";

/// What was wrong, with the way to the fields of the form; what is about none of them is about the record itself.
pub fn wrong(fields: &[Field], errors: &[FieldError]) -> Option<Notice> {
    let notice = Notice::new(Tone::Wrong, t("Nothing was changed."));
    let of = |error: &FieldError| fields.iter().find(|field| forms::concerns(error, &field.name));
    let lead = |notice: Notice, error: &FieldError| match of(error) {
        Some(field) => notice.leading(&field.id, format!("{}: {}", field.label, forms::told(error))),
        None => notice.leading(RECORD, format!("{}: {}", t("The record"), forms::told(error))),
    };
    (!errors.is_empty()).then(|| errors.iter().fold(notice, lead))
}

/// What came of a form that asks whether something is to be done, as it is shown again.
#[derive(Default)]
pub struct Asked<'a> {
    /// The reason that was typed.
    pub reason: &'a str,
    pub errors: &'a [FieldError],
    pub notice: Option<Notice>,
    /// The version that the form was made from, where it is to stay the one that was seen.
    pub seen: Option<i64>,
}

/// Asks whether a record is to be taken back, or counted again, and says what that does.
///
/// # Errors
/// That there is none that the reader may see.
pub async fn withdrawal<E: Stored, P: Permission>(
    visit: &Visit<P>,
    store: &Records,
    id: RecordId,
    asked: Asked<'_>,
) -> Result<Reply, Turned> {
    let (found, _) = kept::read_one::<E>(store, visit.actor(), id).await?;
    let fields = vec![why_field(asked.reason, asked.errors)];
    let back = found.version.stamp.state == State::Withdrawn;
    let (title, lines, button, way) = if back {
        let line = "It is counted again from today. What was answered in between stays as it was.";
        ("Count it again", vec![line], "Count it again", "restoration")
    } else {
        ("Take back what was entered by mistake", taking_back(E::NOUN), "Take it back", "withdrawal")
    };
    let content = Confirm {
        notices: asked.notice.into_iter().chain(wrong(&fields, asked.errors)).collect(),
        code: found.version.code.clone(),
        lines: lines.into_iter().map(|line| t(line).to_owned()).collect(),
        action: link(&format!("/desk/{}/{id}/{way}", E::NOUN.plural())),
        word: visit.word(),
        seen: Some(asked.seen.unwrap_or(found.version.stamp.write)),
        fields,
        grave: false,
        button: t(button),
        back: shown::address(E::NOUN, id),
    };
    Ok(below(visit.permit(), t(title), Some(("/desk", t("Desk"))), &content)?)
}

/// Takes a record back, or counts it again.
///
/// # Errors
/// That there is none that the reader may see.
pub async fn set_state<E: Stored, P: Permission>(
    arrived: Arrived<P>,
    store: Data<Records>,
    id: RecordId,
    state: State,
) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form }) => {
            let (reason, seen) = (form.get("reason"), Some(seen(&form)?));
            let asked = Asked { reason, notice: Some(late()), seen, ..Asked::default() };
            return Ok(withdrawal::<E, P>(&visit, &store, id, asked).await?.status(StatusCode::FORBIDDEN));
        }
    };
    let (reason, seen) = (sent.get("reason"), seen(&sent)?);
    let why = Why { reason: Some(reason.to_owned()), known_on: None };
    let done = if state == State::Withdrawn { "withdrawal" } else { "restoration" };
    match kept::keep_state::<E>(&store, visit.actor(), id, seen, why, state).await {
        Ok(_) => Ok(on(&format!("/desk/{}/{id}?done={done}", E::NOUN.plural()))),
        Err(problem) if problem.is_invalid() => {
            let asked = Asked { reason, errors: &problem.errors, seen: Some(seen), notice: None };
            Ok(withdrawal::<E, P>(&visit, &store, id, asked).await?.status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(problem) if problem.status == Kind::Stale.status() => {
            let (found, _) = kept::read_one::<E>(&store, visit.actor(), id).await?;
            let same = found.version.stamp.state == state && found.by.account == visit.actor().name;
            if same && found.version.stamp.reason.as_deref() == Some(reason.trim()) {
                // The answer was lost on its way, and the form was sent again.
                return Ok(on(&format!("/desk/{}/{id}?done={done}", E::NOUN.plural())));
            }
            let asked = Asked { reason, notice: Some(overtaken(&found)), ..Asked::default() };
            Ok(withdrawal::<E, P>(&visit, &store, id, asked).await?.status(StatusCode::PRECONDITION_FAILED))
        }
        Err(problem) => Err(problem.into()),
    }
}
