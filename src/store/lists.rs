//! Public lists: declared by one publisher, in force when as many have signed as must. What is in force never changes but by a
//! further declaration.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::domain::check::{Checker, FieldError, Invalid, Rule};
use crate::domain::dimension::dimension;
use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId};
use crate::domain::release::descent::space::Declared;
use crate::domain::release::lists::{List, ListEntry, is_other_level};

use super::backend::Conn;
use super::database::Store;
use super::error::{StoreError, corrupt, word};
use super::schema::{accounts, list_declarations, list_signatures};
use super::session::Tx;
use super::signatures::{self, SignedBy};

/// How far a declaration has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Proposed,
    InForce,
    Discarded,
}

impl State {
    pub const WORDS: &[(&'static str, Self)] =
        &[("proposed", Self::Proposed), ("in_force", Self::InForce), ("discarded", Self::Discarded)];

    pub fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::InForce => "in_force",
            Self::Discarded => "discarded",
        }
    }
}

/// A declaration of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    pub id: RecordId,
    pub dimension: String,
    pub state: State,
    /// The codes that it adds to the list.
    pub codes: Vec<String>,
    /// By code the one of the list in which it lies.
    pub broader: BTreeMap<String, String>,
    pub unknown: bool,
    pub signatures_required: u8,
    pub signatures: Vec<SignedBy>,
    pub proposed_by: String,
    pub proposed_at: Instant,
    /// The write that changed it last: its version.
    pub version: i64,
}

type Row = (RecordId, String, String, String, String, bool, i32, Instant, i64, String);

fn declaration(conn: &mut Conn, row: Row) -> QueryResult<Declaration> {
    let (id, dimension, state, codes, broader, unknown, required, proposed_at, version, proposed_by) = row;
    let signatures = list_signatures::table
        .inner_join(accounts::table.on(accounts::id.eq(list_signatures::account_id)))
        .filter(list_signatures::declaration_id.eq(id))
        .order(list_signatures::write)
        .select((accounts::id, accounts::name, list_signatures::signed_at))
        .load::<(RecordId, String, Instant)>(conn)?;
    let signed = |(id, account, signed_at)| SignedBy { id, account, signed_at };
    Ok(Declaration {
        id,
        dimension,
        state: word(State::WORDS, &state)?,
        codes: serde_json::from_str(&codes).map_err(corrupt)?,
        broader: serde_json::from_str(&broader).map_err(corrupt)?,
        unknown,
        signatures_required: u8::try_from(required).map_err(corrupt)?,
        signatures: signatures.into_iter().map(signed).collect(),
        proposed_by,
        proposed_at,
        version,
    })
}

/// Every declaration but those that were discarded: by dimension in the order in which they were made.
///
/// # Errors
/// The database's own.
pub fn declarations(conn: &mut Conn) -> QueryResult<Vec<Declaration>> {
    let rows = list_declarations::table
        .inner_join(accounts::table.on(accounts::id.eq(list_declarations::proposed_by)))
        .filter(list_declarations::state.ne(State::Discarded.name()))
        .order((list_declarations::dimension, list_declarations::proposed_write))
        .select((
            list_declarations::id,
            list_declarations::dimension,
            list_declarations::state,
            list_declarations::codes,
            list_declarations::broader,
            list_declarations::unknown,
            list_declarations::signatures_required,
            list_declarations::proposed_at,
            list_declarations::changed_write,
            accounts::name,
        ))
        .load::<Row>(conn)?;
    rows.into_iter().map(|row| declaration(conn, row)).collect()
}

/// The lists that are in force.
///
/// # Errors
/// The database's own, or that a list is of no dimension.
pub fn in_force(conn: &mut Conn) -> QueryResult<Vec<List>> {
    let mut lists: Vec<List> = Vec::new();
    for made in declarations(conn)?.into_iter().filter(|made| made.state == State::InForce) {
        let missing = || corrupt(format!("a list of `{}`, which is no dimension", made.dimension));
        let dimension = dimension(&made.dimension).ok_or_else(missing)?;
        if lists.last().is_none_or(|list| list.dimension != dimension) {
            lists.push(List { dimension, declared: Declared { unknown: made.unknown, ..Declared::default() } });
        }
        if let Some(list) = lists.last_mut() {
            list.declared.codes.extend(made.codes);
            list.declared.broader.extend(made.broader);
            list.declared.extents.push(list.declared.codes.len());
        }
    }
    Ok(lists)
}

/// One declaration.
///
/// # Errors
/// [`StoreError::Absent`] where there is none.
pub fn get(conn: &mut Conn, id: RecordId) -> Result<Declaration, StoreError> {
    let found = declarations(conn)?.into_iter().find(|made| made.id == id);
    found.ok_or(StoreError::Absent("list declaration"))
}

/// Declares a list, or codes more of one that is in force. It waits for signatures.
///
/// # Errors
/// [`StoreError::Invalid`] with every mistake.
pub fn propose(store: &Store, actor: &Actor, entry: ListEntry, most_signatures: u8) -> Result<Declaration, StoreError> {
    store.write(actor, "list.propose", move |tx| {
        let lists = in_force(tx.conn())?;
        let List { dimension, declared } = entry.check(Checker::new(tx.session()), &lists)?;
        // Who signs one of two levels would have to know of the other.
        let waits = declarations(tx.conn())?.into_iter().filter(|made| made.state == State::Proposed);
        let levels: Vec<_> = waits.filter(|made| is_other_level(dimension, &made.dimension)).collect();
        let waiting = list_declarations::table
            .filter(list_declarations::dimension.eq(dimension.code))
            .filter(list_declarations::state.eq(State::Proposed.name()));
        if diesel::select(diesel::dsl::exists(waiting)).get_result(tx.conn())? {
            let expected = "another dimension: one declaration of it waits for signatures; sign or discard that first";
            return Err(Invalid::one(FieldError::new("dimension", Rule::Taken, Some(dimension.code), expected)).into());
        }
        if let Some(level) = levels.first() {
            let expected =
                format!("another dimension: `{}` has a list, and the two are levels of one list", level.dimension);
            let wrong = FieldError::new("dimension", Rule::Inconsistent, Some(dimension.code), expected);
            return Err(Invalid::one(wrong).into());
        }
        let before = declared.extents.iter().rev().nth(1).copied().unwrap_or_default();
        let broader: BTreeMap<_, _> =
            declared.broader.iter().filter(|(code, _)| declared.codes[before..].contains(code)).collect();
        let (id, write, account, now) = (RecordId::new(), tx.write(), tx.actor().account, tx.now());
        let required = signatures::required(tx.conn(), most_signatures)?;
        diesel::insert_into(list_declarations::table)
            .values((
                list_declarations::id.eq(id),
                list_declarations::dimension.eq(dimension.code),
                list_declarations::state.eq(State::Proposed.name()),
                list_declarations::codes.eq(serde_json::to_string(&declared.codes[before..]).map_err(corrupt)?),
                list_declarations::broader.eq(serde_json::to_string(&broader).map_err(corrupt)?),
                list_declarations::unknown.eq(declared.unknown),
                list_declarations::signatures_required.eq(i32::from(required)),
                list_declarations::proposed_by.eq(account),
                list_declarations::proposed_at.eq(now),
                list_declarations::proposed_write.eq(write),
                list_declarations::changed_write.eq(write),
            ))
            .execute(tx.conn())?;
        note(tx, id, dimension.code);
        get(tx.conn(), id)
    })
}

fn note(tx: &mut Tx<'_>, id: RecordId, dimension: &str) {
    tx.note("list", id.to_string());
    tx.note("dimension", dimension);
}

fn proposed(tx: &mut Tx<'_>, id: RecordId, seen: i64, refused: &'static str) -> Result<Declaration, StoreError> {
    let made = get(tx.conn(), id)?;
    if made.version != seen {
        return Err(StoreError::Stale);
    }
    if made.state == State::Proposed { Ok(made) } else { Err(StoreError::Refused(refused)) }
}

/// Signs a declaration; the last signature that it takes puts it in force.
///
/// # Errors
/// [`StoreError::Refused`] where the account has signed it, or it is not to be signed.
pub fn sign(
    store: &Store,
    actor: &Actor,
    id: RecordId,
    seen: i64,
    most_signatures: u8,
) -> Result<Declaration, StoreError> {
    store.write(actor, "list.sign", move |tx| {
        let made = proposed(tx, id, seen, "only a declaration that waits is signed")?;
        let (write, account, signed_at) = (tx.write(), tx.actor().account, tx.now());
        // Since it was declared, a second publisher may have come.
        let required = made.signatures_required.max(signatures::required(tx.conn(), most_signatures)?);
        signatures::may_sign(account, &made.signatures, required)?;
        diesel::insert_into(list_signatures::table)
            .values((
                list_signatures::declaration_id.eq(id),
                list_signatures::account_id.eq(account),
                list_signatures::signed_at.eq(signed_at),
                list_signatures::write.eq(write),
            ))
            .execute(tx.conn())?;
        let signed = get(tx.conn(), id)?.signatures;
        let in_force = signatures::missing(tx.conn(), &signed, required)? == 0;
        let state = if in_force { State::InForce } else { State::Proposed };
        diesel::update(list_declarations::table.find(id))
            .set((
                list_declarations::state.eq(state.name()),
                list_declarations::signatures_required.eq(i32::from(required)),
                list_declarations::in_force_write.eq(in_force.then_some(write)),
                list_declarations::changed_write.eq(write),
            ))
            .execute(tx.conn())?;
        note(tx, id, &made.dimension);
        get(tx.conn(), id)
    })
}

/// How many signatures a declaration that waits still needs.
///
/// # Errors
/// The database's own.
pub fn missing(conn: &mut Conn, made: &Declaration) -> QueryResult<usize> {
    signatures::missing(conn, &made.signatures, made.signatures_required)
}

/// Throws a declaration away that waits.
///
/// # Errors
/// [`StoreError::Refused`] where it is in force.
pub fn discard(store: &Store, actor: &Actor, id: RecordId, seen: i64) -> Result<Declaration, StoreError> {
    store.write(actor, "list.discard", move |tx| {
        let made = proposed(tx, id, seen, "a list that is in force stays: releases stand on it")?;
        let write = tx.write();
        diesel::update(list_declarations::table.find(id))
            .set((list_declarations::state.eq(State::Discarded.name()), list_declarations::changed_write.eq(write)))
            .execute(tx.conn())?;
        note(tx, id, &made.dimension);
        Ok(Declaration { state: State::Discarded, version: write, ..made })
    })
}
