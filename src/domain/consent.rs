//! Whether a person agrees to what is done with the record, purpose by purpose. A change of mind is a correction of the
//! record, so that its history is its versions.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{CheckError, Checker, Rule, parse_day};
use super::entry::{Codes, Entry, Header, some};
use super::record::{Noun, RecordId, Version};
use super::vocabulary::UNKNOWN;

/// What is agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// That the organisation keeps the record at all. Refused, withdrawn or ended, it is due that somebody looks.
    Keep,
    /// That the person is counted for researchers. Whoever says nothing is counted.
    Count,
    /// That the person is in what is made public. Whoever says nothing is not.
    Publish,
    /// That personal text is handed to others, such as a lawyer or another organisation: what is exported with such text
    /// holds only whoever has agreed to that.
    Share,
}

impl Purpose {
    pub const WORDS: &[(&'static str, Self)] =
        &[("keep", Self::Keep), ("count", Self::Count), ("publish", Self::Publish), ("share", Self::Share)];
    pub const NAMES: &[&'static str] = &["keep", "count", "publish", "share"];
    /// A no to one of these keeps a person out of what is made public.
    pub const TO_BE_PUBLISHED: [Self; 3] = [Self::Keep, Self::Count, Self::Publish];

    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Count => "count",
            Self::Publish => "publish",
            Self::Share => "share",
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Given,
    /// Never given.
    Refused,
    /// Given first and taken back.
    Withdrawn,
}

impl Decision {
    pub const WORDS: &[(&'static str, Self)] =
        &[("given", Self::Given), ("refused", Self::Refused), ("withdrawn", Self::Withdrawn)];
    pub const NAMES: &[&'static str] = &["given", "refused", "withdrawn"];

    /// Whether it is a yes on a day; `ends_on` is the last day on which what was given holds.
    pub fn is_yes(self, ends_on: Option<NaiveDate>, today: NaiveDate) -> bool {
        self == Self::Given && ends_on.is_none_or(|day| day >= today)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What one person decided about one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub person: RecordId,
    pub purpose: Purpose,
    pub decision: Decision,
    pub manner: String,
    pub decided_on: NaiveDate,
    /// The last day on which what was given holds.
    pub ends_on: Option<NaiveDate>,
}

/// A consent as staff enter it and read it back. Its code is that of the person with the purpose.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"person": "P-0001", "purpose": "count", "decision": "given", "manner": "signed",
    "decided_on": "2018-04-03", "ends_on": "2028-04-03"}))]
pub struct ConsentEntry {
    /// The code or id of the person.
    #[schema(required = true, nullable = false)]
    pub person: Option<String>,
    /// keep (the record at all), count (for researchers), publish (be in what is made public) or share (hand personal text
    /// to others).
    #[schema(required = true, nullable = false)]
    pub purpose: Option<String>,
    /// given, refused or withdrawn. A change of mind is a correction of the same record.
    #[schema(required = true, nullable = false)]
    pub decision: Option<String>,
    /// How it was said: a code of the vocabulary `consent_manner`; `_U` where it is missing.
    pub manner: Option<String>,
    /// The day of the decision, YYYY-MM-DD.
    #[schema(required = true, nullable = false)]
    pub decided_on: Option<String>,
    /// The last day on which consent that was given holds, YYYY-MM-DD; for good where it is missing.
    pub ends_on: Option<String>,
    /// The day from which it was known, YYYY-MM-DD, not before the decision; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

/// A word that must be there.
fn required<T: Copy>(c: &mut Checker<'_>, field: &str, words: &[(&str, T)], value: Option<&str>, first: T) -> T {
    if value.is_none_or(|value| value.trim().is_empty()) {
        let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        c.refuse(field, Rule::Required, None, format!("one of {}", names.join(", ")));
    }
    c.word(field, words, value, first)
}

impl Entry for ConsentEntry {
    type Body = Consent;
    const NOUN: Noun = Noun::Consent;
    const CODE: &'static str = "purpose";

    fn header(&self) -> Header<'_> {
        Header::new(&None, &self.known_on, &self.reason)
    }

    fn register_code(body: &Consent, _own: Option<String>, codes: &Codes) -> Option<String> {
        codes.get(&body.person).map(|person| format!("{person}:{}", body.purpose.name()))
    }

    fn unique() -> String {
        "a purpose on which nothing is recorded of the person yet".to_owned()
    }

    fn check(self, mut c: Checker<'_>) -> Result<Consent, CheckError> {
        let person = c.required_reference("person", Noun::Person, self.person.as_deref());
        let purpose = required(&mut c, "purpose", Purpose::WORDS, self.purpose.as_deref(), Purpose::Keep);
        let decision = required(&mut c, "decision", Decision::WORDS, self.decision.as_deref(), Decision::Given);
        let manner = c.term("manner", "consent_manner", self.manner.as_deref(), Some(UNKNOWN));
        if self.decided_on.as_deref().is_none_or(|day| day.trim().is_empty()) {
            c.refuse("decided_on", Rule::Required, None, "the day of the decision as YYYY-MM-DD");
        }
        let decided_on = c.past_day("decided_on", self.decided_on.as_deref());
        let ends_on = c.day("ends_on", self.ends_on.as_deref());
        let known_on = c.past_day("known_on", self.known_on.as_deref());
        // Of a day that is missing or wrong, nothing can be before it.
        if self.decided_on.as_deref().and_then(|day| parse_day(day.trim())) == Some(decided_on) {
            let expected = "a day not before that of the decision";
            if ends_on.is_some_and(|day| day < decided_on) {
                c.refuse("ends_on", Rule::Inconsistent, self.ends_on.as_deref(), expected);
            }
            // Else the person would be out of counts of days before anything was decided.
            let given = self.known_on.as_deref().is_some_and(|day| !day.trim().is_empty());
            if given && known_on < decided_on {
                c.refuse("known_on", Rule::Inconsistent, self.known_on.as_deref(), expected);
            }
        }
        c.finish(Consent { person, purpose, decision, manner, decided_on, ends_on })
    }

    fn describe(version: &Version<Consent>, codes: &Codes) -> Self {
        let consent = &version.body;
        Self {
            person: codes.get(&consent.person).cloned(),
            purpose: some(&consent.purpose.name()),
            decision: some(&consent.decision.name()),
            manner: some(&consent.manner),
            decided_on: some(&consent.decided_on),
            ends_on: consent.ends_on.as_ref().and_then(some),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }

    fn persons(_: RecordId, consent: &Consent) -> Vec<RecordId> {
        vec![consent.person]
    }

    fn references(consent: &Consent) -> Vec<RecordId> {
        vec![consent.person]
    }
}
