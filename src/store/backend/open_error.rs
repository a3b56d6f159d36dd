//! Why a database could not be opened, as the one who runs it is told.

use std::path::PathBuf;

use super::DatabaseUrl;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database cannot be opened: {0}")]
    Connection(#[from] diesel::ConnectionError),
    #[error("the database cannot be prepared: {0}")]
    Query(#[from] diesel::result::Error),
    #[error("the database path is not UTF-8")]
    Path,
    #[error("SQLite keeps `{pragma}` at `{found}`, not `{wanted}`")]
    Pragma { pragma: &'static str, wanted: String, found: String },
    #[error("{what} {found} is too old; Attest needs {needed} or later")]
    TooOld { what: &'static str, found: String, needed: String },
    #[error("the database holds the table `{0}` of another programme; name one of its own")]
    Foreign(String),
    #[error("the database cannot be migrated: {0}")]
    Migration(String),
    #[error(
        "the database is at schema {found}, made{by} by a newer programme than this one: Attest {own} knows schemas up to {newest}; \
         use the newer programme, or a backup from before it"
    )]
    Newer { found: String, by: String, own: &'static str, newest: String },
    #[error("the database {found}, and Attest {own} works with schema {newest}: `attest serve` brings it up to date")]
    Older { found: String, own: &'static str, newest: String },
    #[error(
        "the journal {0}-wal was not written for the file {0} that lies beside it, as when a backup is put in the place of a \
         database: together they would be damaged, so neither was touched. Put back the file that the journal belongs to, or \
         move {0}-wal, {0}-shm and {0}-mark away: then the file is opened as it is, without what only the journal holds"
    )]
    ForeignJournal(PathBuf),
    #[error(
        "the file {0}-mark is missing, which says whether the journal {0}-wal belongs to the file {0}; nothing was touched. Copy all \
         of them from where they lay together. Only where that cannot be, move {0}-wal and {0}-shm away: then the file is opened as \
         it is, without what only the journal holds"
    )]
    LostMark(PathBuf),
    #[error(
        "the file {0} is missing or empty, and its journal {0}-wal is there: put the file back beside it, or move the journal \
         away"
    )]
    LostFile(PathBuf),
    #[error("the database's file is damaged ({0}): put back a backup, with nothing of this one beside it")]
    Damaged(String),
    #[error("the database's file was moved, removed or replaced while it was open")]
    Moved,
    #[error("the database's files cannot be used: {0}")]
    Files(#[from] std::io::Error),
}

impl OpenError {
    /// Whether the database may come yet: nobody listens at its address, or it is just starting.
    pub fn is_away(&self, url: &DatabaseUrl) -> bool {
        let (DatabaseUrl::Postgres(_), Self::Connection(why)) = (url, self) else { return false };
        let why = why.to_string();
        // What a server refuses for good it says as FATAL, and these are for now. One that speaks another language is waited for.
        let for_now = ["starting up", "shutting down", "recovery", "not yet accepting", "too many", "slots"];
        !why.contains("FATAL") || for_now.iter().any(|word| why.contains(word))
    }

    /// Whether another process was just doing the same: SQLite does not wait for a lock while it switches to WAL.
    pub fn is_locked(&self) -> bool {
        self.to_string().contains("database is locked")
    }
}
