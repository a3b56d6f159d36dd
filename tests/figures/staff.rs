//! Entering publications and figures, and finding records by code.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::{Answer, App};

/// A publication, in a state.
pub fn publication(app: &App, code: &str, state: &str) -> Answer {
    let entry = json!({"code": code, "published_on": "2018-04-10", "publisher": "The Monitor",
        "address": "https://example.org/statement", "state": state});
    app.publisher().enter(Noun::Publication, &entry)
}

/// A figure of a publication, with what is said of it besides.
pub fn figure(app: &App, publication: &str, code: &str, value: u64, more: &Value) -> Answer {
    let mut entry = json!({"publication": publication, "code": code, "measure": "persons", "value": value,
        "population": "people who asked for help", "region": "Chechnya", "as_of": "2018-04-10", "state": "published",
        "address": "https://example.org/statement"});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.publisher().enter(Noun::Figure, &entry)
}

/// The newest version of the record with a code.
#[track_caller]
pub fn by_code(app: &App, noun: Noun, code: &str) -> Answer {
    let path = format!("/api/v1/staff/{}?code={code}&status=all", noun.plural());
    let found = app.publisher().get(&path).expect(200).items();
    assert_eq!(found.len(), 1, "{noun} {code}");
    let id = found[0]["id"].as_str().unwrap();
    app.publisher().get(&format!("/api/v1/staff/{}/{id}", noun.plural())).expect(200)
}

/// Corrects a record, today.
pub fn correct(app: &App, noun: Noun, code: &str, changes: &Value) -> Answer {
    let mut changes = changes.clone();
    changes["reason"] = "checked again".into();
    app.publisher().correct(noun, &by_code(app, noun, code), &changes).expect(200)
}

pub fn withdraw(app: &App, noun: Noun, code: &str) -> Answer {
    app.publisher().withdraw(noun, &by_code(app, noun, code), "published by mistake").expect(200)
}
