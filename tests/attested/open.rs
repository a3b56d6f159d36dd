//! Counts hold, too, where the figures that they stand on are bounded themselves or say more of one person than of
//! another.

use attest::domain::aggregate::Measure;
use attest::domain::count::{Bound, Count};
use proptest::prelude::*;

use super::dice::Dice;
use super::holds::{asked, hold, hold_by, keep};
use super::model::{AT_LEAST, EXACT, Range, answer};

/// "About five" of a whole of five need not be everybody.
const ABOUT_PARTS: Range = Range { parts: &[Bound::Exact, Bound::About], wholes: EXACT, uneven: false };
/// How many persons there are to share is only known to be so many or more.
const BOUNDED_WHOLES: Range = Range { parts: EXACT, wholes: AT_LEAST, uneven: false };
/// One person with two incidents, another with three: how many persons says not how many incidents.
const UNEVEN: Range = Range { parts: EXACT, wholes: EXACT, uneven: true };
/// "At least one" may be more than is recorded.
const BOUNDED_PARTS: Range = Range { parts: AT_LEAST, wholes: EXACT, uneven: false };

/// Whether a number is not below what a count says.
fn from_below(count: Count, number: u64) -> bool {
    match count {
        Count::Attested { bound: Bound::About, .. } => true,
        Count::Attested { value: low, .. } | Count::NotAttested { low, .. } => low <= number,
    }
}

/// Whether a number is not above what a count says.
fn from_above(count: Count, number: u64) -> bool {
    match count {
        Count::Attested { bound: Bound::About | Bound::AtLeast, .. } => true,
        Count::Attested { value: high, .. } | Count::NotAttested { high, .. } => number <= high,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_500, max_shrink_iters: 3_000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn about_as_many_as_the_whole_are_not_everybody((tree, question, seed) in asked(ABOUT_PARTS, Measure::Persons)) {
        hold(&tree, &question, seed)?;
    }

    #[test]
    fn incidents_of_about_so_many_persons_are_not_certain(
        (tree, question, seed) in asked(ABOUT_PARTS, Measure::Incidents),
    ) {
        hold(&tree, &question, seed)?;
    }

    #[test]
    fn parts_of_a_bounded_whole_may_lie_apart((tree, question, seed) in asked(BOUNDED_WHOLES, Measure::Persons)) {
        hold_by(from_below, &tree, &question, seed)?;
    }

    #[test]
    fn a_bounded_whole_bounds_nothing_from_above((tree, question, seed) in asked(BOUNDED_WHOLES, Measure::Persons)) {
        hold_by(from_above, &tree, &question, seed)?;
    }

    #[test]
    fn persons_with_more_incidents_than_others_may_be_those_that_count(
        (tree, question, seed) in asked(UNEVEN, Measure::Incidents),
    ) {
        hold(&tree, &question, seed)?;
        keep(&tree, &question, seed)?;
    }

    #[test]
    fn low_is_at_most_high_whatever_was_recorded(
        (tree, question, seed) in asked(Range { uneven: true, ..BOUNDED_PARTS }, Measure::Persons),
    ) {
        // Staff may enter only some of a whole's persons, and all of a part's.
        let mut dice = Dice::new(seed);
        let persons: Vec<_> = (0..12).collect();
        let mut some = |most| dice.between(1, most);
        let numbers: Vec<_> = tree.figures.iter().map(|figure| some(figure.slots.len())).collect();
        let assignment = numbers.into_iter().map(|number| dice.draw(&persons, number)).collect();
        if let Count::NotAttested { low, high } = answer(&tree, &question, &assignment) {
            prop_assert!(low < high, "{low} to {high}: {assignment:?}");
        }
    }

    #[test]
    fn incidents_of_a_bounded_figure_may_be_more_than_are_recorded(
        (tree, question, seed) in asked(BOUNDED_PARTS, Measure::Incidents),
    ) {
        hold(&tree, &question, seed)?;
    }
}
