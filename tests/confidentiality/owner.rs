//! Erasing on a PostgreSQL of which Attest is an ordinary owner: no superuser, no role of the server's.

use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::exchange::seed;
use attest::keys::keyring::Keyring;
use attest::store::accounts::{self, Purpose};
use attest::store::backend::{Scrubbed, Wiping};
use chrono::{TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use serde_json::json;

use super::desk::{act, erase, words};
use super::scan::{cluster, files, hits, spellings};
use crate::support::database::account;
use crate::support::{App, Backend, Caller, Home, postgres, skip};

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
        .flat_map(|(file, bytes)| hits(&file.display().to_string(), &bytes, &wanted))
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
