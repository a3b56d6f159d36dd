//! The audit's stamp orders; everything else goes by the wall clock, and a clock that was wrong is told.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::accounts::{self, Purpose, host};
use attest::store::clock;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::app::settings;
use crate::support::cli::{LISTENS, Serving, attest_on, run};
use crate::support::clock::Clock;
use crate::support::people::{Browser, Person};
use crate::support::{App, on_both};

on_both! {
    empty:
    after_a_write_under_a_clock_ahead_people_sign_in_and_records_are_counted,
    what_gives_access_does_not_live_longer_because_a_clock_ran_ahead,
    records_that_a_clock_dated_ahead_are_repaired_by_an_audited_write,
    two_processes_whose_clocks_differ_by_two_minutes_both_let_people_in,
    a_clock_behind_the_last_write_is_told_to_admins_and_on_the_command_line,
    lists_go_by_the_number_of_the_write_where_clocks_differ,
}

fn total(app: &App, as_of: &str) -> i64 {
    let asked = format!("/api/v1/research/aggregates?as_of={as_of}");
    app.researcher().get(&asked).expect(200).json()["rows"][0]["count"].as_i64().unwrap()
}

fn today(app: &App) -> String {
    app.clock.now().date_naive().to_string()
}

fn after_a_write_under_a_clock_ahead_people_sign_in_and_records_are_counted(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let ahead = TimeDelta::days(400);
    app.clock.advance(ahead);
    app.caseworker().create(Noun::Person, &json!({})).expect(401);
    // The tokens of the tests have ended by then: this is the write.
    attest::store::sessions::clear_notice(&app.store, &host()).unwrap();
    app.clock.advance(-ahead);
    assert!(clock::behind(&app.store).unwrap().is_some());
    assert!(person.browser(app).is_in());
    let made = app.caseworker().enter(Noun::Person, &json!({})).json();
    assert_eq!(made["known_on"], json!(today(app)));
    assert_eq!(total(app, &today(app)), 1);
    let created: chrono::DateTime<chrono::Utc> = made["created_at"].as_str().unwrap().parse().unwrap();
    assert!((app.clock.now() - created).abs() < TimeDelta::minutes(10), "{created}");
    // The audit's stamp stays where it was.
    let stamp: chrono::DateTime<chrono::Utc> = made["written_at"].as_str().unwrap().parse().unwrap();
    assert!(stamp - app.clock.now() > TimeDelta::days(399), "{stamp}");
}

fn what_gives_access_does_not_live_longer_because_a_clock_ran_ahead(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let used = person.next_code(app);
    Browser::new(app).attempt(&person.name, &person.passphrase, &used).expect(303);
    app.clock.advance(TimeDelta::minutes(10));
    let browser = person.browser(app);
    assert!(browser.is_in());
    let lasting = TimeDelta::hours(1);
    let token = accounts::create_token(&app.store, "kai", Role::Caseworker, lasting, Purpose::Api).unwrap();
    app.bearing(&token).get("/api/v1/staff/persons").expect(200);
    app.clock.advance(TimeDelta::minutes(-10));
    assert!(!browser.is_in(), "a session that was opened in the future");
    app.bearing(&token).get("/api/v1/staff/persons").problem(401, "unauthenticated");
    // Those used before are not forgotten for it.
    Browser::new(app).attempt(&person.name, &person.passphrase, &used).expect(403);
    // The second factor is good all the same, though the step of one in the future was used.
    let fresh = person.browser(app);
    app.clock.advance(TimeDelta::minutes(29));
    assert!(fresh.is_in());
    app.clock.advance(TimeDelta::minutes(30));
    assert!(!fresh.is_in());
}

fn records_that_a_clock_dated_ahead_are_repaired_by_an_audited_write(app: &App) {
    app.caseworker().enter(Noun::Person, &json!({}));
    app.clock.advance(TimeDelta::days(3));
    let wrong = app.caseworker().enter(Noun::Person, &json!({"ground": "threatened_by_relatives"}));
    app.clock.advance(TimeDelta::days(-3));
    let before = format!("/api/v1/research/aggregates?as_of={}&at_write={}", today(app), app.contents().write);
    let answer = app.researcher().get(&before).expect(200).json();
    assert_eq!(total(app, &today(app)), 1, "it is known only from a day that has not come");
    let told = run(attest_on(app.home).args(["clock", "check"]));
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains("1 records are known only from a day that has not come"), "{told:?}");

    // The command line goes by the machine's clock, which is the test's to some seconds.
    let done = run(attest_on(app.home).args(["clock", "repair"])).done();
    assert!(done.out.contains(&format!("person {}", wrong.id())) && done.out.contains("1 repaired"), "{done:?}");
    assert_eq!(total(app, &today(app)), 2);
    assert_eq!(app.researcher().get(&before).expect(200).json()["rows"], answer["rows"], "what was answered stays");
    let mended = app.caseworker().get(&wrong.path(Noun::Person)).expect(200).json();
    assert_eq!(mended["ground"], json!("threatened_by_relatives"));
    let entry = app.auditor().get("/api/v1/staff/audit?limit=200").expect(200).items();
    let entry = entry.iter().find(|line| line["action"] == "clock.repair").expect("an entry");
    assert!(entry["details"].to_string().contains(&wrong.id()), "{entry}");
    // There is nothing left to do, and nothing is written for it.
    app.unchanged(|| assert!(clock::repair(&app.store, &host()).unwrap().is_empty()));
}

fn two_processes_whose_clocks_differ_by_two_minutes_both_let_people_in(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let other = Clock::new();
    other.advance(TimeDelta::minutes(2));
    let store = app.home.open_at(other.reader());
    let fast = App::serve(app.home, store, settings());
    // The phone goes by the slow clock.
    for _ in 0..2 {
        for process in [&fast, app] {
            let code = person.next_code(app);
            let mut browser = Browser::new(process);
            browser.attempt(&person.name, &person.passphrase, &code).expect(303);
            let mut there = Browser::new(if std::ptr::eq(process, app) { &fast } else { app });
            there.session.clone_from(&browser.session);
            assert!(there.is_in(), "the other process knows the session");
            browser.attempt(&person.name, &person.passphrase, &code).expect(403);
        }
    }
    // Each has failed as often as it was tried with a used code, and whoever has the right one is let in at once.
    assert!(clock::behind(&app.store).unwrap().is_none(), "two minutes are nothing to be told of");
}

fn a_clock_behind_the_last_write_is_told_to_admins_and_on_the_command_line(app: &App) {
    // From the second admin on, links wait for somebody who approves of them.
    let other = Person::new(app, "olga", Role::Caseworker);
    let person = Person::new(app, "kai", Role::Admin);
    let told = |answer: &str| answer.contains("clock is behind the last write");
    let desk = person.browser(app).get("/desk").expect(200).text();
    assert!(!told(&desk), "{desk}");
    run(attest_on(app.home).args(["clock", "check"])).done();
    app.clock.advance(TimeDelta::minutes(20));
    attest::store::sessions::clear_notice(&app.store, &host()).unwrap();
    app.clock.advance(TimeDelta::minutes(-20));
    let desk = person.browser(app).get("/desk").expect(200).text();
    assert!(told(&desk), "{desk}");
    let desk = other.browser(app).get("/desk").expect(200).text();
    assert!(!told(&desk), "whoever can do nothing about it is not troubled: {desk}");
    let checked = run(attest_on(app.home).args(["clock", "check"]));
    assert!(checked.code == Some(1) && checked.err.contains("behind the last write"), "{checked:?}");
    let clock_is = |state: &str| {
        let told = app.anybody().get("/health/ready").expect(200).json();
        let checks = told["checks"].as_array().unwrap().clone();
        let clock = checks.into_iter().find(|check| check["check"] == "clock").unwrap();
        (clock["state"] == state && told["status"] == "degraded").then_some(()).ok_or(told)
    };
    // A thread of its own looks from time to time.
    let told = (0..600).find(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        clock_is("behind").is_ok()
    });
    assert!(told.is_some(), "{:?}", clock_is("behind"));
    let serving = Serving::start(attest_on(app.home).args(["serve", "--listen", "127.0.0.1:0"]), LISTENS);
    let (_, log) = serving.stop();
    assert!(log.contains("behind the last write"), "{log}");
}

fn lists_go_by_the_number_of_the_write_where_clocks_differ(app: &App) {
    let codes = ["A", "B", "C", "D"];
    for code in codes {
        app.caseworker().enter(Noun::Person, &json!({"code": code}));
        app.clock.advance(TimeDelta::seconds(-30));
    }
    let walked = app.caseworker().walk("/api/v1/staff/persons?limit=1");
    assert_eq!(walked.iter().map(|item| item["code"].as_str().unwrap()).collect::<Vec<_>>(), codes);
}
