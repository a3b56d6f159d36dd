//! What reconstructed records attest. The records of one figure belong together; how the records of different figures
//! fall on the same persons is an assignment that nobody published, so a count that depends on it is never the answer.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::aggregate::{Measure, Query};
use super::count::{Bound, Count};
use super::record::RecordId;
pub use super::stands::{Fact, KnownFigure, Stand, World};
use super::stands::{Selection, size};

/// What one part of a question selects: the filters and dimensions of persons, of grounds, of one incident, or one kind
/// of `with`. Filters on incidents are one criterion, because they hold for one record.
#[derive(Debug, Clone, Default)]
pub struct Criterion {
    /// Which of the question's dimensions, by position, the cells of the facts hold.
    pub dimensions: Vec<usize>,
    /// Whether the facts are the incidents that the measure counts.
    pub counts_incidents: bool,
    pub facts: Vec<Fact>,
}

fn intersection<'s>(sets: impl IntoIterator<Item = &'s HashSet<RecordId>>) -> HashSet<RecordId> {
    let mut sets = sets.into_iter();
    let first = sets.next().cloned().unwrap_or_default();
    sets.fold(first, |all, set| all.intersection(set).copied().collect())
}

/// Merges criteria that select records of the same figures: one whose figures are all among another's implies it.
fn groups(selections: &[&Selection]) -> Vec<Selection> {
    let mut groups: Vec<Selection> = Vec::new();
    for (at, selection) in selections.iter().enumerate() {
        let implied = selections.iter().enumerate().any(|(other_at, other)| {
            let proper = other.stands.is_subset(&selection.stands) && other.stands != selection.stands;
            proper || (other.stands == selection.stands && other_at < at)
        });
        if !implied {
            let merged = selections.iter().filter(|other| selection.stands.is_subset(&other.stands));
            let persons = intersection(merged.map(|other| &other.persons));
            groups.push(selection.among(&persons));
        }
    }
    groups
}

/// The count of persons who meet all criteria: the plain one if they are one, else the Fréchet bounds.
fn meet(world: &World, selections: &[&Selection]) -> Count {
    if selections.iter().any(|selection| selection.persons.is_empty()) {
        return Count::ZERO;
    }
    let mut groups = groups(selections);
    let mut numbers: Vec<_> = groups.iter().map(|group| world.number(group)).collect();
    let (universe, whole) = loop {
        let (universe, whole) = world.universe(&groups);
        // Who meets a criterion that everybody meets is not a question of assignment.
        let everybody = |number: &Count| match number {
            Count::Attested { bound: Bound::About, .. } | Count::NotAttested { .. } => false,
            Count::Attested { value, .. } => *value == universe || *value == size(&world.everyone),
        };
        let redundant = numbers.iter().position(everybody);
        let redundant = redundant.filter(|_| groups.len() > 1 && whole == Bound::Exact);
        let Some(at) = redundant else { break (universe, whole) };
        groups.remove(at);
        numbers.remove(at);
    };
    if let [number] = numbers.as_slice() {
        return *number;
    }
    let apart = groups.iter().enumerate().any(|(at, a)| {
        groups[..at].iter().any(|b| a.stands.iter().all(|a| b.stands.iter().all(|b| world.is_apart(*a, *b))))
    });
    if apart {
        return Count::ZERO;
    }
    let (mut sum, mut high) = (0, (whole == Bound::Exact).then_some(universe));
    for number in &numbers {
        sum += number.least();
        high = [high, number.most()].into_iter().flatten().min();
    }
    // Where there may be more to share, all parts may lie apart.
    let low = if whole == Bound::Exact { sum.saturating_sub((groups.len() as u64 - 1) * universe) } else { 0 };
    let Some(high) = high else { return Count::Attested { value: low, bound: Bound::AtLeast } };
    // Records that contradict each other (a part larger than its whole) still give an interval.
    let low = low.min(high);
    if low == high { Count::exact(low) } else { Count::NotAttested { low, high } }
}

/// Incidents name one figure each, so they are counted figure by figure: the incidents of a figure that fall on persons
/// who meet the other criteria.
fn meet_incidents(world: &World, incidents: &[&Fact], others: &[&Selection]) -> Count {
    let mut by_stand: BTreeMap<Stand, Vec<&Fact>> = BTreeMap::new();
    for fact in incidents {
        by_stand.entry(fact.stand).or_default().push(fact);
    }
    let mut total = Count::ZERO;
    for facts in by_stand.values() {
        let own = Selection::of(facts.iter().copied());
        let mut each: HashMap<RecordId, HashSet<RecordId>> = HashMap::new();
        for fact in facts {
            each.entry(fact.person).or_default().insert(fact.unit);
        }
        let per_person = || each.values().map(size);
        let all: u64 = per_person().sum();
        let selections: Vec<_> = std::iter::once(&own).chain(others.iter().copied()).collect();
        let (fewest, most) = (per_person().min().unwrap_or(0), per_person().max().unwrap_or(0));
        let persons = size(&own.persons);
        let met = meet(world, &selections);
        if let Count::Attested { value, bound: Bound::About } = met {
            // Of about so many persons about their share.
            total = total.plus(Count::Attested { value: value * all / persons.max(1), bound: Bound::About });
            continue;
        }
        let (low, high) = match met {
            Count::Attested { value, .. } if value >= persons => (all, all),
            Count::Attested { value, bound: Bound::Exact } => (value * fewest, all.min(value * most)),
            Count::Attested { value, .. } => (value * fewest, all),
            Count::NotAttested { low, high } => (low * fewest, all.min(high * most)),
        };
        let count = match world.bound(&own.stands) {
            Bound::Exact if low == high => Count::exact(low),
            Bound::Exact => Count::NotAttested { low, high },
            // More may have happened than is recorded.
            bound => Count::Attested { value: low, bound },
        };
        total = total.plus(count);
    }
    total
}

/// One criterion's facts sorted by the values of its dimensions.
struct Sorted<'f> {
    dimensions: &'f [usize],
    counts_incidents: bool,
    cells: BTreeMap<&'f [String], (Vec<&'f Fact>, Selection)>,
}

impl<'f> Sorted<'f> {
    fn new(criterion: &'f Criterion) -> Self {
        let mut facts: BTreeMap<&[String], Vec<&Fact>> = BTreeMap::new();
        for fact in &criterion.facts {
            facts.entry(fact.cell.as_slice()).or_default().push(fact);
        }
        let with_selection = |facts: Vec<&'f Fact>| {
            let selection = Selection::of(facts.iter().copied());
            (facts, selection)
        };
        let cells = facts.into_iter().map(|(cell, facts)| (cell, with_selection(facts))).collect();
        Self { dimensions: &criterion.dimensions, counts_incidents: criterion.counts_incidents, cells }
    }
}

/// Counts the reconstructed records that a question asks for, cell by cell. Cells of nothing are left out.
pub fn count(query: &Query, criteria: &[Criterion], world: &World) -> BTreeMap<Vec<String>, Count> {
    let sorted: Vec<_> = criteria.iter().map(Sorted::new).collect();
    // Every combination of values, because one that the assignment leaves empty may still not be.
    let mut combinations: Vec<Vec<&(Vec<&Fact>, Selection)>> = vec![Vec::new()];
    let mut cells: Vec<Vec<String>> = vec![vec![String::new(); query.by.len()]];
    for criterion in &sorted {
        let mut next = (Vec::new(), Vec::new());
        for (chosen, cell) in combinations.iter().zip(&cells) {
            for (values, found) in &criterion.cells {
                let mut cell = cell.clone();
                for (position, value) in criterion.dimensions.iter().zip(*values) {
                    cell[*position].clone_from(value);
                }
                next.0.push(chosen.iter().copied().chain([found]).collect());
                next.1.push(cell);
            }
        }
        (combinations, cells) = next;
    }
    let mut counts = BTreeMap::new();
    for (chosen, cell) in combinations.into_iter().zip(cells) {
        let count = count_cell(query, &cell, &sorted, &chosen, world);
        if !count.is_zero() {
            counts.insert(cell, count);
        }
    }
    counts
}

fn count_cell(
    query: &Query,
    cell: &[String],
    criteria: &[Sorted<'_>],
    chosen: &[&(Vec<&Fact>, Selection)],
    world: &World,
) -> Count {
    let selections: Vec<_> = chosen.iter().map(|(_, selection)| selection).collect();
    let persons = intersection(selections.iter().map(|selection| &selection.persons));
    let incidents = criteria.iter().zip(chosen).find(|(criterion, _)| criterion.counts_incidents);
    let values: Vec<_> = cell.iter().map(String::as_str).collect();
    let stands = selections.iter().flat_map(|selection| selection.stands.iter().copied()).collect();
    let asked = world.asked_by_figure(&query.at(&values), &stands);
    match (query.measure, incidents, asked) {
        (Measure::Persons, _, Some(bound)) => Count::Attested { value: size(&persons), bound },
        (Measure::Persons, _, None) => meet(world, &selections),
        (Measure::Incidents, Some((_, (facts, _))), Some(bound)) => {
            let units = facts.iter().filter(|fact| persons.contains(&fact.person)).map(|fact| fact.unit);
            Count::Attested { value: size(&units.collect()), bound }
        }
        (Measure::Incidents, Some((_, (facts, own))), None) => {
            let others: Vec<_> = selections.iter().copied().filter(|other| !std::ptr::eq(*other, own)).collect();
            meet_incidents(world, facts, &others)
        }
        (Measure::Incidents, None, _) => Count::ZERO,
    }
}
