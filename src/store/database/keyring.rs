//! The keyring of a store: which one is its own, and whether it is open.

use std::sync::{Arc, PoisonError};

use crate::keys::keyring::Keyring;
use crate::store::error::StoreError;
use crate::store::{accounts, chain, instance};

use super::{Outcome, Store};

impl Store {
    /// Opens the keyring to the store. The database notes which one is its own, in the first entry that is made under its
    /// key.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where the database has another one, or is not new and has none while the keyring has a
    /// database: then it is another one, or somebody has taken the note away to have a forged audit signed.
    pub fn unlock(&self, keyring: Keyring) -> Result<(), StoreError> {
        let id = keyring.id().to_string();
        let (own, newest) = self.look(|conn| Ok((instance::keyring(conn)?, chain::newest_write(conn)?)))?;
        if own.is_none() && newest > 0 && keyring.is_installed() {
            return Err(StoreError::Locked(
                "it belongs to another database: this one is not new, and does not name it".to_owned(),
            ));
        }
        let keyring = Arc::new(keyring);
        if own.is_some() {
            self.must_name(&id)?;
            self.set_keys(Some(keyring.clone()));
        } else {
            self.set_keys(Some(keyring.clone()));
            let installed = self.attempt(&accounts::host(), chain::INSTALL, move |tx| {
                // Another process may have been faster.
                if instance::keyring(tx.conn())?.is_some() {
                    return Ok(Outcome::Abandon(()));
                }
                instance::install_keyring(tx, &id).map(Outcome::Keep)
            });
            let named = installed.and_then(|_| self.must_name(&keyring.id().to_string()));
            if let Err(why) = named {
                self.set_keys(None);
                return Err(why);
            }
        }
        Ok(keyring.note_installed()?)
    }

    /// Opens the keyring to the store where the database names it, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where the database has another one, or none.
    pub fn unlock_to_look(&self, keyring: Keyring) -> Result<(), StoreError> {
        self.must_name(&keyring.id().to_string())?;
        self.set_keys(Some(Arc::new(keyring)));
        Ok(())
    }

    fn must_name(&self, id: &str) -> Result<(), StoreError> {
        match self.look(|conn| Ok(instance::keyring(conn)?))? {
            Some(own) if own == id => Ok(()),
            Some(_) => Err(StoreError::Locked("the database belongs to another one".to_owned())),
            None => Err(StoreError::Locked("the database does not name it".to_owned())),
        }
    }

    fn set_keys(&self, keys: Option<Arc<Keyring>>) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Does nothing from now on but what is public, because the keyring could not be opened.
    pub fn stay_locked(&self, why: String) {
        // It is said once, before anything is served.
        let _ = self.locked.set(why);
    }

    /// Whether the keyring should be open and is not.
    pub fn is_locked(&self) -> bool {
        self.locked.get().is_some()
    }

    /// The keyring, where it is open.
    pub fn keys(&self) -> Option<Arc<Keyring>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the keyring's file again, because another process has changed it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where it was not open.
    pub fn reread_keys(&self) -> Result<Arc<Keyring>, StoreError> {
        let keys = self.keys().ok_or_else(|| StoreError::Locked("it was not opened".to_owned()))?;
        keys.reread()?;
        Ok(keys)
    }

    /// That the service can do what is not public.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where the database has a keyring and it is not open.
    pub fn must_be_open(&self) -> Result<(), StoreError> {
        if self.keys().is_some() {
            return Ok(());
        }
        if let Some(why) = self.locked.get() {
            return Err(StoreError::Locked(why.clone()));
        }
        match self.look(|conn| Ok(instance::keyring(conn)?))? {
            None => Ok(()),
            Some(_) => Err(StoreError::Locked("the service was started without it".to_owned())),
        }
    }
}
