//! Import of CSV files, one noun a file: all or nothing.

use std::fmt;

use csv::StringRecord;

use crate::domain::check::{FieldError, Invalid, MOST_ERRORS, Rule};
use crate::domain::entry::{self, Fields};
use crate::domain::policy::Actor;
use crate::domain::record::{Noun, RecordId};
use crate::domain::text::{self, Texts};
use crate::store::backend;
use crate::store::changes;
use crate::store::database::{Outcome, Store};
use crate::store::error::StoreError;
use crate::store::records::{self, Stored};
use crate::store::session::Tx;

use super::fields;
use super::nouns::with_entry;

/// A file to import.
#[derive(Debug, Clone)]
pub struct File {
    pub noun: Noun,
    /// What the file is called in messages.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// One mistake in a file. Rows are the lines of the file, as an editor and a spreadsheet number them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    pub file: String,
    pub row: u64,
    pub error: FieldError,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, row, error } = self;
        write!(f, "{file}: row {row}")?;
        if !error.field.is_empty() {
            write!(f, ", column {}", error.field)?;
        }
        if let Some(value) = &error.value {
            // A cell may hold what would steer the terminal.
            write!(f, ": `{}`", value.escape_debug())?;
        }
        write!(f, ": expected {}", error.expected)
    }
}

/// Something odd in a file that was imported all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowWarning {
    pub file: String,
    pub row: u64,
    pub detail: String,
}

impl fmt::Display for RowWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: row {}: {}", self.file, self.row, self.detail)
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// By file the number of records.
    pub created: Vec<(String, Noun, u64)>,
    pub warnings: Vec<RowWarning>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What is wrong in which rows; no more than the first 50.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rows(Vec<RowError>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far an import is: rows done.
pub type Progress = Box<dyn FnMut(u64) + Send>;

/// Imports files, in the order in which they are given, in one write. A dry run does the same and keeps nothing.
///
/// # Errors
/// [`ImportError::Rows`] with what is wrong, or the store's. Nothing was kept.
pub fn run(
    store: &Store,
    actor: &Actor,
    files: Vec<File>,
    dry_run: bool,
    then: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    mut progress: Progress,
) -> Result<Report, ImportError> {
    let outcome = store.attempt(actor, "import", move |tx| {
        let mut import = Import { tx, report: Report::default(), errors: Vec::new(), progress: &mut progress, rows: 0 };
        for file in &files {
            with_entry!(file.noun, E => import.file::<E>(file)?);
        }
        let Import { tx, report, errors, .. } = import;
        if !errors.is_empty() {
            return Ok(Outcome::Abandon(Err(errors)));
        }
        then(tx)?;
        let counts = report.created.iter().map(|(_, noun, count)| serde_json::json!([noun.name(), count]));
        tx.note("created", counts.collect::<Vec<_>>());
        Ok(if dry_run { Outcome::Abandon(Ok(report)) } else { Outcome::Keep(Ok(report)) })
    })?;
    let (Outcome::Keep(result) | Outcome::Abandon(result)) = outcome;
    result.map_err(ImportError::Rows)
}

struct Import<'i, 'c> {
    tx: &'i mut Tx<'c>,
    report: Report,
    errors: Vec<RowError>,
    progress: &'i mut Progress,
    rows: u64,
}

impl Import<'_, '_> {
    fn refuse(&mut self, file: &File, row: u64, error: FieldError) {
        self.errors.push(RowError { file: file.name.clone(), row, error });
    }

    fn file<E: Stored>(&mut self, file: &File) -> Result<(), StoreError> {
        // A byte order mark is what spreadsheets write; it is no part of the first column's name.
        let bytes = file.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file.bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(why) => {
                let row = bytes[..why.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
                self.refuse(file, row, FieldError::new("", Rule::Malformed, None, "text in UTF-8"));
                return Ok(());
            }
        };
        let (text, skipped) = without_comments(text);
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(why) => {
                self.refuse(file, skipped + 1, from_csv(&why));
                return Ok(());
            }
        };
        if !self.header::<E>(file, skipped + 1, &headers) {
            return Ok(());
        }
        let numbers: Vec<_> =
            fields::of::<E>().into_iter().filter(|field| field.number).map(|field| field.name).collect();
        let mut created: Vec<(u64, RecordId)> = Vec::new();
        let mut lines = Lines { text, at: 0, row: skipped + 1 };
        for record in reader.records() {
            let position = match &record {
                Ok(record) => record.position(),
                Err(why) => why.position(),
            };
            let row = lines.row_at(position.map_or(0, csv::Position::byte));
            if let Ok(record) = &record {
                lines.row -= record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
            }
            match record.map_err(|why| from_csv(&why)).and_then(|record| entry::<E>(&numbers, &headers, &record)) {
                Ok((entry, texts)) => created.extend(self.row::<E>(file, row, entry, &texts)?.map(|id| (row, id))),
                Err(error) => self.refuse(file, row, error),
            }
            self.rows += 1;
            (self.progress)(self.rows);
            // Seldom, and the more seldom the more there is.
            if self.rows >= 512 && self.rows.is_power_of_two() {
                backend::renew_statistics(self.tx.conn()).map_err(StoreError::from)?;
            }
            if self.errors.len() >= MOST_ERRORS {
                return Ok(());
            }
        }
        self.report.created.push((file.name.clone(), E::NOUN, created.len() as u64));
        if self.errors.is_empty() {
            self.warn::<E>(file, &created)?;
        }
        Ok(())
    }

    fn header<E: Stored>(&mut self, file: &File, row: u64, headers: &StringRecord) -> bool {
        let known: Vec<_> = fields::of::<E>();
        let columns = known.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
        let before = self.errors.len();
        for (at, header) in headers.iter().enumerate() {
            if !known.iter().any(|field| field.name == header) {
                let expected = format!("one of the columns {columns}");
                self.refuse(file, row, FieldError::new(header, Rule::Unknown, Some(header), expected));
            } else if headers.iter().take(at).any(|other| other == header) {
                self.refuse(file, row, FieldError::new(header, Rule::Inconsistent, Some(header), "each column once"));
            }
        }
        for field in known.iter().filter(|field| field.required && !headers.iter().any(|header| header == field.name)) {
            self.refuse(
                file,
                1,
                FieldError::new(field.name, Rule::Required, None, format!("a column `{}`", field.name)),
            );
        }
        self.errors.len() == before
    }

    fn row<E: Stored>(
        &mut self,
        file: &File,
        row: u64,
        entry: E,
        texts: &Texts,
    ) -> Result<Option<RecordId>, StoreError> {
        match changes::create_from_file(self.tx, entry, texts) {
            Ok(id) => Ok(Some(id)),
            Err(StoreError::Invalid(invalid)) => {
                for error in invalid.0 {
                    let column = error.field.split('[').next().unwrap_or_default().to_owned();
                    self.refuse(file, row, FieldError { field: column, ..error });
                }
                Ok(None)
            }
            Err(why) => Err(why),
        }
    }

    /// Looks for oddities when the whole file is in, because its rows may be in any order.
    fn warn<E: Stored>(&mut self, file: &File, created: &[(u64, RecordId)]) -> Result<(), StoreError> {
        for chunk in created.chunks(500) {
            let ids: Vec<_> = chunk.iter().map(|(_, id)| *id).collect();
            let rows: std::collections::HashMap<_, _> = chunk.iter().map(|(row, id)| (*id, *row)).collect();
            for (id, stamp, body) in E::versions(self.tx.conn(), &ids, records::Which::Current)? {
                for warning in E::warnings(self.tx.conn(), stamp.state, &body)? {
                    let row = rows.get(&id).copied().unwrap_or_default();
                    self.report.warnings.push(RowWarning { file: file.name.clone(), row, detail: warning.detail });
                }
            }
        }
        Ok(())
    }
}

/// Counts rows as a spreadsheet does: an empty line is one, and a cell of several lines makes none.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    row: u64,
}

impl Lines<'_> {
    /// The row that begins at a byte, or after the empty lines there. Bytes are asked for in their order.
    fn row_at(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let mut start = usize::try_from(byte).unwrap_or(bytes.len()).clamp(self.at, bytes.len());
        start += bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.row += bytes[self.at..start].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at = start;
        self.row
    }
}

/// The text after the comment lines of a template, and how many they were. Only lines before the header are comments: a
/// row that begins with `#` is a row.
fn without_comments(text: &str) -> (&str, u64) {
    let (mut rest, mut skipped) = (text, 0);
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        skipped += 1;
    }
    (rest, skipped)
}

/// Reads a row as the body of a request is read: a cell is a text, or a number where the field is one, and an empty one is
/// left out.
fn entry<E: Stored>(numbers: &[&str], headers: &StringRecord, record: &StringRecord) -> Result<(E, Texts), FieldError> {
    let cells = headers.iter().zip(record).filter(|(_, cell)| !cell.trim().is_empty());
    let value = |name: &str, cell: &str| match cell.trim().parse::<i64>() {
        Ok(number) if numbers.contains(&name) => number.into(),
        _ => cell.into(),
    };
    let mut cells: Fields = cells.map(|(name, cell)| (name.to_owned(), value(name, cell))).collect();
    let first = |wrong: Invalid| wrong.0.into_iter().next();
    let unread = || FieldError::new("", Rule::Malformed, None, "a row as the template explains it");
    let texts = text::take(&mut cells, E::TEXTS).map_err(|why| first(why).unwrap_or_else(unread))?;
    let read = serde_path_to_error::deserialize(serde_json::Value::Object(cells)).map_err(|why| {
        let error = entry::mistake(&why).and_then(first).unwrap_or_else(unread);
        let value = headers.iter().position(|name| name == error.field).and_then(|at| record.get(at));
        FieldError { value: value.map(str::to_owned), ..error }
    });
    Ok((read?, texts))
}

fn from_csv(why: &csv::Error) -> FieldError {
    match why.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let expected = format!("{expected_len} fields, as in the header");
            FieldError::new("", Rule::Malformed, Some(&format!("{len} fields")), expected)
        }
        _ => FieldError::new("", Rule::Malformed, None, "a row of comma-separated values"),
    }
}
