//! What tables of one release say of each other, and which may stand beside each other.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::office::{RELEASES, act, declaration, willing};
use crate::support::{App, on_both, samples};

on_both! {
    empty:
    a_crossing_says_the_same_in_whatever_order_it_is_declared,
    what_is_told_of_several_codes_together_names_its_basis,
    crossings_that_tell_of_each_other_are_refused,
}

/// Six people of each pair of a sex and a ground, who agree to be published: men, women and others, of two grounds and of others.
fn nine_groups(app: &App) {
    samples::list(app, "sex", &["M", "F"]);
    samples::list(app, "ground", &["detained_tortured", "witness"]);
    for sex in ["M", "F", "_U"] {
        for ground in ["detained_tortured", "witness", "_U"] {
            for _ in 0..6 {
                let person = app.caseworker().enter(Noun::Person, &json!({"sex": sex, "ground": ground})).json();
                let consent = json!({"person": person["code"], "purpose": "publish", "decision": "given",
                    "decided_on": "2018-04-03"});
                app.caseworker().enter(Noun::Consent, &consent);
            }
        }
    }
}

fn table(code: &str, by: &[&str]) -> Value {
    json!({"code": code, "title_en": code, "by": by})
}

fn published(app: &App, tables: &[Value]) {
    let mut entry = declaration();
    entry["tables"] = json!(tables);
    let made = app.publisher().post(RELEASES, &entry).expect(201);
    let signed = act(&app.publisher(), &made, "sign").expect(200);
    act(&app.publisher(), &signed, "publish").expect(200);
}

fn read(app: &App, table: &str) -> Value {
    app.anybody().get(&format!("/api/v1/releases/first/tables/{table}.json")).expect(200).json()
}

fn a_crossing_says_the_same_in_whatever_order_it_is_declared(app: &App) {
    nine_groups(app);
    published(app, &[table("one", &["sex", "ground"]), table("other", &["ground", "sex"])]);
    let cells = |table: &str| {
        let rows = read(app, table)["rows"].as_array().unwrap().clone();
        let cell = |row: &Value| {
            let said = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            ((said("sex"), said("ground")), row["count"].as_u64())
        };
        rows.iter().map(cell).collect::<std::collections::BTreeMap<_, _>>()
    };
    assert_eq!(cells("one"), cells("other"));
    assert_eq!(cells("one")[&("M".to_owned(), "witness".to_owned())], Some(6));
}

fn what_is_told_of_several_codes_together_names_its_basis(app: &App) {
    samples::list(app, "sex", &["M", "F"]);
    (0..14).for_each(|at| drop(willing(app, if at < 7 { "M" } else { "F" })));
    published(app, &[json!({"code": "by-sex", "title_en": "By sex", "basis": "both", "by": ["sex"]})]);
    // Nobody is of another sex, which is not told.
    let sexes = read(app, "by-sex");
    assert_eq!(sexes["sums"], json!([{"codes": {"basis": ["case_file"], "sex": ["F", "_O"]}, "count": 7}]));
}

fn crossings_that_tell_of_each_other_are_refused(app: &App) {
    let lists = [("sex", "M"), ("ground", "witness"), ("age_group", "Y25T34"), ("origin", "RU-CE")];
    lists.iter().for_each(|(dimension, code)| samples::list(app, dimension, &[code]));
    let refuse = |tables: &[Value], field: &str| {
        let mut entry = declaration();
        entry["tables"] = json!(tables);
        app.unchanged(|| app.publisher().post(RELEASES, &entry).refuses(422, field, "inconsistent"));
    };
    let three = table("three", &["sex", "ground", "age_group"]);
    refuse(&[three.clone(), table("two", &["sex", "age_group"])], "tables[1].by");
    refuse(&[table("two", &["age_group", "ground"]), three.clone()], "tables[1].by");
    refuse(&[three.clone(), table("turned", &["sex", "age_group", "ground"])], "tables[1].by");
    // Of three lists the first two are told too.
    refuse(&[three, table("more", &["sex", "age_group", "origin"])], "tables[1].by");
}
