//! A question made ready for the database: codes widened by the controlled lists as they stood, filters of time as days,
//! and whether it asks what is definite or what is possible.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::aggregate::{Measure, Query};
use crate::domain::dimension::{DIMENSIONS, Dimension, Values};
use crate::domain::levels::Levels;
use crate::domain::timing::{Bucket, Days};
use crate::domain::vocabulary::Vocabulary;

/// What a filter keeps.
#[derive(Debug, Clone)]
pub enum Filter {
    Codes(BTreeSet<String>),
    Days(Days),
}

/// Whether dates must lie wholly inside of what is asked or may only reach into it.
#[derive(Debug, Clone, Default)]
pub enum Certainty {
    #[default]
    Definite,
    /// With the buckets of each dimension of time that the question divides by.
    Possible(BTreeMap<&'static str, Vec<Bucket>>),
}

/// In which rows the records of a code are counted that lies in others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// In that of every code in which it lies too: the row of a country holds its regions.
    #[default]
    Levels,
    /// In that of its own code alone, as releases take them.
    AsCoded,
}

/// A question made ready.
#[derive(Debug, Clone)]
pub struct Question {
    pub measure: Measure,
    pub by: Vec<&'static Dimension>,
    pub filters: Vec<(&'static Dimension, Filter)>,
    /// Persons must have an incident of one of the kinds of each set.
    pub with: Vec<BTreeSet<String>>,
    /// By dimension the codes whose place was taken, each with the one that it is counted as.
    pub replaced: BTreeMap<&'static str, Vec<(String, String)>>,
    /// The dimensions divided by whose codes are counted in several rows: each such code with one of its rows.
    pub levels: Vec<(&'static Dimension, Vec<(String, String)>)>,
    pub certainty: Certainty,
}

impl Question {
    /// `vocabulary` may be left out where no list has terms that lie in others or that took another's place.
    pub fn new(query: &Query, vocabulary: Option<&Vocabulary>, certainty: Certainty, rows: Rows) -> Self {
        let covered = |list: &str, codes: &BTreeSet<String>, broader: bool| match vocabulary {
            Some(known) => codes.iter().flat_map(|code| known.covered(list, code, broader)).collect(),
            None => codes.clone(),
        };
        let mut filters = Vec::new();
        let mut replaced = BTreeMap::new();
        for dimension in query.touched() {
            if let (Values::Vocabulary { name, .. }, Some(known)) = (dimension.values, vocabulary) {
                replaced.insert(dimension.code, known.replaced(name));
            }
            let Some(codes) = query.filters.get(dimension.code) else { continue };
            let filter = match dimension.values {
                Values::Vocabulary { name, broader } => Filter::Codes(covered(name, codes, broader)),
                Values::Time(grain) => Filter::Days(Days::of(grain, codes)),
                Values::Records(_) | Values::Words(_) => Filter::Codes(codes.clone()),
            };
            filters.push((dimension, filter));
        }
        let levels = match (vocabulary, rows) {
            (Some(known), Rows::Levels) => levels(query, &filters, known),
            (None, _) | (_, Rows::AsCoded) => Vec::new(),
        };
        intersect(&mut filters);
        // The family of a kind whose place was taken is that of the kind that took it.
        if let Some(known) = vocabulary {
            replaced.insert("kind", known.replaced("kind"));
        }
        replaced.retain(|_, pairs| !pairs.is_empty());
        let kind = |kind: &String| covered("kind", &BTreeSet::from([kind.clone()]), false);
        let with = query.with.iter().map(kind).collect();
        Self { measure: query.measure, by: query.by.clone(), filters, with, replaced, levels, certainty }
    }

    /// Whether the controlled lists are needed to make a question ready, though no term's place was taken.
    pub fn needs_vocabulary(query: &Query) -> bool {
        query.touched().any(|dimension| matches!(dimension.values, Values::Vocabulary { broader: true, .. }))
    }

    /// Which of the lists of rows a dimension has.
    pub fn level(&self, dimension: &Dimension) -> Option<usize> {
        self.levels.iter().position(|(other, _)| *other == dimension)
    }

    /// The dimensions that are divided or filtered by.
    pub fn touched(&self) -> impl Iterator<Item = &'static Dimension> {
        let filtered = |dimension: &Dimension| self.filters.iter().any(|(other, _)| *other == dimension);
        DIMENSIONS.iter().filter(move |dimension| self.by.contains(dimension) || filtered(dimension))
    }

    /// The attributes of the person that are divided or filtered by.
    pub fn personal(&self) -> impl Iterator<Item = &'static Dimension> {
        self.touched().filter(|dimension| !dimension.level.is_incident())
    }

    /// The dimensions of time that possible dates are divided by, with their buckets.
    pub fn buckets(&self) -> impl Iterator<Item = (&'static Dimension, &Vec<Bucket>)> {
        self.by.iter().filter_map(|dimension| match &self.certainty {
            Certainty::Definite => None,
            Certainty::Possible(buckets) => Some((*dimension, buckets.get(dimension.code)?)),
        })
    }

    pub fn is_definite(&self) -> bool {
        matches!(self.certainty, Certainty::Definite)
    }
}

/// The rows of what a question divides by, as far as its codes lie in one another.
fn levels(
    query: &Query,
    filters: &[(&'static Dimension, Filter)],
    known: &Vocabulary,
) -> Vec<(&'static Dimension, Vec<(String, String)>)> {
    let rows = query.by.iter().filter_map(|dimension| {
        let Values::Vocabulary { name, broader: true } = dimension.values else { return None };
        let kept = filters.iter().find_map(|(other, filter)| match filter {
            Filter::Codes(codes) if other == dimension => Some(codes),
            Filter::Codes(_) | Filter::Days(_) => None,
        });
        Some((*dimension, Levels::of(known, name).rows(kept)))
    });
    rows.filter(|(_, rows)| !rows.is_empty()).collect()
}

/// Several filters of time keep the days that all of them keep.
fn intersect(filters: &mut [(&'static Dimension, Filter)]) {
    let of_time = |filter: &&mut Filter| matches!(filter, Filter::Days(days) if days.special.is_empty());
    let common = filters.iter_mut().map(|(_, filter)| filter).filter(of_time).fold(None, |common, filter| {
        let Filter::Days(days) = filter else { return common };
        Some(common.map_or(days.clone(), |common: Days| common.and(days)))
    });
    let Some(common) = common else { return };
    for filter in filters.iter_mut().map(|(_, filter)| filter).filter(of_time) {
        *filter = Filter::Days(common.clone());
    }
}
