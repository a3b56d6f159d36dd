//! The one who knows the whole rule: he sorts all worlds by what they tell, and asks what those that tell the same have in common.

use std::collections::HashMap;

use attest::domain::release::descent::told::Key;

use super::board::{Board, How, State, Sums, Who, World};

/// What a release tells: the condition, the number, and whether it is new.
pub type Answer = Vec<(Key, u64, bool)>;

/// A number that is watched.
#[derive(Clone, Copy)]
pub struct Watched {
    rows: usize,
    who: Who,
    key: Key,
}

impl Watched {
    pub fn of(&self, sums: &Sums) -> u64 {
        sums.of(self.rows, self.who)
    }
}

/// Worlds that tell the same.
pub struct Class {
    pub state: State,
    pub worlds: Vec<usize>,
    /// By watched number which values it has in them, as bits.
    pub values: Vec<u64>,
}

/// What was found in single releases.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub worlds: usize,
    pub told: usize,
    /// Of these the crossings of a row and a column.
    pub crossed: usize,
    pub withheld: usize,
    /// Withheld numbers that have one value.
    pub pinned: usize,
    /// Withheld numbers of which all values lie within less than `t`.
    pub narrow: usize,
    /// Numbers of whatever kind that are known to lie between 1 and `t - 1`.
    pub few: usize,
    /// Rows or columns of which all are known to be of one kind.
    pub groups: usize,
}

fn spread(values: u64) -> (u32, u32) {
    (values.trailing_zeros(), 63 - values.leading_zeros())
}

pub fn watched(board: &Board) -> Vec<Watched> {
    let (rows, columns) = (board.rows.root.lines.len(), board.columns.root.lines.len());
    let all = (1 << rows) - 1;
    let rows: Vec<usize> = (0..rows).map(|row| 1 << row).chain([all]).collect();
    let mut who: Vec<Who> = (0..columns).map(|column| Who::Any(1 << column)).chain([Who::Any(0)]).collect();
    if board.several {
        who.extend((0..columns).map(|column| Who::None(1 << column)));
        let sums = board.hidden_sums().into_iter().filter(|_| board.watches_sums);
        who.extend(sums.flat_map(|columns| [Who::Any(columns), Who::None(columns)]));
    }
    let of_row = |rows: usize| who.iter().map(move |who| Watched { rows, who: *who, key: board.key_of(rows, *who) });
    rows.into_iter().flat_map(of_row).collect()
}

/// The conditions that are public. Sets of columns that have no name are not, where a person may have several.
pub fn public(board: &Board) -> Vec<Key> {
    let mut keys: Vec<Key> = watched(board).iter().map(|watched| watched.key).collect();
    let (rows, columns) = (board.rows.root.lines.len(), board.columns.root.lines.len());
    for row in 1..1 << rows {
        for column in (0..1 << columns).filter(|set: &usize| !board.several || set.count_ones() < 2) {
            keys.push(board.key(row, column));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What a state tells of some conditions.
pub fn told(keys: &[Key], state: &State) -> Answer {
    let told = |key: &Key| {
        let entry = state.told.get(*key)?;
        let count = entry.now.or(entry.last)?;
        Some((*key, count.value, entry.now.is_some()))
    };
    keys.iter().filter_map(told).collect()
}

/// What is public of a state.
pub fn answer(board: &Board, state: &State) -> Answer {
    told(&public(board), state)
}

/// Sorts worlds by what they tell, each masked by `release`.
pub fn classes(
    board: &Board,
    worlds: &[World],
    answer: impl Fn(&State) -> Answer,
    release: impl Fn(&World) -> State,
) -> HashMap<Answer, Class> {
    let watched = watched(board);
    let mut classes: HashMap<Answer, Class> = HashMap::new();
    for (at, world) in worlds.iter().enumerate() {
        let (state, sums) = (release(world), board.sums(world));
        let fresh = || Class { state: state.clone(), worlds: Vec::new(), values: vec![0; watched.len()] };
        let class = classes.entry(answer(&state)).or_insert_with(fresh);
        class.worlds.push(at);
        for (values, watched) in class.values.iter_mut().zip(&watched) {
            *values |= 1 << watched.of(&sums);
        }
    }
    classes
}

/// What one release tells in any of some worlds.
pub fn one(board: &Board, worlds: &[World]) -> Found {
    one_by(board, worlds, |world| {
        let mut state = board.start();
        board.release(&mut state, &board.sums(world), true, How::default());
        state
    })
}

/// The same, masked by `release`.
pub fn one_by(board: &Board, worlds: &[World], release: impl Fn(&World) -> State) -> Found {
    let watched = watched(board);
    let mut found = Found { worlds: worlds.len(), ..Found::default() };
    for (answer, class) in classes(board, worlds, |state| answer(board, state), release) {
        let size = class.worlds.len();
        let values = |rows: usize, columns: usize| {
            let at = watched.iter().position(|own| own.rows == rows && own.who == Who::Any(columns));
            class.values[at.unwrap()]
        };
        for (own, watched) in class.values.iter().zip(&watched) {
            let (least, most) = spread(*own);
            found.few += if least > 0 && u64::from(most) < board.t { size } else { 0 };
            // A hidden sum has no line, so that it is no withheld cell.
            if matches!(watched.who, Who::Any(columns) if columns.count_ones() > 1) {
                continue;
            }
            if !matches!(watched.who, Who::Any(_)) {
                // Nobody of a row lacks the column.
                let of_row = values(watched.rows, 0);
                found.groups += if *own == 1 && of_row != 1 { size } else { 0 };
            } else if answer.iter().any(|(key, ..)| *key == watched.key) {
                found.told += size;
                let whole_column = watched.rows.count_ones() as usize == board.rows.root.lines.len();
                found.crossed += if whole_column || watched.who == Who::Any(0) { 0 } else { size };
            } else {
                found.withheld += size;
                found.pinned += if least == most { size } else { 0 };
                found.narrow += if u64::from(most - least) < board.t { size } else { 0 };
            }
        }
        if !board.several && board.columns.root.lines.len() > 1 {
            found.groups += size * whole_lines(board, &values);
        }
    }
    found
}

/// How many lines are known to lie in one cell: all others of them are surely 0, and they are not.
fn whole_lines(board: &Board, values: &dyn Fn(usize, usize) -> u64) -> usize {
    let (rows, columns) = (board.rows.root.lines.len(), board.columns.root.lines.len());
    let of_row = |row: usize| {
        let empty = (0..columns).filter(|column| values(1 << row, 1 << column) == 1).count();
        empty == columns - 1 && values(1 << row, 0) != 1
    };
    let of_column = |column: usize| {
        let empty = (0..rows).filter(|row| values(1 << row, 1 << column) == 1).count();
        empty == rows - 1 && values((1 << rows) - 1, 1 << column) != 1
    };
    (0..rows).filter(|row| of_row(*row)).count() + (0..columns).filter(|column| of_column(*column)).count()
}
