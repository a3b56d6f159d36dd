//! What choices were called when a page last offered them. A page that tells of a failure can read nothing, and what was chosen
//! came as a code.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::exchange::formats::Language;

/// What each code is called.
type Labels = HashMap<String, String>;

/// By language and field, what each code was called. Every choice of a page is remembered, so none may hold what some may not see.
#[derive(Debug, Default)]
pub struct Offered(Mutex<HashMap<(&'static str, String), Labels>>);

/// A field of a row is the same in each: `involvements[1].role` and `involvements[0].role`.
fn key(language: Language, field: &str) -> (&'static str, String) {
    let in_rows: Vec<_> = field.split(['[', ']']).step_by(2).collect();
    (language.code(), in_rows.concat())
}

impl Offered {
    /// Remembers the codes of a field, and what they are called.
    pub fn remember(&self, language: Language, field: &str, options: &[(String, String)]) {
        let mut offered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let called = offered.entry(key(language, field)).or_default();
        let named = options.iter().filter(|(code, _)| !code.is_empty());
        for (code, label) in named {
            if called.get(code) != Some(label) {
                called.insert(code.clone(), label.clone());
            }
        }
    }

    /// What a code of a field was called; none where this process has not offered it.
    pub fn called(&self, language: Language, field: &str, code: &str) -> Option<String> {
        let offered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        offered.get(&key(language, field))?.get(code).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_known_in_every_row_and_in_its_language_alone() {
        let offered = Offered::default();
        let options = [("", "–"), ("relatives", "Relatives")].map(|(code, label)| (code.to_owned(), label.to_owned()));
        offered.remember(Language::English, "involvements[0].actor", &options);
        let called = |language, field, code| offered.called(language, field, code);
        assert_eq!(called(Language::English, "involvements[7].actor", "relatives").as_deref(), Some("Relatives"));
        for (language, field, code) in [
            (Language::Russian, "involvements[0].actor", "relatives"),
            (Language::English, "actor", "relatives"),
            (Language::English, "involvements[0].actor", ""),
        ] {
            assert_eq!(called(language, field, code), None, "{field} {code}");
        }
    }
}
