//! A database that another version of the programme has changed.

use attest::domain::record::Noun;
use attest::store::accounts;
use attest::store::backend::{OpenError, live_columns};
use attest::store::database::Store;
use attest::store::error::StoreError;
use serde_json::json;

use crate::support::app::contents;
use crate::support::cli::{attest_on, run};
use crate::support::{App, Backend, Home, on_both};

on_both! {
    bare:
    a_database_that_a_newer_programme_has_changed_is_refused_by_every_command,
    a_database_that_waits_for_its_migrations_is_brought_up_to_date_by_serving_alone,
}

on_both! {
    empty:
    what_is_served_ends_when_a_newer_programme_changes_the_database,
}

const COMMANDS: [&[&str]; 12] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["check"],
    &["audit", "verify"],
    &["audit", "checkpoint"],
    &["account", "list"],
    &["account", "add", "--role", "admin", "--name", "anna"],
    &["token", "list"],
    &["token", "create", "--role", "admin", "--name", "anna"],
    &["key", "status"],
    &["release", "show"],
    &["import", "persons", "rows.csv"],
    &["import", "--template", "persons"],
];

fn newest() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.max().unwrap().split('_').next().unwrap().to_owned()
}

fn apply(home: &Home, version: &str) {
    home.sql(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')"));
}

fn a_database_that_a_newer_programme_has_changed_is_refused_by_every_command(home: &Home) {
    std::fs::write(home.folder.join("rows.csv"), "code\nR-2\n").unwrap();
    let before = contents(&home.open());
    apply(home, "9041");
    home.sql("UPDATE instance_marks SET value = '7.3.1' WHERE key = 'programme'");
    for command in COMMANDS {
        let ended = run(attest_on(home).args(command));
        assert_eq!(ended.code, Some(1), "{command:?}: {ended:?}");
        for word in ["9041", "7.3.1", &newest(), env!("CARGO_PKG_VERSION"), "newer programme"] {
            assert!(ended.err.contains(word), "{command:?}: {word}: {ended:?}");
        }
    }
    assert!(matches!(
        Store::open(&home.database_url(), home.clock.reader()),
        Err(StoreError::Open(OpenError::Newer { .. }))
    ));
    // Negative control: without that migration it is opened again, and nothing was written.
    home.sql("DELETE FROM __diesel_schema_migrations WHERE version = '9041'");
    assert_eq!(contents(&home.open()), before);
}

fn a_database_that_waits_for_its_migrations_is_brought_up_to_date_by_serving_alone(home: &Home) {
    let blank = Home::blank(home.backend);
    let commands = &COMMANDS[if home.backend == Backend::Sqlite { 1 } else { 2 }..];
    std::fs::write(blank.folder.join("rows.csv"), "code\nR-2\n").unwrap();
    if home.backend == Backend::Sqlite {
        std::fs::write(blank.folder.join("test.db"), "").unwrap();
    }
    for command in commands {
        let ended = run(attest_on(&blank).args(*command));
        assert_eq!(ended.code, Some(1), "{command:?}: {ended:?}");
        assert!(ended.err.contains("holds no schema yet") && ended.err.contains(&newest()), "{command:?}: {ended:?}");
    }
    assert_eq!(live_columns(&mut blank.connect()).unwrap(), []);
    // One that lacks its newest migration: each says so, and none runs it.
    home.sql(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{}'", newest()));
    std::fs::write(home.folder.join("rows.csv"), "code\nR-2\n").unwrap();
    for command in &COMMANDS[1..] {
        let ended = run(attest_on(home).args(*command));
        assert_eq!(ended.code, Some(1), "{command:?}: {ended:?}");
        assert!(ended.err.contains("attest serve") && ended.err.contains(&newest()), "{command:?}: {ended:?}");
    }
    apply(home, &newest());
    drop(home.open());
}

fn what_is_served_ends_when_a_newer_programme_changes_the_database(app: &App) {
    app.caseworker().enter(Noun::Person, &json!({}));
    app.anybody().get("/health/ready").expect(200);
    let before = app.contents();
    apply(app.home, "9041");
    app.caseworker().create(Noun::Person, &json!({})).problem(503, "unavailable");
    // Not even a reading: it may not know what is to be hidden.
    app.caseworker().get("/api/v1/staff/persons").problem(503, "unavailable");
    assert!(app.store.write(&accounts::host(), "test", |_| Ok(())).is_err());
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let told = app.anybody().get("/health/ready").expect(503).json();
    assert!(
        told["checks"].as_array().unwrap().contains(&json!({"check": "schema", "state": "other_version"})),
        "{told}"
    );
    app.home.sql("DELETE FROM __diesel_schema_migrations WHERE version = '9041'");
    assert_eq!(contents(&app.home.open()), before);
}
