//! Two and three releases of a table in every pair of worlds: nothing is told to have changed by a few.

use super::board::{Board, How};
use super::worlds::{Growth, Moved, remember, two};

fn of(
    board: &Board,
    first: std::ops::RangeInclusive<u64>,
    second: std::ops::RangeInclusive<u64>,
    growth: Growth,
) -> Moved {
    let worlds = (board.worlds(first), board.worlds(second));
    two(board, (&worlds.0, &worlds.1), growth, (How::default(), How::default()), remember)
}

fn assert_silent(
    board: &Board,
    first: std::ops::RangeInclusive<u64>,
    second: std::ops::RangeInclusive<u64>,
    growth: Growth,
) {
    let moved = of(board, first, second, growth);
    assert!(moved.told_anew > 0, "{moved:?}");
    assert_eq!(moved.told_small, 0, "{moved:?}");
}

#[test]
fn two_releases_never_tell_that_a_number_changed_by_a_few() {
    assert_silent(&Board::single(2, 2, 2), 6..=7, 0..=11, Growth::Free);
    assert_silent(&Board::single(2, 2, 2), 6..=7, 6..=10, Growth::GrowOnly);
    assert_silent(&Board::single(4, 1, 2), 6..=9, 0..=13, Growth::Free);
    assert_silent(&Board::single(3, 1, 3), 8..=10, 0..=16, Growth::Free);
    assert_silent(&Board { pool: true, ..Board::single(3, 2, 2) }, 7..=7, 4..=9, Growth::Free);
}

#[test]
fn a_table_that_is_told_after_its_margins_tells_no_small_change_either() {
    let board = Board::single(2, 2, 2);
    let margins = How { margins: true, ..How::default() };
    let worlds = (board.worlds(6..=7), board.worlds(0..=11));
    let moved = two(&board, (&worlds.0, &worlds.1), Growth::Free, (margins, How::default()), remember);
    assert!(moved.told_anew > 0, "{moved:?}");
    assert_eq!(moved.told_small, 0, "{moved:?}");
}

#[test]
#[ignore = "minutes: all pairs of worlds of larger tables"]
fn two_releases_of_larger_tables_never_tell_that_a_number_changed_by_a_few() {
    assert_silent(&Board::single(2, 2, 2), 8..=10, 0..=18, Growth::Free);
    assert_silent(&Board::single(2, 2, 3), 12..=16, 0..=20, Growth::Free);
    assert_silent(&Board::single(3, 2, 2), 7..=9, 0..=12, Growth::Free);
    assert_silent(&Board { pool: true, ..Board::single(3, 2, 2) }, 7..=9, 0..=12, Growth::Free);
    assert_silent(&Board::single(3, 2, 2), 6..=8, 6..=10, Growth::GrowOnly);
    assert_silent(&Board::single(4, 1, 2), 6..=12, 0..=16, Growth::Free);
    assert_silent(&Board::single(3, 1, 3), 8..=14, 0..=20, Growth::Free);
}
