//! How much is told of persons as two public collections have them, invented: those whom the police shot, and those who died on
//! their way. The lists are in the order of their use.

use std::collections::BTreeMap;

use attest::domain::release::descent::grid::{Column, Units};
use attest::domain::release::descent::mask::Memory;

use super::share::{About, PERSONS, Shares, count_told, dimensions, pick, release, zipf};
use crate::disclosure::dice::Dice;

/// Codes by list and person, each list numbered anew in the order of its use.
fn in_order_of_use(mut lists: Vec<Vec<u16>>) -> Vec<Vec<u16>> {
    for codes in &mut lists {
        let uses = |code: u16| codes.iter().filter(|own| **own == code).count();
        let mut order: Vec<u16> = (0..=codes.iter().copied().max().unwrap_or(0)).collect();
        order.sort_by_cached_key(|code| std::cmp::Reverse(uses(*code)));
        let place = |code: &u16| order.iter().position(|own| own == code).unwrap() as u16;
        *codes = codes.iter().map(place).collect();
    }
    lists
}

fn units(lists: Vec<Vec<u16>>) -> [Units; 2] {
    let persons = (0..lists[0].len() as u32).collect();
    let columns = in_order_of_use(lists).into_iter().map(Column::single).collect();
    [Units { persons, columns }, Units::default()]
}

/// By list the codes of so many persons.
fn invented(persons: usize, seed: u64, person: impl Fn(&mut Dice) -> Vec<u16>) -> Vec<Vec<u16>> {
    let mut dice = Dice::new(seed);
    let mut lists = Vec::new();
    for _ in 0..persons {
        let codes = person(&mut dice);
        lists.resize(codes.len(), Vec::new());
        lists.iter_mut().zip(codes).for_each(|(list, code)| list.push(code));
    }
    lists
}

/// Whom the police shot: age, state, race, sex and year.
fn shot(seed: u64) -> Vec<Vec<u16>> {
    // A few states have most, and the least a handful.
    let states: Vec<f64> =
        zipf(51, 0.8).iter().zip(0..).map(|(weight, at)| weight * (-f64::from(at) / 25.0).exp()).collect();
    let races = [0.46, 0.24, 0.17, 0.09, 0.017, 0.014, 0.009];
    let ages = [
        [0.11, 0.30, 0.26, 0.16, 0.10, 0.04, 0.01, 0.02],
        [0.27, 0.36, 0.19, 0.10, 0.04, 0.01, 0.03, 0.02],
        [0.20, 0.39, 0.24, 0.10, 0.03, 0.01, 0.02, 0.01],
        [0.13, 0.30, 0.22, 0.12, 0.06, 0.02, 0.01, 0.14],
    ];
    invented(5_000, seed, |dice| {
        let race = pick(dice, &races);
        let age = pick(dice, &ages[usize::from(race.min(3))]);
        let year = pick(dice, &[0.166, 0.160, 0.164, 0.165, 0.167, 0.178]);
        vec![age, pick(dice, &states), race, pick(dice, &[0.953, 0.045, 0.002]), year]
    })
}

const OF_SHOT: &[About] = &[
    ("one", PERSONS, &[0]),
    ("one", PERSONS, &[1]),
    ("one", PERSONS, &[2]),
    ("one", PERSONS, &[3]),
    ("one", PERSONS, &[4]),
    ("two", PERSONS, &[1, 4]),
    ("two", PERSONS, &[1, 2]),
    ("two", PERSONS, &[2, 0]),
    ("two", PERSONS, &[2, 3]),
    ("two", PERSONS, &[2, 4]),
    ("three", PERSONS, &[2, 3, 4]),
    ("three", PERSONS, &[2, 0, 4]),
];

/// Who died on their way: region, cause, year, and sex or age.
fn on_their_way(seed: u64) -> Vec<Vec<u16>> {
    let years = [0.074, 0.093, 0.112, 0.088, 0.066, 0.076, 0.060, 0.085, 0.101, 0.122, 0.123];
    // Whether by water, over land or along roads.
    let causes = [
        [0.86, 0.08, 0.01, 0.01, 0.02, 0.01, 0.003, 0.007],
        [0.10, 0.30, 0.22, 0.14, 0.10, 0.08, 0.04, 0.02],
        [0.12, 0.22, 0.06, 0.33, 0.09, 0.12, 0.04, 0.02],
    ];
    invented(35_000, seed, |dice| {
        let region = pick(dice, &zipf(17, 1.4));
        let cause = pick(dice, &causes[usize::from(region) % 3]);
        let who = pick(dice, &[0.52, 0.31, 0.10, 0.07]);
        vec![region, cause, pick(dice, &years), who]
    })
}

const OF_THOSE_ON_THEIR_WAY: &[About] = &[
    ("one", PERSONS, &[0]),
    ("one", PERSONS, &[1]),
    ("one", PERSONS, &[2]),
    ("one", PERSONS, &[3]),
    ("two", PERSONS, &[0, 1]),
    ("two", PERSONS, &[0, 2]),
    ("two", PERSONS, &[0, 3]),
    ("two", PERSONS, &[1, 2]),
    ("three", PERSONS, &[0, 1, 2]),
    ("three", PERSONS, &[0, 3, 2]),
];

/// What share is told of codes and crossings that 5 persons have or more; `others` lines at the end of each list are used by nobody.
fn shares(tables: &[About], lists: Vec<Vec<u16>>, others: u16) -> BTreeMap<&'static str, f64> {
    let widths: Vec<u16> = lists.iter().map(|codes| codes.iter().max().unwrap() + 1 + others).collect();
    let (units, mut memory, mut found) = (units(lists), Memory::new(5), Shares::new());
    release(&dimensions(&widths, widths.len()), tables, &units, &mut memory);
    count_told(tables, &units, &mut memory, &mut found);
    found.into_iter().map(|(about, (told, all))| (about, told as f64 / all as f64)).collect()
}

/// The shares of one list, of two and of three, within 3 in a hundred.
fn assert_shares(shares: &BTreeMap<&'static str, f64>, expected: [f64; 3]) {
    for (about, expected) in ["one", "two", "three"].into_iter().zip(expected) {
        assert!((shares[about] - expected).abs() <= 0.03, "{about}, {expected} expected: {shares:.3?}");
    }
}

#[test]
fn of_five_thousand_whom_the_police_shot_all_lists_are_told_and_most_of_their_crossings() {
    assert_shares(&shares(OF_SHOT, shot(1), 0), [0.99, 0.59, 0.66]);
}

#[test]
fn of_thirty_five_thousand_who_died_on_their_way_nearly_all_is_told() {
    assert_shares(&shares(OF_THOSE_ON_THEIR_WAY, on_their_way(1), 0), [1.00, 0.95, 0.80]);
}

#[test]
fn a_last_line_that_nobody_has_costs_each_list_its_last_code_and_the_crossings_of_it() {
    assert_shares(&shares(OF_SHOT, shot(1), 1), [0.92, 0.51, 0.50]);
    assert_shares(&shares(OF_THOSE_ON_THEIR_WAY, on_their_way(1), 1), [0.90, 0.79, 0.66]);
}
