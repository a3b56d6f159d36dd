//! What a release says to anybody, and all that it says: masked tables, signed figures and the words they need. Frozen when the
//! release is prepared; every public answer is a function of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::aggregate::Measure;
use crate::domain::count::{Count, Qualifier};
use crate::domain::vocabulary::{TOTAL, TermText};

use super::format_1;

/// A text in several languages, by language code.
pub type Texts = BTreeMap<String, String>;

/// The format of the frozen content, so that a later programme knows what it reads.
pub const FORMAT: &str = "attest-release/2";

/// The content of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// [`FORMAT`].
    pub format: String,
    /// What the release is called in addresses.
    pub id: String,
    pub title: Texts,
    /// Whose numbers they are.
    pub publisher: String,
    /// The date that the release bears.
    pub date: NaiveDate,
    /// What was known by the end of this day, UTC.
    pub as_of: NaiveDate,
    /// How many persons from case files stand behind every number, at least; the same in all releases of a database.
    pub persons: u32,
    /// How many publishers must sign before it is public.
    pub signatures: u8,
    pub tables: Vec<Table>,
    pub figures: Vec<SignedFigure>,
    /// By controlled list the terms that the tables speak of, and `special`.
    pub terms: BTreeMap<String, Vec<PublicTerm>>,
}

/// How many persons stand behind every number where nothing else was declared; also the least that may be.
pub const PERSONS: u32 = 5;

/// On what a table stands. Records that were built from published figures and records from case files are never added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Records built from published figures: exact, and what is empty is not listed.
    Reconstructed,
    /// Records from case files: masked.
    CaseFile,
    /// The two numbers side by side, by the first axis.
    Both,
    /// Both in one number, as releases of format 1 said it.
    Added,
}

impl Basis {
    pub const WORDS: &[(&'static str, Self)] =
        &[("reconstructed", Self::Reconstructed), ("case_file", Self::CaseFile), ("both", Self::Both)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Reconstructed => "reconstructed",
            Self::CaseFile => "case_file",
            Self::Both => "both",
            Self::Added => "added",
        }
    }

    pub fn has_case_files(self) -> bool {
        matches!(self, Self::CaseFile | Self::Both)
    }

    pub fn has_reconstructed(self) -> bool {
        matches!(self, Self::Reconstructed | Self::Both)
    }
}

/// The axis of a table that shows both bases.
pub const BASIS: &str = "basis";

/// A masked table, or a slice of one: every combination of the codes of its axes and of their totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What the table is called in addresses.
    pub code: String,
    pub title: Texts,
    pub basis: Basis,
    pub measure: Measure,
    pub axes: Vec<Axis>,
    /// What the whole table is narrowed to: by dimension the codes.
    pub filter: BTreeMap<String, Vec<String>>,
    /// Persons with at least one incident of each of these kinds.
    pub with: Vec<String>,
    /// Row by row, the last axis fastest; on each axis the codes in their order and then `_T`, where it has a total.
    pub cells: Vec<Cell>,
    /// Sums that are told of several codes together, and are no sum of cells that are told in the same release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sums: Vec<Sum>,
}

/// A number that is told of several codes together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// By axis the codes; none for its total.
    pub at: Vec<Vec<String>>,
    pub count: u64,
    /// The release that told it, where it was an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of_release: Option<String>,
}

/// A dimension by which a table is divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    pub dimension: String,
    /// The controlled list of its codes, where they come from one.
    pub vocabulary: Option<String>,
    /// Without `_T`.
    pub codes: Vec<String>,
    /// By code the broader one on this axis, which counts it too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub broader: BTreeMap<String, String>,
    /// Whether the cells of the codes that lie in no other add up to the total: only where every counted unit has one value.
    pub additive: bool,
    /// Whether there is a total at all.
    pub total: bool,
}

impl Axis {
    /// Its codes, and `_T` where it has a total.
    pub fn places(&self) -> impl Iterator<Item = &str> + Clone {
        self.codes.iter().map(String::as_str).chain(self.total.then_some(TOTAL))
    }

    /// How many places it has.
    pub fn size(&self) -> usize {
        self.codes.len() + usize::from(self.total)
    }
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// A code an axis; `_T` for its total.
    pub at: Vec<String>,
    pub value: Value,
    /// The release that told it, where it was an earlier one and it stands since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of_release: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What is said of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Free to publish (SDMX `F`).
    Free(Count),
    /// Confidential (SDMX `C`): fewer than can be told, none, or protecting others; which of them is never said.
    Withheld,
    /// Of what was built from published figures: nothing was.
    Empty,
}

impl Value {
    /// The count, where it is said.
    pub fn count(self) -> Option<Count> {
        match self {
            Self::Free(count) => Some(count),
            Self::Withheld | Self::Empty => None,
        }
    }

    /// The SDMX code of its confidentiality.
    pub fn conf_status(self) -> &'static str {
        match self {
            Self::Free(_) | Self::Empty => "F",
            Self::Withheld => "C",
        }
    }
}

/// A published figure whose computed count is released, however small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedFigure {
    /// `publication:figure`
    pub id: String,
    pub measure: Measure,
    /// Its question in the grammar of aggregates.
    pub query: String,
    /// As it was published.
    pub value: u64,
    pub qualifier: Qualifier,
    pub as_of: NaiveDate,
    /// What the records of this release give.
    pub computed: Count,
    /// How much of it was reconstructed from published figures, at least.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reconstructed: u64,
}

/// A term of a controlled list, as anybody may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicTerm {
    pub code: String,
    /// The wider term of the same list.
    pub broader: Option<String>,
    /// Of a kind of incident, its family.
    pub family: Option<String>,
    /// By language code.
    pub texts: BTreeMap<String, TermText>,
}

impl Table {
    /// The cell at these codes.
    pub fn cell(&self, at: &[String]) -> Option<&Cell> {
        let mut position = 0;
        for (axis, code) in self.axes.iter().zip(at) {
            position = position * axis.size() + axis.places().position(|own| own == code)?;
        }
        self.cells.get(position).filter(|cell| cell.at == at)
    }

    /// Every combination of the codes of some axes and their totals, in the order of [`Table::cells`].
    pub fn positions(axes: &[Axis]) -> Vec<Vec<String>> {
        axes.iter().fold(vec![Vec::new()], |rows: Vec<Vec<String>>, axis| {
            let codes = || axis.places();
            let longer = |row: &Vec<String>| {
                let row = row.clone();
                codes().map(move |code| row.iter().cloned().chain([code.to_owned()]).collect()).collect::<Vec<_>>()
            };
            rows.iter().flat_map(longer).collect()
        })
    }
}

impl Content {
    /// The bytes that are hashed, signed and kept: fields in the order of the types, no spaces.
    ///
    /// # Errors
    /// That there is no JSON for it, which no content is known to cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads what was saved, of this format or the one before.
    ///
    /// # Errors
    /// That it is no content of either.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let Head { format } = serde_json::from_str(text)?;
        match format.as_str() {
            FORMAT => serde_json::from_str(text),
            format_1::FORMAT => serde_json::from_str::<format_1::Released>(text).map(Self::from),
            _ => {
                let expected = format!("the format is `{format}`; expected `{FORMAT}` or `{}`", format_1::FORMAT);
                Err(serde::de::Error::custom(expected))
            }
        }
    }

    /// The table of this name.
    pub fn table(&self, code: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.code == code)
    }

    /// What a code is called in a language: as it is called in English where there is no such text, else the code itself.
    pub fn label<'c>(&'c self, vocabulary: Option<&str>, code: &'c str, language: &str) -> &'c str {
        let list = if code.starts_with('_') { Some("special") } else { vocabulary };
        let term = list.and_then(|list| self.terms.get(list)?.iter().find(|term| term.code == code));
        let text = term.and_then(|term| term.texts.get(language).or_else(|| term.texts.get("en")));
        text.map_or(code, |text| &text.label)
    }
}

/// A text in a language; in English, or the first that there is, where there is none.
pub fn text<'t>(texts: &'t Texts, language: &str) -> &'t str {
    texts.get(language).or_else(|| texts.get("en")).or_else(|| texts.values().next()).map_or("", String::as_str)
}
