//! Random small histories: whatever happens to the records, what came and went between the three counts of a figure adds
//! up, staff are told of every change which records are behind it, and what was kept is computed again (issue 3, points 1
//! and 3).

use attest::domain::record::Noun;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::desk::{Desk, Known, Step, any_first, any_step};
use super::held::{OWN, explained, watch};
use super::staff::{figure, publication};
use crate::support::{App, Data, Home, on_both};

/// Histories of each property on each database, of 8 to 15 steps.
const HISTORIES: u32 = 12;

const QUERIES: [(&str, &str); 11] = [
    ("all", "measure=persons"),
    ("outed", "measure=persons&ground=outed"),
    ("tortured", "measure=persons&kind=torture"),
    ("tortures", "measure=incidents&kind=torture,beating"),
    ("incidents", "measure=incidents"),
    ("both", "measure=persons&with=detention,torture"),
    ("of_russia", "measure=persons&origin=RU"),
    ("outed_and_tortured", "measure=persons&ground=outed&kind=torture"),
    ("of_high", "measure=persons&reliability=high"),
    ("incidents_of_low", "measure=incidents&reliability=low&kind=detention,torture"),
    ("in_2017", "measure=incidents&year=2017"),
];

fn any_history() -> impl Strategy<Value = (Vec<Step>, Vec<Known>)> {
    (any_first(), prop::collection::vec(any_step(), 8..=15))
}

fn config() -> Config {
    Config { cases: HISTORIES, max_shrink_iters: 60, failure_persistence: None, ..Config::default() }
}

/// What staff are told of every figure.
fn told(app: &App) -> Vec<(Value, Value)> {
    let figures = app.caseworker().walk("/api/v1/staff/figures?limit=200");
    let tell = |figure: Value| {
        let path = format!("/api/v1/staff/figures/{}/reconciliation", figure["id"].as_str().unwrap());
        let answer = app.caseworker().get(&path).expect(200).json();
        (figure, answer)
    };
    figures.into_iter().map(tell).collect()
}

/// Each history is held against every query twice: from figures that were entered first, and from others that were entered
/// half way.
fn what_came_and_went_adds_up(home: &Home) {
    let outcome = TestRunner::new(config()).run(&any_history(), |(first, steps)| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        let mut desk = Desk::new(&app, &first);
        watch(&app, &QUERIES);
        for (at, (step, day)) in steps.iter().enumerate() {
            desk.take(step, *day);
            if at == steps.len() / 2 {
                for (name, query) in QUERIES {
                    let measure = if query.contains("measure=incidents") { "incidents" } else { "persons" };
                    figure(&app, OWN, &format!("{name}_later"), 1, &json!({"query": query, "measure": measure}));
                }
            }
        }
        let figures = told(&app);
        prop_assert_eq!(figures.len(), 2 * QUERIES.len());
        let replaced = steps.iter().any(|(step, _)| matches!(step, Step::Replace(..)));
        for (_, answer) in figures {
            explained(&answer);
            let by_definition = |change: &Value| change["reason"] == "definition_changed";
            let some = answer["changes"].as_array().unwrap().iter().any(by_definition);
            prop_assert!(replaced || !some, "no definition was changed: {}", answer);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

/// After each step one answer is kept, of some day and some write; at the end every one is computed again.
fn what_was_kept_is_computed_again(home: &Home) {
    let day = prop::sample::select(vec!["", "&as_of=2018-04-03", "&as_of=2018-04-10", "&as_of=2019-06-01"]);
    let asked = (prop::sample::select(QUERIES.to_vec()), day, any::<prop::sample::Index>(), any::<bool>());
    let histories = (any_history(), prop::collection::vec(asked, 15));
    let outcome = TestRunner::new(config()).run(&histories, |((first, steps), asked)| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        let mut desk = Desk::new(&app, &first);
        publication(&app, OWN, "published");
        let mut kept = 0;
        for (at, ((step, day), ((_, query), as_of, write, past))) in steps.iter().zip(asked).enumerate() {
            desk.take(step, *day);
            let newest = usize::try_from(app.contents().write).unwrap();
            let write = if past { format!("&at_write={}", write.index(newest + 1)) } else { String::new() };
            let body = json!({"publication": OWN, "code": format!("kept-{at}"), "population": "people",
                "region": "Chechnya", "query": format!("{query}{as_of}{write}")});
            let answer = app.caseworker().post("/api/v1/staff/answers", &body);
            // Nothing definite with something possible is no number to keep.
            prop_assert!(matches!(answer.status, 201 | 422), "{}", answer.text());
            kept += usize::from(answer.status == 201);
        }
        let figures = told(&app);
        prop_assert_eq!(figures.len(), kept);
        for (figure, answer) in figures {
            explained(&answer);
            prop_assert_eq!(&answer["baseline"]["count"], &figure["value"], "{}", answer);
            prop_assert_eq!(&answer["baseline"]["at_write"], &figure["at_write"], "{}", answer);
        }
        // What is refused where it does not hold can be said again of every one: they all hold.
        for figure in app.caseworker().walk("/api/v1/staff/figures?limit=200") {
            let path = format!("/api/v1/staff/figures/{}", figure["id"].as_str().unwrap());
            let seen = app.caseworker().get(&path).expect(200);
            let changes = json!({"note": "read again", "reason": "read again"});
            app.caseworker().correct(Noun::Figure, &seen, &changes).expect(200);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

on_both! { bare: what_came_and_went_adds_up, what_was_kept_is_computed_again }
