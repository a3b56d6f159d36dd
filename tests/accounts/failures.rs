//! Attempts that fail: all alike, counted before they are looked at, and nobody's but one's own.

use attest::domain::policy::Role;
use attest::http::app::Settings;
use attest::store::accounts::{self, Purpose, host};
use chrono::TimeDelta;

use crate::support::app::settings;
use crate::support::people::{Browser, PASSPHRASE, Person};
use crate::support::{App, on_both};

on_both! {
    empty:
    whatever_was_wrong_the_answer_is_the_same,
    attempts_take_longer_and_longer_and_never_longer_than_five_minutes,
    attempts_at_once_are_no_more_than_attempts_one_by_one,
    what_strangers_try_slows_down_no_browser_that_was_here_before,
    a_browser_that_was_here_before_has_a_counter_of_its_own,
    attempts_are_counted_by_the_address_that_our_own_proxy_names_and_no_other,
    attempts_to_prove_oneself_again_are_counted_too,
    an_attempt_leaves_no_name_and_no_address_behind,
}

const WRONG: &str = "not the passphrase at all";

fn whatever_was_wrong_the_answer_is_the_same(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let disabled = Person::new(app, "rosa", Role::Caseworker);
    accounts::disable(&app.store, &host(), disabled.id).unwrap();
    accounts::add(&app.store, &host(), "invited", Role::Caseworker).unwrap();
    accounts::create_token(&app.store, "robot", Role::Caseworker, TimeDelta::days(1), Purpose::Api).unwrap();
    let code = person.next_code(app);
    let other = if code == "123456" { "654321" } else { "123456" };
    let long = "x".repeat(5000);
    let attempts = [
        ("kai", WRONG, code.as_str()),
        ("kai", PASSPHRASE, other),
        ("kai", PASSPHRASE, ""),
        ("kai", PASSPHRASE, "no code at all"),
        ("nobody", PASSPHRASE, &code),
        ("rosa", PASSPHRASE, &disabled.code(app)),
        ("invited", PASSPHRASE, &code),
        ("robot", PASSPHRASE, &code),
        ("host", PASSPHRASE, &code),
        ("", "", ""),
        ("KAI", PASSPHRASE, &code),
        ("a\u{0}b", PASSPHRASE, &code),
        (long.as_str(), &long, &long),
    ];
    let answers = attempts.map(|(name, passphrase, code)| {
        let answer = Browser::new(app).attempt(name, passphrase, code).expect(403);
        let mut headers: Vec<_> = answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        headers.retain(|header| !header.starts_with("date:"));
        headers.sort();
        (answer.bytes, headers)
    });
    for (answer, attempt) in answers.iter().zip(attempts) {
        assert_eq!(answer, &answers[0], "{attempt:?}");
    }
    assert!(answers[0].1.iter().all(|header| !header.starts_with("set-cookie")));
    // Not that all are refused: the right one is let in.
    Browser::new(app).attempt("kai", PASSPHRASE, &code).expect(303);
}

/// Fails until it has to wait. Some attempts are free, and on a slow machine a second is over before the next one.
#[track_caller]
fn fail_until_slowed_down(browser: &mut Browser<'_>, name: &str) {
    for at in 0..15 {
        match browser.attempt(name, WRONG, "000000").status {
            403 => {}
            429 if at >= 5 => return,
            other => panic!("{other} after {at} attempts"),
        }
    }
    panic!("it never has to wait");
}

fn waits(app: &App, browser: &mut Browser<'_>, name: &str) -> i64 {
    let answer = app.unchanged(|| browser.attempt(name, WRONG, "000000").expect(429));
    answer.header("retry-after").unwrap().parse().unwrap()
}

fn attempts_take_longer_and_longer_and_never_longer_than_five_minutes(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut browser = Browser::new(app);
    for _ in 0..5 {
        browser.attempt("kai", WRONG, "000000").expect(403);
    }
    for delay in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        // What comes too early is not counted: it makes nothing longer.
        if delay > 8 {
            let told = waits(app, &mut browser, "kai");
            assert!((delay / 2..=delay + 1).contains(&told), "{told} of {delay}");
        }
        app.clock.advance(TimeDelta::seconds(delay));
        browser.attempt("kai", WRONG, "000000").expect(403);
    }
    // Too early, also the right one has to wait; then it is let in, and the counter begins anew.
    let code = person.code(app);
    Browser::new(app).attempt("kai", PASSPHRASE, &code).expect(429);
    app.clock.advance(TimeDelta::seconds(300));
    assert!(person.browser(app).is_in());
    for _ in 0..5 {
        Browser::new(app).attempt("kai", WRONG, "000000").expect(403);
    }
    // A day later it is forgotten.
    app.clock.advance(TimeDelta::days(1));
    for _ in 0..5 {
        Browser::new(app).attempt("kai", WRONG, "000000").expect(403);
    }
}

fn attempts_at_once_are_no_more_than_attempts_one_by_one(app: &App) {
    Person::new(app, "kai", Role::Caseworker);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let attempts: Vec<_> =
            (0..12).map(|_| scope.spawn(|| Browser::new(app).attempt("kai", WRONG, "000000").status)).collect();
        attempts.into_iter().map(|attempt| attempt.join().unwrap()).collect()
    });
    // Those that were looked at all came in before the sixth: a second may pass while they stand in line.
    let looked_at = statuses.iter().filter(|status| **status == 403).count();
    assert!((5..=8).contains(&looked_at), "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 403 | 429)), "{statuses:?}");
}

fn behind_a_proxy() -> Settings {
    Settings { forwarded_by: Some("127.0.0.1".parse().unwrap()), ..settings() }
}

fn what_strangers_try_slows_down_no_browser_that_was_here_before(app: &App) {
    let app = &App::serve(app.home, app.home.open(), behind_a_proxy());
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut own = Browser::at(app, "198.51.100.7");
    own.sign_in(&person);
    // Even from the very same address.
    for address in ["198.51.100.7", "198.51.100.8"] {
        let mut stranger = Browser::at(app, address);
        fail_until_slowed_down(&mut stranger, "kai");
    }
    let code = person.code(app);
    own.attempt("kai", WRONG, &code).expect(403);
    own.sign_in(&person);
    // From an address that nobody has tried from, a new browser is not slowed down either.
    let mut new = Browser::at(app, "198.51.100.9");
    new.sign_in(&person);
    // And what a stranger shows as such a browser's mark is none, nor is another person's.
    let other = Person::new(app, "rosa", Role::Caseworker);
    let mut other = other.browser(app);
    for device in [Some("0".repeat(64)), other.device.take()] {
        let mut stranger = Browser { device, ..Browser::at(app, "198.51.100.8") };
        let statuses = [0; 3].map(|_| stranger.attempt("kai", WRONG, "000000").status);
        assert!(statuses.contains(&429), "{statuses:?}");
    }
}

fn a_browser_that_was_here_before_has_a_counter_of_its_own(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut own = person.browser(app);
    assert!(own.device.is_some());
    fail_until_slowed_down(&mut own, "kai");
    let mut fresh = Browser::new(app);
    fresh.attempt("kai", WRONG, "000000").expect(403);
    // It is known for half a year.
    app.clock.advance(TimeDelta::days(179));
    fail_until_slowed_down(&mut fresh, "kai");
    own.attempt("kai", WRONG, "000000").expect(403);
    app.clock.advance(TimeDelta::days(2));
    fail_until_slowed_down(&mut fresh, "kai");
    let statuses = [0; 3].map(|_| own.attempt("kai", WRONG, "000000").status);
    assert!(statuses.contains(&429), "{statuses:?}");
}

fn attempts_are_counted_by_the_address_that_our_own_proxy_names_and_no_other(app: &App) {
    Person::new(app, "kai", Role::Caseworker);
    // Here nobody is our proxy: whatever a client says of its address, it is the peer.
    let statuses: Vec<_> = (0..15)
        .map(|at| Browser::at(app, &format!("198.51.100.{at}")).attempt("kai", WRONG, "000000").status)
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    app.clock.advance(TimeDelta::days(2));
    let app = &App::serve(app.home, app.home.open(), behind_a_proxy());
    let mut network = Vec::new();
    for at in 0..15 {
        // The last one is what our proxy saw; the ones before are what the client says. Of IPv6 the network counts.
        Browser::at(app, &format!("198.51.100.{at}")).attempt("kai", WRONG, "000000").expect(403);
        network.push(Browser::at(app, &format!("2001:db8:1:2::{at}")).attempt("kai", WRONG, "000000").status);
    }
    assert!(network.contains(&429), "{network:?}");
    Browser::at(app, "2001:db8:1:3::1").attempt("kai", WRONG, "000000").expect(403);
}

fn attempts_to_prove_oneself_again_are_counted_too(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let word = browser.word();
    let fields = [("csrf", word.as_str()), ("passphrase", WRONG), ("code", "000000")];
    let statuses: Vec<_> = (0..15).map(|_| browser.post("/account/recovery-codes", &fields).status).collect();
    assert!(statuses[..5].iter().all(|status| *status == 403) && statuses.contains(&429), "{statuses:?}");
    assert!(browser.is_in());
}

fn an_attempt_leaves_no_name_and_no_address_behind(app: &App) {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = diesel::sql_types::Text)]
        kept: String,
    }
    Browser::new(app).attempt("somebody-real", WRONG, "000000").expect(403);
    for query in ["SELECT key AS kept FROM sign_in_attempts", "SELECT details AS kept FROM audit_entries"] {
        let rows = diesel::sql_query(query).load::<Kept>(&mut app.connect()).unwrap();
        assert!(!rows.is_empty());
        for Kept { kept } in rows {
            assert!(!kept.contains("somebody-real") && !kept.contains("127.0.0.1"), "{kept}");
        }
    }
}
