//! A table of rows and columns in every possible world, masked as the programme masks it.

use std::ops::RangeInclusive;

use attest::domain::release::descent::block::{Blocks, Derived};
use attest::domain::release::descent::grid::Grid;
use attest::domain::release::descent::line::{Line, List};
use attest::domain::release::descent::margin::{Asked, Margin, Moves};
use attest::domain::release::descent::pool::pooled;
use attest::domain::release::descent::told::{Count, Key, Told, Unknown};
use attest::domain::release::descent::tree::{Codes, Forest, Item};

/// Which lists are crossed: rows of which a person has one, and columns of which a person has one or several.
#[derive(Clone)]
pub struct Board {
    pub t: u64,
    pub rows: Forest,
    pub columns: Forest,
    /// Kinds of person: the row, and the columns as bits.
    pub types: Vec<(usize, usize)>,
    pub several: bool,
    /// Whether sums of columns are watched: not where everybody has one column, and the sum of those that are told is theirs.
    pub watches_sums: bool,
    /// Whether small lines are pooled.
    pub pool: bool,
}

/// How many persons there are of each kind.
pub type World = Vec<u64>;

/// Every pair of a set of rows and a set of columns, as bits; 0 for whoever.
pub struct Sums {
    of: Vec<u64>,
    columns: usize,
}

/// Who is counted: those who have one of some columns (0 for whoever), or none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Any(usize),
    None(usize),
}

impl Sums {
    /// Persons in some rows.
    pub fn of(&self, rows: usize, who: Who) -> u64 {
        match who {
            Who::Any(columns) => self.any(rows, columns),
            Who::None(columns) => self.any(rows, 0) - self.any(rows, columns),
        }
    }

    /// Persons in some rows who have one of some columns.
    pub fn any(&self, rows: usize, columns: usize) -> u64 {
        self.of[rows * self.columns + columns]
    }
}

/// What is remembered from one release to the next.
#[derive(Clone)]
pub struct State {
    pub told: Told,
    pub lines: Option<(Vec<Line>, Vec<Line>)>,
}

/// What the table is asked with, where it is not as the programme asks: for controls.
#[derive(Clone, Copy, Default)]
pub struct How {
    /// Margins alone.
    pub margins: bool,
    /// What holds for cells that were withheld, in place of the rule.
    pub withheld: Option<Unknown>,
}

fn bits(codes: &Codes) -> usize {
    codes.iter().map(|code| 1 << code).sum()
}

fn forest(codes: usize) -> Forest {
    Forest::of_list(&(0..codes as u16).map(|code| Item::Line(vec![code])).collect::<Vec<_>>())
}

/// Numbers of sets for the keys: of columns, and of those who have none of some columns.
const COLUMNS: u32 = 1000;
const NONE: u32 = 2000;
/// Added to the number of a set of columns that is only decided by.
const DECIDES: u32 = 100_000;

impl Board {
    /// Everybody has one row and one column.
    pub fn single(rows: usize, columns: usize, t: u64) -> Self {
        let types = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, 1 << column))).collect();
        Self { t, rows: forest(rows), columns: forest(columns), types, several: false, watches_sums: true, pool: false }
    }

    /// Everybody has one row and any number of columns.
    pub fn several(rows: usize, columns: usize, t: u64) -> Self {
        let types = (0..rows).flat_map(|row| (0..1 << columns).map(move |own| (row, own))).collect();
        Self { types, several: true, ..Self::single(rows, columns, t) }
    }

    /// The same where the first two columns lie in a broader code.
    pub fn nested(rows: usize, columns: usize, t: u64) -> Self {
        let line = |code| Item::Line(vec![code]);
        let mut items = vec![Item::Level(vec![line(0), line(1)])];
        items.extend((2..columns as u16).map(line));
        Self { columns: Forest::of_list(&items), ..Self::several(rows, columns, t) }
    }

    /// The columns of which a sum is decided by and not told, a broader one among them, as bits.
    pub fn hidden_sums(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.columns.root.walk(&mut |node| {
            found.extend(
                (node.id != self.columns.root.id && !node.is_line()).then(|| bits(&self.columns.sets[node.id])),
            );
        });
        found
    }

    fn all_rows(&self) -> usize {
        (1 << self.rows.root.lines.len()) - 1
    }

    fn all_columns(&self) -> usize {
        (1 << self.columns.root.lines.len()) - 1
    }

    /// Every world of so many persons.
    pub fn worlds(&self, persons: RangeInclusive<u64>) -> Vec<World> {
        persons.flat_map(|persons| compositions(persons, self.types.len())).collect()
    }

    pub fn sums(&self, world: &World) -> Sums {
        let (rows, columns) = (self.all_rows() + 1, self.all_columns() + 1);
        let mut of = vec![0; rows * columns];
        for (count, (row, own)) in world.iter().zip(&self.types).filter(|(count, _)| **count > 0) {
            for rows in (1..rows).filter(|rows| rows >> row & 1 == 1) {
                for set in (0..columns).filter(|set| *set == 0 || own & set != 0) {
                    of[rows * columns + set] += count;
                }
            }
        }
        Sums { of, columns }
    }

    pub fn start(&self) -> State {
        State { told: Told::new(self.t), lines: None }
    }

    fn row_set(&self, rows: usize) -> u32 {
        if rows == self.all_rows() { 0 } else { rows as u32 }
    }

    fn column_set(&self, columns: usize) -> u32 {
        if columns == 0 || (columns == self.all_columns() && !self.several) { 0 } else { COLUMNS + columns as u32 }
    }

    pub fn key(&self, rows: usize, columns: usize) -> Key {
        Key::new(0, [self.row_set(rows), self.column_set(columns), 0])
    }

    /// The key by which a set of columns is decided: of several, where a person may have several, it is never told.
    fn decides(&self, rows: usize, columns: usize) -> Key {
        Key::new(0, [self.row_set(rows), self.decides_set(columns), 0])
    }

    fn decides_set(&self, columns: usize) -> u32 {
        let set = self.column_set(columns);
        if self.several && columns.count_ones() > 1 { DECIDES + set } else { set }
    }

    fn set(&self, who: Who) -> u32 {
        match who {
            Who::Any(columns) => self.column_set(columns),
            Who::None(columns) => NONE + columns as u32,
        }
    }

    pub fn key_of(&self, rows: usize, who: Who) -> Key {
        Key::new(0, [self.row_set(rows), self.set(who), 0])
    }

    /// Every condition that may be asked for, told or not.
    pub fn all_keys(&self) -> Vec<Key> {
        let of = |rows: usize, columns: usize| {
            let none = self.key_of(rows, Who::None(columns));
            [self.key(rows, columns), self.decides(rows, columns), none]
        };
        let rows = 1..=self.all_rows();
        let mut keys: Vec<_> =
            rows.flat_map(|row| (0..=self.all_columns()).flat_map(move |set| of(row, set))).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Makes a release; the first where `first`.
    pub fn release(&self, state: &mut State, sums: &Sums, first: bool, how: How) {
        let told = &mut state.told;
        let unknown = if first { Unknown::Fresh } else { Unknown::From(told.wide()) };
        let all = self.all_rows();
        let (key, count) = (self.key(all, 0), people(sums.any(all, 0)));
        if !told.may(key, count, unknown, false) {
            return;
        }
        let moved = told.moved(key, count);
        told.tell(key, count);
        let rows: Vec<Asked> = self.asked(&self.rows, |set| (self.key(set, 0), sums.any(set, 0)));
        let columns: Vec<Asked> = self.asked(&self.columns, |set| (self.decides(all, set), sums.any(all, set)));
        let none: Vec<_> = self.columns.sets.iter().map(|set| self.none(sums, bits(set))).collect();
        for (forest, asked, none) in [(&self.rows, &rows, &Vec::new()), (&self.columns, &columns, &none)] {
            Margin { told, asked, none, unknown }.descend(&forest.root, Moves { above: moved, all: moved });
        }
        if !how.margins {
            self.cross(state, sums, (&rows, &columns), moved, how);
        }
    }

    fn asked(&self, forest: &Forest, of: impl Fn(usize) -> (Key, u64)) -> Vec<Asked> {
        forest.sets.iter().map(|set| of(bits(set))).map(|(key, persons)| (key, people(persons))).collect()
    }

    /// Who has none of a column, where a person may have several.
    fn none(&self, sums: &Sums, columns: usize) -> Option<Asked> {
        let asked = |who: Who| (self.key_of(self.all_rows(), who), people(sums.of(self.all_rows(), who)));
        (self.several && columns.count_ones() == 1).then(|| asked(Who::None(columns)))
    }

    fn cross(&self, state: &mut State, sums: &Sums, (rows, columns): (&[Asked], &[Asked]), moved: u64, how: How) {
        let keys = |asked: &[Asked]| asked.iter().map(|(key, _)| *key).collect::<Vec<_>>();
        let persons = |asked: &[Asked]| asked.iter().map(|(key, _)| state.told.known(*key)).collect::<Vec<_>>();
        let (of_rows, of_columns) = ((keys(rows), persons(rows)), (keys(columns), persons(columns)));
        let one = List { forest: &self.rows, keys: &of_rows.0, persons: &of_rows.1 };
        let other = List { forest: &self.columns, keys: &of_columns.0, persons: &of_columns.1 };
        let fresh = state.lines.is_none();
        let told = &mut state.told;
        let lines = state.lines.get_or_insert_with(|| {
            let mut lines = (one.lines(told), other.lines(told));
            if self.pool {
                pooled(&mut lines, (&one, &other), self.several, sums.any(self.all_rows(), 0), self.t);
            }
            lines
        });
        let pools = (lines.0.clone(), lines.1.clone());
        let (one, other) = (one.tree(&lines.0, told), other.tree(&lines.1, told));
        let row_sets: Vec<_> = one.sets.iter().map(bits).collect();
        let column_sets: Vec<_> = other.sets.iter().map(bits).collect();
        // Who has none of a column comes after the columns.
        let mut who: Vec<_> = column_sets.iter().map(|set| Who::Any(*set)).collect();
        let mut without = vec![None; column_sets.len()];
        for (at, set) in column_sets.iter().enumerate() {
            if self.several && set.count_ones() == 1 {
                without[at] = Some(who.len());
                who.push(Who::None(*set));
            }
        }
        let cell = |(row, who): (&usize, &Who)| people(sums.of(*row, *who));
        let counts = row_sets.iter().flat_map(|row| who.iter().map(move |who| cell((row, who)))).collect();
        let grid = Grid { columns: who.len(), counts };
        let rows: Vec<_> = row_sets.iter().map(|set| self.key(*set, 0)).collect();
        let set = |who: &Who| match who {
            Who::Any(columns) => self.decides_set(*columns),
            who => self.set(*who),
        };
        let columns: Vec<_> = who.iter().map(set).collect();
        let unknown = if fresh { Some(Unknown::Fresh) } else { how.withheld };
        let margins: Vec<_> = row_sets.iter().map(|set| people(sums.any(*set, 0))).collect();
        let (rows, columns, without) = (&rows, &columns, &without);
        let mut blocks = Blocks { told, grid: &grid, rows, margins: &margins, columns, without, unknown };
        let now = |key: Key| blocks.told.is_now(key);
        let of_rows = derived(&pools.0, &one, |set| now(self.key(set, 0)));
        let of_columns = derived(&pools.1, &other, |set| now(self.decides(self.all_rows(), set)));
        if blocks.open((&one.root, &of_rows), (&other.root, &of_columns), moved) {
            blocks.descend(&one.root, &other.root);
        }
    }
}

/// The pools of which every node is told in this release.
fn derived(lines: &[Line], forest: &Forest, told: impl Fn(usize) -> bool) -> Derived {
    let pools = lines.iter().flat_map(Line::pools);
    let open = pools.filter(|nodes| nodes.iter().all(|node| told(bits(node))));
    open.filter_map(|nodes| forest.sets.iter().position(|set| bits(set) == bits(&nodes.concat()))).collect()
}

fn people(persons: u64) -> Count {
    Count { persons, value: persons }
}

pub fn compositions(total: u64, parts: usize) -> Vec<World> {
    if parts == 1 {
        return vec![vec![total]];
    }
    let mut all = Vec::new();
    for first in 0..=total {
        for rest in compositions(total - first, parts - 1) {
            all.push([vec![first], rest].concat());
        }
    }
    all
}
