//! Whether a figure may be public. What counts a case file becomes public only through a release that signs it, where it is masked,
//! consented to and signed; what was read elsewhere needs the address. Where there are two publishers, both look at what no release
//! signs.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::aggregate::{Query, Totals};
use crate::domain::check::{CheckError, Checker, FieldError, Register, Rule};
use crate::domain::figure::{Figure, FigureEntry};
use crate::domain::policy::Role;
use crate::domain::publication::Visibility;
use crate::domain::record::{Instant, Noun, RecordId, Stamp, State, Times};
use crate::domain::release::content::Content;

use super::accounts::HOST;
use super::aggregates::Counter;
use super::backend::Conn;
use super::changes;
use super::erasure;
use super::error::StoreError;
use super::records::{self, Stored, Which};
use super::released::{self, Released};
use super::schema::{accounts, audit_entries, figure_confirmations, figure_versions, records as register};
use super::session::{Session, Tx};
use super::signatures;

/// Who confirmed a figure as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub account: String,
    pub confirmed_at: Instant,
}

/// Confirms a figure as it stands: the first of the two pairs of eyes that a published one needs.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Stale`], or [`StoreError::Refused`] where the account has confirmed this version, or is
/// nobody who can see.
pub fn confirm(tx: &mut Tx<'_>, figure: RecordId, seen: i64) -> Result<Vec<Confirmation>, StoreError> {
    let found = records::current::<FigureEntry>(tx.session(), figure)?;
    if found.version.stamp.write != seen {
        return Err(StoreError::Stale);
    }
    let (account, write, now) = (tx.actor().account, tx.write(), tx.now());
    if account == HOST {
        return Err(StoreError::Refused("two people must look at it, and the machine itself is none"));
    }
    let confirmed = diesel::dsl::exists(figure_confirmations::table.find((figure, seen, account)));
    if diesel::select(confirmed).get_result(tx.conn())? {
        return Err(StoreError::Refused("you have confirmed it; another publisher makes it public"));
    }
    diesel::insert_into(figure_confirmations::table)
        .values((
            figure_confirmations::figure_id.eq(figure),
            figure_confirmations::version.eq(seen),
            figure_confirmations::account_id.eq(account),
            figure_confirmations::confirmed_at.eq(now),
            figure_confirmations::write.eq(write),
        ))
        .execute(tx.conn())?;
    tx.touch(Noun::Figure, figure);
    confirmations(tx.session(), figure)
}

/// Who confirmed what a figure says now.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such figure.
pub fn confirmations(session: &mut Session<'_>, figure: RecordId) -> Result<Vec<Confirmation>, StoreError> {
    let found = records::current::<FigureEntry>(session, figure)?;
    let confirmed = of_what_it_says(session.conn(), figure, &found.version.body)?;
    Ok(confirmed.into_iter().map(|(_, confirmation)| confirmation).collect())
}

/// A draft that other publishers have confirmed as it stands, and the reader has not.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub figure: RecordId,
    pub code: String,
    pub confirmations: Vec<Confirmation>,
}

/// The drafts that wait for the reader's eyes.
///
/// # Errors
/// The database's own.
pub fn waiting(session: &mut Session<'_>) -> Result<Vec<Waiting>, StoreError> {
    let reader = session.reader().account;
    let drafts: Vec<(RecordId, String)> = figure_versions::table
        .inner_join(register::table.on(register::id.eq(figure_versions::record_id)))
        .filter(figure_versions::superseded_by.is_null())
        .filter(figure_versions::state.eq("active"))
        .filter(figure_versions::visibility.eq(Visibility::Draft.name()))
        .filter(figure_versions::record_id.eq_any(figure_confirmations::table.select(figure_confirmations::figure_id)))
        .order(register::code)
        .select((register::id, register::code))
        .load(session.conn())?;
    let mut waiting = Vec::new();
    for (figure, code) in drafts {
        let Some((_, _, body)) = FigureEntry::versions(session.conn(), &[figure], Which::Current)?.pop() else {
            continue;
        };
        let confirmed = of_what_it_says(session.conn(), figure, &body)?;
        if !confirmed.is_empty() && confirmed.iter().all(|(account, _)| *account != reader) {
            let confirmations = confirmed.into_iter().map(|(_, confirmation)| confirmation).collect();
            waiting.push(Waiting { figure, code, confirmations });
        }
    }
    Ok(waiting)
}

/// The publishers of today who confirmed a version that says the same.
fn of_what_it_says(conn: &mut Conn, figure: RecordId, body: &Figure) -> QueryResult<Vec<(RecordId, Confirmation)>> {
    let rows = figure_confirmations::table
        .inner_join(accounts::table.on(accounts::id.eq(figure_confirmations::account_id)))
        .filter(figure_confirmations::figure_id.eq(figure))
        .filter(accounts::id.eq_any(signatures::publishers(conn)?))
        .order(figure_confirmations::write)
        .select((figure_confirmations::version, accounts::id, accounts::name, figure_confirmations::confirmed_at))
        .load::<(i64, RecordId, String, Instant)>(conn)?;
    let mut confirmed = Vec::new();
    for (version, id, account, confirmed_at) in rows {
        let said = FigureEntry::versions(conn, &[figure], Which::Of(version))?;
        if said.iter().any(|(_, _, said)| said.says_the_same(body)) {
            confirmed.push((id, Confirmation { account, confirmed_at }));
        }
    }
    Ok(confirmed)
}

/// Why a new version of a figure may not be public, where it says it is: nothing, where it says what was public before.
pub(super) fn of_version(
    tx: &mut Tx<'_>,
    id: RecordId,
    stamp: &Stamp,
    body: &Figure,
) -> Result<Vec<FieldError>, StoreError> {
    if stamp.state != State::Active || body.visibility != Visibility::Published {
        return Ok(Vec::new());
    }
    // The version before is superseded already, where there is one.
    let before: Option<i64> = figure_versions::table
        .filter(figure_versions::record_id.eq(id))
        .select(diesel::dsl::max(figure_versions::write))
        .first(tx.conn())?;
    if let Some(before) = before {
        let said = FigureEntry::versions(tx.conn(), &[id], Which::Of(before))?;
        let was_public = |(_, stamp, said): &(RecordId, Stamp, Figure)| {
            stamp.state == State::Active && said.visibility == Visibility::Published && said.says_the_same(body)
        };
        if said.iter().any(was_public) {
            return Ok(Vec::new());
        }
    }
    why_not(tx, id, body)
}

/// Why the figures of a publication may not be public with it, where it becomes public.
pub(super) fn with_publication(tx: &mut Tx<'_>, publication: RecordId) -> Result<Vec<FieldError>, StoreError> {
    let figures: Vec<RecordId> = figure_versions::table
        .filter(figure_versions::publication_id.eq(publication))
        .filter(figure_versions::superseded_by.is_null())
        .filter(figure_versions::state.eq("active"))
        .filter(figure_versions::visibility.eq(Visibility::Published.name()))
        .order(figure_versions::record_id)
        .select(figure_versions::record_id)
        .load(tx.conn())?;
    let mut wrong = Vec::new();
    for (id, _, body) in FigureEntry::versions(tx.conn(), &figures, Which::Current)? {
        if let Some(why) = why_not(tx, id, &body)?.into_iter().next() {
            let expected = format!("a draft, while its figure `{}` is not ready: {}", body.name, why.expected);
            wrong.push(FieldError::new("state", why.rule, Some(&body.name), expected));
        }
    }
    Ok(wrong)
}

fn why_not(tx: &mut Tx<'_>, id: RecordId, body: &Figure) -> Result<Vec<FieldError>, StoreError> {
    let signed = signing(tx.conn(), id, body)?;
    if said_when_signed(tx.conn(), id, body, &signed)? {
        return Ok(Vec::new());
    }
    let mut wrong = Vec::new();
    let refuse = |field: &str, rule: Rule, expected: &str| FieldError::new(field, rule, None, expected);
    // Where the number was signed, only the words that stand around it now were not.
    if signed.is_empty() {
        if let Some(expected) = counts_a_case(tx, id, body)? {
            return Ok(vec![refuse("state", Rule::Inconsistent, expected)]);
        }
        if body.address.is_none() && !gives_its_value(tx, body)? {
            let expected = match body.query {
                Some(_) => "the address where the number was read: its query does not give it",
                None => "the address where the number was read: it has no query that could be computed",
            };
            wrong.push(refuse("address", Rule::Required, expected));
        }
    }
    // The words are free, so that they need the second look also where anybody can reckon the number.
    if signatures::publishers(tx.conn())?.len() >= 2 {
        let mut eyes: BTreeSet<RecordId> =
            of_what_it_says(tx.conn(), id, body)?.into_iter().map(|(account, _)| account).collect();
        let actor = tx.actor();
        eyes.extend((actor.account != HOST && actor.role == Role::Publisher).then_some(actor.account));
        if eyes.len() < 2 {
            let expected =
                "draft, until another publisher has confirmed it as it is: two of them look at what is published";
            wrong.push(refuse("state", Rule::Inconsistent, expected));
        }
    }
    Ok(wrong)
}

/// Whether a figure has a query that gives its value: when it was computed, or as of its day now.
fn gives_its_value(tx: &mut Tx<'_>, body: &Figure) -> Result<bool, StoreError> {
    let Some(text) = &body.query else { return Ok(false) };
    // With the write after which it was computed it is admitted only where the query gives it.
    if body.at_write.is_some() {
        return Ok(true);
    }
    let mut checker = Checker::new(tx.session());
    let query = Query::read_figure(text, "query", &mut checker);
    let query = checker.finish(query)?;
    let times = Times { as_of: body.as_of, at_write: tx.write() };
    Ok(Counter::new(tx.conn(), times)?.count(&query)?.stated() == Some(body.value))
}

/// Queries, each with the day and the write as of which it is asked.
type Asked = BTreeSet<(String, NaiveDate, i64)>;

/// Why a figure is a matter of releases, where it is: it counts a case file, or a version of it did. Its number does not become
/// another where its query is replaced or left out, or where the case is taken away until it is public.
fn counts_a_case(tx: &mut Tx<'_>, id: RecordId, body: &Figure) -> Result<Option<&'static str>, StoreError> {
    let own = asked(tx, body, None)?;
    if any_counts_a_case(tx, &own)? {
        return Ok(Some(
            "draft: its query counts case files, and what counts one becomes public only through a release that signs it",
        ));
    }
    let mut before = Asked::new();
    for (_, stamp, said) in FigureEntry::versions(tx.conn(), &[id], Which::All)? {
        before.extend(asked(tx, &said, Some(stamp.write))?);
    }
    let before: Asked = before.difference(&own).cloned().collect();
    // Of somebody who was erased nothing is left to count.
    let erased = !erasure::erased_answers_of(tx.conn(), &[id])?.is_empty();
    Ok((erased || any_counts_a_case(tx, &before)?).then_some(
        "draft: a version of it has counted case files, and what counts one becomes public only through a release that signs \
         it: make it part of a release, or enter a new figure",
    ))
}

/// What a version of a figure asks: as of its day and of today now, as of its day when it was computed, and, where it was `written`
/// before, as of its day and of the day of that write then. Of consent that was given for a time the day decides.
fn asked(tx: &mut Tx<'_>, body: &Figure, written: Option<i64>) -> Result<Asked, StoreError> {
    let Some(query) = &body.query else { return Ok(Asked::new()) };
    let (today, now) = (tx.session().today(), tx.write());
    let mut times = vec![(body.as_of, now), (today, now)];
    times.extend(body.at_write.map(|computed| (body.as_of, computed)));
    if let Some(written) = written {
        // The write that is being made is entered at its end.
        let day = if written == now {
            today
        } else {
            let at = audit_entries::table.find(written).select(audit_entries::written_at);
            at.first::<Instant>(tx.conn())?.day()
        };
        times.extend([(body.as_of, written), (day, written)]);
    }
    Ok(times.into_iter().map(|(as_of, at_write)| (query.clone(), as_of, at_write)).collect())
}

fn any_counts_a_case(tx: &mut Tx<'_>, asked: &Asked) -> Result<bool, StoreError> {
    for (text, as_of, at_write) in asked {
        let mut checker = Checker::new(tx.session());
        let query = Query::read_figure(text, "query", &mut checker);
        let query = match checker.finish(query) {
            Ok(query) => Query { by: Vec::new(), totals: Totals::Grand, ..query },
            // A question that cannot be asked any more is not taken for a harmless one.
            Err(CheckError::Invalid(_)) => return Ok(true),
            Err(fault) => return Err(fault.into()),
        };
        let times = Times { as_of: *as_of, at_write: *at_write };
        if Counter::bare(tx.conn(), times)?.counts_case_files(&query)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The releases that stand and sign this very number.
fn signing(conn: &mut Conn, id: RecordId, body: &Figure) -> Result<Vec<Released>, StoreError> {
    let Some(query) = &body.query else { return Ok(Vec::new()) };
    let code: Option<String> = register::table.find(id).select(register::code).first(conn).optional()?;
    let Some(code) = code else { return Ok(Vec::new()) };
    let standing = released::all(conn)?.into_iter().filter(|release| release.withdrawn.is_none());
    let signs = |content: &Content| {
        content.figures.iter().any(|signed| {
            signed.id == code
                && signed.query == *query
                && signed.measure == body.measure
                && signed.as_of == body.as_of
                && (signed.value, signed.qualifier) == (body.value.value, body.value.qualifier)
        })
    };
    Ok(standing.filter(|release| signs(&release.content)).collect())
}

/// Whether a figure says what it said when one of the releases was prepared: that was before the eyes of those who signed.
fn said_when_signed(conn: &mut Conn, id: RecordId, body: &Figure, signed: &[Released]) -> Result<bool, StoreError> {
    if signed.is_empty() {
        return Ok(false);
    }
    let versions = FigureEntry::versions(conn, &[id], Which::All)?;
    let stood = |stamp: &Stamp, write: i64| stamp.write <= write && stamp.superseded_by.is_none_or(|by| by > write);
    let same = |(_, stamp, said): &(RecordId, Stamp, Figure)| {
        said.says_the_same(body) && signed.iter().any(|release| stood(stamp, release.prepared_write))
    };
    Ok(versions.iter().any(same))
}

/// Makes the drafts public that a release signs, in the write that publishes it. `prepared` is the write that prepared it.
///
/// # Errors
/// [`StoreError::Outdated`] where a draft has changed since: its words were not before the eyes of those who signed.
pub(super) fn publish_signed(tx: &mut Tx<'_>, release: &Content, prepared: i64) -> Result<(), StoreError> {
    let reason = format!("signed in the release {}", release.id);
    for (id, stamp, body) in signed_figures(tx, release, Visibility::Draft)? {
        if stamp.write > prepared {
            return Err(StoreError::Outdated);
        }
        again(tx, id, stamp, Figure { visibility: Visibility::Published, ..body }, &reason)?;
    }
    Ok(())
}

/// Makes drafts again of the figures that a release signed, in the write that withdraws it, where nothing else lets them be public.
pub(super) fn take_back_signed(tx: &mut Tx<'_>, release: &Content) -> Result<(), StoreError> {
    let reason = format!("the release {} that signed it was withdrawn", release.id);
    for (id, stamp, body) in signed_figures(tx, release, Visibility::Published)? {
        if signing(tx.conn(), id, &body)?.is_empty() && counts_a_case(tx, id, &body)?.is_some() {
            again(tx, id, stamp, Figure { visibility: Visibility::Draft, ..body }, &reason)?;
        }
    }
    Ok(())
}

/// The figures of a release that are what is asked, as they stand.
fn signed_figures(
    tx: &mut Tx<'_>,
    release: &Content,
    visibility: Visibility,
) -> Result<Vec<(RecordId, Stamp, Figure)>, StoreError> {
    let mut found = Vec::new();
    for signed in &release.figures {
        let Some(id) = tx.session().find(Noun::Figure, &signed.id)? else { continue };
        found.extend(FigureEntry::versions(tx.conn(), &[id], Which::Current)?);
    }
    found.retain(|(_, stamp, body)| stamp.state == State::Active && body.visibility == visibility);
    Ok(found)
}

fn again(tx: &mut Tx<'_>, id: RecordId, stamp: Stamp, body: Figure, reason: &str) -> Result<(), StoreError> {
    let stamp = Stamp { write: tx.write(), reason: Some(reason.to_owned()), superseded_by: None, ..stamp };
    changes::replace::<FigureEntry>(tx, id, &stamp, &body)
}
