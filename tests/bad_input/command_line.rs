//! The same on the command line: an exit code and a clear line.

use std::path::PathBuf;

use attest::domain::record::Noun;

use crate::support::app::contents;
use crate::support::cli::{Ended, attest_on, run};
use crate::support::{Home, on_both};

on_both! {
    bare:
    a_wrong_row_57_is_named_and_nothing_is_stored,
    a_file_that_is_not_utf_8_is_refused,
    a_file_that_is_not_there_is_refused_by_name,
    what_the_rows_are_must_be_known,
    a_good_file_is_imported_with_its_warnings,
}

fn write(home: &Home, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = home.folder.join("rows.csv");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn import(home: &Home, noun: &str, bytes: impl AsRef<[u8]>) -> Ended {
    run(attest_on(home).args(["import", noun]).arg(write(home, bytes)))
}

/// Runs a command that must refuse and leave everything as it was.
#[track_caller]
fn refused(home: &Home, command: impl FnOnce() -> Ended) -> String {
    let before = contents(&home.open());
    let ended = command().refused();
    assert_eq!(contents(&home.open()), before, "something was written");
    ended.err
}

fn a_wrong_row_57_is_named_and_nothing_is_stored(home: &Home) {
    let row = |row| if row == 57 { "R-57,witnes\n".to_owned() } else { format!("R-{row},witness\n") };
    let text = format!("code,ground\n{}", (2..100).map(row).collect::<String>());
    let told = refused(home, || import(home, "persons", &text));
    assert!(told.contains("row 57, column ground: `witnes`: expected a code of the vocabulary `ground`"), "{told}");
    assert!(told.contains("rows.csv"), "{told}");
    assert!(told.ends_with("nothing was imported\n"), "{told}");
}

fn a_file_that_is_not_utf_8_is_refused(home: &Home) {
    let told = refused(home, || import(home, "persons", b"code,reason\nR-2,caf\xe9\n"));
    assert!(told.contains("row 2") && told.contains("UTF-8"), "{told}");
}

fn a_file_that_is_not_there_is_refused_by_name(home: &Home) {
    let told = refused(home, || run(attest_on(home).args(["import", "persons", "no-such-file.csv"])));
    assert!(told.contains("no-such-file.csv"), "{told}");
}

fn what_the_rows_are_must_be_known(home: &Home) {
    let told = refused(home, || import(home, "houses", "code\nH-1\n"));
    for noun in Noun::ALL {
        assert!(told.contains(&noun.plural()), "{told}");
    }
}

fn a_good_file_is_imported_with_its_warnings(home: &Home) {
    assert!(import(home, "persons", "code\nR-2\n").done().out.ends_with("rows.csv: 1 persons imported\n"));
    let ended = import(home, "incidents", "person,kind,date\nR-2,forced_return,2018\n").done();
    assert!(ended.err.starts_with("warning: ") && ended.err.contains("row 2"), "{ended:?}");
    assert!(ended.out.ends_with("rows.csv: 1 incidents imported\n"), "{ended:?}");
}
