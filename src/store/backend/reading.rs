//! Readings that can be stopped: SQLite asks us at each row whether it may go on, PostgreSQL has a time limit and can be told.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Bool, Integer};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::super::stop::{self, STOPPED};
use super::{Conn, MultiBackend};

diesel::define_sql_function! {
    /// Whether the reading may go on; of SQLite alone, and of each row, which is why it takes a column.
    fn attest_go_on(write: BigInt) -> Bool;
}

/// True, or an error that ends the statement.
#[derive(Debug)]
struct GoesOn;

impl ToSql<Bool, Sqlite> for GoesOn {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        stop::go_on().map_err(|_| STOPPED)?;
        out.set_value(1);
        Ok(IsNull::No)
    }
}

/// Lets the statements of a connection be stopped.
pub(super) fn make_stoppable(conn: &mut SqliteConnection) -> QueryResult<()> {
    attest_go_on_utils::register_nondeterministic_impl(conn, |_: i64| GoesOn)
}

/// In the conditions of a statement: that it may go on, asked at each row of the table of versions with this alias.
#[derive(Debug, Clone, Copy)]
pub struct GoOn(pub &'static str);

impl QueryFragment<MultiBackend> for GoOn {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(self, pass)
    }
}

impl QueryFragment<Sqlite> for GoOn {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql(" AND attest_go_on(");
        pass.push_sql(self.0);
        pass.push_sql(".write)");
        Ok(())
    }
}

impl QueryFragment<Pg> for GoOn {
    fn walk_ast<'b>(&'b self, _: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        Ok(())
    }
}

/// Begins a transaction that will only read: all its questions are answered from the moment of the first. PostgreSQL ends a
/// statement of it that takes longer than `limit`; SQLite asks [`stop::go_on`].
///
/// # Errors
/// The database's own.
pub fn begin_read(conn: &mut Conn, limit: Option<Duration>) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
        Conn::Postgres(conn) => {
            // 0 would be no limit.
            let limit = limit.map(|limit| format!("; SET LOCAL statement_timeout = {}", limit.as_millis().max(1)));
            let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{}", limit.unwrap_or_default());
            AnsiTransactionManager::begin_transaction_sql(conn, &begin)
        }
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    value: i32,
}

/// The server's number of a session, where there is a server that can be told to stop it.
///
/// # Errors
/// The database's own.
pub fn session(conn: &mut Conn) -> QueryResult<Option<i32>> {
    match conn {
        Conn::Sqlite(_) => Ok(None),
        Conn::Postgres(conn) => {
            let number = diesel::sql_query("SELECT pg_backend_pid() AS value").get_result::<Number>(conn)?;
            Ok(Some(number.value))
        }
    }
}

/// Stops the statement that a session is running, if it is running one.
///
/// # Errors
/// The database's own.
pub fn stop_session(conn: &mut Conn, session: i32) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(conn) => conn.batch_execute(&format!("SELECT pg_cancel_backend({session})")),
    }
}
