//! A document that was published.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{CheckError, Checker};
use super::entry::{Codes, Entry, Header, some};
use super::record::{Noun, Version};

/// Whether the public may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Draft,
    Published,
}

impl Visibility {
    pub const WORDS: &[(&'static str, Self)] = &[("draft", Self::Draft), ("published", Self::Published)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
        }
    }
}

/// A document that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    pub published_on: NaiveDate,
    pub publisher: String,
    pub address: String,
    pub visibility: Visibility,
    pub note: Option<String>,
}

/// A publication as staff enter it and read it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"code": "network-2026-11", "published_on": "2026-11-20", "publisher": "Russian LGBT Network",
    "address": "https://example.org/statement", "state": "draft"}))]
pub struct PublicationEntry {
    /// The code; it is part of the publication's address.
    #[schema(required = true, nullable = false)]
    pub code: Option<String>,
    /// The day of publication, YYYY-MM-DD.
    #[schema(required = true, nullable = false)]
    pub published_on: Option<String>,
    /// Who published it.
    #[schema(required = true, nullable = false)]
    pub publisher: Option<String>,
    /// Where it was read: an http or https address.
    #[schema(required = true, nullable = false)]
    pub address: Option<String>,
    /// draft or published; draft where it is missing. Publishing needs the role of a publisher.
    pub state: Option<String>,
    /// What a reader must know of it.
    pub note: Option<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

impl Entry for PublicationEntry {
    type Body = Publication;
    const NOUN: Noun = Noun::Publication;

    fn header(&self) -> Header<'_> {
        Header::new(&self.code, &self.known_on, &self.reason)
    }

    fn check(self, mut c: Checker<'_>) -> Result<Publication, CheckError> {
        let code = c.required("code", self.code.as_deref());
        c.file_code("code", &code);
        c.required("published_on", self.published_on.as_deref());
        c.required("address", self.address.as_deref());
        let address = c.web_address("address", self.address.as_deref()).unwrap_or_default();
        let publication = Publication {
            published_on: c.past_day("published_on", self.published_on.as_deref()),
            publisher: c.required("publisher", self.publisher.as_deref()),
            address,
            visibility: c.word("state", Visibility::WORDS, self.state.as_deref(), Visibility::Draft),
            note: c.text("note", self.note.as_deref()),
        };
        c.finish(publication)
    }

    fn describe(version: &Version<Publication>, _codes: &Codes) -> Self {
        let publication = &version.body;
        Self {
            code: some(&version.code),
            published_on: some(&publication.published_on),
            publisher: some(&publication.publisher),
            address: some(&publication.address),
            state: some(&publication.visibility.name()),
            note: publication.note.clone(),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }

    fn is_published(publication: &Publication) -> bool {
        publication.visibility == Visibility::Published
    }
}
