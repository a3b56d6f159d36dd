//! What templates may do with a value.

use askama::{Result, Values, filter_fn};

use crate::domain::record::Instant;

use super::{here, words};

/// A phrase in the reader's language.
#[filter_fn]
pub fn t(english: impl std::fmt::Display, _: &dyn Values) -> Result<String> {
    Ok(words::t(&english.to_string()).to_owned())
}

/// The address of a page, in the reader's language.
#[filter_fn]
pub fn link(path: impl std::fmt::Display, _: &dyn Values) -> Result<String> {
    Ok(here::link(&path.to_string()))
}

/// A moment, as the organisation's clock has it.
#[filter_fn]
pub fn moment(at: &Instant, _: &dyn Values) -> Result<String> {
    Ok(super::moment(*at))
}
