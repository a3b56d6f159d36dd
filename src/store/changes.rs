//! What changes a record of any noun: entering, correcting, withdrawing, restoring.

use diesel::prelude::*;

use crate::domain::check::{CheckError, Checker, FieldError, Invalid, Register, Rule};
use crate::domain::entry::{self, Entry, Patch, is_made_code};
use crate::domain::policy::{self, Action};
use crate::domain::record::{RecordId, Stamp, State};
use crate::domain::text::Texts;

use super::error::StoreError;
use super::records::{self, Found, Stored, current};
use super::schema::records as register;
use super::session::Tx;
use super::{codes, notices, seals, texts, visibility};

fn invalid(field: &str, rule: Rule, value: Option<&str>, expected: impl Into<String>) -> StoreError {
    Invalid::one(FieldError::new(field, rule, value, expected)).into()
}

/// Publishing is a right of its own, whoever enters the rest.
fn may_publish<E: Entry>(tx: &Tx<'_>, bodies: &[&E::Body]) -> Result<(), StoreError> {
    if bodies.iter().any(|body| E::is_published(body)) {
        policy::decide(tx.actor(), Action::Publish)?;
    }
    Ok(())
}

/// What an entry says, with what is said of the version itself.
struct Checked<B> {
    body: B,
    known_on: chrono::NaiveDate,
    reason: Option<String>,
    /// The code in the register, where the entry gives one.
    code: Option<String>,
}

/// Where an entry comes from. A file may hold what nobody enters by hand any more, because it was exported from here: retired
/// codes, persons whom nobody owns, and decisions about persons who were withdrawn since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Hand,
    File,
}

/// Checks an entry whole, so that every mistake is told at once.
fn check<E: Entry>(
    tx: &mut Tx<'_>,
    entry: E,
    before: Option<&E>,
    from: Origin,
) -> Result<Checked<E::Body>, StoreError> {
    let header = entry.header();
    let mut checker = Checker::new(tx.session());
    if let Some(code) = header.code {
        checker.new_code("code", code);
    }
    // What is known is known by the end of a day in UTC: where the day that was given has not begun there, it is today.
    let known_on = checker.past_day("known_on", header.known_on).min(checker.register().today());
    let reason = checker.text("reason", header.reason);
    if before.is_some() && reason.is_none() {
        checker.refuse("reason", Rule::Required, None, "why it is corrected; no personal text");
    }
    let own = header.code.map(str::to_owned);
    let header = checker.finish(());
    let checker = Checker::correcting(tx.session(), before)?;
    let checker = if from == Origin::File { checker.of_file() } else { checker };
    let body = entry.check(checker);
    let body = match (header, body) {
        (Ok(()), Ok(body)) => body,
        (Err(CheckError::Invalid(mut first)), Err(CheckError::Invalid(then))) => {
            // Some fields are looked at twice, because they are part of the body too.
            let seen: Vec<_> = first.0.iter().map(|error| error.field.clone()).collect();
            first.0.extend(then.0.into_iter().filter(|error| !seen.contains(&error.field)));
            return Err(first.into());
        }
        (Err(why), _) | (_, Err(why)) => return Err(why.into()),
    };
    let named = records::codes(tx.conn(), E::references(&body))?;
    Ok(Checked { code: E::register_code(&body, own, &named), body, known_on, reason })
}

/// Enters a new record. A code of the shape that Attest makes is nobody's to choose.
///
/// # Errors
/// [`StoreError::Invalid`] with every mistake.
pub fn create<E: Stored>(tx: &mut Tx<'_>, entry: E, texts: &Texts) -> Result<RecordId, StoreError> {
    if let Some(code) = entry.header().code.filter(|code| is_made_code(E::NOUN, code)) {
        let expected = "a code of your own, or none: Attest makes those of this shape, and nobody chooses one";
        return Err(invalid(E::CODE, Rule::Inconsistent, Some(code), expected));
    }
    enter(tx, entry, texts, State::Active, Origin::Hand)
}

/// Enters a record that comes out of a file, which may have been exported from here: with codes that Attest made, and retired
/// codes, as records carry them that were entered before. [`Session::take_retired`](super::session::Session::take_retired) tells
/// which. What was withdrawn there is entered as withdrawn.
///
/// # Errors
/// As [`create`].
pub fn create_from_file<E: Stored>(
    tx: &mut Tx<'_>,
    entry: E,
    texts: &Texts,
    state: State,
) -> Result<RecordId, StoreError> {
    enter(tx, entry, texts, state, Origin::File)
}

fn enter<E: Stored>(
    tx: &mut Tx<'_>,
    entry: E,
    texts: &Texts,
    state: State,
    from: Origin,
) -> Result<RecordId, StoreError> {
    tx.go_on()?;
    let given = entry.header().code.is_some();
    let Checked { body, known_on, reason, code } = check(tx, entry, None, from)?;
    let id = RecordId::new();
    if given && seals::gives_codes::<E>(tx.conn(), &body)? {
        let expected = "no code: the records of a sealed person get one that tells nothing";
        return Err(invalid(E::CODE, Rule::Inconsistent, None, expected));
    }
    let code = match code {
        Some(code) => {
            make_free::<E>(tx, &code)?;
            code
        }
        None => codes::draw(tx, E::NOUN)?,
    };
    may_publish::<E>(tx, &[&body])?;
    let (created_at, created_write) = (tx.now(), tx.write());
    diesel::insert_into(register::table)
        .values((
            register::id.eq(id),
            register::noun.eq(E::NOUN.name()),
            register::code.eq(&code),
            register::created_at.eq(created_at),
            register::created_write.eq(created_write),
        ))
        .execute(tx.conn())?;
    let stamp = Stamp { write: created_write, known_on, state, reason, superseded_by: None };
    keep::<E>(tx, id, &stamp, &body, from)?;
    texts::keep(tx, id, E::subject(id, &body), texts)?;
    Ok(id)
}

/// That a code is free for a new record. Whoever may not see the record that has it is not told so: that one gets another code.
fn make_free<E: Stored>(tx: &mut Tx<'_>, code: &str) -> Result<(), StoreError> {
    let Some(holder) = codes::holder(tx.conn(), E::NOUN, code)? else { return Ok(()) };
    if tx.session().find(E::NOUN, code)?.is_none() {
        return seals::make_way(tx, E::NOUN, holder);
    }
    let expected = format!("{}; correct that one, or restore it", E::unique());
    Err(invalid(E::CODE, Rule::Taken, Some(code), expected))
}

fn keep<E: Stored>(
    tx: &mut Tx<'_>,
    id: RecordId,
    stamp: &Stamp,
    body: &E::Body,
    from: Origin,
) -> Result<(), StoreError> {
    let mut wrong = if from == Origin::Hand { E::admit_by_hand(tx, stamp, body)? } else { Vec::new() };
    wrong.extend(E::admit(tx, id, stamp, body)?);
    if !wrong.is_empty() {
        return Err(Invalid(wrong).into());
    }
    E::insert(tx.conn(), id, stamp, body)?;
    E::kept(tx, body, stamp.state);
    tx.touch(E::NOUN, id);
    Ok(())
}

/// The newest version, if it is the one that the caller has seen.
fn expected<E: Stored>(tx: &mut Tx<'_>, id: RecordId, seen: i64) -> Result<Found<E::Body>, StoreError> {
    let found = current::<E>(tx.session(), id)?;
    let (actor, persons) = (tx.actor().clone(), E::persons(id, &found.version.body));
    visibility::decide(tx.conn(), &actor, Action::WriteCases, E::NOUN, &persons)?;
    if found.version.stamp.write == seen { Ok(found) } else { Err(StoreError::Stale) }
}

/// Corrects the newest version, which must be the one that the caller has seen: a new version replaces it.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Stale`], or [`StoreError::Invalid`] with every mistake.
pub fn correct<E: Stored>(tx: &mut Tx<'_>, id: RecordId, seen: i64, mut patch: Patch) -> Result<(), StoreError> {
    // Whoever has not seen the newest version learns that first: what is mended must not go over what another wrote since.
    let found = expected::<E>(tx, id, seen)?;
    let texts = patch.take_texts(E::TEXTS)?;
    if found.version.stamp.state == State::Withdrawn {
        return Err(invalid("id", Rule::Inconsistent, None, "a record that is not withdrawn; restore it first"));
    }
    let before = E::describe(&found.version, &found.codes);
    let entry = entry::corrected(&before, patch)?;
    let Checked { body, known_on, reason, code } = check(tx, entry, Some(&before), Origin::Hand)?;
    if let Some(code) = code.filter(|code| *code != found.version.code) {
        let expected = format!("`{}`: a record keeps its code", found.version.code);
        return Err(invalid(E::CODE, Rule::Inconsistent, Some(&code), expected));
    }
    may_publish::<E>(tx, &[&found.version.body, &body])?;
    let stamp = Stamp { write: tx.write(), known_on, state: State::Active, reason, superseded_by: None };
    replace::<E>(tx, id, &stamp, &body)?;
    texts::keep(tx, id, E::subject(id, &body), &texts)?;
    seals::change_code_of_what_went_over::<E>(tx, id, &found.version.body, &body)
}

/// Takes a record back, so that it is kept and no longer counted, or restores one that was taken back.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Stale`], or [`StoreError::Invalid`] with every mistake.
pub fn set_state<E: Stored>(
    tx: &mut Tx<'_>,
    id: RecordId,
    seen: i64,
    state: State,
    reason: Option<&str>,
    known_on: Option<&str>,
) -> Result<(), StoreError> {
    let found = expected::<E>(tx, id, seen)?;
    let mut checker = Checker::new(tx.session());
    let reason = Some(checker.required("reason", reason));
    let known_on = checker.past_day("known_on", known_on).min(checker.register().today());
    if found.version.stamp.state == state {
        let already = super::stamps::state_name(state);
        checker.refuse("id", Rule::Inconsistent, None, format!("a record that is not {already} already"));
    }
    checker.finish(())?;
    may_publish::<E>(tx, &[&found.version.body])?;
    let stamp = Stamp { write: tx.write(), known_on, state, reason, superseded_by: None };
    replace::<E>(tx, id, &stamp, &found.version.body)?;
    if state == State::Withdrawn { notices::of_withdrawal(tx, E::NOUN, id) } else { Ok(()) }
}

pub(super) fn replace<E: Stored>(
    tx: &mut Tx<'_>,
    id: RecordId,
    stamp: &Stamp,
    body: &E::Body,
) -> Result<(), StoreError> {
    let write = tx.write();
    if E::supersede(tx.conn(), id, write)? != 1 {
        return Err(super::error::corrupt(format!("{} {id} has not one newest version", E::NOUN)).into());
    }
    keep::<E>(tx, id, stamp, body, Origin::Hand)
}
