//! Weaker rules, each of which is found out: what the descent is for.

use std::collections::BTreeMap;

use attest::domain::release::descent::told::{Count, Told, Unknown};

use super::board::{Board, How, State, World};
use super::turns::{Growth, Moved, in_turn, remember, two};
use super::worlds::{Answer, answer, one_by, watched};

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

/// Every path through some worlds one by one, by the answers on it: the same as [`in_turn`] finds state by state.
fn path_by_path(board: &Board, turns: &[&[World]], close: fn(&Board, &State) -> State) -> Moved {
    type Path = (Vec<Answer>, Vec<World>, State);
    let mut paths: Vec<Path> = vec![(Vec::new(), Vec::new(), board.start())];
    for (turn, worlds) in turns.iter().enumerate() {
        let next = |(answers, before, state): &Path| -> Vec<Path> {
            let release = |world: &World| {
                let mut state = if turn == 0 { state.clone() } else { close(board, state) };
                board.release(&mut state, &board.sums(world), turn == 0, How::default());
                let own = answer(board, &state);
                (
                    [answers.as_slice(), &[own]].concat(),
                    [before.as_slice(), std::slice::from_ref(world)].concat(),
                    state,
                )
            };
            worlds.iter().map(release).collect()
        };
        paths = paths.iter().flat_map(next).collect();
    }
    let watched = watched(board);
    let mut by_answer: BTreeMap<Vec<Answer>, Vec<Vec<Vec<u64>>>> = BTreeMap::new();
    for (answers, worlds, _) in paths {
        let sums = worlds.iter().map(|world| board.sums(world));
        let values = sums.map(|sums| watched.iter().map(|watched| watched.of(&sums)).collect());
        by_answer.entry(answers).or_default().push(values.collect());
    }
    let mut moved = Moved::default();
    for (answers, paths) in by_answer {
        let small = |number: usize, one: usize, other: usize| {
            paths.iter().all(|values| (1..board.t).contains(&values[one][number].abs_diff(values[other][number])))
        };
        let pairs = || (0..turns.len()).flat_map(|other| (0..other).map(move |one| (one, other)));
        let small = (0..watched.len()).any(|number| pairs().any(|(one, other)| small(number, one, other)));
        let anew = answers.iter().skip(1).all(|answer| answer.iter().any(|(.., now)| *now));
        moved.add(paths.len() as u64, anew, small);
    }
    moved
}

fn three(board: &Board, worlds: [&[World]; 3], close: fn(&Board, &State) -> State) -> Moved {
    in_turn(board, &worlds.map(|worlds| (worlds, How::default())), close)
}

#[test]
fn comparing_with_the_last_number_alone_is_found_out_in_three_releases() {
    let board = Board::single(2, 1, 2);
    let worlds = board.worlds(4..=9);
    let moved = |close| three(&board, [&worlds; 3], close);
    assert!(moved(remember_the_last).told_small > 0);
    assert_eq!(moved(remember).told_small, 0);
}

#[test]
fn what_three_releases_tell_is_the_same_state_by_state_and_path_by_path() {
    let list = Board::single(2, 1, 2);
    let several = Board::several(1, 2, 2);
    let every = |step: usize, persons| several.worlds(persons..=persons).into_iter().step_by(step).collect::<Vec<_>>();
    let all = list.worlds(4..=7);
    for (board, worlds) in
        [(&list, [all.clone(), all.clone(), all]), (&several, [every(3, 4), every(6, 6), every(3, 4)])]
    {
        for close in [remember, remember_the_last] {
            let worlds = worlds.each_ref().map(Vec::as_slice);
            let found = three(board, worlds, close);
            assert!(found.told_anew > 0, "{found:?}");
            assert_eq!(found, path_by_path(board, &worlds, close));
        }
    }
    // Persons with up to three codes each, of whom the same is told while different things are remembered.
    let board = Board::several(1, 3, 2);
    let (first, second) = (board.worlds(6..=6), board.worlds(3..=4));
    let second: Vec<_> = second.into_iter().step_by(40).collect();
    let found = in_turn(&board, &[(&first, How::default()), (&second, How::default())], remember);
    assert_eq!(found, path_by_path(&board, &[&first, &second], remember));
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
