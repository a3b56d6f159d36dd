//! The schema: up, down and up again, the same in both databases.

use std::collections::BTreeSet;
use std::path::Path;

use attest::exchange::seed;
use attest::store::backend::{live_columns, migrate, revert_all};

use crate::support::app::{Contents, contents};
use crate::support::{Backend, Data, Home, on_both, postgres, skip};

on_both! {
    bare:
    migrations_go_up_down_and_up,
    migrating_twice_changes_nothing,
    installing_twice_changes_nothing,
    several_processes_may_make_one_database_at_once,
    several_processes_may_install_the_vocabularies_at_once,
    several_processes_may_load_the_demonstration_at_once,
}

fn migrations(backend: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            for file in ["up.sql", "down.sql"] {
                let text = std::fs::read_to_string(entry.path().join(file)).unwrap();
                assert!(!text.trim().is_empty(), "{:?} {file}", entry.path());
            }
            entry.file_name().into_string().unwrap()
        })
        .collect()
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    let sqlite = migrations("sqlite");
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, migrations("postgres"));
}

#[test]
fn both_databases_have_the_same_columns() {
    if postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", "both_databases_have_the_same_columns");
    }
    let columns = |backend| {
        let home = Home::blank(backend);
        let mut conn = home.connect();
        migrate(&mut conn).unwrap();
        live_columns(&mut conn).unwrap().into_iter().collect::<BTreeSet<_>>()
    };
    let sqlite = columns(Backend::Sqlite);
    assert!(sqlite.len() > 50);
    assert_eq!(sqlite, columns(Backend::Postgres));
}

fn migrations_go_up_down_and_up(home: &Home) {
    let blank = Home::blank(home.backend);
    let mut conn = blank.connect();
    assert!(live_columns(&mut conn).unwrap().is_empty());
    let mut seen = Vec::new();
    for _ in 0..2 {
        migrate(&mut conn).unwrap();
        seen.push(live_columns(&mut conn).unwrap().into_iter().collect::<BTreeSet<_>>());
        revert_all(&mut conn).unwrap();
        assert_eq!(live_columns(&mut conn).unwrap(), [], "going down leaves nothing behind");
    }
    assert!(seen[0].len() > 50);
    assert_eq!(seen[0], seen[1]);
    migrate(&mut conn).unwrap();
    drop(conn);
    // What came up after going down is as good as new.
    seed::install(&blank.open()).unwrap();
    // And a database with records in it goes down too.
    let mut conn = home.connect();
    revert_all(&mut conn).unwrap();
    assert_eq!(live_columns(&mut conn).unwrap(), []);
}

fn migrating_twice_changes_nothing(home: &Home) {
    let before = contents(&home.open());
    let mut conn = home.connect();
    migrate(&mut conn).unwrap();
    migrate(&mut conn).unwrap();
    assert_eq!(contents(&home.open()), before);
}

fn installing_twice_changes_nothing(home: &Home) {
    let store = home.open();
    let before = contents(&store);
    seed::install(&store).unwrap();
    assert_eq!(contents(&store), before);
}

/// Does something in several threads, each with a store of its own, as processes would.
fn at_once(work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..6)
            .map(|at| {
                let work = &work;
                scope.spawn(move || work(at))
            })
            .collect();
        running.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

fn several_processes_may_make_one_database_at_once(home: &Home) {
    let blank = Home::blank(home.backend);
    at_once(|_| drop(blank.open()));
    assert!(live_columns(&mut blank.connect()).unwrap().len() > 50);
}

fn several_processes_may_install_the_vocabularies_at_once(home: &Home) {
    let blank = Home::blank(home.backend);
    let stores: Vec<_> = (0..6).map(|_| blank.open()).collect();
    at_once(|at| seed::install(&stores[at]).unwrap());
    let alone = Home::blank(home.backend);
    let store = alone.open();
    seed::install(&store).unwrap();
    assert_eq!(contents(&stores[0]).rows, contents(&store).rows, "the vocabularies are there once");
}

fn several_processes_may_load_the_demonstration_at_once(home: &Home) {
    let blank = Home::blank(home.backend);
    let stores: Vec<_> = (0..6).map(|_| blank.open()).collect();
    seed::install(&stores[0]).unwrap();
    at_once(|at| drop(seed::load_demo(&stores[at], Box::new(|_| {})).unwrap()));
    let demo = contents(&Home::new(home.backend, Data::Demo).open());
    let records = |contents: Contents| -> Vec<_> {
        let all = contents.rows.into_iter();
        all.filter(|(table, _)| table.ends_with("_versions") || *table == "records").collect()
    };
    assert_eq!(records(contents(&stores[0])), records(demo), "the founding data are there once");
}
