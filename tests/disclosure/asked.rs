//! A question as anybody reads it from what is public, and how many units of a person it counts.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::aggregate::Measure;
use attest::domain::count::{Bound, Count};
use attest::domain::dimension::dimension;
use attest::domain::release::content::{SignedFigure, Table};
use attest::domain::release::people::{Person, Values};

/// What is counted, and by dimension the codes of which every counted unit has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub measure: Measure,
    pub filters: BTreeMap<String, BTreeSet<String>>,
    pub with: BTreeSet<String>,
}

impl Asked {
    /// The question of a cell of a public table.
    pub fn of_cell(table: &Table, at: &[String]) -> Self {
        let mut filters: BTreeMap<_, _> =
            table.filter.iter().map(|(name, codes)| (name.clone(), codes.iter().cloned().collect())).collect();
        for (axis, code) in table.axes.iter().zip(at).filter(|(_, code)| *code != "_T") {
            let pooled = axis.pooled.iter().filter(|_| code == "_O").cloned();
            let codes: BTreeSet<String> = pooled.chain([code.clone()]).collect();
            filters.insert(axis.dimension.clone(), codes);
        }
        Self { measure: table.measure, filters, with: table.with.iter().cloned().collect() }
    }

    /// The question of a signed figure.
    pub fn of_figure(figure: &SignedFigure) -> Self {
        let mut asked = Self { measure: figure.measure, filters: BTreeMap::new(), with: BTreeSet::new() };
        for (name, codes) in figure.query.split('&').filter_map(|pair| pair.split_once('=')) {
            let codes: BTreeSet<String> = codes.split(',').map(str::to_owned).collect();
            match name {
                "measure" => assert_eq!(codes.first().map(String::as_str), Some(figure.measure.name())),
                "with" => asked.with = codes,
                _ => drop(asked.filters.insert(name.to_owned(), codes)),
            }
        }
        asked
    }

    /// How many units of this person it counts, reckoned plainly.
    pub fn units(&self, person: &Person) -> u64 {
        let has = |kind: &String| person.incidents.iter().any(|incident| incident.values["kind"].contains(kind));
        if !self.of_person(&person.values) || !self.with.iter().all(has) {
            return 0;
        }
        let incidents = person.incidents.iter().filter(|incident| self.of_incident(&incident.values)).count() as u64;
        match self.measure {
            Measure::Incidents => incidents,
            Measure::Persons if !self.asks_of_incidents() => 1,
            Measure::Persons if person.incidents.is_empty() => self.counts_nothing_happened().into(),
            Measure::Persons => incidents.min(1),
        }
    }

    /// Whether the filters on persons hold.
    pub fn of_person(&self, values: &Values) -> bool {
        self.holds(values, false)
    }

    /// Whether the filters on incidents hold.
    pub fn of_incident(&self, values: &Values) -> bool {
        self.holds(values, true)
    }

    pub fn asks_of_incidents(&self) -> bool {
        self.filters.keys().any(|name| is_of_incidents(name))
    }

    /// Whether persons without an incident are counted where incidents are asked for.
    pub fn counts_nothing_happened(&self) -> bool {
        self.filters.iter().filter(|(name, _)| is_of_incidents(name)).all(|(_, codes)| codes.contains("_Z"))
    }

    fn holds(&self, values: &Values, incident: bool) -> bool {
        let own = self.filters.iter().filter(|(name, _)| is_of_incidents(name) == incident);
        own.into_iter().all(|(name, codes)| values[name.as_str()].iter().any(|code| codes.contains(code)))
    }
}

fn is_of_incidents(name: &str) -> bool {
    dimension(name).unwrap().level.is_incident()
}

/// The number of a count as a number: what reconstructed records give can be taken away from it.
pub fn number(count: Count) -> u64 {
    match count {
        Count::Attested { value, bound: Bound::About } => value,
        count => count.least(),
    }
}
