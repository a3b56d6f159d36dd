//! Whether the process lives and whether it can answer.

use actix_web::get;
use actix_web::web::Data;

use crate::domain::disclosure;

use super::problem::Problem;
use super::reply::Reply;
use super::state::Records;

/// Whether the process lives.
#[utoipa::path(
    tag = "health",
    operation_id = "live",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain", example = "live\n"))
)]
#[get("/health/live")]
pub async fn live() -> Reply {
    Reply::text(&disclosure::about_ourselves("live\n"))
}

/// Whether the database answers.
#[utoipa::path(
    tag = "health",
    operation_id = "ready",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain", example = "ready\n"))
)]
#[get("/health/ready")]
pub async fn ready(store: Data<Records>) -> Result<Reply, Problem> {
    store.run(|store| store.times().map(drop)).await?;
    Ok(Reply::text(&disclosure::about_ourselves("ready\n")))
}
