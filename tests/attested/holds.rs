//! Counts hold however the records fall on the persons.
//!
//! Excluded, because the design's rules allow it and the assignment then decides the answer:
//!
//! - NO COMMON PARENT: figures that nothing holds together, on the same persons. The number to share is then that of all
//!   recorded persons, which the assignment makes. `Tree::assigned` gives figures outside of the root persons of their own.

use attest::domain::aggregate::Measure;
use attest::domain::count::{Bound, Count};
use proptest::prelude::*;

use super::dice::Dice;
use super::model::{ANY, AT_LEAST, Pick, Question, Range, Tree, allows, answer, any_question, any_tree};

/// Parts may be bounded or `about`, wholes bounded; of a whole that is `about`, exact parts may be more than there are.
const EVERYTHING: Range = Range { parts: ANY, wholes: AT_LEAST, uneven: true };
/// Nothing is `about`: `open` has those.
const BOUNDED: Range = Range { parts: AT_LEAST, wholes: AT_LEAST, uneven: true };
const TRUTHS: usize = 40;

pub fn asked(range: Range, measure: Measure) -> impl Strategy<Value = (Tree, Question, u64)> {
    any_tree(range).prop_flat_map(move |tree| {
        let question = any_question(&tree, measure);
        (Just(tree), question, any::<u64>())
    })
}

/// Fails with the first truth that an answer excludes.
pub fn hold(tree: &Tree, question: &Question, seed: u64) -> Result<(), TestCaseError> {
    hold_by(allows, tree, question, seed)
}

/// The same, by a part of what an answer says.
pub fn hold_by(
    allows: fn(Count, u64) -> bool,
    tree: &Tree,
    question: &Question,
    seed: u64,
) -> Result<(), TestCaseError> {
    let mut dice = Dice::new(seed);
    let assignment = tree.assigned(&mut dice);
    // Records that nobody made are counted as none, whatever a figure says.
    prop_assume!(question.picks.iter().all(|pick| !tree.criterion(pick, &assignment, false).facts.is_empty()));
    let counted = answer(tree, question, &assignment);
    for _ in 0..TRUTHS {
        let truth = tree.truth(&mut dice);
        let number = truth.count(question, tree);
        prop_assert!(allows(counted, number), "{counted:?} excludes {number}: {truth:?}, recorded {assignment:?}");
    }
    Ok(())
}

/// Fails where another assignment of the same figures gives another answer.
pub fn keep(tree: &Tree, question: &Question, seed: u64) -> Result<(), TestCaseError> {
    let mut dice = Dice::new(seed);
    let assignment = tree.assigned(&mut dice);
    let counted = answer(tree, question, &assignment);
    for _ in 0..TRUTHS {
        let other = tree.assigned(&mut dice);
        let again = answer(tree, question, &other);
        prop_assert_eq!(counted, again, "{:?} and {:?}", assignment, other);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_count_of_persons_holds_however_the_records_fall((tree, question, seed) in asked(EVERYTHING, Measure::Persons)) {
        hold(&tree, &question, seed)?;
    }

    #[test]
    fn a_count_of_incidents_holds_however_the_records_fall(
        (tree, question, seed) in asked(BOUNDED, Measure::Incidents),
    ) {
        hold(&tree, &question, seed)?;
    }

    #[test]
    fn a_count_of_persons_does_not_depend_on_how_the_records_fall(
        (tree, question, seed) in asked(EVERYTHING, Measure::Persons),
    ) {
        keep(&tree, &question, seed)?;
    }

    #[test]
    fn a_count_of_incidents_does_not_depend_on_how_the_records_fall(
        (tree, question, seed) in asked(EVERYTHING, Measure::Incidents),
    ) {
        keep(&tree, &question, seed)?;
    }

    #[test]
    fn one_criterion_of_one_kind_is_counted_plainly((tree, question, seed) in asked(EVERYTHING, Measure::Persons)) {
        let assignment = tree.assigned(&mut Dice::new(seed));
        prop_assume!(!matches!(question.picks[0], Pick::Either(_)));
        let one = Question { picks: question.picks[..1].to_vec(), ..question };
        let criterion = tree.criterion(&one.picks[0], &assignment, false);
        let persons: std::collections::BTreeSet<_> = criterion.facts.iter().map(|fact| fact.person).collect();
        let Count::Attested { value, .. } = answer(&tree, &one, &assignment) else {
            return Err(TestCaseError::fail("a plain count"));
        };
        prop_assert_eq!(value, persons.len() as u64);
    }

    #[test]
    fn criteria_of_the_same_figure_are_one((tree, question, seed) in asked(EVERYTHING, Measure::Persons)) {
        let assignment = tree.assigned(&mut Dice::new(seed));
        let picks = [question.picks.clone(), vec![question.picks[0].clone()]].concat();
        let twice = Question { picks, ..question.clone() };
        prop_assert_eq!(answer(&tree, &twice, &assignment), answer(&tree, &question, &assignment));
    }

    #[test]
    fn low_is_at_most_high((tree, question, seed) in asked(EVERYTHING, Measure::Persons)) {
        let assignment = tree.assigned(&mut Dice::new(seed));
        if let Count::NotAttested { low, high } = answer(&tree, &question, &assignment) {
            prop_assert!(low < high, "{low} to {high}, which is a count where they are equal");
        }
    }
}

#[test]
fn a_part_of_a_bounded_figure_is_bounded_as_it_is() {
    use super::model::{Figure, Slot};
    let slot = |marked| Slot { incidents: 1, marked };
    for bound in [Bound::Exact, Bound::AtLeast, Bound::About] {
        let whole = Figure { parent: None, bound: Bound::Exact, ground: false, slots: vec![slot(false); 4] };
        let part = Figure { parent: Some(0), bound, ground: false, slots: vec![slot(true), slot(false), slot(true)] };
        let tree = Tree { figures: vec![whole, part] };
        let question = Question { measure: Measure::Persons, picks: vec![Pick::Marked(1), Pick::Figure(1)] };
        let assignment = vec![vec![0, 1, 2, 3], vec![1, 2, 3]];
        assert_eq!(answer(&tree, &question, &assignment), Count::Attested { value: 2, bound });
    }
}
