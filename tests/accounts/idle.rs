//! How long a session lasts.

use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;

use crate::support::people::{Browser, Person};
use crate::support::{App, Backend, on_both};

on_both! {
    empty:
    a_session_ends_when_it_is_not_used_for_half_an_hour,
    a_session_ends_after_twelve_hours_however_it_is_used,
    the_last_use_is_written_every_five_minutes_and_no_more_often,
    pages_are_shown_while_the_last_use_cannot_be_written,
    leaving_ends_a_session_at_once_though_somebody_writes_for_long,
}

fn a_session_ends_when_it_is_not_used_for_half_an_hour(app: &App) {
    let browser = Person::new(app, "kai", Role::Caseworker).browser(app);
    app.clock.advance(TimeDelta::minutes(29));
    assert!(browser.is_in());
    // Less than five minutes after what was written: the exact time is known all the same.
    app.clock.advance(TimeDelta::minutes(4));
    assert!(browser.is_in());
    app.clock.advance(TimeDelta::minutes(29));
    assert!(browser.is_in());
    app.clock.advance(TimeDelta::minutes(30));
    assert!(!browser.is_in());
}

fn a_session_ends_after_twelve_hours_however_it_is_used(app: &App) {
    let browser = Person::new(app, "kai", Role::Caseworker).browser(app);
    for _ in 0..35 {
        app.clock.advance(TimeDelta::minutes(20));
        assert!(browser.is_in());
    }
    app.clock.advance(TimeDelta::minutes(20));
    assert!(!browser.is_in());
}

fn the_last_use_is_written_every_five_minutes_and_no_more_often(app: &App) {
    let browser = Person::new(app, "kai", Role::Caseworker).browser(app);
    app.clock.advance(TimeDelta::minutes(4));
    app.unchanged(|| assert!(browser.is_in()));
    app.clock.advance(TimeDelta::minutes(1));
    let before = app.contents().write;
    assert!(browser.is_in());
    assert_eq!(app.contents().write, before + 1);
    app.unchanged(|| assert!(browser.is_in()));
}

fn pages_are_shown_while_the_last_use_cannot_be_written(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    // As a full disk would.
    app.home.sql(match app.backend {
        Backend::Sqlite => {
            "CREATE TRIGGER full_disk BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$; \
             CREATE TRIGGER full_disk BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION full_disk()"
        }
    });
    let before = app.contents();
    for _ in 0..20 {
        app.clock.advance(TimeDelta::minutes(6));
        browser.get("/account").expect(200);
        browser.get("/desk/persons").expect(200);
    }
    assert_eq!(app.contents(), before);
    // However it is known, the session ends when it is not used.
    app.clock.advance(TimeDelta::minutes(30));
    assert!(!browser.is_in());
}

fn leaving_ends_a_session_at_once_though_somebody_writes_for_long(app: &App) {
    let browser = Person::new(app, "kai", Role::Caseworker).browser(app);
    let mut writing = app.home.connect();
    let begin = match app.backend {
        Backend::Sqlite => "BEGIN IMMEDIATE",
        Backend::Postgres => "BEGIN; UPDATE chain_head SET write = write",
    };
    writing.batch_execute(begin).unwrap();
    browser.get("/leave").expect(303);
    assert!(!browser.is_in());
    writing.batch_execute("ROLLBACK").unwrap();
    // Other processes learn of it as soon as it can be written.
    let other = App::start(app.home);
    let elsewhere = Browser { session: browser.session.clone(), ..Browser::new(&other) };
    let began = Instant::now();
    while elsewhere.is_in() {
        assert!(began.elapsed() < Duration::from_secs(120), "the database was never told");
        std::thread::sleep(Duration::from_millis(100));
    }
}
