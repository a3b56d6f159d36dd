//! What Attest answers equals a naive count over what was entered, on both databases.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::asks::{PATH, compare_csv, counts, rows};
use super::case::Ask;
use super::enter::Desk;
use super::generate::{any_ask, any_steps};
use super::naive::{Counts, Tally, count, is_additive};
use crate::support::{App, Data, Home, on_both};

/// 20 case files of 30 questions each: 600 on each database.
const CASE_FILES: u32 = 20;
const QUESTIONS: usize = 30;
/// The most steps by which a case file is made, after its first persons.
const STEPS: usize = 30;

/// The rows of an answer, all of which must be plain and exact.
#[track_caller]
pub fn told(answer: &Value) -> Counts {
    counts(answer);
    let is_time = |dimension: &Value| ["year", "quarter", "month"].iter().any(|time| dimension == time);
    let by: Vec<_> = answer["by"].as_array().unwrap().iter().map(is_time).collect();
    let tally = |cell: &[String], row: &Value| {
        let mut possible = row.get("possible").map(|value| value.as_u64().unwrap());
        // Nothing can come to what is wholly inside no bucket: that it is 0 is said by some answers and not by others.
        if cell.iter().zip(&by).any(|(value, is_time)| *is_time && ["_U", "_Z"].contains(&value.as_str())) {
            possible = possible.filter(|possible| *possible > 0);
        }
        Tally { count: row["count"].as_u64().unwrap(), possible }
    };
    rows(answer).into_iter().map(|(cell, row)| (cell.clone(), tally(&cell, &row))).collect()
}

/// Under several filters of time it is enough that what is possible is among what is said to be: dates that reach into
/// each of them are, whether or not the filters have a day in common.
fn covers(found: &Counts, expected: &Counts) -> Result<(), String> {
    let none = Tally { count: 0, possible: None };
    for cell in found.keys().chain(expected.keys()) {
        let (found, expected) = (found.get(cell).unwrap_or(&none), expected.get(cell).unwrap_or(&none));
        if found.count != expected.count || found.possible < expected.possible {
            return Err(format!("{cell:?}: {found:?} instead of {expected:?}"));
        }
    }
    Ok(())
}

fn every_answer_equals_a_naive_count(home: &Home) {
    let config = Config { cases: CASE_FILES, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let asked = prop::collection::vec(any_ask(), QUESTIONS);
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
            let found = told(&answer);
            if ask.of_times() < 2 {
                prop_assert_eq!(&found, &expected, "{}: {:?}", query, desk.case);
            } else {
                covers(&found, &expected)
                    .map_err(|why| TestCaseError::fail(format!("{why}: {query}: {:?}", desk.case)))?;
            }
            let total = count(&desk.case, &Ask { by: Vec::new(), ..ask.clone() }, as_of, at_write);
            let total = total.values().next().map(|tally| tally.count);
            prop_assert_eq!(answer["basis"]["case_file"].as_u64(), total, "{}", query);
            prop_assert_eq!(answer["basis"]["reconstructed"].as_u64(), Some(0));
            let joined = desk.case.linkages.iter().any(|linkage| linkage.versions[0].write <= at_write);
            for dimension in &ask.by {
                let additive = is_additive(ask.measure, dimension) && !joined;
                prop_assert_eq!(&answer["additive"][dimension], additive, "{}", query);
            }
            compare_csv(&app, &query, &answer);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

on_both! { bare: every_answer_equals_a_naive_count }
