//! Joined records and replaced words, where counting them once went wrong.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::asks::{ask, count, counts, table};
use super::golden::{incident, person};
use crate::support::samples::join;
use crate::support::{Answer, App, on_both};

fn replace(app: &App, code: &str, successor: &str) -> Answer {
    let found = app.admin().get(&format!("/api/v1/staff/terms?code={code}")).expect(200).items();
    let seen = app.admin().get(&format!("/api/v1/staff/terms/{}", found[0]["id"].as_str().unwrap())).expect(200);
    let change = json!({"replaced_by": successor, "reason": "one word for both"});
    app.admin().correct(Noun::Term, &seen, &change)
}

fn add(app: &App, vocabulary: &str, code: &str, family: Option<&str>, broader: Option<&str>) {
    let body = json!({"vocabulary": vocabulary, "code": code, "family": family, "broader": broader,
        "label_en": format!("A word, {code}"), "definition_en": "What it means."});
    app.admin().enter(Noun::Term, &body);
}

fn seventy_years_are_divided_by_month(app: &App) {
    let one = person(app, &json!({}));
    for date in ["1950-01", "2020-01"] {
        incident(app, &one, &json!({"kind": "detention", "date": date}));
    }
    ask(app, "by=month");
}

fn somebody_to_whom_something_happened_is_not_counted_as_one_to_whom_nothing_did(app: &App) {
    person(app, &json!({"code": "A"}));
    person(app, &json!({"code": "B"}));
    incident(app, "B", &json!({"kind": "detention"}));
    join(app, "A", "B", "2018-01-01");
    assert_eq!(counts(&ask(app, "by=kind")), table(&[("detention", 1), ("_T", 1)]));
    assert_eq!(count(app, "kind=_Z"), 0);
}

fn a_join_leaves_the_whole_answer_of_an_earlier_day_as_it_was(app: &App) {
    person(app, &json!({"code": "A", "known_on": "2018-01-01"}));
    person(app, &json!({"code": "B", "known_on": "2018-01-01"}));
    let before = ask(app, "by=sex&as_of=2018-05-31");
    join(app, "A", "B", "2018-06-01");
    assert_eq!(ask(app, "by=sex&as_of=2018-05-31")["additive"], before["additive"]);
}

fn incidents_add_up_after_a_join(app: &App) {
    person(app, &json!({"code": "A"}));
    person(app, &json!({"code": "B"}));
    join(app, "A", "B", "2018-06-01");
    assert_eq!(ask(app, "measure=incidents&by=kind,sex")["additive"], json!({"kind": true, "sex": false}));
}

fn that_joined_records_differ_is_told_without_totals_too(app: &App) {
    person(app, &json!({"code": "A", "sex": "M"}));
    person(app, &json!({"code": "B", "sex": "F"}));
    join(app, "A", "B", "2018-06-01");
    for query in ["by=sex", "by=sex&totals=none", "by=sex,kind"] {
        let answer = ask(app, query);
        assert!(answer["caveats"].to_string().contains("joined_records_differ"), "{query}");
    }
}

fn a_place_that_was_replaced_lies_where_its_successor_lies(app: &App) {
    add(app, "place", "RU-XX", None, Some("RU"));
    person(app, &json!({"origin": "RU-XX"}));
    replace(app, "place:RU-XX", "DE").expect(200);
    assert_eq!(counts(&ask(app, "by=origin")), table(&[("DE", 1), ("_T", 1)]));
    assert_eq!(count(app, "origin=RU"), 0);
}

fn a_country_is_not_replaced_by_one_of_its_regions(app: &App) {
    person(app, &json!({"origin": "RU-DA"}));
    if replace(app, "place:RU", "RU-CE").status == 200 {
        assert_eq!(count(app, "origin=RU-CE"), 0, "nobody comes from RU-CE");
    }
}

fn a_figure_by_family_says_that_its_kinds_have_changed(app: &App) {
    let publication =
        json!({"code": "x", "published_on": "2019-01-14", "publisher": "N", "address": "https://example.org/s"});
    app.caseworker().enter(Noun::Publication, &publication);
    let one = person(app, &json!({"known_on": "2018-01-01"}));
    incident(app, &one, &json!({"kind": "beating", "known_on": "2018-01-01"}));
    let figure = json!({"publication": "x", "code": "f", "measure": "persons", "population": "p", "region": "r",
        "value": 1, "as_of": "2019-01-14", "query": "measure=persons&family=violation"});
    let figure = app.caseworker().enter(Noun::Figure, &figure);
    replace(app, "kind:beating", "evacuation").expect(200);
    let told = app.caseworker().get(&format!("{}/reconciliation", figure.path(Noun::Figure))).expect(200).json();
    assert_ne!(told["redefined"], json!([]), "{told}");
}

fn records_with_a_word_and_its_successor_agree(app: &App) {
    add(app, "ground", "exposed", None, None);
    person(app, &json!({"code": "A", "ground": "exposed", "origin": "RU-CE"}));
    replace(app, "ground:exposed", "outed").expect(200);
    let other = app.caseworker().enter(Noun::Person, &json!({"code": "B", "ground": "outed", "origin": "RU-CE"}));
    for code in ["A", "B"] {
        incident(app, code, &json!({"kind": "threat"}));
    }
    let found = app.caseworker().get(&format!("{}/candidates", other.path(Noun::Person))).expect(200).items().len();
    let joined = join(app, "A", "B", "2018-01-01").json();
    assert_eq!((found, &joined["warnings"]), (1, &Value::Null));
}

fn the_successor_that_is_named_can_be_used(app: &App) {
    for code in ["m1", "m2", "m3"] {
        add(app, "kind", code, Some("violation"), None);
    }
    replace(app, "kind:m1", "m2").expect(200);
    replace(app, "kind:m2", "m3").expect(200);
    let body = json!({"person": person(app, &json!({})), "kind": "m1", "date": "2017"});
    let refusal = app.caseworker().create(Noun::Incident, &body).json();
    let expected = refusal["errors"][0]["expected"].as_str().unwrap().to_owned();
    assert!(expected.starts_with("`m3`"), "{}", &expected[..40]);
}

fn an_answer_is_not_kept_without_a_question(app: &App) {
    let publication =
        json!({"code": "x", "published_on": "2019-01-14", "publisher": "N", "address": "https://example.org/s"});
    app.caseworker().enter(Noun::Publication, &publication);
    let body = json!({"publication": "x", "code": "f", "population": "p", "region": "r"});
    app.caseworker().post("/api/v1/staff/answers", &body).refuses(422, "query", "required");
}

fn a_term_that_was_withdrawn_takes_no_place(app: &App) {
    add(app, "kind", "m1", Some("violation"), None);
    add(app, "kind", "m2", Some("violation"), None);
    let found = app.admin().get("/api/v1/staff/terms?code=kind:m2").items();
    let seen = app.admin().get(&format!("/api/v1/staff/terms/{}", found[0]["id"].as_str().unwrap()));
    app.admin().withdraw(Noun::Term, &seen, "no word of ours").expect(200);
    replace(app, "kind:m1", "m2").expect(422);
}

on_both! { empty:
    seventy_years_are_divided_by_month,
    somebody_to_whom_something_happened_is_not_counted_as_one_to_whom_nothing_did,
    a_join_leaves_the_whole_answer_of_an_earlier_day_as_it_was, incidents_add_up_after_a_join,
    that_joined_records_differ_is_told_without_totals_too,
    a_place_that_was_replaced_lies_where_its_successor_lies,
    a_country_is_not_replaced_by_one_of_its_regions, a_figure_by_family_says_that_its_kinds_have_changed,
    records_with_a_word_and_its_successor_agree, the_successor_that_is_named_can_be_used,
    an_answer_is_not_kept_without_a_question, a_term_that_was_withdrawn_takes_no_place
}
