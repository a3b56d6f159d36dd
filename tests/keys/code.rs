//! The recovery code is confirmed by typing it.

use attest::keys::keyring::{Keyring, RecoveryCode};

use super::tools::{first_start, private_file, set_mode, typing};
use crate::support::cli::{attest, run};
use crate::support::process;

#[test]
fn a_code_is_confirmed_as_people_type_it_and_no_other_is() {
    let typed: [fn(&str) -> String; 5] = [
        |code| code.to_owned(),
        |code| code.to_lowercase().replace('-', " ") + "\n",
        |code| code.replace('O', "0").replace('I', "1").replace('B', "8") + "\r\n",
        |code| code.replace('-', ""),
        |code| format!("  {} \n", code.to_lowercase()),
    ];
    let folder = process::new_folder();
    let (serving, code) = first_start(&mut attest(&folder));
    let status = || run(attest(&folder).args(["key", "status"])).done().out;
    assert!(status().contains("not confirmed"), "{}", status());
    let other = format!("{}{}", if code.starts_with('A') { "B" } else { "A" }, &code[1..]);
    for wrong in ["", "\n", "nonsense\n", &code[..38], &other] {
        let told = run(typing(attest(&folder).args(["key", "confirm"]), wrong)).refused().err;
        assert!(told.contains("recovery code") && !told.contains(&code[..9]), "{told}");
    }
    assert!(status().contains("not confirmed"));
    // Never on the command line, where other users see it.
    run(attest(&folder).args(["key", "confirm", &code])).refused();
    for form in typed {
        let done = run(typing(attest(&folder).args(["key", "confirm"]), &form(&code))).done();
        assert!(!done.out.contains(&code) && done.err.is_empty(), "{done:?}");
        assert!(status().contains("confirmed on"), "{}", status());
    }
    drop(serving);
    let file = private_file(&code);
    run(attest(&folder).args(["key", "confirm", "--code-file", file.to_str().unwrap()])).done();
    set_mode(&file, 0o644);
    let told = run(attest(&folder).args(["key", "confirm", "--code-file", file.to_str().unwrap()])).refused().err;
    assert!(told.contains("others"), "{told}");
    run(attest(&folder).args(["audit", "verify"])).done();
    let checked = run(attest(&folder).arg("check")).done().out;
    assert!(checked.contains("keyring: ") && checked.contains("confirmed on"), "{checked}");
}

#[test]
fn nobody_writes_into_the_file_that_the_code_was_confirmed() {
    let folder = process::new_folder();
    drop(first_start(&mut attest(&folder)));
    let path = folder.join("attest-keys/keyring.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let forged = text.replace("\"confirmed_at\": null", "\"confirmed_at\": \"2026-01-01T00:00:00Z\"");
    assert_ne!(text, forged);
    std::fs::write(&path, forged).unwrap();
    let place = attest::keys::keyring::Place::beside(folder.join("attest-keys"));
    assert!(Keyring::open(&place).is_err());
    std::fs::write(&path, text).unwrap();
    assert!(!Keyring::open(&place).unwrap().is_confirmed());
}

#[test]
fn a_running_process_learns_that_the_code_was_confirmed() {
    let folder = process::new_folder();
    let (_serving, code) = first_start(&mut attest(&folder));
    let place = attest::keys::keyring::Place::beside(folder.join("attest-keys"));
    let open = Keyring::open(&place).unwrap();
    assert!(!open.is_confirmed());
    run(typing(attest(&folder).args(["key", "confirm"]), &code)).done();
    assert!(open.is_confirmed());
    // What was there before the confirmation opens no more, beside what is there now.
    assert!(Keyring::recover(&place, &RecoveryCode::read(&code).unwrap()).is_ok());
    assert!(open.reread().is_ok());
}
