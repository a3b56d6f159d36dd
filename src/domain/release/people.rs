//! The persons of a release, as they are counted: no names, no codes of records, only the values that its tables divide and
//! filter by.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// By dimension the codes. Most dimensions have one code of a person or incident; joined records may differ, and several actors
/// may take part in one incident.
pub type Values = BTreeMap<&'static str, BTreeSet<String>>;

/// One person from case files who may be counted in a release. Joined records are one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Person {
    /// Of every dimension of persons that the release touches. Codes are those that are counted: the one that took another's
    /// place.
    pub values: Values,
    pub incidents: Vec<Incident>,
}

/// What happened to the person, by the dimensions of incidents that the release touches. Dates are the buckets that wholly
/// contain them, `_U` where none does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Incident {
    pub values: Values,
}
