//! What every record has in common: an identifier, a code, and versions with two stamps.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Identifies a record for ever. UUID version 7, so that newer records sort after older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct RecordId(pub Uuid);

impl RecordId {
    /// A new identifier.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl Default for RecordId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment in UTC, cut to the microsecond because PostgreSQL keeps no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Instant(pub DateTime<Utc>);

impl Instant {
    /// Cuts a time to what both databases keep.
    pub fn new(time: DateTime<Utc>) -> Self {
        Self(time.trunc_subsecs(6))
    }

    /// The day in UTC.
    pub fn day(self) -> NaiveDate {
        self.0.date_naive()
    }

    /// When a day begins in UTC.
    pub fn start_of(day: NaiveDate) -> Self {
        Self(day.and_time(NaiveTime::MIN).and_utc())
    }

    /// The latest day that has begun anywhere on earth: that of the zone furthest ahead of UTC, by fourteen hours.
    pub fn latest_day(self) -> NaiveDate {
        (self.0 + TimeDelta::hours(14)).date_naive()
    }
}

/// The kinds of record that staff keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Noun {
    Term,
    Event,
    Source,
    Publication,
    Figure,
    Person,
    Incident,
    Linkage,
    Consent,
}

impl Noun {
    /// Every noun, in an order in which the later refer to the earlier.
    pub const ALL: [Self; 9] = [
        Self::Term,
        Self::Event,
        Self::Publication,
        Self::Figure,
        Self::Source,
        Self::Person,
        Self::Incident,
        Self::Linkage,
        Self::Consent,
    ];

    /// The singular, as the register and the audit spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Term => "term",
            Self::Event => "event",
            Self::Source => "source",
            Self::Publication => "publication",
            Self::Figure => "figure",
            Self::Person => "person",
            Self::Incident => "incident",
            Self::Linkage => "linkage",
            Self::Consent => "consent",
        }
    }

    /// One of them, as a sentence has it.
    pub fn one(self) -> String {
        let article = if matches!(self, Self::Event | Self::Incident) { "an" } else { "a" };
        format!("{article} {}", self.name())
    }

    /// The plural, as addresses and file names spell it.
    pub fn plural(self) -> String {
        format!("{}s", self.name())
    }
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a version says something or takes the record back. A withdrawn record is kept and no longer counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RecordState)]
pub enum State {
    Active,
    Withdrawn,
}

impl State {
    pub const WORDS: &[(&'static str, Self)] = &[("active", Self::Active), ("withdrawn", Self::Withdrawn)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// When a version was written and from which day it was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The number of the write that made the version. Never back-dated.
    pub write: i64,
    /// The day from which the organisation knew it, in UTC.
    pub known_on: NaiveDate,
    pub state: State,
    /// Why the record was corrected or withdrawn. Not for personal text.
    pub reason: Option<String>,
    /// The write that replaced this version.
    pub superseded_by: Option<i64>,
}

/// One version of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Version<T> {
    pub id: RecordId,
    /// The pseudonymous code that people use for the record; unique among records of its noun.
    pub code: String,
    pub created_at: Instant,
    /// The write that entered it; orders the records of a noun.
    pub created_write: i64,
    pub stamp: Stamp,
    pub body: T,
}

/// The two times of an answer: what was known by the end of `as_of` (UTC), of what Attest held after write `at_write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub as_of: NaiveDate,
    pub at_write: i64,
}
