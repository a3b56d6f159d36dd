//! The plain answer as JSON, in the shape that researchers get, with what a reader must know of a release.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::aggregate::Measure;
use crate::domain::count::{Bound, Count};
use crate::domain::dimension::dimension;
use crate::domain::release::content::{self, Basis, Cell, Sum, Table, Value};

use super::{Format, FormatError, Labels, Language, Options, Shown, words};

/// A table of a release, or a slice of one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"release": "2018-04-03", "title": "Persons by what happened", "publisher": "Russian LGBT Network",
    "table": "by-kind", "measure": "persons", "query": "measure=persons&by=kind", "by": ["kind"], "filter": {}, "with": [],
    "basis": "reconstructed", "additive": {"kind": false}, "date": "2018-04-03", "as_of": "2018-04-03", "persons": 5,
    "rows": [{"kind": "evacuation", "count": 114, "bound": "exact", "status": "A", "conf_status": "F"},
        {"kind": "beating", "count": null, "status": "withheld", "conf_status": "C"},
        {"kind": "_T", "count": 122, "bound": "exact", "status": "A", "conf_status": "F"}],
    "caveats": [{"code": "documented_cases", "detail": "Documented cases, not how often it happens."}]}))]
pub struct ReleasedTable {
    /// What the release is called in addresses.
    pub release: String,
    /// What the table is called, in the language asked for.
    pub title: String,
    /// Whose numbers they are.
    pub publisher: String,
    /// What the table is called in addresses.
    pub table: String,
    pub measure: Measure,
    /// The question in the grammar of aggregates.
    pub query: String,
    pub by: Vec<String>,
    /// What was filtered by. A filter by a place finds the places in it too.
    pub filter: BTreeMap<String, Vec<String>>,
    /// Persons who have at least one incident of each of these kinds.
    pub with: Vec<String>,
    /// Whether the cells of a dimension add up to the total.
    pub additive: BTreeMap<String, bool>,
    /// On what it stands: `reconstructed` from published figures, exact, where what is empty has no row; `case_file`, masked; `both`
    /// side by side, by `basis`, and never added up. `added`: signed figures and releases of the first format, which add them up.
    pub basis: Basis,
    /// By dimension the codes that lie in a broader one, which counts them too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub broader: BTreeMap<String, BTreeMap<String, String>>,
    /// The date that the release bears.
    pub date: NaiveDate,
    /// What was known by the end of this day, UTC.
    pub as_of: NaiveDate,
    /// How many persons from case files stand behind every number, at least.
    pub persons: u32,
    /// Every combination of codes and totals, withheld ones too.
    pub rows: Vec<ReleasedRow>,
    /// Numbers that are told of several codes together, where those codes are withheld one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sums: Vec<ReleasedSum>,
    /// By dimension what its codes are called, where `labels=both` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, BTreeMap<String, String>>>,
    pub caveats: Vec<ReleasedCaveat>,
}

/// A cell and what is said of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReleasedRow {
    /// By dimension the code of the cell; `_T` total, `_U` not known, `_Z` not applicable, `_O` all others.
    #[serde(flatten)]
    pub cell: BTreeMap<String, String>,
    #[serde(flatten)]
    pub count: ReleasedCount,
    /// The release that told the number, where it was an earlier one and stands since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of_release: Option<String>,
}

/// A number that is told of several codes together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReleasedSum {
    /// By dimension the codes.
    pub codes: BTreeMap<String, Vec<String>>,
    pub count: u64,
    /// The release that told the number, where it was an earlier one and it stands since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of_release: Option<String>,
}

/// What is said of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReleasedCount {
    /// The number; null where it is withheld, which is not to be read as zero, and where nobody attested the combination.
    pub count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// `A`: a normal value (SDMX); `withheld`; `empty`: no record was built; `not_attested`: nobody published how these records combine.
    pub status: &'static str,
    /// `F`: free to publish; `C`: confidential (SDMX).
    pub conf_status: &'static str,
    /// The least that is possible, where nobody attested the combination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<u64>,
    /// The most that is possible, where nobody attested the combination.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<u64>,
}

/// What a reader of the numbers must know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReleasedCaveat {
    pub code: &'static str,
    pub detail: &'static str,
}

impl From<Value> for ReleasedCount {
    fn from(value: Value) -> Self {
        let nothing =
            Self { count: None, bound: None, status: "A", conf_status: value.conf_status(), low: None, high: None };
        match value {
            Value::Withheld => Self { status: "withheld", ..nothing },
            Value::Empty => Self { status: "empty", ..nothing },
            Value::Free(Count::Attested { value, bound }) => Self { count: Some(value), bound: Some(bound), ..nothing },
            Value::Free(Count::NotAttested { low, high }) => {
                Self { status: "not_attested", low: Some(low), high: Some(high), ..nothing }
            }
        }
    }
}

/// The codes of the remarks that hold for what is shown.
pub(super) fn caveats(shown: &Shown<'_>) -> Vec<&'static str> {
    let table = shown.table;
    let any = |holds: fn(Value) -> bool| table.cells.iter().any(|cell| holds(cell.value));
    let asked = table.axes.iter().map(|axis| &axis.dimension).chain(table.filter.keys());
    let of_time = asked.into_iter().any(|code| dimension(code).is_some_and(|dimension| dimension.grain().is_some()));
    let holds = [
        ("documented_cases", true),
        ("withheld", any(|value| value == Value::Withheld)),
        ("standing", table.cells.iter().any(|cell| cell.as_of_release.is_some())),
        ("not_additive", table.axes.iter().any(|axis| !axis.additive && axis.dimension != content::BASIS)),
        ("not_attested", any(|value| matches!(value, Value::Free(Count::NotAttested { .. })))),
        ("uncertain_dates", of_time),
    ];
    holds.into_iter().filter(|(_, holds)| *holds).map(|(code, _)| code).collect()
}

/// By dimension the codes that lie in a broader one.
pub(super) fn broader(shown: &Shown<'_>) -> BTreeMap<String, BTreeMap<String, String>> {
    let nested = shown.table.axes.iter().filter(|axis| !axis.broader.is_empty());
    nested.map(|axis| (axis.dimension.clone(), axis.broader.clone())).collect()
}

fn labels(shown: &Shown<'_>, language: Language) -> BTreeMap<String, BTreeMap<String, String>> {
    let label = |axis: &content::Axis| {
        let called = axis.places().map(|code| (code.to_owned(), shown.label(axis, code, language))).collect();
        (axis.dimension.clone(), called)
    };
    shown.table.axes.iter().map(label).collect()
}

/// What is written.
/// The numbers of a table that are told of several codes together.
pub(super) fn sums(table: &Table) -> Vec<ReleasedSum> {
    let by = || table.axes.iter().map(|axis| axis.dimension.clone());
    let sum = |sum: &Sum| ReleasedSum {
        codes: by().zip(sum.at.iter().cloned()).collect(),
        count: sum.count,
        as_of_release: sum.as_of_release.clone(),
    };
    table.sums.iter().map(sum).collect()
}

pub fn view(shown: &Shown<'_>, options: &Options) -> ReleasedTable {
    let (content, table, language) = (shown.content, shown.table, options.language);
    let by: Vec<_> = table.axes.iter().map(|axis| axis.dimension.clone()).collect();
    let row = |cell: &Cell| ReleasedRow {
        cell: by.iter().cloned().zip(cell.at.iter().cloned()).collect(),
        count: cell.value.into(),
        as_of_release: cell.as_of_release.clone(),
    };
    ReleasedTable {
        release: content.id.clone(),
        title: content::text(&table.title, language.code()).to_owned(),
        publisher: content.publisher.clone(),
        table: table.code.clone(),
        measure: table.measure,
        query: shown.query.clone(),
        rows: shown.rows().map(row).collect(),
        sums: sums(table),
        by: by.clone(),
        filter: table.filter.clone(),
        with: table.with.clone(),
        additive: table.axes.iter().map(|axis| (axis.dimension.clone(), axis.additive)).collect(),
        basis: table.basis,
        broader: broader(shown),
        date: content.date,
        as_of: content.as_of,
        persons: content.persons,
        labels: (options.labels == Labels::Both).then(|| labels(shown, language)),
        caveats: (caveats(shown).into_iter())
            .map(|code| ReleasedCaveat { code, detail: words::caveat(code, language) })
            .collect(),
    }
}

/// JSON on one line, with a line's end.
pub(super) fn bytes(value: &impl Serialize) -> Result<Vec<u8>, FormatError> {
    let mut bytes = serde_json::to_vec(value).map_err(|why| FormatError::Unwritable(why.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// JSON.
pub struct Json;

impl Format for Json {
    fn suffix(&self) -> &'static str {
        "json"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn description(&self) -> &'static str {
        "JSON: the plain answer, in the shape that researchers get."
    }

    fn schema(&self) -> serde_json::Value {
        serde_json::json!({"$ref": "#/components/schemas/ReleasedTable"})
    }

    fn example(&self) -> serde_json::Value {
        match ReleasedTable::schema() {
            RefOr::T(Schema::Object(table)) => table.example.unwrap_or_default(),
            _ => serde_json::Value::Null,
        }
    }

    fn write(&self, shown: &Shown<'_>, options: &Options) -> Result<Vec<u8>, FormatError> {
        bytes(&view(shown, options))
    }
}
