//! The audit chain: whatever is done to it around the store is found, but for its end being cut off. `tampering.rs` does much
//! more of it, with checkpoints.

use attest::domain::record::{Instant, Noun, RecordId};
use attest::exchange::seed;
use attest::keys::cipher::Key;
use attest::keys::keyring::Keyring;
use attest::store::accounts;
use attest::store::chain::{self, Verdict};
use attest::store::schema::audit_entries;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::app::{Contents, contents};
use crate::support::samples::entry;
use crate::support::{App, Home, on_both};

on_both! {
    demo:
    the_chain_is_intact_after_work,
    every_write_has_one_entry_that_names_what_it_did,
    what_was_not_kept_has_no_entry,
    write_times_never_decrease,
    an_auditor_recomputes_the_chain_and_sees_how_its_hashes_are_made,
    a_changed_entry_is_found,
    a_deleted_entry_is_found,
    an_inserted_entry_is_found,
    entries_in_another_order_are_found,
    a_cut_off_end_is_found_where_the_head_is_left,
    a_changed_head_is_found,
    an_entry_in_the_place_of_another_is_found,
    an_entry_that_was_changed_with_its_hash_is_found_for_want_of_the_key,
}

on_both! {
    empty:
    an_end_that_was_rewritten_with_all_its_hashes_is_found_for_want_of_the_key,
    known_limit_without_a_checkpoint_an_end_that_was_cut_off_with_its_head_repaired_is_not_found,
}

on_both! {
    bare:
    a_database_of_an_earlier_version_goes_on_under_the_key_and_no_entry_is_rewritten,
}

fn verdict(home: &Home) -> Verdict {
    let store = home.open();
    let keys = store.keys();
    store.look(|conn| chain::verify(conn, keys.as_deref(), |_, _| {})).unwrap()
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

/// The chain is as it was written, under the keyring's key, and is all that is there.
fn intact(contents: Contents) -> Verdict {
    Verdict::Intact { entries: contents.write, hash: contents.head, keyed: true }
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
    assert_eq!(verdict(app.home), intact(contents));
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
    assert_eq!(verdict(app.home), intact(contents));
}

fn write_times_never_decrease(app: &App) {
    let first = app.caseworker().enter(Noun::Person, &json!({})).json();
    app.clock.advance(TimeDelta::minutes(-2));
    let second = app.caseworker().enter(Noun::Person, &json!({})).json();
    assert_eq!(second["written_at"], first["written_at"]);
    app.clock.advance(TimeDelta::minutes(3));
    let third = app.caseworker().enter(Noun::Person, &json!({})).json();
    assert!(third["written_at"].as_str() > second["written_at"].as_str());
    let codes: Vec<_> = app.caseworker().walk("/api/v1/staff/persons?limit=200&basis=case_file");
    let codes: Vec<_> = codes.iter().map(|item| &item["code"]).collect();
    assert_eq!(codes, [&first["code"], &second["code"], &third["code"]]);
    assert!(matches!(verdict(app.home), Verdict::Intact { .. }));
}

fn an_auditor_recomputes_the_chain_and_sees_how_its_hashes_are_made(app: &App) {
    work(app);
    let ask = || app.unchanged(|| app.auditor().get("/api/v1/staff/audit/integrity").expect(200).json());
    let contents = app.contents();
    let intact = json!({"intact": true, "entries": contents.write, "head": contents.head, "keyed": true});
    assert_eq!(ask(), intact);
    let (own, _) = app.store.keys().unwrap().audit().unwrap();
    for line in app.auditor().walk("/api/v1/staff/audit?limit=200") {
        assert_eq!((&line["algorithm"], &line["key_id"]), (&json!("hmac-sha256"), &json!(own)), "{line}");
    }
    for caller in [app.admin(), app.caseworker(), app.researcher()] {
        caller.get("/api/v1/staff/audit/integrity").expect(403);
    }
    app.auditor().get("/api/v1/staff/audit/integrity?from=1").expect(400);
    app.sql(&format!("UPDATE audit_entries SET details = '{{}}' WHERE write = {}", contents.write - 1));
    assert_eq!(ask(), json!({"intact": false, "broken_at": contents.write - 1, "why": "it was changed"}));
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
fn hash_of(home: &Home, write: i64, key: Option<&Key>) -> String {
    let found = audit_entries::table.find(write).select((
        (audit_entries::algorithm, audit_entries::key_id, audit_entries::previous_hash),
        (audit_entries::written_at, audit_entries::account_id, audit_entries::action, audit_entries::details),
    ));
    type Form = (String, Option<String>, String);
    type Content = (Instant, RecordId, String, String);
    let ((algorithm, id, previous), (at, account, action, details)): (Form, Content) =
        found.first(&mut home.connect()).unwrap();
    let micros = at.0.timestamp_micros();
    let words = json!([algorithm, id, previous, write, micros, account.to_string(), action, details]).to_string();
    match key {
        Some(key) => chain::hex(&key.mac(words.as_bytes())),
        None => chain::hex(&Sha256::digest(words)),
    }
}

/// Changes an entry and gives it the hash that would go with the change if there were no key.
fn rewrite(home: &Home, write: i64) {
    home.sql(&format!("UPDATE audit_entries SET action = 'person.read' WHERE write = {write}"));
    let hash = hash_of(home, write, None);
    home.sql(&format!("UPDATE audit_entries SET hash = '{hash}' WHERE write = {write}"));
}

fn an_entry_that_was_changed_with_its_hash_is_found_for_want_of_the_key(app: &App) {
    for question in ["kind", "place"] {
        app.researcher().get(&format!("/api/v1/research/aggregates?by={question}")).expect(200);
    }
    let newest = app.contents().write;
    let (_, key) = app.store.keys().unwrap().audit().unwrap();
    assert_eq!(hash_of(app.home, newest, Some(&key)), app.contents().head);
    for write in [newest, newest - 1] {
        rewrite(app.home, write);
        assert_broken(app.home, write);
    }
}

fn an_end_that_was_rewritten_with_all_its_hashes_is_found_for_want_of_the_key(app: &App) {
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    let newest = app.contents().write;
    rewrite(app.home, newest);
    app.sql(&format!("UPDATE chain_head SET hash = '{}'", hash_of(app.home, newest, None)));
    assert_broken(app.home, newest);
    // Nor as an entry from before there was a key.
    app.sql(&format!("UPDATE audit_entries SET algorithm = 'sha256', key_id = NULL WHERE write = {newest}"));
    let hash = hash_of(app.home, newest, None);
    app.sql(&format!("UPDATE audit_entries SET hash = '{hash}' WHERE write = {newest}"));
    app.sql(&format!("UPDATE chain_head SET hash = '{hash}'"));
    assert_broken(app.home, newest);
}

/// A chain alone does not show that its end was cut off: signed checkpoints outside of the database do, in `tampering.rs`.
fn known_limit_without_a_checkpoint_an_end_that_was_cut_off_with_its_head_repaired_is_not_found(app: &App) {
    let before = app.contents();
    let written_at = "(SELECT written_at FROM audit_entries WHERE write = (SELECT write FROM chain_head))";
    app.researcher().get("/api/v1/research/aggregates?by=kind").expect(200);
    let after = app.contents();
    assert_eq!(after.write, before.write + 1);
    app.sql(&format!("DELETE FROM audit_entries WHERE write = {}", after.write));
    app.sql(&format!("UPDATE chain_head SET write = {}, hash = '{}'", before.write, before.head));
    app.sql(&format!("UPDATE chain_head SET written_at = {written_at}"));
    assert_eq!(verdict(app.home), intact(before));
}

fn a_database_of_an_earlier_version_goes_on_under_the_key_and_no_entry_is_rewritten(home: &Home) {
    type Line = (i64, String, Option<String>, String, String);
    let blank = Home::blank(home.backend);
    let lines = || -> Vec<Line> {
        let columns = (
            audit_entries::write,
            audit_entries::algorithm,
            audit_entries::key_id,
            audit_entries::previous_hash,
            audit_entries::hash,
        );
        audit_entries::table.order(audit_entries::write).select(columns).load(&mut blank.connect()).unwrap()
    };
    let store = blank.open();
    seed::install(&store).unwrap();
    store.write(&accounts::host(), "test", |_| Ok(())).unwrap();
    let before = lines();
    assert!(before.len() > 1 && before.iter().all(|line| line.1 == "sha256" && line.2.is_none()), "{before:?}");
    let (keyring, _) = Keyring::create(&blank.keys()).unwrap();
    let own = keyring.audit().unwrap().0;
    store.unlock(keyring).unwrap();
    store.write(&accounts::host(), "test", |_| Ok(())).unwrap();
    let after = lines();
    assert_eq!(after[..before.len()], before, "no entry is rewritten");
    let keyed = &after[before.len()..];
    assert_eq!(keyed.len(), 2);
    assert!(keyed.iter().all(|line| line.1 == "hmac-sha256" && line.2.as_ref() == Some(&own)), "{keyed:?}");
    assert_eq!(keyed[0].3, before.last().unwrap().4, "the first of them covers the head that it found");
    assert_eq!(verdict(&blank), intact(contents(&store)));
    // Without the keyring the earlier entries are checked, and of the later ones it is said that they cannot be.
    let locked = blank.open_locked();
    let seen = locked.look(|conn| chain::verify(conn, None, |_, _| {})).unwrap();
    assert_eq!(seen, Verdict::Unread { write: keyed[0].0 });
    // An earlier entry that was changed is found although it has no key, even with all hashes up to the signed one computed
    // anew.
    rewrite(&blank, before.last().unwrap().0);
    assert_broken(&blank, keyed[0].0);
}
