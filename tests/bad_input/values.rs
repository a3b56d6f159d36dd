//! Values of a body that are not accepted.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::samples::{entry, person};
use crate::support::{App, on_both};

on_both! {
    empty:
    an_unknown_code_is_refused_by_field,
    an_unknown_field_is_refused_by_name,
    a_malformed_date_is_refused,
    a_date_is_kept_as_it_was_written,
    a_date_in_the_future_is_refused,
    a_record_that_is_not_there_is_refused_by_field,
    a_missing_value_is_refused_by_field,
    a_value_of_another_type_is_refused_by_field,
    a_malformed_code_is_refused,
    a_text_that_is_too_long_or_has_control_characters_is_refused,
    every_mistake_is_told_at_once,
    a_value_that_looks_like_sql_is_only_a_value,
    a_character_that_turns_the_text_after_it_is_refused,
    a_null_character_is_refused_wherever_it_stands,
    a_figure_is_a_whole_number_that_is_not_negative,
    a_query_of_a_figure_that_cannot_be_asked_is_refused,
    more_links_than_an_incident_takes_are_refused,
}

/// An incident of a new person with some fields replaced.
fn incident(app: &App, changes: &Value) -> Value {
    let mut body = json!({"person": person(app), "kind": "detention", "date": "2017-04"});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Asserts that an entry of a noun with one field replaced is refused for that field.
#[track_caller]
fn refused(app: &App, noun: Noun, field: &str, value: Value, rule: &str) {
    let mut body = entry(app, noun);
    body[field] = value;
    app.unchanged(|| app.enterer_of(noun).create(noun, &body).refuses(422, field, rule));
}

fn an_unknown_code_is_refused_by_field(app: &App) {
    for field in ["kind", "place", "basis"] {
        refused(app, Noun::Incident, field, json!("detentoin"), "unknown_code");
    }
    let body = incident(app, &json!({"kind": "evacuation", "destination": "Mars"}));
    app.unchanged(|| app.caseworker().create(Noun::Incident, &body).refuses(422, "destination", "unknown_code"));
    for field in ["ground", "origin", "sex", "age_group", "basis"] {
        refused(app, Noun::Person, field, json!("detentoin"), "unknown_code");
    }
    for field in ["type", "reliability"] {
        refused(app, Noun::Source, field, json!("detentoin"), "unknown_code");
    }
    for field in ["measure", "qualifier", "state"] {
        refused(app, Noun::Figure, field, json!("detentoin"), "unknown_code");
    }
    for field in ["purpose", "decision", "manner"] {
        refused(app, Noun::Consent, field, json!("detentoin"), "unknown_code");
    }
    refused(app, Noun::Publication, "state", json!("detentoin"), "unknown_code");
    refused(app, Noun::Term, "family", json!("detentoin"), "unknown_code");
    // The total is no value of a record, and a code has one spelling.
    for code in ["_T", "Detention", "detention "] {
        let answer = app.caseworker().create(Noun::Incident, &incident(app, &json!({ "kind": code })));
        if code.trim() == "detention" {
            assert_eq!(answer.expect(201).json()["kind"], "detention");
        } else {
            answer.refuses(422, "kind", "unknown_code");
        }
    }
    let links =
        json!({"involvements": [{"role": "perpetrator", "actor": "relatives"}, {"role": "x", "actor": "relatives"}]});
    let body = incident(app, &links);
    app.unchanged(|| {
        app.caseworker().create(Noun::Incident, &body).refuses(422, "involvements[1].role", "unknown_code");
    });
}

fn an_unknown_field_is_refused_by_name(app: &App) {
    for noun in Noun::ALL {
        for field in ["colour", "name_of_person", "id", "version", "written_by"] {
            refused(app, noun, field, json!("red"), "unknown");
        }
    }
    let links = json!({"involvements": [{"role": "perpetrator", "actor": "relatives", "colour": "red"}]});
    let body = incident(app, &links);
    app.unchanged(|| {
        app.caseworker().create(Noun::Incident, &body).refuses(422, "involvements[0].colour", "unknown");
    });
}

fn a_malformed_date_is_refused(app: &App) {
    let dates = [
        "2017-13",
        "2017-02-30",
        "2017-00",
        "2017-1",
        "17",
        "20170401",
        "2017-04-01T10:00:00Z",
        "April 2017",
        "2018/2017",
        "2017-04-01/2017-03",
        "2017--04",
        "2017-04-",
        "٢٠١٧",
        "2017-04-0１",
        "2017..2018",
        "2017~~",
        "2017-21",
    ];
    for date in dates {
        refused(app, Noun::Incident, "date", json!(date), "malformed");
        refused(app, Noun::Event, "date", json!(date), "malformed");
    }
}

fn a_date_is_kept_as_it_was_written(app: &App) {
    for date in ["2017", "2017-04~", "2017-04?", "2017-04-01", "2017-02/2018-04-03", "201X", "XXXX", "2017/", "/2017"] {
        let made = app.caseworker().enter(Noun::Event, &json!({"name": "First wave", "date": date}));
        assert_eq!(made.json()["date"], date);
    }
}

fn a_date_in_the_future_is_refused(app: &App) {
    let tomorrow = (app.clock.now() + chrono::TimeDelta::days(2)).date_naive().to_string();
    for date in ["2999", tomorrow.as_str(), "2998/2999-01"] {
        refused(app, Noun::Incident, "date", json!(date), "in_future");
    }
    refused(app, Noun::Publication, "published_on", json!(tomorrow), "in_future");
    refused(app, Noun::Figure, "as_of", json!(tomorrow), "in_future");
    refused(app, Noun::Consent, "decided_on", json!(tomorrow), "in_future");
}

fn a_record_that_is_not_there_is_refused_by_field(app: &App) {
    for missing in ["P-0001", "01997c1e-0000-7000-8000-000000000000", "%", "' OR 1=1 --"] {
        refused(app, Noun::Incident, "person", json!(missing), "unknown_record");
        refused(app, Noun::Incident, "event", json!(missing), "unknown_record");
        refused(app, Noun::Source, "publication", json!(missing), "unknown_record");
        refused(app, Noun::Figure, "publication", json!(missing), "unknown_record");
        refused(app, Noun::Figure, "parent", json!(missing), "unknown_record");
        refused(app, Noun::Person, "owner", json!(missing), "unknown_record");
        refused(app, Noun::Consent, "person", json!(missing), "unknown_record");
    }
    // A record of another noun is none.
    let event = app.caseworker().enter(Noun::Event, &entry(app, Noun::Event));
    refused(app, Noun::Incident, "person", json!(event.id()), "unknown_record");
    let body = incident(app, &json!({"sources": [{"source": "nobody"}]}));
    app.unchanged(|| {
        app.caseworker().create(Noun::Incident, &body).refuses(422, "sources[0].source", "unknown_record");
    });
}

fn a_missing_value_is_refused_by_field(app: &App) {
    let required: [(Noun, &[&str]); 7] = [
        (Noun::Term, &["vocabulary", "code", "family", "label_en", "definition_en"]),
        (Noun::Event, &["name", "date"]),
        (Noun::Source, &["type"]),
        (Noun::Publication, &["code", "published_on", "publisher", "address"]),
        (Noun::Figure, &["publication", "code", "measure", "population", "region", "value", "as_of"]),
        (Noun::Incident, &["person", "kind", "date"]),
        (Noun::Consent, &["person", "purpose", "decision", "decided_on"]),
    ];
    for (noun, fields) in required {
        for field in fields {
            for value in [Value::Null, json!("  ")] {
                let mut body = entry(app, noun);
                body[field] = value.clone();
                let answer = app.unchanged(|| app.enterer_of(noun).create(noun, &body).problem(422, "invalid"));
                let errors = answer.json()["errors"].as_array().unwrap().clone();
                assert!(errors.iter().any(|error| error["field"] == *field), "{noun} {field} {value}: {errors:?}");
            }
        }
    }
}

fn a_value_of_another_type_is_refused_by_field(app: &App) {
    for (noun, field) in [(Noun::Person, "sex"), (Noun::Event, "name"), (Noun::Incident, "date"), (Noun::Term, "code")]
    {
        for value in [json!(17), json!(true), json!(["F"]), json!({"code": "F"}), json!(1.5)] {
            refused(app, noun, field, value, "malformed");
        }
    }
    for value in [json!("x"), json!(1.5), json!(1e300), json!(true), json!("114")] {
        refused(app, Noun::Figure, "value", value, "malformed");
    }
    for value in [json!(7), json!({"role": "perpetrator"}), json!([7])] {
        let body = incident(app, &json!({ "involvements": value }));
        app.unchanged(|| app.caseworker().create(Noun::Incident, &body).problem(422, "invalid"));
    }
}

fn a_malformed_code_is_refused(app: &App) {
    for noun in Noun::ALL {
        for code in ["two words", "a/b", "a:b", "Ж", "a\u{0}b", &"x".repeat(65)] {
            let mut body = entry(app, noun);
            body["code"] = json!(code);
            let answer = app.unchanged(|| app.enterer_of(noun).create(noun, &body).problem(422, "invalid"));
            let errors = answer.json()["errors"].as_array().unwrap().clone();
            assert!(errors.iter().all(|error| error["field"] == "code"), "{noun} {code}: {errors:?}");
        }
    }
    for (field, other) in [("source_system", "external_id"), ("external_id", "source_system")] {
        let body = json!({field: "two words", other: "fine"});
        app.unchanged(|| app.caseworker().create(Noun::Person, &body).refuses(422, field, "malformed"));
    }
}

fn a_text_that_is_too_long_or_has_control_characters_is_refused(app: &App) {
    for (noun, field) in [(Noun::Event, "name"), (Noun::Publication, "note"), (Noun::Person, "reason")] {
        refused(app, noun, field, json!("ж".repeat(2001)), "too_long");
        for text in ["a\u{0}b", "a\u{7}b", "a\u{1b}[31mb", "a\u{85}b"] {
            refused(app, noun, field, json!(text), "malformed");
        }
        let mut body = entry(app, noun);
        body[field] = json!("ж".repeat(2000));
        app.caseworker().enter(noun, &body);
    }
}

fn every_mistake_is_told_at_once(app: &App) {
    let body = json!({"person": "nobody", "kind": "detentoin", "date": "2017-13", "place": "Mars",
        "known_on": "2999-01-01", "code": "two words"});
    let answer = app.unchanged(|| app.caseworker().create(Noun::Incident, &body).problem(422, "invalid"));
    let mut told: Vec<_> = answer.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["field"].as_str().unwrap().to_owned(), error["rule"].as_str().unwrap().to_owned()))
        .collect();
    told.sort();
    let expected = [
        ("code", "malformed"),
        ("date", "malformed"),
        ("kind", "unknown_code"),
        ("known_on", "in_future"),
        ("person", "unknown_record"),
        ("place", "unknown_code"),
    ];
    assert_eq!(told, expected.map(|(field, rule)| (field.to_owned(), rule.to_owned())));
    let of_kind = answer.json()["errors"].as_array().unwrap().iter().find(|error| error["field"] == "kind").cloned();
    assert_eq!(of_kind.unwrap()["value"], "detentoin");
}

fn a_value_that_looks_like_sql_is_only_a_value(app: &App) {
    for text in ["'; DROP TABLE records; --", "\" OR \"1\"=\"1", "%_\\", "$1", "?", "👩‍👩‍👧"] {
        let made = app.caseworker().enter(Noun::Event, &json!({"name": text, "date": "2017"}));
        assert_eq!(app.caseworker().get(&made.path(Noun::Event)).json()["name"], text);
    }
}

fn a_character_that_turns_the_text_after_it_is_refused(app: &App) {
    for turn in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
        let entry = json!({"name": format!("{turn}gnitirw"), "date": "2017"});
        app.unchanged(|| app.caseworker().create(Noun::Event, &entry).refuses(422, "name", "malformed"));
    }
}

fn a_null_character_is_refused_wherever_it_stands(app: &App) {
    let fields: [(Noun, &[&str]); 4] = [
        (Noun::Person, &["owner", "ground", "external_id", "figure", "ground_figure"]),
        (Noun::Incident, &["person", "event", "kind", "figure"]),
        (Noun::Figure, &["publication", "parent", "query", "breakdown", "as_of"]),
        (Noun::Source, &["publication"]),
    ];
    for (noun, fields) in fields {
        for field in fields {
            let mut body = entry(app, noun);
            body[field] = json!("x\u{0}y");
            let answer = app.unchanged(|| app.enterer_of(noun).create(noun, &body));
            let errors = answer.clone().problem(422, "invalid").json()["errors"].as_array().unwrap().clone();
            assert!(errors.iter().any(|error| error["field"] == *field), "{noun} {field}: {errors:?}");
        }
    }
}

fn a_figure_is_a_whole_number_that_is_not_negative(app: &App) {
    let mut body = entry(app, Noun::Figure);
    body["value"] = json!(-1);
    let answer = app.unchanged(|| app.caseworker().create(Noun::Figure, &body).problem(422, "invalid"));
    assert_eq!(answer.json()["errors"][0]["field"], "value");
    for value in [json!(0), json!(i64::MAX)] {
        let mut body = entry(app, Noun::Figure);
        body["value"] = value.clone();
        let answer = app.caseworker().create(Noun::Figure, &body);
        if answer.status == 201 {
            assert_eq!(answer.json()["value"], value);
        } else {
            answer.refuses(422, "value", "out_of_range");
        }
    }
    body["value"] = json!(u64::MAX);
    app.unchanged(|| app.caseworker().create(Noun::Figure, &body).refuses(422, "value", "malformed"));
}

fn a_query_of_a_figure_that_cannot_be_asked_is_refused(app: &App) {
    for query in ["kind=detentoin", "colour=red", "measure=incidents", "year=17", "by=colour", "origin="] {
        let mut body = entry(app, Noun::Figure);
        body["query"] = json!(query);
        let answer = app.unchanged(|| app.caseworker().create(Noun::Figure, &body).problem(422, "invalid"));
        let field = answer.json()["errors"][0]["field"].as_str().unwrap().to_owned();
        assert!(field == "query" || field.starts_with("query."), "{query}: {}", answer.text());
    }
}

fn more_links_than_an_incident_takes_are_refused(app: &App) {
    let link = json!({"role": "perpetrator", "actor": "relatives"});
    let many = |number: usize| json!({ "involvements": vec![link.clone(); number] });
    let body = incident(app, &many(101));
    app.unchanged(|| app.caseworker().create(Noun::Incident, &body).refuses(422, "involvements", "out_of_range"));
    let kept = app.caseworker().enter(Noun::Incident, &incident(app, &many(100))).json();
    assert_eq!(kept["involvements"].as_array().unwrap().len(), 100);
}
