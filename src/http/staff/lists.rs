//! Public lists: by which codes a dimension is told, and in which order.

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{get, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::disclosure;
use crate::domain::record::{Instant, RecordId};
use crate::domain::release::lists::ListEntry;
use crate::store::lists::{self, Declaration};
use crate::store::signatures::SignedBy;

use super::releases::{MostSignatures, SignatureView};
use crate::http::auth::{Allowed, ReadReleases, Release};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{Body, IfMatch, RecordPath};
use crate::http::state::Records;

/// A declaration of a list: its codes, or those that it adds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "dimension": "ground", "state": "in_force", "version": 14,
    "codes": ["detained_tortured", "threatened_by_law_enforcement"], "unknown": true, "signatures_required": 2,
    "signatures": [{"account": "anna", "signed_at": "2026-11-22T10:00:00Z"}, {"account": "bela",
    "signed_at": "2026-11-22T11:00:00Z"}], "proposed_by": "anna", "proposed_at": "2026-11-22T09:00:00Z"}))]
pub struct ListView {
    pub id: RecordId,
    pub dimension: String,
    /// `proposed` while it waits for signatures, `in_force`, or `discarded`
    pub state: &'static str,
    /// The write that changed it last: its entity tag.
    pub version: i64,
    /// In their order; of a later declaration those that it adds.
    pub codes: Vec<String>,
    /// Whether what is not known has a line of its own.
    pub unknown: bool,
    pub signatures_required: u8,
    pub signatures: Vec<SignatureView>,
    pub proposed_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Instant,
}

/// Every declaration that waits or is in force, by dimension in the order in which they were made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListViews {
    pub items: Vec<ListView>,
}

impl From<Declaration> for ListView {
    fn from(made: Declaration) -> Self {
        let signature = |by: SignedBy| SignatureView { account: by.account, signed_at: by.signed_at };
        Self {
            id: made.id,
            dimension: made.dimension,
            state: made.state.name(),
            version: made.version,
            codes: made.codes,
            unknown: made.unknown,
            signatures_required: made.signatures_required,
            signatures: made.signatures.into_iter().map(signature).collect(),
            proposed_by: made.proposed_by,
            proposed_at: made.proposed_at,
        }
    }
}

fn reply<P>(allowed: &Allowed<P>, made: Declaration) -> Reply {
    let version = made.version;
    Reply::json(&disclosure::to_permitted(allowed.permit(), ListView::from(made))).version(version)
}

/// List the public lists: the declarations that are in force, and those that wait for signatures.
#[utoipa::path(
    tag = "releases",
    operation_id = "list_public_lists",
    security(("bearer" = ["read_releases"])),
    responses((status = 200, description = "The declarations", body = ListViews))
)]
#[get("")]
pub async fn list(allowed: Allowed<ReadReleases>, store: Data<Records>) -> Result<Reply, Problem> {
    let made = store.run(move |store| store.look(|conn| Ok(lists::declarations(conn)?))).await?;
    let views = ListViews { items: made.into_iter().map(ListView::from).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), views)))
}

/// Read one declaration.
#[utoipa::path(
    tag = "releases",
    operation_id = "get_public_list",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["read_releases"])),
    responses((status = 200, description = "The declaration", body = ListView,
        headers(("ETag" = String, description = "the version"))))
)]
#[get("/{id}")]
pub async fn get(allowed: Allowed<ReadReleases>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let id = path.get()?;
    let made = store.run(move |store| store.look(|conn| lists::get(conn, id))).await?;
    Ok(reply(&allowed, made))
}

/// Declare the list of a dimension, or codes more of one that is in force. It is in force once as many publishers have signed it as
/// must sign a release, and never changes then but by adding codes.
#[utoipa::path(
    tag = "releases",
    operation_id = "declare_public_list",
    request_body = ListEntry,
    security(("bearer" = ["release"])),
    responses((status = 201, description = "It waits for signatures", body = ListView,
        headers(("ETag" = String, description = "the version"), ("Location" = String, description = "its address"))))
)]
#[post("")]
pub async fn declare(
    allowed: Allowed<Release>,
    store: Data<Records>,
    most: Data<MostSignatures>,
    body: Body,
) -> Result<Reply, Problem> {
    let (entry, actor, most): (ListEntry, _, _) = (body.read()?, allowed.actor(), most.0);
    let made = store.run(move |store| lists::propose(store, &actor, entry, most)).await?;
    let location = format!("/api/v1/staff/lists/{}", made.id);
    Ok(reply(&allowed, made).status(StatusCode::CREATED).header(header::LOCATION, location))
}

/// Sign a declaration, once each; the last signature that it takes puts it in force.
#[utoipa::path(
    tag = "releases",
    operation_id = "sign_public_list",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    security(("bearer" = ["release"])),
    responses((status = 200, description = "Signed", body = ListView,
        headers(("ETag" = String, description = "the version"))))
)]
#[post("/{id}/sign")]
pub async fn sign(
    allowed: Allowed<Release>,
    store: Data<Records>,
    most: Data<MostSignatures>,
    path: RecordPath,
    seen: IfMatch,
) -> Result<Reply, Problem> {
    let (id, seen, actor, most) = (path.get()?, seen.get()?, allowed.actor(), most.0);
    let made = store.run(move |store| lists::sign(store, &actor, id, seen, most)).await?;
    Ok(reply(&allowed, made))
}

/// Throw a declaration away that waits for signatures.
#[utoipa::path(
    tag = "releases",
    operation_id = "discard_public_list",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    security(("bearer" = ["release"])),
    responses((status = 200, description = "It is discarded", body = ListView,
        headers(("ETag" = String, description = "the version"))))
)]
#[post("/{id}/discard")]
pub async fn discard(
    allowed: Allowed<Release>,
    store: Data<Records>,
    path: RecordPath,
    seen: IfMatch,
) -> Result<Reply, Problem> {
    let (id, seen, actor) = (path.get()?, seen.get()?, allowed.actor());
    let made = store.run(move |store| lists::discard(store, &actor, id, seen)).await?;
    Ok(reply(&allowed, made))
}

/// The addresses, below that of lists.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list).service(get).service(declare).service(sign).service(discard);
}
