//! The releases that anybody may read: published ones, and those that were withdrawn later. Nothing else of a release leaves
//! here, and all that the public side asks for.

use data_encoding::BASE64;
use diesel::dsl::max;
use diesel::prelude::*;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::domain::record::Instant;
use crate::domain::release::content::Content;
use crate::domain::release::format_1;
use crate::domain::release::masking::Earlier;

use super::backend::Conn;
use super::error::{StoreError, corrupt};
use super::schema::releases;

/// The states of a release that was public at some time.
const PUBLIC: [&str; 2] = ["published", "withdrawn"];

/// A release as anybody may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    pub content: Content,
    /// The write that prepared it: what it says, and what stood around it, is of then.
    pub prepared_write: i64,
    /// The content as it is hashed and signed.
    pub bytes: String,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub hash: String,
    /// Ed25519 over [`signed_text`] of the hash, in base64.
    pub signature: String,
    /// In base64.
    pub public_key: String,
    pub published_at: Instant,
    /// What a reader must know of it, since it was published.
    pub notice: Option<String>,
    /// When it was withdrawn as a whole.
    pub withdrawn: Option<Instant>,
}

/// Every release that is or was public, the one that was published first first.
///
/// # Errors
/// The database's own.
pub fn all(conn: &mut Conn) -> Result<Vec<Released>, StoreError> {
    type Row = (String, i64, String, Option<String>, Option<String>, Option<Instant>, Option<String>, Option<Instant>);
    let rows = releases::table
        .filter(releases::state.eq_any(PUBLIC))
        .order(releases::published_write)
        .select((
            releases::content,
            releases::prepared_write,
            releases::content_hash,
            releases::signature,
            releases::public_key,
            releases::published_at,
            releases::notice,
            releases::withdrawn_at,
        ))
        .load::<Row>(conn)?;
    let read = |(bytes, prepared_write, hash, signature, public_key, published_at, notice, withdrawn): Row| {
        let missing = || corrupt("a published release without its signature");
        Ok(Released {
            content: Content::from_json(&bytes).map_err(corrupt)?,
            prepared_write,
            bytes,
            hash,
            signature: signature.ok_or_else(missing)?,
            public_key: public_key.ok_or_else(missing)?,
            published_at: published_at.ok_or_else(missing)?,
            notice,
            withdrawn,
        })
    };
    Ok(rows.into_iter().map(read).collect::<QueryResult<_>>()?)
}

/// What every release told that is or was public, the one that was published first first.
///
/// # Errors
/// The database's own.
pub fn told(conn: &mut Conn) -> Result<Vec<Earlier>, StoreError> {
    let rows = releases::table
        .filter(releases::state.eq_any(PUBLIC))
        .order(releases::published_write)
        .select((releases::code, releases::state, releases::told, releases::content))
        .load::<(String, String, Option<String>, String)>(conn)?;
    let read = |(id, state, told, content): (String, String, Option<String>, String)| {
        let told = match told {
            Some(told) => serde_json::from_str(&told).map_err(corrupt)?,
            // Releases of an earlier version told what they say.
            None => serde_json::from_str::<format_1::Released>(&content).map_err(corrupt)?.told(),
        };
        Ok::<_, StoreError>(Earlier { id, withdrawn: state == "withdrawn", told })
    };
    rows.into_iter().map(read).collect()
}

/// A number that grows with every change of what is public of releases; 0 where nothing ever was.
///
/// # Errors
/// The database's own.
pub fn mark(conn: &mut Conn) -> QueryResult<i64> {
    let newest: Option<i64> =
        releases::table.filter(releases::state.eq_any(PUBLIC)).select(max(releases::changed_write)).first(conn)?;
    Ok(newest.unwrap_or_default())
}

/// The text that is signed for a content of this hash. No other thing that the key signs begins so.
pub fn signed_text(hash: &str) -> String {
    format!("attest release 1\nsha256 {hash}\n")
}

/// The signature of a content of this hash and the public key that it is by, both in base64.
pub fn sign(key: &SigningKey, hash: &str) -> (String, String) {
    let signature = key.sign(signed_text(hash).as_bytes());
    (BASE64.encode(&signature.to_bytes()), BASE64.encode(key.verifying_key().as_bytes()))
}

/// Whether a signature in base64 is that of a public key in base64 for a content of this hash.
pub fn is_signed(hash: &str, signature: &str, public_key: &str) -> bool {
    let bytes = |text: &str| BASE64.decode(text.as_bytes());
    let key = bytes(public_key).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = key.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let signature = bytes(signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let both = key.zip(signature);
    both.is_some_and(|(key, signature)| key.verify_strict(signed_text(hash).as_bytes(), &signature).is_ok())
}
