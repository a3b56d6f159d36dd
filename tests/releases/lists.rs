//! Public lists: declared in order, in force with the signatures that a release needs, and never changed but by adding codes.

use serde_json::{Value, json};

use super::office::second;
use crate::support::{Answer, App, Caller, on_both};

/// Where lists are declared.
pub const LISTS: &str = "/api/v1/staff/lists";

on_both! {
    empty:
    a_list_is_in_force_once_as_many_have_signed_as_must,
    what_is_in_force_only_grows,
    a_wrong_list_is_refused_by_field,
    only_publishers_declare_lists,
}

fn declare(client: &Caller<'_>, entry: &Value) -> Answer {
    client.post(LISTS, entry)
}

fn act(client: &Caller<'_>, seen: &Answer, what: &str) -> Answer {
    client.post_with(&format!("{LISTS}/{}/{what}", seen.id()), &[("If-Match", &seen.etag())], &json!({}))
}

fn sexes() -> Value {
    json!({"dimension": "sex", "codes": ["M", "F"], "unknown": true})
}

fn a_list_is_in_force_once_as_many_have_signed_as_must(app: &App) {
    let second = second(app);
    let made = declare(&app.publisher(), &sexes()).expect(201);
    let body = made.json();
    assert_eq!((&body["state"], &body["signatures_required"]), (&json!("proposed"), &json!(2)));
    assert_eq!(made.header("location"), Some(format!("{LISTS}/{}", made.id()).as_str()));
    let signed = act(&app.publisher(), &made, "sign").expect(200);
    assert_eq!(signed.json()["state"], "proposed");
    app.unchanged(|| {
        act(&app.publisher(), &signed, "sign").problem(409, "refused");
        act(&second, &made, "sign").problem(412, "stale");
        declare(&second, &sexes()).refuses(422, "dimension", "taken");
    });
    let both = act(&second, &signed, "sign").expect(200);
    assert_eq!(both.json()["state"], "in_force");
    app.unchanged(|| act(&second, &both, "discard").problem(409, "refused"));
    let listed = app.caseworker().get(LISTS).expect(200).items();
    assert_eq!((listed.len(), &listed[0]), (1, &both.json()));
}

fn what_is_in_force_only_grows(app: &App) {
    let place = |codes: Value| json!({"dimension": "place", "codes": codes});
    let first = declare(&app.publisher(), &place(json!(["RU-CE", "RU-DA"]))).expect(201);
    act(&app.publisher(), &first, "sign").expect(200);
    app.unchanged(|| {
        declare(&app.publisher(), &place(json!(["RU-CE"]))).refuses(422, "codes", "inconsistent");
        declare(&app.publisher(), &place(json!(["RU"]))).refuses(422, "codes", "inconsistent");
        let again = json!({"dimension": "place", "codes": ["DE"], "unknown": true});
        declare(&app.publisher(), &again).refuses(422, "unknown", "inconsistent");
    });
    let dropped = declare(&app.publisher(), &place(json!(["FR"]))).expect(201);
    assert_eq!(act(&app.publisher(), &dropped, "discard").expect(200).json()["state"], "discarded");
    app.publisher().get(&format!("{LISTS}/{}", dropped.id())).problem(404, "not_found");
    let more = declare(&app.publisher(), &place(json!(["DE", "RU-IN"]))).expect(201);
    assert_eq!(act(&app.publisher(), &more, "sign").expect(200).json()["codes"], json!(["DE", "RU-IN"]));
    assert_eq!(app.publisher().get(LISTS).expect(200).items().len(), 2);
}

fn a_wrong_list_is_refused_by_field(app: &App) {
    let refuse = |entry: Value, field: &str, rule: &str| {
        app.unchanged(|| declare(&app.publisher(), &entry).refuses(422, field, rule));
    };
    refuse(json!({"codes": ["M"]}), "dimension", "required");
    refuse(json!({"dimension": "source", "codes": ["a"]}), "dimension", "unknown_code");
    refuse(json!({"dimension": "sex"}), "codes", "required");
    refuse(json!({"dimension": "sex", "codes": ["nobody"]}), "codes", "unknown_code");
    refuse(json!({"dimension": "sex", "codes": ["M", "M"]}), "codes", "inconsistent");
    refuse(json!({"dimension": "sex", "codes": ["M", "_U"]}), "codes", "inconsistent");
    refuse(json!({"dimension": "year", "codes": ["the past"]}), "codes", "malformed");
    let kinds = declare(&app.publisher(), &json!({"dimension": "kind", "codes": ["detention"]})).expect(201);
    act(&app.publisher(), &kinds, "sign").expect(200);
    refuse(json!({"dimension": "family", "codes": ["violation"]}), "dimension", "inconsistent");
    declare(&app.publisher(), &json!({"dimension": "year", "codes": ["2017"]})).expect(201);
    refuse(json!({"dimension": "month", "codes": ["2017-04"]}), "dimension", "inconsistent");
}

fn only_publishers_declare_lists(app: &App) {
    app.unchanged(|| {
        declare(&app.caseworker(), &sexes()).problem(403, "forbidden");
        declare(&app.researcher(), &sexes()).problem(403, "forbidden");
        app.researcher().get(LISTS).problem(403, "forbidden");
    });
}
