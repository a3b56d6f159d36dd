//! A creation that is sent twice with the same Idempotency-Key happens once.

use attest::domain::record::Noun;
use serde_json::json;

use crate::support::client::path_of;
use crate::support::samples::{correction, entry};
use crate::support::{Answer, App, Caller, on_both};

on_both! {
    empty:
    the_same_key_and_body_replay_the_same_record,
    a_replay_shows_what_was_entered_even_after_a_correction,
    a_key_with_another_body_is_refused,
    a_key_with_another_noun_is_refused,
    the_key_of_another_account_is_another_key,
    a_refused_creation_does_not_use_up_its_key,
    a_key_that_is_sent_many_times_at_once_enters_one_record,
    a_malformed_key_is_refused,
}

fn keyed(caller: &Caller<'_>, noun: Noun, key: &str, body: &serde_json::Value) -> Answer {
    caller.post_with(&path_of(noun), &[("Idempotency-Key", key)], body)
}

fn the_same_key_and_body_replay_the_same_record(app: &App) {
    for noun in Noun::ALL {
        let (caller, body, key) = (app.enterer_of(noun), entry(app, noun), format!("key-{noun}"));
        let first = keyed(&caller, noun, &key, &body).expect(201);
        assert_eq!(first.header("idempotent-replayed"), None);
        let second = app.unchanged(|| keyed(&caller, noun, &key, &body).expect(201));
        assert_eq!(second.json(), first.json());
        assert_eq!(second.etag(), first.etag());
        assert_eq!(second.header("location"), first.header("location"));
        assert_eq!(second.header("idempotent-replayed"), Some("true"));
    }
}

fn a_replay_shows_what_was_entered_even_after_a_correction(app: &App) {
    let (caller, body) = (app.caseworker(), entry(app, Noun::Person));
    let first = keyed(&caller, Noun::Person, "k", &body).expect(201);
    let (field, value) = correction(app, Noun::Person);
    let corrected = caller.correct(Noun::Person, &first, &json!({field: value, "reason": "misread"})).expect(200);
    let replayed = keyed(&caller, Noun::Person, "k", &body).expect(201);
    assert_eq!(replayed.id(), first.id());
    assert_eq!(replayed.etag(), first.etag());
    assert_eq!(replayed.json()["superseded_by"], corrected.json()["version"]);
}

fn a_key_with_another_body_is_refused(app: &App) {
    for noun in Noun::ALL {
        let (caller, body, key) = (app.enterer_of(noun), entry(app, noun), format!("key-{noun}"));
        keyed(&caller, noun, &key, &body).expect(201);
        let mut other = body.clone();
        other["reason"] = json!("another body");
        app.unchanged(|| keyed(&caller, noun, &key, &other).problem(422, "idempotency_key_reused"));
    }
}

fn a_key_with_another_noun_is_refused(app: &App) {
    let body = json!({"code": "same", "known_on": "2018-04-03"});
    keyed(&app.caseworker(), Noun::Person, "k", &body).expect(201);
    // The same bytes can be read as an entry of a source too.
    app.unchanged(|| keyed(&app.caseworker(), Noun::Source, "k", &body).problem(422, "idempotency_key_reused"));
}

fn the_key_of_another_account_is_another_key(app: &App) {
    let body = json!({"ground": "witness"});
    let ours = keyed(&app.caseworker(), Noun::Person, "k", &body).expect(201);
    let theirs = keyed(&app.publisher(), Noun::Person, "k", &body).expect(201);
    assert_ne!(ours.id(), theirs.id());
    assert_eq!(theirs.header("idempotent-replayed"), None);
    let other = json!({"ground": "outed"});
    keyed(&app.publisher(), Noun::Person, "k", &other).problem(422, "idempotency_key_reused");
}

fn a_refused_creation_does_not_use_up_its_key(app: &App) {
    let caller = app.caseworker();
    app.unchanged(|| keyed(&caller, Noun::Person, "k", &json!({"ground": "nonsense"})).expect(422));
    keyed(&caller, Noun::Person, "k", &json!({"ground": "witness"})).expect(201);
}

fn a_key_that_is_sent_many_times_at_once_enters_one_record(app: &App) {
    let body = &json!({"ground": "witness"});
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let send = || keyed(&app.caseworker(), Noun::Person, "k", body).expect(201);
        let running: Vec<_> = (0..12).map(|_| scope.spawn(send)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer.id() == answers[0].id()));
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_some()).count();
    assert_eq!(replayed, 11);
    assert_eq!(app.caseworker().get(&path_of(Noun::Person)).items().len(), 1);
}

fn a_malformed_key_is_refused(app: &App) {
    let long = "k".repeat(129);
    app.unchanged(|| {
        for key in ["", "two words", &long] {
            let answer = keyed(&app.caseworker(), Noun::Person, key, &json!({}));
            answer.refuses(400, "Idempotency-Key", "malformed");
        }
    });
    keyed(&app.caseworker(), Noun::Person, &"k".repeat(128), &json!({})).expect(201);
}
