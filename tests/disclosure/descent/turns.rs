//! Releases that follow each other: what somebody who keeps them all can tell to have changed by a few.

use std::collections::HashMap;

use attest::domain::release::descent::told::{Count, Key};

use super::board::{Board, How, State, Sums, World};
use super::worlds::{Answer, Class, Watched, answer, classes, public, told, watched};

/// What was found in successive releases.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Ways through the worlds, one for each release.
    pub paths: u64,
    /// Those in which every release after the first tells something anew.
    pub told_anew: u64,
    /// Those in which something is known to have changed by 1 to `t - 1` between two of the releases.
    pub told_small: u64,
}

/// How one release follows another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// Anybody may leave and come.
    Free,
    /// Nobody leaves.
    GrowOnly,
}

/// A release: the worlds that it may be made in, and what the table is asked with.
pub type Turn<'w> = (&'w [World], How);

/// What two releases tell in any pair of some worlds; `close` turns what was told into what is remembered.
pub fn two(
    board: &Board,
    (first, second): (&[World], &[World]),
    growth: Growth,
    hows: (How, How),
    close: impl Fn(&Board, &State) -> State,
) -> Moved {
    if growth == Growth::Free {
        return in_turn(board, &[(first, hows.0), (second, hows.1)], close);
    }
    let of = |state: &State| answer(board, state);
    let start = |world: &World| {
        let mut state = board.start();
        board.release(&mut state, &board.sums(world), true, hows.0);
        state
    };
    let mut moved = Moved::default();
    let sums: Vec<_> = second.iter().map(|world| board.sums(world)).collect();
    let watched = watched(board);
    for before in classes(board, first, of, start).into_values() {
        let closed = close(board, &before.state);
        let mut after: HashMap<Answer, Vec<usize>> = HashMap::new();
        for (at, sums) in sums.iter().enumerate() {
            let mut state = closed.clone();
            board.release(&mut state, sums, false, hows.1);
            after.entry(of(&state)).or_default().push(at);
        }
        for (answer, worlds) in after {
            let (pairs, small) = grown(board, (first, second), &before, &worlds, &watched);
            moved.add(pairs, answer.iter().any(|(.., now)| *now), small);
        }
    }
    moved
}

/// The pairs in which nobody leaves, and whether in all of them something has changed by a few.
fn grown(
    board: &Board,
    (first, second): (&[World], &[World]),
    before: &Class,
    after: &[usize],
    watched: &[Watched],
) -> (u64, bool) {
    let mut pairs = 0;
    let mut small: Vec<Watched> = watched.to_vec();
    for one in &before.worlds {
        let then = board.sums(&first[*one]);
        for other in after {
            if !first[*one].iter().zip(&second[*other]).all(|(then, now)| now >= then) {
                continue;
            }
            pairs += 1;
            let now = board.sums(&second[*other]);
            small.retain(|watched| {
                let change = watched.of(&now).abs_diff(watched.of(&then));
                change > 0 && change < board.t
            });
        }
    }
    (pairs, pairs > 0 && !small.is_empty())
}

impl Moved {
    pub fn add(&mut self, paths: u64, anew: bool, small: bool) {
        self.paths += paths;
        self.told_anew += if anew { paths } else { 0 };
        self.told_small += if small { paths } else { 0 };
    }
}

/// What is remembered as the programme remembers it.
pub fn remember(_board: &Board, state: &State) -> State {
    let mut state = state.clone();
    state.told.close();
    state
}

/// A state by all that it remembers: what may be told next depends on nothing else.
type Remembered = (Vec<Option<(Vec<Count>, Option<Count>)>>, String);

/// The worlds of one release that tell the same and leave the same behind.
struct Group {
    state: State,
    worlds: u64,
    /// By watched number its values, as bits.
    values: Vec<u64>,
}

/// The ways to one state among those that told the same.
struct Paths {
    state: State,
    count: u64,
    /// By release and watched number: the values it may have later without being known to have changed by a few.
    hides: Vec<Vec<u64>>,
    /// By watched number the pairs of releases between which it need not have changed by a few, as bits.
    hidden: Vec<u64>,
}

struct Turns<'b> {
    board: &'b Board,
    watched: Vec<Watched>,
    public: Vec<Key>,
    remembered: Vec<Key>,
    sums: Vec<(Vec<Sums>, How)>,
    close: &'b dyn Fn(&Board, &State) -> State,
    moved: Moved,
}

/// What any number of releases tell, each in any of its worlds, whatever the world before. Worlds that tell the same may leave
/// different things in memory behind, of which the reader sees nothing: each goes on with its own.
pub fn in_turn(board: &Board, turns: &[Turn<'_>], close: impl Fn(&Board, &State) -> State) -> Moved {
    let sums = |(worlds, how): &Turn<'_>| (worlds.iter().map(|world| board.sums(world)).collect(), *how);
    let watched = watched(board);
    let start = Paths { state: board.start(), count: 1, hides: Vec::new(), hidden: vec![0; watched.len()] };
    let mut turns = Turns {
        board,
        watched,
        public: public(board),
        remembered: board.all_keys(),
        sums: turns.iter().map(sums).collect(),
        close: &close,
        moved: Moved::default(),
    };
    turns.release(0, &[start], true);
    turns.moved
}

impl Turns<'_> {
    /// Makes a release after all that told the same so far.
    fn release(&mut self, turn: usize, before: &[Paths], anew: bool) {
        if turn == self.sums.len() {
            let all = (1 << (turn * (turn - 1) / 2)) - 1;
            let hidden = |number: usize| before.iter().fold(0, |bits, paths| bits | paths.hidden[number]);
            let small = (0..self.watched.len()).any(|number| hidden(number) != all);
            self.moved.add(before.iter().map(|paths| paths.count).sum(), anew, small);
            return;
        }
        let mut classes: HashMap<Answer, HashMap<Remembered, Paths>> = HashMap::new();
        for paths in before {
            for ((answer, remembered), group) in self.groups(turn, &paths.state) {
                let own = classes.entry(answer).or_default();
                let next = paths.then(&group, self.board.t);
                match own.get_mut(&remembered) {
                    Some(paths) => paths.join(next),
                    None => drop(own.insert(remembered, next)),
                }
            }
        }
        for (answer, paths) in classes {
            let anew = anew && (turn == 0 || answer.iter().any(|(.., now)| *now));
            self.release(turn + 1, &paths.into_values().collect::<Vec<_>>(), anew);
        }
    }

    /// The worlds of a release after a state, by what they tell and leave behind.
    fn groups(&self, turn: usize, before: &State) -> HashMap<(Answer, Remembered), Group> {
        let (sums, how) = &self.sums[turn];
        let is_last = turn + 1 == self.sums.len();
        let mut groups: HashMap<_, Group> = HashMap::new();
        for sums in sums {
            let mut state = before.clone();
            self.board.release(&mut state, sums, turn == 0, *how);
            let answer = told(&self.public, &state);
            let remembered = if is_last {
                Remembered::default()
            } else {
                state = (self.close)(self.board, &state);
                self.remembered(&state)
            };
            let fresh = || Group { state, worlds: 0, values: vec![0; self.watched.len()] };
            let group = groups.entry((answer, remembered)).or_insert_with(fresh);
            group.worlds += 1;
            for (values, watched) in group.values.iter_mut().zip(&self.watched) {
                *values |= 1 << watched.of(sums);
            }
        }
        groups
    }

    fn remembered(&self, state: &State) -> Remembered {
        let of = |key: &Key| {
            let entry = state.told.get(*key)?;
            let mut ever = entry.ever.clone();
            ever.sort_unstable();
            Some((ever, entry.last))
        };
        (self.remembered.iter().map(of).collect(), format!("{:?}", state.lines))
    }
}

impl Paths {
    /// The same after one more release.
    fn then(&self, group: &Group, t: u64) -> Self {
        let turn = self.hides.len();
        let mut hidden = self.hidden.clone();
        for (then, hides) in self.hides.iter().enumerate() {
            let pair = turn * (turn - 1) / 2 + then;
            for ((hidden, hides), values) in hidden.iter_mut().zip(hides).zip(&group.values) {
                *hidden |= u64::from(hides & values != 0) << pair;
            }
        }
        let own = group.values.iter().map(|values| hides(*values, t)).collect();
        let hides = self.hides.iter().cloned().chain([own]).collect();
        Self { state: group.state.clone(), count: self.count * group.worlds, hides, hidden }
    }

    fn join(&mut self, other: Self) {
        self.count += other.count;
        let own = self.hides.iter_mut().flatten().chain(&mut self.hidden);
        own.zip(other.hides.iter().flatten().chain(&other.hidden)).for_each(|(own, other)| *own |= other);
    }
}

/// The values that a number may have afterwards so that it may as well not have changed, or by `t` or more.
pub fn hides(before: u64, t: u64) -> u64 {
    let far = |value: u64| {
        let near = (value + 1).saturating_sub(t)..=(value + t - 1).min(63);
        !near.filter(|near| *near != value).fold(0, |bits, near| bits | 1 << near)
    };
    (0..64).filter(|value| before >> value & 1 == 1).fold(0, |bits, value| bits | far(value))
}
