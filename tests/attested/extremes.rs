//! The bounds are no wider than they must be: in small universes some assignment reaches each end.

use std::collections::BTreeSet;

use attest::domain::aggregate::Measure;
use attest::domain::attested::{Criterion, Fact, KnownFigure, Stand, World};
use attest::domain::count::{Bound, Count};
use attest::domain::record::RecordId;

use super::model::{figure_id, person_id, plain, single, world_of};

/// Every set of `size` of the first `universe` persons, as bits.
fn subsets(universe: u32, size: u32) -> Vec<u32> {
    (0..1_u32 << universe).filter(|set| set.count_ones() == size).collect()
}

fn persons(set: u32) -> Vec<usize> {
    (0..32).filter(|at| set & (1 << at) != 0).collect()
}

fn criterion(figure: usize, set: u32) -> Criterion {
    let stand = Stand::Figure(figure_id(figure));
    let fact = |person| Fact {
        person: person_id(person),
        unit: person_id(person),
        cell: Vec::new(),
        kind: String::new(),
        stand,
    };
    Criterion { facts: persons(set).into_iter().map(fact).collect(), ..Criterion::default() }
}

/// Exact figures inside figure 0, which has the whole universe and lies inside figure 9, which has four persons more.
fn world(universe: u32, sets: &[u32]) -> World {
    let known = |parent: Option<usize>| KnownFigure {
        parent: parent.map(figure_id),
        inside: parent.map(|_| true),
        bound: Bound::Exact,
        query: None,
    };
    let everyone = (1 << universe) - 1;
    let mut figures: Vec<(RecordId, KnownFigure)> = vec![(figure_id(0), known(Some(9))), (figure_id(9), known(None))];
    let mut members = vec![(figure_id(0), persons(everyone)), (figure_id(9), persons((1 << (universe + 4)) - 1))];
    for (at, set) in sets.iter().enumerate() {
        figures.push((figure_id(at + 1), known(Some(0))));
        members.push((figure_id(at + 1), persons(*set)));
    }
    world_of(&figures, &members)
}

fn bounds(universe: u32, sets: &[u32]) -> (u64, u64) {
    let criteria: Vec<_> = sets.iter().enumerate().map(|(at, set)| criterion(at + 1, *set)).collect();
    match single(&plain(Measure::Persons), &criteria, &world(universe, sets)) {
        Count::Attested { value, bound } => {
            assert_eq!(bound, Bound::Exact);
            (value, value)
        }
        Count::NotAttested { low, high } => (low, high),
    }
}

#[test]
fn both_ends_of_two_figures_are_reached_by_some_assignment_and_passed_by_none() {
    for universe in 1..=6 {
        for (a, b) in (1..=universe).flat_map(|a| (1..=universe).map(move |b| (a, b))) {
            let (first, second) = (subsets(universe, a), subsets(universe, b));
            let reached: BTreeSet<u64> =
                first.iter().flat_map(|a| second.iter().map(move |b| u64::from((a & b).count_ones()))).collect();
            let true_bounds = (*reached.first().unwrap(), *reached.last().unwrap());
            for set in first {
                // Whichever assignment was recorded.
                assert_eq!(bounds(universe, &[set, second[0]]), true_bounds, "{a} and {b} of {universe}");
            }
        }
    }
}

#[test]
fn both_ends_of_three_figures_are_reached_by_some_assignment_and_passed_by_none() {
    for universe in 1..=5 {
        let sizes = || 1..=universe;
        for (a, b, c) in sizes().flat_map(|a| sizes().flat_map(move |b| sizes().map(move |c| (a, b, c)))) {
            let (first, second, third) = (subsets(universe, a)[0], subsets(universe, b), subsets(universe, c));
            // Persons are alike, so that the first set may stay where it is.
            let reached: BTreeSet<u64> = (second.iter())
                .flat_map(|b| third.iter().map(move |c| u64::from((first & b & c).count_ones())))
                .collect();
            let true_bounds = (*reached.first().unwrap(), *reached.last().unwrap());
            let recorded = [first, *second.last().unwrap(), third[0]];
            assert_eq!(bounds(universe, &recorded), true_bounds, "{a}, {b} and {c} of {universe}");
        }
    }
}
