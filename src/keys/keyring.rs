//! The keyring: the keys that lie outside of the database and its backups, in a file for its owner alone.
//!
//! A random key encrypts the keyring's content; each slot holds that key once more, encrypted by what opens the slot: a
//! passphrase, a key file, or the recovery code that is shown once. Whoever changes the file holds its lock, reads it as it
//! is then, and replaces it whole.

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::cipher::{CipherError, Key};
use super::files::{Lock, check_private, file_error, is_there, private_folder, replace};
use super::kept::{Content, Kept, NamedKey, Slot, SlotKind};

pub use super::place::{OpenedBy, Place};
pub use super::recovery::RecoveryCode;

/// Why a keyring could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("there is no keyring at {}", .0.display())]
    Missing(PathBuf),
    #[error("{} may be read by others than its owner; take their rights away (chmod go-rwx)", .0.display())]
    Open(PathBuf),
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: std::io::Error },
    #[error("{}: {needed}", path.display())]
    Short { path: PathBuf, needed: &'static str },
    #[error("{} is damaged, or no keyring that this version reads", .0.display())]
    Malformed(PathBuf),
    #[error("the keyring {} does not open with {with}: it is another one's, or one of them is damaged", file.display())]
    Locked { file: PathBuf, with: String },
    #[error("there is a keyring at {} already", .0.display())]
    Exists(PathBuf),
    #[error("another keyring lies at {} now", .0.display())]
    Another(PathBuf),
    #[error("another process is changing the keyring in {}", .0.display())]
    Busy(PathBuf),
    #[error("this is no recovery code that was confirmed or is to be: it is the one before, or mistyped")]
    NotNewest,
    #[error(transparent)]
    Cipher(#[from] CipherError),
}

/// A keyring that is open.
pub struct Keyring {
    place: Place,
    id: Uuid,
    state: RwLock<State>,
}

/// The file as it was read last.
#[derive(Clone)]
struct State {
    kept: Kept,
    /// Encrypts the content.
    own: Key,
    content: Content,
}

impl State {
    fn new(place: &Place, kept: Kept, own: Key) -> Result<Self, KeyringError> {
        let content = kept.content(&own).ok_or_else(|| KeyringError::Malformed(place.file()))?;
        Ok(Self { kept, own, content })
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "keyring {}", self.id)
    }
}

impl Keyring {
    /// Makes a keyring, with its folder, and the recovery code to be shown once.
    ///
    /// # Errors
    /// That there is one already, or that it cannot be written.
    pub fn create(place: &Place) -> Result<(Self, RecoveryCode), KeyringError> {
        private_folder(&place.folder).map_err(|why| file_error(&place.folder, why))?;
        check_private(&place.folder)?;
        // Only one of two processes that start together makes it.
        let _lock = Lock::wait(&place.folder)?;
        if is_there(&place.file())? {
            return Err(KeyringError::Exists(place.file()));
        }
        place.opened_by.prepare()?;
        let (id, own, code) = (Uuid::now_v7(), Key::random()?, RecoveryCode::random()?);
        let slots = vec![Slot::of_place(&id, place, &own)?, Slot::of_code(&id, &code, &own)?];
        let mut kept = Kept::new(id, slots);
        let content = Content::new()?;
        replace(&place.file(), &kept.text(&own, &content)?)?;
        Ok((Self::with(place, State { kept, own, content }), code))
    }

    fn with(place: &Place, state: State) -> Self {
        Self { place: place.clone(), id: state.kept.id, state: RwLock::new(state) }
    }

    /// Opens a keyring.
    ///
    /// # Errors
    /// That there is none, that others may read it, or that it does not open with what was given.
    pub fn open(place: &Place) -> Result<Self, KeyringError> {
        let kept = Kept::read(place)?;
        let own = kept.own_by_place(place)?;
        Ok(Self::with(place, State::new(place, kept, own)?))
    }

    /// Opens a keyring with the recovery code alone.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn recover(place: &Place, code: &RecoveryCode) -> Result<Self, KeyringError> {
        let kept = Kept::read(place)?;
        let own = kept.own_by_code(place, code)?;
        Ok(Self::with(place, State::new(place, kept, own)?))
    }

    /// Opens a keyring with the recovery code, and from now on with what the place names: a new key file, made where there is
    /// none, or another passphrase. What opened it before opens it no more.
    ///
    /// # Errors
    /// As [`Keyring::open`], or that the file cannot be written.
    pub fn restore(place: &Place, code: &RecoveryCode) -> Result<Self, KeyringError> {
        let keyring = Self::recover(place, code)?;
        let lock = Lock::wait(&place.folder)?;
        place.opened_by.prepare()?;
        keyring.change(&lock, |state| {
            state.kept.slots.retain(|slot| slot.kind == SlotKind::Recovery);
            state.kept.slots.insert(0, Slot::of_place(&state.kept.id, place, &state.own)?);
            Ok(())
        })?;
        Ok(keyring)
    }

    fn state<T>(&self, ask: impl FnOnce(&State) -> T) -> T {
        ask(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again: another process may have confirmed the keyring or added a key.
    ///
    /// # Errors
    /// As [`Keyring::open`]; what was read before stays in use.
    pub fn reread(&self) -> Result<(), KeyringError> {
        let state = self.as_it_is_now()?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    fn as_it_is_now(&self) -> Result<State, KeyringError> {
        let kept = Kept::read(&self.place)?;
        if kept.id != self.id {
            return Err(KeyringError::Another(self.place.file()));
        }
        let own = self.state(|state| state.own.clone());
        if let Some(content) = kept.content(&own) {
            return Ok(State { kept, own, content });
        }
        let own = kept.own_by_place(&self.place)?;
        State::new(&self.place, kept, own)
    }

    /// Changes the file as it is now.
    fn change<T>(
        &self,
        _lock: &Lock,
        change: impl FnOnce(&mut State) -> Result<T, KeyringError>,
    ) -> Result<T, KeyringError> {
        let mut state = self.as_it_is_now()?;
        let given = change(&mut state)?;
        let text = state.kept.text(&state.own, &state.content)?;
        replace(&self.place.file(), &text)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(given)
    }

    /// Keeps other processes from changing the keyring for as long as the lock is held.
    ///
    /// # Errors
    /// [`KeyringError::Busy`].
    pub fn lock(&self) -> Result<Lock, KeyringError> {
        Lock::now(&self.place.folder)
    }

    /// Names the keyring; the database notes it.
    pub fn id(&self) -> Uuid {
        self.id
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether somebody has shown that the recovery code is in safe hands. Where it was not so when the file was read last,
    /// the file is read again.
    pub fn is_confirmed(&self) -> bool {
        let confirmed = |state: &State| state.kept.confirmed_at.is_some();
        self.state(confirmed) || (self.reread().is_ok() && self.state(confirmed))
    }

    /// When somebody showed that the recovery code is in safe hands.
    pub fn confirmed_at(&self) -> Option<DateTime<Utc>> {
        self.state(|state| state.kept.confirmed_at)
    }

    /// Notes that the newest recovery code is in safe hands. From now on no earlier one opens anything: the content has a new
    /// key, and with it the file is of no use to whoever has an older copy of it.
    ///
    /// # Errors
    /// That it is another code, or that the file cannot be written.
    pub fn confirm(&self, code: &RecoveryCode, now: DateTime<Utc>) -> Result<(), KeyringError> {
        let lock = Lock::wait(&self.place.folder)?;
        self.change(&lock, |state| {
            if !state.kept.is_newest(code)? {
                return Err(KeyringError::NotNewest);
            }
            let (id, own) = (state.kept.id, Key::random()?);
            state.kept.slots = vec![Slot::of_place(&id, &self.place, &own)?, Slot::of_code(&id, code, &own)?];
            state.own = own;
            state.kept.confirmed_at = Some(now);
            Ok(())
        })
    }

    /// Whether a recovery code is the newest one. Until that is confirmed the one before opens the keyring too.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn is_newest(&self, code: &RecoveryCode) -> Result<bool, KeyringError> {
        self.state(|state| state.kept.is_newest(code))
    }

    /// Whether a database has noted the keyring as its own.
    pub fn is_installed(&self) -> bool {
        self.state(|state| state.content.installed)
    }

    /// Notes that a database has noted the keyring as its own.
    ///
    /// # Errors
    /// That the file cannot be written.
    pub fn note_installed(&self) -> Result<(), KeyringError> {
        if self.is_installed() {
            return Ok(());
        }
        let lock = Lock::wait(&self.place.folder)?;
        self.change(&lock, |state| {
            state.content.installed = true;
            Ok(())
        })
    }

    /// The newest master key with its name.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn master(&self) -> Result<(String, Key), CipherError> {
        self.state(|state| {
            let newest = state.content.masters.last().ok_or(CipherError::Refused)?;
            Ok((newest.id.clone(), newest.key()?))
        })
    }

    /// A master key by its name, where the keyring holds it.
    pub fn master_of(&self, id: &str) -> Option<Key> {
        self.state(|state| {
            let found = state.content.masters.iter().find(|master| master.id == id);
            found.and_then(|master| master.key().ok())
        })
    }

    /// The names of the master keys, the newest last.
    pub fn masters(&self) -> Vec<String> {
        self.state(|state| state.content.masters.iter().map(|master| master.id.clone()).collect())
    }

    /// Adds a master key, unless a rotation was begun before and not completed, and gives a new recovery code. The earlier
    /// master keys stay until [`Keyring::end_rotation`], and the earlier code until the new one is confirmed.
    ///
    /// # Errors
    /// That the file cannot be written.
    pub fn begin_rotation(&self, lock: &Lock) -> Result<RecoveryCode, KeyringError> {
        self.change(lock, |state| {
            let code = RecoveryCode::random()?;
            if state.content.masters.len() == 1 {
                state.content.masters.push(NamedKey::new()?);
            }
            let mut earlier = false;
            // Of the codes that were never confirmed only the newest is of use.
            state.kept.slots.retain(|slot| slot.kind != SlotKind::Recovery || !std::mem::replace(&mut earlier, true));
            state.kept.slots.push(Slot::of_code(&state.kept.id, &code, &state.own)?);
            state.kept.confirmed_at = None;
            Ok(code)
        })
    }

    /// Forgets all master keys but the newest, once nothing is wrapped by them.
    ///
    /// # Errors
    /// That the file cannot be written.
    pub fn end_rotation(&self, lock: &Lock) -> Result<(), KeyringError> {
        self.change(lock, |state| {
            let old = state.content.masters.len().saturating_sub(1);
            state.content.masters.drain(..old);
            Ok(())
        })
    }

    /// The key of the audit with its name.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn audit(&self) -> Result<(String, Key), CipherError> {
        self.state(|state| Ok((state.content.audit.id.clone(), state.content.audit.key()?)))
    }

    /// A key for one use, the same whenever it is asked for.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn own_key(&self, used_for: &str) -> Result<Key, CipherError> {
        self.state(|state| Ok(state.content.root.key()?.of(used_for)))
    }

    /// Signs checkpoints.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn signing(&self) -> Result<SigningKey, CipherError> {
        self.state(|state| Ok(SigningKey::from_bytes(state.content.signing.key()?.bytes())))
    }
}
