//! How long the database and we wait for each other.

use std::time::Duration;

use super::Access;

/// How long the database and we wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// How long a statement waits for what another write holds.
    pub lock: Duration,
    /// After what time without a word from us a server ends a write that we began: the process that began it may be frozen, and
    /// all others wait for it.
    pub silence: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { lock: Duration::from_secs(10), silence: Duration::from_secs(30) }
    }
}

impl Waits {
    /// A reading holds up nobody: it is given longer between two questions, to compute.
    const OF_READINGS: u32 = 20;

    /// The settings of a session of PostgreSQL. Those of the connection are for whoever vanishes with a cut cable or a switched-off
    /// machine; on a socket they mean nothing.
    pub(super) fn settings(self, access: Access) -> String {
        let silence = if access == Access::Read { self.silence * Self::OF_READINGS } else { self.silence };
        format!(
            "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET tcp_keepalives_idle = 30; \
             SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 60000",
            self.lock.as_millis(),
            silence.as_millis()
        )
    }
}

/// What our side of a connection to PostgreSQL does about a server that vanished, unless the address says otherwise.
const PATIENCE: [(&str, &str); 6] = [
    ("connect_timeout", "10"),
    ("keepalives", "1"),
    ("keepalives_idle", "30"),
    ("keepalives_interval", "10"),
    ("keepalives_count", "3"),
    // In milliseconds.
    ("tcp_user_timeout", "60000"),
];

pub(super) fn with_patience(mut url: url::Url) -> url::Url {
    for (name, value) in PATIENCE {
        if !url.query_pairs().any(|(key, _)| key == name) {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    url
}
