//! Files that can be read in more than one way are refused; rows of nothing are passed over and counted; what is too much for a
//! request is told as that, and nothing of it is kept.

use std::time::Duration;

use attest::domain::check::Rule;
use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::exchange::import::{self, File, ImportError, Mistakes};
use attest::http::app::Settings;
use attest::store::accounts;
use serde_json::{Value, json};

use crate::support::app::settings;
use crate::support::cli::{attest_on, run};
use crate::support::people::Person;
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_cell_of_many_lines_is_one_row_and_what_follows_is_named_by_row_and_line,
    a_stray_quotation_mark_is_refused_for_every_noun_over_http_and_on_the_command_line,
    rows_of_nothing_are_passed_over_and_counted_everywhere,
    a_person_row_that_says_nothing_is_refused,
    a_person_row_of_signs_that_nobody_sees_is_refused_and_such_a_text_is_none,
    a_status_that_is_no_word_for_one_is_refused_by_name,
    rows_are_limited_as_records_and_not_as_lines,
    every_mistake_is_counted_and_the_first_fifty_are_told,
    an_import_that_is_late_is_taken_back_whole_and_goes_on_as_a_job,
    a_file_of_comments_and_padding_from_a_spreadsheet_is_read,
}

/// What came of a file that is long enough to be a job.
fn result_of(app: &App, parameters: &str, file: &str) -> serde_json::Value {
    let caller = app.caseworker();
    let job = caller.finished(caller.import(parameters, file).expect(202).header("location").unwrap());
    assert_eq!(job["state"], "succeeded", "{job}");
    job["result"].clone()
}

fn run_file(app: &App, noun: Noun, text: &str) -> Result<import::Report, ImportError> {
    let file = File { noun, name: "rows.csv".to_owned(), bytes: text.as_bytes().to_vec() };
    import::run(&app.store, &accounts::host(), vec![file], false, |_| Ok(()), Box::new(|_| {}))
}

#[track_caller]
fn mistakes(app: &App, noun: Noun, text: &str) -> Mistakes {
    match app.unchanged(|| run_file(app, noun, text)) {
        Err(ImportError::Rows(mistakes)) => mistakes,
        other => panic!("{text:?}: {other:?}"),
    }
}

/// Runs `attest import` and gives what it said: what was done, and what was wrong.
fn command(app: &App, noun: &str, text: &str) -> (bool, String) {
    let path = app.home.folder.join("rows.csv");
    std::fs::write(&path, text).unwrap();
    let ended = run(attest_on(app.home).args(["import", noun]).arg(&path));
    (ended.code == Some(0), format!("{}{}", ended.out, ended.err))
}

fn named(answer: &Answer) -> Vec<(Value, Value, Value)> {
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| (error["row"].clone(), error["line"].clone(), error["field"].clone())).collect()
}

fn a_cell_of_many_lines_is_one_row_and_what_follows_is_named_by_row_and_line(app: &App) {
    let file = "code,narrative\nQ-1,\"one\ntwo\nthree\nfour\"\n";
    assert_eq!(app.caseworker().import("noun=persons", file).expect(200).json()["created"], 1);
    let owner = app.caseworker().walk("/api/v1/staff/persons")[0]["owner"].clone();
    assert_eq!(owner, "test-caseworker", "whoever imports a person owns it where the row names nobody");
    let wrong = "code,narrative\nQ-2,\"one\r\ntwo\nthree\nfour\"\nQ 3,x\n";
    let answer = app.unchanged(|| app.caseworker().import("noun=persons", wrong)).problem(422, "invalid");
    assert_eq!(named(&answer), [(json!(3), json!(6), json!("code"))]);
    let (done, said) = command(app, "persons", wrong);
    assert!(!done && said.contains("row 3 (line 6), column code: `Q 3`"), "{said}");
    // Where both are the same, one number is told.
    let answer = app.caseworker().import("noun=persons", "code\rQ-2\rQ 3\r").problem(422, "invalid");
    assert_eq!(named(&answer), [(json!(3), Value::Null, json!("code"))]);
    let (done, said) = command(app, "persons", "code,narrative\nQ-5,\"one\ntwo\nthree\nfour\nfive\"\n");
    assert!(done && said.contains("1 persons imported"), "{said}");
}

fn a_stray_quotation_mark_is_refused_for_every_noun_over_http_and_on_the_command_line(app: &App) {
    let wrong = "code,reason\nX-1,\"a\nX-2,b\n";
    let answer = app.unchanged(|| app.caseworker().import("noun=persons", wrong)).problem(422, "invalid");
    assert_eq!(named(&answer), [(json!(2), Value::Null, json!(""))]);
    for noun in Noun::ALL {
        let path = ["import", "--template", noun.name()];
        let template = run(attest_on(app.home).args(path)).done().out;
        let columns = template.lines().last().unwrap().split(',').count();
        let cells = |first: &str| std::iter::once(first).chain(vec!["x"; columns - 1]).collect::<Vec<_>>().join(",");
        for bad in ["\"open", "\"on\"x", "wi\"thin"] {
            let text = format!("{template}{}\n{}\n", cells(bad), cells("y"));
            let row = template.lines().count() as u64 + 1;
            let mistakes = mistakes(app, noun, &text);
            let told = mistakes.first.iter().map(|wrong| (wrong.row, wrong.error.rule)).collect::<Vec<_>>();
            assert_eq!((told, mistakes.count), (vec![(row, Rule::Malformed)], 1), "{noun}: {bad}");
            assert!(mistakes.first[0].error.expected.contains("quotation mark"), "{}", mistakes.first[0]);
        }
    }
    let (done, said) = app.unchanged(|| command(app, "persons", wrong));
    assert!(!done && said.contains("row 2: expected a second quotation mark"), "{said}");
}

fn rows_of_nothing_are_passed_over_and_counted_everywhere(app: &App) {
    let rows = |first: &str, second: &str| {
        format!(
            "code,ground,sex\n{first},witness,\n,,\n\u{a0},\u{2007} ,\u{200b}\u{3164}\u{2800}\n\n,,,,,\n{second},,F\n,,\n"
        )
    };
    let would =
        app.unchanged(|| app.caseworker().import("noun=persons&dry_run=true", &rows("W-1", "W-2")).expect(200).json());
    assert_eq!((&would["created"], &would["skipped"]), (&json!(2), &json!(5)));
    let made = app.caseworker().import("noun=persons", &rows("W-1", "W-2")).expect(200).json();
    assert_eq!((&made["created"], &made["skipped"]), (&json!(2), &json!(5)));
    assert_eq!(app.caseworker().walk("/api/v1/staff/persons").len(), 2);
    let (done, said) = command(app, "persons", &rows("W-3", "W-4"));
    assert!(done && said.contains("2 persons imported\nempty rows that were passed over: 5\n"), "{said}");
    // A mistake below them is named by its own row.
    let answer = app.caseworker().import("noun=persons", &rows("W-5", "W 6")).problem(422, "invalid");
    assert_eq!(named(&answer), [(json!(7), Value::Null, json!("code"))]);
    let kai = Person::new(app, "kai", Role::Caseworker);
    let page = trial(&kai.browser(app), &rows("W-7", "W-8")).expect(200).text();
    assert!(page.contains("Empty rows that were passed over: 5."), "{page}");
}

/// Tries a file on its page.
fn trial(browser: &crate::support::people::Browser<'_>, rows: &str) -> Answer {
    let mut body = String::new();
    for (name, value) in [("csrf", browser.word().as_str()), ("noun", "persons"), ("text", rows)] {
        body += &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    let kind = ("Content-Type", "multipart/form-data; boundary=edge");
    browser.send("POST", "/desk/import", &[kind], (body + "--edge--\r\n").into_bytes())
}

fn a_person_row_that_says_nothing_is_refused(app: &App) {
    let file = "code,known_on,ground,sex,name\nN-1,,,,\n,2018-04-03,,,\n,2018-04-03,_U,_U,\n,,,M,\n,,,,Семён\n";
    let answer = app.unchanged(|| app.caseworker().import("noun=persons", file)).problem(422, "invalid");
    let errors = answer.json()["errors"].clone();
    let told: Vec<_> =
        errors.as_array().unwrap().iter().map(|error| (error["row"].clone(), error["rule"].clone())).collect();
    assert_eq!(told, [(json!(3), json!("required")), (json!(4), json!("required"))]);
    let fine = "code,known_on,ground,sex,name\nN-1,,,,\n,,,M,\n,,,,Семён\n";
    assert_eq!(app.caseworker().import("noun=persons", fine).expect(200).json()["created"], 3);
}

fn a_person_row_of_signs_that_nobody_sees_is_refused_and_such_a_text_is_none(app: &App) {
    let head = "known_on,ground,sex,name,narrative\n";
    let said = |row: &str| format!("{head}2018-04-03,{row}\n");
    for blank in ["\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}", "\u{fe0f}", " \u{200d}\u{a0}"] {
        for row in [format!(",,{blank},"), format!("{blank},,,"), format!(",,,\"{blank}\n\""), format!("_Z,,{blank},")]
        {
            app.unchanged(|| {
                let wrong = app.caseworker().import("noun=persons", &said(&row)).problem(422, "invalid").json();
                assert_eq!(wrong["errors"][0]["rule"], "required", "{row:?}: {wrong}");
            });
        }
        // A cell that shows nothing is an empty one, in every column.
        let made = app.caseworker().import("noun=persons&dry_run=true", &said(&format!("{blank},F,{blank},{blank}")));
        assert_eq!(made.expect(200).json()["created"], 1);
        let entered = app.caseworker().enter(Noun::Person, &json!({"ground": "witness", "name": blank}));
        let texts = app.caseworker().get(&format!("{}/texts", entered.path(Noun::Person))).expect(200).json();
        assert_eq!(texts["texts"], json!({}), "{blank:?}");
        let reason = json!({"sex": "F", "reason": blank});
        app.unchanged(|| app.caseworker().correct(Noun::Person, &entered, &reason).refuses(422, "reason", "required"));
    }
    for row in ["_Z,,,", "_U,_Z,,", "_Z,_U,,"] {
        app.unchanged(|| {
            let wrong = app.caseworker().import("noun=persons", &said(row)).problem(422, "invalid").json();
            assert_eq!(wrong["errors"][0]["rule"], "required", "{row}: {wrong}");
        });
    }
}

fn a_status_that_is_no_word_for_one_is_refused_by_name(app: &App) {
    for word in ["gone", "Withdrawn", "_Z", "true"] {
        let file = format!("code,status\nS-1,{word}\n");
        let answer = app.unchanged(|| app.caseworker().import("noun=persons", &file)).problem(422, "invalid").json();
        let wrong = &answer["errors"][0];
        assert_eq!(
            (&wrong["field"], &wrong["rule"], &wrong["row"]),
            (&json!("status"), &json!("unknown_code"), &json!(2))
        );
        assert_eq!(wrong["expected"], "one of active, withdrawn");
    }
    // It says nothing of anybody.
    let alone = app.unchanged(|| app.caseworker().import("noun=persons", "ground,status\n,active\n,withdrawn\n"));
    assert_eq!(alone.problem(422, "invalid").json()["error_count"], 2);
    // It is a word of files only: by hand a record is withdrawn in a step of its own.
    app.unchanged(|| {
        app.caseworker().create(Noun::Person, &json!({"status": "withdrawn"})).refuses(422, "status", "unknown");
    });
}

fn rows_are_limited_as_records_and_not_as_lines(app: &App) {
    // More lines than rows are taken, in few rows.
    let long = format!("\"{}\"", "one line\n".repeat(100));
    let rows: String = (0..60).map(|row| format!("L-{row},{long}\n")).collect();
    let tried =
        app.caseworker().import("noun=persons&dry_run=true", &format!("code,reason\n{rows}")).expect(200).json();
    assert_eq!(tried["created"], 60);
    for ending in ["\n", "\r\n", "\r"] {
        let rows: String = (0..5_001).map(|row| format!("M-{row}{ending}")).collect();
        app.unchanged(|| {
            app.caseworker().import("noun=persons", &format!("code{ending}{rows}")).problem(413, "too_large")
        });
    }
    // Empty lines are no rows, however many.
    let blank = format!("code\nB-1\n{}", "\n".repeat(6_000));
    let made = app.caseworker().import("noun=persons", &blank).expect(200).json();
    assert_eq!((&made["created"], &made["skipped"]), (&json!(1), &json!(6_000)));
}

fn every_mistake_is_counted_and_the_first_fifty_are_told(app: &App) {
    let rows: String = (0..200).map(|row| format!("C-{row},witnes\n")).collect();
    let file = format!("code,ground\n{rows}");
    let problem = app.unchanged(|| app.caseworker().import("noun=persons", &file)).problem(422, "invalid").json();
    assert_eq!((problem["errors"].as_array().unwrap().len(), &problem["error_count"]), (50, &json!(200)));
    let (done, said) = command(app, "persons", &file);
    assert!(!done && said.contains("\nthe first 50 of 200 mistakes\n"), "{said}");
    assert_eq!(said.matches("column ground").count(), 50, "{said}");
    let kai = Person::new(app, "kai", Role::Caseworker);
    let page = trial(&kai.browser(app), &file).expect(422).text();
    assert!(page.contains("The first 50 of 200 mistakes are shown."), "{page}");
    let few = app.caseworker().import("noun=persons", "code,ground\nC-1,witnes\n").problem(422, "invalid").json();
    assert_eq!(few["error_count"], 1);
}

fn an_import_that_is_late_is_taken_back_whole_and_goes_on_as_a_job(app: &App) {
    let rows: String = (0..20).map(|row| format!("T-{row}\n")).collect();
    let text = format!("code\n{rows}");
    let file = File { noun: Noun::Person, name: "rows.csv".to_owned(), bytes: text.clone().into_bytes() };
    // Whether it is late is asked before each row, and once more at the end.
    for (after, done) in [(3, 3), (20, 20)] {
        let mut asked = 0;
        let is_late = Box::new(move || {
            asked += 1;
            asked > after
        });
        let host = accounts::host();
        let ended = app.unchanged(|| {
            let (file, progress) = (file.clone(), Box::new(|_| {}));
            import::run_in_time(&app.store, &host, vec![file], false, |_| Ok(()), progress, is_late)
        });
        assert!(matches!(ended, Err(ImportError::Late { rows }) if rows == done), "{ended:?}");
    }
    let hurried = App::serve(app.home, app.home.open(), Settings { import_time: Duration::ZERO, ..settings() });
    let kai = Person::new(&hurried, "kai", Role::Caseworker);
    let page = trial(&kai.browser(&hurried), &text).expect(303);
    assert!(page.header("location").unwrap().starts_with("/desk/jobs/"), "{:?}", page.header("location"));
    assert_eq!(result_of(&hurried, "noun=persons&dry_run=true", &text)["created"], 20);
    assert_eq!(result_of(&hurried, "noun=persons", &text)["created"], 20);
    // All of it is there, once.
    app.unchanged(|| app.caseworker().import("noun=persons", &text).problem(422, "invalid"));
}

fn a_file_of_comments_and_padding_from_a_spreadsheet_is_read(app: &App) {
    // As a spreadsheet saves a template that was filled in: quotation marks around comments with commas, cells up to the width.
    let file = "\u{feff}\"# persons: one row each, UTF-8\",\r\n# code: the \"code\",\r\n,\r\ncode,ground\r\nF-1,witness\r\n,\r\n";
    let made = app.caseworker().import("noun=persons", file).expect(200).json();
    assert_eq!((&made["created"], &made["skipped"]), (&json!(1), &json!(1)));
    // Below the header nothing is a comment: it would be a record that is silently lost.
    app.unchanged(|| app.caseworker().import("noun=persons", "code,ground\n# F-2,witness\n").problem(422, "invalid"));
    // No file is one without a header.
    for file in ["\n\n", "# nothing\n", "\u{feff}"] {
        app.caseworker().import("noun=persons", file).problem(422, "invalid");
    }
}
