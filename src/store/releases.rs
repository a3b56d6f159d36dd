//! Releases as staff see them, and what is done with them that computes nothing: signed, withdrawn, discarded. They are made in
//! [`super::publishing`]; what anybody may read of them comes from [`super::released`].

use diesel::prelude::*;

use crate::domain::check::Checker;
use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId};
use crate::domain::release::content::Content;
use crate::domain::release::declare::DeclarationEntry;
use crate::domain::release::format_1;
use crate::domain::release::plan::Plan;

use super::backend::Conn;
use super::database::Store;
use super::error::{StoreError, corrupt, word};
use super::publicity;
use super::schema::{accounts, release_signatures, releases};
use super::session::Tx;
use super::signatures::{self, SignedBy};

/// How far a release has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Prepared,
    Published,
    Withdrawn,
    Discarded,
}

impl State {
    pub const WORDS: &[(&'static str, Self)] = &[
        ("prepared", Self::Prepared),
        ("published", Self::Published),
        ("withdrawn", Self::Withdrawn),
        ("discarded", Self::Discarded),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
            Self::Discarded => "discarded",
        }
    }
}

/// A release as staff see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    pub id: RecordId,
    pub state: State,
    pub declaration: DeclarationEntry,
    pub content: Content,
    pub hash: String,
    pub plan: Plan,
    pub signatures_required: u8,
    /// In the order in which they signed.
    pub signatures: Vec<SignedBy>,
    pub prepared_by: String,
    pub prepared_at: Instant,
    pub published_at: Option<Instant>,
    /// What the audit was before it was published, signed: the text of a checkpoint.
    pub checkpoint: Option<String>,
    pub notice: Option<String>,
    pub withdrawn_at: Option<Instant>,
    pub withdrawal_reason: Option<String>,
    /// The write that changed it last: its version.
    pub version: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = releases)]
struct Row {
    id: RecordId,
    state: String,
    declaration: String,
    content: String,
    content_hash: String,
    plan: String,
    signatures_required: i32,
    prepared_at: Instant,
    published_at: Option<Instant>,
    checkpoint: Option<String>,
    notice: Option<String>,
    withdrawn_at: Option<Instant>,
    withdrawal_reason: Option<String>,
    changed_write: i64,
}

impl Row {
    fn release(self, conn: &mut Conn, prepared_by: String) -> QueryResult<Release> {
        let signatures = release_signatures::table
            .inner_join(accounts::table.on(accounts::id.eq(release_signatures::account_id)))
            .filter(release_signatures::release_id.eq(self.id))
            .order(release_signatures::write)
            .select((accounts::id, accounts::name, release_signatures::signed_at))
            .load::<(RecordId, String, Instant)>(conn)?;
        let signed = |(id, account, signed_at)| SignedBy { id, account, signed_at };
        let signatures = signatures.into_iter().map(signed).collect();
        let content = Content::from_json(&self.content).map_err(corrupt)?;
        let (declaration, plan) = if content.format == format_1::FORMAT {
            (format_1::declaration(&self.declaration), format_1::plan(&self.plan))
        } else {
            (serde_json::from_str(&self.declaration), serde_json::from_str(&self.plan))
        };
        Ok(Release {
            id: self.id,
            state: word(State::WORDS, &self.state)?,
            declaration: declaration.map_err(corrupt)?,
            content,
            hash: self.content_hash,
            plan: plan.map_err(corrupt)?,
            signatures_required: u8::try_from(self.signatures_required).map_err(corrupt)?,
            signatures,
            prepared_by,
            prepared_at: self.prepared_at,
            published_at: self.published_at,
            checkpoint: self.checkpoint,
            notice: self.notice,
            withdrawn_at: self.withdrawn_at,
            withdrawal_reason: self.withdrawal_reason,
            version: self.changed_write,
        })
    }
}

/// Every release, the one that was prepared last first.
///
/// # Errors
/// The database's own.
pub fn list(conn: &mut Conn) -> Result<Vec<Release>, StoreError> {
    let rows = releases::table
        .inner_join(accounts::table.on(accounts::id.eq(releases::prepared_by)))
        .order(releases::prepared_write.desc())
        .select((Row::as_select(), accounts::name))
        .load::<(Row, String)>(conn)?;
    Ok(rows.into_iter().map(|(row, by)| row.release(conn, by)).collect::<QueryResult<_>>()?)
}

/// One release.
///
/// # Errors
/// [`StoreError::Absent`] where there is none.
pub fn get(conn: &mut Conn, id: RecordId) -> Result<Release, StoreError> {
    let row = releases::table
        .inner_join(accounts::table.on(accounts::id.eq(releases::prepared_by)))
        .filter(releases::id.eq(id))
        .select((Row::as_select(), accounts::name))
        .first::<(Row, String)>(conn)
        .optional()?;
    let (row, by) = row.ok_or(StoreError::Absent("release"))?;
    Ok(row.release(conn, by)?)
}

/// Which release has this name and was not discarded.
///
/// # Errors
/// The database's own.
pub fn by_code(conn: &mut Conn, code: &str) -> QueryResult<Option<RecordId>> {
    releases::table
        .filter(releases::code.eq(code))
        .filter(releases::state.ne(State::Discarded.name()))
        .select(releases::id)
        .first(conn)
        .optional()
}

/// How many signatures a release still needs.
///
/// # Errors
/// The database's own.
pub fn missing(conn: &mut Conn, release: &Release) -> QueryResult<usize> {
    signatures::missing(conn, &release.signatures, release.signatures_required)
}

/// Names a release in the audit entry.
pub(super) fn note(tx: &mut Tx<'_>, id: RecordId, hash: &str) {
    tx.note("release", id.to_string());
    tx.note("sha256", hash);
}

/// The release, where it is in one of these states, and `seen` is its version.
pub(super) fn standing(
    conn: &mut Conn,
    id: RecordId,
    seen: i64,
    states: &[State],
    refused: &'static str,
) -> Result<Release, StoreError> {
    let release = get(conn, id)?;
    if release.version != seen {
        return Err(StoreError::Stale);
    }
    if states.contains(&release.state) { Ok(release) } else { Err(StoreError::Refused(refused)) }
}

/// Signs a release that is prepared.
///
/// # Errors
/// [`StoreError::Refused`] where the account has signed it, or it is not to be signed.
pub fn sign(store: &Store, actor: &Actor, id: RecordId, seen: i64) -> Result<Release, StoreError> {
    store.write(actor, "release.sign", move |tx| {
        let release = standing(tx.conn(), id, seen, &[State::Prepared], "only a prepared release is signed")?;
        let (write, account, signed_at) = (tx.write(), tx.actor().account, tx.now());
        signatures::may_sign(account, &release.signatures, release.signatures_required)?;
        diesel::insert_into(release_signatures::table)
            .values((
                release_signatures::release_id.eq(id),
                release_signatures::account_id.eq(account),
                release_signatures::signed_at.eq(signed_at),
                release_signatures::write.eq(write),
            ))
            .execute(tx.conn())?;
        diesel::update(releases::table.find(id)).set(releases::changed_write.eq(write)).execute(tx.conn())?;
        note(tx, id, &release.hash);
        get(tx.conn(), id)
    })
}

/// Says publicly what a reader must know of a published release; `None` takes it back.
///
/// # Errors
/// [`StoreError::Refused`] where it never was public.
pub fn set_notice(
    store: &Store,
    actor: &Actor,
    id: RecordId,
    seen: i64,
    notice: Option<String>,
) -> Result<Release, StoreError> {
    store.write(actor, "release.notice", move |tx| {
        let public = [State::Published, State::Withdrawn];
        let release = standing(tx.conn(), id, seen, &public, "only a release that was published has a notice")?;
        let mut checker = Checker::new(tx.session());
        let notice = checker.text("notice", notice.as_deref());
        let notice = checker.finish(notice)?;
        let write = tx.write();
        diesel::update(releases::table.find(id))
            .set((releases::notice.eq(notice), releases::changed_write.eq(write)))
            .execute(tx.conn())?;
        note(tx, id, &release.hash);
        get(tx.conn(), id)
    })
}

/// Withdraws a published release as a whole.
///
/// # Errors
/// [`StoreError::Refused`] where it is not public.
pub fn withdraw(
    store: &Store,
    actor: &Actor,
    id: RecordId,
    seen: i64,
    reason: Option<String>,
) -> Result<Release, StoreError> {
    store.write(actor, "release.withdraw", move |tx| {
        let release = standing(tx.conn(), id, seen, &[State::Published], "only a published release is withdrawn")?;
        let mut checker = Checker::new(tx.session());
        let reason = checker.required("reason", reason.as_deref());
        let reason = checker.finish(reason)?;
        let (write, now) = (tx.write(), tx.now());
        diesel::update(releases::table.find(id))
            .set((
                releases::state.eq(State::Withdrawn.name()),
                releases::withdrawn_at.eq(now),
                releases::withdrawal_reason.eq(reason),
                releases::changed_write.eq(write),
            ))
            .execute(tx.conn())?;
        publicity::take_back_signed(tx, &release.content)?;
        note(tx, id, &release.hash);
        get(tx.conn(), id)
    })
}

/// Throws a prepared release away. Its name is free again.
///
/// # Errors
/// [`StoreError::Refused`] where it was published.
pub fn discard(store: &Store, actor: &Actor, id: RecordId, seen: i64) -> Result<Release, StoreError> {
    store.write(actor, "release.discard", move |tx| {
        let refused = "only a prepared release is discarded; a published one is withdrawn";
        let release = standing(tx.conn(), id, seen, &[State::Prepared], refused)?;
        let write = tx.write();
        diesel::update(releases::table.find(id))
            .set((releases::state.eq(State::Discarded.name()), releases::changed_write.eq(write)))
            .execute(tx.conn())?;
        note(tx, id, &release.hash);
        get(tx.conn(), id)
    })
}
