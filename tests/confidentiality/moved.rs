//! Somebody who can write to the database, and has no keyring, moves and changes what lies there.

use attest::domain::record::Noun;
use serde_json::json;

use super::desk::{correct, texts};
use crate::support::client::path_of;
use crate::support::{App, on_both};

on_both! {
    empty:
    a_text_that_was_moved_or_changed_is_not_shown,
}

fn a_text_that_was_moved_or_changed_is_not_shown(app: &App) {
    let staff = app.caseworker();
    let person = |name: &str| {
        staff.enter(Noun::Person, &json!({"name": name, "aliases": "Sekretova", "contacts": "Sekretova's mother"})).id()
    };
    let (own, other) = (person("Asya Sekretova"), person("Vera Sekretova"));
    correct(&staff, Noun::Person, &own, json!({"name": "Asya Sekretova now"})).expect(200);
    let before = [texts(&staff, Noun::Person, &own), texts(&staff, Noun::Person, &other)];
    // A copy to move things about from, and to put them back.
    app.sql(
        "CREATE TABLE kept_texts AS SELECT * FROM personal_texts; CREATE TABLE kept_keys AS SELECT * FROM data_keys",
    );
    let put_back = "UPDATE personal_texts SET ciphertext = (SELECT k.ciphertext FROM kept_texts k WHERE \
         k.record_id = personal_texts.record_id AND k.field = personal_texts.field AND k.write = personal_texts.write); \
         UPDATE data_keys SET wrapped = (SELECT k.wrapped FROM kept_keys k WHERE k.subject_id = data_keys.subject_id)";
    let newest = |id: &str, field: &str| format!("record_id = '{id}' AND field = '{field}' AND superseded_by IS NULL");
    let name = newest(&own, "name");
    let from = |wanted: &str| format!("(SELECT ciphertext FROM kept_texts WHERE {wanted})");
    let old = format!("record_id = '{own}' AND field = 'name' AND superseded_by IS NOT NULL");
    let flipped = match app.backend {
        crate::support::Backend::Sqlite => {
            "CAST(substr(ciphertext, 1, 40) || (CASE WHEN substr(ciphertext, 41, 1) = x'00' THEN x'01' ELSE x'00' END) \
             || substr(ciphertext, 42) AS BLOB)"
        }
        crate::support::Backend::Postgres => "set_bit(ciphertext, 300, 1 - get_bit(ciphertext, 300))",
    };
    let key = |of: &str| format!("(SELECT wrapped FROM kept_keys WHERE subject_id = '{of}')");
    let moves = [
        (
            "another field",
            format!("UPDATE personal_texts SET ciphertext = {} WHERE {name}", from(&newest(&own, "contacts"))),
        ),
        (
            "another record",
            format!("UPDATE personal_texts SET ciphertext = {} WHERE {name}", from(&newest(&other, "name"))),
        ),
        ("an earlier version", format!("UPDATE personal_texts SET ciphertext = {} WHERE {name}", from(&old))),
        ("another column", format!("UPDATE personal_texts SET ciphertext = {} WHERE {name}", key(&own))),
        ("a flipped bit", format!("UPDATE personal_texts SET ciphertext = {flipped} WHERE {name}")),
        ("cut off", format!("UPDATE personal_texts SET ciphertext = substr(ciphertext, 1, 20) WHERE {name}")),
        ("another's key", format!("UPDATE data_keys SET wrapped = {} WHERE subject_id = '{own}'", key(&other))),
        ("a text for a key", format!("UPDATE data_keys SET wrapped = {} WHERE subject_id = '{own}'", from(&name))),
        ("no key", format!("DELETE FROM data_keys WHERE subject_id = '{own}'")),
    ];
    let path = format!("{}/{own}/texts", path_of(Noun::Person));
    for (what, sql) in moves {
        app.sql(&sql);
        let refused = app.unchanged(|| staff.get(&path));
        assert!(!refused.text().contains("Sekretova"), "{what}: {}", refused.text());
        refused.problem(500, "internal");
        let search = app.unchanged(|| staff.post("/api/v1/staff/searches", &json!({"name": "sekretova"})));
        assert!(!search.text().contains(&own) && !search.text().contains("Sekretova"), "{what}: {}", search.text());
        assert_eq!(texts(&staff, Noun::Person, &other), before[1], "{what}: the other person's own text");
        // Negative control: where it belongs, it reads.
        app.sql(
            "INSERT INTO data_keys SELECT * FROM kept_keys WHERE subject_id NOT IN (SELECT subject_id FROM data_keys)",
        );
        app.sql(put_back);
        assert_eq!(texts(&staff, Noun::Person, &own), before[0], "{what}");
    }
    assert_eq!(app.number("SELECT COUNT(*) AS value FROM data_keys"), 2);
}
