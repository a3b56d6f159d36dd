//! Releases, for those who make them: how much is told and withheld, who signed, and what is done with them.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::disclosure;
use crate::domain::record::{Instant, RecordId};
use crate::domain::release::content::{Content, Texts, Value};
use crate::domain::release::declare::DeclarationEntry;
use crate::domain::release::plan::Plan;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::jobs::Key;
use crate::store::releases::{self, Release};

use super::records::Page;
use crate::http::auth::{Allowed, ReadReleases, Release as MakeReleases};
use crate::http::jobs::{JobView, accepted, ask, made_by, marked, preparing, publishing};
use crate::http::problem::Problem;
use crate::http::public::shelf::Shelf;
use crate::http::reply::Reply;
use crate::http::request::{Body, IdempotencyKey, IfMatch, Preference, RecordPath};
use crate::http::state::Records;

/// How many publishers must sign a release at most.
#[derive(Debug, Clone, Copy)]
pub struct MostSignatures(pub u8);

/// A release in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "code": "2018-04-03", "state": "published",
    "version": 12, "title": {"en": "Persecution in Chechnya"}, "publisher": "Russian LGBT Network", "date": "2018-04-03",
    "as_of": "2018-04-03", "at_write": 7, "persons": 5, "tables": 2, "cells": 24, "withheld": 6,
    "figures": ["lgbtnet-2018-04-03:evacuated"], "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "signatures_required": 2, "signatures": [{"account": "anna", "signed_at": "2026-11-22T10:00:00Z"}], "prepared_by": "anna",
    "prepared_at": "2026-11-22T10:00:00Z", "published_at": null, "notice": null, "withdrawn_at": null,
    "withdrawal_reason": null}))]
pub struct ReleaseView {
    pub id: RecordId,
    /// What it is called in addresses.
    pub code: String,
    /// `prepared`, `published`, `withdrawn` or `discarded`
    pub state: &'static str,
    /// The write that changed it last: its entity tag.
    pub version: i64,
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub title: Texts,
    pub publisher: String,
    pub date: NaiveDate,
    pub as_of: NaiveDate,
    pub at_write: i64,
    /// How many persons from case files stand behind every number, at least.
    pub persons: u32,
    /// How many tables it has.
    pub tables: usize,
    /// How many cells they have, totals too.
    pub cells: usize,
    /// How many of them are withheld.
    pub withheld: usize,
    /// The figures that it signs.
    pub figures: Vec<String>,
    /// SHA-256 of what is frozen.
    pub sha256: String,
    pub signatures_required: u8,
    pub signatures: Vec<SignatureView>,
    pub prepared_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub prepared_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Instant>,
    /// What is said of it publicly since it was published.
    pub notice: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Instant>,
    /// For staff alone.
    pub withdrawal_reason: Option<String>,
}

/// Who signed a release.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignatureView {
    pub account: String,
    #[schema(value_type = String, format = DateTime)]
    pub signed_at: Instant,
}

/// A release with the plan by which it was made, which is never public.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WholeRelease {
    #[serde(flatten)]
    pub release: ReleaseView,
    /// As it was declared, with all its times.
    pub declaration: DeclarationEntry,
    pub plan: Plan,
    /// What the audit was before the release was published, signed: the text of a checkpoint file.
    pub checkpoint: Option<String>,
}

/// What a reader must know of a release.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"notice": "Two numbers are corrected in the release 2018-05-01."}))]
pub struct NoticeEntry {
    /// Public, so no personal text; taken back where it is missing.
    pub notice: Option<String>,
}

/// Why a release is withdrawn.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"reason": "consent was withdrawn"}))]
pub struct WithdrawalEntry {
    /// Why, for staff; no personal text.
    #[schema(required = true, nullable = false)]
    pub reason: Option<String>,
}

impl ReleaseView {
    fn new(release: &Release) -> Self {
        let Content { id, title, publisher, date, as_of, persons, tables, figures, .. } = &release.content;
        let cells = || tables.iter().flat_map(|table| &table.cells);
        let signatures = release.signatures.iter();
        Self {
            id: release.id,
            code: id.clone(),
            state: release.state.name(),
            version: release.version,
            title: title.clone(),
            publisher: publisher.clone(),
            date: *date,
            as_of: *as_of,
            at_write: release.declaration.at_write.unwrap_or_default(),
            persons: *persons,
            tables: tables.len(),
            cells: cells().count(),
            withheld: cells().filter(|cell| cell.value == Value::Withheld).count(),
            figures: figures.iter().map(|figure| figure.id.clone()).collect(),
            sha256: release.hash.clone(),
            signatures_required: release.signatures_required,
            signatures: signatures
                .map(|by| SignatureView { account: by.account.clone(), signed_at: by.signed_at })
                .collect(),
            prepared_by: release.prepared_by.clone(),
            prepared_at: release.prepared_at,
            published_at: release.published_at,
            notice: release.notice.clone(),
            withdrawn_at: release.withdrawn_at,
            withdrawal_reason: release.withdrawal_reason.clone(),
        }
    }
}

fn whole<P>(allowed: &Allowed<P>, release: Release) -> Reply {
    let view = ReleaseView::new(&release);
    let Release { declaration, plan, checkpoint, version, .. } = release;
    let whole = WholeRelease { release: view, declaration, plan, checkpoint };
    Reply::json(&disclosure::to_permitted(allowed.permit(), whole)).version(version)
}

/// How long an answer usually waits for a release to be computed.
const USUAL: Duration = Duration::from_secs(20);

/// Prepare a release: it is computed, masked and frozen as a draft. The answer holds the plan: how much of each table is
/// told and withheld. Where something stands in the way, nothing is kept, and the problem lists it as `blocks`. A large one takes longer than
/// an answer waits: then that is 202 with the address of the job.
#[utoipa::path(
    tag = "releases",
    operation_id = "prepare_release",
    params(("Idempotency-Key" = Option<String>, Header,
            description = "Makes sending twice safe: 1 to 128 visible ASCII characters"),
        ("Prefer" = Option<String>, Header,
            description = "`wait=N`: wait up to N seconds, 25 at most, 20 where it is missing; `respond-async`: do not wait")),
    request_body = DeclarationEntry,
    security(("bearer" = ["release"])),
    responses((status = 201, description = "The draft with its plan", body = WholeRelease,
        headers(("ETag" = String, description = "the version"), ("Location" = String, description = "its address"))),
        (status = 202, description = "It is not done yet", body = JobView,
            headers(("Location" = String, description = "where the job is told of"))))
)]
#[post("")]
pub async fn prepare(
    allowed: Allowed<MakeReleases>,
    store: Data<Records>,
    key: IdempotencyKey,
    preference: Preference,
    body: Body,
) -> Result<Reply, Problem> {
    let key = key.get()?.map(|key| Key { key, request: body.hash("release") });
    let new = preparing(body.read()?, key)?;
    let (job, is_new) = ask(&store, allowed.actor(), new, preference, USUAL).await?;
    let reply = match made_by(&job) {
        None => accepted(allowed.permit(), &job),
        Some(id) => {
            let release = store.run(move |store| store.look(|conn| releases::get(conn, id))).await?;
            let location = format!("/api/v1/staff/releases/{id}");
            whole(&allowed, release).status(StatusCode::CREATED).header(header::LOCATION, location)
        }
    };
    Ok(marked(reply, preference, is_new))
}

/// List every release, the one that was prepared last first.
#[utoipa::path(
    tag = "releases",
    operation_id = "list_all_releases",
    security(("bearer" = ["read_releases"])),
    responses((status = 200, description = "All of them", body = Page<ReleaseView>))
)]
#[get("")]
pub async fn list(allowed: Allowed<ReadReleases>, store: Data<Records>) -> Result<Reply, Problem> {
    let found = store.run(|store| store.look(releases::list)).await?;
    let page = Page { items: found.iter().map(ReleaseView::new).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), page)))
}

/// Read a release: its declaration, its plan and who signed.
#[utoipa::path(
    tag = "releases",
    operation_id = "get_release_plan",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["read_releases"])),
    responses((status = 200, description = "The release", body = WholeRelease,
        headers(("ETag" = String, description = "the version"))))
)]
#[get("/{id}")]
pub async fn get(allowed: Allowed<ReadReleases>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let id = path.get()?;
    let found = store.run(move |store| store.look(|conn| releases::get(conn, id))).await?;
    Ok(whole(&allowed, found))
}

type Change = fn(&Store, &crate::domain::policy::Actor, RecordId, i64) -> Result<Release, StoreError>;

async fn change(
    allowed: Allowed<MakeReleases>,
    store: &Records,
    path: RecordPath,
    seen: IfMatch,
    change: Change,
) -> Result<Reply, Problem> {
    let (id, seen, actor) = (path.get()?, seen.get()?, allowed.actor());
    let changed = store.run(move |store| change(store, &actor, id, seen)).await?;
    Ok(whole(&allowed, changed))
}

/// Sign a prepared release, once each.
#[utoipa::path(
    tag = "releases",
    operation_id = "sign_release",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    security(("bearer" = ["release"])),
    responses((status = 200, description = "Signed", body = WholeRelease,
        headers(("ETag" = String, description = "the version"))))
)]
#[post("/{id}/sign")]
pub async fn sign(
    allowed: Allowed<MakeReleases>,
    store: Data<Records>,
    path: RecordPath,
    seen: IfMatch,
) -> Result<Reply, Problem> {
    change(allowed, &store, path, seen, releases::sign).await
}

/// Publish a release that all signed who must. It is refused where anything has changed that it was computed from, as where somebody has
/// withdrawn consent since. A large one takes longer than an answer waits: then that is 202 with the address of the job, whose state
/// tells whether it is public.
#[utoipa::path(
    tag = "releases",
    operation_id = "publish_release",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read"),
        ("Idempotency-Key" = Option<String>, Header,
            description = "Makes sending twice safe: 1 to 128 visible ASCII characters"),
        ("Prefer" = Option<String>, Header,
            description = "`wait=N`: wait up to N seconds, 25 at most, 20 where it is missing; `respond-async`: do not wait")),
    security(("bearer" = ["release"])),
    responses((status = 200, description = "It is public", body = WholeRelease,
        headers(("ETag" = String, description = "the version"))),
        (status = 202, description = "It is not done yet", body = JobView,
            headers(("Location" = String, description = "where the job is told of"))))
)]
#[post("/{id}/publish")]
pub async fn publish(
    allowed: Allowed<MakeReleases>,
    store: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
    seen: IfMatch,
    key: IdempotencyKey,
    preference: Preference,
) -> Result<Reply, Problem> {
    let (id, seen, actor) = (path.get()?, seen.get()?, allowed.actor());
    let key = key.get()?.map(|key| Key { key, request: format!("publish {id} {seen}") });
    let (job, is_new) = ask(&store, actor, publishing(id, seen, key), preference, USUAL).await?;
    let reply = match made_by(&job) {
        None => accepted(allowed.permit(), &job),
        Some(id) => {
            let work = move |store: &Store| {
                shelf.renew_soon();
                store.look(|conn| releases::get(conn, id))
            };
            whole(&allowed, store.run(work).await?)
        }
    };
    Ok(marked(reply, preference, is_new))
}

/// Say publicly what a reader must know of a release that was published, or take that back.
#[utoipa::path(
    tag = "releases",
    operation_id = "set_release_notice",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    request_body = NoticeEntry,
    security(("bearer" = ["release"])),
    responses((status = 200, description = "It is said", body = WholeRelease,
        headers(("ETag" = String, description = "the version"))))
)]
#[post("/{id}/notice")]
pub async fn set_notice(
    allowed: Allowed<MakeReleases>,
    store: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
) -> Result<Reply, Problem> {
    let (id, seen, actor) = (path.get()?, seen.get()?, allowed.actor());
    let NoticeEntry { notice } = body.read()?;
    let work = move |store: &Store| {
        let changed = releases::set_notice(store, &actor, id, seen, notice)?;
        shelf.renew_soon();
        Ok(changed)
    };
    let changed = store.run(work).await?;
    Ok(whole(&allowed, changed))
}

/// Withdraw a published release as a whole. What it said stays known, and later releases reckon with it.
#[utoipa::path(
    tag = "releases",
    operation_id = "withdraw_release",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    request_body = WithdrawalEntry,
    security(("bearer" = ["release"])),
    responses((status = 200, description = "It is withdrawn", body = WholeRelease,
        headers(("ETag" = String, description = "the version"))))
)]
#[post("/{id}/withdraw")]
pub async fn withdraw(
    allowed: Allowed<MakeReleases>,
    store: Data<Records>,
    shelf: Data<Shelf>,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
) -> Result<Reply, Problem> {
    let (id, seen, actor) = (path.get()?, seen.get()?, allowed.actor());
    let WithdrawalEntry { reason } = body.read()?;
    let work = move |store: &Store| {
        let changed = releases::withdraw(store, &actor, id, seen, reason)?;
        shelf.renew_soon();
        Ok(changed)
    };
    let changed = store.run(work).await?;
    Ok(whole(&allowed, changed))
}

/// Throw a prepared release away. Its name is free again.
#[utoipa::path(
    tag = "releases",
    operation_id = "discard_release",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    security(("bearer" = ["release"])),
    responses((status = 200, description = "It is discarded", body = WholeRelease,
        headers(("ETag" = String, description = "the version"))))
)]
#[post("/{id}/discard")]
pub async fn discard(
    allowed: Allowed<MakeReleases>,
    store: Data<Records>,
    path: RecordPath,
    seen: IfMatch,
) -> Result<Reply, Problem> {
    change(allowed, &store, path, seen, releases::discard).await
}

/// The addresses, below that of releases.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(prepare).service(list).service(get);
    config.service(sign).service(publish).service(set_notice).service(withdraw).service(discard);
}
