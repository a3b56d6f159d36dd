//! What a publisher declares: which tables are public, what is pooled, which figures are signed, and the thresholds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::aggregate::{Measure, Query, Totals};
use crate::domain::dimension::Dimension;
use crate::domain::vocabulary::TOTAL;

use super::content::{Axis, Texts, Thresholds};

/// A release before anything is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// What the release is called in addresses.
    pub id: String,
    pub title: Texts,
    pub publisher: String,
    pub date: NaiveDate,
    pub as_of: NaiveDate,
    pub at_write: i64,
    pub thresholds: Thresholds,
    pub tables: Vec<TableSpec>,
    /// Figures to sign, `publication:figure`.
    pub figures: Vec<String>,
}

/// A table that is declared public, with all its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    pub code: String,
    pub title: Texts,
    pub measure: Measure,
    /// The dimensions that divide it, with the codes that have a cell of their own. Which these are depends on the controlled
    /// lists and on what the publisher declares, never on the records.
    pub by: Vec<(&'static Dimension, Axis)>,
    /// By dimension the codes, of which every counted unit has one. A filter by a place finds the places in it.
    pub filters: BTreeMap<&'static str, BTreeSet<String>>,
    pub with: BTreeSet<String>,
}

impl TableSpec {
    /// Where its cells are, in the order of [`super::content::Table::cells`].
    pub fn positions(&self) -> Vec<Vec<String>> {
        let axes: Vec<_> = self.by.iter().map(|(_, axis)| axis.clone()).collect();
        super::content::Table::positions(&axes)
    }

    /// The question of one cell. Of a pooled cell, all codes that it stands for.
    pub fn question(&self, at: &[String]) -> Query {
        let mut filters = self.filters.clone();
        for ((dimension, axis), code) in self.by.iter().zip(at).filter(|(_, code)| *code != TOTAL) {
            let pooled = (code == OTHER).then(|| axis.pooled.iter().cloned()).into_iter().flatten();
            filters.insert(dimension.code, pooled.chain([code.clone()]).collect());
        }
        Query { measure: self.measure, by: Vec::new(), filters, with: self.with.clone(), totals: Totals::Grand }
    }
}

/// Other, or pooled (SDMX).
pub const OTHER: &str = "_O";
