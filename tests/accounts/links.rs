//! One-time links.

use attest::domain::policy::Role;
use attest::store::accounts::{self, host};
use attest::store::enrolments::Link;
use chrono::TimeDelta;

use crate::support::people::{Browser, PASSPHRASE, Person, between, code_of, secret_in};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_link_works_once,
    a_link_is_good_for_a_day,
    a_new_link_takes_the_place_of_the_one_before,
    a_link_that_nobody_made_is_none,
    what_is_set_at_a_link_is_checked,
    the_link_and_its_secret_are_kept_by_their_hash_and_encrypted,
    a_reset_is_told_at_the_next_sign_in,
}

fn link(app: &App, name: &str) -> Link {
    accounts::add(&app.store, &host(), name, Role::Caseworker).unwrap().link.unwrap()
}

fn a_link_works_once(app: &App) {
    let made = accounts::add(&app.store, &host(), "anna", Role::Caseworker).unwrap();
    let path = made.link.unwrap().path();
    Person::enrol(app, "anna", made.account.id, &path, PASSPHRASE);
    let browser = Browser::new(app);
    app.unchanged(|| {
        browser.get(&path).expect(404);
        browser.post(&path, &[("passphrase", PASSPHRASE), ("again", PASSPHRASE), ("code", "000000")]).expect(404);
    });
}

fn a_link_is_good_for_a_day(app: &App) {
    let path = link(app, "anna").path();
    app.clock.advance(TimeDelta::hours(24) - TimeDelta::minutes(1));
    Browser::new(app).get(&path).expect(200);
    app.clock.advance(TimeDelta::minutes(2));
    Browser::new(app).get(&path).expect(404);
}

fn a_new_link_takes_the_place_of_the_one_before(app: &App) {
    let made = accounts::add(&app.store, &host(), "anna", Role::Caseworker).unwrap();
    let again = accounts::reset(&app.store, &host(), made.account.id).unwrap();
    Browser::new(app).get(&made.link.unwrap().path()).expect(404);
    Browser::new(app).get(&again.link.as_ref().unwrap().path()).expect(200);
    accounts::disable(&app.store, &host(), made.account.id).unwrap();
    Browser::new(app).get(&again.link.unwrap().path()).expect(404);
}

fn a_link_that_nobody_made_is_none(app: &App) {
    for token in ["x", &"0".repeat(64), "%00", "..", &"a".repeat(5000)] {
        Browser::new(app).get(&format!("/enrol/{token}")).expect(404);
        Browser::new(app).post(&format!("/enrol/{token}"), &[]).expect(404);
    }
}

fn what_is_set_at_a_link_is_checked(app: &App) {
    let path = link(app, "anna").path();
    let browser = Browser::new(app);
    let code = code_of(app, &secret_in(&browser.get(&path).text()));
    let wrong = if code == "123456" { "654321" } else { "123456" };
    for (passphrase, again, code, told) in [
        ("short", "short", code.as_str(), "too short"),
        (PASSPHRASE, "another passphrase entirely", &code, "not the same"),
        ("anna attest 2026 anna", "anna attest 2026 anna", &code, "not accepted"),
        (PASSPHRASE, PASSPHRASE, wrong, "The code is not"),
        (PASSPHRASE, PASSPHRASE, "", "The code is not"),
    ] {
        let fields = [("passphrase", passphrase), ("again", again), ("code", code)];
        let page = app.unchanged(|| browser.post(&path, &fields).expect(422).text());
        assert!(page.contains(told), "{told}: {page}");
        assert!(!page.contains(PASSPHRASE) && page.contains("<form"), "{page}");
    }
    let fields = [("passphrase", PASSPHRASE), ("again", PASSPHRASE), ("code", code.as_str())];
    let done = browser.post(&path, &fields).expect(200);
    assert_eq!(done.header("cache-control"), Some("no-store"));
    let codes = between(&done.text(), "<li><code>", "</code>").len();
    assert_eq!(codes, 10);
}

fn the_link_and_its_secret_are_kept_by_their_hash_and_encrypted(app: &App) {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = diesel::sql_types::Text)]
        hash: String,
        #[diesel(sql_type = diesel::sql_types::Binary)]
        totp_secret: Vec<u8>,
    }
    let link = link(app, "anna");
    let secret = secret_in(&Browser::new(app).get(&link.path()).text());
    let plain = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let kept = diesel::sql_query("SELECT hash, totp_secret FROM enrolments").load::<Kept>(&mut app.connect()).unwrap();
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].hash.contains(link.token.as_str()));
    assert!(!kept[0].totp_secret.windows(8).any(|window| window == &plain[..8]));
}

fn a_reset_is_told_at_the_next_sign_in(app: &App) {
    let person = Person::new(app, "anna", Role::Caseworker);
    let told = |browser: &Browser<'_>| browser.get("/account").text().contains("has reset your account");
    let browser = person.browser(app);
    assert!(!told(&browser));
    let link = accounts::reset(&app.store, &host(), person.id).unwrap().link.unwrap();
    assert!(!browser.is_in());
    let code = person.next_code(app);
    Browser::new(app).attempt("anna", &person.passphrase, &code).expect(403);
    let person = Person::enrol(app, "anna", person.id, &link.path(), "sieben Eulen hinter dem Deich");
    let browser = person.browser(app);
    assert!(told(&browser));
    browser.submit("/account/notice", &[]).expect(303);
    assert!(!told(&browser) && !told(&person.browser(app)));
}
