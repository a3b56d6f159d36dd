//! A table of a release with what becomes of each of its cells.

use crate::domain::dimension::{Values, dimension};
use crate::domain::release::content::{Axis, Table as Masked, Value};
use crate::domain::release::plan::{PlannedTable, SignatureCost};
use crate::domain::vocabulary::{TOTAL, Vocabulary};
use crate::exchange::formats::words;
use crate::http::pages::desk;
use crate::http::pages::here;
use crate::http::pages::parts::{Cell, Notice, Table, Tone};
use crate::http::pages::words::{say, t};

/// How many cells of a table a page shows; those that are withheld first.
const MOST_CELLS: usize = 400;

/// A table with what becomes of each of its cells.
pub struct Planned {
    pub title: String,
    pub basis: &'static str,
    pub told: usize,
    pub standing: usize,
    pub withheld: usize,
    /// Of case files: how many of the codes and crossings that enough people have are told, and how many there are.
    pub large: Option<(u64, u64)>,
    pub cells: Table,
    /// How many cells are not shown.
    pub left_out: usize,
}

fn code(axis: &Axis, code: &str, vocabulary: &Vocabulary) -> String {
    if code == TOTAL {
        return t("all").to_owned();
    }
    axis.vocabulary
        .as_deref()
        .map_or_else(|| words::code(code, here::language()).to_owned(), |known| desk::term(vocabulary, known, code))
}

pub fn planned(table: &Masked, plan: Option<&PlannedTable>, vocabulary: &Vocabulary) -> Planned {
    let (mut told, mut standing, mut withheld) = (0, 0, 0);
    let mut rows = Vec::new();
    for cell in table.cells.iter().filter(|cell| cell.value != Value::Empty) {
        let labels: Vec<_> = cell.at.iter().zip(&table.axes).map(|(at, axis)| code(axis, at, vocabulary)).collect();
        let shown = match cell.value.count() {
            Some(count) => Cell::from(words::count(count, here::language())),
            None => Cell::Marked("–".to_owned(), t("withheld").to_owned()),
        };
        let as_of = cell.as_of_release.as_ref().map(|release| say("as of {}", &[release])).unwrap_or_default();
        match (cell.value.count(), &cell.as_of_release) {
            (None, _) => withheld += 1,
            (Some(_), None) => told += 1,
            (Some(_), Some(_)) => standing += 1,
        }
        rows.push((cell.value.count().is_some(), vec![Cell::Text(labels.join(" · ")), shown, as_of.into()]));
    }
    let left_out = rows.len().saturating_sub(MOST_CELLS);
    rows.sort_by_key(|(told, _)| *told);
    let by: Vec<_> = table.axes.iter().map(|axis| words::heading(&axis.dimension, here::language())).collect();
    Planned {
        title: table.title.get(here::language().code()).or_else(|| table.title.get("en")).cloned().unwrap_or_default(),
        basis: words::basis(table.basis, here::language()),
        told,
        standing,
        withheld,
        large: plan.map(|plan| (plan.large_told, plan.large)).filter(|(_, large)| *large > 0),
        left_out,
        cells: Table {
            caption: table.code.clone(),
            heads: vec![
                by.join(" · "),
                words::number_of(table.measure, here::language()).to_owned(),
                t("As of").to_owned(),
            ],
            numbers: vec![1],
            rows: rows.into_iter().take(MOST_CELLS).map(|(_, row)| row).collect(),
        },
    }
}

/// How much of a whole a part is, in words.
fn share(part: u64, all: u64) -> &'static str {
    match 100 * part / all.max(1) {
        _ if part == 0 => t("none of them"),
        _ if part == all => t("all of them"),
        90.. => t("nearly all of them"),
        60.. => t("most of them"),
        40.. => t("about half of them"),
        15.. => t("less than half of them"),
        _ => t("few of them"),
    }
}

fn of(part: u64, all: u64) -> String {
    say("{} of {}, {}", &[&part, &all, &share(part, all)])
}

impl Planned {
    fn of_all(&self, part: usize) -> String {
        of(part as u64, (self.told + self.standing + self.withheld) as u64)
    }

    pub fn told_of_large(&self) -> Option<String> {
        self.large.map(|(told, large)| of(told, large))
    }

    pub fn told_of_all(&self) -> String {
        self.of_all(self.told)
    }

    pub fn standing_of_all(&self) -> String {
        self.of_all(self.standing)
    }

    pub fn withheld_of_all(&self) -> String {
        self.of_all(self.withheld)
    }
}

/// When a release is better not made, and why.
pub fn advice() -> &'static str {
    t(
        "A release for a single case, or after fewer than 20 new or changed persons, is advised against. Whoever knows when \
         somebody came to you can compare it with the one before.",
    )
}

/// How few persons more or fewer than the release before had are few.
const FEW: u64 = 20;

/// What is said where few persons more or fewer may be counted than in the release that was published last.
pub fn hasty(persons: u64, before: Option<u64>) -> Option<Notice> {
    let changed = persons.abs_diff(before?);
    (changed < FEW).then(|| {
        let title = say("Since the last release, so many persons more or fewer may be counted: {}.", &[&changed]);
        Notice::new(Tone::Warning, title).line(advice())
    })
}

/// What the signature of a small figure costs, in words.
pub fn cost(cost: &SignatureCost, vocabulary: &Vocabulary) -> String {
    let label = |code: &String| match dimension(&cost.dimension).map(|dimension| dimension.values) {
        Some(Values::Vocabulary { name, .. }) => desk::term(vocabulary, name, code),
        _ => words::code(code, here::language()).to_owned(),
    };
    let codes = cost.codes.iter().map(label).collect::<Vec<_>>().join(", ");
    let heading = words::heading(&cost.dimension, here::language());
    let lost = say(
        "{}. {}: what is signed has no line of its own from this release on. Where the list is crossed, these stand together in \
         one line: {}.",
        &[&cost.figure, &heading, &codes],
    );
    if cost.tables.is_empty() {
        return lost;
    }
    format!("{lost} {}", say("Tables that lose lines by it: {}.", &[&cost.tables.join(", ")]))
}
