//! Preparing, signing and publishing.

use attest::store::chain::hex;
use attest::store::released;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::office::{RELEASES, act, declaration, mark, planned, prepare, public, published, second, ten};
use crate::support::app::settings;
use crate::support::{App, on_both};

on_both! {
    empty:
    a_release_answers_with_its_plan,
    two_publishers_sign_where_there_are_two,
    one_publisher_signs_where_there_is_one,
    one_signature_is_a_setting_that_the_release_states,
    a_second_publisher_who_came_later_must_sign_too,
    what_is_published_can_be_checked_by_anybody,
    a_release_that_is_sent_twice_is_prepared_once,
    who_is_no_publisher_any_more_has_not_signed,
    only_publishers_release_and_only_who_sees_cases_sees_the_plan,
}

fn a_release_answers_with_its_plan(app: &App) {
    ten(app);
    let made = prepare(&app.publisher());
    let body = made.json();
    assert_eq!(
        (&body["state"], &body["code"], &body["plan"]["persons"]),
        (&json!("prepared"), &json!("first"), &json!(10))
    );
    assert_eq!((&body["cells"], &body["tables"], &body["withheld"]), (&json!(4), &json!(1), &json!(3)));
    assert_eq!(planned(&made), [1, 0, 3], "one number alone beside the total could be computed");
    // All its times are said, so that it can be computed again.
    assert!(body["declaration"]["at_write"].is_i64() && body["declaration"]["as_of"].is_string());
    assert_eq!(made.header("location"), Some(format!("{RELEASES}/{}", made.id()).as_str()));
    let read = app.caseworker().get(&format!("{RELEASES}/{}", made.id())).expect(200);
    assert_eq!((read.json(), read.etag()), (body.clone(), made.etag()));
    let listed = app.caseworker().get(RELEASES).expect(200).items();
    assert_eq!((listed.len(), &listed[0]["sha256"]), (1, &body["sha256"]));
    assert_eq!(listed[0].get("plan"), None);
    assert_eq!((public(app), mark(app)), (Vec::new(), 0), "nothing is public yet");
}

fn two_publishers_sign_where_there_are_two(app: &App) {
    ten(app);
    let second = second(app);
    let made = prepare(&app.publisher());
    assert_eq!(made.json()["signatures_required"], 2);
    app.unchanged(|| act(&app.publisher(), &made, "publish").problem(409, "refused"));
    let signed = act(&app.publisher(), &made, "sign").expect(200);
    assert_eq!(signed.json()["signatures"][0]["account"], "test-publisher");
    app.unchanged(|| {
        let again = act(&app.publisher(), &signed, "sign").problem(409, "refused");
        assert_eq!(again.json()["detail"], "you have signed it; somebody else must sign too");
        act(&app.publisher(), &signed, "publish").problem(409, "refused");
        act(&second, &made, "sign").problem(412, "stale");
    });
    let both = act(&second, &signed, "sign").expect(200);
    let public_now = act(&app.publisher(), &both, "publish").expect(200);
    assert_eq!(public_now.json()["state"], "published");
    assert_eq!(public(app)[0].content.signatures, 2);
    app.unchanged(|| {
        act(&app.publisher(), &public_now, "publish").problem(409, "refused");
        act(&second, &public_now, "sign").problem(409, "refused");
    });
}

fn one_publisher_signs_where_there_is_one(app: &App) {
    assert_eq!(published(app).json()["signatures_required"], 1);
    assert_eq!(public(app)[0].content.signatures, 1);
}

fn one_signature_is_a_setting_that_the_release_states(app: &App) {
    let settings = attest::http::app::Settings { release_signatures: 1, ..settings() };
    let app = &App::serve(app.home, app.home.open(), settings);
    second(app);
    published(app);
    assert_eq!(public(app)[0].content.signatures, 1);
}

fn a_second_publisher_who_came_later_must_sign_too(app: &App) {
    ten(app);
    let signed = act(&app.publisher(), &prepare(&app.publisher()), "sign").expect(200);
    second(app);
    app.unchanged(|| act(&app.publisher(), &signed, "publish").problem(409, "release_outdated"));
}

fn what_is_published_can_be_checked_by_anybody(app: &App) {
    let answer = published(app);
    let [release] = public(app).try_into().unwrap();
    assert_eq!(release.hash, hex(&Sha256::digest(&release.bytes)));
    assert_eq!(release.content.to_json().unwrap(), release.bytes);
    assert_eq!(answer.json()["sha256"], release.hash);
    let good = |hash: &str| released::is_signed(hash, &release.signature, &release.public_key);
    assert!(good(&release.hash));
    assert!(!good(&release.hash.replace(char::is_numeric, "a")), "the signature is of this content alone");
    let own = app.store.keys().unwrap().signing().unwrap();
    assert_eq!(released::sign(&own, &release.hash), (release.signature.clone(), release.public_key.clone()));
    // Staff get a checkpoint of the audit with it, and nobody else.
    let checkpoint = answer.json()["checkpoint"].as_str().unwrap().to_owned();
    let checkpoint = attest::store::checkpoint::Checkpoint::from_json(checkpoint.as_bytes()).unwrap();
    let keys = app.store.keys();
    let checked = app.store.look(|conn| checkpoint.check(conn, keys.as_deref())).unwrap();
    assert!(checked.is_ok(), "{checked:?}");
    assert_eq!(checkpoint.write + 1, mark(app));
    assert!(!release.bytes.contains("reason"));
}

fn a_release_that_is_sent_twice_is_prepared_once(app: &App) {
    ten(app);
    let send = |body: &Value| app.publisher().post_with(RELEASES, &[("Idempotency-Key", "k1")], body);
    let first = send(&declaration()).expect(201);
    let again = app.unchanged(|| send(&declaration()).expect(201));
    assert_eq!((again.id(), again.header("idempotent-replayed")), (first.id(), Some("true")));
    let mut other = declaration();
    other["id"] = "other".into();
    app.unchanged(|| send(&other).problem(422, "idempotency_key_reused"));
    app.unchanged(|| app.publisher().post(RELEASES, &declaration()).refuses(422, "id", "taken"));
}

fn only_publishers_release_and_only_who_sees_cases_sees_the_plan(app: &App) {
    ten(app);
    let made = prepare(&app.publisher());
    for other in [app.caseworker(), app.researcher(), app.admin(), app.auditor()] {
        app.unchanged(|| {
            other.post(RELEASES, &declaration()).problem(403, "forbidden");
            for what in ["sign", "publish", "notice", "withdraw", "discard"] {
                act(&other, &made, what).problem(403, "forbidden");
            }
        });
    }
    for other in [app.researcher(), app.admin(), app.auditor()] {
        other.get(RELEASES).problem(403, "forbidden");
        other.get(&format!("{RELEASES}/{}", made.id())).problem(403, "forbidden");
    }
    app.caseworker().get(&format!("{RELEASES}/{}", made.id())).expect(200);
}

fn who_is_no_publisher_any_more_has_not_signed(app: &App) {
    ten(app);
    let second = second(app);
    let made = prepare(&app.publisher());
    let once = act(&second, &made, "sign").expect(200);
    let twice = act(&app.publisher(), &once, "sign").expect(200);
    let accounts = app.admin().get("/api/v1/staff/accounts").expect(200).items();
    let left = accounts.into_iter().find(|account| account["name"] == "second").unwrap();
    let id = left["id"].as_str().unwrap();
    app.admin().post(&format!("/api/v1/staff/accounts/{id}/disablement"), &json!({})).expect(200);
    act(&app.publisher(), &twice, "publish").problem(409, "refused");
    assert!(public(app).is_empty());
}
