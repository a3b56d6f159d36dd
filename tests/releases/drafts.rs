//! A figure that counts case files becomes public with the release that signs it, and goes with it.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::office::{RELEASES, act, act_with, second, ten};
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_signed_draft_becomes_public_with_its_release_and_goes_with_it,
    a_draft_that_was_changed_after_it_was_signed_stops_the_release,
    a_figure_of_a_draft_publication_blocks_a_release,
}

fn today(app: &App) -> String {
    app.clock.now().date_naive().to_string()
}

fn publication(app: &App, state: &str) {
    let entry = json!({"code": "own", "published_on": today(app), "publisher": "The office",
        "address": "https://example.org/own", "state": state});
    app.publisher().enter(Noun::Publication, &entry);
}

fn figure(app: &App) -> Answer {
    let entry = json!({"publication": "own", "code": "people", "measure": "persons", "value": 10,
        "population": "people on record", "region": "Chechnya", "as_of": today(app), "query": "measure=persons"});
    app.caseworker().enter(Noun::Figure, &entry)
}

fn declaration(app: &App) -> Value {
    json!({"id": "first", "title_en": "Those on record", "publisher": "The office", "as_of": today(app),
        "figures": ["own:people"]})
}

fn shown(app: &App) -> Vec<Value> {
    app.anybody().get("/api/v1/figures").expect(200).items()
}

fn newest(app: &App, figure: &Answer) -> Answer {
    app.publisher().get(&figure.path(Noun::Figure)).expect(200)
}

fn a_signed_draft_becomes_public_with_its_release_and_goes_with_it(app: &App) {
    ten(app);
    let other = second(app);
    publication(app, "published");
    let seen = figure(app);
    let publish = json!({"state": "published", "reason": "it is out"});
    app.unchanged(|| app.publisher().correct(Noun::Figure, &seen, &publish).refuses(422, "state", "inconsistent"));
    let made = app.publisher().post(RELEASES, &declaration(app)).expect(201);
    let once = act(&app.publisher(), &made, "sign").expect(200);
    app.unchanged(|| act(&app.publisher(), &once, "publish").problem(409, "refused"));
    let twice = act(&other, &once, "sign").expect(200);
    assert!(shown(app).is_empty());
    let public = act(&app.publisher(), &twice, "publish").expect(200);
    assert_eq!((&shown(app)[0]["id"], &shown(app)[0]["value"]), (&json!("own:people"), &json!(10)));
    let signed = newest(app, &seen);
    assert_eq!(signed.json()["reason"], "signed in the release first");
    // Its number is the release's; its note is not.
    app.unchanged(|| {
        let change = json!({"value": 9, "reason": "a slip"});
        app.publisher().correct(Noun::Figure, &signed, &change).refuses(422, "state", "inconsistent");
        let change = json!({"query": "measure=persons&sex=F", "value": 2, "reason": "a slip"});
        app.publisher().correct(Noun::Figure, &signed, &change).refuses(422, "state", "inconsistent");
    });
    // The words around the number are what was signed too: others need two publishers, also by way of a draft.
    let words = json!({"population": "people who were killed", "reason": "closer"});
    app.unchanged(|| app.publisher().correct(Noun::Figure, &signed, &words).refuses(422, "state", "inconsistent"));
    let noted = json!({"note": "see the release", "reason": "a note"});
    let noted = app.publisher().correct(Noun::Figure, &signed, &noted).expect(200);
    // Taken offline, it may come back as it was signed.
    let hidden =
        app.publisher().correct(Noun::Figure, &noted, &json!({"state": "draft", "reason": "wait"})).expect(200);
    let again = app.publisher().correct(Noun::Figure, &hidden, &publish).expect(200);
    assert_eq!(shown(app).len(), 1);
    let hidden =
        app.publisher().correct(Noun::Figure, &again, &json!({"state": "draft", "reason": "wait"})).expect(200);
    let changed = app.publisher().correct(Noun::Figure, &hidden, &words).expect(200);
    app.unchanged(|| app.publisher().correct(Noun::Figure, &changed, &publish).refuses(422, "state", "inconsistent"));
    let back = json!({"population": signed.json()["population"], "state": "published", "reason": "as it was signed"});
    app.publisher().correct(Noun::Figure, &changed, &back).expect(200);
    act_with(&app.publisher(), &public, "withdraw", &json!({"reason": "somebody can be found"})).expect(200);
    assert!(shown(app).is_empty(), "what the release showed is shown no more");
    let draft = newest(app, &seen);
    assert_eq!(draft.json()["state"], "draft");
    app.unchanged(|| app.publisher().correct(Noun::Figure, &draft, &publish).refuses(422, "state", "inconsistent"));
}

fn a_draft_that_was_changed_after_it_was_signed_stops_the_release(app: &App) {
    ten(app);
    publication(app, "published");
    let seen = figure(app);
    let made = app.publisher().post(RELEASES, &declaration(app)).expect(201);
    let signed = act(&app.publisher(), &made, "sign").expect(200);
    // Not the number, only the words beside it, which nobody has signed.
    let change = json!({"population": "people in the cellar of the school", "reason": "closer"});
    app.caseworker().correct(Noun::Figure, &seen, &change).expect(200);
    app.unchanged(|| act(&app.publisher(), &signed, "publish").problem(409, "release_outdated"));
    assert!(shown(app).is_empty());
}

fn a_figure_of_a_draft_publication_blocks_a_release(app: &App) {
    ten(app);
    publication(app, "draft");
    figure(app);
    let problem = app.unchanged(|| app.publisher().post(RELEASES, &declaration(app)).problem(422, "release_blocked"));
    assert_eq!(problem.json()["blocks"][0]["figure"], "own:people");
}
