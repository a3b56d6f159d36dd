//! Which records may be of the same person, so that staff can decide whether they are.

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::candidate::Trait;
use crate::domain::disclosure;
use crate::domain::record::RecordId;
use crate::store::candidates::{self, Candidate};

use super::records::read_limit;
use crate::http::auth::{Allowed, ReadCases};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{Parameters, RecordPath};
use crate::http::state::Records;

/// How many candidates are told where nothing is asked.
const FEW: i64 = 20;

/// The best candidates, best first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"items": [{"id": "01997c1e-0000-7000-8000-000000000000", "code": "P-0002", "score": 6,
    "agree": ["ground", "origin"], "differ": [], "incidents": 2}]}))]
pub struct Candidates {
    pub items: Vec<CandidateView>,
}

/// A record that may be of the same person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CandidateView {
    pub id: RecordId,
    pub code: String,
    /// The more, the more they have in common: an external identifier 4, a ground 2, an incident 2 (6 at most), each other
    /// attribute 1. From 4 on a record is a candidate.
    pub score: u32,
    pub agree: Vec<Trait>,
    /// What both know and not the same.
    pub differ: Vec<Trait>,
    /// How many of its incidents are of the same kind as one of the person's and may be of the same time.
    pub incidents: u32,
}

/// Find records that may be of the same person: by the same identifier in another system, the same ground and origin, and
/// incidents of the same kind at a time that may be the same.
#[utoipa::path(
    tag = "persons",
    operation_id = "list_candidates",
    params(("id" = String, Path, format = Uuid),
        ("limit" = Option<i64>, Query, description = "How many at most: 1 to 200, 20 where it is missing")),
    security(("bearer" = ["read_cases"])),
    responses((status = 200, description = "The best candidates", body = Candidates))
)]
#[get("/{id}/candidates")]
pub async fn list(
    allowed: Allowed<ReadCases>,
    store: Data<Records>,
    path: RecordPath,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    let asked = parameters.only(&["limit"])?.pop();
    let limit = asked.map_or(Ok(FEW), |(_, text)| read_limit(&text))?;
    let id = path.get()?;
    let actor = allowed.actor();
    let found = store
        .search(actor.account, move |store| store.read(&actor, |session| candidates::find(session, id, limit)))
        .await?;
    let view = |found: Candidate| {
        let Candidate { id, code, score, agree, differ, incidents } = found;
        CandidateView { id, code, score, agree, differ, incidents }
    };
    let candidates = Candidates { items: found.into_iter().map(view).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), candidates)))
}

/// The address, below that of persons.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list);
}
