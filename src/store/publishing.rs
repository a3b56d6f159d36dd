//! Making releases: preparing one from a declaration, and publishing it. It is computed once, outside of the write; a digest makes sure,
//! then and when it is published, that nothing has changed that it was computed from.

use std::sync::Arc;

use diesel::prelude::*;

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::policy::Actor;
use crate::domain::record::{RecordId, Times};
use crate::domain::release::declare::DeclarationEntry;

use super::backend::Conn;
use super::chain;
use super::checkpoint::Checkpoint;
use super::database::{Outcome, Store};
use super::error::{StoreError, corrupt};
use super::idempotency;
use super::jobs::Running;
use super::material::{Frozen, Material};
use super::publicity;
use super::released;
use super::releases::{Release, State, by_code, get, missing, note, standing};
use super::schema::releases;
use super::session::Tx;
use super::signatures;

/// How often a release is computed again because something it is made of has changed meanwhile.
const ATTEMPTS: usize = 3;

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
) -> Result<(Release, bool), StoreError> {
    prepare_as(store, actor, entry, key, most_signatures, None)
}

/// The same as a job, whose success is written with the draft.
///
/// # Errors
/// As [`prepare`], or [`StoreError::Cancelled`].
pub fn prepare_as(
    store: &Store,
    actor: &Actor,
    entry: &DeclarationEntry,
    key: Option<&Repeatable>,
    most_signatures: u8,
    job: Option<&Arc<Running>>,
) -> Result<(Release, bool), StoreError> {
    if let Some(key) = key.cloned() {
        let job = job.cloned();
        let looked = store.attempt(actor, "release.prepare", move |tx| {
            let earlier = repeated(tx, &key)?;
            earlier.map_or(Ok(Outcome::Abandon(None)), |release| told(tx, release, job.as_ref()))
        })?;
        if let Outcome::Keep(Some(found)) | Outcome::Abandon(Some(found)) = looked {
            return Ok(found);
        }
    }
    let now = store.times()?;
    for _ in 0..ATTEMPTS {
        let material = store.read(actor, |session| {
            let signatures = signatures::required(session.conn(), most_signatures)?;
            let material = Material::gather(session, entry, now, signatures)?;
            must_be_free(session.conn(), entry)?;
            Ok(material)
        })?;
        let (frozen, digest) = (material.freeze()?, material.digest()?);
        let (settled, key, job) = (material.settled(entry), key.cloned(), job.cloned());
        let outcome = store.attempt(actor, "release.prepare", move |tx| {
            if let Some(key) = &key
                && let Some(release) = repeated(tx, key)?
            {
                return told(tx, release, job.as_ref());
            }
            must_be_free(tx.conn(), &settled)?;
            let signatures = signatures::required(tx.conn(), most_signatures)?;
            if Material::gather(tx.session(), &settled, now, signatures)?.digest()? != digest {
                return Ok(Outcome::Abandon(None));
            }
            let id = keep(tx, &settled, &frozen, &digest, signatures)?;
            if let Some(Repeatable { key, hash }) = &key {
                idempotency::remember(tx, key, hash, id)?;
            }
            job.map_or(Ok(()), |job| job.succeed(tx, &made(id)))?;
            Ok(Outcome::Keep(Some((get(tx.conn(), id)?, false))))
        })?;
        if let Outcome::Keep(Some(found)) | Outcome::Abandon(Some(found)) = outcome {
            return Ok(found);
        }
    }
    Err(StoreError::Outdated)
}

/// What a job says of the release that it made or published.
fn made(id: RecordId) -> serde_json::Value {
    serde_json::json!({"release": id})
}

/// What an earlier request with the key prepared.
fn repeated(tx: &mut Tx<'_>, Repeatable { key, hash }: &Repeatable) -> Result<Option<Release>, StoreError> {
    idempotency::earlier(tx, key, hash)?.map(|earlier| get(tx.conn(), earlier.id)).transpose()
}

/// What an earlier request prepared, as the answer to this one. That a job has come to it is written.
fn told(
    tx: &mut Tx<'_>,
    release: Release,
    job: Option<&Arc<Running>>,
) -> Result<Outcome<Option<(Release, bool)>>, StoreError> {
    let Some(job) = job else { return Ok(Outcome::Abandon(Some((release, true)))) };
    job.succeed(tx, &made(release.id))?;
    Ok(Outcome::Keep(Some((release, true))))
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
    digest: &str,
    signatures: u8,
) -> Result<RecordId, StoreError> {
    let (id, write, account) = (RecordId::new(), tx.write(), tx.actor().account);
    let prepared_at = tx.now();
    diesel::insert_into(releases::table)
        .values((
            releases::id.eq(id),
            releases::code.eq(&frozen.content.id),
            releases::state.eq(State::Prepared.name()),
            releases::declaration.eq(serde_json::to_string(declaration).map_err(corrupt)?),
            releases::content.eq(&frozen.bytes),
            releases::content_hash.eq(&frozen.hash),
            releases::told.eq(&frozen.told),
            releases::digest.eq(digest),
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

/// Publishes a release that is signed, where nothing has changed that it was computed from.
///
/// # Errors
/// [`StoreError::Outdated`] where it would be another one now; [`StoreError::Refused`] where signatures are missing.
pub fn publish(
    store: &Store,
    actor: &Actor,
    id: RecordId,
    seen: i64,
    most_signatures: u8,
) -> Result<Release, StoreError> {
    publish_as(store, actor, id, seen, most_signatures, None)
}

/// The same as a job, whose success is written in the write that makes the release public.
///
/// # Errors
/// As [`publish`], or [`StoreError::Cancelled`].
pub fn publish_as(
    store: &Store,
    actor: &Actor,
    id: RecordId,
    seen: i64,
    most_signatures: u8,
    job: Option<&Arc<Running>>,
) -> Result<Release, StoreError> {
    let job = job.cloned();
    store.write(actor, "release.publish", move |tx| {
        let release = publishable(tx.conn(), id, seen, most_signatures)?;
        // What could be computed before and cannot be any more, is another release.
        let now = Material::gather(tx.session(), &release.declaration, at(&release), own(&release));
        let now = now.map_err(|why| if matches!(why, StoreError::Invalid(_)) { StoreError::Outdated } else { why })?;
        let then: Option<String> = releases::table.find(id).select(releases::digest).first(tx.conn())?;
        if then != Some(now.digest()?) {
            return Err(StoreError::Outdated);
        }
        announce(tx, &release)?;
        job.map_or(Ok(()), |job| job.succeed(tx, &made(id)))?;
        get(tx.conn(), id)
    })
}

fn publishable(conn: &mut Conn, id: RecordId, seen: i64, most_signatures: u8) -> Result<Release, StoreError> {
    let release = standing(conn, id, seen, &[State::Prepared], "only a prepared release is published")?;
    if missing(conn, &release)? > 0 {
        return Err(StoreError::Refused("publishers must sign it first, who are publishers still"));
    }
    // Since it was prepared, a second publisher may have come.
    if signatures::required(conn, most_signatures)? > release.signatures_required {
        return Err(StoreError::Outdated);
    }
    Ok(release)
}

fn own(release: &Release) -> u8 {
    release.signatures_required
}

fn at(release: &Release) -> Times {
    Times { as_of: release.content.as_of, at_write: release.declaration.at_write.unwrap_or(i64::MAX) }
}

/// Makes a release public in this write.
fn announce(tx: &mut Tx<'_>, release: &Release) -> Result<(), StoreError> {
    let keys = tx.session().keys()?;
    let (write, now) = (tx.write(), tx.now());
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
    let prepared = releases::table.find(release.id).select(releases::prepared_write).first(tx.conn())?;
    publicity::publish_signed(tx, &release.content, prepared)?;
    note(tx, release.id, &release.hash);
    Ok(())
}
