//! What stands behind a public figure is said where it is public: case files, records that were built from it, or nothing computed.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::office::{RELEASES, act, ten, willing};
use crate::support::{App, on_both, samples};

on_both! {
    empty:
    a_figure_that_a_release_counts_from_case_files_stands_on_them,
    a_question_that_no_release_has_signed_is_not_computed,
}

on_both! {
    demo:
    records_that_were_built_from_figures_do_not_stand_behind_one,
    where_both_are_counted_the_built_ones_are_told,
}

on_both! {
    released:
    what_was_built_from_figures_answers_the_same_after_the_first_case_file_of_somebody_who_died,
}

/// Signs a figure of a publication of its own as of a day, in a release that is public then.
fn signed(app: &App, figure: &Value, as_of: &str) {
    let publication = json!({"code": "own", "published_on": as_of, "publisher": "The office",
        "address": "https://example.org/own", "state": "published"});
    app.publisher().enter(Noun::Publication, &publication);
    let mut entry = json!({"publication": "own", "code": "people", "measure": "persons", "population": "people on record",
        "region": "Chechnya", "as_of": as_of});
    entry.as_object_mut().unwrap().extend(figure.as_object().unwrap().clone());
    app.caseworker().enter(Noun::Figure, &entry);
    let declaration = json!({"id": "first", "title_en": "Those on record", "publisher": "The office", "as_of": as_of,
        "figures": ["own:people"]});
    let made = app.publisher().post(RELEASES, &declaration).expect(201);
    let signed = act(&app.publisher(), &made, "sign").expect(200);
    act(&app.publisher(), &signed, "publish").expect(200);
}

fn today(app: &App) -> String {
    app.clock.now().date_naive().to_string()
}

fn support(app: &App, id: &str) -> Value {
    let figures = app.anybody().get("/api/v1/figures").expect(200).items();
    figures.iter().find(|figure| figure["id"] == id).unwrap()["support"].clone()
}

/// The page of the publication.
fn page(app: &App) -> String {
    app.anybody().get("/publications/own").expect(200).text()
}

#[track_caller]
fn says(html: &str, said: &[&str]) {
    for said in said {
        assert!(html.contains(said), "`{said}` is not in: {html}");
    }
}

fn a_figure_that_a_release_counts_from_case_files_stands_on_them(app: &App) {
    ten(app);
    signed(app, &json!({"value": 10, "query": "measure=persons"}), &today(app));
    assert_eq!(support(app, "own:people"), json!({"kind": "case_files", "release": "first"}));
    says(&page(app), &["status agrees\">agrees", "It stands on case files, which give the same number."]);
    let publication = app.anybody().get("/api/v1/publications/own").expect(200).json();
    assert_eq!(
        publication["support"],
        json!({"built_from_this_publication": 0, "built_from_published_figures": 0, "case_files": 1, "not_computed": 0})
    );
    // The first page says it too.
    says(&app.anybody().get("/").expect(200).text(), &["stands agrees\">Records: 10 – agrees"]);
}

fn a_question_that_no_release_has_signed_is_not_computed(app: &App) {
    ten(app);
    signed(app, &json!({"value": 10, "query": "measure=persons"}), &today(app));
    let read = json!({"publication": "own", "code": "read", "measure": "persons", "population": "whom others count",
        "region": "Chechnya", "as_of": today(app), "value": 10, "address": "https://example.org/read",
        "state": "published"});
    app.publisher().enter(Noun::Figure, &read);
    assert_eq!(support(app, "own:read"), json!({"kind": "not_computed"}));
    says(&page(app), &["status open\">not computed", "It cannot be computed from records"]);
}

fn records_that_were_built_from_figures_do_not_stand_behind_one(app: &App) {
    assert_eq!(support(app, "lgbtnet-2018-04-03:evacuated"), json!({"kind": "built_from_this_publication"}));
    // The same question in another publication: what it counts was built, and not from it.
    signed(app, &json!({"value": 114, "query": "measure=persons&kind=evacuation&origin=RU-CE"}), "2018-04-03");
    assert_eq!(support(app, "own:people"), json!({"kind": "built_from_published_figures", "release": "first"}));
    let html = page(app);
    says(&html, &["status built\">built from published figures", "That they agree proves nothing."]);
    assert!(!html.contains("agrees"), "{html}");
}

fn where_both_are_counted_the_built_ones_are_told(app: &App) {
    samples::list(app, "kind", &["detention", "evacuation"]);
    for _ in 0..9 {
        let consent = willing(app, "M").json();
        let evacuation = json!({"person": consent["person"], "kind": "evacuation", "date": "2018-04"});
        app.caseworker().enter(Noun::Incident, &evacuation);
    }
    signed(app, &json!({"value": 123, "query": "measure=persons&kind=evacuation"}), &today(app));
    let expected = json!({"kind": "case_files", "release": "first", "reconstructed": 114});
    assert_eq!(support(app, "own:people"), expected);
    let html = page(app);
    says(&html, &["status built\">partly built", "Of them 114 were built from published figures"]);
    assert!(!html.contains("status agrees"), "{html}");
}

fn what_was_built_from_figures_answers_the_same_after_the_first_case_file_of_somebody_who_died(app: &App) {
    let rows = |release: &str, table: &str| {
        app.anybody().get(&format!("/api/v1/releases/{release}/tables/{table}.json")).expect(200).json()["rows"].clone()
    };
    let consent = willing(app, "M").json();
    let death = json!({"person": consent["person"], "kind": "death", "date": "2018-04"});
    app.caseworker().enter(Noun::Incident, &death);
    let mut declared: Value = serde_json::from_str(include_str!("../../seed-data/releases/2018-04-03.json")).unwrap();
    declared["id"] = "again".into();
    declared["as_of"] = today(app).into();
    declared["figures"] = json!([]);
    declared["tables"]
        .as_array_mut()
        .unwrap()
        .push(json!({"code": "both", "title_en": "Both", "basis": "both", "by": ["kind"]}));
    let made = app.publisher().post(RELEASES, &declared).expect(201);
    let signed = act(&app.publisher(), &made, "sign").expect(200);
    act(&app.publisher(), &signed, "publish").expect(200);
    for table in ["by-kind", "by-ground"] {
        assert_eq!(rows("again", table), rows("2018-04-03", table), "{table}");
    }
    // Of the one person nothing is said, and what was built stands beside.
    let both = rows("again", "both").as_array().unwrap().clone();
    let counts = |basis: &str| {
        let own = both.iter().filter(|row| row["basis"] == basis && !row["count"].is_null());
        own.map(|row| (row["kind"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(counts("case_file"), []);
    assert!(counts("reconstructed").contains(&("evacuation".to_owned(), 114)));
}
