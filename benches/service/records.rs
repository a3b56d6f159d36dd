//! Reading and writing single records, and pages of a list.

use attest::store::accounts;
use attest::store::backend::Conn;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::json;
use uuid::Uuid;

use super::client::Server;
use super::database::{Backend, Database, number, text};
use super::fill::Filled;
use super::measure::Line;

/// An answer that asks the database nothing, beside a statement that does not either.
pub fn floor(database: &Database, server: &Server) -> Line {
    let client = server.client(&server.researcher);
    let mut conn = database.connect();
    let nothing = |conn: &mut Conn| assert_eq!(number(conn, "SELECT CAST(1 AS BIGINT) AS value"), 1);
    Line::ask("nothing: `/health/live`", |_| drop(client.get("/health/live")), |_| nothing(&mut conn))
}

#[derive(QueryableByName)]
#[allow(dead_code)]
struct IncidentRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    created_at: String,
    #[diesel(sql_type = BigInt)]
    write: i64,
    #[diesel(sql_type = Text)]
    known_on: String,
    #[diesel(sql_type = Text)]
    person: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    date: String,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    destination: String,
    #[diesel(sql_type = Text)]
    basis: String,
    #[diesel(sql_type = Text)]
    written_at: String,
    #[diesel(sql_type = Text)]
    written_by: String,
}

#[derive(QueryableByName)]
#[allow(dead_code)]
struct PartRow {
    #[diesel(sql_type = Text)]
    incident: String,
    #[diesel(sql_type = BigInt)]
    write: i64,
    #[diesel(sql_type = Text)]
    a: String,
    #[diesel(sql_type = Text)]
    b: String,
    #[diesel(sql_type = Text)]
    c: String,
}

const INCIDENT: &str = "SELECT CAST(r.id AS TEXT) AS id, r.code, CAST(r.created_at AS TEXT) AS created_at, i.write, \
    CAST(i.known_on AS TEXT) AS known_on, p.code AS person, i.kind, i.date, i.place, i.destination, i.basis, \
    CAST(e.written_at AS TEXT) AS written_at, a.name AS written_by \
    FROM records r JOIN incident_versions i ON i.record_id = r.id JOIN records p ON p.id = i.person_id \
    JOIN audit_entries e ON e.write = i.write JOIN accounts a ON a.id = e.account_id \
    WHERE r.noun = 'incident' AND i.superseded_by IS NULL AND i.state = 'active'";

/// Incidents by a condition, each with who took part and where it is known from: three statements.
fn incidents(conn: &mut Conn, condition: &str) -> Vec<IncidentRow> {
    let found = diesel::sql_query(format!("{INCIDENT} {condition}")).load::<IncidentRow>(conn).unwrap();
    let ids = found.iter().map(|row| format!("'{}'", row.id)).collect::<Vec<_>>().join(",");
    for parts in [
        format!(
            "SELECT CAST(incident_id AS TEXT) AS incident, write, role AS a, actor AS b, degree AS c FROM involvements \
             WHERE incident_id IN ({ids}) ORDER BY position"
        ),
        format!(
            "SELECT CAST(k.incident_id AS TEXT) AS incident, k.write, s.code AS a, k.credence AS b, '' AS c \
             FROM incident_sources k JOIN records s ON s.id = k.source_id WHERE k.incident_id IN ({ids}) ORDER BY k.position"
        ),
    ] {
        drop(diesel::sql_query(parts).load::<PartRow>(conn).unwrap());
    }
    found
}

/// Asks for records, a page at a time and one at a time, and writes one.
pub fn ask(database: &Database, server: &Server, filled: &Filled) -> Vec<Line> {
    let client = server.client(&server.caseworker);
    let mut conn = database.connect();
    let mut lines = Vec::new();
    lines.push(Line::ask(
        "read an incident",
        |run| drop(client.get(&format!("/api/v1/staff/incidents/{}", filled.incidents[run % 50]))),
        |run| {
            let found = incidents(&mut conn, &format!("AND r.id = '{}'", filled.incidents[run % 50]));
            assert_eq!(found.len(), 1);
        },
    ));

    let middle = &filled.incidents[25];
    let created = text(
        &mut conn,
        &format!("SELECT CAST(created_at AS TEXT) AS value FROM records WHERE noun = 'incident' AND id = '{middle}'"),
    );
    let micros = client.json(&format!("/api/v1/staff/incidents/{middle}"))["created_at"].as_str().unwrap().to_owned();
    let micros = chrono::DateTime::parse_from_rfc3339(&micros).unwrap().timestamp_micros();
    let person = &filled.persons[10];
    let pages = [
        ("list 50 incidents", String::new(), String::new()),
        (
            "list 50 incidents from the middle",
            format!("&after={micros}.{middle}"),
            format!("AND (r.created_at, r.id) > ('{created}', '{middle}')"),
        ),
        ("list 50 incidents, `kind=threat`", "&kind=threat".to_owned(), "AND i.kind = 'threat'".to_owned()),
        (
            "list 50 incidents, `kind=death&year=2024`",
            "&kind=death&year=2024".to_owned(),
            "AND i.kind = 'death' AND i.year = '2024'".to_owned(),
        ),
        ("list the incidents of a person", format!("&person={person}"), format!("AND i.person_id = '{person}'")),
    ];
    for (question, parameters, condition) in pages {
        let path = format!("/api/v1/staff/incidents?limit=50{parameters}");
        // One more than a page, to know whether the list goes on.
        let condition = format!("{condition} ORDER BY r.created_at, r.id LIMIT 51");
        let served: Vec<_> =
            client.json(&path)["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        let plain: Vec<_> = incidents(&mut conn, &condition).into_iter().take(50).map(|row| json!(row.id)).collect();
        assert_eq!(served, plain, "{path} and plain SQL give different answers");
        lines.push(Line::ask(question, |_| drop(client.get(&path)), |_| drop(incidents(&mut conn, &condition))));
    }
    lines.push(Line::ask(
        "write a person",
        |_| client.post("/api/v1/staff/persons", &json!({"ground": "outed", "origin": "RU-CE", "sex": "F"})),
        |_| insert_person(&mut conn, database.backend),
    ));
    lines
}

/// A person with the number of its write and a line of audit, in one transaction. The hash is none: nobody verifies this
/// database.
fn insert_person(conn: &mut Conn, backend: Backend) {
    let (id, host) = (Uuid::now_v7(), accounts::HOST);
    let moment = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    conn.batch_execute(if backend == Backend::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).unwrap();
    let head = format!("UPDATE chain_head SET write = write + 1, written_at = '{moment}' RETURNING write AS value");
    let write = number(conn, &head);
    for statement in [
        format!(
            "INSERT INTO audit_entries (write, written_at, account_id, action, details, algorithm, previous_hash, hash) \
             VALUES ({write}, '{moment}', '{host}', 'person.create', '{{\"records\":[[\"person\",\"{id}\"]]}}', 'none', '', '')"
        ),
        format!(
            "INSERT INTO records (id, noun, code, created_at, created_write) \
             VALUES ('{id}', 'person', 'plain-{id}', '{moment}', {write})"
        ),
        format!(
            "INSERT INTO person_versions \
             (record_id, write, known_on, state, owner_id, ground, origin, sex, age_group, basis) \
             VALUES ('{id}', {write}, '{}', 'active', '{host}', 'outed', 'RU-CE', 'F', '_U', 'case_file')",
            &moment[..10]
        ),
    ] {
        diesel::sql_query(statement).execute(conn).unwrap();
    }
    conn.batch_execute("COMMIT").unwrap();
}
