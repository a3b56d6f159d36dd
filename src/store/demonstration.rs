//! The people of the demonstration: with a passphrase and second factor of their own at every start.

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::domain::passphrase::Passphrase;
use crate::domain::policy::Role;
use crate::domain::record::RecordId;

use super::accounts::{self as people, State, host};
use super::credentials::{self, SecondFactor};
use super::database::Store;
use super::error::StoreError;
use crate::keys::cipher::random;

/// What somebody of the demonstration signs in with.
#[derive(Debug)]
pub struct Equipped {
    pub name: String,
    pub passphrase: Zeroizing<String>,
    /// As people type it into an app.
    pub secret: Zeroizing<String>,
    /// A code that is good now, once.
    pub code: String,
}

/// Gives the account of a role new secrets, and makes it if there is none.
///
/// # Errors
/// That there is no randomness or memory, or the database's own.
pub fn equip(store: &Store, role: Role) -> Result<Equipped, StoreError> {
    let name = format!("demo-{role}");
    let text = BASE32_NOPAD.encode(&random::<15>()?).to_lowercase();
    let groups: Vec<&str> = (0..text.len()).step_by(6).filter_map(|at| text.get(at..at + 6)).collect();
    let passphrase = Zeroizing::new(groups.join("-"));
    let stretched = credentials::stretch(&Passphrase::claimed(&passphrase))?;
    let factor = SecondFactor::random()?;
    let (secret, code) = (factor.show(), factor.code(store.now()));
    let account = name.clone();
    store.write(&host(), "account.demo", move |tx| {
        let id = match people::named(tx.conn(), &account)? {
            Some(found) => found.id,
            None => {
                let id = RecordId::new();
                people::insert(tx, id, &account, role, State::Active)?;
                id
            }
        };
        credentials::set_passphrase(tx, id, &stretched)?;
        // No code was used yet.
        let before = credentials::step_of(tx.now()) - 2;
        credentials::set_second_factor(tx, id, &factor, before)
    })?;
    Ok(Equipped { name, passphrase, secret, code })
}
