//! Releases as publishers make them: prepared from a declaration, signed, published, and perhaps withdrawn. What anybody may read of
//! them comes from [`super::released`].

use diesel::prelude::*;

use crate::domain::check::{Checker, FieldError, Invalid, Rule};
use crate::domain::policy::{Actor, Role};
use crate::domain::record::{Instant, RecordId, Times};
use crate::domain::release::content::Content;
use crate::domain::release::declare::DeclarationEntry;
use crate::domain::release::mask::Progress;
use crate::domain::release::plan::Plan;

use super::accounts::{HOST, State as AccountState};
use super::backend::Conn;
use super::chain;
use super::checkpoint::Checkpoint;
use super::database::{Outcome, Store};
use super::error::{StoreError, corrupt, word};
use super::idempotency;
use super::material::{Frozen, Material};
use super::released;
use super::schema::{accounts, release_signatures, releases};
use super::session::Tx;

/// How often a release is computed again because something it is made of has changed meanwhile.
const ATTEMPTS: usize = 3;

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

/// Who signed a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    pub account: String,
    pub signed_at: Instant,
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
            .select((accounts::name, release_signatures::signed_at))
            .load::<(String, Instant)>(conn)?;
        let signatures = signatures.into_iter().map(|(account, signed_at)| SignedBy { account, signed_at }).collect();
        Ok(Release {
            id: self.id,
            state: word(State::WORDS, &self.state)?,
            declaration: serde_json::from_str(&self.declaration).map_err(corrupt)?,
            content: Content::from_json(&self.content).map_err(corrupt)?,
            hash: self.content_hash,
            plan: serde_json::from_str(&self.plan).map_err(corrupt)?,
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

/// How many publishers must sign: two where the organisation has two, unless it has set `most` to one.
///
/// # Errors
/// The database's own.
pub fn signatures_required(conn: &mut Conn, most: u8) -> QueryResult<u8> {
    let publishers: i64 = accounts::table
        .filter(accounts::role.eq(Role::Publisher.name()))
        .filter(accounts::state.eq(AccountState::Active.name()))
        .filter(accounts::id.ne(HOST))
        .count()
        .get_result(conn)?;
    Ok(if publishers >= 2 && most >= 2 { 2 } else { 1 })
}

/// A request that may come twice: its key, and what tells it from others.
#[derive(Debug, Clone)]
pub struct Repeatable {
    pub key: String,
    pub hash: String,
}

/// Prepares a release: computes it and freezes it as a draft. Gives it, and whether an earlier request had prepared it already.
///
/// # Errors
/// [`StoreError::Invalid`] with every mistake of the declaration; [`StoreError::Blocked`] with what stands in the way, and nothing is
/// kept.
pub fn prepare(
    store: &Store,
    actor: &Actor,
    entry: &DeclarationEntry,
    key: Option<&Repeatable>,
    most_signatures: u8,
    progress: Progress<'_>,
) -> Result<(Release, bool), StoreError> {
    if let Some(key) = key.cloned() {
        let looked = store.attempt(actor, "release.prepare", move |tx| Ok(Outcome::Abandon(repeated(tx, &key)?)))?;
        if let Outcome::Keep(Some(release)) | Outcome::Abandon(Some(release)) = looked {
            return Ok((release, true));
        }
    }
    let now = store.times()?;
    for _ in 0..ATTEMPTS {
        let material = store.read(actor, |session| {
            let signatures = signatures_required(session.conn(), most_signatures)?;
            let material = Material::gather(session, entry, now, signatures)?;
            must_be_free(session.conn(), entry)?;
            Ok(material)
        })?;
        let frozen = material.freeze(progress)?;
        let (settled, key) = (material.settled(entry), key.cloned());
        let outcome = store.attempt(actor, "release.prepare", move |tx| {
            if let Some(key) = &key
                && let Some(release) = repeated(tx, key)?
            {
                return Ok(Outcome::Abandon(Some(release)));
            }
            must_be_free(tx.conn(), &settled)?;
            let signatures = signatures_required(tx.conn(), most_signatures)?;
            if Material::gather(tx.session(), &settled, now, signatures)? != material {
                return Ok(Outcome::Abandon(None));
            }
            let id = keep(tx, &settled, &frozen, signatures)?;
            if let Some(Repeatable { key, hash }) = &key {
                idempotency::remember(tx, key, hash, id)?;
            }
            Ok(Outcome::Keep(Some(get(tx.conn(), id)?)))
        })?;
        match outcome {
            Outcome::Keep(Some(release)) => return Ok((release, false)),
            Outcome::Abandon(Some(release)) => return Ok((release, true)),
            Outcome::Keep(None) | Outcome::Abandon(None) => {}
        }
    }
    Err(StoreError::Outdated)
}

/// What an earlier request with the key prepared.
fn repeated(tx: &mut Tx<'_>, Repeatable { key, hash }: &Repeatable) -> Result<Option<Release>, StoreError> {
    idempotency::earlier(tx, key, hash)?.map(|earlier| get(tx.conn(), earlier.id)).transpose()
}

fn must_be_free(conn: &mut Conn, entry: &DeclarationEntry) -> Result<(), StoreError> {
    let code = entry.id.as_deref().unwrap_or_default().trim();
    let Some(_) = by_code(conn, code)? else { return Ok(()) };
    let expected = "a name that no release has; one that is only prepared gives it back when it is discarded";
    Err(Invalid::one(FieldError::new("id", Rule::Taken, Some(code), expected)).into())
}

fn keep(
    tx: &mut Tx<'_>,
    declaration: &DeclarationEntry,
    frozen: &Frozen,
    signatures: u8,
) -> Result<RecordId, StoreError> {
    let (id, write, account) = (RecordId::new(), tx.write(), tx.actor().account);
    let prepared_at = tx.written_at();
    diesel::insert_into(releases::table)
        .values((
            releases::id.eq(id),
            releases::code.eq(&frozen.content.id),
            releases::state.eq(State::Prepared.name()),
            releases::declaration.eq(serde_json::to_string(declaration).map_err(corrupt)?),
            releases::content.eq(&frozen.bytes),
            releases::content_hash.eq(&frozen.hash),
            releases::plan.eq(serde_json::to_string(&frozen.plan).map_err(corrupt)?),
            releases::signatures_required.eq(i32::from(signatures)),
            releases::prepared_by.eq(account),
            releases::prepared_at.eq(prepared_at),
            releases::prepared_write.eq(write),
            releases::changed_write.eq(write),
        ))
        .execute(tx.conn())?;
    note(tx, id, &frozen.hash);
    Ok(id)
}

fn note(tx: &mut Tx<'_>, id: RecordId, hash: &str) {
    tx.note("release", id.to_string());
    tx.note("sha256", hash);
}

/// The release, where it is in this state, and `seen` is its version.
fn standing(
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
        let (write, account, signed_at) = (tx.write(), tx.actor().account, tx.written_at());
        if account == HOST && release.signatures_required > 1 {
            return Err(StoreError::Refused("two people must sign, and the machine itself is none"));
        }
        let signed = diesel::dsl::exists(release_signatures::table.find((id, account)));
        if diesel::select(signed).get_result(tx.conn())? {
            return Err(StoreError::Refused("you have signed it; somebody else must sign too"));
        }
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

/// Publishes a release that is signed: computes it again, and refuses where it would not be the same.
///
/// # Errors
/// [`StoreError::Outdated`] where it would be another one now; [`StoreError::Refused`] where signatures are missing.
pub fn publish(
    store: &Store,
    actor: &Actor,
    id: RecordId,
    seen: i64,
    most_signatures: u8,
    progress: Progress<'_>,
) -> Result<Release, StoreError> {
    for _ in 0..ATTEMPTS {
        let (release, material) = store.read(actor, |session| {
            let release = publishable(session.conn(), id, seen, most_signatures)?;
            let material = again(Material::gather(session, &release.declaration, at(&release), own(&release)))?;
            Ok((release, material))
        })?;
        if again(material.freeze(progress))?.hash != release.hash {
            return Err(StoreError::Outdated);
        }
        let outcome = store.attempt(actor, "release.publish", move |tx| {
            let release = publishable(tx.conn(), id, seen, most_signatures)?;
            let now = again(Material::gather(tx.session(), &release.declaration, at(&release), own(&release)))?;
            if now != material {
                return Ok(Outcome::Abandon(None));
            }
            announce(tx, &release)?;
            Ok(Outcome::Keep(Some(get(tx.conn(), id)?)))
        })?;
        if let Outcome::Keep(Some(release)) = outcome {
            return Ok(release);
        }
    }
    Err(StoreError::Outdated)
}

fn publishable(conn: &mut Conn, id: RecordId, seen: i64, most_signatures: u8) -> Result<Release, StoreError> {
    let release = standing(conn, id, seen, &[State::Prepared], "only a prepared release is published")?;
    if release.signatures.len() < usize::from(release.signatures_required) {
        return Err(StoreError::Refused("publishers must sign it first"));
    }
    // Since it was prepared, a second publisher may have come.
    if signatures_required(conn, most_signatures)? > release.signatures_required {
        return Err(StoreError::Outdated);
    }
    Ok(release)
}

fn own(release: &Release) -> u8 {
    release.signatures_required
}

fn at(release: &Release) -> Times {
    Times { as_of: release.content.as_of, at_write: release.content.at_write }
}

/// What could be computed before and cannot be any more, is another release.
fn again<T>(found: Result<T, StoreError>) -> Result<T, StoreError> {
    found.map_err(|why| match why {
        StoreError::Invalid(_) | StoreError::Blocked(_) => StoreError::Outdated,
        why => why,
    })
}

/// Makes a release public in this write.
fn announce(tx: &mut Tx<'_>, release: &Release) -> Result<(), StoreError> {
    let keys = tx.session().keys()?;
    let (write, now) = (tx.write(), tx.written_at());
    // The audit up to here: this write's own entry is made when it ends.
    let before = write - 1;
    let head = chain::hash_of(tx.conn(), before)?.ok_or_else(|| corrupt("the audit lacks its newest entry"))?;
    let checkpoint = Checkpoint::sign(&keys, before, &head, now)?.to_json();
    let (signature, public_key) = released::sign(&keys.signing()?, &release.hash);
    diesel::update(releases::table.find(release.id))
        .set((
            releases::state.eq(State::Published.name()),
            releases::published_at.eq(now),
            releases::published_write.eq(write),
            releases::signature.eq(signature),
            releases::public_key.eq(public_key),
            releases::checkpoint.eq(checkpoint),
            releases::changed_write.eq(write),
        ))
        .execute(tx.conn())?;
    note(tx, release.id, &release.hash);
    Ok(())
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
        let (write, now) = (tx.write(), tx.written_at());
        diesel::update(releases::table.find(id))
            .set((
                releases::state.eq(State::Withdrawn.name()),
                releases::withdrawn_at.eq(now),
                releases::withdrawal_reason.eq(reason),
                releases::changed_write.eq(write),
            ))
            .execute(tx.conn())?;
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
