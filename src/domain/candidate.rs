//! Which records may be of one person: what two of them have in common, told by coded fields alone.

use serde::Serialize;
use utoipa::ToSchema;

use super::person::Person;
use super::vocabulary::Vocabulary;

/// What two records can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trait {
    /// The same identifier in other systems.
    ExternalId,
    Ground,
    Origin,
    Sex,
    AgeGroup,
}

impl Trait {
    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::ExternalId => "Identifier there",
            Self::Ground => "Why the person asked for help",
            Self::Origin => "Where the person comes from",
            Self::Sex => "Sex",
            Self::AgeGroup => "Age group",
        }
    }
}

/// What an agreement counts. An identifier in another system may be a running number, so that it says little alone.
pub const WEIGHTS: [(Trait, u32); 5] =
    [(Trait::ExternalId, 4), (Trait::Ground, 2), (Trait::Origin, 1), (Trait::Sex, 1), (Trait::AgeGroup, 1)];
/// What an incident counts of the same kind at a time that may be the same, for as many as [`MOST_INCIDENTS`].
pub const INCIDENT_WEIGHT: u32 = 2;
pub const MOST_INCIDENTS: u32 = 3;
/// The least that makes a record a candidate.
pub const LEAST_SCORE: u32 = 4;

/// A code that says something: not one of the special ones.
pub fn known(code: &str) -> Option<&str> {
    Some(code).filter(|code| !code.starts_with('_'))
}

/// Where two records agree, and where they contradict each other. What one of them does not know does neither.
pub fn compare(a: &Person, b: &Person, words: &Vocabulary) -> (Vec<Trait>, Vec<Trait>) {
    let external = |person: &Person| person.external.as_ref().map(|external| external.id.clone());
    let code = |list: &str, code: &String| known(code).map(|code| words.successor(list, code));
    let pairs = [
        (Trait::ExternalId, external(a), external(b)),
        (Trait::Ground, code("ground", &a.ground), code("ground", &b.ground)),
        (Trait::Origin, code("place", &a.origin), code("place", &b.origin)),
        (Trait::Sex, code("sex", &a.sex), code("sex", &b.sex)),
        (Trait::AgeGroup, code("age_group", &a.age_group), code("age_group", &b.age_group)),
    ];
    let (mut agree, mut differ) = (Vec::new(), Vec::new());
    for (name, a, b) in pairs {
        match (a, b) {
            (Some(a), Some(b)) if a == b => agree.push(name),
            // Other systems give other identifiers to one person.
            (Some(_), Some(_)) if name != Trait::ExternalId => differ.push(name),
            _ => {}
        }
    }
    (agree, differ)
}
