//! How the service is, in codes for whoever runs it: no names, no numbers, for anybody may ask.

use serde::Serialize;
use utoipa::ToSchema;

/// What is looked at. A new check is a line here, and one in `store::probe` that tells its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthCheck {
    /// The database answers.
    Database,
    /// Its schema is the one that this programme was built for.
    Schema,
    /// Nobody holds the lock of writers for long.
    Writer,
    /// What is written is kept: the disk has room, and the database may be written to.
    Disk,
    /// The database's file is still the one that was opened.
    File,
    /// Every page of it can be read.
    Pages,
    /// The keyring is open, and its file can be read again.
    Keyring,
    /// The wall clock is not behind the newest entry of the audit.
    Clock,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    Ok,
    /// Somebody writes at this moment.
    Busy,
    /// It is being looked at for the first time.
    Checking,
    /// The keyring is not open: only what is public is answered.
    Locked,
    /// The keyring is open in memory, and its file is away: the next start would be locked.
    Unreadable,
    /// The wall clock is behind: it, or that of an earlier write, was wrong.
    Behind,
    /// It is waited for.
    Waiting,
    /// It has not answered in time.
    NoAnswer,
    /// It gave an error; the log says which.
    Failed,
    /// Somebody has held the lock of writers for half a minute.
    Stuck,
    /// Nothing can be written, as on a full disk.
    NotWritable,
    /// The file was moved, removed, or another was put in its place.
    Replaced,
    /// Another programme has changed the schema.
    OtherVersion,
    Corrupt,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    Ready,
    /// It serves, and somebody should look after it.
    Degraded,
    /// It waits for its database.
    Starting,
    NotReady,
}

impl HealthState {
    /// What follows from it for the whole.
    pub fn readiness(self) -> Readiness {
        match self {
            Self::Ok | Self::Busy | Self::Checking => Readiness::Ready,
            // Whoever reads is served, also while a long import holds the lock.
            Self::Locked | Self::Unreadable | Self::Behind | Self::Stuck => Readiness::Degraded,
            Self::Waiting => Readiness::Starting,
            Self::NoAnswer | Self::Failed | Self::NotWritable | Self::Replaced | Self::OtherVersion | Self::Corrupt => {
                Readiness::NotReady
            }
        }
    }
}

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct HealthLine {
    pub check: HealthCheck,
    pub state: HealthState,
}

/// How the service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// `ready` and `degraded` come with status 200, the others with 503.
    pub status: Readiness,
    pub checks: Vec<HealthLine>,
}

impl Health {
    /// The worst of the checks decides.
    pub fn of(checks: Vec<HealthLine>) -> Self {
        let status = checks.iter().map(|line| line.state.readiness()).max().unwrap_or(Readiness::Ready);
        Self { status, checks }
    }

    /// Whether requests are to be sent here.
    pub fn serves(&self) -> bool {
        self.status <= Readiness::Degraded
    }
}
