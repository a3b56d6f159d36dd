//! The sources that a form offers.

use crate::domain::record::State;
use crate::domain::source::SourceEntry;
use crate::domain::vocabulary::Vocabulary;
use crate::store::error::StoreError;
use crate::store::records;
use crate::store::session::Session;

use super::shown;

/// How many sources a form offers; the code of any other can be typed.
const OFFERED: i64 = 200;

/// Codes of sources, and what they are.
///
/// # Errors
/// The database's own.
pub fn known(session: &mut Session<'_>, vocabulary: &Vocabulary) -> Result<Vec<(String, String)>, StoreError> {
    let found = records::list::<SourceEntry>(session, &[], &[State::Active], None, OFFERED)?;
    let line = |found: records::Found<crate::domain::source::Source>| {
        (found.version.code, shown::term(vocabulary, "source_type", &found.version.body.kind))
    };
    Ok(found.into_iter().map(line).collect())
}
