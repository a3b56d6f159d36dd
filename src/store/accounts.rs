//! Accounts, and the bearer tokens by which programmes and people sign in to the API.

use std::str::FromStr;

use chrono::TimeDelta;
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::policy::{Actor, Role};
use crate::domain::record::{Instant, RecordId};

use super::backend::Conn;
use super::chain::hex;
use super::database::{Outcome, Store};
use super::error::{StoreError, corrupt};
use super::schema::{accounts, tokens};
use super::session::Tx;

/// The account of whoever commands the machine: it imports and makes tokens, and nobody signs in as it.
pub const HOST: RecordId = RecordId(Uuid::from_u128(1));
const HOST_NAME: &str = "host";
/// What every token begins with, so that a scanner finds one that leaked.
const PREFIX: &str = "attest_";

/// The actor of commands on the machine itself. It may own what it imports.
pub fn host() -> Actor {
    Actor { account: HOST, name: HOST_NAME.to_owned(), role: Role::Publisher }
}

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

/// Makes the host's account, in the first write of all.
///
/// # Errors
/// The database's own.
pub fn install_host(tx: &mut Tx<'_>) -> QueryResult<()> {
    insert(tx, HOST, HOST_NAME, Role::Publisher)
}

/// Whether the host's account is there.
///
/// # Errors
/// The database's own.
pub fn has_host(conn: &mut Conn) -> QueryResult<bool> {
    Ok(by_name(conn, HOST_NAME)?.is_some())
}

fn insert(tx: &mut Tx<'_>, id: RecordId, name: &str, role: Role) -> QueryResult<()> {
    let created_at = tx.written_at();
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(id),
            accounts::name.eq(name),
            accounts::role.eq(role.name()),
            accounts::created_at.eq(created_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

type Row = (RecordId, String, String);

fn actor((account, name, role): Row) -> QueryResult<Actor> {
    Ok(Actor { account, name, role: Role::from_str(&role).map_err(corrupt)? })
}

pub(super) fn by_name(conn: &mut Conn, name: &str) -> QueryResult<Option<Actor>> {
    let row = accounts::table
        .filter(accounts::name.eq(name))
        .select((accounts::id, accounts::name, accounts::role))
        .first::<Row>(conn)
        .optional()?;
    row.map(actor).transpose()
}

/// Why a token was not made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("--name: expected 1 to 64 of A-Z a-z 0-9 . _ -, and not `{HOST_NAME}`")]
    Name,
    #[error("--days: expected 1 to 366")]
    Days,
    #[error("--role: `{name}` is a {role}; an account keeps its role")]
    Role { name: String, role: Role },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a token for an account, and the account if there is none of that name. Only the token's hash is kept.
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
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) || name == HOST_NAME {
        return Err(TokenError::Name);
    }
    if lasting < TimeDelta::hours(1) || lasting > TimeDelta::days(366) {
        return Err(TokenError::Days);
    }
    let name = name.to_owned();
    let made = store.attempt(&host(), "token.create", move |tx| {
        let account = match by_name(tx.conn(), &name)? {
            Some(other) if other.role != role => return Ok(Outcome::Abandon(Err((name, other.role)))),
            Some(account) => account.account,
            None => {
                let id = RecordId::new();
                insert(tx, id, &name, role)?;
                id
            }
        };
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|why| StoreError::Unavailable(why.to_string().into()))?;
        let token = format!("{PREFIX}{}", hex(&secret));
        let id = RecordId::new();
        let now = tx.written_at();
        tx.note("account", account.to_string());
        tx.note("token", id.to_string());
        tx.note("role", role.name());
        diesel::insert_into(tokens::table)
            .values((
                tokens::id.eq(id),
                tokens::account_id.eq(account),
                tokens::hash.eq(hash(&token)),
                tokens::purpose.eq(purpose.name()),
                tokens::created_at.eq(now),
                tokens::expires_at.eq(Instant::new(now.0 + lasting)),
            ))
            .execute(tx.conn())?;
        Ok(Outcome::Keep(Ok(token)))
    })?;
    let (Outcome::Keep(made) | Outcome::Abandon(made)) = made;
    made.map_err(|(name, role)| TokenError::Role { name, role })
}

/// Revokes the tokens that an earlier demonstration printed.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub fn revoke_demo_tokens(store: &Store) -> Result<(), StoreError> {
    store.write(&host(), "token.revoke", |tx| {
        let now = tx.written_at();
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
        let Some(account) = by_name(tx.conn(), &name)? else {
            let error = FieldError::new("--name", Rule::UnknownRecord, Some(&name), "the name of an account");
            return Err(Invalid::one(error).into());
        };
        let now = tx.written_at();
        let own = tokens::table.filter(tokens::account_id.eq(account.account)).filter(tokens::revoked_at.is_null());
        let revoked = diesel::update(own).set(tokens::revoked_at.eq(now)).execute(tx.conn())?;
        tx.note("account", account.account.to_string());
        tx.note("revoked", revoked);
        Ok(revoked)
    })
}

/// A token that was made, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLine {
    pub account: String,
    pub role: String,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub revoked_at: Option<Instant>,
}

/// Every token that was made, oldest first.
///
/// # Errors
/// The database's own.
pub fn list_tokens(conn: &mut Conn) -> QueryResult<Vec<TokenLine>> {
    type Columns = (String, String, Instant, Instant, Option<Instant>);
    let rows = tokens::table
        .inner_join(accounts::table.on(accounts::id.eq(tokens::account_id)))
        .order((tokens::created_at, tokens::id))
        .select((accounts::name, accounts::role, tokens::created_at, tokens::expires_at, tokens::revoked_at))
        .load::<Columns>(conn)?;
    let line = |(account, role, created_at, expires_at, revoked_at)| TokenLine {
        account,
        role,
        created_at,
        expires_at,
        revoked_at,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Who a token belongs to, if it is good now.
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
        .select((accounts::id, accounts::name, accounts::role))
        .first::<Row>(conn)
        .optional()?;
    row.map(actor).transpose()
}

/// A token has 256 random bits, so a plain hash is as good as a slow one.
fn hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}
