//! What was typed, on its way through the page that asks to sign in. It travels in that page alone, sealed under a key of the
//! keyring and bound to the address that it was sent to: whoever has not signed in can neither read it nor make one up.

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::domain::policy::Action;
use crate::keys::cipher::Key;
use crate::store::error::StoreError;

use super::super::problem::{Kind, Problem};
use super::super::state::Records;
use super::form::{self, Form, WORD};
use super::routes;
use super::turned::Turned;

/// The hidden field of the page that asks to sign in: what was typed, sealed.
pub const CARRIED: &str = "carried";
/// The hidden field beside it: the address that it was sent to.
pub const TO: &str = "to";

/// The largest body that carries a form of so many bytes, in bytes: sealed and in letters, beside what one signs in with.
pub const fn most(form: usize) -> usize {
    form / 3 * 4 + 256 * 1024
}

/// A form that waits until somebody has signed in.
#[derive(Debug)]
pub struct Waiting {
    /// The address that it was sent to, without its language.
    pub to: String,
    pub sealed: String,
    /// Whether somebody is signed in already, who may not do this.
    pub denied: bool,
}

impl Waiting {
    /// What a sign-in carries along, where it goes to a form of ours.
    pub fn of(sign_in: &Form) -> Option<Self> {
        let (to, sealed) = (sign_in.get(TO), sign_in.get(CARRIED));
        (!sealed.is_empty() && takes_forms(to)).then(|| Self {
            to: to.to_owned(),
            sealed: sealed.to_owned(),
            denied: false,
        })
    }
}

/// Whether an address is that of a form for somebody who is signed in.
fn takes_forms(address: &str) -> bool {
    let parts: Vec<_> = address.split('/').collect();
    let fits = |pattern: &str| {
        let own: Vec<_> = pattern.split('/').collect();
        let part = |(own, part): (&&str, &&str)| own == part || own.starts_with('{') && is_plain(part);
        own.len() == parts.len() && own.iter().zip(&parts).all(part)
    };
    routes().any(|page| page.method == "POST" && page.action.is_some() && fits(page.path))
}

fn is_plain(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn key(records: &Records) -> Result<Key, Problem> {
    let locked = || StoreError::Locked("the service was started without it".to_owned());
    let keys = records.store().keys().ok_or_else(locked)?;
    keys.own_key("a form that waits").map_err(|why| {
        tracing::error!(error = %why, "a form could not be sealed");
        Problem::new(Kind::Internal)
    })
}

/// What the page that asks to sign in carried, as it was typed. It has no word, so that it is shown and not done.
///
/// # Errors
/// That it was not sealed here for this address.
pub fn open(records: &Records, path: &str, sealed: &str) -> Result<Form, Turned> {
    let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| form::refused())?;
    let plain = key(records)?.open(path, &bytes).map_err(|_| form::refused())?;
    unpacked(&plain).ok_or_else(form::refused)
}

/// Fields one after the other, each part after its length: hardly longer than what was typed, whatever that is.
fn packed(typed: &Form) -> Zeroizing<Vec<u8>> {
    let parts = || typed.pairs().filter(|(name, _)| *name != WORD).flat_map(|(name, value)| [name, value]);
    let mut plain = Zeroizing::new(Vec::with_capacity(parts().map(|part| part.len() + 8).sum()));
    for part in parts() {
        plain.extend_from_slice(&(part.len() as u64).to_le_bytes());
        plain.extend_from_slice(part.as_bytes());
    }
    plain
}

fn unpacked(mut plain: &[u8]) -> Option<Form> {
    let mut part = || {
        let (length, rest) = plain.split_first_chunk()?;
        let (text, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        plain = rest;
        Some((String::from_utf8(text.to_vec()).ok()?, rest.is_empty()))
    };
    let mut fields = Vec::new();
    loop {
        let (name, _) = part()?;
        let (value, is_last) = part()?;
        fields.push((name, value));
        if is_last {
            return Some(Form::of(fields));
        }
    }
}

fn seal(records: &Records, path: &str, typed: &Form) -> Result<String, Problem> {
    let sealed = key(records)?.seal(path, &packed(typed)).map_err(|_| Problem::new(Kind::Internal))?;
    Ok(BASE64URL_NOPAD.encode(&sealed))
}

/// What is given instead of doing what a form asks, where nobody is signed in or somebody who may not do it.
pub fn turned(records: &Records, why: Turned, typed: &Form, path: &str, action: Action) -> Turned {
    let denied = matches!(&why, Turned::Problem(problem) if problem.status == Kind::Forbidden.status());
    // What one changes one's own access with is typed anew.
    let carries = typed.holds_anything() && action != Action::KeepOwnAccount;
    if !carries || !(denied || matches!(why, Turned::SignIn)) {
        return why;
    }
    match seal(records, path, typed) {
        Ok(sealed) => Turned::Waiting(Waiting { to: path.to_owned(), sealed, denied }),
        Err(problem) => problem.into(),
    }
}
