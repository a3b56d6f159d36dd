//! Controlled lists: what words mean, in every language, as data and not as code.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The lists that there are. A new one is a line here, a file in `seed-data/vocabularies/`, and a field that takes it.
pub const LISTS: [&str; 15] = [
    SPECIAL,
    "family",
    "kind",
    "ground",
    "place",
    "actor",
    "involvement_role",
    "degree",
    "sex",
    "age_group",
    "source_type",
    "reliability",
    "credence",
    "definition",
    "consent_manner",
];

/// The list of the codes that mean the same in every list: `_T` total, `_U` not known, `_Z` not applicable, `_O` other.
pub const SPECIAL: &str = "special";
/// Not known (SDMX).
pub const UNKNOWN: &str = "_U";
/// Not applicable (SDMX).
pub const NOT_APPLICABLE: &str = "_Z";
/// Other, or pooled (SDMX).
pub const OTHER: &str = "_O";
/// The total (SDMX).
pub const TOTAL: &str = "_T";
/// How the code ends that stands for what is known no further than a broader code.
pub const NO_FURTHER: &str = "._U";

/// The code of what is known no further than a broader code: `RU._U`.
pub fn not_further(broader: &str) -> String {
    format!("{broader}{NO_FURTHER}")
}

/// One term of a controlled list.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The list: `kind`, `ground`, `place`, ...
    pub vocabulary: String,
    /// The code that records carry. Never deleted, only retired.
    pub code: String,
    /// The wider term of the same list (SKOS `broader`): the country of a region.
    pub broader: Option<String>,
    /// For kinds of incident, the family: `violation`, `movement`, `death`, `help_request`.
    pub family: Option<String>,
    /// Codes for the same thing in other schemes, `scheme:code` joined by `;`.
    pub crosswalk: Option<String>,
    /// By language code.
    pub texts: BTreeMap<String, TermText>,
    /// The term of the same list that took its place: records that carry this one are counted there.
    pub replaced_by: Option<String>,
    /// Whether new records may no longer carry it.
    pub retired: bool,
}

/// What a term is called and means in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TermText {
    pub label: String,
    pub definition: String,
    pub review: Review,
}

/// Whether a person has looked at a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// The language in which the term was defined.
    Original,
    /// A translation that nobody has reviewed.
    Draft,
    /// A translation that a person has reviewed.
    Reviewed,
}

impl Review {
    pub const WORDS: &[(&'static str, Self)] =
        &[("original", Self::Original), ("draft", Self::Draft), ("reviewed", Self::Reviewed)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Draft => "draft",
            Self::Reviewed => "reviewed",
        }
    }
}

/// All lists, as they stand at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    lists: BTreeMap<String, BTreeMap<String, Term>>,
}

impl FromIterator<Term> for Vocabulary {
    fn from_iter<I: IntoIterator<Item = Term>>(terms: I) -> Self {
        let mut vocabulary = Self::default();
        terms.into_iter().for_each(|term| vocabulary.insert(term));
        vocabulary
    }
}

impl Term {
    /// What a form in a language calls it: in English where it has no label in that language.
    pub fn label(&self, language: &str) -> Option<&str> {
        self.texts.get(language).or_else(|| self.texts.get("en")).map(|text| text.label.as_str())
    }

    /// The terms among some of its list that a form calls the same in some language, by `read`, with that language.
    pub fn called_the_same<'t>(
        &self,
        others: impl Iterator<Item = &'t Term>,
        read: fn(&str) -> String,
    ) -> Vec<(&'static str, &'t Term)> {
        let own = ["en", "ru"].map(|language| (language, self.label(language).map(read)));
        let same = |other: &'t Term| {
            let found = own.iter().find(|(language, own)| own.is_some() && other.label(language).map(read) == *own);
            found.map(|(language, _)| (*language, other))
        };
        let others = others.filter(|other| other.code != self.code && !other.retired);
        others.filter_map(same).collect()
    }
}

impl Vocabulary {
    /// Adds a term, or replaces the one of the same list and code.
    pub fn insert(&mut self, term: Term) {
        self.lists.entry(term.vocabulary.clone()).or_default().insert(term.code.clone(), term);
    }

    /// The term, retired or not.
    pub fn term(&self, vocabulary: &str, code: &str) -> Option<&Term> {
        self.lists.get(vocabulary)?.get(code)
    }

    /// Whether there is such a term, retired or not.
    pub fn has(&self, vocabulary: &str, code: &str) -> bool {
        self.term(vocabulary, code).is_some()
    }

    /// The terms that new records may carry.
    pub fn active(&self, vocabulary: &str) -> impl Iterator<Item = &Term> {
        self.lists.get(vocabulary).into_iter().flat_map(BTreeMap::values).filter(|term| !term.retired)
    }

    /// The terms that a form offers together with those of a list: its own and the special ones, which stand beside those of every
    /// list.
    pub fn offered_with(&self, vocabulary: &str) -> impl Iterator<Item = &Term> {
        let beside = move |list: &str| vocabulary == SPECIAL || list == vocabulary || list == SPECIAL;
        let lists = self.lists.iter().filter(move |(list, _)| beside(list)).map(|(_, terms)| terms);
        lists.flat_map(BTreeMap::values).filter(|term| !term.retired)
    }

    /// All terms of a list, retired or not.
    pub fn all(&self, vocabulary: &str) -> impl Iterator<Item = &Term> {
        self.lists.get(vocabulary).into_iter().flat_map(BTreeMap::values)
    }

    /// The code that a code is counted as and all codes in which that one lies, nearest first, without those whose place was
    /// taken.
    pub fn above<'v>(&'v self, vocabulary: &str, code: &'v str) -> Vec<&'v str> {
        let mut passed = vec![code];
        let next = |code: &str| {
            let term = self.term(vocabulary, code)?;
            term.replaced_by.as_deref().or(term.broader.as_deref())
        };
        while let Some(code) = passed.last().and_then(|code| next(code)).filter(|code| !passed.contains(code)) {
            passed.push(code);
        }
        passed.retain(|code| self.term(vocabulary, code).is_none_or(|term| term.replaced_by.is_none()));
        passed
    }

    /// X, where a code is `X._U`: what is known no further than X, which has narrower terms.
    pub fn broader_of<'c>(&self, vocabulary: &str, code: &'c str) -> Option<&'c str> {
        let broader = code.strip_suffix(NO_FURTHER).filter(|_| !self.has(vocabulary, code))?;
        self.has_narrower(vocabulary, broader).then_some(broader)
    }

    /// Whether other terms lie in this one.
    pub fn has_narrower(&self, vocabulary: &str, code: &str) -> bool {
        let same = self.covered(vocabulary, code, false);
        self.covered(vocabulary, code, true).len() > same.len()
    }

    /// The codes that count as this one: itself, those that it took the place of and, with `broader`, all below it, so that
    /// filtering by a country finds its regions. A code whose place was taken finds its own records still. `X._U` covers what X
    /// does without those below it.
    pub fn covered(&self, vocabulary: &str, code: &str, broader: bool) -> BTreeSet<String> {
        if let Some(broader) = self.broader_of(vocabulary, code) {
            return self.covered(vocabulary, broader, false);
        }
        let mut found = BTreeSet::from([code.to_owned()]);
        let Some(list) = self.lists.get(vocabulary) else { return found };
        // What was replaced lies where its successor does.
        let lies_in = |term: &Term, found: &BTreeSet<String>| match (&term.replaced_by, &term.broader) {
            (Some(successor), _) => found.contains(successor),
            (None, Some(over)) => broader && found.contains(over),
            (None, None) => false,
        };
        loop {
            let more: Vec<_> = list
                .values()
                .filter(|term| !found.contains(&term.code) && lies_in(term, &found))
                .map(|term| term.code.clone())
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }

    /// The codes whose place was taken, each with the one that it is counted as.
    pub fn replaced(&self, vocabulary: &str) -> Vec<(String, String)> {
        let terms = self.lists.get(vocabulary).into_iter().flat_map(BTreeMap::values);
        let pair = |term: &Term| Some((term.code.clone(), self.successor(vocabulary, term.replaced_by.as_ref()?)));
        terms.filter_map(pair).collect()
    }

    /// The code as which a code is counted: itself, or the last of those that took its place.
    pub fn successor(&self, vocabulary: &str, code: &str) -> String {
        self.successors(vocabulary, code).last().map_or(code, |last| last).to_owned()
    }

    /// The code and those that took its place, one after the other.
    pub fn successors<'v>(&'v self, vocabulary: &str, code: &'v str) -> Vec<&'v str> {
        let mut passed = vec![code];
        let mut next = self.term(vocabulary, code).and_then(|term| term.replaced_by.as_deref());
        while let Some(code) = next.filter(|code| !passed.contains(code)) {
            passed.push(code);
            next = self.term(vocabulary, code).and_then(|term| term.replaced_by.as_deref());
        }
        passed
    }

    /// The kinds that are counted under a family: a kind that was replaced is of its successor's.
    pub fn kinds_of(&self, family: &str) -> BTreeSet<String> {
        let kinds = self.lists.get("kind").into_iter().flat_map(BTreeMap::keys);
        kinds.filter(|kind| self.family(&self.successor("kind", kind)) == Some(family)).cloned().collect()
    }

    /// The family of a kind of incident.
    pub fn family(&self, kind: &str) -> Option<&str> {
        self.term("kind", kind)?.family.as_deref()
    }
}
