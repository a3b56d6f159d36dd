//! Withholds more and more until nothing unsafe can be computed or narrowed: first by linear elimination, then by the audit of
//! intervals.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::Cells;
use super::eliminate::exposed;
use super::mask::{Depth, Input, Progress};
use super::parts::Linked;
use super::plan::{Block, CellReason};

/// What it costs to withhold a zero, where a cell of one costs 2 and one of a hundred 7.
const ZERO: f64 = 20.0;
/// The most optimisations of one release, beyond which it counts as too large to be audited.
const MOST_OPTIMISATIONS: u64 = 50_000;

/// Cells being withheld in one part.
pub struct Withholding<'w, 'a> {
    pub cells: &'w mut Cells,
    pub linked: &'w mut Linked,
    pub input: &'w Input<'a>,
    /// Cells that everybody can compute from signed figures, so that to withhold them hides nothing.
    known: BTreeSet<usize>,
}

impl<'w, 'a> Withholding<'w, 'a> {
    pub fn new(cells: &'w mut Cells, linked: &'w mut Linked, input: &'w Input<'a>) -> Self {
        Self { cells, linked, input, known: BTreeSet::new() }
    }

    fn row(&self, cell: usize) -> usize {
        self.linked.rows[&cell]
    }

    fn published(&self) -> Vec<usize> {
        let rows = self.linked.cells.iter().enumerate();
        rows.filter(|(_, cell)| self.cells.all[**cell].is_published()).map(|(row, _)| row).collect()
    }

    fn audited(&self) -> Vec<usize> {
        self.linked.cells.iter().copied().filter(|cell| self.cells.all[*cell].is_audited()).collect()
    }

    /// Whether a cell could still be withheld.
    fn is_free(&self, cell: usize) -> bool {
        let own = &self.cells.all[cell];
        own.is_shown() && !own.told && !own.signed && !own.impossible && !self.known.contains(&cell)
    }

    /// Withholds until it holds.
    ///
    /// # Errors
    /// [`Block::FiguresTell`] where the signed figures alone tell too much, [`Block::TooLarge`].
    pub fn run(&mut self, depth: Depth, progress: Progress<'_>) -> Result<(), Vec<Block>> {
        if depth == Depth::Threshold {
            return Ok(());
        }
        loop {
            self.eliminate(depth)?;
            if depth == Depth::Elimination {
                return Ok(());
            }
            let mut held = true;
            // What is withheld on the way is audited in the next round.
            let audited = self.audited();
            for (done, cell) in audited.iter().enumerate() {
                progress("audit", done, audited.len());
                while self.cells.all[*cell].is_audited() && !self.is_wide(*cell) {
                    self.protect(*cell, self.cells.all[*cell].needed, true)?;
                    held = false;
                }
                self.must_be_possible()?;
            }
            if held {
                return Ok(());
            }
        }
    }

    /// Whether a withheld cell can have as many values as it must; looks for them where it is not known yet.
    fn is_wide(&mut self, cell: usize) -> bool {
        let (row, needed) = (self.row(cell), self.cells.all[cell].needed);
        self.linked.part.width(row) >= needed || self.linked.part.widen(row, &self.published(), needed)
    }

    fn must_be_possible(&self) -> Result<(), Vec<Block>> {
        if self.linked.part.optimisations > MOST_OPTIMISATIONS {
            let (what, count) = ("optimisations".to_owned(), self.linked.part.optimisations);
            return Err(vec![Block::TooLarge { what, count, most: MOST_OPTIMISATIONS }]);
        }
        Ok(())
    }

    /// Withholds until no withheld cell follows exactly from published ones.
    fn eliminate(&mut self, depth: Depth) -> Result<(), Vec<Block>> {
        loop {
            let asked: Vec<_> = self.audited().into_iter().filter(|cell| !self.is_hidden(*cell)).collect();
            let rows: Vec<_> = asked.iter().map(|cell| self.row(*cell)).collect();
            let part = &self.linked.part;
            let found = exposed(&part.kinds, part.values.len(), &self.published(), part.counted, &rows);
            if found.is_empty() {
                return Ok(());
            }
            for (nth, row) in found.into_iter().enumerate() {
                let cell = self.linked.cells[row];
                // Where nothing is audited afterwards, not to be exact is enough.
                let needed = if depth == Depth::Full { self.cells.all[cell].needed } else { 1 };
                // What was withheld for the others may be enough for this one, but not for the first.
                self.protect(cell, needed, nth == 0)?;
            }
        }
    }

    /// Whether the cell is known to be able to have other values: then it follows from nothing.
    fn is_hidden(&self, cell: usize) -> bool {
        self.linked.part.width(self.row(cell)) > 0
    }

    /// What one more or less of a published cell costs: totals are missed more than cells, many more than few; and a zero that is
    /// withheld hides little and must itself be hidden behind others.
    fn cost(&self, cell: usize, deepest: usize) -> f64 {
        let own = &self.cells.all[cell];
        let above = i32::try_from(deepest - own.condition.depth()).unwrap_or(i32::MAX);
        // A whole number of bits, so that it is the same number on every machine.
        let few = if own.value == 0 { ZERO } else { f64::from(1 + (own.value + 1).ilog2()) };
        few * 4.0_f64.powi(above)
    }

    /// Withholds the cells that are missed least and without which this one can have other values.
    fn protect(&mut self, cell: usize, needed: u64, insist: bool) -> Result<(), Vec<Block>> {
        let deepest = self.linked.cells.iter().map(|cell| self.cells.all[*cell].condition.depth()).max();
        let free = self.linked.cells.iter().copied().filter(|other| self.is_free(*other));
        let costs: BTreeMap<_, _> =
            free.map(|other| (self.row(other), self.cost(other, deepest.unwrap_or_default()))).collect();
        let published = self.published();
        let row = self.row(cell);
        let Some(mut rows) = self.linked.part.gives_way(row, &published, &costs, needed) else {
            return self.give_up(cell);
        };
        if rows.is_empty() && insist {
            // Divided persons could; whole ones were not found. The cheapest of all gives them more room.
            let cheapest = costs.iter().min_by(|(_, a), (_, b)| a.total_cmp(b));
            match cheapest {
                Some((row, _)) => drop(rows.insert(*row)),
                None => return self.give_up(cell),
            }
        }
        for row in rows {
            self.cells.all[self.linked.cells[row]].reason = CellReason::Protects;
        }
        Ok(())
    }

    /// Nothing more can be withheld. A cell that is safe itself is published after all; for an unsafe one the signed figures stand
    /// in the way.
    fn give_up(&mut self, cell: usize) -> Result<(), Vec<Block>> {
        let own = &mut self.cells.all[cell];
        if own.reason == CellReason::Protects {
            own.reason = CellReason::Safe;
            self.known.insert(cell);
            // What was shown to be possible with this one withheld was shown of something else.
            let part = &mut self.linked.part;
            part.found = part.values.iter().map(|value| (*value, *value)).collect();
            return Ok(());
        }
        Err(vec![self.figures_tell(cell)])
    }

    /// Which signed figures stand in the way: those without which alone the cell could have several values, or all of this part.
    fn figures_tell(&mut self, cell: usize) -> Block {
        let (row, needed) = (self.row(cell), self.cells.all[cell].needed);
        let signed: Vec<_> = self.linked.cells.iter().copied().filter(|other| self.cells.all[*other].signed).collect();
        let published: Vec<_> = signed.iter().map(|cell| self.row(*cell)).collect();
        let mut figures = Vec::new();
        for one in &signed {
            let own = self.row(*one);
            let without: Vec<_> = published.iter().copied().filter(|row| *row != own).collect();
            if self.linked.part.relaxed(row, &without, needed) >= needed as f64 {
                figures.extend(self.names(*one));
            }
        }
        if figures.is_empty() {
            figures = signed.iter().flat_map(|cell| self.names(*cell)).collect();
        }
        if figures.is_empty()
            && let Some(release) = self.input.earlier.last()
        {
            let detail = "what was public then tells too much beside what would be public now: declare the tables as they were, \
                          or wait until more has changed";
            return Block::EarlierRelease { release: release.id.clone(), detail: detail.to_owned() };
        }
        let place = self.cells.all[cell].places.first().copied();
        let spec = place.map(|(table, position)| (&self.input.tables[table], position));
        Block::FiguresTell {
            figures,
            table: spec.map_or_else(String::new, |(spec, _)| spec.code.clone()),
            at: spec.map_or_else(Vec::new, |(spec, position)| spec.positions().swap_remove(position)),
        }
    }

    fn names(&self, cell: usize) -> Vec<String> {
        let own = self.cells.signed.iter().zip(self.input.signed).filter(|(at, _)| **at == cell);
        own.map(|(_, figure)| figure.id.clone()).collect()
    }

    /// Checks what the signed figures alone tell, when nothing else is published.
    ///
    /// # Errors
    /// [`Block::FiguresTell`] for each unsafe cell that they narrow.
    pub fn check_figures(&mut self) -> Result<(), Vec<Block>> {
        let known = |cell: &&usize| self.cells.all[**cell].signed || self.cells.all[**cell].told;
        let signed: Vec<_> = self.linked.cells.iter().filter(known).map(|cell| self.row(*cell)).collect();
        if signed.is_empty() {
            return Ok(());
        }
        let mut blocks = Vec::new();
        for cell in self.audited() {
            let (row, needed) = (self.row(cell), self.cells.all[cell].needed);
            if self.linked.part.width(row) < needed && !self.linked.part.widen(row, &signed, needed) {
                blocks.push(self.figures_tell(cell));
            }
        }
        let part = &mut self.linked.part;
        part.found = part.values.iter().map(|value| (*value, *value)).collect();
        if blocks.is_empty() { Ok(()) } else { Err(blocks) }
    }
}
