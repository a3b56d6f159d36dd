//! What staff do with figures besides keeping them: make one from the answer to a question, and hold one against the
//! records, record by record.

use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::difference::{DifferenceReason, Turn};
use crate::domain::disclosure;
use crate::domain::entry::Codes;
use crate::domain::figure::{Figure, FigureEntry};
use crate::domain::policy::Actor;
use crate::domain::record::{Noun, RecordId};
use crate::domain::text::Texts;
use crate::store::database::Store;
use crate::store::differences::Difference;
use crate::store::error::StoreError;
use crate::store::figures;
use crate::store::reconciliation::Findings;
use crate::store::records::{self as stored, Found};
use crate::store::session::Session;
use crate::store::visibility;

use super::records::{self, Record};
use crate::http::auth::{Allowed, ReconcileRecords, WriteFigures};
use crate::http::problem::Problem;
use crate::http::reconciled::{self, ComparedAt, ReconciledFigure, spans};
use crate::http::reply::Reply;
use crate::http::request::{Body, IdempotencyKey, RecordPath};
use crate::http::state::Records;

/// How many changes are told one by one.
const MOST_CHANGES: usize = 1_000;

/// A figure to be made from the answer to a question.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"publication": "network-2026-11", "code": "evacuated", "population": "people evacuated from the region",
    "definition": "network_clients", "region": "Chechnya", "query": "measure=persons&kind=evacuation&as_of=2018-04-03"}))]
pub struct AnswerToKeep {
    /// The code or id of the publication that it is for.
    #[schema(required = true, nullable = false)]
    pub publication: Option<String>,
    /// What the figure is called; the same name in another publication belongs to the same series.
    #[schema(required = true, nullable = false)]
    pub code: Option<String>,
    /// Whom or what the figure counts, in words.
    #[schema(required = true, nullable = false)]
    pub population: Option<String>,
    /// What exactly it counts, of whom: a code of the vocabulary `definition`; `_U` where it is missing.
    pub definition: Option<String>,
    /// Which region the figure is about, in words.
    #[schema(required = true, nullable = false)]
    pub region: Option<String>,
    /// The question, as an aggregate's address has it, with `as_of` and `at_write`: today and the newest write where they are
    /// missing. Filters and `with` only, because a figure is one number.
    #[schema(required = true, nullable = false)]
    pub query: Option<String>,
    /// The first day that the figure counts, YYYY-MM-DD.
    pub period_start: Option<String>,
    /// How it stands to its parent: subset_stated, subset_implied, outside or other_population.
    pub relation: Option<String>,
    /// The figure that it is set against: a code of the same publication, or `publication:figure`.
    pub parent: Option<String>,
    /// The attribute by which it and others divide the parent.
    pub breakdown: Option<String>,
    /// What a reader must know of it.
    pub note: Option<String>,
}

/// Make a draft figure from the answer to a question: its value, its query and both times are kept, so that it can be
/// computed again for ever.
#[utoipa::path(
    tag = "figures",
    operation_id = "keep_answer",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "Makes sending twice safe: 1 to 128 visible ASCII characters")),
    request_body = AnswerToKeep,
    security(("bearer" = ["write_figures"])),
    responses((status = 201, description = "The draft", body = Record<FigureEntry>,
        headers(("ETag" = String, description = "the version"), ("Location" = String, description = "its address"))))
)]
#[post("/answers")]
pub async fn keep_answer(
    allowed: Allowed<WriteFigures>,
    store: Data<Records>,
    key: IdempotencyKey,
    body: Body,
) -> Result<Reply, Problem> {
    let asked: AnswerToKeep = body.read()?;
    let hash = body.hash("answer");
    let actor = allowed.actor();
    // Counted before the write begins: nobody waits for it to enter a case.
    let entry = store
        .count(actor.account, move |store| {
            store.read(&actor, |session| {
                let now = session.times()?;
                let question = asked.query.unwrap_or_default();
                let entry = FigureEntry {
                    publication: asked.publication,
                    code: asked.code,
                    population: asked.population,
                    definition: asked.definition,
                    region: asked.region,
                    period_start: asked.period_start,
                    relation: asked.relation,
                    parent: asked.parent,
                    breakdown: asked.breakdown,
                    note: asked.note,
                    ..FigureEntry::default()
                };
                figures::from_answer(session, now, &question, entry)
            })
        })
        .await?;
    records::enter::<FigureEntry, _>(allowed, &store, key, hash, move |_| Ok((entry, Texts::new()))).await
}

/// A figure held against the records, record by record.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"today": "2026-11-22", "at_write": 9, "publication": "lgbtnet-2018-04-03", "figure": "evacuated",
    "population": "Chechens evacuated from the region",
    "published": {"value": 114, "qualifier": "exact", "as_of": "2018-04-03"},
    "computed": {"as_of": {"count": 114, "bound": "exact", "status": "A"},
        "now": {"count": 115, "bound": "exact", "status": "A"}},
    "query": "measure=persons&kind=evacuation&origin=RU-CE", "status": "reproduced",
    "baseline": {"at_write": 2, "count": 114, "bound": "exact", "status": "A"},
    "differences": [{"from": "as_of", "to": "now", "reason": "added", "entered": 1, "left": 0}],
    "redefined": [], "contradictions": [], "conflicts": [], "note": null,
    "changes": [{"from": "as_of", "to": "now", "turn": "entered", "reason": "added", "unit": "P-0001", "records": [
        {"noun": "person", "id": "01997c1e-0000-7000-8000-000000000000", "code": "P-0001", "reason": "added", "write": 8}]}],
    "changes_in_all": 1}))]
pub struct FigureReconciliation {
    pub today: chrono::NaiveDate,
    /// What Attest held after this write was asked.
    pub at_write: i64,
    #[serde(flatten)]
    pub line: ReconciledFigure,
    /// What came and went, one by one; the first 1,000.
    pub changes: Vec<ChangeView>,
    /// How many came and went in all, without those that are not for you to see.
    pub changes_in_all: usize,
}

/// A person or incident that is counted in one answer and not in the other.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeView {
    pub from: ComparedAt,
    pub to: ComparedAt,
    pub turn: Turn,
    pub reason: DifferenceReason,
    /// The code of the person, or of the incident where incidents are counted.
    pub unit: String,
    /// The records by which it is or was counted that changed in between; none where nothing but the meaning of a code did.
    pub records: Vec<ChangedRecord>,
}

/// A record that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangedRecord {
    /// person, incident, linkage, source or consent
    pub noun: String,
    pub id: RecordId,
    pub code: String,
    pub reason: DifferenceReason,
    /// The write of the version that holds now; the record's history says who made it and why.
    pub write: i64,
}

fn changes(
    session: &mut Session<'_>,
    found: &Found<Figure>,
    findings: &Findings,
) -> Result<(Vec<ChangeView>, usize), StoreError> {
    let computed = findings.of.get(&found.version.id).and_then(|finding| finding.computed.as_ref());
    let Some(computed) = computed else { return Ok((Vec::new(), 0)) };
    let mut all: Vec<_> =
        spans(computed).into_iter().flat_map(|(from, to, all)| all.iter().map(move |one| (from, to, one))).collect();
    // What concerns a sealed person is counted and not named.
    let concerned = all.iter().flat_map(|(_, _, one)| records_of(one)).collect();
    let reader = session.reader().account;
    let unseen = visibility::unseen(session.conn(), reader, &concerned)?;
    all.retain(|(_, _, one)| records_of(one).all(|(_, record)| !unseen.contains(&record)));
    let shown = &all[..all.len().min(MOST_CHANGES)];
    let ids = shown.iter().flat_map(|(_, _, one)| one.records.iter().map(|change| change.record).chain([one.unit]));
    let codes = stored::codes(session.conn(), ids)?;
    Ok((shown.iter().map(|(from, to, one)| change(*from, *to, one, &codes)).collect(), all.len()))
}

/// The records of a difference. Its unit is a person or an incident.
fn records_of(one: &Difference) -> impl Iterator<Item = (Noun, RecordId)> {
    let unit = [(Noun::Person, one.unit), (Noun::Incident, one.unit)];
    one.records.iter().map(|change| (change.noun, change.record)).chain(unit)
}

fn change(from: ComparedAt, to: ComparedAt, one: &Difference, codes: &Codes) -> ChangeView {
    let code = |id: RecordId| codes.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let records = one.records.iter().map(|change| ChangedRecord {
        noun: Noun::name(change.noun).to_owned(),
        id: change.record,
        code: code(change.record),
        reason: change.reason,
        write: change.write,
    });
    ChangeView { from, to, turn: one.turn, reason: one.reason, unit: code(one.unit), records: records.collect() }
}

/// Holds a figure against the records.
///
/// # Errors
/// That there is no such figure.
pub fn held_against_records(store: &Store, actor: &Actor, id: RecordId) -> Result<FigureReconciliation, StoreError> {
    store.read(actor, |session| {
        let times = session.times()?;
        let (found, findings) = Findings::of_figure(session, id, times)?;
        let publication = stored::codes(session.conn(), [found.version.body.publication])?;
        let publication = publication.into_values().next().ok_or(StoreError::Missing(Noun::Publication))?;
        let (changes, in_all) = changes(session, &found, &findings)?;
        Ok(FigureReconciliation {
            today: times.as_of,
            at_write: times.at_write,
            line: reconciled::line(&findings, &publication, &found),
            changes,
            changes_in_all: in_all,
        })
    })
}

/// Hold a figure against the records: which of them came, went or changed since it was entered and since its date.
#[utoipa::path(
    tag = "figures",
    operation_id = "reconcile_figure",
    params(("id" = String, Path, format = Uuid)),
    security(("bearer" = ["reconcile_records"])),
    responses((status = 200, description = "The figure with what the records say", body = FigureReconciliation))
)]
#[get("/{id}/reconciliation")]
pub async fn reconcile(
    allowed: Allowed<ReconcileRecords>,
    store: Data<Records>,
    path: RecordPath,
) -> Result<Reply, Problem> {
    let id = path.get()?;
    let actor = allowed.actor();
    let answer = store.count(actor.account, move |store| held_against_records(store, &actor, id)).await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), answer)))
}

/// The address, below that of figures.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(reconcile);
}
