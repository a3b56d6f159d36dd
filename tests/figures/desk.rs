//! Random steps of the work on case files: entering, correcting, withdrawing, restoring, joining, un-joining, and words that
//! take the place of others, known from random days.

use attest::domain::record::Noun;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::held::{BACK, BEFORE, source};
use super::staff::by_code;
use crate::support::App;

const SOURCES: [&str; 2] = ["S-1", "S-2"];

#[derive(Debug, Clone)]
pub enum Step {
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
    /// What a person decides about being counted, and the last day on which it holds.
    Consent(Index, &'static str, Option<&'static str>),
    CorrectConsent(Index, &'static str, Option<&'static str>),
    /// One kind takes the place of another.
    Replace(&'static str, &'static str),
    /// It does so no more.
    TakeBack(&'static str),
}

/// A step with the day from which it is known.
pub type Known = (Step, Option<&'static str>);

/// A random step, known today where no day is given.
pub fn any_step() -> impl Strategy<Value = Known> {
    let day = select(vec![None, None, Some(BEFORE), Some(BACK), Some("2018-04-10"), Some("2019-01-01")]);
    (any_one(), day)
}

/// What is there at first: three persons, and incidents of them.
pub fn any_first() -> impl Strategy<Value = Vec<Step>> {
    let incident = (any::<Index>(), select(vec!["torture", "detention"]), any::<Index>());
    let incidents = prop::collection::vec(incident, 4);
    incidents.prop_map(|incidents| {
        let persons = ["outed", "attacked", "outed"].map(|ground| Step::Person(ground, "RU-CE"));
        let incident = |(person, kind, source)| Step::Incident(person, kind, "2017-04", source);
        persons.into_iter().chain(incidents.into_iter().map(incident)).collect()
    })
}

fn any_one() -> impl Strategy<Value = Step> {
    let ground = || select(vec!["outed", "attacked"]);
    let origin = || select(vec!["RU-CE", "RU-DA", "GE", "_U"]);
    let kind = || select(vec!["torture", "detention", "beating"]);
    let date = select(vec!["2017", "2017-04", "2016/2017", "2018-02"]);
    let noun = || select(vec![Noun::Person, Noun::Incident, Noun::Incident, Noun::Source, Noun::Consent]);
    let decision = || select(vec!["given", "given", "refused", "withdrawn"]);
    let ends_on = || select(vec![None, Some("2018-04-04"), Some("2018-04-10"), Some("2020-01-01"), Some("2999-01-01")]);
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
        3 => (at(), decision(), ends_on()).prop_map(|(person, decision, end)| Step::Consent(person, decision, end)),
        2 => (at(), decision(), ends_on()).prop_map(|(consent, decision, end)| Step::CorrectConsent(consent, decision, end)),
        1 => (kind(), kind()).prop_map(|(kind, next)| Step::Replace(kind, next)),
        1 => kind().prop_map(Step::TakeBack),
    ]
}

/// The codes of what was entered.
pub struct Desk<'a> {
    app: &'a App<'a>,
    persons: Vec<String>,
    incidents: Vec<String>,
    joined: Vec<String>,
    sources: Vec<String>,
    consents: Vec<String>,
}

impl<'a> Desk<'a> {
    /// A desk with two sources and what is there at first.
    pub fn new(app: &'a App<'a>, first: &[Step]) -> Self {
        source(app, "S-1", "high");
        source(app, "S-2", "low");
        let sources = SOURCES.map(str::to_owned).to_vec();
        let mut desk =
            Self { app, persons: Vec::new(), incidents: Vec::new(), joined: Vec::new(), sources, consents: Vec::new() };
        for step in first {
            desk.take(step, Some(BEFORE));
        }
        desk
    }

    fn pick(&self, noun: Noun, at: &Index) -> Option<String> {
        let codes = match noun {
            Noun::Person => &self.persons,
            Noun::Incident => &self.incidents,
            Noun::Source => &self.sources,
            Noun::Consent => &self.consents,
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
            let answer = self.app.caseworker().correct(noun, &seen, &changes);
            assert!(matches!(answer.status, 200 | 422), "{}", answer.text());
        }
    }

    /// Says what takes the place of a kind, unless that led back.
    fn replace(&self, kind: &str, next: Option<&str>) {
        let seen = by_code(self.app, Noun::Term, &format!("kind:{kind}"));
        let changes = json!({"replaced_by": next, "reason": "one word for both"});
        let answer = self.app.admin().correct(Noun::Term, &seen, &changes);
        assert!(matches!(answer.status, 200 | 422), "{}", answer.text());
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
    pub fn take(&mut self, step: &Step, day: Option<&str>) {
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
                let answer = staff.create(Noun::Incident, &entry);
                match answer.status {
                    201 => self.incidents.push(code),
                    // Of a kind whose place was taken.
                    status => assert_eq!(status, 422, "{}", answer.text()),
                }
            }
            Step::CorrectPerson(at, ground, origin) => {
                self.correct(Noun::Person, at, json!({"ground": ground, "origin": origin, "reason": why}), day);
            }
            Step::CorrectIncident(at, kind, person) => {
                let Some(person) = self.pick(Noun::Person, person) else { return };
                self.correct(Noun::Incident, at, json!({"kind": kind, "person": person, "reason": why}), day);
            }
            Step::CorrectSource(at, reliability) => {
                self.correct(Noun::Source, at, json!({"reliability": reliability, "reason": why}), day);
            }
            Step::Consent(person, decision, ends_on) => {
                let Some(person) = self.pick(Noun::Person, person) else { return };
                let entry = json!({"person": person, "purpose": "count", "decision": decision,
                    "decided_on": "2018-01-01", "ends_on": ends_on, "known_on": day});
                let answer = staff.create(Noun::Consent, &entry);
                match answer.status {
                    201 => self.consents.push(format!("{person}:count")),
                    // Said before.
                    status => assert_eq!(status, 422, "{}", answer.text()),
                }
            }
            Step::CorrectConsent(at, decision, ends_on) => {
                let changes = json!({"decision": decision, "ends_on": ends_on, "reason": why});
                self.correct(Noun::Consent, at, changes, day);
            }
            Step::Withdraw(noun, at) => self.turn(*noun, at, "withdrawal", day),
            Step::Restore(noun, at) => self.turn(*noun, at, "restoration", day),
            Step::Replace(kind, next) => self.replace(kind, Some(next)),
            Step::TakeBack(kind) => self.replace(kind, None),
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
