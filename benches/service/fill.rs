//! Filling a database through the importer, and the same rows by multi-row inserts beside it.

use std::time::{Duration, Instant};

use attest::domain::check::Register;
use attest::domain::edtf::{Edtf, Grain};
use attest::domain::incident::IncidentEntry;
use attest::domain::person::PersonEntry;
use attest::domain::record::{Noun, RecordId, State};
use attest::exchange::import::{self, File};
use attest::exchange::seed;
use attest::store::accounts;
use attest::store::backend::Conn;
use attest::store::changes;
use attest::store::database::Store;
use diesel::connection::SimpleConnection;
use serde_json::json;
use uuid::Uuid;

use super::data::{self, Correction, Data};
use super::database::{Backend, Database, number, text};

/// Rows of one multi-row insert.
const BATCH: usize = 500;
/// Corrections of one write.
const CORRECTIONS: usize = 100;

/// How long an import took, both ways.
pub struct Import {
    pub noun: Noun,
    pub rows: usize,
    pub service: Duration,
    pub plain: Duration,
}

/// What is in the database, as far as questions need it.
pub struct Filled {
    /// Some incidents, so that not always the same one is read.
    pub incidents: Vec<String>,
    /// As many persons.
    pub persons: Vec<String>,
}

/// Fills an empty database.
pub fn fill(database: &Database, store: &Store, data: &Data) -> (Filled, Vec<Import>) {
    seed::install(store).unwrap();
    let mut conn = database.connect();
    assert_eq!(
        number(&mut conn, "SELECT COUNT(*) AS value FROM person_versions"),
        0,
        "the database that is named holds persons already; name an empty one"
    );
    import(store, data.sources_file());
    let plain = plainly(database, data);
    let persons = import(store, data.persons_file());
    let incidents = import(store, data.incidents_file());
    let imports = vec![
        Import { noun: Noun::Person, rows: data.persons.len(), service: persons, plain: plain.0 },
        Import { noun: Noun::Incident, rows: data.incidents.len(), service: incidents, plain: plain.1 },
    ];
    correct(store, &data.corrections);
    database.settle();
    let sample = |conn: &mut Conn, noun: &str| {
        let one = |at: usize| {
            let query = format!(
                "SELECT CAST(record_id AS TEXT) AS value FROM {noun}_versions \
                 WHERE superseded_by IS NULL AND state = 'active' ORDER BY record_id LIMIT 1 OFFSET {}",
                at * data.persons.len() / 50
            );
            text(conn, &query)
        };
        (0..50).map(one).collect()
    };
    (Filled { incidents: sample(&mut conn, "incident"), persons: sample(&mut conn, "person") }, imports)
}

fn import(store: &Store, file: File) -> Duration {
    let started = Instant::now();
    let report = import::run(store, &accounts::host(), vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
    assert_eq!(report.created.len(), 1);
    started.elapsed()
}

/// Corrects and withdraws some of the records, so that there are versions that questions must not count.
fn correct(store: &Store, corrections: &[Correction]) {
    for some in corrections.chunks(CORRECTIONS) {
        let work: Vec<_> = some.iter().map(|one| (one.noun, one.code.clone(), one.change, one.known_on)).collect();
        let corrected = store.write(&accounts::host(), "bench.correct", move |tx| {
            for (noun, code, change, known_on) in work {
                let id = tx.session().find(noun, &code).unwrap().unwrap();
                let seen = number(
                    tx.conn(),
                    &format!(
                        "SELECT created_write AS value FROM records WHERE noun = '{}' AND id = '{id}'",
                        noun.name()
                    ),
                );
                let known_on = known_on.to_string();
                match change {
                    None if noun == Noun::Person => {
                        changes::set_state::<PersonEntry>(
                            tx,
                            id,
                            seen,
                            State::Withdrawn,
                            Some("synthetic"),
                            Some(&known_on),
                        )?;
                    }
                    None => changes::set_state::<IncidentEntry>(
                        tx,
                        id,
                        seen,
                        State::Withdrawn,
                        Some("synthetic"),
                        Some(&known_on),
                    )?,
                    Some((field, value)) => {
                        let patch = json!({"reason": "synthetic", "known_on": known_on, field: value});
                        let patch = patch.as_object().unwrap().clone();
                        match noun {
                            Noun::Person => changes::correct::<PersonEntry>(tx, id, seen, patch.into())?,
                            _ => changes::correct::<IncidentEntry>(tx, id, seen, patch.into())?,
                        }
                    }
                }
            }
            Ok(())
        });
        corrected.unwrap();
    }
}

/// A table that rows are gathered for.
struct Table {
    insert: &'static str,
    rows: Vec<String>,
}

impl Table {
    fn new(insert: &'static str) -> Self {
        Self { insert, rows: Vec::new() }
    }

    fn write(&mut self, conn: &mut Conn) {
        for rows in self.rows.chunks(BATCH) {
            conn.batch_execute(&format!("INSERT INTO {} VALUES {}", self.insert, rows.join(","))).unwrap();
        }
        self.rows.clear();
    }
}

/// Writes persons and incidents as a careful author would: what is computed is computed outside, everything goes in by
/// multi-row inserts in one transaction. It is rolled back, so that the importer finds the database as empty; the commit,
/// one flush to disk, is not counted.
fn plainly(database: &Database, data: &Data) -> (Duration, Duration) {
    let mut conn = database.connect();
    let write = number(&mut conn, "SELECT write + 1 AS value FROM chain_head");
    let ids = |conn: &mut Conn, codes: &mut dyn Iterator<Item = String>| -> Vec<String> {
        let one = |code| {
            let query =
                format!("SELECT CAST(id AS TEXT) AS value FROM records WHERE noun = 'source' AND code = '{code}'");
            text(conn, &query)
        };
        codes.map(one).collect()
    };
    let sources = ids(&mut conn, &mut (0..data::SOURCES).map(data::source));
    let moment = "2026-07-01T00:00:00.000000Z";
    let host = accounts::HOST;
    conn.batch_execute(match database.backend {
        Backend::Sqlite => "BEGIN IMMEDIATE",
        Backend::Postgres => "BEGIN",
    })
    .unwrap();
    conn.batch_execute(&format!(
        "INSERT INTO audit_entries (write, written_at, account_id, action, details, algorithm, previous_hash, hash) \
         VALUES ({write}, '{moment}', '{host}', 'import', '{{}}', 'none', '', '')"
    ))
    .unwrap();

    let mut register = Table::new("records (id, noun, code, created_at, created_write)");
    let mut persons = Table::new(
        "person_versions (record_id, write, known_on, state, owner_id, ground, origin, sex, age_group, basis)",
    );
    let started = Instant::now();
    let mut person_ids = Vec::new();
    for person in &data.persons {
        let id = RecordId(Uuid::now_v7());
        person_ids.push(id);
        let data::Person { code, ground, origin, sex, age_group, known_on } = person;
        register.rows.push(format!("('{id}','person','{code}','{moment}',{write})"));
        persons.rows.push(format!(
            "('{id}',{write},'{known_on}','active','{host}','{ground}','{origin}','{sex}','{age_group}','case_file')"
        ));
    }
    register.write(&mut conn);
    persons.write(&mut conn);
    let for_persons = started.elapsed();

    let mut incidents = Table::new(
        "incident_versions (record_id, write, known_on, state, person_id, kind, date, earliest, latest, year, quarter, \
         month, place, destination, basis)",
    );
    let mut involvements = Table::new("involvements (incident_id, write, position, role, actor, degree)");
    let mut links = Table::new("incident_sources (incident_id, write, position, source_id, credence)");
    let started = Instant::now();
    for incident in &data.incidents {
        let id = RecordId(Uuid::now_v7());
        let date = Edtf::parse(&incident.date).unwrap();
        let bucket = |grain| date.bucket(grain).unwrap_or_else(|| "_U".to_owned());
        let destination = if incident.destination.is_empty() { "_Z" } else { incident.destination };
        let data::Incident { code, kind, place, known_on, .. } = incident;
        register.rows.push(format!("('{id}','incident','{code}','{moment}',{write})"));
        incidents.rows.push(format!(
            "('{id}',{write},'{known_on}','active','{}','{kind}','{date}','{}','{}','{}','{}','{}','{place}',\
             '{destination}','case_file')",
            person_ids[incident.person],
            date.earliest(),
            date.latest(),
            bucket(Grain::Year),
            bucket(Grain::Quarter),
            bucket(Grain::Month),
        ));
        for (at, (role, actor, degree)) in incident.involvements.iter().enumerate() {
            involvements.rows.push(format!("('{id}',{write},{at},'{role}','{actor}','{degree}')"));
        }
        for (at, (source, credence)) in incident.sources.iter().enumerate() {
            links.rows.push(format!("('{id}',{write},{at},'{}','{credence}')", sources[*source]));
        }
    }
    for table in [&mut register, &mut incidents, &mut involvements, &mut links] {
        table.write(&mut conn);
    }
    if database.backend == Backend::Postgres {
        // What a commit would check.
        conn.batch_execute("SET CONSTRAINTS ALL IMMEDIATE").unwrap();
    }
    let for_incidents = started.elapsed();
    conn.batch_execute("ROLLBACK").unwrap();
    drop(conn);
    database.settle();
    (for_persons, for_incidents)
}
