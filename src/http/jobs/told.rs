//! What a job tells of a file: rows and columns, never the text of a cell.

use serde_json::Value;

use crate::domain::check::FieldError;
use crate::domain::record::Noun;
use crate::exchange::import::{File, Report, RowError};
use crate::exchange::sheet::Sheet;
use crate::exchange::template::columns;
use crate::http::staff::transfer::view;

/// What an import did, or would do.
pub fn report(noun: Noun, dry_run: bool, report: &Report) -> Value {
    let mut view = view(noun, dry_run, report.clone());
    if noun == Noun::Linkage {
        // What is odd about a decision is told with the codes of both records, which stand in the file.
        for warning in &mut view.warnings {
            warning.detail = "what the two records say differs: look at the decision".to_owned();
        }
    }
    // A struct of texts and numbers always has a JSON form.
    serde_json::to_value(view).unwrap_or_default()
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
