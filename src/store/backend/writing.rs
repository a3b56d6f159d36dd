//! Transactions that write, and how all of them end.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;

use super::Conn;

/// Begins a transaction that will write: on SQLite with the write lock at once, because one that read first fails with
/// "database is locked" instead of waiting.
///
/// # Errors
/// The database's own.
pub fn begin_write(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn),
    }
}

/// Ends the transaction of [`begin_write`] and keeps what it did.
///
/// # Errors
/// The database's own; then nothing was kept.
pub fn commit(conn: &mut Conn) -> QueryResult<()> {
    <Conn as diesel::Connection>::TransactionManager::commit_transaction(conn)
}

/// Ends the transaction of [`begin_read`](super::begin_read), or that of [`begin_write`] and forgets what it did.
///
/// # Errors
/// The database's own; the pool then drops the connection.
pub fn roll_back(conn: &mut Conn) -> QueryResult<()> {
    <Conn as diesel::Connection>::TransactionManager::rollback_transaction(conn)
}
