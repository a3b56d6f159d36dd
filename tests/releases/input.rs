//! Declarations that are wrong, and releases that are blocked.

use serde_json::{Value, json};

use super::office::{RELEASES, declaration, ten};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_wrong_declaration_is_refused_by_field,
    a_body_that_is_no_declaration_is_refused,
    a_figure_that_is_not_there_blocks_a_release,
}

fn a_wrong_declaration_is_refused_by_field(app: &App) {
    ten(app);
    let refuse = |field: &str, value: Value, named: &str, rule: &str| {
        let mut entry = declaration();
        entry[field] = value;
        app.unchanged(|| app.publisher().post(RELEASES, &entry).refuses(422, named, rule));
    };
    let table = |more: Value| {
        let mut table = declaration()["tables"][0].clone();
        table.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        json!([table])
    };
    refuse("id", Value::Null, "id", "required");
    refuse("id", json!("A B"), "id", "malformed");
    refuse("title_en", json!(" "), "title_en", "required");
    refuse("publisher", Value::Null, "publisher", "required");
    refuse("as_of", json!("2999-01-01"), "as_of", "in_future");
    refuse("at_write", json!(999_999), "at_write", "out_of_range");
    refuse("persons", json!(2), "persons", "out_of_range");
    refuse("persons", json!(101), "persons", "out_of_range");
    refuse("tables", json!([]), "tables", "required");
    refuse("tables", table(json!({"by": ["source"]})), "tables[0].by", "unknown_code");
    refuse("tables", table(json!({"code": null})), "tables[0].code", "required");
    refuse("tables", table(json!({"by": ["sex", "ground"]})), "tables[0].by", "inconsistent");
    refuse("tables", table(json!({"basis": "rumour"})), "tables[0].basis", "unknown_code");
    refuse("tables", table(json!({"filter": {"origin": ["RU-CE"]}})), "tables[0].filter", "inconsistent");
    refuse("tables", table(json!({"with": ["detention"]})), "tables[0].with", "inconsistent");
    let built = |filter: Value| table(json!({"basis": "reconstructed", "filter": filter}));
    refuse("tables", built(json!({"sex": ["M"]})), "tables[0].filter.sex", "inconsistent");
    refuse("tables", built(json!({"ground": ["nobody"]})), "tables[0].filter.ground", "unknown_code");
}

fn a_body_that_is_no_declaration_is_refused(app: &App) {
    app.unchanged(|| {
        app.publisher().post(RELEASES, &json!([])).problem(422, "invalid");
        app.publisher().post(RELEASES, &json!({"id": "a", "colour": "red"})).problem(422, "invalid");
        app.publisher().post(RELEASES, &json!({"persons": "five"})).problem(422, "invalid");
        app.publisher().send("POST", RELEASES, &[], b"id,title".to_vec()).problem(415, "unsupported_media_type");
        app.publisher().get(&format!("{RELEASES}?limit=1")).refuses(400, "limit", "unknown");
    });
}

fn a_figure_that_is_not_there_blocks_a_release(app: &App) {
    ten(app);
    let mut entry = declaration();
    entry["figures"] = json!(["nothing:here"]);
    let problem = app.unchanged(|| app.publisher().post(RELEASES, &entry).problem(422, "release_blocked")).json();
    let blocks = problem["blocks"].as_array().unwrap();
    assert_eq!(
        (blocks.len(), &blocks[0]["reason"], &blocks[0]["figure"]),
        (1, &json!("figure"), &json!("nothing:here"))
    );
}
