//! What anybody knows before anything is published: which values persons and incidents can have.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::release::people::Values;
use attest::domain::vocabulary::{Term, Vocabulary};

use super::dice::Dice;

/// All that a person and an incident can be.
#[derive(Debug, Clone)]
pub struct Schema {
    pub persons: Vec<Values>,
    pub incidents: Vec<Values>,
    /// By dimension its codes, `_Z` not among them.
    pub codes: BTreeMap<&'static str, Vec<&'static str>>,
    pub vocabulary: Vocabulary,
}

/// The most kinds of person: values of persons by sets of kinds of incident.
const MOST: usize = 4096;

/// What is not known is `_U` in every list, and what has no code of its own `_O`.
const GROUNDS: &[&str] = &["_U", "_O", "detained_tortured", "relative_of_victim", "acquaintances_detained"];
const SEXES: &[&str] = &["_U", "_O", "F", "M"];
const ORIGINS: &[&str] = &["_U", "_O", "RU-CE", "RU-DA"];
const KINDS: &[(&str, &str)] = &[
    ("_U", "_U"),
    ("_O", "_U"),
    ("detention", "violation"),
    ("torture", "violation"),
    ("evacuation", "movement"),
    ("death", "death"),
];
const ACTORS: &[&[&str]] = &[&["_U"], &["_O"], &["law_enforcement"], &["relative"], &["law_enforcement", "relative"]];
/// Time has no list: that there are years besides those that are named is known to everybody, and `2015` stands for them.
const QUARTERS: &[(&str, &str)] = &[
    ("2017", "2017-Q1"),
    ("2017", "2017-Q2"),
    ("2017", "_U"),
    ("2016", "2016-Q4"),
    ("2015", "2015-Q4"),
    ("2015", "_U"),
    ("_U", "_U"),
];

impl Schema {
    /// A random one, small enough that every kind of person can be written down.
    pub fn random(dice: &mut Dice) -> Self {
        loop {
            let persons = persons(dice);
            let incidents = incidents(dice);
            let mut schema = Self::new(persons, incidents);
            // Where there is so much to divide by, kinds are not told apart.
            let mut classes = schema.incidents.len();
            if schema.codes.contains_key("actor") || schema.codes.contains_key("quarter") {
                classes /= schema.codes["kind"].len();
                schema.codes.remove("kind");
            }
            if schema.persons.len() << classes <= MOST {
                return schema;
            }
        }
    }

    pub fn new(persons: Vec<Values>, incidents: Vec<Values>) -> Self {
        let mut codes: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        let every = [GROUNDS, SEXES, ORIGINS, &["law_enforcement", "relative"]].concat();
        let every = every.into_iter().chain(KINDS.iter().flat_map(|(kind, family)| [*kind, *family]));
        let every = every.chain(QUARTERS.iter().flat_map(|(year, quarter)| [*year, *quarter]));
        let every: Vec<&'static str> = every.collect();
        for (dimension, values) in persons.iter().chain(&incidents).flatten() {
            for code in values {
                let own = codes.entry(dimension).or_default();
                let code = every.iter().find(|known| *known == code).unwrap();
                if !own.contains(code) {
                    own.push(code);
                }
            }
        }
        let vocabulary = codes.iter().flat_map(|(dimension, codes)| terms(dimension, codes)).collect();
        Self { persons, incidents, codes, vocabulary }
    }
}

fn value(code: &str) -> BTreeSet<String> {
    BTreeSet::from([code.to_owned()])
}

/// Every combination with one more dimension.
pub fn crossed(rows: &[Values], dimension: &'static str, values: &[&[&str]]) -> Vec<Values> {
    let longer = |row: &Values, codes: &&[&str]| {
        let mut row = row.clone();
        row.insert(dimension, codes.iter().map(|code| (*code).to_owned()).collect());
        row
    };
    rows.iter().flat_map(|row| values.iter().map(|codes| longer(row, codes)).collect::<Vec<_>>()).collect()
}

/// Each code a value of its own.
pub fn single<'c>(codes: &'c [&'c str]) -> Vec<&'c [&'c str]> {
    codes.chunks(1).collect()
}

fn persons(dice: &mut Dice) -> Vec<Values> {
    let mut rows = vec![Values::new()];
    let all: [(&'static str, &[&str], usize); 3] = [("ground", GROUNDS, 4), ("sex", SEXES, 3), ("origin", ORIGINS, 3)];
    let number = [1, 1, 2, 2, 2, 3][dice.below(6)];
    for (dimension, codes, least) in dice.draw(&all, number) {
        let count = dice.between(least, codes.len());
        rows = crossed(&rows, dimension, &single(&codes[..count]));
    }
    rows
}

fn incidents(dice: &mut Dice) -> Vec<Values> {
    let kinds: Vec<_> = KINDS[..dice.between(3, 6)].iter().map(|(kind, _)| *kind).collect();
    let rows = crossed(&[Values::new()], "kind", &single(&kinds));
    match dice.below(7) {
        0 | 1 => rows,
        2 | 3 => crossed(&rows[..3], "year", &single(&["_U", "2016", "2017"])),
        4 => crossed(&rows[..3], "actor", ACTORS),
        5 => {
            let family = |kind: &str| KINDS.iter().find(|(own, _)| *own == kind).unwrap().1;
            rows.into_iter()
                .map(|mut row| {
                    let kind = row["kind"].first().unwrap().clone();
                    row.insert("family", value(family(&kind)));
                    row
                })
                .collect()
        }
        _ => {
            let dates = |row: &Values| {
                let dated = |(year, quarter): &(&str, &str)| {
                    let mut row = row.clone();
                    row.extend([("year", value(year)), ("quarter", value(quarter))]);
                    row
                };
                QUARTERS.iter().map(dated).collect::<Vec<_>>()
            };
            rows[..3].iter().flat_map(dates).collect()
        }
    }
}

fn terms<'c>(dimension: &'c str, codes: &'c [&'static str]) -> impl Iterator<Item = Term> + 'c {
    let list = if dimension == "origin" { "place" } else { dimension };
    let coded = !matches!(dimension, "year" | "quarter");
    codes.iter().filter(move |code| coded && !code.starts_with('_')).map(move |code| Term {
        vocabulary: list.to_owned(),
        code: (*code).to_owned(),
        broader: None,
        family: KINDS.iter().find(|(kind, _)| kind == code).map(|(_, family)| (*family).to_owned()),
        crosswalk: None,
        texts: BTreeMap::new(),
        replaced_by: None,
        retired: false,
    })
}
