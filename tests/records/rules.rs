//! Rules of single nouns: identifiers of other systems, days, oddities, owners, and who may publish.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::database::account;
use crate::support::samples::{entry, person};
use crate::support::{App, on_both};

on_both! {
    empty:
    an_external_id_is_taken_once_a_source_system,
    an_external_id_that_comes_many_times_at_once_is_kept_once,
    an_external_id_that_was_corrected_away_is_free_again,
    an_external_id_and_its_source_system_come_together,
    a_known_on_in_the_future_is_refused,
    a_day_that_has_begun_anywhere_on_earth_is_accepted_and_none_after_it,
    a_date_of_another_century_is_kept_with_a_warning,
    a_return_without_an_evacuation_is_kept_with_a_warning,
    a_person_belongs_to_whoever_entered_it_or_is_named,
    only_movements_have_a_destination,
    a_reconstructed_record_names_its_figure,
    entering_a_published_document_takes_a_publisher,
    publishing_takes_a_publisher,
    changing_what_is_published_takes_a_publisher,
    what_is_published_is_public_until_it_is_withdrawn,
}

fn external(system: &str, id: &str) -> Value {
    json!({"source_system": system, "external_id": id})
}

fn an_external_id_is_taken_once_a_source_system(app: &App) {
    let caller = app.caseworker();
    caller.enter(Noun::Person, &external("old-base", "17"));
    app.unchanged(|| caller.create(Noun::Person, &external("old-base", "17")).refuses(422, "external_id", "taken"));
    let other = caller.enter(Noun::Person, &external("new-base", "17"));
    // By correction neither.
    app.unchanged(|| {
        let change = json!({"source_system": "old-base", "reason": "moved"});
        caller.correct(Noun::Person, &other, &change).refuses(422, "external_id", "taken");
    });
    // A person's own is not in its way.
    caller.correct(Noun::Person, &other, &json!({"sex": "F", "reason": "asked"})).expect(200);
}

fn an_external_id_that_comes_many_times_at_once_is_kept_once(app: &App) {
    let body = &external("old-base", "17");
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..8).map(|_| scope.spawn(|| app.caseworker().create(Noun::Person, body).status)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 7, "{statuses:?}");
}

fn an_external_id_that_was_corrected_away_is_free_again(app: &App) {
    let caller = app.caseworker();
    let made = caller.enter(Noun::Person, &external("old-base", "17"));
    let change = json!({"external_id": "18", "reason": "misread"});
    caller.correct(Noun::Person, &made, &change).expect(200);
    caller.enter(Noun::Person, &external("old-base", "17"));
}

fn an_external_id_and_its_source_system_come_together(app: &App) {
    app.unchanged(|| {
        let caller = app.caseworker();
        caller.create(Noun::Person, &json!({"external_id": "17"})).refuses(422, "source_system", "required");
        caller.create(Noun::Person, &json!({"source_system": "x"})).refuses(422, "external_id", "required");
    });
}

fn a_known_on_in_the_future_is_refused(app: &App) {
    // Tomorrow may have begun somewhere.
    let tomorrow = (app.clock.now() + TimeDelta::days(2)).date_naive().to_string();
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let mut body = entry(app, noun);
        let made = caller.enter(noun, &entry(app, noun));
        body["known_on"] = json!(tomorrow);
        app.unchanged(|| {
            caller.create(noun, &body).refuses(422, "known_on", "in_future");
            let change = json!({"known_on": tomorrow, "reason": "early"});
            caller.correct(noun, &made, &change).refuses(422, "known_on", "in_future");
            let path = format!("{}/withdrawal", made.path(noun));
            let answer = caller.post_with(&path, &[("If-Match", &made.etag())], &change);
            answer.refuses(422, "known_on", "in_future");
            for day in ["2018-4-3", "3 April 2018", "2018-02-30", "2018-04", "+2018-04-03", "0000-01-01"] {
                body["known_on"] = json!(day);
                caller.create(noun, &body).refuses(422, "known_on", "malformed");
            }
        });
    }
}

fn a_day_that_has_begun_anywhere_on_earth_is_accepted_and_none_after_it(app: &App) {
    // One minute before the next day begins at UTC+14, and one after.
    let now = app.clock.now();
    let begins =
        (now.date_naive() + TimeDelta::days(2)).and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::hours(14);
    app.clock.advance(begins - now - TimeDelta::minutes(1));
    let (today, tomorrow) = (begins.date_naive(), begins.date_naive() + TimeDelta::days(1));
    let known = |day: chrono::NaiveDate| json!({"known_on": day.to_string()});
    app.caseworker().enter(Noun::Person, &known(today));
    app.caseworker().create(Noun::Person, &known(tomorrow)).refuses(422, "known_on", "in_future");
    app.clock.advance(TimeDelta::minutes(2));
    // It was known by the end of today in UTC, and counts at once.
    let made = app.caseworker().enter(Noun::Person, &known(tomorrow));
    let read = app.caseworker().get(&made.path(Noun::Person)).expect(200);
    assert_eq!(read.json()["known_on"], json!(today.to_string()));
    let asked = format!("/api/v1/research/aggregates?as_of={today}&at_write={}", made.json()["version"]);
    assert_eq!(app.caseworker().get(&asked).expect(200).json()["rows"][0]["count"], json!(2));
    app.researcher().get(&format!("/api/v1/research/aggregates?as_of={tomorrow}")).expect(200);
    let day = tomorrow.to_string();
    let incident = json!({"person": made.json()["code"], "kind": "threat", "date": day});
    app.caseworker().enter(Noun::Incident, &incident);
    let consent = json!({"person": made.json()["code"], "purpose": "count", "decision": "refused", "manner": "spoken", "decided_on": day});
    app.caseworker().enter(Noun::Consent, &consent);
}

fn a_date_of_another_century_is_kept_with_a_warning(app: &App) {
    let caller = app.caseworker();
    let person = person(app);
    for (date, odd) in [("1850", true), ("0217-04-01", true), ("../1899", true), ("1900", false), ("XXXX", false)] {
        let made = caller.enter(Noun::Incident, &json!({"person": person, "kind": "detention", "date": date})).json();
        let warned = made["warnings"][0]["code"] == "odd_date";
        assert_eq!(warned, odd, "{date}: {made}");
    }
}

fn a_return_without_an_evacuation_is_kept_with_a_warning(app: &App) {
    let caller = app.caseworker();
    for kind in ["forced_return", "voluntary_return"] {
        let person = person(app);
        let back = json!({"person": person, "kind": kind, "date": "2018-02"});
        let made = caller.enter(Noun::Incident, &back);
        assert_eq!(made.json()["warnings"][0]["code"], "return_without_evacuation");
        assert_eq!(caller.get(&made.path(Noun::Incident)).json()["warnings"], made.json()["warnings"]);
        // An evacuation after the return does not explain it; one before does.
        let away = json!({"person": person, "kind": "evacuation", "date": "2018-03"});
        let late = caller.enter(Noun::Incident, &away);
        assert!(late.json().get("warnings").is_none());
        assert!(caller.get(&made.path(Noun::Incident)).json().get("warnings").is_some());
        caller.correct(Noun::Incident, &late, &json!({"date": "2017-11", "reason": "misread"})).expect(200);
        assert!(caller.get(&made.path(Noun::Incident)).json().get("warnings").is_none());
    }
    let detention = json!({"person": person(app), "kind": "detention", "date": "2018-02"});
    assert!(caller.enter(Noun::Incident, &detention).json().get("warnings").is_none());
}

fn a_person_belongs_to_whoever_entered_it_or_is_named(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &json!({}));
    assert_eq!(made.json()["owner"], account(Role::Caseworker));
    let named = json!({"owner": account(Role::Publisher)});
    assert_eq!(app.caseworker().enter(Noun::Person, &named).json()["owner"], account(Role::Publisher));
    app.unchanged(|| {
        for name in ["nobody", &account(Role::Researcher), &account(Role::Admin), &account(Role::Auditor)] {
            app.caseworker().create(Noun::Person, &json!({ "owner": name })).refuses(422, "owner", "unknown_record");
        }
    });
}

fn only_movements_have_a_destination(app: &App) {
    let person = person(app);
    let incident = |kind: &str, destination: Option<&str>| json!({"person": person, "kind": kind, "date": "2018-02", "destination": destination});
    let caller = app.caseworker();
    assert_eq!(caller.enter(Noun::Incident, &incident("torture", None)).json()["destination"], "_Z");
    assert_eq!(caller.enter(Noun::Incident, &incident("evacuation", None)).json()["destination"], "_U");
    assert_eq!(caller.enter(Noun::Incident, &incident("evacuation", Some("RU"))).json()["destination"], "RU");
    app.unchanged(|| {
        let answer = caller.create(Noun::Incident, &incident("torture", Some("RU")));
        answer.refuses(422, "destination", "inconsistent");
    });
}

fn a_reconstructed_record_names_its_figure(app: &App) {
    let caller = app.caseworker();
    let figure = caller.enter(Noun::Figure, &entry(app, Noun::Figure)).json();
    let code = format!("{}:{}", figure["publication"].as_str().unwrap(), figure["code"].as_str().unwrap());
    app.unchanged(|| {
        let lacking = json!({"basis": "reconstructed"});
        caller.create(Noun::Person, &lacking).refuses(422, "figure", "required");
        let superfluous = json!({ "figure": code });
        caller.create(Noun::Person, &superfluous).refuses(422, "figure", "inconsistent");
    });
    let made = caller.enter(Noun::Person, &json!({"basis": "reconstructed", "figure": code})).json();
    assert_eq!(made["figure"], code);
    // An incident of a person from a case file is no reconstruction.
    let incident = json!({"person": person(app), "kind": "detention", "date": "2017", "basis": "reconstructed",
        "figure": code});
    app.unchanged(|| caller.create(Noun::Incident, &incident).refuses(422, "basis", "inconsistent"));
}

fn entering_a_published_document_takes_a_publisher(app: &App) {
    for noun in [Noun::Publication, Noun::Figure] {
        let mut body = entry(app, noun);
        body["state"] = json!("published");
        app.unchanged(|| app.caseworker().create(noun, &body).problem(403, "forbidden"));
        assert_eq!(app.publisher().enter(noun, &body).json()["state"], "published");
    }
}

fn publishing_takes_a_publisher(app: &App) {
    for noun in [Noun::Publication, Noun::Figure] {
        let draft = app.caseworker().enter(noun, &entry(app, noun));
        assert_eq!(draft.json()["state"], "draft");
        let publish = json!({"state": "published", "reason": "checked"});
        app.unchanged(|| app.caseworker().correct(noun, &draft, &publish).problem(403, "forbidden"));
        assert_eq!(app.publisher().correct(noun, &draft, &publish).expect(200).json()["state"], "published");
    }
}

fn changing_what_is_published_takes_a_publisher(app: &App) {
    for noun in [Noun::Publication, Noun::Figure] {
        let mut body = entry(app, noun);
        body["state"] = json!("published");
        let made = app.publisher().enter(noun, &body);
        app.unchanged(|| {
            let change = json!({"note": "see page 2", "reason": "checked"});
            app.caseworker().correct(noun, &made, &change).problem(403, "forbidden");
            let hide = json!({"state": "draft", "reason": "checked"});
            app.caseworker().correct(noun, &made, &hide).problem(403, "forbidden");
            app.caseworker().withdraw(noun, &made, "not ours").problem(403, "forbidden");
        });
        let withdrawn = app.publisher().withdraw(noun, &made, "not ours").expect(200);
        app.unchanged(|| app.caseworker().restore(noun, &withdrawn, "ours after all").problem(403, "forbidden"));
        app.publisher().restore(noun, &withdrawn, "ours after all").expect(200);
    }
}

fn what_is_published_is_public_until_it_is_withdrawn(app: &App) {
    let anybody = app.anybody();
    let mut publication = entry(app, Noun::Publication);
    publication["state"] = json!("published");
    let published = app.publisher().enter(Noun::Publication, &publication);
    let code = published.json()["code"].as_str().unwrap().to_owned();
    let figure = json!({"publication": code, "code": "evacuated", "measure": "persons", "population": "evacuated",
        "region": "Chechnya", "value": 114, "as_of": "2018-04-03", "address": "https://example.org/figures"});
    let draft = app.caseworker().enter(Noun::Figure, &figure);
    let of_it = format!("/api/v1/figures?publication={code}");
    assert!(anybody.get(&of_it).expect(200).items().is_empty(), "a draft is not public");
    let shown = json!({"state": "published", "reason": "checked"});
    let shown = app.publisher().correct(Noun::Figure, &draft, &shown).expect(200);
    assert_eq!(anybody.get(&of_it).items()[0]["value"], 114);
    app.publisher().withdraw(Noun::Figure, &shown, "wrong").expect(200);
    assert!(anybody.get(&of_it).expect(200).items().is_empty());
    app.publisher().withdraw(Noun::Publication, &published, "wrong").expect(200);
    anybody.get(&format!("/api/v1/publications/{code}")).problem(404, "not_found");
    anybody.get(&of_it).refuses(400, "publication", "unknown_record");
    assert!(anybody.get("/api/v1/publications").items().is_empty());
}
