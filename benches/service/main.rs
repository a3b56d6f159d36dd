//! What the service adds on top of its database: the same questions over HTTP and in plain SQL, on both databases.
//!
//! `cargo bench --bench service -- [--incidents 100000] [--only sqlite|postgres]` fills a database with synthetic case
//! files through the importer, starts the server on a free port of loopback, asks each question in turns with the SQL that
//! a careful author would write by hand for it, and prints a Markdown table for each database.
//!
//! SQLite is measured in the temporary folder. PostgreSQL is a cluster of its own with the server's default settings,
//! thrown away at the end. `ATTEST_BENCH_DATABASE_URL` (`postgres://...` or `sqlite:...`) names an empty database to
//! measure instead; that one is kept.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cells;
mod client;
mod data;
mod database;
mod fill;
mod load;
mod measure;
#[path = "../../tests/support/process.rs"]
#[allow(dead_code, clippy::zombie_processes)]
mod process;
mod random;
mod records;
mod report;

use std::time::Instant;

use database::{Backend, Database};

/// The arguments after `--`.
struct Options {
    incidents: usize,
    only: Option<Backend>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { incidents: 100_000, only: None };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument}: expected a value"));
            match argument.as_str() {
                "--incidents" => {
                    let text = value()?;
                    let number = text.parse().ok().filter(|number| *number >= 100);
                    options.incidents = number.ok_or_else(|| format!("--incidents {text}: expected 100 or more"))?;
                }
                "--only" => {
                    let text = value()?;
                    let found = Backend::ALL.into_iter().find(|backend| backend.name() == text);
                    options.only = Some(found.ok_or_else(|| format!("--only {text}: expected sqlite or postgres"))?);
                }
                // What cargo itself adds.
                "--bench" => {}
                other => return Err(format!("{other}: unknown; expected --incidents N, --only sqlite|postgres")),
            }
        }
        Ok(options)
    }
}

fn main() {
    let options = Options::read(std::env::args().skip(1)).unwrap_or_else(|why| {
        eprintln!("{why}");
        std::process::exit(2);
    });
    println!("# Attest beside plain SQL\n\n{}", report::machine());
    let data = data::Data::new(options.incidents);
    for backend in Backend::ALL {
        if options.only.is_some_and(|only| only != backend) {
            continue;
        }
        match Database::new(backend) {
            Some(database) => measure(&database, &data),
            None => println!("\n**SKIPPED: {}. There is no such server here, and none is named.**", backend.name()),
        }
    }
}

fn measure(database: &Database, data: &data::Data) {
    let started = Instant::now();
    let say = |what: &str| eprintln!("[{} {:5.1} s] {what}", database.backend.name(), started.elapsed().as_secs_f64());
    say("importing");
    let store = database.open();
    let (filled, imports) = fill::fill(database, &store, data);
    report::heading(database);
    report::imports(&imports);
    say("asking");
    let server = client::Server::start(store);
    let mut lines = vec![records::floor(database, &server)];
    lines.extend(cells::questions().iter().map(|question| {
        say(&question.path);
        cells::ask(question, database, &server)
    }));
    say("records");
    lines.extend(records::ask(database, &server, &filled));
    report::questions(&lines);
    say("writing while somebody counts");
    report::load(&load::measure(&server));
    say("done");
}
