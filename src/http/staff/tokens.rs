//! One's own tokens: which there are, and how to be rid of one. A token is never made by a token.

use actix_web::web::Data;
use actix_web::{get, post};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::disclosure;
use crate::domain::policy::Action;
use crate::domain::record::{Instant, RecordId};
use crate::store::tokens;

use super::records::Page;
use crate::http::auth::{Allowed, KeepOwnAccount};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;

/// A token, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000002", "created_at": "2026-11-22T10:00:00Z",
    "expires_at": "2026-12-22T10:00:00Z", "scopes": ["read_aggregates"]}))]
pub struct TokenView {
    pub id: RecordId,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    /// The actions that it may do; all that the account may where it is null.
    pub scopes: Option<Vec<&'static str>>,
}

/// A token that was revoked.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000002"}))]
pub struct RevokedToken {
    pub id: RecordId,
}

/// List one's own tokens that are good now, oldest first.
#[utoipa::path(
    tag = "accounts",
    operation_id = "list_tokens",
    security(("bearer" = ["keep_own_account"])),
    responses((status = 200, description = "All of them", body = Page<TokenView>))
)]
#[get("")]
pub async fn list(allowed: Allowed<KeepOwnAccount>, store: Data<Records>) -> Result<Reply, Problem> {
    let account = allowed.actor().account;
    let found = store
        .run(move |store| {
            let now = store.now();
            store.look(|conn| Ok(tokens::list_own(conn, account, now)?))
        })
        .await?;
    let view = |token: tokens::TokenLine| TokenView {
        id: token.id,
        created_at: token.created_at,
        expires_at: token.expires_at,
        scopes: token.scopes.map(|scopes| scopes.into_iter().map(Action::name).collect()),
    };
    let page = Page { items: found.into_iter().map(view).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), page)))
}

/// Revoke a token of one's own.
#[utoipa::path(
    tag = "accounts",
    operation_id = "revoke_token",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["keep_own_account"])),
    responses((status = 200, description = "Revoked", body = RevokedToken))
)]
#[post("/{id}/revocation")]
pub async fn revoke(
    allowed: Allowed<KeepOwnAccount>,
    store: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Problem> {
    let (id, actor) = (path.get()?, allowed.actor());
    store.run(move |store| tokens::revoke_own(store, &actor, id)).await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), RevokedToken { id })))
}

/// The addresses, below that of tokens.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list).service(revoke);
}
