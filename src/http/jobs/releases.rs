//! Releases as jobs: what is asked for, and what came of it.

use crate::domain::record::RecordId;
use crate::domain::release::declare::DeclarationEntry;
use crate::http::problem::{Kind, Problem};
use crate::store::jobs::{Job, Key, Kind as JobKind, NewJob};

use super::work::Declared;

/// A release that is to be prepared, as a job.
///
/// # Errors
/// None that is the client's: a declaration always has a JSON form.
pub fn preparing(declaration: DeclarationEntry, key: Option<Key>) -> Result<NewJob, Problem> {
    let again = key.as_ref().map(|Key { key, request }| (key.clone(), request.clone()));
    let payload = serde_json::to_vec(&Declared { declaration, key: again });
    let payload = payload.map_err(|_| Problem::new(Kind::Internal))?;
    Ok(NewJob { kind: JobKind::Prepare, parameters: serde_json::json!({}), payload: Some(payload), key, total: None })
}

/// A release that is to be published where its version is the one that was seen, as a job.
pub fn publishing(id: RecordId, seen: i64, key: Option<Key>) -> NewJob {
    let parameters = serde_json::json!({"release": id, "version": seen});
    NewJob { kind: JobKind::Publish, parameters, payload: None, key, total: None }
}

/// The release that a job has made or published; none where it is not done yet.
pub fn made_by(job: &Job) -> Option<RecordId> {
    job.result.as_ref()?["release"].as_str()?.parse().ok().map(RecordId)
}
