//! Public lists: by which codes a dimension is told, in which order. Declared before the first release that divides by it, and never
//! changed but by adding codes, for the mask cuts by that order: one that followed the counts would tell of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::aggregate::read_buckets;
use crate::domain::check::{CheckError, Checker, Rule};
use crate::domain::dimension::{DIMENSIONS, Dimension, NEVER_PUBLIC, Values, dimension};
use crate::domain::vocabulary::Vocabulary;

use super::descent::space::Declared;

/// The most codes of one list.
pub const MOST_CODES: usize = 250;
/// Dimensions of which only one has a list: each is a level of the others.
const LEVELS: &[&[&str]] = &[&["kind", "family"], &["year", "quarter", "month"]];

/// A list as a publisher declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"dimension": "ground", "codes": ["detained_tortured", "threatened_by_law_enforcement"], "unknown": true}))]
pub struct ListEntry {
    /// The dimension.
    #[schema(required = true, nullable = false)]
    pub dimension: Option<String>,
    /// The codes that have a line of their own, the most common first by public knowledge, not by the records. All others are counted
    /// as `_O`. A broader code counts all that lie in it. Of time, buckets or `FIRST..LAST`. Of a list that is in force already, the
    /// codes that are added to it.
    #[schema(required = true, nullable = false)]
    pub codes: Vec<String>,
    /// Whether what is not known has a line of its own, `_U`; else it is counted as `_O`. Only in the first declaration of a list.
    pub unknown: Option<bool>,
}

/// A list that is in force, or one declaration more of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub dimension: &'static Dimension,
    pub declared: Declared,
}

/// Whether two dimensions are levels of one list.
pub fn is_other_level(dimension: &Dimension, other: &str) -> bool {
    dimension.code != other && LEVELS.iter().any(|levels| levels.contains(&dimension.code) && levels.contains(&other))
}

/// The dimension with a list in force of which this one is another level, so that it has none of its own.
pub fn other_level(dimension: &Dimension, in_force: &[List]) -> Option<&'static Dimension> {
    in_force.iter().map(|list| list.dimension).find(|other| is_other_level(dimension, other.code))
}

/// The dimensions that may be public.
pub fn may_have_one() -> impl Iterator<Item = &'static Dimension> {
    DIMENSIONS.iter().filter(|dimension| NEVER_PUBLIC.iter().all(|(name, _)| *name != dimension.code))
}

/// The codes above one, nearest first.
pub fn above(dimension: &Dimension, vocabulary: &Vocabulary, code: &str) -> Vec<String> {
    match dimension.values {
        Values::Vocabulary { name, broader: true } => {
            vocabulary.above(name, code).into_iter().skip(1).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

impl ListEntry {
    /// Checks a declaration beside the lists that are in force.
    ///
    /// # Errors
    /// Every mistake by its field, or the look-up that failed.
    pub fn check(self, mut c: Checker<'_>, in_force: &[List]) -> Result<List, CheckError> {
        let code = c.required("dimension", self.dimension.as_deref());
        let never = |code: &str| NEVER_PUBLIC.iter().any(|(name, _)| *name == code);
        let found = dimension(&code).filter(|dimension| !never(dimension.code));
        let Some(dimension) = found else {
            if !code.is_empty() {
                let all = DIMENSIONS.iter().map(|dimension| dimension.code).filter(|code| !never(code));
                let expected = format!("one of {}", all.collect::<Vec<_>>().join(", "));
                c.refuse("dimension", Rule::UnknownCode, Some(&code), expected);
            }
            return c.finish(List { dimension: &DIMENSIONS[0], declared: Declared::default() });
        };
        if let Some(level) = other_level(dimension, in_force) {
            let level = level.code;
            let expected = format!("another dimension: `{level}` has a list, and the two are levels of one list");
            c.refuse("dimension", Rule::Inconsistent, Some(dimension.code), expected);
        }
        let before = in_force.iter().find(|list| list.dimension == dimension).map(|list| &list.declared);
        let codes = codes(&mut c, dimension, &self.codes, before);
        let mut declared = before.cloned().unwrap_or_default();
        match (before, self.unknown) {
            (Some(_), Some(_)) => {
                c.refuse("unknown", Rule::Inconsistent, None, "nothing: the first declaration of the list has said it");
            }
            (None, unknown) => declared.unknown = unknown.unwrap_or(false),
            (Some(_), None) => {}
        }
        let listed: BTreeSet<String> = declared.codes.iter().chain(&codes).cloned().collect();
        for code in &codes {
            let over = above(dimension, c.register().vocabulary(), code).into_iter().find(|over| listed.contains(over));
            declared.broader.extend(over.map(|over| (code.clone(), over)));
        }
        declared.codes.extend(codes);
        declared.extents.push(declared.codes.len());
        if declared.codes.len() > MOST_CODES {
            let found = declared.codes.len().to_string();
            c.refuse("codes", Rule::OutOfRange, Some(&found), format!("at most {MOST_CODES} in all"));
        }
        c.finish(List { dimension, declared })
    }
}

/// The codes of a declaration, each once and none that is in the list.
fn codes(c: &mut Checker<'_>, dimension: &Dimension, given: &[String], before: Option<&Declared>) -> Vec<String> {
    let mut codes: Vec<String> = match dimension.values {
        Values::Vocabulary { name, .. } => {
            given.iter().for_each(|code| c.known_term("codes", name, code));
            given.to_vec()
        }
        Values::Time(grain) => given.iter().flat_map(|text| read_buckets("codes", grain, text, c)).collect(),
        Values::Records(_) | Values::Words(_) => given.to_vec(),
    };
    if given.is_empty() {
        c.refuse("codes", Rule::Required, None, "one code or more");
    }
    let vocabulary = c.register().vocabulary().clone();
    let listed: BTreeSet<&String> = before.iter().flat_map(|list| &list.codes).collect();
    let mut once = BTreeSet::new();
    for code in &codes {
        let over = listed.iter().find(|listed| above(dimension, &vocabulary, listed).contains(code));
        if code.starts_with('_') {
            c.refuse(
                "codes",
                Rule::Inconsistent,
                Some(code),
                "codes of the list itself: `_O` is always there, `_U` by `unknown`",
            );
        } else if listed.contains(code) || !once.insert(code.clone()) {
            c.refuse("codes", Rule::Inconsistent, Some(code), "each code once, and none that the list has");
        } else if let Some(over) = over {
            let expected = format!("a code that holds none of the list: `{over}` lies in it, and was declared before");
            c.refuse("codes", Rule::Inconsistent, Some(code), expected);
        }
    }
    codes.retain(|code| once.contains(code));
    codes
}
