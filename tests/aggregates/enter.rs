//! Entering a case file over HTTP, and keeping what was entered.

use attest::domain::record::Noun;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::case::{CaseFile, Day, Incident, Person, Record, Version, family};
use super::generate::{RELIABILITIES, Step};
use crate::support::{Answer, App};

/// Staff at work on one case file.
pub struct Desk<'a> {
    pub app: &'a App<'a>,
    pub case: CaseFile,
    /// The newest answer about each record, which a correction needs.
    persons: Vec<Answer>,
    incidents: Vec<Answer>,
    sources: Vec<Answer>,
}

fn person_entry(person: &Person, known_on: Day) -> Value {
    json!({"ground": person.ground, "origin": person.origin, "sex": person.sex, "age_group": person.age_group,
        "known_on": known_on, "reason": "checked again"})
}

fn version<T>(answer: &Answer, known_on: Day, active: bool, body: T) -> Version<T> {
    Version { write: answer.json()["version"].as_i64().unwrap(), known_on, active, body }
}

fn code(answer: &Answer) -> String {
    answer.json()["code"].as_str().unwrap().to_owned()
}

/// Withdraws a record, or restores it, known from a day.
fn turn(app: &App, noun: Noun, seen: &Answer, active: bool, known_on: &str) -> Answer {
    let path = format!("{}/{}", seen.path(noun), if active { "restoration" } else { "withdrawal" });
    let body = json!({"reason": "looked into again", "known_on": known_on});
    app.publisher().post_with(&path, &[("If-Match", &seen.etag())], &body).expect(200)
}

/// Withdraws a record that is not withdrawn yet, known from a day.
pub fn withdraw(app: &App, noun: Noun, seen: &Answer, known_on: &str) -> Answer {
    turn(app, noun, seen, false, known_on)
}

/// Withdraws or restores one of the records, if it is not so already.
fn turn_one<T: Clone>(
    app: &App,
    noun: Noun,
    (records, seen): (&mut [Record<T>], &mut [Answer]),
    at: Index,
    active: bool,
    day: Day,
) {
    if records.is_empty() {
        return;
    }
    let at = at.index(records.len());
    let last = records[at].versions.last().unwrap().clone();
    if last.active != active {
        let answer = turn(app, noun, &seen[at], active, day);
        records[at].versions.push(version(&answer, day, active, last.body));
        seen[at] = answer;
    }
}

fn is_withdrawn<T>(record: &Record<T>) -> bool {
    !record.versions.last().unwrap().active
}

impl<'a> Desk<'a> {
    /// A desk with three sources, one of each reliability, known from the beginning.
    pub fn new(app: &'a App<'a>) -> Self {
        let mut desk =
            Self { app, case: CaseFile::default(), persons: Vec::new(), incidents: Vec::new(), sources: Vec::new() };
        for reliability in RELIABILITIES {
            let entry = json!({"type": "interview", "reliability": reliability, "known_on": "2018-01-01"});
            let answer = app.caseworker().enter(Noun::Source, &entry);
            let first = version(&answer, "2018-01-01", true, reliability);
            desk.case.sources.push(Record { code: code(&answer), versions: vec![first] });
            desk.sources.push(answer);
        }
        desk
    }

    fn incident_entry(&self, incident: &Incident, known_on: Day) -> Value {
        let involvement = |(role, actor): &(&str, &str)| json!({"role": role, "actor": actor});
        let source = |at: &usize| json!({"source": self.case.sources[*at].code});
        let mut entry = json!({
            "person": self.case.persons[incident.person].code, "kind": incident.kind, "date": incident.date.edtf,
            "place": incident.place, "known_on": known_on, "reason": "checked again",
            "involvements": incident.involvements.iter().map(involvement).collect::<Vec<_>>(),
            "sources": incident.sources.iter().map(source).collect::<Vec<_>>(),
        });
        // A correction takes back what is null.
        let movement = family(incident.kind) == "movement";
        entry["destination"] = if movement { incident.destination.into() } else { Value::Null };
        entry
    }

    /// Of a person who is there.
    fn placed(&self, incident: &Incident) -> Incident {
        Incident { person: incident.person % self.case.persons.len(), ..incident.clone() }
    }

    /// Does one step. A step about a record that is not there, or that is withdrawn and cannot be
    /// corrected, is left out.
    pub fn take(&mut self, step: &Step) {
        let staff = self.app.caseworker();
        match step {
            Step::Enter(person, day) => {
                let answer = staff.enter(Noun::Person, &person_entry(person, day));
                let first = version(&answer, day, true, person.clone());
                self.case.persons.push(Record { code: code(&answer), versions: vec![first] });
                self.persons.push(answer);
            }
            Step::EnterIncident(incident, day) => {
                let incident = self.placed(incident);
                let answer = staff.enter(Noun::Incident, &self.incident_entry(&incident, day));
                let first = version(&answer, day, true, incident);
                self.case.incidents.push(Record { code: code(&answer), versions: vec![first] });
                self.incidents.push(answer);
            }
            Step::Correct(at, person, day) => {
                let at = at.index(self.persons.len());
                if is_withdrawn(&self.case.persons[at]) {
                    return;
                }
                let answer = staff.correct(Noun::Person, &self.persons[at], &person_entry(person, day)).expect(200);
                self.case.persons[at].versions.push(version(&answer, day, true, person.clone()));
                self.persons[at] = answer;
            }
            Step::CorrectIncident(at, incident, day) => {
                if self.incidents.is_empty() {
                    return;
                }
                let (at, incident) = (at.index(self.incidents.len()), self.placed(incident));
                if is_withdrawn(&self.case.incidents[at]) {
                    return;
                }
                let entry = self.incident_entry(&incident, day);
                let answer = staff.correct(Noun::Incident, &self.incidents[at], &entry).expect(200);
                self.case.incidents[at].versions.push(version(&answer, day, true, incident));
                self.incidents[at] = answer;
            }
            Step::CorrectSource(at, reliability, day) => {
                let at = at.index(self.sources.len());
                let changes = json!({"reliability": reliability, "known_on": day, "reason": "checked again"});
                let answer = staff.correct(Noun::Source, &self.sources[at], &changes).expect(200);
                self.case.sources[at].versions.push(version(&answer, day, true, *reliability));
                self.sources[at] = answer;
            }
            Step::Withdraw(at, day) | Step::Restore(at, day) => {
                let active = matches!(step, Step::Restore(..));
                let persons = (self.case.persons.as_mut_slice(), self.persons.as_mut_slice());
                turn_one(self.app, Noun::Person, persons, *at, active, day);
            }
            Step::WithdrawIncident(at, day) | Step::RestoreIncident(at, day) => {
                let active = matches!(step, Step::RestoreIncident(..));
                let incidents = (self.case.incidents.as_mut_slice(), self.incidents.as_mut_slice());
                turn_one(self.app, Noun::Incident, incidents, *at, active, day);
            }
        }
    }
}
