//! `attest key drill`: whether the recovery code opens everything, tried before it is needed.

use diesel::prelude::*;

use super::subjects::{self, fill};
use super::tools::{code_in_file, private_file, rotate, typing};
use crate::support::app::contents;
use crate::support::cli::{Ended, attest_on, run};
use crate::support::{Backend, Home, on_both};

on_both! {
    bare:
    a_drill_opens_everything_with_the_code_alone_and_changes_nothing,
    a_drill_names_what_does_not_open,
    a_lost_key_file_is_replaced_with_the_recovery_code,
}

/// The code of a keyring that was rotated for it.
fn code(home: &Home) -> String {
    let (ended, path) = rotate(home);
    ended.done();
    let code = code_in_file(&path);
    run(typing(attest_on(home).args(["key", "confirm"]), &code)).done();
    code
}

fn drill(home: &Home, code: &str) -> Ended {
    let file = private_file(code);
    run(attest_on(home).args(["key", "drill", "--code-file", file.to_str().unwrap()]))
}

fn a_drill_opens_everything_with_the_code_alone_and_changes_nothing(home: &Home) {
    let code = code(home);
    let store = home.open();
    assert!(drill(home, &code).done().out.contains("0 data keys and 0 texts"));
    let subjects = subjects::some(home, 25);
    fill(&store, &subjects).unwrap();
    // One without any text.
    home.sql(&format!("DELETE FROM personal_texts WHERE record_id = '{}'", subjects[0]));
    // All else is lost.
    let key_file = home.keys().folder.join("unlock.key");
    let key = std::fs::read(&key_file).unwrap();
    std::fs::remove_file(&key_file).unwrap();
    let (before, file) = (contents(&store), std::fs::read(home.keys().file()).unwrap());
    let ended = drill(home, &code).done();
    assert!(ended.out.contains("25 data keys and 24 texts"), "{ended:?}");
    assert_eq!((contents(&store), std::fs::read(home.keys().file()).unwrap()), (before, file));
    let other = format!("{}{}", if code.starts_with('A') { "B" } else { "A" }, &code[1..]);
    assert!(drill(home, &other).refused().err.contains("does not open"));
    std::fs::write(&key_file, key).unwrap();
    // Another database's keyring opens, and is told from this one's.
    home.sql("UPDATE instance_marks SET value = 'x' WHERE key = 'keyring'");
    assert!(drill(home, &code).refused().err.contains("another keyring"));
}

fn a_drill_names_what_does_not_open(home: &Home) {
    let code = code(home);
    let subjects = subjects::some(home, 4);
    fill(&home.open(), &subjects).unwrap();
    let [sound, key, text, moved] = subjects[..] else { panic!("{subjects:?}") };
    // Zeros, of the length of a ciphertext, in the place of a key and of a text; and the key of another subject.
    let zeros = match home.backend {
        Backend::Sqlite => "zeroblob(72)",
        Backend::Postgres => "decode(repeat('00', 72), 'hex')",
    };
    home.sql(&format!("UPDATE data_keys SET wrapped = {zeros} WHERE subject_id = '{key}'"));
    home.sql(&format!("UPDATE personal_texts SET ciphertext = {zeros} WHERE subject_id = '{text}'"));
    home.sql(&format!(
        "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE subject_id = '{sound}') \
         WHERE subject_id = '{moved}'"
    ));
    let ended = drill(home, &code);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.out.contains("2 data keys and 1 texts"), "{ended:?}");
    for (subject, named) in [(sound, false), (key, true), (text, true), (moved, true)] {
        assert_eq!(ended.err.contains(&subject.to_string()), named, "{subject}: {ended:?}");
    }
    assert_eq!(
        attest::store::schema::data_keys::table.count().get_result::<i64>(&mut home.connect()).unwrap(),
        4,
        "nothing was mended"
    );
}

fn a_lost_key_file_is_replaced_with_the_recovery_code(home: &Home) {
    let code = code(home);
    fill(&home.open(), &subjects::some(home, 3)).unwrap();
    let key_file = home.keys().folder.join("unlock.key");
    let stolen = std::fs::read(&key_file).unwrap();
    std::fs::remove_file(&key_file).unwrap();
    let wrong = private_file(&"A".repeat(32));
    run(attest_on(home).args(["key", "restore", "--code-file", wrong.to_str().unwrap()])).refused();
    assert!(!key_file.exists(), "nothing is made for a wrong code");
    let file = private_file(&code);
    let restored = run(attest_on(home).args(["key", "restore", "--code-file", file.to_str().unwrap()])).done();
    assert!(restored.out.contains("unlock.key"), "{restored:?}");
    run(attest_on(home).args(["audit", "verify"])).done();
    assert!(drill(home, &code).done().out.contains("3 data keys and 3 texts"));
    // What was lost opens nothing any more.
    let new = std::fs::read(&key_file).unwrap();
    std::fs::write(&key_file, stolen).unwrap();
    run(attest_on(home).args(["token", "list"])).refused();
    std::fs::write(&key_file, new).unwrap();
    run(attest_on(home).args(["token", "list"])).done();
    // A passphrase takes the place of the key file.
    let passphrase = private_file("six words that nobody would guess");
    let with = ["--key-passphrase-file", passphrase.to_str().unwrap()];
    run(attest_on(home).args(["key", "restore", "--code-file", file.to_str().unwrap()]).args(with)).done();
    run(attest_on(home).args(["token", "list"]).args(with)).done();
    run(attest_on(home).args(["token", "list"])).refused();
}
