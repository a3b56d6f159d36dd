//! What a list can be narrowed by.

use crate::domain::check::{Checker, Rule};
use crate::domain::edtf::Grain;
use crate::domain::record::{Noun, RecordId};
use crate::domain::vocabulary::UNKNOWN;

use super::error::StoreError;
use super::records::Stored;
use super::session::Session;

/// Which values a filter of a list takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Text,
    /// Codes of a vocabulary, retired ones too.
    Code(&'static str),
    Word(&'static [&'static str]),
    Year,
    /// The code or id of a record.
    Record(Noun),
    /// The name of an account that may own persons.
    Account,
}

/// What a list is narrowed by.
#[derive(Debug, Clone)]
pub struct Narrowing {
    pub name: &'static str,
    pub value: String,
    /// The record that the value names, where the filter is a reference.
    pub record: Option<RecordId>,
}

/// Reads the filters of a list.
///
/// # Errors
/// [`StoreError::Invalid`] where a filter names a code or record that is not there.
pub fn read<E: Stored>(
    session: &mut Session<'_>,
    given: &[(&'static str, String)],
) -> Result<Vec<Narrowing>, StoreError> {
    let mut checker = Checker::new(session);
    let mut narrowings = Vec::new();
    for (name, value) in given {
        let by = E::FILTERS.iter().find(|(filter, _)| filter == name).map_or(By::Text, |(_, by)| *by);
        let mut record = None;
        match by {
            _ if value.is_empty() => checker.refuse(name, Rule::Required, None, "a value, or the parameter left out"),
            // PostgreSQL takes no NUL, and no text that is kept holds a control character.
            By::Text if value.contains(char::is_control) => {
                checker.refuse(name, Rule::Malformed, None, "text without control characters");
            }
            By::Text => {}
            By::Code(vocabulary) => checker.known_term(name, vocabulary, value),
            By::Word(words) if !words.contains(&value.as_str()) => {
                checker.refuse(name, Rule::UnknownCode, Some(value), format!("one of {}", words.join(", ")));
            }
            By::Word(_) => {}
            By::Year if value != UNKNOWN && Grain::Year.bounds(value).is_none() => {
                checker.refuse(name, Rule::Malformed, Some(value), "a year, or _U");
            }
            By::Year => {}
            By::Account => record = Some(checker.known_owner(name, value)),
            By::Record(noun) => record = Some(checker.required_reference(name, noun, Some(value))),
        }
        narrowings.push(Narrowing { name, value: value.clone(), record });
    }
    Ok(checker.finish(narrowings)?)
}
