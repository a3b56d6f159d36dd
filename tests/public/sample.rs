//! Releases that tests make up, as publishing would leave them.

use std::collections::BTreeMap;

use attest::domain::aggregate::Measure;
use attest::domain::check::parse_day;
use attest::domain::count::{Bound, Count, Qualifier};
use attest::domain::record::Instant;
use attest::domain::release::content::{
    Axis, Basis, Cell, Content, FORMAT, PERSONS, PublicTerm, SignedFigure, Table, Texts, Value,
};
use attest::domain::vocabulary::{Review, TOTAL, TermText};
use attest::http::public::shelf::{Snapshot, Standing};
use attest::store::released::{self, Released};
use chrono::{TimeZone, Utc};
use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};

pub const GROUNDS: [&str; 4] = ["detained_tortured", "relative_of_victim", "_U", "_O"];
pub const KINDS: [&str; 3] = ["abduction", "detention", "evacuation"];

pub fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn english(text: &str) -> Texts {
    BTreeMap::from([("en".to_owned(), text.to_owned())])
}

pub fn axis(dimension: &str, codes: &[&str], additive: bool) -> Axis {
    let vocabulary = Some(if dimension == "origin" { "place" } else { dimension }.to_owned());
    let codes = codes.iter().map(|code| (*code).to_owned()).collect();
    Axis { dimension: dimension.to_owned(), vocabulary, codes, broader: BTreeMap::new(), additive, total: true }
}

/// A table with these counts, in the order of its cells.
pub fn table(code: &str, axes: Vec<Axis>, value: impl Fn(&[String]) -> Value) -> Table {
    let cells =
        Table::positions(&axes).into_iter().map(|at| Cell { value: value(&at), at, as_of_release: None }).collect();
    Table {
        code: code.to_owned(),
        title: english(code),
        basis: Basis::CaseFile,
        measure: Measure::Persons,
        axes,
        filter: BTreeMap::new(),
        with: Vec::new(),
        cells,
        sums: Vec::new(),
    }
}

fn term(code: &str, broader: Option<&str>) -> PublicTerm {
    let text = |label: String, review| TermText { label, definition: "=what it is".to_owned(), review };
    let texts =
        [("en", text(format!("{code} in English"), Review::Original)), ("ru", text(code.to_owned(), Review::Draft))];
    PublicTerm {
        code: code.to_owned(),
        broader: broader.map(str::to_owned),
        family: None,
        texts: texts.into_iter().map(|(language, text)| (language.to_owned(), text)).collect(),
    }
}

pub fn content(id: &str, date: &str, tables: Vec<Table>) -> Content {
    let list = |codes: &[&str]| codes.iter().map(|code| term(code, None)).collect::<Vec<_>>();
    let places = vec![term("RU", None), term("RU-CE", Some("RU")), term("RU-DA", Some("RU")), term("GE", None)];
    Content {
        format: FORMAT.to_owned(),
        id: id.to_owned(),
        title: english("A release"),
        publisher: "Russian LGBT Network".to_owned(),
        date: parse_day(date).unwrap(),
        as_of: parse_day(date).unwrap(),
        persons: PERSONS,
        signatures: 1,
        tables,
        figures: vec![SignedFigure {
            id: "lgbtnet-2018-04-03:dead".to_owned(),
            measure: Measure::Persons,
            query: "kind=evacuation&origin=RU-CE".to_owned(),
            value: 2,
            qualifier: Qualifier::AtLeast,
            as_of: parse_day(date).unwrap(),
            computed: Count::Attested { value: 2, bound: Bound::AtLeast },
            reconstructed: 0,
        }],
        terms: BTreeMap::from([
            ("ground".to_owned(), list(&["detained_tortured", "relative_of_victim", "acquaintances_detained"])),
            ("kind".to_owned(), list(&KINDS)),
            ("place".to_owned(), places),
            ("special".to_owned(), list(&["_T", "_U", "_Z", "_O"])),
        ]),
    }
}

/// A release by ground and by kind, with something withheld in each.
pub fn april(id: &str, date: &str) -> Content {
    let free = |count| Value::Free(Count::exact(count));
    let grounds = move |at: &[String]| match at[0].as_str() {
        "detained_tortured" => free(41),
        "relative_of_victim" => free(35),
        TOTAL => free(122),
        _ => Value::Withheld,
    };
    let kinds = move |at: &[String]| match at[0].as_str() {
        "detention" => free(41),
        "evacuation" => free(114),
        TOTAL => free(122),
        _ => Value::Withheld,
    };
    let by_ground = axis("ground", &GROUNDS, true);
    content(
        id,
        date,
        vec![table("by-ground", vec![by_ground], grounds), table("by-kind", vec![axis("kind", &KINDS, false)], kinds)],
    )
}

/// As the store gives it.
pub fn released(content: Content, withdrawn: bool) -> Released {
    let bytes = content.to_json().unwrap();
    let hash = HEXLOWER.encode(&Sha256::digest(&bytes));
    let (signature, public_key) = released::sign(&key(), &hash);
    let published_at = Instant::new(Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap());
    let withdrawn = withdrawn.then_some(published_at);
    let notice = withdrawn.map(|_| "A person withdrew consent.".to_owned());
    Released { content, prepared_write: 1, bytes, hash, signature, public_key, published_at, notice, withdrawn }
}

/// Three releases: the oldest stands, then the newest that stands, and a newer one that was withdrawn.
pub fn snapshot() -> Snapshot {
    let all = [
        released(april("first", "2018-04-03"), false),
        released(april("second", "2019-01-14"), false),
        released(april("third", "2020-05-05"), true),
    ];
    Snapshot::new(all.into_iter().map(Standing::from).collect(), "1".to_owned())
}
