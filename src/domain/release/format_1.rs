//! Reads what releases of format 1 said: their tables added both bases up, and their thresholds were two.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::aggregate::Measure;
use crate::domain::count::{Bound, Count};
use crate::domain::vocabulary::{OTHER, TOTAL};

use super::content::{self, Basis, Content, PERSONS, PublicTerm, SignedFigure, Texts};
use super::declare::DeclarationEntry;
use super::descent::archive::{Archive, ToldByCodes};
use super::plan::Plan;

/// The format that it reads.
pub const FORMAT: &str = "attest-release/1";

/// Reads a declaration: what there is no place for any more is left out.
///
/// # Errors
/// That it is no declaration.
pub fn declaration(text: &str) -> Result<DeclarationEntry, serde_json::Error> {
    let mut entry: serde_json::Value = serde_json::from_str(text)?;
    entry.as_object_mut().map(|entry| entry.remove("incidents"));
    let tables = entry.get_mut("tables").and_then(serde_json::Value::as_array_mut).into_iter().flatten();
    tables.filter_map(serde_json::Value::as_object_mut).for_each(|table| drop(table.remove("keep")));
    serde_json::from_value(entry)
}

/// Reads a plan: its reasons cell by cell are left out.
///
/// # Errors
/// That it is no plan.
pub fn plan(text: &str) -> Result<Plan, serde_json::Error> {
    #[derive(Deserialize)]
    struct Planned {
        persons: u64,
        without_consent: u64,
    }
    let Planned { persons, without_consent } = serde_json::from_str(text)?;
    Ok(Plan { persons, without_consent, ..Plan::default() })
}

/// A release as it was frozen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    #[serde(rename = "format")]
    _format: String,
    id: String,
    title: Texts,
    publisher: String,
    date: NaiveDate,
    as_of: NaiveDate,
    #[serde(rename = "at_write")]
    _at_write: i64,
    thresholds: Thresholds,
    signatures: u8,
    tables: Vec<Table>,
    figures: Vec<SignedFigure>,
    terms: BTreeMap<String, Vec<PublicTerm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    persons: u32,
    #[serde(rename = "incidents")]
    _incidents: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    code: String,
    title: Texts,
    measure: Measure,
    axes: Vec<Axis>,
    filter: BTreeMap<String, Vec<String>>,
    with: Vec<String>,
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Axis {
    dimension: String,
    vocabulary: Option<String>,
    codes: Vec<String>,
    #[serde(rename = "pooled")]
    _pooled: Vec<String>,
    additive: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cell {
    at: Vec<String>,
    value: Value,
    #[serde(default)]
    reconstructed: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Value {
    Free(Count),
    Withheld,
}

impl Released {
    /// What later releases must remember of it: its exact numbers from case files. Of incidents it did not say how many persons they
    /// are of; they are remembered as of one each.
    pub fn told(&self) -> Archive {
        let narrowed = |table: &&Table| table.filter.values().all(|codes| codes.len() == 1) && table.with.len() < 2;
        let cells = self.tables.iter().filter(narrowed);
        let cells = cells.flat_map(|table| table.cells.iter().map(move |cell| (table, cell)));
        let told = cells.filter_map(|(table, cell)| {
            let Value::Free(Count::Attested { value, bound: Bound::Exact }) = cell.value else { return None };
            let places = table.axes.iter().zip(&cell.at).filter(|(_, code)| *code != TOTAL);
            // What was pooled then is not what a list has left over.
            let places = places.map(|(axis, code)| (axis.dimension.as_str(), code));
            let narrowed = table.filter.iter().flat_map(|(name, codes)| codes.iter().map(|code| (name.as_str(), code)));
            let with = table.with.iter().map(|kind| ("kind", kind));
            let codes: Option<Vec<_>> = (places.chain(narrowed).chain(with))
                .map(|(name, code)| (code != OTHER).then(|| (name.to_owned(), code.clone())))
                .collect();
            let codes = codes.filter(|codes| codes.len() <= 3)?;
            let count = value.saturating_sub(cell.reconstructed);
            (count > 0).then_some(ToldByCodes { measure: table.measure.number(), codes, count })
        });
        Archive::of_codes(self.thresholds.persons.max(PERSONS).into(), told)
    }
}

impl From<Released> for Content {
    fn from(released: Released) -> Self {
        Self {
            format: FORMAT.to_owned(),
            id: released.id,
            title: released.title,
            publisher: released.publisher,
            date: released.date,
            as_of: released.as_of,
            persons: released.thresholds.persons,
            signatures: released.signatures,
            tables: released.tables.into_iter().map(content::Table::from).collect(),
            figures: released.figures,
            terms: released.terms,
        }
    }
}

impl From<Table> for content::Table {
    fn from(table: Table) -> Self {
        let axis = |axis: Axis| content::Axis {
            dimension: axis.dimension,
            vocabulary: axis.vocabulary,
            codes: axis.codes,
            broader: BTreeMap::new(),
            additive: axis.additive,
            total: true,
        };
        let cell = |cell: Cell| content::Cell {
            at: cell.at,
            value: match cell.value {
                Value::Free(count) => content::Value::Free(count),
                Value::Withheld => content::Value::Withheld,
            },
            as_of_release: None,
        };
        Self {
            code: table.code,
            title: table.title,
            basis: Basis::Added,
            measure: table.measure,
            axes: table.axes.into_iter().map(axis).collect(),
            filter: table.filter,
            with: table.with,
            cells: table.cells.into_iter().map(cell).collect(),
            sums: Vec::new(),
        }
    }
}
