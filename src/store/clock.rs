//! The two clocks. The audit's stamp never decreases and orders the entries; everything that is reckoned in time uses the wall
//! clock. Where the wall clock is behind the stamp, one of the two was wrong, and somebody has to be told.

use chrono::{NaiveDate, TimeDelta};
use diesel::QueryResult;

use crate::domain::consent::ConsentEntry;
use crate::domain::event::EventEntry;
use crate::domain::figure::FigureEntry;
use crate::domain::incident::IncidentEntry;
use crate::domain::linkage::LinkageEntry;
use crate::domain::person::PersonEntry;
use crate::domain::policy::Actor;
use crate::domain::publication::PublicationEntry;
use crate::domain::record::{Instant, Noun, RecordId, Stamp};
use crate::domain::source::SourceEntry;
use crate::domain::term::TermEntry;

use super::backend::Conn;
use super::chain;
use super::database::Store;
use super::error::StoreError;
use super::records::{Stored, Which};
use super::session::Tx;

/// By how much the clocks of two processes, or of a phone, may differ before it is told: five steps of a second factor.
pub const TOLERANCE: TimeDelta = TimeDelta::seconds(150);

/// How long ago something was, by a clock that may be behind the one by which it was noted: never negative. What lies further
/// ahead than [`TOLERANCE`] was noted by a wrong clock, and says nothing: `None`.
pub fn since(then: Instant, now: Instant) -> Option<TimeDelta> {
    let elapsed = now.0 - then.0;
    (elapsed >= -TOLERANCE).then(|| elapsed.max(TimeDelta::zero()))
}

/// The newest time at which something can have been made that is used now. What gives access and is newer was made under a
/// clock that ran ahead, and would live too long.
pub(super) fn latest(now: Instant) -> Instant {
    Instant::new(now.0 + TOLERANCE)
}

/// By how much the wall clock is behind the stamp of the newest write, where that is more than [`TOLERANCE`].
///
/// # Errors
/// [`StoreError::Unavailable`].
pub fn behind(store: &Store) -> Result<Option<TimeDelta>, StoreError> {
    store.look(|conn| Ok(behind_in(conn, store.now())?))
}

/// The same, as one connection sees it.
pub(super) fn behind_in(conn: &mut Conn, now: Instant) -> QueryResult<Option<TimeDelta>> {
    let behind = chain::newest_stamp(conn)?.0 - now.0;
    Ok((behind > TOLERANCE).then_some(behind))
}

/// A version that is known only from a day that has not come: no count has it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    pub noun: Noun,
    pub id: RecordId,
    pub known_on: NaiveDate,
}

/// Runs a function for the entry type of every noun, one after the other.
macro_rules! every_noun {
    ($function:ident($($argument:expr),*)) => {{
        $function::<TermEntry>($($argument),*)?;
        $function::<EventEntry>($($argument),*)?;
        $function::<PublicationEntry>($($argument),*)?;
        $function::<FigureEntry>($($argument),*)?;
        $function::<SourceEntry>($($argument),*)?;
        $function::<PersonEntry>($($argument),*)?;
        $function::<IncidentEntry>($($argument),*)?;
        $function::<LinkageEntry>($($argument),*)?;
        $function::<ConsentEntry>($($argument),*)?;
    }};
}

/// The newest versions that are known only from a day that has not come.
///
/// # Errors
/// The database's own.
pub fn ahead(store: &Store) -> Result<Vec<Ahead>, StoreError> {
    let today = store.now().day();
    store.look(|conn| {
        let mut found = Vec::new();
        every_noun!(list(conn, today, &mut found));
        Ok(found)
    })
}

fn list<E: Stored>(conn: &mut Conn, today: NaiveDate, found: &mut Vec<Ahead>) -> Result<(), StoreError> {
    let rows = E::known_after(conn, today)?;
    found.extend(rows.into_iter().map(|(id, known_on)| Ahead { noun: E::NOUN, id, known_on }));
    Ok(())
}

/// Gives every record whose newest version is known only from a day that has not come a new version, which says the same and
/// is known from today. Nothing is overwritten, so answers at an earlier write stay as they were. Gives what was repaired.
///
/// # Errors
/// The database's own. Nothing was changed.
pub fn repair(store: &Store, actor: &Actor) -> Result<Vec<Ahead>, StoreError> {
    if ahead(store)?.is_empty() {
        return Ok(Vec::new());
    }
    store.write(actor, "clock.repair", |tx| {
        let mut found = Vec::new();
        every_noun!(bring_back(tx, &mut found));
        let days = found.iter().map(|one: &Ahead| serde_json::json!([one.id.to_string(), one.known_on.to_string()]));
        tx.note("known_on", days.collect::<Vec<_>>());
        Ok(found)
    })
}

fn bring_back<E: Stored>(tx: &mut Tx<'_>, repaired: &mut Vec<Ahead>) -> Result<(), StoreError> {
    const BATCH: usize = 500;
    let (today, write) = (tx.now().day(), tx.write());
    let mut found = Vec::new();
    list::<E>(tx.conn(), today, &mut found)?;
    let ids: Vec<_> = found.iter().map(|one| one.id).collect();
    for ids in ids.chunks(BATCH) {
        for (id, stamp, body) in E::versions(tx.conn(), ids, Which::Current)? {
            E::supersede(tx.conn(), id, write)?;
            let reason = Some("the clock was ahead when this was written".to_owned());
            let stamp = Stamp { write, known_on: today, reason, superseded_by: None, ..stamp };
            E::insert(tx.conn(), id, &stamp, &body)?;
            tx.touch(E::NOUN, id);
        }
    }
    repaired.extend(found);
    Ok(())
}
