//! Signed checkpoints: what the audit was at one write, to be kept outside of the database. A chain alone does not show that
//! its end was cut off; a checkpoint does, up to its own write.
//!
//! The signature is Ed25519 (RFC 8032) by the keyring's signing key over this text, lines ended by a line feed:
//!
//! ```text
//! attest audit checkpoint 1
//! keyring 01997c1e-0000-7000-8000-000000000000
//! write 42
//! hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! time 2026-11-22T10:00:00.000000Z
//! audit key 1f2e3d4c
//! public key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
//! ```

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Signer, VerifyingKey};

use crate::domain::record::Instant;
use crate::keys::cipher::CipherError;
use crate::keys::keyring::Keyring;

use super::backend::Conn;
use super::chain;
use super::error::StoreError;
use super::instance;

const FORMAT: &str = "attest audit checkpoint 1";
const FIELDS: [&str; 8] = ["format", "keyring", "write", "hash", "time", "audit_key", "public_key", "signature"];

/// What the audit was at one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub keyring: String,
    pub write: i64,
    /// The hash of the entry of that write.
    pub hash: String,
    /// When it was signed.
    pub time: String,
    pub audit_key: String,
    public_key: [u8; 32],
    signature: [u8; 64],
}

/// Whose signature a checkpoint has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    /// The keyring's own.
    Keyring,
    /// The key that the checkpoint itself names: the keyring is not open, so that nobody can say whose that is.
    KeyInFile,
}

impl Checkpoint {
    /// Signs what the audit is at a write.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn sign(keys: &Keyring, write: i64, hash: &str, now: Instant) -> Result<Self, CipherError> {
        let signing = keys.signing()?;
        let (audit_key, _) = keys.audit()?;
        let time = now.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let public_key = signing.verifying_key().to_bytes();
        let (keyring, hash, signature) = (keys.id().to_string(), hash.to_owned(), [0; 64]);
        let mut checkpoint = Self { keyring, write, hash, time, audit_key, public_key, signature };
        checkpoint.signature = signing.sign(checkpoint.signed().as_bytes()).to_bytes();
        Ok(checkpoint)
    }

    fn signed(&self) -> String {
        let Self { keyring, write, hash, time, audit_key, .. } = self;
        let public_key = HEXLOWER.encode(&self.public_key);
        format!(
            "{FORMAT}\nkeyring {keyring}\nwrite {write}\nhash {hash}\ntime {time}\naudit key {audit_key}\n\
             public key {public_key}\n"
        )
    }

    /// As it is kept.
    pub fn to_json(&self) -> String {
        let public_key = HEXLOWER.encode(&self.public_key);
        let signature = HEXLOWER.encode(&self.signature);
        let write = self.write.to_string();
        let values = [FORMAT, &self.keyring, &write, &self.hash, &self.time, &self.audit_key, &public_key, &signature];
        let quoted = |(name, value): (&str, &str)| match name {
            "write" => format!("  \"{name}\": {value}"),
            _ => format!("  \"{name}\": \"{value}\""),
        };
        let lines: Vec<_> = FIELDS.into_iter().zip(values).map(quoted).collect();
        format!("{{\n{}\n}}\n", lines.join(",\n"))
    }

    /// Reads what was kept.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        let fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(text).map_err(|_| "this is no checkpoint: it is not JSON".to_owned())?;
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return Err(format!("this is no checkpoint that this version reads: it has a field `{unknown}`"));
        }
        let missing =
            |name: &str| format!("this is no checkpoint that this version reads: `{name}` is missing or wrong");
        // No line of the signed text may hold another line.
        let plain = |text: &&str| text.len() <= 64 && text.chars().all(|c| c.is_ascii_graphic());
        let word = |name: &str| fields.get(name).and_then(|value| value.as_str()).ok_or_else(|| missing(name));
        let one = |name: &str| word(name).ok().filter(plain).map(str::to_owned).ok_or_else(|| missing(name));
        let bytes = |name: &str| HEXLOWER.decode(word(name)?.as_bytes()).map_err(|_| missing(name));
        if word("format")? != FORMAT {
            return Err(missing("format"));
        }
        Ok(Self {
            keyring: one("keyring")?,
            write: fields.get("write").and_then(serde_json::Value::as_i64).ok_or_else(|| missing("write"))?,
            hash: one("hash")?,
            time: one("time")?,
            audit_key: one("audit_key")?,
            public_key: bytes("public_key")?.try_into().map_err(|_| missing("public_key"))?,
            signature: bytes("signature")?.try_into().map_err(|_| missing("signature"))?,
        })
    }

    /// Holds the audit against the checkpoint: its own signature, and that the entry of its write has its hash. Whether the
    /// entry goes with those before it is for [`chain::verify`]. The inner error says what is wrong.
    ///
    /// # Errors
    /// The database's own.
    pub fn check(&self, conn: &mut Conn, keys: Option<&Keyring>) -> Result<Result<SignedBy, String>, StoreError> {
        let by = match self.signed_by(keys) {
            Ok(by) => by,
            Err(why) => return Ok(Err(why)),
        };
        let wrong = match (instance::keyring(conn)?, chain::hash_of(conn, self.write)?) {
            (named, _) if named.as_ref() != Some(&self.keyring) => {
                let named = named.unwrap_or_else(|| "none".to_owned());
                format!("it is of the keyring {}, and the database names {named}", self.keyring)
            }
            (_, None) => {
                let newest = chain::newest_write(conn)?;
                format!("it is of write {}, and the audit has no such entry: its end is at write {newest}", self.write)
            }
            (_, Some(hash)) if hash != self.hash => {
                format!("the entry of write {} is not the one that was signed", self.write)
            }
            _ => return Ok(Ok(by)),
        };
        Ok(Err(wrong))
    }

    fn signed_by(&self, keys: Option<&Keyring>) -> Result<SignedBy, String> {
        let key = VerifyingKey::from_bytes(&self.public_key);
        let signature = Signature::from_bytes(&self.signature);
        let good = key.is_ok_and(|key| key.verify_strict(self.signed().as_bytes(), &signature).is_ok());
        if !good {
            return Err("its signature is not good: it was changed".to_owned());
        }
        let Some(keys) = keys else { return Ok(SignedBy::KeyInFile) };
        let own = keys.signing().map_err(|why| why.to_string())?.verifying_key().to_bytes();
        if own == self.public_key {
            Ok(SignedBy::Keyring)
        } else {
            Err("it was signed by another key than the keyring's".to_owned())
        }
    }

    /// The key that the signature is by, in hexadecimal digits.
    pub fn public_key(&self) -> String {
        HEXLOWER.encode(&self.public_key)
    }
}
