//! Tokens that may do some things and no others, and tokens of one's own.

use attest::domain::policy::{Action, Role};
use attest::domain::record::Noun;
use attest::store::accounts::Purpose;
use attest::store::tokens;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::client::path_of;
use crate::support::operations::all;
use crate::support::people::{Browser, Person, between};
use crate::support::samples::entry;
use crate::support::{App, on_both};

on_both! {
    empty:
    a_token_does_what_both_its_scopes_and_its_role_allow,
    a_scope_that_leaves_publishing_out_does_not_publish_by_the_way,
    one_makes_lists_and_revokes_tokens_of_ones_own,
    a_token_with_scopes_that_are_none_is_not_made,
    a_role_that_changes_takes_the_scopes_with_it,
}

fn scoped(app: &App, name: &str, role: Role, scopes: &[Action]) -> String {
    let lasting = TimeDelta::days(1);
    tokens::create_scoped(&app.store, name, role, lasting, Purpose::Api, Some(scopes.to_vec())).unwrap()
}

fn a_token_does_what_both_its_scopes_and_its_role_allow(app: &App) {
    let missing = "01997c1e-0000-7000-8000-000000000000";
    let mut seen = (0, 0);
    for role in [Role::Caseworker, Role::Admin] {
        for scope in [Action::ReadCases, Action::ReadTerms, Action::WriteAccounts, Action::ReadAggregates] {
            let token = scoped(app, &format!("robot-{role}"), role, &[scope]);
            for operation in all().into_iter().filter(|operation| operation.action.is_some()) {
                let caller = app.bearing(&token);
                let answer = caller.send(&operation.method, &operation.address(missing), &[], Vec::new());
                // Each token reads what came of what it may ask for.
                let scoped = [Some(scope), Some(Action::OwnJobs)].contains(&operation.action);
                if scoped && operation.allows(role) {
                    assert!(!matches!(answer.status, 401 | 403), "{role} {scope:?} {}", operation.name());
                    seen.0 += 1;
                } else {
                    answer.problem(403, "forbidden");
                    seen.1 += 1;
                }
            }
        }
    }
    assert!(seen.0 > 20 && seen.1 > 200, "{seen:?}");
}

fn a_scope_that_leaves_publishing_out_does_not_publish_by_the_way(app: &App) {
    let body = |state: &str| {
        let mut body = entry(app, Noun::Publication);
        body["state"] = state.into();
        body
    };
    let writes = scoped(app, "robot", Role::Publisher, &[Action::WriteFigures]);
    app.bearing(&writes).create(Noun::Publication, &body("draft")).expect(201);
    let published = body("published");
    app.unchanged(|| app.bearing(&writes).create(Noun::Publication, &published).problem(403, "forbidden"));
    let publishes = scoped(app, "robot", Role::Publisher, &[Action::WriteFigures, Action::Publish]);
    app.bearing(&publishes).create(Noun::Publication, &published).expect(201);
}

fn one_makes_lists_and_revokes_tokens_of_ones_own(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let make = |scopes: &str| {
        let code = person.next_code(app);
        let fields = [("days", "7"), ("scopes", scopes), ("passphrase", &person.passphrase), ("code", &code)];
        browser.submit("/account/tokens", &fields).expect(201).text()
    };
    let made = make("read_cases, keep_own_account");
    let token = between(&made, "<code>", "</code>")[0];
    app.bearing(token).get(&path_of(Noun::Person)).expect(200);
    app.bearing(token).create(Noun::Person, &json!({})).problem(403, "forbidden");
    let listed = app.bearing(token).get("/api/v1/staff/tokens").expect(200).items();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["scopes"], json!(["read_cases", "keep_own_account"]));
    let path = format!("/api/v1/staff/tokens/{}/revocation", listed[0]["id"].as_str().unwrap());
    app.unchanged(|| app.caseworker().send("POST", &path, &[], Vec::new()).problem(404, "not_found"));
    app.bearing(token).send("POST", &path, &[], Vec::new()).expect(200);
    app.bearing(token).get("/api/v1/staff/tokens").problem(401, "unauthenticated");
    // The same on the page.
    let made = make("");
    let token = between(&made, "<code>", "</code>")[0];
    app.bearing(token).create(Noun::Person, &json!({})).expect(201);
    let page = browser.get("/account").text();
    assert!(!page.contains(token));
    let id = between(&page, "/account/tokens/", "/revocation")[0];
    let other = Person::new(app, "rosa", Role::Caseworker).browser(app);
    other.submit(&format!("/account/tokens/{id}/revocation"), &[]).expect(404);
    app.bearing(token).get("/api/v1/staff/tokens").expect(200);
    browser.submit(&format!("/account/tokens/{id}/revocation"), &[]).expect(303);
    app.bearing(token).get("/api/v1/staff/tokens").problem(401, "unauthenticated");
}

fn a_token_with_scopes_that_are_none_is_not_made(app: &App) {
    let browser = Person::new(app, "kai", Role::Caseworker).browser(app);
    for (days, scopes, told) in [
        ("0", "", "Days"),
        ("367", "", "Days"),
        ("x", "", "Days"),
        ("", "", "Days"),
        ("7", "read_cases read_minds", "read_minds"),
    ] {
        let word = browser.word();
        let fields = [("csrf", word.as_str()), ("days", days), ("scopes", scopes)];
        let page = app.unchanged(|| browser.post("/account/tokens", &fields).expect(422).text());
        assert!(page.contains(told), "{page}");
    }
    // Nor is one made with a token, whatever the address.
    for path in ["/api/v1/staff/tokens", "/account/tokens"] {
        let status = app.unchanged(|| app.caseworker().post(path, &json!({"days": 7})).status);
        assert!(matches!(status, 303 | 405), "{path}: {status}");
    }
    assert!(Browser::new(app).get("/account").status == 303);
}

fn a_role_that_changes_takes_the_scopes_with_it(app: &App) {
    // What a scope names and the role no longer allows is not allowed: the role at the time of use counts.
    let token = scoped(app, "robot", Role::Caseworker, &[Action::ReadCases, Action::ReadAggregates]);
    app.bearing(&token).get(&path_of(Noun::Person)).expect(200);
    app.sql("UPDATE accounts SET role = 'researcher' WHERE name = 'robot'");
    app.bearing(&token).get(&path_of(Noun::Person)).problem(403, "forbidden");
    app.bearing(&token).get("/api/v1/research/aggregates").expect(200);
}
