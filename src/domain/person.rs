//! One individual, known by a pseudonymous code. Victim, perpetrator, source and helper are roles that follow from
//! links, never attributes (HURIDOCS Events Standard Formats).

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alike;
use super::check::{CheckError, Checker, FieldError, Rule};
use super::entry::{Codes, Entry, Header, some};
use super::record::{Noun, RecordId, Version};
use super::text::{self, TextField};
use super::vocabulary::{NOT_APPLICABLE, UNKNOWN};

/// The field that names who is responsible for a person.
pub const OWNER: &str = "owner";

/// Where a record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Entered by staff from a case.
    CaseFile,
    /// Built from a published figure, which the record names. How such records combine is not attested.
    Reconstructed,
}

impl Basis {
    pub const WORDS: &[(&'static str, Self)] = &[("case_file", Self::CaseFile), ("reconstructed", Self::Reconstructed)];

    pub fn name(self) -> &'static str {
        match self {
            Self::CaseFile => "case_file",
            Self::Reconstructed => "reconstructed",
        }
    }

    /// That a record keeps the basis that it was entered with: what was built from a figure does not become a case.
    pub fn kept(self, first: &str) -> Option<FieldError> {
        let expected = format!("{first}: a record keeps its basis");
        (self.name() != first).then(|| FieldError::new("basis", Rule::Inconsistent, Some(self.name()), expected))
    }
}

/// What is recorded about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account that is responsible for the case.
    pub owner: RecordId,
    /// Why the person asked for help.
    pub ground: String,
    /// For a reconstructed person, the figure that the ground stands for.
    pub ground_figure: Option<RecordId>,
    pub origin: String,
    pub sex: String,
    pub age_group: String,
    pub basis: Basis,
    /// For a reconstructed person, the figure that the record stands for.
    pub figure: Option<RecordId>,
    /// The record's system and identifier there, where it came from another one.
    pub external: Option<ExternalId>,
    /// The day on which somebody is to look whether the record is still needed.
    pub review_on: Option<NaiveDate>,
}

/// An identifier in another system; unique in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId {
    pub system: String,
    pub id: String,
}

/// A person as staff enter it and read it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"ground": "threatened_by_relatives", "origin": "RU-CE", "sex": "M", "age_group": "Y18T24"}))]
pub struct PersonEntry {
    /// The pseudonymous code; made up where it is missing.
    pub code: Option<String>,
    /// The system that the record came from; together with `external_id`.
    pub source_system: Option<String>,
    /// The record's identifier in that system; unique in it.
    pub external_id: Option<String>,
    /// The name of the responsible account; one's own where it is missing. In a file `_Z` says that nobody is.
    pub owner: Option<String>,
    /// Why the person asked for help: a code of the vocabulary `ground`; `_U` where it is missing.
    pub ground: Option<String>,
    /// Of a reconstructed person, the figure that the ground stands for, `publication:figure`.
    pub ground_figure: Option<String>,
    /// Where the person comes from: a code of the vocabulary `place`; `_U` where it is missing.
    pub origin: Option<String>,
    /// A code of the vocabulary `sex`; `_U` where it is missing.
    pub sex: Option<String>,
    /// A code of the vocabulary `age_group`; `_U` where it is missing.
    pub age_group: Option<String>,
    /// case_file or reconstructed; case_file where it is missing.
    pub basis: Option<String>,
    /// Of a reconstructed person, the figure that the record stands for, `publication:figure`.
    pub figure: Option<String>,
    /// The day on which somebody is to look whether the record is still needed, YYYY-MM-DD; a year after `known_on` where it
    /// is missing. Of a case file only.
    pub review_on: Option<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

/// Reads the basis of a record and the figure that goes with it.
pub(super) fn basis(c: &mut Checker<'_>, basis: Option<&str>, figure: Option<&str>) -> (Basis, Option<RecordId>) {
    let basis = c.word("basis", Basis::WORDS, basis, Basis::CaseFile);
    let given = figure.filter(|figure| !figure.trim().is_empty());
    match (basis, given) {
        (Basis::Reconstructed, None) => {
            c.refuse("figure", Rule::Required, None, "the figure that a reconstructed record stands for");
        }
        (Basis::CaseFile, Some(figure)) => {
            c.refuse("figure", Rule::Inconsistent, Some(figure), "no figure: only reconstructed records stand for one");
        }
        _ => {}
    }
    (basis, c.reference("figure", Noun::Figure, given))
}

/// What a field says, if it shows anything.
fn said(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|value| !alike::shows_nothing(value))
}

impl Entry for PersonEntry {
    type Body = Person;
    const NOUN: Noun = Noun::Person;
    const TEXTS: &'static [TextField] = text::OF_PERSON;

    fn header(&self) -> Header<'_> {
        Header::new(&self.code, &self.known_on, &self.reason)
    }

    fn check(self, mut c: Checker<'_>) -> Result<Person, CheckError> {
        let (basis, figure) = basis(&mut c, self.basis.as_deref(), self.figure.as_deref());
        let ground_figure = c.reference("ground_figure", Noun::Figure, self.ground_figure.as_deref());
        if basis == Basis::CaseFile && ground_figure.is_some() {
            let expected = "no figure: only the ground of a reconstructed person stands for one";
            c.refuse("ground_figure", Rule::Inconsistent, self.ground_figure.as_deref(), expected);
        }
        let system = c.text("source_system", self.source_system.as_deref());
        let id = c.text("external_id", self.external_id.as_deref());
        let external = match (system, id) {
            (Some(system), Some(id)) => {
                c.new_code("source_system", &system);
                c.new_code("external_id", &id);
                Some(ExternalId { system, id })
            }
            (None, None) => None,
            (Some(_), None) => {
                c.refuse("external_id", Rule::Required, None, "an identifier, as there is a source_system");
                None
            }
            (None, Some(_)) => {
                c.refuse("source_system", Rule::Required, None, "a system, as there is an external_id");
                None
            }
        };
        let review_on = match (basis, c.day("review_on", self.review_on.as_deref())) {
            (Basis::CaseFile, None) => {
                c.past_day("known_on", self.known_on.as_deref()).checked_add_months(Months::new(12))
            }
            (Basis::Reconstructed, Some(_)) => {
                let expected = "no day: a record built from a figure stands for no individual";
                c.refuse("review_on", Rule::Inconsistent, self.review_on.as_deref(), expected);
                None
            }
            (_, given) => given,
        };
        let person = Person {
            owner: c.owner(OWNER, self.owner.as_deref()),
            ground: c.term("ground", "ground", self.ground.as_deref(), Some(UNKNOWN)),
            ground_figure,
            origin: c.term("origin", "place", self.origin.as_deref(), Some(UNKNOWN)),
            sex: c.term("sex", "sex", self.sex.as_deref(), Some(UNKNOWN)),
            age_group: c.term("age_group", "age_group", self.age_group.as_deref(), Some(UNKNOWN)),
            basis,
            figure,
            external,
            review_on,
        };
        c.finish(person)
    }

    fn describe(version: &Version<Person>, codes: &Codes) -> Self {
        let person = &version.body;
        let external = person.external.as_ref();
        Self {
            code: some(&version.code),
            source_system: external.map(|external| external.system.clone()),
            external_id: external.map(|external| external.id.clone()),
            owner: codes.get(&person.owner).cloned(),
            ground: some(&person.ground),
            ground_figure: person.ground_figure.and_then(|id| codes.get(&id).cloned()),
            origin: some(&person.origin),
            sex: some(&person.sex),
            age_group: some(&person.age_group),
            basis: some(&person.basis.name()),
            figure: person.figure.and_then(|id| codes.get(&id).cloned()),
            review_on: person.review_on.as_ref().and_then(some),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }

    fn says_nothing(&self) -> bool {
        let named = [&self.code, &self.source_system, &self.external_id, &self.figure, &self.ground_figure];
        let known = [&self.ground, &self.origin, &self.sex, &self.age_group];
        // That something is not known, or does not apply, is nothing known of anybody.
        named.into_iter().all(|field| said(field).is_none())
            && known.into_iter().filter_map(said).all(|value| matches!(value, UNKNOWN | NOT_APPLICABLE))
    }

    fn persons(id: RecordId, _: &Person) -> Vec<RecordId> {
        vec![id]
    }

    fn references(person: &Person) -> Vec<RecordId> {
        [Some(person.owner), person.ground_figure, person.figure].into_iter().flatten().collect()
    }
}
