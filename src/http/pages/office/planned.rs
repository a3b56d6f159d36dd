//! A table of a release with what becomes of each of its cells, and why.

use std::collections::BTreeMap;

use crate::domain::release::content::{Axis, Table as Masked};
use crate::domain::release::plan::{CellReason, PlannedCell};
use crate::domain::vocabulary::{TOTAL, Vocabulary};
use crate::exchange::formats::words;
use crate::http::pages::desk;
use crate::http::pages::here;
use crate::http::pages::parts::{Cell, Table};
use crate::http::pages::words::t;

/// How many cells of a table a page shows; those that are withheld first.
const MOST_CELLS: usize = 400;

fn reason(reason: CellReason) -> &'static str {
    match reason {
        CellReason::Safe => "published: nobody can be picked out of it",
        CellReason::Signed => "published: a signed figure says it",
        CellReason::Small => "withheld: fewer than the threshold",
        CellReason::WholeGroup => "withheld: it is all of a group, or nearly all, so that it tells about each of them",
        CellReason::BelowSmallFigure => "withheld: part of a small figure that is signed",
        CellReason::SmallChange => "withheld: beside an earlier release it would tell a small change",
        CellReason::Protects => "withheld: another withheld cell could be computed from it",
    }
}

/// A table with what becomes of each of its cells.
pub struct Planned {
    pub title: String,
    pub published: usize,
    pub withheld: Vec<(String, usize)>,
    pub pooled: String,
    pub cells: Table,
    /// How many cells are not shown.
    pub left_out: usize,
}

fn code(axis: &Axis, code: &str, vocabulary: &Vocabulary) -> String {
    if code == TOTAL {
        return t("all").to_owned();
    }
    axis.vocabulary.as_deref().map_or_else(|| code.to_owned(), |known| desk::term(vocabulary, known, code))
}

pub fn planned(table: &Masked, plan: &[PlannedCell], vocabulary: &Vocabulary) -> Planned {
    let reasons: BTreeMap<_, _> =
        plan.iter().filter(|cell| cell.table == table.code).map(|cell| (&cell.at, cell.reason)).collect();
    let mut withheld: BTreeMap<CellReason, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for cell in &table.cells {
        let why = reasons.get(&cell.at).copied();
        let labels: Vec<_> = cell.at.iter().zip(&table.axes).map(|(at, axis)| code(axis, at, vocabulary)).collect();
        let shown = match cell.value.count() {
            Some(count) => Cell::from(words::count(count, here::language())),
            None => Cell::Marked("–".to_owned(), t("withheld").to_owned()),
        };
        if let Some(why) = why.filter(|why| !why.is_published()) {
            *withheld.entry(why).or_default() += 1;
        }
        let told = why.map(|why| t(reason(why)).to_owned()).unwrap_or_default();
        rows.push((cell.value.count().is_some(), vec![Cell::Text(labels.join(" · ")), shown, told.into()]));
    }
    let published = rows.iter().filter(|(published, _)| *published).count();
    let left_out = rows.len().saturating_sub(MOST_CELLS);
    rows.sort_by_key(|(published, _)| *published);
    let pooled: Vec<_> =
        (table.axes.iter()).flat_map(|axis| axis.pooled.iter().map(|pooled| code(axis, pooled, vocabulary))).collect();
    let by: Vec<_> = table.axes.iter().map(|axis| words::heading(&axis.dimension, here::language())).collect();
    Planned {
        title: table.title.get(here::language().code()).or_else(|| table.title.get("en")).cloned().unwrap_or_default(),
        published,
        withheld: withheld.into_iter().map(|(why, count)| (t(reason(why)).to_owned(), count)).collect(),
        pooled: pooled.join(", "),
        left_out,
        cells: Table {
            caption: table.code.clone(),
            heads: vec![
                by.join(" · "),
                words::number_of(table.measure, here::language()).to_owned(),
                t("Why").to_owned(),
            ],
            numbers: vec![1],
            rows: rows.into_iter().take(MOST_CELLS).map(|(_, row)| row).collect(),
        },
    }
}
