//! What a database is for, and whether anything is in it.

use diesel::dsl::{Find, Select};
use diesel::prelude::*;

use super::accounts::{HOST, has_host, install_host};
use super::backend::{Conn, STATISTICS};
use super::classes::TABLES;
use super::error::StoreError;
use super::schema::{accounts, instance_marks, records};
use super::session::Tx;

const DEMO: &str = "demo";
/// What the marks of tables that are to be wiped begin with.
const WIPE: &str = "wipe:";
/// What an earlier programme noted: every table is to be wiped.
const WIPE_ALL: &str = "wipe";
const KEYRING: &str = "keyring";
const MASTER: &str = "master";

/// Which keyring is the database's own, where it has one.
///
/// # Errors
/// The database's own.
pub fn keyring(conn: &mut Conn) -> QueryResult<Option<String>> {
    named_keyring().first(conn).optional()
}

/// The same as a part of another question.
pub(super) fn named_keyring() -> Select<Find<instance_marks::table, &'static str>, instance_marks::value> {
    instance_marks::table.find(KEYRING).select(instance_marks::value)
}

/// Which master key wraps the data keys, since they were last wrapped anew. A keyring that lacks it is an older copy.
///
/// # Errors
/// The database's own.
pub fn master(conn: &mut Conn) -> QueryResult<Option<String>> {
    instance_marks::table.find(MASTER).select(instance_marks::value).first(conn).optional()
}

/// Notes which master key wraps the data keys.
///
/// # Errors
/// The database's own.
pub fn set_master(tx: &mut Tx<'_>, id: &str) -> QueryResult<()> {
    diesel::delete(instance_marks::table.find(MASTER)).execute(tx.conn())?;
    diesel::insert_into(instance_marks::table)
        .values((instance_marks::key.eq(MASTER), instance_marks::value.eq(id)))
        .execute(tx.conn())
        .map(drop)
}

/// Notes which keyring is the database's own. In a new database it is the first write of all, and makes the host's account.
///
/// # Errors
/// The database's own.
pub fn install_keyring(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    if !has_host(tx.conn())? {
        install_host(tx)?;
    }
    tx.note("keyring", id);
    diesel::insert_into(instance_marks::table)
        .values((instance_marks::key.eq(KEYRING), instance_marks::value.eq(id)))
        .execute(tx.conn())?;
    Ok(())
}

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

/// A table from which something was deleted whose traces are still in the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WipeDue {
    pub table: String,
    /// Which mark says so, and since which write: what is deleted later is due again.
    key: String,
    since: String,
}

/// The tables from which something was deleted whose traces are still in the files.
///
/// # Errors
/// The database's own.
pub fn wipe_due(conn: &mut Conn) -> QueryResult<Vec<WipeDue>> {
    let marks = instance_marks::table.order(instance_marks::key).load::<(String, String)>(conn)?;
    let mut due = Vec::new();
    for (key, since) in marks {
        if let Some(table) = key.strip_prefix(WIPE) {
            due.push(WipeDue { table: table.to_owned(), key: key.clone(), since });
        }
    }
    // What was noted of columns is wiped when they have been looked at again.
    due.sort_by_key(|due| due.table == STATISTICS);
    Ok(due)
}

/// Whether an earlier programme has noted that there is something to wipe, and not where.
///
/// # Errors
/// The database's own.
pub fn is_all_due(conn: &mut Conn) -> QueryResult<bool> {
    let found = instance_marks::table.find(WIPE_ALL).select(instance_marks::value).first::<String>(conn).optional()?;
    Ok(found.is_some())
}

/// Notes that every table is to be wiped, each by itself.
///
/// # Errors
/// The database's own.
pub fn set_all_due(tx: &mut Tx<'_>) -> QueryResult<()> {
    diesel::delete(instance_marks::table.find(WIPE_ALL)).execute(tx.conn())?;
    set_wipe_due(tx, &TABLES.iter().map(|table| table.name).collect::<Vec<_>>())
}

/// Notes that something was deleted from these tables.
///
/// # Errors
/// The database's own.
pub fn set_wipe_due(tx: &mut Tx<'_>, tables: &[&'static str]) -> QueryResult<()> {
    let write = tx.write().to_string();
    for table in tables.iter().chain([&STATISTICS]) {
        let key = format!("{WIPE}{table}");
        diesel::delete(instance_marks::table.find(&key)).execute(tx.conn())?;
        diesel::insert_into(instance_marks::table)
            .values((instance_marks::key.eq(&key), instance_marks::value.eq(&write)))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Notes that tables are wiped, unless something was deleted from them since.
///
/// # Errors
/// The database's own.
pub fn wiped(tx: &mut Tx<'_>, done: &[WipeDue]) -> QueryResult<()> {
    let names: Vec<_> = done.iter().map(|due| due.table.as_str()).collect();
    tx.note("tables", names);
    for due in done {
        let mark = instance_marks::table.find(&due.key).filter(instance_marks::value.eq(&due.since));
        diesel::delete(mark).execute(tx.conn())?;
    }
    Ok(())
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
