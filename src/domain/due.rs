//! Why somebody is to look at a case file: its day of review has come, or the person's consent says no or has ended.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::check::parse_day;
use super::record::{RecordId, State};

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DueReason {
    /// The day of review has come; where none was ever set, a year has gone by.
    Review,
    /// The person does not want to be kept.
    KeepRefused,
    /// The person no longer wants to be kept.
    KeepWithdrawn,
    /// The consent to being kept has ended.
    KeepEnded,
    /// The consent to being counted has ended.
    CountEnded,
    /// The consent to being made public has ended.
    PublishEnded,
    /// The consent to handing personal text to others has ended.
    ShareEnded,
}

/// Every reason, in the order in which those of one person and day are listed.
pub const REASONS: [DueReason; 7] = [
    DueReason::Review,
    DueReason::KeepRefused,
    DueReason::KeepWithdrawn,
    DueReason::KeepEnded,
    DueReason::CountEnded,
    DueReason::PublishEnded,
    DueReason::ShareEnded,
];

/// One person to be looked at, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub person: RecordId,
    pub code: String,
    /// The name of the responsible account.
    pub owner: String,
    pub state: State,
    /// The day of review, of the decision, or the last on which the consent held. Where no day of review was ever set, that
    /// from which the record was known.
    pub day: NaiveDate,
    pub reason: DueReason,
}

/// Where a list goes on: after this line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    pub day: NaiveDate,
    pub code: String,
    /// The place of the reason among [`REASONS`].
    pub reason: i64,
}

impl After {
    /// After a line.
    pub fn line(due: &Due) -> Self {
        let reason = REASONS.iter().position(|reason| *reason == due.reason).unwrap_or_default();
        Self { day: due.day, code: due.code.clone(), reason: reason as i64 }
    }

    /// As the `Link` header spells it.
    pub fn spelled(&self) -> String {
        format!("{}.{}.{}", self.day, self.reason, self.code)
    }

    /// Reads what the `Link` header has spelled.
    pub fn read(text: &str) -> Option<Self> {
        let (day, rest) = text.split_once('.')?;
        let (reason, code) = rest.split_once('.')?;
        let reason = reason.parse().ok().filter(|reason| (0..REASONS.len() as i64).contains(reason))?;
        // No code holds a control character, and PostgreSQL takes no NUL.
        let code = Some(code).filter(|code| !code.is_empty() && !code.contains(char::is_control))?;
        Some(Self { day: parse_day(day)?, code: code.to_owned(), reason })
    }
}
