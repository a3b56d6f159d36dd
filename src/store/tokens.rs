//! The bearer tokens by which programmes and people use the API. Only their hashes are kept.

use std::str::FromStr;

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::policy::{Action, Actor, Role};
use crate::domain::record::{Instant, RecordId};

use super::accounts::{self as people, State, host};
use super::backend::Conn;
use super::clock;
use super::credentials::{hash, new_secret};
use super::database::{Outcome, Store};
use super::error::{StoreError, corrupt};
use super::schema::{accounts, tokens};
use super::session::Tx;

/// What every token begins with, so that a scanner finds one that leaked.
const PREFIX: &str = "attest_";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Api,
    /// Printed by the demonstration; the next start revokes it.
    Demo,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Demo => "demo",
        }
    }
}

/// What a token may do at most: some actions, or with `None` all that its account may.
pub type Scopes = Option<Vec<Action>>;

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("--name: expected {}", people::EXPECTED_NAME)]
    Name,
    #[error("--days: expected 1 to 366")]
    Days,
    #[error("--scope: {0}")]
    Scope(String),
    #[error("--role: `{name}` is a {role}; an account keeps its role")]
    Role { name: String, role: Role },
    #[error("--name: the account `{name}` is {state}: no token of it would be good")]
    State { name: String, state: &'static str },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the names of actions.
///
/// # Errors
/// The name that is none, and what is one.
pub fn read_scopes<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Scopes, String> {
    let mut scopes = Vec::new();
    for name in names.into_iter().flat_map(|names| names.split([',', ' '])).filter(|name| !name.is_empty()) {
        let found = Action::ALL.iter().find(|action| action.name() == name);
        let known = || Action::ALL.iter().map(|action| action.name()).collect::<Vec<_>>().join(", ");
        scopes.push(*found.ok_or_else(|| format!("`{name}` is no action; expected some of {}", known()))?);
    }
    scopes.sort();
    scopes.dedup();
    Ok((!scopes.is_empty()).then_some(scopes))
}

pub(super) fn write_scopes(scopes: &[Action]) -> String {
    scopes.iter().map(|action| action.name()).collect::<Vec<_>>().join(" ")
}

/// Reads what the database holds. A word that is no action any more gives no right; no word left is no right at all.
pub(super) fn kept_scopes(text: Option<String>) -> Scopes {
    let words = text?;
    let find = |word: &str| Action::ALL.iter().find(|action| action.name() == word).copied();
    Some(words.split(' ').filter_map(find).collect())
}

/// Whether a token may be good for so long: an hour to a year.
pub fn is_duration(lasting: TimeDelta) -> bool {
    (TimeDelta::hours(1)..=TimeDelta::days(366)).contains(&lasting)
}

/// Makes a token for an account, and the account if there is none of that name.
///
/// # Errors
/// [`TokenError`], with the option that was wrong.
pub fn create_token(
    store: &Store,
    name: &str,
    role: Role,
    lasting: TimeDelta,
    purpose: Purpose,
) -> Result<String, TokenError> {
    create_scoped(store, name, role, lasting, purpose, None)
}

/// Makes a token that may do some actions and no others.
///
/// # Errors
/// [`TokenError`], with the option that was wrong.
pub fn create_scoped(
    store: &Store,
    name: &str,
    role: Role,
    lasting: TimeDelta,
    purpose: Purpose,
    scopes: Scopes,
) -> Result<String, TokenError> {
    if !people::is_name(name) {
        return Err(TokenError::Name);
    }
    if !is_duration(lasting) {
        return Err(TokenError::Days);
    }
    let name = name.to_owned();
    let made = store.attempt(&host(), "token.create", move |tx| {
        let account = match people::named(tx.conn(), &name)? {
            Some(other) if other.role != role => {
                return Ok(Outcome::Abandon(Err(TokenError::Role { name, role: other.role })));
            }
            Some(other) if other.state != State::Active => {
                return Ok(Outcome::Abandon(Err(TokenError::State { name, state: other.state.name() })));
            }
            Some(account) => account.id,
            None => {
                let id = RecordId::new();
                people::insert(tx, id, &name, role, State::Active)?;
                id
            }
        };
        tx.note("role", role.name());
        Ok(Outcome::Keep(Ok(insert(tx, account, lasting, purpose, &scopes)?)))
    })?;
    let (Outcome::Keep(made) | Outcome::Abandon(made)) = made;
    made
}

/// Makes a token for the API, in the transaction in which its owner has proved to be the owner.
pub(super) fn make(
    tx: &mut Tx<'_>,
    account: RecordId,
    lasting: TimeDelta,
    scopes: &Scopes,
) -> Result<String, StoreError> {
    insert(tx, account, lasting, Purpose::Api, scopes)
}

fn insert(
    tx: &mut Tx<'_>,
    account: RecordId,
    lasting: TimeDelta,
    purpose: Purpose,
    scopes: &Scopes,
) -> Result<String, StoreError> {
    let token = format!("{PREFIX}{}", *new_secret()?);
    let (id, now) = (RecordId::new(), tx.now());
    tx.note("account", account.to_string());
    tx.note("token", id.to_string());
    let scopes = scopes.as_deref().map(write_scopes);
    if let Some(scopes) = &scopes {
        tx.note("scopes", scopes.clone());
    }
    diesel::insert_into(tokens::table)
        .values((
            tokens::id.eq(id),
            tokens::account_id.eq(account),
            tokens::hash.eq(hash(&token)),
            tokens::purpose.eq(purpose.name()),
            tokens::created_at.eq(now),
            tokens::expires_at.eq(Instant::new(now.0 + lasting)),
            tokens::scopes.eq(scopes),
        ))
        .execute(tx.conn())?;
    Ok(token)
}

/// Revokes the tokens that an earlier demonstration printed.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub fn revoke_demo_tokens(store: &Store) -> Result<(), StoreError> {
    store.write(&host(), "token.revoke", |tx| {
        let now = tx.now();
        let open = tokens::table.filter(tokens::purpose.eq("demo")).filter(tokens::revoked_at.is_null());
        let revoked = diesel::update(open).set(tokens::revoked_at.eq(now)).execute(tx.conn())?;
        tx.note("revoked", revoked);
        Ok(())
    })
}

/// Revokes every token of an account: what to do when one has leaked. Gives how many were open.
///
/// # Errors
/// [`StoreError::Invalid`] where there is no such account.
pub fn revoke_tokens(store: &Store, name: &str) -> Result<usize, StoreError> {
    let name = name.to_owned();
    store.write(&host(), "token.revoke", move |tx| {
        let Some(account) = people::by_name(tx.conn(), &name)? else {
            let error = FieldError::new("--name", Rule::UnknownRecord, Some(&name), "the name of an account");
            return Err(Invalid::one(error).into());
        };
        tx.note("account", account.account.to_string());
        revoke_all(tx, account.account)
    })
}

pub(super) fn revoke_all(tx: &mut Tx<'_>, account: RecordId) -> Result<usize, StoreError> {
    let now = tx.now();
    let own = tokens::table.filter(tokens::account_id.eq(account)).filter(tokens::revoked_at.is_null());
    let revoked = diesel::update(own).set(tokens::revoked_at.eq(now)).execute(tx.conn())?;
    tx.note("revoked", revoked);
    Ok(revoked)
}

/// Revokes a token of one's own.
///
/// # Errors
/// [`StoreError::Absent`] where one has no such token, or it is revoked already.
pub fn revoke_own(store: &Store, actor: &Actor, id: RecordId) -> Result<(), StoreError> {
    let account = actor.account;
    store.write(actor, "token.revoke", move |tx| {
        let now = tx.now();
        let own = tokens::table.find(id).filter(tokens::account_id.eq(account)).filter(tokens::revoked_at.is_null());
        if diesel::update(own).set(tokens::revoked_at.eq(now)).execute(tx.conn())? == 0 {
            return Err(StoreError::Absent("token"));
        }
        tx.note("token", id.to_string());
        Ok(())
    })
}

/// A token that was made, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLine {
    pub id: RecordId,
    pub account: String,
    pub role: String,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub revoked_at: Option<Instant>,
    pub scopes: Scopes,
}

type Columns = (RecordId, String, String, Instant, Instant, Option<Instant>, Option<String>);

fn line((id, account, role, created_at, expires_at, revoked_at, scopes): Columns) -> TokenLine {
    TokenLine { id, account, role, created_at, expires_at, revoked_at, scopes: kept_scopes(scopes) }
}

const COLUMNS: (
    tokens::id,
    accounts::name,
    accounts::role,
    tokens::created_at,
    tokens::expires_at,
    tokens::revoked_at,
    tokens::scopes,
) = (
    tokens::id,
    accounts::name,
    accounts::role,
    tokens::created_at,
    tokens::expires_at,
    tokens::revoked_at,
    tokens::scopes,
);

/// Every token that was made, oldest first.
///
/// # Errors
/// The database's own.
pub fn list_tokens(conn: &mut Conn) -> QueryResult<Vec<TokenLine>> {
    let all = tokens::table.inner_join(accounts::table.on(accounts::id.eq(tokens::account_id)));
    let rows = all.order((tokens::created_at, tokens::id)).select(COLUMNS).load::<Columns>(conn)?;
    Ok(rows.into_iter().map(line).collect())
}

/// The tokens of an account that are neither revoked nor past their time, oldest first.
///
/// # Errors
/// The database's own.
pub fn list_own(conn: &mut Conn, account: RecordId, now: Instant) -> QueryResult<Vec<TokenLine>> {
    let rows = tokens::table
        .inner_join(accounts::table.on(accounts::id.eq(tokens::account_id)))
        .filter(tokens::account_id.eq(account))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.gt(now))
        .order((tokens::created_at, tokens::id))
        .select(COLUMNS)
        .load::<Columns>(conn)?;
    Ok(rows.into_iter().map(line).collect())
}

/// Who a token belongs to, if it is good now: with what the token is limited to.
///
/// # Errors
/// The database's own.
pub fn authenticate(conn: &mut Conn, token: &str, now: Instant) -> QueryResult<Option<Actor>> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    let row = tokens::table
        .inner_join(accounts::table.on(accounts::id.eq(tokens::account_id)))
        .filter(tokens::hash.eq(hash(token)))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.gt(now))
        .filter(tokens::created_at.le(clock::latest(now)))
        .filter(accounts::state.eq(State::Active.name()))
        .select((accounts::id, accounts::name, accounts::role, tokens::scopes))
        .first::<(RecordId, String, String, Option<String>)>(conn)
        .optional()?;
    row.map(|(account, name, role, scopes)| {
        let role = Role::from_str(&role).map_err(corrupt)?;
        Ok(Actor { account, name, role, scopes: kept_scopes(scopes) })
    })
    .transpose()
}
