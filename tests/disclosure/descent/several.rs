//! Lists of which a person may have several codes, alone and crossed with one of which everybody has one.

use std::collections::BTreeSet;

use attest::domain::release::descent::grid::{Column, Units};
use attest::domain::release::descent::mask::{Dimension, Input, Memory, Set, Table, Who, mask};
use attest::domain::release::descent::told::Key;
use attest::domain::release::descent::tree::Item;

use super::board::{Board, How, World};
use super::turns::{Growth, remember, two};
use super::worlds::one;

/// The worlds in which everybody has one code after all, and the one who looks knows that.
fn only_one(board: Board) -> Board {
    let types = board.types.iter().copied().filter(|(_, own)| own.count_ones() == 1).collect();
    Board { types, watches_sums: false, ..board }
}

/// The worlds in which everybody has a code.
fn at_least_one(board: Board) -> Board {
    let types = board.types.iter().copied().filter(|(_, own)| *own != 0).collect();
    Board { types, ..board }
}

fn assert_silent(board: &Board, persons: std::ops::RangeInclusive<u64>) {
    let found = one(board, &board.worlds(persons));
    assert!(found.told > 0 && (found.crossed > 0 || board.rows.root.is_line()), "{found:?}");
    assert_eq!((found.pinned, found.narrow, found.few, found.groups), (0, 0, 0, 0), "{found:?}");
}

#[test]
fn no_withheld_number_of_a_list_with_several_codes_is_narrower_than_t() {
    assert_silent(&Board::several(1, 2, 2), 4..=9);
    assert_silent(&at_least_one(Board::several(1, 3, 2)), 6..=8);
    assert_silent(&Board::several(2, 2, 2), 9..=9);
}

#[test]
fn nor_is_it_where_everybody_has_one_code_after_all() {
    assert_silent(&only_one(Board::several(1, 3, 2)), 6..=12);
    assert_silent(&only_one(Board::several(2, 2, 2)), 8..=11);
    assert_silent(&only_one(Board::several(3, 2, 2)), 9..=9);
}

#[test]
fn nor_is_it_where_some_codes_lie_in_a_broader_one() {
    assert_silent(&Board::nested(1, 3, 2), 6..=8);
    assert_silent(&only_one(Board::nested(1, 4, 2)), 8..=10);
    assert_silent(&only_one(Board::nested(2, 3, 2)), 9..=10);
}

#[test]
fn two_releases_of_a_list_with_several_codes_never_tell_that_a_number_changed_by_a_few() {
    for board in [Board::several(1, 2, 2), only_one(Board::several(2, 2, 2)), only_one(Board::nested(1, 3, 2))] {
        let worlds = (board.worlds(7..=8), board.worlds(3..=10));
        let moved = two(&board, (&worlds.0, &worlds.1), Growth::Free, (How::default(), How::default()), remember);
        assert!(moved.told_anew > 0, "{moved:?}");
        assert_eq!(moved.told_small, 0, "{moved:?}");
    }
}

/// An unchanged code that is told anew must not tell that the hidden sum above it has moved far: of worlds in which 4 have one code of
/// the broader one and 3 the other, before and after.
#[test]
fn nor_that_who_has_none_of_a_broader_code_changed_by_a_few() {
    let board = Board::nested(1, 3, 2);
    let own = |world: &World| [1, 2].map(|column| board.sums(world).any(1, column)) == [4, 3];
    let worlds = [6, 8].map(|persons| board.worlds(persons..=persons).into_iter().filter(own).collect::<Vec<_>>());
    let hows = (How::default(), How::default());
    let moved = two(&board, (&worlds[0], &worlds[1]), Growth::Free, hows, remember);
    assert!(moved.told_anew > 0, "{moved:?}");
    assert_eq!(moved.told_small, 0, "{moved:?}");
}

#[test]
#[ignore = "minutes: all worlds of larger tables"]
fn no_withheld_number_of_a_larger_table_with_several_codes_is_narrower_than_t() {
    assert_silent(&Board::several(2, 2, 2), 8..=12);
    assert_silent(&Board::several(2, 2, 3), 12..=12);
    assert_silent(&Board::several(2, 3, 2), 8..=8);
    assert_silent(&Board::several(3, 2, 2), 10..=10);
    assert_silent(&Board::several(3, 2, 3), 11..=12);
    assert_silent(&at_least_one(Board::several(2, 2, 2)), 8..=12);
    assert_silent(&Board::nested(2, 3, 2), 8..=8);
    assert_silent(&Board::nested(1, 4, 2), 6..=6);
    assert_silent(&only_one(Board::several(3, 2, 2)), 9..=14);
    assert_silent(&only_one(Board::several(3, 2, 3)), 12..=18);
    assert_silent(&only_one(Board::several(3, 3, 2)), 11..=12);
}

#[test]
#[ignore = "minutes: all pairs of worlds of larger tables"]
fn two_releases_of_a_larger_table_with_several_codes_never_tell_a_small_change() {
    for (board, first, second) in [
        (Board::several(2, 2, 2), 8..=9, 4..=11),
        (Board::several(1, 3, 2), 7..=8, 4..=10),
        (Board::several(1, 2, 3), 10..=14, 6..=18),
        (Board::nested(1, 3, 2), 7..=8, 4..=10),
        (only_one(Board::several(2, 2, 2)), 8..=10, 0..=18),
    ] {
        let worlds = (board.worlds(first), board.worlds(second));
        let moved = two(&board, (&worlds.0, &worlds.1), Growth::Free, (How::default(), How::default()), remember);
        assert_eq!(moved.told_small, 0, "{moved:?}");
    }
}

#[test]
fn a_line_in_which_a_signed_code_stands_counts_those_too_who_have_none_of_the_other_list() {
    let list = |width: u16, several, signed: &[u16]| Dimension {
        items: (0..width).map(|code| Item::Line(vec![code])).collect(),
        width,
        many: [several, false],
        signed: signed.to_vec(),
    };
    let rows: Vec<u16> = (0..200).map(|_| 0).chain((0..18).map(|person| 1 + person % 3)).collect();
    let columns: Vec<Vec<u16>> =
        (0..218).map(|person| if person % 20 == 0 { vec![1] } else { vec![0; person % 2] }).collect();
    let units = Units { persons: (0..218).collect(), columns: vec![Column::single(rows), Column::many(&columns)] };
    let tables = [Table { measure: 0, by: vec![0] }, Table { measure: 0, by: vec![0, 1] }];
    let dimensions = [list(4, false, &[1]), list(2, true, &[])];
    let pooled = &BTreeSet::new();
    let input = Input { dimensions: &dimensions, units: [&units, &Units::default()], tables: &tables, pooled };
    let mut memory = Memory::new(5);
    mask(&input, &mut memory);
    let mut told = |codes: &[u16]| {
        let set = memory.sets.number(Set { dimensions: vec![0], who: Who::Has, codes: codes.to_vec() });
        memory.told.get(Key::new(0, [set, 0, 0])).and_then(|entry| entry.now).map(|count| count.persons)
    };
    assert_eq!([told(&[0]), told(&[1]), told(&[2]), told(&[1, 2])], [Some(200), None, Some(6), Some(12)]);
}

fn pooled(board: Board) -> Board {
    Board { pool: true, ..board }
}

#[test]
fn nor_is_it_where_small_lines_are_pooled() {
    for (board, persons) in [
        (pooled(Board::several(3, 2, 2)), 7),
        (pooled(at_least_one(Board::several(2, 3, 2))), 6),
        (pooled(only_one(Board::several(3, 3, 2))), 8),
    ] {
        let found = one(&board, &board.worlds(persons..=persons));
        assert_eq!((found.pinned, found.narrow, found.few, found.groups), (0, 0, 0, 0), "{found:?}");
    }
}

#[test]
#[ignore = "minutes: all worlds of larger tables"]
fn nor_is_it_in_larger_worlds_where_small_lines_are_pooled() {
    for (board, persons) in [
        (pooled(Board::several(3, 2, 2)), 9),
        (pooled(Board::several(2, 3, 2)), 8),
        (pooled(at_least_one(Board::several(2, 3, 2))), 9),
        (pooled(only_one(Board::several(3, 3, 2))), 10),
    ] {
        let found = one(&board, &board.worlds(persons..=persons));
        assert!(found.crossed > 0, "no crossing is told: {found:?}");
        assert_eq!((found.pinned, found.narrow, found.few, found.groups), (0, 0, 0, 0), "{found:?}");
    }
}

#[test]
fn two_releases_with_pooled_lines_beside_several_codes_never_tell_a_small_change() {
    let board = pooled(Board::several(3, 1, 2));
    let worlds = (board.worlds(6..=8), board.worlds(5..=10));
    let moved = two(&board, (&worlds.0, &worlds.1), Growth::Free, (How::default(), How::default()), remember);
    assert_eq!(moved.told_small, 0, "{moved:?}");
}
