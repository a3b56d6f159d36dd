//! Pages in Russian are in Russian: whatever stands on both pages with the same Latin words was not translated.

use std::collections::BTreeSet;
use std::path::Path;

use super::addresses::{everybody, in_language, pages};
use super::html::Page;
use crate::support::people::Browser;
use crate::support::{App, on_both};

on_both! {
    released:
    nothing_on_a_russian_page_is_left_in_english,
}

/// What is called the same everywhere: our own name, languages, formats, and what is on both sides of a sign-in here.
const NAMES: [&str; 22] = [
    "Attest",
    "English",
    "JSON",
    "CSV",
    "JSON-stat",
    "Excel",
    "Vega-Lite",
    "SVG",
    "HTML",
    "curl",
    "Python",
    "R",
    "API",
    "SDMX",
    "Parquet",
    "TOTP",
    "UTC",
    "Base32",
    "Swagger",
    "ISO",
    "EDTF",
    "Ed25519",
];

/// Everything that the founding data set says, and what the tests enter: data, and no phrase of ours.
fn data() -> String {
    fn read(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, text);
            } else {
                text.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let mut text = concat!(include_str!("../support/samples.rs"), include_str!("addresses.rs")).to_owned();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed-data"), &mut text);
    text
}

/// Whether it has a word of English.
fn is_english(text: &str, data: &str) -> bool {
    let cyrillic = text.chars().any(|c| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё'));
    let word = |word: &str| {
        let letters = word.trim_matches(|c: char| !c.is_alphanumeric());
        let plain = letters.len() >= 3 && letters.chars().all(|c| c.is_ascii_alphabetic());
        plain && !NAMES.contains(&letters)
    };
    !cyrillic && text.split(' ').any(word) && !data.contains(text)
}

fn nothing_on_a_russian_page_is_left_in_english(app: &App) {
    let people = everybody(app);
    let nobody = Browser::new(app);
    let data = data();
    let mut left = BTreeSet::new();
    for page in pages(app) {
        let reader = people.iter().find(|(role, _)| page.roles.contains(role)).map_or(&nobody, |(_, browser)| browser);
        let read = |language: &str| Page::read(&reader.get(&in_language(language, &page.address)).text()).words();
        let english: BTreeSet<_> = read("en").into_iter().collect();
        let same = read("ru").into_iter().filter(|text| english.contains(text) && is_english(text, &data));
        left.extend(same.map(|text| format!("{}: {text}", page.route)));
    }
    let all: Vec<_> = left.iter().map(String::as_str).collect();
    assert!(all.is_empty(), "{} texts:\n{}", all.len(), all.join("\n"));
}

#[test]
fn english_is_told_from_names_and_data() {
    let data = "code,label\nRU-CE,Russian LGBT Network";
    for (text, english) in [
        ("Make a token", true),
        ("Tokens", true),
        ("Скачать CSV", false),
        ("CSV", false),
        ("2026-11-23 05:15 UTC", false),
        ("Russian LGBT Network", false),
        ("some-publisher", false),
    ] {
        assert_eq!(is_english(text, data), english, "{text}");
    }
}
