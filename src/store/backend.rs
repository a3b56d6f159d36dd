//! The only file that names SQLite or PostgreSQL: one connection type for both, opened by URL scheme.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
use diesel::sql_types;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use version::NOTE_PROGRAMME;

pub mod clock;
mod failure;
pub mod journal;
mod open_error;
pub mod probing;
mod reading;
mod types;
pub mod version;
mod waits;
mod wiping;
mod writing;
pub use failure::{Failure, failure};
pub use open_error::OpenError;
pub use reading::{GoOn, begin_read, session, stop_session};
pub use types::{Id, Json, JsonValue, Moment};
pub use waits::Waits;
pub use wiping::{STATISTICS, Scrubbed, Wiping, scrub};
pub use writing::{begin_write, commit, roll_back};

/// The SQL types of both databases.
pub mod sql {
    pub use super::types::{Id, Json, Moment};
    pub use diesel::sql_types::{BigInt, Binary, Bool, Date, Integer, Nullable, Text};
}

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The oldest SQLite that is accepted: earlier ones could corrupt a WAL file on a checkpoint race.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// The oldest PostgreSQL that is tested.
const OLDEST_POSTGRES: u32 = 15;
/// Names the lock that lets one process at a time migrate a shared PostgreSQL.
const MIGRATION_LOCK: i64 = 0x4174_7465_7374;

/// One connection, to either database. Queries are written once, against [`MultiBackend`].
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// What a connection may do. Only [`Access::Write`] can change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// Where the records are kept.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(String),
}

/// Shows where, never with which password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => write!(f, "postgres"),
        }
    }
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH` or `postgres://...`.
    ///
    /// # Errors
    /// A line that says what is wrong: an unknown scheme is refused, so that a mistyped URL never becomes a new file.
    /// A PostgreSQL on another machine is refused in a build without TLS.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(['?', '#']) || path.contains("://") || path == ":memory:" {
                return Err("database URL: expected sqlite:PATH with the path of a file".into());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let url = url::Url::parse(text).map_err(|why| format!("database URL: {why}"))?;
            if !cfg!(feature = "postgres-tls") && !is_local(&url) {
                return Err(
                    "database URL: this build has no TLS and connects to PostgreSQL on a socket or loopback only; \
                     build with `--features postgres-tls` for another machine"
                        .into(),
                );
            }
            return Ok(Self::Postgres(waits::with_patience(with_verified_tls(url)).into()));
        }
        Err(format!(
            "database URL: unknown scheme in `{}`; expected sqlite:PATH or postgres://USER@HOST/NAME",
            text.split([':', '/']).next().unwrap_or(text)
        ))
    }

    /// Whether anything is there yet: an SQLite file that does not exist is made at the first start.
    pub fn is_missing_file(&self) -> bool {
        matches!(self, Self::Sqlite(path) if !path.exists())
    }
}

fn is_local(url: &url::Url) -> bool {
    let hosts: Vec<String> = url
        .query_pairs()
        .filter(|(key, _)| key == "host" || key == "hostaddr")
        .map(|(_, value)| value.into_owned())
        .chain(url.host_str().map(|host| host.replace("%2F", "/").replace("%2f", "/")))
        .collect();
    // What the address leaves open, the client library takes from its environment.
    let open = hosts.iter().all(String::is_empty);
    let elsewhere = ["PGHOST", "PGHOSTADDR", "PGSERVICE"].iter().any(|name| std::env::var_os(name).is_some());
    if (open && elsewhere) || url.query_pairs().any(|(key, _)| key == "service") {
        return false;
    }
    hosts.iter().flat_map(|hosts| hosts.split(',')).all(|host| {
        let host = host.trim_matches(['[', ']']);
        host.is_empty()
            || host.starts_with('/')
            || host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

fn with_verified_tls(mut url: url::Url) -> url::Url {
    if cfg!(feature = "postgres-tls") && !is_local(&url) && !url.query_pairs().any(|(key, _)| key == "sslmode") {
        url.query_pairs_mut().append_pair("sslmode", "verify-full");
    }
    url
}

/// Makes connections for the pools. `diesel`'s own `establish` would try one database after the other and hide why.
#[derive(Debug, Clone)]
pub struct Manager {
    url: DatabaseUrl,
    access: Access,
    waits: Waits,
}

impl Manager {
    pub fn new(url: DatabaseUrl, access: Access) -> Self {
        Self::waiting(url, access, Waits::default())
    }

    /// With waits of its own.
    pub fn waiting(url: DatabaseUrl, access: Access, waits: Waits) -> Self {
        Self { url, access, waits }
    }

    /// Opens and prepares one connection.
    ///
    /// # Errors
    /// Why it could not be opened, or that the server or library is older than Attest accepts.
    pub fn open(&self) -> Result<Conn, OpenError> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let file = path.to_str().ok_or(OpenError::Path)?;
                let mut conn = SqliteConnection::establish(file)?;
                prepare_sqlite(&mut conn, self.access, self.waits)?;
                if self.access == Access::Write {
                    journal::begin(&mut conn, path)?;
                }
                Ok(Conn::Sqlite(conn))
            }
            DatabaseUrl::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                prepare_postgres(&mut conn, self.access, self.waits)?;
                Ok(Conn::Postgres(conn))
            }
        }
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = OpenError;

    fn connect(&self) -> Result<Conn, OpenError> {
        self.open()
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), OpenError> {
        Ok(conn.ping()?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

#[derive(diesel::QueryableByName)]
struct OneText {
    #[diesel(sql_type = sql_types::Text)]
    value: String,
}

fn prepare_sqlite(conn: &mut SqliteConnection, access: Access, waits: Waits) -> Result<(), OpenError> {
    let found = diesel::sql_query("SELECT sqlite_version() AS value").get_result::<OneText>(conn)?.value;
    let mut parts = found.split('.').map(|part| part.parse::<u32>());
    let version = (parts.next(), parts.next(), parts.next());
    if !matches!(version, (Some(Ok(a)), Some(Ok(b)), Some(Ok(c))) if (a, b, c) >= OLDEST_SQLITE) {
        let (a, b, c) = OLDEST_SQLITE;
        return Err(OpenError::TooOld { what: "SQLite", found, needed: format!("{a}.{b}.{c}") });
    }
    // The time-out comes first: switching to WAL may itself have to wait.
    let busy = waits.lock.as_millis().to_string();
    let pragmas = [
        ("busy_timeout", &*busy, &*busy),
        ("journal_mode", "WAL", "wal"),
        ("synchronous", "FULL", "2"),
        ("foreign_keys", "ON", "1"),
        ("trusted_schema", "OFF", "0"),
        ("secure_delete", "ON", "1"),
        (
            "query_only",
            if access == Access::Read { "ON" } else { "OFF" },
            if access == Access::Read { "1" } else { "0" },
        ),
    ];
    // The journal is emptied by us alone, see `journal`.
    conn.batch_execute("PRAGMA wal_autocheckpoint = 0")?;
    for (pragma, set, wanted) in pragmas {
        conn.batch_execute(&format!("PRAGMA {pragma} = {set}"))?;
        let column = if pragma == "busy_timeout" { "timeout" } else { pragma };
        let query = format!("SELECT CAST({column} AS TEXT) AS value FROM pragma_{pragma}");
        let found = diesel::sql_query(query).get_result::<OneText>(conn)?.value;
        if found != wanted {
            return Err(OpenError::Pragma { pragma, wanted: wanted.to_owned(), found });
        }
    }
    reading::make_stoppable(conn)?;
    Ok(())
}

fn prepare_postgres(conn: &mut PgConnection, access: Access, waits: Waits) -> Result<(), OpenError> {
    let found =
        diesel::sql_query("SELECT current_setting('server_version_num') AS value").get_result::<OneText>(conn)?.value;
    if !found.parse::<u32>().is_ok_and(|number| number / 10_000 >= OLDEST_POSTGRES) {
        return Err(OpenError::TooOld { what: "PostgreSQL", found, needed: OLDEST_POSTGRES.to_string() });
    }
    conn.batch_execute("SET TIME ZONE 'UTC'; SET client_min_messages = warning")?;
    conn.batch_execute(&waits.settings(access))?;
    // Errors are told apart by what they say. Not every owner of a database may choose the language; most servers speak English.
    if let Err(why) = conn.batch_execute("SET lc_messages = 'C'") {
        tracing::debug!(error = %why, "the server's language cannot be chosen");
    }
    if access == Access::Read {
        // To compile a statement takes PostgreSQL longer than to run one of ours.
        conn.batch_execute("SET default_transaction_read_only = on; SET jit = off")?;
    }
    Ok(())
}

/// Brings the schema up to date.
///
/// # Errors
/// [`OpenError::Migration`] with the migration that failed.
pub fn migrate(conn: &mut Conn) -> Result<(), OpenError> {
    let failed = |why: Box<dyn std::error::Error + Send + Sync>| OpenError::Migration(why.to_string());
    match conn {
        Conn::Sqlite(conn) => {
            // One process at a time: the others wait for the lock and find the work done.
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
            let done = conn.run_pending_migrations(SQLITE_MIGRATIONS).map(drop).map_err(failed);
            let done = done.and_then(|()| Ok(conn.batch_execute(NOTE_PROGRAMME)?));
            match done {
                Ok(()) => AnsiTransactionManager::commit_transaction(conn)?,
                Err(_) => AnsiTransactionManager::rollback_transaction(conn)?,
            }
            done
        }
        Conn::Postgres(conn) => {
            conn.batch_execute(&format!("SET lock_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
            let done = conn.run_pending_migrations(POSTGRES_MIGRATIONS).map(drop).map_err(failed);
            let done = done.and_then(|()| Ok(conn.batch_execute(NOTE_PROGRAMME)?));
            conn.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"))?;
            done
        }
    }
}

/// Takes every migration back, newest first; for tests of `down.sql`.
///
/// # Errors
/// [`OpenError::Migration`] with the migration that failed.
pub fn revert_all(conn: &mut Conn) -> Result<(), OpenError> {
    let failed = |why: Box<dyn std::error::Error + Send + Sync>| OpenError::Migration(why.to_string());
    match conn {
        Conn::Sqlite(conn) => conn.revert_all_migrations(SQLITE_MIGRATIONS).map(drop).map_err(failed),
        Conn::Postgres(conn) => conn.revert_all_migrations(POSTGRES_MIGRATIONS).map(drop).map_err(failed),
    }
}

/// Every column of the live schema as (table, column), for the test that holds it against the declared classes.
///
/// # Errors
/// The database's own.
pub fn live_columns(conn: &mut Conn) -> QueryResult<Vec<(String, String)>> {
    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = sql_types::Text)]
        table_name: String,
        #[diesel(sql_type = sql_types::Text)]
        column_name: String,
    }
    let query = match conn {
        Conn::Sqlite(_) => {
            "SELECT m.name AS table_name, c.name AS column_name FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '__diesel%'"
        }
        Conn::Postgres(_) => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'"
        }
    };
    let rows = diesel::sql_query(query).load::<Column>(conn)?;
    Ok(rows.into_iter().map(|row| (row.table_name, row.column_name)).collect())
}

/// Tells PostgreSQL what the write in progress has put into the tables. Its plans stand on statistics that nobody renews
/// before the commit: of what was hardly there at the beginning, an import would read more and more for every row.
///
/// # Errors
/// The database's own.
pub fn renew_statistics(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(conn) => {
            let tables: Vec<_> = super::classes::TABLES.iter().map(|table| table.name).collect();
            conn.batch_execute(&format!("ANALYZE {}", tables.join(", ")))
        }
    }
}
