//! What a cell counts, as a condition on persons and incidents. Cells with the same condition are one cell, in whatever tables they
//! stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::aggregate::{self, Measure, Query};
use crate::domain::dimension::{Dimension, Values, dimension};
use crate::domain::vocabulary::{NOT_APPLICABLE, TOTAL, UNKNOWN, Vocabulary};

use super::content::{Axis, Table};
use super::declare::{OTHER, TableSpec};

/// Which codes fulfil a part of a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codes {
    In(BTreeSet<String>),
    /// What has no cell of its own is in `_O`, whatever it is.
    NotIn(BTreeSet<String>),
}

impl Codes {
    pub fn has(&self, code: &str) -> bool {
        match self {
            Self::In(codes) => codes.contains(code),
            Self::NotIn(codes) => !codes.contains(code),
        }
    }

    /// The codes that it names.
    pub fn named(&self) -> &BTreeSet<String> {
        match self {
            Self::In(codes) | Self::NotIn(codes) => codes,
        }
    }

    fn lies_in(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::In(own), Self::In(others)) => own.is_subset(others),
            (Self::In(own), Self::NotIn(others)) => own.is_disjoint(others),
            (Self::NotIn(own), Self::NotIn(others)) => others.is_subset(own),
            (Self::NotIn(_), Self::In(_)) => false,
        }
    }
}

/// What a cell counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    pub measure: Measure,
    /// By dimension of persons.
    pub person: BTreeMap<&'static str, Codes>,
    /// By dimension of incidents: all of them hold for one and the same incident.
    pub incident: BTreeMap<&'static str, Codes>,
    /// Some incident is of one of the kinds, for each set.
    pub with: BTreeSet<BTreeSet<String>>,
}

impl Condition {
    /// What a question without dimensions counts, such as a figure's.
    pub fn of(query: &Query, vocabulary: &Vocabulary) -> Self {
        let mut condition = Self::new(query.measure);
        condition.narrow(&query.filters, &query.with, vocabulary);
        condition.settled()
    }

    /// What a figure of an earlier release counted, by its question in canonical words; `None` where it names a dimension that
    /// is no more.
    pub fn of_words(words: &str, vocabulary: &Vocabulary) -> Option<Self> {
        let mut condition = Self::new(Measure::Persons);
        let (mut filters, mut with) = (BTreeMap::new(), BTreeSet::new());
        for (name, values) in aggregate::pairs(words) {
            let values: BTreeSet<_> = values.split(',').map(str::to_owned).collect();
            match name.as_str() {
                "measure" => condition.measure = Measure::WORDS.iter().find(|(word, _)| values.contains(*word))?.1,
                "with" => with = values,
                _ => drop(filters.insert(dimension(&name)?.code, values)),
            }
        }
        condition.narrow(&filters, &with, vocabulary);
        Some(condition.now(vocabulary).settled())
    }

    /// What a cell of a declared table counts.
    pub fn of_cell(spec: &TableSpec, at: &[String], vocabulary: &Vocabulary) -> Self {
        let mut condition = Self::new(spec.measure);
        condition.narrow(&spec.filters, &spec.with, vocabulary);
        for ((dimension, axis), code) in spec.by.iter().zip(at) {
            condition.divide(dimension, axis, code);
        }
        condition.settled()
    }

    /// What a cell of a released table counts; `None` where it names a dimension that is no more.
    pub fn of_released(table: &Table, at: &[String], vocabulary: &Vocabulary) -> Option<Self> {
        let mut condition = Self::new(table.measure);
        let code = |(name, codes): (&String, &Vec<String>)| {
            Some((dimension(name)?.code, codes.iter().cloned().collect::<BTreeSet<_>>()))
        };
        let filters = table.filter.iter().map(code).collect::<Option<BTreeMap<_, _>>>()?;
        condition.narrow(&filters, &table.with.iter().cloned().collect(), vocabulary);
        for (axis, code) in table.axes.iter().zip(at) {
            condition.divide(dimension(&axis.dimension)?, axis, code);
        }
        Some(condition.now(vocabulary).settled())
    }

    /// In the words of today: records that carry a code whose place was taken are counted as the one that took it.
    fn now(mut self, vocabulary: &Vocabulary) -> Self {
        for (name, codes) in self.person.iter_mut().chain(self.incident.iter_mut()) {
            if let Some(Values::Vocabulary { name, .. }) = dimension(name).map(|dimension| dimension.values) {
                let (Codes::In(codes) | Codes::NotIn(codes)) = codes;
                *codes = codes.iter().map(|code| vocabulary.successor(name, code)).collect();
            }
        }
        self
    }

    fn new(measure: Measure) -> Self {
        Self { measure, person: BTreeMap::new(), incident: BTreeMap::new(), with: BTreeSet::new() }
    }

    fn part(&mut self, dimension: &Dimension) -> &mut BTreeMap<&'static str, Codes> {
        if dimension.level.is_incident() { &mut self.incident } else { &mut self.person }
    }

    fn narrow(
        &mut self,
        filters: &BTreeMap<&'static str, BTreeSet<String>>,
        with: &BTreeSet<String>,
        vocabulary: &Vocabulary,
    ) {
        for (name, codes) in filters {
            let Some(dimension) = dimension(name) else { continue };
            let covered = match dimension.values {
                Values::Vocabulary { name, broader } => {
                    codes.iter().flat_map(|code| vocabulary.covered(name, code, broader)).collect()
                }
                _ => codes.clone(),
            };
            self.part(dimension).insert(dimension.code, Codes::In(covered));
        }
        self.with = with.iter().map(|kind| vocabulary.covered("kind", kind, false)).collect();
    }

    fn divide(&mut self, dimension: &Dimension, axis: &Axis, code: &str) {
        if code == TOTAL {
            return;
        }
        let codes = if code == OTHER {
            Codes::NotIn(axis.codes.iter().filter(|code| *code != OTHER).cloned().collect())
        } else {
            Codes::In(BTreeSet::from([code.to_owned()]))
        };
        self.part(dimension).insert(dimension.code, codes);
    }

    /// The same condition in the same words: of persons, "with an incident of this kind" and "of this kind" are the same, and to
    /// whom nothing happened, to them nothing happened whatever is asked.
    fn settled(mut self) -> Self {
        if self.is_of_nothing() && self.incident.values().all(|codes| codes.has(NOT_APPLICABLE)) {
            self.incident = BTreeMap::from([("kind", Codes::In(BTreeSet::from([NOT_APPLICABLE.to_owned()])))]);
        }
        if self.measure == Measure::Persons
            && self.incident.len() == 1
            && let Some(Codes::In(kinds)) = self.incident.get("kind")
            && !kinds.contains(NOT_APPLICABLE)
        {
            self.with.insert(kinds.clone());
            self.incident.clear();
        }
        self
    }

    /// Whether whatever fulfils this one fulfils the other, whichever of the two counts persons or their incidents.
    pub fn lies_in(&self, other: &Self) -> bool {
        let all = |own: &BTreeMap<&'static str, Codes>, others: &BTreeMap<&'static str, Codes>| {
            others.iter().all(|(name, codes)| own.get(name).is_some_and(|own| own.lies_in(codes)))
        };
        let has_kind = |kinds: &BTreeSet<String>| {
            let own = self.incident.get("kind").is_some_and(|own| own.lies_in(&Codes::In(kinds.clone())));
            own || self.with.iter().any(|own| own.is_subset(kinds))
        };
        all(&self.person, &other.person) && all(&self.incident, &other.incident) && other.with.iter().all(has_kind)
    }

    /// Whether it asks for those to whom nothing happened.
    fn is_of_nothing(&self) -> bool {
        let only = BTreeSet::from([NOT_APPLICABLE.to_owned()]);
        // A destination is not applicable to most incidents.
        let nothing = |(name, codes): (&&str, &Codes)| *name != "destination" && *codes == Codes::In(only.clone());
        self.measure == Measure::Persons && self.incident.iter().any(nothing)
    }

    /// Whether nobody can ever fulfil it, by what the words mean: an incident of those to whom nothing happened, a kind of another
    /// family, a destination of what is no movement. Such a cell is zero, and tells nothing.
    pub fn is_impossible(&self, vocabulary: &Vocabulary) -> bool {
        let real = |codes: &Codes| !codes.has(NOT_APPLICABLE);
        if self.is_of_nothing() {
            return self.incident.values().any(real) || !self.with.is_empty();
        }
        let Some(Codes::In(kinds)) = self.incident.get("kind") else { return false };
        let families: BTreeSet<_> = kinds.iter().map(|kind| vocabulary.family(kind).unwrap_or(UNKNOWN)).collect();
        let fits = |family: &&str| {
            let destination = self.incident.get("destination").is_none_or(|codes| match codes {
                Codes::In(codes) if *family == "movement" => codes.iter().any(|code| code != NOT_APPLICABLE),
                Codes::NotIn(_) if *family == "movement" => true,
                codes => codes.has(NOT_APPLICABLE),
            });
            destination && self.incident.get("family").is_none_or(|codes| codes.has(family))
        };
        !families.iter().any(fits)
    }

    /// Whether it is about incidents at all.
    pub fn is_of_incidents(&self) -> bool {
        self.measure == Measure::Incidents || !self.incident.is_empty() || !self.with.is_empty()
    }

    /// How many parts it has: the more, the finer the cell.
    pub fn depth(&self) -> usize {
        self.person.len() + self.incident.len() + self.with.len()
    }
}
