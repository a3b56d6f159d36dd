//! Which databases are opened, and how: a mistyped address never becomes a new file.

use attest::store::backend::DatabaseUrl;
use attest::store::database::Store;
use chrono::Utc;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::cli::{attest, run};
use crate::support::{Backend, Home, on_both, process};

on_both! {
    bare:
    a_database_that_is_not_ours_to_open_is_refused_without_its_password,
}

const WRONG: [&str; 19] = [
    "sqlit:x.db",
    "sqlite3:x.db",
    "SQLITE:x.db",
    "sqlite",
    "sqlite:",
    "sqlite://",
    "sqlite::memory:",
    "sqlite:x.db?mode=memory",
    "postgres:/x",
    "postgres:x",
    "postgre://localhost/x",
    "posgres://localhost/x",
    "mysql://localhost/x",
    "file:x.db",
    "x.db",
    "/tmp/attest-x.db",
    "./attest.db",
    "http://localhost/x",
    "postgres//localhost/x",
];

#[test]
fn a_mistyped_or_unknown_address_is_refused_by_every_command_and_makes_no_file() {
    for url in WRONG {
        let folder = process::new_folder();
        assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        std::fs::write(folder.join("rows.csv"), "code\nR-2\n").unwrap();
        let commands: [&[&str]; 6] = [
            &["serve", "--listen", "127.0.0.1:0"],
            &["serve", "--demo", "--listen", "127.0.0.1:0"],
            &["import", "persons", "rows.csv"],
            &["token", "create", "--role", "admin", "--name", "anna"],
            &["audit", "verify"],
            &["check"],
        ];
        for command in commands {
            let told = run(attest(&folder).args(command).env("ATTEST_DATABASE_URL", url)).refused().err;
            assert_eq!(told.lines().count(), 1, "{url} {command:?}: {told}");
            assert!(told.contains("database URL"), "{url} {command:?}: {told}");
        }
        let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["rows.csv"], "{url}");
    }
}

#[test]
fn another_machine_is_refused_where_there_is_no_tls() {
    if cfg!(feature = "postgres-tls") {
        return;
    }
    for url in [
        "postgres://db.example.org/x",
        "postgres://me:secret@10.0.0.7/x",
        "postgresql://192.168.1.1:5432/x",
        "postgres:///x?host=db.example.org",
        "postgres://localhost/x?host=db.example.org",
        "postgres://localhost/x?hostaddr=10.0.0.7",
        "postgres:///x?host=/tmp,db.example.org",
    ] {
        let why = DatabaseUrl::parse(url).unwrap_err();
        assert!(why.contains("TLS") && !why.contains("secret"), "{url}: {why}");
    }
    for url in ["postgres://localhost/x", "postgres://127.0.0.1/x", "postgres://[::1]/x", "postgres:///x?host=/tmp"] {
        assert!(DatabaseUrl::parse(url).is_ok(), "{url}");
    }
}

#[test]
fn a_command_that_reads_makes_no_database() {
    let folder = process::new_folder();
    run(attest(&folder).args(["audit", "verify"])).refused();
    run(attest(&folder).arg("check"));
    run(attest(&folder).args(["import", "--template", "persons"])).done();
    run(attest(&folder).arg("openapi")).done();
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_sqlite_file_is_made_where_it_is_asked_for_and_opened_again() {
    let path = process::new_folder().join("deep/er/records.db");
    let url = DatabaseUrl::parse(&format!("sqlite:{}", path.display())).unwrap();
    assert!(url.is_missing_file());
    for _ in 0..2 {
        drop(Store::open(&url, Utc::now).unwrap());
        assert!(path.is_file());
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let path = process::new_folder().join("letter.txt");
    let letter = "Dear reader, this is no database. ".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    let url = DatabaseUrl::parse(&format!("sqlite:{}", path.display())).unwrap();
    assert!(Store::open(&url, Utc::now).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[test]
fn every_sqlite_connection_keeps_its_promises() {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let home = Home::new(Backend::Sqlite, crate::support::Data::Empty);
    let mut conn = home.connect();
    for (pragma, expected) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("trusted_schema", "0"),
        ("secure_delete", "1"),
    ] {
        let query = format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}");
        assert_eq!(diesel::sql_query(query).get_result::<Setting>(&mut conn).unwrap().value, expected, "{pragma}");
    }
}

fn a_database_that_is_not_ours_to_open_is_refused_without_its_password(home: &Home) {
    let wrong = match home.backend {
        Backend::Sqlite => format!("sqlite:{}", home.folder.display()),
        Backend::Postgres => home.url.replace("postgres:///", "postgres:///missing_"),
    };
    let wrong = if home.backend == Backend::Postgres { format!("{wrong}&password=hunter2") } else { wrong };
    let mut command = attest(&home.folder);
    let told = run(command.args(["audit", "verify"]).env("ATTEST_DATABASE_URL", &wrong)).refused().err;
    assert!(!told.contains("hunter2"), "{told}");
}
