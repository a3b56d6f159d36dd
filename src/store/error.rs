//! Why the store did not do what was asked.

use crate::domain::check::{CheckError, Fault, Invalid};
use crate::domain::policy::Denied;
use crate::domain::record::Noun;
use crate::domain::release::plan::Block;

use super::backend::{self, Failure, OpenError};
use super::stop;
use crate::keys::cipher::CipherError;
use crate::keys::keyring::KeyringError;

/// Why the store did not do what was asked. Nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("there is no such {0}")]
    Missing(Noun),
    /// There is nothing of what the address names, which is no record.
    #[error("there is no such {0}")]
    Absent(&'static str),
    /// A rule forbids it as things stand; the text is for whoever asked.
    #[error("{0}")]
    Refused(&'static str),
    /// A release cannot be published as it was declared.
    #[error("the release is blocked")]
    Blocked(Vec<Block>),
    /// What a release is made of has changed since it was prepared.
    #[error("the release would be another one now")]
    Outdated,
    /// The version that was to be replaced is not the newest.
    #[error("the record has changed since")]
    Stale,
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The account was disabled, or got another role, since the request came in.
    #[error("the account may do nothing any more")]
    SignedOut,
    /// The idempotency key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// The work was cancelled, or nobody waits for it any more.
    #[error("the work was given up before it was saved")]
    Cancelled,
    /// The keyring is not open: nothing but what is public can be read, and nothing written.
    #[error("the keyring is not open: {0}")]
    Locked(String),
    /// Nobody has shown yet that the recovery code is in safe hands.
    #[error("the recovery code was not confirmed yet: attest key confirm")]
    Unconfirmed,
    /// The database was not ready in time, or is away: it is worth trying again.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored cannot be right, or cannot be kept as it is: the same again fails in the same way.
    #[error("the database holds or was given what cannot be: {0}")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The reading took longer than it may.
    #[error("the reading took too long")]
    TookTooLong,
    /// Whoever asked has gone, and what was read for them was stopped.
    #[error("nobody waits for the answer any more")]
    Abandoned,
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl From<diesel::result::Error> for StoreError {
    fn from(why: diesel::result::Error) -> Self {
        match backend::failure(&why) {
            Failure::Passing => Self::Unavailable(why.into()),
            Failure::Stopped => stop::why(),
            Failure::Lasting => Self::Broken(why.into()),
        }
    }
}

impl From<r2d2::Error> for StoreError {
    fn from(why: r2d2::Error) -> Self {
        Self::Unavailable(why.into())
    }
}

impl From<CipherError> for StoreError {
    fn from(why: CipherError) -> Self {
        match why {
            CipherError::Refused => Self::Broken(why.into()),
            CipherError::NoRandomness => Self::Unavailable(why.into()),
        }
    }
}

impl From<KeyringError> for StoreError {
    fn from(why: KeyringError) -> Self {
        Self::Locked(why.to_string())
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault.0.downcast::<diesel::result::Error>() {
            Ok(why) => (*why).into(),
            Err(other) => Self::Broken(other),
        }
    }
}

impl From<CheckError> for StoreError {
    fn from(why: CheckError) -> Self {
        match why {
            CheckError::Invalid(invalid) => invalid.into(),
            CheckError::Fault(fault) => fault.into(),
        }
    }
}

/// A value in the database that no version of Attest wrote.
pub fn corrupt(what: impl std::fmt::Display) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(format!("unexpected value in the database: {what}").into())
}

/// Reads one of the words that the programme knows back from the database.
pub fn word<T: Copy>(words: &[(&str, T)], text: &str) -> diesel::QueryResult<T> {
    words.iter().find(|(name, _)| *name == text).map(|(_, word)| *word).ok_or_else(|| corrupt(text))
}
