//! Who is to be looked at (issue 4).

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::database::account;
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    whose_day_of_review_has_come_is_due_until_another_is_set,
    a_record_without_a_day_of_review_is_due_after_a_year,
    who_does_not_want_to_be_kept_is_due,
    whose_consent_has_ended_is_due_from_the_next_day_on,
    what_says_nothing_is_not_due,
    what_is_due_can_be_asked_by_owner,
    a_walk_meets_all_that_is_due_once_in_order,
    a_parameter_that_is_not_accepted_is_named,
}
on_both! { demo: built_records_are_never_due }

const PATH: &str = "/api/v1/staff/due";

/// A person who is not to be reviewed for long.
fn person(app: &App, code: &str, review_on: &str) -> Answer {
    app.caseworker().enter(Noun::Person, &json!({"code": code, "review_on": review_on}))
}

const NEVER: &str = "2999-01-01";

fn consent(app: &App, person: &str, purpose: &str, decision: &str, ends_on: Option<&str>) -> Answer {
    let entry = json!({"person": person, "purpose": purpose, "decision": decision, "decided_on": "2018-04-03",
        "ends_on": ends_on});
    app.caseworker().enter(Noun::Consent, &entry)
}

/// Each line in short: `A review 2018-04-03`.
fn short(items: &[Value]) -> Vec<String> {
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    items.iter().map(|item| format!("{} {} {}", text(item, "code"), text(item, "reason"), text(item, "day"))).collect()
}

fn due(app: &App) -> Vec<String> {
    short(&app.caseworker().get(PATH).expect(200).items())
}

fn whose_day_of_review_has_come_is_due_until_another_is_set(app: &App) {
    let today = app.clock.now().date_naive();
    let tomorrow = today + TimeDelta::days(1);
    let late = person(app, "A", "2018-04-03");
    person(app, "B", &today.to_string());
    person(app, "C", &tomorrow.to_string());
    assert_eq!(due(app), ["A review 2018-04-03".to_owned(), format!("B review {today}")]);
    let item = app.publisher().get(PATH).expect(200).items().remove(0);
    let expected = json!({"person": late.id(), "code": "A", "owner": account(Role::Caseworker), "status": "active",
        "reason": "review", "day": "2018-04-03"});
    assert_eq!(item, expected);
    let change = json!({"review_on": NEVER, "reason": "still needed"});
    app.caseworker().correct(Noun::Person, &late, &change).expect(200);
    assert_eq!(due(app), [format!("B review {today}")]);
    app.clock.advance(TimeDelta::days(1));
    assert_eq!(due(app), [format!("B review {today}"), format!("C review {tomorrow}")]);
}

fn a_record_without_a_day_of_review_is_due_after_a_year(app: &App) {
    let today = app.clock.now().date_naive();
    let a_year_ago = today - chrono::Months::new(12);
    for (code, known_on) in [("A", a_year_ago), ("B", a_year_ago + TimeDelta::days(1))] {
        app.caseworker().enter(Noun::Person, &json!({"code": code, "known_on": known_on, "review_on": NEVER}));
    }
    assert!(due(app).is_empty());
    // As a database has them that was made before there were such days.
    app.home.sql("UPDATE person_versions SET review_on = NULL");
    assert_eq!(due(app), [format!("A review {a_year_ago}")]);
}

fn who_does_not_want_to_be_kept_is_due(app: &App) {
    for code in ["A", "B", "C"] {
        person(app, code, NEVER);
    }
    let refused = consent(app, "B", "keep", "refused", Some(NEVER));
    consent(app, "A", "keep", "withdrawn", None);
    consent(app, "C", "keep", "given", None);
    assert_eq!(due(app), ["A keep_withdrawn 2018-04-03", "B keep_refused 2018-04-03"]);
    // A record that was withdrawn is kept as well.
    let who = app.caseworker().get("/api/v1/staff/persons?code=A").items().remove(0);
    let seen = app.caseworker().get(&format!("/api/v1/staff/persons/{}", who["id"].as_str().unwrap()));
    app.caseworker().withdraw(Noun::Person, &seen, "wants no record").expect(200);
    let item = app.caseworker().get(PATH).expect(200).items().remove(0);
    assert_eq!((&item["code"], &item["status"]), (&json!("A"), &json!("withdrawn")));
    let change = json!({"decision": "given", "reason": "asked again"});
    app.caseworker().correct(Noun::Consent, &refused, &change).expect(200);
    assert_eq!(due(app), ["A keep_withdrawn 2018-04-03"]);
}

fn whose_consent_has_ended_is_due_from_the_next_day_on(app: &App) {
    let today = app.clock.now().date_naive().to_string();
    for code in ["A", "B"] {
        person(app, code, NEVER);
    }
    for purpose in ["share", "publish", "count", "keep"] {
        consent(app, "A", purpose, "given", Some(&today));
    }
    consent(app, "B", "share", "given", Some("2020-01-01"));
    assert_eq!(due(app), ["B share_ended 2020-01-01"]);
    app.clock.advance(TimeDelta::days(1));
    let ended = ["keep", "count", "publish", "share"].map(|purpose| format!("A {purpose}_ended {today}"));
    assert_eq!(due(app), [&["B share_ended 2020-01-01".to_owned()], ended.as_slice()].concat());
}

fn what_says_nothing_is_not_due(app: &App) {
    person(app, "A", NEVER);
    for purpose in ["count", "publish", "share"] {
        consent(app, "A", purpose, "refused", Some("2020-01-01"));
    }
    let keep = consent(app, "A", "keep", "refused", None);
    app.caseworker().withdraw(Noun::Consent, &keep, "entered by mistake").expect(200);
    assert!(due(app).is_empty());
}

fn built_records_are_never_due(app: &App) {
    app.clock.advance(TimeDelta::days(4_000));
    // The tokens have ended by then.
    let store = app.home.open();
    let reader = attest::store::accounts::host();
    let found =
        store.read(&reader, |session| attest::store::due::list(session, session.now().day(), None, None, 200)).unwrap();
    assert_eq!(found, []);
}

fn what_is_due_can_be_asked_by_owner(app: &App) {
    person(app, "A", "2018-04-03");
    app.publisher().enter(Noun::Person, &json!({"code": "B", "review_on": "2018-04-02"}));
    let of = |role| short(&app.caseworker().get(&format!("{PATH}?owner={}", account(role))).expect(200).items());
    assert_eq!(of(Role::Caseworker), ["A review 2018-04-03"]);
    assert_eq!(of(Role::Publisher), ["B review 2018-04-02"]);
    assert!(of(Role::Researcher).is_empty());
    assert_eq!(due(app).len(), 2);
}

fn a_walk_meets_all_that_is_due_once_in_order(app: &App) {
    // Codes with dots, of one day and of several, and two reasons of one day.
    for (code, day) in [("a.b", "2018-04-03"), ("a", "2018-04-03"), ("Z", "2018-04-03"), ("b", "2018-04-01")] {
        person(app, code, day);
    }
    consent(app, "a.b", "keep", "refused", None);
    consent(app, "a.b", "share", "given", Some("2018-04-03"));
    consent(app, "b", "keep", "withdrawn", None);
    let all = due(app);
    let expected = [
        "b review 2018-04-01",
        "Z review 2018-04-03",
        "a review 2018-04-03",
        "a.b review 2018-04-03",
        "a.b keep_refused 2018-04-03",
        "a.b share_ended 2018-04-03",
        "b keep_withdrawn 2018-04-03",
    ];
    assert_eq!(all, expected);
    for limit in 1..=8 {
        assert_eq!(short(&app.caseworker().walk(&format!("{PATH}?limit={limit}"))), expected, "by {limit}");
        let owner = account(Role::Caseworker);
        assert_eq!(short(&app.caseworker().walk(&format!("{PATH}?owner={owner}&limit={limit}"))), expected);
    }
}

fn a_parameter_that_is_not_accepted_is_named(app: &App) {
    let refuse = |query: &str, field: &str, rule: &str| {
        app.caseworker().get(&format!("{PATH}?{query}")).refuses(400, field, rule);
    };
    refuse("owner=nobody", "owner", "unknown_record");
    refuse("owner=", "owner", "unknown_record");
    refuse("owner=%00", "owner", "unknown_record");
    refuse("limit=0", "limit", "out_of_range");
    refuse("limit=201", "limit", "out_of_range");
    for after in [
        "",
        "2018-04-03",
        "2018-04-03.0",
        "2018-04-03.0.",
        "2018-04-03.7.A",
        "2018-04-03.-1.A",
        "x.0.A",
        "2018-04-03.0.%00",
    ] {
        refuse(&format!("after={after}"), "after", "malformed");
    }
    refuse("reason=review", "reason", "unknown");
}
