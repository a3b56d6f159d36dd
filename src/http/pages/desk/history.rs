//! The history of a record: every version with what it changed.

use actix_web::web::Data;
use askama::Template;

use crate::domain::record::{RecordId, State};
use crate::domain::vocabulary::Vocabulary;
use crate::http::auth::Permission;
use crate::http::pages::frame::below;
use crate::http::pages::parts::Cell;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{filters, moment};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::records::{self as store, Found, Stored, Which};
use crate::store::terms;

use super::inputs;
use super::shown;
use super::view::{ids, values_of};

struct Step {
    what: String,
    at: String,
    by: String,
    version: i64,
    reason: Option<String>,
    /// Field, before, after.
    changes: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "desk/history.html")]
struct History {
    code: String,
    steps: Vec<Step>,
}

fn plain(cells: &[Cell]) -> String {
    cells.iter().map(Cell::text).collect::<Vec<_>>().join("; ")
}

fn step<E: Stored>(
    before: Option<&Found<E::Body>>,
    now: &Found<E::Body>,
    vocabulary: &Vocabulary,
) -> Result<Step, Problem> {
    let (old, new) = (before.map(|before| values_of::<E>(before)).transpose()?, values_of::<E>(now)?);
    let old_ids = before.map(ids).unwrap_or_default();
    let differing = inputs::of(E::NOUN).iter().filter(|input| input.name != "reason").filter_map(|input| {
        let was = old.as_ref().map(|old| plain(&shown::lines(input, old, vocabulary, &old_ids))).unwrap_or_default();
        let is = plain(&shown::lines(input, &new, vocabulary, &ids(now)));
        (was != is).then(|| (t(input.label).to_owned(), was, is))
    });
    let state = |found: &Found<E::Body>| found.version.stamp.state;
    let what = match before {
        None => t("Entered").to_owned(),
        Some(before) if state(before) != state(now) && state(now) == State::Withdrawn => t("Taken back").to_owned(),
        Some(before) if state(before) != state(now) => t("Counted again").to_owned(),
        Some(_) => t("Corrected").to_owned(),
    };
    let mut changes: Vec<_> = differing.collect();
    let texts = |found: &Found<E::Body>| {
        found.texts.iter().map(|name| t(inputs::text(name)).to_owned()).collect::<Vec<_>>().join(", ")
    };
    let (was, is) = (before.map(texts).unwrap_or_default(), texts(now));
    if was != is {
        changes.push((t("Personal text").to_owned(), was, say("fields that hold something: {}", &[&is])));
    }
    Ok(Step {
        what,
        at: moment(now.by.written_at),
        by: now.by.account.clone(),
        version: now.version.stamp.write,
        reason: now.version.stamp.reason.clone(),
        changes,
    })
}

/// The history of a record, newest version first, each with what it changed.
///
/// # Errors
/// That there is none that the reader may see.
pub async fn history<E: Stored, P: Permission>(
    visit: Visit<P>,
    store: Data<Records>,
    id: RecordId,
) -> Result<Reply, Turned> {
    let (found, vocabulary) = store
        .read(visit.actor(), move |session| {
            let found = store::get::<E>(session, id, Which::All)?;
            Ok((found, terms::vocabulary(session.conn(), None)?))
        })
        .await?;
    let mut steps = Vec::new();
    for (at, now) in found.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| found.get(at));
        steps.push(step::<E>(before, now, &vocabulary)?);
    }
    steps.reverse();
    let code = found.last().map(|found| found.version.code.clone()).unwrap_or_default();
    let address = format!("/desk/{}/{id}", E::NOUN.plural());
    Ok(below(visit.permit(), t("History"), Some((&address, t("The record"))), &History { code, steps })?)
}
