//! Opening and making the keyring.

use std::error::Error;
use std::io::Write;

use chrono::Utc;

use crate::keys::keyring::{Keyring, KeyringError, Place, RecoveryCode};
use crate::store::database::Store;
use crate::store::instance;

/// Opens the keyring of a database.
///
/// # Errors
/// That there is none, that it does not open, or that it is another database's.
pub fn open(store: &Store, place: &Place) -> Result<(), Box<dyn Error>> {
    // A database of an earlier version has none before it is served.
    match Keyring::open(place) {
        Err(KeyringError::Missing(_)) if store.look(|conn| Ok(instance::keyring(conn)?))?.is_none() => Ok(()),
        opened => Ok(store.unlock(opened?)?),
    }
}

/// Opens the keyring of a database that is to be served, or makes one where the database has none. Gives the recovery code
/// of a new one.
///
/// # Errors
/// As [`open`].
pub fn open_or_create(store: &Store, place: &Place) -> Result<Option<RecoveryCode>, Box<dyn Error>> {
    match Keyring::open(place) {
        Err(KeyringError::Missing(_)) if store.look(|conn| Ok(instance::keyring(conn)?))?.is_none() => {
            let (mut keyring, code) = Keyring::create(place)?;
            // The demonstration holds nothing that anybody could miss.
            let demo = place.folder.ends_with("demo");
            if demo {
                keyring.confirm(&code, Utc::now())?;
            }
            store.unlock(keyring)?;
            Ok((!demo).then_some(code))
        }
        opened => {
            store.unlock(opened?)?;
            Ok(None)
        }
    }
}

/// Shows the recovery code, once.
///
/// # Errors
/// That it cannot be written.
pub fn show(out: &mut impl Write, code: &RecoveryCode) -> std::io::Result<()> {
    writeln!(
        out,
        "\nThe recovery code of the keyring. It opens all personal text when everything else is lost, and is not shown"
    )?;
    writeln!(out, "again. Write it on paper, keep it elsewhere, then say so with `attest key confirm`:\n")?;
    writeln!(out, "{}", *code.show())
}
