//! Long work: it is answered before it is done, done once, and what is said of it is what happened.

use std::time::{Duration, Instant};

use attest::domain::policy::{Actor, Role};
use attest::domain::record::{Noun, RecordId};
use attest::store::accounts::{self, Purpose};
use attest::store::database::Store;
use attest::store::error::StoreError;
use attest::store::jobs::{Job, Kind, NewJob, State};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde_json::{Value, json};

use crate::support::{Answer, App, Backend, Caller, Home, on_both};

on_both! {
    empty:
        a_long_file_is_answered_before_it_is_imported_and_is_stored_once_however_often_it_is_sent,
        a_short_file_that_is_sent_again_with_its_key_is_stored_once,
        a_key_belongs_to_one_request,
        a_key_whose_job_saved_nothing_is_free_for_what_was_mended,
        what_is_odd_in_a_file_is_told_by_its_job_without_what_stands_in_it,
        a_client_that_waits_gets_what_a_short_file_would_get,
        a_wrong_long_file_names_rows_and_columns_and_nothing_that_stands_in_it,
        what_was_cancelled_is_never_stored_and_what_was_stored_is_never_called_cancelled,
        a_job_is_seen_by_every_process_and_by_nobody_but_who_asked_for_it,
        jobs_are_listed_page_by_page_the_newest_first,
        a_request_that_nobody_understands_as_a_preference_is_answered_as_ever,
}

on_both! {
    bare:
        what_was_uploaded_waits_encrypted_and_is_wiped_at_the_end,
        a_job_whose_process_is_gone_has_failed_and_cannot_commit_any_more,
        a_job_whose_lease_ran_out_has_failed_by_the_time_of_the_database,
        a_request_that_failed_is_done_again_under_its_key,
}

const IMPORTS: &str = "/api/v1/staff/imports";
/// Every wait of these tests ends.
const PATIENCE: Duration = Duration::from_secs(240);

fn send(caller: &Caller<'_>, parameters: &str, headers: &[(&str, &str)], file: &str) -> Answer {
    let headers = [&[("Content-Type", "text/csv")], headers].concat();
    caller.send("POST", &format!("{IMPORTS}?{parameters}"), &headers, file.as_bytes().to_vec())
}

fn rows(from: usize, count: usize) -> String {
    let rows: String = (from..from + count).map(|row| format!("J-{row},witness\n")).collect();
    format!("code,ground\n{rows}")
}

fn persons(app: &App) -> i64 {
    let (_, count) = *app.contents().rows.iter().find(|(table, _)| *table == "person_versions").unwrap();
    count
}

#[track_caller]
fn accepted(answer: &Answer) -> String {
    let job = answer.clone().expect(202).json();
    let location = answer.header("location").unwrap().to_owned();
    assert_eq!(location, format!("/api/v1/staff/jobs/{}", job["id"].as_str().unwrap()));
    location
}

fn a_long_file_is_answered_before_it_is_imported_and_is_stored_once_however_often_it_is_sent(app: &App) {
    let file = rows(0, 900);
    let caller = app.caseworker();
    let sent = |_| send(&caller, "noun=persons", &[("Idempotency-Key", "long")], &file);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|number| scope.spawn(move || sent(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let locations: std::collections::BTreeSet<_> = answers.iter().map(accepted).collect();
    assert_eq!(locations.len(), 1, "one request is one job: {locations:?}");
    let location = locations.first().unwrap();
    let job = caller.finished(location);
    assert_eq!((&job["state"], &job["result"]["created"]), (&json!("succeeded"), &json!(900)), "{job}");
    assert_eq!((&job["problem"], &job["kind"]), (&Value::Null, &json!("import")));
    assert_eq!(persons(app), 900);
    // Whoever sends it once more is told what came of it.
    let again = send(&caller, "noun=persons", &[("Idempotency-Key", "long")], &file).expect(200);
    assert_eq!((again.header("idempotent-replayed"), again.json()), (Some("true"), job["result"].clone()));
    assert_eq!(persons(app), 900);
    // The audit names the job, once.
    let audit = app.auditor().get("/api/v1/staff/audit?limit=50").expect(200).items();
    let named = audit.iter().filter(|entry| entry["details"]["job"] == job["id"]).count();
    assert_eq!(named, 1, "{audit:?}");
}

fn a_short_file_that_is_sent_again_with_its_key_is_stored_once(app: &App) {
    let (file, caller) = (rows(0, 5), app.caseworker());
    // Without codes nothing else tells the rows from those of before.
    let nameless = "ground,sex\nwitness,F\nwitness,M\n";
    for (key, file, count) in [("short", file.as_str(), 5), ("nameless", nameless, 7)] {
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let send = || send(&caller, "noun=persons", &[("Idempotency-Key", key)], file);
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(send)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().expect(200)).collect()
        });
        let first = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_none()).count();
        assert_eq!((first, persons(app)), (1, count));
        assert!(answers.iter().all(|answer| answer.json() == answers[0].json()));
        let later = app.unchanged(|| send(&caller, "noun=persons", &[("Idempotency-Key", key)], file).expect(200));
        assert_eq!(later.json(), answers[0].json());
    }
    // A file that was refused is looked at anew, and a trial stores nothing.
    let wrong = "code,ground\nJ-W,nonsense\n";
    for _ in 0..2 {
        app.unchanged(|| send(&caller, "noun=persons", &[("Idempotency-Key", "wrong")], wrong).problem(422, "invalid"));
        let tried = [("Idempotency-Key", "tried")];
        app.unchanged(|| send(&caller, "noun=persons&dry_run=true", &tried, "ground\nwitness\n").expect(200));
    }
}

fn a_key_belongs_to_one_request(app: &App) {
    let caller = app.caseworker();
    let key = [("Idempotency-Key", "one")];
    send(&caller, "noun=persons", &key, &rows(0, 3)).expect(200);
    let reused = |answer: Answer| drop(answer.problem(422, "idempotency_key_reused"));
    app.unchanged(|| {
        reused(send(&caller, "noun=persons", &key, &rows(10, 3)));
        reused(send(&caller, "noun=persons", &key, &rows(10, 700)));
        reused(send(&caller, "noun=sources", &key, &rows(0, 3)));
    });
    caller.post_with("/api/v1/staff/persons", &[("Idempotency-Key", "two")], &json!({})).expect(201);
    app.unchanged(|| {
        reused(send(&caller, "noun=persons", &[("Idempotency-Key", "two")], &rows(20, 3)));
        reused(send(&caller, "noun=persons", &[("Idempotency-Key", "two")], &rows(20, 700)));
        send(&caller, "noun=persons", &[("Idempotency-Key", "with space")], &rows(20, 3)).refuses(
            400,
            "Idempotency-Key",
            "malformed",
        );
    });
    // Of somebody else it is another key.
    send(&app.publisher(), "noun=persons", &key, &rows(30, 3)).expect(200);
}

fn a_key_whose_job_saved_nothing_is_free_for_what_was_mended(app: &App) {
    let caller = app.caseworker();
    let key = [("Idempotency-Key", "mended")];
    let wrong = format!("{}J-W,nonsense\n", rows(0, 600));
    let failed = accepted(&send(&caller, "noun=persons", &key, &wrong));
    assert_eq!(caller.finished(&failed)["state"], "failed");
    // Mended and short, it needs no job; whoever sends it twice is told what came of it.
    let short = rows(0, 3);
    let first = send(&caller, "noun=persons", &key, &short).expect(200);
    assert_eq!((first.header("idempotent-replayed"), first.json()["created"].clone()), (None, json!(3)));
    let again = app.unchanged(|| send(&caller, "noun=persons", &key, &short).expect(200));
    assert_eq!((again.header("idempotent-replayed"), again.json()), (Some("true"), first.json()));
    app.unchanged(|| send(&caller, "noun=persons", &key, &wrong).problem(422, "idempotency_key_reused"));
    // The job that failed says so still.
    assert_eq!(caller.get(&failed).expect(200).json()["state"], "failed");
    // A key under which a file was imported is taken for a record too.
    let person = |key| caller.post_with("/api/v1/staff/persons", &[("Idempotency-Key", key)], &json!({}));
    app.unchanged(|| person("mended").problem(422, "idempotency_key_reused"));
    // A trial uses no key up, short or long.
    let tried = [("Idempotency-Key", "tried")];
    let long = rows(100, 600);
    let trial = accepted(&send(&caller, "noun=persons&dry_run=true", &tried, &long));
    assert_eq!(caller.finished(&trial)["result"]["created"], 600);
    let made = accepted(&send(&caller, "noun=persons", &tried, &long));
    assert_eq!(caller.finished(&made)["result"]["created"], 600);
    assert_eq!(persons(app), 603);
}

fn what_is_odd_in_a_file_is_told_by_its_job_without_what_stands_in_it(app: &App) {
    let (caller, admin) = (app.caseworker(), app.admin());
    for (code, sex) in [("CANARY-A", "F"), ("CANARY-B", "M")] {
        caller.enter(Noun::Person, &json!({"code": code, "sex": sex}));
    }
    let term = json!({"vocabulary": "ground", "code": "canary_ground", "label_en": "A word", "definition_en": "What it means."});
    let term = admin.enter(Noun::Term, &term);
    admin.withdraw(Noun::Term, &term, "not used any more").expect(200);
    caller.enter(Noun::Source, &json!({"code": "S-1", "type": "interview"}));
    let linkage = "person,canonical,sources,reason\nCANARY-A,CANARY-B,S-1,one passport\n";
    let retired = "code,ground\nP-1,witness\nP-2,canary_ground\n";
    for (noun, file, row, told) in [
        ("linkages", linkage, 2, "what the two records say differs: look at the decision"),
        ("persons", retired, 3, "a code of this row is retired; it is taken all the same"),
    ] {
        let answer = send(&caller, &format!("noun={noun}"), &[("Prefer", "respond-async")], file);
        let location = accepted(&answer);
        let job = caller.finished(&location);
        let warning = &job["result"]["warnings"][0];
        assert_eq!((&warning["row"], &warning["detail"]), (&json!(row), &json!(told)), "{job}");
        assert!(!said(app.home, &location).to_lowercase().contains("canary"));
    }
}

fn a_client_that_waits_gets_what_a_short_file_would_get(app: &App) {
    let caller = app.caseworker();
    let short = send(&caller, "noun=persons", &[], &rows(0, 2)).expect(200).json();
    // More than a request waits for, on a machine that is slow enough.
    let long = send(&caller, "noun=persons", &[("Prefer", "wait=25")], &rows(100, 600));
    assert_eq!(long.header("preference-applied"), Some("wait=25"));
    let long = match long.status {
        202 => caller.finished(&accepted(&long))["result"].clone(),
        _ => long.expect(200).json(),
    };
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((keys(&long), &long["created"]), (keys(&short), &json!(600)));
    let made_long = send(&caller, "noun=persons", &[("Prefer", "respond-async")], &rows(1000, 2));
    assert_eq!(made_long.header("preference-applied"), Some("respond-async"));
    assert_eq!(caller.finished(&accepted(&made_long))["result"], short);
    assert_eq!(persons(app), 604);
}

fn a_request_that_nobody_understands_as_a_preference_is_answered_as_ever(app: &App) {
    for (at, prefer) in
        ["wait=soon", "handling=lenient, x;y", "wait=", ";;=,", "wait=99999999999999999999"].iter().enumerate()
    {
        send(&app.caseworker(), "noun=persons", &[("Prefer", prefer)], &rows(at * 10, 2)).expect(200);
    }
}

/// Everything that the row of a job says, but its file.
fn said(home: &Home, location: &str) -> String {
    #[derive(QueryableByName)]
    struct Said {
        #[diesel(sql_type = Nullable<Text>)]
        value: Option<String>,
    }
    let id = location.rsplit('/').next().unwrap();
    let query = format!(
        "SELECT COALESCE(parameters, '') || COALESCE(result, '') || COALESCE(problem, '') || COALESCE(key, '') || \
         COALESCE(request_hash, '') AS value FROM jobs WHERE CAST(id AS TEXT) = '{id}'"
    );
    diesel::sql_query(query).get_result::<Said>(&mut home.connect()).unwrap().value.unwrap()
}

fn a_wrong_long_file_names_rows_and_columns_and_nothing_that_stands_in_it(app: &App) {
    let caller = app.caseworker();
    let good: String = (0..600).map(|row| format!("J-{row},witness,,\n")).collect();
    let wrong = format!("code,ground,sex,name\n{good}J CANARY,canary,Q-canary,Canary Name\nJ-1,witness,,canary\n");
    // Without its header, the first row is taken for one.
    let headless = format!("P-Canary,witness,Canary Name\n{}", "J-1,witness,x\n".repeat(600));
    // What one row says stands in the way of another.
    let twice = "J-T,canary,1\nJ-U,canary,1\n";
    let rows: String = (0..600).map(|row| format!("K-{row},base,{row}\n")).collect();
    let taken = format!("code,source_system,external_id\n{rows}{twice}");
    for (key, file) in [("canary-1", wrong), ("canary-2", headless), ("canary-3", taken)] {
        let location = accepted(&send(&caller, "noun=persons", &[("Idempotency-Key", key)], &file));
        let job = caller.finished(&location);
        assert_eq!((&job["state"], &job["problem"]["status"]), (&json!("failed"), &json!(422)), "{job}");
        let errors = job["problem"]["errors"].as_array().unwrap();
        let least = if key == "canary-3" { 1 } else { 3 };
        assert!(errors.len() >= least && errors.iter().all(|error| error["row"].is_u64()), "{job}");
        let columns: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        if key == "canary-1" {
            assert!(columns.contains(&"ground") && columns.contains(&"sex"), "{columns:?}");
            assert_eq!(errors[0]["row"], 602, "{job}");
        } else if key == "canary-3" {
            assert_eq!(columns, ["external_id"]);
        } else {
            assert!(columns.contains(&"#1") && columns.contains(&"#3"), "{columns:?}");
        }
        let row = said(app.home, &location).to_lowercase();
        assert!(!row.contains("canary") && !job.to_string().to_lowercase().contains("canary"), "{row}");
        // Nothing of it was saved, so that it is looked at anew.
        accepted(&send(&caller, "noun=persons", &[("Idempotency-Key", key)], &file));
        caller.finished(&location);
    }
    assert_eq!(persons(app), 0);
}

fn what_was_cancelled_is_never_stored_and_what_was_stored_is_never_called_cancelled(app: &App) {
    let caller = app.caseworker();
    let (mut cancelled, mut stored) = (0, 0);
    for round in 0..12_usize {
        let count = 60;
        let file = rows(round * 1_000, count);
        let location = accepted(&send(&caller, "noun=persons", &[("Prefer", "respond-async")], &file));
        if round > 0 {
            std::thread::sleep(Duration::from_millis(round as u64 * round as u64 * 8));
        }
        let answer = caller.post(&format!("{location}/cancellation"), &json!({}));
        let job = caller.finished(&location);
        match job["state"].as_str().unwrap() {
            "cancelled" => {
                cancelled += 1;
                answer.expect(200);
                assert_eq!(job["result"], Value::Null);
            }
            // It had begun to commit before it was cancelled.
            "succeeded" => {
                stored += count as i64;
                answer.problem(409, "refused");
            }
            state => panic!("{state}: {job}"),
        }
        assert_eq!(persons(app), stored, "round {round}: {job}");
        let late = app.unchanged(|| caller.post(&format!("{location}/cancellation"), &json!({})));
        assert_eq!(late.status, if job["state"] == "cancelled" { 200 } else { 409 });
    }
    assert!(cancelled > 0, "none was cancelled in time");
}

fn a_job_is_seen_by_every_process_and_by_nobody_but_who_asked_for_it(app: &App) {
    let location = accepted(&send(&app.caseworker(), "noun=persons", &[("Prefer", "respond-async")], &rows(0, 3)));
    let other = App::start(app.home);
    let job = other.caseworker().finished(&location);
    assert_eq!(job["result"]["created"], 3);
    let lasting = TimeDelta::days(1);
    let token = accounts::create_token(&app.store, "other", Role::Caseworker, lasting, Purpose::Api).unwrap();
    for stranger in [app.bearing(&token), app.publisher()] {
        app.unchanged(|| {
            stranger.get(&location).problem(404, "not_found");
            stranger.post(&format!("{location}/cancellation"), &json!({})).problem(404, "not_found");
        });
        assert_eq!(stranger.get("/api/v1/staff/jobs").expect(200).items(), Vec::<Value>::new());
    }
    for role in [Role::Admin, Role::Researcher, Role::Auditor] {
        app.by(role).get(&location).problem(403, "forbidden");
    }
    assert_eq!(app.caseworker().get("/api/v1/staff/jobs").expect(200).items(), [job]);
    // A token sees what came of the work that it may ask for itself.
    let limited = |scopes: &[attest::domain::policy::Action]| {
        let name = "test-caseworker";
        let scopes = Some(scopes.to_vec());
        attest::store::tokens::create_scoped(&app.store, name, Role::Caseworker, lasting, Purpose::Api, scopes).unwrap()
    };
    use attest::domain::policy::Action::{ReadFigures, WriteCases};
    app.bearing(&limited(&[WriteCases])).get(&location).expect(200);
    app.bearing(&limited(&[ReadFigures])).get(&location).problem(403, "forbidden");
}

fn jobs_are_listed_page_by_page_the_newest_first(app: &App) {
    let caller = app.caseworker();
    let mut asked: Vec<String> = (0..5)
        .map(|round| {
            let answer = send(&caller, "noun=persons", &[("Prefer", "respond-async")], &rows(round * 10, 1));
            caller.finished(&accepted(&answer))["id"].as_str().unwrap().to_owned()
        })
        .collect();
    asked.reverse();
    let listed = |path: &str| -> Vec<String> {
        caller.walk(path).iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed("/api/v1/staff/jobs"), asked);
    assert_eq!(listed("/api/v1/staff/jobs?limit=2"), asked);
    caller.get("/api/v1/staff/jobs?limit=0").refuses(400, "limit", "out_of_range");
    caller.get("/api/v1/staff/jobs?after=x").refuses(400, "after", "malformed");
}

/// The account of a role in every test database.
fn actor(store: &Store, role: Role) -> Actor {
    let name = format!("test-{role}");
    store.look(|conn| Ok(accounts::named(conn, &name)?)).unwrap().unwrap().actor()
}

fn import(file: &str) -> NewJob {
    let parameters = json!({"noun": "persons", "dry_run": false});
    let payload = Some(file.as_bytes().to_vec());
    let key = attest::store::jobs::Key { key: "key".into(), request: "request".into() };
    NewJob { kind: Kind::Import, parameters, payload, key: Some(key), total: None }
}

fn submit(store: &Store, file: &str) -> RecordId {
    let keys = store.keys();
    let caseworker = actor(store, Role::Caseworker);
    store.jobs().submit(keys.as_deref(), &caseworker, &import(file)).unwrap().0.id
}

/// How many rows meet a condition.
fn count(home: &Home, table: &str, condition: &str) -> i64 {
    home.number(&format!("SELECT COUNT(*) AS value FROM {table} WHERE {condition}"))
}

fn what_was_uploaded_waits_encrypted_and_is_wiped_at_the_end(home: &Home) {
    let store = home.open();
    let file = "code,ground,name\nJ-1,witness,Zarema Canary\n";
    let id = submit(&store, file);
    assert_eq!(count(home, "jobs", "payload IS NOT NULL AND state = 'queued'"), 1);
    // Neither the file nor a part of it lies in the database.
    let found = match home.backend {
        Backend::Sqlite => "instr(payload, CAST('Canary' AS BLOB)) > 0 OR instr(payload, CAST('witness' AS BLOB)) > 0",
        Backend::Postgres => "position('Canary'::bytea in payload) > 0 OR position('witness'::bytea in payload) > 0",
    };
    assert_eq!(count(home, "jobs", found), 0);
    // A process that starts later does what was asked for.
    let app = App::start(home);
    let began = Instant::now();
    while !app.store.jobs().get(id).unwrap().unwrap().state.is_finished() {
        assert!(began.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(app.store.jobs().get(id).unwrap().unwrap().state, State::Succeeded);
    assert_eq!((count(home, "jobs", "payload IS NOT NULL"), persons(&app)), (0, 1));
}

/// Takes the job up as a process does that then goes on without hearing anything, and tries to commit it after `meanwhile`.
fn commit_after(home: &Home, meanwhile: impl FnOnce(RecordId)) -> (Job, Result<(), StoreError>) {
    let store = home.open();
    let id = submit(&store, &rows(0, 1));
    let keys = store.keys();
    let turn = store.jobs().next(keys.as_deref(), &[Kind::Import]).unwrap().unwrap();
    assert_eq!(turn.job.id, id);
    meanwhile(id);
    // Another process looks.
    let seen = home.open().jobs().get(id).unwrap().unwrap();
    let running = turn.running.clone();
    let tried = store.write(&actor(&store, Role::Caseworker), "import", move |tx| {
        attest::store::changes::create(tx, attest::domain::person::PersonEntry::default(), &Default::default())?;
        running.succeed(tx, &json!({"created": 1}))
    });
    (seen, tried)
}

fn a_job_whose_process_is_gone_has_failed_and_cannot_commit_any_more(home: &Home) {
    // The process number of the holder is that of one that began at another time.
    let gone = |id: RecordId| {
        home.sql(&format!("UPDATE jobs SET holder = holder || '1' WHERE CAST(id AS TEXT) = '{id}'"));
        if !cfg!(target_os = "linux") {
            home.sql("UPDATE jobs SET lease_until = requested_at");
        }
    };
    let (seen, tried) = commit_after(home, gone);
    assert_eq!(seen.state, State::Failed);
    assert_eq!(seen.problem.unwrap()["type"], "urn:attest:problem:interrupted");
    assert!(matches!(tried, Err(StoreError::Cancelled)), "{tried:?}");
    assert_eq!((count(home, "person_versions", "1 = 1"), count(home, "jobs", "payload IS NOT NULL")), (0, 0));
    // Of one that is there nobody says so.
    home.sql("DELETE FROM jobs");
    let (seen, tried) = commit_after(home, |_| home.sql("UPDATE jobs SET lease_until = requested_at"));
    assert_eq!(seen.state, State::Running, "this very process runs it");
    tried.unwrap();
    assert_eq!((count(home, "person_versions", "1 = 1"), count(home, "jobs", "state = 'succeeded'")), (1, 1));
}

fn a_job_whose_lease_ran_out_has_failed_by_the_time_of_the_database(home: &Home) {
    let elsewhere = "UPDATE jobs SET holder = 'another machine 1 1'";
    // The clock of this process says nothing about it.
    home.clock.advance(TimeDelta::days(1));
    let (seen, tried) = commit_after(home, |_| home.sql(elsewhere));
    assert_eq!(seen.state, State::Running, "its lease is good still");
    tried.unwrap();
    home.sql("DELETE FROM jobs");
    home.clock.advance(TimeDelta::days(-2));
    let (seen, tried) = commit_after(home, |_| home.sql(&format!("{elsewhere}, lease_until = requested_at")));
    assert_eq!(seen.state, State::Failed);
    assert!(matches!(tried, Err(StoreError::Cancelled)), "{tried:?}");
    assert_eq!(count(home, "person_versions", "1 = 1"), 1);
}

fn a_request_that_failed_is_done_again_under_its_key(home: &Home) {
    let store = home.open();
    let id = submit(&store, &rows(0, 2));
    store.jobs().cancel(id).unwrap();
    assert_eq!(store.jobs().get(id).unwrap().unwrap().state, State::Cancelled);
    assert_eq!(count(home, "jobs", "payload IS NOT NULL"), 0);
    // Nothing was saved: the same request is the same job once more.
    assert_eq!(submit(&store, &rows(0, 2)), id);
    assert_eq!(store.jobs().get(id).unwrap().unwrap().state, State::Queued);
    let app = App::start(home);
    let began = Instant::now();
    while persons(&app) < 2 {
        assert!(began.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(submit(&store, &rows(0, 2)), id);
    assert_eq!((persons(&app), count(home, "jobs", "1 = 1")), (2, 1));
}
