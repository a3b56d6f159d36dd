//! Answers that cannot be kept, and kept ones that would no longer be what was computed: refused, and nothing written
//! (issue 3, point 3 and "Bad input").

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::held::OWN;
use super::staff::{by_code, correct, publication};
use crate::support::{App, on_both};

const PATH: &str = "/api/v1/staff/answers";

fn asked(query: &str) -> Value {
    json!({"publication": OWN, "code": "asked", "population": "people who asked for help", "region": "Chechnya",
        "query": query})
}

fn what_is_no_one_number_cannot_be_kept(app: &App) {
    publication(app, OWN, "published");
    let newest = app.contents().write;
    let tomorrow = (app.clock.now() + chrono::TimeDelta::days(2)).date_naive();
    for (query, field, rule) in [
        ("by=kind".to_owned(), "query.by", "inconsistent"),
        ("kind=evacuation&by=ground,origin".to_owned(), "query.by", "inconsistent"),
        ("kind=evacution".to_owned(), "query.kind", "unknown_code"),
        ("with=detention,evacution".to_owned(), "query.with", "unknown_code"),
        ("colour=red".to_owned(), "query.colour", "unknown"),
        ("kind=".to_owned(), "query.kind", "required"),
        ("kind=detention&kind=torture".to_owned(), "query.kind", "inconsistent"),
        ("measure=people".to_owned(), "query.measure", "unknown_code"),
        ("year=MMXVII".to_owned(), "query.year", "malformed"),
        ("source=nobody".to_owned(), "query.source", "unknown_record"),
        (format!("at_write={}", newest + 1), "query.at_write", "out_of_range"),
        ("at_write=-1".to_owned(), "query.at_write", "malformed"),
        ("at_write=first".to_owned(), "query.at_write", "malformed"),
        (format!("as_of={tomorrow}"), "query.as_of", "in_future"),
        ("as_of=2018-02-30".to_owned(), "query.as_of", "malformed"),
        // From 19 to 41: nobody published how these combine.
        ("with=detention,departure_abroad".to_owned(), "query", "inconsistent"),
        ("kind=departure_abroad&ground=detained_tortured".to_owned(), "query", "inconsistent"),
    ] {
        let answer = app.unchanged(|| app.caseworker().post(PATH, &asked(&query)));
        answer.refuses(422, field, rule);
    }
    for (field, value, rule) in [
        ("publication", json!("nobody-2018"), "unknown_record"),
        ("publication", Value::Null, "required"),
        ("code", json!("two words"), "malformed"),
        ("population", Value::Null, "required"),
        ("region", Value::Null, "required"),
        ("definition", json!("everybody"), "unknown_code"),
        ("parent", json!("nobody"), "unknown_record"),
        ("period_start", json!("April"), "malformed"),
        ("value", json!(114), "unknown"),
        ("state", json!("published"), "unknown"),
        ("at_write", json!(1), "unknown"),
    ] {
        let mut body = asked("kind=evacuation");
        body[field] = value;
        app.unchanged(|| app.caseworker().post(PATH, &body)).refuses(422, field, rule);
    }
    for caller in [app.researcher(), app.admin(), app.auditor()] {
        app.unchanged(|| caller.post(PATH, &asked("kind=evacuation"))).problem(403, "forbidden");
    }
    app.unchanged(|| app.anybody().post(PATH, &asked("kind=evacuation"))).problem(401, "unauthenticated");
}

fn a_computed_value_stays_what_was_computed(app: &App) {
    publication(app, OWN, "published");
    let mut body = asked("kind=evacuation&as_of=2018-04-03");
    app.caseworker().post(PATH, &body).expect(201);
    let code = format!("{OWN}:asked");
    let seen = || by_code(app, Noun::Figure, &code);
    let newest = app.contents().write;
    for (changes, field, rule) in [
        (json!({"value": 115}), "value", "inconsistent"),
        (json!({"qualifier": "about"}), "value", "inconsistent"),
        (json!({"qualifier": "at_least"}), "value", "inconsistent"),
        (json!({"query": "measure=persons&kind=departure_abroad"}), "value", "inconsistent"),
        (json!({"query": "measure=persons&with=detention,departure_abroad"}), "value", "inconsistent"),
        (json!({"as_of": "2018-04-02"}), "value", "inconsistent"),
        (json!({"at_write": 0}), "value", "inconsistent"),
        (json!({"at_write": newest + 1}), "at_write", "out_of_range"),
        (json!({"at_write": -1}), "at_write", "out_of_range"),
        (json!({"query": null}), "at_write", "inconsistent"),
        (json!({"measure": "incidents"}), "query", "inconsistent"),
    ] {
        let mut changes = changes;
        changes["reason"] = "read again".into();
        let seen = seen();
        let answer = app.unchanged(|| app.publisher().correct(Noun::Figure, &seen, &changes));
        answer.refuses(422, field, rule);
    }
    // What asks the same and gives the same may stand.
    correct(app, Noun::Figure, &code, &json!({"query": "measure=persons&kind=evacuation&origin=RU-CE"}));
    // Where the write is let go, it is a figure like any other.
    correct(app, Noun::Figure, &code, &json!({"value": 115, "at_write": null}));
    assert_eq!(seen().json()["at_write"], Value::Null);
    correct(app, Noun::Figure, &code, &json!({"qualifier": "about"}));
    // One entered with a write must have what was computed as well.
    body["measure"] = "persons".into();
    body["code"] = "entered".into();
    body["query"] = "measure=persons&kind=evacuation".into();
    body["as_of"] = "2018-04-03".into();
    body["at_write"] = newest.into();
    body["value"] = 113.into();
    app.unchanged(|| app.caseworker().create(Noun::Figure, &body)).refuses(422, "value", "inconsistent");
    body["value"] = 114.into();
    app.caseworker().enter(Noun::Figure, &body);
}

fn a_figure_that_contradicts_itself_is_refused(app: &App) {
    publication(app, OWN, "published");
    let entry = json!({"publication": OWN, "code": "asked", "measure": "persons", "population": "people", "value": 7,
        "region": "Chechnya", "as_of": "2018-04-10"});
    for (changes, field, rule) in [
        (json!({"value": 0, "qualifier": "at_least"}), "value", "inconsistent"),
        (json!({"value": 0, "qualifier": "about"}), "value", "inconsistent"),
        (json!({"value": -1}), "value", "out_of_range"),
        (json!({"value": 10_000_000_001_i64}), "value", "out_of_range"),
        (json!({"value": null}), "value", "required"),
        (json!({"qualifier": "nearly"}), "qualifier", "unknown_code"),
        (json!({"query": "measure=persons&kind=evacution"}), "query.kind", "unknown_code"),
        (json!({"query": "measure=persons&colour=red"}), "query.colour", "unknown"),
        (json!({"query": "%%%"}), "query.%%%", "unknown"),
        (json!({"query": "measure=incidents"}), "query", "inconsistent"),
        (json!({"query": "measure=persons&as_of=2018-04-03"}), "query", "inconsistent"),
        (json!({"query": "measure=persons&by=kind"}), "query", "inconsistent"),
        (json!({"at_write": 1}), "at_write", "inconsistent"),
        (json!({"relation": "outside"}), "parent", "required"),
        (json!({"definition": "everybody"}), "definition", "unknown_code"),
    ] {
        let mut body = entry.clone();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        app.unchanged(|| app.caseworker().create(Noun::Figure, &body)).refuses(422, field, rule);
    }
    // "More than 0" says something, and so does none.
    for (code, qualifier) in [("some", "more_than"), ("none", "exact")] {
        let mut body = entry.clone();
        body.as_object_mut().unwrap().extend([
            ("code".to_owned(), code.into()),
            ("value".to_owned(), 0.into()),
            ("qualifier".to_owned(), qualifier.into()),
        ]);
        app.caseworker().enter(Noun::Figure, &body);
    }
}

fn a_parent_loop_is_refused(app: &App) {
    publication(app, OWN, "published");
    for (code, parent) in [("a", None), ("b", Some("a")), ("c", Some("b"))] {
        let relation = parent.map(|_| "subset_stated");
        super::staff::figure(app, OWN, code, 7, &json!({"parent": parent, "relation": relation}));
    }
    for (code, parent) in [("a", "a"), ("a", "b"), ("a", "c"), ("b", "c")] {
        let seen = by_code(app, Noun::Figure, &format!("{OWN}:{code}"));
        let changes = json!({"parent": format!("{OWN}:{parent}"), "relation": "subset_stated", "reason": "read again"});
        let answer = app.unchanged(|| app.publisher().correct(Noun::Figure, &seen, &changes));
        answer.refuses(422, "parent", "inconsistent");
    }
}

fn a_figure_that_is_not_there_is_not_held_against_anything(app: &App) {
    publication(app, OWN, "published");
    super::staff::figure(app, OWN, "asked", 7, &json!({}));
    let missing = "01997c1e-0000-7000-8000-000000000000";
    let of = |id: &str| format!("/api/v1/staff/figures/{id}/reconciliation");
    let publication = by_code(app, Noun::Publication, OWN).id();
    for id in [missing, &publication, "nobody", "%00", "computed"] {
        app.unchanged(|| app.caseworker().get(&of(id))).problem(404, "not_found");
    }
    let own = by_code(app, Noun::Figure, &format!("{OWN}:asked")).id();
    app.unchanged(|| app.caseworker().get(&format!("{}?limit=1", of(&own)))).refuses(400, "limit", "unknown");
    for caller in [app.researcher(), app.auditor(), app.admin()] {
        app.unchanged(|| caller.get(&of(&own))).problem(403, "forbidden");
    }
    app.unchanged(|| app.anybody().get(&of(&own))).problem(401, "unauthenticated");
    for path in ["/api/v1/figures/series", "/api/v1/figures/series.csv"] {
        let unknown = app.unchanged(|| app.anybody().get(&format!("{path}?figure=nobody")));
        unknown.refuses(400, "figure", "unknown_record");
        app.anybody().get(&format!("{path}?year=2018")).refuses(400, "year", "unknown");
        app.anybody().get(&format!("{path}?figure=")).problem(400, "invalid_parameter");
        app.anybody().get(&format!("{path}?figure=a&figure=b")).problem(400, "invalid_parameter");
    }
}

on_both! { demo: what_is_no_one_number_cannot_be_kept, a_computed_value_stays_what_was_computed }
on_both! { empty:
    a_figure_that_contradicts_itself_is_refused, a_parent_loop_is_refused,
    a_figure_that_is_not_there_is_not_held_against_anything
}
