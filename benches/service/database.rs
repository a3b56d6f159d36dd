//! The databases that are measured, each thrown away at the end unless it was named.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use attest::store::backend::{Access, Conn, DatabaseUrl, Manager};
use attest::store::database::Store;
use chrono::Utc;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::process;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

#[derive(QueryableByName)]
struct OneText {
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct OneNumber {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// The first row's column `value`, as text.
pub fn text(conn: &mut Conn, query: &str) -> String {
    diesel::sql_query(query).get_result::<OneText>(conn).unwrap().value
}

/// The first row's column `value`, as a number.
pub fn number(conn: &mut Conn, query: &str) -> i64 {
    diesel::sql_query(query).get_result::<OneNumber>(conn).unwrap().value
}

pub struct Database {
    pub backend: Backend,
    url: DatabaseUrl,
}

impl Database {
    /// The one that is named for this backend, else a new one; nothing where there is no server to be started.
    pub fn new(backend: Backend) -> Option<Self> {
        let named = std::env::var("ATTEST_BENCH_DATABASE_URL").ok();
        let named = named.filter(|url| url.starts_with("sqlite:") == (backend == Backend::Sqlite));
        let url = match (named, backend) {
            (Some(url), _) => url,
            (None, Backend::Sqlite) => format!("sqlite:{}", process::new_folder().join("bench.db").display()),
            (None, Backend::Postgres) => start_postgres()?,
        };
        Some(Self { backend, url: DatabaseUrl::parse(&url).unwrap() })
    }

    pub fn open(&self) -> Store {
        Store::open(&self.url, Utc::now).unwrap()
    }

    /// A connection that goes around the service, prepared as its own are.
    pub fn connect(&self) -> Conn {
        Manager::new(self.url.clone(), Access::Write).open().unwrap()
    }

    /// The version, and the settings that decide how long a write takes.
    pub fn describe(&self) -> String {
        let mut conn = self.connect();
        match self.backend {
            Backend::Sqlite => {
                let version = text(&mut conn, "SELECT sqlite_version() AS value");
                format!("SQLite {version}, WAL, synchronous=FULL")
            }
            Backend::Postgres => {
                let mut setting = |name| text(&mut conn, &format!("SELECT current_setting('{name}') AS value"));
                let mut words = format!("PostgreSQL {}", setting("server_version"));
                for name in ["fsync", "synchronous_commit", "shared_buffers", "work_mem", "jit"] {
                    write!(words, ", {name}={}", setting(name)).unwrap();
                }
                words
            }
        }
    }

    /// Brings about at once what PostgreSQL does by itself a minute after so many rows were written. SQLite does nothing
    /// of the kind by itself, so nothing is done there.
    pub fn settle(&self) {
        if self.backend == Backend::Postgres {
            self.connect().batch_execute("VACUUM ANALYZE").unwrap();
        }
    }
}

/// The folder of `initdb` and `postgres`: on the path, or the newest where Debian puts them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut installed: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    installed.sort_by_key(|entry| std::cmp::Reverse(entry.file_name().to_string_lossy().parse::<u32>().ok()));
    folders.extend(installed.into_iter().map(|entry| entry.path().join("bin")));
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// Starts a cluster that ends with this process. Unlike the one of the tests it has the server's default settings: with
/// `fsync=off` a write would take no time and the figures would flatter.
fn start_postgres() -> Option<String> {
    const SCRIPT: &str = "set -e; folder=$1; programs=$2; cd \"$folder\"; run=''; \
        if [ \"$(id -u)\" = 0 ]; then chown postgres \"$folder\"; \
        run='setpriv --reuid postgres --regid postgres --clear-groups --'; fi; \
        $run \"$programs/initdb\" -D \"$folder/data\" -A trust -U postgres --encoding UTF8 --locale C; \
        $run \"$programs/postgres\" -D \"$folder/data\" -k \"$folder\" -c listen_addresses= >log 2>&1 & server=$!; \
        read _ || true; kill -QUIT $server; wait $server || true; cd /; rm -rf \"$folder\"";
    let programs = programs()?;
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if root && !Command::new("id").arg("postgres").output().is_ok_and(|output| output.status.success()) {
        return None;
    }
    // The name of a socket may have 107 bytes, which a long temporary folder would leave no room for.
    let folder = PathBuf::from("/tmp").join(format!("attest-bench-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&folder).unwrap();
    process::keeper(SCRIPT, &[folder.to_str().unwrap(), programs.to_str().unwrap()]);
    let url = format!("postgres:///postgres?host={}&user=postgres", folder.display());
    let manager = Manager::new(DatabaseUrl::parse(&url).unwrap(), Access::Write);
    for _ in 0..600 {
        if manager.open().is_ok() {
            return Some(url);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("PostgreSQL did not start: {}", std::fs::read_to_string(folder.join("log")).unwrap_or_default());
}
