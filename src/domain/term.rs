//! How staff enter a term of a controlled list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alike;
use super::check::{CheckError, Checker, Rule};
use super::entry::{Codes, Entry, Header, some};
use super::record::{Noun, Version};
use super::vocabulary::{LISTS, NO_FURTHER, Review, SPECIAL, Term, TermText};

/// A term as staff enter it and read it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"vocabulary": "kind", "code": "arson", "family": "violation", "label_en": "Arson",
    "definition_en": "A home or business is set on fire to harm or frighten the person.", "reason": "needed for case work"}))]
pub struct TermEntry {
    /// The list: `kind`, `ground`, `place`, ...
    #[schema(required = true, nullable = false)]
    pub vocabulary: Option<String>,
    /// The code that records carry.
    #[schema(required = true, nullable = false)]
    pub code: Option<String>,
    /// The code of the wider term of the same list.
    pub broader: Option<String>,
    /// The code of the same list that takes its place: it is retired, and from that write on records that carry it are counted
    /// there, for every `as_of`.
    pub replaced_by: Option<String>,
    /// For kinds of incident, the family: violation, movement, death or help_request.
    pub family: Option<String>,
    /// Codes for the same thing in other schemes, `scheme:code` joined by `;`.
    pub crosswalk: Option<String>,
    /// The label in English.
    #[schema(required = true, nullable = false)]
    pub label_en: Option<String>,
    /// The definition in English, one sentence.
    #[schema(required = true, nullable = false)]
    pub definition_en: Option<String>,
    /// Whether the English was reviewed: original, draft or reviewed.
    pub review_en: Option<String>,
    /// The label in Russian.
    pub label_ru: Option<String>,
    /// The definition in Russian, one sentence.
    pub definition_ru: Option<String>,
    /// Whether the Russian was reviewed: original, draft or reviewed.
    pub review_ru: Option<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

impl Entry for TermEntry {
    type Body = Term;
    const NOUN: Noun = Noun::Term;

    fn header(&self) -> Header<'_> {
        Header::new(&self.code, &self.known_on, &self.reason)
    }

    fn register_code(body: &Term, _own: Option<String>, _codes: &Codes) -> Option<String> {
        Some(format!("{}:{}", body.vocabulary, body.code))
    }

    fn check(self, mut c: Checker<'_>) -> Result<Term, CheckError> {
        let vocabulary = c.required("vocabulary", self.vocabulary.as_deref());
        let code = c.required("code", self.code.as_deref());
        if !vocabulary.is_empty() && !LISTS.contains(&vocabulary.as_str()) {
            c.refuse("vocabulary", Rule::UnknownCode, Some(&vocabulary), format!("one of {}", LISTS.join(", ")));
        }
        if code.starts_with('_') != (vocabulary == SPECIAL) {
            c.refuse(
                "code",
                Rule::Malformed,
                Some(&code),
                format!("a leading `_` in the list `{SPECIAL}` and no other"),
            );
        }
        c.new_code("code", &code);
        if code.ends_with(NO_FURTHER) && !c.register().vocabulary().has(&vocabulary, &code) {
            let expected =
                format!("a code without `{NO_FURTHER}` at its end: so ends what is known no further than a code");
            c.refuse("code", Rule::Malformed, Some(&code), expected);
        }
        let broader = c.text("broader", self.broader.as_deref());
        if let Some(broader) = &broader
            && (!c.register().vocabulary().has(&vocabulary, broader) || *broader == code)
        {
            c.refuse("broader", Rule::UnknownCode, Some(broader), format!("another code of `{vocabulary}`"));
        }
        let replaced_by = c.text("replaced_by", self.replaced_by.as_deref());
        if let Some(next) = &replaced_by {
            let known = c.register().vocabulary();
            let below = known.covered(&vocabulary, &code, true).contains(next) || *next == code;
            let withdrawn =
                known.term(&vocabulary, next).is_some_and(|term| term.retired && term.replaced_by.is_none());
            if below {
                let expected = "a code that neither lies in this one nor leads back to it";
                c.refuse("replaced_by", Rule::Inconsistent, Some(next), expected);
            } else if vocabulary == SPECIAL || !known.has(&vocabulary, next) {
                c.refuse("replaced_by", Rule::UnknownCode, Some(next), format!("another code of `{vocabulary}`"));
            } else if withdrawn {
                c.refuse("replaced_by", Rule::RetiredCode, Some(next), format!("a code of `{vocabulary}` in use"));
            }
        }
        let family = c.text("family", self.family.as_deref());
        if vocabulary == "kind" {
            c.term("family", "family", family.as_deref(), None);
        } else if family.is_some() {
            c.refuse("family", Rule::Inconsistent, family.as_deref(), "no family: only kinds of incident have one");
        }
        let mut texts = BTreeMap::new();
        let english = (&self.label_en, &self.definition_en, &self.review_en, Review::Original);
        let russian = (&self.label_ru, &self.definition_ru, &self.review_ru, Review::Draft);
        for (language, (label, definition, review, default)) in [("en", english), ("ru", russian)] {
            if language == "ru" && label.is_none() && definition.is_none() {
                continue;
            }
            // What nobody sees is no label.
            let seen = label.as_deref().filter(|label| !alike::shows_nothing(label));
            let label = c.required(&format!("label_{language}"), seen);
            let definition = c.required(&format!("definition_{language}"), definition.as_deref());
            let review = c.word(&format!("review_{language}"), Review::WORDS, review.as_deref(), default);
            texts.insert(language.to_owned(), TermText { label, definition, review });
        }
        let crosswalk = c.text("crosswalk", self.crosswalk.as_deref());
        let retired = replaced_by.is_some();
        c.finish(Term { vocabulary, code, broader, family, crosswalk, texts, replaced_by, retired })
    }

    fn describe(version: &Version<Term>, _codes: &Codes) -> Self {
        let term = &version.body;
        let label = |language: &str| term.texts.get(language).map(|text| text.label.clone());
        let definition = |language: &str| term.texts.get(language).map(|text| text.definition.clone());
        let review = |language: &str| term.texts.get(language).map(|text| text.review.name().to_owned());
        Self {
            vocabulary: some(&term.vocabulary),
            code: some(&term.code),
            broader: term.broader.clone(),
            replaced_by: term.replaced_by.clone(),
            family: term.family.clone(),
            crosswalk: term.crosswalk.clone(),
            label_en: label("en"),
            definition_en: definition("en"),
            review_en: review("en"),
            label_ru: label("ru"),
            definition_ru: definition("ru"),
            review_ru: review("ru"),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }
}
