//! Tables of incidents where persons have incidents in several places: what is decided by is distinct persons, never a sum of cells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use attest::domain::release::descent::grid::{Column, Units};
use attest::domain::release::descent::mask::{Dimension, Input, Memory, Set, Table, Who, mask};
use attest::domain::release::descent::told::{Count, Key};
use attest::domain::release::descent::tree::Item;

/// A kind of person: the cells in which they have an incident.
type Kind = Vec<usize>;

/// A table of so many rows and columns, in which a person has one or two incidents.
struct Places {
    rows: u16,
    columns: u16,
    t: u64,
    kinds: Vec<Kind>,
    dimensions: Vec<Dimension>,
}

/// By named cell, how many incidents and persons it has; `_T` is past the end.
type Counts = BTreeMap<(u16, u16), Count>;
/// By named cell whether it is told.
type Named = BTreeMap<(u16, u16), bool>;
/// What is told, by condition.
type Told<T> = Vec<(Key, T)>;

fn list(codes: u16) -> Dimension {
    let items = (0..codes).map(|code| Item::Line(vec![code])).collect();
    Dimension { items, width: codes, many: [true, false], signed: Vec::new() }
}

impl Places {
    fn new(rows: u16, columns: u16, t: u64) -> Self {
        let cells = usize::from(rows * columns);
        let two = (0..cells).flat_map(|one| (one..cells).map(move |other| vec![one, other]));
        let kinds = (0..cells).map(|cell| vec![cell]).chain(two).collect();
        Self { rows, columns, t, kinds, dimensions: vec![list(rows), list(columns)] }
    }

    fn worlds(&self, persons: usize) -> Vec<Vec<usize>> {
        fn add(from: usize, left: usize, kinds: usize, own: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
            if left == 0 {
                all.push(own.clone());
                return;
            }
            for kind in from..kinds {
                own.push(kind);
                add(kind, left - 1, kinds, own, all);
                own.pop();
            }
        }
        let mut all = Vec::new();
        add(0, persons, self.kinds.len(), &mut Vec::new(), &mut all);
        all
    }

    fn units(&self, world: &[usize]) -> Units {
        let (mut persons, mut rows, mut columns) = (Vec::new(), Vec::new(), Vec::new());
        for (person, kind) in world.iter().enumerate() {
            for cell in &self.kinds[*kind] {
                persons.push(person as u32);
                rows.push(*cell as u16 / self.columns);
                columns.push(*cell as u16 % self.columns);
            }
        }
        Units { persons, columns: vec![Column::single(rows), Column::single(columns)] }
    }

    /// Counted on its own, without the programme.
    fn counts(&self, world: &[usize]) -> Counts {
        let mut counts = Counts::new();
        for row in 0..=self.rows {
            for column in 0..=self.columns {
                let mut count = Count::default();
                for kind in world {
                    let fits = |cell: &&usize| {
                        let (own_row, own_column) = (**cell as u16 / self.columns, **cell as u16 % self.columns);
                        (row == self.rows || row == own_row) && (column == self.columns || column == own_column)
                    };
                    let own = self.kinds[*kind].iter().filter(fits).count() as u64;
                    count.value += own;
                    count.persons += own.min(1);
                }
                counts.insert((row, column), count);
            }
        }
        counts
    }

    /// What is told: of every condition, told nodes without a name too.
    fn told(&self, world: &[usize]) -> (Told<Count>, Named) {
        let (units, mut memory) = (self.units(world), Memory::new(self.t));
        let by = if self.columns > 1 { vec![0, 1] } else { vec![0] };
        let tables = [Table { measure: 1, by }];
        let input = Input {
            dimensions: &self.dimensions,
            units: [&Units::default(), &units],
            tables: &tables,
            pooled: &BTreeSet::new(),
        };
        mask(&input, &mut memory);
        let mut told: Vec<_> = memory.told.now().collect();
        told.sort_unstable();
        let mut named = BTreeMap::new();
        for row in 0..=self.rows {
            for column in 0..=self.columns {
                let mut set = |dimension: usize, code: u16, width: u16| {
                    let own = Set { dimensions: vec![dimension], who: Who::Has, codes: vec![code] };
                    if code == width || width == 1 { 0 } else { memory.sets.number(own) }
                };
                let key = Key::new(1, [set(0, row, self.rows), set(1, column, self.columns), 0]);
                named.insert((row, column), memory.told.is_now(key));
            }
        }
        (told, named)
    }
}

fn assert_silent(places: &Places, persons: usize) {
    let mut classes: HashMap<Told<u64>, (Named, Vec<Counts>)> = HashMap::new();
    for world in places.worlds(persons) {
        let (told, named) = places.told(&world);
        assert!(told.iter().all(|(_, count)| count.persons >= places.t), "{world:?} tells {told:?}");
        let told = told.into_iter().map(|(key, count)| (key, count.value)).collect();
        classes.entry(told).or_insert_with(|| (named, Vec::new())).1.push(places.counts(&world));
    }
    let (mut withheld, mut shown) = (0, 0);
    for (named, worlds) in classes.values() {
        for (cell, _) in named.iter().filter(|(_, told)| !**told) {
            let values = worlds.iter().map(|counts| counts[cell].value);
            let persons = worlds.iter().map(|counts| counts[cell].persons);
            let (least, most) = (values.clone().min().unwrap(), values.max().unwrap());
            assert!(most - least >= places.t, "{cell:?}: {least} to {most} incidents in {} worlds", worlds.len());
            let (least, most) = (persons.clone().min().unwrap(), persons.max().unwrap());
            assert!(most - least >= places.t, "{cell:?}: {least} to {most} persons in {} worlds", worlds.len());
            withheld += 1;
        }
        shown += named.values().filter(|told| **told).count();
    }
    assert!(withheld > 0 && shown > 0);
}

#[test]
fn incidents_of_persons_who_have_several_are_told_of_t_persons_or_more_and_no_withheld_count_is_narrow() {
    assert_silent(&Places::new(3, 1, 2), 6);
    assert_silent(&Places::new(2, 2, 2), 5);
}

#[test]
#[ignore = "minutes: all worlds of larger tables"]
fn incidents_in_larger_worlds_are_as_silent() {
    assert_silent(&Places::new(3, 1, 3), 9);
    assert_silent(&Places::new(4, 1, 2), 7);
    assert_silent(&Places::new(2, 2, 2), 7);
}
