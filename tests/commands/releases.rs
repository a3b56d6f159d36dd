//! Releases and invented data from the command line.

use std::path::PathBuf;

use crate::support::cli::{attest, attest_on, run};
use crate::support::{Home, on_both};

on_both! {
    bare:
    invented_records_are_released_and_their_files_verified,
    invented_records_never_come_to_stand_among_others,
    a_declaration_that_is_wrong_is_refused_by_its_fields_and_nothing_is_kept,
}

const DECLARATION: &str = r#"{"id": "spring", "title_en": "Spring", "publisher": "Nobody",
    "tables": [{"code": "by-ground-and-sex", "title_en": "By ground and sex", "by": ["ground", "sex"]}]}"#;

fn declared(home: &Home, text: &str) -> PathBuf {
    let path = home.folder.join("declaration.json");
    std::fs::write(&path, text).unwrap();
    path
}

fn invented(home: &Home) -> Home {
    let blank = Home::blank(home.backend);
    let told = run(attest_on(&blank).args(["demo-data", "--persons", "80"])).done().out;
    assert!(told.contains("invented persons: 80 persons"), "{told}");
    blank
}

fn invented_records_are_released_and_their_files_verified(home: &Home) {
    let home = &invented(home);
    let file = declared(home, DECLARATION);
    let release = |arguments: &[&str]| run(attest_on(home).arg("release").args(arguments));
    let plan = run(attest_on(home).args(["release", "prepare"]).arg(&file)).done().out;
    let told = plan.lines().find(|line| line.starts_with("by-ground-and-sex: ")).unwrap();
    assert!(!told.contains(": 0 told") && !told.contains(" 0 withheld"), "{plan}");
    assert!(release(&["publish", "spring"]).refused().err.contains("sign"));
    assert!(release(&["sign", "autumn"]).refused().err.contains("autumn"));
    release(&["sign", "spring"]).done();
    assert!(release(&["sign", "spring"]).refused().err.contains("signed"));
    release(&["publish", "spring"]).done();
    assert!(release(&["show"]).done().out.starts_with("spring published 1 of 1 signatures"));
    release(&["notice", "spring", "--notice", "One number will be corrected."]).done();

    release(&["export", "public"]).done();
    assert!(release(&["export", "public"]).refused().err.contains("not empty"));
    let folder = home.folder.join("public");
    let key = std::fs::read_to_string(folder.join("PUBLIC_KEY")).unwrap();
    let verify = |key: &str| run(attest(&home.folder).args(["release", "verify", "public", "--key", key]));
    assert!(verify(key.trim()).done().out.contains("signed by the key that was given"));
    assert!(verify("AAAA").refused().err.contains("--key"));
    let table = folder.join("api/v1/releases/spring/tables/by-ground-and-sex.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    assert!(text.contains(",withheld,C,"), "{text}");
    std::fs::write(&table, text.replacen(",withheld,C,", ",A,F,", 1)).unwrap();
    assert!(verify(key.trim()).refused().err.contains("by-ground-and-sex.csv"));

    release(&["withdraw", "spring", "--reason", "a test"]).done();
    assert!(release(&["show", "spring"]).done().out.starts_with("spring withdrawn"));
    assert!(release(&["discard", "spring"]).refused().err.contains("withdrawn"));
}

fn invented_records_never_come_to_stand_among_others(home: &Home) {
    let home = &invented(home);
    assert!(run(attest_on(home).arg("demo-data")).refused().err.contains("records of its own"));
}

fn a_declaration_that_is_wrong_is_refused_by_its_fields_and_nothing_is_kept(home: &Home) {
    let home = &invented(home);
    let refused = |text: &str| {
        let file = declared(home, text);
        run(attest_on(home).args(["release", "prepare"]).arg(file)).refused().err
    };
    assert!(refused("{").contains("declaration.json"));
    assert!(refused(r#"{"tabels": []}"#).contains("tabels"));
    let wrong = DECLARATION.replace("\"ground\", \"sex\"", "\"source\"").replace("\"spring\"", "\"Spring time\"");
    let told = refused(&wrong);
    assert!(told.contains("id: expected") && told.contains("tables[0].by: expected"), "{told}");
    let figure = DECLARATION.replace("\"tables\"", "\"figures\": [\"nobody:said\"], \"tables\"");
    assert!(refused(&figure).contains("no such figure"));
    assert_eq!(run(attest_on(home).args(["release", "show"])).done().out, "");
}
