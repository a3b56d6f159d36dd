//! How far what stands drifts from what is true while people come and leave.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::release::descent::grid::Units;
use attest::domain::release::descent::mask::{Memory, Set, Who};
use attest::domain::release::descent::told::Key;

use super::share::{INCIDENTS, LISTS, Person, TABLES, YEAR, dimensions, person, release, units};
use crate::disclosure::dice::Dice;

/// What one change is.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// A person leaves and another comes.
    Replaced,
    /// A person leaves or another comes, whichever the toss of a coin says.
    Either,
    /// A person comes.
    Grown,
    /// A person comes, of whom everything happened in the last year of the list, but of so many in ten.
    Lately(usize),
}

impl Change {
    fn make(self, people: &mut Vec<Person>, dice: &mut Dice) {
        let (leaves, comes) = match self {
            Self::Replaced => (true, true),
            Self::Grown | Self::Lately(_) => (false, true),
            Self::Either => {
                let leaves = dice.yes();
                (leaves, !leaves)
            }
        };
        if leaves {
            let at = dice.below(people.len());
            people.swap_remove(at);
        }
        if comes {
            let new = person(dice);
            let is_late = matches!(self, Self::Lately(late) if dice.below(10) >= late);
            people.push(if is_late { new.of_year(LISTS[YEAR] - 1) } else { new });
        }
    }
}

/// What was found after a batch of changes.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    /// How many numbers are told anew, of a code or a crossing of codes.
    anew: usize,
    /// Codes of the list of years of which incidents are told anew.
    years: usize,
    /// The mean of how far a number that is told, in this release or before, is from today's, in parts of today's.
    error: f64,
}

/// The codes of a condition, each with its list, where each of them has a name.
fn named(memory: &Memory) -> BTreeMap<u32, (usize, u16)> {
    let named = |(set, number): (&Set, u32)| match (set.dimensions.as_slice(), set.who, set.codes.as_slice()) {
        ([list], Who::Has, [code]) => Some((number, (*list, *code))),
        _ => None,
    };
    memory.sets.all().filter_map(named).collect()
}

/// How many units have all of some codes.
fn counted(units: &Units, codes: &[(usize, u16)]) -> u64 {
    let has = |unit: usize| codes.iter().all(|(list, code)| units.columns[*list].of(unit).contains(code));
    (0..units.persons.len()).filter(|unit| has(*unit)).count() as u64
}

/// Five batches of changes after a first release, each with a release after it.
fn drift(change: Change, changes: usize, seed: u64) -> Vec<Found> {
    let mut dice = Dice::new(seed);
    let mut people: Vec<_> = (0..2_000).map(|_| person(&mut dice)).collect();
    let dimensions = dimensions(&LISTS, 3);
    let mut memory = Memory::new(5);
    let mut ever: BTreeSet<Key> = BTreeSet::new();
    let mut found = Vec::new();
    for batch in 0..=5 {
        for _ in 0..if batch == 0 { 0 } else { changes } {
            change.make(&mut people, &mut dice);
        }
        let units = units(&people);
        release(&dimensions, TABLES, &units, &mut memory);
        ever.extend(memory.told.now().map(|(key, _)| key));
        let named = named(&memory);
        let mut own = Found::default();
        let mut errors = Vec::new();
        for key in &ever {
            let sets = key.sets.iter().filter(|set| **set != 0);
            let Some(codes) = sets.map(|set| named.get(set).copied()).collect::<Option<Vec<_>>>() else { continue };
            let entry = memory.told.get(*key).unwrap();
            let told = entry.now.or(entry.last).unwrap();
            let truth = counted(&units[usize::from(key.measure)], &codes);
            errors.push(told.value.abs_diff(truth) as f64 / truth.max(1) as f64);
            own.anew += usize::from(entry.now.is_some());
            let is_year = key.measure == INCIDENTS && matches!(codes.as_slice(), [(YEAR, _)]);
            own.years += usize::from(is_year && entry.now.is_some());
        }
        found.push(Found { error: errors.iter().sum::<f64>() / errors.len() as f64, ..own });
    }
    found
}

/// The mean error after each release, of two seeds.
fn errors(change: Change, changes: usize) -> [f64; 6] {
    let mut mean = [0.0; 6];
    for seed in 1..=2 {
        mean.iter_mut().zip(drift(change, changes, seed)).for_each(|(mean, found)| *mean += found.error / 2.0);
    }
    mean
}

fn assert_near(error: f64, expected: f64) {
    assert!((error - expected).abs() <= 0.01, "{error:.3}, {expected} expected");
}

#[test]
fn while_as_many_come_as_leave_all_stands_and_is_within_a_tenth_of_the_truth_after_five_hundred() {
    assert!(drift(Change::Replaced, 100, 1)[1..].iter().all(|found| found.anew == 0), "the total does not move");
    assert_near(errors(Change::Replaced, 100)[5], 0.084);
    assert_near(errors(Change::Either, 100)[5], 0.062);
}

#[test]
fn while_people_come_a_told_number_falls_behind_by_a_tenth_after_two_hundred_and_fifty() {
    assert_near(errors(Change::Grown, 50)[5], 0.097);
    let errors = errors(Change::Grown, 100);
    assert_near(errors[1], 0.044);
    assert_near(errors[5], 0.141);
}

#[test]
fn years_are_told_anew_in_the_fifth_release_where_people_come_in_every_year_or_in_the_last_alone() {
    for change in [Change::Grown, Change::Lately(0)] {
        for seed in 1..=3 {
            let found = drift(change, 100, seed)[5];
            assert_eq!(found.years, usize::from(LISTS[YEAR]), "{change:?}: {found:?}");
        }
    }
}

#[test]
fn where_a_few_are_entered_late_years_are_told_anew_in_few_releases() {
    // What moved by 1 to 4 in an early year holds back all that is cut after it.
    let years = |seed| drift(Change::Lately(1), 100, seed)[1..].iter().map(|found| found.years).sum::<usize>();
    let all: usize = (1..=3).map(years).sum();
    let possible = 3 * 5 * usize::from(LISTS[YEAR]);
    assert!(all > 0 && all < possible / 3, "{all} of {possible}");
}
