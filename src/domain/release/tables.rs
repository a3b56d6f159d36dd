//! What a release says of each of its tables, from what the mask has told.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::count::Count;
use crate::domain::dimension::Values;
use crate::domain::vocabulary::{NO_FURTHER, TOTAL};

use super::content::{Axis, BASIS, Basis, Cell, Sum, Table, Value};
use super::declare::TableSpec;
use super::descent::grid::{self, Members, count};
use super::descent::mask::{Set, Who};
use super::descent::told::Key;
use super::descent::tree::{Codes, Forest, Tree};
use super::lists;
use super::masking::Run;
use super::plan::PlannedTable;
impl Run<'_> {
    /// How much a table tells of case files.
    pub fn planned(&self, spec: &TableSpec, table: &Table) -> PlannedTable {
        let of_cases = |cell: &&Cell| {
            table.basis != Basis::Both || cell.at.first().is_some_and(|side| side == Basis::CaseFile.name())
        };
        let mut planned = PlannedTable { table: table.code.clone(), ..PlannedTable::default() };
        let large = self.large(spec);
        for cell in table.cells.iter().filter(of_cases) {
            let is_told = matches!(cell.value, Value::Free(_));
            match (is_told, &cell.as_of_release) {
                (true, None) => planned.told += 1,
                (true, Some(_)) => planned.standing += 1,
                (false, _) => planned.withheld += 1,
            }
            let at = &cell.at[cell.at.len() - spec.by.len()..];
            if large.contains(at) {
                planned.large += 1;
                planned.large_told += u64::from(is_told);
            }
        }
        planned
    }

    /// The codes and crossings of a table that as many persons have as must stand behind a number.
    fn large(&self, spec: &TableSpec) -> BTreeSet<Vec<String>> {
        let by = self.numbers(&spec.by);
        let named: Vec<_> = by.iter().map(|number| &self.lists.space(*number).named).collect();
        let members = |at: usize| Members::new(&named[at].iter().map(|named| named.codes.clone()).collect::<Vec<_>>());
        let units = &self.units[usize::from(spec.measure.number())];
        let t = self.memory.told.t;
        let code = |at: usize, code: usize| named[at][code].code.clone();
        let mut large = BTreeSet::new();
        let mut add = |grid: &grid::Grid, at: &dyn Fn(usize, usize) -> Vec<String>| {
            for cell in (0..grid.counts.len()).filter(|cell| grid.counts[*cell].persons >= t) {
                large.insert(at(cell / grid.columns, cell % grid.columns));
            }
        };
        let one = |at: usize, members| grid::Axis::One(by[at], members, &[]);
        match by.len() {
            1 => add(&count(units, &one(0, &members(0)), &grid::Axis::All), &|row, _| vec![code(0, row)]),
            2 => {
                let (rows, columns) = (members(0), members(1));
                add(&count(units, &one(0, &rows), &one(1, &columns)), &|row, column| {
                    vec![code(0, row), code(1, column)]
                });
            }
            3 => {
                let width = self.lists.space(by[1]).width();
                let pair = |(first, second): (&Codes, &Codes)| -> Codes {
                    first.iter().flat_map(|one| second.iter().map(move |other| one * width + other)).collect()
                };
                let pairs =
                    named[0].iter().flat_map(|one| named[1].iter().map(move |other| (&one.codes, &other.codes)));
                let (pairs, columns) = (Members::new(&pairs.map(pair).collect::<Vec<_>>()), members(2));
                let rows = grid::Axis::Pairs(by[0], by[1], width, &pairs);
                let seconds = named[1].len();
                let at = |row: usize, column| vec![code(0, row / seconds), code(1, row % seconds), code(2, column)];
                add(&count(units, &rows, &one(2, &columns)), &at);
            }
            _ => {}
        }
        large
    }

    /// A table as it is said.
    pub fn table(&mut self, table: usize) -> Table {
        let spec = &self.input.declaration.tables[table];
        let none = BTreeMap::new();
        let known = self.input.known.get(&table).unwrap_or(&none);
        let axes: Vec<_> = (0..spec.by.len()).map(|at| self.axis(spec, at, known)).collect();
        let bases: &[Basis] = match spec.basis {
            Basis::Both => &[Basis::Reconstructed, Basis::CaseFile],
            Basis::Reconstructed => &[Basis::Reconstructed],
            Basis::CaseFile | Basis::Added => &[Basis::CaseFile],
        };
        let mut cells = Vec::new();
        for basis in bases {
            for at in Table::positions(&axes) {
                let (value, as_of_release) = match basis {
                    Basis::CaseFile => self.told(spec, &at),
                    _ => (known.get(&at).map_or(Value::Empty, |count| Value::Free(*count)), None),
                };
                let side = (spec.basis == Basis::Both).then(|| basis.name().to_owned());
                cells.push(Cell { at: side.into_iter().chain(at).collect(), value, as_of_release });
            }
        }
        let side = (spec.basis == Basis::Both).then(|| Axis {
            dimension: BASIS.to_owned(),
            vocabulary: None,
            codes: bases.iter().map(|basis| basis.name().to_owned()).collect(),
            broader: BTreeMap::new(),
            additive: false,
            total: false,
        });
        let filter = spec.filters.iter().map(|(name, codes)| ((*name).to_owned(), codes.iter().cloned().collect()));
        Table {
            code: spec.code.clone(),
            title: spec.title.clone(),
            basis: spec.basis,
            measure: spec.measure,
            axes: side.into_iter().chain(axes).collect(),
            filter: filter.collect(),
            with: spec.with.iter().cloned().collect(),
            cells,
            sums: if spec.basis.has_case_files() { self.sums(spec) } else { Vec::new() },
        }
    }

    /// The codes of a dimension: those of its public list, or those that reconstructed records have.
    fn axis(&self, spec: &TableSpec, at: usize, known: &BTreeMap<Vec<String>, Count>) -> Axis {
        let dimension = spec.by[at];
        let several = dimension.is_several(spec.measure);
        let mut codes: Vec<String> = Vec::new();
        let mut broader = BTreeMap::new();
        if let Some(number) = self.lists.number(dimension).filter(|_| spec.basis.has_case_files()) {
            for named in &self.lists.space(number).named {
                codes.push(named.code.clone());
                broader.extend(named.broader.iter().map(|over| (named.code.clone(), over.clone())));
            }
        }
        if spec.basis.has_reconstructed() {
            let found: BTreeSet<_> = known.keys().map(|place| &place[at]).filter(|code| *code != TOTAL).collect();
            let more: Vec<_> = found.into_iter().filter(|code| !codes.contains(code)).cloned().collect();
            codes.extend(more);
            for code in codes.iter().filter(|code| !code.starts_with('_')) {
                let known_no_further = code.strip_suffix(NO_FURTHER).map(str::to_owned);
                let over = known_no_further.into_iter().chain(lists::above(dimension, self.input.vocabulary, code));
                if let Some(over) = over.into_iter().find(|over| codes.contains(over)) {
                    broader.entry(code.clone()).or_insert(over);
                }
            }
        }
        let vocabulary = match dimension.values {
            Values::Vocabulary { name, .. } => Some(name.to_owned()),
            _ => None,
        };
        Axis { dimension: dimension.code.to_owned(), vocabulary, codes, broader, additive: !several, total: true }
    }

    /// The condition of a place in a table; nothing where a code has no line.
    fn key(&mut self, spec: &TableSpec, at: &[Option<Codes>]) -> Option<Key> {
        let mut sets = [0; 3];
        for ((set, dimension), codes) in sets.iter_mut().zip(&spec.by).zip(at) {
            let number = self.lists.number(dimension)?;
            let Some(codes) = codes else { continue };
            let all = codes.len() == usize::from(self.lists.space(number).width());
            if all && !dimension.is_several(spec.measure) {
                continue;
            }
            *set = self.memory.sets.number(Set { dimensions: vec![number], who: Who::Has, codes: codes.clone() });
        }
        Some(Key::new(spec.measure.number(), sets))
    }

    /// What is told of a cell from case files, and by which earlier release.
    fn told(&mut self, spec: &TableSpec, at: &[String]) -> (Value, Option<String>) {
        let codes: Option<Vec<_>> = (spec.by.iter().zip(at))
            .map(|(dimension, code)| {
                if code == TOTAL {
                    return Some(None);
                }
                let named = &self.lists.space(self.lists.number(dimension)?).named;
                Some(Some(named.iter().find(|named| named.code == *code)?.codes.clone()))
            })
            .collect();
        let Some(key) = codes.and_then(|codes| self.key(spec, &codes)) else { return (Value::Withheld, None) };
        let Some(entry) = self.memory.told.get(key) else { return (Value::Withheld, None) };
        match (entry.now, entry.stands) {
            (Some(count), _) => (Value::Free(Count::exact(count.value)), None),
            (None, Some((count, release))) => {
                (Value::Free(Count::exact(count.value)), Some(self.input.earlier[release].id.clone()))
            }
            (None, None) => (Value::Withheld, None),
        }
    }

    /// What is told of several codes of one list together, of a table of one list.
    fn sums(&mut self, spec: &TableSpec) -> Vec<Sum> {
        let [dimension] = spec.by.as_slice() else { return Vec::new() };
        let Some(number) = self.lists.number(dimension) else { return Vec::new() };
        if dimension.is_several(spec.measure) {
            return Vec::new();
        }
        let forest = Forest::of_list(&self.lists.space(number).items);
        let mut rests = Vec::new();
        let memory = &mut self.memory;
        let width = usize::from(self.lists.space(number).width());
        let mut find = |node: &Tree| {
            let codes = &forest.sets[node.id];
            if codes.len() < 2 || codes.len() == width || node.is_named {
                return;
            }
            let set = Set { dimensions: vec![number], who: Who::Has, codes: codes.clone() };
            let key = Key::new(spec.measure.number(), [memory.sets.number(set), 0, 0]);
            if let Some(entry) = memory.told.get(key) {
                let told = entry.now.map(|count| (count, None)).or(entry.stands.map(|(count, at)| (count, Some(at))));
                rests.extend(told.map(|(count, release)| (codes.clone(), count.value, release)));
            }
        };
        forest.root.walk(&mut find);
        let space = self.lists.space(number);
        let side = (spec.basis == Basis::Both).then(|| vec![Basis::CaseFile.name().to_owned()]);
        let sum = |(codes, count, release): (Codes, u64, Option<usize>)| Sum {
            at: side.iter().cloned().chain([space.names(&codes).into_iter().map(str::to_owned).collect()]).collect(),
            count,
            as_of_release: release.map(|release| self.input.earlier[release].id.clone()),
        };
        rests.into_iter().map(sum).collect()
    }
}
