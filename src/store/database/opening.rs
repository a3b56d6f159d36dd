//! Opening the database: what must be true before anything is read from it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::super::backend::journal::{self, Found};
use super::super::backend::version::{self, Standing};
use super::super::backend::{self, Access, DatabaseUrl, Manager, OpenError, Waits};
use super::super::classes::TABLES;
use super::super::connections::{Connections, Lane, PATIENCE};
use super::super::error::StoreError;
use super::super::jobs::Jobs;
use super::{Clock, Store, chance};
use crate::keys::files::private_folder;

impl Store {
    /// Opens the database and brings its schema up to date. An SQLite file is made if there is none.
    ///
    /// # Errors
    /// Why it could not be opened or migrated: a newer programme has changed it, or its journal is not its own. Then nothing was
    /// touched.
    pub fn open(url: &DatabaseUrl, clock: Clock) -> Result<Self, StoreError> {
        Self::open_with(url, clock, Waits::default(), true)
    }

    /// The same, with waits of its own.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_waiting(url: &DatabaseUrl, clock: Clock, waits: Waits) -> Result<Self, StoreError> {
        Self::open_with(url, clock, waits, true)
    }

    /// Opens a database that is up to date, and changes nothing of it.
    ///
    /// # Errors
    /// As [`Store::open`], or [`OpenError::Older`].
    pub fn open_as_it_is(url: &DatabaseUrl, clock: Clock) -> Result<Self, StoreError> {
        Self::open_with(url, clock, Waits::default(), false)
    }

    fn open_with(url: &DatabaseUrl, clock: Clock, waits: Waits, migrating: bool) -> Result<Self, StoreError> {
        let mut found = Found::Nothing;
        if let DatabaseUrl::Sqlite(path) = url {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                private_folder(folder).map_err(OpenError::Files)?;
            }
            found = journal::examine(path)?;
            private_file(path).map_err(OpenError::Files)?;
            if found == Found::Unmarked {
                backend::probing::must_be_whole(url)?;
            }
        }
        let started = std::time::Instant::now();
        while let Err(why) = prepare(url, migrating) {
            if !why.is_locked() || started.elapsed() > PATIENCE {
                return Err(why.into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let connections = Arc::new(Connections::open(url, found, waits)?);
        Ok(Self {
            jobs: Jobs::new(connections.clone()),
            connections,
            lane: Lane::Records,
            stop: None,
            limit: None,
            clock,
            chance,
            vocabulary: Arc::default(),
            keys: Arc::default(),
            locked: Arc::default(),
            halt: None,
            is_patient: false,
        })
    }
}

/// Brings the schema up to date, where that is wanted. A database that holds another programme's tables is none to migrate.
fn prepare(url: &DatabaseUrl, migrating: bool) -> Result<(), OpenError> {
    let mut conn = Manager::new(url.clone(), Access::Read).open()?;
    let standing = version::standing(&mut conn)?;
    let foreign = backend::live_columns(&mut conn)?
        .into_iter()
        .map(|(table, _)| table)
        .find(|table| !TABLES.iter().any(|own| own.name == table));
    match (foreign, standing) {
        (Some(table), _) => Err(OpenError::Foreign(table)),
        (None, Standing::Current) => Ok(()),
        (None, standing) if !migrating => Err(version::older(&conn, standing)?),
        (None, _) => {
            drop(conn);
            backend::migrate(&mut Manager::new(url.clone(), Access::Write).open()?)
        }
    }
}

/// Makes the file if there is none, and takes it from everybody but its owner. SQLite gives the files beside it the same
/// mode.
fn private_file(path: &Path) -> std::io::Result<()> {
    // One that is there is not opened: to close it would take away the locks that SQLite holds on it in this process. So nobody
    // else of this process may come to it before it is closed here.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(new) => drop(new),
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(why) => return Err(why),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}
