//! What Attest answers equals a naive count over what was entered, on both databases.

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::asks::{PATH, compare_csv, counts, rows};
use super::case::{Ask, CaseFile};
use super::enter::Desk;
use super::generate::{any_ask, any_steps};
use super::naive::{Counts, OF_PERSONS, Tally, count, is_additive, overlap};
use crate::support::{App, Data, Home, on_both};

/// 20 case files of 30 questions each: 600 on each database.
const CASE_FILES: u32 = 20;
const QUESTIONS: usize = 30;
/// In how many answers on each database somebody is not counted, at least: some 80 are usual.
const LEAST_REFUSED: usize = 20;
/// The most steps by which a case file is made, after its first persons.
const STEPS: usize = 30;

/// The rows of an answer, all of which must be plain and exact.
#[track_caller]
pub fn told(answer: &Value) -> Counts {
    counts(answer);
    let tally = |row: &Value| Tally {
        count: row["count"].as_u64().unwrap(),
        possible: row.get("possible").map(|value| value.as_u64().unwrap()),
    };
    rows(answer).into_iter().map(|(cell, row)| (cell, tally(&row))).collect()
}

fn every_answer_equals_a_naive_count(home: &Home) {
    let config = Config { cases: CASE_FILES, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let asked = prop::collection::vec(any_ask(), QUESTIONS);
    let refused = Cell::new(0);
    let outcome = TestRunner::new(config).run(&(any_steps(STEPS), asked), |(steps, asks)| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        let mut desk = Desk::new(&app);
        steps.iter().for_each(|step| desk.take(step));
        let newest = app.contents().write;
        for ask in &asks {
            let query = ask.query(newest, &desk.case.sources);
            let answer = app.researcher().get(&format!("{PATH}?{query}")).expect(200).json();
            let (as_of, at_write) = (answer["as_of"].as_str().unwrap(), answer["at_write"].as_i64().unwrap());
            let expected = count(&desk.case, ask, as_of, at_write);
            let all = CaseFile { consents: Vec::new(), ..desk.case.clone() };
            refused.set(refused.get() + usize::from(count(&all, ask, as_of, at_write) != expected));
            let found = told(&answer);
            prop_assert_eq!(&found, &expected, "{}: {:?}", query, desk.case);
            let total = count(&desk.case, &Ask { by: Vec::new(), ..ask.clone() }, as_of, at_write);
            let total = total.values().next().map(|tally| tally.count);
            prop_assert_eq!(answer["basis"]["case_file"].as_u64(), total, "{}", query);
            prop_assert_eq!(answer["basis"]["reconstructed"].as_u64(), Some(0));
            let joined = desk.case.linkages.iter().any(|linkage| linkage.at(as_of, at_write).is_some());
            for (at, dimension) in ask.by.iter().enumerate() {
                let rows: BTreeSet<_> = expected.keys().map(|cell| cell[at].as_str()).collect();
                // Joined records may say two things of one person.
                let additive = is_additive(ask.measure, dimension)
                    && !(joined && OF_PERSONS.contains(dimension))
                    && !overlap(dimension, &rows);
                prop_assert_eq!(&answer["additive"][dimension], additive, "{}", query);
            }
            compare_csv(&app, &query, &answer);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
    assert!(refused.get() >= LEAST_REFUSED, "{} answers in which somebody is not counted", refused.get());
}

on_both! { bare: every_answer_equals_a_naive_count }
