//! The few cryptographic operations that Attest uses: authenticated encryption, keyed hashes and derived keys. Nothing here
//! knows what is encrypted.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

const NONCE: usize = 24;
/// Ciphertexts come in few lengths, in bytes, so that they do not tell how long a name is.
const LENGTHS: [usize; 4] = [64, 256, 1024, 4096];

/// Why something could not be encrypted or opened. It says no more: what is wrong with a ciphertext is of no use to
/// whoever changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    #[error("the ciphertext cannot be opened with this key at this place")]
    Refused,
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// A key of 256 bits, wiped when it is dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A new key.
    ///
    /// # Errors
    /// [`CipherError::NoRandomness`].
    pub fn random() -> Result<Self, CipherError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// A key that was kept.
    ///
    /// # Errors
    /// [`CipherError::Refused`] where it is not of 32 bytes.
    pub fn read(bytes: &[u8]) -> Result<Self, CipherError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| CipherError::Refused)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// A key for one use, from a secret of full strength (HKDF-SHA256, RFC 5869).
    pub fn derive(secret: &[u8], salt: &[u8], used_for: &str) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are far below the most that HKDF gives.
        if Hkdf::<Sha256>::new(Some(salt), secret).expand(used_for.as_bytes(), key.as_mut_slice()).is_err() {
            unreachable!("HKDF gives 32 bytes");
        }
        Self(key)
    }

    /// The key of this one for one use.
    pub fn of(&self, used_for: &str) -> Self {
        Self::derive(self.bytes(), b"attest", used_for)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA256.
    pub fn mac(&self, words: &[u8]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.bytes()) else {
            unreachable!("HMAC takes keys of any length")
        };
        mac.update(words);
        mac.finalize().into_bytes().into()
    }

    /// Encrypts for one place: `place` is bound to the ciphertext, which opens nowhere else.
    ///
    /// # Errors
    /// [`CipherError::NoRandomness`].
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, CipherError> {
        let nonce: [u8; NONCE] = random()?;
        let cipher = XChaCha20Poly1305::new(self.bytes().into());
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| CipherError::Refused)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what was encrypted for this place.
    ///
    /// # Errors
    /// [`CipherError::Refused`] where it was not, or was changed since.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(CipherError::Refused)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| CipherError::Refused)?;
        let cipher = XChaCha20Poly1305::new(self.bytes().into());
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        cipher.decrypt(&XNonce::from(nonce), payload).map(Zeroizing::new).map_err(|_| CipherError::Refused)
    }

    /// Encrypts a text so that its ciphertext tells little of its length.
    ///
    /// # Errors
    /// [`CipherError::NoRandomness`].
    pub fn seal_text(&self, place: &str, text: &str) -> Result<Vec<u8>, CipherError> {
        let needed = text.len() + 4;
        let longest = LENGTHS[LENGTHS.len() - 1];
        let length = LENGTHS.into_iter().find(|length| needed <= *length);
        let length = length.unwrap_or_else(|| needed.div_ceil(longest) * longest);
        let size = u32::try_from(text.len()).map_err(|_| CipherError::Refused)?;
        let mut padded = Zeroizing::new(Vec::with_capacity(length));
        padded.extend_from_slice(&size.to_be_bytes());
        padded.extend_from_slice(text.as_bytes());
        padded.resize(length, 0);
        self.seal(place, &padded)
    }

    /// Decrypts a text.
    ///
    /// # Errors
    /// [`CipherError::Refused`].
    pub fn open_text(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<String>, CipherError> {
        let padded = self.open(place, sealed)?;
        let (size, rest) = padded.split_at_checked(4).ok_or(CipherError::Refused)?;
        let size = u32::from_be_bytes(size.try_into().map_err(|_| CipherError::Refused)?);
        let text = usize::try_from(size).ok().and_then(|size| rest.get(..size)).ok_or(CipherError::Refused)?;
        String::from_utf8(text.to_vec()).map(Zeroizing::new).map_err(|_| CipherError::Refused)
    }
}

/// Random bytes from the system.
///
/// # Errors
/// [`CipherError::NoRandomness`].
pub fn random<const N: usize>() -> Result<[u8; N], CipherError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| CipherError::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ciphertext_opens_at_its_own_place_alone() {
        let key = Key::random().unwrap();
        let sealed = key.seal_text("a", "текст").unwrap();
        assert_eq!(key.open_text("a", &sealed).unwrap().as_str(), "текст");
        assert_eq!(key.open_text("b", &sealed), Err(CipherError::Refused));
        assert_eq!(Key::random().unwrap().open_text("a", &sealed), Err(CipherError::Refused));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open_text("a", &changed), Err(CipherError::Refused), "{at}");
        }
    }

    #[test]
    fn texts_of_like_length_have_ciphertexts_of_the_same_length() {
        let key = Key::random().unwrap();
        let length = |size: usize| key.seal_text("a", &"x".repeat(size)).unwrap().len();
        assert_eq!(length(0), length(60));
        assert_ne!(length(60), length(61));
        assert_eq!(length(4093), length(8188));
    }
}
