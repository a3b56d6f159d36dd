//! Counts as a type: a number together with what kind of number it is.

use serde::Serialize;
use utoipa::ToSchema;

/// How a source qualified a number it published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    Exact,
    /// A value and no interval.
    About,
    /// `[n, inf)`
    AtLeast,
    /// `[n + 1, inf)`
    MoreThan,
}

impl Qualifier {
    pub const WORDS: &[(&'static str, Self)] =
        &[("exact", Self::Exact), ("about", Self::About), ("at_least", Self::AtLeast), ("more_than", Self::MoreThan)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::About => "about",
            Self::AtLeast => "at_least",
            Self::MoreThan => "more_than",
        }
    }

    /// The bound of a count of records that stand for a figure with this qualifier. The records of `more_than n` are
    /// n + 1, so that their count is a lower bound itself.
    pub fn bound(self) -> Bound {
        match self {
            Self::Exact => Bound::Exact,
            Self::About => Bound::About,
            Self::AtLeast | Self::MoreThan => Bound::AtLeast,
        }
    }
}

/// What kind of number a count is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    Exact,
    /// The count or more.
    AtLeast,
    /// About the count; no interval can be given.
    About,
}

impl Bound {
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::AtLeast => "at_least",
            Self::About => "about",
        }
    }

    /// The bound of a sum: exact only if both are.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::About, _) | (_, Self::About) => Self::About,
            (Self::AtLeast, _) | (_, Self::AtLeast) => Self::AtLeast,
            (Self::Exact, Self::Exact) => Self::Exact,
        }
    }
}

/// A number that stands on records, or the interval that is all they attest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Attested {
        value: u64,
        bound: Bound,
    },
    /// Nobody attested the combination; the true number lies from `low` to `high`.
    NotAttested {
        low: u64,
        high: u64,
    },
}

impl Count {
    pub const ZERO: Self = Self::exact(0);

    pub const fn exact(value: u64) -> Self {
        Self::Attested { value, bound: Bound::Exact }
    }

    /// The sum of two counts of different things: sums of intervals are intervals.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Attested { value: a, bound: x }, Self::Attested { value: b, bound: y }) => {
                Self::Attested { value: a + b, bound: x.and(y) }
            }
            (Self::NotAttested { low, high }, Self::Attested { value, bound })
            | (Self::Attested { value, bound }, Self::NotAttested { low, high }) => match bound {
                Bound::Exact => Self::NotAttested { low: low + value, high: high + value },
                // With a part that has no upper end the sum has none either.
                Bound::AtLeast | Bound::About => Self::Attested { value: low + value, bound },
            },
            (Self::NotAttested { low: a, high: b }, Self::NotAttested { low: c, high: d }) => {
                Self::NotAttested { low: a + c, high: b + d }
            }
        }
    }

    /// Whether it says that there is nothing at all.
    pub fn is_zero(self) -> bool {
        matches!(self, Self::Attested { value: 0, bound: Bound::Exact } | Self::NotAttested { low: 0, high: 0 })
    }
}
