//! Rows of an answer that overlap: those of codes that lie in others, and those of joined records that differ.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use crate::domain::aggregate::Query;
use crate::domain::count::Tally;
use crate::domain::dimension::{Dimension, Values};
use crate::domain::levels::Levels;

use super::aggregates::{Counter, Row, sum};
use super::question::{Certainty, Rows};

impl Counter<'_> {
    /// How the codes of a dimension lie in one another, where their rows do.
    fn levels(&self, dimension: &Dimension) -> Option<Levels> {
        match (dimension.values, self.rows, &self.vocabulary) {
            (Values::Vocabulary { name, broader: true }, Rows::Levels, Some(known)) => Some(Levels::of(known, name)),
            _ => None,
        }
    }

    /// The cells by code, with those of broader codes before those that lie in them.
    pub(super) fn in_order(
        &self,
        by: &[&'static Dimension],
        tallies: BTreeMap<Vec<String>, Tally>,
    ) -> Vec<(Vec<String>, Tally)> {
        let levels: Vec<_> = by.iter().map(|dimension| self.levels(dimension)).collect();
        let mut cells: Vec<_> = tallies.into_iter().collect();
        cells.sort_by_cached_key(|(cell, _)| {
            let path = |(code, levels): (&String, &Option<Levels>)| -> Vec<(bool, String)> {
                match levels {
                    Some(levels) => levels.path(code).into_iter().map(|(last, code)| (last, code.to_owned())).collect(),
                    None => vec![(false, code.clone())],
                }
            };
            cell.iter().zip(&levels).map(path).collect::<Vec<_>>()
        });
        cells
    }

    /// Whether the rows of each dimension add up to the total. Joined records of one person may differ in what should be one
    /// attribute, and the row of a broader code holds those that lie in it.
    pub(super) fn additive(&self, query: &Query, rows: &[Row]) -> Vec<bool> {
        let additive = |(at, dimension): (usize, &&'static Dimension)| {
            let codes: BTreeSet<_> = rows.iter().filter_map(|row| row.cell.get(at)).map(String::as_str).collect();
            query.is_additive(dimension)
                && (!self.linked || dimension.level.is_incident())
                && !self.levels(dimension).is_some_and(|levels| levels.overlap(&codes))
        };
        query.by.iter().enumerate().map(additive).collect()
    }

    /// Only case files are joined: where the values of an attribute add up to more persons than there are, some have two.
    pub(super) fn joined_differ(&mut self, query: &Query) -> QueryResult<bool> {
        if !self.linked {
            return Ok(false);
        }
        // Rows that hold each other say nothing of joined records.
        let rows = std::mem::replace(&mut self.rows, Rows::AsCoded);
        let differ = self.add_up_to_more(query);
        self.rows = rows;
        differ
    }

    fn add_up_to_more(&mut self, query: &Query) -> QueryResult<bool> {
        let whole: u64 = sum(&self.case_file(&query.without(&query.by), &Certainty::Definite)?);
        for dimension in query.by.iter().filter(|dimension| !dimension.level.is_incident()) {
            let others: Vec<_> = query.by.iter().copied().filter(|other| other != dimension).collect();
            if sum(&self.case_file(&query.without(&others), &Certainty::Definite)?) > whole {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
