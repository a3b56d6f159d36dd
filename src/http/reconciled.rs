//! A figure held against the records, as researchers and staff read it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::count::{Bounded, Count, Qualifier, Tally};
use crate::domain::difference::{DifferenceReason, Redefinition, Turn};
use crate::domain::figure::Figure;
use crate::domain::reconcile::{self, Contradiction, Status, tolerance};
use crate::domain::record::RecordId;
use crate::store::differences::Difference;
use crate::store::reconciliation::{Computed, Findings, LeftOver};
use crate::store::records::Found;

use super::counted::CountView;

/// One figure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReconciledFigure {
    pub publication: String,
    pub figure: String,
    pub population: String,
    pub published: PublishedValue,
    pub computed: ComputedView,
    /// How it can be computed, in the grammar of aggregates.
    pub query: Option<String>,
    pub status: Status,
    /// Of a figure `about n`, how far the count may lie from n: a tenth, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<u64>,
    /// What the records said when the figure was entered, or when its value was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineView>,
    /// `erased`: what the records said then counted somebody who was erased since, and cannot be computed again. The published
    /// value stands as it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_reproducible: Option<&'static str>,
    /// Why the three counts differ, in how many cases: from the baseline to what is known now as of the figure's date, and
    /// from there to now.
    pub differences: Vec<DifferenceCount>,
    /// Words of the query whose meaning has changed since the baseline: the figure is one of the old definition.
    pub redefined: Vec<Redefinition>,
    /// What contradicts the figure's relation to its parent.
    pub contradictions: Vec<ContradictionView>,
    /// Published figures of the same series that say something else of the same day, `publication:figure`.
    pub conflicts: Vec<String>,
    /// Of a derived line, what it was derived from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remainder: Option<RemainderView>,
    pub note: Option<String>,
    /// The figure's record, for pages of those who may see records.
    #[serde(skip)]
    #[schema(ignore)]
    pub id: Option<RecordId>,
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
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct ComputedView {
    pub as_of: Option<CountView>,
    pub now: Option<CountView>,
}

/// What the records said of the figure's date after a write.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct BaselineView {
    pub at_write: i64,
    #[serde(flatten)]
    pub count: CountView,
}

/// Which of the three counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparedAt {
    Baseline,
    AsOf,
    Now,
}

/// How many came and went for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DifferenceCount {
    pub from: ComparedAt,
    pub to: ComparedAt,
    pub reason: DifferenceReason,
    /// How many are counted that were not.
    pub entered: u64,
    /// How many are no longer counted.
    pub left: u64,
}

/// What contradicts a figure's relation to its parent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContradictionView {
    pub contradiction: Contradiction,
    /// How many too many.
    pub count: u64,
}

/// What a derived line was derived from.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RemainderView {
    pub breakdown: String,
    pub parent: String,
    pub parts: Vec<String>,
    pub parts_sum: u64,
    pub parts_qualifier: Qualifier,
    pub parent_value: u64,
    pub parent_qualifier: Qualifier,
}

/// What came and went between the three counts, in order.
pub fn spans(computed: &Computed) -> [(ComparedAt, ComparedAt, &[Difference]); 2] {
    [
        (ComparedAt::Baseline, ComparedAt::AsOf, computed.since_baseline.as_slice()),
        (ComparedAt::AsOf, ComparedAt::Now, computed.since_then.as_slice()),
    ]
}

fn differences(computed: &Computed) -> Vec<DifferenceCount> {
    let mut counts: BTreeMap<(ComparedAt, ComparedAt, DifferenceReason), (u64, u64)> = BTreeMap::new();
    for (from, to, differences) in spans(computed) {
        for difference in differences {
            let (entered, left) = counts.entry((from, to, difference.reason)).or_default();
            match difference.turn {
                Turn::Entered => *entered += 1,
                Turn::Left => *left += 1,
            }
        }
    }
    for ((from, to, _), rest) in spans(computed).into_iter().zip(computed.unexplained).filter(|(_, rest)| *rest != 0) {
        let come = if rest > 0 { (rest.unsigned_abs(), 0) } else { (0, rest.unsigned_abs()) };
        counts.insert((from, to, DifferenceReason::FigureChanged), come);
    }
    let line = |((from, to, reason), (entered, left))| DifferenceCount { from, to, reason, entered, left };
    counts.into_iter().map(line).collect()
}

fn published(value: Bounded, as_of: chrono::NaiveDate) -> PublishedValue {
    PublishedValue { value: i64::try_from(value.value).unwrap_or(i64::MAX), qualifier: value.qualifier, as_of }
}

/// The line of a figure.
pub fn line(findings: &Findings, publication: &str, found: &Found<Figure>) -> ReconciledFigure {
    let figure = &found.version.body;
    let finding = findings.of.get(&found.version.id);
    let computed = finding.and_then(|finding| finding.computed.as_ref());
    let contradictions = finding.map(|finding| finding.contradictions.as_slice()).unwrap_or_default();
    ReconciledFigure {
        publication: publication.to_owned(),
        figure: figure.name.clone(),
        population: figure.population.clone(),
        published: published(figure.value, figure.as_of),
        computed: ComputedView {
            as_of: computed.map(|computed| computed.then.into()),
            now: computed.map(|computed| computed.now.into()),
        },
        query: figure.query.clone(),
        status: reconcile::status(figure.value, computed.map(|computed| computed.then)),
        tolerance: (figure.value.qualifier == Qualifier::About).then(|| tolerance(figure.value.value)),
        baseline: finding
            .zip(computed)
            .filter(|(_, computed)| !computed.erased)
            .map(|(finding, computed)| BaselineView { at_write: finding.baseline, count: computed.baseline.into() }),
        not_reproducible: computed.filter(|computed| computed.erased).map(|_| "erased"),
        differences: computed.map(differences).unwrap_or_default(),
        redefined: computed.map(|computed| computed.redefined.clone()).unwrap_or_default(),
        contradictions: (contradictions.iter())
            .map(|(contradiction, count)| ContradictionView { contradiction: *contradiction, count: *count })
            .collect(),
        conflicts: findings.conflicts.get(&found.version.id).cloned().unwrap_or_default(),
        remainder: None,
        note: figure.note.clone(),
        id: Some(found.version.id),
    }
}

/// The lines for what the parts of a publication's figures leave over.
pub fn derived(findings: &Findings, publication: &str, own: &[&Found<Figure>]) -> Vec<ReconciledFigure> {
    findings.left_over.iter().filter_map(|left| left_over(left, publication, own)).collect()
}

fn left_over(left: &LeftOver, publication: &str, own: &[&Found<Figure>]) -> Option<ReconciledFigure> {
    let LeftOver { remainder, then, now } = left;
    let find = |id: RecordId| own.iter().find(|found| found.version.id == id).map(|found| &found.version.body);
    let parent = find(remainder.parent)?;
    let count = |count: &Option<Count>| count.map(|count| Tally::from(count).into());
    Some(ReconciledFigure {
        publication: publication.to_owned(),
        figure: format!("{} less its parts by {}", parent.name, remainder.breakdown),
        population: format!("{}; none of the parts by {}", parent.population, remainder.breakdown),
        published: PublishedValue { value: remainder.value, qualifier: remainder.qualifier, as_of: parent.as_of },
        computed: ComputedView { as_of: count(then), now: count(now) },
        query: None,
        status: Status::Derived,
        tolerance: None,
        baseline: None,
        not_reproducible: None,
        differences: Vec::new(),
        redefined: Vec::new(),
        contradictions: Vec::new(),
        conflicts: Vec::new(),
        remainder: Some(RemainderView {
            breakdown: remainder.breakdown.clone(),
            parent: parent.name.clone(),
            parts: remainder.parts.iter().filter_map(|part| Some(find(*part)?.name.clone())).collect(),
            parts_sum: remainder.parts_sum.value,
            parts_qualifier: remainder.parts_sum.qualifier,
            parent_value: remainder.parent_value.value,
            parent_qualifier: remainder.parent_value.qualifier,
        }),
        note: Some("Exact only if the parts do not overlap and all lie inside the whole.".to_owned()),
        id: None,
    })
}
