//! How a process ends, and what is found at the next start: one file that holds everything, or a journal that is the file's own.

use std::collections::BTreeMap;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use serde_json::json;

use crate::support::cli::{LISTENS, Serving, attest_on, run};
use crate::support::{Backend, Caller, Data, Home};

fn home() -> Home {
    Home::new(Backend::Sqlite, Data::Empty)
}

fn serve(home: &Home) -> Serving {
    Serving::start(attest_on(home).args(["serve", "--listen", "127.0.0.1:0"]), LISTENS)
}

/// Enters persons over HTTP.
fn enter(home: &Home, serving: &Serving, codes: std::ops::Range<u32>) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let address = serving.lines[0].strip_prefix("http://").unwrap().parse().unwrap();
    let staff = Caller::new(&agent, address, Some(home.tokens[&Role::Caseworker].clone()));
    for number in codes {
        staff
            .enter(Noun::Person, &json!({"code": format!("P-{number:04}"), "narrative": "what happened ".repeat(700)}));
    }
}

fn file(home: &Home) -> PathBuf {
    home.folder.join("test.db")
}

fn beside(home: &Home, ending: &str) -> PathBuf {
    home.folder.join(format!("test.db{ending}"))
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// How many persons a file alone holds.
fn persons(file: &Path) -> i64 {
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    diesel::sql_query("SELECT COUNT(*) AS value FROM person_versions").get_result::<Number>(&mut conn).unwrap().value
}

/// Every file of the database with its bytes.
fn bytes(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = std::fs::read_dir(&home.folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.is_file()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn files(home: &Home) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    bytes(home).keys().map(name).collect()
}

#[test]
fn a_clean_stop_leaves_one_file_that_holds_everything() {
    for signal in ["-TERM", "-INT"] {
        let home = home();
        let serving = serve(&home);
        enter(&home, &serving, 0..60);
        assert!(Command::new("kill").args([signal, &serving.id().to_string()]).status().unwrap().success());
        let (code, log) = serving.stop();
        assert_eq!(code, Some(0), "{signal}: {log}");
        assert_eq!(files(&home), ["test.db"], "{signal}: {log}");
        let copy = home.folder.join("copy.db");
        std::fs::copy(file(&home), &copy).unwrap();
        assert_eq!(persons(&copy), 60, "{signal}");
    }
}

#[test]
fn a_command_that_has_ended_leaves_one_file_that_holds_everything() {
    let home = home();
    std::fs::write(home.folder.join("rows.csv"), "code\nP-1\nP-2\n").unwrap();
    run(attest_on(&home).args(["import", "persons", "rows.csv"])).done();
    run(attest_on(&home).args(["token", "create", "--role", "caseworker", "--name", "anna"])).done();
    run(attest_on(&home).arg("check")).done();
    std::fs::remove_file(home.folder.join("rows.csv")).unwrap();
    assert_eq!(files(&home), ["test.db"]);
    assert_eq!(persons(&file(&home)), 2);
}

#[test]
fn after_an_unclean_stop_the_journal_of_the_file_is_taken_and_nothing_is_lost() {
    let home = home();
    for round in 0..3 {
        let serving = serve(&home);
        enter(&home, &serving, round * 5..round * 5 + 5);
        // As by `kill -9`.
        drop(serving);
        assert!(std::fs::metadata(beside(&home, "-wal")).unwrap().len() > 0);
    }
    let serving = serve(&home);
    let (_, log) = serving.stop();
    assert!(log.contains("not clean"), "{log}");
    assert_eq!(persons(&file(&home)), 15);
}

#[track_caller]
fn is_refused(home: &Home, reason: &str) {
    let before = bytes(home);
    let commands: [&[&str]; 5] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["check"],
        &["audit", "verify"],
        &["token", "create", "--role", "admin", "--name", "anna"],
        &["import", "--template", "persons"],
    ];
    for command in commands {
        let ended = run(attest_on(home).args(command));
        assert_eq!(ended.code, Some(1), "{command:?}: {ended:?}");
        assert!(ended.err.contains(reason) && ended.err.contains("test.db-wal"), "{command:?}: {ended:?}");
        assert!(bytes(home) == before, "{command:?} changed a file");
    }
}

#[test]
fn a_backup_that_is_put_over_a_database_with_a_journal_is_refused_and_nothing_is_touched() {
    let home = home();
    let serving = serve(&home);
    enter(&home, &serving, 0..3);
    serving.stop();
    let backup = home.folder.join("backup");
    std::fs::copy(file(&home), &backup).unwrap();
    let serving = serve(&home);
    enter(&home, &serving, 3..9);
    drop(serving);
    let own = std::fs::read(file(&home)).unwrap();
    std::fs::copy(&backup, file(&home)).unwrap();
    is_refused(&home, "was not written for the file");
    // The right file beside its journal is opened, and so is the backup without it.
    std::fs::write(file(&home), own).unwrap();
    drop(serve(&home));
    for ending in ["-wal", "-shm", "-mark"] {
        std::fs::remove_file(beside(&home, ending)).unwrap();
    }
    std::fs::copy(&backup, file(&home)).unwrap();
    serve(&home).stop();
    assert_eq!(persons(&file(&home)), 3);
}

#[test]
fn a_copy_that_was_made_before_the_journal_was_last_emptied_is_refused() {
    let home = home();
    let serving = serve(&home);
    enter(&home, &serving, 0..1);
    let backup = home.folder.join("backup");
    std::fs::copy(file(&home), &backup).unwrap();
    let mark = || std::fs::read(beside(&home, "-mark")).unwrap();
    let before = mark();
    let mut entered = 1;
    while mark() == before {
        enter(&home, &serving, entered..entered + 20);
        entered += 20;
        assert!(entered < 2_000, "the journal is never emptied");
    }
    let before = mark();
    while mark() == before {
        enter(&home, &serving, entered..entered + 20);
        entered += 20;
        assert!(entered < 2_000, "the journal is not emptied again");
    }
    enter(&home, &serving, entered..entered + 1);
    drop(serving);
    std::fs::copy(&backup, file(&home)).unwrap();
    is_refused(&home, "was not written for the file");
}

/// A backup that is made while the database is in use.
fn back_up(home: &Home, name: &str) -> PathBuf {
    let backup = home.folder.join(name);
    let mut conn = SqliteConnection::establish(file(home).to_str().unwrap()).unwrap();
    conn.batch_execute(&format!("PRAGMA wal_autocheckpoint = 0; VACUUM INTO '{}'", backup.display())).unwrap();
    backup
}

#[test]
fn a_backup_that_was_made_in_use_is_refused_beside_every_later_journal() {
    let home = home();
    let serving = serve(&home);
    enter(&home, &serving, 0..3);
    let backup = back_up(&home, "before-the-stop");
    serving.stop();
    let serving = serve(&home);
    enter(&home, &serving, 3..6);
    drop(serving);
    let own = std::fs::read(file(&home)).unwrap();
    std::fs::copy(&backup, file(&home)).unwrap();
    is_refused(&home, "was not written for the file");
    std::fs::write(file(&home), own).unwrap();
    serve(&home).stop();
    assert_eq!(persons(&file(&home)), 6);
}

#[test]
fn a_file_whose_writer_died_while_the_journal_was_put_into_it_is_opened_with_its_journal() {
    let home = home();
    let serving = serve(&home);
    enter(&home, &serving, 0..30);
    drop(serving);
    // The first page is written first, and tells of the pages that are still to come.
    let mut bytes = std::fs::read(file(&home)).unwrap();
    assert_eq!(bytes[24..28], bytes[92..96], "SQLite would not look at the number of pages");
    let pages = u32::from_be_bytes(bytes[28..32].try_into().unwrap());
    bytes[28..32].copy_from_slice(&(pages + 100).to_be_bytes());
    std::fs::write(file(&home), bytes).unwrap();
    run(attest_on(&home).arg("check")).done();
    serve(&home).stop();
    assert_eq!(persons(&file(&home)), 30);
}

#[test]
fn a_copy_without_the_mark_of_its_journal_is_told_what_it_lacks() {
    let home = home();
    let serving = serve(&home);
    enter(&home, &serving, 0..3);
    drop(serving);
    let mark = std::fs::read(beside(&home, "-mark")).unwrap();
    std::fs::remove_file(beside(&home, "-mark")).unwrap();
    is_refused(&home, "test.db-mark is missing");
    // With it nothing is lost.
    std::fs::write(beside(&home, "-mark"), mark).unwrap();
    serve(&home).stop();
    assert_eq!(persons(&file(&home)), 3);
}

#[test]
fn a_journal_whose_file_is_gone_is_not_thrown_away() {
    let home = home();
    let serving = serve(&home);
    enter(&home, &serving, 0..3);
    drop(serving);
    let own = home.folder.join("away");
    std::fs::rename(file(&home), &own).unwrap();
    let before = bytes(&home);
    let told = run(attest_on(&home).args(["serve", "--listen", "127.0.0.1:0"])).refused().err;
    assert!(told.contains("missing or empty") && told.contains("test.db-wal"), "{told}");
    assert!(bytes(&home) == before);
    std::fs::rename(own, file(&home)).unwrap();
    serve(&home).stop();
    assert_eq!(persons(&file(&home)), 3);
}

/// Where in the file the page of a table lies that nothing is read from here.
fn page(home: &Home) -> u64 {
    let number = |query: &str| {
        let mut conn = SqliteConnection::establish(file(home).to_str().unwrap()).unwrap();
        diesel::sql_query(query).get_result::<Number>(&mut conn).unwrap().value
    };
    let page = number("SELECT rootpage AS value FROM sqlite_schema WHERE name = 'linkage_sources'");
    let size = number("SELECT page_size AS value FROM pragma_page_size");
    u64::try_from((page - 1) * size).unwrap()
}

/// Writes nonsense over it.
fn damage(home: &Home, page: u64) {
    let mut open = std::fs::OpenOptions::new().write(true).open(file(home)).unwrap();
    open.seek(SeekFrom::Start(page)).unwrap();
    open.write_all(&[0xff; 512]).unwrap();
}

#[test]
fn what_is_damaged_is_told_before_it_is_served_after_an_unclean_stop() {
    let home = home();
    let page = page(&home);
    let serving = serve(&home);
    enter(&home, &serving, 0..3);
    drop(serving);
    damage(&home, page);
    let told = run(attest_on(&home).args(["serve", "--listen", "127.0.0.1:0"])).refused().err;
    assert!(told.contains("damaged"), "{told}");
}

#[test]
fn what_is_damaged_is_told_by_readiness_after_a_clean_stop_and_nothing_more_is_answered() {
    let home = home();
    damage(&home, page(&home));
    let serving = serve(&home);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let address = serving.lines[0].strip_prefix("http://").unwrap().parse().unwrap();
    let ready = || Caller::new(&agent, address, None).get("/health/ready");
    let told = (0..600).map(|_| ready()).find(|answer| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        answer.text().contains("corrupt")
    });
    let told = told.expect("readiness tells of the damage").expect(503).json();
    assert_eq!(told["status"], "not_ready");
    let staff = Caller::new(&agent, address, Some(home.tokens[&Role::Caseworker].clone()));
    staff.get("/api/v1/staff/persons").problem(503, "unavailable");
    staff.create(Noun::Person, &json!({})).problem(503, "unavailable");
}
