//! The data keys: one a person, source or event, wrapped by a master key of the keyring. Without its data key no text of a
//! subject can be read: to erase somebody is to delete the key too.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::domain::record::RecordId;
use crate::keys::cipher::Key;
use crate::keys::keyring::Keyring;

use super::backend::Conn;
use super::error::StoreError;
use super::instance;
use super::schema::{data_keys, personal_texts};
use super::session::Tx;

/// How many keys are read at once.
const BATCH: i64 = 500;

/// What a data key is bound to: it opens at no other subject.
pub fn wrap_place(subject: RecordId) -> String {
    format!("attest data key {subject}")
}

/// What a text is bound to: its ciphertext opens at no other record or field, and as no other version.
pub fn text_place(record: RecordId, field: &str, write: i64) -> String {
    format!("attest text {record} {field} {write}")
}

#[derive(Queryable)]
struct Wrapped {
    subject: RecordId,
    master: String,
    key: Vec<u8>,
}

impl Wrapped {
    fn open(&self, keys: &Keyring) -> Result<Key, StoreError> {
        let mut master = keys.master_of(&self.master);
        if master.is_none() {
            // Another process may have added it since this one read the keyring.
            keys.reread()?;
            master = keys.master_of(&self.master);
        }
        let lacking = || StoreError::Locked(format!("it lacks the master key {}", self.master));
        let plain = master.ok_or_else(lacking)?.open(&wrap_place(self.subject), &self.key)?;
        Ok(Key::read(&plain)?)
    }
}

/// The data key of a subject, where it has one: nothing personal was ever entered of one that has none, or it was erased.
///
/// # Errors
/// [`StoreError::Locked`] where the keyring lacks the master key, or the database's own.
pub fn open(conn: &mut Conn, keys: &Keyring, subject: RecordId) -> Result<Option<Key>, StoreError> {
    Ok(open_many(conn, keys, &[subject])?.remove(&subject))
}

/// The data keys of those of the subjects that have one.
///
/// # Errors
/// As [`open`].
pub fn open_many(conn: &mut Conn, keys: &Keyring, subjects: &[RecordId]) -> Result<HashMap<RecordId, Key>, StoreError> {
    let mut found = HashMap::new();
    for subjects in subjects.chunks(BATCH as usize) {
        let mut opened = load(conn, keys, subjects);
        if matches!(opened, Err(StoreError::Locked(_))) {
            // They may have been wrapped anew while they were read.
            opened = load(conn, keys, subjects);
        }
        found.extend(opened?);
    }
    Ok(found)
}

fn load(conn: &mut Conn, keys: &Keyring, subjects: &[RecordId]) -> Result<Vec<(RecordId, Key)>, StoreError> {
    let rows = data_keys::table
        .filter(data_keys::subject_id.eq_any(subjects))
        .select((data_keys::subject_id, data_keys::master_id, data_keys::wrapped))
        .load::<Wrapped>(conn)?;
    rows.into_iter().map(|row| Ok((row.subject, row.open(keys)?))).collect()
}

/// The data key of a subject; makes one where it has none.
///
/// # Errors
/// [`StoreError::Locked`] where the keyring is not open or is an older copy, or the database's own.
pub fn get_or_make(tx: &mut Tx<'_>, subject: RecordId) -> Result<Key, StoreError> {
    let keys = tx.session().keys()?;
    if let Some(key) = open(tx.conn(), &keys, subject)? {
        return Ok(key);
    }
    // As the file has it at this very write: a master key that was taken out of use since must wrap nothing any more.
    keys.reread()?;
    if let Some(in_use) = instance::master(tx.conn())?
        && keys.master_of(&in_use).is_none()
    {
        return Err(StoreError::Locked(format!("it is an older copy: it lacks the master key {in_use}")));
    }
    let (master, wrapping) = keys.master()?;
    let key = Key::random()?;
    let created_write = tx.write();
    diesel::insert_into(data_keys::table)
        .values((
            data_keys::subject_id.eq(subject),
            data_keys::master_id.eq(master),
            data_keys::wrapped.eq(wrapping.seal(&wrap_place(subject), key.bytes())?),
            data_keys::created_write.eq(created_write),
        ))
        .execute(tx.conn())?;
    Ok(key)
}

/// The write that made the data key of a subject, which tells it from one that the subject is given later.
///
/// # Errors
/// The database's own.
pub fn made_by(conn: &mut Conn, subject: RecordId) -> QueryResult<Option<i64>> {
    data_keys::table.find(subject).select(data_keys::created_write).first(conn).optional()
}

/// Deletes the data key of a subject. Whether there was one.
///
/// # Errors
/// The database's own.
pub fn delete(tx: &mut Tx<'_>, subject: RecordId) -> Result<bool, StoreError> {
    Ok(diesel::delete(data_keys::table.find(subject)).execute(tx.conn())? > 0)
}

/// Wraps every data key by the newest master key of the keyring. `progress` is told how many keys were looked at, of how
/// many. Gives how many were wrapped anew.
///
/// # Errors
/// [`StoreError::Locked`] where the keyring lacks a master key, or the database's own.
pub fn rewrap_all(tx: &mut Tx<'_>, keys: &Keyring, mut progress: impl FnMut(i64, i64)) -> Result<i64, StoreError> {
    let (newest, wrapping) = keys.master()?;
    let all = count(tx.conn())?;
    let (mut seen, mut wrapped) = (0, 0);
    let mut last: Option<RecordId> = None;
    loop {
        let rows = page(tx.conn(), last)?;
        let Some(end) = rows.last() else { break };
        last = Some(end.subject);
        for row in &rows {
            seen += 1;
            if row.master == newest {
                continue;
            }
            let key = row.open(keys)?;
            diesel::update(data_keys::table.find(row.subject))
                .set((
                    data_keys::master_id.eq(&newest),
                    data_keys::wrapped.eq(wrapping.seal(&wrap_place(row.subject), key.bytes())?),
                ))
                .execute(tx.conn())?;
            wrapped += 1;
        }
        progress(seen, all);
    }
    instance::set_master(tx, &newest)?;
    Ok(wrapped)
}

fn page(conn: &mut Conn, after: Option<RecordId>) -> QueryResult<Vec<Wrapped>> {
    let mut query = data_keys::table
        .order(data_keys::subject_id)
        .limit(BATCH)
        .select((data_keys::subject_id, data_keys::master_id, data_keys::wrapped))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(data_keys::subject_id.gt(after));
    }
    query.load(conn)
}

/// What a drill found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drilled {
    /// How many data keys opened.
    pub keys: i64,
    /// How many texts opened: the newest of each subject that has any.
    pub texts: i64,
    /// The subjects whose data key or text did not open.
    pub failed: Vec<RecordId>,
}

/// Opens every data key, and one text under each. `progress` is told how many keys were tried, of how many.
///
/// # Errors
/// The database's own. What does not open is no error here.
pub fn drill(conn: &mut Conn, keys: &Keyring, mut progress: impl FnMut(i64, i64)) -> Result<Drilled, StoreError> {
    let all = count(conn)?;
    let (mut drilled, mut tried, mut last) = (Drilled::default(), 0, None);
    loop {
        let rows = page(conn, last)?;
        let Some(end) = rows.last() else { return Ok(drilled) };
        last = Some(end.subject);
        for row in &rows {
            tried += 1;
            let Ok(key) = row.open(keys) else {
                drilled.failed.push(row.subject);
                continue;
            };
            drilled.keys += 1;
            match newest_text(conn, row.subject)? {
                Some((place, sealed)) if key.open_text(&place, &sealed).is_err() => drilled.failed.push(row.subject),
                Some(_) => drilled.texts += 1,
                None => {}
            }
        }
        progress(tried, all);
    }
}

/// The newest text of a subject: its place and its ciphertext.
fn newest_text(conn: &mut Conn, subject: RecordId) -> QueryResult<Option<(String, Vec<u8>)>> {
    let found = personal_texts::table
        .filter(personal_texts::subject_id.eq(subject))
        .filter(personal_texts::ciphertext.is_not_null())
        .order((personal_texts::write.desc(), personal_texts::record_id, personal_texts::field))
        .select((
            personal_texts::record_id,
            personal_texts::field,
            personal_texts::write,
            personal_texts::ciphertext.assume_not_null(),
        ))
        .first::<(RecordId, String, i64, Vec<u8>)>(conn)
        .optional()?;
    Ok(found.map(|(record, field, write, sealed)| (text_place(record, &field, write), sealed)))
}

/// How many data keys there are.
///
/// # Errors
/// The database's own.
pub fn count(conn: &mut Conn) -> QueryResult<i64> {
    data_keys::table.count().get_result(conn)
}

/// The master keys that wrap some data key.
///
/// # Errors
/// The database's own.
pub fn masters_in_use(conn: &mut Conn) -> QueryResult<Vec<String>> {
    data_keys::table.select(data_keys::master_id).distinct().order(data_keys::master_id).load(conn)
}
