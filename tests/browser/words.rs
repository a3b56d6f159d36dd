//! Every phrase of a page has its line in Russian, and no line is there for nothing. Read from the sources as they are now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")
}

/// A string in a source: what stands before it and after it, and what it says.
struct Literal {
    before: String,
    text: String,
    after: String,
    raw: bool,
}

/// The strings of a Rust source.
fn literals(source: &str) -> Vec<Literal> {
    let (bytes, mut at, mut found) = (source.as_bytes(), 0, Vec::new());
    while at < bytes.len() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            at += rest[1..].find("'").unwrap() + 2;
        } else if rest.starts_with("r\"")
            || rest.starts_with("r#") && rest.trim_start_matches(['r', '#']).starts_with('"')
        {
            let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
            let (open, close) = (hashes + 2, format!("\"{}", "#".repeat(hashes)));
            let Some(end) = rest[open..].find(&close) else { break };
            found.push(literal(source, at, rest[open..open + end].to_owned(), at + open + end + close.len(), true));
            at += open + end + close.len();
        } else if let Some(inside) = rest.strip_prefix('"') {
            let (text, length) = unescaped(inside);
            found.push(literal(source, at, text, at + 1 + length, false));
            at += 1 + length;
        } else {
            at += rest.chars().next().unwrap().len_utf8();
        }
    }
    found
}

fn literal(source: &str, start: usize, text: String, end: usize, raw: bool) -> Literal {
    let before: String = source[..start].trim_end().chars().rev().take(16).collect();
    let after = source[end..].trim_start().chars().take(4).collect();
    Literal { before: before.chars().rev().collect(), text, after, raw }
}

/// What follows the opening quote up to the closing one, and how long it is with it.
fn unescaped(rest: &str) -> (String, usize) {
    let (mut text, mut chars) = (String::new(), rest.char_indices().peekable());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, at + 1),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => text.push('\n'),
                Some('\n') => while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {},
                Some('u') => {
                    let code: String =
                        chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '}').filter(|c| *c != '{').collect();
                    text.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                }
                Some(other) => text.push(other),
                None => break,
            },
            c => text.push(c),
        }
    }
    (text, rest.len())
}

/// The phrases of a template: strings that go through the filter.
fn phrases_of_template(template: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (open, close) in [("{{", "}}"), ("{%", "%}")] {
        for part in template.split(open).skip(1) {
            let code = part.split(close).next().unwrap_or_default();
            let through = |literal: &Literal| {
                literal.after.starts_with("|t") || literal.after.starts_with("| t") || calls(&literal.before)
            };
            found.extend(literals(code).into_iter().filter(through).map(|literal| literal.text));
        }
    }
    found
}

/// Whether what stands before a string hands it to one of the functions that translate.
fn calls(before: &str) -> bool {
    let Some(name) = before.trim_end().strip_suffix('(') else { return false };
    let word = name.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    matches!(word, "t" | "say")
}

/// Whether a string reads as a phrase, wherever it comes to the page: through a list or a function, for one.
fn is_phrase(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.next().is_some_and(char::is_lowercase) && text.contains(' ')
}

/// A phrase without the names of its values: `{}` for `{most}`.
fn without_names(text: &str) -> String {
    let mut parts = text.split('{');
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, after) = part.split_once('}').unwrap_or(("", part));
        said.push_str("{}");
        said.push_str(after);
    }
    said
}

/// Whether a phrase with values has this text among what it says: `the code of a {}` has `the code of a person`.
fn fits(text: &str, phrase: &str) -> bool {
    let mut parts = phrase.split("{}");
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    // A phrase of values alone says anything.
    let says = phrase.chars().filter(|c| c.is_alphabetic()).count() >= 6;
    says && parts.all(|part| match rest.split_once(part) {
        _ if part.is_empty() => true,
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Every phrase that pages translate, with the file that has it.
fn phrases() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let pages = [sources().join("pages.rs")].into_iter().chain(files(&sources().join("pages"), &[".rs", ".html"]));
    for path in pages {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(sources()).unwrap().display().to_string();
        let all = if path.extension().is_some_and(|ending| ending == "html") {
            phrases_of_template(&text)
        } else {
            let mut all = Vec::new();
            for literal in literals(&text) {
                if literal.raw {
                    all.extend(phrases_of_template(&literal.text));
                } else if calls(&literal.before) {
                    all.push(literal.text);
                } else if is_phrase(&literal.text) {
                    all.push(without_names(&literal.text));
                }
            }
            all
        };
        // What has no letters is the same in every language.
        let said = all.into_iter().filter(|phrase| phrase.contains(char::is_alphabetic));
        found.extend(said.map(|phrase| (phrase, name.clone())));
    }
    found
}

/// The lines of the files: English, Russian, and the file.
fn lines() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for path in files(&sources().join("pages/words"), &[".tsv"]) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (at, line) in std::fs::read_to_string(&path).unwrap().lines().enumerate() {
            let parts: Vec<_> = line.split('\t').collect();
            let [english, russian] = parts[..] else { panic!("{name} line {}: not two parts: {line}", at + 1) };
            found.push((english.to_owned(), russian.to_owned(), name.clone()));
        }
    }
    found
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{} {what}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_phrase_of_a_page_has_its_russian() {
    let phrases = phrases();
    assert!(phrases.len() >= 10 && phrases.contains_key("Skip to the content"), "{phrases:?}");
    let known: BTreeSet<_> = lines().into_iter().map(|(english, ..)| english).collect();
    let missing = phrases.iter().filter(|(phrase, _)| !known.contains(*phrase));
    let missing: Vec<_> = missing.map(|(phrase, file)| format!("{file}: {phrase}")).collect();
    assert_none("phrases without a line in words/*.ru.tsv", &missing);
}

#[test]
fn every_line_of_the_russian_is_used_and_is_russian() {
    // A phrase may come to the page by a name, so whatever a source says between quotes counts as said.
    let mut said = BTreeSet::new();
    for path in files(&sources().join(".."), &[".rs", ".html"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        if path.extension().is_some_and(|ending| ending == "html") {
            said.extend(phrases_of_template(&text));
            said.extend(literals(&text).into_iter().map(|literal| literal.text));
        } else {
            for literal in literals(&text) {
                said.extend(phrases_of_template(&literal.text));
                said.insert(without_names(&literal.text));
                said.insert(literal.text);
            }
        }
    }
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::new());
    for (english, russian, file) in lines() {
        let said_so = said.contains(&english)
            || file == "errors.ru.tsv" && said.iter().any(|phrase| phrase.contains("{}") && fits(&english, phrase));
        if !said_so {
            wrong.push(format!("{file}: nobody says `{english}`"));
        }
        if !russian.chars().any(|c| matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё')) {
            wrong.push(format!("{file}: not Russian: {english} = {russian}"));
        }
        if english.matches("{}").count() != russian.matches("{}").count() {
            wrong.push(format!("{file}: other places for values: {english} = {russian}"));
        }
        if let Some((other, before)) = seen.insert(english.clone(), (file.clone(), russian.clone())) {
            let differs = before != russian || other == file;
            wrong.extend(differs.then(|| format!("{file}, {other}: twice: {english} = {russian}, {before}")));
        }
    }
    assert_none("lines that are wrong", &wrong);
}

#[test]
fn what_the_domain_says_is_said_in_russian_with_its_values() {
    for (english, russian) in [
        ("a value", Some("значение")),
        ("the code or id of an event", Some("код или id эпизода")),
        ("one of F, M", Some("одно из: F, M")),
        ("a day not after today, 2026-11-23", Some("день не позже сегодняшнего, 2026-11-23")),
        (
            "`arrest`, which took its place, or a code of the vocabulary `kind`: arrest, death",
            Some("`arrest`, который его заменил, или код из словаря `kind`: arrest, death"),
        ),
        ("a thing that nobody ever said", None),
    ] {
        assert_eq!(attest::http::pages::words::in_russian(english).as_deref(), russian, "{english}");
    }
    assert!(fits("the code of a person", "the code of {}") && !fits("the code of a person", "the name of {}"));
    assert!(!fits("anything", "{}: {}"), "a phrase of values alone says anything");
}

#[test]
fn phrases_are_found_however_they_are_written() {
    let rust = "fn a() { say(\n    \"Two \\\n     {}\", &[]); t(\"It's \\\"so\\\"\"); words::t(\"C\"); Field::new(\"no\", \"no\"); '\"' }";
    let found: Vec<_> = literals(rust).into_iter().filter(|one| calls(&one.before)).map(|one| one.text).collect();
    assert_eq!(found, ["Two {}", "It's \"so\"", "C"]);
    assert!(is_phrase("Asked for") && !is_phrase("Content-Type") && !is_phrase("POST /desk") && !is_phrase("no title"));
    let template =
        "<p title=\"no\">{{ \"A\"|t }} {% if x %}{{ crate::words::say(\"B {}\", y) }}{% endif %}{{ \"no\" }}</p>";
    assert_eq!(phrases_of_template(template), ["A", "B {}"]);
}
