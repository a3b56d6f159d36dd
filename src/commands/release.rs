//! Releases from the command line: everything public as files, and checking them.

use std::path::Path;
use std::process::ExitCode;

use data_encoding::BASE64;
use ed25519_dalek::VerifyingKey;

use crate::config::{Database, ReleaseCommand, ReleaseName};
use crate::domain::release::declare::DeclarationEntry;
use crate::exchange::folder::{self, Verified};
use crate::http::public::shelf::{Shelf, Snapshot};
use crate::http::public::{export, folder as served};
use crate::store::accounts;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::published::Published;
use crate::store::publishing;
use crate::store::releases::{self, Release};

use super::{Done, keys, open_as_it_is, open_existing};

type Checked<T> = Result<T, Box<dyn std::error::Error>>;

/// Keeps releases.
///
/// # Errors
/// One line that says what was wrong.
pub fn run(command: &ReleaseCommand) -> Done {
    match command {
        ReleaseCommand::Prepare { file, signatures, database } => {
            prepare(file, signatures.release_signatures, database)
        }
        ReleaseCommand::Show { release: None, database } => list(database),
        ReleaseCommand::Show { release: Some(name), database } => show(name, database),
        ReleaseCommand::Sign(name) => {
            change(name, |store, release| releases::sign(store, &accounts::host(), release.id, release.version))
        }
        ReleaseCommand::Publish { release, signatures } => change(release, |store, release| {
            let (most, id) = (signatures.release_signatures, release.id);
            publishing::publish(store, &accounts::host(), id, release.version, most)
        }),
        ReleaseCommand::Notice { release, notice } => change(release, |store, release| {
            releases::set_notice(store, &accounts::host(), release.id, release.version, notice.clone())
        }),
        ReleaseCommand::Withdraw { release, reason } => change(release, |store, release| {
            releases::withdraw(store, &accounts::host(), release.id, release.version, Some(reason.clone()))
        }),
        ReleaseCommand::Discard(name) => {
            change(name, |store, release| releases::discard(store, &accounts::host(), release.id, release.version))
        }
        ReleaseCommand::Export { folder, database } => export(folder, database),
        ReleaseCommand::Verify { folder, key } => {
            let key = key.as_deref().map(known_key).transpose()?;
            let (verified, snapshot) = verify(folder, key.as_ref())?;
            say(&verified, &snapshot);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Computes a release and freezes it as a draft.
fn prepare(file: &Path, most_signatures: u8, database: &Database) -> Done {
    let named = |why: String| format!("{}: {why}", file.display());
    let text = std::fs::read(file).map_err(|why| named(why.to_string()))?;
    let mut reader = serde_json::Deserializer::from_slice(&text);
    let entry: DeclarationEntry =
        serde_path_to_error::deserialize(&mut reader).map_err(|why| named(why.to_string()))?;
    let store = open_existing(database)?;
    let host = accounts::host();
    match publishing::prepare(&store, &host, &entry, None, most_signatures) {
        Ok((release, _)) => print_release(&release),
        Err(StoreError::Invalid(wrong)) => {
            wrong.0.iter().for_each(|error| eprintln!("{}: expected {}", error.field, error.expected));
            return Err("nothing was prepared".into());
        }
        Err(StoreError::Blocked(blocks)) => {
            for block in &blocks {
                eprintln!("{}", serde_json::to_string(block)?);
            }
            return Err("nothing was prepared: it cannot be published as it is declared".into());
        }
        Err(why) => return Err(why.into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn find(store: &Store, name: &str) -> Checked<Release> {
    let id = store.look(|conn| Ok(releases::by_code(conn, name)?))?;
    let id = id.ok_or_else(|| format!("there is no release `{name}`; `attest release show` lists them"))?;
    Ok(store.look(|conn| releases::get(conn, id))?)
}

fn list(database: &Database) -> Done {
    let store = open_existing(database)?;
    for release in store.look(releases::list)? {
        let signed = format!("{} of {} signatures", release.signatures.len(), release.signatures_required);
        println!("{} {} {signed} sha256 {}", release.content.id, release.state.name(), release.hash);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(name: &str, database: &Database) -> Done {
    let store = open_existing(database)?;
    print_release(&find(&store, name)?);
    Ok(ExitCode::SUCCESS)
}

/// Does something with a release, and says what it is now.
fn change(name: &ReleaseName, work: impl FnOnce(&Store, &Release) -> Result<Release, StoreError>) -> Done {
    let store = open_existing(&name.database)?;
    let release = work(&store, &find(&store, &name.name)?)?;
    println!("{} {}", release.content.id, release.state.name());
    Ok(ExitCode::SUCCESS)
}

/// Prints a release with its plan: how much of each table is told and withheld.
fn print_release(release: &Release) {
    let (content, plan) = (&release.content, &release.plan);
    println!("{} {} of {}, as of {}", content.id, release.state.name(), content.date, content.as_of);
    println!("sha256 {}", release.hash);
    for signature in &release.signatures {
        println!("signed by {} at {}", signature.account, signature.signed_at.0);
    }
    println!(
        "{} persons from case files may be counted, {} without consent may not",
        plan.persons, plan.without_consent
    );
    for table in &plan.tables {
        println!("{}: {} told, {} as before, {} withheld", table.table, table.told, table.standing, table.withheld);
        println!("  of {} codes and crossings that enough people have, {} are told", table.large, table.large_told);
    }
    for cost in &plan.costs {
        let (codes, tables) = (cost.codes.join(", "), cost.tables.join(", "));
        println!("{}: {codes} of {} have no line of their own; crossings: {tables}", cost.figure, cost.dimension);
    }
    for figure in &content.figures {
        println!("{}: {} published, {} computed", figure.id, figure.value, figure.computed);
    }
}

fn export(folder: &Path, database: &Database) -> Done {
    let store = open_as_it_is(database)?;
    keys::open(&store, &database.keys.place(None))?;
    let keys = store.keys().ok_or("there is no keyring yet to sign with; `attest serve` makes one")?;
    let published = store.look(|conn| Published::read(conn, None))?;
    let shelf = Shelf::of(store);
    shelf.renew()?;
    let files = export::files(&*shelf.now()?, &published)?;
    let key = keys.signing()?;
    folder::write(folder, &files, &key)?;
    println!(
        "{}: {} files, signed by {}",
        folder.display(),
        files.len(),
        BASE64.encode(key.verifying_key().as_bytes())
    );
    Ok(ExitCode::SUCCESS)
}

/// A key, or a file that holds one.
fn known_key(text: &str) -> Checked<VerifyingKey> {
    let read = folder::read_key(text).or_else(|| folder::read_key(&std::fs::read_to_string(text).ok()?));
    read.ok_or_else(|| "--key: an Ed25519 public key in base64 or hexadecimal digits, or a file that holds one".into())
}

/// Checks a folder, and the releases in it.
pub fn verify(folder: &Path, key: Option<&VerifyingKey>) -> Checked<(Verified, Snapshot)> {
    let verified = folder::verify(folder, key)?;
    let snapshot = served::snapshot(&verified.files)?;
    served::check(&snapshot)?;
    Ok((verified, snapshot))
}

/// Says what was found.
fn say(verified: &Verified, snapshot: &Snapshot) {
    let key = BASE64.encode(verified.public_key.as_bytes());
    println!("{} files are there as they were signed, and no other", verified.files.len());
    for standing in &snapshot.releases {
        let view = &standing.view;
        let state = if view.withdrawn { "withdrawn" } else { "its content is as it was signed" };
        println!("{} of {}: {state}", view.id, view.date);
    }
    if verified.by_known_key {
        println!("signed by the key that was given, {key}");
    } else {
        println!("signed by the key {key}; whose key that is cannot be told without --key");
    }
}
