//! What a job tells of a file: rows and columns, never the text of a cell.

use serde_json::Value;

use crate::domain::check::FieldError;
use crate::domain::record::Noun;
use crate::exchange::import::{File, Report, RowError};
use crate::exchange::sheet::Sheet;
use crate::exchange::template::columns;
use crate::http::staff::transfer::view;
use crate::store::error::StoreError;

/// What an import did, or would do.
///
/// # Errors
/// [`StoreError::Broken`] where it has no JSON form.
pub fn report(noun: Noun, dry_run: bool, report: &Report) -> Result<Value, StoreError> {
    let mut report = report.clone();
    for warning in &mut report.warnings {
        if let Some(detail) = warning_without_text(warning.code) {
            warning.detail = detail.to_owned();
        }
    }
    serde_json::to_value(view(noun, dry_run, report)).map_err(|why| StoreError::Broken(why.into()))
}

/// What a job tells instead of a warning that names what stands in the file; nothing where it names nothing of it.
fn warning_without_text(code: &str) -> Option<&'static str> {
    match code {
        "odd_date" | "person_withdrawn" | "return_without_evacuation" => None,
        "source_withdrawn" => Some("a source of it was withdrawn"),
        "event_withdrawn" => Some("its event was withdrawn"),
        "code_retired" => Some("a code of this row is retired; it is taken all the same"),
        // The two records differ in what should be one attribute.
        _ => Some("what the two records say differs: look at the decision"),
    }
}

/// A mistake in a file without anything that stands in the file. A column that there is none of is named by its place.
pub fn without_text(file: &File, wrong: RowError) -> FieldError {
    let RowError { row, line, error, .. } = wrong;
    let field = if error.field.is_empty() || columns(file.noun).contains(&error.field.as_str()) {
        error.field
    } else {
        place(&file.bytes, &error.field).map_or_else(String::new, |place| format!("#{place}"))
    };
    let mut expected = error.expected;
    if file.noun == Noun::Linkage {
        // Which records stand in the way is told with their codes, after a semicolon.
        expected.truncate(expected.find(';').unwrap_or(expected.len()));
    }
    FieldError { field, value: None, expected, ..error }.in_row(row, line)
}

/// At which place of the header a name stands, from 1.
fn place(bytes: &[u8], name: &str) -> Option<usize> {
    let heads = Sheet::open(bytes).ok()?.heads;
    // The error may hold no more than the beginning of a long name.
    heads.iter().position(|head| head.starts_with(name)).map(|at| at + 1)
}
