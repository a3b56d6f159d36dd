//! What is counted: units in columns, and the counts of every pair of sets of codes in one pass.

use super::told::Count;
use super::tree::Codes;

/// The codes of one dimension, by unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// Where the codes of each unit begin; empty where every unit has one.
    starts: Vec<u32>,
    codes: Vec<u16>,
}

impl Column {
    /// Of units that have one code each.
    pub fn single(codes: Vec<u16>) -> Self {
        Self { starts: Vec::new(), codes }
    }

    /// Of units that have any number of codes.
    pub fn many(units: &[Vec<u16>]) -> Self {
        let mut column = Self { starts: vec![0], codes: Vec::new() };
        for codes in units {
            column.codes.extend(codes);
            column.starts.push(column.codes.len() as u32);
        }
        column
    }

    pub fn of(&self, unit: usize) -> &[u16] {
        match self.starts.get(unit..unit + 2) {
            Some([start, end]) => &self.codes[*start as usize..*end as usize],
            _ => &self.codes[unit..=unit],
        }
    }
}

/// The units of one measure: persons, or incidents in the order of their persons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// Whose each unit is; the units of one person stand together.
    pub persons: Vec<u32>,
    pub columns: Vec<Column>,
}

impl Units {
    /// Whether a unit is the only one of its person.
    fn is_the_only_one(&self, unit: usize) -> bool {
        let person = Some(&self.persons[unit]);
        self.persons.get(unit + 1) != person && (unit == 0 || self.persons.get(unit - 1) != person)
    }
}

/// Counts by row and column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    pub columns: usize,
    pub counts: Vec<Count>,
}

impl Grid {
    pub fn at(&self, row: usize, column: usize) -> Count {
        self.counts[row * self.columns + column]
    }
}

/// In which of some sets each code is.
#[derive(Debug, Clone)]
pub struct Members {
    sets: usize,
    /// By code.
    of: Vec<Vec<u32>>,
}

impl Members {
    pub fn new(sets: &[Codes]) -> Self {
        let most = sets.iter().flatten().max().map_or(0, |most| usize::from(*most) + 1);
        let mut of = vec![Vec::new(); most];
        for (set, codes) in sets.iter().enumerate() {
            codes.iter().for_each(|code| of[usize::from(*code)].push(set as u32));
        }
        Self { sets: sets.len(), of }
    }

    /// The sets that hold one of some codes, each once.
    fn of_all(&self, codes: &[u16], into: &mut Vec<u32>) {
        for code in codes {
            into.extend_from_slice(self.of.get(usize::from(*code)).map_or(&[], Vec::as_slice));
        }
        if codes.len() > 1 {
            into.sort_unstable();
            into.dedup();
        }
    }
}

/// Counts units one by one into the cells of a grid.
struct Counting {
    grid: Grid,
    /// By cell the person who was counted there last, one more than their number.
    seen: Vec<u32>,
}

impl Counting {
    fn new(rows: usize, columns: usize) -> Self {
        let cells = rows * columns;
        Self { grid: Grid { columns, counts: vec![Count::default(); cells] }, seen: vec![0; cells] }
    }

    fn add(&mut self, row: usize, column: usize, person: u32) {
        let cell = row * self.grid.columns + column;
        let count = &mut self.grid.counts[cell];
        count.value += 1;
        if self.seen[cell] != person + 1 {
            self.seen[cell] = person + 1;
            count.persons += 1;
        }
    }

    /// Adds persons with one unit each, who are counted nowhere else.
    fn add_persons(&mut self, row: usize, column: usize, persons: u64) {
        let count = &mut self.grid.counts[row * self.grid.columns + column];
        count.value += persons;
        count.persons += persons;
    }
}

/// How codes become rows.
pub enum Axis<'a> {
    /// Everything in the one row.
    All,
    /// By the sets of one dimension, and then by who has none of some of the sets.
    One(usize, &'a Members, &'a [u32]),
    /// By the pairs of two dimensions, of which the second has so many codes.
    Pairs(usize, usize, u16, &'a Members),
}

impl Axis<'_> {
    /// How many rows there are.
    fn rows(&self) -> usize {
        match self {
            Self::All => 1,
            Self::One(_, members, rests) => members.sets + rests.len(),
            Self::Pairs(.., members) => members.sets,
        }
    }

    /// One more than the highest code that its sets hold; of pairs, than the highest pair.
    fn width(&self) -> usize {
        match self {
            Self::All => 1,
            Self::One(_, members, _) | Self::Pairs(.., members) => members.of.len(),
        }
    }

    /// The code of a unit, where it has one.
    fn code(&self, units: &Units, unit: usize) -> Option<usize> {
        let one = |dimension: usize| match units.columns[dimension].of(unit) {
            [code] => Some(*code),
            _ => None,
        };
        match self {
            Self::All => Some(0),
            Self::One(dimension, ..) => one(*dimension).map(usize::from),
            Self::Pairs(first, second, width, _) => Some(usize::from(one(*first)? * width + one(*second)?)),
        }
    }

    fn of(&self, units: &Units, unit: usize, into: &mut Vec<u32>) {
        into.clear();
        match self {
            Self::All => into.push(0),
            Self::One(dimension, members, rests) => {
                members.of_all(units.columns[*dimension].of(unit), into);
                let own = into.len();
                for (at, set) in (members.sets as u32..).zip(*rests) {
                    if !into[..own].contains(set) {
                        into.push(at);
                    }
                }
            }
            Self::Pairs(first, second, width, members) => {
                let (one, other) = (units.columns[*first].of(unit), units.columns[*second].of(unit));
                let pairs = one.iter().flat_map(|one| other.iter().map(move |other| one * width + other));
                members.of_all(&pairs.collect::<Vec<_>>(), into);
            }
        }
    }
}

/// Counts every pair of a row and a column. Persons who have one unit, and one code of each dimension, are counted by their codes
/// first, of which there are fewer.
pub fn count(units: &Units, rows: &Axis<'_>, columns: &Axis<'_>) -> Grid {
    let mut counting = Counting::new(rows.rows(), columns.rows());
    let width = columns.width();
    let mut alike = vec![(0, 0); rows.width() * width];
    let (mut of_rows, mut of_columns) = (Vec::new(), Vec::new());
    for (unit, person) in units.persons.iter().enumerate() {
        let place = units.is_the_only_one(unit).then(|| Some((rows.code(units, unit)?, columns.code(units, unit)?)));
        if let Some(alike) = place.flatten().and_then(|(row, column)| alike.get_mut(row * width + column)) {
            *alike = (unit, alike.1 + 1);
            continue;
        }
        rows.of(units, unit, &mut of_rows);
        columns.of(units, unit, &mut of_columns);
        for row in &of_rows {
            of_columns.iter().for_each(|column| counting.add(*row as usize, *column as usize, *person));
        }
    }
    for (unit, persons) in alike.into_iter().filter(|(_, persons)| *persons > 0) {
        rows.of(units, unit, &mut of_rows);
        columns.of(units, unit, &mut of_columns);
        for row in &of_rows {
            of_columns.iter().for_each(|column| counting.add_persons(*row as usize, *column as usize, persons));
        }
    }
    counting.grid
}
