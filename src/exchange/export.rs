//! Export of records as CSV, in the columns in which they are imported: what was exported here can be imported elsewhere.

use std::collections::{BTreeSet, HashMap};
use std::io;

use serde_json::Value;

use crate::domain::person::OWNER;
use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId, State};
use crate::domain::text::Private;
use crate::domain::vocabulary::NOT_APPLICABLE;
use crate::store::error::StoreError;
use crate::store::records::{self, Found, Stored};
use crate::store::session::Session;
use crate::store::{texts, visibility};

use super::fields;
use super::flavour::Flavour;
use super::nouns::with_entry;

/// What is going to be exported: all of it, or nothing.
#[derive(Debug, Clone)]
pub struct Selection {
    pub noun: Noun,
    pub records: Vec<RecordId>,
    /// The fields of personal text that go along.
    pub texts: Vec<&'static str>,
}

/// Why an export is not whole.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever takes the rows takes no more.
    #[error("the rows were not taken: {0}")]
    Out(#[from] io::Error),
}

/// Chooses the records of a noun that the reader may see, in the order of their creation, with their personal text where it is
/// asked for. Those that are withdrawn go along and say so: others refer to them. What is chosen can be recorded before anything
/// of it is told.
///
/// # Errors
/// That the keyring is not open, or the database's own.
pub fn select(session: &mut Session<'_>, noun: Noun, with_texts: bool) -> Result<Selection, StoreError> {
    with_entry!(noun, E => chosen::<E>(session, with_texts))
}

fn chosen<E: Stored>(session: &mut Session<'_>, with_texts: bool) -> Result<Selection, StoreError> {
    let texts: Vec<_> = E::TEXTS.iter().map(|field| field.name).filter(|_| with_texts).collect();
    if !texts.is_empty() {
        session.keys()?;
    }
    Ok(Selection { noun: E::NOUN, records: records::ids::<E>(session, &[State::Active, State::Withdrawn])?, texts })
}

/// Writes what was chosen in the same reading, row by row, so that what is large need not be held. What was written before an
/// error is no export: whoever takes it must not take it for one.
///
/// # Errors
/// What the policy says, the database's own, or that the rows are not taken.
pub fn write(
    session: &mut Session<'_>,
    selection: &Selection,
    flavour: Flavour,
    out: &mut dyn io::Write,
) -> Result<(), ExportError> {
    out.write_all(flavour.beginning().as_bytes())?;
    with_entry!(selection.noun, E => rows::<E>(session, selection, flavour, out))
}

/// What the writer says, in our words.
fn unwritten(why: csv::Error) -> ExportError {
    match why.into_kind() {
        csv::ErrorKind::Io(why) => ExportError::Out(why),
        other => ExportError::Out(io::Error::other(format!("{other:?}"))),
    }
}

fn rows<E: Stored>(
    session: &mut Session<'_>,
    selection: &Selection,
    flavour: Flavour,
    out: &mut dyn io::Write,
) -> Result<(), ExportError> {
    // While a page is taken nothing is asked of the database, and a server ends a session that is silent for too long.
    const PAGE: usize = 50;
    let all = fields::of::<E>();
    let coded = all.iter().map(|field| field.name).filter(|name| !E::TEXTS.iter().any(|text| text.name == *name));
    let coded: Vec<_> = coded.collect();
    let mut table = csv::Writer::from_writer(out);
    let heads = coded.iter().chain(&selection.texts).chain([&fields::STATUS]);
    table.write_record(heads.map(|name| flavour.column(name))).map_err(unwritten)?;
    for ids in selection.records.chunks(PAGE) {
        let page = records::of_ids::<E>(session, ids)?;
        let texts = if selection.texts.is_empty() { HashMap::new() } else { texts_of_page::<E>(session, &page)? };
        for found in page {
            let own = texts.get(&found.version.id).map(Vec::as_slice).unwrap_or_default();
            let text = |name: &&str| own.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text.reveal());
            let entry = serde_json::to_value(E::describe(&found.version, &found.codes)).map_err(io::Error::other)?;
            for name in &coded {
                table.write_field(flavour.cell(&field(name, &entry[name])).as_ref()).map_err(unwritten)?;
            }
            for name in &selection.texts {
                table.write_field(flavour.cell(text(name)).as_ref()).map_err(unwritten)?;
            }
            table.write_field(flavour.cell(found.version.stamp.state.name()).as_ref()).map_err(unwritten)?;
            table.write_record(None::<&[u8]>).map_err(unwritten)?;
        }
    }
    Ok(table.flush()?)
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

/// A field as the importer reads it back. A person whom nobody owns says so: an empty cell would make it the importer's.
fn field(name: &str, value: &Value) -> String {
    if name == OWNER && value.is_null() { NOT_APPLICABLE.to_owned() } else { cell(value) }
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
