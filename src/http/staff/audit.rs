//! The audit, for auditors: what was done, by whom, when. Identifiers and codes only.

use actix_web::get;
use actix_web::http::header;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::record::{Instant, RecordId};
use crate::store::chain::{self, Verdict};

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
    "algorithm": "hmac-sha256", "key_id": "1f2e3d4c",
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
    /// How the hash is made: `hmac-sha256` under the keyring's key, or `sha256` in entries from before there was one.
    pub algorithm: String,
    /// The name of the key.
    pub key_id: Option<String>,
    /// The hash that holds this entry and all before it.
    pub hash: String,
}

/// Entries of the audit, and where it goes on.
#[derive(Debug)]
pub struct Found {
    pub entries: Vec<chain::AuditEntry>,
    /// The write before which there are more.
    pub next: Option<i64>,
    pub limit: i64,
}

/// The entries that are asked for, newest first.
///
/// # Errors
/// What is wrong with the parameters.
pub async fn entries(store: &Records, parameters: &Parameters) -> Result<Found, Problem> {
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
    Ok(Found { entries, next, limit })
}

/// Recomputes the audit.
///
/// # Errors
/// That the store cannot answer.
pub async fn verdict(store: &Records, reader: RecordId) -> Result<Verdict, Problem> {
    store
        .count(reader, |store| {
            let keys = store.keys();
            store.look(|conn| chain::verify(conn, keys.as_deref(), |_, _| {}))
        })
        .await
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
        headers(("Link" = Option<String>, description = "where it goes on: rel=\"next\""))))
)]
#[get("")]
pub async fn list(allowed: Allowed<ReadAudit>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    let Found { entries, next, limit } = entries(&store, &parameters).await?;
    let line = |entry: chain::AuditEntry| {
        let chain::AuditEntry { write, written_at, account, action, details, algorithm, key_id, hash } = entry;
        AuditLine { write, written_at, account, action, details, algorithm, key_id, hash }
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

/// What recomputing the audit found.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"intact": true, "entries": 42, "keyed": true,
    "head": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}))]
pub struct Integrity {
    /// Whether every entry is as it was written. That the end was cut off shows only beside a signed checkpoint, which
    /// `attest audit checkpoint` makes: compare it with the entry of its write.
    pub intact: bool,
    /// How many entries there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<i64>,
    /// The hash of the newest entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Whether entries are made under a key. Without one whoever can write to the database can have computed all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyed: Option<bool>,
    /// The write of the first entry that is not as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<i64>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl From<Verdict> for Integrity {
    fn from(verdict: Verdict) -> Self {
        let none = Self { intact: false, entries: None, head: None, keyed: None, broken_at: None, why: None };
        match verdict {
            Verdict::Intact { entries, hash, keyed } => {
                Self { intact: true, entries: Some(entries), head: Some(hash), keyed: Some(keyed), ..none }
            }
            Verdict::Unread { write } => {
                Self { broken_at: Some(write), why: Some("it cannot be checked without the keyring"), ..none }
            }
            Verdict::Broken { write, why } => Self { broken_at: Some(write), why: Some(why), ..none },
        }
    }
}

/// Recompute the audit.
#[utoipa::path(
    tag = "audit",
    operation_id = "check_audit",
    security(("bearer" = ["read_audit"])),
    responses((status = 200, description = "Whether it is intact", body = Integrity))
)]
#[get("/integrity")]
pub async fn check(allowed: Allowed<ReadAudit>, store: Data<Records>) -> Result<Reply, Problem> {
    let verdict = verdict(&store, allowed.actor().account).await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), Integrity::from(verdict))))
}

/// The addresses, below the audit's own.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(check).service(list);
}
