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
    if entry["query"].is_null() || entry["state"] != "published" {
        return app.publisher().enter(Noun::Figure, &entry);
    }
    // What counts case files becomes public by a release alone; here it is as earlier versions have left it.
    entry["state"] = "draft".into();
    let made = app.publisher().enter(Noun::Figure, &entry);
    left(app, &format!("{publication}:{code}"), "published");
    made
}

/// Leaves a figure public, or a draft, as no address does it.
pub fn left(app: &App, code: &str, state: &str) {
    app.home.sql(&format!(
        "UPDATE figure_versions SET visibility = '{state}' WHERE superseded_by IS NULL \
         AND record_id = (SELECT id FROM records WHERE noun = 'figure' AND code = '{code}')"
    ));
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

/// Corrects a record, today. A figure that is public and has a query stays public, as earlier versions left it.
pub fn correct(app: &App, noun: Noun, code: &str, changes: &Value) -> Answer {
    let mut changes = changes.clone();
    changes["reason"] = "checked again".into();
    let seen = by_code(app, noun, code);
    let before = seen.json();
    let kept = noun == Noun::Figure
        && before["state"] == "published"
        && !before["query"].is_null()
        && changes.get("state").is_none();
    if kept {
        left(app, code, "draft");
    }
    let made = app.publisher().correct(noun, &seen, &changes).expect(200);
    if kept {
        left(app, code, "published");
    }
    made
}

pub fn withdraw(app: &App, noun: Noun, code: &str) -> Answer {
    app.publisher().withdraw(noun, &by_code(app, noun, code), "published by mistake").expect(200)
}
