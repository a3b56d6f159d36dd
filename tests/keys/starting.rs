//! The first start makes the keyring; later ones find it.

use attest::domain::policy::Role;
use attest::exchange::seed;
use attest::keys::keyring::{Keyring, KeyringError, OpenedBy, Place, RecoveryCode};
use attest::store::accounts::{self, Purpose};
use attest::store::instance;
use chrono::TimeDelta;

use super::tools::{LISTEN, ask, code_in_file, files, first_start, mode, private_file, rotate, set_mode};
use crate::support::cli::{LISTENS, Serving, attest, attest_on, run};
use crate::support::{Home, on_both, process, skip};

on_both! {
    bare:
    two_servers_that_start_at_once_have_one_keyring_and_both_work,
    the_recovery_code_is_told_once_and_is_in_no_other_file_and_no_log,
    a_recovery_code_goes_to_a_terminal_or_a_named_file_and_never_to_a_log,
    a_database_that_lost_its_note_is_not_taken_for_a_new_one,
    without_a_place_for_its_keyring_a_new_database_is_not_served_to_staff,
}

#[test]
fn a_first_start_that_cannot_listen_makes_no_keyring_whose_code_nobody_sees() {
    let folder = process::new_folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    run(attest(&folder).args(["serve", "--listen", &address])).refused();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_keyring_that_happens_to_be_called_demo_has_a_recovery_code_all_the_same() {
    let folder = process::new_folder();
    drop(first_start(attest(&folder).env("ATTEST_KEYRING", "demo")));
    let keys = Keyring::open(&Place::beside(folder.join("demo"))).unwrap();
    assert!(!keys.is_confirmed());
}

fn bytes_of(code: &str) -> Vec<u8> {
    data_encoding::BASE32_NOPAD.decode(code.replace('-', "").as_bytes()).unwrap()
}

fn the_recovery_code_is_told_once_and_is_in_no_other_file_and_no_log(home: &Home) {
    let home = &Home::blank(home.backend);
    let (serving, code) = first_start(&mut attest_on(home));
    let (_, log) = serving.stop();
    let mut traced = attest_on(home);
    traced.args(["serve", "--log", "trace"]).args(LISTEN);
    let again = Serving::start(&mut traced, LISTENS);
    assert!(!again.lines.iter().any(|line| line.contains("ecovery code")), "{:?}", again.lines);
    let (_, later) = again.stop();
    let plain = code.replace('-', "");
    let raw = bytes_of(&code);
    let forms = [code.clone(), plain.clone(), plain.to_lowercase(), data_encoding::HEXLOWER.encode(&raw)];
    for form in &forms {
        assert!(!log.contains(form.as_str()) && !later.contains(form.as_str()), "{form}");
    }
    for path in files(&home.folder) {
        let bytes = std::fs::read(&path).unwrap();
        for form in forms.iter().map(|form| form.as_bytes()).chain([raw.as_slice()]) {
            assert!(!bytes.windows(form.len()).any(|part| part == form), "{}", path.display());
        }
    }
    // It is the code, all the same.
    assert!(Keyring::recover(&home.keys(), &RecoveryCode::read(&code).unwrap()).is_ok());
}

fn a_recovery_code_goes_to_a_terminal_or_a_named_file_and_never_to_a_log(home: &Home) {
    // Standard output is a pipe here, as it is under a service manager.
    let home = &Home::blank(home.backend);
    let serving = Serving::start(attest_on(home).arg("serve").args(LISTEN), "personal text is accepted.");
    let looks_like_one = |line: &str| line.split(' ').any(|word| RecoveryCode::read(word).is_some());
    let printed = serving.lines.clone();
    let (_, log) = serving.stop();
    assert!(!printed.iter().any(|line| looks_like_one(line)) && !log.lines().any(looks_like_one), "{printed:?} {log}");
    assert!(printed.iter().any(|line| line.contains("attest key rotate")), "{printed:?}");
    assert!(run(attest_on(home).args(["key", "status"])).done().out.contains("not confirmed"));
    // What would show one shows nothing, and changes nothing.
    let keyring = std::fs::read(home.keys().file()).unwrap();
    let told = run(attest_on(home).args(["key", "rotate"])).refused().err;
    assert!(told.contains("--recovery-code-file"), "{told}");
    let there = private_file("something else");
    let over = ["key", "rotate", "--recovery-code-file", there.to_str().unwrap()];
    assert!(run(attest_on(home).args(over)).refused().err.contains("already"));
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "something else");
    assert_eq!(std::fs::read(home.keys().file()).unwrap(), keyring);
    // A file that is named gets it, for its owner alone.
    let (ended, path) = rotate(home);
    let ended = ended.done();
    let code = code_in_file(&path);
    assert!(!ended.out.contains(&code) && !ended.err.contains(&code), "{ended:?}");
    assert!(Keyring::recover(&home.keys(), &RecoveryCode::read(&code).unwrap()).is_ok());
}

#[test]
fn on_a_terminal_the_recovery_code_is_shown() {
    let folder = process::new_folder();
    drop(first_start(&mut attest(&folder)));
    let Ok(version) = std::process::Command::new("script").arg("--version").output() else {
        return skip("a terminal", "the program `script`", "on_a_terminal_the_recovery_code_is_shown");
    };
    assert!(version.status.success());
    let mut command = attest(&folder);
    let program = command.get_program().to_string_lossy().into_owned();
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("{program} key rotate"), "/dev/null"]);
    script.current_dir(&folder).stdin(std::process::Stdio::null());
    let shown = run(&mut script).done().out;
    let code =
        shown.lines().find_map(|line| line.trim().strip_prefix("recovery code: ")).unwrap_or_else(|| panic!("{shown}"));
    assert!(Keyring::recover(&Place::beside(folder.join("attest-keys")), &RecoveryCode::read(code).unwrap()).is_ok());
    assert!(run(command.args(["key", "status"])).done().out.contains("not confirmed"));
}

#[test]
fn the_folder_of_the_keyring_and_its_files_are_for_their_owner_alone() {
    let folder = process::new_folder();
    drop(first_start(&mut attest(&folder)));
    let keys = folder.join("attest-keys");
    assert_eq!(mode(&keys), 0o700);
    let mut names: Vec<_> = files(&keys);
    names.sort();
    assert!(names.len() >= 2, "{names:?}");
    for path in names {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_keyring_key_file_or_folder_that_others_may_read_is_refused_by_name() {
    let folder = process::new_folder();
    drop(first_start(&mut attest(&folder)));
    let keys = folder.join("attest-keys");
    for (path, own) in [(keys.clone(), 0o700), (keys.join("keyring.json"), 0o600), (keys.join("unlock.key"), 0o600)] {
        for others in [0o004, 0o040, 0o010, 0o002] {
            set_mode(&path, own | others);
            let told =
                run(attest(&folder).args(["token", "create", "--role", "admin", "--name", "anna"])).refused().err;
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(told.contains(name) && told.contains("others"), "{others:o} {told}");
        }
        set_mode(&path, own);
    }
    run(attest(&folder).args(["token", "create", "--role", "admin", "--name", "anna"])).done();
}

#[test]
fn a_passphrase_opens_the_keyring_and_no_key_file_is_made() {
    let folder = process::new_folder();
    let (good, wrong) = (private_file("correct horse battery\n"), private_file("correct horse batteries\n"));
    let with = |file: &std::path::Path| {
        let mut command = attest(&folder);
        command.env("ATTEST_KEY_PASSPHRASE_FILE", file);
        command
    };
    drop(first_start(&mut with(&good)));
    assert!(!folder.join("attest-keys/unlock.key").exists());
    let create = ["token", "create", "--role", "admin", "--name", "anna"];
    run(with(&good).args(create)).done();
    let told = run(with(&wrong).args(create)).refused().err;
    assert!(told.contains("does not open") && !told.contains("horse"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    // Neither does the key file that there is not.
    run(attest(&folder).args(create)).refused();
    set_mode(&good, 0o644);
    assert!(run(with(&good).args(create)).refused().err.contains("others"));
    let both = [create.as_slice(), &["--key-file", "x"]].concat();
    run(with(&good).args(both)).refused();
}

#[test]
fn a_passphrase_that_can_be_guessed_and_an_empty_key_file_make_no_keyring() {
    for text in ["", "\n", "short\n", "elevenchars\r\n"] {
        let place = Place {
            folder: process::new_folder().join("keys"),
            opened_by: OpenedBy::PassphraseFile(private_file(text)),
        };
        assert!(matches!(Keyring::create(&place), Err(KeyringError::Short { .. })), "{text:?}");
        assert!(!place.file().exists());
    }
    // A crash may have left a key file with nothing in it: a key that everybody knows.
    for text in ["", "\n", "0123456789abcdef"] {
        let place =
            Place { folder: process::new_folder().join("keys"), opened_by: OpenedBy::KeyFile(private_file(text)) };
        assert!(matches!(Keyring::create(&place), Err(KeyringError::Short { .. })), "{text:?}");
        assert!(!place.file().exists());
    }
}

#[test]
fn a_start_that_was_cut_off_is_completed_by_the_next() {
    let folder = process::new_folder();
    let place = Place::beside(folder.join("keys"));
    // The folder and the key file are there, and half of a keyring that was not put in its place.
    std::fs::create_dir(&place.folder).unwrap();
    set_mode(&place.folder, 0o700);
    std::fs::write(place.folder.join("keyring.new"), "{\"format\":").unwrap();
    std::fs::write(place.folder.join("unlock.new"), "12").unwrap();
    let (made, _) = Keyring::create(&place).unwrap();
    assert_eq!(Keyring::open(&place).unwrap().id(), made.id());
    assert!(matches!(Keyring::create(&place), Err(KeyringError::Exists(_))));
    assert_eq!(Keyring::open(&place).unwrap().id(), made.id());
}

fn two_servers_that_start_at_once_have_one_keyring_and_both_work(home: &Home) {
    for _ in 0..4 {
        let blank = Home::blank(home.backend);
        let start = || Serving::start(attest_on(&blank).arg("serve").args(LISTEN), LISTENS);
        let servers: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..3).map(|_| scope.spawn(start)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let token = run(attest_on(&blank).args(["token", "create", "--role", "auditor", "--name", "anna"])).done().out;
        for server in servers {
            let asked = ask(&format!("{}/api/v1/staff/audit?limit=200", server.lines[0]), Some(token.trim()));
            let (_, log) = server.stop();
            assert_eq!(asked.0, 200, "{asked:?} {log}");
            assert_eq!(asked.1.matches("\"keyring.install\"").count(), 1, "{}", asked.1);
        }
        run(attest_on(&blank).args(["audit", "verify"])).done();
    }
}

fn a_database_that_lost_its_note_is_not_taken_for_a_new_one(home: &Home) {
    // The keyring has a database; that this one, which is not empty, does not name it is no accident.
    home.sql("DELETE FROM instance_marks WHERE key = 'keyring'");
    let verified = run(attest_on(home).args(["audit", "verify"])).refused().err;
    assert!(verified.contains("names no keyring any more"), "{verified}");
    run(attest_on(home).args(["token", "create", "--role", "auditor", "--name", "anna"])).refused();
    let serving = Serving::start(attest_on(home).arg("serve").args(LISTEN), LISTENS);
    let token = &home.tokens[&Role::Auditor];
    assert_eq!(ask(&format!("{}/api/v1/staff/audit", serving.lines[0]), Some(token)).0, 503);
    drop(serving);
    assert_eq!(home.open_locked().look(|conn| Ok(instance::keyring(conn)?)).unwrap(), None, "nothing was noted");
    // An empty one is new, and may have a keyring that had another before.
    let blank = Home::blank(home.backend);
    blank.open_locked().unlock(Keyring::open(&home.keys()).unwrap()).unwrap();
}

fn without_a_place_for_its_keyring_a_new_database_is_not_served_to_staff(home: &Home) {
    let blank = Home::blank(home.backend);
    let store = blank.open();
    seed::install(&store).unwrap();
    let token = accounts::create_token(&store, "anna", Role::Auditor, TimeDelta::days(1), Purpose::Api).unwrap();
    std::fs::write(blank.folder.join("attest-keys"), "a file").unwrap();
    let serving = Serving::start(attest_on(&blank).arg("serve").args(LISTEN), LISTENS);
    let address = serving.lines[0].clone();
    assert_eq!(ask(&format!("{address}/api/v1/figures"), None).0, 200);
    assert_eq!(ask(&format!("{address}/api/v1/staff/audit"), Some(&token)).0, 503);
    let (_, log) = serving.stop();
    assert!(log.contains("the keyring is not open") && log.contains("attest-keys"), "{log}");
}
