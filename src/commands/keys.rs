//! Opening and making the keyring, and the commands that keep it.

use std::error::Error;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::Utc;
use zeroize::Zeroizing;

use crate::config::{CodeFile, Database, KeyCommand, NewCode};
use crate::keys::files::{read_private, write_new_private};
use crate::keys::keyring::{Keyring, KeyringError, Place, RecoveryCode};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::{accounts, data_keys, instance};

use super::{Done, bar, open_as_it_is, open_existing};

/// Longer than any recovery code that is typed.
const LONGEST_CODE: u64 = 1_000;

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

/// Opens the keyring of a database and changes nothing, in the database or outside. Gives why it is not open, where it is
/// not and should be.
///
/// # Errors
/// The database's own.
pub fn open_to_look(store: &Store, place: &Place) -> Result<Option<String>, Box<dyn Error>> {
    let named = store.look(|conn| Ok(instance::keyring(conn)?))?.is_some();
    Ok(match Keyring::open(place) {
        Err(KeyringError::Missing(_)) if !named => None,
        // Made just now, and not noted yet by any database.
        Ok(keyring) if !named && !keyring.is_installed() => None,
        Ok(keyring) => store.unlock_to_look(keyring).err().map(|why| why.to_string()),
        Err(why) => Some(why.to_string()),
    })
}

/// Opens the keyring of a database that is to be served, or makes one where the database has none. Gives the recovery code
/// of a new one; that of the demonstration is not kept, because it holds nothing that anybody could miss.
///
/// # Errors
/// [`StoreError::Locked`] where it does not open or is another database's, or the database's own.
pub fn open_or_create(store: &Store, place: &Place, demo: bool) -> Result<Option<RecoveryCode>, StoreError> {
    let opened = match Keyring::open(place) {
        Err(KeyringError::Missing(_)) if store.look(|conn| Ok(instance::keyring(conn)?))?.is_none() => {
            match Keyring::create(place) {
                Ok((keyring, code)) => return install_new(store, keyring, code, demo),
                // Another process was faster.
                Err(KeyringError::Exists(_)) => Keyring::open(place),
                Err(why) => Err(why),
            }
        }
        // Another process may have made and noted it just now: the file was there before the note.
        Err(KeyringError::Missing(_)) => Keyring::open(place),
        opened => opened,
    };
    store.unlock(opened?)?;
    Ok(None)
}

fn install_new(
    store: &Store,
    keyring: Keyring,
    code: RecoveryCode,
    demo: bool,
) -> Result<Option<RecoveryCode>, StoreError> {
    if demo {
        keyring.confirm(&code, Utc::now())?;
    }
    store.unlock(keyring)?;
    Ok((!demo).then_some(code))
}

/// Where a new recovery code goes.
pub enum CodeTo {
    Terminal,
    File(PathBuf),
    /// Nobody watches, and no file is named: a log or a journal must not have it.
    Nowhere,
}

impl CodeTo {
    /// Where this command may show one.
    pub fn of(given: &NewCode) -> Self {
        match &given.recovery_code_file {
            Some(path) => Self::File(path.clone()),
            None if std::io::stdout().is_terminal() => Self::Terminal,
            None => Self::Nowhere,
        }
    }

    /// That a code can be shown, before anything hangs on it.
    fn must_show(&self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Terminal => Ok(()),
            Self::File(path) if path.try_exists()? => {
                Err(format!("--recovery-code-file {}: there is such a file already", path.display()).into())
            }
            Self::File(_) => Ok(()),
            Self::Nowhere => {
                Err("a recovery code is shown on a terminal, and this is none: run it on one, or name a file \
                                  for it with --recovery-code-file"
                    .into())
            }
        }
    }

    /// Shows a recovery code, once, or says what shows another.
    ///
    /// # Errors
    /// That it cannot be written.
    pub fn show(&self, out: &mut impl Write, code: &RecoveryCode) -> Result<(), Box<dyn Error>> {
        const WHAT: &str = "It opens all personal text when everything else is lost, and is not shown again.";
        match self {
            Self::Terminal => {
                writeln!(out, "\nThe recovery code of the keyring. {WHAT}")?;
                writeln!(out, "Write it on paper, keep it elsewhere, then say so with `attest key confirm`:\n")?;
                writeln!(out, "recovery code: {}", *code.show())?;
            }
            Self::File(path) => {
                let mut text = code.show();
                text.push('\n');
                write_new_private(path, text.as_bytes())?;
                writeln!(out, "\nThe recovery code of the keyring is in {}. {WHAT}", path.display())?;
                writeln!(out, "Take it elsewhere, delete the file, then say so with `attest key confirm`.")?;
            }
            Self::Nowhere => {
                writeln!(
                    out,
                    "\nThe recovery code of the keyring is shown on a terminal only, and this is none. On one, run"
                )?;
                writeln!(
                    out,
                    "`attest key rotate`, which makes and shows another, then `attest key confirm`. Until then no"
                )?;
                writeln!(out, "personal text is accepted.")?;
            }
        }
        Ok(())
    }
}

/// Keeps the keyring.
pub fn run(command: &KeyCommand) -> Done {
    match command {
        KeyCommand::Confirm { code, database } => confirm(code, database),
        KeyCommand::Rotate { new_code, database } => rotate(&CodeTo::of(new_code), database),
        KeyCommand::Drill { code, database } => drill(code, database),
        KeyCommand::Restore { code, database } => restore(code, database),
        KeyCommand::Status { database } => status(database),
    }
}

/// The recovery code, from the file or from standard input.
fn read_code(given: &CodeFile) -> Result<RecoveryCode, Box<dyn Error>> {
    let text = match &given.code_file {
        Some(path) => read_private(path)?,
        None => {
            if std::io::stdin().is_terminal() {
                eprint!("recovery code: ");
            }
            let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_CODE as usize));
            std::io::stdin().lock().take(LONGEST_CODE).read_until(b'\n', &mut line)?;
            line
        }
    };
    let code = std::str::from_utf8(&text).ok().and_then(RecoveryCode::read);
    Ok(code.ok_or("this is no recovery code: it has eight groups of four letters and digits")?)
}

fn confirm(code: &CodeFile, database: &Database) -> Done {
    let store = open_existing(database)?;
    let keys = store.keys().ok_or("there is no keyring yet; `attest serve` makes one")?;
    let code = read_code(code)?;
    keys.confirm(&code, Utc::now())?;
    let id = keys.id().to_string();
    store.write(&accounts::host(), "keyring.confirm", move |tx| {
        tx.note("keyring", id);
        Ok(())
    })?;
    println!("confirmed: personal text is accepted from now on");
    Ok(ExitCode::SUCCESS)
}

fn rotate(code_to: &CodeTo, database: &Database) -> Done {
    code_to.must_show()?;
    let store = open_existing(database)?;
    let keys = store.keys().ok_or("there is no keyring yet; `attest serve` makes one")?;
    let lock = keys.lock()?;
    let code = keys.begin_rotation(&lock)?;
    // Shown before anything hangs on it. Until it is confirmed the code before opens the keyring too.
    let mut out = std::io::stdout();
    code_to.show(&mut out, &code)?;
    out.flush()?;
    let bar = bar("data keys", Some(0));
    let (shown, wrapping) = (bar.clone(), keys.clone());
    let wrapped = store.write(&accounts::host(), "keyring.rotate", move |tx| {
        let wrapped = data_keys::rewrap_all(tx, &wrapping, |done, all| {
            shown.set_length(u64::try_from(all).unwrap_or_default());
            shown.set_position(u64::try_from(done).unwrap_or_default());
        })?;
        tx.note("master", wrapping.master()?.0);
        tx.note("data_keys", wrapped);
        Ok(wrapped)
    })?;
    bar.finish_and_clear();
    let (newest, _) = keys.master()?;
    if store.look(|conn| Ok(data_keys::masters_in_use(conn)?))?.iter().any(|used| *used != newest) {
        return Err("some data keys are wrapped by another master key still; nothing was forgotten".into());
    }
    keys.end_rotation(&lock)?;
    println!("\n{wrapped} data keys were wrapped anew by the master key {newest}");
    Ok(ExitCode::SUCCESS)
}

fn restore(code: &CodeFile, database: &Database) -> Done {
    let (store, place) = (open_as_it_is(database)?, database.keys.place(None));
    let keyring = Keyring::restore(&place, &read_code(code)?)?;
    let id = keyring.id().to_string();
    store.unlock(keyring)?;
    store.write(&accounts::host(), "keyring.restore", move |tx| {
        tx.note("keyring", id);
        Ok(())
    })?;
    println!("the keyring is opened by {:?} from now on, and by nothing that opened it before", place.opened_by);
    Ok(ExitCode::SUCCESS)
}

fn drill(code: &CodeFile, database: &Database) -> Done {
    let store = open_as_it_is(database)?;
    let code = read_code(code)?;
    let keys = Keyring::recover(&database.keys.place(None), &code)?;
    let named = store.look(|conn| Ok(instance::keyring(conn)?))?;
    if named.is_none_or(|named| named != keys.id().to_string()) {
        return Err("the code opens the keyring, but the database belongs to another keyring, or to none".into());
    }
    let bar = bar("data keys", Some(0));
    let shown = bar.clone();
    let drilled = store.look(|conn| {
        data_keys::drill(conn, &keys, |done, all| {
            shown.set_length(u64::try_from(all).unwrap_or_default());
            shown.set_position(u64::try_from(done).unwrap_or_default());
        })
    })?;
    bar.finish_and_clear();
    println!("the recovery code opens the keyring, {} data keys and {} texts", drilled.keys, drilled.texts);
    if !keys.is_newest(&code)? {
        println!("it is the code before the newest, and opens nothing any more once that is confirmed");
    }
    if drilled.failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for subject in &drilled.failed {
        eprintln!("{subject}: its data key or its newest text does not open");
    }
    Err(format!("{} of the data keys or their texts do not open", drilled.failed.len()).into())
}

fn status(database: &Database) -> Done {
    let store = open_as_it_is(database)?;
    let why = open_to_look(&store, &database.keys.place(None))?;
    describe(&store, &database.keys.place(None), why)
}

/// Prints the state of the keyring of a database; `locked` says why it is not open.
pub fn describe(store: &Store, place: &Place, locked: Option<String>) -> Done {
    println!("keyring: {}", place.file().display());
    println!("opened by: {:?}", place.opened_by);
    if let Some(why) = locked {
        return Err(why.into());
    }
    let Some(keys) = store.keys() else {
        println!("there is none yet; `attest serve` makes it");
        return Ok(ExitCode::SUCCESS);
    };
    match keys.confirmed_at() {
        Some(at) => println!("recovery code: confirmed on {}", at.date_naive()),
        None => println!(
            "recovery code: not confirmed yet, and no personal text is accepted: attest key confirm; where it was lost, \
             attest key rotate makes another"
        ),
    }
    if keys.masters().len() > 1 {
        println!("a new master key was made and not taken into use: attest key rotate completes it");
    }
    println!("data keys: {}", store.look(|conn| Ok(data_keys::count(conn)?))?);
    Ok(ExitCode::SUCCESS)
}
