//! Exports are whole: they are sent as they are made, stop where nobody takes them, and break off aloud where something fails.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::exchange::import::{self, File};
use attest::store::accounts;
use serde_json::json;

use crate::support::{App, Backend, on_both};

on_both! {
    empty:
    an_export_holds_every_record_however_many_there_are,
    an_export_holds_one_moment_however_long_it_takes,
    an_export_that_fails_midway_breaks_off_and_its_reading_is_in_the_audit,
    an_export_that_nobody_takes_stops_and_leaves_its_place,
    where_an_answer_ends_with_the_connection_an_export_says_its_length,
}

fn fill(app: &App, rows: impl Iterator<Item = String>) {
    let text: String = std::iter::once("code,narrative\n".to_owned()).chain(rows).collect();
    let file = File { noun: Noun::Person, name: "persons".to_owned(), bytes: text.into_bytes() };
    import::run(&app.store, &accounts::host(), vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
}

/// Sends for an export with its texts, and leaves the answer to be read.
fn asked(app: &App) -> TcpStream {
    asked_by(app, "HTTP/1.1")
}

fn asked_by(app: &App, version: &str) -> TcpStream {
    let body = json!({"noun": "persons", "texts": true}).to_string();
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let (token, length) = (&app.tokens[&Role::Caseworker], body.len());
    let head = format!(
        "POST /api/v1/staff/exports {version}\r\nHost: attest\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Enters sources by the thousand, copies of one: an import of so many takes minutes.
fn multiply(app: &App, records: usize) {
    let first = app.caseworker().enter(Noun::Source, &json!({"code": "S-00000", "type": "interview"})).id();
    let numbers = format!("WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {})", records - 1);
    let (padded, id) = match app.backend {
        Backend::Sqlite => ("printf('%05d', n)", "'0fffffff-ffff-7fff-8fff-' || printf('%012d', n)"),
        Backend::Postgres => ("lpad(n::text, 5, '0')", "('0fffffff-ffff-7fff-8fff-' || lpad(n::text, 12, '0'))::uuid"),
    };
    app.home.sql(&format!(
        "{numbers} INSERT INTO records (id, noun, code, created_at, created_write)
             SELECT {id}, r.noun, 'S-' || {padded}, r.created_at, r.created_write FROM n, records r WHERE r.id = '{first}';
         INSERT INTO source_versions (record_id, write, known_on, state, reason, superseded_by, kind, reliability, publication_id)
             SELECT r.id, v.write, v.known_on, v.state, v.reason, v.superseded_by, v.kind, v.reliability, v.publication_id
             FROM records r, source_versions v WHERE v.record_id = '{first}' AND r.noun = 'source' AND r.id <> v.record_id;"
    ));
}

fn an_export_holds_every_record_however_many_there_are(app: &App) {
    // More than the most that an export once held.
    const RECORDS: usize = 20_600;
    multiply(app, RECORDS);
    let answer = app.caseworker().post("/api/v1/staff/exports", &json!({"noun": "sources"})).expect(200);
    assert_eq!(answer.header("attest-records"), Some(RECORDS.to_string().as_str()));
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "it is sent as it is made");
    let text = answer.text();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let mut codes: Vec<_> = rows.records().map(|row| row.unwrap()[0].to_owned()).collect();
    codes.sort();
    assert_eq!(codes, (0..RECORDS).map(|at| format!("S-{at:05}")).collect::<Vec<_>>());
}

/// By code the narratives of an export.
fn narratives(export: &[u8]) -> BTreeMap<String, String> {
    let mut rows = csv::Reader::from_reader(export);
    let named: Vec<BTreeMap<String, String>> = rows.deserialize().map(|row| row.unwrap()).collect();
    named.into_iter().map(|row| (row["code"].clone(), row["narrative"].clone())).collect()
}

fn an_export_holds_one_moment_however_long_it_takes(app: &App) {
    // The first ten megabytes are more than a connection holds: what comes after them is read when somebody has taken them.
    let long = "ё".repeat(9_999);
    let narrative = |at: usize| if at < 500 { long.as_str() } else { "told before" };
    fill(app, (0..620).map(|at| format!("P-{at:04},{}\n", narrative(at))));
    let caller = app.caseworker();
    let body = json!({"noun": "persons", "texts": true}).to_string();
    let asked = ureq::post(format!("http://{}/api/v1/staff/exports", app.address))
        .header("Authorization", format!("Bearer {}", app.tokens[&Role::Caseworker]))
        .header("Content-Type", "application/json");
    let mut answer = asked.send(body).unwrap();
    let mut rest = answer.body_mut().as_reader();
    let mut whole = vec![0; 1024];
    rest.read_exact(&mut whole).unwrap();
    let record = |code: &str| {
        let found = caller.get(&format!("/api/v1/staff/persons?code={code}")).expect(200).items();
        caller.get(&format!("/api/v1/staff/persons/{}", found[0]["id"].as_str().unwrap())).expect(200)
    };
    let corrected = json!({"narrative": "told since", "reason": "heard anew"});
    caller.correct(Noun::Person, &record("P-0619"), &corrected).expect(200);
    caller.withdraw(Noun::Person, &record("P-0618"), "entered twice").expect(200);
    caller.enter(Noun::Person, &json!({"code": "P-9999", "narrative": "told since"}));
    rest.read_to_end(&mut whole).unwrap();
    let found = narratives(&whole);
    let expected: BTreeMap<_, _> = (0..620).map(|at| (format!("P-{at:04}"), narrative(at).to_owned())).collect();
    assert!(found == expected, "of another moment: {:?}", found.range("P-0600".to_owned()..).collect::<Vec<_>>());
    let later = narratives(&caller.post("/api/v1/staff/exports", &json!({"noun": "persons", "texts": true})).bytes);
    // What was withdrawn goes along, and says so.
    let later = ["P-0617", "P-0618", "P-0619", "P-9999"].map(|code| later.get(code).map(String::as_str));
    assert_eq!(later, [Some("told before"), Some("told before"), Some("told since"), Some("told since")]);
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
    fill(app, (0..350).map(|at| format!("P-{at:04},{narrative}\n")));
    // There are fewer places than are left here, and each is had only when one that was left is free again.
    for _ in 0..4 {
        let begun = |_| {
            let mut stream = asked(app);
            let mut first = [0; 64];
            stream.read_exact(&mut first).unwrap();
            first.starts_with(b"HTTP/1.1 200")
        };
        assert!((0..20).any(begun), "an export that was left holds its place");
    }
}

fn where_an_answer_ends_with_the_connection_an_export_says_its_length(app: &App) {
    fill(app, (0..700).map(|at| format!("P-{at:04},What happened {at}\n")));
    let mut whole = String::new();
    asked_by(app, "HTTP/1.0").read_to_string(&mut whole).unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains(&format!("content-length: {}", body.len())), "{head}");
    assert_eq!(csv::Reader::from_reader(body.as_bytes()).records().count(), 700);
}
