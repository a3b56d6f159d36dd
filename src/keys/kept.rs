//! What the file of a keyring holds.

use chrono::{DateTime, Utc};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::cipher::{CipherError, Key, random};
use super::files::{check_private, is_there, read_private};
use super::keyring::KeyringError;
use super::place::Place;
use super::recovery::RecoveryCode;

pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SlotKind {
    KeyFile,
    Passphrase,
    Recovery,
}

/// The key of the content, wrapped by what opens the slot.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    pub kind: SlotKind,
    salt: String,
    wrapped: String,
}

impl Slot {
    pub fn new(kind: SlotKind, id: &Uuid, salt: &[u8], key: &Key, own: &Key) -> Result<Self, CipherError> {
        let wrapped = key.seal(&slot_place(id, kind), own.bytes())?;
        Ok(Self { kind, salt: HEXLOWER.encode(salt), wrapped: HEXLOWER.encode(&wrapped) })
    }

    pub fn of_code(id: &Uuid, code: &RecoveryCode, own: &Key) -> Result<Self, CipherError> {
        let salt = random::<16>()?;
        Self::new(SlotKind::Recovery, id, &salt, &code.key(&salt), own)
    }

    pub fn of_place(id: &Uuid, place: &Place, own: &Key) -> Result<Self, KeyringError> {
        let salt = random::<16>()?;
        Ok(Self::new(place.opened_by.kind(), id, &salt, &place.opened_by.key(&salt)?, own)?)
    }

    /// The key of the content, where this key opens the slot.
    fn open(
        &self,
        id: &Uuid,
        key: impl FnOnce(&[u8]) -> Result<Key, KeyringError>,
    ) -> Result<Option<Key>, KeyringError> {
        let parts = [&self.salt, &self.wrapped].map(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()));
        let [Ok(salt), Ok(wrapped)] = parts else { return Ok(None) };
        match key(&salt)?.open(&slot_place(id, self.kind), &wrapped) {
            Ok(own) => Ok(Some(Key::read(&own)?)),
            Err(_) => Ok(None),
        }
    }
}

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub format: u32,
    pub id: Uuid,
    /// When somebody showed that the recovery code is in safe hands.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// One of the key file or passphrase, and one of the recovery code. Until a new recovery code is confirmed the earlier
    /// one opens too, and stands before it.
    pub slots: Vec<Slot>,
    content: String,
}

impl Kept {
    pub fn new(id: Uuid, slots: Vec<Slot>) -> Self {
        Self { format: FORMAT, id, confirmed_at: None, slots, content: String::new() }
    }

    /// The file as it is now.
    pub fn read(place: &Place) -> Result<Self, KeyringError> {
        let file = place.file();
        if !is_there(&file)? {
            return Err(KeyringError::Missing(file));
        }
        check_private(&place.folder)?;
        let text = read_private(&file)?;
        let kept: Self = serde_json::from_slice(&text).map_err(|_| KeyringError::Malformed(file.clone()))?;
        if kept.format == FORMAT { Ok(kept) } else { Err(KeyringError::Malformed(file)) }
    }

    fn own(
        &self,
        kind: SlotKind,
        key: impl Fn(&[u8]) -> Result<Key, KeyringError>,
    ) -> Result<Option<Key>, KeyringError> {
        // The newest first.
        for slot in self.slots.iter().rev().filter(|slot| slot.kind == kind) {
            if let Some(own) = slot.open(&self.id, &key)? {
                return Ok(Some(own));
            }
        }
        Ok(None)
    }

    /// The key of the content, opened by what the place names.
    pub fn own_by_place(&self, place: &Place) -> Result<Key, KeyringError> {
        let own = self.own(place.opened_by.kind(), |salt| place.opened_by.key(salt))?;
        own.ok_or_else(|| KeyringError::Locked { file: place.file(), with: format!("{:?}", place.opened_by) })
    }

    /// The key of the content, opened by a recovery code.
    pub fn own_by_code(&self, place: &Place, code: &RecoveryCode) -> Result<Key, KeyringError> {
        let own = self.own(SlotKind::Recovery, |salt| Ok(code.key(salt)))?;
        own.ok_or_else(|| KeyringError::Locked { file: place.file(), with: "this recovery code".to_owned() })
    }

    /// Whether a code is the newest one: an earlier one does not count as confirmed.
    pub fn is_newest(&self, code: &RecoveryCode) -> Result<bool, KeyringError> {
        match self.slots.iter().rfind(|slot| slot.kind == SlotKind::Recovery) {
            Some(slot) => Ok(slot.open(&self.id, |salt| Ok(code.key(salt)))?.is_some()),
            None => Ok(false),
        }
    }

    /// The state of the file is bound to its content: nobody can write into it that the code was confirmed.
    fn content_place(&self) -> String {
        let confirmed = self.confirmed_at.map(|at| at.timestamp_micros());
        format!("attest keyring {} format {} confirmed {confirmed:?} content", self.id, self.format)
    }

    /// Decrypts the content. `None` where this is not its key, or it was changed.
    pub fn content(&self, own: &Key) -> Option<Content> {
        let sealed = HEXLOWER_PERMISSIVE.decode(self.content.as_bytes()).ok()?;
        let plain = own.open(&self.content_place(), &sealed).ok()?;
        let content: Content = serde_json::from_slice(&plain).ok()?;
        (!content.masters.is_empty()).then_some(content)
    }

    /// The text of the file with this content.
    pub fn text(&mut self, own: &Key, content: &Content) -> Result<Vec<u8>, CipherError> {
        let plain = Zeroizing::new(serde_json::to_vec(content).map_err(|_| CipherError::Refused)?);
        self.content = HEXLOWER.encode(&own.seal(&self.content_place(), &plain)?);
        serde_json::to_vec_pretty(self).map_err(|_| CipherError::Refused)
    }
}

fn slot_place(id: &Uuid, kind: SlotKind) -> String {
    format!("attest keyring {id} slot {kind:?}")
}

#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedKey {
    pub id: String,
    key: String,
}

impl NamedKey {
    pub fn new() -> Result<Self, CipherError> {
        let id: [u8; 4] = random()?;
        Ok(Self { id: HEXLOWER.encode(&id), key: HEXLOWER.encode(Key::random()?.bytes()) })
    }

    pub fn key(&self) -> Result<Key, CipherError> {
        let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(self.key.as_bytes()).map_err(|_| CipherError::Refused)?);
        Key::read(&bytes)
    }
}

/// What the file holds encrypted.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// The newest last. Earlier ones are kept until nothing is wrapped by them.
    pub masters: Vec<NamedKey>,
    /// Makes the hashes of the audit.
    pub audit: NamedKey,
    /// The seed of the key that signs checkpoints.
    pub signing: NamedKey,
    /// Keys for other uses are derived from it.
    pub root: NamedKey,
    /// Whether a database has noted the keyring as its own.
    pub installed: bool,
}

impl Content {
    pub fn new() -> Result<Self, CipherError> {
        let masters = vec![NamedKey::new()?];
        let [audit, signing, root] = [NamedKey::new()?, NamedKey::new()?, NamedKey::new()?];
        Ok(Self { masters, audit, signing, root, installed: false })
    }
}
