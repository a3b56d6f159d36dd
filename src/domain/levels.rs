//! How the codes of one list lie in one another, and the rows in which each of them is counted.

use std::collections::{BTreeMap, BTreeSet};

use super::vocabulary::{Vocabulary, not_further};

/// The codes of one list by what they lie in.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// By code, replaced or not, the one that it is counted as and all above that one, nearest first.
    above: BTreeMap<String, Vec<String>>,
    /// The codes that have others below them.
    broad: BTreeSet<String>,
}

impl Levels {
    /// The levels of a list as it stood.
    pub fn of(vocabulary: &Vocabulary, list: &str) -> Self {
        let mut levels = Self::default();
        for term in vocabulary.all(list) {
            let above = vocabulary.above(list, &term.code);
            levels.broad.extend(above.iter().skip(1).map(|code| (*code).to_owned()));
            levels.above.insert(term.code.clone(), above.into_iter().map(str::to_owned).collect());
        }
        levels
    }

    /// The row that holds a code and nothing else that lies beside it: that of `X._U` where there is more below X.
    fn finest(&self, code: &str) -> String {
        let counted_as = self.above.get(code).and_then(|above| above.first()).map_or(code, String::as_str);
        if self.broad.contains(counted_as) { not_further(counted_as) } else { counted_as.to_owned() }
    }

    /// The codes that are counted in other rows than one of their own name, each with one of its rows. Where a filter keeps only
    /// some codes, a broader row is there only if all of it was asked for: else it would tell a part as the whole.
    pub fn rows(&self, kept: Option<&BTreeSet<String>>) -> Vec<(String, String)> {
        let mut outside = BTreeSet::new();
        if let Some(kept) = kept {
            let lost = self.above.iter().filter(|(code, _)| !kept.contains(*code));
            outside.extend(lost.flat_map(|(_, above)| above));
        }
        let mut rows = Vec::new();
        for (code, above) in &self.above {
            let finest = self.finest(code);
            let mut own: Vec<_> =
                above.iter().filter(|row| **row != finest && !outside.contains(row)).cloned().collect();
            own.push(finest);
            if own != [code.as_str()] {
                rows.extend(own.into_iter().map(|row| (code.clone(), row)));
            }
        }
        rows
    }

    /// The way from the broadest code down to a row, by which rows are put in order: `X._U` is the last below X.
    pub fn path<'r>(&'r self, row: &'r str) -> Vec<(bool, &'r str)> {
        let (code, last) = match self.above.contains_key(row) {
            true => (row, None),
            false => {
                (self.broad.iter().map(String::as_str).find(|code| not_further(code) == row).unwrap_or(row), Some(row))
            }
        };
        let Some(above) = self.above.get(code) else { return vec![(false, row)] };
        let codes = above.iter().rev().map(|code| (false, code.as_str()));
        codes.chain(last.map(|row| (true, row))).collect()
    }

    /// Whether some of the rows lie in others of them.
    pub fn overlap(&self, rows: &BTreeSet<&str>) -> bool {
        rows.iter().any(|row| {
            let path = self.path(row);
            path.split_last().is_some_and(|(_, above)| above.iter().any(|(_, code)| rows.contains(code)))
        })
    }
}
