//! The formats in which tables of a release are written. A new one is an `impl` of [`Format`] and a line in [`FORMATS`].
//!
//! A format is a pure function of what is shown and of the options: the same input gives the same bytes. Withheld is null with
//! `conf_status` `C` in every format, never 0 and never missing.

/// Bars, for one dimension.
mod bars;
/// Rows for spreadsheets and programmes.
pub mod csv;
/// What is said about a table in a picture.
mod heading;
/// A heat map, for two dimensions.
mod heat;
/// The plain answer, in the shape that researchers get.
pub mod json;
/// JSON-stat 2.0.
pub mod jsonstat;
/// Text and shapes of pictures.
mod picture;
/// Published figures as they stood from one publication to the next.
pub mod steps;
/// Pictures.
pub mod svg;
/// Vega-Lite.
pub mod vega;
/// What formats say in words, in every language.
pub mod words;

use crate::domain::release::content::{Axis, Cell, Content, Table, Value};
use crate::domain::vocabulary::TOTAL;

use super::flavour::Flavour;
pub use words::Language;

/// Every format. A new one is a line here.
pub const FORMATS: &[&dyn Format] = &[&json::Json, &csv::Csv, &jsonstat::JsonStat, &vega::VegaLite, &svg::Svg];

/// The format of this suffix.
pub fn find(suffix: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().find(|format| format.suffix() == suffix).copied()
}

/// A way to write a table.
pub trait Format: Sync {
    /// What addresses and files end with, without the dot.
    fn suffix(&self) -> &'static str;

    fn media_type(&self) -> &'static str;

    /// What it is good for, for the documentation.
    fn description(&self) -> &'static str;

    /// The JSON schema of what is written, for the documentation; text where the format is none in JSON.
    fn schema(&self) -> serde_json::Value {
        serde_json::json!({"type": "string"})
    }

    /// Something as it is written, for the documentation.
    fn example(&self) -> serde_json::Value;

    /// Writes what is shown.
    ///
    /// # Errors
    /// Where this format cannot show tables of this shape, whatever their cells say.
    fn write(&self, shown: &Shown<'_>, options: &Options) -> Result<Vec<u8>, FormatError>;
}

/// Why a table cannot be written. It depends on the question, never on the counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("{format} shows at most {most} dimensions; {asked} were asked for")]
    TooManyDimensions { format: &'static str, most: usize, asked: usize },
    /// Writing to memory gives none.
    #[error("the table could not be written: {0}")]
    Unwritable(String),
}

/// What is written.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    pub content: &'a Content,
    /// A declared table of the content, or a slice that was cut from one.
    pub table: &'a Table,
    /// The question in the grammar of aggregates, `measure=persons&by=kind`.
    pub query: String,
    /// The path of the answer, to be cited; may be empty.
    pub address: String,
}

impl Shown<'_> {
    /// What a code of an axis is called.
    pub(crate) fn label(&self, axis: &Axis, code: &str, language: Language) -> String {
        self.called(axis.vocabulary.as_deref(), code, language)
    }

    fn called(&self, vocabulary: Option<&str>, code: &str, language: Language) -> String {
        let listed = self.content.label(vocabulary, code, language.code());
        if listed == code { words::code(code, language).to_owned() } else { listed.to_owned() }
    }

    /// The codes of an axis in their order, with labels that differ from each other.
    pub(crate) fn labels(&self, axis: &Axis, language: Language) -> Vec<(String, String)> {
        let label = |code: &String| (code.clone(), self.label(axis, code, language));
        let mut all: Vec<_> = axis.codes.iter().map(label).collect();
        let plain: Vec<_> = all.iter().map(|(_, label)| label.clone()).collect();
        for (code, label) in &mut all {
            if plain.iter().filter(|other| *other == label).count() > 1 {
                *label = format!("{label} ({code})");
            }
        }
        all
    }

    /// The cell of the grand total, where there is one.
    pub(crate) fn total(&self) -> Option<&Cell> {
        self.table.cells.iter().find(|cell| cell.at.iter().all(|code| code == TOTAL))
    }

    /// The cells that have a row: of what was built from published figures, nothing is not listed.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Cell> {
        self.table.cells.iter().filter(|cell| cell.value != Value::Empty)
    }

    /// The cells that are no totals.
    pub(crate) fn inner(&self) -> impl Iterator<Item = &Cell> {
        self.table.cells.iter().filter(|cell| cell.at.iter().all(|code| code != TOTAL))
    }
}

/// How it is written. What a format has no use for, it passes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    pub language: Language,
    /// Whether a CSV file begins with a byte order mark, which some spreadsheets want.
    pub bom: bool,
    /// For whom a CSV file is written.
    pub flavour: Flavour,
    pub labels: Labels,
    pub shape: Shape,
}

/// How codes are named in tables. Pictures always show labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Labels {
    #[default]
    Codes,
    /// Codes, and what they are called.
    Both,
}

impl Labels {
    pub const WORDS: &[(&'static str, Self)] = &[("codes", Self::Codes), ("both", Self::Both)];
}

/// How a CSV file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// A row a cell.
    #[default]
    Long,
    /// The last dimension across, the others down.
    Wide,
}

impl Shape {
    pub const WORDS: &[(&'static str, Self)] = &[("long", Self::Long), ("wide", Self::Wide)];
}
