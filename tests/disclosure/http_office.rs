//! An office over HTTP: it enters people who agree to be published, and releases how many they are.

use std::collections::BTreeSet;
use std::time::Duration;

use attest::domain::record::Noun;
use attest::domain::release::content::Content;
use attest::domain::release::people::{Incident, Person, Values};
use serde_json::{Value, json};

use super::dice::Dice;
use super::schema::{Schema, crossed, single};
use crate::support::{Answer, App};

pub const RELEASES: &str = "/api/v1/staff/releases";
/// What is entered, the first much oftener than the last.
pub const GROUNDS: [&str; 4] = ["detained_tortured", "_U", "relative_of_victim", "acquaintances_detained"];
pub const SEXES: [&str; 3] = ["M", "F", "_U"];
pub const KINDS: [&str; 4] = ["detention", "torture", "evacuation", "beating"];

/// Somebody as they were entered.
#[derive(Debug, Clone)]
pub struct Entered {
    pub code: String,
    pub seen: Answer,
    pub consent: Answer,
    pub ground: &'static str,
    pub sex: &'static str,
    pub kinds: Vec<&'static str>,
}

impl Entered {
    pub fn person(&self) -> Person {
        let value = |code: &str| BTreeSet::from([code.to_owned()]);
        let incident = |kind: &&'static str| Incident { values: Values::from([("kind", value(kind))]) };
        Person {
            values: Values::from([("ground", value(self.ground)), ("sex", value(self.sex))]),
            incidents: self.kinds.iter().map(incident).collect(),
        }
    }
}

fn known(code: &'static str) -> Option<&'static str> {
    (code != "_U").then_some(code)
}

pub fn skewed(codes: &[&'static str], dice: &mut Dice) -> &'static str {
    let most = dice.between(1, codes.len());
    codes[dice.below(most)]
}

/// Enters somebody who agrees to be published.
pub fn enter(app: &App, ground: &'static str, sex: &'static str, kinds: Vec<&'static str>) -> Entered {
    let staff = app.caseworker();
    let seen = staff.enter(Noun::Person, &json!({"ground": known(ground), "sex": known(sex)}));
    let code = seen.json()["code"].as_str().unwrap().to_owned();
    let consent = json!({"person": code, "purpose": "publish", "decision": "given", "decided_on": "2018-04-03"});
    let consent = staff.enter(Noun::Consent, &consent);
    let mut entered = Entered { code, seen, consent, ground, sex, kinds: Vec::new() };
    kinds.into_iter().for_each(|kind| happened(app, &mut entered, kind));
    entered
}

/// Something more happened to somebody.
pub fn happened(app: &App, person: &mut Entered, kind: &'static str) {
    app.caseworker().enter(Noun::Incident, &json!({"person": person.code, "kind": kind, "date": "2017-04"}));
    person.kinds.push(kind);
}

/// Corrects the ground of somebody.
pub fn correct(app: &App, person: &mut Entered, ground: &'static str) {
    let changes = json!({"ground": known(ground), "reason": "asked again"});
    person.seen = app.caseworker().correct(Noun::Person, &person.seen, &changes).expect(200);
    person.ground = ground;
}

pub fn random(app: &App, dice: &mut Dice) -> Entered {
    let (ground, sex) = (skewed(&GROUNDS, dice), skewed(&SEXES, dice));
    let number = dice.below(3);
    let kinds = (0..number).map(|_| skewed(&KINDS, dice)).collect();
    enter(app, ground, sex, kinds)
}

/// A publication with the draft of a figure for each of these questions: a release makes it public.
pub fn publication(app: &App, queries: &[&str]) -> Vec<String> {
    let day = app.clock.now().date_naive().to_string();
    let publication = json!({"code": "own", "published_on": day, "publisher": "Us", "state": "published",
        "address": "https://example.org/own"});
    app.publisher().enter(Noun::Publication, &publication);
    let mut made = Vec::new();
    for (number, query) in queries.iter().enumerate() {
        let measure = if query.contains("measure=incidents") { "incidents" } else { "persons" };
        let figure = json!({"publication": "own", "code": format!("f{number}"), "measure": measure,
            "population": "people", "value": 7, "region": "Chechnya", "as_of": day, "query": query});
        app.publisher().enter(Noun::Figure, &figure);
        made.push(format!("own:f{number}"));
    }
    made
}

pub fn declaration(id: &str, tables: &[Value], figures: &[String]) -> Value {
    json!({"id": id, "title_en": "How many they are", "publisher": "The office", "tables": tables, "figures": figures})
}

pub fn table(code: &str, measure: &str, by: &[&str], keep: &Value) -> Value {
    let keep: serde_json::Map<_, _> = keep
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| by.contains(&name.as_str()))
        .map(|(n, k)| (n.clone(), k.clone()))
        .collect();
    json!({"code": code, "title_en": code, "measure": measure, "by": by, "keep": keep})
}

/// What is public at this address: a server looks now and then whether there is something new.
pub fn read(app: &App, path: &str) -> Answer {
    for _ in 0..600 {
        let answer = app.anybody().get(path);
        if answer.status == 200 {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    app.anybody().get(path).expect(200)
}

/// Prepares, signs and publishes; nothing where something stands in the way.
pub fn release(app: &App, declaration: &Value) -> Option<Content> {
    let publisher = app.publisher();
    let mut seen = publisher.post(RELEASES, declaration);
    if seen.status == 422 {
        println!("blocked: {}", seen.problem(422, "release_blocked").json()["blocks"]);
        return None;
    }
    seen = seen.expect(201);
    for what in ["sign", "publish"] {
        let path = format!("{RELEASES}/{}/{what}", seen.id());
        seen = publisher.post_with(&path, &[("If-Match", &seen.etag())], &json!({})).expect(200);
    }
    let path = format!("/api/v1/releases/{}/content.json", declaration["id"].as_str().unwrap());
    Some(Content::from_json(&read(app, &path).text()).unwrap())
}

fn listed(list: &str) -> Vec<&'static str> {
    let path = format!("{}/seed-data/vocabularies/{list}.csv", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).unwrap();
    let codes = reader.records().map(|row| &*row.unwrap()[1].to_owned().leak());
    codes.collect::<Vec<_>>().into_iter().chain(["_U", "_O"]).collect()
}

/// All that people can be, by the controlled lists.
pub fn schema() -> Schema {
    let rows = vec![Values::new()];
    let persons = crossed(&crossed(&rows, "ground", &single(&listed("ground"))), "sex", &single(&listed("sex")));
    let incidents = crossed(&rows, "kind", &single(&listed("kind")));
    Schema { persons, incidents, codes: Default::default(), vocabulary: std::iter::empty().collect() }
}
