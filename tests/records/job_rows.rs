//! The rows of jobs: who may end them, how often they are tried, and how long what they hold is there.

use std::time::{Duration, Instant};

use attest::domain::policy::{Actor, Role};
use attest::domain::record::RecordId;
use attest::store::accounts;
use attest::store::database::Store;
use attest::store::error::StoreError;
use attest::store::jobs::{Done, Key, Kind, NewJob, State, Turn};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::json;

use crate::support::{App, Backend, Home, on_both};

on_both! {
    bare:
        a_job_whose_end_could_not_be_written_is_left_to_its_lease_and_not_called_cancelled,
        a_request_that_is_entered_anew_has_all_its_tries_and_nobody_of_before_can_commit_it,
        a_long_trial_replaces_the_file_that_waits_of_the_trial_before,
        what_ended_long_ago_is_forgotten_with_its_key,
        who_cannot_tell_another_process_to_cancel_says_so,
        a_publication_that_waited_for_long_is_not_done_any_more,
        what_was_cancelled_while_it_is_put_back_does_not_wait_again,
}

/// Every wait of these tests ends.
const PATIENCE: Duration = Duration::from_secs(240);

fn caseworker(store: &Store) -> Actor {
    let name = format!("test-{}", Role::Caseworker);
    store.look(|conn| Ok(accounts::named(conn, &name)?)).unwrap().unwrap().actor()
}

fn submit(store: &Store, kind: Kind, confirmable: bool, key: Option<&str>) -> RecordId {
    let parameters = json!({"noun": "persons", "dry_run": kind == Kind::ImportTrial, "confirmable": confirmable});
    let payload = Some(b"code,ground\nJ-1,witness\n".to_vec());
    let key = key.map(|key| Key { key: key.to_owned(), request: "request".to_owned() });
    let new = NewJob { kind, parameters, payload, key, total: None };
    store.jobs().submit(store.keys().as_deref(), &caseworker(store), &new).unwrap().0.id
}

fn take_up(store: &Store, id: RecordId, kind: Kind) -> Turn {
    let turn = store.jobs().next(store.keys().as_deref(), &[kind]).unwrap().unwrap();
    assert_eq!(turn.job.id, id);
    turn
}

fn state(store: &Store, id: RecordId) -> State {
    store.jobs().get(id).unwrap().unwrap().state
}

fn count(home: &Home, condition: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        value: i64,
    }
    let query = format!("SELECT COUNT(*) AS value FROM jobs WHERE {condition}");
    diesel::sql_query(query).get_result::<Count>(&mut home.connect()).unwrap().value
}

fn a_job_whose_end_could_not_be_written_is_left_to_its_lease_and_not_called_cancelled(home: &Home) {
    let store = home.open();
    let id = submit(&store, Kind::ImportTrial, false, None);
    let turn = take_up(&store, id, Kind::ImportTrial);
    // That it succeeded cannot be written; anything else could.
    let (break_it, mend_it) = match home.backend {
        Backend::Sqlite => (
            "CREATE TRIGGER broken BEFORE UPDATE ON jobs WHEN NEW.state = 'succeeded' \
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
            "DROP TRIGGER broken",
        ),
        Backend::Postgres => (
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$; \
             CREATE TRIGGER broken BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.state = 'succeeded') EXECUTE FUNCTION broken()",
            "DROP TRIGGER broken ON jobs; DROP FUNCTION broken()",
        ),
    };
    home.sql(break_it);
    turn.done(&Done::Told(json!({"created": 1})));
    home.sql(mend_it);
    assert_eq!((count(home, "state = 'running'"), count(home, "state = 'cancelled'")), (1, 0));
    home.sql("UPDATE jobs SET lease_until = requested_at");
    assert_eq!(state(&store, id), State::Failed);
    let problem = store.jobs().get(id).unwrap().unwrap().problem.unwrap();
    assert_eq!(problem["type"], "urn:attest:problem:interrupted");
}

fn a_request_that_is_entered_anew_has_all_its_tries_and_nobody_of_before_can_commit_it(home: &Home) {
    let store = home.open();
    let id = submit(&store, Kind::Import, false, Some("key"));
    let mut stale = Vec::new();
    for round in 0..3 {
        assert_eq!(submit(&store, Kind::Import, false, Some("key")), id, "{round}");
        let mut tries = 1;
        let mut turn = take_up(&store, id, Kind::Import);
        while turn.has_tries() {
            stale.push(turn.running.clone());
            turn.done(&Done::NotYet);
            turn = take_up(&store, id, Kind::Import);
            tries += 1;
        }
        assert_eq!(tries, 5, "{round}");
        stale.push(turn.running.clone());
        turn.failed(&json!({"type": "urn:attest:problem:unavailable"}));
        assert_eq!(state(&store, id), State::Failed);
    }
    submit(&store, Kind::Import, false, Some("key"));
    let turn = take_up(&store, id, Kind::Import);
    for running in stale.into_iter().map(Some).chain([None]) {
        let is_stale = running.is_some();
        let running = running.unwrap_or_else(|| turn.running.clone());
        let tried = store.write(&caseworker(&store), "import", move |tx| running.succeed(tx, &json!({"created": 0})));
        assert_eq!(matches!(tried, Err(StoreError::Cancelled)), is_stale, "{tried:?}");
    }
}

fn a_long_trial_replaces_the_file_that_waits_of_the_trial_before(home: &Home) {
    let app = App::start(home);
    let mut trials = Vec::new();
    for _ in 0..3 {
        let id = submit(&app.store, Kind::ImportTrial, true, None);
        let began = Instant::now();
        while !state(&app.store, id).is_finished() {
            assert!(began.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(state(&app.store, id), State::Succeeded);
        trials.push(id);
    }
    let (keys, own) = (app.store.keys(), caseworker(&app.store).account);
    let waits: Vec<bool> =
        trials.iter().map(|id| app.store.jobs().tried_file(keys.as_deref(), own, *id).unwrap().is_some()).collect();
    assert_eq!(waits, [false, false, true]);
    assert_eq!((count(home, "payload IS NOT NULL"), count(home, "state = 'succeeded'")), (1, 3));
}

fn what_ended_long_ago_is_forgotten_with_its_key(home: &Home) {
    let store = home.open();
    let old = submit(&store, Kind::Import, false, Some("old"));
    store.jobs().cancel(old).unwrap();
    let new = submit(&store, Kind::Import, false, Some("new"));
    store.jobs().cancel(new).unwrap();
    let open = submit(&store, Kind::Import, false, Some("open"));
    let age = |column: &str, id: RecordId, days: u32| {
        let then = match home.backend {
            Backend::Sqlite => {
                format!("strftime('%Y-%m-%dT%H:%M:%f', 'now', '-{days} days') || substr({column}, 24)")
            }
            Backend::Postgres => format!("now() - interval '{days} days'"),
        };
        home.sql(&format!("UPDATE jobs SET {column} = {then} WHERE CAST(id AS TEXT) = '{id}'"));
    };
    age("finished_at", old, 91);
    age("finished_at", new, 89);
    age("requested_at", open, 400);
    store.jobs().forget_old().unwrap();
    assert_eq!(store.jobs().get(old).unwrap(), None);
    assert_eq!((state(&store, new), state(&store, open)), (State::Cancelled, State::Queued));
    // Its key is that of a new request.
    assert_ne!(submit(&store, Kind::Import, false, Some("old")), old);
    assert_eq!(submit(&store, Kind::Import, false, Some("open")), open);
}

fn who_cannot_tell_another_process_to_cancel_says_so(home: &Home) {
    let (store, other) = (home.open(), home.open());
    let id = submit(&store, Kind::Import, false, None);
    let turn = take_up(&store, id, Kind::Import);
    // As the import does.
    let mut writing = home.connect();
    writing.batch_execute(if home.backend == Backend::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).unwrap();
    let told = other.jobs().cancel(id);
    match home.backend {
        Backend::Sqlite => {
            let why = told.unwrap_err();
            assert!(matches!(why, StoreError::Refused(text) if text.contains("through that process")), "{why}");
            // The process that does it can.
            assert!(store.jobs().cancel(id).unwrap().cancel_requested);
        }
        Backend::Postgres => assert!(told.unwrap().cancel_requested),
    }
    writing.batch_execute("ROLLBACK").unwrap();
    turn.failed(&json!({"type": "urn:attest:problem:internal"}));
    assert!(state(&other, id).is_finished());
}

fn a_publication_that_waited_for_long_is_not_done_any_more(home: &Home) {
    let store = home.open();
    let id = submit(&store, Kind::Publish, false, None);
    home.sql(match home.backend {
        Backend::Sqlite => "UPDATE jobs SET requested_at = '2018-04-03T00:00:00.000' || substr(requested_at, 24)",
        Backend::Postgres => "UPDATE jobs SET requested_at = requested_at - INTERVAL '2 hours'",
    });
    assert!(store.jobs().next(store.keys().as_deref(), &[Kind::Publish]).unwrap().is_none());
    let job = store.jobs().get(id).unwrap().unwrap();
    assert_eq!(job.state, State::Failed);
    assert_eq!(job.problem.unwrap()["type"], "urn:attest:problem:interrupted");
    // One that was asked for just now is.
    take_up(&store, submit(&store, Kind::Publish, false, None), Kind::Publish);
}

fn what_was_cancelled_while_it_is_put_back_does_not_wait_again(home: &Home) {
    let store = home.open();
    let id = submit(&store, Kind::Import, false, None);
    let turn = take_up(&store, id, Kind::Import);
    turn.running.is_at(1, Some(4));
    assert!(store.jobs().cancel(id).unwrap().cancel_requested);
    turn.done(&Done::NotYet);
    let job = store.jobs().get(id).unwrap().unwrap();
    assert_eq!((job.state, job.cancel_requested, job.done, job.total), (State::Cancelled, true, 1, Some(4)));
}
