//! Every answer is given again: random histories of entering, correcting, withdrawing, restoring, joining, un-joining and
//! back-dating, with questions in between, which are asked again at the end with the times that their answers named.

use std::cell::Cell;

use attest::domain::record::Noun;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::asks::ask;
use super::case::Ask;
use super::enter::{Desk, withdraw};
use super::generate::{Step, any_ask, any_step, any_steps};
use crate::support::{App, Data, Home, on_both};

/// Histories, steps of each, questions after each step: on each database 720 questions, all asked twice. Those
/// about reconstructed records are half as many histories of half as many steps.
const HISTORIES: u32 = 8;
const STEPS: usize = 30;
const QUESTIONS: usize = 3;

fn config(cases: u32) -> Config {
    Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() }
}

/// Asks, and keeps the answer.
fn keep(app: &App, newest: i64, asks: &[Ask], desk: &Desk, kept: &mut Vec<(String, Value)>) {
    for asked in asks {
        let query = asked.query(newest, &desk.case.sources);
        kept.push((query.clone(), ask(app, &query)));
    }
}

/// Asks everything again, at the times of the answers.
fn again(app: &App, kept: &[(String, Value)]) -> Result<(), TestCaseError> {
    for (query, answer) in kept {
        let plain: Vec<_> =
            query.split('&').filter(|part| !part.starts_with("as_of=") && !part.starts_with("at_write=")).collect();
        let (as_of, at_write) = (answer["as_of"].as_str().unwrap(), &answer["at_write"]);
        let later = ask(app, &format!("{}&as_of={as_of}&at_write={at_write}", plain.join("&")));
        prop_assert_eq!(&later, answer, "{}", query);
    }
    Ok(())
}

fn every_answer_about_case_files_is_given_again(home: &Home) {
    let steps = (any_steps(1), prop::collection::vec(any_step(), STEPS - 4));
    let asks = prop::collection::vec(prop::collection::vec(any_ask(), QUESTIONS), STEPS);
    let joined = Cell::new(0);
    let outcome = TestRunner::new(config(HISTORIES)).run(&(steps, asks), |((first, steps), asks)| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        let (mut desk, mut kept) = (Desk::new(&app), Vec::new());
        let mut steps = first.iter().chain(&steps).cycle();
        for asks in &asks {
            desk.take(steps.next().unwrap());
            keep(&app, app.contents().write, asks, &desk, &mut kept);
        }
        joined.set(joined.get() + desk.case.linkages.iter().map(|linkage| linkage.versions.len()).sum::<usize>());
        again(&app, &kept)
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
    assert!(joined.get() >= HISTORIES as usize, "{} decisions", joined.get());
}

/// What is done to one of the reconstructed records, or to a figure that they stand for.
#[derive(Debug, Clone)]
enum Change {
    CorrectPerson(&'static str, &'static str),
    WithdrawPerson(&'static str),
    CorrectIncident(&'static str),
    WithdrawIncident(&'static str),
    CorrectFigure(&'static str, &'static str),
    CaseFile(Step),
}

fn any_change() -> impl Strategy<Value = Change> {
    // One of each ground, in `seed-data/persons.csv`, and one of each kind in `seed-data/incidents.csv`.
    let person = prop::sample::select(vec!["R-001", "R-050", "R-060", "R-080", "R-093", "R-096", "R-110", "R-118"]);
    let incident = prop::sample::select(vec!["I-0001", "I-0002", "I-0003", "I-0004", "I-0170", "I-0240", "I-0300"]);
    let figure = prop::sample::select(vec!["evacuated", "left_russia", "detained_tortured", "forced_returns_dead"]);
    let ground = prop::sample::select(vec!["detained_tortured", "_U", "outed"]);
    prop_oneof![
        2 => (person.clone(), ground).prop_map(|(code, ground)| Change::CorrectPerson(code, ground)),
        1 => person.prop_map(Change::WithdrawPerson),
        2 => incident.clone().prop_map(Change::CorrectIncident),
        1 => incident.prop_map(Change::WithdrawIncident),
        2 => (figure, prop::sample::select(vec!["exact", "at_least", "about", "more_than"]))
            .prop_map(|(code, qualifier)| Change::CorrectFigure(code, qualifier)),
        3 => any_step().prop_map(Change::CaseFile),
    ]
}

/// Does a change to the record of a code, if it is not withdrawn.
fn change(app: &App, desk: &mut Desk, change: &Change, known_on: &str) {
    let (noun, code, changes) = match change {
        Change::CaseFile(step) => return desk.take(step),
        Change::CorrectPerson(code, ground) => (Noun::Person, (*code).to_owned(), Some(json!({"ground": ground}))),
        Change::WithdrawPerson(code) => (Noun::Person, (*code).to_owned(), None),
        Change::CorrectIncident(code) => (Noun::Incident, (*code).to_owned(), Some(json!({"place": "RU-DA"}))),
        Change::WithdrawIncident(code) => (Noun::Incident, (*code).to_owned(), None),
        Change::CorrectFigure(code, qualifier) => {
            (Noun::Figure, format!("lgbtnet-2018-04-03:{code}"), Some(json!({"qualifier": qualifier})))
        }
    };
    let list = format!("/api/v1/staff/{}?code={code}", noun.plural());
    let Some(found) = app.publisher().get(&list).expect(200).items().pop() else { return };
    let seen = app.publisher().get(&format!("/api/v1/staff/{}/{}", noun.plural(), found["id"].as_str().unwrap()));
    if seen.json()["status"] == "withdrawn" {
        return;
    }
    match changes {
        Some(mut changes) => {
            changes["known_on"] = known_on.into();
            changes["reason"] = "checked again".into();
            let answer = app.publisher().correct(noun, &seen, &changes);
            if noun == Noun::Figure && answer.status == 422 {
                // Its query counts somebody of the case files by now: it stays as it was signed.
                answer.refuses(422, "state", "inconsistent");
            } else {
                answer.expect(200);
            }
        }
        None => {
            withdraw(app, noun, &seen, known_on);
        }
    }
}

fn every_answer_about_reconstructed_records_is_given_again(home: &Home) {
    let day = prop::sample::select(vec!["2018-04-03", "2018-05-01", "2020-01-01"]);
    let changes = prop::collection::vec((any_change(), day), STEPS / 2);
    let asks = prop::collection::vec(prop::collection::vec(any_ask(), QUESTIONS), STEPS / 2);
    let outcome = TestRunner::new(config(HISTORIES / 2)).run(&(changes, asks), |(changes, asks)| {
        let home = Home::new(home.backend, Data::Demo);
        let app = App::start(&home);
        let (mut desk, mut kept) = (Desk::new(&app), Vec::new());
        desk.take(&Step::Enter(
            super::case::Person { ground: "_U", origin: "RU-CE", sex: "F", age_group: "_U" },
            "2018-01-10",
        ));
        for ((what, known_on), asks) in changes.iter().zip(&asks) {
            change(&app, &mut desk, what, known_on);
            keep(&app, app.contents().write, asks, &desk, &mut kept);
            for query in ["by=kind", "with=detention,departure_abroad", "by=ground,kind&as_of=2018-04-03"] {
                kept.push((query.to_owned(), ask(&app, query)));
            }
        }
        again(&app, &kept)
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

on_both! { bare:
    every_answer_about_case_files_is_given_again, every_answer_about_reconstructed_records_is_given_again
}
