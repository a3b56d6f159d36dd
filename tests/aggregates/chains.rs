//! Random decisions about who is one person, known from random days: exactly those are refused that would make a chain on
//! some day, and on every day, at every write, as many persons are counted as there are records counted on their own.

use attest::domain::record::Noun;
use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::asks::count;
use crate::support::samples::decision;
use crate::support::{Answer, App, Data, Home, on_both};

const HISTORIES: u32 = 6;
const STEPS: usize = 24;
const PERSONS: usize = 5;
const DAYS: i64 = 6;

/// From a day on, a record is counted as another, or on its own.
#[derive(Debug, Clone)]
struct Step {
    person: usize,
    canonical: Option<usize>,
    day: i64,
}

fn any_step() -> impl Strategy<Value = Step> {
    (0..PERSONS, prop::option::weighted(0.7, 0..PERSONS), 0..DAYS).prop_map(|(person, canonical, day)| Step {
        person,
        canonical,
        day,
    })
}

fn date(day: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + TimeDelta::days(day)
}

/// By record what was decided, in the order of writing: as whom it is counted, and from which day on.
#[derive(Debug, Clone, Default)]
struct Decisions([Vec<(i64, Option<usize>)>; PERSONS]);

impl Decisions {
    fn with(&self, step: &Step) -> Self {
        let mut all = self.clone();
        all.0[step.person].push((step.day, step.canonical));
        all
    }

    /// As whom a record is counted on a day: what was written last of what was known by then.
    fn on(&self, person: usize, day: i64) -> Option<usize> {
        self.0[person].iter().rev().find(|(known, _)| *known <= day)?.1
    }

    fn has_chain(&self) -> bool {
        let chained = |person, day| self.on(person, day).is_some_and(|other| self.on(other, day).is_some());
        (0..DAYS).any(|day| (0..PERSONS).any(|person| chained(person, day)))
    }

    fn persons(&self, day: i64) -> u64 {
        (0..PERSONS).filter(|person| self.on(*person, day).is_none()).count() as u64
    }
}

/// Tries a step over HTTP; `None` where the record has no decision that could be taken back.
fn take(app: &App, codes: &[String], seen: Option<&Answer>, step: &Step) -> Option<Answer> {
    let staff = app.caseworker();
    let (day, code) = (date(step.day).to_string(), |at: usize| codes[at].as_str());
    let active = seen.is_some_and(|seen| seen.json()["status"] == "active");
    let why = json!({"reason": "looked into again", "known_on": day});
    match (seen, step.canonical) {
        (None, Some(canonical)) => {
            let mut body = decision(app, code(step.person), code(canonical));
            body["known_on"] = day.into();
            Some(staff.create(Noun::Linkage, &body))
        }
        (Some(seen), Some(canonical)) if active => {
            let change = json!({"canonical": code(canonical), "reason": "looked into again", "known_on": day});
            Some(staff.correct(Noun::Linkage, seen, &change))
        }
        (Some(seen), Some(_)) => Some(staff.set_state(Noun::Linkage, seen, "restoration", &why)),
        (Some(seen), None) if active => Some(staff.set_state(Noun::Linkage, seen, "withdrawal", &why)),
        (_, None) => None,
    }
}

fn no_decision_makes_a_chain_and_no_other_is_refused(home: &Home) {
    let config = Config { cases: HISTORIES, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(any_step(), STEPS);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        let enter = |_| app.caseworker().enter(Noun::Person, &json!({"known_on": date(0).to_string()}));
        let codes: Vec<_> = (0..PERSONS).map(|at| enter(at).json()["code"].as_str().unwrap().to_owned()).collect();
        let (mut decisions, mut seen) = (Decisions::default(), [const { None }; PERSONS]);
        let mut kept = vec![(app.contents().write, decisions.clone())];
        for mut step in steps {
            let known: Option<&Answer> = seen[step.person].as_ref();
            if let Some(answer) = known.filter(|answer| answer.json()["status"] == "withdrawn")
                && step.canonical.is_some()
            {
                // What is restored is what was taken back.
                let canonical = answer.json()["canonical"].clone();
                step.canonical = codes.iter().position(|code| canonical == json!(code));
            }
            let next = decisions.with(&step);
            let Some(answer) = take(&app, &codes, known, &step) else { continue };
            let refused = step.canonical == Some(step.person) || next.has_chain();
            prop_assert_eq!(answer.status >= 400, refused, "{:?}: {}", step, answer.text());
            if refused {
                answer.problem(422, "invalid");
            } else {
                (decisions, seen[step.person]) = (next, Some(answer));
                kept.push((app.contents().write, decisions.clone()));
            }
        }
        for (write, decisions) in &kept {
            for day in 0..DAYS {
                let counted = count(&app, &format!("as_of={}&at_write={write}", date(day)));
                prop_assert_eq!(counted, decisions.persons(day), "{:?} {}", decisions, day);
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

on_both! { bare: no_decision_makes_a_chain_and_no_other_is_refused }
