//! Where an incident is known from. Who a source is, is personal text and not kept yet.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{CheckError, Checker};
use super::entry::{Codes, Entry, Header, some};
use super::record::{Noun, RecordId, Version};
use super::text::{self, TextField};
use super::vocabulary::UNKNOWN;

/// A source, known by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub kind: String,
    pub reliability: String,
    /// The publication, where the source is one.
    pub publication: Option<RecordId>,
}

/// A source as staff enter it and read it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"code": "S-0007", "type": "interview", "reliability": "high"}))]
pub struct SourceEntry {
    /// The pseudonymous code; made up where it is missing.
    pub code: Option<String>,
    /// What the source is: a code of the vocabulary `source_type`.
    #[schema(required = true, nullable = false)]
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// How reliable it is in general: a code of the vocabulary `reliability`; `_U` where it is missing.
    pub reliability: Option<String>,
    /// The code or id of the publication, where the source is one.
    pub publication: Option<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

impl Entry for SourceEntry {
    type Body = Source;
    const NOUN: Noun = Noun::Source;
    const TEXTS: &'static [TextField] = text::OF_SOURCE;

    fn header(&self) -> Header<'_> {
        Header::new(&self.code, &self.known_on, &self.reason)
    }

    fn check(self, mut c: Checker<'_>) -> Result<Source, CheckError> {
        let source = Source {
            kind: c.term("type", "source_type", self.kind.as_deref(), None),
            reliability: c.term("reliability", "reliability", self.reliability.as_deref(), Some(UNKNOWN)),
            publication: c.reference("publication", Noun::Publication, self.publication.as_deref()),
        };
        c.finish(source)
    }

    fn describe(version: &Version<Source>, codes: &Codes) -> Self {
        Self {
            code: some(&version.code),
            kind: some(&version.body.kind),
            reliability: some(&version.body.reliability),
            publication: version.body.publication.and_then(|id| codes.get(&id).cloned()),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }

    fn references(source: &Source) -> Vec<RecordId> {
        source.publication.into_iter().collect()
    }
}
