//! Which schema a database has, beside the one that this programme was built for. A database that a newer programme has changed
//! may hold what an older one does not know to protect, so the older one does not open it.

use std::sync::OnceLock;

use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;

use super::{Conn, OneText, OpenError, POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS};

/// Under which mark the database notes the programme that brought its schema up to date.
const PROGRAMME: &str = "programme";
/// This programme's version.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// How the schema of a database stands to this programme's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is nothing in it yet.
    Empty,
    /// Its newest migration is this one, and this programme brings more.
    Older(String),
    Current,
}

fn names<DB: diesel::backend::Backend>(source: &impl MigrationSource<DB>) -> Result<Vec<String>, OpenError> {
    let migrations = source.migrations().map_err(|why| OpenError::Migration(why.to_string()))?;
    let mut names: Vec<_> = migrations.iter().map(|migration| migration.name().version().to_string()).collect();
    names.sort();
    Ok(names)
}

/// The migrations that this programme brings, oldest first.
fn own(conn: &Conn) -> Result<Vec<String>, OpenError> {
    match conn {
        Conn::Sqlite(_) => names::<diesel::sqlite::Sqlite>(&SQLITE_MIGRATIONS),
        Conn::Postgres(_) => names::<diesel::pg::Pg>(&POSTGRES_MIGRATIONS),
    }
}

/// The migrations that a database has seen, oldest first.
fn applied(conn: &mut Conn) -> Result<Vec<String>, OpenError> {
    if !has_table(conn, "__diesel_schema_migrations")? {
        return Ok(Vec::new());
    }
    let query = "SELECT CAST(version AS TEXT) AS value FROM __diesel_schema_migrations";
    let mut found: Vec<_> = diesel::sql_query(query).load::<OneText>(conn)?.into_iter().map(|row| row.value).collect();
    found.sort();
    Ok(found)
}

fn has_table(conn: &mut Conn, name: &str) -> QueryResult<bool> {
    let query = match conn {
        Conn::Sqlite(_) => format!("SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name = '{name}'"),
        Conn::Postgres(_) => {
            format!("SELECT CAST(to_regclass('{name}') AS TEXT) AS value WHERE to_regclass('{name}') IS NOT NULL")
        }
    };
    Ok(!diesel::sql_query(query).load::<OneText>(conn)?.is_empty())
}

/// How the schema of a database stands to this programme's.
///
/// # Errors
/// [`OpenError::Newer`] where a newer programme has changed it, or the database's own.
pub fn standing(conn: &mut Conn) -> Result<Standing, OpenError> {
    let (own, applied) = (own(conn)?, applied(conn)?);
    let Some(newest) = applied.last().cloned() else { return Ok(Standing::Empty) };
    if let Some(unknown) = applied.iter().rfind(|version| !own.contains(version)) {
        return Err(newer(conn, unknown.clone(), &own));
    }
    Ok(if own.iter().all(|version| applied.contains(version)) { Standing::Current } else { Standing::Older(newest) })
}

/// That no other programme has changed the schema since it was opened: one query, for every write.
///
/// # Errors
/// As [`standing`], or [`OpenError::Older`].
pub fn must_be_current(conn: &mut Conn) -> Result<(), OpenError> {
    static NEWEST: OnceLock<Option<String>> = OnceLock::new();
    let own = match NEWEST.get() {
        Some(own) => own,
        None => {
            let newest = self::own(conn)?.pop();
            NEWEST.get_or_init(|| newest)
        }
    };
    let query = "SELECT CAST(MAX(version) AS TEXT) AS value FROM __diesel_schema_migrations HAVING COUNT(*) > 0";
    if &diesel::sql_query(query).get_result::<OneText>(conn).optional()?.map(|row| row.value) == own {
        return Ok(());
    }
    match standing(conn)? {
        Standing::Current => Ok(()),
        other => Err(older(conn, other)?),
    }
}

fn newer(conn: &mut Conn, found: String, own: &[String]) -> OpenError {
    // A newer schema may note it elsewhere; the refusal does not wait for it.
    let by = programme(conn).unwrap_or_else(|why| {
        tracing::debug!(error = %why, "which programme made the newer database cannot be read");
        None
    });
    let by = by.map(|version| format!(" by Attest {version}")).unwrap_or_default();
    OpenError::Newer { found, by, own: OWN, newest: own.last().cloned().unwrap_or_default() }
}

/// What to say of a database that is to be brought up to date first, or made.
///
/// # Errors
/// That the programme's own migrations cannot be read.
pub fn older(conn: &Conn, standing: Standing) -> Result<OpenError, OpenError> {
    let found = match standing {
        Standing::Older(found) => format!("is at schema {found}"),
        Standing::Empty | Standing::Current => "holds no schema yet".to_owned(),
    };
    Ok(OpenError::Older { found, own: OWN, newest: own(conn)?.last().cloned().unwrap_or_default() })
}

/// Which programme brought the schema up to date, where that is noted.
fn programme(conn: &mut Conn) -> QueryResult<Option<String>> {
    if !has_table(conn, "instance_marks")? {
        return Ok(None);
    }
    let query = format!("SELECT value FROM instance_marks WHERE key = '{PROGRAMME}'");
    Ok(diesel::sql_query(query).get_result::<OneText>(conn).optional()?.map(|row| row.value))
}

/// Notes that this programme has brought the schema up to date.
pub(super) const NOTE_PROGRAMME: &str = concat!(
    "INSERT INTO instance_marks (key, value) VALUES ('programme', '",
    env!("CARGO_PKG_VERSION"),
    "') ON CONFLICT (key) DO UPDATE SET value = excluded.value"
);
