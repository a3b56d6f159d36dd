//! The service under measurement, in this process, and a client of it over loopback.

use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use attest::domain::policy::Role;
use attest::http::app::Settings;
use attest::http::limits::{Rate, Rates};
use attest::store::accounts::{self, Purpose};
use attest::store::database::Store;
use chrono::TimeDelta;
use serde_json::Value;

/// A running server with a token for whoever asks.
pub struct Server {
    address: SocketAddr,
    pub researcher: String,
    pub caseworker: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(store: Store) -> Self {
        let token = |role: Role| {
            let name = format!("bench-{role}");
            accounts::create_token(&store, &name, role, TimeDelta::days(1), Purpose::Api).unwrap()
        };
        let (researcher, caseworker) = (token(Role::Researcher), token(Role::Caseworker));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let rate = Rate { burst: 1_000_000, every: Duration::from_nanos(1) };
        let rates = Rates { tokens: rate, ..Rates::default() };
        let settings = Settings { rates, ..Settings::default() };
        let (told, tell) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let (address, server) = attest::http::app::serve(listener, store, settings).unwrap();
                told.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = tell.recv().unwrap();
        Self { address, researcher, caseworker, handle, thread: Some(thread) }
    }

    /// Somebody with a token, on a connection that is kept.
    pub fn client(&self, token: &str) -> Client {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        Client { agent, base: format!("http://{}", self.address), token: format!("Bearer {token}") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(true));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// A client with a connection that is kept alive.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    token: String,
}

impl Client {
    /// Reads an answer to its last byte.
    pub fn get(&self, path: &str) -> Vec<u8> {
        let request = self.agent.get(format!("{}{path}", self.base)).header("Authorization", &self.token);
        let mut answer = request.call().unwrap();
        let bytes = answer.body_mut().read_to_vec().unwrap();
        assert_eq!(answer.status(), 200, "{path}: {}", String::from_utf8_lossy(&bytes));
        bytes
    }

    pub fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path)).unwrap()
    }

    /// Enters a record.
    pub fn post(&self, path: &str, body: &Value) {
        let request = self.agent.post(format!("{}{path}", self.base)).header("Authorization", &self.token);
        let mut answer = request.send_json(body).unwrap();
        let bytes = answer.body_mut().read_to_vec().unwrap();
        assert_eq!(answer.status(), 201, "{path}: {}", String::from_utf8_lossy(&bytes));
    }
}
