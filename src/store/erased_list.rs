//! The list of what was erased, outside of the database and its backups: what is put back from a backup is erased again.
//!
//! A line a person, by identifier; `texts RECORD WRITE` for the text of a source or event alone, with the write that made its
//! key: what is entered later has another key, and stays. Before an erasure is kept it is noted as `intended`, so that none is
//! kept without a note; one that was not kept in the end is never done by the list.

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::record::RecordId;
use crate::keys::files::append_line;
use crate::keys::keyring::Keyring;

use super::error::StoreError;
use super::session::Tx;

const INTENDED: &str = "intended ";
const TEXTS: &str = "texts ";

/// What is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    Person(RecordId),
    /// The text of a record, under the key that this write made.
    Texts(RecordId, i64),
}

impl Line {
    fn show(self) -> String {
        match self {
            Self::Person(person) => person.to_string(),
            Self::Texts(record, made_by) => format!("{TEXTS}{record} {made_by}"),
        }
    }

    fn read(line: &str) -> Option<Self> {
        let id = |text: &str| text.parse().map(RecordId);
        let read = match line.strip_prefix(TEXTS) {
            None => id(line).map(Self::Person),
            Some(rest) => {
                let (record, made_by) = rest.split_once(' ')?;
                let Ok(made_by) = made_by.parse() else { return None };
                id(record).map(|record| Self::Texts(record, made_by))
            }
        };
        read.ok()
    }
}

/// Notes that something is about to be erased.
///
/// # Errors
/// That it cannot be noted; then nothing may be erased.
pub fn intend(tx: &mut Tx<'_>, line: Line) -> Result<(), StoreError> {
    let list = tx.session().keys()?.place().erasures();
    append_line(&list, &format!("{INTENDED}{}", line.show())).map_err(|why| StoreError::Unavailable(why.into()))
}

/// Notes that something was erased.
///
/// # Errors
/// That it cannot be noted.
pub fn done(keys: &Keyring, line: Line) -> Result<(), StoreError> {
    Ok(append_line(&keys.place().erasures(), &line.show())?)
}

/// What was erased, and what was intended and not noted as done.
#[derive(Debug, Default)]
pub struct List {
    pub done: BTreeSet<Line>,
    pub intended: BTreeSet<Line>,
}

/// Reads the list.
///
/// # Errors
/// That it cannot be read, with the line.
pub fn read(path: &Path) -> Result<List, StoreError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(List::default()),
        Err(why) => return Err(StoreError::Unavailable(why.into())),
    };
    let mut list = List::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let unread = || StoreError::Unavailable(format!("{}: `{line}` cannot be read", path.display()).into());
        let (to, line) = match line.strip_prefix(INTENDED) {
            Some(line) => (&mut list.intended, line),
            None => (&mut list.done, line),
        };
        match Line::read(line) {
            Some(line) => drop(to.insert(line)),
            // A line that a crash has torn off stands for an erasure that was not kept.
            None if line.len() < 36 => tracing::warn!(list = %path.display(), "a torn line"),
            None => return Err(unread()),
        }
    }
    list.intended = &list.intended - &list.done;
    Ok(list)
}
