//! What people prove themselves by: passphrase, second factor, recovery codes. And the one function that ends every way in,
//! which every change of any of them calls in its own transaction.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE32_NOPAD;
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::domain::passphrase::Passphrase;
use crate::domain::record::{Instant, RecordId};

use super::accounts::State;
use super::chain::hex;
use super::error::{StoreError, corrupt};
use super::schema::{accounts, devices, enrolments, recovery_codes, sessions};
use super::session::Tx;
use super::sign_in_history::forgive;
use super::tokens;
use crate::keys::cipher::{CipherError, Key, random};
use crate::keys::keyring::Keyring;

/// What stretching a passphrase costs: memory in KiB, passes and lanes.
const COST: (u32, u32, u32) = (64 * 1024, 3, 1);
/// The second factor's secret, in bytes (RFC 4226, section 4).
const TOTP_SECRET: usize = 20;
/// How long a code of the second factor stands, in seconds.
const STEP: u64 = 30;
/// By how many of these the clocks of two processes and a phone may differ.
const SKEW: u8 = 5;
/// Of how many codes it is known that they were used: more than anybody uses while a clock is wrong.
const USED: usize = 32;
/// How many recovery codes there are, and how many random bytes each holds.
const CODES: usize = 10;
const CODE_BYTES: usize = 10;

/// A secret of 256 bits, as hexadecimal digits.
pub(super) fn new_secret() -> Result<Zeroizing<String>, CipherError> {
    Ok(Zeroizing::new(hex(&*Zeroizing::new(random::<32>()?))))
}

/// A secret of ours has 256 random bits, so a plain hash is as good as a slow one.
pub(super) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret))
}

fn argon2() -> Result<Argon2<'static>, StoreError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| CipherError::Refused)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Stretches a passphrase. Takes a tenth of a second and 64 MiB: callers stand in line.
///
/// # Errors
/// That there is no memory or randomness.
pub fn stretch(passphrase: &Passphrase) -> Result<String, StoreError> {
    let stretched = argon2()?.hash_password_with_salt(passphrase.as_bytes(), &random::<16>()?);
    stretched.map(|hash| hash.to_string()).map_err(|why| StoreError::Unavailable(why.to_string().into()))
}

/// A hash of no passphrase at all, of the same cost: it is what the passphrase of nobody is held against.
const NOBODY: &str = "$argon2id$v=19$m=65536,t=3,p=1$YXR0ZXN0IG5vYm9keSE$3q2+796tvu/erb7v3q2+796tvu/erb7v3q2+796tvu8";

/// Whether a passphrase is the one that was stretched. Takes as long where there is none.
pub fn matches(passphrase: &Passphrase, kept: Option<&str>) -> bool {
    let Ok(argon2) = argon2() else { return false };
    argon2.verify_password(passphrase.as_bytes(), kept.unwrap_or(NOBODY)).is_ok() && kept.is_some()
}

/// The shared secret of a second factor.
pub struct SecondFactor(Zeroizing<[u8; TOTP_SECRET]>);

impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondFactor")
    }
}

impl SecondFactor {
    /// A new one.
    ///
    /// # Errors
    /// [`CipherError::NoRandomness`].
    pub fn random() -> Result<Self, CipherError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// Encrypts it for its place.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn seal(&self, keys: &Keyring, place: &str) -> Result<Vec<u8>, CipherError> {
        key(keys)?.seal(place, self.0.as_slice())
    }

    /// Decrypts one at its place.
    ///
    /// # Errors
    /// [`CipherError::Refused`] where it was sealed elsewhere or changed.
    pub fn open(keys: &Keyring, place: &str, sealed: &[u8]) -> Result<Self, CipherError> {
        let plain = key(keys)?.open(place, sealed)?;
        let bytes: [u8; TOTP_SECRET] = plain.as_slice().try_into().map_err(|_| CipherError::Refused)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// As people type it into an app.
    pub fn show(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(self.0.as_slice()))
    }

    /// SHA-1, six digits, thirty seconds: what every app speaks (RFC 6238). As many steps to either side as clocks may differ, so
    /// that a phone and two processes need not agree to the minute; a code is good once, by the step that the phone gave it.
    fn totp(&self) -> Totp {
        Builder::new()
            .with_secret(Secret::new_stack(*self.0))
            .with_skew(SKEW.into())
            .with_step_duration(STEP)
            .build_noncompliant()
    }

    /// The code that is good now.
    pub fn code(&self, now: Instant) -> String {
        self.totp().generate(seconds(now)).to_string()
    }

    /// The step of which this is the code, near now.
    pub fn check(&self, code: &str, now: Instant) -> Option<i64> {
        self.totp().check(code, seconds(now)).and_then(|step| i64::try_from(step).ok())
    }
}

fn seconds(now: Instant) -> u64 {
    u64::try_from(now.0.timestamp()).unwrap_or_default()
}

/// The step of the codes that are good at a time.
pub(super) fn step_of(now: Instant) -> i64 {
    i64::try_from(seconds(now) / STEP).unwrap_or(i64::MAX)
}

fn key(keys: &Keyring) -> Result<Key, CipherError> {
    keys.own_key("totp")
}

pub(super) fn totp_place(account: RecordId) -> String {
    format!("totp {account}")
}

/// Ends every way in: sessions, tokens and links that were not used. Whatever changes a passphrase, a second factor, a role or a
/// state calls it in the same transaction.
///
/// # Errors
/// The database's own.
pub fn end_access(tx: &mut Tx<'_>, account: RecordId) -> Result<(), StoreError> {
    let now = tx.now();
    let open = sessions::table.filter(sessions::account_id.eq(account)).filter(sessions::revoked_at.is_null());
    diesel::update(open).set(sessions::revoked_at.eq(now)).execute(tx.conn())?;
    let links = enrolments::table
        .filter(enrolments::account_id.eq(account))
        .filter(enrolments::used_at.is_null())
        .filter(enrolments::revoked_at.is_null());
    diesel::update(links)
        .set((enrolments::revoked_at.eq(now), enrolments::totp_secret.eq(None::<Vec<u8>>)))
        .execute(tx.conn())?;
    tokens::revoke_all(tx, account)?;
    tx.note("account", account.to_string());
    Ok(())
}

/// Forgets from which browsers somebody has signed in.
pub(super) fn forget_devices(tx: &mut Tx<'_>, account: RecordId) -> Result<(), StoreError> {
    diesel::delete(devices::table.filter(devices::account_id.eq(account))).execute(tx.conn())?;
    Ok(())
}

/// Takes passphrase and second factor away, and every way in.
pub(super) fn unset(tx: &mut Tx<'_>, account: RecordId) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(account))
        .set((
            accounts::passphrase_hash.eq(None::<String>),
            accounts::totp_secret.eq(None::<Vec<u8>>),
            accounts::totp_steps.eq(""),
        ))
        .execute(tx.conn())?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::account_id.eq(account))).execute(tx.conn())?;
    forgive(tx, account)?;
    end_access(tx, account)
}

/// Sets a passphrase that was stretched.
pub(super) fn set_passphrase(tx: &mut Tx<'_>, account: RecordId, stretched: &str) -> Result<(), StoreError> {
    diesel::update(accounts::table.find(account)).set(accounts::passphrase_hash.eq(stretched)).execute(tx.conn())?;
    forgive(tx, account)?;
    end_access(tx, account)
}

/// Sets a second factor, of which the code of this step was shown. That code is used up.
pub(super) fn set_second_factor(
    tx: &mut Tx<'_>,
    account: RecordId,
    factor: &SecondFactor,
    step: i64,
) -> Result<(), StoreError> {
    let sealed = factor.seal(&*tx.session().keys()?, &totp_place(account))?;
    diesel::update(accounts::table.find(account))
        .set((accounts::totp_secret.eq(sealed), accounts::totp_steps.eq(step.to_string())))
        .execute(tx.conn())?;
    forgive(tx, account)?;
    end_access(tx, account)
}

/// Recovery codes, to be shown once.
pub type Codes = Vec<Zeroizing<String>>;

/// Gives an account new recovery codes in the place of those that it had.
pub(super) fn set_recovery_codes(tx: &mut Tx<'_>, account: RecordId) -> Result<Codes, StoreError> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::account_id.eq(account))).execute(tx.conn())?;
    let now = tx.now();
    let mut codes = Codes::new();
    for _ in 0..CODES {
        let plain = Zeroizing::new(BASE32_NOPAD.encode(&*Zeroizing::new(random::<CODE_BYTES>()?)));
        diesel::insert_into(recovery_codes::table)
            .values((
                recovery_codes::account_id.eq(account),
                recovery_codes::hash.eq(hash(&plain)),
                recovery_codes::created_at.eq(now),
            ))
            .execute(tx.conn())?;
        let groups: Vec<&str> = [0, 4, 8, 12].iter().filter_map(|at| plain.get(*at..at + 4)).collect();
        codes.push(Zeroizing::new(groups.join("-")));
    }
    end_access(tx, account)?;
    Ok(codes)
}

/// A recovery code as people type it.
fn read_code(text: &str) -> Zeroizing<String> {
    let plain = text.chars().filter(|c| c.is_ascii_alphanumeric()).take(64).map(|c| c.to_ascii_uppercase());
    // No code holds these digits; people read letters as them.
    Zeroizing::new(plain.collect::<String>().replace('0', "O").replace('1', "I").replace('8', "B"))
}

/// The digits of a code of the second factor, where it has the shape of one.
fn digits(code: &str) -> Option<String> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).take(8).collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// Whether what is shown as a code is one of a million, and not a recovery code.
pub(super) fn can_be_guessed(code: &str) -> bool {
    digits(code).is_some()
}

/// The steps of the codes that were used, the newest first, with this one; none where its code is not good any more. A step that
/// nobody's clock has come to was noted under one that ran ahead, and says nothing of those before it.
fn with_used(used: &str, step: i64, now: Instant) -> Result<Option<String>, StoreError> {
    let steps = used.split_whitespace().map(str::parse::<i64>).collect::<Result<Vec<_>, _>>();
    let steps = steps.map_err(|_| corrupt("a step of a second factor that is no number"))?;
    let latest = step_of(now) + i64::from(SKEW);
    if steps.iter().any(|used| (step..=latest).contains(used)) {
        return Ok(None);
    }
    let steps = std::iter::once(step).chain(steps).take(USED).map(|step| step.to_string());
    Ok(Some(steps.collect::<Vec<_>>().join(" ")))
}

/// Uses a code up: of the second factor, where it is of a later step than the last one, or a recovery code. Gives whether
/// it was good. To be called in the transaction that does what the code is for.
pub(super) fn use_code(tx: &mut Tx<'_>, account: RecordId, code: &str) -> Result<bool, StoreError> {
    let code = code.trim();
    let (sealed, used, state) = accounts::table
        .find(account)
        .select((accounts::totp_secret, accounts::totp_steps, accounts::state))
        .first::<(Option<Vec<u8>>, String, String)>(tx.conn())?;
    let Some(sealed) = sealed.filter(|_| state == State::Active.name()) else { return Ok(false) };
    let now = tx.now();
    if let Some(digits) = digits(code) {
        let factor = SecondFactor::open(&*tx.session().keys()?, &totp_place(account), &sealed)?;
        let Some(step) = factor.check(&digits, now) else { return Ok(false) };
        let Some(used) = with_used(&used, step, now)? else { return Ok(false) };
        diesel::update(accounts::table.find(account)).set(accounts::totp_steps.eq(used)).execute(tx.conn())?;
        return Ok(true);
    }
    let unused =
        recovery_codes::table.find((account, hash(&read_code(code)))).filter(recovery_codes::used_at.is_null());
    let used = diesel::update(unused).set(recovery_codes::used_at.eq(now)).execute(tx.conn())?;
    if used == 1 {
        tx.note("recovery_code", true);
    }
    Ok(used == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::phc::PasswordHash;

    #[test]
    fn the_passphrase_of_nobody_costs_what_others_cost() {
        let passphrase = Passphrase::claimed("neun Kraniche");
        let own = stretch(&passphrase).unwrap();
        let [nobody, somebody] = [NOBODY, &own].map(|text| PasswordHash::new(text).unwrap());
        assert_eq!(nobody.params, somebody.params);
        assert_eq!((nobody.algorithm, nobody.version), (somebody.algorithm, somebody.version));
        assert_eq!(nobody.hash.unwrap().as_bytes().len(), somebody.hash.unwrap().as_bytes().len());
        assert!(matches(&passphrase, Some(&own)));
        assert!(!matches(&passphrase, None));
        assert!(!matches(&Passphrase::claimed("acht Kraniche"), Some(&own)));
        // It is looked at, not passed over.
        let started = std::time::Instant::now();
        matches(&passphrase, None);
        assert!(started.elapsed().as_millis() > 10, "{:?}", started.elapsed());
    }
}
