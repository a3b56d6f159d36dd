//! What a figure has counted once it does not cease to have counted: not by another query, and not by taking the case away.

use attest::domain::record::Noun;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::eyes::{OWN, case, confirm, draft, publish, second, shown};
use super::staff::publication;
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_query_that_counts_nobody_does_not_make_another_number_of_a_figure,
    a_case_that_is_withdrawn_while_its_figure_is_published_was_counted,
    who_says_no_to_being_counted_before_the_figure_is_published_was_counted,
    whose_consent_has_ended_before_the_figure_is_published_was_counted,
    an_answer_of_the_time_before_a_case_was_withdrawn_counts_it,
    who_was_erased_before_the_figure_is_published_was_counted,
}

const ASKED: &str = "measure=persons&kind=torture";

fn tortured(app: &App) -> (Answer, Answer) {
    let person = app.caseworker().enter(Noun::Person, &json!({}));
    let entry = json!({"person": person.json()["code"], "kind": "torture", "date": "2017-05"});
    (app.caseworker().enter(Noun::Incident, &entry), person)
}

fn answer(app: &App, code: &str, query: &str) -> Answer {
    let body = json!({"publication": OWN, "code": code, "population": "people", "region": "Chechnya", "query": query});
    app.caseworker().post("/api/v1/staff/answers", &body).expect(201)
}

fn consent(app: &App, person: &Answer, more: &Value) {
    let day = app.clock.now().date_naive().to_string();
    let mut entry = json!({"person": person.json()["code"], "purpose": "count", "decided_on": day});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.caseworker().enter(Noun::Consent, &entry);
}

/// That figures that count nobody now are a matter of releases, because they counted somebody.
#[track_caller]
fn stay_drafts(app: &App, figures: &[&Answer]) {
    for seen in figures {
        let answer = app.unchanged(|| publish(&app.publisher(), seen).refuses(422, "state", "inconsistent"));
        let said = "a version of it has counted case files";
        assert!(answer.text().contains(said), "{}", answer.text());
        assert!(answer.text().contains("make it part of a release, or enter a new figure"), "{}", answer.text());
    }
    assert!(shown(app).is_empty());
}

fn a_query_that_counts_nobody_does_not_make_another_number_of_a_figure(app: &App) {
    publication(app, OWN, "published");
    case(app, "torture", "2017-05");
    let seen = answer(app, "tortured", ASKED);
    let harmless = "measure=persons&kind=death&year=2001";
    let change = json!({"query": harmless, "at_write": null, "state": "published", "reason": "closer"});
    let refused =
        app.unchanged(|| app.publisher().correct(Noun::Figure, &seen, &change).refuses(422, "state", "inconsistent"));
    assert!(refused.text().contains("or enter a new figure"), "{}", refused.text());
    // Nor in two steps, nor with a number that the query gives.
    for value in [1, 0] {
        let change = json!({"query": harmless, "at_write": null, "value": value, "reason": "closer"});
        let newest = app.publisher().get(&seen.path(Noun::Figure)).expect(200);
        stay_drafts(app, &[&app.caseworker().correct(Noun::Figure, &newest, &change).expect(200)]);
    }
    // Nor before two pairs of eyes.
    let newest = app.publisher().get(&seen.path(Noun::Figure)).expect(200);
    let other = second(app);
    confirm(&other, &newest).expect(200);
    stay_drafts(app, &[&newest]);
    // A new figure has counted nobody.
    let new = draft(app, "new", 1, &json!({"query": harmless}));
    confirm(&other, &new).expect(200);
    publish(&app.publisher(), &new).expect(200);
}

fn a_case_that_is_withdrawn_while_its_figure_is_published_was_counted(app: &App) {
    publication(app, OWN, "published");
    let (incident, _) = tortured(app);
    let (typed, kept) = (draft(app, "typed", 1, &json!({"query": ASKED})), answer(app, "kept", ASKED));
    let gone = app.caseworker().withdraw(Noun::Incident, &incident, "a mistake").expect(200);
    stay_drafts(app, &[&typed]);
    app.unchanged(|| publish(&app.publisher(), &kept).refuses(422, "state", "inconsistent"));
    app.caseworker().restore(Noun::Incident, &gone, "no mistake").expect(200);
    assert!(shown(app).is_empty());
}

fn who_says_no_to_being_counted_before_the_figure_is_published_was_counted(app: &App) {
    publication(app, OWN, "published");
    let (_, person) = tortured(app);
    let (typed, kept) = (draft(app, "typed", 1, &json!({"query": ASKED})), answer(app, "kept", ASKED));
    consent(app, &person, &json!({"decision": "refused"}));
    stay_drafts(app, &[&typed]);
    app.unchanged(|| publish(&app.publisher(), &kept).refuses(422, "state", "inconsistent"));
}

fn whose_consent_has_ended_before_the_figure_is_published_was_counted(app: &App) {
    publication(app, OWN, "published");
    let (_, person) = tortured(app);
    let day = app.clock.now().date_naive().to_string();
    consent(app, &person, &json!({"decision": "given", "ends_on": day}));
    // Known only after the day of which the figure speaks, it was counted on the day when the figure was entered.
    let typed = draft(app, "typed", 1, &json!({"query": ASKED}));
    app.clock.advance(TimeDelta::days(2));
    stay_drafts(app, &[&typed]);
}

fn an_answer_of_the_time_before_a_case_was_withdrawn_counts_it(app: &App) {
    publication(app, OWN, "published");
    let (incident, _) = tortured(app);
    let held = app.contents().write;
    app.caseworker().withdraw(Noun::Incident, &incident, "a mistake").expect(200);
    let kept = answer(app, "kept", &format!("{ASKED}&at_write={held}"));
    app.unchanged(|| publish(&app.publisher(), &kept).refuses(422, "state", "inconsistent"));
    // Nor where it is said no more when it was computed.
    let typed = json!({"at_write": null, "reason": "by hand"});
    stay_drafts(app, &[&app.caseworker().correct(Noun::Figure, &kept, &typed).expect(200)]);
}

fn who_was_erased_before_the_figure_is_published_was_counted(app: &App) {
    publication(app, OWN, "published");
    let (_, person) = tortured(app);
    let kept = answer(app, "kept", ASKED);
    let path = format!("{}/erasure", person.path(Noun::Person));
    let reason = json!({"reason": "requested"});
    app.caseworker().post_with(&path, &[("If-Match", &person.etag())], &reason).expect(200);
    let refused = publish(&app.publisher(), &kept).refuses(422, "state", "inconsistent");
    assert!(refused.text().contains("a version of it has counted case files"), "{}", refused.text());
    assert!(shown(app).is_empty());
}
