//! A published figure against the records: whether they reproduce it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::count::{Bound, Bounded, Count, Qualifier, Tally};
use super::figure::{Figure, Relation};
use super::record::RecordId;

/// How a published figure stands to what the records say as of its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// An exact figure, and the records say the same.
    Reproduced,
    /// A figure with a bound, and the records satisfy it; or one that uncertain dates allow.
    Consistent,
    /// The records say something else.
    Differs,
    /// There is no query, or nobody attested the combination that it asks for.
    NotComputable,
    /// What a figure's parts leave over: computed from published figures, not published itself.
    Derived,
}

/// How far a count may lie from `about n` and still satisfy it: a tenth of n, at least 1.
pub fn tolerance(about: u64) -> u64 {
    (about / 10).max(1)
}

/// Holds a published value against what was computed.
pub fn status(published: Bounded, computed: Option<Tally>) -> Status {
    let Some(Tally { count, possible }) = computed else { return Status::NotComputable };
    let (least, bound) = match count {
        Count::Attested { value, bound } => (value, bound),
        Count::NotAttested { low, high } => {
            let excluded =
                published.interval().is_some_and(|(least, most)| least > high || most.is_some_and(|most| most < low));
            return if excluded { Status::Differs } else { Status::NotComputable };
        }
    };
    // What uncertain dates leave open may make up the rest.
    let most = least + possible.unwrap_or(0);
    let value = published.value;
    let satisfied = match published.qualifier {
        Qualifier::Exact if bound == Bound::Exact && least == value && most == value => return Status::Reproduced,
        // The records say "at least" what the figure says exactly.
        Qualifier::Exact if bound == Bound::AtLeast => least <= value,
        Qualifier::Exact => (least..=most).contains(&value),
        Qualifier::About => least <= value + tolerance(value) && most + tolerance(value) >= value,
        Qualifier::AtLeast => most >= value,
        Qualifier::MoreThan => most > value,
    };
    if satisfied { Status::Consistent } else { Status::Differs }
}

/// What the parts of a breakdown leave of their parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    pub breakdown: String,
    pub parent: RecordId,
    pub parts: Vec<RecordId>,
    pub parts_sum: Bounded,
    pub parent_value: Bounded,
    /// Parent less parts; negative where the parts are more than the whole.
    pub value: i64,
    /// At least the value where the parts are exact, because they may overlap; else no bound can be given.
    pub qualifier: Qualifier,
}

/// The breakdowns among the figures of one publication. Parts may overlap, so that a remainder is a lower bound; it is
/// exact only if they do not overlap and all lie inside the parent.
pub fn remainders(figures: &[(RecordId, &Figure)]) -> Vec<Remainder> {
    let values: BTreeMap<_, _> = figures.iter().map(|(id, figure)| (*id, figure.value)).collect();
    let mut parts: BTreeMap<(&str, RecordId), Vec<(RecordId, &Figure)>> = BTreeMap::new();
    for (id, figure) in figures {
        // What lies outside of its parent is no part of it.
        let inside = figure.relation.is_some_and(Relation::is_subset);
        if let (Some(breakdown), Some(parent), true) = (&figure.breakdown, figure.parent, inside) {
            parts.entry((breakdown, parent)).or_default().push((*id, figure));
        }
    }
    let mut found = Vec::new();
    for ((breakdown, parent), parts) in parts {
        let Some(parent_value) = values.get(&parent).copied() else { continue };
        let Some(parts_sum) = parts.iter().map(|(_, part)| part.value).reduce(Bounded::plus) else { continue };
        let exact = parts_sum.qualifier == Qualifier::Exact && parent_value.qualifier != Qualifier::About;
        let (Ok(all), Ok(sum)) = (i64::try_from(parent_value.value), i64::try_from(parts_sum.value)) else { continue };
        found.push(Remainder {
            breakdown: breakdown.to_owned(),
            parent,
            parts: parts.into_iter().map(|(id, _)| id).collect(),
            parts_sum,
            parent_value,
            value: all - sum,
            qualifier: if exact { Qualifier::AtLeast } else { Qualifier::About },
        });
    }
    found
}

/// How the records, or the numbers themselves, contradict what a figure says of its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contradiction {
    /// The published part is larger than the published whole.
    PublishedPartExceedsWhole,
    /// As of the part's date the records count more for the part than for the whole.
    ComputedPartExceedsWhole,
    /// Some case files are counted for the part and not for the whole.
    CountedOutsideWhole,
    /// Some case files are counted for both, though the figure lies outside of its parent.
    CountedInsideWhole,
}

/// What the records say of a part and its whole, as of the part's date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub part: Tally,
    pub whole: Tally,
    /// How many case files are counted for the part and cannot be for the whole.
    pub outside: u64,
    /// How many case files are counted for both.
    pub inside: u64,
}

/// The contradictions between a figure and its parent, each with how many are concerned.
pub fn contradictions(part: &Figure, whole: &Figure, held: Option<Held>) -> Vec<(Contradiction, u64)> {
    let mut found = Vec::new();
    let subset = part.relation.is_some_and(Relation::is_subset);
    if subset && let (Some((least, _)), Some((_, Some(most)))) = (part.value.interval(), whole.value.interval()) {
        found.push((Contradiction::PublishedPartExceedsWhole, least.saturating_sub(most)));
    }
    if let Some(held) = held {
        if subset {
            let most = held.whole.most().unwrap_or(u64::MAX);
            let excess = held.part.count.least().saturating_sub(most);
            found.push((Contradiction::ComputedPartExceedsWhole, excess));
            found.push((Contradiction::CountedOutsideWhole, held.outside));
        } else if part.relation == Some(Relation::Outside) {
            found.push((Contradiction::CountedInsideWhole, held.inside));
        }
    }
    found.retain(|(_, concerned)| *concerned > 0);
    found
}
