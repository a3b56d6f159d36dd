//! The question of an aggregate: a measure, the dimensions to divide it by, filters, and the two times. It is also the
//! language of a figure's query.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Checker, Rule, parse_day};
use super::dimension::{DIMENSIONS, Dimension, Values, dimension};
use super::edtf::Grain;
pub use super::measure::Measure;
use super::record::Times;
use super::vocabulary::{NOT_APPLICABLE, UNKNOWN};

/// Which totals an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Totals {
    None,
    /// The grand total.
    #[default]
    Grand,
    /// The grand total and a total for every dimension that is left out.
    All,
}

impl Totals {
    pub const WORDS: &[(&'static str, Self)] = &[("none", Self::None), ("grand", Self::Grand), ("all", Self::All)];
}

/// The most dimensions that one answer divides by.
pub const MOST_DIMENSIONS: usize = 3;
/// The most values that one filter takes.
const MOST_VALUES: usize = 400;
/// The parameters besides dimensions.
const PARAMETERS: [&str; 6] = ["measure", "by", "with", "as_of", "at_write", "totals"];

/// The question of an aggregate, without its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub measure: Measure,
    pub by: Vec<&'static Dimension>,
    /// By dimension the codes that were asked for: a comma is OR, different dimensions are AND.
    pub filters: BTreeMap<&'static str, BTreeSet<String>>,
    /// Persons who have at least one incident of each of these kinds.
    pub with: BTreeSet<String>,
    pub totals: Totals,
}

/// The times that a question named, before the store fills in the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AskedTimes {
    pub as_of: Option<chrono::NaiveDate>,
    pub at_write: Option<i64>,
}

impl AskedTimes {
    /// The times of the answer: those of `now` where nothing was asked.
    pub fn or(self, now: Times) -> Times {
        Times { as_of: self.as_of.unwrap_or(now.as_of), at_write: self.at_write.unwrap_or(now.at_write) }
    }
}

/// The decoded pairs of a query string.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Query {
    /// Reads a question. Mistakes go to the checker, named by parameter.
    pub fn read(pairs: &[(String, String)], c: &mut Checker<'_>) -> (Self, AskedTimes) {
        let mut given: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in pairs {
            if dimension(name).is_none() && !PARAMETERS.contains(&name.as_str()) {
                let dimensions = DIMENSIONS.iter().map(|dimension| dimension.code);
                let all: Vec<_> = PARAMETERS.into_iter().chain(dimensions).collect();
                c.refuse(name, Rule::Unknown, Some(value), format!("one of the parameters {}", all.join(", ")));
            } else if value.is_empty() {
                c.refuse(name, Rule::Required, None, "a value, or the parameter left out");
            } else if given.insert(name, value).is_some() {
                c.refuse(name, Rule::Inconsistent, Some(value), "the parameter once, with commas between values");
            }
        }
        let as_of = given.get("as_of").map(|text| c.past_day("as_of", Some(text)));
        let at_write = given.get("at_write").and_then(|text| {
            let write = text.parse().ok().filter(|write: &i64| *write >= 0);
            if write.is_none() {
                c.refuse("at_write", Rule::Malformed, Some(text), "the number of a write, 0 or more");
            }
            write
        });
        let by = given.get("by").map(|text| read_by(text, c)).unwrap_or_default();
        let mut filters = BTreeMap::new();
        for dimension in DIMENSIONS {
            if let Some(text) = given.get(dimension.code) {
                filters.insert(dimension.code, read_filter(dimension, text, c));
            }
        }
        let with = given.get("with").map(|text| read_with(text, c)).unwrap_or_default();
        let query = Self {
            measure: c.word("measure", Measure::WORDS, given.get("measure").copied(), Measure::Persons),
            by,
            filters,
            with,
            totals: c.word("totals", Totals::WORDS, given.get("totals").copied(), Totals::Grand),
        };
        (query, AskedTimes { as_of, at_write })
    }

    /// Reads the query of a figure: one number, so neither dimensions nor totals, and the times are the figure's.
    pub fn read_figure(text: &str, field: &str, c: &mut Checker<'_>) -> Self {
        let pairs = pairs(text);
        for (name, value) in &pairs {
            if matches!(name.as_str(), "by" | "totals" | "as_of" | "at_write") {
                c.refuse(
                    field,
                    Rule::Inconsistent,
                    Some(&format!("{name}={value}")),
                    "measure, filters and `with` only",
                );
            }
        }
        c.within(field, |c| Self::read(&pairs, c).0)
    }

    /// The same question asked differently reads the same: what figures are compared by and the audit keeps.
    pub fn canonical(&self) -> String {
        let mut text = format!("measure={}", self.measure.name());
        if !self.by.is_empty() {
            let by: Vec<_> = self.by.iter().map(|dimension| dimension.code).collect();
            text += &format!("&by={}", by.join(","));
        }
        for (name, values) in &self.filters {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            text += &format!("&{name}={}", values.join(","));
        }
        if !self.with.is_empty() {
            let with: Vec<_> = self.with.iter().map(String::as_str).collect();
            text += &format!("&with={}", with.join(","));
        }
        text
    }

    /// The question for one cell: its values become filters.
    #[must_use]
    pub fn at(&self, cell: &[&str]) -> Self {
        let mut query = Self { by: Vec::new(), totals: Totals::Grand, ..self.clone() };
        for (dimension, value) in self.by.iter().zip(cell) {
            query.filters.insert(dimension.code, BTreeSet::from([(*value).to_owned()]));
        }
        query
    }

    /// The same question with fewer dimensions, for a total.
    #[must_use]
    pub fn without(&self, left_out: &[&'static Dimension]) -> Self {
        let by = self.by.iter().copied().filter(|dimension| !left_out.contains(dimension)).collect();
        Self { by, ..self.clone() }
    }

    /// The dimensions that are divided or filtered by.
    pub fn touched(&self) -> impl Iterator<Item = &'static Dimension> {
        DIMENSIONS.iter().filter(|dimension| self.filters.contains_key(dimension.code) || self.by.contains(dimension))
    }

    /// Whether it divides or filters by time, so that uncertain dates leave something open.
    pub fn is_of_time(&self) -> bool {
        self.touched().any(|dimension| dimension.grain().is_some())
    }

    /// Whether it asks of whom nothing is recorded, or nothing known.
    pub fn asks_for_nothing(&self) -> bool {
        self.filters.values().flatten().any(|code| code == UNKNOWN || code == NOT_APPLICABLE)
    }

    /// Whether the cells of a dimension add up to the total, as far as none of them lie in others: only where every counted unit
    /// has one value of it.
    pub fn is_additive(&self, dimension: &Dimension) -> bool {
        match self.measure {
            Measure::Persons => !dimension.level.is_incident(),
            Measure::Incidents => !dimension.level.is_many(),
        }
    }
}

/// What a canonical question is compared by: of persons, "with an incident of one kind" and "of this kind" ask the same.
pub fn comparable(canonical: &str) -> BTreeMap<String, BTreeSet<String>> {
    let set = |values: String| values.split(',').map(str::to_owned).collect::<BTreeSet<_>>();
    let mut parts: BTreeMap<_, _> = pairs(canonical).into_iter().map(|(name, values)| (name, set(values))).collect();
    let persons = parts.get("measure").is_some_and(|measure| measure.contains(Measure::Persons.name()));
    let incident = |name: &String| dimension(name).is_some_and(|dimension| dimension.level.is_incident());
    let alone = parts.keys().filter(|name| incident(name)).count() == 1;
    if persons && alone && parts.get("kind").is_some_and(|kinds| kinds.len() == 1) {
        let kind = parts.remove("kind").unwrap_or_default();
        parts.entry("with".to_owned()).or_default().extend(kind);
    }
    parts
}

fn read_by(text: &str, c: &mut Checker<'_>) -> Vec<&'static Dimension> {
    let mut by = Vec::new();
    for code in text.split(',') {
        match dimension(code) {
            Some(dimension) if by.contains(&dimension) => {
                c.refuse("by", Rule::Inconsistent, Some(code), "each dimension once");
            }
            Some(dimension) => by.push(dimension),
            None => {
                let all: Vec<_> = DIMENSIONS.iter().map(|dimension| dimension.code).collect();
                c.refuse("by", Rule::UnknownCode, Some(code), format!("one of {}", all.join(", ")));
            }
        }
    }
    if by.len() > MOST_DIMENSIONS {
        c.refuse("by", Rule::OutOfRange, Some(text), format!("at most {MOST_DIMENSIONS} dimensions"));
    }
    by
}

fn read_with(text: &str, c: &mut Checker<'_>) -> BTreeSet<String> {
    for kind in text.split(',') {
        c.known_term("with", "kind", kind);
    }
    text.split(',').map(str::to_owned).collect()
}

fn read_filter(dimension: &Dimension, text: &str, c: &mut Checker<'_>) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for code in text.split(',') {
        match dimension.values {
            Values::Vocabulary { name, broader } => {
                if broader {
                    c.known_level(dimension.code, name, code);
                } else {
                    c.known_term(dimension.code, name, code);
                }
                values.insert(code.to_owned());
            }
            Values::Records(noun) => {
                c.known_code(dimension.code, noun, code);
                values.insert(code.to_owned());
            }
            Values::Words(words) => {
                if !words.contains(&code) {
                    let expected = format!("one of {}", words.join(", "));
                    c.refuse(dimension.code, Rule::UnknownCode, Some(code), expected);
                }
                values.insert(code.to_owned());
            }
            Values::Time(grain) => values.extend(read_buckets(dimension.code, grain, code, c)),
        }
    }
    if values.len() > MOST_VALUES {
        c.refuse(dimension.code, Rule::OutOfRange, Some(text), format!("at most {MOST_VALUES} values"));
        values.clear();
    }
    values
}

/// Reads a bucket, or the buckets of `FIRST..LAST`.
pub(super) fn read_buckets(field: &str, grain: Grain, text: &str, c: &mut Checker<'_>) -> Vec<String> {
    if text == UNKNOWN || text == NOT_APPLICABLE {
        return vec![text.to_owned()];
    }
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (Some((from, _)), Some((_, to))) = (grain.bounds(first), grain.bounds(last)) else {
        let example = grain.bucket_of(parse_day("2017-04-01").unwrap_or_default());
        c.refuse(
            field,
            Rule::Malformed,
            Some(text),
            format!("`{example}`, or the first and the last with `..` between them"),
        );
        return Vec::new();
    };
    let mut buckets = Vec::new();
    let mut day = from;
    while day <= to && buckets.len() <= MOST_VALUES {
        let bucket = grain.bucket_of(day);
        let next = grain.bounds(&bucket).and_then(|(_, end)| end.succ_opt());
        buckets.push(bucket);
        match next {
            Some(next) => day = next,
            None => break,
        }
    }
    if buckets.is_empty() {
        c.refuse(field, Rule::Inconsistent, Some(text), "the first before the last");
    }
    buckets
}
