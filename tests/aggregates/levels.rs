//! Codes that lie in one another: the row of a broader code counts all below it.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::record::Noun;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::asks::{PATH, ask, compare_csv, confidential, count, counts, rows, table};
use super::golden::{incident, person};
use crate::support::{App, Data, Home, on_both};

fn place(app: &App, code: &str, broader: Option<&str>) {
    let body = json!({"vocabulary": "place", "code": code, "broader": broader, "label_en": format!("Place {code}"),
        "definition_en": "A place."});
    app.admin().enter(Noun::Term, &body);
}

fn replace(app: &App, code: &str, successor: &str) {
    let found = app.admin().get("/api/v1/staff/terms?limit=200&vocabulary=place").expect(200).items();
    let id = found.iter().find(|term| term["code"] == code).unwrap()["id"].as_str().unwrap().to_owned();
    let term = app.admin().get(&format!("/api/v1/staff/terms/{id}")).expect(200);
    app.admin()
        .correct(Noun::Term, &term, &json!({"replaced_by": successor, "reason": "two words for one"}))
        .expect(200);
}

fn a_person_with_incidents_in_two_regions_is_one_of_the_country(app: &App) {
    let (first, second) = (person(app, &json!({"origin": "RU"})), person(app, &json!({"origin": "RU-CE"})));
    for place in ["RU-CE", "RU-DA", "RU"] {
        incident(app, &first, &json!({"kind": "threat", "place": place}));
    }
    incident(app, &second, &json!({"kind": "threat", "place": "RU-DA"}));
    let persons = ask(app, "by=place");
    let expected = [("RU", 2), ("RU-CE", 1), ("RU-DA", 2), ("RU._U", 1), ("_T", 2)];
    assert_eq!(counts(&persons), table(&expected));
    let incidents = ask(app, "measure=incidents&by=place");
    assert_eq!(counts(&incidents), table(&[("RU", 4), ("RU-CE", 1), ("RU-DA", 2), ("RU._U", 1), ("_T", 4)]));
    assert_eq!(incidents["additive"], json!({"place": false}));
    assert_eq!(counts(&ask(app, "by=origin")), table(&[("RU", 2), ("RU-CE", 1), ("RU._U", 1), ("_T", 2)]));
    // A broader code stands before those that lie in it, and what is known no further is the last of them.
    let codes: Vec<_> = persons["rows"].as_array().unwrap().iter().map(|row| row["place"].as_str().unwrap()).collect();
    assert_eq!(codes, ["RU", "RU-CE", "RU-DA", "RU._U", "_T"]);
    compare_csv(app, "by=place", &persons);
    assert_eq!(confidential(&persons), expected.iter().map(|(code, _)| (*code).to_owned()).collect::<BTreeSet<_>>());
    // Where no row lies in another, they add up.
    let germany = person(app, &json!({}));
    incident(app, &germany, &json!({"kind": "death", "place": "DE"}));
    assert_eq!(ask(app, "measure=incidents&by=place&kind=death")["additive"], json!({"place": true}));
}

fn state_agents_come_before_the_branches_and_an_incident_with_two_counts_once(app: &App) {
    let who = person(app, &json!({}));
    let by = |actors: &[&str]| -> Vec<_> {
        actors.iter().map(|actor| json!({"role": "perpetrator", "actor": actor})).collect()
    };
    incident(
        app,
        &who,
        &json!({"kind": "torture", "involvements": by(&["law_enforcement", "military", "state_agent"])}),
    );
    incident(app, &who, &json!({"kind": "torture", "involvements": by(&["relatives"])}));
    let answer = ask(app, "measure=incidents&by=actor");
    let codes: Vec<_> = answer["rows"].as_array().unwrap().iter().map(|row| row["actor"].as_str().unwrap()).collect();
    assert_eq!(codes, ["relatives", "state_agent", "law_enforcement", "military", "state_agent._U", "_T"]);
    let expected = [
        ("relatives", 1),
        ("state_agent", 1),
        ("law_enforcement", 1),
        ("military", 1),
        ("state_agent._U", 1),
        ("_T", 2),
    ];
    assert_eq!(counts(&answer), table(&expected));
    assert_eq!(count(app, "measure=incidents&actor=state_agent._U"), 1);
}

fn what_is_known_no_further_is_asked_for_by_a_code_of_its_own(app: &App) {
    for place in ["RU", "RU", "RU-CE", "DE", "_U"] {
        let who = person(app, &json!({"origin": place}));
        incident(app, &who, &json!({"kind": "departure_abroad", "place": place, "destination": place}));
    }
    for dimension in ["place", "origin", "destination"] {
        assert_eq!(count(app, &format!("{dimension}=RU._U")), 2, "{dimension}");
        assert_eq!(count(app, &format!("{dimension}=RU._U,RU-CE")), 3, "{dimension}");
        let answer = ask(app, &format!("{dimension}=RU._U&by={dimension}"));
        assert_eq!(counts(&answer), table(&[("RU._U", 2), ("_T", 2)]), "{dimension}");
        assert_eq!(answer["query"], format!("measure=persons&by={dimension}&{dimension}=RU._U"));
    }
    for (query, field) in [
        ("place=DE._U", "place"),
        ("origin=RU-CE._U", "origin"),
        ("actor=relatives._U", "actor"),
        ("place=_U._U", "place"),
        ("place=XX._U", "place"),
        ("place=RU._U._U", "place"),
        ("kind=torture._U", "kind"),
        ("by=place&place=._U", "place"),
    ] {
        app.researcher().get(&format!("{PATH}?{query}")).refuses(400, field, "unknown_code");
    }
    let refusal = app.researcher().get(&format!("{PATH}?place=DE._U")).expect(400).json();
    let expected = refusal["errors"][0]["expected"].as_str().unwrap();
    assert_eq!(expected, "`DE`: no code lies in it, so that nothing is known further");
    // No record carries it, and no term is called so.
    app.caseworker().create(Noun::Person, &json!({"origin": "RU._U"})).refuses(422, "origin", "unknown_code");
    let term = json!({"vocabulary": "place", "code": "FR._U", "label_en": "Somewhere", "definition_en": "A place."});
    app.admin().create(Noun::Term, &term).refuses(422, "code", "malformed");
}

/// A number for the country that counts one region alone would tell a part as the whole.
fn a_country_has_no_row_where_only_a_part_of_it_was_asked_for(app: &App) {
    for place in ["RU", "RU-CE", "RU-DA", "DE"] {
        let who = person(app, &json!({}));
        incident(app, &who, &json!({"kind": "threat", "place": place}));
    }
    for (filter, expected) in [
        ("RU-CE", vec![("RU-CE", 1), ("_T", 1)]),
        ("RU-CE,RU-DA,DE", vec![("DE", 1), ("RU-CE", 1), ("RU-DA", 1), ("_T", 3)]),
        ("RU._U,DE", vec![("DE", 1), ("RU._U", 1), ("_T", 2)]),
        ("RU,RU-CE", vec![("RU", 3), ("RU-CE", 1), ("RU-DA", 1), ("RU._U", 1), ("_T", 3)]),
    ] {
        let answer = ask(app, &format!("measure=incidents&by=place&place={filter}"));
        assert_eq!(counts(&answer), table(&expected), "{filter}");
        assert_eq!(answer["additive"], json!({"place": !filter.starts_with("RU,")}), "{filter}");
    }
}

fn levels_are_those_that_stood_at_the_write_and_what_was_replaced_lies_where_its_successor_does(app: &App) {
    place(app, "RU-CE-GR", Some("RU-CE"));
    place(app, "GROZNY", None);
    place(app, "TERSKY", None);
    let before = app.contents().write;
    for place in ["RU-CE", "RU-CE-GR", "GROZNY", "TERSKY"] {
        let who = person(app, &json!({"origin": place}));
        incident(app, &who, &json!({"kind": "threat", "place": place}));
    }
    let apart = [("GROZNY", 1), ("RU", 2), ("RU-CE", 2), ("RU-CE-GR", 1), ("RU-CE._U", 1), ("TERSKY", 1), ("_T", 4)];
    let entered = app.contents().write;
    replace(app, "GROZNY", "RU-CE-GR");
    replace(app, "TERSKY", "RU-CE");
    let joined = [("RU", 4), ("RU-CE", 4), ("RU-CE-GR", 2), ("RU-CE._U", 2), ("_T", 4)];
    for measure in ["persons", "incidents"] {
        for dimension in ["place", "origin"] {
            let asked = format!("measure={measure}&by={dimension}");
            assert_eq!(counts(&ask(app, &asked)), table(&joined), "{asked}");
            assert_eq!(counts(&ask(app, &format!("{asked}&at_write={entered}"))), table(&apart), "{asked}");
            assert_eq!(counts(&ask(app, &format!("{asked}&at_write={before}"))), table(&[("_T", 0)]), "{asked}");
            for (code, number) in &joined[..4] {
                assert_eq!(count(app, &format!("measure={measure}&{dimension}={code}")), *number, "{dimension}={code}");
            }
            // A code whose place was taken is still asked for by itself, and counted as what took it.
            let old = ask(app, &format!("{asked}&{dimension}=TERSKY"));
            assert_eq!(counts(&old), table(&[("RU-CE._U", 1), ("_T", 1)]), "{dimension}");
        }
    }
}

/// The places of a tree: each lies in the one before it in the list that is named, or in none.
const TREE: [(&str, Option<&str>); 7] = [
    ("A", None),
    ("A-1", Some("A")),
    ("A-1-x", Some("A-1")),
    ("A-1-y", Some("A-1")),
    ("A-2", Some("A")),
    ("B", None),
    ("B-1", Some("B")),
];
const CASES: u32 = 8;

/// Whether a place lies in a row.
fn lies_in(place: &str, row: &str) -> bool {
    match row.strip_suffix("._U") {
        Some(own) => own == place,
        None => place == row || place.starts_with(&format!("{row}-")),
    }
}

/// Whether it is a row that no other lies in.
fn is_finest(row: &str) -> bool {
    row.ends_with("._U") || !TREE.iter().any(|(_, broader)| *broader == Some(row))
}

fn each_row_is_what_a_filter_by_it_finds_and_the_finest_add_up(home: &Home) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let codes: Vec<_> = TREE.iter().map(|(code, _)| *code).chain(["_U"]).collect();
    let case = prop::collection::vec((0..4_usize, select(codes), select(vec!["threat", "torture"])), 1..=9);
    let outcome = TestRunner::new(config).run(&case, |incidents| {
        let home = Home::new(home.backend, Data::Empty);
        let app = App::start(&home);
        TREE.iter().for_each(|(code, broader)| place(&app, code, *broader));
        let persons: Vec<_> = (0..4).map(|_| person(&app, &json!({}))).collect();
        for (who, place, kind) in &incidents {
            incident(&app, &persons[*who], &json!({"kind": kind, "place": place}));
        }
        for measure in ["persons", "incidents"] {
            let answer = ask(&app, &format!("measure={measure}&kind=threat,torture&by=place,kind&totals=all"));
            let total = |row: &[String]| row.iter().all(|code| code == "_T");
            let mut finest: BTreeMap<&str, u64> = BTreeMap::new();
            let all = rows(&answer);
            for (row, number) in &all {
                let number = number["count"].as_u64().unwrap();
                let mut asked = vec![format!("measure={measure}"), "kind=threat,torture".to_owned()];
                if row[1] != "_T" {
                    asked[1] = format!("kind={}", row[1]);
                }
                asked.extend((row[0] != "_T").then(|| format!("place={}", row[0])));
                prop_assert_eq!(count(&app, &asked.join("&")), number, "{}", asked.join("&"));
                // And what was entered says the same.
                let own = incidents.iter().enumerate().filter(|(_, (_, place, kind))| {
                    (row[0] == "_T" || lies_in(place, &row[0])) && (row[1] == "_T" || *kind == row[1])
                });
                let units: BTreeSet<_> =
                    own.map(|(at, (who, ..))| if measure == "persons" { *who } else { at }).collect();
                prop_assert_eq!(units.len() as u64, number, "{:?}", row);
                if row[0] != "_T" && is_finest(&row[0]) {
                    *finest.entry(&row[1]).or_default() += number;
                }
            }
            let totals = all.iter().filter(|(row, _)| row[0] == "_T");
            for (row, number) in totals.filter(|(row, _)| measure == "incidents" || total(row)) {
                let (sum, number) = (finest[row[1].as_str()], number["count"].as_u64().unwrap());
                prop_assert!(if measure == "incidents" { sum == number } else { sum >= number }, "{:?}", row);
            }
        }
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
}

/// Reconstructed records: what is asked of a country is one criterion with all that lies in it.
fn the_bounds_of_a_country_are_those_of_a_filter_by_it(app: &App) {
    for (by, filters) in [
        ("origin,kind", "origin=RU&kind=departure_abroad"),
        ("ground,actor", "ground=detained_tortured&actor=state_agent"),
    ] {
        for measure in ["persons", "incidents"] {
            let answer = ask(app, &format!("measure={measure}&by={by}&totals=none"));
            let (mut asked, filters): (usize, BTreeMap<_, _>) =
                (0, filters.split('&').map(|filter| filter.split_once('=').unwrap()).collect());
            for (cell, row) in rows(&answer) {
                let broad = by.split(',').zip(&cell).any(|(name, code)| filters[name] == code && code != "kind");
                if broad {
                    let own: Vec<_> = by.split(',').zip(&cell).map(|(name, code)| format!("{name}={code}")).collect();
                    let query = format!("measure={measure}&{}", own.join("&"));
                    assert_eq!(super::asks::only_row(app, &query), row, "{query}");
                    asked += 1;
                }
            }
            assert!(asked > 1, "{by}: {asked} rows");
        }
    }
    let detained = rows(&ask(app, "by=origin,kind"))[&vec!["RU".to_owned(), "detention".to_owned()]].clone();
    assert_eq!(detained, super::asks::only_row(app, "origin=RU&kind=detention"));
}

on_both! { empty:
    a_person_with_incidents_in_two_regions_is_one_of_the_country,
    state_agents_come_before_the_branches_and_an_incident_with_two_counts_once,
    what_is_known_no_further_is_asked_for_by_a_code_of_its_own,
    a_country_has_no_row_where_only_a_part_of_it_was_asked_for,
    levels_are_those_that_stood_at_the_write_and_what_was_replaced_lies_where_its_successor_does
}
on_both! { bare: each_row_is_what_a_filter_by_it_finds_and_the_finest_add_up }
on_both! { demo: the_bounds_of_a_country_are_those_of_a_filter_by_it }
