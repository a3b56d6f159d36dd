//! What a database is for, and whether anything is in it.

use diesel::prelude::*;

use super::accounts::HOST;
use super::backend::Conn;
use super::schema::{accounts, instance_marks, records};
use super::session::Tx;

const DEMO: &str = "demo";

/// Whether the database holds the demonstration and nothing else.
///
/// # Errors
/// The database's own.
pub fn is_demo(conn: &mut Conn) -> QueryResult<bool> {
    let found = instance_marks::table.find(DEMO).select(instance_marks::value).first::<String>(conn).optional()?;
    Ok(found.is_some())
}

/// Marks the database as one that holds the demonstration and nothing else.
///
/// # Errors
/// The database's own.
pub fn mark_demo(tx: &mut Tx<'_>) -> QueryResult<()> {
    diesel::insert_into(instance_marks::table)
        .values((instance_marks::key.eq(DEMO), instance_marks::value.eq("true")))
        .execute(tx.conn())
        .map(drop)
}

/// Whether no record but terms was ever entered, and nobody was given an account.
///
/// # Errors
/// The database's own.
pub fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    let found = diesel::select(diesel::dsl::exists(records::table.filter(records::noun.ne("term"))));
    let known = diesel::select(diesel::dsl::exists(accounts::table.filter(accounts::id.ne(HOST))));
    Ok(!found.get_result::<bool>(conn)? && !known.get_result::<bool>(conn)?)
}
