//! Tables of releases, and slices of them, as people read them. What is withheld has its mark, and is never a zero.

use std::collections::HashMap;
use std::slice::from_ref;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::count::Count;
use crate::domain::dimension::dimension;
use crate::domain::release::content::{Axis, Cell, Content, Sum, Table, Value};
use crate::domain::vocabulary::TOTAL;
use crate::exchange::formats::json::{self, ReleasedTable};
use crate::exchange::formats::{FORMATS, Options, Shown, words};
use crate::http::pages::{filters, words as phrases};
use crate::http::public::shelf::Snapshot;

use super::as_of::AsOf;
use super::bars::{Bar, Bars};
use super::say;

/// A cell of a grid.
struct Square {
    said: String,
    withheld: bool,
    total: bool,
    /// Whether the release counts nobody there.
    nothing: bool,
    as_of: Option<AsOf>,
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
    Number(Option<(String, Option<AsOf>)>),
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
    total: Option<(String, Option<AsOf>)>,
    /// What is told of several codes together.
    sums: Vec<(String, Option<AsOf>)>,
    withheld: Option<String>,
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
pub fn why_withheld(persons: u32) -> String {
    phrases::say(
        "Withheld: fewer than {} people, none, or protecting others. Which of these it is is never said, and it is not to be read \
         as zero.",
        &[&persons],
    )
}

/// The table as it is shown, beside all that is public.
pub fn shows(snapshot: &Snapshot, content: &Content, table: &Table, query: String) -> Shows {
    let shown = Shown { content, table, query, address: String::new() };
    let view = json::view(&shown, &Options { language: say::language(), ..Options::default() });
    let any = |value: Value| table.cells.iter().any(|cell| cell.value == value);
    let total = table.cells.iter().find(|cell| cell.at.iter().all(|code| code == TOTAL));
    let total = total.map(|cell| (said(cell.value), AsOf::of(snapshot, cell.as_of_release.as_ref())));
    let (body, total) = match table.axes.as_slice() {
        [] => (Body::Number(total), None),
        [axis] => (Body::Bars(bars(snapshot, &shown, axis)), total),
        [downs @ .., across] => (Body::Grid(grid(snapshot, &shown, downs, across)), total),
    };
    let mut remarks = remarks(&view);
    remarks.extend(any(Value::Empty).then(|| phrases::t("A dash: no published figure tells of anybody there.")));
    Shows {
        total,
        sums: table.sums.iter().filter_map(|sum| together(snapshot, &shown, sum)).collect(),
        description: description(&shown, &view),
        withheld: any(Value::Withheld).then(|| why_withheld(content.persons)),
        remarks,
        body,
    }
}

/// What is told of several codes together; nothing of what is a total.
fn together(snapshot: &Snapshot, shown: &Shown<'_>, sum: &Sum) -> Option<(String, Option<AsOf>)> {
    let named = |(axis, codes): (&Axis, &Vec<String>)| {
        let labels: Vec<_> = codes.iter().map(|code| label(shown, axis.vocabulary.as_deref(), code)).collect();
        let (last, others) = labels.split_last()?;
        Some(if others.is_empty() { last.clone() } else { phrases::say("{} and {}", &[&others.join(", "), last]) })
    };
    let named: Vec<_> = shown.table.axes.iter().zip(&sum.at).filter_map(named).collect();
    let said = || phrases::say("{} together: {}", &[&named.join("; "), &say::count(Count::exact(sum.count))]);
    (!named.is_empty()).then(|| (said(), AsOf::of(snapshot, sum.as_of_release.as_ref())))
}

fn remarks(view: &ReleasedTable) -> Vec<&'static str> {
    let codes = view.caveats.iter().map(|caveat| caveat.code).filter(|code| *code != "withheld");
    codes
        .map(|code| match code {
            "standing" => {
                "Some numbers stand as an earlier release told them: since then too little has changed to tell it."
            }
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
    match value {
        Value::Empty => "–".to_owned(),
        value => value.count().map_or_else(withheld, say::released),
    }
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

/// What a code is called, by the words of the release.
pub fn label(shown: &Shown<'_>, vocabulary: Option<&str>, code: &str) -> String {
    let language = say::language();
    let listed = shown.content.label(vocabulary, code, language.code());
    if listed == code { words::code(code, language).to_owned() } else { listed.to_owned() }
}

/// By time in order; else the greatest first, what is not known last, and in one line of what nothing is said.
fn bars(snapshot: &Snapshot, shown: &Shown<'_>, axis: &Axis) -> Bars {
    let language = say::language();
    let labels: HashMap<_, _> = shown.labels(axis, language).into_iter().collect();
    let mut cells: Vec<_> = shown.inner().collect();
    if dimension(&axis.dimension).is_none_or(|dimension| dimension.grain().is_none()) {
        let size = |value: Value| value.count().map(|count| count.most().unwrap_or_else(|| count.base()));
        cells.sort_by_key(|cell| (cell.at[0].starts_with('_'), std::cmp::Reverse(size(cell.value))));
    }
    let rows = cells.into_iter().map(|cell| {
        let label = labels.get(&cell.at[0]).cloned().unwrap_or_else(|| cell.at[0].clone());
        Bar { as_of: AsOf::of(snapshot, cell.as_of_release.as_ref()), ..Bar::of(label, cell.value) }
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

/// What is shown of a cell; nothing where the answer has none.
fn square(snapshot: &Snapshot, cell: Option<&Cell>, total: bool) -> Square {
    let value = cell.map(|cell| cell.value);
    Square {
        said: value.map(said).unwrap_or_default(),
        withheld: value == Some(Value::Withheld),
        nothing: value == Some(Value::Empty) || value.and_then(Value::count).is_some_and(Count::is_zero),
        as_of: cell.and_then(|cell| AsOf::of(snapshot, cell.as_of_release.as_ref())),
        total,
    }
}

fn grid(snapshot: &Snapshot, shown: &Shown<'_>, downs: &[Axis], across: &Axis) -> Grid {
    let (table, language) = (shown.table, say::language());
    let cells: HashMap<&[String], &Cell> = table.cells.iter().map(|cell| (cell.at.as_slice(), cell)).collect();
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
    let square_at = |codes: &[String], column: &str| {
        let at = [codes, &[column.to_owned()]].concat();
        square(snapshot, cells.get(at.as_slice()).copied(), at.iter().any(|code| code == TOTAL))
    };
    let row = |(codes, heads): (Vec<String>, Vec<String>)| Row {
        squares: columns.iter().map(|(column, _)| square_at(&codes, column)).collect(),
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
