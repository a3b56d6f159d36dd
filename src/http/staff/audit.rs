//! The audit, for auditors: what was done, by whom, when. Identifiers and codes only.

use actix_web::get;
use actix_web::http::header;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::record::Instant;
use crate::store::chain;

use super::records::{Page, read_limit};
use crate::http::auth::{Allowed, ReadAudit};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::state::Records;

/// One line of the audit.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"write": 7, "written_at": "2026-11-22T10:00:00Z", "account": "anna", "action": "person.create",
    "details": {"records": [["person", "01997c1e-0000-7000-8000-000000000000"]]},
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))]
pub struct AuditLine {
    /// The number of the write.
    pub write: i64,
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Instant,
    pub account: String,
    pub action: String,
    /// Identifiers and codes only.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    /// The hash that holds this entry and all before it.
    pub hash: String,
}

/// Read the audit, newest first.
#[utoipa::path(
    tag = "audit",
    operation_id = "list_audit",
    params(
        ("before" = Option<i64>, Query, description = "Only writes before this one"),
        ("limit" = Option<i64>, Query, description = "How many entries at most: 1 to 200, 50 where it is missing")
    ),
    security(("bearer" = ["read_audit"])),
    responses((status = 200, description = "Some of it", body = Page<AuditLine>,
        headers(("Link" = String, description = "where it goes on: rel=\"next\""))))
)]
#[get("")]
pub async fn list(allowed: Allowed<ReadAudit>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    let (mut before, mut limit) = (None, 50);
    for (name, value) in parameters.only(&["before", "limit"])? {
        if name == "limit" {
            limit = read_limit(&value)?;
        } else {
            let wrong = || Problem::parameter("before", Rule::Malformed, Some(&value), "the number of a write");
            before = Some(value.parse().map_err(|_| wrong())?);
        }
    }
    let entries = store.run(move |store| store.look(|conn| Ok(chain::entries(conn, before, limit)?))).await?;
    let next = entries.last().map(|last| last.write).filter(|write| *write > 1 && entries.len() as i64 == limit);
    let line = |entry: chain::AuditEntry| {
        let chain::AuditEntry { write, written_at, account, action, details, hash } = entry;
        AuditLine { write, written_at, account, action, details, hash }
    };
    let page = Page { items: entries.into_iter().map(line).collect() };
    let reply = Reply::json(&disclosure::to_permitted(allowed.permit(), page));
    Ok(match next {
        Some(write) => {
            let link = format!("</api/v1/staff/audit?limit={limit}&before={write}>; rel=\"next\"");
            reply.header(header::LINK, link)
        }
        None => reply,
    })
}

/// The address, below the audit's own.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list);
}
