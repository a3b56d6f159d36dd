//! Exports are whole: they are sent as they are made, stop where nobody takes them, and break off aloud where something fails.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::exchange::import::{self, File};
use attest::store::accounts;
use serde_json::json;

use crate::support::{App, on_both};

on_both! {
    empty:
    an_export_holds_every_record_however_many_there_are,
    an_export_that_fails_midway_breaks_off_and_its_reading_is_in_the_audit,
    an_export_that_nobody_takes_stops_and_leaves_its_place,
}

fn fill(app: &App, rows: impl Iterator<Item = String>) {
    let text: String = std::iter::once("code,narrative\n".to_owned()).chain(rows).collect();
    let file = File { noun: Noun::Person, name: "persons".to_owned(), bytes: text.into_bytes() };
    import::run(&app.store, &accounts::host(), vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
}

/// Sends for an export with its texts, and leaves the answer to be read.
fn asked(app: &App) -> TcpStream {
    let body = json!({"noun": "persons", "texts": true}).to_string();
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let (token, length) = (&app.tokens[&Role::Caseworker], body.len());
    let head = format!(
        "POST /api/v1/staff/exports HTTP/1.1\r\nHost: attest\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn an_export_holds_every_record_however_many_there_are(app: &App) {
    // More than one page of the reading, and more than any number of them that was the most before.
    const RECORDS: usize = 20_600;
    fill(app, (0..RECORDS).map(|at| format!("P-{at:05},\n")));
    let answer = app.caseworker().post("/api/v1/staff/exports", &json!({"noun": "persons"})).expect(200);
    assert_eq!(answer.header("attest-records"), Some(RECORDS.to_string().as_str()));
    assert_eq!(answer.header("attest-cut"), None);
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "it is sent as it is made");
    let text = answer.text();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let codes: Vec<_> = rows.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(codes, (0..RECORDS).map(|at| format!("P-{at:05}")).collect::<Vec<_>>());
}

fn an_export_that_fails_midway_breaks_off_and_its_reading_is_in_the_audit(app: &App) {
    const RECORDS: usize = 1_100;
    fill(app, (0..RECORDS).map(|at| format!("P-{at:04},What happened {at}\n")));
    let mut whole = Vec::new();
    asked(app).read_to_end(&mut whole).unwrap();
    assert!(whole.ends_with(b"\r\n0\r\n\r\n"), "a whole export has its end");
    // Somebody has broken the text of the last one.
    let last = "record_id = (SELECT id FROM records WHERE noun = 'person' AND code = 'P-1099')";
    app.home.sql(&format!("UPDATE personal_texts SET ciphertext = substr(ciphertext, 1, 30) WHERE {last}"));
    let mut part = Vec::new();
    // A connection that is broken may be told as an error, or as an end before the end.
    let _ = asked(app).read_to_end(&mut part);
    assert!(part.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&part[..part.len().min(400)]));
    assert!(String::from_utf8_lossy(&part).contains("P-0000"), "the first rows were sent");
    assert!(!part.ends_with(b"0\r\n\r\n"), "what broke off has no end");
    let newest = app.auditor().get("/api/v1/staff/audit?limit=1").expect(200).items()[0].clone();
    assert_eq!((&newest["action"], &newest["details"]["count"]), (&json!("export"), &json!(RECORDS)));
    assert_eq!(newest["details"]["read"].as_array().unwrap().len(), RECORDS);
}

fn an_export_that_nobody_takes_stops_and_leaves_its_place(app: &App) {
    // More than the connection holds by itself, so that the export has to wait for whoever takes it.
    let narrative = "ё".repeat(9_999);
    fill(app, (0..1_000).map(|at| format!("P-{at:04},{narrative}\n")));
    for _ in 0..3 {
        let mut stream = asked(app);
        let mut first = [0; 1024];
        stream.read_exact(&mut first).unwrap();
        assert!(first.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&first));
    }
    // There are fewer places than were left, and no other is had until one of them is free again.
    let persons = json!({"noun": "persons"});
    let export = || app.caseworker().post("/api/v1/staff/exports", &persons);
    let free = (0..20).map(|_| export()).find(|answer| answer.status == 200);
    let rows = free.expect("an export that was left holds its place").text();
    assert_eq!(csv::Reader::from_reader(rows.as_bytes()).records().count(), 1_000);
}
