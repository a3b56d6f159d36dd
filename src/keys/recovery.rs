//! The code that opens a keyring when all else is lost.

use data_encoding::BASE32_NOPAD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::cipher::{CipherError, Key, random};

/// What a recovery code holds, in bytes: 160 bits need no stretching.
const LENGTH: usize = 20;

/// The code that opens a keyring when all else is lost. It is shown once and kept nowhere.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; LENGTH]);

impl RecoveryCode {
    /// A new code.
    ///
    /// # Errors
    /// [`CipherError::NoRandomness`].
    pub(super) fn random() -> Result<Self, CipherError> {
        Ok(Self(random()?))
    }

    /// Eight groups of four letters and digits.
    pub fn show(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(BASE32_NOPAD.encode(&self.0));
        // Made at its full length, so that it leaves no copy behind while it grows.
        let mut shown = Zeroizing::new(String::with_capacity(text.len() * 5 / 4));
        for (at, letter) in text.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        shown
    }

    /// Reads a code as people type it. `None` where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        plain.extend(text.chars().filter(|c| c.is_alphanumeric()).map(|c| match c.to_ascii_uppercase() {
            // No code holds these digits; people read letters as them.
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            other => other,
        }));
        let Ok(bytes) = BASE32_NOPAD.decode(plain.as_bytes()).map(Zeroizing::new) else { return None };
        bytes.as_slice().try_into().map(Self).ok()
    }

    pub(super) fn key(&self, salt: &[u8]) -> Key {
        Key::derive(&self.0, salt, "attest recovery code")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it_and_nothing_else_is() {
        // Every letter and digit that a code can hold.
        let code = RecoveryCode::read("ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567").unwrap();
        for typed in [
            "abcdefghijklmnopqrstuvwxyz234567",
            "ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567\n",
            " a8cd-efgh-1jkl-mn0p_qrst.uvwx yz23 4567 ",
            "ABCD\u{2013}EFGH\u{2013}IJKL\u{2013}MNOP\u{2013}QRST\u{2013}UVWX\u{2013}YZ23\u{2013}4567",
        ] {
            assert_eq!(RecoveryCode::read(typed).unwrap().0, code.0, "{typed}");
        }
        for wrong in ["", "ABCD", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-456", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-45678"]
        {
            assert!(RecoveryCode::read(wrong).is_none(), "{wrong}");
        }
        assert!(RecoveryCode::read("9BCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567").is_none());
        assert!(RecoveryCode::read("\u{410}BCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567").is_none(), "a Cyrillic letter");
    }

    #[test]
    fn what_is_shown_is_read() {
        let code = RecoveryCode::random().unwrap();
        let shown = code.show();
        assert_eq!((shown.len(), shown.matches('-').count()), (39, 7));
        assert_eq!(RecoveryCode::read(&shown).unwrap().0, code.0);
    }
}
