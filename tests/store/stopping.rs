//! What nobody waits for stops, what takes too long stops, and neither holds up whoever enters cases.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::http::app::Settings;
use attest::keys::keyring::Keyring;
use attest::store::accounts::{self, Purpose};
use attest::store::backend::{self, Access, Manager, Waits};
use attest::store::database::Store;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::support::app::settings;
use crate::support::client::path_of;
use crate::support::people::Person;
use crate::support::{App, Backend, Home, on_both};

on_both! {
    bare:
    forty_abandoned_questions_stop_and_hold_up_nobody_meanwhile,
    a_question_that_takes_too_long_is_stopped_and_told_so,
    a_slow_answer_is_not_said_to_be_a_slow_request,
    a_write_is_answered_though_another_process_is_frozen_inside_of_one,
}

/// For what ends in a moment on any machine that is not stuck.
const LONGEST: Duration = Duration::from_secs(120);
/// For what must not end by itself while a test runs.
const FOR_EVER: Duration = Duration::from_secs(3600);
const QUESTION: &str = "/api/v1/research/aggregates?measure=persons&kind=torture";

#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < LONGEST, "not within {LONGEST:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// From now on a question about incidents takes hours: each of them is there a million times, and each row takes a while.
fn make_questions_slow(home: &Home) {
    home.sql("ALTER TABLE incident_versions RENAME TO kept_incident_versions");
    home.sql(match home.backend {
        Backend::Sqlite => {
            "CREATE VIEW incident_versions AS \
             WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) \
             SELECT v.* FROM kept_incident_versions v, n WHERE (WITH RECURSIVE c(y) AS \
             (SELECT n.x UNION ALL SELECT y + 1 FROM c WHERE y < n.x + 20000) SELECT MAX(y) FROM c) > 0"
        }
        Backend::Postgres => {
            "CREATE VIEW incident_versions AS SELECT v.* FROM kept_incident_versions v \
             CROSS JOIN generate_series(1, 1000000) AS n(x) WHERE CAST(pg_sleep(0.01 + 0 * n.x) AS TEXT) IS NOT NULL"
        }
    });
}

fn make_questions_quick(home: &Home) {
    home.sql("DROP VIEW incident_versions");
    home.sql("ALTER TABLE kept_incident_versions RENAME TO incident_versions");
}

fn serve<'h>(home: &'h Home, change: impl FnOnce(&mut Settings)) -> App<'h> {
    let mut own = Settings { longest_count: FOR_EVER, longest_request: FOR_EVER, ..settings() };
    change(&mut own);
    let app = App::serve(home, home.open(), own);
    let staff = app.caseworker();
    staff.enter(Noun::Person, &json!({"code": "P"}));
    staff.enter(Noun::Incident, &json!({"person": "P", "kind": "torture", "date": "2017"}));
    assert_eq!(app.researcher().get(QUESTION).expect(200).json()["rows"][0]["count"], 1);
    app
}

fn researcher(app: &App, name: &str) -> String {
    accounts::create_token(&app.store, name, Role::Researcher, TimeDelta::days(1), Purpose::Api).unwrap()
}

fn ask_and_do_not_wait(app: &App, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).unwrap();
    write!(stream, "GET {QUESTION} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n").unwrap();
    stream
}

fn forty_abandoned_questions_stop_and_hold_up_nobody_meanwhile(home: &Home) {
    let app = serve(home, |_| ());
    let (one, two, third) = (researcher(&app, "one"), researcher(&app, "two"), researcher(&app, "third"));
    let person = Person::new(&app, "kai", Role::Caseworker);
    make_questions_slow(home);
    let asked: Vec<_> = (0..40).map(|at| ask_and_do_not_wait(&app, if at % 2 == 0 { &one } else { &two })).collect();
    wait_until("two questions are counted", || app.store.counting_now() == 2);

    // Whoever enters cases is not held up, nor whoever signs in.
    let staff = app.caseworker();
    for _ in 0..10 {
        let entered = staff.enter(Noun::Person, &json!({}));
        staff.get(&entered.path(Noun::Person)).expect(200);
        staff.get(&path_of(Noun::Person)).expect(200);
    }
    assert!(person.browser(&app).is_in());
    // Whoever counts already is told so, and so is whoever cannot count now.
    let again = app.bearing(&one).get(QUESTION).problem(429, "too_many_requests");
    assert!(
        again.header("retry-after").is_some() && again.text().contains("one question at a time"),
        "{}",
        again.text()
    );
    let full = app.bearing(&third).get(QUESTION).problem(503, "unavailable");
    assert!(full.header("retry-after").is_some() && full.text().contains("too many questions"), "{}", full.text());

    // Negative control: by themselves they do not end.
    assert_eq!(app.store.counting_now(), 2);
    drop(asked);
    wait_until("nothing is counted any more", || app.store.counting_now() == 0);
    make_questions_quick(home);
    for token in [&one, &two, &third] {
        assert_eq!(app.bearing(token).get(QUESTION).expect(200).json()["rows"][0]["count"], 1);
    }
}

fn a_question_that_takes_too_long_is_stopped_and_told_so(home: &Home) {
    let app = serve(home, |own| own.longest_count = Duration::from_secs(2));
    make_questions_slow(home);
    let answer = app.researcher().get(QUESTION).problem(504, "took_too_long");
    assert!(answer.header("retry-after").is_some());
    wait_until("nothing is counted any more", || app.store.counting_now() == 0);
    make_questions_quick(home);
    app.researcher().get(QUESTION).expect(200);
}

fn a_slow_answer_is_not_said_to_be_a_slow_request(home: &Home) {
    let app = serve(home, |own| own.longest_request = Duration::from_secs(2));
    make_questions_slow(home);
    let answer = app.researcher().get(QUESTION).problem(504, "took_too_long");
    assert!(answer.header("retry-after").is_some());
    // What the service gave up itself stops too.
    wait_until("nothing is counted any more", || app.store.counting_now() == 0);
}

fn a_write_is_answered_though_another_process_is_frozen_inside_of_one(home: &Home) {
    let waits = Waits { lock: Duration::from_secs(1), silence: Duration::from_secs(4) };
    let store = Store::open_waiting(&home.database_url(), home.clock.reader(), waits).unwrap();
    store.unlock(Keyring::open(&home.keys()).unwrap()).unwrap();
    let app = App::serve(home, store, settings());
    let staff = app.caseworker();
    let enter = || staff.post(&path_of(Noun::Person), &json!({}));
    enter().expect(201);

    let mut frozen = Manager::waiting(home.database_url(), Access::Write, waits).open().unwrap();
    backend::begin_write(&mut frozen).unwrap();
    frozen.batch_execute("UPDATE chain_head SET write = write").unwrap();
    let answer = enter();
    let refused = answer.problem(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    // Reading goes on.
    staff.get(&path_of(Noun::Person)).expect(200);
    if home.backend == Backend::Sqlite {
        // No server is there to end it; the operator ends the process.
        backend::roll_back(&mut frozen).unwrap();
    }
    wait_until("a write is kept", || enter().status == 201);
    if home.backend == Backend::Postgres {
        assert!(frozen.batch_execute("SELECT 1").is_err(), "the frozen session goes on");
    }
}
