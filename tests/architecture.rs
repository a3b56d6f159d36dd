//! The load-bearing walls: which way dependencies go, what only one file may do, and that every column has a class.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attest::domain::dimension::DIMENSIONS;
use attest::exchange::fields;
use attest::store::backend::{self, Access, DatabaseUrl, Manager};
use attest::store::classes::{Class, TABLES};
use support::{Home, on_both};

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder), &mut found);
    assert!(!found.is_empty(), "no sources in src/{folder}");
    found
}

/// The lines of a source that are no comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn assert_none(folder: &str, words: &[&str], except: &[&str]) {
    for (path, text) in sources(folder) {
        if except.iter().any(|except| path.ends_with(except)) {
            continue;
        }
        for line in code(&text) {
            for word in words {
                assert!(!line.contains(word), "{} says `{word}`: {line}", path.display());
            }
        }
    }
}

#[test]
fn the_domain_knows_no_web_no_database_no_environment_and_no_clock() {
    let words =
        ["actix", "diesel", "std::env", "Utc::now", "SystemTime", "crate::store", "crate::exchange", "crate::http"];
    assert_none("domain", &words, &[]);
}

#[test]
fn the_store_knows_no_web_and_nothing_above_it() {
    assert_none("store", &["actix", "crate::exchange", "crate::http", "crate::config", "crate::commands"], &[]);
}

#[test]
fn the_keys_know_no_web_and_no_database() {
    assert_none("keys", &["actix", "diesel", "crate::store", "crate::exchange", "crate::http", "crate::config"], &[]);
}

#[test]
fn the_exchange_knows_no_web() {
    assert_none("exchange", &["actix", "crate::http", "crate::config", "crate::commands"], &[]);
}

#[test]
fn the_web_asks_the_store_and_never_the_database() {
    assert_none("http", &["diesel", "store::schema"], &[]);
}

/// What the public side may take from the store: what is published and what is released, and the handle and error to ask for it.
const PUBLIC_MAY: [&str; 4] = ["published", "released", "database::Store", "error::StoreError"];

#[test]
fn the_public_side_cannot_reach_records() {
    let mut seen = 0;
    let mut all = sources("http/pages");
    all.retain(|(path, _)| path.to_string_lossy().contains("/pages/public"));
    assert!(all.len() >= 10, "the public pages");
    for (path, text) in &all {
        // Nor do they look who is signed in: they are the same for everybody.
        for line in code(text) {
            let session = ["visit::", "Visit<", "form::", "Posted<", "cookies", "sign_in", "Permit"];
            assert!(!session.iter().any(|word| line.contains(word)), "{}: {line}", path.display());
        }
    }
    all.extend(sources("http/public"));
    for (path, text) in all {
        for line in code(&text) {
            for named in line.split("store::").skip(1) {
                assert!(PUBLIC_MAY.iter().any(|may| named.starts_with(may)), "{}: {line}", path.display());
                seen += 1;
            }
            // The whole store is not taken under another name.
            let whole = ["crate::store;", "crate::store as", "crate::{", "super::super", "store::{", "store::*"];
            assert!(!whole.iter().any(|word| line.contains(word)), "{}: {line}", path.display());
            let staff = ["crate::http::staff", "store.read(", "store.write(", ".read(actor"];
            assert!(!staff.iter().any(|word| line.contains(word)), "{}: {line}", path.display());
        }
    }
    assert!(seen >= 5, "the public side asks the store for something");
}

#[test]
fn only_the_backend_names_a_database() {
    let words = ["PgConnection", "SqliteConnection", "Conn::Postgres", "Conn::Sqlite", "sql_query"];
    let except = ["clock", "journal", "probing", "reading", "types", "version", "wiping", "writing"];
    let except: Vec<_> = except.iter().map(|file| format!("backend/{file}.rs")).collect();
    let except: Vec<_> = ["backend.rs"].into_iter().chain(except.iter().map(String::as_str)).collect();
    assert_none("store", &words, &except);
}

#[test]
fn rows_of_tables_are_never_written_out() {
    assert_none("store", &["Serialize"], &[]);
}

#[test]
fn no_query_error_becomes_a_number() {
    assert_none("store", &[".unwrap_or(0)", ".ok()?", ".ok();"], &[]);
}

#[test]
fn every_source_of_the_library_has_a_purpose_in_its_first_line() {
    for (path, text) in sources("") {
        assert!(text.starts_with("//! "), "{} does not say what it is for", path.display());
    }
}

#[test]
fn no_source_is_longer_than_a_room() {
    for (path, text) in sources("") {
        // The tables are one list.
        if path.ends_with("schema.rs") {
            continue;
        }
        let lines = text.lines().count();
        assert!(lines <= 420, "{} has {lines} lines", path.display());
    }
}

on_both!(bare: every_column_of_the_live_schema_has_a_class);

fn live(home: &Home) -> BTreeSet<(String, String)> {
    let url = DatabaseUrl::parse(&home.url).unwrap();
    let mut conn = Manager::new(url, Access::Read).open().unwrap();
    backend::live_columns(&mut conn).unwrap().into_iter().collect()
}

fn every_column_of_the_live_schema_has_a_class(home: &Home) {
    let mut classed = BTreeSet::new();
    for table in TABLES {
        for (column, class) in table.columns() {
            assert!(classed.insert((table.name.to_owned(), column.to_owned())), "{}.{column} twice", table.name);
            // Personal text is ciphertext, and lies in one place; a file that waits for its job in another.
            let personal = class == Class::Personal;
            let kept = [("personal_texts", "ciphertext"), ("jobs", "payload")].contains(&(table.name, column));
            assert_eq!(personal, kept, "{}.{column}", table.name);
        }
    }
    assert_eq!(classed, live(home));
}

#[test]
fn every_vocabulary_that_a_column_or_dimension_names_is_installed() {
    use attest::domain::dimension::Values;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed-data/vocabularies");
    let installed: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let named = fields::of::<attest::domain::person::PersonEntry>()
        .into_iter()
        .chain(fields::of::<attest::domain::incident::IncidentEntry>())
        .chain(fields::of::<attest::domain::source::SourceEntry>())
        .chain(fields::of::<attest::domain::consent::ConsentEntry>());
    let mut named: BTreeSet<String> =
        named.flat_map(|field| field.vocabularies().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(named.contains("kind") && named.contains("ground") && named.contains("source_type"), "{named:?}");
    named.extend(DIMENSIONS.iter().filter_map(|dimension| match dimension.values {
        Values::Vocabulary { name, .. } => Some(name.to_owned()),
        _ => None,
    }));
    assert!(named.is_subset(&installed), "{named:?} of {installed:?}");
}
