//! What the tests of confidentiality do again and again.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::accounts::{self, Purpose};
use attest::store::chain::{self, Verdict};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde_json::{Value, json};

use crate::support::client::path_of;
use crate::support::{Answer, App, Caller, Home};

/// A token of a new account.
pub fn token(app: &App, name: &str, role: Role) -> String {
    accounts::create_token(&app.store, name, role, TimeDelta::days(9), Purpose::Api).unwrap()
}

/// Another caseworker.
pub fn another<'a>(app: &'a App<'_>, name: &str) -> Caller<'a> {
    app.bearing(&token(app, name, Role::Caseworker))
}

/// Reads a record again, for its entity tag.
#[track_caller]
pub fn again(caller: &Caller<'_>, noun: Noun, id: &str) -> Answer {
    caller.get(&format!("{}/{id}", path_of(noun))).expect(200)
}

/// Asks for something to be done with a record of which the newest version was seen.
#[track_caller]
pub fn act(caller: &Caller<'_>, noun: Noun, id: &str, what: &str, body: &Value) -> Answer {
    let seen = again(caller, noun, id).etag();
    caller.post_with(&format!("{}/{id}/{what}", path_of(noun)), &[("If-Match", &seen)], body)
}

#[track_caller]
pub fn seal(caller: &Caller<'_>, person: &str, accounts: &[&str]) -> Answer {
    act(caller, Noun::Person, person, "seal", &json!({"accounts": accounts, "reason": "a threat"})).expect(200)
}

#[track_caller]
pub fn unseal(caller: &Caller<'_>, person: &str) -> Answer {
    act(caller, Noun::Person, person, "unsealing", &json!({"reason": "the threat is over"})).expect(200)
}

#[track_caller]
pub fn erase(caller: &Caller<'_>, person: &str) -> Answer {
    act(caller, Noun::Person, person, "erasure", &json!({"reason": "requested"})).expect(200)
}

/// Corrects a record.
#[track_caller]
pub fn correct(caller: &Caller<'_>, noun: Noun, id: &str, mut changes: Value) -> Answer {
    changes["reason"] = "a correction".into();
    let seen = again(caller, noun, id);
    caller.correct(noun, &seen, &changes)
}

/// The personal text of a record.
#[track_caller]
pub fn texts(caller: &Caller<'_>, noun: Noun, id: &str) -> Value {
    caller.get(&format!("{}/{id}/texts", path_of(noun))).expect(200).json()["texts"].clone()
}

/// The identifiers that a search by name finds.
#[track_caller]
pub fn found(caller: &Caller<'_>, name: &str) -> Vec<String> {
    let answer = caller.post("/api/v1/staff/searches", &json!({"name": name, "limit": 200})).expect(200);
    answer.items().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

/// The newest entries of the audit.
pub fn audit(app: &App, limit: usize) -> Vec<Value> {
    app.auditor().get(&format!("/api/v1/staff/audit?limit={limit}")).expect(200).items()
}

#[track_caller]
pub fn audit_is_intact(app: &App) {
    let keys = app.store.keys();
    let verdict = app.store.look(|conn| chain::verify(conn, keys.as_deref(), |_, _| {})).unwrap();
    assert!(matches!(verdict, Verdict::Intact { .. }), "{verdict:?}");
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Nullable<Text>)]
    value: Option<String>,
}

/// Texts, named `value`, asked of the database itself.
pub fn words(home: &Home, query: &str) -> Vec<String> {
    let rows = diesel::sql_query(query).load::<Word>(&mut home.connect()).unwrap();
    rows.into_iter().filter_map(|row| row.value).collect()
}

/// Makes every audit entry of an action fail, as a full disk would; [`mend_audit`] takes it back.
pub fn break_audit(home: &Home, action: &str) {
    home.sql(&match home.backend {
        crate::support::Backend::Sqlite => format!(
            "CREATE TRIGGER broken BEFORE INSERT ON audit_entries WHEN NEW.action = '{action}' \
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        ),
        crate::support::Backend::Postgres => format!(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$; \
             CREATE TRIGGER broken BEFORE INSERT ON audit_entries FOR EACH ROW WHEN (NEW.action = '{action}') \
             EXECUTE FUNCTION broken()"
        ),
    });
}

pub fn mend_audit(home: &Home) {
    home.sql(match home.backend {
        crate::support::Backend::Sqlite => "DROP TRIGGER broken",
        crate::support::Backend::Postgres => "DROP TRIGGER broken ON audit_entries; DROP FUNCTION broken()",
    });
}
