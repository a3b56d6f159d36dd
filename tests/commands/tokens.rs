//! `attest token create`.

use attest::domain::policy::Role;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::app::contents;
use crate::support::cli::{Ended, attest_on, run};
use crate::support::{App, Home, on_both};

on_both! {
    empty:
    it_prints_the_token_and_nothing_else_and_the_token_works,
    an_account_has_as_many_tokens_as_are_made_and_keeps_its_role,
}

on_both! {
    bare:
    what_it_is_asked_for_wrongly_is_refused_and_nothing_is_written,
    the_token_itself_is_kept_nowhere,
}

fn create(home: &Home, options: &[&str]) -> Ended {
    run(attest_on(home).args(["token", "create"]).args(options))
}

fn it_prints_the_token_and_nothing_else_and_the_token_works(app: &App) {
    for role in Role::ALL {
        let ended = create(app.home, &["--role", role.name(), "--name", &format!("new-{role}"), "--days", "7"]).done();
        assert_eq!(ended.err, "");
        let token = ended.out.strip_suffix('\n').unwrap();
        let secret = token.strip_prefix("attest_").unwrap();
        assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        for (address, allowed) in [
            ("/api/v1/staff/persons", matches!(role, Role::Caseworker | Role::Publisher)),
            ("/api/v1/staff/audit", role == Role::Auditor),
            ("/api/v1/staff/terms", matches!(role, Role::Admin | Role::Caseworker | Role::Publisher)),
        ] {
            app.bearing(token).get(address).expect(if allowed { 200 } else { 403 });
        }
    }
    let audit = app.auditor().get("/api/v1/staff/audit?limit=1").items();
    assert_eq!((&audit[0]["action"], &audit[0]["account"]), (&"token.create".into(), &"host".into()));
}

fn an_account_has_as_many_tokens_as_are_made_and_keeps_its_role(app: &App) {
    let anna = |role: &str| create(app.home, &["--role", role, "--name", "anna"]);
    let (first, second) = (anna("caseworker").done().out, anna("caseworker").done().out);
    assert_ne!(first, second);
    for token in [&first, &second] {
        app.bearing(token.trim()).get("/api/v1/staff/persons").expect(200);
    }
    let told = app.unchanged(|| anna("publisher").refused().err);
    assert!(told.contains("anna") && told.contains("caseworker"), "{told}");
}

fn what_it_is_asked_for_wrongly_is_refused_and_nothing_is_written(home: &Home) {
    let before = contents(&home.open());
    let wrong: [(&[&str], &str); 11] = [
        (&["--role", "nonsense", "--name", "anna"], "--role"),
        (&["--role", "", "--name", "anna"], "--role"),
        (&["--role", "Admin", "--name", "anna"], "--role"),
        (&["--name", "anna"], "--role"),
        (&["--role", "admin"], "--name"),
        (&["--role", "admin", "--name", ""], "--name"),
        (&["--role", "admin", "--name", "two words"], "--name"),
        (&["--role", "admin", "--name", "host"], "--name"),
        (&["--role", "admin", "--name", "anna", "--days", "0"], "--days"),
        (&["--role", "admin", "--name", "anna", "--days", "367"], "--days"),
        (&["--role", "admin", "--name", "anna", "--days", "99999999999999"], "--days"),
    ];
    for (options, named) in wrong {
        let told = create(home, options).refused().err;
        assert!(told.contains(named), "{options:?}: {told}");
    }
    let told = create(home, &["--role", "nonsense", "--name", "anna"]).refused().err;
    assert!(Role::ALL.iter().all(|role| told.contains(role.name())), "{told}");
    assert_eq!(contents(&home.open()), before);
}

fn the_token_itself_is_kept_nowhere(home: &Home) {
    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = Text)]
        kept: String,
    }
    let token = create(home, &["--role", "admin", "--name", "anna"]).done().out;
    let secret = token.trim().strip_prefix("attest_").unwrap();
    for query in [
        "SELECT hash AS kept FROM tokens",
        "SELECT details AS kept FROM audit_entries",
        "SELECT name AS kept FROM accounts",
    ] {
        let rows = diesel::sql_query(query).load::<Kept>(&mut home.connect()).unwrap();
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| !row.kept.contains(secret)), "{query}");
    }
}
