//! Records that may be of one person are found by what they have in common, and by nothing that nobody knows.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::client::path_of;
use crate::support::samples::join;
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    records_with_the_same_attributes_and_incidents_are_found_best_first,
    an_identifier_of_another_system_is_found,
    what_nobody_knows_is_nothing_in_common,
    only_incidents_that_may_be_of_the_same_time_and_kind_count,
    many_incidents_count_as_three,
    what_was_withdrawn_makes_no_candidate,
    who_is_joined_already_is_no_candidate,
    what_both_know_and_not_the_same_is_told,
    a_limit_of_1_to_200_candidates_is_kept,
    only_those_who_read_cases_see_candidates,
}
on_both! { demo: a_reconstructed_record_is_nobodys_candidate }

fn enter(app: &App, entry: &Value) -> Answer {
    app.caseworker().enter(Noun::Person, entry)
}

fn incident(app: &App, person: &str, kind: &str, date: &str) -> Answer {
    app.caseworker().enter(Noun::Incident, &json!({"person": person, "kind": kind, "date": date}))
}

fn path(person: &Answer) -> String {
    format!("{}/candidates", person.path(Noun::Person))
}

fn found(app: &App, person: &Answer) -> Vec<Value> {
    app.caseworker().get(&path(person)).expect(200).items()
}

/// The code, score and number of incidents of each candidate.
fn told(app: &App, person: &Answer) -> Vec<(String, u64, u64)> {
    let tell = |item: &Value| {
        let number = |field: &str| item[field].as_u64().unwrap();
        (item["code"].as_str().unwrap().to_owned(), number("score"), number("incidents"))
    };
    found(app, person).iter().map(tell).collect()
}

fn row(code: &str, score: u64, incidents: u64) -> (String, u64, u64) {
    (code.to_owned(), score, incidents)
}

fn records_with_the_same_attributes_and_incidents_are_found_best_first(app: &App) {
    let like = |code: &str, ground: &str, origin: &str| json!({"code": code, "ground": ground, "origin": origin});
    let own = enter(app, &like("OWN", "outed", "RU-CE"));
    incident(app, "OWN", "detention", "2017-03/2017-05");
    incident(app, "OWN", "threat", "2018");
    enter(app, &like("FAR", "witness", "RU-DA"));
    enter(app, &like("LITTLE", "outed", "RU-CE"));
    enter(app, &like("SOME", "witness", "RU-CE"));
    enter(app, &like("MOST", "outed", "RU-CE"));
    for (code, kind, date) in [
        ("FAR", "detention", "2017-05-01"),
        ("SOME", "detention", "2017-05~"),
        ("SOME", "threat", "2018-02"),
        ("MOST", "detention", "2017-04-01"),
        ("MOST", "threat", "2018-11/2019-02"),
        ("MOST", "torture", "2017-04-01"),
    ] {
        incident(app, code, kind, date);
    }
    // A ground and an origin alone are 3, and an incident alone is 2: too little.
    assert_eq!(told(app, &own), [row("MOST", 7, 2), row("SOME", 5, 2)]);
    let best = &found(app, &own)[0];
    assert_eq!((&best["agree"], &best["differ"]), (&json!(["ground", "origin"]), &json!([])));
    // It holds the other way round.
    let most = app.caseworker().get(&format!("{}?code=MOST", path_of(Noun::Person))).items();
    let most = app.caseworker().get(&format!("{}/{}", path_of(Noun::Person), most[0]["id"].as_str().unwrap()));
    assert_eq!(told(app, &most)[0], row("OWN", 7, 2));
    assert_eq!(best["id"], most.id());
}

fn an_identifier_of_another_system_is_found(app: &App) {
    let external =
        |code: &str, system: &str, id: &str| json!({"code": code, "source_system": system, "external_id": id});
    let own = enter(app, &external("OWN", "old-base", "17"));
    enter(app, &external("SAME", "new-base", "17"));
    enter(app, &external("OTHER", "old-base", "18"));
    assert_eq!(told(app, &own), [row("SAME", 4, 0)]);
    assert_eq!(found(app, &own)[0]["agree"], json!(["external_id"]));
    // Other systems give other identifiers to one person: no contradiction.
    let alike = json!({"code": "A", "ground": "outed", "origin": "RU-CE", "sex": "F", "source_system": "x", "external_id": "1"});
    let other = json!({"code": "B", "ground": "outed", "origin": "RU-CE", "sex": "F", "source_system": "y", "external_id": "2"});
    let one = enter(app, &alike);
    enter(app, &other);
    assert_eq!(told(app, &one), [row("B", 4, 0)]);
    assert_eq!(found(app, &one)[0]["differ"], json!([]));
}

fn what_nobody_knows_is_nothing_in_common(app: &App) {
    let own = enter(app, &json!({"code": "OWN"}));
    enter(app, &json!({"code": "OTHER"}));
    for code in ["OWN", "OTHER"] {
        for kind in ["detention", "torture", "threat"] {
            incident(app, code, kind, "XXXX");
        }
    }
    assert!(found(app, &own).is_empty());
    // Nor do special codes that say other things.
    let special = |code: &str| json!({"code": code, "ground": "_O", "origin": "_O", "sex": "_O", "age_group": "_O"});
    let special = [special("S1"), special("S2")].map(|entry| enter(app, &entry));
    assert!(found(app, &special[0]).is_empty());
    // What one of the two does not know neither agrees nor differs.
    let known =
        enter(app, &json!({"code": "K1", "ground": "outed", "origin": "RU-CE", "sex": "F", "age_group": "Y18T24"}));
    enter(app, &json!({"code": "K2", "ground": "outed", "origin": "RU-CE", "sex": "F", "age_group": "_U"}));
    assert_eq!(found(app, &known)[0]["agree"], json!(["ground", "origin", "sex"]));
    assert_eq!(found(app, &known)[0]["differ"], json!([]));
}

fn only_incidents_that_may_be_of_the_same_time_and_kind_count(app: &App) {
    // Two attributes that make 3 of the 4, so that one incident decides.
    let like = |code: &str| json!({"code": code, "ground": "outed", "origin": "RU-CE"});
    let own = enter(app, &like("OWN"));
    incident(app, "OWN", "detention", "2017-04-10/2017-04-20");
    for (code, kind, date) in [
        ("BEFORE", "detention", "2017-04-09"),
        ("AFTER", "detention", "2017-04-21"),
        ("KIND", "torture", "2017-04-15"),
        ("NEVER", "detention", "XXXX"),
        ("FIRST", "detention", "2017-04-10"),
        ("LAST", "detention", "2017-04-20"),
        ("AROUND", "detention", "2017"),
        ("OPEN", "detention", "2016/.."),
    ] {
        enter(app, &like(code));
        incident(app, code, kind, date);
    }
    let mut codes: Vec<_> = told(app, &own).into_iter().map(|(code, ..)| code).collect();
    codes.sort();
    assert_eq!(codes, ["AROUND", "FIRST", "LAST", "OPEN"]);
}

fn many_incidents_count_as_three(app: &App) {
    let own = enter(app, &json!({"code": "OWN"}));
    enter(app, &json!({"code": "OTHER"}));
    for _ in 0..2 {
        incident(app, "OWN", "threat", "2017-04");
    }
    for _ in 0..5 {
        incident(app, "OTHER", "threat", "2017");
    }
    assert_eq!(told(app, &own), [row("OTHER", 6, 5)]);
}

fn what_was_withdrawn_makes_no_candidate(app: &App) {
    let like = |code: &str| json!({"code": code, "ground": "outed", "origin": "RU-CE"});
    let own = enter(app, &like("OWN"));
    let first = incident(app, "OWN", "threat", "2017-04");
    let other = enter(app, &like("OTHER"));
    let theirs = incident(app, "OTHER", "threat", "2017-04");
    assert_eq!(told(app, &own), [row("OTHER", 5, 1)]);
    let gone = app.caseworker().withdraw(Noun::Incident, &theirs, "entered twice").expect(200);
    assert!(found(app, &own).is_empty());
    app.caseworker().restore(Noun::Incident, &gone, "not so").expect(200);
    let moved = json!({"kind": "torture", "reason": "misread"});
    let moved = app.caseworker().correct(Noun::Incident, &first, &moved).expect(200);
    assert!(found(app, &own).is_empty(), "what it was before its correction");
    app.caseworker().correct(Noun::Incident, &moved, &json!({"kind": "threat", "reason": "misread"})).expect(200);
    assert_eq!(told(app, &own), [row("OTHER", 5, 1)]);
    app.caseworker().withdraw(Noun::Person, &other, "entered twice").expect(200);
    assert!(found(app, &own).is_empty());
}

fn who_is_joined_already_is_no_candidate(app: &App) {
    let like = |code: &str| json!({"code": code, "ground": "outed", "origin": "RU-CE", "sex": "F"});
    let [own, second, third] = ["OWN", "SECOND", "THIRD"].map(|code| enter(app, &like(code)));
    let codes = |person: &Answer| -> Vec<String> {
        let mut codes: Vec<_> = told(app, person).into_iter().map(|(code, ..)| code).collect();
        codes.sort();
        codes
    };
    assert_eq!(codes(&own), ["SECOND", "THIRD"]);
    let made = join(app, "SECOND", "OWN", "2020-01-01");
    // Neither of the two finds the other, and a third finds the record as which both are counted.
    assert_eq!(codes(&own), ["THIRD"]);
    assert_eq!(codes(&second), ["THIRD"]);
    assert_eq!(codes(&third), ["OWN"]);
    app.caseworker().withdraw(Noun::Linkage, &made, "two passports").expect(200);
    assert_eq!(codes(&own), ["SECOND", "THIRD"]);
    assert_eq!(codes(&second), ["OWN", "THIRD"]);
}

fn a_reconstructed_record_is_nobodys_candidate(app: &App) {
    // As alike as a record can be to those that were built from the figures.
    let own = enter(app, &json!({"code": "OWN", "ground": "detained_tortured", "origin": "RU-CE"}));
    for kind in ["evacuation", "detention", "torture", "departure_abroad"] {
        incident(app, "OWN", kind, "2017-04-01/2018-04-03");
    }
    assert!(found(app, &own).is_empty());
    let built = app.caseworker().get(&format!("{}?code=R-001", path_of(Noun::Person))).items();
    let built = format!("{}/{}/candidates", path_of(Noun::Person), built[0]["id"].as_str().unwrap());
    assert!(app.caseworker().get(&built).expect(200).items().is_empty());
}

fn what_both_know_and_not_the_same_is_told(app: &App) {
    let own = json!({"code": "OWN", "ground": "outed", "origin": "RU-CE", "sex": "M", "age_group": "Y18T24"});
    let own = enter(app, &own);
    incident(app, "OWN", "threat", "2017-04");
    enter(app, &json!({"code": "OTHER", "ground": "outed", "origin": "RU-DA", "sex": "F", "age_group": "Y18T24"}));
    incident(app, "OTHER", "threat", "2017-04");
    let item = &found(app, &own)[0];
    assert_eq!(item["agree"], json!(["ground", "age_group"]));
    assert_eq!(item["differ"], json!(["origin", "sex"]));
    assert_eq!(item["score"], 2 + 1 + 2);
    // A score, not a person: nothing else of the record is told.
    let mut fields: Vec<_> = item.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["agree", "code", "differ", "id", "incidents", "score"]);
}

fn a_limit_of_1_to_200_candidates_is_kept(app: &App) {
    let like = json!({"ground": "outed", "origin": "RU-CE", "sex": "F"});
    let own = enter(app, &like);
    (0..23).for_each(|_| drop(enter(app, &like)));
    assert_eq!(found(app, &own).len(), 20);
    let list = |limit: &str| app.caseworker().get(&format!("{}?limit={limit}", path(&own)));
    assert_eq!(list("200").expect(200).items().len(), 23);
    // A shorter list is the beginning of the longer one.
    assert_eq!(list("5").expect(200).items(), list("200").items()[..5]);
    for limit in ["0", "201", "-1", "x", "", "1.5", "99999999999999999999"] {
        list(limit).refuses(400, "limit", "out_of_range");
    }
    list("5&limit=6").refuses(400, "limit", "inconsistent");
    list("5&colour=red").refuses(400, "colour", "unknown");
}

fn only_those_who_read_cases_see_candidates(app: &App) {
    let own = enter(app, &json!({}));
    for role in Role::ALL {
        let answer = app.by(role).get(&path(&own));
        match role {
            Role::Caseworker | Role::Publisher => drop(answer.expect(200)),
            _ => drop(answer.problem(403, "forbidden")),
        }
    }
    app.anybody().get(&path(&own)).expect(401);
    let source = app.caseworker().enter(Noun::Source, &json!({"type": "interview", "reliability": "high"}));
    for id in ["01997c1e-0000-7000-8000-000000000000", "P-0001", &source.id(), "%20"] {
        app.caseworker().get(&format!("{}/{id}/candidates", path_of(Noun::Person))).problem(404, "not_found");
    }
    app.unchanged(|| app.caseworker().get(&path(&own)).expect(200));
}
