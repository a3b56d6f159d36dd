//! How releases are spoken of.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::aggregate::Measure;
use crate::domain::dimension::{Values, dimension};
use crate::domain::release::content::{Basis, Content, PublicTerm, Table, Texts};
use crate::domain::release::cube;
use crate::store::released::Released;

use super::shelf::{Snapshot, Standing};

/// A release, as it is listed. A withdrawn one stays listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"id": "2018-04-03", "title": {"en": "April 2018"}, "publisher": "Russian LGBT Network",
    "date": "2018-04-03", "as_of": "2018-04-03", "persons": 5, "signatures": 1,
    "published_at": "2026-11-22T10:00:00Z", "withdrawn": false, "notice": null, "hash": "9f86d0", "signature": "c2lnbmVk",
    "public_key": "a2V5", "tables": [{"code": "by-kind", "title": {"en": "Persons by what happened"}, "basis": "reconstructed", "measure": "persons",
    "by": ["kind"], "filter": {}, "with": [], "query": "measure=persons&by=kind"}], "figures": ["lgbtnet-2018-04-03:evacuated"]}))]
pub struct ReleasedView {
    /// What it is called in addresses.
    pub id: String,
    /// By language code.
    #[schema(value_type = BTreeMap<String, String>)]
    pub title: Texts,
    /// Whose numbers they are.
    pub publisher: String,
    /// The date that it bears.
    pub date: NaiveDate,
    /// What was known by the end of this day, UTC.
    pub as_of: NaiveDate,
    /// How many persons from case files stand behind every number, at least.
    pub persons: u32,
    /// How many publishers had to sign.
    pub signatures: u8,
    pub published_at: DateTime<Utc>,
    /// Whether it was withdrawn as a whole: its tables are answered no more.
    pub withdrawn: bool,
    /// What its readers are to know, since it was published.
    pub notice: Option<String>,
    /// SHA-256 of `content.json`, in hexadecimal digits.
    pub hash: String,
    /// Ed25519.
    pub signature: String,
    pub public_key: String,
    pub tables: Vec<TableView>,
    /// The figures that it signs, `publication:figure`.
    pub figures: Vec<String>,
}

/// A table that was declared public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TableView {
    /// What it is called in addresses.
    pub code: String,
    /// By language code.
    #[schema(value_type = BTreeMap<String, String>)]
    pub title: Texts,
    /// On what it stands.
    pub basis: Basis,
    pub measure: Measure,
    /// The dimensions that divide it.
    pub by: Vec<String>,
    pub filter: BTreeMap<String, Vec<String>>,
    pub with: Vec<String>,
    /// Its question in the grammar of aggregates.
    pub query: String,
}

/// All releases, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    pub items: Vec<ReleasedView>,
}

/// The words of a release.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"release": "2018-04-03", "tables": [], "dimensions": [{"code": "kind",
    "description": "what happened", "vocabulary": "kind", "nested": false}], "terms": {}}))]
pub struct Codebook {
    /// The release that they are of.
    pub release: String,
    pub tables: Vec<TableView>,
    /// By what its tables are divided.
    pub dimensions: Vec<DimensionView>,
    /// By controlled list the terms, in all languages, with the review status of each text.
    pub terms: BTreeMap<String, Vec<PublicTerm>>,
}

/// By what tables are divided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DimensionView {
    pub code: String,
    pub description: String,
    /// The controlled list of its codes, where they come from one.
    pub vocabulary: Option<String>,
    /// Whether a filter by a code finds what lies in it too.
    pub nested: bool,
}

fn table(table: &Table) -> TableView {
    TableView {
        code: table.code.clone(),
        title: table.title.clone(),
        basis: table.basis,
        measure: table.measure,
        by: table.axes.iter().map(|axis| axis.dimension.clone()).collect(),
        filter: table.filter.clone(),
        with: table.with.clone(),
        query: cube::question(table),
    }
}

impl From<Released> for Standing {
    fn from(released: Released) -> Self {
        let Released {
            content,
            prepared_write: _,
            bytes,
            hash,
            signature,
            public_key,
            published_at,
            notice,
            withdrawn,
        } = released;
        let view = ReleasedView {
            id: content.id.clone(),
            title: content.title.clone(),
            publisher: content.publisher.clone(),
            date: content.date,
            as_of: content.as_of,
            persons: content.persons,
            signatures: content.signatures,
            published_at: published_at.0,
            withdrawn: withdrawn.is_some(),
            notice,
            hash,
            signature,
            public_key,
            tables: content.tables.iter().map(table).collect(),
            figures: content.figures.iter().map(|figure| figure.id.clone()).collect(),
        };
        Self { content: (!view.withdrawn).then_some(content), view, bytes: bytes.into() }
    }
}

/// All releases.
pub fn releases(snapshot: &Snapshot) -> Releases {
    Releases { items: snapshot.releases.iter().map(|standing| standing.view.clone()).collect() }
}

/// The words of a release.
pub fn codebook(content: &Content) -> Codebook {
    let used = |code: &str| {
        content
            .tables
            .iter()
            .any(|table| table.axes.iter().any(|axis| axis.dimension == code) || table.filter.contains_key(code))
    };
    let view = |code: &str| {
        let found = dimension(code)?;
        let (vocabulary, nested) = match found.values {
            Values::Vocabulary { name, broader } => (Some(name.to_owned()), broader),
            _ => (None, false),
        };
        Some(DimensionView { code: code.to_owned(), description: found.description.to_owned(), vocabulary, nested })
    };
    let all = crate::domain::dimension::DIMENSIONS.iter().map(|dimension| dimension.code);
    Codebook {
        release: content.id.clone(),
        tables: content.tables.iter().map(table).collect(),
        dimensions: all.filter(|code| used(code)).filter_map(view).collect(),
        terms: content.terms.clone(),
    }
}
