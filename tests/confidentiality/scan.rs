//! Looks for words wherever they could have gone, in all the spellings in which they could lie there.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::desk::words;
use crate::support::{Backend, Home};

/// A spelling of a word: its name and its bytes.
pub type Spelling = (String, Vec<u8>);

/// A word as it is, and encoded in every usual way.
pub fn spellings(word: &str) -> Vec<Spelling> {
    let mut all: Vec<(&str, Vec<u8>)> = vec![
        ("utf-8", word.into()),
        ("lower case", word.to_lowercase().into()),
        ("upper case", word.to_uppercase().into()),
        ("utf-16 le", word.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("utf-16 be", word.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("hex", HEXLOWER.encode(word.as_bytes()).into()),
        ("hex, capitals", HEXUPPER.encode(word.as_bytes()).into()),
        ("hex of utf-16", HEXLOWER.encode(&word.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).into()),
        ("percent", word.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>().into()),
        ("percent, lower case", word.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>().into()),
        ("json", word.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>().into()),
        ("json, capitals", word.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect::<String>().into()),
        ("rust", word.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect::<String>().into()),
        ("entities", word.chars().map(|c| format!("&#{};", u32::from(c))).collect::<String>().into()),
        ("entities, hex", word.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect::<String>().into()),
        ("bytes", word.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ").into()),
    ];
    for before in 0..3 {
        let bytes = [&[0; 2][..before], word.as_bytes()].concat();
        // The first and the last letter may hold bits of what stands beside the word.
        let letters = [0, 2, 3][before]..bytes.len() * 8 / 6;
        all.push(("base64", BASE64_NOPAD.encode(&bytes)[letters.clone()].into()));
        all.push(("base64url", BASE64URL_NOPAD.encode(&bytes)[letters].into()));
    }
    all.into_iter().map(|(name, bytes)| (format!("{word} as {name}"), bytes)).collect()
}

fn holds(hay: &[u8], needle: &[u8]) -> bool {
    let (first, mut rest) = (needle[0], hay);
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        rest = &rest[at..];
        if rest.starts_with(needle) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// Which spellings are in some bytes.
pub fn hits(place: &str, hay: &[u8], spellings: &[Spelling]) -> Vec<String> {
    let there = spellings.iter().filter(|(_, needle)| holds(hay, needle));
    there.map(|(name, _)| format!("{place}: {name}")).collect()
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Where the server's files of a PostgreSQL database are, as the URL tells.
pub fn cluster(home: &Home) -> PathBuf {
    let host = home.url.split("host=").nth(1).unwrap().split('&').next().unwrap();
    PathBuf::from(host)
}

/// Which spellings are in a file. One that has gone since it was listed, as the journals of a database do, has none.
fn hits_in(file: &Path, spellings: &[Spelling]) -> Vec<String> {
    match std::fs::read(file) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => hits(&file.display().to_string(), &read.unwrap(), spellings),
    }
}

/// Everything in a PostgreSQL database: its tables with what the server notes of them, and the files that hold it.
fn postgres(home: &Home, spellings: &[Spelling]) -> Vec<String> {
    let mut found = Vec::new();
    let own = "SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = 'public'";
    let tables = words(home, own);
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables.iter().map(String::as_str).chain(["pg_statistic", "pg_stats"]) {
        let rows: Vec<Line> =
            diesel::sql_query(format!("SELECT t::text AS value FROM {table} t")).load(&mut home.connect()).unwrap();
        let text = rows.into_iter().map(|row| row.value).collect::<Vec<_>>().join("\n");
        found.extend(hits(table, text.as_bytes(), spellings));
    }
    home.sql("CHECKPOINT");
    let number = words(home, "SELECT oid::text AS value FROM pg_database WHERE datname = current_database()").remove(0);
    for file in files(&cluster(home).join("data/base").join(number)) {
        found.extend(hits_in(&file, spellings));
    }
    let log = std::fs::read(cluster(home).join("log")).unwrap();
    found.extend(hits("the log of PostgreSQL", &log, spellings));
    found
}

/// Which spellings are in the database, in its files, or anywhere in the folder of a test.
pub fn everywhere(home: &Home, spellings: &[Spelling]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(&home.folder) {
        found.extend(hits_in(&file, spellings));
    }
    match home.backend {
        Backend::Sqlite => {}
        Backend::Postgres => found.extend(postgres(home, spellings)),
    }
    found
}
