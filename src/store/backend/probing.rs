//! Whether a database can be written to, and is whole.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;

use super::{Access, Conn, DatabaseUrl, Manager, OneText, OpenError};

/// How long the lock of writers is tried for.
const TRYING: Duration = Duration::from_millis(500);

/// Takes the lock of writers for a moment, and gives whether it could be had. Where `writing` is asked for, writes as much as
/// somebody's entry needs and takes it away again, so that a full disk is found.
///
/// # Errors
/// The database's own: it cannot be written to.
pub fn try_to_write(conn: &mut Conn, writing: bool) -> QueryResult<bool> {
    if !take_lock(conn)? {
        return Ok(false);
    }
    let done = if writing {
        let noise = match conn {
            Conn::Sqlite(_) => "hex(randomblob(131072))",
            Conn::Postgres(_) => "(SELECT string_agg(md5(CAST(random() AS TEXT)), '') FROM generate_series(1, 8192))",
        };
        let statements = format!(
            "INSERT INTO instance_marks (key, value) VALUES ('probe', {noise}); DELETE FROM instance_marks WHERE key = 'probe'"
        );
        conn.batch_execute(&statements).and_then(|()| conn.batch_execute("COMMIT"))
    } else {
        conn.batch_execute("ROLLBACK")
    };
    if done.is_err() {
        // The connection is closed after this, and with it whatever is left.
        let _ = conn.batch_execute("ROLLBACK");
    }
    done.map(|()| true)
}

fn take_lock(conn: &mut Conn) -> QueryResult<bool> {
    match conn {
        Conn::Sqlite(conn) => {
            conn.batch_execute(&format!("PRAGMA busy_timeout = {}", TRYING.as_millis()))?;
            match conn.batch_execute("BEGIN IMMEDIATE") {
                Err(Error::DatabaseError(_, why)) if why.message().contains("locked") => Ok(false),
                other => other.map(|()| true),
            }
        }
        Conn::Postgres(conn) => {
            let started = Instant::now();
            conn.batch_execute("BEGIN")?;
            let query = "SELECT CAST(id AS TEXT) AS value FROM chain_head FOR UPDATE SKIP LOCKED";
            while diesel::sql_query(query).load::<OneText>(conn)?.is_empty() {
                if started.elapsed() > TRYING {
                    conn.batch_execute("ROLLBACK")?;
                    return Ok(false);
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(true)
        }
    }
}

/// Reads every page of an SQLite file, and gives what is wrong with it. A thorough check holds indexes against their tables too.
/// PostgreSQL keeps checksums of its own.
///
/// # Errors
/// The database's own.
pub fn damage(conn: &mut Conn, thorough: bool) -> QueryResult<Option<String>> {
    let Conn::Sqlite(conn) = conn else { return Ok(None) };
    let check = if thorough { "integrity_check" } else { "quick_check" };
    let query = format!("SELECT {check} AS value FROM pragma_{check}");
    match diesel::sql_query(query).load::<OneText>(conn) {
        Ok(rows) => Ok(rows.into_iter().map(|row| row.value).find(|line| line != "ok")),
        // What is damaged enough cannot be read at all.
        Err(Error::DatabaseError(_, why)) if why.message().contains("malformed") => Ok(Some(why.message().to_owned())),
        Err(why) => Err(why),
    }
}

/// That a database is whole beside a journal from before there were marks. Where it is not, nothing of it was changed.
///
/// # Errors
/// [`OpenError::Damaged`], or the database's own.
pub fn must_be_whole(url: &DatabaseUrl) -> Result<(), OpenError> {
    let mut conn = Manager::new(url.clone(), Access::Read).open()?;
    let Some(damage) = damage(&mut conn, true)? else { return Ok(()) };
    // To close it would write the journal into the file.
    std::mem::forget(conn);
    Err(OpenError::Damaged(damage))
}
