//! What a release says to anybody, and all that it says: masked tables, signed figures and the words they need. Frozen when the
//! release is prepared; every public answer is a function of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::aggregate::Measure;
use crate::domain::count::{Count, Qualifier};
use crate::domain::vocabulary::{TOTAL, TermText};

/// A text in several languages, by language code.
pub type Texts = BTreeMap<String, String>;

/// The format of the frozen content, so that a later programme knows what it reads.
pub const FORMAT: &str = "attest-release/1";

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
    /// What Attest held after this write.
    pub at_write: i64,
    pub thresholds: Thresholds,
    /// How many publishers must sign before it is public.
    pub signatures: u8,
    pub tables: Vec<Table>,
    pub figures: Vec<SignedFigure>,
    /// By controlled list the terms that the tables speak of, and `special`.
    pub terms: BTreeMap<String, Vec<PublicTerm>>,
}

/// Below how many a cell from case files is not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Persons; at least 3.
    pub persons: u32,
    /// Incidents, and persons behind them; at least 2.
    pub incidents: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { persons: 5, incidents: 3 }
    }
}

impl Thresholds {
    /// The lowest that a publisher may choose.
    pub const LOWEST: Self = Self { persons: 3, incidents: 2 };

    /// Below how many units of a measure a cell is small, and by how many the values that a withheld cell can have must at
    /// least differ.
    pub fn of(self, measure: Measure) -> u64 {
        match measure {
            Measure::Persons => self.persons.into(),
            Measure::Incidents => self.incidents.into(),
        }
    }
}

/// A masked table, or a slice of one: every combination of the codes of its axes and of their totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What the table is called in addresses.
    pub code: String,
    pub title: Texts,
    pub measure: Measure,
    pub axes: Vec<Axis>,
    /// What the whole table is narrowed to: by dimension the codes.
    pub filter: BTreeMap<String, Vec<String>>,
    /// Persons with at least one incident of each of these kinds.
    pub with: Vec<String>,
    /// Row by row, the last axis fastest; on each axis the codes in their order and then `_T`.
    pub cells: Vec<Cell>,
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
    /// The codes that `_O` stands for besides itself; empty where nothing is pooled.
    pub pooled: Vec<String>,
    /// Whether the cells add up to the total: only where every counted unit has one value.
    pub additive: bool,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// A code an axis; `_T` for its total.
    pub at: Vec<String>,
    pub value: Value,
    /// How many of them were reconstructed from published figures, at least. Everybody knows that, so that it is said of withheld
    /// cells too; what is withheld is the part from case files.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reconstructed: u64,
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
    /// Confidential (SDMX `C`): not missing, and not to be read as zero.
    Withheld,
}

impl Value {
    /// The count, where it is said.
    pub fn count(self) -> Option<Count> {
        match self {
            Self::Free(count) => Some(count),
            Self::Withheld => None,
        }
    }

    /// The SDMX code of its confidentiality.
    pub fn conf_status(self) -> &'static str {
        match self {
            Self::Free(_) => "F",
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
            let own = if code == TOTAL { axis.codes.len() } else { axis.codes.iter().position(|own| own == code)? };
            position = position * (axis.codes.len() + 1) + own;
        }
        self.cells.get(position).filter(|cell| cell.at == at)
    }

    /// Every combination of the codes of some axes and their totals, in the order of [`Table::cells`].
    pub fn positions(axes: &[Axis]) -> Vec<Vec<String>> {
        axes.iter().fold(vec![Vec::new()], |rows: Vec<Vec<String>>, axis| {
            let codes = || axis.codes.iter().map(String::as_str).chain([TOTAL]);
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

    /// Reads what was kept.
    ///
    /// # Errors
    /// That it is no content of this format.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let content: Self = serde_json::from_str(text)?;
        if content.format == FORMAT {
            return Ok(content);
        }
        Err(serde::de::Error::custom(format!("the format is `{}`; expected `{FORMAT}`", content.format)))
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
