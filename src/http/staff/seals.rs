//! Sealing persons, and erasing them.

use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::disclosure;
use crate::domain::record::RecordId;
use crate::store::erasure;
use crate::store::seals::{self, Seal as Sealed};

use super::records::Why;
use crate::http::auth::{Allowed, Erase, ReadCases, Seal};
use crate::http::jobs::wiped;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{Body, IfMatch, RecordPath};
use crate::http::state::Records;

/// Whether a person is sealed, and who sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "sealed": true, "accounts": ["anna", "bela"]}))]
pub struct SealView {
    pub id: RecordId,
    pub sealed: bool,
    /// The accounts that see the person and all that concerns it; none where everybody does who sees cases.
    pub accounts: Vec<String>,
}

/// Who is to see a person.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"accounts": ["bela"], "reason": "threatened by somebody who knows the office"}))]
pub struct SealEntry {
    /// Names of caseworkers and publishers, besides the person's owner and yourself.
    pub accounts: Vec<String>,
    /// Why; no personal text.
    #[schema(required = true, nullable = false)]
    pub reason: Option<String>,
}

fn view(allowed: &Allowed<impl Sized>, id: RecordId, found: Sealed) -> Reply {
    let view = SealView { id, sealed: found.sealed, accounts: found.accounts };
    Reply::json(&disclosure::to_permitted(allowed.permit(), view))
}

/// See whether a person is sealed, and who sees it.
#[utoipa::path(
    tag = "persons",
    operation_id = "get_seal",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["read_cases"])),
    responses((status = 200, description = "Who sees the person", body = SealView))
)]
#[get("/{id}/seal")]
pub async fn get(allowed: Allowed<ReadCases>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let id = path.get()?;
    let found = store.read(allowed.actor(), move |session| seals::get(session, id)).await?;
    Ok(view(&allowed, id, found))
}

/// Seal a person, or change who is on the list of a sealed one: for everybody else there is no such person. The person and its
/// incidents get codes that tell nothing.
#[utoipa::path(
    tag = "persons",
    operation_id = "seal_person",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    request_body = SealEntry,
    security(("bearer" = ["seal"])),
    responses((status = 200, description = "Who sees the person now", body = SealView))
)]
#[post("/{id}/seal")]
pub async fn seal(
    allowed: Allowed<Seal>,
    store: Data<Records>,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
) -> Result<Reply, Problem> {
    let (id, seen) = (path.get()?, seen.get()?);
    let SealEntry { accounts, reason } = body.read()?;
    let actor = allowed.actor();
    let found = store
        .run(move |store| {
            store.write(&actor, "person.seal", move |tx| seals::seal(tx, id, seen, &accounts, reason.as_deref()))
        })
        .await?;
    Ok(view(&allowed, id, found))
}

/// Take the seal from a person.
#[utoipa::path(
    tag = "persons",
    operation_id = "unseal_person",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    request_body = Why,
    security(("bearer" = ["seal"])),
    responses((status = 200, description = "Everybody who sees cases sees the person", body = SealView))
)]
#[post("/{id}/unsealing")]
pub async fn unseal(
    allowed: Allowed<Seal>,
    store: Data<Records>,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
) -> Result<Reply, Problem> {
    let (id, seen) = (path.get()?, seen.get()?);
    let Why { reason, .. } = body.read()?;
    let actor = allowed.actor();
    let found = store
        .run(move |store| {
            store.write(&actor, "person.unseal", move |tx| seals::unseal(tx, id, seen, reason.as_deref()))
        })
        .await?;
    Ok(view(&allowed, id, found))
}

/// Why a person is erased.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"reason": "requested"}))]
pub struct ErasureEntry {
    /// requested, consent_withdrawn, no_longer_needed or entered_in_error.
    #[schema(required = true, nullable = false)]
    pub reason: Option<String>,
}

/// What was erased.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "incidents": 2, "others": 1, "answers": 1,
    "wiped": true, "job": "01997c1e-0000-7000-8000-000000000001"}))]
pub struct ErasureView {
    pub id: RecordId,
    /// How many incidents went with the person.
    pub incidents: usize,
    /// How many other records that concerned the person went.
    pub others: usize,
    /// How many figures counted the person when they were entered, and cannot be computed again.
    pub answers: usize,
    /// Whether its traces are wiped from the database's files already. While somebody reads what was there before they cannot be:
    /// it is tried again after a minute, then less and less often, up to every half hour. What is too large to be wiped while others
    /// work waits for `attest wipe`; the job says which it is.
    pub wiped: bool,
    /// The job that wipes them.
    pub job: Option<RecordId>,
}

/// Erase a person, with all that concerns it: personal text, its key, and the coded versions. It cannot be undone. Backups
/// that were made before hold the person until they are deleted.
#[utoipa::path(
    tag = "persons",
    operation_id = "erase_person",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    request_body = ErasureEntry,
    security(("bearer" = ["erase"])),
    responses((status = 200, description = "What was erased", body = ErasureView))
)]
#[post("/{id}/erasure")]
pub async fn erase(
    allowed: Allowed<Erase>,
    store: Data<Records>,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
) -> Result<Reply, Problem> {
    let (id, seen) = (path.get()?, seen.get()?);
    let ErasureEntry { reason } = body.read()?;
    let actor = allowed.actor();
    let (erased, wiping) = store.run(move |store| erasure::erase(store, &actor, id, seen, reason)).await?;
    let erasure::Erased { incidents, others, answers } = erased;
    let job = wiping.as_ref().map(|job| job.id);
    let view = ErasureView { id, incidents, others, answers, wiped: wiped(&store, wiping).await, job };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), view)))
}

/// The addresses, below that of persons.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(get).service(seal).service(unseal).service(erase);
}
