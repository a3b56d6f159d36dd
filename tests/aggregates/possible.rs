//! Uncertain dates: whatever day each incident really happened on, the true count of a bucket lies between what is definite
//! and what is possible besides.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use attest::domain::edtf::Edtf;
use chrono::{Datelike, Days, NaiveDate};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::asks::ask as ask_for;
use super::case::{Ask, CaseFile, Dated, Incident, Person, Record, Version};
use super::golden::{incident, person};
use super::naive::{Counts, Tally, bucket, count};
use super::oracle::told;
use crate::support::{App, Data, Home, on_both};

/// Case files of the plain count of `naive.rs`, which the answers of Attest are held against elsewhere.
const PLAIN: u32 = 1_000;
/// Case files that are entered, on each database.
const ENTERED: u32 = 12;
/// Random assignments of real days a case file, besides all assignments of extreme days where they are no more than
/// [`MOST_EXTREMES`].
const ASSIGNMENTS: usize = 24;
const MOST_EXTREMES: usize = 1_500;
/// Filters of the same days at each grain.
const SAME_DAYS: [[(&str, &str); 3]; 3] = [
    [("year", "2017"), ("quarter", "2017-Q1..2017-Q4"), ("month", "2017-01..2017-12")],
    [("year", "2016..2018"), ("quarter", "2016-Q1..2018-Q4"), ("month", "2016-01..2018-12")],
    [
        ("year", "2016,2018"),
        ("quarter", "2018-Q1..2018-Q4,2016-Q1..2016-Q4"),
        ("month", "2016-01..2016-12,2018-01..2018-12"),
    ],
];
const MEASURES: [&str; 2] = ["persons", "incidents"];
const GRAINS: [&str; 3] = ["year", "quarter", "month"];

/// Whose incident it is, and its date.
type Dates = Vec<(usize, Dated)>;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A date of any precision from 2015 to 2018, or an interval of two, with or without an end.
fn any_dated() -> impl Strategy<Value = Dated> {
    let single = || {
        let one = (0..1_461_u64).prop_map(|days| day("2015-01-01") + Days::new(days));
        let cut = select(vec![4_usize, 7, 7, 10, 10]);
        (one, cut, select(vec!["", "", "", "?", "~", "%"]), select(vec![0_usize, 0, 0, 1, 2])).prop_map(
            |(day, cut, qualifier, masked)| {
                let text = day.to_string();
                let (known, unknown) = text[..cut].split_at(if cut == 4 { cut } else { cut - masked });
                format!("{known}{}{qualifier}", unknown.replace(|c: char| c.is_ascii_digit(), "X"))
            },
        )
    };
    let interval = (single(), single()).prop_map(|(a, b)| {
        let starts = |text: &str| Edtf::parse(text).unwrap().earliest();
        if starts(&a) <= starts(&b) { format!("{a}/{b}") } else { format!("{b}/{a}") }
    });
    let text = prop_oneof![
        5 => single(),
        3 => interval,
        1 => single().prop_map(|text| format!("{text}/..")),
        1 => single().prop_map(|text| format!("../{text}")),
        1 => select(vec!["XXXX".to_owned(), "201X".to_owned()]),
    ];
    text.prop_filter_map("ends before it starts", |text| {
        let read = Edtf::parse(&text).ok()?;
        Some(Dated { edtf: text, earliest: read.earliest(), latest: read.latest() })
    })
}

fn any_dates() -> impl Strategy<Value = (Dates, Vec<Vec<Index>>)> {
    let dates = prop::collection::vec((0..3_usize, any_dated()), 1..=5);
    (dates, prop::collection::vec(prop::collection::vec(any::<Index>(), 5), ASSIGNMENTS))
}

/// An open end is assigned days up to here.
fn clipped(date: &Dated) -> (NaiveDate, NaiveDate) {
    (date.earliest.max(day("2005-01-01")), date.latest.min(day("2028-12-31")))
}

fn is_open(date: &Dated) -> bool {
    date.earliest.year() == 1 || date.latest.year() == 9_999
}

/// The first, the last and, of each month between, the first and the last day.
fn extremes(date: &Dated) -> Vec<NaiveDate> {
    let (first, last) = clipped(date);
    let edge = |day: &NaiveDate| day.day() == 1 || day.succ_opt().unwrap().day() == 1;
    let inner = first.iter_days().take_while(|day| *day <= last).filter(edge);
    [first, last].into_iter().chain(inner).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Each way to assign each incident one of its extreme days, if they are not too many, and random days.
fn assignments(dates: &Dates, random: &[Vec<Index>]) -> Vec<Vec<NaiveDate>> {
    let all: Vec<_> = dates.iter().map(|(_, date)| extremes(date)).collect();
    let mut found = vec![Vec::new()];
    if all.iter().map(Vec::len).product::<usize>() <= MOST_EXTREMES {
        for days in &all {
            let longer = |chosen: &Vec<NaiveDate>| -> Vec<Vec<NaiveDate>> {
                days.iter().map(|day| [chosen.as_slice(), &[*day]].concat()).collect()
            };
            found = found.iter().flat_map(longer).collect();
        }
    } else {
        found = vec![
            dates.iter().map(|(_, date)| clipped(date).0).collect(),
            dates.iter().map(|(_, date)| clipped(date).1).collect(),
        ];
    }
    for (at, indices) in random.iter().enumerate() {
        let any = |(nth, (_, date)): (usize, &(usize, Dated))| {
            let (first, last) = clipped(date);
            let number = usize::try_from((last - first).num_days()).unwrap() + 1;
            // Half of them at an edge, where mistakes would be.
            if at % 2 == 0 {
                *indices[nth].get(&all[nth])
            } else {
                first + Days::new(indices[nth].index(number) as u64)
            }
        };
        found.push(dates.iter().enumerate().map(any).collect());
    }
    found
}

fn question(measure: &'static str, by: &[&'static str], filter: Option<(&'static str, &'static str)>) -> Ask {
    let filters = filter.into_iter().map(|(dimension, value)| (dimension, value.split(',').collect())).collect();
    Ask { measure, by: by.to_vec(), filters, with: Vec::new(), totals: "grand", as_of: None, at_write: None }
}

fn month(day: NaiveDate) -> i32 {
    day.year() * 12 + i32::try_from(day.month0()).unwrap()
}

/// By bucket how many there really were.
fn truly(dates: &Dates, days: &[NaiveDate], measure: &str, grain: &str) -> BTreeMap<String, u64> {
    let mut units: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, ((person, _), day)) in dates.iter().zip(days).enumerate() {
        let unit = if measure == "persons" { *person } else { at };
        units.entry(bucket(grain, month(*day))).or_default().insert(unit);
    }
    units.into_iter().map(|(bucket, units)| (bucket, units.len() as u64)).collect()
}

/// Holds the answers against every assignment. Gives whether some true count was more than what is definite.
fn holds((dates, random): &(Dates, Vec<Vec<Index>>), answer: &dyn Fn(&Ask) -> Counts) -> Result<bool, TestCaseError> {
    let assignments = assignments(dates, random);
    let open = dates.iter().any(|(_, date)| is_open(date));
    let mut more_than_definite = false;
    for measure in MEASURES {
        let persons = dates.iter().map(|(person, _)| person).collect::<BTreeSet<_>>().len();
        let total = if measure == "persons" { persons } else { dates.len() } as u64;
        for grain in GRAINS {
            let rows = answer(&question(measure, &[grain], None));
            prop_assert_eq!(rows[&vec!["_T".to_owned()]], Tally { count: total, possible: None });
            let cells = rows.iter().filter(|(cell, _)| cell[0] != "_T");
            let sum: u64 = cells.map(|(_, tally)| tally.count).sum();
            prop_assert!(measure == "persons" || sum == total, "{} by {}: {:?}", measure, grain, rows);
            // A bucket asked for alone says the same as its row.
            for (cell, tally) in rows.iter().filter(|(cell, _)| !cell[0].starts_with('_')).step_by(5) {
                let mut alone = question(measure, &[], None);
                // The words of a question are those of the generator, which last.
                alone.filters.insert(grain, vec![cell[0].clone().leak()]);
                prop_assert_eq!(&answer(&alone)[&Vec::new()], tally, "{} {:?}", measure, cell);
            }
            for days in &assignments {
                let truth = truly(dates, days, measure, grain);
                for (cell, tally) in rows.iter().filter(|(cell, _)| !cell[0].starts_with('_')) {
                    let truth = truth.get(&cell[0]).copied().unwrap_or(0);
                    let most = tally.count + tally.possible.unwrap_or(0);
                    prop_assert!(
                        (tally.count..=most).contains(&truth),
                        "{} {:?}: {} {:?}",
                        measure,
                        cell,
                        truth,
                        tally
                    );
                    more_than_definite |= truth > tally.count;
                }
                // Where no date is open every day that can be has a row.
                for bucket in truth.keys() {
                    prop_assert!(open || rows.contains_key(&vec![bucket.clone()]), "{}: no {}", measure, bucket);
                }
            }
        }
        for same in SAME_DAYS {
            let told: Vec<_> = same.iter().map(|filter| answer(&question(measure, &[], Some(*filter)))).collect();
            prop_assert!(told.iter().all(|other| *other == told[0]), "{} {:?}: {:?}", measure, same, told);
            let Tally { count, possible } = told[0][&Vec::new()];
            let years: Vec<_> = same[0].1.split([',', '.']).filter(|year| !year.is_empty()).collect();
            let kept = |day: &NaiveDate| {
                let year = day.year().to_string();
                let range = same[0].1.contains("..") && *years[0] <= *year && *year <= *years[1];
                range || years.contains(&year.as_str())
            };
            for days in &assignments {
                let units = dates.iter().zip(days).enumerate().filter(|(_, (_, day))| kept(day));
                let units = units.map(|(at, ((person, _), _))| if measure == "persons" { *person } else { at });
                let truth = units.collect::<BTreeSet<_>>().len() as u64;
                prop_assert!(count <= truth && truth <= count + possible.unwrap(), "{} {:?}: {}", measure, same, truth);
            }
        }
    }
    Ok(more_than_definite)
}

fn run(cases: u32, check: impl Fn(&(Dates, Vec<Vec<Index>>)) -> Result<bool, TestCaseError>) {
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    // Without what is possible the upper bound would be wrong: else nothing would have been tested.
    let wrong_without = Cell::new(0_u32);
    let outcome = TestRunner::new(config).run(&any_dates(), |case| {
        wrong_without.set(wrong_without.get() + u32::from(check(&case)?));
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
    assert!(wrong_without.get() > cases / 4, "{} of {cases}", wrong_without.get());
}

#[test]
fn the_true_count_lies_between_the_definite_and_the_possible() {
    run(PLAIN, |case| {
        let person = || Person { ground: "_U", origin: "_U", sex: "_U", age_group: "_U" };
        let incident = |(person, date): &(usize, Dated)| Incident {
            person: *person,
            kind: "threat",
            date: date.clone(),
            place: "_U",
            destination: "_U",
            involvements: Vec::new(),
            sources: Vec::new(),
        };
        let owners: BTreeSet<_> = case.0.iter().map(|(person, _)| *person).collect();
        let file = CaseFile {
            // A person without incidents is not entered: years are not applicable to them.
            persons: (0..3)
                .map(|at| Record {
                    code: String::new(),
                    versions: if owners.contains(&at) { entered(person()) } else { Vec::new() },
                })
                .collect(),
            incidents: case
                .0
                .iter()
                .map(|one| Record { code: String::new(), versions: entered(incident(one)) })
                .collect(),
            ..CaseFile::default()
        };
        holds(case, &|ask| count(&file, ask, "2018-01-01", 1))
    });
}

fn entered<T>(body: T) -> Vec<Version<T>> {
    vec![Version { write: 1, known_on: "2018-01-01", active: true, body }]
}

fn the_true_count_lies_between_what_is_answered(home: &Home) {
    run(ENTERED, |case| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        let mut codes: BTreeMap<usize, String> = BTreeMap::new();
        for (at, date) in &case.0 {
            let code = codes.entry(*at).or_insert_with(|| person(&app, &json!({})));
            incident(&app, code, &json!({"kind": "threat", "date": date.edtf}));
        }
        holds(case, &|ask| told(&ask_for(&app, &ask.query(0, &[]))))
    });
}

on_both! { bare: the_true_count_lies_between_what_is_answered }
