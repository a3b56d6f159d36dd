//! What staff enter and read back: one shape for the body of a request, the answer, a row of a CSV file and the
//! columns of its template. References are codes here and identifiers in the parsed value.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::check::{CheckError, Checker};
use super::record::{Noun, RecordId, Version};

/// The codes of the records that a value refers to.
pub type Codes = HashMap<RecordId, String>;

/// An entry of one noun.
pub trait Entry: DeserializeOwned + Serialize + ToSchema + Default + Send + 'static {
    /// The parsed value.
    type Body: Clone + PartialEq + std::fmt::Debug + Send + 'static;
    const NOUN: Noun;

    /// The fields that every noun has.
    fn header(&self) -> Header<'_>;

    /// Parses the entry.
    ///
    /// # Errors
    /// Every mistake, named by field.
    fn check(self, checker: Checker<'_>) -> Result<Self::Body, CheckError>;

    /// The entry that would give this version.
    fn describe(version: &Version<Self::Body>, codes: &Codes) -> Self;

    /// The code in the register, where it is not the entry's own: `own` is that, if it was given, and `codes` those of
    /// the records that the value refers to.
    fn register_code(_body: &Self::Body, own: Option<String>, _codes: &Codes) -> Option<String> {
        own
    }

    /// Whether the public may see it, so that entering it takes the right to publish.
    fn is_published(_body: &Self::Body) -> bool {
        false
    }

    /// The records that the value refers to, so that their codes can be looked up.
    fn references(_body: &Self::Body) -> Vec<RecordId> {
        Vec::new()
    }
}

/// The fields that every noun has.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    pub code: Option<&'a str>,
    pub known_on: Option<&'a str>,
    pub reason: Option<&'a str>,
}

impl<'a> Header<'a> {
    pub fn new(code: &'a Option<String>, known_on: &'a Option<String>, reason: &'a Option<String>) -> Self {
        let given = |text: &'a Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        Self { code: given(code), known_on: given(known_on), reason: given(reason) }
    }
}

/// The text of a value that is always there.
pub fn some(value: &impl ToString) -> Option<String> {
    Some(value.to_string())
}

/// The code for a record that was entered without one: the noun's initial and 40 random bits, so that it tells nothing
/// about order or number.
pub fn new_code(noun: Noun, id: RecordId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let random = id.0.as_u128() & 0xff_ffff_ffff;
    let text: String = (0..8).rev().map(|place| char::from(ALPHABET[(random >> (place * 5) & 31) as usize])).collect();
    format!("{}-{text}", noun.name()[..1].to_uppercase())
}
