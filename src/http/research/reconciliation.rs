//! Published figures held against the records, for researchers: counts and reasons, never records.

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::count::Count;
use crate::domain::disclosure;
use crate::domain::policy::Actor;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::published::Published;
use crate::store::reconciliation::Findings;

use crate::http::auth::{Allowed, Reconcile};
use crate::http::counted::{Caveat, Remarks};
use crate::http::problem::Problem;
use crate::http::reconciled::{self, ReconciledFigure};
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::state::Records;

/// Published figures, each with what the records say.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"today": "2026-11-22", "at_write": 7, "figures": [
    {"publication": "lgbtnet-2018-04-03", "figure": "evacuated", "population": "Chechens evacuated from the region",
     "published": {"value": 114, "qualifier": "exact", "as_of": "2018-04-03"},
     "computed": {"as_of": {"count": 114, "bound": "exact", "status": "A"},
        "now": {"count": 115, "bound": "exact", "status": "A"}},
     "query": "measure=persons&kind=evacuation&origin=RU-CE", "status": "reproduced",
     "baseline": {"at_write": 2, "count": 114, "bound": "exact", "status": "A"},
     "differences": [{"from": "as_of", "to": "now", "reason": "added", "entered": 1, "left": 0}],
     "redefined": [], "contradictions": [], "conflicts": [], "note": null}],
    "caveats": [{"code": "documented_cases", "detail": "These are documented cases, not how often it happens."}]}))]
pub struct Reconciliation {
    pub today: chrono::NaiveDate,
    /// What Attest held after this write was asked.
    pub at_write: i64,
    pub figures: Vec<ReconciledFigure>,
    pub caveats: Vec<Caveat>,
}

/// Holds the figures against the records, and puts the question into the audit before the answer is given.
///
/// # Errors
/// That there is no publication of such a code.
pub fn reconcile(store: &Store, actor: &Actor, codes: Option<&[String]>) -> Result<Reconciliation, StoreError> {
    let (published, findings) = store.read(actor, |session| {
        let times = session.times_of_days()?;
        Findings::of_published(session, codes, times)
    })?;
    let at_write = findings.times.at_write;
    let asked = codes.map(|codes| codes.join(","));
    store.write(actor, "reconciliation.read", move |tx| {
        if let Some(asked) = asked {
            tx.note("publication", asked);
        }
        tx.note("at_write", at_write);
        Ok(())
    })?;
    Ok(view(&published, &findings))
}

fn view(published: &Published, findings: &Findings) -> Reconciliation {
    let mut lines = Vec::new();
    for document in published.documents() {
        let code = &document.publication().code;
        let own: Vec<_> = published.figures_of(&document).collect();
        lines.extend(own.iter().map(|found| reconciled::line(findings, code, found)));
        lines.extend(reconciled::derived(findings, code, &own));
    }
    let computed = || findings.of.values().filter_map(|finding| finding.computed.as_ref());
    let remarks = Remarks {
        reconstructed: findings.reconstructed,
        not_attested: computed().any(|computed| matches!(computed.then.count, Count::NotAttested { .. })),
        of_time: computed().any(|computed| computed.then.possible.is_some()),
        joined: false,
        wide: false,
        erased: 0,
    };
    Reconciliation {
        today: findings.times.as_of,
        at_write: findings.times.at_write,
        figures: lines,
        caveats: remarks.caveats(),
    }
}

/// Hold published figures against the records.
#[utoipa::path(
    tag = "research",
    operation_id = "read_reconciliation",
    params(("publication" = Option<String>, Query, description = "codes of publications, by commas; all where it is missing",
        example = "lgbtnet-2018-04-03,rferl-2018-04-03")),
    security(("bearer" = ["reconcile"])),
    responses((status = 200, description = "Each figure with what the records say", body = Reconciliation))
)]
#[get("/reconciliation")]
pub async fn read(allowed: Allowed<Reconcile>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    let asked = parameters.only(&["publication"])?.pop();
    let codes: Option<Vec<String>> = asked.map(|(_, codes)| codes.split(',').map(str::to_owned).collect());
    let actor = allowed.actor();
    let answer = store
        .count(actor.account, move |store| reconcile(store, &actor, codes.as_deref()))
        .await
        .map_err(Problem::in_query)?;
    Ok(Reply::json(&disclosure::to_researcher(allowed.permit(), answer)))
}
