//! Checking what people enter: every mistake of an entry is collected and named by its field before anything is kept.

use std::collections::BTreeSet;
use std::error::Error;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alike;
use super::file_name;
use super::record::{Noun, RecordId};
use super::vocabulary::{NO_FURTHER, NOT_APPLICABLE, SPECIAL, TOTAL, Vocabulary};

mod days;
pub use days::parse_day;

/// The longest free text that a field takes, in characters.
pub const LONGEST_TEXT: usize = 2_000;
/// The most mistakes that are told at once.
pub const MOST_ERRORS: usize = 50;
/// The longest code, in bytes.
pub const LONGEST_CODE: usize = 64;

/// One mistake in an entry, a query or a row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"field": "kind", "rule": "unknown_code", "value": "detentoin",
    "expected": "a code of the vocabulary `kind`, such as `detention`"}))]
pub struct FieldError {
    /// The field, column or parameter.
    pub field: String,
    pub rule: Rule,
    /// The row of a file, as a spreadsheet numbers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The line of a file, as an editor numbers it, where it has another number than the row: cells may hold line breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What was given, where there was something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What would have been right.
    pub expected: String,
}

impl FieldError {
    pub fn new(field: &str, rule: Rule, value: Option<&str>, expected: impl Into<String>) -> Self {
        // Nobody needs more of a long value to find it.
        let cut = |text: &str| text.chars().take(200).collect::<String>();
        Self { field: cut(field), rule, row: None, line: None, value: value.map(cut), expected: expected.into() }
    }
}

impl FieldError {
    /// The same mistake, in a row of a file.
    #[must_use]
    pub fn in_row(self, row: u64, line: u64) -> Self {
        Self { row: Some(row), line: (line != row).then_some(line), ..self }
    }
}

/// The rule that a value broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    Required,
    Unknown,
    UnknownCode,
    RetiredCode,
    UnknownRecord,
    Malformed,
    OutOfRange,
    TooLong,
    Taken,
    Inconsistent,
    InFuture,
}

/// Everything that is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of the values are not accepted", .0.len())]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    /// One mistake alone.
    pub fn one(error: FieldError) -> Self {
        Self(vec![error])
    }
}

/// A look-up that failed for a reason that is not the entry's.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Fault(pub Box<dyn Error + Send + Sync>);

/// Why an entry was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What checking has to look up. The store answers; the domain asks.
pub trait Register {
    /// Today in UTC.
    fn today(&self) -> NaiveDate;
    /// The latest day that has begun anywhere on earth: what is after it lies in the future for everybody.
    fn latest_day(&self) -> NaiveDate {
        self.today()
    }
    /// The controlled lists as they stand.
    fn vocabulary(&self) -> &Vocabulary;
    /// The record of a noun with this code or identifier.
    ///
    /// # Errors
    /// [`Fault`] when the look-up itself fails.
    fn find(&mut self, noun: Noun, key: &str) -> Result<Option<RecordId>, Fault>;
    /// The account of somebody who may own persons. Who is to own one `anew` can sign in.
    ///
    /// # Errors
    /// [`Fault`] when the look-up itself fails.
    fn account(&mut self, name: &str, anew: bool) -> Result<Option<RecordId>, Fault>;
    /// The account that is entering this.
    fn own_account(&self) -> RecordId;
    /// What stands as owner of persons whom nobody owns.
    fn nobody(&self) -> RecordId {
        RecordId(uuid::Uuid::nil())
    }
    /// That a retired code of a list was accepted, because the record carries it already.
    fn note_retired(&mut self, _list: &str, _code: &str) {}
}

/// Collects mistakes while an entry is read. Every method takes the field's name and gives a value to go on with;
/// [`Checker::finish`] gives the errors if there was one.
pub struct Checker<'r> {
    register: &'r mut dyn Register,
    errors: Vec<FieldError>,
    fault: Option<Fault>,
    /// The codes that the record carries already.
    carried: BTreeSet<String>,
    /// Whether the record is there and nobody owns it.
    unowned: bool,
    /// Whether the entry comes out of a file, so that it may say what nobody enters by hand.
    from_file: bool,
}

impl<'r> Checker<'r> {
    pub fn new(register: &'r mut dyn Register) -> Self {
        Self { register, errors: Vec::new(), fault: None, carried: BTreeSet::new(), unowned: false, from_file: false }
    }

    /// For a correction: a retired code that the record carries already may stay.
    ///
    /// # Errors
    /// [`Fault`] when the entry has no JSON form.
    pub fn correcting(register: &'r mut dyn Register, before: Option<&impl Serialize>) -> Result<Self, Fault> {
        fn texts(value: serde_json::Value, found: &mut BTreeSet<String>) {
            match value {
                serde_json::Value::String(text) => drop(found.insert(text)),
                serde_json::Value::Array(items) => items.into_iter().for_each(|item| texts(item, found)),
                serde_json::Value::Object(fields) => fields.into_iter().for_each(|(_, field)| texts(field, found)),
                _ => {}
            }
        }
        let mut checker = Self::new(register);
        let before = serde_json::to_value(before).map_err(|why| Fault(why.into()))?;
        checker.unowned = before.get("owner").is_some_and(serde_json::Value::is_null);
        texts(before, &mut checker.carried);
        Ok(checker)
    }

    /// For what comes out of a file: a retired code may come in, as records do that were entered before, and a person whom nobody
    /// owns.
    #[must_use]
    pub fn of_file(mut self) -> Self {
        self.from_file = true;
        self
    }

    pub fn register(&mut self) -> &mut dyn Register {
        self.register
    }

    /// Notes a mistake.
    pub fn refuse(&mut self, field: &str, rule: Rule, value: Option<&str>, expected: impl Into<String>) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(FieldError::new(field, rule, value, expected));
        }
    }

    /// Checks what lies inside a field: mistakes in it are named `field.part`.
    pub fn within<T>(&mut self, field: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.errors.len();
        let value = work(self);
        for error in &mut self.errors[before..] {
            error.field = format!("{field}.{}", error.field);
        }
        value
    }

    /// A text that must be there. Blank counts as missing.
    pub fn required(&mut self, field: &str, value: Option<&str>) -> String {
        let text = self.text(field, value);
        text.unwrap_or_else(|| {
            self.refuse(field, Rule::Required, None, "a value");
            String::new()
        })
    }

    /// A text that may be missing. One of signs that nobody sees is missing.
    pub fn text(&mut self, field: &str, value: Option<&str>) -> Option<String> {
        let value = value.map(str::trim).filter(|value| !value.is_empty())?;
        if value.chars().count() > LONGEST_TEXT {
            self.refuse(field, Rule::TooLong, Some(value), format!("at most {LONGEST_TEXT} characters"));
        } else if !is_plain_text(value) {
            self.refuse(field, Rule::Malformed, None, "text without control characters");
        } else if alike::shows_nothing(value) {
            return None;
        }
        Some(value.to_owned())
    }

    /// An address of the web, where there is one.
    pub fn web_address(&mut self, field: &str, value: Option<&str>) -> Option<String> {
        let address = self.text(field, value)?;
        let web = url::Url::parse(&address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !web || address.contains(char::is_whitespace) {
            self.refuse(field, Rule::Malformed, Some(&address), "an address with http:// or https://");
        }
        Some(address)
    }

    /// A code that a person or a programme chose: letters, digits, `.`, `_` and `-`.
    pub fn new_code(&mut self, field: &str, value: &str) {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        // A code that could be an identifier would name two records.
        let identifier = uuid::Uuid::parse_str(value).is_ok();
        if value.is_empty() || value.len() > LONGEST_CODE || identifier || !value.chars().all(fits) {
            let expected = format!("1 to {LONGEST_CODE} of A-Z a-z 0-9 . _ - that are no UUID");
            self.refuse(field, Rule::Malformed, Some(value), expected);
        }
    }

    /// That a code can be part of an address and the name of a file everywhere: what a record carries already may stay.
    pub fn file_code(&mut self, field: &str, value: &str) {
        if !file_name::is_safe(value) && !self.carried.contains(value) {
            let expected = "a code that neither begins nor ends with a dot, has no ending like that of a file, and is no name \
                            that a system keeps for itself";
            self.refuse(field, Rule::Malformed, Some(value), expected);
        }
    }

    /// A code of a controlled list; `default` where none is given. Retired codes are refused in new entries.
    pub fn term(&mut self, field: &str, vocabulary: &str, value: Option<&str>, default: Option<&str>) -> String {
        let Some(code) = value.map(str::trim).filter(|value| !value.is_empty()).or(default) else {
            self.refuse(field, Rule::Required, None, self.code_of(vocabulary));
            return String::new();
        };
        if code != TOTAL && self.register.vocabulary().has(SPECIAL, code) {
            return code.to_owned();
        }
        match self.register.vocabulary().term(vocabulary, code) {
            Some(term) if term.retired && !self.from_file && !self.carried.contains(code) => {
                let expected = match &term.replaced_by {
                    Some(_) => {
                        let successor = self.register.vocabulary().successor(vocabulary, code);
                        format!("`{successor}`, which took its place, or {}", self.code_of(vocabulary))
                    }
                    None => self.code_of(vocabulary),
                };
                self.refuse(field, Rule::RetiredCode, Some(code), expected)
            }
            Some(term) if term.retired => self.register.note_retired(vocabulary, code),
            Some(_) => {}
            None => self.refuse(field, Rule::UnknownCode, Some(code), self.code_of(vocabulary)),
        }
        code.to_owned()
    }

    /// A code to ask for: retired ones too, because records still carry them.
    pub fn known_term(&mut self, field: &str, vocabulary: &str, code: &str) {
        let known = self.register.vocabulary();
        let special = code != TOTAL && known.has(SPECIAL, code);
        if !special && !known.has(vocabulary, code) {
            let rule = if code.is_empty() { Rule::Required } else { Rule::UnknownCode };
            self.refuse(field, rule, Some(code), self.code_of(vocabulary));
        }
    }

    /// A code to ask for of a list whose codes lie in one another: `X._U` too, where X has narrower terms.
    pub fn known_level(&mut self, field: &str, vocabulary: &str, code: &str) {
        let known = self.register.vocabulary();
        let broader = code.strip_suffix(NO_FURTHER).filter(|broader| known.has(vocabulary, broader));
        match broader.filter(|_| !known.has(vocabulary, code)) {
            Some(broader) if known.has_narrower(vocabulary, broader) => {}
            Some(broader) => {
                let expected = format!("`{broader}`: no code lies in it, so that nothing is known further");
                self.refuse(field, Rule::UnknownCode, Some(code), expected);
            }
            None => self.known_term(field, vocabulary, code),
        }
    }

    /// The code of a record to ask for, exactly as the record has it.
    pub fn known_code(&mut self, field: &str, noun: Noun, code: &str) {
        let special = code != TOTAL && self.register.vocabulary().has(SPECIAL, code);
        let plausible = !code.contains(char::is_control) && uuid::Uuid::parse_str(code).is_err();
        match if plausible { self.register.find(noun, code) } else { Ok(None) } {
            Ok(None) if !special => {
                self.refuse(field, Rule::UnknownRecord, Some(code), format!("the code of {}", noun.one()))
            }
            Ok(_) => {}
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn code_of(&self, vocabulary: &str) -> String {
        let codes: Vec<_> = self.register.vocabulary().active(vocabulary).map(|term| term.code.as_str()).collect();
        let shown = codes.iter().take(60).copied().collect::<Vec<_>>().join(", ");
        let more = if codes.len() > 60 { ", ..." } else { "" };
        format!("a code of the vocabulary `{vocabulary}`: {shown}{more}")
    }

    /// One of the words that the programme itself knows.
    pub fn word<T: Copy>(&mut self, field: &str, words: &[(&str, T)], value: Option<&str>, default: T) -> T {
        let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) else { return default };
        if let Some((_, word)) = words.iter().find(|(name, _)| *name == value) {
            return *word;
        }
        let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
        self.refuse(field, Rule::UnknownCode, Some(value), format!("one of {}", names.join(", ")));
        default
    }

    /// Another record, by code or identifier.
    pub fn reference(&mut self, field: &str, noun: Noun, value: Option<&str>) -> Option<RecordId> {
        let key = value.map(str::trim).filter(|value| !value.is_empty())?;
        // No code holds a control character, and PostgreSQL takes no NUL.
        let found = if key.contains(char::is_control) { Ok(None) } else { self.register.find(noun, key) };
        match found {
            Ok(Some(id)) => return Some(id),
            Ok(None) => self.refuse(field, Rule::UnknownRecord, Some(key), format!("the code or id of {}", noun.one())),
            Err(fault) => self.fault = Some(fault),
        }
        None
    }

    /// Another record that must be named.
    pub fn required_reference(&mut self, field: &str, noun: Noun, value: Option<&str>) -> RecordId {
        if value.is_none_or(|value| value.trim().is_empty()) {
            self.refuse(field, Rule::Required, None, format!("the code or id of {}", noun.one()));
        }
        self.reference(field, noun, value).unwrap_or(RecordId(uuid::Uuid::nil()))
    }

    /// The account that owns a person; the one that enters it where none is named, and nobody still where nobody did. A file says
    /// by `_Z` that nobody does.
    pub fn owner(&mut self, field: &str, value: Option<&str>) -> RecordId {
        let own = self.register.own_account();
        let Some(name) = value.map(str::trim).filter(|value| !value.is_empty()) else {
            return if self.unowned { self.register.nobody() } else { own };
        };
        if self.from_file && name == NOT_APPLICABLE {
            return self.register.nobody();
        }
        let anew = !self.carried.contains(name);
        self.account(field, name, anew)
    }

    /// The account whose persons are asked for, though it may sign in no more.
    pub fn known_owner(&mut self, field: &str, name: &str) -> RecordId {
        self.account(field, name, false)
    }

    fn account(&mut self, field: &str, name: &str, anew: bool) -> RecordId {
        let found = if name.contains(char::is_control) { Ok(None) } else { self.register.account(name, anew) };
        match found {
            Ok(Some(id)) => return id,
            Ok(None) => self.refuse(field, Rule::UnknownRecord, Some(name), "the name of a caseworker or publisher"),
            Err(fault) => self.fault = Some(fault),
        }
        self.register.own_account()
    }

    /// The value, if nothing was wrong.
    ///
    /// # Errors
    /// All that was wrong, or the look-up that failed.
    pub fn finish<T>(self, value: T) -> Result<T, CheckError> {
        if let Some(fault) = self.fault {
            return Err(fault.into());
        }
        if self.errors.is_empty() { Ok(value) } else { Err(Invalid(self.errors).into()) }
    }
}

/// Whether a text holds nothing but what can be seen, line breaks and tabs.
pub fn is_plain_text(text: &str) -> bool {
    !text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || turns_text(c))
}

/// Whether a character makes what follows read in another direction, so that a text shows other than it is.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
