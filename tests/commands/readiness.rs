//! What readiness says when something is amiss, and that it says so in time.

use std::process::Command;
use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::cli::{LISTENS, Serving, attest, attest_on};
use crate::support::client::Answer;
use crate::support::forward::{self, Forward};
use crate::support::{App, Backend, Caller, Data, Home, on_both, postgres, skip};

on_both! {
    empty:
    all_is_well_and_every_part_says_so,
    a_lock_that_somebody_holds_holds_up_no_answer,
    a_keyring_that_is_away_is_told,
    what_cannot_be_written_is_told_until_it_can,
}

fn state(answer: &Answer, check: &str) -> Value {
    let checks = answer.json()["checks"].as_array().unwrap().clone();
    checks.iter().find(|line| line["check"] == check).map_or(Value::Null, |line| line["state"].clone())
}

/// Asks until an answer is as expected: a look is good for a second.
fn wait(ask: impl Fn() -> Answer, expected: impl Fn(&Answer) -> bool) -> Answer {
    let started = Instant::now();
    loop {
        let answer = ask();
        if expected(&answer) {
            return answer;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{}", answer.text());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn ready(app: &App) -> Answer {
    app.anybody().get("/health/ready")
}

/// Waits until all is well: a slow machine may look for longer than readiness waits.
fn well(app: &App) -> Answer {
    wait(|| ready(app), |answer| answer.status == 200)
}

fn all_is_well_and_every_part_says_so(app: &App) {
    let answer = app.unchanged(|| well(app));
    assert_eq!(answer.json()["status"], "ready");
    let checks = answer.json()["checks"].as_array().unwrap().clone();
    let mut expected = vec!["database", "schema", "writer", "disk", "keyring", "clock"];
    if app.backend == Backend::Sqlite {
        expected.splice(4..4, ["file", "pages"]);
        // Nobody checks the pages but `serve`.
        assert_eq!(state(&answer, "pages"), "checking");
    }
    assert_eq!(checks.iter().map(|line| line["check"].as_str().unwrap()).collect::<Vec<_>>(), expected);
    let ok = |line: &&Value| line["state"] == "ok";
    assert_eq!(checks.iter().filter(ok).count(), 6 + usize::from(app.backend == Backend::Sqlite), "{}", answer.text());
}

fn a_lock_that_somebody_holds_holds_up_no_answer(app: &App) {
    well(app);
    let mut writer = app.connect();
    attest::store::backend::begin_write(&mut writer).unwrap();
    diesel::connection::SimpleConnection::batch_execute(&mut writer, "UPDATE chain_head SET write = write").unwrap();
    std::thread::sleep(Duration::from_millis(1_100));
    let answer = wait(|| ready(app), |answer| answer.status == 200 && state(answer, "writer") == "busy");
    assert_eq!(answer.json()["status"], "ready");
    attest::store::backend::roll_back(&mut writer).unwrap();
    wait(|| ready(app), |answer| answer.status == 200 && state(answer, "writer") == "ok");
}

fn a_keyring_that_is_away_is_told(app: &App) {
    let (here, away) = (app.keys().file(), app.keys().folder.join("away"));
    std::fs::rename(&here, &away).unwrap();
    let told = wait(|| ready(app), |answer| answer.status == 200 && state(answer, "keyring") == "unreadable");
    assert_eq!(told.json()["status"], "degraded");
    std::fs::rename(&away, &here).unwrap();
    wait(|| ready(app), |answer| answer.status == 200 && state(answer, "keyring") == "ok");
}

fn what_cannot_be_written_is_told_until_it_can(app: &App) {
    well(app);
    // As a full disk would.
    let (make, mend) = match app.backend {
        Backend::Sqlite => (
            "CREATE TRIGGER full_disk BEFORE INSERT ON instance_marks BEGIN SELECT RAISE(ABORT, 'the disk is full'); END; \
             CREATE TRIGGER full_too BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
            "DROP TRIGGER full_disk; DROP TRIGGER full_too",
        ),
        Backend::Postgres => (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$; \
             CREATE TRIGGER full_disk BEFORE INSERT ON instance_marks FOR EACH ROW EXECUTE FUNCTION full_disk(); \
             CREATE TRIGGER full_too BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION full_disk()",
            "DROP TRIGGER full_disk ON instance_marks; DROP TRIGGER full_too ON audit_entries; DROP FUNCTION full_disk()",
        ),
    };
    app.home.sql(make);
    assert!(app.caseworker().create(Noun::Person, &json!({})).status >= 500);
    let told = wait(|| ready(app), |answer| state(answer, "disk") == "not_writable").expect(503);
    assert_eq!((told.json()["status"].as_str(), told.header("retry-after")), (Some("not_ready"), Some("5")));
    app.home.sql(mend);
    wait(|| ready(app), |answer| answer.status == 200 && state(answer, "disk") == "ok");
    app.caseworker().enter(Noun::Person, &json!({}));
}

#[test]
fn a_file_that_was_moved_away_is_told_and_nothing_is_written_into_it() {
    let home = Home::new(Backend::Sqlite, Data::Empty);
    let app = App::start(&home);
    well(&app);
    app.caseworker().enter(Noun::Person, &json!({"code": "P-1"}));
    let (here, away) = (home.folder.join("test.db"), home.folder.join("away.db"));
    std::fs::rename(&here, &away).unwrap();
    app.caseworker().create(Noun::Person, &json!({"code": "P-2"})).problem(503, "unavailable");
    let told = wait(|| ready(&app), |answer| state(answer, "file") == "replaced").expect(503);
    assert_eq!(told.json()["status"], "not_ready");
    std::fs::rename(&away, &here).unwrap();
    wait(|| ready(&app), |answer| answer.status == 200);
    app.caseworker().enter(Noun::Person, &json!({"code": "P-2"}));
}

fn caller<'a>(agent: &'a ureq::Agent, address: &str, token: Option<&str>) -> Caller<'a> {
    Caller::new(agent, address.strip_prefix("http://").unwrap().parse().unwrap(), token.map(str::to_owned))
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

#[test]
fn on_a_disk_that_is_full_reading_goes_on_and_readiness_says_why() {
    let home = Home::new(Backend::Sqlite, Data::Empty);
    // No file of this process may grow beyond four megabytes: then writing fails as it does on a full disk.
    let serve = attest_on(&home);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8192 || exit 9; exec \"$0\" serve --listen 127.0.0.1:0"]);
    limited.arg(serve.get_program()).current_dir(&home.folder).env("ATTEST_DATABASE_URL", &home.url);
    let serving = Serving::start(&mut limited, LISTENS);
    let agent = agent();
    let staff = caller(&agent, &serving.lines[0], Some(&home.tokens[&Role::Caseworker]));
    let anybody = caller(&agent, &serving.lines[0], None);
    wait(|| anybody.get("/health/ready"), |answer| answer.status == 200 && state(answer, "disk") == "ok");
    // Somebody reads all the time, so that the journal cannot be emptied and grows.
    let mut reader = home.connect();
    diesel::connection::SimpleConnection::batch_execute(&mut reader, "BEGIN; SELECT COUNT(*) FROM records").unwrap();
    let mut kept = 0;
    let refused = (0..2_000).find_map(|number| {
        let entry = json!({"code": format!("P-{number}"), "narrative": "what happened ".repeat(700)});
        let answer = staff.create(Noun::Person, &entry);
        kept += usize::from(answer.status == 201);
        (answer.status != 201).then_some(answer)
    });
    refused.expect("the disk is never full").problem(503, "unavailable");
    let told = wait(|| anybody.get("/health/ready"), |answer| state(answer, "disk") == "not_writable").expect(503);
    assert_eq!(state(&told, "database"), "ok");
    assert_eq!(staff.walk("/api/v1/staff/persons").len(), kept, "what was acknowledged is there");
}

#[test]
fn readiness_answers_while_the_database_does_not() {
    if postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", "readiness_answers_while_the_database_does_not");
    }
    let home = Home::new(Backend::Postgres, Data::Empty);
    let folder = forward::folder();
    let (url, own) = forward::address(&home, &folder);
    let forward = Forward::start(&folder, &own);
    let url = attest::store::backend::DatabaseUrl::parse(&url).unwrap();
    let store = attest::store::database::Store::open(&url, home.clock.reader()).unwrap();
    let app = App::serve(&home, store, crate::support::app::settings());
    well(&app);
    let frozen = forward.freeze();
    std::thread::sleep(Duration::from_millis(1_100));
    let started = Instant::now();
    let told = ready(&app).expect(503);
    // A second and a half, and what a slow machine adds; the database would hold it up for ever.
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(state(&told, "database"), "no_answer");
    app.anybody().get("/health/live").expect(200);
    drop(frozen);
    wait(|| ready(&app), |answer| answer.status == 200);
}

#[test]
fn a_database_that_is_not_there_yet_is_waited_for_and_the_wait_can_be_ended() {
    if postgres::programs().is_none() {
        return skip(
            "postgres",
            "PostgreSQL",
            "a_database_that_is_not_there_yet_is_waited_for_and_the_wait_can_be_ended",
        );
    }
    let home = Home::new(Backend::Postgres, Data::Empty);
    let folder = forward::folder();
    let (url, own) = forward::address(&home, &folder);
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let start = |address: &str, wait: &str| {
        let mut command = attest(&home.folder);
        command.env("ATTEST_DATABASE_URL", &url).args(["serve", "--listen", address, "--database-wait", wait]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    // Nothing to wait with: it ends at once and says why.
    let ended = start(&free(), "0").wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(1) && told.contains("cannot be opened"), "{told}");
    let agent = agent();
    let answers = |address: &str| {
        let started = Instant::now();
        while std::net::TcpStream::connect(address).is_err()
            || agent.get(format!("http://{address}/health/live")).call().is_err()
        {
            assert!(started.elapsed() < Duration::from_secs(60), "it does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    // Asked to end while it waits.
    let address = free();
    let waiting = start(&address, "3600");
    answers(&address);
    let anybody = Caller::new(&agent, address.parse().unwrap(), None);
    let told = anybody.get("/health/ready").expect(503);
    assert_eq!((told.json()["status"].as_str(), state(&told, "database")), (Some("starting"), json!("waiting")));
    anybody.get("/api/v1/figures").problem(503, "unavailable");
    assert!(Command::new("kill").args(["-TERM", &waiting.id().to_string()]).status().unwrap().success());
    let ended = waiting.wait_with_output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(0) && log.contains("is waited for"), "{:?} {log}", ended.status);
    // It comes, and is served.
    let address = free();
    let mut waiting = start(&address, "3600");
    answers(&address);
    let anybody = Caller::new(&agent, address.parse().unwrap(), None);
    anybody.get("/health/ready").expect(503);
    let _forward = Forward::start(&folder, &own);
    let started = Instant::now();
    // Between the two servers nobody may be listening to a connection that was just made.
    while agent.get(format!("http://{address}/health/ready")).call().map_or(0, |answer| answer.status().as_u16()) != 200
    {
        assert!(started.elapsed() < Duration::from_secs(120), "it is never ready");
        std::thread::sleep(Duration::from_millis(200));
    }
    waiting.kill().unwrap();
    waiting.wait().unwrap();
}
