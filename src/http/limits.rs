//! How much one asker may ask for: tokens by their account, sign-in by name and address, and passphrases two at a time, of which
//! strangers have one.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::domain::record::RecordId;

use super::connections::network;
use super::problem::{Kind, Problem};

/// How many passphrases are stretched at once, each with 64 MiB, and how many of them may be strangers': the other place is for
/// browsers that were here before, however many strangers come.
const STRETCHING: usize = 2;
const STRANGERS: usize = 1;
/// How many may stand in line, strangers and others each in a line of their own.
const IN_LINE: usize = 16;
/// From how many keys on those that have rested are forgotten.
const MOST_KEYS: usize = 10_000;

/// How often something may be done: at once, and then one more after each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub every: Duration,
}

/// The limits, as the operator sets them.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Requests with the tokens of one account.
    pub tokens: Rate,
    /// Attempts to sign in by one name, from browsers that were not here before.
    pub names: Rate,
    /// Attempts to sign in from one address, from such browsers.
    pub addresses: Rate,
    /// The least time between two entries of the audit that say how many attempts were turned away.
    pub turned_away_every: Duration,
}

impl Default for Rates {
    fn default() -> Self {
        let rate = |burst, millis| Rate { burst, every: Duration::from_millis(millis) };
        // Generous: many people share an address of Tor, and nobody is to be locked out.
        let turned_away_every = Duration::from_secs(60);
        Self { tokens: rate(1_000, 10), names: rate(60, 1_000), addresses: rate(120, 500), turned_away_every }
    }
}

struct Limiter<K: Clone + Hash + Eq>(DefaultKeyedRateLimiter<K>);

impl<K: Clone + Hash + Eq> Limiter<K> {
    fn new(rate: Rate) -> Self {
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        let every = rate.every.max(Duration::from_nanos(1));
        let quota = Quota::with_period(every).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        Self(RateLimiter::keyed(quota.allow_burst(burst)))
    }

    fn check(&self, key: &K) -> Result<(), Problem> {
        if self.0.len() > MOST_KEYS {
            self.0.retain_recent();
        }
        self.0.check_key(key).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Problem::new(Kind::TooMany).retry_after(wait.as_secs() + 1)
        })
    }
}

/// What is counted, shared by all workers.
pub struct Limits {
    tokens: Limiter<RecordId>,
    names: Limiter<String>,
    addresses: Limiter<String>,
    stretching: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    in_line: Arc<Semaphore>,
    strangers_in_line: Arc<Semaphore>,
    forwarded_by: Option<IpAddr>,
}

impl Limits {
    pub fn new(rates: Rates, forwarded_by: Option<IpAddr>) -> Self {
        Self {
            tokens: Limiter::new(rates.tokens),
            names: Limiter::new(rates.names),
            addresses: Limiter::new(rates.addresses),
            stretching: Arc::new(Semaphore::new(STRETCHING)),
            strangers: Arc::new(Semaphore::new(STRANGERS)),
            in_line: Arc::new(Semaphore::new(IN_LINE)),
            strangers_in_line: Arc::new(Semaphore::new(IN_LINE)),
            forwarded_by,
        }
    }

    /// Counts a request with a token of an account.
    ///
    /// # Errors
    /// [`Kind::TooMany`].
    pub fn token(&self, account: RecordId) -> Result<(), Problem> {
        self.tokens.check(&account)
    }

    /// Counts an attempt to sign in from a browser that was not here before.
    fn sign_in(&self, name: &str, address: &str) -> Result<(), Problem> {
        self.addresses.check(&address.to_owned())?;
        // Never by the name alone: a stranger could keep its owner out.
        self.names.check(&format!("{} {address}", name.chars().take(64).collect::<String>()))
    }

    /// A place for a stranger, when its turn comes. Who finds none in the line is not counted.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] where too many stand in line, [`Kind::TooMany`] where it is one of too many by this name or address.
    pub async fn strangers_place(&self, name: &str, address: &str) -> Result<Place, Problem> {
        let in_line = enter(&self.strangers_in_line)?;
        self.sign_in(name, address)?;
        let turn = self.strangers.clone().acquire_owned().await.map_err(closed)?;
        Ok(Place { _held: [in_line, turn, self.stretching.clone().acquire_owned().await.map_err(closed)?].into() })
    }

    /// A place for somebody known, when its turn comes.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] where too many stand in line.
    pub async fn place(&self) -> Result<Place, Problem> {
        let in_line = enter(&self.in_line)?;
        Ok(Place { _held: [in_line, self.stretching.clone().acquire_owned().await.map_err(closed)?].into() })
    }

    /// Stretches a passphrase, in a place that it gives back.
    ///
    /// # Errors
    /// [`Kind::Internal`].
    pub async fn stretch<T, F>(&self, place: Place, work: F) -> Result<(T, Place), Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        // Held until the work is done, also where nobody waits for it any more.
        let done = web::block(move || (work(), place));
        done.await.map_err(|why| {
            tracing::error!(error = %why, "a passphrase was not stretched");
            Problem::new(Kind::Internal)
        })
    }

    /// Where a request comes from, as far as it is counted: the peer, or whom our own proxy names. Of IPv6 the network.
    pub fn address(&self, request: &HttpRequest) -> String {
        let Some(peer) = request.peer_addr().map(|peer| peer.ip().to_canonical()) else { return String::new() };
        let forwarded = || {
            let values = request.headers().get_all("X-Forwarded-For").last()?.to_str().ok()?;
            values.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
        };
        let ours = self.forwarded_by.is_some_and(|proxy| proxy.to_canonical() == peer);
        network(if ours { forwarded().unwrap_or(peer) } else { peer }).to_string()
    }
}

/// A place to have a passphrase stretched, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _held: Vec<OwnedSemaphorePermit>,
}

fn enter(line: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    line.clone()
        .try_acquire_owned()
        .map_err(|_| Problem::new(Kind::Unavailable).detail("too many are signing in at once"))
}

fn closed(_: AcquireError) -> Problem {
    Problem::new(Kind::Internal)
}
