//! When a figure is reproduced, satisfied or contradicted, and what parts leave of their whole. No database.

use attest::domain::aggregate::Measure;
use attest::domain::count::{Bound, Bounded, Count, Qualifier, Tally};
use attest::domain::figure::{Figure, Relation};
use attest::domain::publication::Visibility;
use attest::domain::reconcile::{self, Status, remainders, tolerance};
use attest::domain::record::RecordId;
use chrono::NaiveDate;
use proptest::prelude::*;
use uuid::Uuid;

const QUALIFIERS: [Qualifier; 4] = [Qualifier::Exact, Qualifier::About, Qualifier::AtLeast, Qualifier::MoreThan];

fn status(value: u64, qualifier: Qualifier, computed: Option<Count>) -> Status {
    reconcile::status(Bounded { value, qualifier }, computed.map(Tally::from))
}

fn computed(value: u64) -> Option<Count> {
    Some(Count::exact(value))
}

fn bounded(value: u64, bound: Bound) -> Option<Count> {
    Some(Count::Attested { value, bound })
}

#[test]
fn an_exact_figure_is_reproduced_by_the_same_number_alone() {
    assert_eq!(status(114, Qualifier::Exact, computed(114)), Status::Reproduced);
    assert_eq!(status(114, Qualifier::Exact, computed(113)), Status::Differs);
    assert_eq!(status(114, Qualifier::Exact, computed(115)), Status::Differs);
    assert_eq!(status(0, Qualifier::Exact, computed(0)), Status::Reproduced);
    // The records know less than the figure says: no contradiction, and no reproduction either.
    assert_eq!(status(1, Qualifier::Exact, bounded(1, Bound::AtLeast)), Status::Consistent);
    assert_eq!(status(1, Qualifier::Exact, bounded(2, Bound::AtLeast)), Status::Differs);
}

#[test]
fn at_least_and_more_than_are_satisfied_from_their_number_on() {
    for (value, least, more) in [(113, Status::Differs, Status::Differs), (114, Status::Consistent, Status::Differs)] {
        assert_eq!(status(114, Qualifier::AtLeast, computed(value)), least);
        assert_eq!(status(114, Qualifier::MoreThan, computed(value)), more);
    }
    assert_eq!(status(114, Qualifier::MoreThan, computed(115)), Status::Consistent);
    assert_eq!(status(114, Qualifier::AtLeast, computed(1_000)), Status::Consistent);
    assert_eq!(status(1, Qualifier::AtLeast, bounded(1, Bound::AtLeast)), Status::Consistent);
}

#[test]
fn about_is_satisfied_within_a_tenth_and_at_least_one() {
    assert_eq!((tolerance(40), tolerance(49), tolerance(9), tolerance(0)), (4, 4, 1, 1));
    for (value, expected) in
        [(35, Status::Differs), (36, Status::Consistent), (44, Status::Consistent), (45, Status::Differs)]
    {
        assert_eq!(status(40, Qualifier::About, computed(value)), expected, "{value}");
    }
    for (value, expected) in
        [(1, Status::Differs), (2, Status::Consistent), (4, Status::Consistent), (5, Status::Differs)]
    {
        assert_eq!(status(3, Qualifier::About, computed(value)), expected, "{value}");
    }
}

#[test]
fn what_was_not_computed_or_not_attested_is_not_computable() {
    for qualifier in QUALIFIERS {
        assert_eq!(status(30, qualifier, None), Status::NotComputable);
        let between = Some(Count::NotAttested { low: 30, high: 31 });
        assert_eq!(status(30, qualifier, between), Status::NotComputable);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_exact_figures_on_exact_counts_are_reproduced(value in 0..200_u64, count in 0..200_u64, at in 0..4_usize) {
        let qualifier = QUALIFIERS[at];
        let exact = status(value, qualifier, computed(count));
        prop_assert_eq!(exact == Status::Reproduced, qualifier == Qualifier::Exact && value == count);
        prop_assert_ne!(status(value, qualifier, bounded(count, Bound::AtLeast)), Status::Reproduced);
        prop_assert_ne!(status(value, qualifier, bounded(count, Bound::About)), Status::Reproduced);
        // The number itself satisfies all but "more than", and more satisfies every lower bound that it satisfied.
        prop_assert_eq!(status(count, qualifier, computed(count)) == Status::Differs, qualifier == Qualifier::MoreThan);
        if matches!(qualifier, Qualifier::AtLeast | Qualifier::MoreThan) && exact == Status::Consistent {
            prop_assert_eq!(status(value, qualifier, computed(count + 1)), Status::Consistent);
        }
    }
}

fn id(at: u128) -> RecordId {
    RecordId(Uuid::from_u128(at))
}

fn figure(value: u64, parent: Option<u128>, breakdown: Option<&str>) -> Figure {
    Figure {
        publication: id(0),
        name: "asked".to_owned(),
        measure: Measure::Persons,
        population: "people".to_owned(),
        region: "Chechnya".to_owned(),
        definition: "_U".to_owned(),
        value: Bounded { value, qualifier: Qualifier::Exact },
        as_of: NaiveDate::from_ymd_opt(2018, 4, 3).unwrap(),
        period_start: None,
        relation: parent.map(|_| Relation::SubsetStated),
        parent: parent.map(id),
        breakdown: breakdown.map(str::to_owned),
        query: None,
        at_write: None,
        address: None,
        visibility: Visibility::Published,
        note: None,
    }
}

/// By breakdown the sum of the parts, the whole and what is left.
fn left(figures: &[(RecordId, Figure)]) -> Vec<(String, u64, u64, i64)> {
    let borrowed: Vec<_> = figures.iter().map(|(id, figure)| (*id, figure)).collect();
    let found = remainders(&borrowed).into_iter();
    found.map(|left| (left.breakdown, left.parts_sum.value, left.parent_value.value, left.value)).collect()
}

#[test]
fn parts_of_one_breakdown_are_taken_from_their_whole() {
    // The five grounds of the Network's statement: 104 of 114.
    let mut figures = vec![(id(1), figure(114, None, None))];
    let grounds = [41, 14, 7, 7, 35].into_iter().zip(2..);
    figures.extend(grounds.map(|(value, at)| (id(at), figure(value, Some(1), Some("ground")))));
    // Parts of the same whole that no breakdown joins leave nothing over.
    figures.push((id(10), figure(92, Some(1), None)));
    assert_eq!(left(&figures), [("ground".to_owned(), 104, 114, 10)]);
    let borrowed: Vec<_> = figures.iter().map(|(id, figure)| (*id, figure)).collect();
    let found = remainders(&borrowed);
    assert_eq!(found[0].parent, id(1));
    assert_eq!(found[0].parts, [2, 3, 4, 5, 6].map(id));
    assert_eq!(found[0].qualifier, Qualifier::AtLeast);
}

#[test]
fn every_breakdown_and_every_whole_has_a_remainder_of_its_own() {
    let figures = [
        (id(1), figure(10, None, None)),
        (id(2), figure(6, Some(1), Some("sex"))),
        (id(3), figure(5, Some(1), Some("sex"))),
        (id(4), figure(3, Some(1), Some("age"))),
        (id(5), figure(2, Some(2), Some("age"))),
        // Its whole is in another publication.
        (id(6), figure(2, Some(99), Some("age"))),
    ];
    let mut found = left(&figures);
    found.sort();
    // Parts that overlap may be more than their whole.
    assert_eq!(found, [("age".to_owned(), 2, 6, 4), ("age".to_owned(), 3, 10, 7), ("sex".to_owned(), 11, 10, -1)]);
}

#[test]
fn what_bounded_parts_leave_over_is_no_lower_bound() {
    // "At least 4" of 10 may be 9.
    for (part, whole, expected) in [
        (Qualifier::Exact, Qualifier::Exact, true),
        (Qualifier::Exact, Qualifier::AtLeast, true),
        (Qualifier::AtLeast, Qualifier::Exact, false),
        (Qualifier::MoreThan, Qualifier::Exact, false),
        (Qualifier::About, Qualifier::Exact, false),
        (Qualifier::Exact, Qualifier::About, false),
    ] {
        let whole = Figure { value: Bounded { value: 10, qualifier: whole }, ..figure(10, None, None) };
        let part = Figure { value: Bounded { value: 4, qualifier: part }, ..figure(4, Some(1), Some("ground")) };
        let exact = figure(1, Some(1), Some("ground"));
        let found = remainders(&[(id(1), &whole), (id(2), &part), (id(3), &exact)]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].value, 5);
        assert_eq!(found[0].qualifier == Qualifier::AtLeast, expected, "{part:?} of {whole:?}");
    }
}

#[test]
fn without_figures_nothing_is_left_over() {
    assert_eq!(remainders(&[]), []);
}
