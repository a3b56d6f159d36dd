//! The idempotency keys of jobs: which job an account's key belongs to, and when it is free again.

use diesel::prelude::*;

use crate::domain::record::RecordId;
use crate::store::backend::Conn;
use crate::store::schema::jobs;

use super::conn::Row;
use super::{Job, State};

/// The job of an account's key, with the digest of its request.
///
/// # Errors
/// The database's own.
pub(super) fn by_key(conn: &mut Conn, account: RecordId, key: &str) -> QueryResult<Option<(Job, String)>> {
    let found = jobs::table
        .filter(jobs::account_id.eq(account))
        .filter(jobs::key.eq(key))
        .select((Row::as_select(), jobs::request_hash.assume_not_null()))
        .first::<(Row, String)>(conn)
        .optional()?;
    found.map(|(row, hash)| Ok((row.job()?, hash))).transpose()
}

/// Takes the key from a job that ended without having saved anything: another request has it now. Whether it was one.
///
/// # Errors
/// The database's own.
pub(super) fn free_key(conn: &mut Conn, id: RecordId) -> QueryResult<bool> {
    let ended = [State::Failed.name(), State::Cancelled.name()];
    let freed = diesel::update(jobs::table.find(id).filter(jobs::state.eq_any(ended)))
        .set((jobs::key.eq(None::<String>), jobs::request_hash.eq(None::<String>)))
        .execute(conn)?;
    Ok(freed == 1)
}
