//! A row of a file as an entry.

use serde_json::Value;

use crate::domain::alike;
use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::entry::{self, Fields};
use crate::domain::record::State;
use crate::domain::text::{self, Texts};
use crate::store::records::Stored;

use super::fields;
use super::scan::Record;

/// What a row says.
pub(super) struct Row<E> {
    pub entry: E,
    pub texts: Texts,
    pub state: State,
}

/// Reads a row as the body of a request is read: a cell is a text, or a number where the field is one, and one that shows nothing
/// is left out.
pub(super) fn read<E: Stored>(numbers: &[&str], heads: &[String], record: &Record) -> Result<Row<E>, FieldError> {
    let cells = heads.iter().zip(&record.cells).filter(|(_, cell)| !alike::shows_nothing(cell));
    let value = |name: &str, cell: &str| match cell.trim().parse::<i64>() {
        Ok(number) if numbers.contains(&name) => number.into(),
        _ => cell.into(),
    };
    let mut cells: Fields = cells.map(|(name, cell)| (name.clone(), value(name, cell))).collect();
    let state = state(cells.remove(fields::STATUS))?;
    let first = |wrong: Invalid| wrong.0.into_iter().next();
    let unread = || FieldError::new("", Rule::Malformed, None, "a row as the template explains it");
    let texts = text::take(&mut cells, E::TEXTS).map_err(|why| first(why).unwrap_or_else(unread))?;
    let read = serde_path_to_error::deserialize(serde_json::Value::Object(cells)).map_err(|why| {
        let error = entry::mistake(&why).and_then(first).unwrap_or_else(unread);
        let value = heads.iter().position(|name| *name == error.field).and_then(|at| record.cells.get(at));
        FieldError { value: value.cloned(), ..error }
    });
    Ok(Row { entry: read?, texts, state })
}

/// Whether the record counts, by the words of an export.
fn state(cell: Option<Value>) -> Result<State, FieldError> {
    let Some(Value::String(cell)) = cell else { return Ok(State::Active) };
    let found = State::WORDS.iter().find(|(word, _)| *word == cell.trim());
    let words = || State::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    let unknown = || FieldError::new(fields::STATUS, Rule::UnknownCode, Some(&cell), format!("one of {}", words()));
    found.map(|(_, state)| *state).ok_or_else(unknown)
}
