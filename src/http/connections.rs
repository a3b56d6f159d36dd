//! Who may be connected. Nobody takes all places: one address has its share, whoever waits without asking anything leaves first
//! when it becomes full, and what comes has to come at a least rate.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::rt::time::Instant;
use futures_util::task::AtomicWaker;

mod files;
pub mod pace;
mod server;
mod stream;

pub use server::serve;

/// How long a client may take to send the head of a request, how long a connection is kept for the next one, and how long one
/// is waited for that is being closed.
const HEAD: Duration = Duration::from_secs(10);
const KEPT: Duration = Duration::from_secs(30);
const CLOSING: Duration = Duration::from_secs(5);
/// For how long a client may take nothing of its answer at all. Long, because the network's buffers are large.
const STALLED: Duration = Duration::from_secs(300);
/// When it is full, how old a body must be before its rate tells, and for how long nothing of an answer was taken.
const TELLING: Duration = Duration::from_secs(5);
const STUCK: Duration = Duration::from_secs(30);

/// The limits of connections, as the operator sets them.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// How many connections there may be at once.
    pub most: usize,
    /// How many of them from one address. The reverse proxy has no such limit.
    pub per_address: usize,
    /// How many bytes of a body must come in a second, on average over the window.
    pub least_rate: u64,
    pub window: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        // Tor brings a few thousand bytes a second at its worst.
        Self { most: 2_000, per_address: 100, least_rate: 250, window: Duration::from_secs(30) }
    }
}

/// Of IPv6 the network, because one person has all the addresses in it.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// Nothing is asked, or not all of a question is here.
    Waiting {
        since: Instant,
        longest: Duration,
    },
    /// The body of a request is on its way.
    Receiving {
        since: Instant,
        bytes: u64,
    },
    Answering,
}

/// A connection, as those know it who decide whether it stays.
#[derive(Debug)]
pub struct Connection {
    limits: ConnectionLimits,
    phase: Mutex<Phase>,
    /// Since when the client takes nothing of its answer.
    stuck: Mutex<Option<Instant>>,
    leaving: AtomicBool,
    waker: AtomicWaker,
}

impl Connection {
    fn new(limits: ConnectionLimits) -> Self {
        Self {
            limits,
            phase: Mutex::new(Phase::Waiting { since: Instant::now(), longest: HEAD + KEPT }),
            stuck: Mutex::default(),
            leaving: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    fn set(&self, phase: Phase) {
        *locked(&self.phase) = phase;
    }

    /// From now on nothing is asked. What is left of a question that was answered early is not waited for.
    fn wait(&self, unread: bool) {
        self.set(Phase::Waiting { since: Instant::now(), longest: if unread { CLOSING } else { HEAD + KEPT } });
        // So that the time is taken although the client does nothing.
        self.waker.wake();
    }

    /// How long it may wait; `None` where it is we who are waited for.
    fn until(&self) -> Option<Instant> {
        match *locked(&self.phase) {
            Phase::Waiting { since, longest } => Some(since + longest),
            Phase::Receiving { .. } | Phase::Answering => None,
        }
    }

    fn send_away(&self) {
        self.leaving.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::SeqCst)
    }

    /// Since when it has asked nothing.
    fn idle_since(&self) -> Option<Instant> {
        match *locked(&self.phase) {
            Phase::Waiting { since, .. } => Some(since),
            Phase::Receiving { .. } | Phase::Answering => None,
        }
    }

    /// How much comes or goes in a second, where that is little enough to send it away when it is full.
    fn slowness(&self, now: Instant) -> Option<u64> {
        if locked(&self.stuck).is_some_and(|since| now - since >= STUCK) {
            return Some(0);
        }
        match *locked(&self.phase) {
            Phase::Receiving { since, bytes } if now - since >= TELLING => Some(bytes / (now - since).as_secs().max(1)),
            _ => None,
        }
    }
}

/// Every connection of the server.
#[derive(Debug)]
pub struct Connections {
    limits: ConnectionLimits,
    proxy: Option<IpAddr>,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    newest: u64,
    all: HashMap<u64, Arc<Connection>>,
    by_address: HashMap<IpAddr, usize>,
}

/// The place of one connection, given back when it is dropped.
#[derive(Debug)]
struct Place {
    id: u64,
    address: Option<IpAddr>,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
}

impl Connections {
    /// `proxy` is the address of the reverse proxy, by which everybody comes.
    pub fn new(mut limits: ConnectionLimits, proxy: Option<IpAddr>) -> Arc<Self> {
        limits.most = files::room_for(limits.most);
        Arc::new(Self { limits, proxy: proxy.map(|proxy| proxy.to_canonical()), present: Mutex::default() })
    }

    /// Lets a connection in, and sends another one away where it becomes full. `None` where there is no place.
    fn enter(self: &Arc<Self>, peer: Option<SocketAddr>) -> Option<Place> {
        let address = peer.map(|peer| peer.ip().to_canonical()).filter(|peer| Some(*peer) != self.proxy).map(network);
        let mut present = locked(&self.present);
        let own = address.and_then(|address| present.by_address.get(&address).copied()).unwrap_or_default();
        if address.is_some() && own >= self.limits.per_address {
            return None;
        }
        let staying = present.all.values().filter(|connection| !connection.is_leaving()).count();
        let nearly = self.limits.most - self.limits.most / 8;
        if staying >= nearly && !make_room(&present, staying >= self.limits.most) {
            return None;
        }
        let connection = Arc::new(Connection::new(self.limits));
        present.newest += 1;
        let id = present.newest;
        present.all.insert(id, connection.clone());
        if let Some(address) = address {
            *present.by_address.entry(address).or_default() += 1;
        }
        Some(Place { id, address, connection, connections: self.clone() })
    }
}

/// Sends away whoever has asked nothing for longest; and, where no place is left, who is slowest. Gives whether there is a place.
fn make_room(present: &Present, full: bool) -> bool {
    let staying = || present.all.values().filter(|connection| !connection.is_leaving());
    let idle = staying().filter_map(|connection| Some((connection.idle_since()?, connection)));
    if let Some((_, connection)) = idle.min_by_key(|(since, _)| *since) {
        connection.send_away();
        return true;
    }
    if !full {
        return true;
    }
    let now = Instant::now();
    let slow = staying().filter_map(|connection| Some((connection.slowness(now)?, connection)));
    let slowest = slow.min_by_key(|(rate, _)| *rate).map(|(_, connection)| connection.send_away());
    slowest.is_some()
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut present = locked(&self.connections.present);
        present.all.remove(&self.id);
        let Some(address) = self.address else { return };
        if let Some(own) = present.by_address.get_mut(&address) {
            *own -= 1;
            if *own == 0 {
                present.by_address.remove(&address);
            }
        }
    }
}

/// That a connection is not waiting, until it is dropped.
#[derive(Debug)]
pub struct Asked {
    connection: Option<Arc<Connection>>,
    unread: bool,
}

impl Asked {
    pub fn of(connection: Option<Arc<Connection>>) -> Self {
        if let Some(connection) = &connection {
            connection.set(Phase::Answering);
        }
        Self { connection, unread: true }
    }

    /// Notes whether the client has something left to send of what was answered already.
    pub fn left_unread(&mut self, unread: bool) {
        self.unread = unread;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.wait(self.unread);
        }
    }
}
