//! A database for one test: a copy of a template that was made once.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use attest::domain::policy::Role;
use attest::exchange::seed;
use attest::keys::files::private_folder;
use attest::keys::keyring::{Keyring, Place};
use attest::store::accounts::{self, Purpose};
use attest::store::backend::{Access, Conn, DatabaseUrl, Manager};
use attest::store::database::Store;
use chrono::{NaiveDate, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::clock::Clock;
use super::{postgres, process};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// What it holds at first, besides the vocabularies and an account and token for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    Empty,
    /// The founding data set.
    Demo,
    /// The founding data set and its release.
    Released,
}

/// A token for each role, as the templates hold them.
pub type Tokens = HashMap<Role, String>;

/// What is copied for each test.
struct Template {
    name: String,
    tokens: Tokens,
}

/// The name of the account of a role in every test database.
pub fn account(role: Role) -> String {
    format!("test-{role}")
}

/// The keyring of every database of this process, confirmed.
fn keyring() -> &'static Place {
    static MADE: OnceLock<Place> = OnceLock::new();
    MADE.get_or_init(|| {
        let place = Place::beside(process::folder().join("template-keys"));
        let (keyring, code) = Keyring::create(&place).unwrap();
        keyring.confirm(&code, Utc::now()).unwrap();
        place
    })
}

fn template(backend: Backend, data: Data) -> &'static Template {
    static TEMPLATES: [Mutex<BTreeMap<NaiveDate, &Template>>; 6] = [const { Mutex::new(BTreeMap::new()) }; 6];
    let at = usize::from(backend == Backend::Postgres) * 3 + data as usize;
    // One a day: for whoever asks by days, a test and what it starts from are of one.
    let day = Utc::now().date_naive();
    let mut made = TEMPLATES[at].lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(day).or_insert_with(|| {
        let name = format!("template_{data:?}_{}", day.format("%j")).to_lowercase();
        let url = match backend {
            Backend::Sqlite => format!("sqlite:{}", process::folder().join(&name).display()),
            Backend::Postgres => postgres::create(&name, None),
        };
        let url = DatabaseUrl::parse(&url).unwrap();
        let store = Store::open(&url, Utc::now).unwrap();
        store.unlock(Keyring::open(keyring()).unwrap()).unwrap();
        seed::install(&store).unwrap();
        if data != Data::Empty {
            seed::load_demo(&store, Box::new(|_| {})).unwrap();
        }
        if data == Data::Released {
            seed::publish_demo(&store).unwrap();
        }
        let token = |role: Role| {
            let lasting = TimeDelta::days(366);
            (role, accounts::create_token(&store, &account(role), role, lasting, Purpose::Api).unwrap())
        };
        let tokens = Role::ALL.into_iter().map(token).collect();
        drop(store);
        if backend == Backend::Sqlite {
            let mut conn = Manager::new(url, Access::Write).open().unwrap();
            conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        }
        Box::leak(Box::new(Template { name, tokens }))
    })
}

/// A database of one test, removed with it.
pub struct Home {
    pub backend: Backend,
    pub folder: PathBuf,
    pub clock: Clock,
    pub tokens: Tokens,
    /// As the command line takes it.
    pub url: String,
    name: String,
}

impl Home {
    /// A database with these data.
    pub fn new(backend: Backend, data: Data) -> Self {
        let template = template(backend, data);
        let mut home = Self::make(
            backend,
            |path| {
                std::fs::copy(process::folder().join(&template.name), path).unwrap();
            },
            Some(&template.name),
        );
        home.tokens = template.tokens.clone();
        // Where the command line looks for it, with `--demo` and without.
        for folder in [home.keys().folder, home.keys().folder.join("demo")] {
            private_folder(&folder).unwrap();
            for file in std::fs::read_dir(&keyring().folder).unwrap() {
                let file = file.unwrap();
                std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
            }
        }
        home
    }

    /// A copy of this database with its keyring, its own from now on. Nobody may have it open.
    pub fn twin(&self) -> Self {
        if self.backend == Backend::Sqlite {
            self.sql("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        let file = self.folder.join("test.db");
        let mut twin =
            Self::make(self.backend, |path| assert!(std::fs::copy(&file, path).unwrap() > 0), Some(&self.name));
        twin.tokens = self.tokens.clone();
        private_folder(&twin.keys().folder).unwrap();
        for file in ["keyring.json", "unlock.key"] {
            std::fs::copy(self.keys().folder.join(file), twin.keys().folder.join(file)).unwrap();
        }
        twin
    }

    /// Where this database's keyring is.
    pub fn keys(&self) -> Place {
        Place::beside(self.folder.join("attest-keys"))
    }

    /// A database with nothing in it, not even a schema.
    pub fn blank(backend: Backend) -> Self {
        Self::make(backend, |_| {}, None)
    }

    fn make(backend: Backend, copy: impl FnOnce(&Path), template: Option<&str>) -> Self {
        let folder = process::new_folder();
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let url = match backend {
            Backend::Sqlite => {
                let path = folder.join("test.db");
                copy(&path);
                format!("sqlite:{}", path.display())
            }
            Backend::Postgres => postgres::create(&name, template),
        };
        Self { backend, folder, clock: Clock::new(), tokens: Tokens::new(), url, name }
    }

    pub fn database_url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.url).unwrap()
    }

    /// Opens the database as the programme does, with this test's clock.
    pub fn open(&self) -> Store {
        self.open_at(self.clock.reader())
    }

    /// The same, with a clock that differs from this test's.
    pub fn open_at(&self, clock: attest::store::database::Clock) -> Store {
        let store = Store::open(&self.database_url(), clock).unwrap();
        if self.keys().file().exists() {
            store.unlock(Keyring::open(&self.keys()).unwrap()).unwrap();
        }
        store
    }

    /// Opens the database without its keyring.
    pub fn open_locked(&self) -> Store {
        Store::open(&self.database_url(), self.clock.reader()).unwrap()
    }

    /// A connection that goes around the store.
    pub fn connect(&self) -> Conn {
        let manager = Manager::new(self.database_url(), Access::Write);
        let started = std::time::Instant::now();
        loop {
            match manager.open() {
                Ok(conn) => return conn,
                // SQLite does not wait while another connection, the last but this, is just closing.
                Err(why) if why.is_locked() && started.elapsed().as_secs() < 10 => {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                Err(why) => panic!("{why}"),
            }
        }
    }

    /// Runs SQL around the store.
    pub fn sql(&self, statements: &str) {
        self.connect().batch_execute(statements).unwrap();
    }

    /// One number, named `value`, asked of the database itself.
    pub fn number(&self, query: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = BigInt)]
            value: i64,
        }
        diesel::sql_query(query).get_result::<Number>(&mut self.connect()).unwrap().value
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {}", self.backend, self.folder.display())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if self.backend == Backend::Postgres && !std::thread::panicking() {
            postgres::remove(&self.name);
        }
    }
}
