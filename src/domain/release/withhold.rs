//! Withholds more and more until nothing unsafe can be computed or narrowed: first by linear elimination, then by the audit of
//! intervals.

use std::collections::BTreeSet;

use super::cells::Cells;
use super::eliminate::exposed;
use super::mask::{Depth, Input, Progress};
use super::parts::Linked;
use super::plan::{Block, Reason};

/// How many cells are tried for one that alone is enough.
const TRIED: usize = 6;
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
        own.is_published() && !own.signed && !self.known.contains(&cell)
    }

    fn withhold(&mut self, cell: usize) {
        self.cells.all[cell].reason = Reason::Protects;
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
            self.eliminate()?;
            if depth == Depth::Elimination {
                return Ok(());
            }
            let audited = self.audited();
            let all = audited.len();
            let mut held = true;
            for (done, cell) in audited.into_iter().enumerate() {
                progress("audit", done, all);
                let (row, needed) = (self.row(cell), self.cells.all[cell].needed);
                if self.linked.part.width(row) < needed && !self.linked.part.widen(row, &self.published(), needed) {
                    self.protect(cell)?;
                    held = false;
                    break;
                }
            }
            if held {
                return Ok(());
            }
            if self.linked.part.optimisations > MOST_OPTIMISATIONS {
                let (what, count) = ("optimisations".to_owned(), self.linked.part.optimisations);
                return Err(vec![Block::TooLarge { what, count, most: MOST_OPTIMISATIONS }]);
            }
        }
    }

    /// Withholds until no withheld cell follows exactly from published ones.
    fn eliminate(&mut self) -> Result<(), Vec<Block>> {
        loop {
            let asked: Vec<_> = self.audited().into_iter().filter(|cell| !self.is_hidden(*cell)).collect();
            let rows: Vec<_> = asked.iter().map(|cell| self.row(*cell)).collect();
            let part = &self.linked.part;
            let found = exposed(&part.kinds, part.values.len(), &self.published(), part.counted, &rows);
            if found.is_empty() {
                return Ok(());
            }
            let mut withheld: BTreeSet<usize> = BTreeSet::new();
            for (row, of) in found {
                let cell = self.linked.cells[row];
                let of: Vec<_> = of.into_iter().map(|row| self.linked.cells[row]).collect();
                // One that was withheld a moment ago may have closed this one too.
                if of.iter().any(|cell| withheld.contains(cell)) {
                    continue;
                }
                match of.into_iter().filter(|cell| self.is_free(*cell)).min_by_key(|cell| self.cost(*cell)) {
                    Some(closes) => {
                        self.withhold(closes);
                        withheld.insert(closes);
                    }
                    None => self.give_up(cell)?,
                }
            }
        }
    }

    /// Whether the cell is known to be able to have other values: then it follows from nothing.
    fn is_hidden(&self, cell: usize) -> bool {
        self.linked.part.width(self.row(cell)) > 0
    }

    /// Of cells that would do, the one to withhold is the one that gives least away and that is missed least: not the only one
    /// withheld of its lines, no total, not zero, few.
    fn cost(&self, cell: usize) -> (bool, usize, usize, bool, u64, usize) {
        let own = &self.cells.all[cell];
        let alone = |line: &Vec<usize>| !line.iter().any(|other| *other != cell && self.cells.all[*other].is_audited());
        let lonely = self.cells.sums(self.input, cell).iter().filter(|line| alone(line)).count();
        let depth = own.condition.depth();
        (depth == 0, lonely, usize::MAX - depth, own.value == 0, own.value, cell)
    }

    /// Withholds one more cell because this one can be narrowed.
    fn protect(&mut self, cell: usize) -> Result<(), Vec<Block>> {
        let needed = self.cells.all[cell].needed;
        let mut free: Vec<_> = self.linked.cells.iter().copied().filter(|other| self.is_free(*other)).collect();
        free.sort_by_cached_key(|other| (self.distance(cell, *other), self.cost(*other)));
        let mut best: Option<(f64, usize)> = None;
        for other in free.iter().copied().take(TRIED) {
            let row = self.row(other);
            let published: Vec<_> = self.published().into_iter().filter(|published| *published != row).collect();
            let own = self.row(cell);
            let width = self.linked.part.relaxed(own, &published, needed);
            if best.is_none_or(|(most, _)| width > most + 0.5) {
                best = Some((width, other));
            }
            if width >= needed as f64 {
                break;
            }
        }
        match best {
            Some((_, other)) => {
                self.withhold(other);
                Ok(())
            }
            None => self.give_up(cell),
        }
    }

    /// How far a cell lies from another: beside it on a line, in the same table, elsewhere.
    fn distance(&self, cell: usize, other: usize) -> u8 {
        let beside = |cell| self.cells.sums(self.input, cell);
        if beside(cell).iter().any(|line| line.contains(&other)) {
            return 0;
        }
        let tables = |cell: usize| self.cells.all[cell].places.iter().map(|(table, _)| *table).collect::<BTreeSet<_>>();
        if tables(cell).is_disjoint(&tables(other)) { 2 } else { 1 }
    }

    /// Nothing more can be withheld. A cell that is safe itself is published after all; for an unsafe one the signed figures stand
    /// in the way.
    fn give_up(&mut self, cell: usize) -> Result<(), Vec<Block>> {
        let own = &mut self.cells.all[cell];
        if own.reason == Reason::Protects {
            own.reason = Reason::Safe;
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
        let signed: Vec<_> =
            self.linked.cells.iter().filter(|cell| self.cells.all[**cell].signed).map(|cell| self.row(*cell)).collect();
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
