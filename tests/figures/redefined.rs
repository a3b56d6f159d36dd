//! Words that change their meaning: one that takes another's place, and figures that say that they were computed by the
//! old definition (issue 3, point 8).

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::held::{BEFORE, OWN, corrected, held, incident, kind, lines, person, watch};
use super::staff::{by_code, figure, publication};
use crate::support::{App, on_both};

const AGGREGATES: &str = "/api/v1/research/aggregates";

/// What has become of the words of one of our figures: the same for researchers and staff.
#[track_caller]
fn redefined(app: &App, name: &str) -> Value {
    let told = lines(app, OWN)[name]["redefined"].clone();
    assert_eq!(held(app, &format!("{OWN}:{name}"))["redefined"], told, "{name}");
    told
}

fn rows(app: &App, query: &str) -> Vec<(String, i64)> {
    let answer = app.researcher().get(&format!("{AGGREGATES}?{query}")).expect(200).json();
    let row = |row: &Value| (row["kind"].as_str().unwrap_or("_T").to_owned(), row["count"].as_i64().unwrap());
    answer["rows"].as_array().unwrap().iter().map(row).collect()
}

#[track_caller]
fn total(app: &App, query: &str) -> i64 {
    let rows = rows(app, query);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].1
}

/// Three kinds, and one person with an incident of each and another with one of the first.
fn three_kinds(app: &App) {
    for code in ["arson", "burning", "fire"] {
        kind(app, code);
    }
    for (code, kinds) in [("A", &["arson", "burning", "fire"][..]), ("B", &["arson"]), ("C", &["torture"])] {
        person(app, code, "outed", Some(BEFORE));
        for kind in kinds {
            incident(app, &format!("{code}-{kind}"), code, kind, Some(BEFORE));
        }
    }
}

fn records_of_a_replaced_word_are_counted_as_its_successors(app: &App) {
    three_kinds(app);
    let by_kind = "measure=incidents&by=kind&totals=none";
    let before = rows(app, by_kind);
    let write = app.contents().write;
    corrected(app, Noun::Term, "kind:arson", &json!({"replaced_by": "burning"}), None);
    let pairs = |pairs: &[(&str, i64)]| -> Vec<_> { pairs.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect() };
    assert_eq!(rows(app, by_kind), pairs(&[("burning", 3), ("fire", 1), ("torture", 1)]));
    for (query, count) in [
        ("measure=incidents&kind=burning", 3),
        ("measure=incidents&kind=arson", 2),
        ("measure=incidents&kind=arson,burning", 3),
        ("measure=persons&kind=burning", 2),
        ("measure=persons&with=burning,fire", 1),
        ("measure=persons&with=burning", 2),
        ("measure=persons&with=arson", 2),
    ] {
        assert_eq!(total(app, query), count, "{query}");
    }
    // A chain leads to its end.
    corrected(app, Noun::Term, "kind:burning", &json!({"replaced_by": "fire"}), None);
    assert_eq!(rows(app, by_kind), pairs(&[("fire", 4), ("torture", 1)]));
    assert_eq!(total(app, "measure=incidents&kind=fire"), 4);
    assert_eq!(total(app, "measure=incidents&kind=burning"), 3);
    assert_eq!(total(app, "measure=incidents&kind=arson"), 2);
    // What was answered is answered again.
    assert_eq!(rows(app, &format!("{by_kind}&at_write={write}")), before);
    assert_eq!(before, pairs(&[("arson", 2), ("burning", 1), ("fire", 1), ("torture", 1)]));
    // Taken back, each is counted as itself.
    corrected(app, Noun::Term, "kind:arson", &json!({"replaced_by": null}), None);
    assert_eq!(rows(app, by_kind), pairs(&[("arson", 2), ("fire", 2), ("torture", 1)]));
}

fn figures_by_an_old_definition_say_so(app: &App) {
    three_kinds(app);
    watch(
        app,
        &[
            ("arsons", "measure=incidents&kind=arson"),
            ("burnings", "measure=incidents&kind=burning"),
            ("fires", "measure=persons&with=fire,torture"),
            ("tortured", "measure=persons&kind=torture"),
            ("of_chechnya", "measure=incidents&place=RU-CE"),
            ("from_russia", "measure=persons&origin=RU&kind=torture"),
            ("no_further", "measure=persons&origin=RU._U"),
        ],
    );
    for name in ["arsons", "burnings", "fires", "tortured", "of_chechnya", "from_russia"] {
        assert_eq!(redefined(app, name), json!([]), "{name}");
    }
    corrected(app, Noun::Term, "kind:arson", &json!({"replaced_by": "burning"}), None);
    let replaced = json!([{"vocabulary": "kind", "code": "arson", "change": "replaced", "by": "burning"}]);
    assert_eq!(redefined(app, "arsons"), replaced);
    let covers = |list: &str, code: &str, more: &str| json!([{"vocabulary": list, "code": code, "change": "covers", "more": [more], "fewer": []}]);
    assert_eq!(redefined(app, "burnings"), covers("kind", "burning", "arson"));

    let seen = by_code(app, Noun::Term, "kind:fire");
    app.admin().withdraw(Noun::Term, &seen, "not used").expect(200);
    assert_eq!(redefined(app, "fires"), json!([{"vocabulary": "kind", "code": "fire", "change": "retired"}]));

    // Another label is the same word.
    corrected(app, Noun::Term, "kind:torture", &json!({"label_en": "Torture and severe beating"}), None);
    assert_eq!(redefined(app, "tortured"), json!([]));
    corrected(app, Noun::Term, "kind:torture", &json!({"definition_en": "Severe pain, inflicted on purpose."}), None);
    let reworded = json!([{"vocabulary": "kind", "code": "torture", "change": "redefined"}]);
    assert_eq!(redefined(app, "tortured"), reworded);

    // A place inside a country is inside what was asked for by the country.
    let place = json!({"vocabulary": "place", "code": "RU-CE-GR", "broader": "RU-CE", "label_en": "Grozny",
        "definition_en": "The capital of Chechnya."});
    app.admin().enter(Noun::Term, &place);
    assert_eq!(redefined(app, "of_chechnya"), covers("place", "RU-CE", "RU-CE-GR"));
    let mut both = reworded.as_array().unwrap().clone();
    both.extend(covers("place", "RU", "RU-CE-GR").as_array().unwrap().clone());
    let mut found = redefined(app, "from_russia").as_array().unwrap().clone();
    found.sort_by_key(|one| one["vocabulary"].as_str().unwrap().to_owned());
    assert_eq!(found, both);

    // But it is known further than the country: what is not covers what it did, as long as the country means what it meant.
    assert_eq!(redefined(app, "no_further"), json!([]));
    corrected(app, Noun::Term, "place:RU", &json!({"definition_en": "The whole state."}), None);
    let reworded = json!([{"vocabulary": "place", "code": "RU._U", "change": "redefined"}]);
    assert_eq!(redefined(app, "no_further"), reworded);

    // One that is entered after the changes asks by the new definitions.
    for (name, query) in [
        ("arsons-2", "measure=incidents&kind=arson"),
        ("burnings-2", "measure=incidents&kind=burning"),
        ("tortured-2", "measure=persons&kind=torture"),
        ("of_chechnya-2", "measure=incidents&place=RU-CE"),
    ] {
        let measure = if query.contains("incidents") { "incidents" } else { "persons" };
        figure(app, OWN, name, 1, &json!({"query": query, "measure": measure}));
        assert_eq!(redefined(app, name), json!([]), "{name}");
    }
    // Taken back, the word means again what it meant.
    corrected(app, Noun::Term, "kind:arson", &json!({"replaced_by": null}), None);
    assert_eq!(redefined(app, "arsons"), json!([]));
    assert_eq!(redefined(app, "burnings"), json!([]));
    let fewer = json!([{"vocabulary": "kind", "code": "burning", "change": "covers", "more": [], "fewer": ["arson"]}]);
    assert_eq!(redefined(app, "burnings-2"), fewer);
}

fn a_word_leads_to_another_of_its_list_and_never_back(app: &App) {
    three_kinds(app);
    corrected(app, Noun::Term, "kind:arson", &json!({"replaced_by": "burning"}), None);
    corrected(app, Noun::Term, "kind:burning", &json!({"replaced_by": "fire"}), None);
    for (code, next, rule) in [
        ("kind:fire", "arson", "inconsistent"),
        ("kind:fire", "burning", "inconsistent"),
        ("kind:fire", "fire", "inconsistent"),
        ("kind:arson", "arson", "inconsistent"),
        ("kind:fire", "nothing", "unknown_code"),
        ("kind:fire", "outed", "unknown_code"),
        ("kind:fire", "_U", "unknown_code"),
    ] {
        let seen = by_code(app, Noun::Term, code);
        let changes = json!({"replaced_by": next, "reason": "one word for both"});
        app.unchanged(|| app.admin().correct(Noun::Term, &seen, &changes)).refuses(422, "replaced_by", rule);
    }
    let seen = by_code(app, Noun::Term, "kind:fire");
    let changes = json!({"replaced_by": "torture", "reason": "one word for both"});
    app.unchanged(|| app.caseworker().correct(Noun::Term, &seen, &changes)).problem(403, "forbidden");
}

fn a_new_record_takes_the_word_that_is_in_use(app: &App) {
    three_kinds(app);
    corrected(app, Noun::Term, "kind:arson", &json!({"replaced_by": "burning"}), None);
    let entry = json!({"person": "C", "kind": "arson", "date": "2017-04"});
    let answer = app.unchanged(|| app.caseworker().create(Noun::Incident, &entry));
    let problem = answer.clone().json();
    answer.refuses(422, "kind", "retired_code");
    let expected = problem["errors"][0]["expected"].as_str().unwrap();
    assert!(expected.starts_with("`burning`, which took its place"), "{expected}");
    // A record that has it keeps it.
    corrected(app, Noun::Incident, "B-arson", &json!({"place": "RU-CE"}), None);
    // A query may still ask by it, because records have it.
    publication(app, OWN, "published");
    figure(app, OWN, "arsons", 2, &json!({"query": "measure=incidents&kind=arson", "measure": "incidents"}));
    assert_eq!(lines(app, OWN)["arsons"]["status"], "reproduced");
}

on_both! { empty:
    records_of_a_replaced_word_are_counted_as_its_successors, figures_by_an_old_definition_say_so,
    a_word_leads_to_another_of_its_list_and_never_back, a_new_record_takes_the_word_that_is_in_use
}
