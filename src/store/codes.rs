//! The codes of the register: those that Attest makes, and who has one.

use diesel::prelude::*;

use crate::domain::entry::made_code;
use crate::domain::record::{Noun, RecordId};

use super::backend::Conn;
use super::error::{StoreError, corrupt};
use super::schema::records as register;
use super::session::Tx;

/// How often a code is drawn before it is clear that chance is none: of a million records one draw in a million is not free.
const DRAWS: usize = 100;

/// A code that no record has, whoever may see it.
///
/// # Errors
/// That chance gives the same again and again, or the database's own.
pub(super) fn draw(tx: &mut Tx<'_>, noun: Noun) -> Result<String, StoreError> {
    for _ in 0..DRAWS {
        let Some(code) = made_code(noun, tx.chance()) else { continue };
        if holder(tx.conn(), noun, &code)?.is_none() {
            return Ok(code);
        }
    }
    Err(corrupt(format!("no free code for a {noun} in {DRAWS} draws: chance repeats itself")).into())
}

/// The record that has a code, whoever may see it.
pub(super) fn holder(conn: &mut Conn, noun: Noun, code: &str) -> QueryResult<Option<RecordId>> {
    register::table
        .filter(register::noun.eq(noun.name()))
        .filter(register::code.eq(code))
        .select(register::id)
        .first(conn)
        .optional()
}
