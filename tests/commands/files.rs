//! `attest import` and `attest openapi`.

use attest::domain::record::Noun;
use serde_json::json;

use crate::support::app::contents;
use crate::support::cli::{attest, attest_on, run};
use crate::support::{App, Home, on_both, process};

on_both! {
    bare:
    a_template_can_be_imported_as_it_is,
    a_dry_run_says_what_it_would_do_and_writes_nothing,
    a_file_is_imported_whole,
}

on_both! {
    empty:
    a_template_offers_the_words_of_the_organisation,
}

fn template(home: &Home, noun: Noun) -> String {
    run(attest_on(home).args(["import", "--template", &noun.plural()])).done().out
}

#[test]
fn the_template_of_sources_is_as_it_was() {
    let folder = process::new_folder();
    let printed = run(attest(&folder).args(["import", "--template", "sources"])).done().out;
    insta::assert_snapshot!("template_of_sources", printed);
}

#[test]
fn a_template_explains_every_column_and_needs_no_database() {
    let folder = process::new_folder();
    for noun in Noun::ALL {
        let ended = run(attest(&folder).args(["import", "--template", &noun.plural()])).done();
        assert_eq!(ended.err, "");
        let lines: Vec<_> = ended.out.lines().collect();
        let (header, explained) = lines.split_last().unwrap();
        assert!(explained.iter().all(|line| line.starts_with('#')), "{noun}");
        assert!(explained[0].contains(&noun.plural()));
        for column in header.split(',') {
            let line = explained.iter().find(|line| {
                line.starts_with(&format!("# {column}: ")) || line.starts_with(&format!("# {column} (required): "))
            });
            assert!(line.is_some_and(|line| line.len() > column.len() + 10), "{noun}: {column}");
        }
        // The singular will do.
        assert_eq!(run(attest(&folder).args(["import", "--template", noun.name()])).done().out, ended.out);
    }
    for noun in [Noun::Person, Noun::Incident] {
        let printed = run(attest(&folder).args(["import", "--template", &noun.plural()])).done().out;
        assert!(printed.contains("#     RU-CE = "), "the codes of places are explained");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    let told = run(attest(&folder).args(["import", "--template", "houses"])).refused().err;
    assert!(told.contains("persons"), "{told}");
}

fn a_template_can_be_imported_as_it_is(home: &Home) {
    for noun in Noun::ALL {
        let path = home.folder.join("template.csv");
        std::fs::write(&path, template(home, noun)).unwrap();
        let ended = run(attest_on(home).args(["import", &noun.plural()]).arg(&path)).done();
        assert!(ended.out.ends_with(&format!("template.csv: 0 {} imported\n", noun.plural())), "{ended:?}");
    }
}

fn a_template_offers_the_words_of_the_organisation(app: &App) {
    let term = json!({"vocabulary": "kind", "code": "arson", "family": "violation", "label_en": "Arson",
        "definition_en": "A home is set on fire to harm the person."});
    assert!(!template(app.home, Noun::Incident).contains("arson"));
    app.admin().enter(Noun::Term, &term);
    assert!(template(app.home, Noun::Incident).contains("#     arson = Arson\n"));
}

fn write(home: &Home, text: &str) -> std::path::PathBuf {
    let path = home.folder.join("rows.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn a_dry_run_says_what_it_would_do_and_writes_nothing(home: &Home) {
    let path = write(home, "code,ground\nR-2,witness\nR-3,outed\n");
    let before = contents(&home.open());
    let ended = run(attest_on(home).args(["import", "persons", "--dry-run"]).arg(&path)).done();
    assert!(ended.out.ends_with("rows.csv: 2 persons would be imported\n"), "{ended:?}");
    assert_eq!(contents(&home.open()), before);
    let wrong = write(home, "code,ground\nR-2,witnes\n");
    let told = run(attest_on(home).args(["import", "persons", "--dry-run"]).arg(&wrong)).refused().err;
    assert!(told.contains("row 2, column ground: `witnes`"), "{told}");
    assert_eq!(contents(&home.open()), before);
}

fn a_file_is_imported_whole(home: &Home) {
    let rows: String = (0..600).map(|row| format!("R-{row},witness\n")).collect();
    let path = write(home, &format!("code,ground\n{rows}"));
    let before = contents(&home.open());
    let ended = run(attest_on(home).args(["import", "persons"]).arg(&path)).done();
    assert!(ended.out.ends_with("rows.csv: 600 persons imported\n"), "{ended:?}");
    let after = contents(&home.open());
    assert_eq!(after.write, before.write + 1, "one write");
    let persons = |contents: &crate::support::app::Contents| {
        contents.rows.iter().find(|(table, _)| *table == "person_versions").unwrap().1
    };
    assert_eq!(persons(&after), persons(&before) + 600);
    // The same file again: every code is taken, and nothing is stored.
    run(attest_on(home).args(["import", "persons"]).arg(&path)).refused();
    assert_eq!(contents(&home.open()), after);
}

#[test]
fn the_openapi_document_is_printed_as_it_is_committed() {
    let printed = run(attest(&process::new_folder()).arg("openapi")).done();
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    assert_eq!(printed.out, std::fs::read_to_string(committed).unwrap());
    assert_eq!(printed.err, "");
}
