//! `attest audit checkpoint` and `attest audit verify --checkpoint`.

use attest::keys::keyring::{Keyring, Place};
use attest::store::accounts;
use serde_json::Value;

use super::tools::files;
use crate::support::app::contents;
use crate::support::cli::{Ended, attest_on, run};
use crate::support::{Backend, Home, on_both};

on_both! {
    bare:
    a_checkpoint_is_made_from_an_intact_audit_and_holds_from_then_on,
    an_end_that_was_cut_off_is_found_beside_a_checkpoint_and_not_without,
    without_the_keyring_a_checkpoint_says_what_it_can,
    what_is_no_checkpoint_is_refused_by_the_name_of_its_file,
}

fn checkpoint(home: &Home, name: &str) -> Ended {
    run(attest_on(home).args(["audit", "checkpoint", "--out", name]))
}

fn verify(home: &Home, names: &[&str]) -> Ended {
    let mut command = attest_on(home);
    command.args(["audit", "verify"]);
    for name in names {
        command.args(["--checkpoint", name]);
    }
    run(&mut command)
}

fn work(home: &Home) {
    home.open().write(&accounts::host(), "test", |_| Ok(())).unwrap();
}

/// Takes the newest entry away with its trace in the head, as somebody may who can write to the database.
fn cut_off(home: &Home) {
    let newest = contents(&home.open()).write;
    let free = match home.backend {
        Backend::Sqlite => "PRAGMA foreign_keys = OFF",
        Backend::Postgres => "SET session_replication_role = replica",
    };
    home.sql(&format!(
        "{free}; DELETE FROM audit_entries WHERE write = {newest}; \
         UPDATE chain_head SET write = {newest} - 1, \
         hash = (SELECT hash FROM audit_entries WHERE write = {newest} - 1), \
         written_at = (SELECT written_at FROM audit_entries WHERE write = {newest} - 1)"
    ));
}

fn a_checkpoint_is_made_from_an_intact_audit_and_holds_from_then_on(home: &Home) {
    let before = contents(&home.open());
    checkpoint(home, "one.json").done();
    let printed = run(attest_on(home).args(["audit", "checkpoint"])).done().out;
    let kept = std::fs::read_to_string(home.folder.join("one.json")).unwrap();
    for text in [&printed, &kept] {
        let fields: Value = serde_json::from_str(text).unwrap();
        assert_eq!(fields["write"], before.write);
        assert_eq!(fields["hash"], before.head.as_str());
        assert_eq!(fields["keyring"], home.open().keys().unwrap().id().to_string());
    }
    assert_eq!(contents(&home.open()), before, "to sign is not to write");
    // What is there is never lost.
    assert!(checkpoint(home, "one.json").refused().err.contains("one.json"));
    assert_eq!(std::fs::read_to_string(home.folder.join("one.json")).unwrap(), kept);
    work(home);
    checkpoint(home, "two.json").done();
    work(home);
    let told = verify(home, &["one.json", "two.json"]).done().out;
    for said in ["one.json: ", "two.json: ", "as the keyring signed it", "the audit is intact"] {
        assert!(told.contains(said), "{told}");
    }
    // What is broken is not signed.
    home.sql("UPDATE audit_entries SET action = 'x' WHERE write = 2");
    // A database opens and closes journals as it likes.
    let checkpoints =
        || files(&home.folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")).count();
    let count = checkpoints();
    let told = checkpoint(home, "three.json").refused().err;
    assert!(told.contains("nothing was signed") && told.contains("write 2"), "{told}");
    assert_eq!(checkpoints(), count);
}

fn an_end_that_was_cut_off_is_found_beside_a_checkpoint_and_not_without(home: &Home) {
    checkpoint(home, "early.json").done();
    work(home);
    checkpoint(home, "late.json").done();
    cut_off(home);
    // The control.
    verify(home, &[]).done();
    verify(home, &["early.json"]).done();
    let told = verify(home, &["early.json", "late.json"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains("late.json") && told.err.contains("its end is at write"), "{told:?}");
    assert!(!told.out.contains("intact"), "{told:?}");
    // Another entry in its place has another hash.
    work(home);
    let told = verify(home, &["late.json"]);
    assert!(told.code == Some(1) && told.err.contains("is not the one that was signed"), "{told:?}");
}

fn without_the_keyring_a_checkpoint_says_what_it_can(home: &Home) {
    checkpoint(home, "one.json").done();
    work(home);
    checkpoint(home, "two.json").done();
    let keys = home.keys().folder;
    std::fs::rename(&keys, home.folder.join("aside")).unwrap();
    let told = verify(home, &["one.json"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains("cannot be checked without the keyring"), "{told:?}");
    assert!(told.out.contains("could not be checked"), "{told:?}");
    cut_off(home);
    let told = verify(home, &["two.json"]);
    assert!(told.code == Some(1) && told.err.contains("two.json"), "{told:?}");
    // Nor does another keyring speak for it.
    Keyring::create(&Place::beside(keys)).unwrap();
    let told = verify(home, &["one.json"]);
    assert!(told.code == Some(1) && told.err.contains("another"), "{told:?}");
}

fn what_is_no_checkpoint_is_refused_by_the_name_of_its_file(home: &Home) {
    checkpoint(home, "good.json").done();
    let text = std::fs::read_to_string(home.folder.join("good.json")).unwrap();
    let wrong = [
        ("empty.json", String::new()),
        ("list.json", "[]".to_owned()),
        ("more.json", text.replacen('{', "{\"more\": 1,", 1)),
        ("other.json", text.replace("checkpoint 1", "checkpoint 9")),
        ("signed.json", text.replace("\"signature\": \"", "\"signature\": \"00")),
        ("changed.json", text.replace("\"write\": ", "\"write\": 1")),
    ];
    for (name, text) in wrong {
        std::fs::write(home.folder.join(name), text).unwrap();
        let told = verify(home, &["good.json", name]);
        assert!(told.code == Some(1) && told.err.contains(name), "{name}: {told:?}");
    }
    assert!(verify(home, &["missing.json"]).refused().err.contains("missing.json"));
    verify(home, &["good.json"]).done();
}
