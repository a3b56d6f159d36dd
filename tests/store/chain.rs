//! The audit chain: whatever is done to it around the store is found, but for its end being cut off.

use attest::domain::record::{Instant, Noun, RecordId};
use attest::store::chain::{self, Verdict};
use attest::store::schema::audit_entries;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::samples::entry;
use crate::support::{App, Home, on_both};

on_both! {
    demo:
    the_chain_is_intact_after_work,
    every_write_has_one_entry_that_names_what_it_did,
    what_was_not_kept_has_no_entry,
    write_times_never_decrease,
    a_changed_entry_is_found,
    a_deleted_entry_is_found,
    an_inserted_entry_is_found,
    entries_in_another_order_are_found,
    a_cut_off_end_is_found_where_the_head_is_left,
    a_changed_head_is_found,
    an_entry_in_the_place_of_another_is_found,
    an_entry_that_was_changed_with_its_hash_is_found_by_the_next_one,
    the_newest_entry_that_was_changed_with_its_hash_is_found_by_the_head,
}

on_both! {
    empty:
    known_limit_an_end_that_was_cut_off_with_its_head_repaired_is_not_found,
    known_limit_an_end_that_was_rewritten_with_all_its_hashes_is_not_found,
}

fn verdict(home: &Home) -> Verdict {
    {
        let store = home.open();
        let keys = store.keys();
        store.look(|conn| chain::verify(conn, keys.as_deref(), |_, _| {})).unwrap()
    }
}

/// Some writes of every sort.
fn work(app: &App) {
    let caller = app.caseworker();
    for noun in Noun::ALL {
        let made = app.enterer_of(noun).enter(noun, &entry(app, noun));
        let corrected = app.enterer_of(noun).correct(noun, &made, &json!({"reason": "checked"})).expect(200);
        let withdrawn = app.enterer_of(noun).withdraw(noun, &corrected, "entered twice").expect(200);
        app.enterer_of(noun).restore(noun, &withdrawn, "it was another one").expect(200);
    }
    caller.create(Noun::Person, &json!({"sex": "nonsense"})).expect(422);
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
}

#[track_caller]
fn assert_broken(home: &Home, at: i64) {
    match verdict(home) {
        Verdict::Broken { write, .. } => assert_eq!(write, at),
        intact => panic!("{intact:?}"),
    }
}

fn the_chain_is_intact_after_work(app: &App) {
    work(app);
    let contents = app.contents();
    assert_eq!(verdict(app.home), Verdict::Intact { entries: contents.write, hash: contents.head });
}

fn every_write_has_one_entry_that_names_what_it_did(app: &App) {
    let before = app.contents();
    work(app);
    let written = app.contents().write - before.write;
    let audit = app.auditor().walk("/api/v1/staff/audit?limit=7");
    let numbers: Vec<_> = audit.iter().map(|line| line["write"].as_i64().unwrap()).collect();
    let expected: Vec<_> = (1..=before.write + written).rev().collect();
    assert_eq!(numbers, expected, "newest first, without a gap");
    let actions: Vec<_> = audit.iter().map(|line| line["action"].as_str().unwrap()).collect();
    for noun in Noun::ALL {
        for verb in ["create", "correct", "withdraw", "restore"] {
            assert!(actions.contains(&format!("{noun}.{verb}").as_str()), "{noun}.{verb}");
        }
    }
    let created = audit.iter().find(|line| line["action"] == "person.withdraw").unwrap();
    assert_eq!(created["account"], "test-caseworker");
    assert_eq!(created["details"]["records"][0][0], "person");
    let asked = &audit[0];
    assert_eq!(asked["account"], "test-researcher");
    assert!(asked["details"].to_string().contains("kind"), "a question is in the audit: {asked}");
}

fn what_was_not_kept_has_no_entry(app: &App) {
    app.unchanged(|| {
        app.caseworker().create(Noun::Person, &json!({"sex": "nonsense"})).expect(422);
        app.caseworker().get("/api/v1/staff/persons").expect(200);
        app.researcher().get("/api/v1/research/aggregates?by=nonsense").expect(400);
    });
    app.caseworker().enter(Noun::Person, &json!({}));
    let contents = app.contents();
    assert_eq!(verdict(app.home), Verdict::Intact { entries: contents.write, hash: contents.head });
}

fn write_times_never_decrease(app: &App) {
    let first = app.caseworker().enter(Noun::Person, &json!({})).json();
    app.clock.advance(TimeDelta::days(-30));
    let second = app.caseworker().enter(Noun::Person, &json!({})).json();
    assert_eq!(second["written_at"], first["written_at"]);
    app.clock.advance(TimeDelta::days(31));
    let third = app.caseworker().enter(Noun::Person, &json!({})).json();
    assert!(third["written_at"].as_str() > second["written_at"].as_str());
    let codes: Vec<_> = app.caseworker().walk("/api/v1/staff/persons?limit=200&basis=case_file");
    let codes: Vec<_> = codes.iter().map(|item| &item["code"]).collect();
    assert_eq!(codes, [&first["code"], &second["code"], &third["code"]]);
    assert!(matches!(verdict(app.home), Verdict::Intact { .. }));
}

fn a_changed_entry_is_found(app: &App) {
    work(app);
    let newest = app.contents().write;
    let changes = [
        "action = 'person.read'",
        "details = '{}'",
        "algorithm = 'none'",
        "key_id = 'k'",
        "account_id = (SELECT id FROM accounts WHERE name = 'test-admin')",
        "written_at = (SELECT written_at FROM audit_entries WHERE write = 1)",
        "hash = previous_hash",
        "previous_hash = hash",
    ];
    assert!(matches!(verdict(app.home), Verdict::Intact { .. }));
    for (at, change) in changes.into_iter().enumerate() {
        // Each on an entry of its own, the later first, so that this one is the first that is wrong.
        let write = newest - 1 - at as i64;
        app.sql(&format!("UPDATE audit_entries SET {change} WHERE write = {write}"));
        assert_broken(app.home, write);
    }
}

fn a_deleted_entry_is_found(app: &App) {
    for _ in 0..5 {
        app.caseworker().enter(Noun::Person, &json!({}));
    }
    let newest = app.contents().write;
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    // The entry of a question, to which no version refers.
    app.sql(&format!("DELETE FROM audit_entries WHERE write = {}", newest + 1));
    assert_broken(app.home, newest + 1);
}

fn an_inserted_entry_is_found(app: &App) {
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    app.researcher().get("/api/v1/research/aggregates?by=place").expect(200);
    let newest = app.contents().write;
    app.sql(&format!(
        "INSERT INTO audit_entries SELECT write + 1, written_at, account_id, action, details, algorithm, key_id, hash, \
         hash FROM audit_entries WHERE write = {newest}"
    ));
    assert_broken(app.home, newest + 1);
    // With the head moved along it is found too, by its own hash.
    app.sql("UPDATE chain_head SET write = write + 1");
    assert_broken(app.home, newest + 1);
}

fn entries_in_another_order_are_found(app: &App) {
    for question in ["kind", "place", "origin"] {
        app.researcher().get(&format!("/api/v1/research/aggregates?by={question}")).expect(200);
    }
    let newest = app.contents().write;
    let swap = |from: i64, to: i64| app.sql(&format!("UPDATE audit_entries SET write = {to} WHERE write = {from}"));
    swap(newest - 1, 1_000_000);
    swap(newest - 2, newest - 1);
    swap(1_000_000, newest - 2);
    assert_broken(app.home, newest - 2);
}

fn a_cut_off_end_is_found_where_the_head_is_left(app: &App) {
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    let newest = app.contents().write;
    app.sql(&format!("DELETE FROM audit_entries WHERE write = {newest}"));
    assert_broken(app.home, newest);
}

fn a_changed_head_is_found(app: &App) {
    let (newest, head) = (app.contents().write, app.contents().head);
    for (change, at) in [
        (format!("write = {}", newest + 3), newest + 1),
        (format!("write = {newest}, hash = '{}'", "0".repeat(64)), newest),
        (format!("hash = '{head}', write = {}", newest - 1), newest),
    ] {
        app.sql(&format!("UPDATE chain_head SET {change}"));
        assert!(matches!(verdict(app.home), Verdict::Broken { .. }), "{change}: broken at {at}");
    }
    app.sql(&format!("UPDATE chain_head SET write = {newest}, hash = '{head}'"));
    assert!(matches!(verdict(app.home), Verdict::Intact { .. }));
}

fn an_entry_in_the_place_of_another_is_found(app: &App) {
    for question in ["kind", "place"] {
        app.researcher().get(&format!("/api/v1/research/aggregates?by={question}")).expect(200);
    }
    let newest = app.contents().write;
    app.sql(&format!("DELETE FROM audit_entries WHERE write = {}", newest - 1));
    app.sql(&format!(
        "INSERT INTO audit_entries SELECT {0} - 1, written_at, account_id, action, details, algorithm, key_id, \
         previous_hash, hash FROM audit_entries WHERE write = {0}",
        newest
    ));
    assert_broken(app.home, newest - 1);
}

/// The hash that an entry should have: written here a second time, so that the form of the chain cannot change unseen.
fn hash_of(home: &Home, write: i64) -> String {
    let found = audit_entries::table.find(write).select((
        (audit_entries::algorithm, audit_entries::key_id, audit_entries::previous_hash),
        (audit_entries::written_at, audit_entries::account_id, audit_entries::action, audit_entries::details),
    ));
    type Form = (String, Option<String>, String);
    type Content = (Instant, RecordId, String, String);
    let ((algorithm, key, previous), (at, account, action, details)): (Form, Content) =
        found.first(&mut home.connect()).unwrap();
    let micros = at.0.timestamp_micros();
    let words = json!([algorithm, key, previous, write, micros, account.to_string(), action, details]);
    chain::hex(&Sha256::digest(words.to_string()))
}

/// Changes an entry and gives it the hash that goes with the change.
fn rewrite(home: &Home, write: i64) {
    home.sql(&format!("UPDATE audit_entries SET action = 'person.read' WHERE write = {write}"));
    let hash = hash_of(home, write);
    home.sql(&format!("UPDATE audit_entries SET hash = '{hash}' WHERE write = {write}"));
}

fn an_entry_that_was_changed_with_its_hash_is_found_by_the_next_one(app: &App) {
    for question in ["kind", "place"] {
        app.researcher().get(&format!("/api/v1/research/aggregates?by={question}")).expect(200);
    }
    let newest = app.contents().write;
    assert_eq!(hash_of(app.home, newest), app.contents().head);
    rewrite(app.home, newest - 1);
    assert_broken(app.home, newest);
}

fn the_newest_entry_that_was_changed_with_its_hash_is_found_by_the_head(app: &App) {
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    let newest = app.contents().write;
    rewrite(app.home, newest);
    assert_broken(app.home, newest);
}

/// Without a key anybody who may write to the database can compute the hashes. Keyed segments are to end this; when they
/// come, this test goes.
fn known_limit_an_end_that_was_rewritten_with_all_its_hashes_is_not_found(app: &App) {
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    let newest = app.contents().write;
    rewrite(app.home, newest);
    app.sql(&format!("UPDATE chain_head SET hash = '{}'", hash_of(app.home, newest)));
    assert!(matches!(verdict(app.home), Verdict::Intact { .. }));
}

/// A chain alone does not show that its end was cut off; signed checkpoints outside the database are to show it. When
/// they come, this test goes.
fn known_limit_an_end_that_was_cut_off_with_its_head_repaired_is_not_found(app: &App) {
    let before = app.contents();
    let written_at = "(SELECT written_at FROM audit_entries WHERE write = (SELECT write FROM chain_head))";
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    let after = app.contents();
    assert_eq!(after.write, before.write + 1);
    app.sql(&format!("DELETE FROM audit_entries WHERE write = {}", after.write));
    app.sql(&format!("UPDATE chain_head SET write = {}, hash = '{}'", before.write, before.head));
    app.sql(&format!("UPDATE chain_head SET written_at = {written_at}"));
    assert_eq!(verdict(app.home), Verdict::Intact { entries: before.write, hash: before.head });
}
