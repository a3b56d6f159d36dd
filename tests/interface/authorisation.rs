//! Who may ask what: every operation with no token, with a bad one, and with every role, held against the policy.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::accounts::{self, Purpose};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::client::path_of;
use crate::support::operations::{Operation, all};
use crate::support::samples::some_id;
use crate::support::{Answer, App, Caller, on_both};

on_both! {
    released:
    without_a_good_token_nothing_that_is_not_public_answers,
    a_public_address_answers_everybody_the_same,
    a_token_is_taken_from_the_authorization_header_alone,
    an_expired_token_is_no_token,
    a_revoked_token_is_no_token,
    a_token_that_may_not_do_it_learns_nothing_of_what_is_there,
    a_request_is_looked_at_only_after_its_token,
    a_parameter_that_an_operation_does_not_take_is_refused_by_name,
}

/// A record of each noun, or a release, so that addresses lead somewhere.
pub fn record(app: &App, operation: &Operation) -> String {
    some_id(app, operation)
}

/// Sends an operation as it should be sent, except that nothing is changed by it: the version is not the newest.
pub fn ask(caller: &Caller<'_>, operation: &Operation, id: &str) -> Answer {
    let mut headers = vec![("If-Match", "\"999999999\"")];
    let mut body = serde_json::Value::Null;
    if let Some(media) = &operation.media {
        headers.push(("Content-Type", media));
        // No entry can be made of this; what changes a record can be read from it, and is stopped by the version.
        body = json!({"reason": "a test", "known_on": "2999-01-01"});
        if operation.path.contains("{id}") {
            body = json!({"reason": "a test"});
        }
    }
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    caller.send(&operation.method, &operation.address(id), &headers, body)
}

#[track_caller]
pub fn documented(operation: &Operation, answer: &Answer) {
    assert!(operation.statuses.contains(&answer.status), "{} answers {}", operation.name(), answer.status);
}

fn without_a_good_token_nothing_that_is_not_public_answers(app: &App) {
    let good = &app.tokens[&Role::Caseworker];
    let mut last = good.clone();
    let changed = if last.pop() == Some('0') { '1' } else { '0' };
    last.push(changed);
    let bad = ["attest_".to_owned(), format!("attest_{}", "0".repeat(64)), "x".repeat(5000), good.to_uppercase(), last];
    for operation in all().into_iter().filter(|operation| operation.action.is_some()) {
        let id = record(app, &operation);
        app.unchanged(|| {
            let answer = ask(&app.anybody(), &operation, &id);
            documented(&operation, &answer);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"attest\""));
            answer.problem(401, "unauthenticated");
            for token in &bad {
                ask(&app.bearing(token), &operation, &id).problem(401, "unauthenticated");
            }
        });
    }
}

fn a_public_address_answers_everybody_the_same(app: &App) {
    let mut asked = 0;
    for operation in all().into_iter().filter(|operation| operation.action.is_none()) {
        let address = operation.address("lgbtnet-2018-04-03");
        let open = app.unchanged(|| app.anybody().get(&address).expect(200));
        let callers = Role::ALL.map(|role| app.by(role)).into_iter().chain([app.bearing("garbage")]);
        for caller in callers {
            let answer = app.unchanged(|| caller.get(&address).expect(200));
            assert_eq!((&answer.bytes, answer.header("etag")), (&open.bytes, open.header("etag")), "{address}");
        }
        asked += 1;
    }
    assert!(asked >= 6);
}

fn a_token_is_taken_from_the_authorization_header_alone(app: &App) {
    let token = &app.tokens[&Role::Caseworker];
    let address = path_of(Noun::Person);
    for (name, value) in [
        ("Cookie", format!("token={token}")),
        ("X-Api-Key", token.clone()),
        ("Proxy-Authorization", format!("Bearer {token}")),
        ("Authorization", token.clone()),
        ("Authorization", format!("Basic {token}")),
        ("Authorization", format!("Bearer{token}")),
        ("Authorization", "Bearer ".to_owned()),
        ("Authorization", format!("Bearer {token} x")),
        ("Authorization", format!("Bearer x{token}")),
    ] {
        app.anybody().get_with(&address, &[(name, &value)]).problem(401, "unauthenticated");
    }
    let twice = [("Authorization", format!("Bearer {token}")), ("Authorization", format!("Bearer {token}"))];
    let twice = twice.each_ref().map(|(name, value)| (*name, value.as_str()));
    app.anybody().get_with(&address, &twice).problem(401, "unauthenticated");
    app.anybody().get(&format!("{address}?access_token={token}")).problem(401, "unauthenticated");
    for scheme in ["bearer", "BEARER"] {
        app.anybody().get_with(&address, &[("Authorization", &format!("{scheme} {token}"))]).expect(200);
    }
}

fn an_expired_token_is_no_token(app: &App) {
    let token = |days| {
        accounts::create_token(&app.store, "dated", Role::Caseworker, TimeDelta::days(days), Purpose::Api).unwrap()
    };
    let (short, long) = (token(1), token(3));
    app.clock.advance(TimeDelta::days(1) - TimeDelta::minutes(1));
    for token in [&short, &long] {
        app.bearing(token).get(&path_of(Noun::Person)).expect(200);
    }
    app.clock.advance(TimeDelta::minutes(2));
    app.bearing(&long).get(&path_of(Noun::Person)).expect(200);
    for operation in all().into_iter().filter(|operation| operation.action.is_some()) {
        let id = record(app, &operation);
        app.unchanged(|| ask(&app.bearing(&short), &operation, &id).problem(401, "unauthenticated"));
    }
}

fn a_revoked_token_is_no_token(app: &App) {
    let lasting = TimeDelta::days(1);
    let token = accounts::create_token(&app.store, "demo", Role::Caseworker, lasting, Purpose::Demo).unwrap();
    app.bearing(&token).get(&path_of(Noun::Person)).expect(200);
    accounts::revoke_demo_tokens(&app.store).unwrap();
    app.bearing(&token).get(&path_of(Noun::Person)).problem(401, "unauthenticated");
    app.caseworker().get(&path_of(Noun::Person)).expect(200);
}

fn a_token_that_may_not_do_it_learns_nothing_of_what_is_there(app: &App) {
    let missing = "01997c1e-0000-7000-8000-000000000000";
    for operation in all().into_iter().filter(|operation| operation.path.contains("{id}")) {
        let id = record(app, &operation);
        for role in Role::ALL.into_iter().filter(|role| !operation.allows(*role)) {
            let [there, gone] = [id.as_str(), missing].map(|id| ask(&app.by(role), &operation, id));
            assert_eq!((there.status, there.bytes), (gone.status, gone.bytes), "{role}: {}", operation.name());
        }
    }
}

fn a_request_is_looked_at_only_after_its_token(app: &App) {
    let garbage = format!("attest_{}", "0".repeat(64));
    for operation in all().into_iter().filter(|operation| operation.action.is_some()) {
        let denied = Role::ALL.into_iter().find(|role| !operation.allows(*role));
        let wrong = |caller: Caller<'_>| {
            let body = if operation.media.is_some() { b"junk".to_vec() } else { Vec::new() };
            caller.send(&operation.method, &format!("{}?colour=red", operation.address("junk")), &[], body)
        };
        wrong(app.bearing(&garbage)).problem(401, "unauthenticated");
        if let Some(role) = denied {
            wrong(app.by(role)).problem(403, "forbidden");
        }
    }
}

fn a_parameter_that_an_operation_does_not_take_is_refused_by_name(app: &App) {
    for operation in all().into_iter().filter(|operation| operation.path.starts_with("/api/v1/")) {
        if operation.path == "/api/v1/openapi.json" {
            continue;
        }
        let path = operation.address(&record(app, &operation));
        let headers: Vec<_> = operation.media.iter().map(|media| ("Content-Type", media.as_str())).collect();
        let body = if operation.media.is_some() { b"{}".to_vec() } else { Vec::new() };
        let caller = app.by(operation.some_role());
        let answer = app.unchanged(|| caller.send(&operation.method, &format!("{path}?colour=red"), &headers, body));
        assert_eq!(answer.status, 400, "{}: {}", operation.name(), answer.text());
        answer.refuses(400, "colour", "unknown");
    }
}
