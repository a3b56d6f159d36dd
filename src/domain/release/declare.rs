//! What a publisher declares: which tables are public, what is pooled, which figures are signed, and the thresholds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::aggregate::{MOST_DIMENSIONS, Measure, Query, Totals, read_buckets};
use crate::domain::check::{CheckError, Checker, Rule};
use crate::domain::dimension::{DIMENSIONS, Dimension, NEVER_PUBLIC, Values, dimension};
use crate::domain::file_name;
use crate::domain::record::Times;
use crate::domain::vocabulary::{NOT_APPLICABLE, TOTAL, UNKNOWN};

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

    /// How many cells it has.
    pub fn size(&self) -> usize {
        self.by.iter().map(|(_, axis)| axis.codes.len() + 1).fold(1, usize::saturating_mul)
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

/// The most cells of all tables together.
pub const MOST_CELLS: usize = 10_000;
/// The most tables and figures of one release.
const MOST_PARTS: usize = 100;
/// The highest threshold.
const HIGHEST: u32 = 100;
/// A release as a publisher declares it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"id": "2018-04-03", "title_en": "Persecution in Chechnya", "publisher": "Russian LGBT Network",
    "as_of": "2018-04-03", "tables": [{"code": "by-kind", "title_en": "Persons by what happened to them", "measure": "persons",
    "by": ["kind"]}], "figures": ["lgbtnet-2018-04-03:evacuated"]}))]
pub struct DeclarationEntry {
    /// What the release is called in addresses: a-z, 0-9 and `-`.
    #[schema(required = true, nullable = false)]
    pub id: Option<String>,
    #[schema(required = true, nullable = false)]
    pub title_en: Option<String>,
    pub title_ru: Option<String>,
    /// Whose numbers they are.
    #[schema(required = true, nullable = false)]
    pub publisher: Option<String>,
    /// The date that the release bears, YYYY-MM-DD; today where it is missing.
    pub date: Option<String>,
    /// What was known by the end of this day (UTC), YYYY-MM-DD; today where it is missing.
    pub as_of: Option<String>,
    /// What Attest held after this write; the newest where it is missing.
    #[schema(minimum = 0)]
    pub at_write: Option<i64>,
    /// Below how many persons a cell from case files is withheld: 5 where it is missing, 3 at least.
    #[schema(minimum = 3, maximum = 100)]
    pub persons: Option<u32>,
    /// Below how many incidents, or persons behind them, a cell from case files is withheld: 3 where it is missing, 2 at least.
    #[schema(minimum = 2, maximum = 100)]
    pub incidents: Option<u32>,
    /// The tables that are public, each with all its totals. What is in none of them is not public.
    pub tables: Vec<TableEntry>,
    /// Figures to sign, `publication:figure`, drafts too, which become public with the release: what the records give for them is public however small it is.
    pub figures: Vec<String>,
}

/// A table as a publisher declares it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TableEntry {
    /// What the table is called in addresses: a-z, 0-9 and `-`.
    #[schema(required = true, nullable = false)]
    pub code: Option<String>,
    #[schema(required = true, nullable = false)]
    pub title_en: Option<String>,
    pub title_ru: Option<String>,
    /// persons or incidents; persons where it is missing.
    pub measure: Option<String>,
    /// Up to three dimensions.
    pub by: Vec<String>,
    /// By dimension the codes that the table is narrowed to.
    pub filter: BTreeMap<String, Vec<String>>,
    /// Persons with at least one incident of each of these kinds.
    pub with: Vec<String>,
    /// By dimension the codes that have a cell of their own; all others are pooled into `_O`. Required for dimensions of time,
    /// where `FIRST..LAST` is understood.
    pub keep: BTreeMap<String, Vec<String>>,
}

/// What is called so in addresses.
fn address(c: &mut Checker<'_>, field: &str, value: Option<&str>) -> String {
    let code = c.required(field, value);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !code.is_empty() && (code.len() > 60 || code.starts_with('-') || !code.chars().all(fits)) {
        c.refuse(field, Rule::Malformed, Some(&code), "1 to 60 of a-z 0-9 -, not beginning with -");
    } else if file_name::is_device(&code) {
        c.refuse(field, Rule::Malformed, Some(&code), "a name that no system keeps for itself");
    }
    code
}

fn titles(c: &mut Checker<'_>, en: Option<&str>, ru: Option<&str>) -> Texts {
    let mut titles = Texts::from([("en".to_owned(), c.required("title_en", en))]);
    titles.extend(c.text("title_ru", ru).map(|title| ("ru".to_owned(), title)));
    titles
}

fn threshold(c: &mut Checker<'_>, field: &str, given: Option<u32>, usual: u32, lowest: u32) -> u32 {
    let value = given.unwrap_or(usual);
    if !(lowest..=HIGHEST).contains(&value) {
        c.refuse(field, Rule::OutOfRange, Some(&value.to_string()), format!("{lowest} to {HIGHEST}"));
    }
    value
}

impl DeclarationEntry {
    /// Checks a declaration against the controlled lists. `now` are the times where none are named.
    ///
    /// # Errors
    /// Every mistake by its field, or the look-up that failed.
    pub fn check(self, mut c: Checker<'_>, now: Times) -> Result<Declaration, CheckError> {
        let at_write = self.at_write.unwrap_or(now.at_write);
        if !(0..=now.at_write).contains(&at_write) {
            let expected = format!("a write that was made: 0 to {}", now.at_write);
            c.refuse("at_write", Rule::OutOfRange, Some(&at_write.to_string()), expected);
        }
        for (field, found) in [("tables", self.tables.len()), ("figures", self.figures.len())] {
            if found > MOST_PARTS {
                c.refuse(field, Rule::OutOfRange, Some(&found.to_string()), format!("at most {MOST_PARTS}"));
            }
        }
        if self.tables.is_empty() && self.figures.is_empty() {
            c.refuse("tables", Rule::Required, None, "a table, or a figure to sign");
        }
        let (usual, lowest) = (Thresholds::default(), Thresholds::LOWEST);
        let as_of = c.past_day("as_of", self.as_of.as_deref());
        let mut tables: Vec<TableSpec> = Vec::new();
        for (at, table) in self.tables.into_iter().take(MOST_PARTS).enumerate() {
            let spec = c.within(&format!("tables[{at}]"), |c| table.check(c, as_of));
            if tables.iter().any(|other| other.code == spec.code) {
                c.refuse(&format!("tables[{at}].code"), Rule::Taken, Some(&spec.code), "another code a table");
            }
            tables.push(spec);
        }
        let cells = tables.iter().map(TableSpec::size).fold(0, usize::saturating_add);
        if cells > MOST_CELLS {
            let expected = format!("at most {MOST_CELLS} cells in all: pool codes with `keep`, or divide by less");
            c.refuse("tables", Rule::OutOfRange, Some(&cells.to_string()), expected);
        }
        let mut figures = self.figures;
        for (at, figure) in figures.iter_mut().enumerate() {
            *figure = c.required(&format!("figures[{at}]"), Some(figure));
        }
        let before = figures.len();
        figures.sort();
        figures.dedup();
        if figures.len() < before {
            c.refuse("figures", Rule::Inconsistent, None, "each figure once");
        }
        let declaration = Declaration {
            id: address(&mut c, "id", self.id.as_deref()),
            title: titles(&mut c, self.title_en.as_deref(), self.title_ru.as_deref()),
            publisher: c.required("publisher", self.publisher.as_deref()),
            date: c.past_day("date", self.date.as_deref()),
            as_of,
            at_write,
            thresholds: Thresholds {
                persons: threshold(&mut c, "persons", self.persons, usual.persons, lowest.persons),
                incidents: threshold(&mut c, "incidents", self.incidents, usual.incidents, lowest.incidents),
            },
            tables,
            figures,
        };
        c.finish(declaration)
    }
}

impl TableEntry {
    fn check(self, c: &mut Checker<'_>, as_of: NaiveDate) -> TableSpec {
        let measure = c.word("measure", Measure::WORDS, self.measure.as_deref(), Measure::Persons);
        let mut by = Vec::new();
        for code in &self.by {
            match public(c, "by", code) {
                Some(dimension) if by.iter().any(|(other, _): &(&Dimension, Axis)| *other == dimension) => {
                    c.refuse("by", Rule::Inconsistent, Some(code), "each dimension once");
                }
                Some(dimension) => by.push((dimension, axis(c, dimension, measure, as_of, self.keep.get(code)))),
                None => {}
            }
        }
        if by.len() > MOST_DIMENSIONS {
            c.refuse("by", Rule::OutOfRange, Some(&self.by.join(",")), format!("at most {MOST_DIMENSIONS} dimensions"));
            by.truncate(MOST_DIMENSIONS);
        }
        for name in self.keep.keys().filter(|name| !self.by.contains(name)) {
            c.refuse("keep", Rule::Inconsistent, Some(name), "a dimension that the table is divided by");
        }
        let mut filters = BTreeMap::new();
        for (name, codes) in &self.filter {
            let Some(dimension) = public(c, "filter", name) else { continue };
            match dimension.values {
                Values::Vocabulary { name: list, .. } if !self.by.contains(name) && !codes.is_empty() => {
                    codes.iter().for_each(|code| c.known_term(&format!("filter.{name}"), list, code));
                    filters.insert(dimension.code, codes.iter().cloned().collect());
                }
                _ => {
                    let expected = "one or more codes of a controlled list that the table is not divided by; no time";
                    c.refuse(&format!("filter.{name}"), Rule::Inconsistent, None, expected);
                }
            }
        }
        for kind in &self.with {
            c.known_term("with", "kind", kind);
        }
        TableSpec {
            code: address(c, "code", self.code.as_deref()),
            title: titles(c, self.title_en.as_deref(), self.title_ru.as_deref()),
            measure,
            by,
            filters,
            with: self.with.into_iter().collect(),
        }
    }
}

/// A dimension that may be public.
fn public(c: &mut Checker<'_>, field: &str, code: &str) -> Option<&'static Dimension> {
    let never = |code: &str| NEVER_PUBLIC.iter().any(|(name, _)| *name == code);
    let found = dimension(code).filter(|dimension| !never(dimension.code));
    if found.is_none() {
        let all = DIMENSIONS.iter().map(|dimension| dimension.code).filter(|code| !never(code));
        let expected = format!("one of {}", all.collect::<Vec<_>>().join(", "));
        c.refuse(field, Rule::UnknownCode, Some(code), expected);
    }
    found
}

/// The codes that have a cell of their own: those that are kept, or all of the list that are in use. `_O` takes whatever has none,
/// so that every counted unit has its cell.
fn axis(
    c: &mut Checker<'_>,
    dimension: &'static Dimension,
    measure: Measure,
    as_of: NaiveDate,
    keep: Option<&Vec<String>>,
) -> Axis {
    let field = format!("keep.{}", dimension.code);
    let special = |code: &String| code.starts_with('_');
    let mut list = None;
    let mut codes: Vec<String> = keep.into_iter().flatten().filter(|code| !special(code)).cloned().collect();
    let mut pooled = Vec::new();
    match dimension.values {
        Values::Vocabulary { name, .. } => {
            list = Some(name.to_owned());
            codes.iter().for_each(|code| c.known_term(&field, name, code));
            let active: Vec<_> = c.register().vocabulary().active(name).map(|term| term.code.clone()).collect();
            match keep {
                Some(_) => pooled = active.into_iter().filter(|code| !codes.contains(code)).collect(),
                None => codes = active,
            }
        }
        Values::Time(grain) => {
            codes = codes.iter().flat_map(|text| read_buckets(&field, grain, text, c)).collect();
            codes.sort();
            if codes.iter().any(|code| grain.bounds(code).is_some_and(|(begins, _)| begins > as_of)) {
                // Nothing can have happened there, so nothing can be hidden there.
                c.refuse(&field, Rule::InFuture, None, format!("buckets that begin by {as_of}, the day of `as_of`"));
            }
            if codes.is_empty() {
                c.refuse(&field, Rule::Required, None, "the buckets that have a cell of their own");
            }
        }
        Values::Records(_) | Values::Words(_) => {}
    }
    let mut once = BTreeSet::new();
    codes.retain(|code| once.insert(code.clone()));
    codes.extend([OTHER.to_owned(), UNKNOWN.to_owned()]);
    // To whom nothing happened; and most incidents lead nowhere.
    let nothing = measure == Measure::Persons && dimension.level.is_incident();
    codes.extend((nothing || dimension.code == "destination").then(|| NOT_APPLICABLE.to_owned()));
    let additive = match measure {
        Measure::Persons => !dimension.level.is_incident(),
        Measure::Incidents => !dimension.level.is_many(),
    };
    Axis { dimension: dimension.code.to_owned(), vocabulary: list, codes, pooled, additive }
}
