//! Idempotency keys: a creation that is sent twice happens once. They outlive the record: a late repeat must not enter somebody
//! again who was erased.

use diesel::prelude::*;

use crate::domain::record::RecordId;
use crate::keys::keyring::Keyring;

use super::backend::Conn;
use super::chain::hex;
use super::error::StoreError;
use super::schema::idempotency_keys;
use super::session::{Session, Tx};

/// What came of an earlier request with the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    pub id: RecordId,
    pub write: i64,
}

/// What came of the key's earlier request, if there was one.
///
/// # Errors
/// [`StoreError::KeyReused`] where that was another request.
pub fn earlier(tx: &mut Tx<'_>, key: &str, request_hash: &str) -> Result<Option<Earlier>, StoreError> {
    let account = tx.actor().account;
    let (own_key, keyed) = (keyed(tx.session(), key)?, keyed(tx.session(), request_hash)?);
    let found = idempotency_keys::table
        .filter(idempotency_keys::account_id.eq(account))
        // Earlier versions kept both as they are.
        .filter(idempotency_keys::key.eq_any([own_key.as_str(), key]))
        .select((idempotency_keys::request_hash, idempotency_keys::record_id, idempotency_keys::write))
        .first::<(String, RecordId, i64)>(tx.conn())
        .optional()?;
    match found {
        None => Ok(None),
        Some((hash, id, write)) if hash == keyed || hash == request_hash => Ok(Some(Earlier { id, write })),
        Some(_) => Err(StoreError::KeyReused),
    }
}

/// The record that a request of the reader's with this key has made, whatever the request was.
///
/// # Errors
/// The database's own.
pub fn saved(session: &mut Session<'_>, key: &str) -> Result<Option<RecordId>, StoreError> {
    let (account, own_key) = (session.reader().account, keyed(session, key)?);
    let found = idempotency_keys::table
        .filter(idempotency_keys::account_id.eq(account))
        .filter(idempotency_keys::key.eq_any([own_key.as_str(), key]))
        .select(idempotency_keys::record_id)
        .first(session.conn())
        .optional()?;
    Ok(found)
}

/// Remembers what came of a request. Keys are kept for good: they are a line a record.
///
/// # Errors
/// The database's own.
pub fn remember(tx: &mut Tx<'_>, key: &str, request_hash: &str, id: RecordId) -> Result<(), StoreError> {
    let (key, request_hash) = (keyed(tx.session(), key)?, keyed(tx.session(), request_hash)?);
    let (account, write, created_at) = (tx.actor().account, tx.write(), tx.now());
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::account_id.eq(account),
            idempotency_keys::key.eq(key),
            idempotency_keys::request_hash.eq(request_hash),
            idempotency_keys::record_id.eq(id),
            idempotency_keys::write.eq(write),
            idempotency_keys::created_at.eq(created_at),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The same, with the keyring of a reading or a write, where it is open.
///
/// # Errors
/// That the keyring cannot be used.
pub(super) fn keyed(session: &Session<'_>, request_hash: &str) -> Result<String, StoreError> {
    match session.keys() {
        Ok(keys) => kept(Some(&keys), request_hash),
        Err(StoreError::Locked(_)) => kept(None, request_hash),
        Err(why) => Err(why),
    }
}

/// What is kept of a request: without the keyring nobody can try out which names it may have held.
///
/// # Errors
/// That the keyring cannot be used.
pub fn kept(keys: Option<&Keyring>, words: &str) -> Result<String, StoreError> {
    match keys {
        Some(keys) => Ok(hex(&keys.own_key("idempotency")?.mac(words.as_bytes()))),
        None => Ok(words.to_owned()),
    }
}

/// Whether an account has used a key for a record that it has entered.
///
/// # Errors
/// The database's own.
pub fn is_used(conn: &mut Conn, keys: Option<&Keyring>, account: RecordId, key: &str) -> Result<bool, StoreError> {
    let kept = kept(keys, key)?;
    let used = idempotency_keys::table
        .filter(idempotency_keys::account_id.eq(account))
        .filter(idempotency_keys::key.eq_any([kept.as_str(), key]));
    Ok(diesel::select(diesel::dsl::exists(used)).get_result(conn)?)
}
