//! `attest account`.

use attest::domain::policy::Role;
use attest::store::accounts::{self, Purpose};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::app::contents;
use crate::support::cli::{Ended, attest_on, run};
use crate::support::{App, Home, on_both};

on_both! {
    empty:
    an_account_that_is_added_has_a_link_that_leads_to_its_page,
    what_was_done_is_in_the_audit_and_in_the_list,
    from_the_second_admin_on_a_link_to_cases_waits_for_an_approval,
    a_token_may_be_made_with_scopes,
}

on_both! {
    bare:
    what_is_asked_for_wrongly_is_refused_and_nothing_is_written,
}

fn account(home: &Home, command: &[&str]) -> Ended {
    run(attest_on(home).arg("account").args(command))
}

fn an_account_that_is_added_has_a_link_that_leads_to_its_page(app: &App) {
    let out = account(app.home, &["add", "--name", "anna", "--role", "caseworker"]).done().out;
    let (path, rest) = out.split_once('\n').unwrap();
    assert!(path.starts_with("/enrol/") && path.len() == 71, "{path}");
    assert!(rest.contains("anna") && !rest.contains("approved"), "{rest}");
    let page = app.anybody().get(path).expect(200).text();
    assert!(page.contains("<strong>anna</strong>"), "{page}");
    let again = account(app.home, &["reset", "--name", "anna"]).done().out;
    app.anybody().get(path).expect(404);
    app.anybody().get(again.lines().next().unwrap()).expect(200);
}

fn what_was_done_is_in_the_audit_and_in_the_list(app: &App) {
    account(app.home, &["add", "--name", "anna", "--role", "researcher"]).done();
    account(app.home, &["role", "--name", "anna", "--role", "auditor"]).done();
    assert_eq!(account(app.home, &["disable", "--name", "anna"]).done().out, "anna auditor disabled\n");
    account(app.home, &["disable", "--name", "anna"]).refused();
    let list = account(app.home, &["list"]).done().out;
    assert!(list.lines().any(|line| line.starts_with("anna auditor disabled 2")), "{list}");
    assert!(!list.contains("host"), "{list}");
    account(app.home, &["enable", "--name", "anna"]).done();
    let audit = app.auditor().get("/api/v1/staff/audit?limit=4").items();
    let actions: Vec<_> = audit.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["account.enable", "account.disable", "account.role", "account.add"]);
    assert!(audit.iter().all(|entry| entry["account"] == "host" && !entry.to_string().contains("anna")));
}

fn from_the_second_admin_on_a_link_to_cases_waits_for_an_approval(app: &App) {
    let second = account(app.home, &["add", "--name", "boris", "--role", "admin"]).done().out;
    assert!(!second.contains("approved"), "{second}");
    let lasting = TimeDelta::days(1);
    accounts::create_token(&app.store, "robot", Role::Admin, lasting, Purpose::Api).unwrap();
    let out = account(app.home, &["add", "--name", "anna", "--role", "caseworker"]).done().out;
    let path = out.lines().next().unwrap();
    app.anybody().get(path).expect(403);
    let enrolment = out.trim_end().rsplit(' ').next().unwrap();
    app.admin().send("POST", &format!("/api/v1/staff/enrolments/{enrolment}/approval"), &[], Vec::new()).expect(200);
    app.anybody().get(path).expect(200);
}

fn a_token_may_be_made_with_scopes(app: &App) {
    let create = |scopes: &[&str]| {
        let mut command = attest_on(app.home);
        run(command.args(["token", "create", "--role", "caseworker", "--name", "robot"]).args(scopes))
    };
    let token = create(&["--scope", "read_cases", "--scope", "read_terms"]).done().out;
    let caller = app.bearing(token.trim());
    caller.get("/api/v1/staff/persons").expect(200);
    caller.get("/api/v1/staff/terms").expect(200);
    caller.post("/api/v1/staff/persons", &json!({})).problem(403, "forbidden");
    let told = app.unchanged(|| create(&["--scope", "read_minds"]).refused().err);
    assert!(told.contains("--scope") && told.contains("read_minds") && told.contains("read_cases"), "{told}");
}

fn what_is_asked_for_wrongly_is_refused_and_nothing_is_written(home: &Home) {
    let before = contents(&home.open());
    for (command, named) in [
        (&["add", "--name", "two words", "--role", "admin"][..], "--name"),
        (&["add", "--name", "host", "--role", "admin"], "--name"),
        (&["add", "--name", "test-admin", "--role", "admin"], "--name"),
        (&["add", "--name", "anna", "--role", "boss"], "--role"),
        (&["add", "--name", "anna"], "--role"),
        (&["disable", "--name", "nobody"], "--name"),
        (&["disable", "--name", "host"], "--name"),
        (&["enable", "--name", "test-admin"], "--name"),
        (&["reset", "--name", "host"], "--name"),
        (&["role", "--name", "test-admin", "--role", "admin"], "--name"),
    ] {
        let told = account(home, command).refused().err;
        assert!(told.contains(named), "{command:?}: {told}");
    }
    assert_eq!(contents(&home.open()), before);
}
