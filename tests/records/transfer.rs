//! Files in and out over HTTP: an import whole or not at all, and what was exported imports again as it was.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use crate::support::client::{entry_of, path_of};
use crate::support::samples::entry;
use crate::support::{App, Caller, Home, on_both};

on_both! {
    empty:
    what_was_exported_is_imported_elsewhere_as_it_was,
    an_import_is_whole_or_not_at_all,
    a_dry_run_says_what_would_be_done_and_does_nothing,
    a_file_that_cannot_be_read_is_refused_by_name,
    an_export_is_in_the_audit_with_whose_text_it_holds,
}

fn export(caller: &Caller<'_>, noun: Noun, texts: bool) -> String {
    caller.post("/api/v1/staff/exports", &json!({"noun": noun.plural(), "texts": texts})).expect(200).text()
}

const NOUNS: [Noun; 6] = [Noun::Event, Noun::Source, Noun::Person, Noun::Incident, Noun::Linkage, Noun::Consent];

fn everything(app: &App) -> Vec<(Noun, Vec<Value>)> {
    let of = |noun| (noun, app.caseworker().walk(&path_of(noun)).iter().map(entry_of).collect());
    NOUNS.map(of).into()
}

fn what_was_exported_is_imported_elsewhere_as_it_was(app: &App) {
    let caller = app.caseworker();
    for noun in NOUNS {
        caller.enter(noun, &entry(app, noun));
    }
    let source = caller.enter(Noun::Source, &json!({"code": "S-1", "type": "interview", "identity": "A neighbour"}));
    let event = caller.enter(Noun::Event, &json!({"code": "E-1", "name": "A wave", "date": "2017"}));
    let person = caller.enter(
        Noun::Person,
        &json!({"code": "P-1", "source_system": "old", "external_id": "7", "age_group": "Y18T24",
            "name": "Семён \"Сёма\" Ёлкин, младший", "narrative": "One line,\nand another; = \"quoted\"", "contacts": "+7 900"}),
    );
    caller.enter(
        Noun::Incident,
        &json!({"code": "I-1", "person": person.json()["code"], "kind": "detention", "date": "2017-02/2018-04-03",
            "place": "RU-CE", "event": event.json()["code"], "exact_place": "The yard",
            "involvements": [{"role": "perpetrator", "actor": "law_enforcement"}, {"role": "helper", "actor": "human_rights_organisation"}],
            "sources": [{"source": source.json()["code"], "credence": "probable"}]}),
    );
    let other = Home::new(app.backend, crate::support::Data::Empty);
    let other = App::start(&other);
    for noun in NOUNS {
        let file = export(&caller, noun, true);
        let made = other.caseworker().import(&format!("noun={}", noun.plural()), &file).expect(200).json();
        assert_eq!(made["created"], json!(file_rows(&file)), "{noun}: {file}");
    }
    assert_eq!(everything(&other), everything(app));
    let texts = |app: &App, noun: Noun, code: &str| {
        let found = app.caseworker().get(&format!("{}?code={code}", path_of(noun))).expect(200).items();
        let id = found[0]["id"].as_str().unwrap().to_owned();
        app.caseworker().get(&format!("{}/{id}/texts", path_of(noun))).expect(200).json()["texts"].clone()
    };
    for (noun, code) in [(Noun::Person, "P-1"), (Noun::Incident, "I-1"), (Noun::Source, "S-1")] {
        let own = texts(app, noun, code);
        assert!(!own.as_object().unwrap().is_empty());
        assert_eq!(texts(&other, noun, code), own);
    }
    assert!(!export(&caller, Noun::Person, false).contains("Ёлкин"));
}

fn file_rows(file: &str) -> usize {
    let mut reader = csv_rows(file);
    reader.remove(0);
    reader.len()
}

/// The rows of a file, a line break within quotes being none.
fn csv_rows(file: &str) -> Vec<String> {
    let (mut rows, mut row, mut quoted) = (Vec::new(), String::new(), false);
    for c in file.chars() {
        quoted ^= c == '"';
        if c == '\n' && !quoted {
            rows.push(std::mem::take(&mut row));
        } else {
            row.push(c);
        }
    }
    rows
}

fn an_import_is_whole_or_not_at_all(app: &App) {
    let caller = app.caseworker();
    let file = "code,ground,sex\nP-1,threatened_by_relatives,M\nP-2,nonsense,X\nP-3,,F\n";
    let errors = app.unchanged(|| caller.import("noun=persons", file).problem(422, "invalid"));
    let errors = errors.json()["errors"].as_array().unwrap().clone();
    let named: Vec<_> = errors.iter().map(|error| (error["row"].clone(), error["field"].clone())).collect();
    assert_eq!(named, [(json!(3), json!("ground")), (json!(3), json!("sex"))]);
    let good = "code,ground\nP-1,threatened_by_relatives\nP-3,\n";
    assert_eq!(caller.import("noun=persons", good).expect(200).json()["created"], 2);
}

fn a_dry_run_says_what_would_be_done_and_does_nothing(app: &App) {
    let caller = app.caseworker();
    let file = "code,name\nP-1,Семён\n";
    let would = app.unchanged(|| caller.import("noun=persons&dry_run=true", file).expect(200).json());
    assert_eq!((&would["dry_run"], &would["created"]), (&json!(true), &json!(1)));
    assert_eq!(caller.import("noun=persons&dry_run=false", file).expect(200).json()["dry_run"], false);
}

fn a_file_that_cannot_be_read_is_refused_by_name(app: &App) {
    let caller = app.caseworker();
    let refused = |parameters: &str, status: u16, code: &str| {
        app.unchanged(|| caller.import(parameters, "code\nP-1\n").problem(status, code))
    };
    refused("", 400, "invalid_parameter");
    refused("noun=terms", 400, "invalid_parameter");
    refused("noun=persons&dry_run=perhaps", 400, "invalid_parameter");
    refused("noun=persons&colour=red", 400, "invalid_parameter");
    app.unchanged(|| {
        caller.post("/api/v1/staff/imports?noun=persons", &json!({})).problem(415, "unsupported_media_type");
        caller.import("noun=persons", &"x".repeat(5 << 20)).problem(413, "too_large");
        caller.import("noun=persons", &"\n".repeat(400)).problem(422, "invalid");
        caller.import("noun=persons", "colour\nred\n").problem(422, "invalid");
        app.researcher().import("noun=persons", "code\nP-1\n").problem(403, "forbidden");
        caller.post("/api/v1/staff/exports", &json!({"noun": "terms"})).problem(422, "invalid");
        caller.post("/api/v1/staff/exports", &json!({})).problem(422, "invalid");
        let persons = |flavour: &str| json!({"noun": "persons", "flavour": flavour});
        caller.post("/api/v1/staff/exports", &persons("excel")).refuses(422, "flavour", "unknown_code");
        caller.post("/api/v1/staff/exports?limit=5", &persons("exact")).refuses(400, "limit", "unknown");
        caller.post("/api/v1/staff/exports?noun=persons", &persons("exact")).refuses(400, "noun", "unknown");
        app.admin().post("/api/v1/staff/exports", &json!({"noun": "persons"})).problem(403, "forbidden");
    });
    // No mistake beside a text shows the text.
    let answer = caller.import("noun=persons", &format!("code,name,sex\nP-1,canary{},Q\n", "x".repeat(500)));
    assert!(!answer.problem(422, "invalid").text().contains("canary"));
}

fn an_export_is_in_the_audit_with_whose_text_it_holds(app: &App) {
    let caller = app.caseworker();
    let person = caller.enter(Noun::Person, &json!({"code": "P-1", "name": "Семён"}));
    let newest = || app.auditor().get("/api/v1/staff/audit?limit=1").expect(200).items()[0].clone();
    export(&caller, Noun::Person, true);
    assert_eq!((&newest()["action"], &newest()["details"]["read"]), (&json!("export"), &json!([person.id()])));
    export(&caller, Noun::Person, false);
    assert_eq!(newest()["details"], json!({"count": 1, "noun": "person", "texts": []}));
}
