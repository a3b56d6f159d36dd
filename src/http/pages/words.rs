//! The words of pages. Pages are written in English; each phrase has a line in the file of every other language.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::exchange::formats::Language;

use super::here;

/// Phrases in Russian, by group of pages: English, a tab, Russian. Drafts, until somebody whose language it is has read them.
const RUSSIAN: [&str; 5] = [
    include_str!("words/frame.ru.tsv"),
    include_str!("words/public.ru.tsv"),
    include_str!("words/desk.ru.tsv"),
    include_str!("words/office.ru.tsv"),
    include_str!("words/research.ru.tsv"),
];

static IN_RUSSIAN: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| lines().filter(|(_, russian)| !russian.is_empty()).collect());

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
    let mut said = String::new();
    let mut parts = t(english).split("{}");
    said.push_str(parts.next().unwrap_or_default());
    for (part, value) in parts.zip(values) {
        said.push_str(&value.to_string());
        said.push_str(part);
    }
    said
}
