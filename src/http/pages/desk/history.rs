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
use crate::store::error::StoreError;
use crate::store::records::{self as store, Found, Stored, Which};
use crate::store::seals::{self, Turn};
use crate::store::session::Session;
use crate::store::terms;

use super::inputs;
use super::shown;
use super::view::{ids, values_of};

/// What a version did to its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Entered,
    Corrected,
    TakenBack,
    CountedAgain,
    Sealed,
    ListChanged,
    Unsealed,
}

impl Deed {
    fn name(self) -> &'static str {
        match self {
            Self::Entered => "Entered",
            Self::Corrected => "Corrected",
            Self::TakenBack => "Taken back",
            Self::CountedAgain => "Counted again",
            Self::Sealed => "Sealed",
            Self::ListChanged => "The list of the seal changed",
            Self::Unsealed => "Seal lifted",
        }
    }

    /// What its reason is the reason for, where that is not what the record says.
    fn why(self) -> Option<&'static str> {
        match self {
            Self::Entered | Self::Corrected => None,
            Self::TakenBack => Some("Why it was taken back"),
            Self::CountedAgain => Some("Why it is counted again"),
            Self::Sealed => Some("Why it was sealed"),
            Self::ListChanged => Some("Why the list of the seal was changed"),
            Self::Unsealed => Some("Why the seal was lifted"),
        }
    }
}

/// Versions of a record, oldest first, each with what it did.
type Versions<B> = Vec<(Deed, Found<B>)>;

/// All versions of a record that the reader may see.
fn versions<E: Stored>(session: &mut Session<'_>, id: RecordId) -> Result<Versions<E::Body>, StoreError> {
    let found = store::get::<E>(session, id, Which::All)?;
    let persons: Vec<_> = found.iter().flat_map(|one| E::persons(id, &one.version.body)).collect();
    let turns = seals::turns(session.conn(), &persons)?;
    let mut before: Option<State> = None;
    let deed = |now: &Found<E::Body>| {
        let stamp = &now.version.stamp;
        match (before.replace(stamp.state), turns.get(&stamp.write)) {
            (None, _) => Deed::Entered,
            (Some(before), _) if before != stamp.state && stamp.state == State::Withdrawn => Deed::TakenBack,
            (Some(before), _) if before != stamp.state => Deed::CountedAgain,
            (Some(_), Some(Turn::Sealed)) => Deed::Sealed,
            (Some(_), Some(Turn::ListChanged)) => Deed::ListChanged,
            (Some(_), Some(Turn::Unsealed)) => Deed::Unsealed,
            (Some(_), None) => Deed::Corrected,
        }
    };
    let deeds: Vec<_> = found.iter().map(deed).collect();
    Ok(deeds.into_iter().zip(found).collect())
}

/// Why a record says what it says, and why it stands as it does, where that is for another reason.
#[derive(Debug, Default)]
pub struct Reasons {
    /// Of the version that was entered or corrected last.
    pub said: Option<String>,
    /// What the last version did, and why.
    pub since: Option<(&'static str, String)>,
}

/// The reasons of a record as it stands.
///
/// # Errors
/// [`StoreError::Missing`] where there is none that the reader may see.
pub fn reasons<E: Stored>(session: &mut Session<'_>, id: RecordId) -> Result<Reasons, StoreError> {
    let versions = versions::<E>(session, id)?;
    let reason = |found: &Found<E::Body>| found.version.stamp.reason.clone();
    let said = versions.iter().rev().find(|(deed, _)| deed.why().is_none()).and_then(|(_, found)| reason(found));
    let since = versions.last().and_then(|(deed, found)| Some((deed.why()?, reason(found)?)));
    Ok(Reasons { said, since })
}

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
    (deed, now): &(Deed, Found<E::Body>),
    vocabulary: &Vocabulary,
) -> Result<Step, Problem> {
    let (old, new) = (before.map(|before| values_of::<E>(before)).transpose()?, values_of::<E>(now)?);
    let old_ids = before.map(ids).unwrap_or_default();
    let differing = inputs::of(E::NOUN).iter().filter(|input| input.name != "reason").filter_map(|input| {
        let was = old.as_ref().map(|old| plain(&shown::lines(input, old, vocabulary, &old_ids))).unwrap_or_default();
        let is = plain(&shown::lines(input, &new, vocabulary, &ids(now)));
        (was != is).then(|| (t(input.label).to_owned(), was, is))
    });
    let mut changes: Vec<_> = differing.collect();
    let texts = |found: &Found<E::Body>| {
        found.texts.iter().map(|name| t(inputs::text(name)).to_owned()).collect::<Vec<_>>().join(", ")
    };
    let (was, is) = (before.map(texts).unwrap_or_default(), texts(now));
    if was != is {
        changes.push((t("Personal text").to_owned(), was, say("fields that hold something: {}", &[&is])));
    }
    Ok(Step {
        what: t(deed.name()).to_owned(),
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
        .read(visit.actor(), move |session| Ok((versions::<E>(session, id)?, terms::vocabulary(session.conn(), None)?)))
        .await?;
    let mut steps = Vec::new();
    for (at, now) in found.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| found.get(at)).map(|(_, before)| before);
        steps.push(step::<E>(before, now, &vocabulary)?);
    }
    steps.reverse();
    let code = found.last().map(|(_, found)| found.version.code.clone()).unwrap_or_default();
    let address = format!("/desk/{}/{id}", E::NOUN.plural());
    Ok(below(visit.permit(), t("History"), Some((&address, t("The record"))), &History { code, steps })?)
}
