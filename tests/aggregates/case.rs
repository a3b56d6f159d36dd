//! A small case file: what is entered, and every version of it.

use std::collections::BTreeMap;

/// A day as it is written in an entry; days in this form order as texts.
pub type Day = &'static str;

#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub ground: &'static str,
    pub origin: &'static str,
    pub sex: &'static str,
    pub age_group: &'static str,
}

/// A date with the year, the quarter and the month that wholly contain it, worked out by hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dated {
    pub edtf: &'static str,
    pub year: &'static str,
    pub quarter: &'static str,
    pub month: &'static str,
}

const fn dated(edtf: &'static str, year: &'static str, quarter: &'static str, month: &'static str) -> Dated {
    Dated { edtf, year, quarter, month }
}

/// By EDTF level 1, with `~` one unit of the stated precision wider on each side (`src/domain/edtf.rs`).
pub const DATES: [Dated; 13] = [
    dated("2017-04-11", "2017", "2017-Q2", "2017-04"),
    dated("2017-04-01", "2017", "2017-Q2", "2017-04"),
    dated("2017-06-30/2017-07-01", "2017", "_U", "_U"),
    dated("2017-05~", "2017", "2017-Q2", "_U"),
    dated("2017-04~", "2017", "_U", "_U"),
    dated("2017", "2017", "_U", "_U"),
    dated("2017-XX", "2017", "_U", "_U"),
    dated("2016-12-31", "2016", "2016-Q4", "2016-12"),
    dated("2016-12-31~", "_U", "_U", "_U"),
    dated("2018-01?", "2018", "2018-Q1", "2018-01"),
    dated("2018-02/2018-03-31", "2018", "2018-Q1", "_U"),
    dated("2017-02/2018-04-03", "_U", "_U", "_U"),
    dated("XXXX", "_U", "_U", "_U"),
];

#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// By its place in the case.
    pub person: usize,
    pub kind: &'static str,
    pub date: Dated,
    pub place: &'static str,
    /// Of movements.
    pub destination: &'static str,
    /// Role and actor.
    pub involvements: Vec<(&'static str, &'static str)>,
    /// By their places in the case.
    pub sources: Vec<usize>,
}

/// The kinds in use, each with its family (`seed-data/vocabularies/kind.csv`).
pub const KINDS: [(&str, &str); 6] = [
    ("detention", "violation"),
    ("threat", "violation"),
    ("evacuation", "movement"),
    ("departure_abroad", "movement"),
    ("death", "death"),
    ("help_request", "help_request"),
];

pub fn family(kind: &str) -> &'static str {
    KINDS.iter().find(|(code, _)| *code == kind).map(|(_, family)| *family).unwrap()
}

/// A source's reliability.
pub type Source = &'static str;

/// One version as Attest keeps it.
#[derive(Debug, Clone)]
pub struct Version<T> {
    pub write: i64,
    pub known_on: Day,
    pub active: bool,
    pub body: T,
}

/// A record with its versions, oldest first.
#[derive(Debug, Clone)]
pub struct Record<T> {
    pub code: String,
    pub versions: Vec<Version<T>>,
}

impl<T> Record<T> {
    /// What was known of it by the end of a day, of what was written up to a write.
    pub fn at(&self, as_of: &str, at_write: i64) -> Option<&T> {
        let known = self.versions.iter().filter(|version| version.write <= at_write && version.known_on <= as_of);
        known.last().filter(|version| version.active).map(|version| &version.body)
    }
}

/// All that was entered.
#[derive(Debug, Clone, Default)]
pub struct CaseFile {
    pub persons: Vec<Record<Person>>,
    pub incidents: Vec<Record<Incident>>,
    pub sources: Vec<Record<Source>>,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Ask {
    pub measure: &'static str,
    pub by: Vec<&'static str>,
    pub filters: BTreeMap<&'static str, Vec<&'static str>>,
    pub with: Vec<&'static str>,
    pub totals: &'static str,
    pub as_of: Option<Day>,
    /// How far back among the writes, in thousandths.
    pub at_write: Option<i64>,
}

impl Ask {
    /// The query string, at a number of the newest write.
    pub fn query(&self, newest: i64, sources: &[Record<Source>]) -> String {
        let mut parts = vec![format!("measure={}", self.measure), format!("totals={}", self.totals)];
        if !self.by.is_empty() {
            parts.push(format!("by={}", self.by.join(",")));
        }
        for (dimension, values) in &self.filters {
            let values: Vec<_> = values.iter().map(|value| coded(dimension, value, sources)).collect();
            parts.push(format!("{dimension}={}", values.join(",")));
        }
        if !self.with.is_empty() {
            parts.push(format!("with={}", self.with.join(",")));
        }
        parts.extend(self.as_of.map(|day| format!("as_of={day}")));
        parts.extend(self.at_write.map(|back| format!("at_write={}", newest * back / 1_000)));
        parts.join("&")
    }
}

/// Sources are asked for by their code, which the case file makes.
pub fn coded(dimension: &str, value: &str, sources: &[Record<Source>]) -> String {
    match (dimension, value.parse::<usize>()) {
        ("source", Ok(at)) => sources[at].code.clone(),
        _ => value.to_owned(),
    }
}
