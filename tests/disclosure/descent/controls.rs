//! Weaker rules, each of which is found out: what the descent is for.

use std::collections::BTreeMap;

use attest::domain::release::descent::told::{Count, Told, Unknown};

use super::board::{Board, How, State, World};
use super::worlds::{Answer, Growth, answer, one_by, remember, two};

fn people(persons: u64) -> Count {
    Count { persons, value: persons }
}

/// One list of codes, each told or not.
fn told_codes(board: &Board, world: &World, told: impl Fn(&[u64]) -> Vec<usize>) -> State {
    let (sums, codes) = (board.sums(world), board.rows.root.lines.len());
    let mut state = board.start();
    let values: Vec<u64> = (0..codes).map(|code| sums.any(1 << code, 0)).collect();
    let all = (1 << codes) - 1;
    state.told.tell(board.key(all, 0), people(sums.any(all, 0)));
    for code in told(&values) {
        state.told.tell(board.key(1 << code, 0), people(values[code]));
    }
    state
}

#[test]
fn withholding_what_is_small_and_the_cheapest_beside_it_is_found_out() {
    let board = Board::single(4, 1, 2);
    let found = one_by(&board, &board.worlds(6..=10), |world| {
        told_codes(&board, world, |values| {
            let mut told: Vec<usize> =
                (0..values.len()).filter(|code| values[*code] == 0 || values[*code] >= 2).collect();
            let hidden = |told: &[usize]| values.len() - told.len();
            let sum = |told: &[usize]| (0..4).filter(|code| !told.contains(code)).map(|code| values[code]).sum::<u64>();
            while hidden(&told) > 0 && (hidden(&told) < 2 || sum(&told) < 2) {
                let cheapest =
                    *told.iter().min_by_key(|code| if values[**code] == 0 { 20 } else { values[**code] }).unwrap();
                told.retain(|code| *code != cheapest);
            }
            told
        })
    });
    assert!(found.narrow > 0 && found.pinned > 0, "{found:?}");
}

/// The codes of a list that is cut where both sides have 2 or more, by the first such cut in an order.
fn by_cuts(values: &[u64], list: &[usize], order: &dyn Fn(usize) -> Vec<usize>) -> Vec<usize> {
    if list.len() == 1 {
        return list.to_vec();
    }
    let sum = |codes: &[usize]| codes.iter().map(|code| values[*code]).sum::<u64>();
    let cut = order(list.len()).into_iter().find(|at| sum(&list[..*at]) >= 2 && sum(&list[*at..]) >= 2);
    cut.map_or_else(Vec::new, |at| [by_cuts(values, &list[..at], order), by_cuts(values, &list[at..], order)].concat())
}

#[test]
fn choosing_among_several_cuts_is_found_out() {
    let board = Board::single(4, 1, 2);
    let found = one_by(&board, &board.worlds(6..=10), |world| {
        told_codes(&board, world, |values| by_cuts(values, &[0, 1, 2, 3], &|codes| (1..codes).collect()))
    });
    assert!(found.narrow > 0, "{found:?}");
}

#[test]
fn an_order_by_the_true_values_is_found_out() {
    let board = Board::single(4, 1, 2);
    let found = one_by(&board, &board.worlds(6..=10), |world| {
        told_codes(&board, world, |values| {
            let mut order = vec![0, 1, 2, 3];
            order.sort_by_key(|code| std::cmp::Reverse(values[*code]));
            by_cuts(values, &order, &|codes| vec![codes.div_ceil(2)])
        })
    });
    assert!(found.narrow > 0, "{found:?}");
}

/// Remembers what was told last alone.
fn remember_the_last(board: &Board, state: &State) -> State {
    let mut told = Told::new(board.t);
    for (key, persons, _) in answer(board, state) {
        told.add(key, people(persons), None);
    }
    State { told, lines: state.lines.clone() }
}

/// Whether three releases of a list of two codes tell that something changed by a few between any two of them.
fn three_releases(close: fn(&Board, &State) -> State) -> bool {
    let board = Board::single(2, 1, 2);
    let worlds = board.worlds(4..=9);
    let mut by_answer: BTreeMap<Vec<Answer>, Vec<[u64; 3]>> = BTreeMap::new();
    let value = |world: &World| board.sums(world).any(1, 0);
    let step = |state: &State, world: &World, first: bool| {
        let mut state = state.clone();
        board.release(&mut state, &board.sums(world), first, How { margins: true, ..How::default() });
        state
    };
    for one in &worlds {
        let first = step(&board.start(), one, true);
        for two in &worlds {
            let second = step(&close(&board, &first), two, false);
            for three in &worlds {
                let third = step(&close(&board, &second), three, false);
                let told = [&first, &second, &third].map(|state| answer(&board, state));
                by_answer.entry(told.to_vec()).or_default().push([value(one), value(two), value(three)]);
            }
        }
    }
    let small = |values: &[u64; 3], (a, b): (usize, usize)| values[a].abs_diff(values[b]) == 1;
    by_answer
        .values()
        .any(|worlds| [(0, 1), (1, 2), (0, 2)].into_iter().any(|pair| worlds.iter().all(|values| small(values, pair))))
}

#[test]
fn comparing_with_the_last_number_alone_is_found_out_in_three_releases() {
    assert!(three_releases(remember_the_last));
    assert!(!three_releases(remember));
}

#[test]
fn opening_withheld_cells_at_twice_t_less_one_alone_is_found_out() {
    let board = Board::single(2, 2, 2);
    let worlds = (board.worlds(6..=7), board.worlds(6..=13));
    let weak = How { withheld: Some(Unknown::From(3)), ..How::default() };
    let moved = |how| two(&board, (&worlds.0, &worlds.1), Growth::GrowOnly, (How::default(), how), remember);
    assert!(moved(weak).told_small > 0);
    assert_eq!(moved(How::default()).told_small, 0);
}

/// Tells every number again that has moved by `t`, cell by cell.
fn refresh(board: &Board, state: &mut State, world: &World) {
    let sums = board.sums(world);
    for row in 1..1 << board.rows.root.lines.len() {
        let (key, now) = (board.key(row, 0), sums.any(row, 0));
        let last = state.told.last(key);
        if last.is_some_and(|last| last.persons.abs_diff(now) >= board.t) && now >= board.t {
            state.told.tell(key, people(now));
        }
    }
}

#[test]
fn telling_cell_by_cell_what_has_moved_is_found_out() {
    let board = Board::single(3, 1, 2);
    let (first, second) = (board.worlds(6..=8), board.worlds(4..=12));
    let mut by_answer: BTreeMap<_, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, one) in first.iter().enumerate() {
        let mut state = board.start();
        board.release(&mut state, &board.sums(one), true, How { margins: true, ..How::default() });
        let then = answer(&board, &state);
        for (other, two) in second.iter().enumerate() {
            let mut now = remember(&board, &state);
            refresh(&board, &mut now, two);
            by_answer.entry((then.clone(), answer(&board, &now))).or_default().push((at, other));
        }
    }
    let small = |pairs: &Vec<(usize, usize)>| {
        (0..3).any(|code| {
            pairs.iter().all(|(one, two)| {
                let of = |world: &World| board.sums(world).any(1 << code, 0);
                of(&first[*one]).abs_diff(of(&second[*two])) == 1
            })
        })
    };
    assert!(by_answer.values().any(small));
}
