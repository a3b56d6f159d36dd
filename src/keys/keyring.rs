//! The keyring: the keys that lie outside of the database and its backups, in a file for its owner alone.
//!
//! A random key encrypts the keyring's content; each slot holds that key once more, encrypted by what opens the slot: a
//! passphrase, a key file, or the recovery code that is shown once.

use std::path::PathBuf;

use argon2::{Algorithm, Argon2, Params, Version};
use chrono::{DateTime, Utc};
use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::cipher::{CipherError, Key, random};
use super::files::{check_private, file_error, private_folder, replace, write_new};

const FILE: &str = "keyring.json";
const KEY_FILE: &str = "unlock.key";
const ERASURES: &str = "erasures";
const FORMAT: u32 = 1;
/// What a recovery code holds, in bytes: 160 bits need no stretching.
const RECOVERY: usize = 20;

/// Where the keyring lies and what opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A folder of its own.
    pub folder: PathBuf,
    pub opened_by: OpenedBy,
}

/// What opens a keyring.
#[derive(Clone, PartialEq, Eq)]
pub enum OpenedBy {
    /// A file with a random key; made with the keyring.
    KeyFile(PathBuf),
    Passphrase(Zeroizing<String>),
}

impl std::fmt::Debug for OpenedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyFile(path) => write!(f, "the key file {}", path.display()),
            Self::Passphrase(_) => f.write_str("a passphrase"),
        }
    }
}

impl Place {
    /// A keyring with its key file beside it.
    pub fn beside(folder: PathBuf) -> Self {
        let opened_by = OpenedBy::KeyFile(folder.join(KEY_FILE));
        Self { folder, opened_by }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// Where the identifiers of erased records are noted.
    pub fn erasures(&self) -> PathBuf {
        self.folder.join(ERASURES)
    }
}

/// Why a keyring could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("there is no keyring at {}", .0.display())]
    Missing(PathBuf),
    #[error("{} may be read by others than its owner; take their rights away (chmod go-rwx)", .0.display())]
    Open(PathBuf),
    #[error("{}: {why}", path.display())]
    File { path: PathBuf, why: std::io::Error },
    #[error("{} is no keyring that this version reads", .0.display())]
    Malformed(PathBuf),
    #[error("the keyring does not open with {0}")]
    Locked(String),
    #[error("there is a keyring at {} already", .0.display())]
    Exists(PathBuf),
    #[error(transparent)]
    Cipher(#[from] CipherError),
}

/// The code that opens a keyring when all else is lost. It is shown once and kept nowhere.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; RECOVERY]);

impl RecoveryCode {
    /// Eight groups of four letters and digits.
    pub fn show(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(BASE32_NOPAD.encode(&self.0));
        let groups: Vec<_> =
            text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        Zeroizing::new(groups.join("-"))
    }

    /// Reads a code as people type it. `None` where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let plain: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect());
        // No code holds these digits; people read letters as them.
        let plain = Zeroizing::new(plain.replace('0', "O").replace('1', "I").replace('8', "B"));
        let Ok(bytes) = BASE32_NOPAD.decode(plain.as_bytes()).map(Zeroizing::new) else { return None };
        bytes.as_slice().try_into().map(Self).ok()
    }

    fn key(&self, salt: &[u8]) -> Key {
        Key::derive(&self.0, salt, "attest recovery code")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SlotKind {
    KeyFile,
    Passphrase,
    Recovery,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Slot {
    kind: SlotKind,
    salt: String,
    wrapped: String,
}

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    id: Uuid,
    /// When somebody showed that the recovery code is in safe hands.
    confirmed_at: Option<DateTime<Utc>>,
    slots: Vec<Slot>,
    content: String,
}

#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct NamedKey {
    id: String,
    key: String,
}

impl NamedKey {
    fn new() -> Result<Self, CipherError> {
        let id: [u8; 4] = random()?;
        Ok(Self { id: HEXLOWER_PERMISSIVE.encode(&id), key: HEXLOWER_PERMISSIVE.encode(Key::random()?.bytes()) })
    }

    fn key(&self) -> Result<Key, CipherError> {
        let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(self.key.as_bytes()).map_err(|_| CipherError::Refused)?);
        Key::read(&bytes)
    }
}

/// What the file holds encrypted.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Content {
    /// The newest last. Earlier ones are kept until nothing is wrapped by them.
    masters: Vec<NamedKey>,
    audit: NamedKey,
    signing: String,
}

/// A keyring that is open.
pub struct Keyring {
    place: Place,
    kept: Kept,
    /// Encrypts the content.
    own: Key,
    content: Content,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "keyring {}", self.kept.id)
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
        if place.file().exists() {
            return Err(KeyringError::Exists(place.file()));
        }
        let own = Key::random()?;
        let code = RecoveryCode(random()?);
        let content = Content {
            masters: vec![NamedKey::new()?],
            audit: NamedKey::new()?,
            signing: HEXLOWER_PERMISSIVE.encode(Key::random()?.bytes()),
        };
        if let OpenedBy::KeyFile(path) = &place.opened_by
            && !path.exists()
        {
            let key = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(Key::random()?.bytes()) + "\n");
            write_new(path, key.as_bytes())?;
        }
        let id = Uuid::now_v7();
        let (kind, salt) = (place.opened_by.kind(), random::<16>()?);
        let slots = vec![slot(kind, &id, &salt, &place.opened_by.key(&salt)?, &own)?, recovery_slot(&id, &code, &own)?];
        let kept = Kept { format: FORMAT, id, confirmed_at: None, slots, content: String::new() };
        let mut keyring = Self { place: place.clone(), kept, own, content };
        // Only one of two processes that start together makes it.
        let text = keyring.text()?;
        write_new(&place.file(), &text)?;
        Ok((keyring, code))
    }

    /// Opens a keyring.
    ///
    /// # Errors
    /// That there is none, that others may read it, or that it does not open with what was given.
    pub fn open(place: &Place) -> Result<Self, KeyringError> {
        let kept = read(place)?;
        let own = kept.open_slot(place.opened_by.kind(), |salt| place.opened_by.key(salt))?;
        let own = own.ok_or_else(|| KeyringError::Locked(format!("{:?}", place.opened_by)))?;
        Self::opened(place, kept, own)
    }

    /// Opens a keyring with the recovery code alone.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn recover(place: &Place, code: &RecoveryCode) -> Result<Self, KeyringError> {
        let kept = read(place)?;
        let own = kept.open_slot(SlotKind::Recovery, |salt| Ok(code.key(salt)))?;
        let own = own.ok_or_else(|| KeyringError::Locked("this recovery code".to_owned()))?;
        Self::opened(place, kept, own)
    }

    fn opened(place: &Place, kept: Kept, own: Key) -> Result<Self, KeyringError> {
        let malformed = || KeyringError::Malformed(place.file());
        let sealed = HEXLOWER_PERMISSIVE.decode(kept.content.as_bytes()).map_err(|_| malformed())?;
        let plain = own.open(&content_place(&kept.id), &sealed)?;
        let content: Content = serde_json::from_slice(&plain).map_err(|_| malformed())?;
        if content.masters.is_empty() {
            return Err(malformed());
        }
        Ok(Self { place: place.clone(), kept, own, content })
    }

    /// The keyring as the file has it now: another process may have confirmed it or added a key.
    ///
    /// # Errors
    /// As [`Keyring::open`].
    pub fn reread(&self) -> Result<Self, KeyringError> {
        Self::opened(&self.place, read(&self.place)?, self.own.clone())
    }

    fn save(&mut self) -> Result<(), KeyringError> {
        let text = self.text()?;
        replace(&self.place.file(), &text)
    }

    fn text(&mut self) -> Result<Vec<u8>, KeyringError> {
        let malformed = || KeyringError::Malformed(self.place.file());
        let plain = Zeroizing::new(serde_json::to_vec(&self.content).map_err(|_| malformed())?);
        self.kept.content = HEXLOWER_PERMISSIVE.encode(&self.own.seal(&content_place(&self.kept.id), &plain)?);
        serde_json::to_vec_pretty(&self.kept).map_err(|_| malformed())
    }

    /// Names the keyring; the database notes it.
    pub fn id(&self) -> Uuid {
        self.kept.id
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether somebody has shown that the recovery code is in safe hands.
    pub fn is_confirmed(&self) -> bool {
        self.kept.confirmed_at.is_some()
    }

    /// Notes that the recovery code is in safe hands.
    ///
    /// # Errors
    /// That it is another code, or that the file cannot be written.
    pub fn confirm(&mut self, code: &RecoveryCode, now: DateTime<Utc>) -> Result<(), KeyringError> {
        Self::recover(&self.place, code)?;
        self.kept.confirmed_at = Some(now);
        self.save()
    }

    /// The newest master key with its name.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn master(&self) -> Result<(&str, Key), CipherError> {
        let newest = self.content.masters.last().ok_or(CipherError::Refused)?;
        Ok((&newest.id, newest.key()?))
    }

    /// A master key by its name, where the keyring holds it.
    pub fn master_of(&self, id: &str) -> Option<Key> {
        self.content.masters.iter().find(|master| master.id == id).and_then(|master| master.key().ok())
    }

    /// Adds a master key, and gives a new recovery code. The earlier master keys stay until [`Keyring::forget_old_masters`].
    ///
    /// # Errors
    /// That the file cannot be written.
    pub fn add_master(&mut self) -> Result<RecoveryCode, KeyringError> {
        let code = RecoveryCode(random()?);
        self.content.masters.push(NamedKey::new()?);
        self.kept.slots.retain(|slot| slot.kind != SlotKind::Recovery);
        self.kept.slots.push(recovery_slot(&self.kept.id, &code, &self.own)?);
        self.kept.confirmed_at = None;
        self.save()?;
        Ok(code)
    }

    /// Forgets all master keys but the newest, once nothing is wrapped by them.
    ///
    /// # Errors
    /// That the file cannot be written.
    pub fn forget_old_masters(&mut self) -> Result<(), KeyringError> {
        let old = self.content.masters.len() - 1;
        self.content.masters.drain(..old);
        self.save()
    }

    /// The key of the audit with its name.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn audit(&self) -> Result<(&str, Key), CipherError> {
        Ok((&self.content.audit.id, self.content.audit.key()?))
    }

    /// A key for one use, the same whenever it is asked for.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn own_key(&self, used_for: &str) -> Result<Key, CipherError> {
        Ok(self.content.audit.key()?.of(used_for))
    }

    /// Signs checkpoints.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn signing(&self) -> Result<SigningKey, CipherError> {
        let seed = Zeroizing::new(
            HEXLOWER_PERMISSIVE.decode(self.content.signing.as_bytes()).map_err(|_| CipherError::Refused)?,
        );
        Ok(SigningKey::from_bytes(Key::read(&seed)?.bytes()))
    }
}

impl OpenedBy {
    fn kind(&self) -> SlotKind {
        match self {
            Self::KeyFile(_) => SlotKind::KeyFile,
            Self::Passphrase(_) => SlotKind::Passphrase,
        }
    }

    fn key(&self, salt: &[u8]) -> Result<Key, KeyringError> {
        match self {
            Self::KeyFile(path) => {
                check_private(path)?;
                let bytes = Zeroizing::new(std::fs::read(path).map_err(|why| file_error(path, why))?);
                Ok(Key::derive(bytes.trim_ascii(), salt, "attest key file"))
            }
            Self::Passphrase(passphrase) => {
                // 64 MiB, three passes, one lane, as for the passphrases of people.
                let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(|_| CipherError::Refused)?;
                let mut key = Zeroizing::new([0; 32]);
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                    .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
                    .map_err(|_| CipherError::Refused)?;
                Ok(Key::read(key.as_slice())?)
            }
        }
    }
}

impl Kept {
    fn open_slot(
        &self,
        kind: SlotKind,
        key: impl Fn(&[u8]) -> Result<Key, KeyringError>,
    ) -> Result<Option<Key>, KeyringError> {
        for slot in self.slots.iter().filter(|slot| slot.kind == kind) {
            let parts = [&slot.salt, &slot.wrapped].map(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()));
            let [Ok(salt), Ok(wrapped)] = parts else { continue };
            if let Ok(own) = key(&salt)?.open(&slot_place(&self.id, kind), &wrapped) {
                return Ok(Some(Key::read(&own)?));
            }
        }
        Ok(None)
    }
}

fn slot(kind: SlotKind, id: &Uuid, salt: &[u8], key: &Key, own: &Key) -> Result<Slot, CipherError> {
    let wrapped = key.seal(&slot_place(id, kind), own.bytes())?;
    Ok(Slot { kind, salt: HEXLOWER_PERMISSIVE.encode(salt), wrapped: HEXLOWER_PERMISSIVE.encode(&wrapped) })
}

fn recovery_slot(id: &Uuid, code: &RecoveryCode, own: &Key) -> Result<Slot, CipherError> {
    let salt = random::<16>()?;
    slot(SlotKind::Recovery, id, &salt, &code.key(&salt), own)
}

fn slot_place(id: &Uuid, kind: SlotKind) -> String {
    format!("attest keyring {id} slot {kind:?}")
}

fn content_place(id: &Uuid) -> String {
    format!("attest keyring {id} content")
}

fn read(place: &Place) -> Result<Kept, KeyringError> {
    let file = place.file();
    if !file.exists() {
        return Err(KeyringError::Missing(file));
    }
    check_private(&place.folder)?;
    check_private(&file)?;
    let text = std::fs::read(&file).map_err(|why| file_error(&file, why))?;
    let kept: Kept = serde_json::from_slice(&text).map_err(|_| KeyringError::Malformed(file.clone()))?;
    if kept.format == FORMAT { Ok(kept) } else { Err(KeyringError::Malformed(file)) }
}
