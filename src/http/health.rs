//! Whether the process lives and whether it can answer. What is looked at is looked at by a thread of its own, so that a database
//! that hangs holds up no answer.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use actix_web::get;
use actix_web::http::{StatusCode, header};
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use tokio::sync::watch;

use crate::domain::disclosure;
use crate::domain::health::{Health, HealthCheck, HealthLine, HealthState};
use crate::store::database::Store;
use crate::store::probe::Probe;

use super::reply::Reply;

/// How long an answer waits for a look, how long a look is good for, and how often one is taken when nobody asks.
const PATIENCE: Duration = Duration::from_millis(1_500);
const FRESH: Duration = Duration::from_secs(1);
const UNASKED: Duration = Duration::from_secs(30);

/// What was seen, each with the look that saw it.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// How many looks were finished, and when the last was.
    finished: u64,
    at: Option<Instant>,
    states: BTreeMap<HealthCheck, (u64, HealthState)>,
}

/// Looks at the database when somebody asks, and now and then.
pub struct Watch {
    ask: SyncSender<()>,
    seen: watch::Receiver<Seen>,
}

impl Watch {
    /// Starts the thread that looks; it ends when this goes.
    pub fn of(store: Store) -> Self {
        let (ask, asked) = sync_channel(1);
        let (tell, seen) = watch::channel(Seen::default());
        std::thread::spawn(move || keep_looking(&store, &asked, &tell));
        Self { ask, seen }
    }

    async fn health(&self) -> Health {
        let mut seen = self.seen.clone();
        let (before, fresh) = {
            let seen = seen.borrow();
            (seen.finished, seen.at.is_some_and(|at| at.elapsed() < FRESH))
        };
        if !fresh {
            // One that was asked for already is as good.
            let _ = self.ask.try_send(());
            // What was not seen in time is told as such.
            let _ = timeout(PATIENCE, seen.wait_for(|seen| seen.finished > before)).await;
        }
        let seen = seen.borrow().clone();
        let done = fresh || seen.finished > before;
        let line = |(check, (look, state)): (&HealthCheck, &(u64, HealthState))| {
            let current = done && *look == seen.finished || !done && *look > before;
            HealthLine { check: *check, state: if current { *state } else { HealthState::NoAnswer } }
        };
        // A look that ended early has said why; what came after it was not looked at.
        let mut lines: Vec<_> = seen.states.iter().map(line).collect();
        if done {
            lines.retain(|line| line.state != HealthState::NoAnswer);
        } else if !seen.states.contains_key(&HealthCheck::Database) {
            lines.push(HealthLine { check: HealthCheck::Database, state: HealthState::NoAnswer });
        }
        Health::of(lines)
    }
}

fn keep_looking(store: &Store, asked: &Receiver<()>, tell: &watch::Sender<Seen>) {
    let mut probe = Probe::default();
    loop {
        let look = tell.borrow().finished + 1;
        probe.look(store, |check, state| {
            tell.send_modify(|seen| {
                seen.states.insert(check, (look, state));
            });
        });
        tell.send_modify(|seen| (seen.finished, seen.at) = (look, Some(Instant::now())));
        if asked.recv_timeout(UNASKED) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
    }
}

/// Whether the process lives.
#[utoipa::path(
    tag = "health",
    operation_id = "live",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain", example = "live\n"))
)]
#[get("/health/live")]
pub async fn live() -> Reply {
    Reply::text(&disclosure::about_ourselves("live\n"))
}

/// Whether requests are to be sent here, and how each part is: the database, its file, the disk, the keyring. Answered within two
/// seconds also when the database hangs.
#[utoipa::path(
    tag = "health",
    operation_id = "ready",
    responses(
        (status = 200, description = "They are", body = Health,
            example = json!({"status": "ready", "checks": [{"check": "database", "state": "ok"}]})),
        (status = 503, description = "They are not: one of the checks says why", body = Health,
            headers(("Retry-After" = i64, description = "after how many seconds it is worth trying again")),
            example = json!({"status": "not_ready", "checks": [{"check": "disk", "state": "not_writable"}]}))
    )
)]
#[get("/health/ready")]
pub async fn ready(watch: Data<Watch>) -> Reply {
    answer(watch.health().await)
}

/// How the service is, as an answer.
pub fn answer(health: Health) -> Reply {
    let serves = health.serves();
    let reply = Reply::json(&disclosure::about_health(health));
    if serves { reply } else { reply.status(StatusCode::SERVICE_UNAVAILABLE).header(header::RETRY_AFTER, 5) }
}

/// What is answered before the database is open.
#[get("/health/ready")]
pub async fn starting() -> Reply {
    let waiting = HealthLine { check: HealthCheck::Database, state: HealthState::Waiting };
    answer(Health::of(vec![waiting]))
}
