//! A file to import: a header, and rows below it. Every import reads its file here, so that all are equally strict.

use std::borrow::Cow;

use crate::domain::alike;
use crate::domain::check::{FieldError, Rule};

use super::flavour::{self, unmarked};
use super::scan::{self, Place, Record, Scanner, Stray};

/// Something that cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub place: Place,
    found: Option<String>,
    expected: String,
}

impl Unreadable {
    fn new(place: Place, found: Option<String>, expected: impl Into<String>) -> Self {
        Self { place, found, expected: expected.into() }
    }

    /// What is wrong.
    pub fn error(self) -> FieldError {
        FieldError::new("", Rule::Malformed, self.found.as_deref(), self.expected)
    }
}

impl From<Stray> for Unreadable {
    fn from(stray: Stray) -> Self {
        Self::new(stray.place, None, stray.kind.expected())
    }
}

/// A file whose header was read. It gives the rows below, but for those whose cells are all empty.
#[derive(Debug)]
pub struct Sheet<'t> {
    /// Where the header is.
    pub place: Place,
    /// The names of the columns.
    pub heads: Vec<String>,
    /// How many rows were empty and passed over, of those read so far.
    pub blank: u64,
    /// Of which columns the cells carry the mark of [`flavour`].
    marked: Vec<bool>,
    scanner: Scanner<'t>,
}

impl<'t> Sheet<'t> {
    /// Reads a file as far as its header, past the comments of a template.
    ///
    /// # Errors
    /// That it is no text in UTF-8, or has no header.
    pub fn open(bytes: &'t [u8]) -> Result<Self, Unreadable> {
        let bytes = bytes.strip_prefix(flavour::BYTE_ORDER_MARK.as_bytes()).unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|why| {
            let good = String::from_utf8_lossy(&bytes[..why.valid_up_to()]);
            Unreadable::new(scan::end_of(&good), None, "text in UTF-8")
        })?;
        let mut scanner = Scanner::new(text);
        loop {
            // As it stands: the words of a comment may hold quotation marks.
            if scanner.rest().starts_with('#') {
                scanner.skip_line();
                continue;
            }
            let Some(record) = scanner.next() else {
                return Err(Unreadable::new(scanner.next_place(), None, "a header with the names of the columns"));
            };
            let record = record?;
            // A spreadsheet puts quotation marks around a comment that holds a comma.
            if is_blank(&record.cells) || record.cells[0].starts_with('#') {
                continue;
            }
            let columns = record.cells.iter().map(|name| flavour::column(name));
            let (heads, marked) = columns.map(|(name, marked)| (name.to_owned(), marked)).unzip();
            return Ok(Self { place: record.place, heads, blank: 0, marked, scanner });
        }
    }

    /// A row with as many cells as the header, without marks.
    fn fitted(&self, mut record: Record) -> Result<Record, Unreadable> {
        let (expected, found) = (self.heads.len(), record.cells.len());
        if found != expected {
            let (found, expected) = (format!("{found} fields"), format!("{expected} fields, as in the header"));
            return Err(Unreadable::new(record.place, Some(found), expected));
        }
        for (cell, _) in record.cells.iter_mut().zip(&self.marked).filter(|(_, marked)| **marked) {
            if let Cow::Owned(text) = unmarked(cell) {
                *cell = text;
            }
        }
        Ok(record)
    }
}

impl Iterator for Sheet<'_> {
    type Item = Result<Record, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.scanner.next()? {
                Ok(record) if is_blank(&record.cells) => self.blank += 1,
                Ok(record) => return Some(self.fitted(record)),
                Err(stray) => return Some(Err(stray.into())),
            }
        }
    }
}

/// Whether nothing can be seen in any of the cells.
fn is_blank(cells: &[String]) -> bool {
    cells.iter().all(|cell| alike::shows_nothing(cell))
}

/// How many rows a file has below its header, but for empty ones.
pub fn rows(bytes: &[u8]) -> u64 {
    Sheet::open(bytes).map_or(0, |sheet| sheet.count() as u64)
}
