//! Which databases are opened, and how: a mistyped address never becomes a new file.

use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use attest::store::backend::{Access, Conn, DatabaseUrl, Manager};
use attest::store::database::Store;
use chrono::Utc;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::cli::{attest, run};
use crate::support::{Backend, Data, Home, forward, on_both, postgres, process, skip};

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

/// The same database by TCP: on a socket of the file system nothing is to be kept alive. Gives the port, too.
fn by_tcp(home: &Home) -> (DatabaseUrl, u16) {
    let (url, folder) = forward::address(home, Path::new("127.0.0.1"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) =
                (client.unwrap(), UnixStream::connect(folder.join(".s.PGSQL.5432")).unwrap());
            let (mut back, mut answers) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut client, &mut server));
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
        }
    });
    (DatabaseUrl::parse(&format!("{url}&port={port}")).unwrap(), port)
}

/// After what time our side asks whether the other is still there, as the kernel has it; nothing where it never does.
fn asks_after(port: u16) -> Option<Duration> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let (remote, established, keep_alive) = (format!("0100007F:{port:04X}"), "01", "02:");
    let timer = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find_map(|column| {
        let is_ours = column.get(2) == Some(&remote.as_str()) && column.get(3) == Some(&established);
        is_ours.then(|| column[5].to_owned())
    });
    // In hundredths of a second.
    let left = timer?.strip_prefix(keep_alive).map(|left| u64::from_str_radix(left, 16).unwrap());
    left.map(|left| Duration::from_millis(left * 10))
}

fn setting(conn: &mut Conn, asked: &str) -> String {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        value: String,
    }
    diesel::sql_query(format!("SELECT {asked} AS value")).get_result::<Setting>(conn).unwrap().value
}

#[test]
fn each_side_of_a_session_of_postgresql_finds_out_that_the_other_has_vanished() {
    if postgres::programs().is_none() {
        return skip("postgres", "PostgreSQL", "each_side_of_a_session_of_postgresql_finds_out");
    }
    let home = Home::new(Backend::Postgres, Data::Empty);
    for access in [Access::Read, Access::Write] {
        let (url, port) = by_tcp(&home);
        let mut conn = Manager::new(url, access).open().unwrap();
        let told =
            "(SELECT string_agg(name || ' ' || source, ', ' ORDER BY name) FROM pg_settings WHERE name LIKE 'tcp\\_%')";
        let expected = "tcp_keepalives_count session, tcp_keepalives_idle session, tcp_keepalives_interval session, \
             tcp_user_timeout session";
        assert_eq!(setting(&mut conn, told), expected);
        assert_eq!(setting(&mut conn, "current_setting('lock_timeout')"), "10s");
        let silence = setting(&mut conn, "current_setting('idle_in_transaction_session_timeout')");
        assert_eq!(silence, if access == Access::Write { "30s" } else { "10min" });
        if cfg!(target_os = "linux") {
            // While what was sent is not acknowledged yet, another timer runs.
            let seen = (0..1_200).find_map(|_| {
                std::thread::sleep(Duration::from_millis(100));
                asks_after(port)
            });
            // Without it, it is never; with what the kernel has by itself, it is two hours.
            assert!(seen.is_some_and(|left| left <= Duration::from_secs(30)), "{seen:?}");
        }
    }
}
