//! What is counted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Distinct persons.
    Persons,
    Incidents,
}

impl Measure {
    pub const WORDS: &[(&'static str, Self)] = &[("persons", Self::Persons), ("incidents", Self::Incidents)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::Incidents => "incidents",
        }
    }

    /// What it is called by the mask.
    pub fn number(self) -> u8 {
        match self {
            Self::Persons => 0,
            Self::Incidents => 1,
        }
    }
}
