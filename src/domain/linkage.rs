//! The decision that two records are of one person: who decided it, why, and from which sources. Persons are never
//! rewritten: the one record is counted as the other for as long as the decision stands.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cell::list;
use super::check::{CheckError, Checker, Rule};
use super::entry::{Codes, Entry, Header};
use super::record::{Noun, RecordId, State, Version};

/// The most sources that one decision names.
const MOST_SOURCES: usize = 100;

/// Two records of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linkage {
    /// The record that is no longer counted on its own.
    pub person: RecordId,
    /// The record that it is counted as.
    pub canonical: RecordId,
    pub sources: Vec<RecordId>,
}

/// A linkage as staff enter it and read it back. Its code is that of `person`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"person": "P-0002", "canonical": "P-0001", "sources": ["S-0007"],
    "reason": "the same passport in both interviews"}))]
pub struct LinkageEntry {
    /// The code or id of the person's record that is no longer counted on its own.
    #[schema(required = true, nullable = false)]
    pub person: Option<String>,
    /// The code or id of the record that it is counted as.
    #[schema(required = true, nullable = false)]
    pub canonical: Option<String>,
    /// From which sources it is known that they are one person: codes or ids. In a CSV file joined by `;`.
    #[schema(required = true)]
    #[serde(deserialize_with = "list")]
    pub sources: Vec<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why they are one person, or why the decision is corrected. No personal text.
    #[schema(required = true, nullable = false)]
    pub reason: Option<String>,
}

impl Entry for LinkageEntry {
    type Body = Linkage;
    const NOUN: Noun = Noun::Linkage;
    const CODE: &'static str = "person";

    fn header(&self) -> Header<'_> {
        Header::new(&None, &self.known_on, &self.reason)
    }

    fn register_code(body: &Linkage, _own: Option<String>, codes: &Codes) -> Option<String> {
        codes.get(&body.person).cloned()
    }

    fn check(self, mut c: Checker<'_>) -> Result<Linkage, CheckError> {
        c.required("reason", self.reason.as_deref());
        let person = c.required_reference("person", Noun::Person, self.person.as_deref());
        let canonical = c.required_reference("canonical", Noun::Person, self.canonical.as_deref());
        if person == canonical && !person.0.is_nil() {
            let expected = "another person's record: nobody is joined with themselves";
            c.refuse("canonical", Rule::Inconsistent, self.canonical.as_deref(), expected);
        }
        if self.sources.is_empty() {
            c.refuse("sources", Rule::Required, None, "the code or id of a source, or several");
        }
        if self.sources.len() > MOST_SOURCES {
            let found = self.sources.len().to_string();
            c.refuse("sources", Rule::OutOfRange, Some(&found), format!("at most {MOST_SOURCES}"));
        }
        let mut sources = Vec::new();
        for (at, source) in self.sources.iter().take(MOST_SOURCES).enumerate() {
            sources.push(c.required_reference(&format!("sources[{at}]"), Noun::Source, Some(source)));
        }
        c.finish(Linkage { person, canonical, sources })
    }

    fn describe(version: &Version<Linkage>, codes: &Codes) -> Self {
        let code = |id: &RecordId| codes.get(id).cloned();
        Self {
            person: code(&version.body.person),
            canonical: code(&version.body.canonical),
            sources: version.body.sources.iter().filter_map(code).collect(),
            known_on: Some(version.stamp.known_on.to_string()),
            reason: version.stamp.reason.clone(),
        }
    }

    fn persons(_: RecordId, linkage: &Linkage) -> Vec<RecordId> {
        vec![linkage.person, linkage.canonical]
    }

    fn references(linkage: &Linkage) -> Vec<RecordId> {
        [linkage.person, linkage.canonical].into_iter().chain(linkage.sources.iter().copied()).collect()
    }
}

/// One version of a decision, as far as counting goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    pub write: i64,
    pub known_on: NaiveDate,
    pub state: State,
    pub person: RecordId,
    pub canonical: RecordId,
}

/// The first decision that a new one would make a chain with on some day: a record that is counted as another must not
/// itself be counted as a third, or one person would be two. `others` are all versions of all decisions about the two
/// records, without those of the decision itself.
pub fn chained<'o>(new: &Joined, others: &'o [Joined]) -> Option<&'o Joined> {
    let later = others.iter().map(|other| other.known_on).filter(|day| *day > new.known_on);
    let days: BTreeSet<_> = std::iter::once(new.known_on).chain(later).collect();
    days.into_iter().find_map(|day| {
        // By person the version that holds on the day: the last written of those known by then.
        let mut holding: HashMap<RecordId, &Joined> = HashMap::new();
        for other in others.iter().filter(|other| other.known_on <= day) {
            let held = holding.entry(other.person).or_insert(other);
            if held.write < other.write {
                *held = other;
            }
        }
        holding.into_values().find(|other| {
            let touches = other.person == new.canonical || other.canonical == new.person;
            touches && other.state == State::Active
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn joined(write: i64, day: u32, state: State, person: u128, canonical: u128) -> Joined {
        let known_on = NaiveDate::from_ymd_opt(2020, 1, day).unwrap();
        let id = |number| RecordId(Uuid::from_u128(number));
        Joined { write, known_on, state, person: id(person), canonical: id(canonical) }
    }

    #[test]
    fn a_record_that_is_counted_as_another_takes_no_third() {
        let others = [joined(1, 5, State::Active, 2, 1)];
        assert!(chained(&joined(9, 6, State::Active, 3, 2), &others).is_some());
        assert!(chained(&joined(9, 6, State::Active, 1, 3), &others).is_some());
        assert!(chained(&joined(9, 6, State::Active, 3, 1), &others).is_none());
    }

    #[test]
    fn a_decision_known_later_makes_a_chain_too() {
        let others = [joined(1, 5, State::Active, 2, 1)];
        assert!(chained(&joined(9, 1, State::Active, 3, 2), &others).is_some());
    }

    #[test]
    fn what_was_taken_back_makes_no_chain_from_that_day() {
        let others = [joined(1, 5, State::Active, 2, 1), joined(2, 8, State::Withdrawn, 2, 1)];
        assert!(chained(&joined(9, 8, State::Active, 3, 2), &others).is_none());
        assert!(chained(&joined(9, 7, State::Active, 3, 2), &others).is_some());
    }
}
