//! Sets of codes, and who is counted by them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::tree::Codes;

/// Sets of codes by number, so that a condition is a few numbers.
#[derive(Debug, Clone, Default)]
pub struct Sets(HashMap<Set, u32>);

/// Who is counted by a set of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    Has,
    HasNot,
    /// Who has one of several codes, where one unit may have several: the tree decides by it, and it is never told.
    Decides,
    /// Who has none of several codes that were one until the list grew: asked as `HasNot` of that one was, and never told.
    DecidesNot,
}

/// A set of codes, or of pairs of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set {
    pub dimensions: Vec<usize>,
    pub who: Who,
    pub codes: Codes,
}

impl Set {
    /// Who has none of some codes of which one unit may have several.
    pub fn none(dimension: usize, codes: &Codes) -> Self {
        let who = if codes.len() > 1 { Who::DecidesNot } else { Who::HasNot };
        Self { dimensions: vec![dimension], who, codes: codes.clone() }
    }
}

impl Sets {
    pub fn has(&self, set: &Set) -> bool {
        self.0.contains_key(set)
    }

    /// The number of a set, 1 or more.
    pub fn number(&mut self, set: Set) -> u32 {
        let next = self.0.len() as u32 + 1;
        *self.0.entry(set).or_insert(next)
    }

    /// Every set with its number.
    pub fn all(&self) -> impl Iterator<Item = (&Set, u32)> {
        self.0.iter().map(|(set, number)| (set, *number))
    }
}
