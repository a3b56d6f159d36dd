//! What the owner of an account is told of signing in, and admins of wrong second factors. And how wrong second factors that
//! follow on a right passphrase slow down the next, from wherever they come.

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::domain::record::{Instant, RecordId};

use super::backend::Conn;
use super::clock;
use super::error::{StoreError, word};
use super::schema::{accounts, sign_ins};
use super::session::Tx;

/// How many wrong second factors cost no time.
const FREE: i64 = 10;
/// The first wait after them, and the longest, in seconds.
const SHORTEST: i64 = 30;
const LONGEST: i64 = 3_600;
/// For how long failures are one line.
const ONE_LINE: TimeDelta = TimeDelta::hours(1);
/// For how long lines are there.
const REMEMBERED: TimeDelta = TimeDelta::days(180);
/// How many lines the owner sees, and how far admins see back.
const LINES: i64 = 50;
const ADMINS_SEE: TimeDelta = TimeDelta::days(30);

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    SignedIn,
    WrongPassphrase,
    /// The passphrase was right.
    WrongSecondFactor,
}

impl What {
    const WORDS: [(&str, Self); 3] = [
        ("signed_in", Self::SignedIn),
        ("wrong_passphrase", Self::WrongPassphrase),
        ("wrong_second_factor", Self::WrongSecondFactor),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::WrongPassphrase => "wrong_passphrase",
            Self::WrongSecondFactor => "wrong_second_factor",
        }
    }
}

/// A sign-in, or failures of one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub what: What,
    /// Whether the person had signed in from this browser before.
    pub known_browser: bool,
    pub times: i64,
    pub first_at: Instant,
    pub last_at: Instant,
}

/// Wrong second factors after a right passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongFactors {
    pub times: i64,
    pub last_at: Instant,
}

/// Writes down what came of an attempt.
pub(super) fn note(tx: &mut Tx<'_>, account: RecordId, what: What, known_browser: bool) -> QueryResult<()> {
    let now = tx.now();
    let old = Instant::new(now.0 - REMEMBERED);
    diesel::delete(sign_ins::table.filter(sign_ins::last_at.lt(old))).execute(tx.conn())?;
    if what != What::SignedIn {
        let read =
            accounts::table.find(account).select(accounts::sign_ins_read_at).first::<Option<Instant>>(tx.conn())?;
        let begun = Instant::new(now.0 - ONE_LINE);
        // What was read is not told anew.
        let begun = read.map_or(begun, |read| begun.max(read));
        let open = sign_ins::table
            .filter(sign_ins::account_id.eq(account))
            .filter(sign_ins::outcome.eq(what.name()))
            .filter(sign_ins::known_browser.eq(known_browser))
            .filter(sign_ins::first_at.gt(begun));
        let open = open.select(sign_ins::id).first::<RecordId>(tx.conn()).optional()?;
        if let Some(open) = open {
            let more = (sign_ins::times.eq(sign_ins::times + 1), sign_ins::last_at.eq(now));
            diesel::update(sign_ins::table.find(open)).set(more).execute(tx.conn())?;
            return Ok(());
        }
    }
    diesel::insert_into(sign_ins::table)
        .values((
            sign_ins::id.eq(RecordId::new()),
            sign_ins::account_id.eq(account),
            sign_ins::outcome.eq(what.name()),
            sign_ins::known_browser.eq(known_browser),
            sign_ins::times.eq(1_i64),
            sign_ins::first_at.eq(now),
            sign_ins::last_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

type Row = (String, bool, i64, Instant, Instant);

/// The newest lines of an account, newest first.
///
/// # Errors
/// The database's own.
pub fn list(conn: &mut Conn, account: RecordId) -> QueryResult<Vec<Line>> {
    let rows = sign_ins::table
        .filter(sign_ins::account_id.eq(account))
        .order((sign_ins::last_at.desc(), sign_ins::id.desc()))
        .limit(LINES)
        .select((sign_ins::outcome, sign_ins::known_browser, sign_ins::times, sign_ins::first_at, sign_ins::last_at))
        .load::<Row>(conn)?;
    let line = |(what, known_browser, times, first_at, last_at): Row| {
        Ok(Line { what: word(&What::WORDS, &what)?, known_browser, times, first_at, last_at })
    };
    rows.into_iter().map(line).collect()
}

type Wrong = (RecordId, i64, Instant);

fn summed(wrong: Vec<Wrong>) -> HashMap<RecordId, WrongFactors> {
    let mut found = HashMap::new();
    for (account, times, last_at) in wrong {
        let all = found.entry(account).or_insert(WrongFactors { times: 0, last_at });
        *all = WrongFactors { times: all.times + times, last_at: all.last_at.max(last_at) };
    }
    found
}

/// By account the wrong second factors of the last 30 days, for admins.
///
/// # Errors
/// The database's own.
pub fn recent(conn: &mut Conn, now: Instant) -> QueryResult<HashMap<RecordId, WrongFactors>> {
    let wrong = sign_ins::table
        .filter(sign_ins::outcome.eq(What::WrongSecondFactor.name()))
        .filter(sign_ins::last_at.gt(Instant::new(now.0 - ADMINS_SEE)))
        .select((sign_ins::account_id, sign_ins::times, sign_ins::last_at));
    Ok(summed(wrong.load::<Wrong>(conn)?))
}

/// The wrong second factors that the owner of an account has not read of yet.
///
/// # Errors
/// The database's own.
pub fn unread(conn: &mut Conn, account: RecordId) -> QueryResult<Option<WrongFactors>> {
    let read = accounts::table.find(account).select(accounts::sign_ins_read_at).first::<Option<Instant>>(conn)?;
    let mut wrong = sign_ins::table
        .filter(sign_ins::account_id.eq(account))
        .filter(sign_ins::outcome.eq(What::WrongSecondFactor.name()))
        .select((sign_ins::account_id, sign_ins::times, sign_ins::last_at))
        .into_boxed();
    if let Some(read) = read {
        wrong = wrong.filter(sign_ins::last_at.gt(read));
    }
    Ok(summed(wrong.load::<Wrong>(conn)?).remove(&account))
}

/// How many seconds must lie between a wrong second factor and the next code, when so many were wrong.
fn delay(failures: i64) -> i64 {
    match u32::try_from(failures - FREE) {
        Ok(more) => SHORTEST.checked_shl(more.min(16)).map_or(LONGEST, |seconds| seconds.min(LONGEST)),
        Err(_) => 0,
    }
}

/// For how many seconds no code of the second factor is looked at. From wherever it comes: who has the passphrase has as many
/// addresses as it takes to guess a code.
pub(super) fn wait(tx: &mut Tx<'_>, account: RecordId) -> QueryResult<Option<u64>> {
    let (failures, last) = accounts::table
        .find(account)
        .select((accounts::factor_failures, accounts::factor_failed_at))
        .first::<(i64, Option<Instant>)>(tx.conn())?;
    let Some(last) = last else { return Ok(None) };
    let Some(waited) = clock::since(last, tx.now()) else { return Ok(None) };
    let left = TimeDelta::seconds(delay(failures)) - waited;
    let seconds = u64::try_from(left.num_seconds()).ok().filter(|_| left > TimeDelta::zero());
    Ok(seconds.map(|seconds| seconds + 1))
}

/// Counts a wrong second factor.
pub(super) fn count_wrong_factor(tx: &mut Tx<'_>, account: RecordId) -> QueryResult<()> {
    let now = tx.now();
    let more = (accounts::factor_failures.eq(accounts::factor_failures + 1), accounts::factor_failed_at.eq(now));
    diesel::update(accounts::table.find(account)).set(more).execute(tx.conn())?;
    Ok(())
}

/// Begins to count anew: a second factor was right, or it or the passphrase is another one now.
pub(super) fn forgive(tx: &mut Tx<'_>, account: RecordId) -> QueryResult<()> {
    let none = (accounts::factor_failures.eq(0_i64), accounts::factor_failed_at.eq(None::<Instant>));
    diesel::update(accounts::table.find(account)).set(none).execute(tx.conn())?;
    Ok(())
}

/// How many attempts were turned away before anybody looked at them, in a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TurnedAway {
    /// Too many by one name, address or browser.
    pub too_many: u64,
    /// No place was free.
    pub no_place: u64,
}

/// Writes down in one entry how many attempts were turned away.
///
/// # Errors
/// The database's own, or that the keyring is not open.
pub fn note_turned_away(
    store: &super::database::Store,
    turned_away: TurnedAway,
    seconds: u64,
) -> Result<(), StoreError> {
    store.write(&super::accounts::host(), "sign_in.turned_away", move |tx| {
        tx.note("too_many", turned_away.too_many);
        tx.note("no_place", turned_away.no_place);
        tx.note("seconds", seconds);
        Ok(())
    })
}
