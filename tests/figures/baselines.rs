//! Since when a figure asks what it asks: what the records said then is what it is held against first.

use attest::domain::record::Noun;
use attest::exchange::import::{self, File};
use attest::store::accounts;
use serde_json::json;

use super::held::{BEFORE, OWN, differences, held, person};
use super::staff::{by_code, correct, figure, left, publication, withdraw};
use crate::support::{App, on_both};

/// The write of the baseline and its count.
#[track_caller]
fn baseline(app: &App, name: &str) -> (i64, i64) {
    let line = held(app, &format!("{OWN}:{name}"));
    (line["baseline"]["at_write"].as_i64().unwrap(), line["baseline"]["count"].as_i64().unwrap())
}

fn write(app: &App, name: &str) -> i64 {
    by_code(app, Noun::Figure, &format!("{OWN}:{name}")).json()["version"].as_i64().unwrap()
}

fn a_figure_asks_anew_when_its_query_or_date_is_corrected(app: &App) {
    publication(app, OWN, "published");
    person(app, "A", "outed", Some(BEFORE));
    figure(app, OWN, "asked", 1, &json!({"query": "measure=persons&ground=outed"}));
    let code = format!("{OWN}:asked");
    let first = write(app, "asked");
    assert_eq!(baseline(app, "asked"), (first, 1));
    person(app, "B", "outed", Some(BEFORE));
    // What is not asked may be corrected.
    correct(app, Noun::Figure, &code, &json!({"value": 2, "note": "counted again", "qualifier": "at_least"}));
    let withdrawn = withdraw(app, Noun::Figure, &code);
    left(app, &code, "draft");
    app.publisher().restore(Noun::Figure, &withdrawn, "no mistake").expect(200);
    left(app, &code, "published");
    assert_eq!(baseline(app, "asked"), (first, 1));
    assert_eq!(differences(&held(app, &code)), ["baseline>as_of added +1 -0"]);
    // The same question in another order is the same.
    correct(app, Noun::Figure, &code, &json!({"query": "ground=outed&measure=persons"}));
    assert_eq!(baseline(app, "asked"), (first, 1));
    for changes in [
        json!({"as_of": "2018-04-09"}),
        json!({"as_of": "2018-04-10"}),
        json!({"query": "measure=persons"}),
        json!({"query": "measure=persons&ground=outed"}),
    ] {
        correct(app, Noun::Figure, &code, &changes);
        assert_eq!(baseline(app, "asked"), (write(app, "asked"), 2), "{changes}");
        assert_eq!(differences(&held(app, &code)), Vec::<String>::new());
    }
    // Without a query there is nothing to hold it against.
    correct(app, Noun::Figure, &code, &json!({"query": null}));
    let path = format!("{}/reconciliation", by_code(app, Noun::Figure, &code).path(Noun::Figure));
    let line = app.caseworker().get(&path).expect(200).json();
    assert_eq!((line.get("baseline"), &line["changes"], &line["changes_in_all"]), (None, &json!([]), &json!(0)));
    assert_eq!(line["status"], "not_computable");
}

fn a_kept_answer_is_held_against_its_own_write(app: &App) {
    publication(app, OWN, "published");
    let before = app.contents().write;
    person(app, "A", "outed", Some(BEFORE));
    let body = json!({"publication": OWN, "code": "asked", "population": "people", "region": "Chechnya",
        "query": format!("measure=persons&as_of=2018-04-10&at_write={before}")});
    app.caseworker().post("/api/v1/staff/answers", &body).expect(201);
    assert_eq!(baseline(app, "asked"), (before, 0));
    let line = held(app, &format!("{OWN}:asked"));
    assert_eq!(
        (&line["status"], differences(&line)),
        (&json!("differs"), vec!["baseline>as_of added +1 -0".to_owned()])
    );
    // Where a later answer takes its place, that is what it is held against.
    let later = app.contents().write;
    correct(app, Noun::Figure, &format!("{OWN}:asked"), &json!({"value": 1, "at_write": later}));
    assert_eq!(baseline(app, "asked"), (later, 1));
}

fn the_first_thousand_changes_are_told_one_by_one(app: &App) {
    publication(app, OWN, "published");
    figure(app, OWN, "asked", 7, &json!({"query": "measure=persons&ground=outed"}));
    let rows: String = (0..1_100).map(|at| format!("P-{at},outed\n")).collect();
    let bytes = format!("code,ground\n{rows}").into_bytes();
    let file = File { noun: Noun::Person, name: "persons.csv".to_owned(), bytes };
    import::run(&app.store, &accounts::host(), vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
    let path = format!("{}/reconciliation", by_code(app, Noun::Figure, &format!("{OWN}:asked")).path(Noun::Figure));
    let line = app.caseworker().get(&path).expect(200).json();
    assert_eq!(line["computed"]["now"]["count"], 1_100);
    assert_eq!(differences(&line), ["as_of>now added +1100 -0"]);
    let changes = line["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &line["changes_in_all"]), (1_000, &json!(1_100)));
    for change in changes {
        assert_eq!((&change["reason"], change["records"].as_array().unwrap().len()), (&json!("added"), 1));
    }
}

on_both! { empty:
    a_figure_asks_anew_when_its_query_or_date_is_corrected, a_kept_answer_is_held_against_its_own_write,
    the_first_thousand_changes_are_told_one_by_one
}
