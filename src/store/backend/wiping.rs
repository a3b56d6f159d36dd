//! Wiping from the database's files what was deleted.
//!
//! SQLite overwrites what is deleted in the file itself (`secure_delete`); its journal is emptied. PostgreSQL keeps it in the
//! pages of a table until the table is rewritten, which only its owner may do and which holds up all who use it: so one table at
//! a time, only those that were touched, and for a bounded time. Its own journal (WAL) keeps it until that is recycled.

use std::fmt;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types;

use super::failure::is_late;
use super::{Conn, DatabaseUrl, OneText, OpenError, journal};

/// The table in which PostgreSQL notes values of columns for its plans. It is wiped after the others.
pub const STATISTICS: &str = "pg_statistic";

/// How long a wiping may hold up those who work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiping {
    /// No writer waits longer than a few seconds; what would take longer is left.
    WhileOthersWork,
    /// As long as it takes.
    WhileNobodyWorks,
}

/// What came of wiping a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scrubbed {
    Done,
    /// Somebody reads what was there before, or uses the table: later.
    Used,
    /// To rewrite it would hold up others for too long.
    Large,
    /// Its owner alone may do it, and Attest is not.
    NotAllowed,
    /// The database could not: its disk is full, for one.
    Failed(String),
}

impl fmt::Display for Scrubbed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "it is wiped",
            Self::Used => "somebody uses it, reads what was there before, or writes in another database of the server",
            Self::Large => "it is too large to be wiped while others work: run `attest wipe`",
            Self::NotAllowed => "its owner alone may do that",
            Self::Failed(why) => why,
        })
    }
}

/// How long a rewriting is waited for: everybody who comes later waits behind it.
const FOR_THE_LOCK: Duration = Duration::from_millis(200);
/// How long one rewriting may take, and how long a wiping goes on to further tables: a writer who meets all of it waits for
/// less than what a request waits for.
const ONE: Duration = Duration::from_secs(3);
const ALL: Duration = Duration::from_secs(2);
/// Larger tables are not tried while others work, in bytes with their indexes: a second or two where it was measured.
const LARGEST: i64 = 64 * 1024 * 1024;
/// How long readers who began before are waited for.
const FOR_READERS: Duration = Duration::from_secs(2);

/// Wipes tables. Gives what came of each, in the same order.
///
/// # Errors
/// The database's own.
pub fn scrub(conn: &mut Conn, url: &DatabaseUrl, tables: &[String], how: Wiping) -> Result<Vec<Scrubbed>, OpenError> {
    match (conn, url) {
        (Conn::Sqlite(conn), DatabaseUrl::Sqlite(path)) => {
            let done = if journal::empty(conn, path)? { Scrubbed::Done } else { Scrubbed::Used };
            Ok(vec![done; tables.len()])
        }
        (Conn::Postgres(conn), _) => Ok(rewrite_all(conn, tables, how)?),
        // A connection is opened by the address that comes with it.
        (Conn::Sqlite(_), DatabaseUrl::Postgres(_)) => Err(OpenError::Path),
    }
}

fn rewrite_all(conn: &mut PgConnection, tables: &[String], how: Wiping) -> QueryResult<Vec<Scrubbed>> {
    let started = Instant::now();
    let (lock, one) = match how {
        Wiping::WhileOthersWork => (FOR_THE_LOCK, ONE),
        Wiping::WhileNobodyWorks => (Duration::from_secs(60), Duration::ZERO),
    };
    let limits = format!("SET lock_timeout = {}; SET statement_timeout = {}", lock.as_millis(), one.as_millis());
    conn.batch_execute(&limits)?;
    let mut all: Vec<Scrubbed> = Vec::new();
    for table in tables {
        let late = how == Wiping::WhileOthersWork && started.elapsed() > ALL;
        all.push(match table.as_str() {
            _ if late => Scrubbed::Used,
            // It goes with the tables: each that is looked at again leaves what was noted of it before.
            STATISTICS => match (rewrite_statistics(conn, &all)?, all.iter().all(|one| *one == Scrubbed::Done)) {
                (Scrubbed::Done, false) => Scrubbed::Used,
                (came, _) => came,
            },
            table => rewrite(conn, table, how)?,
        });
    }
    Ok(all)
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::BigInt)]
    value: i64,
}

fn number(conn: &mut PgConnection, query: &str) -> QueryResult<i64> {
    Ok(diesel::sql_query(query).get_result::<Number>(conn)?.value)
}

/// Rewrites one table without what was deleted. A plain vacuum would only mark the place as free.
fn rewrite(conn: &mut PgConnection, table: &str, how: Wiping) -> QueryResult<Scrubbed> {
    let owner = format!(
        "SELECT COUNT(*) AS value FROM pg_class WHERE oid = '{table}'::regclass AND pg_has_role(current_user, relowner, 'USAGE')"
    );
    // The server would only warn whoever asked, and leave the table as it is.
    if number(conn, &owner)? == 0 {
        return Ok(Scrubbed::NotAllowed);
    }
    let size = number(conn, &format!("SELECT pg_total_relation_size('{table}') AS value"))?;
    if how == Wiping::WhileOthersWork && size > LARGEST {
        return Ok(Scrubbed::Large);
    }
    // What an open transaction may still see is kept, so that to rewrite would be in vain. The row that says that the table is due
    // was written by the transaction that deleted.
    let seen = format!(
        "SELECT COUNT(*) AS value FROM pg_stat_activity a, instance_marks m WHERE m.key = 'wipe:{table}' \
         AND a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_xmin IS NOT NULL \
         AND age(a.backend_xmin) >= age(m.xmin)"
    );
    if number(conn, &seen)? > 0 {
        return Ok(Scrubbed::Used);
    }
    // Its plans stand on values of its columns: those of before are to go.
    for statement in [format!("VACUUM (FULL) {table}"), format!("ANALYZE {table}")] {
        let came = attempt(conn, table, &statement)?;
        if came != Scrubbed::Done {
            return Ok(came);
        }
    }
    // The analysis has counted what was kept for a transaction of somebody whom we may not see.
    let dead = format!(
        "SELECT CAST(COALESCE(SUM(n_dead_tup), 0) AS BIGINT) AS value FROM pg_stat_user_tables WHERE relid = '{table}'::regclass"
    );
    Ok(if number(conn, &dead)? == 0 { Scrubbed::Done } else { Scrubbed::Used })
}

/// Rewrites what PostgreSQL noted of columns. The owner of a database may, the owner of its tables alone may not.
fn rewrite_statistics(conn: &mut PgConnection, others: &[Scrubbed]) -> QueryResult<Scrubbed> {
    let owner = "SELECT COUNT(*) AS value FROM pg_database \
         WHERE datname = current_database() AND pg_has_role(current_user, datdba, 'USAGE')";
    if number(conn, owner)? == 0 {
        return Ok(Scrubbed::NotAllowed);
    }
    if !others.is_empty() && !others.contains(&Scrubbed::Done) {
        return Ok(Scrubbed::Used);
    }
    // The rows of before the analysis are kept for everybody who has begun before it, and nothing tells afterwards whether some were.
    // Of a connection that is just being opened the server does not say yet to which database, and of others' not what they see.
    // Whoever begins later sees them too, as long as a transaction goes on that wrote before it, in whatever database.
    let open = "SELECT l.virtualtransaction AS value FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'virtualxid' AND l.pid <> pg_backend_pid() AND (a.datname IS NULL OR a.datname = current_database() \
         OR EXISTS (SELECT FROM pg_locks w WHERE w.pid = l.pid AND w.locktype = 'transactionid' AND w.granted))";
    let open: Vec<_> =
        diesel::sql_query(open).load::<OneText>(conn)?.into_iter().map(|open| format!("'{}'", open.value)).collect();
    let still = format!(
        "SELECT COUNT(*) AS value FROM pg_locks WHERE locktype = 'virtualxid' AND virtualtransaction IN ({})",
        open.join(", ")
    );
    let started = Instant::now();
    while !open.is_empty() && number(conn, &still)? > 0 {
        if started.elapsed() > FOR_READERS {
            return Ok(Scrubbed::Used);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    attempt(conn, STATISTICS, "VACUUM (FULL) pg_statistic")
}

/// Runs a statement that may meet somebody who uses the table. Gives what came of it.
fn attempt(conn: &mut PgConnection, table: &str, statement: &str) -> QueryResult<Scrubbed> {
    match conn.batch_execute(statement) {
        Ok(()) => Ok(Scrubbed::Done),
        Err(why) if is_late(&why) => {
            tracing::debug!(table, %why, "a table is not wiped yet");
            Ok(Scrubbed::Used)
        }
        Err(why @ diesel::result::Error::DatabaseError(..)) => Ok(Scrubbed::Failed(why.to_string())),
        Err(why) => Err(why),
    }
}
