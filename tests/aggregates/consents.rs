//! Who says no to being counted is not, from the day and the write of the decision on, and nothing before it changes.

use attest::domain::record::Noun;
use chrono::{NaiveDate, TimeDelta};
use serde_json::{Value, json};

use super::asks::{ask, count, counts, rows, table};
use super::enter::withdraw;
use super::golden::{incident, person};
use crate::support::samples::{consent, join};
use crate::support::{Answer, App, on_both};

/// The day from which the records are known, that of the decision, and the one before it.
const ENTERED: &str = "2018-01-10";
const DECIDED: &str = "2018-06-01";
const BEFORE: &str = "2018-05-31";

/// `A` was detained and threatened, `B` was detained, and of `C` nothing is recorded.
fn world(app: &App) {
    for (code, sex) in [("A", "F"), ("B", "M"), ("C", "F")] {
        person(app, &json!({"code": code, "sex": sex, "ground": "outed", "origin": "RU-CE", "known_on": ENTERED}));
    }
    for (code, kind, date) in
        [("A", "detention", "2017-04"), ("A", "threat", "2017/2018"), ("B", "detention", "2017-05")]
    {
        incident(app, code, &json!({"kind": kind, "date": date, "known_on": ENTERED, "place": "RU-CE"}));
    }
}

/// What somebody decided about some purpose, known from the day of the decision.
fn decided(app: &App, purpose: &str, more: &Value) -> Answer {
    let mut entry = json!({"person": "A", "purpose": purpose, "decision": "given", "decided_on": DECIDED,
        "known_on": DECIDED});
    entry.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    app.caseworker().enter(Noun::Consent, &entry)
}

fn corrected(app: &App, seen: &Answer, changes: Value) -> Answer {
    let mut changes = changes;
    changes["reason"] = "asked again".into();
    app.caseworker().correct(Noun::Consent, seen, &changes).expect(200)
}

/// Questions that count A or what happened to A, each in another place of the statement.
const QUESTIONS: [&str; 13] = [
    "measure=persons",
    "by=kind",
    "by=sex,ground&totals=all",
    "by=origin,kind&totals=all",
    "with=detention,threat",
    "kind=threat",
    "by=year",
    "year=2017",
    "measure=incidents",
    "measure=incidents&by=kind",
    "measure=incidents&by=year",
    "measure=incidents&with=threat",
    "measure=incidents&sex=F&place=RU",
];

/// What every question counts, at the times that are added to it.
fn rows_of(app: &App, times: &str) -> Vec<Value> {
    let rows = |query| {
        let answer = ask(app, &format!("{query}{times}"));
        json!([answer["rows"], answer["basis"]])
    };
    QUESTIONS.map(rows).to_vec()
}

fn whoever_says_nothing_or_yes_is_counted(app: &App) {
    world(app);
    let before = rows_of(app, "");
    assert_eq!(count(app, ""), 3);
    decided(app, "count", &json!({}));
    for (at, decision) in ["refused", "withdrawn", "given"].into_iter().enumerate() {
        let purpose = ["keep", "publish", "share"][at];
        decided(app, purpose, &json!({"decision": decision, "ends_on": DECIDED}));
    }
    assert_eq!(rows_of(app, ""), before, "no other purpose is about counting");
}

fn whoever_says_no_is_out_with_all_that_happened(app: &App) {
    for decision in ["refused", "withdrawn"] {
        let home = crate::support::Home::new(app.home.backend, crate::support::Data::Empty);
        let app = &App::start(&home);
        world(app);
        assert_eq!(count(app, "measure=incidents"), 3);
        consent(app, "A", decision, DECIDED);
        assert_eq!(count(app, ""), 2);
        assert_eq!(counts(&ask(app, "by=kind")), table(&[("detention", 1), ("_Z", 1), ("_T", 2)]));
        assert_eq!(counts(&ask(app, "by=sex&totals=all")), table(&[("F", 1), ("M", 1), ("_T", 2)]));
        assert_eq!(count(app, "with=detention,threat"), 0);
        assert_eq!(count(app, "kind=threat"), 0);
        assert_eq!(count(app, "measure=incidents"), 1);
        assert_eq!(counts(&ask(app, "measure=incidents&by=kind")), table(&[("detention", 1), ("_T", 1)]));
        // Nothing is possible any more, and no bucket is left that only their dates reached into.
        let years = rows(&ask(app, "measure=incidents&by=year"));
        assert_eq!(years.keys().map(|cell| cell.join(" ")).collect::<Vec<_>>(), ["2017", "_T"]);
        assert_eq!(years[&["2017".to_owned()][..]]["possible"], 0);
        assert_eq!(ask(app, "")["basis"], json!({"case_file": 2, "reconstructed": 0}));
    }
}

fn nothing_that_was_known_or_held_before_the_decision_changes(app: &App) {
    world(app);
    let write = app.contents().write;
    let times = [
        format!("&as_of={BEFORE}"),
        format!("&at_write={write}"),
        format!("&at_write={write}&as_of={DECIDED}"),
        format!("&at_write={write}&as_of={BEFORE}"),
    ];
    let before: Vec<_> = times.iter().map(|times| rows_of(app, times)).collect();
    let made = consent(app, "A", "refused", DECIDED);
    let again = || times.iter().map(|times| rows_of(app, times)).collect::<Vec<_>>();
    assert_eq!(again(), before);
    assert_ne!(rows_of(app, &format!("&as_of={DECIDED}")), rows_of(app, &format!("&as_of={BEFORE}")));
    // Nor does a change of mind change what was answered while it was no.
    let refused = [format!("&as_of={DECIDED}"), format!("&at_write={}", app.contents().write)];
    let out: Vec<_> = refused.iter().map(|times| rows_of(app, times)).collect();
    let given = corrected(app, &made, json!({"decision": "given", "known_on": "2018-09-01"}));
    assert_eq!(count(app, ""), 3);
    assert_eq!(count(app, "as_of=2018-08-31"), 2);
    assert_eq!(refused.iter().map(|times| rows_of(app, times)).collect::<Vec<_>>(), out);
    withdraw(app, Noun::Consent, &given, "2018-10-01");
    assert_eq!(refused.iter().map(|times| rows_of(app, times)).collect::<Vec<_>>(), out);
    assert_eq!(again(), before);
}

fn a_record_of_a_no_that_is_withdrawn_says_nothing(app: &App) {
    world(app);
    let before = rows_of(app, "");
    let made = consent(app, "A", "refused", DECIDED);
    let out = rows_of(app, "");
    assert_ne!(out, before);
    let gone = withdraw(app, Noun::Consent, &made, "2018-09-01");
    assert_eq!(rows_of(app, ""), before);
    assert_eq!(rows_of(app, "&as_of=2018-08-31"), out);
    app.caseworker().restore(Noun::Consent, &gone, "it was a no after all").expect(200);
    assert_eq!(rows_of(app, ""), out);
}

fn consent_holds_through_the_day_on_which_it_ends(app: &App) {
    world(app);
    let made = decided(app, "count", &json!({"ends_on": "2018-09-01"}));
    assert_eq!(count(app, "as_of=2018-09-01"), 3);
    assert_eq!(count(app, "as_of=2018-09-02"), 2);
    assert_eq!(count(app, ""), 2);
    // Given for longer: known from a day on, and before it the end stands.
    corrected(app, &made, json!({"ends_on": null, "known_on": "2018-12-01"}));
    assert_eq!(count(app, "as_of=2018-11-30"), 2);
    assert_eq!(count(app, "as_of=2018-12-01"), 3);
    // A no has no end.
    decided(app, "count", &json!({"person": "B", "decision": "refused", "ends_on": "2018-06-02"}));
    assert_eq!(count(app, ""), 2);
}

fn consent_ends_without_any_write(app: &App) {
    world(app);
    let today = app.clock.now().date_naive();
    let in_ten_days: NaiveDate = today + TimeDelta::days(10);
    decided(app, "count", &json!({"ends_on": in_ten_days}));
    let write = app.contents().write;
    let first = rows_of(app, "");
    assert_eq!(count(app, ""), 3);
    app.clock.advance(TimeDelta::days(11));
    assert_eq!(count(app, ""), 2);
    let times = format!("&as_of={today}&at_write={write}");
    assert_eq!(rows_of(app, &times), first, "the answer of that day is given again");
}

fn of_joined_records_one_no_is_enough(app: &App) {
    for (who, canonical) in [("A", "B"), ("B", "A")] {
        let home = crate::support::Home::new(app.home.backend, crate::support::Data::Empty);
        let app = &App::start(&home);
        world(app);
        join(app, "A", "B", ENTERED);
        assert_eq!(count(app, ""), 2);
        let made = consent(app, who, "refused", DECIDED);
        assert_eq!(count(app, ""), 1, "{who} of {canonical}");
        assert_eq!(count(app, "measure=incidents"), 0);
        assert_eq!(count(app, "with=detention"), 0);
        assert_eq!(counts(&ask(app, "by=sex")), table(&[("F", 1), ("_T", 1)]));
        assert_eq!(count(app, &format!("as_of={BEFORE}")), 2);
        // The other record's yes is no answer to it.
        consent(app, canonical, "given", DECIDED);
        assert_eq!(count(app, ""), 1);
        corrected(app, &made, json!({"decision": "given"}));
        assert_eq!(count(app, ""), 2);
    }
}

fn a_no_reaches_who_is_joined_later_and_leaves_who_is_parted(app: &App) {
    world(app);
    consent(app, "A", "refused", DECIDED);
    let made = join(app, "A", "B", "2018-07-01");
    assert_eq!(count(app, "as_of=2018-06-30"), 2);
    assert_eq!(count(app, "as_of=2018-07-01"), 1, "B is the same person");
    withdraw(app, Noun::Linkage, &made, "2018-08-01");
    assert_eq!(count(app, "as_of=2018-08-01"), 2);
    assert_eq!(count(app, "measure=incidents"), 1);
}

fn a_no_of_a_joined_record_that_was_withdrawn_still_holds(app: &App) {
    world(app);
    join(app, "A", "B", ENTERED);
    consent(app, "A", "refused", DECIDED);
    let found = app.caseworker().get("/api/v1/staff/persons?code=A").items().remove(0);
    let seen = app.caseworker().get(&format!("/api/v1/staff/persons/{}", found["id"].as_str().unwrap()));
    withdraw(app, Noun::Person, &seen, DECIDED);
    assert_eq!(count(app, ""), 1, "the person is the same");
}

fn built_records_have_no_say(app: &App) {
    let before = [ask(app, "by=kind&as_of=2018-04-03"), ask(app, "with=detention,departure_abroad")];
    let entry = json!({"person": "R-001", "purpose": "count", "decision": "refused", "decided_on": "2018-01-10"});
    app.unchanged(|| app.caseworker().create(Noun::Consent, &entry).refuses(422, "person", "inconsistent"));
    // Nor do they lose or gain by what others say.
    let own = person(app, &json!({"known_on": ENTERED}));
    consent(app, &own, "refused", ENTERED);
    let after = [ask(app, "by=kind&as_of=2018-04-03"), ask(app, "with=detention,departure_abroad")];
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((&before["rows"], &before["basis"]), (&after["rows"], &after["basis"]));
    }
}

on_both! { empty:
    whoever_says_nothing_or_yes_is_counted, whoever_says_no_is_out_with_all_that_happened,
    nothing_that_was_known_or_held_before_the_decision_changes, a_record_of_a_no_that_is_withdrawn_says_nothing,
    consent_holds_through_the_day_on_which_it_ends, consent_ends_without_any_write, of_joined_records_one_no_is_enough,
    a_no_reaches_who_is_joined_later_and_leaves_who_is_parted, a_no_of_a_joined_record_that_was_withdrawn_still_holds,
}
on_both! { demo: built_records_have_no_say }
