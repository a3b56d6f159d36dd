//! What a record's values are called in the reader's language.

use crate::domain::record::{Noun, RecordId};
use crate::domain::vocabulary::{SPECIAL, Vocabulary};
use crate::exchange::formats::words::day;
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::Cell;
use crate::http::pages::words::{say, t};

use super::inputs::{Input, Kind};
use super::values::Values;

/// The label of a code. What is known no further than a broader code is called after that one.
pub fn term(vocabulary: &Vocabulary, list: &str, code: &str) -> String {
    if let Some(broader) = vocabulary.broader_of(list, code) {
        return say("{}, not further known", &[&term(vocabulary, list, broader)]);
    }
    let term = vocabulary.term(list, code).or_else(|| vocabulary.term(SPECIAL, code));
    let text = term.and_then(|term| term.texts.get(here::language().code()).or_else(|| term.texts.get("en")));
    text.map_or_else(|| code.to_owned(), |text| text.label.clone())
}

/// A date in words.
pub fn date(edtf: &str) -> String {
    match edtf.split_once('/') {
        Some(("..", end)) => say("{} or earlier", &[&one(end)]),
        Some((start, "..")) => say("since {}", &[&one(start)]),
        Some((start, end)) => say("between {} and {}", &[&one(start), &one(end)]),
        None => one(edtf),
    }
}

fn one(edtf: &str) -> String {
    let bare = edtf.trim_end_matches(['~', '?', '%']);
    let mark = &edtf[bare.len()..];
    let text = match chrono::NaiveDate::parse_from_str(bare, "%Y-%m-%d") {
        Ok(found) => day(found, here::language()),
        Err(_) if bare == "XXXX" => t("not known").to_owned(),
        Err(_) => month(bare).unwrap_or_else(|| bare.to_owned()),
    };
    match mark {
        "~" => say("about {}", &[&text]),
        "?" => say("perhaps {}", &[&text]),
        "%" => say("perhaps about {}", &[&text]),
        _ => text,
    }
}

fn month(bare: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (year, month) = bare.split_once('-')?;
    let name = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{} {year}", t(name)))
}

/// Where the page of a record is.
pub fn address(noun: Noun, id: RecordId) -> String {
    link(&format!("/desk/{}/{id}", noun.plural()))
}

/// The identifiers of the records that are referred to, by code.
pub type Ids = Vec<(String, RecordId)>;

/// A value of a field, as it is read.
pub fn value(input: &Input, value: &str, vocabulary: &Vocabulary, ids: &Ids) -> Cell {
    match input.kind {
        Kind::Term(list) => Cell::Text(term(vocabulary, list, value)),
        Kind::Word(_) => Cell::Text(input.called(value).map_or(value, t).to_owned()),
        Kind::Date => Cell::Text(format!("{} ({value})", date(value))),
        Kind::Day => Cell::Text(date(value)),
        Kind::Record(noun) => match ids.iter().find(|(code, _)| code == value) {
            Some((code, id)) => Cell::Link(address(noun, *id), code.clone()),
            None => Cell::Text(value.to_owned()),
        },
        _ => Cell::Text(value.to_owned()),
    }
}

/// What stands in a field, one line for each of its rows.
pub fn lines(input: &Input, values: &Values, vocabulary: &Vocabulary, ids: &Ids) -> Vec<Cell> {
    let Kind::Rows(parts, _) = input.kind else {
        let given = values.get(input.name).filter(|text| !text.is_empty());
        return given.map(|text| value(input, text, vocabulary, ids)).into_iter().collect();
    };
    let row = |at: usize| {
        let given = parts.iter().filter_map(|part| {
            let text = values.get(&format!("{}[{at}].{}", input.name, part.name))?;
            (text != "_U").then(|| value(part, text, vocabulary, ids))
        });
        let given: Vec<_> = given.collect();
        // A row of one link leads there; what is several things is told in one line.
        match given.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            [Cell::Link(to, text), rest @ ..] => Some(Cell::Link(to.clone(), format!("{text}, {}", plain(rest)))),
            several => Some(Cell::Text(plain(several))),
        }
    };
    (0..).map_while(row).collect()
}

fn plain(cells: &[Cell]) -> String {
    cells.iter().map(Cell::text).collect::<Vec<_>>().join(", ")
}
