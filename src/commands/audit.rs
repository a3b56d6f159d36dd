//! Checking the audit, and signing what it is.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config::{AuditCommand, Database};
use crate::store::chain::{self, Verdict};
use crate::store::checkpoint::{Checkpoint, SignedBy};
use crate::store::database::Store;
use crate::store::error::StoreError;

use super::{Done, bar, keys, open_as_it_is};

/// Checks the audit, or signs what it is.
pub fn run(command: &AuditCommand) -> Done {
    match command {
        AuditCommand::Verify { checkpoints, database } => {
            // Files that cannot be read are told before anything is computed.
            let checkpoints: Vec<_> = checkpoints.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
            let store = open_as_it_is(database)?;
            let locked = keys::open_to_look(&store, &database.keys.place(None))?;
            verify(&store, locked, &checkpoints)
        }
        AuditCommand::Checkpoint { out, database } => sign(out.as_deref(), database),
    }
}

fn read(path: &Path) -> Result<(PathBuf, Checkpoint), String> {
    let named = |why: String| format!("{}: {why}", path.display());
    let text = std::fs::read(path).map_err(|why| named(why.to_string()))?;
    Ok((path.to_owned(), Checkpoint::from_json(&text).map_err(named)?))
}

fn recompute(store: &Store) -> Result<Verdict, StoreError> {
    let bar = bar("entries", Some(0));
    let shown = bar.clone();
    let keys = store.keys();
    let verdict = store.look(|conn| {
        chain::verify(conn, keys.as_deref(), |done, all| {
            shown.set_length(u64::try_from(all).unwrap_or_default());
            shown.set_position(u64::try_from(done).unwrap_or_default());
        })
    });
    bar.finish_and_clear();
    verdict
}

/// Recomputes the chain and holds it against the checkpoints. `locked` says why the keyring is not open, where it should be.
pub fn verify(store: &Store, locked: Option<String>, checkpoints: &[(PathBuf, Checkpoint)]) -> Done {
    let verdict = recompute(store)?;
    let mut wrong = match &verdict {
        Verdict::Broken { write, why } => vec![format!("the audit is broken at write {write}: {why}")],
        Verdict::Unread { write } => {
            let why = locked.unwrap_or_else(|| "there is none".to_owned());
            vec![format!("from write {write} on the audit cannot be checked without the keyring: {why}")]
        }
        // There is a keyring, and the database does not name it: an audit without a key proves nothing.
        Verdict::Intact { .. } => locked.into_iter().collect(),
    };
    let keys = store.keys();
    for (path, checkpoint) in checkpoints {
        let path = path.display();
        match store.look(|conn| checkpoint.check(conn, keys.as_deref()))? {
            Ok(by) => println!("{path}: {}", agreed(checkpoint, by)),
            Err(why) => wrong.push(format!("{path}: {why}")),
        }
    }
    if let Some(first) = wrong.first() {
        wrong[1..].iter().for_each(|why| eprintln!("attest: {why}"));
        return Err(first.clone().into());
    }
    if let Verdict::Intact { entries, hash, keyed } = verdict {
        println!("the audit is intact: {entries} entries, head {hash}");
        if !keyed {
            println!("no entry is made under a key: whoever can write to the database can have computed all of them");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn agreed(checkpoint: &Checkpoint, by: SignedBy) -> String {
    let Checkpoint { write, time, .. } = checkpoint;
    match by {
        SignedBy::Keyring => format!("the audit holds write {write} as the keyring signed it at {time}"),
        SignedBy::KeyInFile => format!(
            "the audit holds write {write} as it was signed at {time} by the key {}; whether that is the keyring's could \
             not be checked",
            checkpoint.public_key()
        ),
    }
}

fn sign(out: Option<&Path>, database: &Database) -> Done {
    let store = open_as_it_is(database)?;
    if let Some(why) = keys::open_to_look(&store, &database.keys.place(None))? {
        return Err(why.into());
    }
    let keys = store.keys().ok_or("there is no keyring yet to sign with; `attest serve` makes one")?;
    let (write, hash) = match recompute(&store)? {
        Verdict::Intact { entries, hash, .. } => (entries, hash),
        Verdict::Unread { write } => return Err(format!("from write {write} on the audit cannot be checked").into()),
        Verdict::Broken { write, why } => {
            return Err(format!("nothing was signed: the audit is broken at write {write}: {why}").into());
        }
    };
    let text = Checkpoint::sign(&keys, write, &hash, store.now())?.to_json();
    match out {
        None => print!("{text}"),
        Some(path) => {
            // A checkpoint that is there already is never lost.
            let written = OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            });
            written.map_err(|why| format!("{}: {why}", path.display()))?;
            println!("{}: the audit up to write {write}, signed", path.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
