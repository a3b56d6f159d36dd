//! Whom staff are to look at: what is kept longer than it should be, or against somebody's will, must be seen to.

use actix_web::get;
use actix_web::http::header;
use actix_web::web::Data;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::due::{After, Due, DueReason};
use crate::domain::record::{RecordId, State};
use crate::store::due;

use super::records::{PAGE, Page, read_limit};
use crate::http::auth::{Allowed, ReadCases};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::state::Records;

/// A person to be looked at, for one reason. Somebody with several reasons comes several times.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"person": "01997c1e-0000-7000-8000-000000000000", "code": "P-0001", "owner": "anna",
    "status": "active", "reason": "keep_withdrawn", "day": "2026-11-20"}))]
pub struct DueView {
    pub person: RecordId,
    pub code: String,
    /// The name of the responsible account.
    pub owner: String,
    /// Of the person's record: a withdrawn one is kept too.
    pub status: State,
    pub reason: DueReason,
    /// The day of review, of the decision, or the last on which the consent held. Where no day of review was ever set, that
    /// from which the record was known.
    pub day: NaiveDate,
}

impl From<Due> for DueView {
    fn from(due: Due) -> Self {
        let Due { person, code, owner, state, day, reason } = due;
        Self { person, code, owner, status: state, reason, day }
    }
}

/// List the case files that somebody must look at, by day: whose day of review has come, whose person does not agree to being
/// kept, or whose consent to anything has ended.
#[utoipa::path(
    tag = "consents",
    operation_id = "list_due",
    params(("owner" = Option<String>, Query, description = "Only persons of this account."),
        ("after" = Option<String>, Query, description = "Where the list goes on, from the `Link` header."),
        ("limit" = Option<i64>, Query, description = "How many at most: 1 to 200, 50 where it is missing.")),
    security(("bearer" = ["read_cases"])),
    responses((status = 200, description = "Some of them", body = Page<DueView>,
        headers(("Link" = Option<String>, description = "where the list goes on: rel=\"next\""))))
)]
#[get("/due")]
pub async fn list(allowed: Allowed<ReadCases>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    let (mut name, mut after, mut limit) = (None, None, PAGE);
    for (parameter, value) in parameters.only(&["owner", "after", "limit"])? {
        match parameter {
            "owner" => name = Some(value),
            "after" => {
                let expected = "the value of a `Link` header";
                let wrong = || Problem::parameter("after", Rule::Malformed, Some(&value), expected);
                after = Some(After::read(&value).ok_or_else(wrong)?);
            }
            _ => limit = read_limit(&value)?,
        }
    }
    let asked = name.clone();
    let mut found = store
        .read(allowed.actor(), move |session| {
            due::list(session, session.now().day(), name.as_deref(), after.as_ref(), limit + 1)
        })
        .await
        .map_err(Problem::in_query)?;
    let goes_on = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or_default());
    let next = found.last().filter(|_| goes_on).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(asked.map(|name| ("owner", name)));
        query.append_pair("limit", &limit.to_string()).append_pair("after", &After::line(last).spelled());
        format!("</api/v1/staff/due?{}>; rel=\"next\"", query.finish())
    });
    let page = Page { items: found.into_iter().map(DueView::from).collect() };
    let reply = Reply::json(&disclosure::to_permitted(allowed.permit(), page));
    Ok(match next {
        Some(link) => reply.header(header::LINK, link),
        None => reply,
    })
}
