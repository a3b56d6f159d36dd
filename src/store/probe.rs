//! Looks at the database as a whole, apart from the connections that requests use, and writes nothing that anybody could read.

use std::time::{Duration, Instant};

use crate::domain::health::{HealthCheck, HealthState};

use super::backend::{Access, Conn, OpenError, probing, version};
use super::clock;
use super::database::Store;
use super::error::StoreError;
use super::instance;

/// From when on a lock that somebody holds is called stuck.
const STUCK: Duration = Duration::from_secs(30);
/// How often something is written to see whether that is possible, while nothing is amiss.
const WRITING: Duration = Duration::from_secs(20);

/// What is remembered from one look to the next.
#[derive(Debug)]
pub struct Probe {
    /// Since when the lock of writers cannot be had.
    taken: Option<Instant>,
    /// When something was written last to see whether it can be.
    written: Instant,
    trouble: bool,
}

impl Default for Probe {
    fn default() -> Self {
        Self { taken: None, written: Instant::now(), trouble: false }
    }
}

impl Probe {
    /// Looks at everything, and tells each state as soon as it is known: what hangs holds up only what comes after it.
    pub fn look(&mut self, store: &Store, mut tell: impl FnMut(HealthCheck, HealthState)) {
        let connections = store.connections();
        let file = connections.must_be_in_place();
        if connections.has_file() {
            tell(HealthCheck::File, file.map_or_else(|why| of_error(&why.into()), |()| HealthState::Ok));
            tell(HealthCheck::Pages, connections.pages());
        }
        let mut reader = match connections.look_apart(Access::Read) {
            Ok(reader) => reader,
            Err(why) => return tell(HealthCheck::Database, of_error(&why.into())),
        };
        let named = match instance::keyring(&mut reader) {
            Ok(named) => named.is_some(),
            Err(why) => return tell(HealthCheck::Database, of_error(&why.into())),
        };
        tell(HealthCheck::Database, HealthState::Ok);
        tell(HealthCheck::Keyring, keyring(store, named));
        match version::must_be_current(&mut reader) {
            Ok(()) => tell(HealthCheck::Schema, HealthState::Ok),
            Err(why) => {
                if matches!(why, OpenError::Newer { .. }) {
                    connections.refuse(why.to_string());
                }
                return tell(HealthCheck::Schema, of_error(&why.into()));
            }
        }
        match clock::behind_in(&mut reader, store.now()) {
            Ok(Some(_)) => tell(HealthCheck::Clock, HealthState::Behind),
            Ok(None) => tell(HealthCheck::Clock, HealthState::Ok),
            Err(why) => return tell(HealthCheck::Clock, of_error(&why.into())),
        }
        drop(reader);
        let (writer, disk) = self.write(store);
        tell(HealthCheck::Writer, writer);
        tell(HealthCheck::Disk, disk);
    }

    fn write(&mut self, store: &Store) -> (HealthState, HealthState) {
        let connections = store.connections();
        let suspect = connections.has_failed_to_write();
        let due = self.trouble || suspect || self.written.elapsed() > WRITING;
        let tried = connections.apart(Access::Write).and_then(|mut conn: Conn| {
            let had = probing::try_to_write(&mut conn, due)?;
            connections.tend(&mut conn);
            Ok(had)
        });
        match tried {
            Ok(true) => {
                self.taken = None;
                if due {
                    self.written = Instant::now();
                    self.trouble = false;
                    connections.can_write_again();
                }
                (HealthState::Ok, HealthState::Ok)
            }
            Ok(false) => {
                let since = *self.taken.get_or_insert_with(Instant::now);
                let writer = if since.elapsed() < STUCK { HealthState::Busy } else { HealthState::Stuck };
                (writer, if self.trouble { HealthState::NotWritable } else { HealthState::Ok })
            }
            Err(why) => {
                if !self.trouble {
                    tracing::error!(error = %why, "the database cannot be written to");
                }
                self.trouble = true;
                (HealthState::Ok, HealthState::NotWritable)
            }
        }
    }
}

fn keyring(store: &Store, named: bool) -> HealthState {
    match store.keys() {
        Some(keys) if std::fs::File::open(keys.place().file()).is_ok() => HealthState::Ok,
        Some(_) => HealthState::Unreadable,
        None if named || store.is_locked() => HealthState::Locked,
        None => HealthState::Ok,
    }
}

fn of_error(why: &StoreError) -> HealthState {
    match why {
        StoreError::Open(
            OpenError::Moved | OpenError::ForeignJournal(_) | OpenError::LostMark(_) | OpenError::LostFile(_),
        ) => HealthState::Replaced,
        StoreError::Open(OpenError::Newer { .. } | OpenError::Older { .. }) => HealthState::OtherVersion,
        why => {
            tracing::warn!(error = %why, "the database does not answer as it should");
            HealthState::Failed
        }
    }
}
