//! Larger tables of which whoever looks knows the sum of every line beforehand: in every world with these sums.

use std::collections::BTreeMap;

use super::board::{Board, World};
use super::worlds::one;

/// All rows of so many persons that add up to no more than these sums.
fn splits(persons: u64, at_most: &[u64]) -> Vec<Vec<u64>> {
    let Some((first, rest)) = at_most.split_first() else {
        return if persons == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    let of = |own: u64| splits(persons - own, rest).into_iter().map(move |rest| [vec![own], rest].concat());
    (0..=persons.min(*first)).flat_map(of).collect()
}

/// All tables with these sums of rows, by their sums of columns of `t` persons or more.
fn by_columns(rows: &[u64], columns: usize, t: u64) -> BTreeMap<Vec<u64>, Vec<World>> {
    let all = vec![rows.iter().sum(); columns];
    let add = |worlds: Vec<World>, row: &u64| -> Vec<World> {
        let own = splits(*row, &all);
        worlds.iter().flat_map(|world| own.iter().map(|row| [world.as_slice(), row].concat())).collect()
    };
    let mut found: BTreeMap<Vec<u64>, Vec<World>> = BTreeMap::new();
    for world in rows.iter().fold(vec![World::new()], add) {
        let sums: Vec<u64> = (0..columns).map(|column| world.iter().skip(column).step_by(columns).sum()).collect();
        if sums.iter().all(|sum| *sum >= t) {
            found.entry(sums).or_default().push(world);
        }
    }
    found
}

fn assert_silent(rows: &[u64], columns: usize, t: u64) {
    let (mut worlds, mut crossed, mut withheld) = (0, 0, 0);
    for pool in [false, true] {
        let board = Board { pool, ..Board::single(rows.len(), columns, t) };
        for (sums, own) in by_columns(rows, columns, t) {
            let found = one(&board, &own);
            // Sums of columns that one world alone has say everything, and no mask can help it.
            if own.len() > 1 {
                assert_eq!((found.pinned, found.narrow, found.groups), (0, 0, 0), "{rows:?} {sums:?}: {found:?}");
            }
            worlds += found.worlds;
            crossed += found.crossed;
            withheld += found.withheld;
        }
    }
    assert!(worlds > 0 && crossed > 0 && withheld > 0, "{worlds} worlds, {crossed} told, {withheld} withheld");
}

#[test]
fn no_withheld_cell_is_narrow_for_whoever_knows_the_sum_of_every_line() {
    assert_silent(&[5, 4, 2, 2], 2, 2);
    assert_silent(&[6, 4, 4], 3, 2);
}

#[test]
#[ignore = "minutes: all worlds of larger tables"]
fn nor_is_one_in_a_larger_table() {
    assert_silent(&[6, 5, 4, 4, 3, 2, 2, 2, 2], 2, 2);
    assert_silent(&[7, 6, 3, 3, 3, 3], 2, 3);
    assert_silent(&[6, 6, 4, 2, 2], 3, 2);
    assert_silent(&[6, 2, 2, 2, 2, 2, 2], 3, 2);
}
