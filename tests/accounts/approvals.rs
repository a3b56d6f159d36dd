//! Who may give whom an account: nobody alone to what concerns cases, and nobody to themselves.

use attest::domain::policy::Role;
use attest::domain::record::RecordId;
use attest::store::accounts::{self, Purpose, State, host};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::people::{Browser, PASSPHRASE, Person};
use crate::support::{Answer, App, Caller, on_both};

on_both! {
    empty:
    a_link_of_somebody_who_sees_cases_works_when_a_second_person_has_approved,
    a_link_of_somebody_who_sees_no_case_and_approves_nobody_works_at_once,
    nobody_approves_what_they_have_asked_for_or_what_is_for_them,
    nobody_changes_their_own_account,
    the_last_active_admin_stays,
    a_second_admin_who_cannot_act_does_not_count,
    a_change_of_role_to_one_that_sees_cases_takes_a_new_enrolment_and_an_approval,
    the_host_is_no_account_that_anybody_changes,
    an_account_that_is_disabled_can_do_nothing_until_it_is_enabled,
    whoever_commands_the_machine_is_asked_for_a_second_person_from_the_second_admin_on,
    what_is_wrong_with_a_new_account_is_named,
    the_state_of_the_account_is_looked_at_with_every_request,
    a_link_that_waits_sets_nothing_whatever_the_page_says,
}

const ACCOUNTS: &str = "/api/v1/staff/accounts";

fn add(by: &Caller<'_>, name: &str, role: Role) -> Answer {
    by.post(ACCOUNTS, &json!({"name": name, "role": role.name()}))
}

fn path(answer: &Answer) -> String {
    answer.json()["link"]["path"].as_str().unwrap().to_owned()
}

fn id(answer: &Answer) -> RecordId {
    RecordId(answer.json()["account"]["id"].as_str().unwrap().parse().unwrap())
}

fn approval(answer: &Answer) -> String {
    format!("/api/v1/staff/enrolments/{}/approval", answer.json()["link"]["id"].as_str().unwrap())
}

fn act(by: &Caller<'_>, id: RecordId, what: &str) -> Answer {
    by.send("POST", &format!("{ACCOUNTS}/{id}/{what}"), &[], Vec::new())
}

/// Another admin with a token, made on the machine.
fn token(app: &App, name: &str, role: Role) -> String {
    accounts::create_token(&app.store, name, role, TimeDelta::days(1), Purpose::Api).unwrap()
}

fn named(app: &App, name: &str) -> RecordId {
    app.store.look(|conn| Ok(accounts::named(conn, name)?)).unwrap().unwrap().id
}

fn a_link_of_somebody_who_sees_cases_works_when_a_second_person_has_approved(app: &App) {
    for (role, approver) in
        [(Role::Caseworker, Role::Publisher), (Role::Publisher, Role::Admin), (Role::Admin, Role::Publisher)]
    {
        let name = format!("anna-{role}");
        let made = add(&app.admin(), &name, role).expect(201);
        assert_eq!(made.json()["link"]["needs_approval"], true);
        assert_eq!(made.json()["account"]["state"], "invited");
        let browser = Browser::new(app);
        let page = browser.get(&path(&made)).expect(403).text();
        assert!(page.contains("not approved") && !page.contains("otpauth"), "{page}");
        app.unchanged(|| browser.post(&path(&made), &[("passphrase", PASSPHRASE), ("again", PASSPHRASE)]).expect(403));
        let second = token(app, "second", Role::Admin);
        let approver = if approver == Role::Admin { app.bearing(&second) } else { app.by(approver) };
        let listed = approver.get("/api/v1/staff/enrolments").expect(200).items();
        let listed: Vec<_> = listed.iter().filter(|open| open["account"] == name.as_str()).collect();
        assert_eq!((listed.len(), &listed[0]["requested_by"]), (1, &json!("test-admin")));
        approver.send("POST", &approval(&made), &[], Vec::new()).expect(200);
        approver.send("POST", &approval(&made), &[], Vec::new()).problem(409, "refused");
        let person = Person::enrol(app, &name, id(&made), &path(&made), PASSPHRASE);
        assert!(person.browser(app).is_in());
    }
}

fn a_link_of_somebody_who_sees_no_case_and_approves_nobody_works_at_once(app: &App) {
    for role in [Role::Researcher, Role::Auditor] {
        let made = add(&app.admin(), &format!("new-{role}"), role).expect(201);
        assert_eq!(made.json()["link"]["needs_approval"], false);
        Browser::new(app).get(&path(&made)).expect(200);
        app.publisher().send("POST", &approval(&made), &[], Vec::new()).problem(409, "refused");
    }
}

fn nobody_approves_what_they_have_asked_for_or_what_is_for_them(app: &App) {
    let made = add(&app.admin(), "anna", Role::Caseworker).expect(201);
    app.unchanged(|| app.admin().send("POST", &approval(&made), &[], Vec::new()).problem(409, "refused"));
    // For oneself: a publisher whose account was reset still holds no token, so the approval is asked for around the API.
    let publisher = named(app, "test-publisher");
    let reset = accounts::reset(
        &app.store,
        &attest::domain::policy::Actor::new(named(app, "test-admin"), "test-admin", Role::Admin),
        publisher,
    );
    let link = reset.unwrap().link.unwrap();
    let oneself = attest::domain::policy::Actor::new(publisher, "test-publisher", Role::Publisher);
    app.unchanged(|| assert!(attest::store::enrolments::approve(&app.store, &oneself, link.id).is_err()));
    let second = token(app, "second", Role::Admin);
    app.bearing(&second)
        .send("POST", &format!("/api/v1/staff/enrolments/{}/approval", link.id), &[], Vec::new())
        .expect(200);
}

fn nobody_changes_their_own_account(app: &App) {
    let own = named(app, "test-admin");
    token(app, "second", Role::Admin);
    for what in ["disablement", "enablement", "reset"] {
        app.unchanged(|| act(&app.admin(), own, what).problem(409, "refused"));
    }
    app.unchanged(|| {
        app.admin().post(&format!("{ACCOUNTS}/{own}/role"), &json!({"role": "publisher"})).problem(409, "refused")
    });
}

fn the_last_active_admin_stays(app: &App) {
    let (first, second) = (named(app, "test-admin"), token(app, "second", Role::Admin));
    // With two of them each may disable the other.
    act(&app.bearing(&second), first, "disablement").expect(200);
    app.admin().get(ACCOUNTS).problem(401, "unauthenticated");
    let third = token(app, "third", Role::Admin);
    let own = named(app, "third");
    act(&app.bearing(&second), own, "disablement").expect(200);
    app.bearing(&third).get(ACCOUNTS).problem(401, "unauthenticated");
    // A token that ends leaves an admin who cannot act: the one who can is the last.
    app.bearing(&second).get(ACCOUNTS).expect(200);
    let admin = attest::domain::policy::Actor::new(first, "test-admin", Role::Admin);
    let last = named(app, "second");
    app.unchanged(|| assert!(accounts::disable(&app.store, &admin, last).is_err()));
    app.unchanged(|| assert!(accounts::set_role(&app.store, &admin, last, Role::Auditor).is_err()));
    // Whoever commands the machine may.
    accounts::disable(&app.store, &host(), last).unwrap();
}

fn a_second_admin_who_cannot_act_does_not_count(app: &App) {
    add(&app.admin(), "invited", Role::Admin).expect(201);
    let scoped = Some(vec![attest::domain::policy::Action::ReadAccounts]);
    let lasting = TimeDelta::days(1);
    attest::store::tokens::create_scoped(&app.store, "robot", Role::Admin, lasting, Purpose::Api, scoped).unwrap();
    let (robot, last) = (named(app, "robot"), named(app, "test-admin"));
    let robot = attest::domain::policy::Actor::new(robot, "robot", Role::Admin);
    app.unchanged(|| assert!(accounts::disable(&app.store, &robot, last).is_err()));
}

fn a_change_of_role_to_one_that_sees_cases_takes_a_new_enrolment_and_an_approval(app: &App) {
    let person = Person::new(app, "rosa", Role::Researcher);
    let browser = person.browser(app);
    let change = |role: Role| {
        app.admin().post(&format!("{ACCOUNTS}/{}/role", person.id), &json!({"role": role.name()})).expect(200)
    };
    let changed = change(Role::Caseworker);
    assert_eq!(changed.json()["link"]["needs_approval"], true);
    assert!(!browser.is_in());
    let code = person.next_code(app);
    Browser::new(app).attempt("rosa", &person.passphrase, &code).expect(403);
    Browser::new(app).get(&path(&changed)).expect(403);
    app.publisher().send("POST", &approval(&changed), &[], Vec::new()).expect(200);
    let person = Person::enrol(app, "rosa", person.id, &path(&changed), PASSPHRASE);
    let browser = person.browser(app);
    assert!(browser.get("/account").text().contains("caseworker"));
    // Back to a role that sees none, one keeps what one signs in with.
    let changed = change(Role::Researcher);
    assert_eq!(changed.json()["link"], Value::Null);
    assert!(!browser.is_in());
    assert!(person.browser(app).is_in());
}

fn the_host_is_no_account_that_anybody_changes(app: &App) {
    for what in ["disablement", "enablement", "reset"] {
        app.unchanged(|| act(&app.admin(), accounts::HOST, what).problem(404, "not_found"));
    }
    let listed = app.admin().get(ACCOUNTS).expect(200).items();
    assert!(listed.len() == 5 && listed.iter().all(|account| account["name"] != "host"), "{listed:?}");
}

fn an_account_that_is_disabled_can_do_nothing_until_it_is_enabled(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    act(&app.admin(), person.id, "disablement").expect(200);
    act(&app.admin(), person.id, "disablement").problem(409, "refused");
    act(&app.admin(), person.id, "reset").problem(409, "refused");
    assert!(!browser.is_in());
    let code = person.next_code(app);
    Browser::new(app).attempt("kai", PASSPHRASE, &code).expect(403);
    assert!(accounts::create_token(&app.store, "kai", Role::Caseworker, TimeDelta::days(1), Purpose::Api).is_err());
    let enabled = act(&app.admin(), person.id, "enablement").expect(200).json();
    assert_eq!((&enabled["account"]["state"], &enabled["link"]), (&json!("active"), &Value::Null));
    assert!(!browser.is_in(), "a session that has ended stays ended");
    assert!(person.browser(app).is_in());
}

fn whoever_commands_the_machine_is_asked_for_a_second_person_from_the_second_admin_on(app: &App) {
    let link = |name: &str, role| accounts::add(&app.store, &host(), name, role).unwrap().link.unwrap();
    assert!(!link("one", Role::Caseworker).needs_approval);
    token(app, "second", Role::Admin);
    let link_two = link("two", Role::Caseworker);
    assert!(link_two.needs_approval);
    assert!(!link("three", Role::Researcher).needs_approval);
    let path = format!("/api/v1/staff/enrolments/{}/approval", link_two.id);
    app.admin().send("POST", &path, &[], Vec::new()).expect(200);
    Browser::new(app).get(&link_two.path()).expect(200);
    let two = app.store.look(|conn| Ok(accounts::named(conn, "two")?)).unwrap().unwrap();
    assert_eq!(two.state, State::Invited);
}

fn what_is_wrong_with_a_new_account_is_named(app: &App) {
    for (body, field, rule) in [
        (json!({"role": "admin"}), "name", "required"),
        (json!({"name": "anna"}), "role", "required"),
        (json!({"name": "anna", "role": "boss"}), "role", "unknown_code"),
        (json!({"name": "two words", "role": "admin"}), "name", "malformed"),
        (json!({"name": "host", "role": "admin"}), "name", "malformed"),
        (json!({"name": "a\u{0}b", "role": "admin"}), "name", "malformed"),
        (json!({"name": "test-admin", "role": "admin"}), "name", "taken"),
    ] {
        app.unchanged(|| app.admin().post(ACCOUNTS, &body).refuses(422, field, rule));
    }
}

fn the_state_of_the_account_is_looked_at_with_every_request(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let token = token(app, "kai", Role::Caseworker);
    for (state, good) in [("active", true), ("disabled", false), ("invited", false), ("active", true)] {
        // Around the store, so that nothing but the state says so.
        app.sql(&format!("UPDATE accounts SET state = '{state}' WHERE name = 'kai'"));
        assert_eq!(browser.is_in(), good, "{state}");
        app.bearing(&token).get("/api/v1/staff/persons").expect(if good { 200 } else { 401 });
        let code = person.next_code(app);
        Browser::new(app).attempt("kai", PASSPHRASE, &code).expect(if good { 303 } else { 403 });
    }
}

fn a_link_that_waits_sets_nothing_whatever_the_page_says(app: &App) {
    let made = add(&app.admin(), "anna", Role::Caseworker).expect(201);
    let path = path(&made);
    let token = path.strip_prefix("/enrol/").unwrap();
    // The code itself is known to nobody before the approval: that of any key is answered alike.
    let done = app.unchanged(|| attest::store::enrolments::enrol(&app.store, token, "hash".to_owned(), "000000"));
    assert!(matches!(done.unwrap(), attest::store::enrolments::Enrolled::Bad));
}
