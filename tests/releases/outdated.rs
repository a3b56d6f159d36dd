//! A release that would be another one now is not published; and what others do meanwhile does not hold it up.

use std::sync::atomic::{AtomicBool, Ordering};

use attest::domain::record::Noun;
use serde_json::json;

use super::office::{RELEASES, act, declaration, mark, planned, prepare, public, ten, willing};
use crate::support::client::path_of;
use crate::support::{App, on_both};

on_both! {
    empty:
    a_release_is_not_published_after_consent_was_withdrawn,
    a_release_is_not_published_after_its_terms_have_changed,
    what_is_entered_later_does_not_change_a_release,
    an_earlier_release_is_reckoned_with,
    somebody_who_did_not_agree_is_left_out_and_counted_as_such,
    others_write_while_a_release_is_made,
}

fn a_release_is_not_published_after_consent_was_withdrawn(app: &App) {
    let consent = ten(app);
    let signed = act(&app.publisher(), &prepare(&app.publisher()), "sign").expect(200);
    let change = json!({"decision": "withdrawn", "decided_on": "2018-05-01", "reason": "asked for it"});
    app.caseworker().correct(Noun::Consent, &consent, &change).expect(200);
    app.unchanged(|| act(&app.publisher(), &signed, "publish").problem(409, "release_outdated"));
    assert_eq!((public(app), mark(app)), (Vec::new(), 0));
    // Whatever its times: consent counts as it stands today.
    act(&app.publisher(), &signed, "discard").expect(200);
    let mut again = declaration();
    again["at_write"] = signed.json()["at_write"].clone();
    let again = app.publisher().post(RELEASES, &again).expect(201);
    assert_eq!(again.json()["plan"]["persons"], 9);
    assert_eq!(again.json()["plan"]["without_consent"], 1);
    let published = act(&app.publisher(), &act(&app.publisher(), &again, "sign"), "publish").expect(200);
    assert_eq!(published.json()["state"], "published");
}

fn a_release_is_not_published_after_its_terms_have_changed(app: &App) {
    ten(app);
    let signed = act(&app.publisher(), &prepare(&app.publisher()), "sign").expect(200);
    let terms = path_of(Noun::Term);
    let found = app.admin().get(&format!("{terms}?code=sex:M")).expect(200).items();
    let men = app.admin().get(&format!("{terms}/{}", found[0]["id"].as_str().unwrap())).expect(200);
    app.admin().correct(Noun::Term, &men, &json!({"label_en": "Men", "reason": "plural"})).expect(200);
    app.unchanged(|| act(&app.publisher(), &signed, "publish").problem(409, "release_outdated"));
}

fn what_is_entered_later_does_not_change_a_release(app: &App) {
    ten(app);
    let made = prepare(&app.publisher());
    let signed = act(&app.publisher(), &made, "sign").expect(200);
    (0..3).for_each(|_| drop(willing(app, "F")));
    let published = act(&app.publisher(), &signed, "publish").expect(200);
    assert_eq!(published.json()["sha256"], made.json()["sha256"]);
}

fn an_earlier_release_is_reckoned_with(app: &App) {
    ten(app);
    let made = prepare(&app.publisher());
    act(&app.publisher(), &act(&app.publisher(), &made, "sign"), "publish").expect(200);
    // One more: beside the total of the first release the new one would tell of a single person.
    willing(app, "M");
    let mut next = declaration();
    next["id"] = "next".into();
    let next = app.publisher().post(RELEASES, &next).expect(201);
    // Of eight men and two women the total alone can be told.
    assert_eq!((planned(&made), planned(&next)), ([1, 0, 3], [0, 1, 3]));
}

fn somebody_who_did_not_agree_is_left_out_and_counted_as_such(app: &App) {
    ten(app);
    app.caseworker().enter(Noun::Person, &json!({"sex": "M"}));
    let made = prepare(&app.publisher()).json();
    assert_eq!((&made["plan"]["persons"], &made["plan"]["without_consent"]), (&json!(10), &json!(1)));
}

fn others_write_while_a_release_is_made(app: &App) {
    ten(app);
    let (done, entered) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                app.caseworker().enter(Noun::Person, &json!({"sex": "M"}));
                entered.store(true, Ordering::SeqCst);
            }
        });
        let made = prepare(&app.publisher());
        let signed = act(&app.publisher(), &made, "sign").expect(200);
        let published = act(&app.publisher(), &signed, "publish");
        done.store(true, Ordering::SeqCst);
        assert_eq!(published.expect(200).json()["sha256"], made.json()["sha256"]);
    });
    assert!(entered.load(Ordering::SeqCst));
}
