//! What preparing a release answers to its publisher: what is published and withheld, and what would free it; or what stands in its
//! way. Never public.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much a table from case files tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedTable {
    pub table: String,
    /// How many codes and crossings are told, totals too.
    pub told: u64,
    /// How many of them stand as an earlier release told them.
    pub standing: u64,
    /// How many are withheld: fewer than can be told, none, or protecting others.
    pub withheld: u64,
    /// How many codes and crossings have as many persons as must stand behind a number, and how many of these are told. More persons
    /// free more of them.
    pub large: u64,
    pub large_told: u64,
}

/// The plan of a release that can be published.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tables": [{"table": "by-kind", "told": 7, "standing": 0, "withheld": 2, "large": 7, "large_told": 6}], "persons": 20,
    "without_consent": 3, "costs": []}))]
pub struct Plan {
    pub tables: Vec<PlannedTable>,
    /// How many persons from case files may be counted.
    pub persons: u64,
    /// How many are left out because no consent to publishing stands today.
    pub without_consent: u64,
    /// What the signatures of small figures cost.
    pub costs: Vec<SignatureCost>,
}

/// What a signed figure costs in tables: its codes have no line of their own from this release on, and in crossings stand with the
/// next one of their list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureCost {
    pub figure: String,
    pub dimension: String,
    /// The code that is signed, and the one that it stands with.
    pub codes: Vec<String>,
    /// The tables whose crossings withhold them.
    pub tables: Vec<String>,
}

/// Why nothing can be published as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Block {
    /// An earlier release cannot be read together with this one.
    EarlierRelease { release: String, detail: String },
    /// A figure that cannot be signed in this release.
    Figure { figure: String, detail: String },
    /// Records that cannot be released as they are.
    Records { detail: String },
}
