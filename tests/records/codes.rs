//! Codes: those that Attest makes are drawn until one is free, and chosen by nobody.

use std::sync::atomic::{AtomicU64, Ordering};

use attest::domain::entry::is_made_code;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::app::settings;
use crate::support::client::path_of;
use crate::support::{App, Caller, on_both, samples};

on_both! {
    empty:
    where_chance_repeats_itself_a_code_is_drawn_again,
    a_code_of_the_shape_that_attest_makes_is_chosen_by_nobody,
    codes_that_attest_made_come_back_from_a_file,
    a_publication_has_a_code_that_is_a_file_everywhere,
    the_machine_owns_nobody,
}

fn codes(app: &App, noun: Noun) -> Vec<String> {
    let walked = app.caseworker().walk(&path_of(noun));
    walked.iter().map(|record| record["code"].as_str().unwrap().to_owned()).collect()
}

/// Gives each number five times.
fn repeating() -> u64 {
    static DRAWN: AtomicU64 = AtomicU64::new(0xab_cdef_0000 * 5);
    DRAWN.fetch_add(1, Ordering::Relaxed) / 5
}

/// Gives one number.
fn stuck() -> u64 {
    0xab_cdef_1234
}

fn where_chance_repeats_itself_a_code_is_drawn_again(app: &App) {
    let app = &App::serve(app.home, app.home.open().with_chance(repeating), settings());
    for _ in 0..4 {
        app.caseworker().enter(Noun::Person, &json!({"origin": "RU-CE"}));
    }
    let file = format!("origin\n{}", "RU-CE\n".repeat(20));
    assert_eq!(app.caseworker().import("noun=persons", &file).expect(200).json()["created"], 20);
    let mut found = codes(app, Noun::Person);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 24, "{found:?}");
    assert!(found.iter().all(|code| is_made_code(Noun::Person, code)), "{found:?}");
    // A sealed one is drawn in the same way.
    let person = app.caseworker().enter(Noun::Person, &json!({"code": "mine"}));
    let seal = json!({"accounts": [], "reason": "a threat"});
    let path = format!("{}/seal", person.path(Noun::Person));
    app.caseworker().post_with(&path, &[("If-Match", &person.etag())], &seal).expect(200);
    // Of a chance that is none there is an end, and nothing was written.
    let app = &App::serve(app.home, app.home.open().with_chance(stuck), settings());
    app.caseworker().enter(Noun::Person, &json!({}));
    app.unchanged(|| assert!(app.caseworker().create(Noun::Person, &json!({})).status >= 500));
}

fn a_code_of_the_shape_that_attest_makes_is_chosen_by_nobody(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &json!({"name": "Somebody"}));
    let taken = made.json()["code"].as_str().unwrap().to_owned();
    let free = "P-7QK2M4XA";
    for code in [taken.as_str(), free] {
        let answer = app.unchanged(|| app.caseworker().create(Noun::Person, &json!({"code": code})));
        let told = answer.refuses(422, "code", "inconsistent").text().replace(code, "");
        assert!(!told.contains("taken") && !told.contains("other person"), "{told}");
    }
    let of = json!({"code": "I-7QK2M4XA", "person": taken, "kind": "threat", "date": "2017"});
    app.unchanged(|| app.caseworker().create(Noun::Incident, &of).refuses(422, "code", "inconsistent"));
    // What people write themselves is none of that shape.
    for code in ["P-20180403", "P-0001", "p-7qk2m4xa", "P-7QK2M4X", "I-7QK2M4XA", "X-7QK2M4XA"] {
        app.caseworker().enter(Noun::Person, &json!({"code": code}));
    }
    // A correction may repeat the code that the record has.
    let again = json!({"code": taken, "sex": "F", "reason": "a correction"});
    app.caseworker().correct(Noun::Person, &made, &again).expect(200);
}

fn codes_that_attest_made_come_back_from_a_file(app: &App) {
    let file = "code,origin\nP-7QK2M4XA,RU-CE\n";
    app.caseworker().import("noun=persons", file).expect(200);
    assert_eq!(codes(app, Noun::Person), ["P-7QK2M4XA"]);
    app.unchanged(|| app.caseworker().import("noun=persons", file).refuses(422, "code", "taken"));
}

fn a_publication_has_a_code_that_is_a_file_everywhere(app: &App) {
    samples::list(app, "sex", &["M", "F"]);
    let entry = |code: &str| -> Value {
        json!({"code": code, "published_on": "2019-01-14", "publisher": "The Network", "address": "https://example.org/"})
    };
    for code in [
        ".", "..", "...", ".hidden", "a.", "a.json", "a.JSON", "a.csv", "a.svg", "a.tar.gz", "con", "NUL", "aux.1",
        "Com7", "LPT1.2",
    ] {
        app.unchanged(|| app.caseworker().create(Noun::Publication, &entry(code)).refuses(422, "code", "malformed"));
    }
    for code in ["v1.2", "2019-01-14", "console", "com", "a_b"] {
        app.caseworker().enter(Noun::Publication, &entry(code));
    }
    app.unchanged(|| app.caseworker().create(Noun::Publication, &entry("V1.2")).refuses(422, "code", "taken"));
    app.unchanged(|| app.caseworker().create(Noun::Publication, &entry("A_b")).refuses(422, "code", "taken"));
    for (id, table, wrong) in [("con", "by-sex", "id"), ("spring", "nul", "tables[0].code")] {
        let release = json!({"id": id, "title_en": "T", "publisher": "P",
            "tables": [{"code": table, "title_en": "By sex", "by": ["sex"]}]});
        app.unchanged(|| app.publisher().post("/api/v1/staff/releases", &release).refuses(422, wrong, "malformed"));
    }
}

fn the_machine_owns_nobody(app: &App) {
    let caller = app.caseworker();
    app.unchanged(|| caller.create(Noun::Person, &json!({"owner": "host"})).refuses(422, "owner", "unknown_record"));
    let own = caller.enter(Noun::Person, &json!({}));
    let give = json!({"owner": "host", "reason": "a gift"});
    app.unchanged(|| caller.correct(Noun::Person, &own, &give).refuses(422, "owner", "unknown_record"));
    let seal = json!({"accounts": ["host"], "reason": "a threat"});
    let path = format!("{}/seal", own.path(Noun::Person));
    app.unchanged(|| {
        caller.post_with(&path, &[("If-Match", &own.etag())], &seal).refuses(422, "accounts[0]", "unknown_record")
    });
    // What the machine imports is nobody's, stays so when somebody corrects it, and can be sealed and given to somebody.
    let file = attest::exchange::import::File {
        noun: Noun::Person,
        name: "persons.csv".to_owned(),
        bytes: b"code,origin\nQ-1,RU-CE\n".to_vec(),
    };
    let host = attest::store::accounts::host();
    attest::exchange::import::run(&app.store, &host, vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
    let found = |by: &Caller<'_>| {
        let id = by.get(&format!("{}?code=Q-1", path_of(Noun::Person))).expect(200).items()[0]["id"].clone();
        by.get(&format!("{}/{}", path_of(Noun::Person), id.as_str().unwrap())).expect(200)
    };
    assert_eq!(found(&caller).json()["owner"], Value::Null);
    let corrected =
        caller.correct(Noun::Person, &found(&caller), &json!({"sex": "F", "reason": "told later"})).expect(200);
    assert_eq!((&corrected.json()["owner"], &corrected.json()["sex"]), (&Value::Null, &json!("F")));
    let publisher = app.publisher();
    let path = format!("{}/seal", corrected.path(Noun::Person));
    let seal = json!({"accounts": [], "reason": "a threat"});
    let sealed = publisher.post_with(&path, &[("If-Match", &corrected.etag())], &seal).expect(200).json();
    assert_eq!(sealed["accounts"], json!(["test-publisher"]));
    let seen = publisher.get(&corrected.path(Noun::Person)).expect(200);
    let seen = publisher.correct(Noun::Person, &seen, &json!({"sex": "M", "reason": "a slip"})).expect(200);
    let taken =
        publisher.correct(Noun::Person, &seen, &json!({"owner": "test-publisher", "reason": "mine"})).expect(200);
    assert_eq!(taken.json()["owner"], "test-publisher");
}
