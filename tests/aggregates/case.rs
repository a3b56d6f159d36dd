//! A small case file: what is entered, and every version of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

/// A day as it is written in an entry; days in this form order as texts.
pub type Day = &'static str;

#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    pub ground: &'static str,
    pub origin: &'static str,
    pub sex: &'static str,
    pub age_group: &'static str,
}

/// A date with its earliest and its latest day.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated {
    pub edtf: String,
    pub earliest: NaiveDate,
    pub latest: NaiveDate,
}

/// Dates with their days worked out by hand: EDTF level 1, with `~` one unit of the stated precision wider on each side
/// and an open end as far as can be written (`src/domain/edtf.rs`).
pub const DATES: [(&str, &str, &str); 15] = [
    ("2017-04-11", "2017-04-11", "2017-04-11"),
    ("2017-04-01", "2017-04-01", "2017-04-01"),
    ("2017-06-30/2017-07-01", "2017-06-30", "2017-07-01"),
    ("2017-05~", "2017-04-01", "2017-06-30"),
    ("2017-04~", "2017-03-01", "2017-05-31"),
    ("2017", "2017-01-01", "2017-12-31"),
    ("2017-XX", "2017-01-01", "2017-12-31"),
    ("2016-12-31", "2016-12-31", "2016-12-31"),
    ("2016-12-31~", "2016-12-30", "2017-01-01"),
    ("2018-01?", "2018-01-01", "2018-01-31"),
    ("2018-02/2018-03-31", "2018-02-01", "2018-03-31"),
    ("2017-02/2018-04-03", "2017-02-01", "2018-04-03"),
    ("XXXX", "0001-01-01", "9999-12-31"),
    ("2017-11/..", "2017-11-01", "9999-12-31"),
    ("../2016-03", "0001-01-01", "2016-03-31"),
];

/// The dates of the list.
pub fn dates() -> Vec<Dated> {
    let day = |text: &str| text.parse().unwrap();
    let dated = |(edtf, earliest, latest): (&str, &str, &str)| Dated {
        edtf: edtf.to_owned(),
        earliest: day(earliest),
        latest: day(latest),
    };
    DATES.into_iter().map(dated).collect()
}

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

/// The decision that a person's record is counted as another, both by their places in the case.
#[derive(Debug, Clone, PartialEq)]
pub struct Linkage {
    pub person: usize,
    pub canonical: usize,
}

/// What a person, by place in the case, decided about one purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct Consent {
    pub person: usize,
    pub purpose: &'static str,
    pub decision: &'static str,
    /// The last day on which what was given holds.
    pub ends_on: Option<Day>,
}

/// All that was entered.
#[derive(Debug, Clone, Default)]
pub struct CaseFile {
    pub persons: Vec<Record<Person>>,
    pub incidents: Vec<Record<Incident>>,
    pub sources: Vec<Record<Source>>,
    pub linkages: Vec<Record<Linkage>>,
    pub consents: Vec<Record<Consent>>,
}

impl CaseFile {
    /// The person as whom a record is counted.
    pub fn counted_as(&self, person: usize, as_of: &str, at_write: i64) -> usize {
        let decisions = self.linkages.iter().filter_map(|linkage| linkage.at(as_of, at_write));
        decisions.filter(|linkage| linkage.person == person).map(|linkage| linkage.canonical).next().unwrap_or(person)
    }

    /// Whether any record of the person as whom some are counted says no to being counted.
    pub fn refuses(&self, one: usize, as_of: &str, at_write: i64) -> bool {
        let said = self.consents.iter().filter_map(|consent| consent.at(as_of, at_write));
        let own = said.filter(|consent| self.counted_as(consent.person, as_of, at_write) == one);
        own.filter(|consent| consent.purpose == "count")
            .any(|consent| consent.decision != "given" || consent.ends_on.is_some_and(|last_day| last_day < as_of))
    }
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
