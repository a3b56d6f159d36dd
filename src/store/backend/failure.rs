//! What an error of either database means for whoever asked.

use diesel::result::{DatabaseErrorKind, Error};

use super::super::stop::STOPPED as STOP;

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The database is away, busy or full: it is worth trying again.
    Passing,
    /// It was stopped, because it took too long or nobody waits for it.
    Stopped,
    /// What is stored, or what was asked, is wrong: the same again fails in the same way.
    Lasting,
}

/// What the databases say where they give no kind, in English; PostgreSQL is told to speak it where it lets us. Whatever is not
/// listed is a lasting failure: nobody is told to try again for nothing.
const PASSING: [&str; 23] = [
    // SQLite
    "database is locked",
    "database table is locked",
    "database schema is locked",
    "database or disk is full",
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "locking protocol",
    "out of memory",
    // PostgreSQL
    "canceling statement due to lock timeout",
    "deadlock detected",
    "could not obtain lock",
    "No space left on device",
    "out of shared memory",
    "remaining connection slots",
    "too many clients",
    "too many connections",
    "the database system is",
    "terminating connection",
    "conflict with recovery",
    "server closed the connection",
    "no connection to the server",
    "could not receive data from server",
];
const STOPPED: [&str; 4] =
    [STOP, "interrupted", "canceling statement due to statement timeout", "canceling statement due to user request"];

/// What an error means.
pub fn failure(why: &Error) -> Failure {
    match why {
        Error::DatabaseError(kind, said) => match kind {
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::SerializationFailure
            // The server that took our writes has become a replica.
            | DatabaseErrorKind::ReadOnlyTransaction => Failure::Passing,
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ExclusionViolation => Failure::Lasting,
            _ => said_by_name(said.message()),
        },
        // A statement that was stopped before it began.
        Error::QueryBuilderError(why) if why.to_string() == STOP => Failure::Stopped,
        // The connection is lost, and the pool makes another one.
        Error::BrokenTransactionManager | Error::RollbackErrorOnCommit { .. } => Failure::Passing,
        _ => Failure::Lasting,
    }
}

/// Whether a statement was given up because it waited for a lock, or ran, longer than it was to.
pub(super) fn is_late(why: &Error) -> bool {
    const LATE: [&str; 2] = ["canceling statement due to lock timeout", "canceling statement due to statement timeout"];
    let Error::DatabaseError(_, said) = why else { return false };
    LATE.iter().any(|phrase| said.message().contains(phrase))
}

fn said_by_name(message: &str) -> Failure {
    let is = |phrases: &[&str]| phrases.iter().any(|phrase| message.contains(phrase));
    if is(&STOPPED) {
        Failure::Stopped
    } else if is(&PASSING) {
        Failure::Passing
    } else {
        Failure::Lasting
    }
}
