//! Long work and the processes that do it: one that is killed in the middle, one that is asked to end, one that looks on.

use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use serde_json::{Value, json};

use crate::support::app::contents;
use crate::support::cli::{Serving, attest_on, run};
use crate::support::{Home, on_both};

on_both! {
    bare:
    what_a_killed_process_was_doing_has_failed_and_nothing_of_it_is_stored,
    a_job_that_runs_when_the_service_ends_is_whole_or_not_at_all,
    jobs_are_listed_shown_and_cancelled_from_the_command_line,
    that_no_job_can_be_looked_for_is_said_once,
}

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];
const ROWS: usize = 5_000;
/// Every wait of these tests ends.
const PATIENCE: Duration = Duration::from_secs(240);

fn serve(home: &Home) -> Serving {
    // Nobody reads its log while it serves, and a full pipe would hold it up.
    Serving::start(attest_on(home).args(["serve", "--log", "error"]).args(LISTEN), "http://")
}

fn ask(home: &Home, method: &str, address: &str, body: Option<&str>) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let bearer = format!("Bearer {}", home.tokens[&Role::Caseworker]);
    let request = ureq::http::Request::builder().method(method).uri(address).header("Authorization", bearer);
    let request = request.header("Content-Type", "text/csv").header("Idempotency-Key", "killed");
    let mut response = match body {
        Some(body) => agent.run(request.body(body.to_owned()).unwrap()).unwrap(),
        None => agent.run(request.body(()).unwrap()).unwrap(),
    };
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}")))
}

fn file(rows: usize) -> String {
    let rows: String = (0..rows).map(|row| format!("K-{row},witness\n")).collect();
    format!("code,ground\n{rows}")
}

fn import(home: &Home, serving: &Serving, rows: usize) -> String {
    let (status, job) =
        ask(home, "POST", &format!("{}/api/v1/staff/imports?noun=persons", serving.lines[0]), Some(&file(rows)));
    assert_eq!(status, 202, "{job}");
    job["id"].as_str().unwrap().to_owned()
}

fn job(home: &Home, serving: &Serving, id: &str) -> Value {
    let (status, job) = ask(home, "GET", &format!("{}/api/v1/staff/jobs/{id}", serving.lines[0]), None);
    assert_eq!(status, 200, "{job}");
    job
}

/// The job, once this is so.
#[track_caller]
fn once(home: &Home, serving: &Serving, id: &str, so: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let job = job(home, serving, id);
        if so(&job) {
            return job;
        }
        assert!(began.elapsed() < PATIENCE, "{job}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_finished(job: &Value) -> bool {
    !matches!(job["state"].as_str().unwrap(), "queued" | "running")
}

fn persons(home: &Home) -> i64 {
    let (_, count) = *contents(&home.open()).rows.iter().find(|(table, _)| *table == "person_versions").unwrap();
    count
}

fn what_a_killed_process_was_doing_has_failed_and_nothing_of_it_is_stored(home: &Home) {
    let first = serve(home);
    let id = import(home, &first, ROWS);
    let seen = once(home, &first, &id, |job| is_finished(job) || job["progress"]["done"].as_i64() > Some(20));
    assert_eq!(seen["state"], "running", "it was done before it could be killed: {seen}");
    // Killed, as by a power cut.
    drop(first);
    let second = serve(home);
    let job = once(home, &second, &id, is_finished);
    let told = (&job["state"], &job["problem"]["type"], &job["result"]);
    assert_eq!(told, (&json!("failed"), &json!("urn:attest:problem:interrupted"), &Value::Null));
    assert_eq!(persons(home), 0);
    // As the problem says, it can be sent again, with its key; then it is stored once.
    let (status, again) =
        ask(home, "POST", &format!("{}/api/v1/staff/imports?noun=persons", second.lines[0]), Some(&file(ROWS)));
    assert_eq!((status, &again["id"]), (202, &json!(id)), "{again}");
    let cancelled = ask(home, "POST", &format!("{}/api/v1/staff/jobs/{id}/cancellation", second.lines[0]), Some(""));
    assert_eq!(cancelled.0, 200, "{}", cancelled.1);
    assert_eq!(once(home, &second, &id, is_finished)["state"], "cancelled");
    assert_eq!(persons(home), 0);
}

fn a_job_that_runs_when_the_service_ends_is_whole_or_not_at_all(home: &Home) {
    let first = serve(home);
    let id = import(home, &first, 2_000);
    once(home, &first, &id, |job| is_finished(job) || job["progress"]["done"].as_i64() > Some(5));
    let (code, log) = first.stop();
    assert_eq!(code, Some(0), "{log}");
    let stored = persons(home);
    let second = serve(home);
    let job = once(home, &second, &id, is_finished);
    match job["state"].as_str().unwrap() {
        "succeeded" => assert_eq!(stored, 2_000),
        "failed" => assert_eq!((stored, &job["problem"]["type"]), (0, &json!("urn:attest:problem:interrupted"))),
        state => panic!("{state}: {job}"),
    }
    assert_eq!(persons(home), stored);
}

fn jobs_are_listed_shown_and_cancelled_from_the_command_line(home: &Home) {
    let serving = serve(home);
    let id = import(home, &serving, 600);
    let shown = run(attest_on(home).args(["job", "show", &id, "--wait", "200"])).done().out;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["state"], &shown["result"]["created"]), (&json!("succeeded"), &json!(600)), "{shown}");
    let listed = run(attest_on(home).args(["job", "list"])).done().out;
    assert!(listed.starts_with(&format!("{id} succeeded import\n")), "{listed}");
    let late = run(attest_on(home).args(["job", "cancel", &id])).refused().err;
    assert!(late.contains("finished already"), "{late}");
    let nobody = "01997c1e-0000-7000-8000-000000000000";
    let missing = run(attest_on(home).args(["job", "show", nobody])).refused().err;
    assert!(missing.contains("no such job"), "{missing}");
}

fn that_no_job_can_be_looked_for_is_said_once(home: &Home) {
    let serving = Serving::start(attest_on(home).args(["serve", "--log", "warn"]).args(LISTEN), "http://");
    for _ in 0..2 {
        home.sql("ALTER TABLE jobs RENAME TO jobs_away");
        // It is looked for each second.
        std::thread::sleep(Duration::from_secs(6));
        home.sql("ALTER TABLE jobs_away RENAME TO jobs");
        std::thread::sleep(Duration::from_secs(6));
    }
    let (code, log) = serving.stop();
    let said = log.matches("it cannot be looked whether there is a job to do").count();
    assert!(code == Some(0) && (1..=4).contains(&said), "{said}: {log}");
}
