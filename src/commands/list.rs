//! Public lists from the command line.

use std::path::Path;
use std::process::ExitCode;

use serde::Deserialize;

use crate::config::{Database, ListCommand};
use crate::domain::release::lists::ListEntry;
use crate::store::accounts;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::lists::{self, Declaration, State};

use super::{Done, open_existing};

/// One declaration, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entries {
    One(ListEntry),
    Many(Vec<ListEntry>),
}

/// Keeps public lists.
///
/// # Errors
/// One line that says what was wrong.
pub fn run(command: &ListCommand) -> Done {
    match command {
        ListCommand::Declare { file, signatures, database } => declare(file, signatures.release_signatures, database),
        ListCommand::Show { database } => {
            let store = open_existing(database)?;
            store.look(|conn| Ok(lists::declarations(conn)?))?.iter().for_each(print);
            Ok(ExitCode::SUCCESS)
        }
        ListCommand::Sign { dimension, signatures, database } => {
            let store = open_existing(database)?;
            for made in waiting(&store, dimension.as_deref())? {
                let most = signatures.release_signatures;
                print(&lists::sign(&store, &accounts::host(), made.id, made.version, most)?);
            }
            Ok(ExitCode::SUCCESS)
        }
        ListCommand::Discard { dimension, database } => {
            let store = open_existing(database)?;
            for made in waiting(&store, Some(dimension))? {
                print(&lists::discard(&store, &accounts::host(), made.id, made.version)?);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn declare(file: &Path, most_signatures: u8, database: &Database) -> Done {
    let named = |why: String| format!("{}: {why}", file.display());
    let text = std::fs::read(file).map_err(|why| named(why.to_string()))?;
    let entries: Entries = serde_json::from_slice(&text).map_err(|why| named(why.to_string()))?;
    let entries = match entries {
        Entries::One(entry) => vec![entry],
        Entries::Many(entries) => entries,
    };
    let store = open_existing(database)?;
    for entry in entries {
        let dimension = entry.dimension.clone().unwrap_or_default();
        match lists::propose(&store, &accounts::host(), entry, most_signatures) {
            Ok(made) => print(&made),
            Err(StoreError::Invalid(wrong)) => {
                wrong.0.iter().for_each(|error| eprintln!("{dimension}: {}: expected {}", error.field, error.expected));
                return Err(format!("{dimension}: nothing was declared of it, nor of what follows").into());
            }
            Err(why) => return Err(why.into()),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What waits for signatures.
fn waiting(store: &Store, dimension: Option<&str>) -> Result<Vec<Declaration>, Box<dyn std::error::Error>> {
    let made = store.look(|conn| Ok(lists::declarations(conn)?))?;
    let waits = |made: &Declaration| {
        made.state == State::Proposed && dimension.is_none_or(|dimension| made.dimension == dimension)
    };
    let waiting: Vec<_> = made.into_iter().filter(waits).collect();
    if waiting.is_empty() {
        return Err("no declaration of a list waits; `attest list show` lists them".into());
    }
    Ok(waiting)
}

fn print(made: &Declaration) {
    let (signed, required) = (made.signatures.len(), made.signatures_required);
    let unknown = if made.unknown { " and _U" } else { "" };
    println!(
        "{} {}: {signed} of {required} signatures: {}{unknown}",
        made.dimension,
        made.state.name(),
        made.codes.join(" ")
    );
}
