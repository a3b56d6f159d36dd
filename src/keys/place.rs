//! Where a keyring lies, and what opens it.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::cipher::{CipherError, Key};
use super::files::{file_error, is_there, read_private, replace};
use super::kept::SlotKind;
use super::keyring::KeyringError;

const FILE: &str = "keyring.json";
const KEY_FILE: &str = "unlock.key";
const ERASURES: &str = "erasures";
/// The fewest bytes of a key file: what is made here has 64 hexadecimal digits.
const SHORTEST_KEY: usize = 32;
/// The fewest characters of a passphrase that a keyring is made with.
const SHORTEST_PASSPHRASE: usize = 12;

/// Where the keyring lies and what opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A folder of its own.
    pub folder: PathBuf,
    pub opened_by: OpenedBy,
}

/// What opens a keyring. It is read when it is needed, and not kept.
#[derive(Clone, PartialEq, Eq)]
pub enum OpenedBy {
    /// A file with a random key; made with the keyring.
    KeyFile(PathBuf),
    /// A file with a passphrase.
    PassphraseFile(PathBuf),
}

impl std::fmt::Debug for OpenedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyFile(path) => write!(f, "the key file {}", path.display()),
            Self::PassphraseFile(path) => write!(f, "the passphrase in {}", path.display()),
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

impl OpenedBy {
    pub(super) fn kind(&self) -> SlotKind {
        match self {
            Self::KeyFile(_) => SlotKind::KeyFile,
            Self::PassphraseFile(_) => SlotKind::Passphrase,
        }
    }

    /// Makes the key file where there is none, and refuses a passphrase that can be guessed.
    pub(super) fn prepare(&self) -> Result<(), KeyringError> {
        match self {
            Self::KeyFile(path) => {
                if !is_there(path)? {
                    let key = Zeroizing::new(HEXLOWER.encode(Key::random()?.bytes()) + "\n");
                    replace(path, key.as_bytes())?;
                }
            }
            Self::PassphraseFile(path) => {
                let text = passphrase(path)?;
                if text.chars().count() < SHORTEST_PASSPHRASE {
                    let needed = "a passphrase needs 12 characters or more";
                    return Err(KeyringError::Short { path: path.clone(), needed });
                }
            }
        }
        Ok(())
    }

    /// The key that opens the slot with this salt.
    pub(super) fn key(&self, salt: &[u8]) -> Result<Key, KeyringError> {
        match self {
            Self::KeyFile(path) => {
                let bytes = read_private(path)?;
                let key = bytes.trim_ascii();
                // An empty file would be a key that everybody knows.
                if key.len() < SHORTEST_KEY {
                    return Err(KeyringError::Short { path: path.clone(), needed: "a key needs 32 bytes or more" });
                }
                Ok(Key::derive(key, salt, "attest key file"))
            }
            Self::PassphraseFile(path) => stretch(&passphrase(path)?, salt),
        }
    }
}

/// What a file holds, without the end of its last line.
fn passphrase(path: &Path) -> Result<Zeroizing<String>, KeyringError> {
    let bytes = read_private(path)?;
    let not_text = |_| file_error(path, std::io::Error::other("a passphrase is UTF-8"));
    let text = std::str::from_utf8(&bytes).map_err(not_text)?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Argon2id with 64 MiB, three passes and one lane, as for the passphrases of people.
fn stretch(passphrase: &str, salt: &[u8]) -> Result<Key, KeyringError> {
    let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(|_| CipherError::Refused)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| CipherError::Refused)?;
    Ok(Key::read(key.as_slice())?)
}
