//! One release of a table of which everybody has one row and one column, in every world.

use super::board::Board;
use super::worlds::one;

fn assert_silent(rows: usize, columns: usize, t: u64, persons: std::ops::RangeInclusive<u64>) {
    assert_board_silent(&Board::single(rows, columns, t), persons.clone());
    assert_board_silent(&Board { pool: true, ..Board::single(rows, columns, t) }, persons);
}

fn assert_board_silent(board: &Board, persons: std::ops::RangeInclusive<u64>) {
    let found = one(board, &board.worlds(persons));
    let crossed = board.rows.root.is_line() || board.columns.root.is_line() || found.crossed > 0;
    assert!(found.told > 0 && crossed && found.withheld > 0, "{found:?}");
    assert_eq!((found.pinned, found.narrow, found.few, found.groups), (0, 0, 0, 0), "t = {}: {found:?}", board.t);
}

#[test]
fn no_withheld_cell_of_a_small_table_is_narrower_than_t_and_no_line_is_told_to_lie_in_one_cell() {
    for (rows, columns, t, persons) in [
        (2, 2, 2, 4..=12),
        (2, 2, 3, 8..=14),
        (2, 2, 5, 20..=22),
        (3, 2, 2, 6..=8),
        (4, 1, 2, 4..=12),
        (4, 1, 3, 8..=14),
    ] {
        assert_silent(rows, columns, t, persons);
    }
}

#[test]
#[ignore = "minutes: all worlds of larger tables"]
fn no_withheld_cell_of_a_larger_table_is_narrower_than_t() {
    for (rows, columns, t, persons) in [
        (2, 2, 5, 20..=40),
        (3, 2, 3, 10..=14),
        (4, 2, 2, 6..=11),
        (4, 2, 3, 11..=12),
        (3, 3, 2, 6..=11),
        (5, 1, 3, 8..=18),
    ] {
        assert_silent(rows, columns, t, persons);
    }
}
