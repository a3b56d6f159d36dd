//! Two times: what was known by the end of a day, of what Attest held after a write.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::asks::{ask, count, counts, only_row, table};
use super::enter::withdraw;
use super::golden::{incident, person};
use crate::support::{Answer, App, on_both};

fn newest(app: &App) -> i64 {
    app.contents().write
}

fn enter_person(app: &App, entry: &Value) -> Answer {
    app.caseworker().enter(Noun::Person, entry)
}

fn correct(app: &App, noun: Noun, seen: &Answer, changes: &Value) -> Answer {
    let mut changes = changes.clone();
    changes["reason"] = "checked again".into();
    app.publisher().correct(noun, seen, &changes).expect(200)
}

fn a_record_counts_from_the_day_it_was_known(app: &App) {
    enter_person(app, &json!({"sex": "F", "known_on": "2018-03-10"}));
    assert_eq!(count(app, "as_of=2018-03-09"), 0);
    assert_eq!(count(app, "as_of=2018-03-10"), 1);
    assert_eq!(count(app, ""), 1);
    // Entered today where nothing is said.
    let today = app.clock.now().date_naive();
    enter_person(app, &json!({"sex": "F"}));
    assert_eq!(count(app, &format!("as_of={}", today.pred_opt().unwrap())), 1);
    assert_eq!(count(app, &format!("as_of={today}")), 2);
}

fn a_record_counts_from_the_write_that_entered_it(app: &App) {
    let before = newest(app);
    let entered = enter_person(app, &json!({"known_on": "2018-03-10"}));
    let write = entered.json()["version"].as_i64().unwrap();
    assert_eq!(write, before + 1);
    for day in ["", "&as_of=2018-03-10"] {
        assert_eq!(count(app, &format!("at_write={before}{day}")), 0);
        assert_eq!(count(app, &format!("at_write={write}{day}")), 1);
    }
}

fn a_correction_changes_what_is_known_from_its_day_on(app: &App) {
    let entered = enter_person(app, &json!({"sex": "M", "known_on": "2018-01-10"}));
    let before = newest(app);
    correct(app, Noun::Person, &entered, &json!({"sex": "F", "known_on": "2018-03-10"}));
    assert_eq!(counts(&ask(app, "by=sex&as_of=2018-03-09")), table(&[("M", 1), ("_T", 1)]));
    assert_eq!(counts(&ask(app, "by=sex&as_of=2018-03-10")), table(&[("F", 1), ("_T", 1)]));
    assert_eq!(counts(&ask(app, "by=sex")), table(&[("F", 1), ("_T", 1)]));
    // And what Attest held before it is what it held.
    assert_eq!(counts(&ask(app, &format!("by=sex&at_write={before}"))), table(&[("M", 1), ("_T", 1)]));
}

fn a_back_dated_correction_changes_the_past_and_not_the_record_of_it(app: &App) {
    let entered = enter_person(app, &json!({"sex": "M", "known_on": "2018-03-10"}));
    let first = newest(app);
    let then = correct(app, Noun::Person, &entered, &json!({"sex": "F", "known_on": "2018-01-10"}));
    let second = newest(app);
    assert_eq!(counts(&ask(app, "by=sex&as_of=2018-02-10")), table(&[("F", 1), ("_T", 1)]));
    assert_eq!(counts(&ask(app, "by=sex&as_of=2018-03-10")), table(&[("F", 1), ("_T", 1)]));
    let held = format!("by=sex&as_of=2018-02-10&at_write={first}");
    assert_eq!(counts(&ask(app, &held)), table(&[("_T", 0)]));
    // A later correction known from between: the days before it keep the first one.
    correct(app, Noun::Person, &then, &json!({"sex": "_U", "known_on": "2018-02-10"}));
    assert_eq!(counts(&ask(app, "by=sex&as_of=2018-02-09")), table(&[("F", 1), ("_T", 1)]));
    assert_eq!(counts(&ask(app, "by=sex&as_of=2018-03-10")), table(&[("_U", 1), ("_T", 1)]));
    let held = format!("by=sex&as_of=2018-03-10&at_write={second}");
    assert_eq!(counts(&ask(app, &held)), table(&[("F", 1), ("_T", 1)]));
}

fn what_was_withdrawn_counts_before_its_day_and_before_its_write(app: &App) {
    let entered = enter_person(app, &json!({"known_on": "2018-01-10"}));
    let code = entered.json()["code"].as_str().unwrap().to_owned();
    incident(app, &code, &json!({"kind": "threat", "known_on": "2018-01-10"}));
    let before = newest(app);
    withdraw(app, Noun::Person, &entered, "2018-03-10");
    for measure in ["persons", "incidents"] {
        assert_eq!(count(app, &format!("measure={measure}")), 0);
        assert_eq!(count(app, &format!("measure={measure}&as_of=2018-03-09")), 1);
        assert_eq!(count(app, &format!("measure={measure}&as_of=2018-03-10")), 0);
        assert_eq!(count(app, &format!("measure={measure}&as_of=2018-03-10&at_write={before}")), 1);
        assert_eq!(count(app, &format!("measure={measure}&at_write={before}")), 1);
    }
}

fn an_incident_goes_with_the_person_it_was_corrected_to(app: &App) {
    let (first, second) = (person(app, &json!({"sex": "M"})), person(app, &json!({"sex": "F"})));
    let entry = json!({"person": first, "kind": "threat", "date": "2017",
        "involvements": [{"role": "perpetrator", "actor": "relatives"}]});
    let entered = app.caseworker().enter(Noun::Incident, &entry);
    let before = newest(app);
    correct(app, Noun::Incident, &entered, &json!({"person": second, "involvements": []}));
    let by = "kind=threat&by=sex,actor&totals=none";
    assert_eq!(counts(&ask(app, by)), table(&[("F _U", 1)]));
    assert_eq!(counts(&ask(app, &format!("{by}&at_write={before}"))), table(&[("M relatives", 1)]));
}

fn a_question_is_not_changed_by_words_that_were_corrected_later(app: &App) {
    let person = person(app, &json!({"origin": "RU-DA"}));
    incident(app, &person, &json!({"kind": "threat"}));
    let terms = |code: &str| {
        let page = app.admin().get(&format!("/api/v1/staff/terms?code={code}")).expect(200);
        let id = page.items()[0]["id"].as_str().unwrap().to_owned();
        app.admin().get(&format!("/api/v1/staff/terms/{id}")).expect(200)
    };
    let asked: Vec<_> = ["origin=RU", "kind=threat&family=violation", "by=family", "by=family&family=violation"]
        .map(|query| (query, ask(app, query)))
        .to_vec();
    let reason = "the list was checked";
    app.admin().correct(Noun::Term, &terms("kind:threat"), &json!({"family": "death", "reason": reason})).expect(200);
    app.admin().correct(Noun::Term, &terms("place:RU-DA"), &json!({"broader": null, "reason": reason})).expect(200);
    for (query, answer) in asked {
        let again =
            ask(app, &format!("{query}&as_of={}&at_write={}", answer["as_of"].as_str().unwrap(), answer["at_write"]));
        assert_eq!(again, answer, "{query}");
    }
}

fn a_figure_corrected_today_bounds_nothing_that_was_known_before(app: &App) {
    let page = app.caseworker().get("/api/v1/staff/figures?code=lgbtnet-2018-04-03:forced_returns_dead").expect(200);
    let id = page.items()[0]["id"].as_str().unwrap().to_owned();
    let figure = app.caseworker().get(&format!("/api/v1/staff/figures/{id}")).expect(200);
    let dead = json!({"count": 1, "bound": "at_least", "status": "A"});
    assert_eq!(only_row(app, "with=forced_return,death"), dead);
    let before = newest(app);
    correct(app, Noun::Figure, &figure, &json!({"qualifier": "exact"}));
    let exact = json!({"count": 1, "bound": "exact", "status": "A"});
    assert_eq!(only_row(app, "with=forced_return,death"), exact);
    assert_eq!(only_row(app, &format!("with=forced_return,death&at_write={before}")), dead);
    assert_eq!(only_row(app, "with=forced_return,death&as_of=2018-04-03"), dead);
}

on_both! { empty:
    a_record_counts_from_the_day_it_was_known, a_record_counts_from_the_write_that_entered_it,
    a_correction_changes_what_is_known_from_its_day_on,
    a_back_dated_correction_changes_the_past_and_not_the_record_of_it,
    what_was_withdrawn_counts_before_its_day_and_before_its_write,
    an_incident_goes_with_the_person_it_was_corrected_to,
    a_question_is_not_changed_by_words_that_were_corrected_later
}
on_both! { demo: a_figure_corrected_today_bounds_nothing_that_was_known_before }
