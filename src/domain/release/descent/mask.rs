//! The mask of a release: which conditions it tells, by one fixed descent.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Blocks, Derived};
use super::grid::{Axis, Members, Units, count};
use super::line::{Line, List};
use super::margin::{Margin, Moves};
use super::pool::pooled;
use super::told::{Count, Key, Told, Unknown};
use super::tree::{Codes, Forest, Item};

pub use super::sets::{Set, Sets, Who};

/// A dimension with its declared list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    pub items: Vec<Item>,
    /// How many codes its list has.
    pub width: u16,
    /// By measure whether one unit may have several codes.
    pub many: [bool; 2],
    /// Codes of which a signed figure tells a small number, in this release or before: they have no line of their own.
    pub signed: Vec<u16>,
}

impl Dimension {
    /// The list without the codes of which a signed figure tells.
    fn unsigned(&self) -> Vec<Item> {
        fn without(items: &[Item], signed: &[u16]) -> Vec<Item> {
            let keep = |item: &Item| match item {
                Item::Line(codes) if codes.iter().all(|code| signed.contains(code)) => None,
                Item::Line(codes) => Some(Item::Line(codes.clone())),
                Item::Level(below) => Some(without(below, signed)).filter(|left| !left.is_empty()).map(Item::Level),
                Item::Group(below) => Some(without(below, signed)).filter(|left| !left.is_empty()).map(Item::Group),
            };
            items.iter().filter_map(keep).collect()
        }
        if self.signed.is_empty() { self.items.clone() } else { without(&self.items, &self.signed) }
    }

    /// Each signed code with the next in the list that is not: they have one line wherever the list is crossed.
    pub fn beside(&self) -> Vec<(u16, u16)> {
        fn codes(items: &[Item]) -> Vec<u16> {
            let own = |item: &Item| match item {
                Item::Line(own) => own.clone(),
                Item::Level(below) | Item::Group(below) => codes(below),
            };
            items.iter().flat_map(own).collect()
        }
        let order = codes(&self.items);
        let is_signed = |code: &&u16| self.signed.contains(code);
        let next = |code: &u16| {
            let at = order.iter().position(|own| own == code)?;
            let after = order[at..].iter().find(|code| !is_signed(code));
            Some((*code, *after.or_else(|| order[..at].iter().rev().find(|code| !is_signed(code)))?))
        };
        self.signed.iter().filter_map(next).collect()
    }
}

/// A table to be masked: at most three dimensions, of which at most the last of two has several codes a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table {
    pub measure: u8,
    pub by: Vec<usize>,
}

/// The lines of a table, rows and columns.
pub type Lines = (Vec<Line>, Vec<Line>);

/// All that the mask remembers from one release to the next.
#[derive(Debug, Clone)]
pub struct Memory {
    pub told: Told,
    pub sets: Sets,
    /// What was declared before: lists and tables.
    pub declared: BTreeSet<Table>,
    pub lines: BTreeMap<Table, Lines>,
    /// By dimension the codes of which a signed figure told a small number: they have no line of their own ever after.
    pub signed: BTreeMap<usize, BTreeSet<u16>>,
}

impl Memory {
    pub fn new(t: u64) -> Self {
        Self {
            told: Told::new(t),
            sets: Sets::default(),
            declared: BTreeSet::new(),
            lines: BTreeMap::new(),
            signed: BTreeMap::new(),
        }
    }
}

/// What is masked together.
pub struct Input<'a> {
    pub dimensions: &'a [Dimension],
    /// Persons, and incidents.
    pub units: [&'a Units; 2],
    pub tables: &'a [Table],
    /// The tables of which small lines are pooled where crossing them would tell little.
    pub pooled: &'a BTreeSet<Table>,
}

/// A list as it is masked in this release.
struct Descended {
    forest: Forest,
    keys: Vec<Key>,
    /// By node how many persons it counts, as it was told last: what stands in a release must follow from what is told.
    persons: Vec<u64>,
}

impl Descended {
    fn list(&self) -> List<'_> {
        List { forest: &self.forest, keys: &self.keys, persons: &self.persons }
    }
}

/// Rows of a table: their tree, how units come to them, their conditions, and which follow from others.
type Rows<'r> = (&'r Forest, &'r Axis<'r>, &'r [Key], &'r Derived);

/// One run of the mask.
struct Run<'a> {
    input: &'a Input<'a>,
    memory: &'a mut Memory,
    /// By measure how far the total has moved, where it is told.
    totals: BTreeMap<u8, u64>,
    lists: BTreeMap<(u8, usize), Descended>,
}

/// Masks tables: what they tell is in the memory afterwards, as told now.
pub fn mask(input: &Input<'_>, memory: &mut Memory) {
    memory.told.close();
    let mut run = Run { input, memory, totals: BTreeMap::new(), lists: BTreeMap::new() };
    for table in input.tables {
        run.total(table.measure);
    }
    for table in input.tables {
        table.by.iter().for_each(|dimension| run.list(table.measure, *dimension));
    }
    for table in input.tables {
        match table.by.as_slice() {
            [rows, columns] => run.two(table, *rows, *columns),
            [first, second, columns] => run.three(table, (*first, *second), *columns),
            _ => {}
        }
    }
    let Run { memory, .. } = run;
    for table in input.tables {
        let single = table.by.iter().map(|dimension| vec![*dimension]);
        let own = single.chain([Vec::new(), table.by.clone()]);
        memory.declared.extend(own.map(|by| Table { measure: table.measure, by }));
    }
}

impl<'a> Run<'a> {
    fn unknown(&self, table: &Table) -> Unknown {
        if self.memory.declared.contains(table) { Unknown::From(self.memory.told.wide()) } else { Unknown::Fresh }
    }

    fn units(&self, measure: u8) -> &'a Units {
        self.input.units[usize::from(measure)]
    }

    fn total(&mut self, measure: u8) {
        if self.totals.contains_key(&measure) {
            return;
        }
        let (key, count) = (Key::new(measure, [0; 3]), all(self.units(measure)));
        let unknown = self.unknown(&Table { measure, by: Vec::new() });
        if self.memory.told.may(key, count, unknown, false) {
            self.totals.insert(measure, self.memory.told.moved(key, count));
            self.memory.told.tell(key, count);
        }
    }

    /// The number of a set of codes; 0 of those that every unit has one of.
    fn set(&mut self, measure: u8, dimension: usize, codes: &Codes) -> u32 {
        let own = &self.input.dimensions[dimension];
        if codes.len() == usize::from(own.width) && !own.many[usize::from(measure)] {
            return 0;
        }
        let who = if own.many[usize::from(measure)] && codes.len() > 1 { Who::Decides } else { Who::Has };
        self.memory.sets.number(Set { dimensions: vec![dimension], who, codes: codes.clone() })
    }

    fn none(&mut self, dimension: usize, codes: &Codes) -> u32 {
        self.memory.sets.number(Set::none(dimension, codes))
    }

    /// The sets of which it is asked too who has none of them, where one unit may have several: single codes, and what was one
    /// until others were cut out of it.
    fn rests(&self, measure: u8, dimension: usize, sets: &[Codes]) -> Vec<u32> {
        let many = self.input.dimensions[dimension].many[usize::from(measure)];
        let was_one = |codes: &Codes| codes.len() == 1 || self.memory.sets.has(&Set::none(dimension, codes));
        (0..sets.len() as u32).filter(|set| many && was_one(&sets[*set as usize])).collect()
    }

    /// Descends a list, once.
    fn list(&mut self, measure: u8, dimension: usize) {
        if self.lists.contains_key(&(measure, dimension)) {
            return;
        }
        let own = &self.input.dimensions[dimension];
        let forest = Forest::of_list(&own.unsigned());
        let many = own.many[usize::from(measure)];
        let rests = self.rests(measure, dimension, &forest.sets);
        let members = Members::new(&forest.sets);
        let counts = count(self.units(measure), &Axis::One(dimension, &members, &rests), &Axis::All);
        let keys: Vec<_> =
            forest.sets.iter().map(|set| Key::new(measure, [self.set(measure, dimension, set), 0, 0])).collect();
        let asked: Vec<_> = keys.iter().enumerate().map(|(node, key)| (*key, counts.at(node, 0))).collect();
        let mut none = vec![None; keys.len()];
        for (at, rest) in rests.iter().enumerate() {
            let set = self.none(dimension, &forest.sets[*rest as usize]);
            none[*rest as usize] = Some((Key::new(measure, [set, 0, 0]), counts.at(keys.len() + at, 0)));
        }
        if let Some(moved) = self.totals.get(&measure).copied() {
            let unknown = self.unknown(&Table { measure, by: vec![dimension] });
            let told = &mut self.memory.told;
            let (key, count) = asked[forest.root.id];
            let mut above = Some(moved);
            // Where everybody has one code, and of some a figure is signed, the others are a number of their own.
            if !many && !told.is_now(key) {
                above = told.may(key, count, unknown, moved >= told.wide()).then(|| told.moved(key, count));
                above.iter().for_each(|_| told.tell(key, count));
            }
            if let Some(above) = above.map(|above| if above == 0 { moved } else { above }) {
                let moves = Moves { above, all: moved };
                Margin { told, asked: &asked, none: &none, unknown }.descend(&forest.root, moves);
            }
        }
        let persons = keys.iter().map(|key| self.memory.told.known(*key)).collect();
        self.lists.insert((measure, dimension), Descended { forest, keys, persons });
    }

    /// Lines in which a signed code stands with the next one.
    fn beside(&self, dimension: usize, lines: &[Line]) -> Vec<Line> {
        let mut lines = lines.to_vec();
        for (signed, next) in self.input.dimensions[dimension].beside() {
            lines.iter_mut().for_each(|line| line.join(signed, next));
        }
        lines
    }

    fn two(&mut self, table: &Table, rows: usize, columns: usize) {
        let measure = table.measure;
        if !self.memory.lines.contains_key(table) {
            let told = &self.memory.told;
            let (one, other) = (self.lists[&(measure, rows)].list(), self.lists[&(measure, columns)].list());
            let mut lines = (one.lines(told), other.lines(told));
            if self.input.pooled.contains(table) {
                let several = self.input.dimensions[columns].many[usize::from(measure)];
                pooled(&mut lines, (&one, &other), several, all(self.units(measure)).persons, told.t);
            }
            self.memory.lines.insert(table.clone(), lines);
        }
        let (row_lines, _) = &self.memory.lines[table];
        let lines = self.beside(rows, row_lines);
        let of_rows = self.lists[&(measure, rows)].list().tree(&lines, &self.memory.told);
        let members = Members::new(&of_rows.sets);
        let keys: Vec<_> =
            of_rows.sets.iter().map(|set| Key::new(measure, [self.set(measure, rows, set), 0, 0])).collect();
        let derived = self.derived(measure, rows, &lines, &of_rows);
        self.cross(table, (&of_rows, &Axis::One(rows, &members, &[]), &keys, &derived), columns);
    }

    /// The pools of a table of which all nodes are told in this release; a signed code is told by its figure.
    fn derived(&mut self, measure: u8, dimension: usize, lines: &[Line], forest: &Forest) -> Derived {
        let mut derived = Derived::new();
        for nodes in lines.iter().flat_map(Line::pools) {
            let told = |node: &Codes| {
                let is_signed =
                    matches!(node.as_slice(), [code] if self.input.dimensions[dimension].signed.contains(code));
                is_signed || {
                    let set = self.set(measure, dimension, node);
                    self.memory.told.is_now(Key::new(measure, [set, 0, 0]))
                }
            };
            let mut all = nodes.concat();
            all.sort_unstable();
            if nodes.iter().all(told) {
                derived.extend(forest.sets.iter().position(|set| *set == all));
            }
        }
        derived
    }

    /// Crosses rows with a list.
    fn cross(&mut self, table: &Table, (rows, axis, keys, derived): Rows<'_>, columns: usize) {
        let measure = table.measure;
        let Some(moved) = self.totals.get(&measure).copied() else { return };
        let lines = self.beside(columns, &self.memory.lines[table].1);
        let of_columns = self.lists[&(measure, columns)].list().tree(&lines, &self.memory.told);
        let derived_columns = self.derived(measure, columns, &lines, &of_columns);
        let rests = self.rests(measure, columns, &of_columns.sets);
        let members = Members::new(&of_columns.sets);
        let grid = count(self.units(measure), axis, &Axis::One(columns, &members, &rests));
        let alone = count(self.units(measure), axis, &Axis::All);
        let margins: Vec<_> = (0..rows.sets.len()).map(|row| alone.at(row, 0)).collect();
        let mut sets: Vec<_> = of_columns.sets.iter().map(|set| self.set(measure, columns, set)).collect();
        let mut without = vec![None; of_columns.sets.len()];
        for rest in &rests {
            without[*rest as usize] = Some(sets.len());
            sets.push(self.none(columns, &of_columns.sets[*rest as usize]));
        }
        let unknown = (!self.memory.declared.contains(table)).then_some(Unknown::Fresh);
        let told = &mut self.memory.told;
        let (margins, without) = (&margins, &without);
        let mut blocks = Blocks { told, grid: &grid, rows: keys, margins, columns: &sets, without, unknown };
        if blocks.open((&rows.root, derived), (&of_columns.root, &derived_columns), moved) {
            blocks.descend(&rows.root, &of_columns.root);
        }
    }

    /// Three dimensions: the pairs that the first two tell and all others in one line, by the third.
    fn three(&mut self, table: &Table, (first, second): (usize, usize), columns: usize) {
        let measure = table.measure;
        if !self.memory.lines.contains_key(table) {
            let columns = self.lists[&(measure, columns)].list().lines(&self.memory.told);
            let lines = (self.pairs(measure, first, second), columns);
            self.memory.lines.insert(table.clone(), lines);
        }
        let (row_lines, _) = &self.memory.lines[table];
        let items: Vec<_> = row_lines.iter().map(|line| Item::Line(line.codes())).collect();
        let of_rows = Forest::of_lines(&items);
        let width = self.input.dimensions[second].width;
        let keys: Vec<_> = of_rows.sets.iter().map(|set| self.pair_key(measure, (first, second), width, set)).collect();
        let members = Members::new(&of_rows.sets);
        // All others follow from the total and the pairs.
        let derived = (0..of_rows.sets.len()).filter(|row| of_rows.sets[*row].len() > 1).collect();
        self.cross(table, (&of_rows, &Axis::Pairs(first, second, width, &members), &keys, &derived), columns);
    }

    fn pair_key(&mut self, measure: u8, (first, second): (usize, usize), width: u16, set: &Codes) -> Key {
        if let [pair] = set.as_slice() {
            let (one, other) = (vec![pair / width], vec![pair % width]);
            let (one, other) = (self.set(measure, first, &one), self.set(measure, second, &other));
            return Key::new(measure, [one, other, 0]);
        }
        let every = usize::from(self.input.dimensions[first].width) * usize::from(width);
        if set.len() == every {
            return Key::new(measure, [0; 3]);
        }
        let number =
            self.memory.sets.number(Set { dimensions: vec![first, second], who: Who::Has, codes: set.clone() });
        Key::new(measure, [number, 0, 0])
    }

    /// The pairs of codes that are told, the largest first, and all others as one line.
    fn pairs(&mut self, measure: u8, first: usize, second: usize) -> Vec<Line> {
        let (one, other) = (self.input.dimensions[first].width, self.input.dimensions[second].width);
        let mut lines = Vec::new();
        let mut rest = Vec::new();
        for pair in 0..one * other {
            let key = self.pair_key(measure, (first, second), other, &vec![pair]);
            match self.memory.told.get(key).and_then(|entry| entry.now) {
                Some(count) => lines.push((count.persons, Line::Pool(vec![vec![pair]]))),
                None => rest.push(pair),
            }
        }
        lines.sort_by_key(|(persons, _)| std::cmp::Reverse(*persons));
        let mut lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        if !rest.is_empty() {
            lines.push(Line::Pool(vec![rest]));
        }
        lines
    }
}

fn all(units: &Units) -> Count {
    count(units, &Axis::All, &Axis::All).at(0, 0)
}
