//! The page of a record of any noun.

use actix_web::web::Data;
use askama::Template;

use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId, State};
use crate::domain::vocabulary::Vocabulary;
use crate::http::auth::Permission;
use crate::http::kept::{self, FoundWarned};
use crate::http::pages::frame::below;
use crate::http::pages::parts::{Cell, Notice, Tone};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{retold, t};
use crate::http::pages::{filters, moment};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::error::StoreError;
use crate::store::records::{self as store, Found, Stored};
use crate::store::session::Session;
use crate::store::terms;

use super::history::{self, Reasons};
use super::inputs::{self, Kind as InputKind, Place};
use super::shown::{self, Ids};
use super::values::{self, Values};

/// What one must be allowed to change records of a noun.
pub fn writes(noun: Noun) -> Action {
    match noun {
        Noun::Term => Action::WriteTerms,
        Noun::Publication | Noun::Figure => Action::WriteFigures,
        _ => Action::WriteCases,
    }
}

/// The identifiers of the records that a version refers to.
pub fn ids<B>(found: &Found<B>) -> Ids {
    found.codes.iter().map(|(id, code)| (code.clone(), *id)).collect()
}

/// What a version says, as a form has it.
pub fn values_of<E: Stored>(found: &Found<E::Body>) -> Result<Values, Problem> {
    let entry = E::describe(&found.version, &found.codes);
    match serde_json::to_value(&entry) {
        Ok(serde_json::Value::Object(fields)) => Ok(values::of_entry(&fields)),
        _ => Err(Problem::new(Kind::Internal)),
    }
}

#[derive(Template)]
#[template(path = "desk/record.html")]
struct RecordPage {
    notices: Vec<Notice>,
    code: String,
    withdrawn: bool,
    facts: Vec<(String, Vec<Cell>)>,
    written_at: String,
    written_by: String,
    links: Vec<(String, String)>,
    rest: String,
}

/// Ways to other pages: address and name.
pub type Ways = Vec<(String, String)>;

/// What was just done, as the address says.
pub fn done(asked: &str) -> Option<Notice> {
    let done = url::form_urlencoded::parse(asked.as_bytes()).find(|(name, _)| name == "done").map(|(_, done)| done)?;
    let told = match &*done {
        "entered" => "It is kept.",
        "already" => "This was saved already, and is not saved twice.",
        "corrected" => "The correction is kept.",
        "withdrawal" => "It is taken back.",
        "restoration" => "It counts again.",
        "sealed" => "The person is sealed.",
        "unsealed" => "The seal is taken away.",
        "confirmed" => "The figure is confirmed.",
        "texts" => "The personal text is kept.",
        "several" => "The incidents are kept.",
        _ => return None,
    };
    Some(Notice::new(Tone::Done, t(told)))
}

/// A record as its page shows it.
pub struct Read<E: Stored> {
    pub found: FoundWarned<E>,
    pub reasons: Reasons,
}

/// Reads a record for its page.
///
/// # Errors
/// That there is none that the reader may see.
pub fn read<E: Stored>(session: &mut Session<'_>, id: RecordId) -> Result<Read<E>, StoreError> {
    Ok(Read { found: kept::current::<E>(session, id)?, reasons: history::reasons::<E>(session, id)? })
}

/// What is odd about a record.
fn odd(warnings: &[store::Warning]) -> impl Iterator<Item = Notice> {
    warnings
        .iter()
        .map(|warning| Notice::new(Tone::Warning, t("Odd, though it was kept")).line(retold(&warning.detail)))
}

/// The page of a record.
///
/// # Errors
/// That there is none that the reader may see.
pub async fn view<E: Stored, P: Permission>(
    visit: Visit<P>,
    store: Data<Records>,
    id: RecordId,
    asked: &str,
    title: &'static str,
) -> Result<Reply, Turned> {
    let all = move |session: &mut Session<'_>| Ok((read::<E>(session, id)?, terms::vocabulary(session.conn(), None)?));
    let (found, vocabulary) = store.read(visit.actor(), all).await?;
    page::<E, P>(&visit, found, &vocabulary, asked, title, (Vec::new(), Vec::new()), String::new())
}

/// The page of a record, with ways on and a rest of its own.
///
/// # Errors
/// That it cannot be written.
pub fn page<E: Stored, P: Permission>(
    visit: &Visit<P>,
    Read { found: (found, warnings), reasons }: Read<E>,
    vocabulary: &Vocabulary,
    asked: &str,
    title: &'static str,
    (first, last): (Ways, Ways),
    rest: String,
) -> Result<Reply, Turned> {
    let (mut values, ids) = (values_of::<E>(&found)?, ids(&found));
    // The reason for which it was taken back, or sealed, is none for what it says.
    values.insert("reason".to_owned(), reasons.said.unwrap_or_default());
    let facts = inputs::of(E::NOUN).iter().filter(|input| {
        // What is the same for every record that staff enter says nothing.
        let usual = matches!(input.kind, InputKind::Word(_))
            && values.get(input.name).is_some_and(|value| value == "case_file");
        !(input.name == "code" || (input.place == Place::Kept && usual))
    });
    let facts = facts.map(|input| (t(input.label).to_owned(), shown::lines(input, &values, vocabulary, &ids)));
    let since = reasons.since.map(|(label, reason)| (t(label).to_owned(), vec![Cell::Text(reason)]));
    let address = shown::address(E::NOUN, found.version.id);
    let withdrawn = found.version.stamp.state == State::Withdrawn;
    let mut links = first;
    let writes = visit.may(writes(E::NOUN));
    if writes && !withdrawn {
        let correct = if E::NOUN == Noun::Consent { "Correct it, or the person no longer agrees" } else { "Correct" };
        links.push((format!("{address}/correction"), t(correct).to_owned()));
    }
    links.push((format!("{address}/history"), t("History").to_owned()));
    if !E::TEXTS.is_empty() {
        links.push((format!("{address}/texts"), t("Personal text").to_owned()));
    }
    if writes {
        let back = if withdrawn { t("Count it again") } else { t("Entered by mistake: take it back") };
        links.push((format!("{address}/withdrawal"), back.to_owned()));
    }
    links.extend(last);
    let content = RecordPage {
        notices: done(asked).into_iter().chain(odd(&warnings)).collect(),
        code: found.version.code.clone(),
        withdrawn,
        facts: facts.filter(|(_, lines)| !lines.is_empty()).chain(since).collect(),
        written_at: moment(found.by.written_at),
        written_by: found.by.account.clone(),
        links,
        rest,
    };
    Ok(below(visit.permit(), t(title), Some(("/desk", t("Desk"))), &content)?)
}
