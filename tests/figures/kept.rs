//! Figures made from the answer to a question: the value, the query and both times are kept, and the same is computed from
//! them for ever (issue 3, point 3).

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::held::{BEFORE, OWN, corrected, explained, held, incident, join, lines, person, source, turned};
use super::staff::{by_code, correct, publication, withdraw};
use crate::support::{Answer, App, on_both};

const PATH: &str = "/api/v1/staff/answers";
const AGGREGATES: &str = "/api/v1/research/aggregates";

/// What is to be kept, with what is said of it besides.
fn asked(code: &str, query: &str, more: &Value) -> Value {
    let mut body = json!({"publication": OWN, "code": code, "population": "people who asked for help",
        "region": "Chechnya", "query": query});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[track_caller]
fn keep(app: &App, code: &str, query: &str) -> Answer {
    app.caseworker().post(PATH, &asked(code, query, &json!({}))).expect(201)
}

/// Value, qualifier, date, query and write of a figure.
fn kept(answer: &Answer) -> Value {
    let answer = answer.json();
    json!([answer["value"], answer["qualifier"], answer["as_of"], answer["query"], answer["at_write"]])
}

/// The demo's figures of 3 April 2018, each as an aggregate answers and as it is kept.
const KEPT: [(&str, &str, u64, &str); 8] = [
    ("evacuated", "measure=persons&kind=evacuation&origin=RU-CE", 114, "exact"),
    ("left", "kind=departure_abroad", 92, "exact"),
    ("left_of_chechnya", "measure=persons&origin=RU-CE&kind=departure_abroad", 92, "exact"),
    ("detained_tortured", "with=torture,detention", 41, "exact"),
    // Of the two dead one is "at least 1".
    ("dead", "kind=death", 2, "at_least"),
    ("forced_returns_dead", "with=forced_return,death", 1, "at_least"),
    ("threats", "measure=incidents&kind=threat", 21, "exact"),
    ("nobody", "kind=beating", 0, "exact"),
];

fn the_answer_is_kept_with_both_times(app: &App) {
    publication(app, OWN, "published");
    for (code, query, value, qualifier) in KEPT {
        let newest = app.contents().write;
        let made = keep(app, code, &format!("{query}&as_of=2018-04-03"));
        let json = made.json();
        assert_eq!((&json["value"], &json["qualifier"]), (&json!(value), &json!(qualifier)), "{code}");
        assert_eq!((&json["as_of"], &json["at_write"]), (&json!("2018-04-03"), &json!(newest)), "{code}");
        assert_eq!(json["state"], "draft");
        assert_eq!(json["definition"], "_U");
        let measure = if query.contains("incidents") { "incidents" } else { "persons" };
        assert_eq!(json["measure"], measure);
        assert_eq!(by_code(app, Noun::Figure, &format!("{OWN}:{code}")).json(), json);
        // The query is one that a figure can have, and asks the same.
        let same = format!("{AGGREGATES}?{}&as_of=2018-04-03&at_write={newest}", json["query"].as_str().unwrap());
        assert_eq!(app.researcher().get(&same).expect(200).json()["rows"][0]["count"], value, "{code}");
        let line = held(app, &format!("{OWN}:{code}"));
        assert_eq!(line["baseline"], json!({"at_write": newest, "count": value, "bound": qualifier, "status": "A"}));
        assert_eq!(line["status"], if qualifier == "exact" { "reproduced" } else { "consistent" });
    }
    // Without times it is what is known today.
    let today = app.clock.now().date_naive().to_string();
    let newest = app.contents().write;
    let made = keep(app, "today", "kind=evacuation");
    assert_eq!(kept(&made), json!([114, "exact", today, "measure=persons&kind=evacuation", newest]));
}

fn what_is_kept_is_computed_again_for_ever(app: &App) {
    publication(app, OWN, "published");
    for (code, query, _, _) in KEPT {
        keep(app, code, &format!("{query}&as_of=2018-04-03"));
    }
    // The records change in every way, and so do the figures that they stand for.
    withdraw(app, Noun::Person, "R-001");
    turned(app, Noun::Person, "R-002", "withdrawal", Some("2018-04-03"));
    corrected(app, Noun::Person, "R-003", &json!({"origin": "RU-DA"}), Some("2018-04-03"));
    corrected(app, Noun::Incident, "I-0001", &json!({"kind": "beating"}), Some("2018-04-03"));
    corrected(app, Noun::Incident, "I-0004", &json!({"kind": "evacuation"}), None);
    for (name, changes) in [
        ("evacuated", json!({"qualifier": "at_least"})),
        ("left_russia", json!({"query": null})),
        ("forced_returns_dead", json!({"qualifier": "exact"})),
        ("detained_tortured", json!({"relation": "outside"})),
    ] {
        correct(app, Noun::Figure, &format!("lgbtnet-2018-04-03:{name}"), &changes);
    }
    withdraw(app, Noun::Figure, "lgbtnet-2018-04-03:other_returns_dead");
    person(app, "A", "outed", Some("2018-04-01"));
    person(app, "B", "outed", Some("2018-04-01"));
    source(app, "S-1", "high");
    for kind in ["evacuation", "departure_abroad", "detention", "torture", "death", "threat", "beating"] {
        incident(app, &format!("A-{kind}"), "A", kind, Some("2018-04-01"));
        incident(app, &format!("B-{kind}"), "B", kind, None);
    }
    join(app, "B", "A", Some("2018-04-01"));
    corrected(app, Noun::Term, "kind:threat", &json!({"replaced_by": "blackmail"}), None);
    for (code, _, value, qualifier) in KEPT {
        let seen = by_code(app, Noun::Figure, &format!("{OWN}:{code}"));
        assert_eq!((&seen.json()["value"], &seen.json()["qualifier"]), (&json!(value), &json!(qualifier)));
        let path = format!("{}/reconciliation", seen.path(Noun::Figure));
        let line = app.caseworker().get(&path).expect(200).json();
        let again = json!({"at_write": seen.json()["at_write"], "count": value, "bound": qualifier, "status": "A"});
        assert_eq!(line["baseline"], again, "{code}");
        // Asked again by hand it is the same.
        let kept = seen.json();
        let (query, write) = (kept["query"].as_str().unwrap(), &kept["at_write"]);
        let asked = format!("{AGGREGATES}?{query}&as_of=2018-04-03&at_write={write}");
        let answer = app.researcher().get(&asked).expect(200).json();
        assert_eq!(answer["rows"], json!([{"count": value, "bound": qualifier, "status": "A"}]), "{code}");
        // It can still be corrected in what is not computed.
        correct(app, Noun::Figure, &format!("{OWN}:{code}"), &json!({"note": "read again"}));
    }
    let threats = held(app, &format!("{OWN}:threats"));
    assert_eq!(threats["redefined"][0]["change"], "replaced");
    assert_eq!(threats["baseline"]["count"], 21);
}

fn an_answer_of_the_past_is_kept_as_it_was(app: &App) {
    publication(app, OWN, "published");
    person(app, "A", "outed", Some(BEFORE));
    let then = app.contents().write;
    person(app, "B", "outed", Some(BEFORE));
    withdraw(app, Noun::Person, "A");
    let query = "measure=persons&ground=outed";
    let day = "2018-04-10";
    let past = keep(app, "past", &format!("{query}&as_of={day}&at_write={then}"));
    assert_eq!(kept(&past), json!([1, "exact", day, query, then]));
    let line = held(app, &format!("{OWN}:past"));
    assert_eq!(line["baseline"], json!({"at_write": then, "count": 1, "bound": "exact", "status": "A"}));
    assert_eq!((&line["computed"]["as_of"]["count"], &line["computed"]["now"]["count"]), (&json!(2), &json!(1)));
    assert_eq!(super::held::differences(&line), ["baseline>as_of added +1 -0", "as_of>now withdrawn +0 -1"]);
    // Before anything was known.
    let first = keep(app, "first", &format!("{query}&as_of=2010-01-01&at_write=0"));
    assert_eq!(kept(&first), json!([0, "exact", "2010-01-01", query, 0]));
    explained(&held(app, &format!("{OWN}:first")));
}

fn what_is_definite_of_uncertain_dates_is_the_least(app: &App) {
    publication(app, OWN, "published");
    person(app, "A", "outed", Some(BEFORE));
    incident(app, "A-torture", "A", "torture", Some(BEFORE));
    let entry = json!({"person": "A", "kind": "torture", "date": "2016/2017", "known_on": BEFORE});
    app.caseworker().enter(Noun::Incident, &entry);
    let made = keep(app, "in_2017", "measure=incidents&year=2017&as_of=2018-04-10");
    assert_eq!((&made.json()["value"], &made.json()["qualifier"]), (&json!(1), &json!("at_least")));
    let line = held(app, &format!("{OWN}:in_2017"));
    assert_eq!(line["computed"]["as_of"], json!({"count": 1, "bound": "exact", "status": "A", "possible": 1}));
    assert_eq!(line["status"], "consistent");
    // Nothing that is definite is no "at least 0".
    let query = "measure=incidents&year=2016&as_of=2018-04-10";
    let body = asked("in_2016", query, &json!({}));
    app.unchanged(|| app.caseworker().post(PATH, &body)).problem(422, "invalid");
}

fn an_answer_is_kept_once_for_one_key(app: &App) {
    publication(app, OWN, "published");
    let body = asked("asked", "kind=torture", &json!({"note": "for the statement"}));
    let key = [("Idempotency-Key", "the-first")];
    let first = app.caseworker().post_with(PATH, &key, &body).expect(201);
    let path = first.header("location").unwrap().to_owned();
    assert_eq!(app.caseworker().get(&path).expect(200).json(), first.json());
    let again = app.unchanged(|| app.caseworker().post_with(PATH, &key, &body));
    assert_eq!(again.json()["id"], first.json()["id"], "{}", again.text());
    let other = asked("asked", "kind=beating", &json!({"note": "for the statement"}));
    let other = app.unchanged(|| app.caseworker().post_with(PATH, &key, &other));
    assert!(matches!(other.status, 409 | 422), "{}", other.text());
    // Without a key the code is taken.
    app.unchanged(|| app.caseworker().post(PATH, &body)).refuses(422, "code", "taken");
}

fn a_publisher_makes_the_draft_public(app: &App) {
    publication(app, OWN, "published");
    let more = json!({"definition": "network_clients", "period_start": "2017-04-01"});
    let body = asked("evacuated", "kind=evacuation&as_of=2018-04-03", &more);
    let draft = app.caseworker().post(PATH, &body).expect(201);
    let listed = || app.anybody().get(&format!("/api/v1/figures?publication={OWN}")).expect(200).items();
    let points = || {
        let answer = app.anybody().get("/api/v1/figures/series?figure=evacuated").expect(200).json();
        let all = answer["series"].as_array().unwrap().clone().into_iter();
        all.flat_map(|series| series["points"].as_array().unwrap().clone())
            .filter(|point| point["publication"] == OWN)
            .collect::<Vec<_>>()
    };
    assert!(listed().is_empty() && points().is_empty() && lines(app, OWN).is_empty());
    // Staff hold it against the records before it is public.
    assert_eq!(held(app, &format!("{OWN}:evacuated"))["status"], "reproduced");
    let changes = json!({"state": "published", "reason": "it is out"});
    app.unchanged(|| app.caseworker().correct(Noun::Figure, &draft, &changes)).problem(403, "forbidden");
    app.publisher().correct(Noun::Figure, &draft, &changes).expect(200);
    assert_eq!((&listed()[0]["value"], &listed()[0]["stated"]), (&json!(114), &json!("114")));
    assert_eq!(points()[0]["value"], 114);
    assert_eq!(lines(app, OWN)["evacuated"]["baseline"]["at_write"], draft.json()["at_write"]);
}

on_both! { demo:
    the_answer_is_kept_with_both_times, what_is_kept_is_computed_again_for_ever, a_publisher_makes_the_draft_public
}
on_both! { empty:
    an_answer_of_the_past_is_kept_as_it_was, what_is_definite_of_uncertain_dates_is_the_least,
    an_answer_is_kept_once_for_one_key
}
