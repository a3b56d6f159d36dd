//! The second pair of eyes of a figure: another publisher confirms it before it is made public.

use actix_web::web::Data;
use actix_web::{get, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::disclosure;
use crate::domain::record::{Instant, RecordId};
use crate::http::auth::{Allowed, Publish, ReadFigures};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{IfMatch, RecordPath};
use crate::http::state::Records;
use crate::store::publicity::{self, Confirmation};

/// Who confirmed a figure as it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000",
    "confirmations": [{"account": "anna", "confirmed_at": "2026-11-29T10:00:00Z"}]}))]
pub struct ConfirmationsView {
    pub id: RecordId,
    /// Publishers of today who confirmed what it says now; a correction of anything but its note needs them again.
    pub confirmations: Vec<ConfirmationView>,
}

/// Who confirmed a figure, and when.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConfirmationView {
    pub account: String,
    #[schema(value_type = String, format = DateTime)]
    pub confirmed_at: Instant,
}

fn view(allowed: &Allowed<impl Sized>, id: RecordId, found: Vec<Confirmation>) -> Reply {
    let confirmations =
        found.into_iter().map(|one| ConfirmationView { account: one.account, confirmed_at: one.confirmed_at });
    let view = ConfirmationsView { id, confirmations: confirmations.collect() };
    Reply::json(&disclosure::to_permitted(allowed.permit(), view))
}

/// See which publishers confirmed a figure as it stands.
#[utoipa::path(
    tag = "figures",
    operation_id = "get_confirmations",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["read_figures"])),
    responses((status = 200, description = "Who confirmed it", body = ConfirmationsView))
)]
#[get("/{id}/confirmation")]
pub async fn get(allowed: Allowed<ReadFigures>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
    let id = path.get()?;
    let found = store.read(allowed.actor(), move |session| publicity::confirmations(session, id)).await?;
    Ok(view(&allowed, id, found))
}

/// Confirm a figure as it stands, so that another publisher can make it public. Where an organisation has two publishers, both look at
/// a figure that no public record gives.
#[utoipa::path(
    tag = "figures",
    operation_id = "confirm_figure",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
    security(("bearer" = ["publish"])),
    responses((status = 200, description = "Who confirmed it", body = ConfirmationsView))
)]
#[post("/{id}/confirmation")]
pub async fn confirm(
    allowed: Allowed<Publish>,
    store: Data<Records>,
    path: RecordPath,
    seen: IfMatch,
) -> Result<Reply, Problem> {
    let (id, seen) = (path.get()?, seen.get()?);
    let actor = allowed.actor();
    let found = store
        .run(move |store| store.write(&actor, "figure.confirm", move |tx| publicity::confirm(tx, id, seen)))
        .await?;
    Ok(view(&allowed, id, found))
}

/// The addresses, below that of figures.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(get).service(confirm);
}
