//! Export of records as CSV, in the columns in which they are imported: what was exported here can be imported elsewhere.

use serde_json::Value;

use crate::domain::record::{Noun, State};
use crate::store::error::StoreError;
use crate::store::records::{self, After, Stored};
use crate::store::session::Tx;
use crate::store::texts;

use super::fields;
use super::nouns::with_entry;
use super::table;

/// The most records that one export holds.
pub const MOST_RECORDS: usize = 20_000;

/// What was exported.
#[derive(Debug)]
pub struct Export {
    pub csv: String,
    pub records: u64,
    /// Whether there are more records than one export holds.
    pub cut: bool,
}

/// The records of a noun that are not withdrawn and that the actor may see, in the order of their creation, with their personal
/// text where it is asked for. The reading is part of the write: what leaves is in the audit.
///
/// # Errors
/// As [`texts::read`], or the database's own.
pub fn run(tx: &mut Tx<'_>, noun: Noun, with_texts: bool) -> Result<Export, StoreError> {
    with_entry!(noun, E => export::<E>(tx, with_texts))
}

fn export<E: Stored>(tx: &mut Tx<'_>, with_texts: bool) -> Result<Export, StoreError> {
    const PAGE: i64 = 500;
    let texts_of: Vec<_> = E::TEXTS.iter().map(|field| field.name).filter(|_| with_texts).collect();
    let all = fields::of::<E>();
    let coded = || all.iter().map(|field| field.name).filter(|name| !E::TEXTS.iter().any(|text| text.name == *name));
    let mut table = csv::Writer::from_writer(Vec::new());
    let failed = |why: csv::Error| StoreError::Unavailable(why.into());
    table.write_record(coded().chain(texts_of.iter().copied())).map_err(failed)?;
    let (mut records, mut after, mut cut) = (Vec::new(), None, false);
    loop {
        let page = records::list::<E>(tx.session(), &[], &[State::Active], after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(After { created_at: last.version.created_at, id: last.version.id });
        for found in &page {
            cut = records.len() >= MOST_RECORDS;
            if cut {
                break;
            }
            let id = found.version.id;
            let entry = E::describe(&found.version, &found.codes);
            let entry = serde_json::to_value(entry).map_err(|why| StoreError::Unavailable(why.into()))?;
            let mut row: Vec<String> = coded().map(|name| cell(&entry[name])).collect();
            if !texts_of.is_empty() {
                let own = if found.texts.is_empty() { Vec::new() } else { texts::read::<E>(tx, id, None)?.1 };
                let text = |name: &&str| own.iter().find(|(field, _)| field == name);
                row.extend(
                    texts_of
                        .iter()
                        .map(|name| text(name).map(|(_, text)| text.reveal().to_owned()).unwrap_or_default()),
                );
            }
            table.write_record(&row).map_err(failed)?;
            records.push(id.to_string());
        }
        if cut || page.len() < PAGE as usize {
            break;
        }
    }
    tx.note("noun", E::NOUN.name());
    tx.note("count", records.len());
    tx.note("texts", texts_of.clone());
    let count = records.len() as u64;
    if with_texts {
        tx.note("read", records);
    }
    Ok(Export { csv: table::text(table).map_err(failed)?, records: count, cut })
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
