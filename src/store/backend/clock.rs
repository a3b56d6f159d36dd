//! The time as the database has it: the one clock that all processes on it share.

use diesel::prelude::*;

use crate::domain::record::Instant;

use super::{Conn, Moment};

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = Moment)]
    now: Instant,
}

/// The database's time.
///
/// # Errors
/// The database's own.
pub fn now(conn: &mut Conn) -> QueryResult<Instant> {
    let found: Now = match conn {
        Conn::Sqlite(conn) => {
            diesel::sql_query("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z' AS now").get_result(conn)?
        }
        Conn::Postgres(conn) => diesel::sql_query("SELECT clock_timestamp() AS now").get_result(conn)?,
    };
    Ok(found.now)
}
