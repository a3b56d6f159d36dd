//! The descent of two lists that are crossed: a block of lines is cut where every part is sound.

use std::collections::BTreeSet;

use super::grid::Grid;
use super::margin::Asked;
use super::told::{Count, Key, Told, Unknown};
use super::tree::Tree;

/// A table whose lists have descended.
pub struct Blocks<'a> {
    pub told: &'a mut Told,
    pub grid: &'a Grid,
    /// By row its condition.
    pub rows: &'a [Key],
    /// By row how many it counts in all: where one unit may have several columns, those too who have none of them.
    pub margins: &'a [Count],
    /// By column its set; 0 where every unit is in it.
    pub columns: &'a [u32],
    /// By column the one that counts who has none of it, where one unit may have several: a question of its own.
    pub without: &'a [Option<usize>],
    /// What holds for what was not told before; where it is missing, what was withheld must have outgrown the lines that held it.
    pub unknown: Option<Unknown>,
}

/// Lines that are no nodes of a list, and follow from those that are told.
pub type Derived = BTreeSet<usize>;

/// Rows and columns of a part.
type Part<'t> = (&'t Tree, &'t Tree);

impl Blocks<'_> {
    fn cell(&self, row: usize, column: usize) -> Asked {
        let (key, set) = (self.rows[row], self.columns[column]);
        (if set == 0 { key } else { key.and(set) }, self.grid.at(row, column))
    }

    /// Tells the derived lines of a table, and whether all lines are told in this release, so that it may be
    /// opened. `moved` is how far the total has moved. Who has any column at all is no number of its own where one unit may have
    /// several: it is only asked whether they are enough.
    pub fn open(&mut self, rows: (&Tree, &Derived), columns: (&Tree, &Derived), moved: u64) -> bool {
        let of_rows = rows.0.lines.iter().map(|row| ((self.rows[*row], self.margins[*row]), rows.1.contains(row)));
        let of_columns =
            columns.0.lines.iter().map(|column| (self.cell(rows.0.id, *column), columns.1.contains(column)));
        let lines: Vec<_> = of_rows.chain(of_columns).collect();
        let unknown = self.unknown.unwrap_or(Unknown::From(self.told.wide()));
        let open = lines.iter().all(|((key, count), derived)| {
            let zero = moved >= self.told.wide();
            self.told.is_now(*key) || (*derived && self.told.may(*key, *count, unknown, zero))
        });
        if open {
            let derived = lines.into_iter().filter(|(_, derived)| *derived);
            derived.for_each(|((key, count), _)| self.told.tell(key, count));
        }
        let several = self.without.iter().any(Option::is_some);
        let enough = |row: &usize| self.grid.at(*row, columns.0.id).persons >= self.told.t;
        open && (!several || rows.0.lines.iter().all(enough))
    }

    /// Cuts a block whose lines are told, by the first cut whose parts are all sound, and then its parts. Where there is none,
    /// every cell of it is withheld.
    pub fn descend(&mut self, rows: &Tree, columns: &Tree) {
        if rows.is_line() || columns.is_line() {
            return;
        }
        for parts in cuts(rows, columns) {
            let cells: Vec<_> = parts.iter().flat_map(lines).collect();
            if cells.iter().all(|(row, column)| self.is_sound((rows, columns), *row, *column)) {
                for (row, column) in cells {
                    for column in [column].into_iter().chain(self.without.get(column).copied().flatten()) {
                        let (key, count) = self.cell(row, column);
                        self.told.tell(key, count);
                    }
                }
                parts.into_iter().for_each(|(rows, columns)| self.descend(rows, columns));
                return;
            }
        }
    }

    /// Whether a line of a part may be told.
    fn is_sound(&self, (rows, columns): Part<'_>, row: usize, column: usize) -> bool {
        let (key, count) = self.cell(row, column);
        if self.told.is_now(key) {
            return true;
        }
        let (own_row, own_column) = (self.cell(row, columns.id), self.cell(rows.id, column));
        let held = [
            (rows.lines.contains(&row) && column != columns.id).then_some(own_row),
            (columns.lines.contains(&column) && row != rows.id).then_some(own_column),
        ];
        let moves = held.iter().flatten().map(|(key, count)| self.told.moved(*key, *count));
        let wide = self.told.wide();
        let zero = held.iter().any(Option::is_some) && moves.into_iter().all(|moved| moved == 0 || moved >= wide);
        let unknown = self.unknown.unwrap_or_else(|| self.grown(own_row.0, own_column.0));
        let without = self.without.get(column).copied().flatten().is_none_or(|without| {
            let (key, count) = self.cell(row, without);
            self.told.may(key, count, self.unknown.unwrap_or(Unknown::Never), zero)
        });
        without && self.told.may(key, count, unknown, zero)
    }

    /// From how many a cell that was withheld may be told: where both lines that hold it were told before, it must have outgrown the
    /// lesser of them.
    fn grown(&self, row: Key, column: Key) -> Unknown {
        match (self.told.last(row), self.told.last(column)) {
            (Some(row), Some(column)) => Unknown::From(self.told.wide().max(row.persons.min(column.persons))),
            _ => Unknown::Never,
        }
    }
}

/// The lines of a part: each row of it over its columns, and each column over its rows.
fn lines<'t>((rows, columns): &Part<'t>) -> impl Iterator<Item = (usize, usize)> + use<'t> {
    let (rows, columns) = (*rows, *columns);
    let across = rows.lines.iter().map(|row| (*row, columns.id));
    let down = columns.lines.iter().map(|column| (rows.id, *column));
    across.chain(down)
}

/// The cuts of a block in their order: both, rows, columns; three columns as one and two, three rows as one and two.
fn cuts<'t>(rows: &'t Tree, columns: &'t Tree) -> Vec<Vec<Part<'t>>> {
    let both_last = rows.is_last && columns.is_last;
    let halves = |node: &'t Tree| -> Vec<&'t Tree> {
        if node.is_last && !both_last { vec![node] } else { node.parts.iter().collect() }
    };
    let three = |node: &'t Tree| node.three.iter().collect::<Vec<_>>();
    let (own_rows, own_columns) = (vec![rows], vec![columns]);
    let mut cuts = vec![(halves(rows), halves(columns))];
    if !rows.is_last {
        cuts.push((halves(rows), own_columns.clone()));
    }
    if !columns.is_last {
        cuts.push((own_rows.clone(), halves(columns)));
    }
    cuts.push((own_rows, three(columns)));
    cuts.push((three(rows), own_columns));
    let parts = |(rows, columns): (Vec<&'t Tree>, Vec<&'t Tree>)| -> Vec<Part<'t>> {
        rows.iter().flat_map(|row| columns.iter().map(move |column| (*row, *column))).collect()
    };
    cuts.into_iter().map(parts).filter(|parts| parts.len() > 1).collect()
}
