//! What an error of the database means: try again, or tell whoever runs the service.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::keys::cipher::CipherError;
use attest::store::error::{StoreError, corrupt};
use diesel::result::{DatabaseErrorKind as Kind, Error};
use serde_json::json;

use crate::support::client::path_of;
use crate::support::people::{Person, between};
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_row_that_nobody_can_have_written_is_told_with_a_reference,
    a_violated_constraint_is_told_with_a_reference,
    a_text_that_nobody_can_decrypt_is_told_with_a_reference,
}

fn meaning(why: impl Into<StoreError>) -> &'static str {
    match why.into() {
        StoreError::Unavailable(_) => "try again",
        StoreError::Broken(_) => "broken",
        StoreError::TookTooLong => "too long",
        other => panic!("{other}"),
    }
}

#[test]
fn each_error_of_a_driver_has_its_meaning() {
    let said = |kind, text: &str| Error::DatabaseError(kind, Box::new(text.to_owned()));
    let kinds = [
        (Kind::UniqueViolation, "broken"),
        (Kind::ForeignKeyViolation, "broken"),
        (Kind::NotNullViolation, "broken"),
        (Kind::CheckViolation, "broken"),
        (Kind::RestrictViolation, "broken"),
        (Kind::ExclusionViolation, "broken"),
        (Kind::ClosedConnection, "try again"),
        (Kind::UnableToSendCommand, "try again"),
        (Kind::SerializationFailure, "try again"),
        (Kind::ReadOnlyTransaction, "try again"),
    ];
    for (kind, expected) in kinds {
        assert_eq!(meaning(said(kind, "anything")), expected, "{kind:?}");
    }
    let texts = [
        ("database is locked", "try again"),
        ("database or disk is full", "try again"),
        ("disk I/O error", "try again"),
        ("database disk image is malformed", "broken"),
        ("file is not a database", "broken"),
        ("no such table: persons", "broken"),
        ("cannot store TEXT value in INTEGER column records.id", "broken"),
        ("interrupted", "too long"),
        ("canceling statement due to statement timeout", "too long"),
        ("canceling statement due to lock timeout", "try again"),
        ("deadlock detected", "try again"),
        ("could not extend file \"base/1/2\": No space left on device", "try again"),
        ("terminating connection due to administrator command", "try again"),
        ("the database system is shutting down", "try again"),
        ("invalid page in block 0 of relation base/1/2", "broken"),
        ("relation \"persons\" does not exist", "broken"),
    ];
    for (text, expected) in texts {
        assert_eq!(meaning(said(Kind::Unknown, text)), expected, "{text}");
    }
    assert_eq!(meaning(Error::NotFound), "broken");
    assert_eq!(meaning(corrupt("a word that nobody wrote")), "broken");
    assert_eq!(meaning(Error::SerializationError("no".into())), "broken");
    assert_eq!(meaning(Error::BrokenTransactionManager), "try again");
    assert_eq!(meaning(CipherError::Refused), "broken");
    assert_eq!(meaning(CipherError::NoRandomness), "try again");
}

/// The reference of an answer that says that something broke, and nothing of the database.
#[track_caller]
fn reference(answer: Answer) -> String {
    let text = answer.text();
    assert!(answer.header("retry-after").is_none(), "{text}");
    let problem = answer.problem(500, "internal").json();
    let told = problem["reference"].as_str().unwrap_or_else(|| panic!("no reference: {text}")).to_owned();
    assert!(told.len() == 12 && told.chars().all(|c| c.is_ascii_hexdigit()), "{text}");
    let rest = text.to_lowercase();
    for word in ["sql", "incident_versions", "person_versions", "constraint", "nonsense", "unexpected value", "unique"]
    {
        assert!(!rest.contains(word), "{word}: {text}");
    }
    told
}

fn broken_incident(app: &App) -> String {
    let staff = app.caseworker();
    staff.enter(Noun::Person, &json!({"code": "P"}));
    let entry = json!({"code": "I", "person": "P", "kind": "torture", "date": "2017"});
    let path = format!("{}/{}", path_of(Noun::Incident), staff.enter(Noun::Incident, &entry).id());
    staff.get(&path).expect(200);
    app.sql("UPDATE incident_versions SET date = 'nonsense'");
    path
}

fn a_row_that_nobody_can_have_written_is_told_with_a_reference(app: &App) {
    let path = broken_incident(app);
    let first = reference(app.unchanged(|| app.caseworker().get(&path)));
    assert_ne!(reference(app.caseworker().get(&path)), first);
    reference(app.caseworker().get(&path_of(Noun::Incident)));
}

fn a_violated_constraint_is_told_with_a_reference(app: &App) {
    let staff = app.caseworker();
    staff.enter(Noun::Person, &json!({}));
    app.sql("CREATE UNIQUE INDEX of_somebody_else ON person_versions (ground)");
    reference(app.unchanged(|| staff.post(&path_of(Noun::Person), &json!({}))));
    app.sql("DROP INDEX of_somebody_else");
    staff.enter(Noun::Person, &json!({}));
}

fn a_text_that_nobody_can_decrypt_is_told_with_a_reference(app: &App) {
    let staff = app.caseworker();
    let person = staff.enter(Noun::Person, &json!({"name": "Zarema Canary"}));
    let (path, kai) = (person.path(Noun::Person), Person::new(app, "kai", Role::Caseworker).browser(app));
    let on_page = || kai.submit(&format!("/desk/persons/{}/texts", person.id()), &[]);
    on_page().expect(200);
    for broken in ["substr(ciphertext, 1, 30)", "substr(ciphertext, 1, 3)"] {
        app.sql(&format!("UPDATE personal_texts SET ciphertext = {broken}"));
        let first = reference(app.unchanged(|| staff.get(&format!("{path}/texts"))));
        assert_ne!(reference(staff.get(&format!("{path}/texts"))), first);
        let page = app.unchanged(|| on_page().expect(500)).text();
        assert!(page.contains("Name this to whoever runs the service:"), "{page}");
        let told = between(&page, "<code>", "</code>");
        assert!(told.len() == 1 && told[0].len() == 12, "{page}");
        assert!(told[0].chars().all(|c| c.is_ascii_hexdigit()), "{page}");
    }
}
