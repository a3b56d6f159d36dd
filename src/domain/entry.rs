//! What staff enter and read back: one shape for the body of a request, the answer, a row of a CSV file and the
//! columns of its template. References are codes here and identifiers in the parsed value.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::check::{CheckError, Checker, Fault, FieldError, Invalid, Rule};
use super::record::{Noun, RecordId, Version};
use super::text::{self, TextField, Texts};

/// The codes of the records that a value refers to.
pub type Codes = HashMap<RecordId, String>;

/// An entry of one noun.
pub trait Entry: DeserializeOwned + Serialize + ToSchema + Default + Send + 'static {
    /// The parsed value.
    type Body: Clone + PartialEq + std::fmt::Debug + Send + 'static;
    const NOUN: Noun;
    /// The field that makes the code in the register.
    const CODE: &'static str = "code";
    /// The fields of personal text that go with it. They are no part of the entry itself.
    const TEXTS: &'static [TextField] = &[];

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

    /// What is to be entered in place of something that is in the register already.
    fn unique() -> String {
        format!("a {} that no other {} has", Self::CODE, Self::NOUN)
    }

    /// Whether the public may see it, so that entering it takes the right to publish.
    fn is_published(_body: &Self::Body) -> bool {
        false
    }

    /// The persons whom the record concerns: who may not see one of them does not see the record.
    fn persons(_id: RecordId, _body: &Self::Body) -> Vec<RecordId> {
        Vec::new()
    }

    /// Whose key encrypts the record's personal text.
    fn subject(id: RecordId, _body: &Self::Body) -> RecordId {
        id
    }

    /// Whether nothing in it tells of anything, so that a row of a file is one that nobody has filled in.
    fn says_nothing(&self) -> bool {
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

/// What JSON has that an entry has not, or of another type, named by its path; `None` where it is no JSON at all.
pub fn mistake(why: &serde_path_to_error::Error<serde_json::Error>) -> Option<Invalid> {
    if !why.inner().is_data() {
        return None;
    }
    let message = why.inner().to_string();
    // The message may hold what was given, which may say ` at line ` itself: only what follows it is told.
    let without_place = |text: &str| text.rsplit_once(" at line ").map_or(text, |(text, _)| text).to_owned();
    let path = why.path().to_string();
    let path = if path == "." { "" } else { path.as_str() };
    let error = match message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        Some((name, expected)) => {
            let parent = path.rsplit_once('.').map(|(parent, _)| format!("{parent}.")).unwrap_or_default();
            let expected = without_place(expected.trim_start_matches(", expected "));
            // Two are told in another way than more.
            let expected = match expected.split_once("` or `") {
                Some((one, other)) => format!("one of {one}`, `{other}"),
                None => expected,
            };
            FieldError::new(&format!("{parent}{name}"), Rule::Unknown, None, expected)
        }
        None if message.starts_with("duplicate field `") => {
            let name = message.split('`').nth(1).unwrap_or_default();
            FieldError::new(if path.is_empty() { name } else { path }, Rule::Malformed, None, "the field once")
        }
        None => {
            let expected = without_place(message.rsplit_once("expected ").map_or(&*message, |(_, expected)| expected));
            let expected = match expected.as_str() {
                "i64" => "a whole number".to_owned(),
                "a sequence" => "a list".to_owned(),
                own if own.starts_with("struct ") => "an object".to_owned(),
                _ => expected,
            };
            FieldError::new(path, Rule::Malformed, None, expected)
        }
    };
    Some(Invalid::one(error))
}

/// Names the fields of personal text too, where the fields of an entry are listed: they go with it, and are no part of it.
fn with_texts(mut invalid: Invalid, texts: &[TextField]) -> Invalid {
    let of_entry = |error: &&mut FieldError| error.rule == Rule::Unknown && !error.field.contains(['.', '[']);
    for error in invalid.0.iter_mut().filter(of_entry) {
        error.expected.extend(texts.iter().map(|text| format!(", `{}`", text.name)));
    }
    invalid
}

/// The fields of a JSON object.
pub type Fields = serde_json::Map<String, serde_json::Value>;

/// A correction of an entry, as JSON Merge Patch (RFC 7396): what it leaves out stays as it is. A field that is given twice
/// is refused: nobody can say which was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch(Fields);

impl Patch {
    /// Takes the personal text out of a correction.
    ///
    /// # Errors
    /// Every text that is not accepted.
    pub fn take_texts(&mut self, of: &'static [TextField]) -> Result<Texts, Invalid> {
        text::take(&mut self.0, of)
    }

    /// What was given as a new record.
    ///
    /// # Errors
    /// What it has that an entry has not, or of another type.
    pub fn entry<E: Entry>(self) -> Result<E, CheckError> {
        let whole = serde_json::Value::Object(self.0);
        serde_path_to_error::deserialize(whole).map_err(|why| match mistake(&why) {
            Some(invalid) => with_texts(invalid, E::TEXTS).into(),
            None => Fault(why.into_inner().into()).into(),
        })
    }
}

impl From<Fields> for Patch {
    fn from(fields: Fields) -> Self {
        Self(fields)
    }
}

impl<'de> Deserialize<'de> for Patch {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Patch;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut given: A) -> Result<Patch, A::Error> {
                let mut fields = Fields::new();
                while let Some((name, value)) = given.next_entry::<String, _>()? {
                    if fields.insert(name.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("duplicate field `{name}`")));
                    }
                }
                Ok(Patch(fields))
            }
        }

        from.deserialize_map(Once)
    }
}

/// The entry of a version with a correction applied. The day from which it is known and the reason are the correction's
/// own.
///
/// # Errors
/// What the correction has that an entry has not, or of another type.
pub fn corrected<E: Entry>(entry: &E, patch: Patch) -> Result<E, CheckError> {
    let fault = |why: serde_json::Error| Fault(why.into());
    let mut whole = match serde_json::to_value(entry).map_err(fault)? {
        serde_json::Value::Object(whole) => whole,
        _ => Fields::new(),
    };
    for own in ["known_on", "reason"] {
        whole.remove(own);
    }
    for (name, value) in patch.0 {
        if value.is_null() {
            whole.remove(&name)
        } else {
            whole.insert(name, value)
        };
    }
    Patch(whole).entry()
}

/// The text of a value that is always there.
pub fn some(value: &impl ToString) -> Option<String> {
    Some(value.to_string())
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many signs of the alphabet a code has that Attest makes: 40 random bits.
const MADE: usize = 8;

/// Whether Attest makes the codes of a noun that is entered without one.
pub fn makes_codes(noun: Noun) -> bool {
    !matches!(noun, Noun::Term | Noun::Publication | Noun::Figure)
}

fn initial(noun: Noun) -> String {
    noun.name()[..1].to_uppercase()
}

/// The code for a record that was entered without one: the noun's initial and 40 random bits, so that it tells nothing about order
/// or number. None where chance gave digits alone, for people write such codes themselves.
pub fn made_code(noun: Noun, random: u64) -> Option<String> {
    let text: String =
        (0..MADE).rev().map(|place| char::from(ALPHABET[(random >> (place * 5) & 31) as usize])).collect();
    Some(format!("{}-{text}", initial(noun))).filter(|code| is_made_code(noun, code))
}

/// Whether a code has the shape of those that Attest makes. Nobody chooses such a one by hand, so that nobody can try out whether a
/// record has it.
pub fn is_made_code(noun: Noun, code: &str) -> bool {
    let initial = initial(noun);
    let made = makes_codes(noun).then(|| code.strip_prefix(&initial)?.strip_prefix('-')).flatten();
    made.is_some_and(|made| {
        made.len() == MADE
            && made.bytes().all(|sign| ALPHABET.contains(&sign))
            && made.bytes().any(|sign| sign.is_ascii_alphabetic())
    })
}
