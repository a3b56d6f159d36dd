//! Who must sign what becomes public, and whose signature counts: one rule for releases, and for the lists by which they are told.

use diesel::prelude::*;

use crate::domain::policy::Role;
use crate::domain::record::{Instant, RecordId};

use super::accounts::{HOST, State};
use super::backend::Conn;
use super::error::StoreError;
use super::schema::accounts;

/// Who signed, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    pub id: RecordId,
    pub account: String,
    pub signed_at: Instant,
}

/// The people who may publish today.
///
/// # Errors
/// The database's own.
pub fn publishers(conn: &mut Conn) -> QueryResult<Vec<RecordId>> {
    accounts::table
        .filter(accounts::role.eq(Role::Publisher.name()))
        .filter(accounts::state.eq(State::Active.name()))
        .filter(accounts::id.ne(HOST))
        .select(accounts::id)
        .load(conn)
}

/// How many publishers must sign: two where the organisation has two, unless it has set `most` to one.
///
/// # Errors
/// The database's own.
pub fn required(conn: &mut Conn, most: u8) -> QueryResult<u8> {
    Ok(if publishers(conn)?.len() >= 2 && most >= 2 { 2 } else { 1 })
}

/// How many signatures are still missing of those required. Who is no publisher any more does not count, and the machine does where
/// one signature is enough.
///
/// # Errors
/// The database's own.
pub fn missing(conn: &mut Conn, signed: &[SignedBy], required: u8) -> QueryResult<usize> {
    let publishers = publishers(conn)?;
    let counts = |by: &&SignedBy| publishers.contains(&by.id) || (by.id == HOST && required == 1);
    Ok(usize::from(required).saturating_sub(signed.iter().filter(counts).count()))
}

/// Whether an account may add its signature.
///
/// # Errors
/// [`StoreError::Refused`] where it has signed, or is the machine where two people must.
pub fn may_sign(account: RecordId, signed: &[SignedBy], required: u8) -> Result<(), StoreError> {
    if account == HOST && required > 1 {
        return Err(StoreError::Refused("two people must sign, and the machine itself is none"));
    }
    if signed.iter().any(|by| by.id == account) {
        return Err(StoreError::Refused("you have signed it; somebody else must sign too"));
    }
    Ok(())
}
