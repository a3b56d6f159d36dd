//! Random small histories: whatever happens to the records, what came and went between the three counts of a figure adds
//! up, and staff are told of every change which records are behind it (issue 3, point 1).

use attest::domain::record::Noun;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::held::{BACK, BEFORE, OWN, explained, source, watch};
use super::staff::{by_code, figure};
use crate::support::{App, Data, Home, on_both};

/// Histories on each database. Each is held against every query twice: from figures that were entered first, and from
/// others that were entered half way.
const HISTORIES: u32 = 12;

const SOURCES: [&str; 2] = ["S-1", "S-2"];

const QUERIES: [(&str, &str); 11] = [
    ("all", "measure=persons"),
    ("outed", "measure=persons&ground=outed"),
    ("tortured", "measure=persons&kind=torture"),
    ("tortures", "measure=incidents&kind=torture,beating"),
    ("incidents", "measure=incidents"),
    ("both", "measure=persons&with=detention,torture"),
    ("of_chechnya", "measure=persons&origin=RU"),
    ("outed_and_tortured", "measure=persons&ground=outed&kind=torture"),
    ("of_high", "measure=persons&reliability=high"),
    ("incidents_of_low", "measure=incidents&reliability=low&kind=detention,torture"),
    ("in_2017", "measure=incidents&year=2017"),
];

#[derive(Debug, Clone)]
enum Step {
    Person(&'static str, &'static str),
    Incident(Index, &'static str, &'static str, Index),
    CorrectPerson(Index, &'static str, &'static str),
    CorrectIncident(Index, &'static str, Index),
    CorrectSource(Index, &'static str),
    Withdraw(Noun, Index),
    Restore(Noun, Index),
    Join(Index, Index),
    UnJoin(Index),
    JoinAgain(Index),
}

fn any_step() -> impl Strategy<Value = Step> {
    let ground = || select(vec!["outed", "attacked"]);
    let origin = || select(vec!["RU-CE", "RU-DA", "GE", "_U"]);
    let kind = || select(vec!["torture", "detention", "beating"]);
    let date = select(vec!["2017", "2017-04", "2016/2017", "2018-02"]);
    let noun = || select(vec![Noun::Person, Noun::Incident]);
    let at = any::<Index>;
    prop_oneof![
        3 => (ground(), origin()).prop_map(|(ground, origin)| Step::Person(ground, origin)),
        5 => (at(), kind(), date, at()).prop_map(|(person, kind, date, source)| Step::Incident(person, kind, date, source)),
        2 => (at(), ground(), origin()).prop_map(|(person, ground, origin)| Step::CorrectPerson(person, ground, origin)),
        3 => (at(), kind(), at()).prop_map(|(incident, kind, person)| Step::CorrectIncident(incident, kind, person)),
        1 => (at(), select(vec!["high", "low"])).prop_map(|(source, reliability)| Step::CorrectSource(source, reliability)),
        2 => (noun(), at()).prop_map(|(noun, at)| Step::Withdraw(noun, at)),
        2 => (noun(), at()).prop_map(|(noun, at)| Step::Restore(noun, at)),
        3 => (at(), at()).prop_map(|(person, canonical)| Step::Join(person, canonical)),
        1 => at().prop_map(Step::UnJoin),
        1 => at().prop_map(Step::JoinAgain),
    ]
}

/// The codes of what was entered.
struct Desk<'a> {
    app: &'a App<'a>,
    persons: Vec<String>,
    incidents: Vec<String>,
    joined: Vec<String>,
}

impl Desk<'_> {
    fn pick(&self, noun: Noun, at: &Index) -> Option<String> {
        let codes = match noun {
            Noun::Person => &self.persons,
            Noun::Incident => &self.incidents,
            _ => &self.joined,
        };
        (!codes.is_empty()).then(|| at.get(codes).clone())
    }

    /// Corrects a record, if it is not withdrawn.
    fn correct(&self, noun: Noun, at: &Index, mut changes: Value, day: Option<&str>) {
        let Some(code) = self.pick(noun, at) else { return };
        let seen = by_code(self.app, noun, &code);
        if let Some(day) = day {
            changes["known_on"] = day.into();
        }
        if seen.json()["status"] == "active" {
            self.app.caseworker().correct(noun, &seen, &changes).expect(200);
        }
    }

    /// Withdraws or restores a record, if it is not so already and nothing stands against it.
    fn turn(&self, noun: Noun, at: &Index, what: &str, day: Option<&str>) {
        let Some(code) = self.pick(noun, at) else { return };
        let seen = by_code(self.app, noun, &code);
        let body = json!({"reason": "looked into again", "known_on": day});
        if (seen.json()["status"] == "active") == (what == "withdrawal") {
            let answer = self.app.caseworker().set_state(noun, &seen, what, &body);
            assert!(matches!(answer.status, 200 | 409 | 422), "{}", answer.text());
        }
    }

    /// Does one step. One about a record that is not there is left out, and so is a join that is refused.
    fn take(&mut self, step: &Step, day: Option<&str>) {
        let staff = self.app.caseworker();
        let why = "looked into again";
        match step {
            Step::Person(ground, origin) => {
                let code = format!("P-{}", self.persons.len());
                let entry = json!({"code": code, "ground": ground, "origin": origin, "known_on": day});
                staff.enter(Noun::Person, &entry);
                self.persons.push(code);
            }
            Step::Incident(person, kind, date, source) => {
                let Some(person) = self.pick(Noun::Person, person) else { return };
                let code = format!("I-{}", self.incidents.len());
                let sources = json!([{"source": source.get(&SOURCES)}]);
                let entry = json!({"code": code, "person": person, "kind": kind, "date": date, "sources": sources,
                    "known_on": day});
                staff.enter(Noun::Incident, &entry);
                self.incidents.push(code);
            }
            Step::CorrectPerson(at, ground, origin) => {
                self.correct(Noun::Person, at, json!({"ground": ground, "origin": origin, "reason": why}), day);
            }
            Step::CorrectIncident(at, kind, person) => {
                let Some(person) = self.pick(Noun::Person, person) else { return };
                self.correct(Noun::Incident, at, json!({"kind": kind, "person": person, "reason": why}), day);
            }
            Step::CorrectSource(at, reliability) => {
                let mut changes = json!({"reliability": reliability, "reason": why});
                if let Some(day) = day {
                    changes["known_on"] = day.into();
                }
                let code: &&str = at.get(&SOURCES);
                let seen = by_code(self.app, Noun::Source, code);
                staff.correct(Noun::Source, &seen, &changes).expect(200);
            }
            Step::Withdraw(noun, at) => self.turn(*noun, at, "withdrawal", day),
            Step::Restore(noun, at) => self.turn(*noun, at, "restoration", day),
            Step::UnJoin(at) => self.turn(Noun::Linkage, at, "withdrawal", day),
            Step::JoinAgain(at) => self.turn(Noun::Linkage, at, "restoration", day),
            Step::Join(person, canonical) => {
                let (Some(person), Some(canonical)) =
                    (self.pick(Noun::Person, person), self.pick(Noun::Person, canonical))
                else {
                    return;
                };
                let entry = json!({"person": person, "canonical": canonical, "sources": ["S-1"], "reason": why,
                    "known_on": day});
                let answer = staff.create(Noun::Linkage, &entry);
                match answer.status {
                    201 => self.joined.push(person),
                    // Joined already, with itself, in a chain, or withdrawn.
                    status => assert!(matches!(status, 409 | 422), "{}", answer.text()),
                }
            }
        }
    }
}

fn what_came_and_went_adds_up(home: &Home) {
    let day = select(vec![None, None, Some(BEFORE), Some(BACK), Some("2018-04-10"), Some("2019-01-01")]);
    let incident = (any::<Index>(), select(vec!["torture", "detention"]), any::<Index>());
    let first = prop::collection::vec(incident, 4);
    let steps = prop::collection::vec((any_step(), day), 8..=15);
    let config = Config { cases: HISTORIES, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&(first, steps), |(first, steps)| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        source(&app, "S-1", "high");
        source(&app, "S-2", "low");
        let mut desk = Desk { app: &app, persons: Vec::new(), incidents: Vec::new(), joined: Vec::new() };
        for ground in ["outed", "attacked", "outed"] {
            desk.take(&Step::Person(ground, "RU-CE"), Some(BEFORE));
        }
        for (person, kind, source) in first {
            desk.take(&Step::Incident(person, kind, "2017-04", source), Some(BEFORE));
        }
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
        let figures = app.caseworker().walk("/api/v1/staff/figures?limit=200");
        prop_assert_eq!(figures.len(), 2 * QUERIES.len());
        for figure in figures {
            let path = format!("/api/v1/staff/figures/{}/reconciliation", figure["id"].as_str().unwrap());
            let answer = app.caseworker().get(&path).expect(200).json();
            explained(&answer);
            for change in answer["changes"].as_array().unwrap() {
                prop_assert_ne!(&change["reason"], "definition_changed", "no definition was changed: {}", answer);
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

on_both! { bare: what_came_and_went_adds_up }
