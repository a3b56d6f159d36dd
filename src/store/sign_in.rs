//! Signing in. Who tries has a place before the attempt is looked at, and holds it until it is counted: so many at once are no
//! more than many one by one, and what nobody looked at is charged to nobody. What a stranger tries never slows down a browser
//! from which the person has signed in before, and nobody is ever locked out.

use chrono::TimeDelta;
use diesel::prelude::*;
use zeroize::Zeroizing;

use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId};

use super::accounts::{self as people, HOST, State, host};
use super::backend::Conn;
use super::clock;
use super::credentials::{self, Codes, SecondFactor};
use super::database::{Outcome, Store};
use super::error::StoreError;
use super::schema::{accounts, sign_in_attempts as attempts};
use super::session::Tx;
use super::sessions;
use super::sign_in_history::{self as history, What};
use super::tokens::{self, Scopes};
use crate::keys::keyring::Keyring;

/// How many attempts cost no time.
const FREE: i64 = 5;
/// The longest wait between two attempts, in seconds.
const LONGEST: i64 = 300;
/// For how long attempts are remembered.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

/// Who tries, as far as one can tell.
#[derive(Debug, Clone)]
pub struct Who {
    pub name: String,
    /// What the browser shows, where it was here before.
    pub device: Option<String>,
    pub address: String,
}

/// By what attempts are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    key: String,
    device: Option<RecordId>,
}

impl Counter {
    /// Whether the person has signed in from this browser before.
    pub fn is_known(&self) -> bool {
        self.device.is_some()
    }
}

/// By what the attempts of somebody are counted.
///
/// # Errors
/// The database's own, or that the keyring is not open.
pub fn counter(store: &Store, who: &Who) -> Result<Counter, StoreError> {
    let who = who.clone();
    store.read(&host(), |session| {
        let (keys, now) = (session.keys()?, session.now());
        read_counter(session.conn(), &keys, &who, now)
    })
}

fn read_counter(conn: &mut Conn, keys: &Keyring, who: &Who, now: Instant) -> Result<Counter, StoreError> {
    // PostgreSQL takes no NUL, and no account has one in its name.
    let name = who.name.replace('\0', " ");
    let device = match &who.device {
        Some(secret) => sessions::device(conn, secret, &name, now)?,
        None => None,
    };
    let place = device.map_or_else(|| format!("address {}", who.address), |device| format!("device {device}"));
    let words = serde_json::json!([name, place]).to_string();
    let key = super::chain::hex(&keys.own_key("sign in")?.mac(words.as_bytes()));
    Ok(Counter { key, device })
}

/// Whether an attempt may be looked at.
#[derive(Debug)]
pub enum Asked {
    /// Not before so many seconds are over.
    Wait(u64),
    Go(Candidate),
}

/// Somebody whose passphrase is to be held against what is kept.
#[derive(Debug)]
pub struct Candidate {
    counter: Counter,
    account: Option<RecordId>,
    /// What the passphrase must match; none where nobody can sign in by this name.
    pub stretched: Option<String>,
}

/// How many seconds must lie between an attempt and the one before, when so many have failed.
fn delay(failures: i64) -> i64 {
    match u32::try_from(failures - FREE) {
        Ok(more) => 1_i64.checked_shl(more.min(32)).map_or(LONGEST, |seconds| seconds.min(LONGEST)),
        Err(_) => 0,
    }
}

/// Whether somebody may try now. Nothing is written: what nobody looks at is not counted.
///
/// # Errors
/// The database's own, or that the keyring is not open.
pub fn ask(store: &Store, who: &Who) -> Result<Asked, StoreError> {
    let who = who.clone();
    store.read(&host(), |session| {
        let (keys, now) = (session.keys()?, session.now());
        let counter = read_counter(session.conn(), &keys, &who, now)?;
        if let Some((failures, last)) = failures(session.conn(), &counter, now)? {
            let waited = clock::since(last, now);
            let wait = waited.map_or(TimeDelta::zero(), |waited| TimeDelta::seconds(delay(failures)) - waited);
            if wait > TimeDelta::zero() {
                return Ok(Asked::Wait(u64::try_from(wait.num_seconds()).unwrap_or_default() + 1));
            }
        }
        let account = people::named(session.conn(), &who.name)?;
        let account = account.filter(|account| account.state == State::Active && account.id != HOST);
        let stretched = match &account {
            Some(account) => kept(session.conn(), account.id)?,
            None => None,
        };
        let account = account.map(|account| account.id);
        Ok(Asked::Go(Candidate { counter, account, stretched }))
    })
}

/// How many attempts of somebody have failed, and when the last one did. After a day that is forgotten.
fn failures(conn: &mut Conn, counter: &Counter, now: Instant) -> QueryResult<Option<(i64, Instant)>> {
    attempts::table
        .find(&counter.key)
        .filter(attempts::last_at.gt(Instant::new(now.0 - REMEMBERED)))
        .select((attempts::failures, attempts::last_at))
        .first(conn)
        .optional()
}

fn kept(conn: &mut Conn, account: RecordId) -> QueryResult<Option<String>> {
    accounts::table.find(account).select(accounts::passphrase_hash).first(conn)
}

/// What is held until an attempt is counted.
pub struct Held {
    _place: Box<dyn Send>,
}

impl Held {
    pub fn new(place: impl Send + 'static) -> Self {
        Self { _place: Box::new(place) }
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

/// Somebody who has shown a passphrase, right or wrong, and a code.
#[derive(Debug)]
pub struct Proof {
    pub candidate: Candidate,
    /// Whether the passphrase was the one that is kept.
    pub matched: bool,
    pub code: Zeroizing<String>,
    /// The place of the attempt.
    pub held: Held,
}

/// What came of showing a proof.
#[derive(Debug)]
pub enum Proved<T> {
    Done(T),
    /// Something was wrong, whatever it was.
    Wrong,
    /// The passphrase was right, and too many second factors were wrong: none is looked at before so many seconds are over.
    Wait(u64),
}

/// Whether a proof is good.
enum Checked {
    Good(RecordId),
    Wrong(What),
    Wait(u64),
}

impl Proof {
    /// Whether it is good, in the transaction that does what it is for: the code is used up with it, and failures are no longer
    /// counted. A passphrase that was changed meanwhile is a wrong one.
    fn check(&self, tx: &mut Tx<'_>) -> Result<Checked, StoreError> {
        let Some(account) = self.candidate.account.filter(|_| self.matched) else {
            return Ok(Checked::Wrong(What::WrongPassphrase));
        };
        if kept(tx.conn(), account)? != self.candidate.stretched {
            return Ok(Checked::Wrong(What::WrongPassphrase));
        }
        // A recovery code cannot be guessed: it is the way in for who is kept waiting by somebody else.
        if credentials::can_be_guessed(&self.code)
            && let Some(seconds) = history::wait(tx, account)?
        {
            return Ok(Checked::Wait(seconds));
        }
        if !credentials::use_code(tx, account, &self.code)? {
            return Ok(Checked::Wrong(What::WrongSecondFactor));
        }
        diesel::delete(attempts::table.find(&self.candidate.counter.key)).execute(tx.conn())?;
        history::forgive(tx, account)?;
        Ok(Checked::Good(account))
    }

    /// Counts an attempt that failed, whatever was wrong: where nobody has this name too, so that it takes as long.
    fn count(&self, tx: &mut Tx<'_>, what: What) -> Result<(), StoreError> {
        let now = tx.now();
        let counter = &self.candidate.counter;
        let failed = failures(tx.conn(), counter, now)?.map_or(0, |(failures, _)| failures);
        let old = Instant::new(now.0 - REMEMBERED);
        diesel::delete(attempts::table.filter(attempts::last_at.le(old))).execute(tx.conn())?;
        diesel::delete(attempts::table.find(&counter.key)).execute(tx.conn())?;
        diesel::insert_into(attempts::table)
            .values((attempts::key.eq(&counter.key), attempts::failures.eq(failed + 1), attempts::last_at.eq(now)))
            .execute(tx.conn())?;
        if let Some(account) = self.candidate.account {
            history::note(tx, account, what, counter.is_known())?;
            if what == What::WrongSecondFactor {
                history::count_wrong_factor(tx, account)?;
            }
            tx.note("account", account.to_string());
            tx.note("wrong", what.name());
        }
        tx.note("known_browser", counter.is_known());
        tx.became("sign_in.attempt");
        Ok(())
    }

    /// Does something that takes a proof. Where it was not good that is not done, and the attempt is counted.
    fn then<T: Send + 'static>(
        self,
        store: &Store,
        actor: &Actor,
        action: &'static str,
        work: impl FnOnce(&mut Tx<'_>, RecordId, &Counter) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Proved<T>, StoreError> {
        let own = actor.account;
        let done = store.attempt(actor, action, move |tx| match self.check(tx)? {
            Checked::Good(account) if own == HOST || own == account => {
                Ok(Outcome::Keep(Proved::Done(work(tx, account, &self.candidate.counter)?)))
            }
            Checked::Good(_) => Ok(Outcome::Abandon(Proved::Wrong)),
            Checked::Wait(seconds) => Ok(Outcome::Abandon(Proved::Wait(seconds))),
            Checked::Wrong(what) => {
                self.count(tx, what)?;
                Ok(Outcome::Keep(Proved::Wrong))
            }
        })?;
        let (Outcome::Keep(done) | Outcome::Abandon(done)) = done;
        Ok(done)
    }
}

/// The secrets that a browser gets.
#[derive(Debug)]
pub struct SignedIn {
    pub session: Zeroizing<String>,
    pub device: Zeroizing<String>,
    /// Whether the person is to be told of wrong second factors.
    pub warned: bool,
}

/// Opens a session.
///
/// # Errors
/// The database's own.
pub fn finish(store: &Store, proof: Proof) -> Result<Proved<SignedIn>, StoreError> {
    proof.then(store, &host(), "session.create", |tx, account, counter| {
        tx.note("account", account.to_string());
        let session = sessions::open(tx, account)?;
        let device = sessions::remember(tx, account, counter.device)?;
        history::note(tx, account, What::SignedIn, counter.is_known())?;
        tx.note("known_browser", counter.is_known());
        let warned = history::unread(tx.conn(), account)?.is_some();
        Ok(SignedIn { session, device, warned })
    })
}

/// Changes one's own passphrase.
///
/// # Errors
/// The database's own.
pub fn change_passphrase(
    store: &Store,
    actor: &Actor,
    proof: Proof,
    stretched: String,
) -> Result<Proved<()>, StoreError> {
    proof.then(store, actor, "account.passphrase", move |tx, account, _| {
        credentials::set_passphrase(tx, account, &stretched)
    })
}

/// Gives oneself new recovery codes.
///
/// # Errors
/// The database's own.
pub fn new_recovery_codes(store: &Store, actor: &Actor, proof: Proof) -> Result<Proved<Codes>, StoreError> {
    proof.then(store, actor, "account.recovery_codes", |tx, account, _| credentials::set_recovery_codes(tx, account))
}

/// Makes oneself a token, in a session.
///
/// # Errors
/// [`StoreError::Absent`] where the session has ended meanwhile: with it ended the right to make a token.
pub fn make_token(
    store: &Store,
    actor: &Actor,
    proof: Proof,
    session: RecordId,
    lasting: TimeDelta,
    scopes: Scopes,
) -> Result<Proved<String>, StoreError> {
    proof.then(store, actor, "token.create", move |tx, account, _| {
        sessions::must_be_open(tx, session)?;
        tokens::make(tx, account, lasting, &scopes)
    })
}

/// A second factor that was offered to somebody and not confirmed yet, as the page holds it: encrypted, for one session.
#[derive(Debug)]
pub struct Offered {
    pub factor: SecondFactor,
    pub sealed: Vec<u8>,
}

fn offer_place(session: RecordId) -> String {
    format!("totp offered in session {session}")
}

/// Offers oneself a new second factor.
///
/// # Errors
/// The database's own.
pub fn offer_second_factor(
    store: &Store,
    actor: &Actor,
    proof: Proof,
    session: RecordId,
) -> Result<Proved<Offered>, StoreError> {
    proof.then(store, actor, "account.second_factor_offer", move |tx, account, _| {
        tx.note("account", account.to_string());
        let factor = SecondFactor::random()?;
        let sealed = factor.seal(&*tx.session().keys()?, &offer_place(session))?;
        Ok(Offered { factor, sealed })
    })
}

/// The second factor that was offered in this session, as the page gave it back.
///
/// # Errors
/// [`StoreError::Refused`] where it was not.
pub fn offered(store: &Store, session: RecordId, sealed: &[u8]) -> Result<SecondFactor, StoreError> {
    let keys = store.keys().ok_or_else(|| StoreError::Locked("the service was started without it".to_owned()))?;
    let refused = |_| StoreError::Refused("this second factor was not offered to you");
    SecondFactor::open(&keys, &offer_place(session), sealed).map_err(refused)
}

/// Takes the second factor that was offered, on showing its code. Gives whether that was right.
///
/// # Errors
/// The database's own.
pub fn take_second_factor(
    store: &Store,
    actor: &Actor,
    factor: SecondFactor,
    code: &str,
    session: RecordId,
) -> Result<bool, StoreError> {
    let (account, code) = (actor.account, code.trim().to_owned());
    let done = store.attempt(actor, "account.second_factor", move |tx| {
        let now = tx.now();
        let Some(step) = factor.check(&code, now) else { return Ok(Outcome::Abandon(false)) };
        sessions::must_be_open(tx, session)?;
        credentials::set_second_factor(tx, account, &factor, step)?;
        Ok(Outcome::Keep(true))
    })?;
    let (Outcome::Keep(done) | Outcome::Abandon(done)) = done;
    Ok(done)
}
