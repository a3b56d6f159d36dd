//! A term whose place another took: records keep it, and are counted as the other from that write on.

use attest::domain::check::Register;
use attest::domain::record::Noun;
use attest::exchange::template::template;
use attest::store::accounts;
use serde_json::{Value, json};

use crate::support::client::path_of;
use crate::support::samples::person;
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_kind_is_counted_as_its_successor_from_that_write_on,
    a_filter_by_the_successor_finds_both_and_one_by_the_old_code_its_own,
    a_kind_has_the_family_of_its_successor,
    grounds_places_origins_destinations_and_actors_are_counted_as_their_successors,
    of_a_chain_the_last_is_counted,
    a_loop_is_refused,
    a_successor_that_is_no_other_code_of_the_list_is_refused,
    a_new_record_is_refused_with_the_successor_named,
    a_record_that_carries_it_can_be_corrected,
    what_was_replaced_can_be_taken_up_again,
    the_template_of_an_import_offers_no_code_that_was_replaced,
    replacing_a_term_takes_an_admin_and_a_reason,
}

fn counts(app: &App, query: &str) -> Value {
    let answer = app.researcher().get(&format!("/api/v1/research/aggregates?{query}")).expect(200).json();
    let by = answer["by"].as_array().unwrap().clone();
    let key = |row: &Value| {
        let codes: Vec<_> = by.iter().map(|dimension| row[dimension.as_str().unwrap()].as_str().unwrap()).collect();
        (codes.join(" "), row["count"].clone())
    };
    Value::Object(answer["rows"].as_array().unwrap().iter().map(key).collect())
}

fn add(app: &App, vocabulary: &str, code: &str, family: Option<&str>) -> Answer {
    let body = json!({"vocabulary": vocabulary, "code": code, "family": family, "label_en": format!("A word, {code}"),
        "definition_en": "What it means."});
    app.admin().enter(Noun::Term, &body)
}

fn term(app: &App, code: &str) -> Answer {
    let found = app.admin().get(&format!("{}?code={code}", path_of(Noun::Term))).expect(200).items();
    app.admin().get(&format!("{}/{}", path_of(Noun::Term), found[0]["id"].as_str().unwrap())).expect(200)
}

/// Tries to say that a term, `list:code`, has a successor.
fn replace(app: &App, code: &str, successor: &str) -> Answer {
    let change = json!({"replaced_by": successor, "reason": "one word for both"});
    app.admin().correct(Noun::Term, &term(app, code), &change)
}

fn incident(app: &App, person: &str, kind: &str) -> Answer {
    app.caseworker().create(Noun::Incident, &json!({"person": person, "kind": kind, "date": "2017-04"}))
}

fn a_kind_is_counted_as_its_successor_from_that_write_on(app: &App) {
    let (one, other) = (person(app), person(app));
    for (who, kind) in [(&one, "beating"), (&one, "torture"), (&other, "beating")] {
        incident(app, who, kind).expect(201);
    }
    let before = app.contents().write;
    let earlier = json!({"beating": 2, "torture": 1, "_T": 3});
    assert_eq!(counts(app, "measure=incidents&by=kind"), earlier);
    let replaced = replace(app, "kind:beating", "torture").expect(200);
    assert_eq!((&replaced.json()["replaced_by"], &replaced.json()["status"]), (&json!("torture"), &json!("active")));
    assert_eq!(counts(app, "measure=incidents&by=kind"), json!({"torture": 3, "_T": 3}));
    assert_eq!(counts(app, "measure=persons&by=kind"), json!({"torture": 2, "_T": 2}));
    let held = format!("measure=incidents&by=kind&at_write={before}");
    assert_eq!(counts(app, &held), earlier);
    // The record says what it said.
    let items = app.caseworker().get(&format!("{}?kind=beating", path_of(Noun::Incident))).expect(200).items();
    assert_eq!(items.len(), 2);
}

fn a_filter_by_the_successor_finds_both_and_one_by_the_old_code_its_own(app: &App) {
    let (one, other, both) = (person(app), person(app), person(app));
    for (who, kind) in [(&one, "beating"), (&other, "torture"), (&both, "beating"), (&both, "threat")] {
        incident(app, who, kind).expect(201);
    }
    let before = app.contents().write;
    replace(app, "kind:beating", "torture").expect(200);
    let count = |query: &str| counts(app, query)[""].clone();
    for (query, now, then) in [
        ("kind=torture", 3, 1),
        ("kind=beating", 2, 2),
        ("kind=torture,beating", 3, 3),
        ("with=torture,threat", 1, 0),
        ("with=beating,threat", 1, 1),
        ("with=torture", 3, 1),
    ] {
        assert_eq!((count(query), count(&format!("{query}&at_write={before}"))), (json!(now), json!(then)), "{query}");
    }
    // The cell is that of the successor, whatever was asked for.
    assert_eq!(counts(app, "kind=beating&by=kind"), json!({"torture": 2, "_T": 2}));
}

fn a_kind_has_the_family_of_its_successor(app: &App) {
    add(app, "kind", "flight", Some("violation"));
    incident(app, &person(app), "flight").expect(201);
    incident(app, &person(app), "evacuation").expect(201);
    let before = app.contents().write;
    let earlier = json!({"movement": 1, "violation": 1, "_T": 2});
    assert_eq!(counts(app, "by=family"), earlier);
    replace(app, "kind:flight", "evacuation").expect(200);
    assert_eq!(counts(app, "by=family"), json!({"movement": 2, "_T": 2}));
    assert_eq!(counts(app, "family=movement"), json!({"": 2}));
    assert_eq!(counts(app, "family=violation"), json!({"": 0}));
    assert_eq!(counts(app, "kind=flight&by=family"), json!({"movement": 1, "_T": 1}));
    assert_eq!(counts(app, &format!("by=family&at_write={before}")), earlier);
}

fn grounds_places_origins_destinations_and_actors_are_counted_as_their_successors(app: &App) {
    add(app, "ground", "exposed", None);
    add(app, "place", "RU-XX", None);
    add(app, "actor", "troops", None);
    let caller = app.caseworker();
    for (ground, place, actor) in [("exposed", "RU-XX", "troops"), ("outed", "RU-DA", "military")] {
        let who = caller.enter(Noun::Person, &json!({"ground": ground, "origin": place})).json();
        let incident = json!({"person": who["code"], "kind": "evacuation", "date": "2017-04", "place": place,
            "destination": place, "involvements": [{"role": "perpetrator", "actor": actor}]});
        caller.enter(Noun::Incident, &incident);
    }
    let dimensions = [
        ("ground", "exposed", "outed", None),
        ("place", "RU-XX", "RU-DA", Some("RU")),
        ("origin", "RU-XX", "RU-DA", Some("RU")),
        ("destination", "RU-XX", "RU-DA", Some("RU")),
        ("actor", "troops", "military", Some("state_agent")),
    ];
    let before = app.contents().write;
    for (vocabulary, old, new) in
        [("ground", "exposed", "outed"), ("place", "RU-XX", "RU-DA"), ("actor", "troops", "military")]
    {
        replace(app, &format!("{vocabulary}:{old}"), new).expect(200);
    }
    for measure in ["persons", "incidents"] {
        for (dimension, old, new, broader) in dimensions {
            let by = format!("measure={measure}&by={dimension}");
            let (mut now, mut then) = (json!({new: 2, "_T": 2}), json!({old: 1, new: 1, "_T": 2}));
            // The successor lies in a wider term, the old code in none.
            if let Some(broader) = broader {
                (now[broader], then[broader]) = (json!(2), json!(1));
            }
            assert_eq!(counts(app, &by), now, "{by}");
            assert_eq!(counts(app, &format!("{by}&at_write={before}")), then, "{by}");
            for (code, found) in [(new, 2), (old, 1)] {
                let query = format!("measure={measure}&{dimension}={code}");
                assert_eq!(counts(app, &query), json!({"": found}), "{query}");
            }
        }
        // What lies in the wider term is still found there.
        assert_eq!(counts(app, &format!("measure={measure}&origin=RU&actor=state_agent")), json!({"": 2}));
    }
}

fn of_a_chain_the_last_is_counted(app: &App) {
    for code in ["a", "b", "c"] {
        add(app, "kind", code, Some("violation"));
        incident(app, &person(app), code).expect(201);
    }
    replace(app, "kind:a", "b").expect(200);
    let between = app.contents().write;
    replace(app, "kind:b", "c").expect(200);
    assert_eq!(counts(app, "by=kind"), json!({"c": 3, "_T": 3}));
    assert_eq!(counts(app, &format!("by=kind&at_write={between}")), json!({"b": 2, "c": 1, "_T": 3}));
    for (code, found) in [("c", 3), ("b", 2), ("a", 1)] {
        assert_eq!(counts(app, &format!("kind={code}")), json!({"": found}), "{code}");
        assert_eq!(counts(app, &format!("with={code}")), json!({"": found}), "{code}");
    }
}

fn a_loop_is_refused(app: &App) {
    for code in ["a", "b", "c"] {
        add(app, "kind", code, Some("violation"));
    }
    let refused = |code: &str, successor: &str| {
        app.unchanged(|| replace(app, code, successor).refuses(422, "replaced_by", "inconsistent"));
    };
    refused("kind:a", "a");
    replace(app, "kind:a", "b").expect(200);
    refused("kind:b", "a");
    refused("kind:b", "b");
    replace(app, "kind:b", "c").expect(200);
    refused("kind:c", "a");
    refused("kind:c", "b");
    // A term that is withdrawn still leads where it led.
    app.admin().withdraw(Noun::Term, &term(app, "kind:b"), "no word of ours").expect(200);
    refused("kind:c", "a");
    // Nor does a new term replace itself.
    let body = json!({"vocabulary": "kind", "code": "d", "family": "violation", "label_en": "D",
        "definition_en": "What it means.", "replaced_by": "d"});
    app.unchanged(|| app.admin().create(Noun::Term, &body).expect(422));
}

fn a_successor_that_is_no_other_code_of_the_list_is_refused(app: &App) {
    app.unchanged(|| {
        for successor in ["nonsense", "RU-CE", "violation", "_U", "_O", "_T", "'; DROP TABLE term_versions; --"] {
            replace(app, "kind:beating", successor).refuses(422, "replaced_by", "unknown_code");
        }
        replace(app, "special:_O", "_U").refuses(422, "replaced_by", "unknown_code");
        replace(app, "kind:beating", "a\u{0}b").expect(422);
    });
}

fn a_new_record_is_refused_with_the_successor_named(app: &App) {
    let who = person(app);
    replace(app, "kind:beating", "torture").expect(200);
    let refusal = app.unchanged(|| incident(app, &who, "beating").refuses(422, "kind", "retired_code")).json();
    let expected = refusal["errors"][0]["expected"].as_str().unwrap();
    assert!(expected.starts_with("`torture`") && !expected.contains("beating"), "{expected}");
    let other = incident(app, &who, "threat").expect(201);
    let change = json!({"kind": "beating", "reason": "misread"});
    app.unchanged(|| app.caseworker().correct(Noun::Incident, &other, &change).refuses(422, "kind", "retired_code"));
    // A question may still use it.
    assert_eq!(counts(app, "kind=beating"), json!({"": 0}));
}

fn a_record_that_carries_it_can_be_corrected(app: &App) {
    let old = incident(app, &person(app), "beating").expect(201);
    replace(app, "kind:beating", "torture").expect(200);
    let change = json!({"date": "2017-05", "reason": "misread"});
    let corrected = app.caseworker().correct(Noun::Incident, &old, &change).expect(200);
    assert_eq!(corrected.json()["kind"], "beating");
    assert_eq!(counts(app, "measure=incidents&by=kind"), json!({"torture": 1, "_T": 1}));
    let change = json!({"kind": "threat", "reason": "misread"});
    let corrected = app.caseworker().correct(Noun::Incident, &corrected, &change).expect(200);
    assert_eq!(counts(app, "measure=incidents&by=kind"), json!({"threat": 1, "_T": 1}));
    // Once it is gone from the record it does not come back.
    let back = json!({"kind": "beating", "reason": "misread"});
    app.unchanged(|| app.caseworker().correct(Noun::Incident, &corrected, &back).refuses(422, "kind", "retired_code"));
}

fn what_was_replaced_can_be_taken_up_again(app: &App) {
    let who = person(app);
    incident(app, &who, "beating").expect(201);
    let replaced = replace(app, "kind:beating", "torture").expect(200);
    let between = app.contents().write;
    let back = json!({"replaced_by": null, "reason": "two words after all"});
    let restored = app.admin().correct(Noun::Term, &replaced, &back).expect(200);
    assert_eq!(restored.json()["replaced_by"], Value::Null);
    incident(app, &who, "beating").expect(201);
    assert_eq!(counts(app, "measure=incidents&by=kind"), json!({"beating": 2, "_T": 2}));
    assert_eq!(counts(app, "kind=torture"), json!({"": 0}));
    let held = format!("measure=incidents&by=kind&at_write={between}");
    assert_eq!(counts(app, &held), json!({"torture": 1, "_T": 1}));
    // The way is free in the other direction then.
    replace(app, "kind:torture", "beating").expect(200);
}

fn the_template_of_an_import_offers_no_code_that_was_replaced(app: &App) {
    let reader = accounts::host();
    let offered = || app.store.read(&reader, |session| Ok(template(Noun::Incident, session.vocabulary()))).unwrap();
    assert!(offered().contains("#     beating = "));
    replace(app, "kind:beating", "torture").expect(200);
    assert!(!offered().contains("#     beating = "));
    assert!(offered().contains("#     torture = "));
}

fn replacing_a_term_takes_an_admin_and_a_reason(app: &App) {
    let beating = term(app, "kind:beating");
    app.unchanged(|| {
        let change = json!({"replaced_by": "torture", "reason": "one word for both"});
        for caller in [app.caseworker(), app.publisher(), app.researcher(), app.auditor()] {
            caller.correct(Noun::Term, &beating, &change).problem(403, "forbidden");
        }
        let change = json!({"replaced_by": "torture"});
        app.admin().correct(Noun::Term, &beating, &change).refuses(422, "reason", "required");
    });
}
