//! Entering a case file over HTTP, and keeping what was entered.

use attest::domain::record::Noun;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::case::{CaseFile, Consent, Day, Incident, Linkage, Person, Record, Version, family};
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
    linkages: Vec<Answer>,
    consents: Vec<Answer>,
}

/// What a consent says that can be corrected, decided before any day from which things are known.
fn consent_entry(consent: &Consent, known_on: Day) -> Value {
    json!({"decision": consent.decision, "ends_on": consent.ends_on, "decided_on": "2018-01-01", "known_on": known_on,
        "reason": "asked again"})
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
    app.publisher().post_with(&path, &[("If-Match", &seen.etag())], &body)
}

/// Withdraws a record that is not withdrawn yet, known from a day.
pub fn withdraw(app: &App, noun: Noun, seen: &Answer, known_on: &str) -> Answer {
    turn(app, noun, seen, false, known_on).expect(200)
}

/// Withdraws or restores one of the records, if it is not so already. Only a join may be refused: the records that it joins
/// may have been withdrawn or joined otherwise.
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
        if noun == Noun::Linkage && active && answer.status == 422 {
            return;
        }
        let answer = answer.expect(200);
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
        let mut desk = Self {
            app,
            case: CaseFile::default(),
            persons: Vec::new(),
            incidents: Vec::new(),
            sources: Vec::new(),
            linkages: Vec::new(),
            consents: Vec::new(),
        };
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
            Step::Join(at, canonical, day) => self.join(*at, *canonical, day),
            Step::JoinOther(at, canonical, day) => self.join_other(*at, *canonical, day),
            Step::Unjoin(at, day) | Step::Rejoin(at, day) => {
                let active = matches!(step, Step::Rejoin(..));
                let linkages = (self.case.linkages.as_mut_slice(), self.linkages.as_mut_slice());
                turn_one(self.app, Noun::Linkage, linkages, *at, active, day);
            }
            Step::Consent(consent, day) => self.consent(consent, day),
            Step::CorrectConsent(at, consent, day) => self.correct_consent(*at, consent, day),
            Step::WithdrawConsent(at, day) | Step::RestoreConsent(at, day) => {
                let active = matches!(step, Step::RestoreConsent(..));
                let consents = (self.case.consents.as_mut_slice(), self.consents.as_mut_slice());
                turn_one(self.app, Noun::Consent, consents, *at, active, day);
            }
        }
    }

    /// Joins two records; what is refused (a chain, a record with itself, one that is withdrawn, a second decision about one
    /// record) is left out.
    fn join(&mut self, person: Index, canonical: Index, day: Day) {
        let number = self.case.persons.len();
        let body = Linkage { person: person.index(number), canonical: canonical.index(number) };
        let code = |at: usize| &self.case.persons[at].code;
        let entry = json!({"person": code(body.person), "canonical": code(body.canonical), "known_on": day,
            "sources": [self.case.sources[0].code], "reason": "the same passport"});
        let answer = self.app.caseworker().create(Noun::Linkage, &entry);
        if matches!(answer.status, 409 | 422) {
            return;
        }
        let answer = answer.expect(201);
        let first = version(&answer, day, true, body);
        // A decision goes by the code of the record that it joins.
        let code = self.case.persons[first.body.person].code.clone();
        self.case.linkages.push(Record { code, versions: vec![first] });
        self.linkages.push(answer);
    }

    /// Corrects whom a joined record is counted as; what is refused is left out.
    fn join_other(&mut self, at: Index, canonical: Index, day: Day) {
        if self.linkages.is_empty() {
            return;
        }
        let at = at.index(self.linkages.len());
        if is_withdrawn(&self.case.linkages[at]) {
            return;
        }
        let person = self.case.linkages[at].versions[0].body.person;
        let body = Linkage { person, canonical: canonical.index(self.case.persons.len()) };
        let changes = json!({"canonical": self.case.persons[body.canonical].code, "known_on": day,
            "reason": "the passport was another's"});
        let answer = self.app.caseworker().correct(Noun::Linkage, &self.linkages[at], &changes);
        if answer.status == 422 {
            return;
        }
        let answer = answer.expect(200);
        self.case.linkages[at].versions.push(version(&answer, day, true, body));
        self.linkages[at] = answer;
    }

    /// Keeps what a person decided; a second record of one person and purpose is refused and left out.
    fn consent(&mut self, consent: &Consent, day: Day) {
        let consent = Consent { person: consent.person % self.case.persons.len(), ..consent.clone() };
        let same = |other: &Record<Consent>| {
            let first = &other.versions[0].body;
            (first.person, first.purpose) == (consent.person, consent.purpose)
        };
        let taken = self.case.consents.iter().any(same);
        let code = self.case.persons[consent.person].code.clone();
        let mut entry = consent_entry(&consent, day);
        entry["person"] = code.clone().into();
        entry["purpose"] = consent.purpose.into();
        let answer = self.app.caseworker().create(Noun::Consent, &entry).expect(if taken { 422 } else { 201 });
        if !taken {
            let code = format!("{code}:{}", consent.purpose);
            let first = version(&answer, day, true, consent);
            self.case.consents.push(Record { code, versions: vec![first] });
            self.consents.push(answer);
        }
    }

    /// Corrects what was decided, by whom and about what stays.
    fn correct_consent(&mut self, at: Index, consent: &Consent, day: Day) {
        if self.consents.is_empty() {
            return;
        }
        let at = at.index(self.consents.len());
        if is_withdrawn(&self.case.consents[at]) {
            return;
        }
        let first = &self.case.consents[at].versions[0].body;
        let body = Consent { person: first.person, purpose: first.purpose, ..consent.clone() };
        let changes = consent_entry(&body, day);
        let answer = self.app.caseworker().correct(Noun::Consent, &self.consents[at], &changes).expect(200);
        self.case.consents[at].versions.push(version(&answer, day, true, body));
        self.consents[at] = answer;
    }
}
