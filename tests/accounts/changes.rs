//! What ends sessions, tokens and links: every change of what somebody signs in with, of the role and of the state.

use attest::domain::policy::Role;
use attest::store::accounts::{self, Purpose, host};
use attest::store::error::StoreError;
use chrono::TimeDelta;

use crate::support::people::{Browser, Person, between, code_of, secret_in};
use crate::support::{App, on_both};

on_both! {
    empty:
    every_change_ends_every_way_in_with_the_same_write,
    a_change_that_fails_ends_nothing,
    a_request_that_began_before_the_account_was_disabled_does_nothing,
}

/// A change, with the audit's name of it.
type Change = (&'static str, fn(&App, &Person, &Browser<'_>));

const NEW: &str = "vier Igel unter der Brücke";

fn change_passphrase(app: &App, person: &Person, browser: &Browser<'_>) {
    let code = person.next_code(app);
    let fields = [("passphrase", person.passphrase.as_str()), ("code", &code), ("new", NEW), ("again", NEW)];
    browser.submit("/account/passphrase", &fields).expect(303);
    let code = person.next_code(app);
    Browser::new(app).attempt(&person.name, &person.passphrase, &code).expect(403);
    Browser::new(app).attempt(&person.name, NEW, &code).expect(303);
}

fn change_second_factor(app: &App, person: &Person, browser: &Browser<'_>) {
    let code = person.next_code(app);
    let fields = [("passphrase", person.passphrase.as_str()), ("code", code.as_str())];
    let page = browser.submit("/account/second-factor", &fields).expect(200).text();
    let secret = secret_in(&page);
    let offered = between(&page, "name=\"offered\" value=\"", "\"")[0].to_owned();
    let confirm = |code: &str| {
        browser.submit("/account/second-factor/confirmation", &[("offered", offered.as_str()), ("code", code)])
    };
    let good = code_of(app, &secret);
    confirm(if good == "123456" { "654321" } else { "123456" }).expect(422);
    confirm(&good).expect(303);
    let old = person.next_code(app);
    Browser::new(app).attempt(&person.name, &person.passphrase, &old).expect(403);
    Browser::new(app).attempt(&person.name, &person.passphrase, &code_of(app, &secret)).expect(303);
}

fn change_recovery_codes(app: &App, person: &Person, browser: &Browser<'_>) {
    let code = person.next_code(app);
    let fields = [("passphrase", person.passphrase.as_str()), ("code", code.as_str())];
    let page = browser.submit("/account/recovery-codes", &fields).expect(200).text();
    let codes = crate::support::people::codes_in(&page);
    assert!(codes.len() == 10 && codes.iter().all(|code| !person.recovery.contains(code)));
    Browser::new(app).attempt(&person.name, &person.passphrase, &person.recovery[0]).expect(403);
    Browser::new(app).attempt(&person.name, &person.passphrase, &codes[0]).expect(303);
}

const CHANGES: [Change; 7] = [
    ("account.passphrase", change_passphrase),
    ("account.second_factor", change_second_factor),
    ("account.recovery_codes", change_recovery_codes),
    ("account.reset", |app, person, _| drop(accounts::reset(&app.store, &host(), person.id).unwrap())),
    ("account.disable", |app, person, _| drop(accounts::disable(&app.store, &host(), person.id).unwrap())),
    ("account.role", |app, person, _| {
        drop(accounts::set_role(&app.store, &host(), person.id, Role::Researcher).unwrap());
    }),
    ("account.role", |app, person, _| {
        drop(accounts::set_role(&app.store, &host(), person.id, Role::Publisher).unwrap());
    }),
];

/// A link that is open, as nothing but a change that ends the others makes one.
fn put_link(app: &App, person: &Person, tag: usize) {
    app.sql(&format!(
        "INSERT INTO enrolments (id, account_id, hash, purpose, requested_by, needs_approval, created_at, expires_at) \
         SELECT '01997c1e-0000-7000-8000-0000000000{tag:02}', id, 'link-{tag}', 'add', id, {}, created_at, created_at \
         FROM accounts WHERE id = '{}'",
        if app.backend == crate::support::Backend::Sqlite { "0" } else { "FALSE" },
        person.id
    ));
}

fn every_change_ends_every_way_in_with_the_same_write(app: &App) {
    for (at, (action, change)) in CHANGES.into_iter().enumerate() {
        let name = format!("kai-{at}");
        let person = Person::new(app, &name, Role::Caseworker);
        let (one, two) = (person.browser(app), person.browser(app));
        let lasting = TimeDelta::days(1);
        let token = accounts::create_token(&app.store, &name, Role::Caseworker, lasting, Purpose::Api).unwrap();
        put_link(app, &person, at);
        assert!(one.is_in() && two.is_in());
        app.bearing(&token).get("/api/v1/staff/persons").expect(200);
        change(app, &person, &one);
        assert!(!one.is_in() && !two.is_in(), "{action}");
        app.bearing(&token).get("/api/v1/staff/persons").problem(401, "unauthenticated");
        // Whatever is not ended was opened by the change or after it; whatever is, was ended with it.
        let entry = format!(
            "SELECT written_at FROM audit_entries WHERE write = \
             (SELECT MAX(write) FROM audit_entries WHERE action = '{action}')"
        );
        for (table, least) in [("sessions", 2), ("tokens", 1), ("enrolments", 1)] {
            let ended = format!("FROM {table} WHERE account_id = '{}' AND revoked_at = ({entry})", person.id);
            let ended = app.number(&format!("SELECT COUNT(*) AS value {ended}"));
            assert!(ended >= least, "{action} {table}: {ended}");
            let before = format!(
                "SELECT COUNT(*) AS value FROM {table} WHERE account_id = '{}' AND created_at < ({entry})",
                person.id
            );
            let used = if table == "enrolments" { " AND used_at IS NULL" } else { "" };
            assert_eq!(app.number(&format!("{before} AND revoked_at IS NULL{used}")), 0, "{action} {table}");
        }
    }
}

fn a_change_that_fails_ends_nothing(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut browser = Browser::new(app);
    let code = person.next_code(app);
    browser.attempt(&person.name, &person.passphrase, &code).expect(303);
    for (passphrase, new, again, status) in [
        ("not the passphrase", NEW, NEW, 403),
        // The code was used to sign in.
        (person.passphrase.as_str(), NEW, NEW, 403),
        (person.passphrase.as_str(), "short", "short", 422),
        (person.passphrase.as_str(), NEW, "another one than that", 422),
    ] {
        let fields = [("passphrase", passphrase), ("code", &code), ("new", new), ("again", again)];
        browser.submit("/account/passphrase", &fields).expect(status);
        assert!(browser.is_in());
    }
    for path in ["/account/second-factor", "/account/recovery-codes"] {
        browser.submit(path, &[("passphrase", "not the passphrase"), ("code", &person.next_code(app))]).expect(403);
        assert!(browser.is_in());
    }
    // What was offered in one session is taken in no other.
    let code = person.next_code(app);
    let fields = [("passphrase", person.passphrase.as_str()), ("code", code.as_str())];
    let page = browser.submit("/account/second-factor", &fields).expect(200).text();
    let (secret, offered) = (secret_in(&page), between(&page, "name=\"offered\" value=\"", "\"")[0].to_owned());
    let other = person.browser(app);
    let fields = [("offered", offered.as_str()), ("code", &code_of(app, &secret))];
    other.submit("/account/second-factor/confirmation", &fields).expect(409);
    assert!(other.is_in());
}

fn a_request_that_began_before_the_account_was_disabled_does_nothing(app: &App) {
    // What a handler holds once it knows the caller, while the body is still on its way.
    let find = |name: &str| app.store.look(|conn| Ok(accounts::named(conn, name)?.unwrap())).unwrap();
    let account = find("test-caseworker");
    let actor = account.actor();
    let work = || {
        let read = app.store.read(&actor, |_| Ok(()));
        let write = app.store.write(&actor, "test", |_| Ok(()));
        [read, write].map(|done| match done {
            Ok(()) => "done",
            Err(StoreError::SignedOut) => "signed out",
            Err(why) => panic!("{why}"),
        })
    };
    assert_eq!(work(), ["done"; 2]);
    let address = format!("/api/v1/staff/accounts/{}", account.id);
    app.admin().post(&format!("{address}/disablement"), &serde_json::json!({})).expect(200);
    app.unchanged(|| assert_eq!(work(), ["signed out"; 2]));
}
