//! Divided questions: a cell counts what the question for that cell alone would. And what a sum of counts may say.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::aggregate::{Measure, Query};
use attest::domain::attested::{self, Criterion};
use attest::domain::count::{Bound, Count};
use attest::domain::dimension::dimension;
use proptest::prelude::*;

use super::dice::Dice;
use super::model::{ANY, Pick, Question, Range, Tree, allows, any_question, any_tree, plain, single};

const EVERYTHING: Range = Range { parts: ANY, wholes: ANY, uneven: true };
const WORDS: [&str; 3] = ["a", "b", "_U"];

/// A criterion whose facts say a word for each of its dimensions.
fn worded(tree: &Tree, pick: &Pick, incidents: bool, dimensions: &[usize], dice: &mut Dice) -> Criterion {
    let assignment = tree.assigned(&mut dice.clone());
    let mut criterion = tree.criterion(pick, &assignment, incidents);
    for fact in &mut criterion.facts {
        fact.cell = dimensions.iter().map(|_| WORDS[dice.below(3)].to_owned()).collect();
    }
    Criterion { dimensions: dimensions.to_vec(), ..criterion }
}

/// The facts with these words, and no dimensions.
fn at(criterion: &Criterion, cell: &[String]) -> Criterion {
    let wanted: Vec<_> = criterion.dimensions.iter().map(|position| cell[*position].clone()).collect();
    let mut facts: Vec<_> = criterion.facts.iter().filter(|fact| fact.cell == wanted).cloned().collect();
    facts.iter_mut().for_each(|fact| fact.cell.clear());
    Criterion { dimensions: Vec::new(), facts, ..criterion.clone() }
}

fn divided() -> impl Strategy<Value = (Tree, Question, u64)> {
    let measure = prop::sample::select(vec![Measure::Persons, Measure::Incidents]);
    (any_tree(EVERYTHING), measure).prop_flat_map(|(tree, measure)| {
        let question = any_question(&tree, measure);
        (Just(tree), question, any::<u64>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cell_counts_what_its_own_question_would((tree, question, seed) in divided()) {
        let mut dice = Dice::new(seed);
        let incidents = question.measure == Measure::Incidents;
        // The first criterion divides by one dimension, the second by another, or the first by both.
        let both = question.picks.len() == 1;
        let split: [&[usize]; 3] = if both { [&[0, 1], &[], &[]] } else { [&[1], &[0], &[]] };
        let criteria: Vec<_> = (question.picks.iter().zip(split).enumerate())
            .map(|(at, (pick, dimensions))| worded(&tree, pick, incidents && at == 0, dimensions, &mut dice))
            .collect();
        let world = tree.world(&tree.assigned(&mut Dice::new(seed)));
        let by = ["kind", "ground"].map(|code| dimension(code).unwrap()).to_vec();
        let counts = attested::count(&Query { by, ..plain(question.measure) }, &criteria, &world);
        let mut expected = BTreeMap::new();
        for (a, b) in WORDS.iter().flat_map(|a| WORDS.iter().map(move |b| (a, b))) {
            let cell = vec![(*a).to_owned(), (*b).to_owned()];
            let alone: Vec<_> = criteria.iter().map(|criterion| at(criterion, &cell)).collect();
            let count = single(&plain(question.measure), &alone, &world);
            if !count.is_zero() {
                expected.insert(cell, count);
            }
        }
        prop_assert_eq!(counts, expected);
    }

    #[test]
    fn sums_of_intervals_are_intervals(counts in prop::collection::vec(any_interval(), 2..=4), more in any::<u64>()) {
        let mut dice = Dice::new(more);
        let sum = counts.iter().fold(Count::ZERO, |sum, count| sum.plus(*count));
        for _ in 0..20 {
            let number = counts.iter().map(|count| possible(*count, &mut dice)).sum();
            prop_assert!(allows(sum, number), "{counts:?}: {sum:?} excludes {number}");
        }
    }

    #[test]
    fn the_order_of_a_sum_does_not_matter(counts in prop::collection::vec(any_count(), 2..=4), seed in any::<u64>()) {
        let sum = |counts: &[Count]| counts.iter().fold(Count::ZERO, |sum, count| sum.plus(*count));
        let shuffled = Dice::new(seed).draw(&counts, counts.len());
        prop_assert_eq!(sum(&counts), sum(&shuffled));
    }
}

/// `about n` is no interval.
fn any_interval() -> impl Strategy<Value = Count> {
    any_count().prop_filter("an interval", |count| !matches!(count, Count::Attested { bound: Bound::About, .. }))
}

fn any_count() -> impl Strategy<Value = Count> {
    let bound = prop::sample::select(vec![Bound::Exact, Bound::AtLeast, Bound::About]);
    prop_oneof![
        (0..9_u64, bound).prop_map(|(value, bound)| Count::Attested { value, bound }),
        (0..9_u64, 1..9_u64).prop_map(|(low, more)| Count::NotAttested { low, high: low + more }),
    ]
}

/// Some number that a count says is possible.
fn possible(count: Count, dice: &mut Dice) -> u64 {
    let number = match count {
        Count::Attested { value, bound: Bound::Exact } => return value,
        Count::Attested { value, bound: Bound::AtLeast } => value + dice.below(4) as u64,
        Count::Attested { bound: Bound::About, .. } => unreachable!("no interval"),
        Count::NotAttested { low, high } => low + dice.below(usize::try_from(high - low + 1).unwrap()) as u64,
    };
    assert!(allows(count, number));
    number
}

#[test]
fn a_combination_that_the_assignment_leaves_empty_is_still_told() {
    use super::model::{Figure, Slot};
    let figure = |parent, size| Figure {
        parent,
        bound: Bound::Exact,
        ground: false,
        slots: vec![Slot { incidents: 1, marked: false }; size],
    };
    let tree = Tree { figures: vec![figure(None, 6), figure(Some(0), 2), figure(Some(0), 3)] };
    // Nobody of the recorded two is among the recorded three.
    let assignment = vec![vec![0, 1, 2, 3, 4, 5], vec![0, 1], vec![3, 4, 5]];
    let word = |pick, at: usize, word: &str| {
        let mut criterion = tree.criterion(&pick, &assignment, false);
        criterion.facts.iter_mut().for_each(|fact| fact.cell = vec![word.to_owned()]);
        Criterion { dimensions: vec![at], ..criterion }
    };
    let criteria = [word(Pick::Figure(1), 0, "threat"), word(Pick::Figure(2), 1, "witness")];
    let by = ["kind", "ground"].map(|code| dimension(code).unwrap()).to_vec();
    let counts = attested::count(&Query { by, ..plain(Measure::Persons) }, &criteria, &tree.world(&assignment));
    let cell = vec!["threat".to_owned(), "witness".to_owned()];
    assert_eq!(counts, BTreeMap::from([(cell, Count::NotAttested { low: 0, high: 2 })]));
    assert_eq!(counts.keys().flatten().collect::<BTreeSet<_>>().len(), 2);
}
