//! Releases from the command line: everything public as files, and checking them.

use std::path::Path;
use std::process::ExitCode;

use data_encoding::BASE64;
use ed25519_dalek::VerifyingKey;

use crate::config::{Database, ReleaseCommand};
use crate::exchange::folder::{self, Verified};
use crate::http::public::shelf::{Shelf, Snapshot};
use crate::http::public::{export, folder as served};
use crate::store::published::Published;

use super::{Done, keys, open_as_it_is};

type Checked<T> = Result<T, Box<dyn std::error::Error>>;

/// Keeps releases.
///
/// # Errors
/// One line that says what was wrong.
pub fn run(command: &ReleaseCommand) -> Done {
    match command {
        ReleaseCommand::Export { folder, database } => export(folder, database),
        ReleaseCommand::Verify { folder, key } => {
            let key = key.as_deref().map(known_key).transpose()?;
            let (verified, snapshot) = verify(folder, key.as_ref())?;
            say(&verified, &snapshot);
            Ok(ExitCode::SUCCESS)
        }
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
