//! The audit chain: one entry a write, each holding the hash of the one before, and the head that orders the writes.
//!
//! Entries carry the name of algorithm and key. Those of the first versions are hashed by SHA-256, those since there is a
//! keyring by HMAC-SHA256 under its key, which does not lie in the database: the first of them covers the hash before it, and
//! so signs all that was there. No entry is rewritten. A chain alone does not show that its end was cut off: a signed
//! checkpoint outside of the database does.

use chrono::NaiveDate;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::domain::record::{Instant, RecordId};

use super::backend::Conn;
use super::error::StoreError;
use super::instance;
use super::schema::{accounts, audit_entries, chain_head};
use super::stop;
use crate::keys::cipher::Key;
use crate::keys::keyring::Keyring;

const PLAIN: &str = "sha256";
const KEYED: &str = "hmac-sha256";
/// The action of the first entry that is made under a keyring's key.
pub(super) const INSTALL: &str = "keyring.install";
/// How many entries are read at once.
const BATCH: i64 = 1_000;

/// The write in progress and what it follows.
#[derive(Debug, Clone)]
pub struct Head {
    pub write: i64,
    pub written_at: Instant,
    previous_hash: String,
}

/// Takes the next number. On PostgreSQL the update locks the row, so that writers stand in line.
pub(super) fn advance(conn: &mut Conn, now: Instant) -> QueryResult<Head> {
    diesel::update(chain_head::table.find(1)).set(chain_head::write.eq(chain_head::write + 1)).execute(conn)?;
    let (write, last, previous_hash) = chain_head::table
        .find(1)
        .select((chain_head::write, chain_head::written_at, chain_head::hash))
        .first::<(i64, Instant, String)>(conn)?;
    // The stamp never decreases, so that the entries stay in order where a clock was set back. Nothing is reckoned from it.
    Ok(Head { write, written_at: now.max(last), previous_hash })
}

/// Appends the entry of the write in progress, under the keyring's key where there is one.
///
/// # Errors
/// The database's own.
pub(super) fn append(
    conn: &mut Conn,
    head: &Head,
    account: RecordId,
    action: &str,
    details: &str,
    keys: Option<&Keyring>,
) -> Result<(), StoreError> {
    let key = keys.map(Keyring::audit).transpose()?;
    let mut entry = Row {
        write: head.write,
        written_at: head.written_at,
        account_id: account,
        action: action.to_owned(),
        details: details.to_owned(),
        algorithm: if key.is_some() { KEYED } else { PLAIN }.to_owned(),
        key_id: key.as_ref().map(|(id, _)| id.clone()),
        previous_hash: head.previous_hash.clone(),
        hash: String::new(),
    };
    entry.hash = entry.digest(key.as_ref().map(|(_, key)| key));
    diesel::insert_into(audit_entries::table).values(&entry).execute(conn)?;
    diesel::update(chain_head::table.find(1))
        .set((chain_head::written_at.eq(entry.written_at), chain_head::hash.eq(&entry.hash)))
        .execute(conn)?;
    Ok(())
}

/// The hash of an entry, where there is such an entry.
///
/// # Errors
/// The database's own.
pub(super) fn hash_of(conn: &mut Conn, write: i64) -> QueryResult<Option<String>> {
    audit_entries::table.find(write).select(audit_entries::hash).first(conn).optional()
}

/// The stamp of the newest write.
pub(super) fn newest_stamp(conn: &mut Conn) -> QueryResult<Instant> {
    chain_head::table.find(1).select(chain_head::written_at).first(conn)
}

/// The number of the newest write.
pub(super) fn newest_write(conn: &mut Conn) -> QueryResult<i64> {
    chain_head::table.find(1).select(chain_head::write).first(conn)
}

/// The last write before a day (UTC) began.
pub(super) fn last_write_before(conn: &mut Conn, day: NaiveDate) -> QueryResult<Option<i64>> {
    audit_entries::table
        .filter(audit_entries::written_at.lt(Instant::start_of(day)))
        .order(audit_entries::write.desc())
        .select(audit_entries::write)
        .first(conn)
        .optional()
}

/// Whether a write was the last one of its day (UTC), and that day is over; or is one of the first day of all, or of a day that has not
/// come: a clock ran ahead then, and nobody knows on which day it was made.
pub(super) fn ends_a_day(conn: &mut Conn, write: i64, today: NaiveDate) -> QueryResult<bool> {
    let stamp = |conn: &mut Conn, least: i64| -> QueryResult<Option<NaiveDate>> {
        let first = audit_entries::table.filter(audit_entries::write.ge(least)).order(audit_entries::write);
        let stamp: Option<Instant> = first.select(audit_entries::written_at).first(conn).optional()?;
        Ok(stamp.map(Instant::day))
    };
    let (first, own, next) = (stamp(conn, 0)?, stamp(conn, write)?, stamp(conn, write + 1)?);
    Ok(own == first || own > Some(today) || own != next && own < Some(today))
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
struct Row {
    write: i64,
    written_at: Instant,
    account_id: RecordId,
    action: String,
    details: String,
    algorithm: String,
    key_id: Option<String>,
    previous_hash: String,
    hash: String,
}

impl Row {
    /// JSON keeps the words apart: no two entries have the same text.
    fn digest(&self, key: Option<&Key>) -> String {
        let words = serde_json::json!([
            self.algorithm,
            self.key_id,
            self.previous_hash,
            self.write,
            self.written_at.0.timestamp_micros(),
            self.account_id.to_string(),
            self.action,
            self.details,
        ]);
        match key {
            Some(key) => hex(&key.mac(words.to_string().as_bytes())),
            None => hex(&Sha256::digest(words.to_string())),
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub write: i64,
    pub written_at: Instant,
    pub account: String,
    pub action: String,
    /// Identifiers and codes only.
    pub details: serde_json::Value,
    pub algorithm: String,
    pub key_id: Option<String>,
    pub hash: String,
}

/// The newest entries before a write, newest first.
///
/// # Errors
/// The database's own.
pub fn entries(conn: &mut Conn, before: Option<i64>, limit: i64) -> QueryResult<Vec<AuditEntry>> {
    let mut query = audit_entries::table
        .inner_join(accounts::table.on(accounts::id.eq(audit_entries::account_id)))
        .select((Row::as_select(), accounts::name))
        .order(audit_entries::write.desc())
        .limit(limit)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(audit_entries::write.lt(before));
    }
    let rows = query.load::<(Row, String)>(conn)?;
    rows.into_iter()
        .map(|(row, account)| {
            let details = serde_json::from_str(&row.details).map_err(super::error::corrupt)?;
            let Row { write, written_at, action, algorithm, key_id, hash, .. } = row;
            Ok(AuditEntry { write, written_at, account, action, details, algorithm, key_id, hash })
        })
        .collect()
}

/// What recomputing the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry is as it was written.
    Intact {
        entries: i64,
        hash: String,
        /// Whether entries are made under a key. Without one whoever can write to the database can have computed all of it.
        keyed: bool,
    },
    /// The entries from this one on are in line, but without the keyring nobody can say whether they are as they were written.
    Unread { write: i64 },
    /// The first entry that is not.
    Broken { write: i64, why: &'static str },
}

/// Recomputes the whole chain. `progress` is told how many entries are done, of how many.
///
/// A database that names a keyring has the entry of that, under the keyring's key, and no entry without a key after it: so
/// nobody cuts the keyed entries off and computes others in their place.
///
/// # Errors
/// The database's own.
pub fn verify(
    conn: &mut Conn,
    keys: Option<&Keyring>,
    mut progress: impl FnMut(i64, i64),
) -> Result<Verdict, StoreError> {
    let audit = keys.map(Keyring::audit).transpose()?;
    // In one statement: while others write, two would see two moments.
    let last = audit_entries::table.select(diesel::dsl::max(audit_entries::write)).single_value();
    let named = instance::named_keyring().single_value();
    let (newest, head_hash, last, named) = chain_head::table
        .find(1)
        .select((chain_head::write, chain_head::hash, last, named))
        .first::<(i64, String, Option<i64>, Option<String>)>(conn)?;
    let broken = |write, why| Ok(Verdict::Broken { write, why });
    // Whoever holds a keyring knows which one it must be, whatever the database says.
    let keyring = keys.map(|keys| keys.id().to_string()).or_else(|| named.clone());
    let mut walk = Walk { audit, keyring, keyed_from: None, done: 0, previous: "0".repeat(64) };
    loop {
        stop::go_on()?;
        let rows = audit_entries::table
            .filter(audit_entries::write.gt(walk.done))
            // What is written meanwhile is for the next time.
            .filter(audit_entries::write.le(newest))
            .order(audit_entries::write)
            .limit(BATCH)
            .select(Row::as_select())
            .load(conn)?;
        for row in &rows {
            if let Some((write, why)) = walk.step(row) {
                return broken(write, why);
            }
        }
        progress(walk.done, newest);
        if rows.is_empty() {
            break;
        }
    }
    if last.is_some_and(|last| last > newest) {
        return broken(newest + 1, "the head of the chain does not know of it");
    }
    if walk.done != newest {
        return broken(walk.done + 1, "the entry is missing");
    }
    if walk.previous != head_hash {
        return broken(newest, "the head of the chain was changed");
    }
    if walk.keyring.is_some() && walk.keyed_from.is_none() {
        return broken(newest + 1, "the entry is missing with which the keyring was installed");
    }
    match walk.keyed_from {
        Some(write) if named != walk.keyring => broken(write, "the database does not name this keyring any more"),
        Some(write) if walk.audit.is_none() => Ok(Verdict::Unread { write }),
        keyed => Ok(Verdict::Intact { entries: walk.done, hash: head_hash, keyed: keyed.is_some() }),
    }
}

/// How far the recomputing has come.
struct Walk {
    /// The key of the audit with its name, where the keyring is open.
    audit: Option<(String, Key)>,
    /// The keyring that must have been installed.
    keyring: Option<String>,
    /// The first entry that has a key.
    keyed_from: Option<i64>,
    done: i64,
    previous: String,
}

impl Walk {
    /// Goes on by an entry, or says which one is wrong, and why.
    fn step(&mut self, row: &Row) -> Option<(i64, &'static str)> {
        if row.write != self.done + 1 {
            return Some((self.done + 1, "the entry is missing"));
        }
        if row.previous_hash != self.previous {
            return Some((row.write, "it does not follow the entry before"));
        }
        if let Err(why) = self.check(row) {
            return Some((row.write, why));
        }
        self.done = row.write;
        self.previous.clone_from(&row.hash);
        None
    }

    fn check(&mut self, row: &Row) -> Result<(), &'static str> {
        let key = match (row.algorithm.as_str(), row.key_id.as_deref(), &self.audit) {
            (PLAIN, None, _) if self.keyed_from.is_some() => return Err("it has no key, and an entry before it has"),
            (PLAIN, None, _) => None,
            (KEYED, Some(id), Some((own, key))) if id == own => Some(key),
            // Only its place can be checked.
            (KEYED, Some(_), None) => return self.note_keyed(row),
            _ => return Err("it names a key that there is not"),
        };
        if row.hash != row.digest(key) {
            return Err("it was changed");
        }
        if key.is_some() { self.note_keyed(row) } else { Ok(()) }
    }

    /// The first entry with a key says which keyring it is.
    fn note_keyed(&mut self, row: &Row) -> Result<(), &'static str> {
        if self.keyed_from.is_some() {
            return Ok(());
        }
        let Some(keyring) = &self.keyring else {
            return Err("it has a key, and the database names no keyring any more");
        };
        if row.action != INSTALL || !row.details.contains(&format!("\"{keyring}\"")) {
            return Err("it has a key, and the database's keyring was not installed before it");
        }
        self.keyed_from = Some(row.write);
        Ok(())
    }
}
