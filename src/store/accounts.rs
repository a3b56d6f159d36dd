//! Accounts: who has one, and what admins and whoever commands the machine do with them. Nobody does it to themselves.

use std::str::FromStr;

use diesel::prelude::*;
use uuid::Uuid;

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::policy::{Action, Actor, Role, Standing, allows};
use crate::domain::record::{Instant, RecordId};
use crate::domain::vocabulary::NOT_APPLICABLE;

use super::backend::Conn;
use super::credentials;
use super::database::Store;
use super::enrolments::{self, Link, Reason};
use super::error::{StoreError, corrupt, word};
use super::schema::{accounts, tokens};
use super::session::Tx;

pub use super::tokens::{
    Purpose, TokenError, TokenLine, authenticate, create_token, list_tokens, revoke_demo_tokens, revoke_tokens,
};

/// The account of whoever commands the machine: it imports and makes tokens, and nobody signs in as it.
pub const HOST: RecordId = RecordId(Uuid::from_u128(1));
pub(super) const HOST_NAME: &str = "host";

/// The actor of commands on the machine itself. It owns nobody: what it imports without naming an owner has none.
pub fn host() -> Actor {
    Actor::new(HOST, HOST_NAME, Role::Publisher)
}

/// Whether somebody can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Was added, and has not used the link yet.
    Invited,
    Active,
    Disabled,
}

impl State {
    const WORDS: [(&str, Self); 3] =
        [("invited", Self::Invited), ("active", Self::Active), ("disabled", Self::Disabled)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// An account, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: RecordId,
    pub name: String,
    pub role: Role,
    pub state: State,
    pub created_at: Instant,
    /// Whether a passphrase and a second factor are set.
    pub enrolled: bool,
    /// Whether the person is to be told that somebody has reset the account.
    pub was_reset: bool,
}

impl Account {
    pub fn actor(&self) -> Actor {
        Actor::new(self.id, self.name.clone(), self.role)
    }
}

type AccountRow = (RecordId, String, String, String, Instant, Option<String>, Option<String>);

const ACCOUNT: (
    accounts::id,
    accounts::name,
    accounts::role,
    accounts::state,
    accounts::created_at,
    accounts::passphrase_hash,
    accounts::notice,
) = (
    accounts::id,
    accounts::name,
    accounts::role,
    accounts::state,
    accounts::created_at,
    accounts::passphrase_hash,
    accounts::notice,
);

fn account((id, name, role, state, created_at, passphrase, notice): AccountRow) -> QueryResult<Account> {
    let role = Role::from_str(&role).map_err(corrupt)?;
    let state = word(&State::WORDS, &state)?;
    Ok(Account {
        id,
        name,
        role,
        state,
        created_at,
        enrolled: passphrase.is_some(),
        was_reset: notice.as_deref() == Some("reset"),
    })
}

/// Makes the host's account, in the first write of all.
///
/// # Errors
/// The database's own.
pub fn install_host(tx: &mut Tx<'_>) -> QueryResult<()> {
    insert(tx, HOST, HOST_NAME, Role::Publisher, State::Active)
}

/// Whether the host's account is there.
///
/// # Errors
/// The database's own.
pub fn has_host(conn: &mut Conn) -> QueryResult<bool> {
    Ok(by_name(conn, HOST_NAME)?.is_some())
}

pub(super) fn insert(tx: &mut Tx<'_>, id: RecordId, name: &str, role: Role, state: State) -> QueryResult<()> {
    let created_at = tx.now();
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(id),
            accounts::name.eq(name),
            accounts::role.eq(role.name()),
            accounts::state.eq(state.name()),
            accounts::created_at.eq(created_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

pub(super) fn by_name(conn: &mut Conn, name: &str) -> QueryResult<Option<Actor>> {
    Ok(named(conn, name)?.map(|account| account.actor()))
}

/// That an account may still do what its request asks for: between its token or session and the work, somebody may have disabled
/// it or changed its role.
///
/// # Errors
/// [`StoreError::SignedOut`].
pub(super) fn must_be_active(conn: &mut Conn, actor: &Actor) -> Result<(), StoreError> {
    if actor.account == HOST {
        return Ok(());
    }
    let same = accounts::table
        .find(actor.account)
        .filter(accounts::state.eq(State::Active.name()))
        .filter(accounts::role.eq(actor.role.name()));
    let active: bool = diesel::select(diesel::dsl::exists(same)).get_result(conn)?;
    if active { Ok(()) } else { Err(StoreError::SignedOut) }
}

/// The account of this name.
///
/// # Errors
/// The database's own.
pub fn named(conn: &mut Conn, name: &str) -> QueryResult<Option<Account>> {
    // PostgreSQL takes no NUL.
    if name.contains('\0') {
        return Ok(None);
    }
    let row = accounts::table.filter(accounts::name.eq(name)).select(ACCOUNT).first::<AccountRow>(conn).optional()?;
    row.map(account).transpose()
}

/// The account with this identifier.
///
/// # Errors
/// [`StoreError::Absent`] where there is none.
pub fn get(conn: &mut Conn, id: RecordId) -> Result<Account, StoreError> {
    let row = accounts::table.find(id).select(ACCOUNT).first::<AccountRow>(conn).optional()?;
    Ok(account(row.ok_or(StoreError::Absent("account"))?)?)
}

/// Every account of a person or programme, by name.
///
/// # Errors
/// The database's own.
pub fn list(conn: &mut Conn) -> QueryResult<Vec<Account>> {
    let rows = accounts::table.filter(accounts::id.ne(HOST)).order(accounts::name).select(ACCOUNT);
    rows.load::<AccountRow>(conn)?.into_iter().map(account).collect()
}

/// What a text that names an account looks like.
pub const EXPECTED_NAME: &str = "1 to 64 of A-Z a-z 0-9 . _ -, and neither `host` nor `_Z`";

/// Whether a text can name an account: a file says `_Z` of whom nobody owns.
pub fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.len() <= 64 && name.chars().all(fits) && ![HOST_NAME, NOT_APPLICABLE].contains(&name)
}

/// What came of a change: the account, and the link at which the person goes on, where there is one.
#[derive(Debug)]
pub struct Changed {
    pub account: Account,
    pub link: Option<Link>,
}

/// Adds an account, with the link at which the person sets passphrase and second factor.
///
/// # Errors
/// [`StoreError::Invalid`] where the name is none or taken.
pub fn add(store: &Store, actor: &Actor, name: &str, role: Role) -> Result<Changed, StoreError> {
    let refused = |rule, expected: &str| Invalid::one(FieldError::new("name", rule, Some(name), expected));
    if !is_name(name) {
        return Err(refused(Rule::Malformed, EXPECTED_NAME).into());
    }
    let taken = refused(Rule::Taken, "a name that no account has");
    let name = name.to_owned();
    store.write(actor, "account.add", move |tx| {
        if by_name(tx.conn(), &name)?.is_some() {
            return Err(taken.into());
        }
        let id = RecordId::new();
        insert(tx, id, &name, role, State::Invited)?;
        tx.note("account", id.to_string());
        tx.note("role", role.name());
        finish(tx, id, Some(Reason::Add))
    })
}

/// Takes every way in from an account: it can do nothing until it is enabled.
///
/// # Errors
/// [`StoreError::Refused`] for oneself, and for the last admin who can act.
pub fn disable(store: &Store, actor: &Actor, id: RecordId) -> Result<Changed, StoreError> {
    store.write(actor, "account.disable", move |tx| {
        let account = other(tx, id)?;
        if account.state == State::Disabled {
            return Err(StoreError::Refused("the account is disabled already"));
        }
        keep_an_admin(tx, &account)?;
        set_state(tx, id, State::Disabled)?;
        credentials::forget_devices(tx, id)?;
        finish(tx, id, None)
    })
}

/// Lets an account that was disabled sign in again, with what it has.
///
/// # Errors
/// [`StoreError::Refused`] for oneself.
pub fn enable(store: &Store, actor: &Actor, id: RecordId) -> Result<Changed, StoreError> {
    store.write(actor, "account.enable", move |tx| {
        if other(tx, id)?.state != State::Disabled {
            return Err(StoreError::Refused("the account is not disabled"));
        }
        set_state(tx, id, State::Active)?;
        finish(tx, id, None)
    })
}

/// Takes passphrase, second factor and every way in from an account, and makes a link for new ones. The person is told.
///
/// # Errors
/// [`StoreError::Refused`] for oneself, and for an account that is disabled.
pub fn reset(store: &Store, actor: &Actor, id: RecordId) -> Result<Changed, StoreError> {
    store.write(actor, "account.reset", move |tx| {
        if other(tx, id)?.state == State::Disabled {
            return Err(StoreError::Refused("the account is disabled; enable it first"));
        }
        credentials::unset(tx, id)?;
        credentials::forget_devices(tx, id)?;
        diesel::update(accounts::table.find(id)).set(accounts::notice.eq("reset")).execute(tx.conn())?;
        finish(tx, id, Some(Reason::Reset))
    })
}

/// Gives an account another role. Who is to see cases, or to approve others, sets passphrase and second factor anew, so that
/// nobody gets there without a second person's approval.
///
/// # Errors
/// [`StoreError::Refused`] for oneself, for the last admin who can act, and for the role that the account has.
pub fn set_role(store: &Store, actor: &Actor, id: RecordId, role: Role) -> Result<Changed, StoreError> {
    store.write(actor, "account.role", move |tx| {
        let account = other(tx, id)?;
        if account.role == role {
            return Err(StoreError::Refused("the account has this role already"));
        }
        if account.state == State::Disabled {
            return Err(StoreError::Refused("the account is disabled; enable it first"));
        }
        keep_an_admin(tx, &account)?;
        diesel::update(accounts::table.find(id)).set(accounts::role.eq(role.name())).execute(tx.conn())?;
        tx.note("role", role.name());
        if is_trusted(role) {
            credentials::unset(tx, id)?;
        } else {
            credentials::end_access(tx, id)?;
        }
        let link = is_trusted(role) || !account.enrolled;
        finish(tx, id, link.then_some(Reason::Role))
    })
}

fn finish(tx: &mut Tx<'_>, id: RecordId, reason: Option<Reason>) -> Result<Changed, StoreError> {
    let account = get(tx.conn(), id)?;
    let link = reason.map(|reason| enrolments::make(tx, &account, reason)).transpose()?;
    tx.note("account", id.to_string());
    Ok(Changed { account, link })
}

fn set_state(tx: &mut Tx<'_>, id: RecordId, state: State) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(id)).set(accounts::state.eq(state.name())).execute(tx.conn())?;
    credentials::end_access(tx, id)
}

/// The account that somebody else is to change.
fn other(tx: &mut Tx<'_>, id: RecordId) -> Result<Account, StoreError> {
    if id == HOST {
        return Err(StoreError::Absent("account"));
    }
    let account = get(tx.conn(), id)?;
    if id == tx.actor().account {
        return Err(StoreError::Refused("nobody does this to their own account"));
    }
    Ok(account)
}

/// Whether a second person must approve of a way in: to cases, and to the right to approve, with which one person could
/// approve of himself under another name.
pub(super) fn is_trusted(role: Role) -> bool {
    role.sees_cases() || allows(role, Action::ApproveAccounts, Standing::Nobody)
}

/// Refuses to leave the service without an admin, except to whoever commands the machine.
fn keep_an_admin(tx: &mut Tx<'_>, leaving: &Account) -> Result<(), StoreError> {
    if leaving.role != Role::Admin || tx.actor().account == HOST {
        return Ok(());
    }
    let now = tx.now();
    if acting_admins(tx.conn(), now)?.iter().any(|admin| *admin != leaving.id) {
        return Ok(());
    }
    Err(StoreError::Refused("the last active admin keeps account and role"))
}

/// The admins who can act: by a passphrase, or by a token that is good for all that an admin may.
pub(super) fn acting_admins(conn: &mut Conn, now: Instant) -> QueryResult<Vec<RecordId>> {
    let good = tokens::table
        .filter(tokens::account_id.eq(accounts::id))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.gt(now))
        .filter(tokens::scopes.is_null());
    accounts::table
        .filter(accounts::role.eq(Role::Admin.name()))
        .filter(accounts::state.eq(State::Active.name()))
        .filter(accounts::passphrase_hash.is_not_null().or(diesel::dsl::exists(good)))
        .select(accounts::id)
        .load(conn)
}
