//! Bodies that are no entry at all.

use attest::domain::record::Noun;
use serde_json::json;

use crate::support::client::path_of;
use crate::support::samples::entry;
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_body_over_64_kib_is_refused,
    a_body_that_is_no_json_is_refused,
    a_body_that_is_no_object_is_refused,
    a_body_of_another_type_is_refused,
    a_body_that_is_not_utf_8_is_refused,
    a_field_that_is_given_twice_is_refused,
    a_body_that_is_nested_without_end_is_refused,
}

const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

fn send(app: &App, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
    app.caseworker().send("POST", &path_of(Noun::Person), headers, body.into())
}

fn a_body_over_64_kib_is_refused(app: &App) {
    let padded = |size: usize| format!("{{{}}}", " ".repeat(size - 2));
    for size in [64 * 1024 + 1, 80 * 1024] {
        app.unchanged(|| send(app, JSON, padded(size)).problem(413, "too_large"));
    }
    let made = app.caseworker().enter(Noun::Person, &json!({}));
    let correction = [("If-Match", made.etag()), ("Content-Type", "application/merge-patch+json".into())];
    let correction = correction.each_ref().map(|(name, value)| (*name, value.as_str()));
    for (method, path) in
        [("PATCH", made.path(Noun::Person)), ("POST", format!("{}/withdrawal", made.path(Noun::Person)))]
    {
        app.unchanged(|| {
            let answer = app.caseworker().send(method, &path, &correction, padded(64 * 1024 + 1).into_bytes());
            answer.problem(413, "too_large");
        });
    }
    send(app, JSON, padded(64 * 1024)).expect(201);
}

fn a_body_that_is_no_json_is_refused(app: &App) {
    let bodies =
        ["", " ", "{", "{\"sex\":\"F\"", "{\"sex\":\"F\"}}", "{} {}", "{sex:'F'}", "sex=F", "<person/>", "{,}"];
    for body in bodies {
        app.unchanged(|| send(app, JSON, body).problem(400, "malformed_body"));
    }
    app.unchanged(|| send(app, JSON, "{\"sex\":\"\\ud800\"}").problem(400, "malformed_body"));
}

fn a_body_that_is_no_object_is_refused(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &json!({}));
    for body in ["[]", "null", "7", "\"text\"", "true", "[{}]"] {
        app.unchanged(|| {
            send(app, JSON, body).problem(422, "invalid");
            let headers = [("Content-Type", "application/json"), ("If-Match", &made.etag())];
            let answer = app.caseworker().send("PATCH", &made.path(Noun::Person), &headers, body.into());
            answer.problem(422, "invalid");
        });
    }
}

fn a_body_of_another_type_is_refused(app: &App) {
    let types = ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "application/json5", "x", ""];
    for media in types {
        app.unchanged(|| send(app, &[("Content-Type", media)], "{}").problem(415, "unsupported_media_type"));
    }
    app.unchanged(|| send(app, &[], "{}").problem(415, "unsupported_media_type"));
    for media in ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"] {
        send(app, &[("Content-Type", media)], "{}").expect(201);
    }
}

fn a_body_that_is_not_utf_8_is_refused(app: &App) {
    for name in [&b"\xff\xfe"[..], b"caf\xe9", b"\xc3\x28", b"\xed\xa0\x80"] {
        let body = [b"{\"name\":\"", name, b"\",\"date\":\"2017\"}"].concat();
        let answer = app.unchanged(|| app.caseworker().send("POST", &path_of(Noun::Event), JSON, body));
        answer.problem(400, "malformed_body");
    }
}

fn a_field_that_is_given_twice_is_refused(app: &App) {
    let twice = r#"{"sex":"F","sex":"M","reason":"x"}"#;
    app.unchanged(|| send(app, JSON, twice).problem(422, "invalid"));
    let made = app.caseworker().enter(Noun::Person, &entry(app, Noun::Person));
    app.unchanged(|| {
        let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", &made.etag())];
        let answer = app.caseworker().send("PATCH", &made.path(Noun::Person), &headers, twice.into());
        answer.problem(422, "invalid");
    });
}

fn a_body_that_is_nested_without_end_is_refused(app: &App) {
    let deep = format!("{{\"sex\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let answer = app.unchanged(|| send(app, JSON, deep.clone()));
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text());
    let made = app.caseworker().enter(Noun::Person, &json!({}));
    let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", &made.etag())];
    let answer = app.unchanged(|| app.caseworker().send("PATCH", &made.path(Noun::Person), &headers, deep.into()));
    assert!(matches!(answer.status, 400 | 422), "{}", answer.text());
}
