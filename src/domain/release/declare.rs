//! What a publisher declares: which tables are public, on what they stand, and which figures are signed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::aggregate::{MOST_DIMENSIONS, Measure, Query, Totals};
use crate::domain::check::{CheckError, Checker, Rule};
use crate::domain::dimension::{DIMENSIONS, Dimension, NEVER_PUBLIC, Values, dimension};
use crate::domain::file_name;
use crate::domain::record::Times;

use super::content::{Basis, PERSONS, Texts};
use super::lists::List;

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
    /// How many persons stand behind every number from case files.
    pub persons: u32,
    pub tables: Vec<TableSpec>,
    /// Figures to sign, `publication:figure`.
    pub figures: Vec<String>,
}

/// A table that is declared public, with all its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    pub code: String,
    pub title: Texts,
    pub basis: Basis,
    pub measure: Measure,
    pub by: Vec<&'static Dimension>,
    /// By dimension the codes, of which every counted unit has one. A filter by a place finds the places in it. Of tables on
    /// reconstructed records alone.
    pub filters: BTreeMap<&'static str, BTreeSet<String>>,
    pub with: BTreeSet<String>,
    /// Whether small lines are pooled where crossing them would tell little.
    pub pool: bool,
}

impl TableSpec {
    /// The question of the whole table.
    pub fn question(&self) -> Query {
        let (by, filters, with) = (self.by.clone(), self.filters.clone(), self.with.clone());
        Query { measure: self.measure, by, filters, with, totals: Totals::All }
    }
}

/// The most cells of one table.
pub const MOST_CELLS: usize = 50_000;
/// The most tables and figures of one release.
const MOST_PARTS: usize = 100;
/// The most persons that may be asked to stand behind every number.
const MOST_PERSONS: u32 = 100;

/// A release as a publisher declares it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"id": "2018-04-03", "title_en": "Persecution in Chechnya", "publisher": "Russian LGBT Network",
    "as_of": "2018-04-03", "tables": [{"code": "by-kind", "title_en": "Persons by what happened to them",
    "basis": "reconstructed", "measure": "persons", "by": ["kind"]}], "figures": ["lgbtnet-2018-04-03:evacuated"]}))]
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
    /// What Attest held after this write; the newest where it is missing. It is never public.
    #[schema(minimum = 0)]
    pub at_write: Option<i64>,
    /// How many persons from case files stand behind every number: 5 where it is missing, and at least. The first release says it
    /// for all that follow.
    #[schema(minimum = 5, maximum = 100)]
    pub persons: Option<u32>,
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
    /// On what it stands: reconstructed (records built from published figures, exact), case_file (masked), or both, which shows
    /// the two numbers side by side; case_file where it is missing.
    pub basis: Option<String>,
    /// persons or incidents; persons where it is missing.
    pub measure: Option<String>,
    /// Up to three dimensions. From case files each needs a public list that is in force.
    pub by: Vec<String>,
    /// By dimension the codes that the table is narrowed to: of reconstructed records alone.
    pub filter: BTreeMap<String, Vec<String>>,
    /// Persons with at least one incident of each of these kinds: of reconstructed records alone.
    pub with: Vec<String>,
    /// Whether small lines are pooled where crossing them would tell little; true where it is missing. The first release that
    /// crosses two lists says it for all that follow.
    pub pool: Option<bool>,
}

/// What a declaration stands on: what other releases have declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// The lists that are in force.
    pub lists: Vec<List>,
    /// How many persons stand behind every number of earlier releases from case files.
    pub persons: Option<u32>,
    /// The crossings of earlier releases from case files.
    pub crossings: Vec<Crossing>,
}

/// Lists that a table from case files crosses, two or three.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crossing {
    pub measure: Measure,
    pub by: Vec<&'static str>,
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

fn persons(c: &mut Checker<'_>, given: Option<u32>, before: Option<u32>) -> u32 {
    let value = given.or(before).unwrap_or(PERSONS);
    if !(PERSONS..=MOST_PERSONS).contains(&value) {
        c.refuse("persons", Rule::OutOfRange, Some(&value.to_string()), format!("{PERSONS} to {MOST_PERSONS}"));
    } else if let Some(before) = before.filter(|before| *before != value) {
        let expected = format!("{before}, as in the releases before: what they told was told by it");
        c.refuse("persons", Rule::Inconsistent, Some(&value.to_string()), expected);
    }
    value
}

impl DeclarationEntry {
    /// Checks a declaration against the controlled lists and what was declared before. `now` are the times where none are named.
    ///
    /// # Errors
    /// Every mistake by its field, or the look-up that failed.
    pub fn check(self, mut c: Checker<'_>, now: Times, before: &Before) -> Result<Declaration, CheckError> {
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
        let tables = tables(&mut c, self.tables, before);
        let mut figures = self.figures;
        for (at, figure) in figures.iter_mut().enumerate() {
            *figure = c.required(&format!("figures[{at}]"), Some(figure));
        }
        let named = figures.len();
        figures.sort();
        figures.dedup();
        if figures.len() < named {
            c.refuse("figures", Rule::Inconsistent, None, "each figure once");
        }
        let declaration = Declaration {
            id: address(&mut c, "id", self.id.as_deref()),
            title: titles(&mut c, self.title_en.as_deref(), self.title_ru.as_deref()),
            publisher: c.required("publisher", self.publisher.as_deref()),
            date: c.past_day("date", self.date.as_deref()),
            as_of: c.past_day("as_of", self.as_of.as_deref()),
            at_write,
            persons: persons(&mut c, self.persons, before.persons),
            tables,
            figures,
        };
        c.finish(declaration)
    }
}

/// The tables, each checked by itself and beside the others.
fn tables(c: &mut Checker<'_>, entries: Vec<TableEntry>, before: &Before) -> Vec<TableSpec> {
    let mut tables: Vec<TableSpec> = Vec::new();
    let mut crossings = before.crossings.clone();
    for (at, entry) in entries.into_iter().take(MOST_PARTS).enumerate() {
        let spec = c.within(&format!("tables[{at}]"), |c| entry.check(c, &before.lists));
        if tables.iter().any(|other| other.code == spec.code) {
            c.refuse(&format!("tables[{at}].code"), Rule::Taken, Some(&spec.code), "another code a table");
        }
        let own = crossings_of(&spec);
        let why = own.iter().find_map(|own| crossings.iter().find_map(|other| beside(own, other)));
        if let Some(why) = why {
            let by: Vec<_> = spec.by.iter().map(|dimension| dimension.code).collect();
            c.refuse(&format!("tables[{at}].by"), Rule::Inconsistent, Some(&by.join(",")), why);
        }
        crossings.extend(own);
        tables.push(spec);
    }
    tables
}

impl Crossing {
    /// A crossing of lists: of two, and of the first two of three, the order is the same to the mask.
    pub fn new(measure: Measure, mut by: Vec<&'static str>) -> Self {
        let pair = by.len().min(2);
        by[..pair].sort_unstable();
        Self { measure, by }
    }
}

/// The crossings of a table, and of three lists the first two, which it tells too.
fn crossings_of(spec: &TableSpec) -> Vec<Crossing> {
    let by: Vec<_> = spec.by.iter().map(|dimension| dimension.code).collect();
    let pair = (by.len() > 2).then(|| by[..2].to_vec());
    let all = [pair, (by.len() > 1).then_some(by)].into_iter().flatten();
    all.filter(|_| spec.basis.has_case_files()).map(|by| Crossing::new(spec.measure, by)).collect()
}

/// Why two crossings tell of each other, where they do.
fn beside(own: &Crossing, other: &Crossing) -> Option<String> {
    let set = |crossing: &Crossing| crossing.by.iter().copied().collect::<BTreeSet<_>>();
    let (mine, others) = (set(own), set(other));
    let of_incidents = || own.by.iter().any(|code| dimension(code).is_some_and(|found| found.level.is_incident()));
    if mine == others {
        if own.measure != other.measure && of_incidents() {
            let measure = other.measure.name();
            return Some(format!(
                "what is crossed in {measure} already is crossed in {measure} alone: persons and incidents tell of each other"
            ));
        }
        let same = own.measure == other.measure && own.by != other.by && own.by.len() == 3;
        return same.then(|| format!("{}: in this order it was declared before", other.by.join(",")));
    }
    let (wide, narrow) = if own.by.len() > other.by.len() { (own, other) } else { (other, own) };
    let lies_in = set(narrow).is_subset(&set(wide)) && narrow.measure == wide.measure && wide.by.len() == 3;
    (lies_in && set(narrow) != wide.by[..2].iter().copied().collect()).then(|| {
        let pair = wide.by[..2].join(",");
        format!(
            "no crossing of {} beside {}: of its pairs only {pair} may stand beside it",
            narrow.by.join(","),
            wide.by.join(",")
        )
    })
}

impl TableEntry {
    fn check(self, c: &mut Checker<'_>, lists: &[List]) -> TableSpec {
        let measure = c.word("measure", Measure::WORDS, self.measure.as_deref(), Measure::Persons);
        let basis = c.word("basis", Basis::WORDS, self.basis.as_deref(), Basis::CaseFile);
        let mut by: Vec<&'static Dimension> = Vec::new();
        for code in &self.by {
            match public(c, "by", code) {
                Some(dimension) if by.contains(&dimension) => {
                    c.refuse("by", Rule::Inconsistent, Some(code), "each dimension once");
                }
                Some(dimension) => by.push(dimension),
                None => {}
            }
        }
        if by.len() > MOST_DIMENSIONS {
            c.refuse("by", Rule::OutOfRange, Some(&self.by.join(",")), format!("at most {MOST_DIMENSIONS} dimensions"));
            by.truncate(MOST_DIMENSIONS);
        }
        if basis.has_case_files() {
            masked(c, measure, &by, lists);
            if !self.filter.is_empty() || !self.with.is_empty() {
                let expected = "nothing, from case files: cross the list, and its codes can be asked for";
                let field = if self.filter.is_empty() { "with" } else { "filter" };
                c.refuse(field, Rule::Inconsistent, None, expected);
            }
        }
        let filters = filters(c, &self.by, &self.filter);
        self.with.iter().for_each(|kind| c.known_term("with", "kind", kind));
        TableSpec {
            code: address(c, "code", self.code.as_deref()),
            title: titles(c, self.title_en.as_deref(), self.title_ru.as_deref()),
            basis,
            measure,
            by,
            filters,
            with: self.with.into_iter().collect(),
            pool: self.pool.unwrap_or(true),
        }
    }
}

fn filters(
    c: &mut Checker<'_>,
    by: &[String],
    given: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut filters = BTreeMap::new();
    for (name, codes) in given {
        let Some(dimension) = public(c, "filter", name) else { continue };
        match dimension.values {
            Values::Vocabulary { name: list, .. } if !by.contains(name) && !codes.is_empty() => {
                codes.iter().for_each(|code| c.known_term(&format!("filter.{name}"), list, code));
                filters.insert(dimension.code, codes.iter().cloned().collect());
            }
            _ => {
                let expected = "one or more codes of a controlled list that the table is not divided by; no time";
                c.refuse(&format!("filter.{name}"), Rule::Inconsistent, None, expected);
            }
        }
    }
    filters
}

/// What is expected where a dimension has no list.
pub const NO_LIST: &str = "a dimension whose public list is in force: declare its list first";

/// What a table from case files may cross.
fn masked(c: &mut Checker<'_>, measure: Measure, by: &[&'static Dimension], lists: &[List]) {
    let mut cells = 1_usize;
    for dimension in by {
        match lists.iter().find(|list| list.dimension == *dimension) {
            Some(list) => cells = cells.saturating_mul(list.declared.lines() + 1),
            None => {
                c.refuse("by", Rule::Inconsistent, Some(dimension.code), NO_LIST);
            }
        }
    }
    let has = |code: &str| by.iter().any(|dimension| dimension.code == code);
    if has("destination") && (has("kind") || has("family")) {
        let expected = "no crossing of a destination with what happened: most of it cannot be";
        c.refuse("by", Rule::Inconsistent, None, expected);
    }
    let several = by.iter().filter(|dimension| dimension.is_several(measure)).count();
    if several > 1 || (several == 1 && by.len() == 3) {
        let expected = match measure {
            Measure::Persons => "incidents as the measure: one person may have several of these",
            Measure::Incidents => "one list less: one incident may have several of these",
        };
        c.refuse("by", Rule::Inconsistent, None, expected);
    }
    if cells > MOST_CELLS {
        c.refuse("by", Rule::OutOfRange, Some(&cells.to_string()), format!("at most {MOST_CELLS} cells"));
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
