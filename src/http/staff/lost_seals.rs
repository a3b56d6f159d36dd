//! Seals of whose list nobody is left, and what an account is told alone.

use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::records::Page;
use crate::domain::disclosure;
use crate::domain::record::{Instant, RecordId};
use crate::http::auth::{Allowed, KeepOwnAccount, OpenSeals};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::Body;
use crate::http::state::Records;
use crate::store::lost_seals::{self, Came, LostSeal};
use crate::store::notices::{self, About, Notice};

/// The most notices that one answer has.
pub const MOST_NOTICES: i64 = 200;

/// A seal of whose list nobody is left. Nothing of the person is told but that there is one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"person": "01997c1e-0000-7000-8000-000000000000", "accounts": ["anna"],
    "requests": [{"account": "bela", "by": "clara", "reason": "anna has left", "requested_at": "2026-11-29T10:00:00Z"}]}))]
pub struct LostSealView {
    pub person: RecordId,
    /// Who was on the list.
    pub accounts: Vec<String>,
    /// What publishers have asked; the second who asks the same does it.
    pub requests: Vec<RequestView>,
}

/// That somebody is to be put on a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequestView {
    pub account: String,
    pub by: String,
    pub reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Instant,
}

/// Who is to be put on the list.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"person": "01997c1e-0000-7000-8000-000000000000", "account": "bela", "reason": "anna has left"}))]
pub struct SealRequest {
    /// The id of the sealed person.
    #[schema(required = true, nullable = false)]
    pub person: Option<String>,
    /// The name of a caseworker or publisher.
    #[schema(required = true, nullable = false)]
    pub account: Option<String>,
    /// Why; no personal text.
    #[schema(required = true, nullable = false)]
    pub reason: Option<String>,
}

/// What came of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"person": "01997c1e-0000-7000-8000-000000000000", "opened": false}))]
pub struct SealRequested {
    pub person: RecordId,
    /// Whether the account is on the list now; else another publisher must ask the same.
    pub opened: bool,
}

/// What an account is told that nobody else is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"kind": "stands_on_withdrawn", "about": {"noun": "incident",
    "id": "01997c1e-0000-7000-8000-000000000000", "code": "I-7QK2M4XA"}, "other": {"noun": "source",
    "id": "01997c1e-0000-7000-8000-000000000001", "code": "S-0001"}, "told_at": "2026-11-29T10:00:00Z", "by": "bela"}))]
pub struct NoticeView {
    /// `seal_opened`: two publishers put somebody on the list of a sealed person of whose list nobody was left.
    /// `stands_on_withdrawn`: a source or event was withdrawn on which an incident of a sealed person stands, which keeps it.
    /// `code_changed`: a sealed person or incident has another code, for somebody off the list brought a file with the one it had.
    pub kind: &'static str,
    /// The sealed person, or the incident.
    pub about: AboutView,
    /// The source or event.
    pub other: Option<AboutView>,
    #[schema(value_type = String, format = DateTime)]
    pub told_at: Instant,
    /// Who did it, the last of them.
    pub by: String,
}

/// A record that a notice is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AboutView {
    pub noun: &'static str,
    pub id: RecordId,
    /// Missing where it is not yours to see.
    pub code: Option<String>,
}

impl From<LostSeal> for LostSealView {
    fn from(lost: LostSeal) -> Self {
        let requests = lost.requests.into_iter().map(|asked| RequestView {
            account: asked.account,
            by: asked.by,
            reason: asked.reason,
            requested_at: asked.requested_at,
        });
        Self { person: lost.person, accounts: lost.accounts, requests: requests.collect() }
    }
}

impl From<About> for AboutView {
    fn from(about: About) -> Self {
        Self { noun: about.noun.name(), id: about.id, code: about.code }
    }
}

impl From<Notice> for NoticeView {
    fn from(notice: Notice) -> Self {
        let Notice { kind, about, other, told_at, by } = notice;
        Self { kind: kind.name(), about: about.into(), other: other.map(AboutView::from), told_at, by }
    }
}

/// List the seals of whose list nobody is left: everybody on it was disabled, or sees no cases any more.
#[utoipa::path(
    tag = "persons",
    operation_id = "list_lost_seals",
    security(("bearer" = ["open_seals"])),
    responses((status = 200, description = "The seals", body = Page<LostSealView>))
)]
#[get("/lost-seals")]
pub async fn list(allowed: Allowed<OpenSeals>, store: Data<Records>) -> Result<Reply, Problem> {
    let found = store.read(allowed.actor(), |session| lost_seals::all(session.conn())).await?;
    let page = Page { items: found.into_iter().map(LostSealView::from).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), page)))
}

/// Ask that somebody is put on the list of a seal of which nobody is left. The second publisher who asks the same does it; the person's
/// owner and all who were on the list are told.
#[utoipa::path(
    tag = "persons",
    operation_id = "request_seal",
    request_body = SealRequest,
    security(("bearer" = ["open_seals"])),
    responses((status = 200, description = "What came of it", body = SealRequested))
)]
#[post("/lost-seals")]
pub async fn request(allowed: Allowed<OpenSeals>, store: Data<Records>, body: Body) -> Result<Reply, Problem> {
    let SealRequest { person, account, reason } = body.read()?;
    let actor = allowed.actor();
    let (person, came) = store
        .run(move |store| {
            store.write(&actor, "seal.request", move |tx| {
                lost_seals::request(tx, person.as_deref(), account.as_deref(), reason.as_deref())
            })
        })
        .await?;
    let view = SealRequested { person, opened: came == Came::Opened };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), view)))
}

/// List what you are told that nobody else is, the newest first; the last 200.
#[utoipa::path(
    tag = "accounts",
    operation_id = "list_notices",
    security(("bearer" = ["keep_own_account"])),
    responses((status = 200, description = "The notices", body = Page<NoticeView>))
)]
#[get("/notices")]
pub async fn own_notices(allowed: Allowed<KeepOwnAccount>, store: Data<Records>) -> Result<Reply, Problem> {
    let found = store.read(allowed.actor(), |session| notices::own(session, MOST_NOTICES)).await?;
    let page = Page { items: found.into_iter().map(NoticeView::from).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), page)))
}
