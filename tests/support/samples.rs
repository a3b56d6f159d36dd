//! An entry of every noun.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::app::App;
use super::client::{Answer, path_of};
use super::operations::Operation;

/// An entry of a noun that is accepted, its references entered first. No two are alike.
pub fn entry(app: &App, noun: Noun) -> Value {
    let tag = uuid::Uuid::now_v7().simple().to_string();
    match noun {
        Noun::Term => json!({"vocabulary": "kind", "code": format!("kind-{tag}"), "family": "violation",
            "label_en": tag, "definition_en": "A home is set on fire to harm the person."}),
        Noun::Event => json!({"code": format!("E-{tag}"), "name": "Second wave", "date": "2018-12/2019-04"}),
        Noun::Source => json!({"code": format!("S-{tag}"), "type": "interview", "reliability": "high"}),
        Noun::Publication => json!({"code": format!("P-{tag}"), "published_on": "2019-01-14",
            "publisher": "Russian LGBT Network", "address": "https://example.org/statement"}),
        Noun::Figure => {
            let publication = app.caseworker().enter(Noun::Publication, &entry(app, Noun::Publication)).json();
            json!({"publication": publication["code"], "code": "evacuated", "measure": "persons",
                "population": "people evacuated", "region": "Chechnya", "value": 114, "as_of": "2018-04-03",
                "address": "https://example.org/statement"})
        }
        Noun::Person => json!({"code": format!("P-{tag}"), "ground": "threatened_by_relatives", "origin": "RU-CE"}),
        Noun::Incident => {
            let person = app.caseworker().enter(Noun::Person, &entry(app, Noun::Person)).json();
            json!({"person": person["code"], "kind": "detention", "date": "2017-04~", "place": "RU-CE"})
        }
        Noun::Linkage => decision(app, &person(app), &person(app)),
        Noun::Consent => json!({"person": person(app), "purpose": "count", "decision": "given", "manner": "signed",
            "decided_on": "2017-06-01"}),
    }
}

/// A field of every noun that can be corrected, with another value that is accepted.
pub fn correction(app: &App, noun: Noun) -> (&'static str, Value) {
    match noun {
        Noun::Term => ("label_en", json!(format!("Fire-setting {}", uuid::Uuid::now_v7().simple()))),
        Noun::Event => ("name", json!("Second wave, 2019")),
        Noun::Source => ("reliability", json!("low")),
        Noun::Publication => ("publisher", json!("The Network")),
        Noun::Figure => ("value", json!(115)),
        Noun::Person => ("sex", json!("F")),
        Noun::Incident => ("kind", json!("torture")),
        Noun::Linkage => ("canonical", person(app).into()),
        Noun::Consent => ("decision", json!("withdrawn")),
    }
}

/// The code of a new person.
pub fn person(app: &App) -> String {
    let answer = app.caseworker().enter(Noun::Person, &json!({}));
    answer.json()["code"].as_str().unwrap().to_owned()
}

/// The identifier of some record of a noun: one that is there, or a new one.
pub fn some_record(app: &App, noun: Noun) -> String {
    let reader = app.enterer_of(noun);
    let found = reader.get(&format!("{}?limit=1", path_of(noun))).expect(200).items();
    let record = found.into_iter().next().unwrap_or_else(|| reader.enter(noun, &entry(app, noun)).json());
    record["id"].as_str().unwrap().to_owned()
}

/// The identifier of what an operation is about, so that its address leads somewhere.
pub fn some_id(app: &App, operation: &Operation) -> String {
    match operation.noun() {
        Some(noun) => some_record(app, noun),
        None if operation.path.starts_with("/api/v1/staff/releases/") => some_release(app),
        None if operation.path.starts_with("/api/v1/staff/lists/") => some_list(app),
        None if operation.path.starts_with("/api/v1/staff/jobs/") => some_job(app),
        None => "lgbtnet-2018-04-03".to_owned(),
    }
}

/// The identifier of some job: one that is there, or a new one.
pub fn some_job(app: &App) -> String {
    let found = app.caseworker().get("/api/v1/staff/jobs").expect(200).items();
    let headers = [("Content-Type", "text/csv"), ("Prefer", "respond-async")];
    let file = b"ground\nwitness\n".to_vec();
    let made =
        || app.caseworker().send("POST", "/api/v1/staff/imports?noun=persons&dry_run=true", &headers, file).json();
    let job = found.into_iter().next().unwrap_or_else(made);
    // What is still done would change what others look at.
    let address = format!("/api/v1/staff/jobs/{}", job["id"].as_str().unwrap());
    let is_finished = || {
        let state = app.caseworker().get(&address).expect(200).json()["state"].clone();
        !matches!(state.as_str().unwrap(), "queued" | "running")
    };
    for _ in 0..1_000 {
        if is_finished() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    job["id"].as_str().unwrap().to_owned()
}

/// The identifier of some public list: one that is there, or a new one.
pub fn some_list(app: &App) -> String {
    list(app, "sex", &["M", "F"]);
    app.publisher().get("/api/v1/staff/lists").expect(200).items()[0]["id"].as_str().unwrap().to_owned()
}

/// Puts the public list of a dimension in force with these codes, where it has none. One signature must do.
pub fn list(app: &App, dimension: &str, codes: &[&str]) {
    let address = "/api/v1/staff/lists";
    if app.publisher().get(address).expect(200).items().iter().any(|made| made["dimension"] == dimension) {
        return;
    }
    let made = app.publisher().post(address, &json!({"dimension": dimension, "codes": codes})).expect(201);
    let sign = format!("{address}/{}/sign", made.id());
    let signed = app.publisher().post_with(&sign, &[("If-Match", &made.etag())], &json!({})).expect(200);
    assert_eq!(signed.json()["state"], "in_force", "{dimension}");
}

/// The identifier of some release: one that is there, or one that is prepared.
pub fn some_release(app: &App) -> String {
    list(app, "sex", &["M", "F"]);
    let address = "/api/v1/staff/releases";
    let found = app.publisher().get(address).expect(200).items();
    let declaration = json!({"id": "some", "title_en": "Persons by sex", "publisher": "The office",
        "tables": [{"code": "by-sex", "title_en": "By sex", "by": ["sex"]}]});
    let made = || app.publisher().post(address, &declaration).expect(201).json();
    found.into_iter().next().unwrap_or_else(made)["id"].as_str().unwrap().to_owned()
}

/// The decision that one record is counted as another, with a source of its own.
pub fn decision(app: &App, person: &str, canonical: &str) -> Value {
    let source = app.caseworker().enter(Noun::Source, &entry(app, Noun::Source)).json();
    json!({"person": person, "canonical": canonical, "sources": [source["code"]], "reason": "one passport"})
}

/// Joins one record to another, known from a day.
pub fn join(app: &App, person: &str, canonical: &str, known_on: &str) -> Answer {
    let mut decision = decision(app, person, canonical);
    decision["known_on"] = known_on.into();
    app.caseworker().enter(Noun::Linkage, &decision)
}

/// Says what a person decided about being counted, known from a day.
pub fn consent(app: &App, person: &str, decision: &str, known_on: &str) -> Answer {
    let entry = json!({"person": person, "purpose": "count", "decision": decision, "manner": "spoken",
        "decided_on": known_on, "known_on": known_on});
    app.caseworker().enter(Noun::Consent, &entry)
}
