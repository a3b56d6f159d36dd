//! Counts as a type: a number together with what kind of number it is.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reconcile::tolerance;

/// How a source qualified a number it published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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

/// A number together with how it was qualified: what a publication says, and what a sum of such numbers says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounded {
    pub value: u64,
    pub qualifier: Qualifier,
}

impl Bounded {
    /// The least and the most that it says, the most `None` where there is no upper end. "About" claims no interval.
    pub fn interval(self) -> Option<(u64, Option<u64>)> {
        match self.qualifier {
            Qualifier::Exact => Some((self.value, Some(self.value))),
            Qualifier::AtLeast => Some((self.value, None)),
            Qualifier::MoreThan => Some((self.value + 1, None)),
            Qualifier::About => None,
        }
    }

    /// The sum of two numbers of different things. Sums of intervals are intervals; with "about" it is about the sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        use Qualifier::{About, AtLeast, Exact, MoreThan};
        let value = self.value + other.value;
        let (value, qualifier) = match (self.qualifier, other.qualifier) {
            (About, _) | (_, About) => (value, About),
            (Exact, Exact) => (value, Exact),
            // More than n and more than m are at least n + m + 2.
            (MoreThan, MoreThan) => (value + 1, MoreThan),
            (MoreThan, _) | (_, MoreThan) => (value, MoreThan),
            (AtLeast, _) | (_, AtLeast) => (value, AtLeast),
        };
        Self { value, qualifier }
    }

    /// Whether both can be true of one thing. "About" allows what lies within its
    /// [`tolerance`](super::reconcile::tolerance).
    pub fn agrees(self, other: Self) -> bool {
        let allowed = |number: Self| {
            let about = tolerance(number.value);
            number.interval().unwrap_or((number.value.saturating_sub(about), Some(number.value + about)))
        };
        let ((a, a_most), (b, b_most)) = (allowed(self), allowed(other));
        a_most.is_none_or(|most| b <= most) && b_most.is_none_or(|most| a <= most)
    }

    /// Why a value cannot have a qualifier: "at least 0" and "about 0" say nothing.
    pub fn contradiction(self) -> Option<&'static str> {
        let empty = self.value == 0 && matches!(self.qualifier, Qualifier::AtLeast | Qualifier::About);
        empty.then_some("1 or more, or the qualifier exact: `at_least 0` and `about 0` say nothing")
    }
}

impl fmt::Display for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.qualifier {
            Qualifier::Exact => write!(f, "{}", self.value),
            Qualifier::About => write!(f, "about {}", self.value),
            Qualifier::AtLeast => write!(f, "at least {}", self.value),
            Qualifier::MoreThan => write!(f, "more than {}", self.value),
        }
    }
}

/// What kind of number a count is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

    /// The number that others are added to, whatever its bound.
    pub fn base(self) -> u64 {
        match self {
            Self::Attested { value, .. } => value,
            Self::NotAttested { low, .. } => low,
        }
    }

    /// The least that it allows.
    pub fn least(self) -> u64 {
        match self {
            // "About" has no lower end.
            Self::Attested { bound: Bound::About, .. } => 0,
            Self::Attested { value, .. } => value,
            Self::NotAttested { low, .. } => low,
        }
    }

    /// The most that it allows; `None` where there is no upper end.
    pub fn most(self) -> Option<u64> {
        match self {
            Self::Attested { value, bound: Bound::Exact } => Some(value),
            Self::Attested { .. } => None,
            Self::NotAttested { high, .. } => Some(high),
        }
    }

    /// The number that can be stated of it; `None` where all that is known is an interval.
    pub fn stated(self) -> Option<Bounded> {
        let Self::Attested { value, bound } = self else { return None };
        let qualifier = match bound {
            Bound::Exact => Qualifier::Exact,
            Bound::AtLeast => Qualifier::AtLeast,
            Bound::About => Qualifier::About,
        };
        Some(Bounded { value, qualifier })
    }

    /// Whether it says that there is nothing at all.
    pub fn is_zero(self) -> bool {
        matches!(self, Self::Attested { value: 0, bound: Bound::Exact } | Self::NotAttested { low: 0, high: 0 })
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAttested { low, high } => write!(f, "{low} to {high}"),
            Self::Attested { value, .. } => match self.stated() {
                Some(stated) => stated.fmt(f),
                None => value.fmt(f),
            },
        }
    }
}

/// A count, and how many more there may be because dates are uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// What is definite.
    pub count: Count,
    /// What may come to it; `None` where the question is not about time, or where the count is no number.
    pub possible: Option<u64>,
}

impl From<Count> for Tally {
    fn from(count: Count) -> Self {
        Self { count, possible: None }
    }
}

impl Tally {
    /// Puts together what lies wholly inside and what at least reaches in. The true number lies between them.
    pub fn dated(definite: Count, reach: Count) -> Self {
        match (definite, reach) {
            (Count::Attested { value, bound }, Count::Attested { value: most, bound: other }) => {
                let count = Count::Attested { value, bound: bound.and(other) };
                Self { count, possible: Some(most.saturating_sub(value)) }
            }
            _ => match reach.most() {
                Some(high) => Count::NotAttested { low: definite.least(), high: high.max(definite.least()) }.into(),
                None => Count::Attested { value: definite.least(), bound: Bound::AtLeast }.into(),
            },
        }
    }

    /// The most that it allows; `None` where there is no upper end.
    pub fn most(self) -> Option<u64> {
        Some(self.count.most()? + self.possible.unwrap_or(0))
    }

    /// The number that can be stated of it; `None` where all that is known is an interval that no qualifier names. Where
    /// dates leave something open, what is definite is the least.
    pub fn stated(self) -> Option<Bounded> {
        let stated = self.count.stated()?;
        let open = self.possible.is_some_and(|possible| possible > 0) && stated.qualifier == Qualifier::Exact;
        Some(if open { Bounded { qualifier: Qualifier::AtLeast, ..stated } } else { stated })
    }
}
