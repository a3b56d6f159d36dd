//! Joins that cannot be: nothing of them is stored.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::samples::{entry, person};
use crate::support::{App, on_both};

on_both! {
    empty:
    nobody_is_joined_with_themselves,
    a_join_without_a_reason_or_a_source_is_refused,
    a_record_that_is_counted_as_another_takes_no_third,
    an_un_join_twice_is_refused,
    a_withdrawn_record_is_not_joined,
}
on_both! { demo: a_record_built_from_a_figure_is_not_joined }

fn join(app: &App, changes: &Value) -> Value {
    let mut body = entry(app, Noun::Linkage);
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

#[track_caller]
fn refused(app: &App, changes: &Value, field: &str, rule: &str) {
    let body = join(app, changes);
    app.unchanged(|| app.caseworker().create(Noun::Linkage, &body)).refuses(422, field, rule);
}

fn nobody_is_joined_with_themselves(app: &App) {
    let code = person(app);
    refused(app, &json!({"person": code, "canonical": code}), "canonical", "inconsistent");
    // By identifier neither.
    let seen = app.caseworker().get(&format!("/api/v1/staff/persons?code={code}")).expect(200).items().remove(0);
    refused(app, &json!({"person": code, "canonical": seen["id"]}), "canonical", "inconsistent");
    // Nor later.
    let joined = app.caseworker().enter(Noun::Linkage, &entry(app, Noun::Linkage));
    let changes = json!({"canonical": joined.json()["person"], "reason": "looked into again"});
    let answer = app.unchanged(|| app.caseworker().correct(Noun::Linkage, &joined, &changes));
    answer.refuses(422, "canonical", "inconsistent");
}

fn a_join_without_a_reason_or_a_source_is_refused(app: &App) {
    for (field, value, rule) in [
        ("reason", Value::Null, "required"),
        ("reason", json!(" "), "required"),
        ("sources", json!([]), "required"),
        ("person", Value::Null, "required"),
        ("canonical", Value::Null, "required"),
        ("person", json!("nobody"), "unknown_record"),
        ("canonical", json!("nobody"), "unknown_record"),
        ("known_on", json!("2999-01-01"), "in_future"),
    ] {
        refused(app, &json!({ field: value }), field, rule);
    }
    refused(app, &json!({"sources": ["nobody"]}), "sources[0]", "unknown_record");
}

fn a_record_that_is_counted_as_another_takes_no_third(app: &App) {
    let joined = app.caseworker().enter(Noun::Linkage, &entry(app, Noun::Linkage)).json();
    let (person, canonical) = (&joined["person"], &joined["canonical"]);
    refused(app, &json!({"canonical": person}), "canonical", "inconsistent");
    refused(app, &json!({"person": canonical}), "person", "inconsistent");
    refused(app, &json!({"person": canonical, "canonical": person}), "canonical", "inconsistent");
    // Once more is a correction of the first, not another.
    refused(app, &json!({"person": person}), "person", "taken");
}

fn an_un_join_twice_is_refused(app: &App) {
    let joined = app.caseworker().enter(Noun::Linkage, &entry(app, Noun::Linkage));
    let parted = app.caseworker().withdraw(Noun::Linkage, &joined, "two people after all").expect(200);
    let again = app.unchanged(|| app.caseworker().withdraw(Noun::Linkage, &parted, "two people after all"));
    assert!(again.text().contains("withdrawn"), "{}", again.text());
    again.problem(422, "invalid");
    // With what was seen before neither.
    let late = app.unchanged(|| app.caseworker().withdraw(Noun::Linkage, &joined, "two people after all"));
    assert!(matches!(late.status, 409 | 412), "{}", late.text());
}

fn a_withdrawn_record_is_not_joined(app: &App) {
    let gone = app.caseworker().enter(Noun::Person, &json!({}));
    app.caseworker().withdraw(Noun::Person, &gone, "entered twice").expect(200);
    let code = gone.json()["code"].clone();
    refused(app, &json!({"person": code}), "person", "inconsistent");
    refused(app, &json!({"canonical": code}), "canonical", "inconsistent");
}

fn a_record_built_from_a_figure_is_not_joined(app: &App) {
    refused(app, &json!({"person": "R-001"}), "person", "inconsistent");
    refused(app, &json!({"canonical": "R-001"}), "canonical", "inconsistent");
}
