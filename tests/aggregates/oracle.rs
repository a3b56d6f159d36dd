//! What Attest answers equals a naive count over what was entered, on both databases.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::asks::{PATH, compare_csv, counts, rows};
use super::enter::Desk;
use super::generate::{any_ask, any_steps};
use super::naive::{count, is_additive};
use crate::support::{App, Data, Home, on_both};

/// 20 case files of 20 questions each: 400 on each database.
const CASE_FILES: u32 = 20;
const QUESTIONS: usize = 20;

fn every_answer_equals_a_naive_count(home: &Home) {
    let config = Config { cases: CASE_FILES, max_shrink_iters: 120, failure_persistence: None, ..Config::default() };
    let asked = prop::collection::vec(any_ask(), QUESTIONS);
    let outcome = TestRunner::new(config).run(&(any_steps(24), asked), |(steps, asks)| {
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
            let found: std::collections::BTreeMap<_, _> =
                rows(&answer).into_iter().map(|(cell, row)| (cell, row["count"].as_u64().unwrap())).collect();
            prop_assert_eq!(&found, &expected, "{}: {:?}", query, desk.case);
            // All of it is plain and exact.
            counts(&answer);
            let total = count(&desk.case, &super::case::Ask { by: Vec::new(), ..ask.clone() }, as_of, at_write);
            prop_assert_eq!(answer["basis"]["case_file"].as_u64(), total.values().next().copied(), "{}", query);
            prop_assert_eq!(answer["basis"]["reconstructed"].as_u64(), Some(0));
            for dimension in &ask.by {
                let additive = is_additive(ask.measure, dimension);
                prop_assert_eq!(&answer["additive"][dimension], additive, "{}", query);
            }
            compare_csv(&app, &query, &answer);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

on_both! { bare: every_answer_equals_a_naive_count }
