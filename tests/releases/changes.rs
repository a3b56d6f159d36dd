//! What is done with a release after it was prepared: discarded, or published, and then given a notice or withdrawn.

use serde_json::{Value, json};

use super::office::{act, act_with, mark, prepare, public, published, ten};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_notice_is_said_and_taken_back,
    a_withdrawn_release_stays_known,
    a_discarded_draft_gives_its_name_back,
    what_is_only_prepared_has_no_notice_and_is_not_withdrawn,
    every_change_names_the_version_that_was_seen,
    the_audit_names_the_release_and_its_hash_alone,
}

fn a_notice_is_said_and_taken_back(app: &App) {
    let release = published(app);
    let before = (mark(app), public(app)[0].bytes.clone());
    let said = act_with(&app.publisher(), &release, "notice", &json!({"notice": " One more came. "})).expect(200);
    assert_eq!(public(app)[0].notice.as_deref(), Some("One more came."));
    assert!(mark(app) > before.0);
    let back = act_with(&app.publisher(), &said, "notice", &json!({"notice": null})).expect(200);
    assert_eq!((back.json()["notice"].clone(), public(app)[0].notice.clone()), (Value::Null, None));
    assert_eq!(public(app)[0].bytes, before.1, "the content stays");
    let long = json!({"notice": "x".repeat(2_001)});
    app.unchanged(|| act_with(&app.publisher(), &back, "notice", &long).refuses(422, "notice", "too_long"));
}

fn a_withdrawn_release_stays_known(app: &App) {
    let release = published(app);
    let before = mark(app);
    app.unchanged(|| act_with(&app.publisher(), &release, "withdraw", &json!({})).refuses(422, "reason", "required"));
    let gone =
        act_with(&app.publisher(), &release, "withdraw", &json!({"reason": "consent was withdrawn"})).expect(200);
    assert_eq!(gone.json()["state"], "withdrawn");
    let [known] = public(app).try_into().unwrap();
    assert!(known.withdrawn.is_some() && mark(app) > before);
    let again = json!({"reason": "again"});
    app.unchanged(|| act_with(&app.publisher(), &gone, "withdraw", &again).problem(409, "refused"));
    act_with(&app.publisher(), &gone, "notice", &json!({"notice": "Read the next one."})).expect(200);
    let mut same = super::office::declaration();
    app.unchanged(|| app.publisher().post(super::office::RELEASES, &same).refuses(422, "id", "taken"));
    same["id"] = "next".into();
    app.publisher().post(super::office::RELEASES, &same).expect(201);
}

fn a_discarded_draft_gives_its_name_back(app: &App) {
    ten(app);
    let first = prepare(&app.publisher());
    let gone = act(&app.publisher(), &first, "discard").expect(200);
    assert_eq!(gone.json()["state"], "discarded");
    app.unchanged(|| {
        for what in ["sign", "publish", "discard"] {
            act(&app.publisher(), &gone, what).problem(409, "refused");
        }
    });
    assert_ne!(prepare(&app.publisher()).id(), first.id());
    assert_eq!(public(app), []);
}

fn what_is_only_prepared_has_no_notice_and_is_not_withdrawn(app: &App) {
    ten(app);
    let made = prepare(&app.publisher());
    app.unchanged(|| {
        act_with(&app.publisher(), &made, "notice", &json!({"notice": "x"})).problem(409, "refused");
        act_with(&app.publisher(), &made, "withdraw", &json!({"reason": "x"})).problem(409, "refused");
    });
    let release = act(&app.publisher(), &act(&app.publisher(), &made, "sign"), "publish").expect(200);
    app.unchanged(|| act(&app.publisher(), &release, "discard").problem(409, "refused"));
}

fn every_change_names_the_version_that_was_seen(app: &App) {
    ten(app);
    let made = prepare(&app.publisher());
    let at = |id: &str, what: &str| format!("{}/{id}/{what}", super::office::RELEASES);
    app.unchanged(|| {
        for what in ["sign", "publish", "notice", "withdraw", "discard"] {
            app.publisher().post(&at(&made.id(), what), &json!({})).problem(428, "precondition_required");
            let nowhere = at("01997c1e-0000-7000-8000-000000000000", what);
            let body = json!({"reason": "x"});
            let body = if what == "withdraw" { body } else { json!({}) };
            app.publisher().post_with(&nowhere, &[("If-Match", "\"1\"")], &body).problem(404, "not_found");
            app.publisher().post_with(&at(&made.id(), what), &[("If-Match", "\"1\"")], &body).problem(412, "stale");
        }
    });
}

fn the_audit_names_the_release_and_its_hash_alone(app: &App) {
    let release = published(app);
    act_with(&app.publisher(), &release, "withdraw", &json!({"reason": "a secret reason"})).expect(200);
    let entries = app.auditor().get("/api/v1/staff/audit").expect(200).items();
    let own: Vec<_> =
        entries.iter().filter(|entry| entry["action"].as_str().unwrap().starts_with("release.")).collect();
    let actions: Vec<_> = own.iter().rev().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["release.prepare", "release.sign", "release.publish", "release.withdraw"]);
    for entry in own {
        let mut details = entry["details"].clone();
        // What was computed names its job too.
        let job = details.as_object_mut().unwrap().remove("job");
        let computed = ["release.prepare", "release.publish"].contains(&entry["action"].as_str().unwrap());
        assert_eq!(job.is_some(), computed, "{entry}");
        assert_eq!(details, json!({"release": release.id(), "sha256": release.json()["sha256"]}));
    }
}
