//! An office over HTTP: it imports people who agree to be published, declares public lists, changes what it has entered, and releases
//! how many they are.

use std::time::Duration;

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::domain::release::content::Content;
use attest::store::accounts::{self, Purpose};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::people::{AGES, Change, GROUNDS, KINDS, LISTED, Person, SEXES};
use crate::support::client::path_of;
use crate::support::{Answer, App, Caller};

const RELEASES: &str = "/api/v1/staff/releases";
const LISTS: &str = "/api/v1/staff/lists";
/// The most rows of a file that is imported while one waits.
const ROWS: usize = 450;

/// A table on case files.
pub fn table(code: &str, measure: &str, by: &[&str]) -> Value {
    json!({"code": code, "title_en": code, "measure": measure, "by": by})
}

/// Every table that the office may declare.
pub fn tables() -> Vec<Value> {
    vec![
        table("both", "persons", &["ground", "sex"]),
        table("sexes", "persons", &["sex"]),
        table("grounds", "persons", &["ground"]),
        table("kinds", "persons", &["kind"]),
        table("crossed", "persons", &["sex", "kind"]),
        table("incidents", "incidents", &["kind"]),
        table("happened", "incidents", &["kind", "ground"]),
        table("three", "persons", &["ground", "sex", "age_group"]),
    ]
}

pub fn declaration(id: &str, tables: &[Value], figures: &[String]) -> Value {
    json!({"id": id, "title_en": "How many they are", "publisher": "The office", "tables": tables, "figures": figures})
}

/// An office with two publishers, and public lists that both have signed.
pub struct Office<'a> {
    pub app: &'a App<'a>,
    /// What the second publisher signs in with.
    second: String,
}

impl<'a> Office<'a> {
    pub fn open(app: &'a App<'a>) -> Self {
        let lasting = TimeDelta::days(366);
        let token = accounts::create_token(&app.store, "second", Role::Publisher, lasting, Purpose::Api).unwrap();
        let office = Self { app, second: token };
        for (dimension, codes, unknown) in [
            ("ground", &GROUNDS[..LISTED], true),
            ("sex", &SEXES[..2], true),
            ("age_group", &AGES[..], false),
            ("kind", &KINDS[..LISTED], false),
        ] {
            let list = json!({"dimension": dimension, "codes": codes, "unknown": unknown});
            let made = app.publisher().post(LISTS, &list).expect(201);
            let signed = office.signed_by_both(LISTS, made);
            assert_eq!(signed.json()["state"], "in_force");
        }
        office
    }

    /// What the same office is opened with at another server that has a copy of its database.
    pub fn key(&self) -> String {
        self.second.clone()
    }

    pub fn open_copy(app: &'a App<'a>, key: &str) -> Self {
        Self { app, second: key.to_owned() }
    }

    fn signed_by_both(&self, below: &str, mut seen: Answer) -> Answer {
        for publisher in [&self.app.publisher(), &self.app.bearing(&self.second)] {
            seen = act(publisher, below, &seen, "sign").expect(200);
        }
        seen
    }

    /// Enters people who agree to be published, in a file a noun.
    pub fn enter(&self, people: &[Person]) {
        let persons = people.iter().map(|own| {
            let known = |code: &'static str| if code == "_U" { "" } else { code };
            format!("{},{},{},{}", own.code, known(own.ground), known(own.sex), own.age)
        });
        self.import("persons", "code,ground,sex,age_group", persons);
        let consents = people.iter().map(|own| format!("{},publish,given,2018-04-03", own.code));
        self.import("consents", "person,purpose,decision,decided_on", consents);
        let incidents =
            people.iter().flat_map(|own| own.kinds.iter().map(|kind| format!("{},{kind},2017-04", own.code)));
        self.import("incidents", "person,kind,date", incidents);
    }

    fn import(&self, noun: &str, head: &str, rows: impl Iterator<Item = String>) {
        let rows: Vec<_> = rows.collect();
        for rows in rows.chunks(ROWS) {
            let file = format!("{head}\n{}\n", rows.join("\n"));
            let done = self.app.caseworker().import(&format!("noun={noun}"), &file);
            if done.status == 202 {
                let job = self.app.caseworker().finished(done.header("location").unwrap());
                assert_eq!(job["state"], "succeeded", "{job}");
            } else {
                assert_eq!(done.expect(200).json()["created"], rows.len());
            }
        }
    }

    /// Enters what has changed.
    pub fn make(&self, people: &[Person], change: &Change) {
        let whose = |at: &usize| people[*at].code.as_str();
        let known = |code: &str| if code == "_U" { Value::Null } else { code.into() };
        match change {
            Change::Ground(at, ground) => self.correct(whose(at), "ground", known(ground)),
            Change::Sex(at, sex) => self.correct(whose(at), "sex", known(sex)),
            Change::Added(person) => self.enter(std::slice::from_ref(person)),
            Change::Withdrawn(at) => {
                let day = self.app.clock.now().date_naive().to_string();
                let changes = json!({"decision": "withdrawn", "decided_on": day, "reason": "they said so"});
                self.change(Noun::Consent, &format!("person={}", whose(at)), &changes);
            }
        }
    }

    fn correct(&self, code: &str, field: &str, value: Value) {
        self.change(Noun::Person, &format!("code={code}"), &json!({field: value, "reason": "asked again"}));
    }

    fn change(&self, noun: Noun, found_by: &str, changes: &Value) {
        let found = self.app.caseworker().get(&format!("{}?{found_by}", path_of(noun))).expect(200).items();
        let [record] = found.as_slice() else { panic!("{found_by}: {found:?}") };
        let path = format!("{}/{}", path_of(noun), record["id"].as_str().unwrap());
        self.app.caseworker().patch(&path, &format!("\"{}\"", record["version"]), changes).expect(200);
    }

    /// A publication with the draft of a figure for each of these questions: a release makes it public.
    pub fn figures(&self, queries: &[&str]) -> Vec<String> {
        let day = self.app.clock.now().date_naive().to_string();
        let publication = json!({"code": "own", "published_on": day, "publisher": "Us", "state": "published",
            "address": "https://example.org/own"});
        self.app.publisher().enter(Noun::Publication, &publication);
        let entered = queries.iter().enumerate().map(|(number, query)| {
            let measure = if query.contains("measure=incidents") { "incidents" } else { "persons" };
            let figure = json!({"publication": "own", "code": format!("f{number}"), "measure": measure,
                "population": "people", "value": 7, "region": "Chechnya", "as_of": day, "query": query});
            self.app.publisher().enter(Noun::Figure, &figure);
            format!("own:f{number}")
        });
        entered.collect()
    }

    /// Asks for a release; it may be blocked.
    pub fn ask(&self, declaration: &Value) -> Answer {
        self.app.publisher().post(RELEASES, declaration)
    }

    /// Prepares, signs twice and publishes.
    pub fn release(&self, declaration: &Value) -> Content {
        self.publish(self.ask(declaration).expect(201));
        let path = format!("/api/v1/releases/{}/content.json", declaration["id"].as_str().unwrap());
        Content::from_json(&read(self.app, &path).text()).unwrap()
    }

    /// Withdraws what is public.
    pub fn withdraw(&self, code: &str) {
        let publisher = self.app.publisher();
        let all = publisher.walk(RELEASES);
        let id = all.iter().find(|release| release["code"] == code).unwrap()["id"].as_str().unwrap();
        let seen = publisher.get(&format!("{RELEASES}/{id}")).expect(200);
        let path = format!("{RELEASES}/{id}/withdraw");
        let reason = json!({"reason": "somebody can be found"});
        publisher.post_with(&path, &[("If-Match", &seen.etag())], &reason).expect(200);
    }

    pub fn publish(&self, prepared: Answer) {
        let signed = self.signed_by_both(RELEASES, prepared);
        act(&self.app.publisher(), RELEASES, &signed, "publish").expect(200);
    }
}

fn act(caller: &Caller<'_>, below: &str, seen: &Answer, what: &str) -> Answer {
    caller.post_with(&format!("{below}/{}/{what}", seen.id()), &[("If-Match", &seen.etag())], &json!({}))
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
