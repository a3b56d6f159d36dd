//! Numbers that keep what kind of number they are (issue 3, point 4). No database.

use attest::domain::count::{Bound, Bounded, Count, Qualifier, Tally};
use attest::domain::reconcile::{Status, status, tolerance};
use proptest::prelude::*;

const QUALIFIERS: [Qualifier; 4] = [Qualifier::Exact, Qualifier::About, Qualifier::AtLeast, Qualifier::MoreThan];
const BOUNDS: [Bound; 3] = [Bound::Exact, Bound::AtLeast, Bound::About];

/// Random numbers for each property.
const CASES: u32 = 1_000;

fn any_bounded() -> impl Strategy<Value = Bounded> {
    // Small ones, so that pairs often meet.
    let value = prop_oneof![3 => 0..12_u64, 1 => 0..10_000_000_000_u64];
    (value, prop::sample::select(QUALIFIERS.to_vec())).prop_map(|(value, qualifier)| Bounded { value, qualifier })
}

fn any_count() -> impl Strategy<Value = Count> {
    prop_oneof![
        3 => (0..200_u64, prop::sample::select(BOUNDS.to_vec()))
            .prop_map(|(value, bound)| Count::Attested { value, bound }),
        1 => (0..200_u64, 0..50_u64).prop_map(|(low, more)| Count::NotAttested { low, high: low + more }),
    ]
}

/// The numbers up to a largest that a bounded one allows; "about" what lies within its tolerance.
fn allowed(number: Bounded, largest: u64) -> Vec<u64> {
    let allows = |true_number: &u64| match number.qualifier {
        Qualifier::Exact => *true_number == number.value,
        Qualifier::AtLeast => *true_number >= number.value,
        Qualifier::MoreThan => *true_number > number.value,
        Qualifier::About => true_number.abs_diff(number.value) <= tolerance(number.value),
    };
    (0..=largest).filter(allows).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_interval_of_a_sum_is_the_sum_of_the_intervals(a in any_bounded(), b in any_bounded()) {
        let sum = a.plus(b);
        match (a.interval(), b.interval()) {
            (Some((a_low, a_high)), Some((b_low, b_high))) => {
                let high = a_high.zip(b_high).map(|(a, b)| a + b);
                prop_assert_eq!(sum.interval(), Some((a_low + b_low, high)));
            }
            _ => {
                prop_assert_eq!(sum, Bounded { value: a.value + b.value, qualifier: Qualifier::About });
                prop_assert_eq!(sum.interval(), None);
            }
        }
    }

    #[test]
    fn sums_do_not_depend_on_the_order(a in any_bounded(), b in any_bounded(), c in any_bounded()) {
        prop_assert_eq!(a.plus(b), b.plus(a));
        // "More than n and at least m" may be worded in two ways that say the same.
        let (left, right) = (a.plus(b).plus(c), a.plus(b.plus(c)));
        prop_assert_eq!(left.interval(), right.interval());
        let about = [a, b, c].iter().any(|one| one.qualifier == Qualifier::About);
        prop_assert_eq!(left.qualifier == Qualifier::About, about);
        prop_assert_eq!(right.qualifier == Qualifier::About, about);
        // Nothing adds nothing.
        prop_assert_eq!(a.plus(Bounded { value: 0, qualifier: Qualifier::Exact }), a);
    }

    #[test]
    fn numbers_agree_where_their_intervals_meet(a in any_bounded(), b in any_bounded()) {
        prop_assert_eq!(a.agrees(b), b.agrees(a));
        prop_assert!(a.agrees(a));
        if a.value < 12 && b.value < 12 {
            let other = allowed(b, 20);
            let meet = allowed(a, 20).iter().any(|number| other.contains(number));
            prop_assert_eq!(a.agrees(b), meet, "{} and {}", a, b);
        }
    }

    #[test]
    fn a_number_is_told_with_its_kind(number in any_bounded()) {
        let told = number.to_string();
        let words = match number.qualifier {
            Qualifier::Exact => "",
            Qualifier::About => "about ",
            Qualifier::AtLeast => "at least ",
            Qualifier::MoreThan => "more than ",
        };
        prop_assert_eq!(told, format!("{words}{}", number.value));
        let (_, same) = Qualifier::WORDS.iter().find(|(name, _)| *name == number.qualifier.name()).unwrap();
        prop_assert_eq!(*same, number.qualifier);
    }

    #[test]
    fn only_none_of_a_bound_says_nothing(number in any_bounded()) {
        let nothing = number.value == 0 && matches!(number.qualifier, Qualifier::AtLeast | Qualifier::About);
        prop_assert_eq!(number.contradiction().is_some(), nothing);
    }

    #[test]
    fn the_ends_of_a_sum_of_counts_are_the_sums_of_the_ends(a in any_count(), b in any_count()) {
        let sum = a.plus(b);
        prop_assert_eq!(sum, b.plus(a));
        prop_assert_eq!(sum.most(), a.most().zip(b.most()).map(|(a, b)| a + b));
        let about = |count: Count| matches!(count, Count::Attested { bound: Bound::About, .. });
        prop_assert_eq!(about(sum), about(a) || about(b));
        if !about(sum) {
            prop_assert_eq!(sum.least(), a.least() + b.least());
        }
        prop_assert_eq!(sum.is_zero(), a.is_zero() && b.is_zero());
        prop_assert_eq!(a.plus(Count::ZERO), a);
    }

    #[test]
    fn a_count_is_stated_with_the_ends_that_it_has(count in any_count()) {
        match count.stated() {
            None => {
                let interval = matches!(count, Count::NotAttested { .. });
                prop_assert!(interval);
            }
            Some(stated) => {
                prop_assert_eq!(stated.to_string(), count.to_string());
                match stated.interval() {
                    Some(ends) => prop_assert_eq!(ends, (count.least(), count.most())),
                    None => prop_assert_eq!((count.least(), count.most()), (0, None)),
                }
            }
        }
        // Without uncertain dates nothing is added to it.
        let tally = Tally::from(count);
        prop_assert_eq!((tally.most(), tally.stated(), tally.possible), (count.most(), count.stated(), None));
    }

    #[test]
    fn what_is_definite_and_what_reaches_in_are_the_ends(value in 0..100_u64, more in 0..100_u64, at in 0..3_usize) {
        let reach = Count::Attested { value: value + more, bound: BOUNDS[at] };
        let tally = Tally::dated(Count::exact(value), reach);
        prop_assert_eq!(tally.count, Count::Attested { value, bound: BOUNDS[at] });
        prop_assert_eq!(tally.possible, Some(more));
        prop_assert_eq!(tally.most(), reach.most());
        let stated = tally.stated().unwrap();
        prop_assert_eq!(stated.value, value);
        let open = more > 0 && BOUNDS[at] == Bound::Exact;
        prop_assert_eq!(stated.qualifier == Qualifier::AtLeast, open || BOUNDS[at] == Bound::AtLeast);
    }

    #[test]
    fn what_nobody_attested_keeps_both_ends_of_its_dates(definite in any_count(), reach in any_count()) {
        let tally = Tally::dated(definite, reach);
        let attested = |count: Count| matches!(count, Count::Attested { .. });
        if !attested(definite) || !attested(reach) {
            prop_assert_eq!(tally.possible, None);
            prop_assert!(tally.count.least() <= definite.least());
            match (tally.most(), reach.most()) {
                (Some(most), Some(high)) => prop_assert!(most >= high && most >= definite.least()),
                (most, high) => prop_assert_eq!(most, high),
            }
        }
    }

    #[test]
    fn a_figure_is_satisfied_by_some_number_that_the_dates_allow(
        value in 0..60_u64, at in 0..4_usize, definite in 0..60_u64, possible in 0..20_u64,
    ) {
        let published = Bounded { value, qualifier: QUALIFIERS[at] };
        let computed = Tally { count: Count::exact(definite), possible: Some(possible) };
        let satisfies = |number: u64| match published.qualifier {
            Qualifier::About => number.abs_diff(value) <= tolerance(value),
            _ => allowed(published, 200).contains(&number),
        };
        let some = (definite..=definite + possible).any(satisfies);
        let found = status(published, Some(computed));
        prop_assert_eq!(found == Status::Differs, !some, "{} by {} and {}", published, definite, possible);
        // Only a number that leaves nothing open reproduces another.
        let same = published.qualifier == Qualifier::Exact && possible == 0 && definite == value;
        prop_assert_eq!(found == Status::Reproduced, same);
    }
}

#[test]
fn sums_of_kinds_are_told_as_they_are_known() {
    let number = |value, qualifier| Bounded { value, qualifier };
    let exact = number(7, Qualifier::Exact);
    for (other, sum) in [
        (number(3, Qualifier::Exact), "10"),
        (number(3, Qualifier::AtLeast), "at least 10"),
        (number(3, Qualifier::MoreThan), "more than 10"),
        (number(3, Qualifier::About), "about 10"),
    ] {
        assert_eq!(exact.plus(other).to_string(), sum);
    }
    let (least, more, about) =
        (number(3, Qualifier::AtLeast), number(80, Qualifier::MoreThan), number(40, Qualifier::About));
    assert_eq!(least.plus(least).to_string(), "at least 6");
    assert_eq!(least.plus(more).to_string(), "more than 83");
    // At least 81 and at least 81.
    assert_eq!(more.plus(more).to_string(), "more than 161");
    assert_eq!(about.plus(more).to_string(), "about 120");
    // "More than 80" and "80" cannot both be true; "more than 80" and "about 85" can.
    assert!(!more.agrees(number(80, Qualifier::Exact)) && more.agrees(number(81, Qualifier::Exact)));
    assert!(more.agrees(number(85, Qualifier::About)));
    assert_eq!(Count::NotAttested { low: 19, high: 41 }.to_string(), "19 to 41");
}
