//! What preparing a release answers to its publisher: what is published and withheld, and why; or what stands in its way. Never
//! public: a reason tells about the cell.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a cell is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CellReason {
    /// Published: nobody can be picked out of it.
    Safe,
    /// Published because a signed figure says it.
    Signed,
    /// Withheld: fewer than the threshold.
    Small,
    /// Withheld: all of a larger group, or all but a few, so that it tells about each of them.
    WholeGroup,
    /// Withheld, zeros too: part of a small figure that is signed.
    BelowSmallFigure,
    /// Withheld: beside an earlier release it would tell a change of fewer than the threshold.
    SmallChange,
    /// Withheld so that another cell cannot be computed from it.
    Protects,
}

impl CellReason {
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Signed => "signed",
            Self::Small => "small",
            Self::WholeGroup => "whole_group",
            Self::BelowSmallFigure => "below_small_figure",
            Self::SmallChange => "small_change",
            Self::Protects => "protects",
        }
    }

    pub fn is_published(self) -> bool {
        matches!(self, Self::Safe | Self::Signed)
    }
}

/// A cell with the reason why it is published or withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedCell {
    pub table: String,
    pub at: Vec<String>,
    pub reason: CellReason,
}

/// The plan of a release that can be published.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"cells": [{"table": "by-kind", "at": ["beating"], "reason": "small"}], "persons": 20,
    "without_consent": 3, "atoms": 12, "optimisations": 40}))]
pub struct Plan {
    pub cells: Vec<PlannedCell>,
    /// How many persons from case files may be counted.
    pub persons: u64,
    /// How many are left out because no consent to publishing stands today.
    pub without_consent: u64,
    /// How many kinds of person the audit reckoned with.
    pub atoms: u64,
    /// How many optimisations the audit took.
    pub optimisations: u64,
}

/// Why nothing can be published as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Block {
    /// The signed figures alone tell too much about a cell. Without one of these it would hold.
    FiguresTell { figures: Vec<String>, table: String, at: Vec<String> },
    /// A signed figure would tell a change of fewer than the threshold beside an earlier release.
    FigureChange { figure: String, release: String },
    /// Too many kinds of person or cells to be audited: pool codes or declare fewer dimensions.
    TooLarge { what: String, count: u64, most: u64 },
    /// An earlier release cannot be audited together with this one: declare its tables as they were.
    EarlierRelease { release: String, detail: String },
    /// A figure that cannot be signed in this release.
    Figure { figure: String, detail: String },
    /// Records that cannot be released as they are.
    Records { detail: String },
}
