//! Export of records as CSV, in the columns in which they are imported: what was exported here can be imported elsewhere.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId, State};
use crate::domain::text::Private;
use crate::store::error::StoreError;
use crate::store::records::{self, After, Found, Stored};
use crate::store::session::Session;
use crate::store::{texts, visibility};

use super::fields;
use super::nouns::with_entry;
use super::table;

/// The most records that one export holds.
pub const MOST_RECORDS: usize = 20_000;

/// What was exported.
#[derive(Debug)]
pub struct Export {
    pub csv: String,
    pub records: Vec<RecordId>,
    /// The fields of personal text that it holds.
    pub texts: Vec<&'static str>,
    /// Whether there are more records than one export holds.
    pub cut: bool,
}

/// The records of a noun that are not withdrawn and that the reader may see, in the order of their creation, with their personal
/// text where it is asked for.
///
/// # Errors
/// What the policy says, that the keyring is not open, or the database's own.
pub fn run(session: &mut Session<'_>, noun: Noun, with_texts: bool) -> Result<Export, StoreError> {
    with_entry!(noun, E => export::<E>(session, with_texts))
}

fn failed(why: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Broken(why.into())
}

fn export<E: Stored>(session: &mut Session<'_>, with_texts: bool) -> Result<Export, StoreError> {
    const PAGE: i64 = 500;
    let texts_of: Vec<_> = E::TEXTS.iter().map(|field| field.name).filter(|_| with_texts).collect();
    let all = fields::of::<E>();
    let coded = all.iter().map(|field| field.name).filter(|name| !E::TEXTS.iter().any(|text| text.name == *name));
    let coded: Vec<_> = coded.collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(coded.iter().chain(&texts_of)).map_err(failed)?;
    let (mut records, mut after, mut more) = (Vec::new(), None, true);
    while more && records.len() < MOST_RECORDS {
        let page = records::list::<E>(session, &[], &[State::Active], after, PAGE)?;
        after = page.last().map(|last| After { created_at: last.version.created_at, id: last.version.id });
        more = page.len() == PAGE as usize;
        let texts = if with_texts { texts_of_page::<E>(session, &page)? } else { HashMap::new() };
        for found in page {
            let id = found.version.id;
            let entry = serde_json::to_value(E::describe(&found.version, &found.codes)).map_err(failed)?;
            let own = texts.get(&id).map(Vec::as_slice).unwrap_or_default();
            let text = |name: &&str| own.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text.reveal());
            let cells = coded.iter().map(|name| cell(&entry[name]));
            let row = cells.chain(texts_of.iter().map(|name| text(name).to_owned()));
            table.write_record(row.collect::<Vec<_>>()).map_err(failed)?;
            records.push(id);
        }
    }
    Ok(Export { csv: table::text(table).map_err(failed)?, records, texts: texts_of, cut: more })
}

type TextsOf = HashMap<RecordId, Vec<(String, Private)>>;

fn texts_of_page<E: Stored>(session: &mut Session<'_>, page: &[Found<E::Body>]) -> Result<TextsOf, StoreError> {
    let persons: BTreeSet<_> =
        page.iter().flat_map(|found| E::persons(found.version.id, &found.version.body)).collect();
    let (reader, persons) = (session.reader().clone(), persons.into_iter().collect::<Vec<_>>());
    visibility::decide(session.conn(), &reader, Action::ReadTexts, E::NOUN, &persons)?;
    let ids: Vec<_> = page.iter().map(|found| found.version.id).collect();
    texts::of_many(session, &ids)
}

/// A value as the importer reads it back: lists joined by `;`, the parts of an item by `:`.
fn cell(value: &Value) -> String {
    const PARTS: [&str; 5] = ["role", "actor", "degree", "source", "credence"];
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(";"),
        Value::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Value::as_str);
            PARTS.into_iter().filter_map(part).collect::<Vec<_>>().join(":")
        }
        other => other.to_string(),
    }
}
