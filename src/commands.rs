//! What each command does.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;

use crate::config::{Command, Database, Import, LogFormat, NewCode, Serve, TokenCommand};
use crate::domain::check::Register;
use crate::domain::policy::Role;
use crate::domain::record::Noun;
use crate::exchange::{import, invented, seed, sheet, template};
use crate::http::app;
use crate::http::documentation::{self, Document};
use crate::keys::keyring::RecoveryCode;
use crate::store::accounts::{self, Purpose, TokenError};
use crate::store::backend::{DatabaseUrl, Scrubbed, Wiping};
use crate::store::database::Store;
use crate::store::demonstration;
use crate::store::erasure;
use crate::store::error::StoreError;
use crate::store::tokens;

mod account;
mod audit;
mod clock;
mod jobs;
mod keys;
mod list;
mod release;
mod starting;

type Done = Result<ExitCode, Box<dyn Error>>;

const FILE: &str = "attest.db";
const DEMO_FILE: &str = "demo.db";
/// How long a job may go on when the service ends, and again how long it may take to stop.
const WINDING_DOWN: Duration = Duration::from_secs(10);

/// Runs a command.
///
/// # Errors
/// One line that says what was wrong.
pub fn run(command: Command) -> Done {
    match command {
        Command::Serve(options) => serve(&options),
        Command::Import(Import { template: Some(noun), database, .. }) => print_template(noun, &database),
        Command::Import(options) => import_file(&options),
        Command::Account { command } => account::keep(command),
        Command::Token { command } => keep_tokens(command),
        Command::Audit { command } => audit::run(&command),
        Command::Clock { command } => clock::run(&command),
        Command::Key { command } => keys::run(&command),
        Command::List { command } => list::run(&command),
        Command::Release { command } => release::run(&command),
        Command::Job { command } => jobs::run(&command),
        Command::DemoData { persons, new_code, database } => invent(persons, &new_code, &database),
        Command::Openapi => {
            print!("{}", Document::new(&app::openapi()).0);
            Ok(ExitCode::SUCCESS)
        }
        Command::Wipe { database } => wipe(&database),
        Command::Check { database } => check(&database),
    }
}

/// Makes what a database lacks that is to be served: the keyring, and the built-in vocabularies. Where the keyring
/// does not open, what is public is served all the same.
fn equip(store: &Store, options: &Serve) -> Result<Option<RecoveryCode>, Box<dyn Error>> {
    let place = options.database.keys.place(options.demo.then_some("demo"));
    match keys::open_or_create(store, &place, options.demo) {
        Ok(code) => {
            seed::install(store)?;
            let back = erasure::reapply(store)?;
            if back > 0 {
                tracing::warn!(
                    back,
                    "persons who had been erased were in the database again, and were erased once more"
                );
            }
            Ok(code)
        }
        Err(StoreError::Locked(why)) => {
            tracing::error!(%why, "the keyring is not open: nothing but what is public is served");
            store.stay_locked(why);
            Ok(None)
        }
        Err(why) => Err(why.into()),
    }
}

/// Opens a database that must be there, so that a mistyped name makes no new file, without its keyring.
fn open_as_it_is(database: &Database) -> Result<Store, Box<dyn Error>> {
    let url = DatabaseUrl::parse(&database.url(FILE))?;
    if url.is_missing_file() {
        return Err(format!("there is no database at {url:?}; `attest serve` makes one").into());
    }
    Ok(Store::open_as_it_is(&url, Utc::now)?)
}

/// Opens a database that must be there, with its keyring.
fn open_existing(database: &Database) -> Result<Store, Box<dyn Error>> {
    let store = open_as_it_is(database)?;
    keys::open(&store, &database.keys.place(None))?;
    seed::install(&store)?;
    Ok(store)
}

fn serve(options: &Serve) -> Done {
    start_log(options)?;
    if options.demo && !options.listen.ip().is_loopback() {
        return Err("--demo: listens on loopback only, such as 127.0.0.1:8080".into());
    }
    // Before anything is made, so that what cannot be served leaves no keyring behind.
    let listener = TcpListener::bind(options.listen).map_err(|why| format!("--listen {}: {why}", options.listen))?;
    if let Some(folder) = &options.public_only {
        return serve_folder(listener, folder, options);
    }
    let url = DatabaseUrl::parse(&options.database.url(if options.demo { DEMO_FILE } else { FILE }))?;
    let wait = Duration::from_secs(options.database_wait);
    let Some(store) = starting::open(&listener, url, wait, options.settings())? else { return Ok(ExitCode::SUCCESS) };
    let code = equip(&store, options)?;
    if options.demo && store.keys().is_some() {
        let bar = bar("loading the founding data set", None);
        let shown = bar.clone();
        seed::load_demo(&store, Box::new(move |rows| shown.set_position(rows)))
            .map_err(|why| format!("--demo: {why}"))?;
        bar.finish_and_clear();
        seed::publish_demo(&store)?;
    }
    for warning in clock::warnings(&store)? {
        tracing::warn!("{warning}");
    }
    let (asked, running) = (store.clone(), store.jobs().clone());
    keep_wiping(store.clone());
    starting::check_behind(&store);
    let ending = store.clone();
    let served = actix_web::rt::System::new().block_on(async move {
        let (address, server) = app::serve(listener, store, options.settings())?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "http://{address}")?;
        writeln!(out, "API documentation: http://{address}{}/", documentation::ADDRESS)?;
        if options.demo && asked.keys().is_some() {
            introduce(&mut out, &asked, &address.to_string())?;
        } else if asked.must_be_open().is_ok() {
            writeln!(out, "a token: attest token create --role caseworker --name NAME")?;
            writeln!(out, "an account: attest account add --role caseworker --name NAME")?;
        } else {
            writeln!(out, "locked: the keyring is not open, and only what is public is served; the log says why")?;
        }
        if let Some(code) = &code {
            keys::CodeTo::of(&options.new_code).show(&mut out, code)?;
        }
        out.flush()?;
        drop(out);
        server.await?;
        running.wind_down(WINDING_DOWN);
        Ok(ExitCode::SUCCESS)
    });
    // After all that is still written when the server has ended. Threads of our own may hold the store still.
    if !ending.connections().close(true)? {
        tracing::warn!(
            "another process has the database open, or somebody is still at work: its journal stays beside it"
        );
    }
    served
}

/// Serves an export that is whole. Opens no database and no keyring.
fn serve_folder(listener: TcpListener, folder: &Path, options: &Serve) -> Done {
    let (verified, snapshot) = release::verify(folder, None)?;
    actix_web::rt::System::new().block_on(async move {
        let (address, server) = app::serve_folder(listener, &verified.files, snapshot, options.settings())?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "http://{address}")?;
        writeln!(out, "public answers alone, from {}", folder.display())?;
        out.flush()?;
        drop(out);
        server.await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Fills an empty database, which is made if there is none, with invented records.
fn invent(persons: u32, new_code: &NewCode, database: &Database) -> Done {
    let store = Store::open(&DatabaseUrl::parse(&database.url(FILE))?, Utc::now)?;
    let code = keys::open_or_create(&store, &database.keys.place(None), false)?;
    seed::install(&store)?;
    let bar = bar("inventing", None);
    let shown = bar.clone();
    let report = invented::load(&store, persons, Box::new(move |rows| shown.set_position(rows)));
    bar.finish_and_clear();
    for (name, noun, count) in report?.created {
        println!("{name}: {count} {}", noun.plural());
    }
    println!("the public lists of seed-data/lists/invented.json are in force");
    println!("a declaration to begin with: seed-data/releases/invented.json");
    if let Some(code) = &code {
        keys::CodeTo::of(new_code).show(&mut std::io::stdout(), code)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Tries again to wipe what was erased and could not be wiped at once: after a minute, and where that goes on being in vain less
/// and less often, up to every half hour.
fn keep_wiping(store: Store) {
    const SHORTEST: Duration = Duration::from_secs(60);
    std::thread::spawn(move || {
        let (mut pause, mut before) = (SHORTEST, Vec::new());
        loop {
            std::thread::sleep(pause);
            match store.wipe_as(Wiping::WhileOthersWork) {
                Ok(left) => {
                    let in_vain = !left.is_empty() && left == before;
                    pause = if in_vain { (pause * 2).min(SHORTEST * 32) } else { SHORTEST };
                    for (table, why) in left.iter().filter(|(_, why)| *why != Scrubbed::Used) {
                        tracing::warn!(table, %why, "a table is not wiped yet");
                    }
                    before = left;
                }
                Err(StoreError::Locked(_)) => {}
                Err(why) => tracing::warn!(error = %why, "what was erased is not wiped from the files yet"),
            }
        }
    });
}

/// Wipes what was erased from the database's files, however long that takes.
fn wipe(database: &Database) -> Done {
    let left = open_existing(database)?.wipe_as(Wiping::WhileNobodyWorks)?;
    for (table, why) in &left {
        let again = if *why == Scrubbed::Used { "; try again" } else { "" };
        eprintln!("{table} is not wiped yet: {why}{again}");
    }
    if left.is_empty() {
        println!("nothing of what was erased is left to be wiped");
    }
    Ok(if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn start_log(options: &Serve) -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_new(&options.log).map_err(|why| format!("--log: {why}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match options.log_format {
        LogFormat::Json => log.json().init(),
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
    }
    Ok(())
}

/// Prints how to ask the demonstration: a token for each role, and three questions.
fn introduce(out: &mut impl Write, store: &Store, address: &str) -> Result<(), Box<dyn Error>> {
    accounts::revoke_demo_tokens(store)?;
    writeln!(out, "\nA demonstration: the figures of April 2018 with records built from them. Tokens for 24 hours:\n")?;
    let mut researcher = String::new();
    let mut people = Vec::new();
    for role in Role::ALL {
        let name = format!("demo-{role}");
        // First, because it ends the tokens that there are.
        people.push(demonstration::equip(store, role)?);
        let token = accounts::create_token(store, &name, role, TimeDelta::hours(24), Purpose::Demo)?;
        writeln!(out, "{role} {token}")?;
        if role == Role::Researcher {
            researcher = token;
        }
    }
    writeln!(
        out,
        "\nTo sign in at http://{address}/sign-in: name, passphrase, key for an app, and a code that is good now:\n"
    )?;
    for person in &people {
        writeln!(out, "{} {} {} {}", person.name, *person.passphrase, *person.secret, person.code)?;
    }
    let api = format!("http://{address}/api/v1");
    let bearer = format!("-H 'Authorization: Bearer {researcher}'");
    writeln!(
        out,
        "\nWhat was published on 3 April 2018, and what the records say; how many by what happened; what was published:\n"
    )?;
    writeln!(out, "curl -s {bearer} '{api}/research/reconciliation?publication=lgbtnet-2018-04-03,rferl-2018-04-03'")?;
    writeln!(out, "curl -s {bearer} '{api}/research/aggregates?measure=persons&by=kind&as_of=2018-04-03'")?;
    writeln!(out, "curl -s '{api}/figures?publication=lgbtnet-2018-04-03'")?;
    writeln!(out, "\nThe release of that day, as anybody reads it, and a picture of it:\n")?;
    writeln!(out, "curl -s '{api}/aggregates.csv?measure=persons&by=kind&labels=both'")?;
    writeln!(out, "{api}/releases/2018-04-03/tables/by-ground.svg")?;
    Ok(())
}

/// A bar, or without a length a count, that is shown where somebody watches.
fn bar(what: &'static str, length: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let shape = if length.is_some() { "{msg} {wide_bar} {pos}/{len}" } else { "{spinner} {msg}: {pos}" };
    if let Ok(style) = ProgressStyle::with_template(shape) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.with_message(what)
}

fn import_file(options: &Import) -> Done {
    let (Some(noun), Some(path)) = (options.noun, &options.file) else {
        return Err("import: name what the rows are, and the file".into());
    };
    let bytes = std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()))?;
    let store = open_existing(&options.database)?;
    let bar = bar("rows", Some(sheet::rows(&bytes)));
    let shown = bar.clone();
    let file = import::File { noun, name: path.display().to_string(), bytes };
    let progress = Box::new(move |rows| shown.set_position(rows));
    let report = import::run(&store, &accounts::host(), vec![file], options.dry_run, |_| Ok(()), progress);
    bar.finish_and_clear();
    let report = match report {
        Ok(report) => report,
        Err(import::ImportError::Rows(mistakes)) => {
            eprintln!("{}", mistakes.to_string().trim_end());
            return Err("nothing was imported".into());
        }
        Err(why) => return Err(why.into()),
    };
    report.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    for (name, noun, count) in report.created {
        let done = if options.dry_run { "would be imported" } else { "imported" };
        println!("{name}: {count} {} {done}", noun.plural());
    }
    if report.skipped > 0 {
        println!("empty rows that were passed over: {}", report.skipped);
    }
    Ok(ExitCode::SUCCESS)
}

/// The organisation's own words where its database is there, else the built-in ones.
fn print_template(noun: Noun, database: &Database) -> Done {
    let url = DatabaseUrl::parse(&database.url(FILE))?;
    let scratch = std::env::temp_dir().join(format!("attest-template-{}.db", uuid::Uuid::now_v7()));
    let missing = url.is_missing_file();
    let url = if missing { DatabaseUrl::Sqlite(scratch.clone()) } else { url };
    let store = if missing { Store::open(&url, Utc::now)? } else { Store::open_as_it_is(&url, Utc::now)? };
    seed::install(&store)?;
    let text = store.read(&accounts::host(), |session| Ok(template::template(noun, session.vocabulary())))?;
    if missing {
        drop(store);
        for ending in ["", "-wal", "-shm"] {
            let mut name = scratch.clone().into_os_string();
            name.push(ending);
            // Whether it was removed is not what was asked.
            let _ = std::fs::remove_file(name);
        }
    }
    print!("{text}");
    Ok(ExitCode::SUCCESS)
}

fn keep_tokens(command: TokenCommand) -> Done {
    match command {
        TokenCommand::Create { role, name, days, scopes, database } => {
            let lasting = TimeDelta::try_days(days).unwrap_or_default();
            let scopes = tokens::read_scopes(scopes.iter().map(String::as_str)).map_err(TokenError::Scope)?;
            let store = open_existing(&database)?;
            println!("{}", tokens::create_scoped(&store, &name, role, lasting, Purpose::Api, scopes)?);
        }
        TokenCommand::Revoke { name, database } => match accounts::revoke_tokens(&open_existing(&database)?, &name) {
            Ok(revoked) => println!("{revoked} revoked"),
            Err(StoreError::Invalid(_)) => return Err(format!("--name: there is no account `{name}`").into()),
            Err(why) => return Err(why.into()),
        },
        TokenCommand::List { database } => {
            for token in open_existing(&database)?.look(|conn| Ok(accounts::list_tokens(conn)?))? {
                let state = if token.revoked_at.is_some() { "revoked" } else { "" };
                let (made, until) = (token.created_at.day(), token.expires_at.day());
                println!("{}", format!("{} {} {made} {until} {state}", token.account, token.role).trim_end());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check(database: &Database) -> Done {
    let url = DatabaseUrl::parse(&database.url(FILE))?;
    println!("database: {url:?}");
    if url.is_missing_file() {
        println!("there is none yet; `attest serve` makes it");
        return Ok(ExitCode::SUCCESS);
    }
    let (store, place) = (open_as_it_is(database)?, database.keys.place(None));
    let locked = keys::open_to_look(&store, &place)?;
    clock::warnings(&store)?.iter().for_each(|warning| eprintln!("attest: {warning}"));
    let keyring = keys::describe(&store, &place, locked.clone());
    let audit = audit::verify(&store, locked, &[]);
    audit.and(keyring)
}
