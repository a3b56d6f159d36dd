//! Who looks at a page: the session of the cookie, and the permission that a handler names in its signature. Pages know no other
//! way to somebody, and the API does not know this one.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use zeroize::Zeroizing;

use crate::domain::policy::{self, Action, Actor, Permit};
use crate::domain::record::{Instant, RecordId};
use crate::keys::cipher::Key;
use crate::store::chain::hex;
use crate::store::clock;
use crate::store::error::StoreError;
use crate::store::sessions::{self, Found, IDLE, WRITTEN_EVERY};
use crate::store::sign_in::Who;

use super::super::auth::Permission;
use super::super::limits::Limits;
use super::super::problem::{Kind, Problem};
use super::super::state::Records;
use super::cookies::{Cookie, Jar};
use super::here;
use super::turned::Turned;

/// When each session was last used. The database is told every five minutes; of several processes each knows its own part, and
/// where they differ a session ends a little early.
#[derive(Debug, Default)]
pub struct Seen {
    last: Mutex<HashMap<RecordId, Instant>>,
    /// Sessions that somebody has left, whether or not the database knows it yet.
    left: Mutex<HashSet<RecordId>>,
    noting: Mutex<Noting>,
    /// Whether the log says that it fails.
    told: Mutex<bool>,
}

/// How the telling of the database goes. Whatever hinders it, nobody's page waits for it or fails.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Noting {
    #[default]
    Idle,
    Running,
    /// It failed, and is tried again in a while.
    Failed(std::time::Instant),
}

/// How long a page waits until the database is told that its session is used, and how long nobody tries after a failure.
const NOTING: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_secs(60);
/// How long somebody who leaves waits for that to be written.
const LEAVING: Duration = Duration::from_secs(1);
/// How often it is tried to write that a session was left. This process knows it in any case; where it ends before, and the session
/// was not written off, the session ends when it is idle.
const LEAVING_TRIES: u32 = 1_000;

impl Seen {
    /// Notes that a session is used, unless it was idle for too long.
    fn touch(&self, found: &Found, now: Instant) -> bool {
        if self.left.lock().unwrap_or_else(PoisonError::into_inner).contains(&found.id) {
            return false;
        }
        let mut seen = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.get(&found.id).copied().unwrap_or(found.seen_at).max(found.seen_at);
        if clock::since(last, now).is_none_or(|idle| idle >= IDLE) {
            seen.remove(&found.id);
            return false;
        }
        if seen.len() > 10_000 {
            seen.retain(|_, last| clock::since(*last, now).is_some_and(|idle| idle < IDLE));
        }
        seen.insert(found.id, now);
        true
    }

    /// Ends a session at once, whoever is writing to the database; it is told as soon as that can be.
    pub async fn leave(self: &Arc<Self>, records: &Records, found: &Found) {
        let (seen, records) = (self.clone(), records.clone());
        let (actor, id) = (found.account.actor(), found.id);
        self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        let written = actix_web::rt::spawn(async move {
            for _ in 0..LEAVING_TRIES {
                let actor = actor.clone();
                match records.try_run(move |store| sessions::end(store, &actor, id)).await {
                    Ok(()) | Err(StoreError::Absent(_)) => {
                        seen.left.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                        return;
                    }
                    Err(why @ StoreError::Unavailable(_)) => {
                        tracing::warn!(%why, "that a session was left is not written yet");
                    }
                    Err(why) => {
                        tracing::error!(%why, "that a session was left cannot be written");
                        return;
                    }
                }
                actix_web::rt::time::sleep(NOTING).await;
            }
        });
        // Mostly it is written by then; nobody who leaves waits longer.
        let _ = actix_web::rt::time::timeout(LEAVING, written).await;
    }

    /// The turn of who is to tell the database now; nothing where nobody is.
    fn begin_noting(&self) -> Option<Turn<'_>> {
        let mut noting = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = match *noting {
            Noting::Idle => true,
            Noting::Running => false,
            Noting::Failed(at) => at.elapsed() > AGAIN,
        };
        begin.then(|| {
            *noting = Noting::Running;
            Turn { seen: self, ended: false }
        })
    }

    fn end_noting(&self, failure: Option<String>) {
        let ended = failure.as_ref().map_or(Noting::Idle, |_| Noting::Failed(std::time::Instant::now()));
        *self.noting.lock().unwrap_or_else(PoisonError::into_inner) = ended;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some(why) if !*told => {
                tracing::warn!(%why, "the use of sessions cannot be noted; pages are shown all the same")
            }
            None if *told => tracing::info!("the use of sessions is noted again"),
            _ => {}
        }
        *told = ended != Noting::Idle;
    }

    /// Tells the database that a session is used, as far as that can be done now.
    async fn note(&self, records: &Records, found: &Found) {
        let Some(turn) = self.begin_noting() else { return };
        let (actor, id) = (found.account.actor(), found.id);
        let noted =
            actix_web::rt::time::timeout(NOTING, records.try_run(move |store| sessions::see(store, &actor, id)));
        let failure = match noted.await {
            Ok(Err(why @ (StoreError::Unavailable(_) | StoreError::Open(_)))) => Some(why.to_string()),
            Ok(_) => None,
            Err(_) => Some("the database does not answer".to_owned()),
        };
        turn.end(failure);
    }
}

/// The turn to tell the database. A client that leaves ends it too, so that the next one takes it.
#[derive(Debug)]
struct Turn<'s> {
    seen: &'s Seen,
    ended: bool,
}

impl Turn<'_> {
    fn end(mut self, failure: Option<String>) {
        self.ended = true;
        self.seen.end_noting(failure);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.ended {
            *self.seen.noting.lock().unwrap_or_else(PoisonError::into_inner) = Noting::Idle;
        }
    }
}

/// Somebody who is signed in and may do what the page does.
#[derive(Debug)]
pub struct Visit<P> {
    permit: Permit,
    pub found: Found,
    pub jar: Jar,
    word: Zeroizing<String>,
    device: Option<String>,
    address: String,
    permission: PhantomData<P>,
}

impl<P> Visit<P> {
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Whether a page may offer this.
    pub fn may(&self, action: Action) -> bool {
        policy::decide(self.permit.actor(), action).is_ok()
    }

    pub fn actor(&self) -> Actor {
        self.permit.actor().clone()
    }

    /// What every form of this session carries.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// By what attempts to prove oneself again are counted.
    pub fn who(&self) -> Who {
        Who { name: self.found.account.name.clone(), device: self.device.clone(), address: self.address.clone() }
    }
}

/// The word of a session: whoever does not hold its secret cannot make it.
fn word(secret: &str) -> Zeroizing<String> {
    Zeroizing::new(hex(&Key::derive(secret.as_bytes(), b"attest session", "csrf").mac(b"form")))
}

impl<P: Permission> FromRequest for Visit<P> {
    type Error = Turned;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Turned>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let jar = Jar::of(request);
        let secret = jar.read(request, Cookie::Session);
        let device = jar.read(request, Cookie::Device);
        let records = request.app_data::<Data<Records>>().cloned();
        let seen = request.app_data::<Data<Seen>>().cloned();
        let limits = request.app_data::<Data<Limits>>().cloned();
        let address = limits.map(|limits| limits.address(request)).unwrap_or_default();
        Box::pin(async move {
            let (records, seen) = (records.ok_or(Kind::Internal)?, seen.ok_or(Kind::Internal)?);
            let (asked, touched) = (secret.clone(), seen.clone());
            let found = records
                .run(move |store| {
                    store.must_be_open()?;
                    let (Some(secret), now) = (asked, store.now()) else { return Ok(None) };
                    let found = store.look(|conn| sessions::find(conn, &secret, now))?;
                    let Some(found) = found.filter(|found| touched.touch(found, now)) else { return Ok(None) };
                    Ok(Some((now.0 - found.seen_at.0 >= WRITTEN_EVERY, found)))
                })
                .await?;
            let (Some((due, found)), Some(secret)) = (found, secret) else { return Err(Turned::SignIn) };
            here::signed_in(found.account.actor());
            if due {
                seen.note(&records, &found).await;
            }
            // The title says it; what the action is called is for programmes.
            let permit =
                policy::decide(&found.account.actor(), P::ACTION).map_err(|_| Problem::new(Kind::Forbidden))?;
            let word = word(&secret);
            Ok(Self { permit, found, jar, word, device, address, permission: PhantomData })
        })
    }
}
