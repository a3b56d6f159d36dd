//! Lists of which a person may have several codes, alone and crossed with one of which everybody has one.

use super::board::{Board, How};
use super::worlds::{Growth, one, remember, two};

/// The worlds in which everybody has one code after all, and the one who looks knows that.
fn only_one(board: Board) -> Board {
    let types = board.types.iter().copied().filter(|(_, own)| own.count_ones() == 1).collect();
    Board { types, broader: false, ..board }
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

#[test]
#[ignore = "minutes: all worlds of larger tables"]
fn no_withheld_number_of_a_larger_table_with_several_codes_is_narrower_than_t() {
    assert_silent(&Board::several(2, 2, 2), 8..=12);
    assert_silent(&Board::several(2, 2, 3), 12..=12);
    assert_silent(&Board::several(2, 3, 2), 8..=8);
    assert_silent(&Board::several(3, 2, 2), 10..=10);
    assert_silent(&at_least_one(Board::several(2, 2, 2)), 8..=12);
    assert_silent(&Board::nested(2, 3, 2), 8..=8);
    assert_silent(&Board::nested(1, 4, 2), 6..=6);
    assert_silent(&only_one(Board::several(3, 2, 2)), 9..=14);
    assert_silent(&only_one(Board::several(3, 3, 2)), 11..=12);
}

#[test]
#[ignore = "minutes: all pairs of worlds of larger tables"]
fn two_releases_of_a_larger_table_with_several_codes_never_tell_a_small_change() {
    for (board, first, second) in [
        (Board::several(2, 2, 2), 8..=9, 4..=11),
        (Board::several(1, 3, 2), 7..=9, 4..=11),
        (Board::several(1, 2, 3), 10..=14, 6..=18),
        (Board::nested(1, 3, 2), 7..=8, 4..=10),
        (only_one(Board::several(2, 2, 2)), 8..=10, 0..=18),
    ] {
        let worlds = (board.worlds(first), board.worlds(second));
        let moved = two(&board, (&worlds.0, &worlds.1), Growth::Free, (How::default(), How::default()), remember);
        assert_eq!(moved.told_small, 0, "{moved:?}");
    }
}
