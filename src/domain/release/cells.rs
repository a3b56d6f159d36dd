//! The cells of a release: every condition once, with the tables in which it stands, and which of them are unsafe from the start.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::aggregate::Measure;

use super::condition::Condition;
use super::content::{Content, Table, Thresholds};
use super::mask::Input;
use super::plan::CellReason;
use super::universe::adds;

/// A cell, in whatever tables it stands.
#[derive(Debug, Clone)]
pub struct Cell {
    pub condition: Condition,
    /// Table and position in it; none of what only a figure or an earlier release asks.
    pub places: Vec<(usize, usize)>,
    /// What case files give.
    pub value: u64,
    /// How many persons are behind it.
    pub persons: u64,
    /// Whether a signed figure says it.
    pub signed: bool,
    /// Why it is withheld or, if it is not, published.
    pub reason: CellReason,
    /// By how much the values that it can have, withheld, must differ.
    pub needed: u64,
    /// Whether an earlier release said it, and it is the same still: whoever thinks that nothing has changed is right.
    pub told: bool,
    /// Whether it is part of a small signed figure of which nothing was said when it was told: of those few it says more now.
    pub newly_told_of: bool,
    /// Zero by what the words mean: there is nothing to hide, and nothing to be hidden behind it.
    pub impossible: bool,
}

impl Cell {
    /// Whether anybody knows it.
    pub fn is_published(&self) -> bool {
        self.told || self.is_shown()
    }

    /// Whether this release says it.
    pub fn is_shown(&self) -> bool {
        self.reason.is_published() && (self.signed || !self.places.is_empty())
    }

    /// Whether it must be shown that it can have several values.
    pub fn is_audited(&self) -> bool {
        (!self.told || self.newly_told_of) && !self.reason.is_published()
    }

    /// Few enough that one of them could be recognised.
    pub fn is_small(&self, thresholds: Thresholds) -> bool {
        let few = |number: u64, threshold: u32| number > 0 && number < threshold.into();
        match self.condition.measure {
            Measure::Persons => few(self.value, thresholds.persons),
            // Many incidents may all have happened to one person.
            Measure::Incidents => few(self.value, thresholds.incidents) || few(self.persons, thresholds.incidents),
        }
    }
}

/// All cells.
#[derive(Debug)]
pub struct Cells {
    pub all: Vec<Cell>,
    by_condition: BTreeMap<Condition, usize>,
    /// By table and position the cell.
    pub at: Vec<Vec<usize>>,
    /// The cell of each signed figure.
    pub signed: Vec<usize>,
}

impl Cells {
    pub fn new(input: &Input<'_>) -> Self {
        let mut cells = Self { all: Vec::new(), by_condition: BTreeMap::new(), at: Vec::new(), signed: Vec::new() };
        for (table, spec) in input.tables.iter().enumerate() {
            let mut at = Vec::new();
            for (position, codes) in spec.positions().iter().enumerate() {
                let cell = cells.add(input, Condition::of_cell(spec, codes, input.vocabulary));
                cells.all[cell].places.push((table, position));
                at.push(cell);
            }
            cells.at.push(at);
        }
        for figure in input.signed {
            let cell = cells.add(input, Condition::of(&figure.query, input.vocabulary));
            cells.all[cell].signed = true;
            cells.all[cell].reason = CellReason::Signed;
            cells.signed.push(cell);
        }
        cells
    }

    /// The cell of a condition, counted if it is new.
    pub fn add(&mut self, input: &Input<'_>, condition: Condition) -> usize {
        if let Some(known) = self.by_condition.get(&condition) {
            return *known;
        }
        let (mut value, mut persons) = (0, 0);
        for person in input.people {
            let own = adds(&condition, person);
            value += own;
            persons += u64::from(own > 0);
        }
        let needed = input.thresholds.of(condition.measure);
        let impossible = condition.is_impossible(input.vocabulary);
        let cell = Cell {
            condition: condition.clone(),
            places: Vec::new(),
            value,
            persons,
            signed: false,
            reason: CellReason::Safe,
            needed,
            told: false,
            newly_told_of: false,
            impossible,
        };
        self.by_condition.insert(condition, self.all.len());
        self.all.push(cell);
        self.all.len() - 1
    }

    pub fn find(&self, condition: &Condition) -> Option<usize> {
        self.by_condition.get(condition).copied()
    }

    /// The cell of all persons.
    pub fn everybody(&self) -> Option<usize> {
        self.all.iter().position(|cell| cell.condition.depth() == 0 && cell.condition.measure == Measure::Persons)
    }

    /// Marks what must not be published: small cells, all or nearly all of a group, and parts of small figures that are signed.
    pub fn mark(&mut self, input: &Input<'_>) {
        let small: Vec<_> = self.small_figures(input).map(|cell| (cell.condition.clone(), cell.value)).collect();
        for at in 0..self.all.len() {
            let cell = &self.all[at];
            let over: Vec<_> = (small.iter())
                .filter(|(condition, _)| *condition != cell.condition && cell.condition.lies_in(condition))
                .collect();
            let reason = if cell.signed {
                CellReason::Signed
            } else if cell.impossible {
                CellReason::Safe
            } else if cell.is_small(input.thresholds) {
                CellReason::Small
            } else if !over.is_empty() {
                CellReason::BelowSmallFigure
            } else if self.is_whole_group(at, input) || self.is_whole_of_another(at, input) {
                CellReason::WholeGroup
            } else {
                cell.reason
            };
            // Inside of a figure of one there is nothing to hide but whether it is this one.
            let narrower = |(condition, value): &&(Condition, u64)| {
                let unbounded = cell.condition.measure == Measure::Incidents && condition.measure == Measure::Persons;
                (!unbounded).then_some(*value)
            };
            let needed = over.iter().filter_map(narrower).chain([cell.needed]).min().unwrap_or(cell.needed);
            let cell = &mut self.all[at];
            (cell.reason, cell.needed) = (reason, needed);
            if cell.condition.measure == Measure::Incidents && cell.persons < input.thresholds.incidents.into() {
                // What happened to one or two persons is no better hidden for being much.
                cell.needed = cell.needed.max(cell.value.div_ceil(2));
            }
        }
    }

    fn small_figures<'c>(&'c self, input: &Input<'_>) -> impl Iterator<Item = &'c Cell> {
        let thresholds = input.thresholds;
        self.signed.iter().map(|at| &self.all[*at]).filter(move |cell| cell.is_small(thresholds))
    }

    /// Marks what was told before, but not of the few of whom a figure tells for the first time.
    pub fn mark_newly_told_of(&mut self, input: &Input<'_>) {
        let new: Vec<_> =
            self.small_figures(input).filter(|figure| !figure.told).map(|figure| figure.condition.clone()).collect();
        for cell in self.all.iter_mut().filter(|cell| cell.told && cell.reason == CellReason::BelowSmallFigure) {
            cell.newly_told_of = new.iter().any(|figure| cell.condition.lies_in(figure));
        }
    }

    /// Whether a cell is all of a larger group, so that what it says is known of each of them; or, where values overlap, all but a
    /// few, whom no cell of their own protects.
    fn is_whole_group(&self, at: usize, input: &Input<'_>) -> bool {
        let cell = &self.all[at];
        let threshold = input.thresholds.of(cell.condition.measure);
        cell.value > 0
            && cell.places.iter().any(|(table, position)| {
                self.wider(input, *table, *position).into_iter().any(|(parent, additive)| {
                    let rest = self.all[parent].value.saturating_sub(cell.value);
                    parent != at && (rest == 0 || (!additive && rest < threshold))
                })
            })
    }

    /// The same beside cells of other tables and figures: two numbers of which one is part of the other tell of the rest.
    fn is_whole_of_another(&self, at: usize, input: &Input<'_>) -> bool {
        let cell = &self.all[at];
        let threshold = input.thresholds.of(cell.condition.measure);
        let apart =
            |other: &Cell| !other.places.iter().any(|(table, _)| cell.places.iter().any(|(own, _)| own == table));
        cell.value > 0
            && self.all.iter().any(|other| {
                other.value >= cell.value
                    && other.value - cell.value < threshold
                    && other.condition != cell.condition
                    && other.condition.measure == cell.condition.measure
                    && apart(other)
                    && cell.condition.lies_in(&other.condition)
            })
    }

    /// The cells of the same table that leave one dimension out, each with whether the values of that dimension add up.
    fn wider(&self, input: &Input<'_>, table: usize, position: usize) -> Vec<(usize, bool)> {
        let mut found = Vec::new();
        for (axis, line) in lines(input, table, position).into_iter().enumerate() {
            let total = line[line.len() - 1];
            if total != position {
                found.push((self.at[table][total], input.tables[table].by[axis].1.additive));
            }
        }
        found
    }
}

/// For each axis of a table the positions that differ from one in this axis only, its total last.
fn lines(input: &Input<'_>, table: usize, position: usize) -> Vec<Vec<usize>> {
    let lengths: Vec<_> = input.tables[table].by.iter().map(|(_, axis)| axis.codes.len() + 1).collect();
    let mut found = Vec::new();
    let mut step: usize = lengths.iter().product();
    for length in lengths {
        step /= length;
        let first = position - (position / step % length) * step;
        found.push((0..length).map(|nth| first + nth * step).collect());
    }
    found
}

/// What an earlier release said: the condition, and how many from case files.
pub fn released(content: &Content, input: &Input<'_>) -> Vec<(Condition, u64)> {
    let mut found = Vec::new();
    for table in &content.tables {
        for cell in &table.cells {
            let condition = Condition::of_released(table, &cell.at, input.vocabulary);
            if let (Some(condition), Some(count)) = (condition, cell.value.count()) {
                found.push((condition, count.base().saturating_sub(cell.reconstructed)));
            }
        }
    }
    for figure in &content.figures {
        if let Some(condition) = Condition::of_words(&figure.query, input.vocabulary) {
            found.push((condition, figure.computed.base().saturating_sub(figure.reconstructed)));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The conditions of all cells that a release declared, published or not.
pub fn declared(content: &Content, input: &Input<'_>) -> BTreeSet<Condition> {
    let of = |table: &'_ Table| {
        let of_cell = |cell: &super::content::Cell| Condition::of_released(table, &cell.at, input.vocabulary);
        table.cells.iter().filter_map(of_cell).collect::<Vec<_>>()
    };
    content.tables.iter().flat_map(of).collect()
}
