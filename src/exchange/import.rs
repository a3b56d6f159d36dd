//! Import of CSV files, one noun a file: all or nothing.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde_json::Value;

use crate::domain::check::{FieldError, MOST_ERRORS, Rule};
use crate::domain::policy::Actor;
use crate::domain::record::{Noun, RecordId, State};
use crate::store::backend;
use crate::store::changes;
use crate::store::database::{Outcome, Store};
use crate::store::error::StoreError;
use crate::store::records::{self, Stored};
use crate::store::session::Tx;

use super::fields;
use super::nouns::with_entry;
use super::row::{self, Row};
use super::scan::Place;
use super::sheet::Sheet;

/// A file to import.
#[derive(Debug, Clone)]
pub struct File {
    pub noun: Noun,
    /// What the file is called in messages.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    pub file: String,
    /// As a spreadsheet numbers it.
    pub row: u64,
    /// As an editor numbers it: where cells hold line breaks, lines are more than rows.
    pub line: u64,
    pub error: FieldError,
}

/// A row as a person finds it.
struct At(u64, u64);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(row, line) = self;
        write!(f, "row {row}")?;
        if line != row { write!(f, " (line {line})") } else { Ok(()) }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, row, line, error } = self;
        write!(f, "{file}: {}", At(*row, *line))?;
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

/// Everything that is wrong with files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes {
    /// The first 50.
    pub first: Vec<RowError>,
    /// How many there are.
    pub count: u64,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.first {
            writeln!(f, "{error}")?;
        }
        let told = self.first.len() as u64;
        if told < self.count { write!(f, "the first {told} of {} mistakes", self.count) } else { Ok(()) }
    }
}

/// Something odd in a file that was imported all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowWarning {
    pub file: String,
    pub row: u64,
    pub line: u64,
    /// What kind of oddity it is.
    pub code: &'static str,
    pub detail: String,
}

impl fmt::Display for RowWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, At(self.row, self.line), self.detail)
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// By file the number of records.
    pub created: Vec<(String, Noun, u64)>,
    /// How many rows were empty and passed over.
    pub skipped: u64,
    pub warnings: Vec<RowWarning>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What is wrong in which rows.
    #[error("{0}")]
    Rows(Mistakes),
    /// It was told to end before it was done.
    #[error("nothing was imported: the time for it was over after {rows} rows")]
    Late { rows: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the work was given up.
enum Given {
    Up(Mistakes),
    Late { rows: u64 },
}

/// How far an import is: rows done.
pub type Progress = Box<dyn FnMut(u64) + Send>;

/// What an import is asked between two rows: whether its time is over, or nobody waits for it any more. It then ends, and nothing
/// of it is kept.
pub type IsLate = Box<dyn FnMut() -> bool + Send>;

/// Imports files, in the order in which they are given, in one write, however long it takes. A dry run does the same and keeps
/// nothing.
///
/// # Errors
/// [`ImportError::Rows`] with what is wrong, or the store's. Nothing was kept.
pub fn run(
    store: &Store,
    actor: &Actor,
    files: Vec<File>,
    dry_run: bool,
    then: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    progress: Progress,
) -> Result<Report, ImportError> {
    run_in_time(store, actor, files, dry_run, then, progress, Box::new(|| false))
}

/// As [`run`], as long as it is not late.
///
/// # Errors
/// As [`run`], or [`ImportError::Late`].
pub fn run_in_time(
    store: &Store,
    actor: &Actor,
    files: Vec<File>,
    dry_run: bool,
    then: impl FnOnce(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    progress: Progress,
    is_late: IsLate,
) -> Result<Report, ImportError> {
    run_then(store, actor, files, dry_run, move |tx, _| then(tx), progress, is_late)
}

/// The same; what is done at the end in the same write knows what was imported.
///
/// # Errors
/// As [`run_in_time`].
pub fn run_then(
    store: &Store,
    actor: &Actor,
    files: Vec<File>,
    dry_run: bool,
    then: impl FnOnce(&mut Tx<'_>, &Report) -> Result<(), StoreError> + Send + 'static,
    mut progress: Progress,
    mut is_late: IsLate,
) -> Result<Report, ImportError> {
    let outcome = store.attempt(actor, "import", move |tx| {
        let mut import = Import {
            tx,
            report: Report::default(),
            mistakes: Mistakes::default(),
            progress: &mut progress,
            is_late: &mut is_late,
            rows: 0,
            withdrawn: Vec::new(),
        };
        let mut in_time = true;
        for file in &files {
            in_time = in_time && with_entry!(file.noun, E => import.file::<E>(file)?);
        }
        let Import { tx, report, mistakes, is_late, rows, withdrawn, .. } = import;
        // Asked once more: what nobody waits for is not kept.
        if !in_time || is_late() {
            return Ok(Outcome::Abandon(Err(Given::Late { rows })));
        }
        if mistakes.count > 0 {
            return Ok(Outcome::Abandon(Err(Given::Up(mistakes))));
        }
        then(tx, &report)?;
        let counts = report.created.iter().map(|(_, noun, count)| serde_json::json!([noun.name(), count]));
        tx.note("created", counts.collect::<Vec<_>>());
        if !withdrawn.is_empty() {
            tx.note("withdrawn", withdrawn);
        }
        Ok(if dry_run { Outcome::Abandon(Ok(report)) } else { Outcome::Keep(Ok(report)) })
    })?;
    let (Outcome::Keep(result) | Outcome::Abandon(result)) = outcome;
    result.map_err(|given| match given {
        Given::Up(mistakes) => ImportError::Rows(mistakes),
        Given::Late { rows } => ImportError::Late { rows },
    })
}

struct Import<'i, 'c> {
    tx: &'i mut Tx<'c>,
    report: Report,
    mistakes: Mistakes,
    progress: &'i mut Progress,
    is_late: &'i mut IsLate,
    rows: u64,
    /// What was entered as withdrawn, for the audit.
    withdrawn: Vec<Value>,
}

impl Import<'_, '_> {
    fn refuse(&mut self, file: &File, place: Place, error: FieldError) {
        self.mistakes.count += 1;
        if self.mistakes.first.len() < MOST_ERRORS {
            self.mistakes.first.push(RowError { file: file.name.clone(), row: place.row, line: place.line, error });
        }
    }

    /// Reads a file to its end, whatever is wrong on the way. Gives whether it was in time.
    fn file<E: Stored>(&mut self, file: &File) -> Result<bool, StoreError> {
        let mut sheet = match Sheet::open(&file.bytes) {
            Ok(sheet) => sheet,
            Err(unreadable) => {
                self.refuse(file, unreadable.place, unreadable.error());
                return Ok(true);
            }
        };
        if !self.header::<E>(file, sheet.place, &sheet.heads) {
            return Ok(true);
        }
        let numbers: Vec<_> =
            fields::columns::<E>().into_iter().filter(|field| field.number).map(|field| field.name).collect();
        let mut created: Vec<(Place, RecordId)> = Vec::new();
        let mut retired = Retired::new();
        let heads = sheet.heads.clone();
        for record in sheet.by_ref() {
            if (self.is_late)() {
                return Ok(false);
            }
            let place = match &record {
                Ok(record) => record.place,
                Err(unreadable) => unreadable.place,
            };
            match record
                .map_err(|unreadable| unreadable.error())
                .and_then(|record| row::read::<E>(&numbers, &heads, &record))
            {
                Ok(row) => {
                    let id = self.row::<E>(file, place, row)?;
                    created.extend(id.map(|id| (place, id)));
                    for code in self.tx.session().take_retired() {
                        retired.entry(code).or_insert((place, 0)).1 += 1;
                    }
                }
                Err(error) => self.refuse(file, place, error),
            }
            self.rows += 1;
            (self.progress)(self.rows);
            // Seldom, and the more seldom the more there is.
            if self.rows >= 512 && self.rows.is_power_of_two() {
                backend::renew_statistics(self.tx.conn()).map_err(StoreError::from)?;
            }
        }
        self.report.created.push((file.name.clone(), E::NOUN, created.len() as u64));
        self.report.skipped += sheet.blank;
        if self.mistakes.count == 0 {
            self.warn_of_retired(file, retired);
            self.warn::<E>(file, &created)?;
        }
        Ok(true)
    }

    fn header<E: Stored>(&mut self, file: &File, place: Place, heads: &[String]) -> bool {
        let known: Vec<_> = fields::columns::<E>();
        let columns = known.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
        let before = self.mistakes.count;
        for (at, head) in heads.iter().enumerate() {
            if !known.iter().any(|field| field.name == head) {
                let expected = format!("one of the columns {columns}");
                self.refuse(file, place, FieldError::new(head, Rule::Unknown, Some(head), expected));
            } else if heads.iter().take(at).any(|other| other == head) {
                self.refuse(file, place, FieldError::new(head, Rule::Inconsistent, Some(head), "each column once"));
            }
        }
        for field in known.iter().filter(|field| field.required && !heads.iter().any(|head| head == field.name)) {
            let expected = format!("a column `{}`", field.name);
            self.refuse(file, place, FieldError::new(field.name, Rule::Required, None, expected));
        }
        self.mistakes.count == before
    }

    fn row<E: Stored>(&mut self, file: &File, place: Place, row: Row<E>) -> Result<Option<RecordId>, StoreError> {
        let Row { entry, texts, state } = row;
        if entry.says_nothing() && texts.values().all(Option::is_none) {
            let error = FieldError::new("", Rule::Required, None, SAYS_NOTHING);
            self.refuse(file, place, error);
            return Ok(None);
        }
        match changes::create_from_file(self.tx, entry, &texts, state) {
            Ok(id) => {
                if state == State::Withdrawn {
                    self.withdrawn.push(serde_json::json!([E::NOUN.name(), id.to_string()]));
                }
                Ok(Some(id))
            }
            Err(StoreError::Invalid(invalid)) => {
                for error in invalid.0 {
                    let column = error.field.split('[').next().unwrap_or_default().to_owned();
                    self.refuse(file, place, FieldError { field: column, ..error });
                }
                Ok(None)
            }
            Err(why) => Err(why),
        }
    }

    /// Says which retired codes came in: what was exported once must come in again, and nobody is to use such a code unawares.
    fn warn_of_retired(&mut self, file: &File, retired: Retired) {
        for ((list, code), (place, rows)) in retired {
            let detail =
                format!("`{code}` of the vocabulary `{list}` is retired; rows that were taken with it: {rows}");
            let (file, Place { row, line }) = (file.name.clone(), place);
            self.report.warnings.push(RowWarning { file, row, line, code: "code_retired", detail });
        }
    }

    /// Looks for oddities when the whole file is in, because its rows may be in any order.
    fn warn<E: Stored>(&mut self, file: &File, created: &[(Place, RecordId)]) -> Result<(), StoreError> {
        for chunk in created.chunks(500) {
            let ids: Vec<_> = chunk.iter().map(|(_, id)| *id).collect();
            let places: HashMap<_, _> = chunk.iter().map(|(place, id)| (*id, *place)).collect();
            for (id, stamp, body) in E::versions(self.tx.conn(), &ids, records::Which::Current)? {
                let Some(Place { row, line }) = places.get(&id).copied() else { continue };
                for warning in E::warnings(self.tx.conn(), stamp.state, &body)? {
                    let file = file.name.clone();
                    let records::Warning { code, detail } = warning;
                    self.report.warnings.push(RowWarning { file, row, line, code, detail });
                }
            }
        }
        Ok(())
    }
}

/// By list and code the first row that carries a retired one, and how many do.
type Retired = BTreeMap<(String, String), (Place, u64)>;

/// A row of nothing but a day or an owner is a row that was not filled in, and would be counted as somebody.
const SAYS_NOTHING: &str = "a code, an identifier of another system, something known of the person, or a text: this row would be counted as a person";
