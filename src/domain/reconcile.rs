//! A published figure against the records: whether they reproduce it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::count::{Bound, Count, Qualifier};
use super::figure::Figure;
use super::record::RecordId;

/// How a published figure stands to what the records say as of its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// An exact figure, and the records say the same.
    Reproduced,
    /// A figure with a bound, and the records satisfy it.
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
pub fn status(value: u64, qualifier: Qualifier, computed: Option<Count>) -> Status {
    let Some(Count::Attested { value: count, bound }) = computed else { return Status::NotComputable };
    let satisfied = match qualifier {
        Qualifier::Exact if bound == Bound::Exact && count == value => return Status::Reproduced,
        // The records say "at least" what the figure says exactly.
        Qualifier::Exact => count == value,
        Qualifier::About => count.abs_diff(value) <= tolerance(value),
        Qualifier::AtLeast => count >= value,
        Qualifier::MoreThan => count > value,
    };
    if satisfied { Status::Consistent } else { Status::Differs }
}

/// What the parts of a breakdown leave of their parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    pub breakdown: String,
    pub parent: RecordId,
    pub parts: Vec<RecordId>,
    pub parts_sum: u64,
    pub parent_value: u64,
    /// Parent less parts; negative where the parts are more than the whole.
    pub value: i64,
    /// At least the value where the parts are exact, because they may overlap; else no bound can be given.
    pub qualifier: Qualifier,
}

/// The breakdowns among the figures of one publication. Parts may overlap, so that a remainder is a lower bound; it is
/// exact only if they do not overlap and all lie inside the parent.
pub fn remainders(figures: &[(RecordId, &Figure)]) -> Vec<Remainder> {
    let values: BTreeMap<_, _> = figures.iter().map(|(id, figure)| (*id, (figure.value, figure.qualifier))).collect();
    let mut parts: BTreeMap<(&str, RecordId), Vec<(RecordId, &Figure)>> = BTreeMap::new();
    for (id, figure) in figures {
        if let (Some(breakdown), Some(parent)) = (&figure.breakdown, figure.parent) {
            parts.entry((breakdown, parent)).or_default().push((*id, figure));
        }
    }
    let mut found = Vec::new();
    for ((breakdown, parent), parts) in parts {
        let Some((parent_value, whole)) = values.get(&parent).copied() else { continue };
        let parts_sum: u64 = parts.iter().map(|(_, part)| part.value).sum();
        let exact = parts.iter().all(|(_, part)| part.qualifier == Qualifier::Exact) && whole != Qualifier::About;
        let (Ok(all), Ok(sum)) = (i64::try_from(parent_value), i64::try_from(parts_sum)) else { continue };
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
