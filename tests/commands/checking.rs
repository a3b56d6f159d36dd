//! `attest audit verify` and `attest check`.

use attest::domain::record::Noun;
use serde_json::json;

use crate::support::cli::{attest, attest_on, run};
use crate::support::{App, Backend, on_both, process};

on_both! {
    empty:
    an_intact_audit_is_told_with_its_length_and_head,
    a_broken_audit_is_told_with_exit_code_1_and_the_write,
    check_names_the_database_without_its_password,
}

fn an_intact_audit_is_told_with_its_length_and_head(app: &App) {
    app.caseworker().enter(Noun::Person, &json!({}));
    let contents = app.contents();
    let ended = app.unchanged(|| run(attest_on(app.home).args(["audit", "verify"])).done());
    assert!(ended.out.contains(&format!("{} entries", contents.write)), "{}", ended.out);
    assert!(ended.out.contains(&contents.head), "{}", ended.out);
    let checked = app.unchanged(|| run(attest_on(app.home).arg("check")).done());
    assert!(checked.out.contains(&ended.out), "{}", checked.out);
}

fn a_broken_audit_is_told_with_exit_code_1_and_the_write(app: &App) {
    for _ in 0..3 {
        app.caseworker().enter(Noun::Person, &json!({}));
    }
    let write = app.contents().write - 1;
    app.sql(&format!("UPDATE audit_entries SET action = 'person.read' WHERE write = {write}"));
    for command in [&["audit", "verify"][..], &["check"]] {
        let ended = run(attest_on(app.home).args(command));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains(&format!("broken at write {write}")), "{ended:?}");
        assert!(!ended.out.contains("intact"), "{ended:?}");
    }
}

fn check_names_the_database_without_its_password(app: &App) {
    let mut command = attest_on(app.home);
    if app.backend == Backend::Postgres {
        // The test server trusts everybody, so that any password will do.
        command.env("ATTEST_DATABASE_URL", format!("{}&password=hunter2", app.home.url));
    }
    let ended = run(command.arg("check")).done();
    let expected = if app.backend == Backend::Postgres { "database: postgres" } else { "database: sqlite:" };
    assert!(ended.out.starts_with(expected), "{}", ended.out);
    assert!(!ended.out.contains("hunter2") && !ended.err.contains("hunter2"));
}

#[test]
fn what_is_not_there_cannot_be_verified() {
    let folder = process::new_folder();
    let told = run(attest(&folder).args(["audit", "verify"])).refused().err;
    assert!(told.contains("attest-data/attest.db"), "{told}");
    // To check is to be told so.
    let ended = run(attest(&folder).arg("check")).done();
    assert!(ended.out.contains("attest-data/attest.db"), "{}", ended.out);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nothing was made");
}

#[test]
fn the_command_line_explains_itself() {
    let folder = process::new_folder();
    let help = run(attest(&folder).arg("--help")).done().out;
    for command in ["serve", "import", "token", "audit", "openapi", "check"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
        assert!(!run(attest(&folder).args([command, "--help"])).done().out.is_empty());
    }
    let serve = run(attest(&folder).args(["serve", "--help"])).done().out;
    for variable in ["ATTEST_LISTEN", "ATTEST_DATABASE_URL", "ATTEST_DEMO", "DATABASE_URL"] {
        assert!(serve.contains(variable), "{variable}: {serve}");
    }
    assert!(run(attest(&folder).arg("--version")).done().out.starts_with("attest 0."));
    run(attest(&folder).arg("nonsense")).refused();
}
