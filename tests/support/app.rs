//! A running server.

use std::net::{SocketAddr, TcpListener};
use std::ops::Deref;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::http::app::Settings;
use attest::http::limits::{Rate, Rates};
use attest::store::classes::TABLES;
use attest::store::database::Store;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::client::Caller;
use super::database::Home;

/// A server on a port of its own, with the store behind it.
pub struct App<'h> {
    pub home: &'h Home,
    pub store: Store,
    pub address: SocketAddr,
    agent: ureq::Agent,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Deref for App<'_> {
    type Target = Home;

    fn deref(&self) -> &Home {
        self.home
    }
}

/// What is in the database, to see whether something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The number of the newest write.
    pub write: i64,
    /// The hash of the chain's head.
    pub head: String,
    /// By table the number of rows.
    pub rows: Vec<(&'static str, i64)>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    value: String,
}

/// What is in a database.
pub fn contents(store: &Store) -> Contents {
    let counted = store.look(|conn| {
        let mut number = |query: String| diesel::sql_query(query).get_result::<Number>(conn).map(|row| row.value);
        let write = number("SELECT write AS value FROM chain_head".to_owned())?;
        let mut rows = Vec::new();
        // That something was asked for and refused is no record.
        for table in TABLES.iter().filter(|table| table.name != "jobs") {
            let name = table.name;
            rows.push((name, number(format!("SELECT COUNT(*) AS value FROM {name}"))?));
        }
        let head = diesel::sql_query("SELECT hash AS value FROM chain_head").get_result::<Word>(conn)?.value;
        Ok(Contents { write, head, rows })
    });
    counted.unwrap()
}

/// Limits that no test reaches by chance.
pub fn settings() -> Settings {
    let rate = Rate { burst: 1_000_000, every: Duration::from_millis(1) };
    let turned_away_every = Duration::from_secs(86_400);
    let rates = Rates { tokens: rate, names: rate, addresses: rate, turned_away_every };
    Settings { rates, ..Settings::default() }
}

impl<'h> App<'h> {
    pub fn start(home: &'h Home) -> Self {
        Self::serve(home, home.open(), settings())
    }

    /// A server with settings of its own.
    pub fn serve(home: &'h Home, store: Store, settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (told, tell) = std::sync::mpsc::channel();
        let shared = store.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let (address, server) = attest::http::app::serve(listener, shared, settings).unwrap();
                told.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, server) = tell.recv().unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .into();
        Self { home, store, address, agent, server, thread: Some(thread) }
    }

    /// Somebody of this role.
    pub fn by(&self, role: Role) -> Caller<'_> {
        self.bearing(&self.tokens[&role])
    }

    pub fn admin(&self) -> Caller<'_> {
        self.by(Role::Admin)
    }

    pub fn caseworker(&self) -> Caller<'_> {
        self.by(Role::Caseworker)
    }

    pub fn publisher(&self) -> Caller<'_> {
        self.by(Role::Publisher)
    }

    pub fn researcher(&self) -> Caller<'_> {
        self.by(Role::Researcher)
    }

    pub fn auditor(&self) -> Caller<'_> {
        self.by(Role::Auditor)
    }

    /// Somebody without a token.
    pub fn anybody(&self) -> Caller<'_> {
        Caller::new(&self.agent, self.address, None)
    }

    /// Somebody with this token.
    pub fn bearing(&self, token: &str) -> Caller<'_> {
        Caller::new(&self.agent, self.address, Some(token.to_owned()))
    }

    /// Somebody who may enter records of this noun.
    pub fn enterer_of(&self, noun: Noun) -> Caller<'_> {
        if noun == Noun::Term { self.admin() } else { self.caseworker() }
    }

    /// What is in the database.
    pub fn contents(&self) -> Contents {
        contents(&self.store)
    }

    /// Does something that must not change the database in any way.
    pub fn unchanged<T>(&self, what: impl FnOnce() -> T) -> T {
        let before = self.contents();
        let value = what();
        assert_eq!(self.contents(), before, "something was written");
        value
    }
}

impl Drop for App<'_> {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
