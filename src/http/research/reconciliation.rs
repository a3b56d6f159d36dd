//! Published figures held against the records.

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::count::{Bound, Count, Qualifier};
use crate::domain::disclosure;
use crate::domain::figure::Figure;
use crate::domain::policy::Actor;
use crate::domain::reconcile::{self, Status};
use crate::domain::record::RecordId;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::reconciliation::{Findings, Pair};
use crate::store::records::Found;

use super::aggregates::{Caveat, caveats};
use crate::http::auth::{Allowed, Reconcile};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::state::Records;

/// Published figures, each with what the records say.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"today": "2026-11-22", "at_write": 7, "figures": [
    {"publication": "lgbtnet-2018-04-03", "figure": "evacuated", "population": "Chechens evacuated from the region",
     "published": {"value": 114, "qualifier": "exact", "as_of": "2018-04-03"},
     "computed": {"as_of": {"count": 114, "bound": "exact", "status": "A"},
        "now": {"count": 114, "bound": "exact", "status": "A"}},
     "query": "measure=persons&kind=evacuation&origin=RU-CE", "status": "reproduced"}],
    "caveats": [{"code": "documented_cases", "detail": "These are documented cases, not how often it happens."}]}))]
pub struct Reconciliation {
    pub today: chrono::NaiveDate,
    /// What Attest held after this write was asked.
    pub at_write: i64,
    pub figures: Vec<Line>,
    pub caveats: Vec<Caveat>,
}

/// One figure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Line {
    pub publication: String,
    pub figure: String,
    pub population: String,
    pub published: PublishedValue,
    pub computed: Computed,
    /// How it can be computed, in the grammar of aggregates.
    pub query: Option<String>,
    pub status: Status,
    /// Of a derived line, what it was derived from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remainder: Option<RemainderView>,
    pub note: Option<String>,
}

/// What was published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublishedValue {
    /// Negative only where parts are more than their whole.
    pub value: i64,
    pub qualifier: Qualifier,
    pub as_of: chrono::NaiveDate,
}

/// What the records say, as of the figure's date and now. Null where it cannot be computed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Computed {
    pub as_of: Option<CountView>,
    pub now: Option<CountView>,
}

/// A count.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct CountView {
    pub count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// `A`: a normal value (SDMX); `not_attested`: nobody published how the records combine.
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<u64>,
}

/// What a derived line was derived from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RemainderView {
    pub breakdown: String,
    pub parent: String,
    pub parts: Vec<String>,
    pub parts_sum: u64,
    pub parent_value: u64,
}

impl From<Count> for CountView {
    fn from(count: Count) -> Self {
        match count {
            Count::Attested { value, bound } => {
                let count = i64::try_from(value).ok();
                Self { count, bound: Some(bound), status: "A", low: None, high: None }
            }
            Count::NotAttested { low, high } => {
                Self { count: None, bound: None, status: "not_attested", low: Some(low), high: Some(high) }
            }
        }
    }
}

/// Holds the figures against the records, and puts the question into the audit before the answer is given.
fn reconcile(store: &Store, actor: &Actor, codes: Option<&[String]>) -> Result<Answer, StoreError> {
    let times = store.times()?;
    let findings = store.read(actor, |session| Findings::read(session, codes, times))?;
    let asked = codes.map(|codes| codes.join(","));
    store.write(actor, "reconciliation.read", move |tx| {
        if let Some(asked) = asked {
            tx.note("publication", asked);
        }
        tx.note("at_write", times.at_write);
        Ok(())
    })?;
    Ok(Answer(findings))
}

struct Answer(Findings);

impl Answer {
    fn view(&self) -> Reconciliation {
        let mut lines = Vec::new();
        for document in self.0.published.documents() {
            let code = &document.publication().code;
            let own: Vec<_> = self.0.published.figures_of(&document).collect();
            lines.extend(own.iter().map(|found| self.line(code, found)));
            let bodies: Vec<_> = own.iter().map(|found| (found.version.id, &found.version.body)).collect();
            for remainder in reconcile::remainders(&bodies) {
                lines.extend(self.derived(code, &own, &remainder));
            }
        }
        let open = self.0.computed.values().any(|(then, _)| matches!(then, Count::NotAttested { .. }));
        Reconciliation {
            today: self.0.times.as_of,
            at_write: self.0.times.at_write,
            figures: lines,
            caveats: caveats(self.0.reconstructed, open, false),
        }
    }

    fn line(&self, publication: &str, found: &Found<Figure>) -> Line {
        let figure = &found.version.body;
        let computed = self.0.computed.get(&found.version.id);
        Line {
            publication: publication.to_owned(),
            figure: figure.name.clone(),
            population: figure.population.clone(),
            published: PublishedValue {
                value: i64::try_from(figure.value).unwrap_or(i64::MAX),
                qualifier: figure.qualifier,
                as_of: figure.as_of,
            },
            computed: Computed {
                as_of: computed.map(|(then, _)| (*then).into()),
                now: computed.map(|(_, now)| (*now).into()),
            },
            query: figure.query.clone(),
            status: reconcile::status(figure.value, figure.qualifier, computed.map(|(then, _)| *then)),
            remainder: None,
            note: figure.note.clone(),
        }
    }

    /// The line for what a figure's parts leave over.
    fn derived(&self, publication: &str, own: &[&Found<Figure>], remainder: &reconcile::Remainder) -> Option<Line> {
        let find = |id: RecordId| own.iter().find(|found| found.version.id == id).map(|found| &found.version.body);
        let parent = find(remainder.parent)?;
        let left = |pick: fn(&Pair) -> Count| {
            let whole = self.value(remainder.parent, pick)?;
            let parts: Option<Vec<_>> = remainder.parts.iter().map(|part| self.value(*part, pick)).collect();
            let count = Some(whole - parts?.into_iter().sum::<i64>());
            Some(CountView { count, bound: Some(remainder.qualifier.bound()), status: "A", low: None, high: None })
        };
        Some(Line {
            publication: publication.to_owned(),
            figure: format!("{} less its parts by {}", parent.name, remainder.breakdown),
            population: format!("{}; none of the parts by {}", parent.population, remainder.breakdown),
            published: PublishedValue { value: remainder.value, qualifier: remainder.qualifier, as_of: parent.as_of },
            computed: Computed { as_of: left(|pair| pair.0), now: left(|pair| pair.1) },
            query: None,
            status: Status::Derived,
            remainder: Some(RemainderView {
                breakdown: remainder.breakdown.clone(),
                parent: parent.name.clone(),
                parts: remainder.parts.iter().filter_map(|part| Some(find(*part)?.name.clone())).collect(),
                parts_sum: remainder.parts_sum,
                parent_value: remainder.parent_value,
            }),
            note: Some("Exact only if the parts do not overlap and all lie inside the whole.".to_owned()),
        })
    }

    fn value(&self, figure: RecordId, pick: fn(&Pair) -> Count) -> Option<i64> {
        match pick(self.0.computed.get(&figure)?) {
            Count::Attested { value, .. } => i64::try_from(value).ok(),
            Count::NotAttested { .. } => None,
        }
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
    let answer =
        store.count(move |store| reconcile(store, &actor, codes.as_deref())).await.map_err(Problem::in_query)?;
    Ok(Reply::json(&disclosure::to_researcher(allowed.permit(), answer.view())))
}
