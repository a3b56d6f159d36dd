//! Personal text in the database: ciphertext, a row a field and write that changed it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use diesel::prelude::*;

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::policy::Action;
use crate::domain::record::RecordId;
use crate::domain::text::{FORMER_CODE, Private, Texts, folded, matches};
use crate::keys::keyring::Keyring;

use super::backend::Conn;
use super::data_keys::{self, text_place};
use super::error::{StoreError, corrupt};
use super::records::{self, Registered, Stored, Which};
use super::schema::personal_texts;
use super::session::{Session, Tx};
use super::{stop, visibility};

/// Which fields of a record held something, and in which of its versions.
#[derive(Debug, Default)]
pub struct Held(Vec<(String, i64, Option<i64>)>);

impl Held {
    /// The fields that hold something in the version of a write.
    pub fn at(&self, write: i64) -> Vec<String> {
        let then = |from: i64, until: Option<i64>| from <= write && until.is_none_or(|until| write < until);
        self.0.iter().filter(|(_, from, until)| then(*from, *until)).map(|(field, _, _)| field.clone()).collect()
    }
}

/// By record the fields that hold something.
///
/// # Errors
/// The database's own.
pub fn held(conn: &mut Conn, records: &[Registered]) -> QueryResult<HashMap<RecordId, Held>> {
    let ids: Vec<_> = records.iter().map(|line| line.id).collect();
    let rows = personal_texts::table
        .filter(personal_texts::record_id.eq_any(ids))
        .filter(personal_texts::ciphertext.is_not_null())
        .order((personal_texts::field, personal_texts::write))
        .select((
            personal_texts::record_id,
            personal_texts::field,
            personal_texts::write,
            personal_texts::superseded_by,
        ))
        .load::<(RecordId, String, i64, Option<i64>)>(conn)?;
    let mut held: HashMap<RecordId, Held> = HashMap::new();
    for (record, field, from, until) in rows {
        held.entry(record).or_default().0.push((field, from, until));
    }
    Ok(held)
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = personal_texts, treat_none_as_default_value = false)]
struct Row {
    record_id: RecordId,
    field: String,
    write: i64,
    superseded_by: Option<i64>,
    subject_id: RecordId,
    ciphertext: Option<Vec<u8>>,
}

/// Keeps what an entry or correction says of personal text. A record that went over to another person takes its text along, to
/// that person's key.
///
/// # Errors
/// [`StoreError::Locked`] or [`StoreError::Unconfirmed`] where text is given and the keyring cannot be used for it.
pub fn keep(tx: &mut Tx<'_>, record: RecordId, subject: RecordId, texts: &Texts) -> Result<(), StoreError> {
    let current: Vec<Row> = personal_texts::table
        .filter(personal_texts::record_id.eq(record))
        .filter(personal_texts::superseded_by.is_null())
        .select(Row::as_select())
        .load(tx.conn())?;
    let moved = current.iter().any(|row| row.subject_id != subject && row.ciphertext.is_some());
    if texts.is_empty() && !moved {
        return Ok(());
    }
    let keys = usable(tx)?;
    let mut opened = Opened::default();
    // The code from before a seal is that person's, and is not carried over.
    let carried = |row: &&Row| row.field != FORMER_CODE && !texts.contains_key(row.field.as_str());
    for row in current.iter().filter(|row| row.subject_id != subject).filter(carried) {
        if let Some(text) = opened.text(tx.conn(), &keys, row)? {
            put(tx, record, &row.field, subject, Some(&text))?;
        }
    }
    for (field, text) in texts {
        let row = current.iter().find(|row| row.field == *field);
        let before = row.map(|row| opened.text(tx.conn(), &keys, row)).transpose()?.flatten();
        let same_key = row.is_none_or(|row| row.subject_id == subject);
        if before != *text || !same_key {
            put(tx, record, field, subject, text.as_ref())?;
        }
    }
    Ok(())
}

/// Takes a text back, where there is one.
///
/// # Errors
/// As [`keep`].
pub fn take_back(tx: &mut Tx<'_>, record: RecordId, subject: RecordId, field: &'static str) -> Result<(), StoreError> {
    let held: i64 = personal_texts::table
        .filter(personal_texts::record_id.eq(record))
        .filter(personal_texts::field.eq(field))
        .filter(personal_texts::superseded_by.is_null())
        .filter(personal_texts::ciphertext.is_not_null())
        .count()
        .get_result(tx.conn())?;
    if held == 0 { Ok(()) } else { keep(tx, record, subject, &Texts::from([(field, None)])) }
}

/// The keyring, once somebody has shown that its recovery code is in safe hands: text that nobody could open again must not be
/// accepted.
fn usable(tx: &mut Tx<'_>) -> Result<std::sync::Arc<Keyring>, StoreError> {
    let keys = tx.session().keys()?;
    // It may have been confirmed since this process opened it.
    if !keys.is_confirmed() {
        keys.reread()?;
    }
    if keys.is_confirmed() { Ok(keys) } else { Err(StoreError::Unconfirmed) }
}

fn put(
    tx: &mut Tx<'_>,
    record: RecordId,
    field: &str,
    subject: RecordId,
    text: Option<&Private>,
) -> Result<(), StoreError> {
    let write = tx.write();
    let newest = personal_texts::table
        .filter(personal_texts::record_id.eq(record))
        .filter(personal_texts::field.eq(field))
        .filter(personal_texts::superseded_by.is_null());
    diesel::update(newest).set(personal_texts::superseded_by.eq(write)).execute(tx.conn())?;
    let ciphertext = match text {
        Some(text) => {
            let key = data_keys::get_or_make(tx, subject)?;
            Some(key.seal_text(&text_place(record, field, write), text.reveal())?)
        }
        None => None,
    };
    let row =
        Row { record_id: record, field: field.to_owned(), write, superseded_by: None, subject_id: subject, ciphertext };
    diesel::insert_into(personal_texts::table).values(&row).execute(tx.conn())?;
    Ok(())
}

/// Data keys that were unwrapped already.
#[derive(Default)]
struct Opened(HashMap<RecordId, crate::keys::cipher::Key>);

impl Opened {
    fn text(&mut self, conn: &mut Conn, keys: &Keyring, row: &Row) -> Result<Option<Private>, StoreError> {
        let Some(sealed) = &row.ciphertext else { return Ok(None) };
        let key = match self.0.entry(row.subject_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let missing = || corrupt(format!("the text of {} has no key", row.record_id));
                place.insert(data_keys::open(conn, keys, row.subject_id)?.ok_or_else(missing)?)
            }
        };
        let place = text_place(row.record_id, &row.field, row.write);
        let text = key.open_text(&place, sealed)?;
        Ok(Some(Private::new(&text)))
    }
}

/// The personal text of a record, as somebody reads it: field and text, of the newest version or of another. The reading is part
/// of this write, so that nothing is told that is not in the audit.
///
/// # Errors
/// [`StoreError::Missing`] where there is no such record or version for the reader, [`StoreError::Denied`],
/// [`StoreError::Locked`], or that a ciphertext does not open where it lies.
pub fn read<E: Stored>(
    tx: &mut Tx<'_>,
    record: RecordId,
    version: Option<i64>,
) -> Result<(i64, Vec<(String, Private)>), StoreError> {
    let which = version.map_or(Which::Current, Which::Of);
    let found = records::get::<E>(tx.session(), record, which)?.pop().ok_or(StoreError::Missing(E::NOUN))?;
    let actor = tx.actor().clone();
    let persons = E::persons(record, &found.version.body);
    visibility::decide(tx.conn(), &actor, Action::ReadTexts, E::NOUN, &persons)?;
    let at = found.version.stamp.write;
    let keys = tx.session().keys()?;
    let rows: Vec<Row> = personal_texts::table
        .filter(personal_texts::record_id.eq(record))
        .filter(personal_texts::write.le(at))
        .filter(personal_texts::superseded_by.is_null().or(personal_texts::superseded_by.gt(at)))
        .order(personal_texts::field)
        .select(Row::as_select())
        .load(tx.conn())?;
    let (mut opened, mut texts) = (Opened::default(), Vec::new());
    for row in &rows {
        if let Some(text) = opened.text(tx.conn(), &keys, row)? {
            texts.push((row.field.clone(), text));
        }
    }
    tx.note("read", serde_json::json!([E::NOUN.name(), record.to_string(), at]));
    tx.note("fields", texts.iter().map(|(field, _)| field.clone()).collect::<Vec<_>>());
    Ok((at, texts))
}

/// The newest personal text of records that the reader was shown to be allowed to read, by record: field and text.
///
/// # Errors
/// As [`read`].
pub fn of_many(
    session: &mut Session<'_>,
    records: &[RecordId],
) -> Result<HashMap<RecordId, Vec<(String, Private)>>, StoreError> {
    let rows: Vec<Row> = personal_texts::table
        .filter(personal_texts::record_id.eq_any(records))
        .filter(personal_texts::superseded_by.is_null())
        .filter(personal_texts::ciphertext.is_not_null())
        .select(Row::as_select())
        .load(session.conn())?;
    let keys = session.keys()?;
    let subjects: Vec<_> = rows.iter().map(|row| row.subject_id).collect();
    let mut opened = Opened(data_keys::open_many(session.conn(), &keys, &subjects)?);
    let mut texts: HashMap<RecordId, Vec<(String, Private)>> = HashMap::new();
    for row in &rows {
        if let Some(text) = opened.text(session.conn(), &keys, row)? {
            texts.entry(row.record_id).or_default().push((row.field.clone(), text));
        }
    }
    Ok(texts)
}

/// A person whose name was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub person: RecordId,
    /// The fields in which it was.
    pub fields: Vec<String>,
}

/// The most texts that a search decrypts.
pub const MOST_SEARCHED: i64 = 100_000;

/// Finds persons by their names and aliases, among those whom the reader may see, in the order in which they were entered. There
/// is no index of what is encrypted: every name is decrypted, up to [`MOST_SEARCHED`].
///
/// # Errors
/// [`StoreError::Invalid`] where nothing is asked for, or where there are more names than that.
pub fn search(session: &mut Session<'_>, asked: &str, limit: usize) -> Result<Vec<Hit>, StoreError> {
    let asked = folded(asked);
    if asked.trim().is_empty() {
        return Err(Invalid::one(FieldError::new("name", Rule::Required, None, "letters of a name")).into());
    }
    let (reader, keys) = (session.reader().account, session.keys()?);
    let names = || {
        personal_texts::table
            .filter(personal_texts::field.eq_any(["name", "aliases"]))
            .filter(personal_texts::superseded_by.is_null())
            .filter(personal_texts::ciphertext.is_not_null())
            .filter(personal_texts::subject_id.ne_all(visibility::hidden(reader)))
    };
    let count: i64 = names().count().get_result(session.conn())?;
    if count > MOST_SEARCHED {
        let expected = format!("at most {MOST_SEARCHED} names to search; find persons by their codes");
        return Err(Invalid::one(FieldError::new("name", Rule::OutOfRange, None, expected)).into());
    }
    let mut hits: Vec<Hit> = Vec::new();
    let mut after = RecordId(uuid::Uuid::nil());
    while hits.len() < limit {
        stop::go_on()?;
        let persons: Vec<RecordId> = names()
            .filter(personal_texts::record_id.gt(after))
            .select(personal_texts::record_id)
            .distinct()
            .order(personal_texts::record_id)
            .limit(500)
            .load(session.conn())?;
        let Some(last) = persons.last() else { break };
        after = *last;
        let own = data_keys::open_many(session.conn(), &keys, &persons)?;
        let rows: Vec<Row> = names()
            .filter(personal_texts::record_id.eq_any(&persons))
            .order((personal_texts::record_id, personal_texts::field))
            .select(Row::as_select())
            .load(session.conn())?;
        let mut opened = Opened(own);
        for row in &rows {
            let text = opened.text(session.conn(), &keys, row)?;
            if !text.is_some_and(|text| matches(&folded(text.reveal()), &asked)) {
                continue;
            }
            match hits.last_mut().filter(|hit| hit.person == row.record_id) {
                Some(hit) => hit.fields.push(row.field.clone()),
                None => hits.push(Hit { person: row.record_id, fields: vec![row.field.clone()] }),
            }
        }
    }
    hits.truncate(limit);
    Ok(hits)
}
