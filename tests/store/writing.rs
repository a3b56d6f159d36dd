//! The one door: writers stand in line, what fails leaves nothing, and readers cannot write.

use std::collections::BTreeSet;

use attest::domain::record::Noun;
use attest::store::accounts;
use attest::store::backend::{Access, Manager};
use attest::store::database::Outcome;
use attest::store::error::StoreError;
use attest::store::halt::Halt;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;

use crate::support::app::contents;
use crate::support::{App, Home, on_both};

on_both! {
    empty:
    forty_writers_at_once_all_write_and_the_numbers_have_no_gap,
    writers_in_two_processes_stand_in_one_line,
    readers_see_whole_writes_while_others_write,
}

on_both! {
    bare:
    a_reader_cannot_write,
    what_fails_or_is_abandoned_leaves_nothing,
    what_nobody_waits_for_any_more_leaves_nothing_and_what_commits_is_never_called_given_up,
    work_that_panics_leaves_nothing_and_the_next_write_works,
}

fn forty_writers_at_once_all_write_and_the_numbers_have_no_gap(app: &App) {
    let before = app.contents().write;
    let versions: BTreeSet<i64> = std::thread::scope(|scope| {
        let enter = || {
            let entered = || app.caseworker().enter(Noun::Person, &json!({})).json()["version"].as_i64().unwrap();
            [entered(), entered(), entered()]
        };
        let running: Vec<_> = (0..40).map(|_| scope.spawn(enter)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let expected: BTreeSet<_> = (before + 1..=before + 120).collect();
    assert_eq!(versions, expected);
    assert_eq!(app.contents().write, before + 120);
}

fn writers_in_two_processes_stand_in_one_line(app: &App) {
    // Two stores share nothing but the database, as two processes would.
    let other = App::start(app.home);
    let before = app.contents().write;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..20)
            .map(|at| {
                let app = if at % 2 == 0 { app } else { &other };
                scope.spawn(move || (0..4).for_each(|_| drop(app.caseworker().enter(Noun::Person, &json!({})))))
            })
            .collect();
        running.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(app.contents().write, before + 80);
    let keys = app.store.keys();
    let verdict = app.store.look(|conn| attest::store::chain::verify(conn, keys.as_deref(), |_, _| {})).unwrap();
    assert!(matches!(verdict, attest::store::chain::Verdict::Intact { .. }), "{verdict:?}");
}

fn readers_see_whole_writes_while_others_write(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &json!({"sex": "F"}));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut seen = made.clone();
            for at in 0..30 {
                let sex = ["M", "F"][at % 2];
                seen = app.caseworker().correct(Noun::Person, &seen, &json!({"sex": sex, "reason": sex})).expect(200);
            }
        });
        let read = || {
            let (mut last, mut reads) = (0, 0);
            while last < 31 && reads < 2000 {
                let record = app.caseworker().get(&made.path(Noun::Person)).expect(200).json();
                if !record["reason"].is_null() {
                    assert_eq!(record["sex"], record["reason"], "one version, not parts of two");
                }
                let history = app.caseworker().get(&format!("{}/history", made.path(Noun::Person))).expect(200).items();
                let current = history.iter().filter(|version| version["superseded_by"].is_null()).count();
                assert_eq!(current, 1, "one newest version at every moment");
                assert!(history.len() >= last, "what was there stays there");
                (last, reads) = (history.len(), reads + 1);
            }
        };
        let readers = [scope.spawn(read), scope.spawn(read)];
        writer.join().unwrap();
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

fn a_reader_cannot_write(home: &Home) {
    let statements = [
        "UPDATE chain_head SET write = 0",
        "DELETE FROM audit_entries",
        "INSERT INTO instance_marks (key, value) VALUES ('x', 'y')",
        "CREATE TABLE x (y INTEGER)",
        "DROP TABLE tokens",
    ];
    let store = home.open();
    let before = contents(&store);
    for statement in statements {
        let tried = store.look(|conn| Ok(diesel::sql_query(statement).execute(conn)?));
        assert!(matches!(tried, Err(StoreError::Unavailable(_))), "{statement}: {tried:?}");
        let mut conn = Manager::new(home.database_url(), Access::Read).open().unwrap();
        assert!(conn.batch_execute(statement).is_err(), "{statement}");
        let read = store.read(&accounts::host(), |session| Ok(diesel::sql_query(statement).execute(session.conn())?));
        assert!(read.is_err(), "{statement}");
    }
    assert_eq!(contents(&store), before);
    // The same statement would have worked with the right to write.
    home.sql("INSERT INTO instance_marks (key, value) VALUES ('x', 'y')");
}

const MARK: &str = "INSERT INTO instance_marks (key, value) VALUES ('x', 'y')";

fn what_fails_or_is_abandoned_leaves_nothing(home: &Home) {
    let store = home.open();
    let before = contents(&store);
    let failed = store.write(&accounts::host(), "test", |tx| {
        diesel::sql_query(MARK).execute(tx.conn())?;
        Err::<(), _>(StoreError::Stale)
    });
    assert!(matches!(failed, Err(StoreError::Stale)));
    let broken = store.write(&accounts::host(), "test", |tx| {
        diesel::sql_query(MARK).execute(tx.conn())?;
        Ok(diesel::sql_query(MARK).execute(tx.conn())?)
    });
    assert!(matches!(broken, Err(StoreError::Broken(_))), "{broken:?}");
    let abandoned = store.attempt(&accounts::host(), "test", |tx| {
        diesel::sql_query(MARK).execute(tx.conn())?;
        Ok(Outcome::Abandon(tx.write()))
    });
    assert_eq!(abandoned.unwrap(), Outcome::Abandon(before.write + 1));
    assert_eq!(contents(&store), before);
    // The mark can still be set, so that none of the three was kept; the number that they had is given now.
    let kept = store.write(&accounts::host(), "test", |tx| {
        diesel::sql_query(MARK).execute(tx.conn())?;
        Ok(tx.write())
    });
    assert_eq!(kept.unwrap(), before.write + 1);
}

fn work_that_panics_leaves_nothing_and_the_next_write_works(home: &Home) {
    let store = home.open();
    let before = contents(&store);
    let shared = store.clone();
    let panicked = std::thread::spawn(move || {
        shared.write(&accounts::host(), "test", |tx| {
            diesel::sql_query(MARK).execute(tx.conn())?;
            panic!("this panic is part of a test");
            #[expect(unreachable_code)]
            Ok(())
        })
    });
    assert!(panicked.join().is_err());
    assert_eq!(contents(&store), before);
    let kept = store.write(&accounts::host(), "test", |tx| {
        diesel::sql_query(MARK).execute(tx.conn())?;
        Ok(tx.write())
    });
    assert_eq!(kept.unwrap(), before.write + 1);
}

fn what_nobody_waits_for_any_more_leaves_nothing_and_what_commits_is_never_called_given_up(home: &Home) {
    let store = home.open();
    let before = contents(&store);
    let enter = |tx: &mut attest::store::session::Tx<'_>| {
        attest::store::changes::create(tx, attest::domain::person::PersonEntry::default(), &Default::default())
    };
    // Given up before it begins, between two steps, and after the last of them.
    let given_up = |at: usize| {
        let stop = std::sync::Arc::<Halt>::default();
        let told = stop.clone();
        let wanted = store.halted_by(stop.clone());
        if at == 0 {
            assert!(stop.stop());
        }
        let done = wanted.write(&accounts::host(), "test", move |tx| {
            for step in 1..=3 {
                enter(tx)?;
                if step == at {
                    assert!(told.stop());
                }
            }
            Ok(())
        });
        assert!(matches!(done, Err(StoreError::Cancelled)), "{at}: {done:?}");
        assert_eq!(contents(&store), before, "given up after step {at}");
        assert!(stop.stop(), "it stays given up");
    };
    (0..=3).for_each(given_up);
    let stop = std::sync::Arc::<Halt>::default();
    store.halted_by(stop.clone()).write(&accounts::host(), "test", move |tx| enter(tx).map(drop)).unwrap();
    assert!(!stop.stop(), "it is saved, and nobody may say that it is not");
    assert_eq!(contents(&store).write, before.write + 1);
    // Many at once: whoever was told that nothing is saved was told the truth.
    for round in 0..40_u64 {
        let (before, stop) = (contents(&store).write, std::sync::Arc::<Halt>::default());
        let wanted = store.halted_by(stop.clone());
        let writing =
            std::thread::spawn(move || wanted.write(&accounts::host(), "test", move |tx| enter(tx).map(drop)));
        std::thread::sleep(std::time::Duration::from_micros(round * 200));
        let told_nothing = stop.stop();
        let done = writing.join().unwrap();
        assert_eq!((done.is_err(), contents(&store).write), (told_nothing, before + i64::from(!told_nothing)));
    }
}
