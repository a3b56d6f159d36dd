//! Erasing on a PostgreSQL of which Attest is an ordinary owner: no superuser, no role of the server's. And what a wiping says of
//! what it cannot wipe.

use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::exchange::seed;
use attest::keys::keyring::Keyring;
use attest::store::accounts::{self, Purpose};
use attest::store::backend::{Scrubbed, Wiping};
use attest::store::jobs::{Kind, NewJob};
use chrono::{TimeDelta, Utc};
use data_encoding::HEXLOWER_PERMISSIVE;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use serde_json::json;

use super::desk::{act, erase, words};
use super::scan::{cluster, everywhere, files, hits, spellings};
use crate::support::database::account;
use crate::support::{App, Backend, Caller, Home, on_both, postgres, skip};

on_both! {
    bare:
    the_file_by_which_somebody_came_is_erased_with_the_person,
}

/// A database whose owner is nobody else on the server.
fn owned() -> Home {
    let mut home = Home::blank(Backend::Postgres);
    home.url = postgres::give_away(&home.url);
    let (keyring, code) = Keyring::create(&home.keys()).unwrap();
    keyring.confirm(&code, Utc::now()).unwrap();
    let store = home.open();
    seed::install(&store).unwrap();
    for role in Role::ALL {
        let lasting = TimeDelta::days(366);
        let token = accounts::create_token(&store, &account(role), role, lasting, Purpose::Api).unwrap();
        home.tokens.insert(role, token);
    }
    home
}

fn enter(staff: &Caller<'_>, tag: &str) -> String {
    let entry = json!({"code": format!("ERASED-{tag}"), "source_system": "intake", "external_id": format!("EXTERNAL-{tag}"),
        "name": "Agafya Zabytaya", "reason": format!("REASON-{tag}")});
    let id = staff.enter(Noun::Person, &entry).id();
    staff.enter(
        Noun::Incident,
        &json!({"code": format!("ERASED-{tag}-1"), "person": id, "kind": "torture", "date": "2017"}),
    );
    id
}

fn wiped(app: &App) {
    let started = Instant::now();
    while !app.store.wipe().unwrap() {
        assert!(started.elapsed() < Duration::from_secs(60), "the wiping is never done");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn node(app: &App, table: &str) -> Vec<String> {
    words(app, &format!("SELECT CAST(pg_relation_filenode('{table}') AS TEXT) AS value"))
}

/// What is in the files of the database, as the server's own user sees them.
fn in_files(app: &App, tag: &str) -> Vec<String> {
    postgres::flush();
    let number = words(app, "SELECT oid::text AS value FROM pg_database WHERE datname = current_database()").remove(0);
    let wanted: Vec<_> = ["ERASED", "EXTERNAL", "REASON"]
        .iter()
        .flat_map(|word| spellings(&format!("{word}-{tag}")).into_iter().take(1))
        .collect();
    let all = files(&cluster(app).join("data/base").join(number));
    all.iter()
        .filter_map(|file| Some((file, std::fs::read(file).ok()?)))
        .flat_map(|(file, bytes)| {
            let name = file.file_name().unwrap().to_string_lossy();
            let node = name.split(['.', '_']).next().unwrap();
            let relation =
                format!("SELECT relname::text AS value FROM pg_class WHERE CAST(relfilenode AS TEXT) = '{node}'");
            hits(&format!("{} {:?}", file.display(), words(app, &relation)), &bytes, &wanted)
        })
        .collect()
}

#[test]
fn an_ordinary_owner_wipes_what_was_erased_from_the_tables_that_were_touched() {
    if postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", "an_ordinary_owner_wipes_what_was_erased");
    }
    let home = owned();
    let app = App::start(&home);
    let super_user = "SELECT CAST(COUNT(*) AS TEXT) AS value FROM pg_roles WHERE rolname = current_user AND \
         (rolsuper OR pg_has_role(oid, 'pg_checkpoint', 'USAGE') OR pg_has_role(oid, 'pg_read_all_stats', 'USAGE'))";
    assert_eq!(words(&app, super_user), ["0"], "an ordinary owner");
    let staff = app.caseworker();
    let whole = enter(&staff, "8341");
    for number in 0..30 {
        staff.enter(
            Noun::Person,
            &json!({"code": format!("OTHER-{number}"), "external_id": number.to_string(), "source_system": "intake"}),
        );
    }
    app.sql("ANALYZE");
    assert!(in_files(&app, "8341").len() > 3, "the scan finds what is there");
    let untouched = ["term_versions", "audit_entries", "figure_versions", "consent_versions", "tokens"];
    let before = untouched.map(|table| node(&app, table));
    let touched = node(&app, "person_versions");
    erase(&staff, &whole);
    wiped(&app);
    let found = in_files(&app, "8341");
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(untouched.map(|table| node(&app, table)), before, "tables that were not touched are left alone");
    assert_ne!(node(&app, "person_versions"), touched);
    // When all is done nothing is done again.
    let touched = node(&app, "person_versions");
    app.unchanged(|| assert!(app.store.wipe().unwrap()));
    assert_eq!(node(&app, "person_versions"), touched);
}

#[test]
fn while_somebody_uses_a_table_its_wiping_waits_and_holds_up_no_writer() {
    if postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", "while_somebody_uses_a_table_its_wiping_waits");
    }
    let home = owned();
    let app = App::start(&home);
    let staff = app.caseworker();
    let whole = enter(&staff, "77");
    act(&staff, Noun::Person, &whole, "erasure", &json!({"reason": "requested"})).expect(200);
    let other = enter(&staff, "78");
    // Began after the erasure, so that what was erased could go; but it holds the table.
    let mut user = app.connect();
    user.batch_execute("BEGIN; LOCK TABLE person_versions IN ACCESS SHARE MODE").unwrap();
    act(&staff, Noun::Person, &other, "erasure", &json!({"reason": "requested"})).expect(200);
    let slowest_of_a_round = |round: usize| {
        std::thread::scope(|scope| {
            let wiping = scope.spawn(|| {
                let started = Instant::now();
                let mut tries = 0;
                while tries < 2 || started.elapsed() < Duration::from_secs(8) {
                    assert!(!app.store.wipe().unwrap(), "the table is in use");
                    tries += 1;
                }
            });
            let mut slowest = Duration::ZERO;
            let mut number = 0;
            while !wiping.is_finished() {
                let started = Instant::now();
                staff.enter(Noun::Person, &json!({"code": format!("WRITER-{round}-{number}")}));
                slowest = slowest.max(started.elapsed());
                number += 1;
            }
            wiping.join().unwrap();
            slowest
        })
    };
    // Two hundred milliseconds a try, and what a slow machine adds; it was ten seconds, in every round.
    let longest = Duration::from_secs(7);
    assert!((0..5).any(|round| slowest_of_a_round(round) < longest), "writers were held up in every round");
    let left = app.store.wipe_as(Wiping::WhileOthersWork).unwrap();
    assert!(left.iter().any(|(table, why)| table == "person_versions" && *why == Scrubbed::Used), "{left:?}");
    drop(user);
    wiped(&app);
    assert!(in_files(&app, "77").is_empty() && in_files(&app, "78").is_empty());
}

fn the_file_by_which_somebody_came_is_erased_with_the_person(home: &Home) {
    let id = {
        let store = home.open();
        let name = account(Role::Caseworker);
        let actor = store.look(|conn| Ok(accounts::named(conn, &name)?)).unwrap().unwrap().actor();
        let payload = Some(b"code,ground,name\nUPLOADED-1,witness,Agafya Zabytaya\n".to_vec());
        let parameters = json!({"noun": "persons", "dry_run": false});
        let new = NewJob { kind: Kind::Import, parameters, payload, key: None, total: None };
        store.jobs().submit(store.keys().as_deref(), &actor, &new).unwrap().0.id
    };
    let hex = match home.backend {
        Backend::Sqlite => "hex(payload)",
        Backend::Postgres => "encode(payload, 'hex')",
    };
    let file = words(home, &format!("SELECT {hex} AS value FROM jobs")).remove(0);
    let file = HEXLOWER_PERMISSIVE.decode(file.as_bytes()).unwrap();
    let traces = [("the uploaded file".to_owned(), file[..32].to_vec())];
    let app = App::start(home);
    let began = Instant::now();
    while !app.store.jobs().get(id).unwrap().unwrap().state.is_finished() {
        assert!(began.elapsed() < Duration::from_secs(240));
        std::thread::sleep(Duration::from_millis(50));
    }
    let staff = app.caseworker();
    let person = staff.get("/api/v1/staff/persons?code=UPLOADED-1").expect(200).items()[0]["id"].clone();
    if home.backend == Backend::Postgres {
        assert!(!everywhere(home, &traces).is_empty(), "the scan finds what is there");
    }
    erase(&staff, person.as_str().unwrap());
    wiped(&app);
    let found = everywhere(home, &traces);
    assert!(found.is_empty(), "{found:#?}");
}

/// The job of a wiping, once it is finished.
fn wiping(staff: &Caller<'_>, erased: &serde_json::Value) -> serde_json::Value {
    let (path, began) = (format!("/api/v1/staff/jobs/{}", erased["job"].as_str().unwrap()), Instant::now());
    loop {
        let job = staff.get(&path).expect(200).json();
        if !matches!(job["state"].as_str().unwrap(), "queued" | "running") {
            return job;
        }
        assert!(began.elapsed() < Duration::from_secs(240), "{job}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_cannot_be_wiped_now_is_told_as_what_it_is() {
    if postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", "what_cannot_be_wiped_now_is_told_as_what_it_is");
    }
    let home = owned();
    let app = App::start(&home);
    let staff = app.caseworker();
    let [large, broken] = ["91", "92"].map(|tag| enter(&staff, tag));
    enter(&staff, "93");
    // Too large to be rewritten while others work.
    app.sql(
        "ALTER TABLE jobs ALTER payload SET STORAGE EXTERNAL; \
         INSERT INTO jobs (id, kind, account_id, state, requested_at, finished_at, attempt, done, cancel_requested, parameters, \
         payload, payload_until) SELECT gen_random_uuid(), 'import_trial', id, 'cancelled', now(), now(), 1, 0, false, '{}', \
         decode(repeat('ab', 68000000), 'hex'), now() + interval '1 hour' FROM accounts WHERE name = 'test-caseworker'",
    );
    let answer = erase(&staff, &large).json();
    let job = wiping(&staff, &answer);
    assert_eq!((&answer["wiped"], &job["state"]), (&json!(false), &json!("failed")), "{job}");
    let detail = job["problem"]["detail"].as_str().unwrap();
    assert!(detail.contains("attest wipe") || detail.contains("tried again"), "{detail}");
    let tried = words(&app, "SELECT CAST(MAX(attempt) AS TEXT) AS value FROM jobs WHERE kind = 'wipe'");
    assert_eq!(tried, ["1"], "the rest is not for the job");
    let why = |table: &str| {
        // Who reads at that moment is waited for.
        let began = Instant::now();
        loop {
            let left = app.store.wipe_as(Wiping::WhileOthersWork).unwrap();
            let came = left.into_iter().find(|(left, _)| left == table).map(|(_, why)| why);
            if came != Some(Scrubbed::Used) || began.elapsed() > Duration::from_secs(60) {
                return came;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    assert_eq!(why("jobs"), Some(Scrubbed::Large));
    app.sql("DELETE FROM jobs WHERE kind = 'import_trial'");
    let began = Instant::now();
    while !app.store.wipe_as(Wiping::WhileNobodyWorks).unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(200));
    }
    // What breaks is no reader.
    let function = "CREATE OR REPLACE FUNCTION broken(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS";
    app.sql(&format!("{function} $$ BEGIN RETURN $1; END $$; CREATE INDEX breaks ON person_versions (broken(state))"));
    app.sql(&format!("{function} $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"));
    erase(&staff, &broken);
    let came = why("person_versions");
    assert!(matches!(&came, Some(Scrubbed::Failed(why)) if why.contains("the disk is full")), "{came:?}");
    app.sql("DROP INDEX breaks");
    wiped(&app);
    // Nor is a table of somebody else.
    let last = enter(&staff, "94");
    postgres::take_table(&home.url, "person_versions");
    erase(&staff, &last);
    assert_eq!(why("person_versions"), Some(Scrubbed::NotAllowed));
}

/// Wipes what the server noted of columns while `open` has a transaction, and again when it has ended.
fn noted_waits_for(test: &str, tag: &str, open: impl FnOnce(&Home) -> PgConnection) {
    if postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", test);
    }
    let home = owned();
    let app = App::start(&home);
    let staff = app.caseworker();
    let whole = enter(&staff, tag);
    app.sql("ANALYZE");
    let mut transaction = open(&home);
    let erased = erase(&staff, &whole).json();
    assert_eq!(wiping(&staff, &erased)["state"], "failed");
    app.sql("ANALYZE; DELETE FROM instance_marks WHERE key LIKE 'wipe:%' AND key <> 'wipe:pg_statistic'");
    let left = app.store.wipe_as(Wiping::WhileOthersWork).unwrap();
    assert_eq!(left, [("pg_statistic".to_owned(), Scrubbed::Used)]);
    transaction.batch_execute("ROLLBACK").unwrap();
    wiped(&app);
    let found: Vec<_> = in_files(&app, tag).into_iter().filter(|hit| hit.contains("pg_statistic")).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_the_server_noted_of_columns_waits_for_readers_whom_nobody_may_see() {
    noted_waits_for("what_the_server_noted_of_columns_waits_for_readers", "95", |home| {
        // Somebody else's, of whom an ordinary owner is not told what is seen.
        let mut reader = postgres::connect(&home.url);
        reader.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").unwrap();
        reader
    });
}

#[test]
fn what_the_server_noted_of_columns_waits_for_whoever_writes_in_another_database() {
    noted_waits_for("what_the_server_noted_of_columns_waits_for_whoever_writes", "96", |_| {
        // While it goes on, a session of this database that begins after the analysis still sees what was noted before it.
        let mut writer = postgres::elsewhere();
        writer.batch_execute("BEGIN; SELECT txid_current()").unwrap();
        writer
    });
}
