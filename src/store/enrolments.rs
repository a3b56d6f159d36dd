//! One-time links at which somebody sets passphrase and second factor. There is no e-mail: whoever makes the link hands it over,
//! and where it leads to cases a second person approves of it first.

use chrono::TimeDelta;
use diesel::prelude::*;
use zeroize::Zeroizing;

use crate::domain::policy::{Actor, Role};
use crate::domain::record::{Instant, RecordId};

use super::accounts::{self as people, Account, HOST, State};
use super::backend::Conn;
use super::clock;
use super::credentials::{self, Codes, SecondFactor, hash, new_secret};
use super::database::{Outcome, Store};
use super::error::{StoreError, corrupt, word};
use super::schema::{accounts, enrolments};
use super::session::{Session, Tx};

/// How long a link is good.
const LASTING: TimeDelta = TimeDelta::hours(24);

/// Why there is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Add,
    Reset,
    Role,
}

impl Reason {
    const WORDS: [(&str, Self); 3] = [("add", Self::Add), ("reset", Self::Reset), ("role", Self::Role)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Reset => "reset",
            Self::Role => "role",
        }
    }
}

/// A link that was just made. It is shown once.
#[derive(Clone)]
pub struct Link {
    pub id: RecordId,
    pub token: Zeroizing<String>,
    pub expires_at: Instant,
    pub needs_approval: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link {}", self.id)
    }
}

impl Link {
    /// Where it leads, below the address of the service.
    pub fn path(&self) -> String {
        format!("/enrol/{}", *self.token)
    }
}

fn place(enrolment: RecordId) -> String {
    format!("totp enrolment {enrolment}")
}

/// Makes a link for an account, in the transaction that gives the reason for it.
pub(super) fn make(tx: &mut Tx<'_>, account: &Account, reason: Reason) -> Result<Link, StoreError> {
    let (id, now) = (RecordId::new(), tx.now());
    let by = tx.actor().account;
    // Whoever commands the machine starts alone; from the second admin on there is somebody to approve.
    let alone = by == HOST && people::acting_admins(tx.conn(), now)?.len() <= 1;
    let needs_approval = people::is_trusted(account.role) && !alone;
    let token = new_secret()?;
    let sealed = SecondFactor::random()?.seal(&*tx.session().keys()?, &place(id))?;
    let expires_at = Instant::new(now.0 + LASTING);
    diesel::insert_into(enrolments::table)
        .values((
            enrolments::id.eq(id),
            enrolments::account_id.eq(account.id),
            enrolments::hash.eq(hash(&token)),
            enrolments::purpose.eq(reason.name()),
            enrolments::requested_by.eq(by),
            enrolments::needs_approval.eq(needs_approval),
            enrolments::totp_secret.eq(sealed),
            enrolments::created_at.eq(now),
            enrolments::expires_at.eq(expires_at),
        ))
        .execute(tx.conn())?;
    tx.note("enrolment", id.to_string());
    tx.note("needs_approval", needs_approval);
    Ok(Link { id, token, expires_at, needs_approval })
}

/// A link that can still be used, or waits for an approval, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub id: RecordId,
    pub account_id: RecordId,
    pub account: String,
    pub role: Role,
    pub reason: Reason,
    pub requested_by: String,
    pub needs_approval: bool,
    pub approved_by: Option<String>,
    pub created_at: Instant,
    pub expires_at: Instant,
}

type OpenRow = (RecordId, RecordId, String, RecordId, bool, Option<RecordId>, Instant, Instant);

fn name_of(conn: &mut Conn, account: RecordId) -> QueryResult<String> {
    accounts::table.find(account).select(accounts::name).first(conn)
}

fn open(conn: &mut Conn, row: OpenRow) -> Result<Open, StoreError> {
    let (id, account_id, reason, requested_by, needs_approval, approved_by, created_at, expires_at) = row;
    let account = people::get(conn, account_id)?;
    Ok(Open {
        id,
        account_id,
        account: account.name,
        role: account.role,
        reason: word(&Reason::WORDS, &reason)?,
        requested_by: name_of(conn, requested_by)?,
        needs_approval,
        approved_by: approved_by.map(|by| name_of(conn, by)).transpose()?,
        created_at,
        expires_at,
    })
}

/// The links that can still be used, or wait for an approval, oldest first.
///
/// # Errors
/// The database's own.
pub fn list(conn: &mut Conn, now: Instant) -> Result<Vec<Open>, StoreError> {
    let rows = still_open(now).order((enrolments::created_at, enrolments::id)).load::<OpenRow>(conn)?;
    rows.into_iter().map(|row| open(conn, row)).collect()
}

#[diesel::dsl::auto_type(no_type_alias)]
fn still_open(now: Instant) -> _ {
    enrolments::table
        .filter(enrolments::used_at.is_null())
        .filter(enrolments::revoked_at.is_null())
        .filter(enrolments::expires_at.gt(now))
        .select((
            enrolments::id,
            enrolments::account_id,
            enrolments::purpose,
            enrolments::requested_by,
            enrolments::needs_approval,
            enrolments::approved_by,
            enrolments::created_at,
            enrolments::expires_at,
        ))
}

/// Approves of a link that somebody else has asked for, for somebody else.
///
/// # Errors
/// [`StoreError::Refused`] where one is oneself concerned, or there is nothing to approve.
pub fn approve(store: &Store, actor: &Actor, id: RecordId) -> Result<Open, StoreError> {
    let by = actor.account;
    store.write(actor, "account.approve", move |tx| {
        let now = tx.now();
        let found = still_open(now).filter(enrolments::id.eq(id)).first::<OpenRow>(tx.conn()).optional()?;
        let row = found.ok_or(StoreError::Absent("enrolment"))?;
        let (account, requested_by, needs_approval, approved_by) = (row.1, row.3, row.4, row.5);
        if account == by || requested_by == by {
            return Err(StoreError::Refused("a second person approves: not who asked for it, nor whom it is for"));
        }
        if !needs_approval || approved_by.is_some() {
            return Err(StoreError::Refused("there is nothing to approve"));
        }
        diesel::update(enrolments::table.find(id)).set(enrolments::approved_by.eq(by)).execute(tx.conn())?;
        tx.note("enrolment", id.to_string());
        tx.note("account", account.to_string());
        open(tx.conn(), (row.0, row.1, row.2, row.3, row.4, Some(by), row.6, row.7))
    })
}

/// A link as somebody follows it.
#[derive(Debug)]
pub enum Followed {
    /// There is no such link, or it is used, revoked, or past its time.
    Bad,
    /// Nobody has approved of it yet.
    Waiting,
    Good {
        account: String,
        factor: SecondFactor,
    },
}

struct Found {
    id: RecordId,
    account: RecordId,
    name: String,
    waiting: bool,
    factor: SecondFactor,
}

type FoundRow = (RecordId, RecordId, String, String, bool, Option<RecordId>, Option<Vec<u8>>);

fn find(session: &mut Session<'_>, token: &str, now: Instant) -> Result<Option<Found>, StoreError> {
    let row = enrolments::table
        .inner_join(accounts::table.on(accounts::id.eq(enrolments::account_id)))
        .filter(enrolments::hash.eq(hash(token)))
        .filter(enrolments::used_at.is_null())
        .filter(enrolments::revoked_at.is_null())
        .filter(enrolments::expires_at.gt(now))
        .filter(enrolments::created_at.le(clock::latest(now)))
        .select((
            enrolments::id,
            enrolments::account_id,
            accounts::name,
            accounts::state,
            enrolments::needs_approval,
            enrolments::approved_by,
            enrolments::totp_secret,
        ))
        .first::<FoundRow>(session.conn())
        .optional()?;
    let Some((id, account, name, state, needs_approval, approved_by, sealed)) = row else { return Ok(None) };
    if state == State::Disabled.name() {
        return Ok(None);
    }
    let sealed = sealed.ok_or_else(|| corrupt("an open link without a secret"))?;
    let factor = SecondFactor::open(&*session.keys()?, &place(id), &sealed)?;
    Ok(Some(Found { id, account, name, waiting: needs_approval && approved_by.is_none(), factor }))
}

/// Follows a link.
///
/// # Errors
/// The database's own, or that the keyring is not open.
pub fn follow(store: &Store, token: &str) -> Result<Followed, StoreError> {
    store.read(&people::host(), |session| {
        let now = session.now();
        Ok(match find(session, token, now)? {
            None => Followed::Bad,
            Some(found) if found.waiting => Followed::Waiting,
            Some(Found { name, factor, .. }) => Followed::Good { account: name, factor },
        })
    })
}

/// What came of setting passphrase and second factor at a link.
#[derive(Debug)]
pub enum Enrolled {
    /// The link is not good, or not yet.
    Bad,
    /// The code was not that of the second factor.
    WrongCode,
    /// The account's recovery codes.
    Done(Codes),
}

/// Sets passphrase and second factor at a link, and uses it up.
///
/// # Errors
/// The database's own.
pub fn enrol(store: &Store, token: &str, stretched: String, code: &str) -> Result<Enrolled, StoreError> {
    let (token, code) = (Zeroizing::new(token.to_owned()), code.trim().to_owned());
    let done = store.attempt(&people::host(), "account.enrol", move |tx| {
        let now = tx.now();
        let found = find(tx.session(), &token, now)?.filter(|found| !found.waiting);
        let Some(found) = found else { return Ok(Outcome::Abandon(Enrolled::Bad)) };
        let Some(step) = found.factor.check(&code, now) else { return Ok(Outcome::Abandon(Enrolled::WrongCode)) };
        diesel::update(enrolments::table.find(found.id))
            .set((enrolments::used_at.eq(now), enrolments::totp_secret.eq(None::<Vec<u8>>)))
            .execute(tx.conn())?;
        diesel::update(accounts::table.find(found.account))
            .set(accounts::state.eq(State::Active.name()))
            .execute(tx.conn())?;
        credentials::set_passphrase(tx, found.account, &stretched)?;
        credentials::set_second_factor(tx, found.account, &found.factor, step)?;
        let codes = credentials::set_recovery_codes(tx, found.account)?;
        tx.note("enrolment", found.id.to_string());
        Ok(Outcome::Keep(Enrolled::Done(codes)))
    })?;
    let (Outcome::Keep(done) | Outcome::Abandon(done)) = done;
    Ok(done)
}
