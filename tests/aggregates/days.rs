//! Whoever sees no case asks at ends of days, so that no two answers differ by a single record.

use attest::domain::policy::{Action, Role};
use attest::domain::record::Noun;
use attest::store::accounts::Purpose;
use attest::store::tokens;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::asks::{PATH, ask, counts, table};
use crate::support::{App, on_both};

const RECONCILIATION: &str = "/api/v1/research/reconciliation";

fn enter(app: &App, sex: &str) -> i64 {
    let entered = app.caseworker().enter(Noun::Person, &json!({"sex": sex, "known_on": "2018-03-10"}));
    entered.json()["version"].as_i64().unwrap()
}

fn next_day(app: &App) {
    app.clock.advance(TimeDelta::days(1));
}

fn people(number: u64) -> Value {
    json!([{"count": number, "bound": "exact", "status": "A"}])
}

/// The rows without whether they may be published.
fn rows(answer: &Value) -> Value {
    let mut rows = answer["rows"].clone();
    for row in rows.as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("conf_status");
    }
    rows
}

fn what_was_written_today_is_counted_from_tomorrow(app: &App) {
    enter(app, "F");
    let end = app.contents().write;
    next_day(app);
    enter(app, "F");
    let first = ask(app, "");
    enter(app, "M");
    // The day is not over: the answer stays as it was, to whoever asks.
    for caller in [app.researcher(), app.caseworker(), app.publisher()] {
        let answer = caller.get(PATH).expect(200).json();
        assert_eq!((rows(&answer), &answer["at_write"]), (people(1), &json!(end)));
        assert_eq!(answer, first);
        assert_eq!(caller.get(RECONCILIATION).expect(200).json()["at_write"], end);
    }
    next_day(app);
    assert_eq!(counts(&ask(app, "by=sex")), table(&[("F", 2), ("M", 1), ("_T", 3)]));
    // And what was answered is answered again.
    assert_eq!(ask(app, &format!("at_write={end}&as_of={}", first["as_of"].as_str().unwrap())), first);
}

fn a_write_in_the_middle_of_a_day_is_asked_by_those_alone_who_see_cases(app: &App) {
    enter(app, "F");
    let [first_day, end] = [enter(app, "F"), app.contents().write];
    next_day(app);
    let [one, two] = [enter(app, "F"), enter(app, "M")];
    let lasting = TimeDelta::days(7);
    let counts_only = Some(vec![Action::ReadAggregates]);
    let token = tokens::create_scoped(&app.store, "lent", Role::Publisher, lasting, Purpose::Api, counts_only).unwrap();
    for write in [one, two] {
        for suffix in ["", ".csv"] {
            let path = format!("{PATH}{suffix}?at_write={write}");
            app.researcher().get(&path).refuses(400, "at_write", "inconsistent");
            app.bearing(&token).get(&path).refuses(400, "at_write", "inconsistent");
            app.caseworker().get(&path).expect(200);
        }
    }
    let refused = app.researcher().get(&format!("{PATH}?at_write={one}")).text();
    assert!(refused.contains(&format!("the newest is {end}")), "{refused}");
    let held = app.caseworker().get(&format!("{PATH}?at_write={one}")).expect(200).json();
    assert_eq!(rows(&held), people(3));
    // A day that is over: its last write alone. Of the first day each, for its answers were given as of the newest.
    let last = app.contents().write;
    next_day(app);
    assert_eq!(rows(&ask(app, &format!("at_write={last}"))), people(4));
    assert_eq!(rows(&ask(app, &format!("at_write={first_day}"))), people(2));
    assert_eq!(rows(&ask(app, "at_write=0")), people(0));
    app.researcher().get(&format!("{PATH}?at_write={one}")).refuses(400, "at_write", "inconsistent");
    app.researcher().get(&format!("{PATH}?at_write={}", last + 1_000)).refuses(400, "at_write", "out_of_range");
}

fn days_without_a_write_change_nothing(app: &App) {
    enter(app, "F");
    let end = app.contents().write;
    app.clock.advance(TimeDelta::days(9));
    assert_eq!(ask(app, "")["at_write"], end);
    assert_eq!(rows(&ask(app, &format!("at_write={end}"))), people(1));
}

fn while_the_last_write_is_dated_ahead_the_newest_is_the_end(app: &App) {
    enter(app, "F");
    next_day(app);
    let one = enter(app, "F");
    // The day after, a clock that is two days ahead makes a write, and is set right.
    next_day(app);
    app.clock.advance(TimeDelta::days(2));
    enter(app, "F");
    app.clock.advance(TimeDelta::days(-2));
    let answer = ask(app, "");
    assert_eq!(answer["at_write"], app.contents().write - 1);
    let newest = enter(app, "M");
    assert_eq!(ask(app, "")["at_write"], newest);
    assert_eq!(ask(app, &format!("at_write={}", answer["at_write"]))["rows"], answer["rows"]);
    // What was dated before keeps its days.
    enter(app, "M");
    app.researcher().get(&format!("{PATH}?at_write={}", one - 1)).expect(200);
    next_day(app);
    app.clock.advance(TimeDelta::days(2));
    assert_eq!(ask(app, "")["at_write"], app.contents().write - 1);
    app.researcher().get(&format!("{PATH}?at_write={newest}")).refuses(400, "at_write", "inconsistent");
}

on_both! { empty:
    what_was_written_today_is_counted_from_tomorrow,
    a_write_in_the_middle_of_a_day_is_asked_by_those_alone_who_see_cases, days_without_a_write_change_nothing,
    while_the_last_write_is_dated_ahead_the_newest_is_the_end
}
