//! One-time links that were not used yet, and the approval of a second person.

use actix_web::web::Data;
use actix_web::{get, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::disclosure;
use crate::domain::policy::Role;
use crate::domain::record::{Instant, RecordId};
use crate::store::enrolments::{self, Open};

use super::records::Page;
use crate::http::auth::{Allowed, ApproveAccounts};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;

/// A link that was not used yet. The link itself was told to whoever made it, once.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000001", "account_id": "01997c1e-0000-7000-8000-000000000000",
    "account": "anna", "role": "caseworker", "reason": "add", "requested_by": "boris", "needs_approval": true,
    "approved_by": null, "created_at": "2026-11-22T10:00:00Z", "expires_at": "2026-11-23T10:00:00Z"}))]
pub struct EnrolmentView {
    pub id: RecordId,
    pub account_id: RecordId,
    pub account: String,
    pub role: Role,
    /// `add`, `reset` or `role`
    pub reason: &'static str,
    pub requested_by: String,
    pub needs_approval: bool,
    pub approved_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
}

impl EnrolmentView {
    fn new(open: Open) -> Self {
        Self {
            id: open.id,
            account_id: open.account_id,
            account: open.account,
            role: open.role,
            reason: open.reason.name(),
            requested_by: open.requested_by,
            needs_approval: open.needs_approval,
            approved_by: open.approved_by,
            created_at: open.created_at,
            expires_at: open.expires_at,
        }
    }
}

/// List the links that can still be used or wait for an approval, oldest first.
#[utoipa::path(
    tag = "accounts",
    operation_id = "list_enrolments",
    security(("bearer" = ["approve_accounts"])),
    responses((status = 200, description = "All of them", body = Page<EnrolmentView>))
)]
#[get("")]
pub async fn list(allowed: Allowed<ApproveAccounts>, store: Data<Records>) -> Result<Reply, Problem> {
    let found = store
        .run(|store| {
            let now = store.now();
            store.look(|conn| enrolments::list(conn, now))
        })
        .await?;
    let page = Page { items: found.into_iter().map(EnrolmentView::new).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), page)))
}

/// Approve of a link that somebody else has asked for, for a third person.
#[utoipa::path(
    tag = "accounts",
    operation_id = "approve_enrolment",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["approve_accounts"])),
    responses((status = 200, description = "Approved: the link works", body = EnrolmentView))
)]
#[post("/{id}/approval")]
pub async fn approve(
    allowed: Allowed<ApproveAccounts>,
    store: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Problem> {
    let (id, actor) = (path.get()?, allowed.actor());
    let approved = store.run(move |store| enrolments::approve(store, &actor, id)).await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), EnrolmentView::new(approved))))
}

/// The addresses, below that of enrolments.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list).service(approve);
}
