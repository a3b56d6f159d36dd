//! Tables of releases, and slices of them, as people read them. What is withheld has its mark, and is never a zero.

use std::collections::HashMap;
use std::slice::from_ref;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::count::Count;
use crate::domain::dimension::dimension;
use crate::domain::release::content::{Axis, Content, Table, Thresholds, Value};
use crate::domain::vocabulary::TOTAL;
use crate::exchange::formats::json::{self, ReleasedTable};
use crate::exchange::formats::{FORMATS, Options, Shown, words};
use crate::http::pages::{filters, words as phrases};

use super::bars::{Bar, Bars};
use super::say;

/// A cell of a grid.
struct Square {
    said: String,
    withheld: bool,
    total: bool,
    /// Whether the release counts nobody there.
    nothing: bool,
}

/// A row of a grid: what it is called, and its cells.
struct Row {
    heads: Vec<String>,
    squares: Vec<Square>,
}

/// A table of two or three dimensions: the last one lies across.
#[derive(Template)]
#[template(path = "public/grid.html")]
struct Grid {
    caption: String,
    downs: Vec<String>,
    across: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// The groups of which nothing is said, in one line.
    nothing: Option<String>,
}

impl HtmlSafe for Grid {}

/// How a table is shown.
enum Body {
    Number(String),
    Bars(Bars),
    Grid(Grid),
}

/// A table with everything that a reader must know of it.
#[derive(Template)]
#[template(path = "public/table.html")]
pub struct Shows {
    body: Body,
    /// What the table counts and whom.
    pub description: String,
    total: Option<String>,
    withheld: Option<String>,
    pooled: Vec<(String, String)>,
    remarks: Vec<&'static str>,
}

impl HtmlSafe for Shows {}

/// A file of the answer.
pub struct Download {
    pub name: String,
    pub address: String,
    pub description: &'static str,
}

/// The files of a table, in every format that can show it. The address is without its suffix.
pub fn downloads(table: &Table, address: impl Fn(&str) -> String) -> Vec<Download> {
    let fits = |suffix: &str| suffix != "svg" || table.axes.len() <= 2;
    let all = FORMATS.iter().filter(|format| fits(format.suffix()));
    let download = |suffix: &'static str, description: &'static str| Download {
        name: suffix.trim_end_matches(".json").replace("vl", "Vega-Lite").replace("jsonstat", "JSON-stat"),
        address: address(suffix),
        description,
    };
    let named = all.map(|format| download(format.suffix(), format.description()));
    named
        .map(|file| Download { name: if file.name.len() < 5 { file.name.to_uppercase() } else { file.name }, ..file })
        .collect()
}

/// Why cells of a release are withheld, in words.
pub fn why_withheld(thresholds: Thresholds) -> String {
    phrases::say(
        "Withheld to protect people: fewer than {} people (or {} incidents) from case files, or a number from which a \
         withheld one could be worked out. It can be any number, and is not to be read as zero.",
        &[&thresholds.persons, &thresholds.incidents],
    )
}

/// The table as it is shown.
pub fn shows(content: &Content, table: &Table, query: String) -> Shows {
    let shown = Shown { content, table, query, address: String::new() };
    let view = json::view(&shown, &Options { language: say::language(), ..Options::default() });
    let withheld = table.cells.iter().any(|cell| cell.value == Value::Withheld);
    let total = table.cells.iter().find(|cell| cell.at.iter().all(|code| code == TOTAL));
    let body = match table.axes.as_slice() {
        [] => Body::Number(total.map(|cell| said(cell.value)).unwrap_or_default()),
        [axis] => Body::Bars(bars(&shown, axis)),
        [downs @ .., across] => Body::Grid(grid(&shown, downs, across)),
    };
    Shows {
        total: total.filter(|_| !table.axes.is_empty()).map(|cell| said(cell.value)),
        description: description(&shown, &view),
        withheld: withheld.then(|| why_withheld(content.thresholds)),
        pooled: pooled(&shown),
        remarks: remarks(&view),
        body,
    }
}

fn remarks(view: &ReleasedTable) -> Vec<&'static str> {
    let codes = view.caveats.iter().map(|caveat| caveat.code).filter(|code| *code != "withheld");
    codes
        .map(|code| match code {
            "not_additive" => "Groups overlap: they do not add up to the total, which is counted on its own.",
            "not_attested" => "Nobody published how some of these combine; the true number lies between the two.",
            "uncertain_dates" => {
                "A year counts what lies wholly inside it; what is dated less finely is under “not known”."
            }
            _ => "These are documented cases, not how often it happens.",
        })
        .map(phrases::t)
        .collect()
}

fn said(value: Value) -> String {
    let withheld = || words::say(words::WITHHELD, say::language()).to_owned();
    value.count().map_or_else(withheld, say::released)
}

/// What is counted, by what, of whom.
fn description(shown: &Shown<'_>, view: &ReleasedTable) -> String {
    let language = say::language();
    let mut parts = vec![words::number_of(view.measure, language).to_owned()];
    parts.extend(view.by.iter().map(|code| words::heading(code, language).to_owned()));
    for (code, codes) in &view.filter {
        let labels = codes.iter().map(|own| label(shown, words::list(code), own));
        parts.push(format!("{}: {}", words::heading(code, language), labels.collect::<Vec<_>>().join(", ")));
    }
    if !view.with.is_empty() {
        let kinds = view.with.iter().map(|kind| label(shown, Some("kind"), kind));
        let said = words::say(words::WITH_EACH, language);
        parts.push(format!("{said}: {}", kinds.collect::<Vec<_>>().join(", ")));
    }
    parts.join(" · ")
}

/// What `_O` stands for, dimension by dimension.
fn pooled(shown: &Shown<'_>) -> Vec<(String, String)> {
    let language = say::language();
    let told = |axis: &Axis| {
        let labels = axis.pooled.iter().map(|code| shown.label(axis, code, language)).collect::<Vec<_>>();
        let heading = words::heading(&axis.dimension, language);
        (format!("{heading} – {}", words::say(words::POOLED, language)), labels.join(", "))
    };
    shown.table.axes.iter().filter(|axis| !axis.pooled.is_empty()).map(told).collect()
}

/// What a code is called, by the words of the release.
pub fn label(shown: &Shown<'_>, vocabulary: Option<&str>, code: &str) -> String {
    let language = say::language();
    let listed = shown.content.label(vocabulary, code, language.code());
    if listed == code { words::code(code, language).to_owned() } else { listed.to_owned() }
}

/// By time in order; else the greatest first, what is not known last, and in one line of what nothing is said.
fn bars(shown: &Shown<'_>, axis: &Axis) -> Bars {
    let language = say::language();
    let labels: HashMap<_, _> = shown.labels(axis, language).into_iter().collect();
    let mut cells: Vec<_> = shown.inner().collect();
    if dimension(&axis.dimension).is_none_or(|dimension| dimension.grain().is_none()) {
        let size = |value: Value| value.count().map(|count| count.most().unwrap_or_else(|| count.base()));
        cells.sort_by_key(|cell| (cell.at[0].starts_with('_'), std::cmp::Reverse(size(cell.value))));
    }
    let rows = cells.into_iter().map(|cell| {
        let label = labels.get(&cell.at[0]).cloned().unwrap_or_else(|| cell.at[0].clone());
        Bar::of(label, cell.value)
    });
    let bars = Bars {
        caption: say::title(&shown.table.title),
        head: words::heading(&axis.dimension, language).to_owned(),
        number: words::measure(shown.table.measure, language).to_owned(),
        rows: rows.collect(),
        notes: Vec::new(),
    };
    if dimension(&axis.dimension).is_some_and(|dimension| dimension.grain().is_some()) {
        return bars;
    }
    bars.without_nothing(say::not_shown())
}

fn grid(shown: &Shown<'_>, downs: &[Axis], across: &Axis) -> Grid {
    let (table, language) = (shown.table, say::language());
    let cells: HashMap<&[String], Value> = table.cells.iter().map(|cell| (cell.at.as_slice(), cell.value)).collect();
    let heading = |code: &str| words::heading(code, language).to_owned();
    let total = || words::say(words::TOTAL, language).to_owned();
    // A total that was not asked for has no column and no row.
    let has =
        |at: usize| table.cells.iter().any(|cell| cell.at[at] == TOTAL && cell.at.iter().any(|code| code != TOTAL));
    let mut columns = shown.labels(across, language);
    if has(downs.len()) {
        columns.push((TOTAL.to_owned(), total()));
    }
    let mut rows = vec![(Vec::new(), Vec::new())];
    for (at, axis) in downs.iter().enumerate() {
        let mut labels = shown.labels(axis, language);
        if has(at) {
            labels.push((TOTAL.to_owned(), total()));
        }
        let longer = |(codes, heads): (Vec<String>, Vec<String>)| {
            let add = |(code, label): &(String, String)| {
                ([codes.as_slice(), from_ref(code)].concat(), [heads.as_slice(), from_ref(label)].concat())
            };
            labels.iter().map(add).collect::<Vec<_>>()
        };
        rows = rows.into_iter().flat_map(longer).collect();
    }
    let square = |codes: &[String], column: &str| {
        let at = [codes, &[column.to_owned()]].concat();
        let value = cells.get(at.as_slice()).copied();
        let total = at.iter().any(|code| code == TOTAL);
        let nothing = value.and_then(Value::count).is_some_and(Count::is_zero);
        Square { said: value.map(said).unwrap_or_default(), withheld: value == Some(Value::Withheld), total, nothing }
    };
    let row = |(codes, heads): (Vec<String>, Vec<String>)| Row {
        squares: columns.iter().map(|(column, _)| square(&codes, column)).collect(),
        heads,
    };
    let mut rows: Vec<_> = rows.into_iter().map(row).collect();
    let is_nothing = |row: &Row| row.squares.iter().all(|square| square.nothing);
    let mut nothing = None;
    if downs.len() == 1 && !rows.iter().all(is_nothing) {
        let (none, some): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_nothing);
        rows = some;
        let labels: Vec<_> = none.into_iter().flat_map(|row| row.heads).collect();
        nothing = (!labels.is_empty()).then(|| format!("{}: {}", say::not_shown(), labels.join(", ")));
    }
    Grid {
        caption: say::title(&table.title),
        downs: downs.iter().map(|axis| heading(&axis.dimension)).collect(),
        across: heading(&across.dimension),
        columns: columns.into_iter().map(|(_, label)| label).collect(),
        rows,
        nothing,
    }
}
