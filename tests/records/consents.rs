//! What a person agrees to, purpose by purpose, and the day of review (issue 4).

use attest::domain::record::Noun;
use attest::exchange::import::{self, File};
use attest::exchange::seed;
use attest::store::accounts;
use chrono::Months;
use serde_json::{Value, json};

use crate::support::client::path_of;
use crate::support::samples::{entry, person};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_change_of_mind_is_a_correction,
    there_is_one_record_a_person_and_purpose,
    a_consent_has_the_days_that_it_can_have,
    consents_are_found_by_what_was_entered,
    consents_are_imported,
    an_older_database_gets_the_list_of_manners,
    a_person_is_looked_at_a_year_after_being_known,
    a_day_of_review_is_kept_by_corrections,
    persons_are_imported_with_their_day_of_review,
}
on_both! { demo: built_records_are_not_asked_and_not_reviewed }

fn consent(person: &str, more: &Value) -> Value {
    let mut entry = json!({"person": person, "purpose": "count", "decision": "given", "decided_on": "2018-04-03"});
    entry.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    entry
}

fn a_change_of_mind_is_a_correction(app: &App) {
    let who = person(app);
    let given = app.caseworker().enter(Noun::Consent, &consent(&who, &json!({"manner": "signed"})));
    let body = given.json();
    assert_eq!((&body["person"], &body["manner"], &body["ends_on"]), (&json!(who), &json!("signed"), &Value::Null));
    let change = json!({"decision": "withdrawn", "decided_on": "2019-01-01", "manner": "message", "reason": "wrote"});
    let withdrawn = app.publisher().correct(Noun::Consent, &given, &change).expect(200);
    assert_eq!(withdrawn.json()["status"], "active", "the record stands, the consent does not");
    let history = app.caseworker().get(&format!("{}/history", given.path(Noun::Consent))).expect(200).items();
    let decisions: Vec<_> = history.iter().map(|version| version["decision"].clone()).collect();
    assert_eq!(decisions, ["given", "withdrawn"]);
    assert_eq!(history[0]["manner"], "signed");
    // What is not said is not known.
    let unsaid = app.caseworker().enter(Noun::Consent, &consent(&person(app), &json!({}))).json();
    assert_eq!(unsaid["manner"], "_U");
}

fn there_is_one_record_a_person_and_purpose(app: &App) {
    let (one, other) = (person(app), person(app));
    let made = app.caseworker().enter(Noun::Consent, &consent(&one, &json!({})));
    let again = consent(&one, &json!({"decision": "refused"}));
    let refused = app.unchanged(|| app.caseworker().create(Noun::Consent, &again).refuses(422, "purpose", "taken"));
    let expected = refused.json()["errors"][0]["expected"].to_string();
    assert!(expected.contains("correct that one"), "{expected}");
    app.caseworker().enter(Noun::Consent, &consent(&one, &json!({"purpose": "keep"})));
    app.caseworker().enter(Noun::Consent, &consent(&other, &json!({})));
    // One that was entered by mistake is restored, so that there is one history.
    let gone = app.caseworker().withdraw(Noun::Consent, &made, "of another person").expect(200);
    app.unchanged(|| app.caseworker().create(Noun::Consent, &again).refuses(422, "purpose", "taken"));
    app.caseworker().restore(Noun::Consent, &gone, "of this person after all").expect(200);
    // Whose it is and what about, stays.
    for change in [json!({"person": other, "reason": "mixed up"}), json!({"purpose": "share", "reason": "mixed up"})] {
        let seen = app.caseworker().get(&made.path(Noun::Consent));
        app.unchanged(|| {
            app.caseworker().correct(Noun::Consent, &seen, &change).refuses(422, "purpose", "inconsistent");
        });
    }
}

fn a_consent_has_the_days_that_it_can_have(app: &App) {
    let refuse = |more: Value, field: &str, rule: &str| {
        let entry = consent(&person(app), &more);
        app.unchanged(|| app.caseworker().create(Noun::Consent, &entry).refuses(422, field, rule));
    };
    refuse(json!({"decided_on": null}), "decided_on", "required");
    refuse(json!({"decided_on": " ", "known_on": "2018-01-01", "ends_on": "2018-01-01"}), "decided_on", "required");
    refuse(json!({"decided_on": "2999-01-01"}), "decided_on", "in_future");
    refuse(json!({"decided_on": "April"}), "decided_on", "malformed");
    refuse(json!({"ends_on": "2018-04-02"}), "ends_on", "inconsistent");
    refuse(json!({"ends_on": "2018"}), "ends_on", "malformed");
    refuse(json!({"known_on": "2018-04-02"}), "known_on", "inconsistent");
    refuse(json!({"known_on": "2999-01-01"}), "known_on", "in_future");
    let same = consent(&person(app), &json!({"ends_on": "2018-04-03", "known_on": "2018-04-03"}));
    let made = app.caseworker().enter(Noun::Consent, &same);
    let change = json!({"decision": "withdrawn", "decided_on": "2018-05-01", "known_on": "2018-04-30",
        "ends_on": null, "reason": "wrote"});
    app.unchanged(|| app.caseworker().correct(Noun::Consent, &made, &change).refuses(422, "known_on", "inconsistent"));
}

fn consents_are_found_by_what_was_entered(app: &App) {
    let (one, other) = (person(app), person(app));
    let first = app.caseworker().enter(Noun::Consent, &consent(&one, &json!({}))).id();
    let second = app.caseworker().enter(Noun::Consent, &consent(&one, &json!({"purpose": "keep"}))).id();
    let third = app.caseworker().enter(Noun::Consent, &consent(&other, &json!({"decision": "refused"}))).id();
    let find = |filter: &str| -> Vec<String> {
        let found = app.caseworker().get(&format!("{}?{filter}", path_of(Noun::Consent))).expect(200).items();
        found.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(find(&format!("person={one}")), [first.clone(), second.clone()]);
    assert_eq!(find("purpose=count"), [first.clone(), third.clone()]);
    assert_eq!(find("decision=refused"), [third]);
    assert_eq!(find(&format!("person={one}&purpose=keep")), [second]);
    assert_eq!(find(&format!("code={one}:count")), [first]);
    for (filter, rule) in [("purpose=sell", "unknown_code"), ("decision=maybe", "unknown_code")] {
        let field = filter.split('=').next().unwrap();
        app.caseworker().get(&format!("{}?{filter}", path_of(Noun::Consent))).refuses(400, field, rule);
    }
    app.caseworker().get(&format!("{}?person=P-none", path_of(Noun::Consent))).refuses(400, "person", "unknown_record");
}

fn file(noun: Noun, text: &str) -> File {
    File { noun, name: format!("{}.csv", noun.plural()), bytes: text.as_bytes().to_vec() }
}

fn consents_are_imported(app: &App) {
    let files = vec![
        file(Noun::Person, "code\nA\nB\n"),
        file(
            Noun::Consent,
            "person,purpose,decision,manner,decided_on,ends_on\n\
             A,count,refused,spoken,2018-04-03,\nA,keep,given,,2018-04-03,2028-04-03\nB,count,given,signed,2018-04-03,\n",
        ),
    ];
    let report = import::run(&app.store, &accounts::host(), files, false, |_| Ok(()), Box::new(|_| {})).unwrap();
    assert_eq!(report.created[1].2, 3);
    let items = app.caseworker().get(&path_of(Noun::Consent)).expect(200).items();
    let said: Vec<_> = items.iter().map(|item| (item["person"].clone(), item["ends_on"].clone())).collect();
    assert_eq!(said[1], (json!("A"), json!("2028-04-03")));
    let counted = app.researcher().get("/api/v1/research/aggregates").expect(200).json();
    assert_eq!(counted["rows"][0]["count"], 1);
}

fn an_older_database_gets_the_list_of_manners(app: &App) {
    let signed = || consent(&person(app), &json!({"manner": "signed"}));
    app.home.sql(
        "DELETE FROM term_versions WHERE vocabulary = 'consent_manner'; \
         DELETE FROM records WHERE code LIKE 'consent_manner:%'",
    );
    let home = app.home.open();
    let terms = "/api/v1/staff/terms?vocabulary=consent_manner";
    assert!(app.admin().get(terms).expect(200).items().is_empty());
    seed::install(&home).unwrap();
    assert!(app.admin().get(terms).expect(200).items().len() >= 4);
    app.caseworker().enter(Noun::Consent, &signed());
}

fn built_records_are_not_asked_and_not_reviewed(app: &App) {
    let asked = consent("R-001", &json!({"purpose": "keep"}));
    app.unchanged(|| app.caseworker().create(Noun::Consent, &asked).refuses(422, "person", "inconsistent"));
    let found = app.caseworker().get(&format!("{}?code=R-001", path_of(Noun::Person))).items().remove(0);
    assert_eq!(found["review_on"], Value::Null);
    let seen = app.caseworker().get(&format!("{}/{}", path_of(Noun::Person), found["id"].as_str().unwrap()));
    let change = json!({"review_on": "2020-01-01", "reason": "to be looked at"});
    app.unchanged(|| app.caseworker().correct(Noun::Person, &seen, &change).refuses(422, "review_on", "inconsistent"));
    let corrected = app.caseworker().correct(Noun::Person, &seen, &json!({"sex": "_U", "reason": "read again"}));
    assert_eq!(corrected.expect(200).json()["review_on"], Value::Null);
}

fn a_person_is_looked_at_a_year_after_being_known(app: &App) {
    let in_a_year = app.clock.now().date_naive() + Months::new(12);
    let today = app.caseworker().enter(Noun::Person, &json!({})).json();
    assert_eq!(today["review_on"], in_a_year.to_string());
    for (known_on, review_on) in [("2018-04-03", "2019-04-03"), ("2016-02-29", "2017-02-28")] {
        let made = app.caseworker().enter(Noun::Person, &json!({ "known_on": known_on })).json();
        assert_eq!(made["review_on"], review_on);
    }
    for given in ["1999-12-31", "2018-04-03", "2999-01-01"] {
        let made = app.caseworker().enter(Noun::Person, &json!({ "review_on": given })).json();
        assert_eq!(made["review_on"], given);
    }
    let mut wrong = entry(app, Noun::Person);
    wrong["review_on"] = json!("next spring");
    app.unchanged(|| app.caseworker().create(Noun::Person, &wrong).refuses(422, "review_on", "malformed"));
}

fn a_day_of_review_is_kept_by_corrections(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &json!({"known_on": "2018-04-03"}));
    let correct = |seen, changes: Value| app.caseworker().correct(Noun::Person, seen, &changes).expect(200);
    let other = correct(&made, json!({"sex": "F", "known_on": "2020-01-01", "reason": "second interview"}));
    assert_eq!(other.json()["review_on"], "2019-04-03");
    let later = correct(&other, json!({"review_on": "2030-01-01", "reason": "looked at, still needed"}));
    assert_eq!(later.json()["review_on"], "2030-01-01");
    let gone = app.caseworker().withdraw(Noun::Person, &later, "entered twice").expect(200);
    assert_eq!(gone.json()["review_on"], "2030-01-01");
    let back = app.caseworker().restore(Noun::Person, &gone, "once after all").expect(200);
    // Taken back, it is that of the correction.
    let anew = correct(&back, json!({"review_on": null, "known_on": "2021-05-06", "reason": "as always"}));
    assert_eq!(anew.json()["review_on"], "2022-05-06");
}

fn persons_are_imported_with_their_day_of_review(app: &App) {
    let text = "code,known_on,review_on\nA,2018-04-03,2020-01-01\nB,2018-04-03,\n";
    let files = vec![file(Noun::Person, text)];
    import::run(&app.store, &accounts::host(), files, false, |_| Ok(()), Box::new(|_| {})).unwrap();
    let items = app.caseworker().get(&path_of(Noun::Person)).expect(200).items();
    let days: Vec<_> = items.iter().map(|item| (item["code"].clone(), item["review_on"].clone())).collect();
    assert_eq!(days.len(), 2);
    assert!(days.contains(&(json!("A"), json!("2020-01-01"))) && days.contains(&(json!("B"), json!("2019-04-03"))));
}
