//! A named episode that groups incidents ("first wave, 2017").

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{CheckError, Checker};
use super::edtf::Edtf;
use super::entry::{Codes, Entry, Header, some};
use super::record::{Noun, Version};
use super::text::{self, TextField};

/// A named episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub date: Edtf,
}

/// An event as staff enter it and read it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"code": "second-wave", "name": "Second wave of detentions", "date": "2018-12/2019-04"}))]
pub struct EventEntry {
    /// The code; made up where it is missing.
    pub code: Option<String>,
    /// What the episode is called. No personal text.
    #[schema(required = true, nullable = false)]
    pub name: Option<String>,
    /// When, in EDTF.
    #[schema(required = true, nullable = false)]
    pub date: Option<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

impl Entry for EventEntry {
    type Body = Event;
    const NOUN: Noun = Noun::Event;
    const TEXTS: &'static [TextField] = text::OF_EVENT;

    fn header(&self) -> Header<'_> {
        Header::new(&self.code, &self.known_on, &self.reason)
    }

    fn check(self, mut c: Checker<'_>) -> Result<Event, CheckError> {
        let name = c.required("name", self.name.as_deref());
        let date = c.date("date", self.date.as_deref());
        c.finish(Event { name, date })
    }

    fn describe(version: &Version<Event>, _codes: &Codes) -> Self {
        Self {
            code: some(&version.code),
            name: some(&version.body.name),
            date: some(&version.body.date),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }
}
