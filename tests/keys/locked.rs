//! Without its keyring the service answers what is public, and nothing else.

use std::path::Path;

use attest::domain::policy::Role;
use attest::keys::keyring::{Keyring, Place};

use super::tools::{LISTEN, ask, private_file, set_mode};
use crate::support::cli::{LISTENS, Serving, attest_on, run};
use crate::support::{Home, on_both};

on_both! {
    bare:
    with_any_keyring_but_its_own_only_what_is_public_is_answered_and_commands_refuse,
}

/// Something that keeps the keyring from being opened, and a word of what is said about it.
type Harm = (&'static str, fn(&Path), &'static str);

fn change(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

const HARMS: [Harm; 8] = [
    ("no keyring", |keys| std::fs::remove_dir_all(keys).unwrap(), "there is no keyring"),
    ("no key file", |keys| std::fs::remove_file(keys.join("unlock.key")).unwrap(), "unlock.key"),
    ("another key file", |keys| change(&keys.join("unlock.key"), |_| "0".repeat(64)), "does not open"),
    ("an empty keyring", |keys| change(&keys.join("keyring.json"), |_| String::new()), "damaged"),
    ("half a keyring", |keys| change(&keys.join("keyring.json"), |text| text[..text.len() / 2].to_owned()), "damaged"),
    ("a changed content", |keys| change(&keys.join("keyring.json"), flipped), "damaged"),
    ("a keyring for everybody", |keys| set_mode(&keys.join("keyring.json"), 0o644), "others"),
    ("another's keyring", anothers, "another"),
];

/// Changes a digit of the content, which stands last.
fn flipped(text: String) -> String {
    let at = text.rfind('"').unwrap() - 5;
    let digit = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}

fn anothers(keys: &Path) {
    std::fs::remove_dir_all(keys).unwrap();
    Keyring::create(&Place::beside(keys.to_owned())).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    set_mode(to, 0o700);
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn with_any_keyring_but_its_own_only_what_is_public_is_answered_and_commands_refuse(home: &Home) {
    let own = home.keys().folder;
    let aside = home.folder.join("aside");
    copy(&own, &aside);
    let rows = private_file("code\nP-1\n");
    let create = ["token", "create", "--role", "admin", "--name", "anna"];
    let statuses = |address: &str| {
        let token = |role| home.tokens[&role].as_str();
        [
            ask(&format!("{address}/api/v1/figures"), None).0,
            ask(&format!("{address}/api/v1/staff/persons"), Some(token(Role::Caseworker))).0,
            ask(&format!("{address}/api/v1/staff/audit"), Some(token(Role::Auditor))).0,
            ask(&format!("{address}/api/v1/research/aggregates"), Some(token(Role::Researcher))).0,
            ask(&format!("{address}/api/v1/staff/persons"), Some("attest_nonsense")).0,
            ask(&format!("{address}/api/v1/staff/persons"), None).0,
        ]
    };
    let serve = || Serving::start(attest_on(home).arg("serve").args(LISTEN), LISTENS);
    for (what, harm, said) in HARMS {
        harm(&own);
        let serving = serve();
        let address = serving.lines[0].clone();
        assert_eq!(statuses(&address), [200, 503, 503, 503, 401, 401], "{what}");
        let body = ask(&format!("{address}/api/v1/staff/audit"), Some(&home.tokens[&Role::Auditor])).1;
        assert!(body.contains("urn:attest:problem:locked") && !body.contains("attest-keys"), "{what}: {body}");
        let (_, log) = serving.stop();
        assert!(log.contains(said), "{what}: {log}");
        let import = ["import", "persons", rows.to_str().unwrap()];
        let rotate = ["key", "rotate", "--recovery-code-file", "new-code"];
        for command in [&create[..], &import, &["audit", "verify"], &["audit", "checkpoint"], &rotate] {
            let told = run(attest_on(home).args(command)).refused().err;
            assert_eq!(told.lines().count(), 1, "{what} {command:?}: {told}");
            assert!(told.contains(said), "{what} {command:?}: {told}");
        }
        let status = run(attest_on(home).args(["key", "status"]));
        assert!(status.code == Some(1) && status.err.contains(said), "{what}: {status:?}");
        if own.exists() {
            std::fs::remove_dir_all(&own).unwrap();
        }
        copy(&aside, &own);
    }
    // The control: with its own keyring everything is answered.
    let serving = serve();
    assert_eq!(statuses(&serving.lines[0]), [200, 200, 200, 200, 401, 401]);
    run(attest_on(home).args(create)).done();
    run(attest_on(home).args(["audit", "verify"])).done();
}
