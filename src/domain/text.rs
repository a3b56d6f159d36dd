//! Personal text: what names somebody, or says where they are. It is kept apart from the coded record, is ciphertext before
//! it reaches the database, and leaves only by addresses of its own.

use std::collections::BTreeMap;
use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use super::alike;
use super::check::{FieldError, Invalid, Rule, is_plain_text};
use super::entry::Fields;

/// A field of personal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextField {
    pub name: &'static str,
    /// The most that it takes, in characters.
    pub longest: usize,
    pub description: &'static str,
}

/// A text that no log and no error message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Private(Zeroizing<String>);

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(private)")
    }
}

impl Private {
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What an entry or correction says of fields of personal text: the new text, or none where the field is emptied. What is not
/// named stays as it is.
pub type Texts = BTreeMap<&'static str, Option<Private>>;

macro_rules! text_fields {
    ($($list:ident { $($name:literal $longest:literal $description:literal;)* })*) => {
        $(pub const $list: &[TextField] = &[
            $(TextField { name: $name, longest: $longest, description: $description },)*
        ];)*
    };
}

text_fields! {
    OF_PERSON {
        "name" 400 "The person's name.";
        "aliases" 1000 "Other names and spellings, parted by `;`.";
        "contacts" 2000 "How the person can be reached.";
        "safe_contact" 2000 "When and how it is safe to reach the person, and what must not be done.";
        "documents" 1000 "Numbers of documents.";
        "exact_place" 1000 "Where the person is or lives.";
        "narrative" 10000 "What the person tells.";
    }
    OF_INCIDENT {
        "exact_place" 1000 "Where exactly it happened.";
        "documents" 1000 "Numbers of documents and proceedings.";
        "narrative" 10000 "What happened, in words.";
    }
    OF_SOURCE {
        "identity" 400 "Who the source is.";
        "contacts" 2000 "How the source can be reached, and how it is safe to.";
    }
    OF_EVENT {
        "narrative" 10000 "What happened, in words.";
    }
}

/// The code that a person had before it was sealed; kept by Attest itself.
pub const FORMER_CODE: &str = "former_code";

/// Takes the personal text out of what was entered, so that the rest can be read as the coded entry.
///
/// # Errors
/// Every text that is not accepted, by field and never with its value.
pub fn take(fields: &mut Fields, of: &'static [TextField]) -> Result<Texts, Invalid> {
    let (mut texts, mut wrong) = (Texts::new(), Vec::new());
    for field in of {
        let Some(value) = fields.remove(field.name) else { continue };
        match read(field, value) {
            Ok(text) => drop(texts.insert(field.name, text)),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() { Ok(texts) } else { Err(Invalid(wrong)) }
}

fn read(field: &TextField, value: serde_json::Value) -> Result<Option<Private>, FieldError> {
    let refuse = |rule, expected: String| Err(FieldError::new(field.name, rule, None, expected));
    let text = match value {
        serde_json::Value::Null => return Ok(None),
        // Forms and files of some systems end lines in two characters.
        serde_json::Value::String(text) => Zeroizing::new(text.replace("\r\n", "\n")),
        _ => return refuse(Rule::Malformed, "a string".to_owned()),
    };
    let text = text.trim();
    if text.chars().count() > field.longest {
        return refuse(Rule::TooLong, format!("at most {} characters", field.longest));
    }
    if !is_plain_text(text) {
        return refuse(Rule::Malformed, "text without control characters".to_owned());
    }
    Ok((!alike::shows_nothing(text)).then(|| Private::new(text)))
}

/// A text as the search compares it: without case, accents and punctuation, and with е for ё.
pub fn folded(text: &str) -> Zeroizing<String> {
    let mut folded = Zeroizing::new(String::with_capacity(text.len()));
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded
}

/// Whether every word that is asked for begins a word of a text. Both are folded.
pub fn matches(text: &str, asked: &str) -> bool {
    let mut words = asked.split_whitespace().peekable();
    words.peek().is_some() && words.all(|word| text.split(' ').any(|own| own.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whatever_its_case_accents_and_order() {
        for (text, asked) in [
            ("Семён Ёлкин", "елкин"),
            ("Семён Ёлкин", "ЁЛКИН СЕМЕН"),
            ("José-María Ñuñez", "maria nunez"),
            ("O'Brien", "brien o"),
            ("Ли Вэй", "ли"),
            ("Ильяс Гаев", "ильяс гаев"),
        ] {
            assert!(matches(&folded(text), &folded(asked)), "{text}: {asked}");
        }
        for (text, asked) in [("Семён Ёлкин", "семен иванов"), ("Семён", "емен"), ("Семён", ""), ("Семён", " - ")]
        {
            assert!(!matches(&folded(text), &folded(asked)), "{text}: {asked}");
        }
    }

    #[test]
    fn a_text_of_signs_that_nobody_sees_is_none() {
        for blank in ["", " ", "\u{200b}", "\u{3164}", "\u{2800}\n\u{ad}", "\u{fe0f}"] {
            let mut fields = Fields::from_iter([("name".to_owned(), blank.into())]);
            assert_eq!(take(&mut fields, OF_PERSON).unwrap(), Texts::from([("name", None)]), "{blank:?}");
        }
    }

    #[test]
    fn a_private_text_shows_itself_to_no_message() {
        assert_eq!(format!("{:?}", Some(Private::new("canary"))), "Some((private))");
    }
}
