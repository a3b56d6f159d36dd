//! `attest key rotate`: whatever it is cut off by, everything stays readable, and a second run completes it.

use std::collections::BTreeSet;

use attest::keys::files::private_folder;
use attest::keys::keyring::{Keyring, RecoveryCode};
use attest::store::accounts;
use attest::store::data_keys;
use attest::store::error::StoreError;
use attest::store::schema::data_keys as keys_table;
use chrono::Utc;
use diesel::prelude::*;

use super::subjects::{self, assert_readable, fill};
use super::tools::{self, code_in_file, typing};
use crate::support::cli::{Ended, attest_on, run};
use crate::support::{Home, on_both};

on_both! {
    bare:
    a_rotation_wraps_every_data_key_anew_and_running_servers_go_on,
    a_rotation_that_was_cut_off_anywhere_is_completed_by_the_next,
    the_earlier_code_opens_until_the_new_one_is_confirmed,
    an_older_copy_of_the_keyring_wraps_nothing_and_opens_nothing_new,
    two_rotations_at_once_leave_everything_readable,
}

fn rotate(home: &Home) -> Ended {
    tools::rotate(home).0.done()
}

/// The recovery code of a rotation.
fn rotated(home: &Home) -> RecoveryCode {
    let (ended, path) = tools::rotate(home);
    ended.done();
    RecoveryCode::read(&code_in_file(&path)).unwrap()
}

fn masters(home: &Home) -> BTreeSet<String> {
    home.open().look(|conn| Ok(data_keys::masters_in_use(conn)?)).unwrap().into_iter().collect()
}

fn a_rotation_wraps_every_data_key_anew_and_running_servers_go_on(home: &Home) {
    let subjects = subjects::some(home, 30);
    let server = home.open();
    fill(&server, &subjects[..20]).unwrap();
    let (old, _) = server.keys().unwrap().master().unwrap();
    assert_eq!(masters(home), BTreeSet::from([old.clone()]));
    let ended = rotate(home);
    assert!(ended.out.contains("20 data keys"), "{}", ended.out);
    let (new, _) = Keyring::open(&home.keys()).unwrap().master().unwrap();
    assert_ne!(old, new);
    assert_eq!(masters(home), BTreeSet::from([new.clone()]), "every one");
    assert!(Keyring::open(&home.keys()).unwrap().master_of(&old).is_none(), "the earlier one is forgotten");
    // The server has not read the keyring since.
    assert!(server.keys().unwrap().master_of(&new).is_none());
    fill(&server, &subjects[20..25]).unwrap();
    assert_readable(&server, &subjects[..25]);
    assert_eq!(masters(home), BTreeSet::from([new]), "a new data key is under the new master key");
    // Nor does it make one under the earlier key when it only writes.
    let other = home.open();
    rotate(home);
    fill(&other, &subjects[25..]).unwrap();
    assert_eq!(masters(home).len(), 1);
    assert_readable(&home.open(), &subjects);
    run(attest_on(home).args(["audit", "verify"])).done();
}

fn a_rotation_that_was_cut_off_anywhere_is_completed_by_the_next(home: &Home) {
    let subjects = subjects::some(home, 12);
    let server = home.open();
    fill(&server, &subjects[..10]).unwrap();
    for steps in 1..=2 {
        let keys = Keyring::open(&home.keys()).unwrap();
        let before = keys.masters();
        let lock = keys.lock().unwrap();
        drop(keys.begin_rotation(&lock).unwrap());
        if steps == 2 {
            let store = home.open();
            let own = store.keys().unwrap();
            let wrap = move |tx: &mut attest::store::session::Tx<'_>| data_keys::rewrap_all(tx, &own, |_, _| {});
            assert_eq!(store.write(&accounts::host(), "keyring.rotate", wrap).unwrap(), 10);
        }
        // Here it was cut off: the lock goes with the process.
        drop(lock);
        assert_readable(&server, &subjects[..10]);
        assert_readable(&home.open(), &subjects[..10]);
        let status = run(attest_on(home).args(["key", "status"])).done().out;
        assert!(status.contains("attest key rotate completes it"), "{status}");
        let begun = Keyring::open(&home.keys()).unwrap().masters();
        rotate(home);
        assert_eq!(Keyring::open(&home.keys()).unwrap().masters(), begun[begun.len() - 1..], "{before:?}");
        assert_readable(&server, &subjects[..10]);
        assert_readable(&home.open(), &subjects[..10]);
    }
    // Rows that fail half-way leave the database as it was, and nothing is forgotten.
    home.sql(&format!("UPDATE data_keys SET master_id = 'missing' WHERE subject_id = '{}'", subjects[9]));
    let rows = |home: &Home| -> Vec<(String, Vec<u8>)> {
        let ordered = keys_table::table.order(keys_table::subject_id);
        ordered.select((keys_table::master_id, keys_table::wrapped)).load(&mut home.connect()).unwrap()
    };
    let before = rows(home);
    let (failed, _) = tools::rotate(home);
    assert!(failed.code == Some(1) && failed.err.contains("missing"), "{failed:?}");
    assert_eq!(rows(home), before);
    assert_readable(&home.open(), &subjects[..9]);
}

fn the_earlier_code_opens_until_the_new_one_is_confirmed(home: &Home) {
    let first = rotated(home);
    Keyring::open(&home.keys()).unwrap().confirm(&first, Utc::now()).unwrap();
    let copy = std::fs::read(home.keys().file()).unwrap();
    let second = rotated(home);
    assert!(!Keyring::open(&home.keys()).unwrap().is_confirmed());
    assert!(Keyring::recover(&home.keys(), &first).is_ok() && Keyring::recover(&home.keys(), &second).is_ok());
    // The earlier one does not count as confirmed.
    let told = run(typing(attest_on(home).args(["key", "confirm"]), &first.show())).refused().err;
    assert!(told.contains("the one before"), "{told}");
    run(typing(attest_on(home).args(["key", "confirm"]), &second.show())).done();
    assert!(Keyring::open(&home.keys()).unwrap().is_confirmed());
    assert!(Keyring::recover(&home.keys(), &first).is_err() && Keyring::recover(&home.keys(), &second).is_ok());
    // An earlier copy of the file and the earlier code give a key that opens nothing of the file as it is now: of the
    // content of then the copy must be all.
    let now = std::fs::read(home.keys().file()).unwrap();
    let content = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    let mut mixed = content(&copy);
    for field in ["content", "confirmed_at"] {
        mixed[field] = content(&now)[field].clone();
    }
    std::fs::write(home.keys().file(), mixed.to_string()).unwrap();
    assert!(Keyring::recover(&home.keys(), &first).is_err());
    std::fs::write(home.keys().file(), &now).unwrap();
    assert!(Keyring::open(&home.keys()).is_ok());
}

fn an_older_copy_of_the_keyring_wraps_nothing_and_opens_nothing_new(home: &Home) {
    let subjects = subjects::some(home, 3);
    let copy = std::fs::read(home.keys().file()).unwrap();
    fill(&home.open(), &subjects[..1]).unwrap();
    rotate(home);
    private_folder(&home.keys().folder).unwrap();
    let now = std::fs::read(home.keys().file()).unwrap();
    std::fs::write(home.keys().file(), copy).unwrap();
    let old = home.open();
    let refused = fill(&old, &subjects[1..2]);
    assert!(matches!(&refused, Err(StoreError::Locked(why)) if why.contains("older copy")), "{refused:?}");
    assert!(matches!(subjects::read(&old, subjects[0]), Err(StoreError::Locked(_))));
    // With the file as it is, the same process goes on.
    std::fs::write(home.keys().file(), now).unwrap();
    fill(&old, &subjects[1..2]).unwrap();
    assert_readable(&old, &subjects[..2]);
}

fn two_rotations_at_once_leave_everything_readable(home: &Home) {
    let subjects = subjects::some(home, 40);
    let server = home.open();
    fill(&server, &subjects[..20]).unwrap();
    let ended: Vec<_> = std::thread::scope(|scope| {
        let rotate = || tools::rotate(home).0;
        let running: Vec<_> = (0..4).map(|_| scope.spawn(rotate)).collect();
        // And somebody goes on entering.
        for subject in &subjects[20..] {
            fill(&server, &[*subject]).unwrap();
        }
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for ended in &ended {
        assert!(ended.code == Some(0) || ended.err.contains("another process"), "{ended:?}");
    }
    assert!(ended.iter().any(|ended| ended.code == Some(0)));
    assert_readable(&server, &subjects);
    assert_readable(&home.open(), &subjects);
    assert_eq!(masters(home).len(), 1);
}
