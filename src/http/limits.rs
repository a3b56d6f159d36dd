//! How much one asker may ask for: tokens by their account, sign-in by name and address, and passphrases two at a time.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

use crate::domain::record::RecordId;

use super::problem::{Kind, Problem};

/// How many passphrases are stretched at once, each with 64 MiB, and how many may stand in line.
const STRETCHING: usize = 2;
const IN_LINE: usize = 32;
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
}

impl Default for Rates {
    fn default() -> Self {
        let rate = |burst, millis| Rate { burst, every: Duration::from_millis(millis) };
        // Generous: many people share an address of Tor, and nobody is to be locked out.
        Self { tokens: rate(1_000, 10), names: rate(60, 1_000), addresses: rate(120, 500) }
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
    in_line: Arc<Semaphore>,
    forwarded_by: Option<IpAddr>,
}

impl Limits {
    pub fn new(rates: Rates, forwarded_by: Option<IpAddr>) -> Self {
        Self {
            tokens: Limiter::new(rates.tokens),
            names: Limiter::new(rates.names),
            addresses: Limiter::new(rates.addresses),
            stretching: Arc::new(Semaphore::new(STRETCHING)),
            in_line: Arc::new(Semaphore::new(IN_LINE)),
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
    ///
    /// # Errors
    /// [`Kind::TooMany`].
    pub fn sign_in(&self, name: &str, address: &str) -> Result<(), Problem> {
        self.addresses.check(&address.to_owned())?;
        // Never by the name alone: a stranger could keep its owner out.
        self.names.check(&format!("{} {address}", name.chars().take(64).collect::<String>()))
    }

    /// Stretches a passphrase, when its turn comes.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] where too many stand in line.
    pub async fn stretch<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let busy = |_| Problem::new(Kind::Unavailable).detail("too many are signing in at once");
        let place = self.in_line.clone().try_acquire_owned().map_err(busy)?;
        let turn = self.stretching.clone().acquire_owned().await;
        let turn = turn.map_err(|_| Problem::new(Kind::Internal))?;
        let done = web::block(move || {
            // Held until the work is done, also where nobody waits for it any more.
            let _held = (place, turn);
            work()
        });
        done.await.map_err(|why| {
            tracing::error!(error = %why, "a passphrase was not stretched");
            Problem::new(Kind::Internal)
        })
    }

    /// Where a request comes from, as far as it is counted: the peer, or whom our own proxy names. Of IPv6 the network, because
    /// one person has all the addresses in it.
    pub fn address(&self, request: &HttpRequest) -> String {
        let Some(peer) = request.peer_addr().map(|peer| peer.ip().to_canonical()) else { return String::new() };
        let forwarded = || {
            let values = request.headers().get_all("X-Forwarded-For").last()?.to_str().ok()?;
            values.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
        };
        let ours = self.forwarded_by.is_some_and(|proxy| proxy.to_canonical() == peer);
        let address = if ours { forwarded().unwrap_or(peer) } else { peer };
        match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}
