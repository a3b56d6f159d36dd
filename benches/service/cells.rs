//! Cross-tabs of persons, and the SQL that a careful author would write by hand for each.

use std::collections::BTreeMap;

use attest::store::backend::Conn;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::client::Server;
use super::database::{Backend, Database};
use super::measure::Line;

/// A day in the middle of what was known.
const PAST: &str = "2022-01-01";

pub struct Question {
    pub path: String,
    by: Vec<&'static str>,
    sqlite: String,
    postgres: String,
}

#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = Text)]
    a: String,
    #[diesel(sql_type = Text)]
    b: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The newest version that says something.
fn now(alias: &str) -> String {
    format!("{alias}.superseded_by IS NULL AND {alias}.state = 'active'")
}

/// The version that said something at the end of a day in the past.
fn then(alias: &str, table: &str) -> String {
    format!(
        "{alias}.state = 'active' AND {alias}.known_on <= '{PAST}' AND NOT EXISTS (SELECT 1 FROM {table} n \
         WHERE n.record_id = {alias}.record_id AND n.write > {alias}.write AND n.known_on <= '{PAST}')"
    )
}

/// By attributes of incidents: `a` and `b` are expressions, `join` brings further tables in, `only` narrows the persons.
fn of_incidents(a: &str, b: &str, join: &str, only: &str, past: bool) -> String {
    let (p, i) =
        if past { (then("p", "person_versions"), then("i", "incident_versions")) } else { (now("p"), now("i")) };
    format!(
        "SELECT a, b, COUNT(*) AS n FROM (SELECT DISTINCT p.record_id, {a} AS a, {b} AS b FROM person_versions p \
         LEFT JOIN incident_versions i ON i.person_id = p.record_id AND {i} {join} WHERE {p} {only}) d GROUP BY a, b \
         UNION ALL SELECT '_T', '', COUNT(*) FROM person_versions p WHERE {p} {only}"
    )
}

/// Persons with an incident of a kind.
fn with(kind: &str) -> String {
    format!(
        " AND EXISTS (SELECT 1 FROM incident_versions w WHERE w.person_id = p.record_id AND w.kind = '{kind}' AND {})",
        now("w")
    )
}

/// The questions.
pub fn questions() -> Vec<Question> {
    let question = |query: &str, by: &[&'static str], sql: String| Question {
        path: query.to_owned(),
        by: by.to_vec(),
        sqlite: sql.clone(),
        postgres: sql,
    };
    let kind = "COALESCE(i.kind, '_Z')";
    let year = "COALESCE(i.year, '_Z')";
    let place = "COALESCE(i.place, '_Z')";
    let actor = "CASE WHEN i.record_id IS NULL THEN '_Z' ELSE COALESCE(v.actor, '_U') END";
    let involvements = "LEFT JOIN involvements v ON v.incident_id = i.record_id AND v.write = i.write";
    vec![
        question(
            "by=sex",
            &["sex"],
            format!(
                "SELECT p.sex AS a, '' AS b, COUNT(*) AS n FROM person_versions p WHERE {0} GROUP BY p.sex \
                 UNION ALL SELECT '_T', '', COUNT(*) FROM person_versions p WHERE {0}",
                now("p")
            ),
        ),
        question("by=kind", &["kind"], of_incidents(kind, "''", "", "", false)),
        question("by=actor", &["actor"], of_incidents(actor, "''", involvements, "", false)),
        question("by=kind,year", &["kind", "year"], of_incidents(kind, year, "", "", false)),
        question("by=place,ground", &["place", "ground"], of_incidents(place, "p.ground", "", "", false)),
        question("by=kind&with=evacuation", &["kind"], of_incidents(kind, "''", "", &with("evacuation"), false)),
        question(
            "by=place,ground&with=detention,evacuation",
            &["place", "ground"],
            of_incidents(place, "p.ground", "", &(with("detention") + &with("evacuation")), false),
        ),
        question("by=kind&as_of=2022-01-01", &["kind"], of_incidents(kind, "''", "", "", true)),
        question("by=kind,year&as_of=2022-01-01", &["kind", "year"], of_incidents(kind, year, "", "", true)),
    ]
}

/// Asks a question both ways, having made sure that both give the same answer.
pub fn ask(question: &Question, database: &Database, server: &Server) -> Line {
    let client = server.client(&server.researcher);
    let mut conn = database.connect();
    let path = format!("/api/v1/research/aggregates?{}", question.path);
    let sql = match database.backend {
        Backend::Sqlite => &question.sqlite,
        Backend::Postgres => &question.postgres,
    };
    let plain = plain(&mut conn, sql);
    let mut served = served(&client.json(&path), &question.by);
    // Buckets into which some date reaches are told though none lies inside.
    served.retain(|_, count| *count > 0);
    assert_eq!(served, plain, "{path} and plain SQL give different answers");
    let load = |conn: &mut Conn| drop(diesel::sql_query(sql).load::<Cell>(conn).unwrap());
    Line::ask(question.path.clone(), |_| drop(client.get(&path)), |_| load(&mut conn))
}

type Cells = BTreeMap<Vec<String>, u64>;

fn plain(conn: &mut Conn, sql: &str) -> Cells {
    let rows = diesel::sql_query(sql).load::<Cell>(conn).unwrap();
    let cell = |row: Cell| {
        let values = [row.a, row.b].into_iter().filter(|value| !value.is_empty()).collect::<Vec<_>>();
        (values, u64::try_from(row.n).unwrap())
    };
    rows.into_iter().map(cell).collect()
}

fn served(answer: &serde_json::Value, by: &[&str]) -> Cells {
    let cell = |row: &serde_json::Value| {
        let mut values: Vec<_> = by.iter().map(|name| row[*name].as_str().unwrap().to_owned()).collect();
        if values.iter().all(|value| value == "_T") {
            values.truncate(1);
        }
        (values, row["count"].as_u64().unwrap())
    };
    answer["rows"].as_array().unwrap().iter().map(cell).collect()
}
