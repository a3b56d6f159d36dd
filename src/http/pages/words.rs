//! The words of pages. Pages are written in English; each phrase has a line in the file of every other language.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::exchange::formats::Language;

use super::here;

/// What the domain and the store say of what is not accepted.
const ERRORS: &str = include_str!("words/errors.ru.tsv");

/// Phrases in Russian, by group of pages: English, a tab, Russian. Drafts, until somebody whose language it is has read them.
const RUSSIAN: [&str; 6] = [
    ERRORS,
    include_str!("words/frame.ru.tsv"),
    include_str!("words/public.ru.tsv"),
    include_str!("words/desk.ru.tsv"),
    include_str!("words/office.ru.tsv"),
    include_str!("words/research.ru.tsv"),
];

static IN_RUSSIAN: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| lines().filter(|(_, russian)| !russian.is_empty()).collect());

/// The phrases of the domain and the store with values in them: what stands before, between and after the values, and the
/// Russian. Those that say most come first.
static SENTENCES: LazyLock<Vec<(Vec<&str>, &str)>> = LazyLock::new(|| {
    let with_values =
        ERRORS.lines().filter_map(|line| line.split_once('\t')).filter(|(english, _)| english.contains("{}"));
    let mut sentences: Vec<(Vec<_>, _)> =
        with_values.map(|(english, russian)| (english.split("{}").collect(), russian)).collect();
    sentences.sort_by_key(|(parts, _)| Reverse(parts.iter().map(|part| part.len()).sum::<usize>()));
    sentences
});

/// Every line of the files.
pub fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    RUSSIAN.into_iter().flat_map(str::lines).filter_map(|line| line.split_once('\t'))
}

/// A phrase in the reader's language; as it is where nobody has translated it.
pub fn t(english: &str) -> &str {
    match here::language() {
        Language::English => english,
        Language::Russian => IN_RUSSIAN.get(english).copied().unwrap_or(english),
    }
}

/// A phrase with `{}` in the places of values, in their order.
pub fn say(english: &str, values: &[&dyn std::fmt::Display]) -> String {
    filled(t(english), values.iter().map(ToString::to_string))
}

/// What the domain or the store said in English, with its values in it, in the reader's language; as it is where no phrase fits.
pub fn retold(english: &str) -> Cow<'_, str> {
    match here::language() {
        Language::English => english.into(),
        Language::Russian => in_russian(english).unwrap_or(english.into()),
    }
}

/// The Russian of what the domain or the store said; `None` where no phrase fits.
pub fn in_russian(english: &str) -> Option<Cow<'static, str>> {
    if let Some(russian) = IN_RUSSIAN.get(english) {
        return Some((*russian).into());
    }
    let (values, russian) = SENTENCES.iter().find_map(|(parts, russian)| Some((values(english, parts)?, *russian)))?;
    // A value may be a sentence itself; a word alone is a code.
    let say = |value: &str| {
        let sentence = if value.contains(' ') { in_russian(value) } else { None };
        sentence.map_or_else(|| value.to_owned(), Cow::into_owned)
    };
    Some(filled(russian, values.into_iter().map(say)).into())
}

/// The values in a sentence that a phrase with `{}` in their places makes; none where it makes another one.
pub fn values_of<'s>(sentence: &'s str, phrase: &str) -> Option<Vec<&'s str>> {
    if sentence == phrase { Some(Vec::new()) } else { values(sentence, &phrase.split("{}").collect::<Vec<_>>()) }
}

/// What stands in a sentence between the parts of a phrase.
fn values<'s>(sentence: &'s str, parts: &[&str]) -> Option<Vec<&'s str>> {
    let [first, between @ .., last] = parts else { return None };
    let mut rest = sentence.strip_prefix(first)?.strip_suffix(last)?;
    let mut values = Vec::new();
    for part in between {
        let (value, after) = rest.split_once(part)?;
        values.push(value);
        rest = after;
    }
    values.push(rest);
    Some(values)
}

/// A phrase with values in the places of `{}`.
fn filled(phrase: &str, values: impl Iterator<Item = String>) -> String {
    let mut parts = phrase.split("{}");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for (part, value) in parts.zip(values) {
        said.push_str(&value);
        said.push_str(part);
    }
    said
}
