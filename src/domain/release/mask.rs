//! The mask: decides which cells of a release are published, so that no other can be computed or narrowed from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::aggregate::{self, Query};
use crate::domain::count::Count;
use crate::domain::dimension::dimension;
use crate::domain::vocabulary::Vocabulary;

use super::cells::Cells;
use super::content::{self, Content, Table, Thresholds, Value};
use super::declare::TableSpec;
use super::people::Person;
use super::plan::{Block, Plan, PlannedCell};
use super::withhold::Withholding;
use super::{earlier, parts};

/// All that the mask looks at.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub tables: &'a [TableSpec],
    pub thresholds: Thresholds,
    /// The controlled lists as they stood.
    pub vocabulary: &'a Vocabulary,
    /// From case files, with consent.
    pub people: &'a [Person],
    /// What published figures attest, which everybody can reckon: by table and place in it the count of reconstructed records.
    /// Zero where it is missing.
    pub known: &'a BTreeMap<(usize, Vec<String>), Count>,
    pub signed: &'a [Signed],
    /// Earlier releases, withdrawn ones too: what was public is known.
    pub earlier: &'a [Content],
}

/// A figure to sign.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    /// `publication:figure`
    pub id: String,
    pub query: Query,
    /// What reconstructed records give for it.
    pub known: Count,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Masked {
    pub tables: Vec<Table>,
    /// What the records give for each signed figure, in their order.
    pub computed: Vec<Count>,
    pub plan: Plan,
}

/// How far the mask has come: what is done, how much of it, of how much.
pub type Progress<'p> = &'p mut dyn FnMut(&'static str, usize, usize);

/// How far the mask goes. Only [`Depth::Full`] is safe; the others are there so that tests can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Only what is unsafe by itself is withheld.
    Threshold,
    /// And what it could be computed from.
    Elimination,
    /// And what it could be narrowed by.
    Full,
}

/// Masks the tables of a release. The same input gives the same answer.
///
/// # Errors
/// What stands in the way, all of it that can be told at once. Nothing is ever published unaudited.
pub fn mask(input: &Input<'_>, progress: Progress<'_>) -> Result<Masked, Vec<Block>> {
    mask_to(input, Depth::Full, progress)
}

/// The same, less deep: for tests that show what each step is for.
///
/// # Errors
/// As [`mask`].
pub fn mask_to(input: &Input<'_>, depth: Depth, progress: Progress<'_>) -> Result<Masked, Vec<Block>> {
    check_figures(input)?;
    let mut cells = Cells::new(input);
    // Before the cells of earlier releases come to them, which are not unsafe by themselves any more.
    cells.mark(input);
    let earlier = earlier::read(&mut cells, input);
    earlier::mark(&mut cells, &earlier, input)?;
    let mut plan = Plan { persons: input.people.len() as u64, ..Plan::default() };
    let mut parts = parts::divide(&cells, input)?;
    let all = parts.len();
    for (done, linked) in parts.iter_mut().enumerate() {
        progress("part", done, all);
        earlier::mark_new(&mut cells, linked, &earlier, input)?;
        let mut withholding = Withholding::new(&mut cells, linked, input);
        if depth == Depth::Full {
            withholding.check_figures()?;
        }
        withholding.run(depth, progress)?;
        plan.atoms += linked.part.kinds.len() as u64;
        plan.optimisations += linked.part.optimisations;
    }
    Ok(outcome(input, &cells, plan))
}

/// A figure that filters by several buckets of time counts what lies across them too, which no cell does.
fn check_figures(input: &Input<'_>) -> Result<(), Vec<Block>> {
    let of_time = |name: &str| dimension(name).is_some_and(|dimension| dimension.grain().is_some());
    let wrong = input
        .signed
        .iter()
        .filter(|figure| figure.query.filters.iter().any(|(name, codes)| of_time(name) && codes.len() > 1));
    let detail = "its question asks for several buckets of time: one, or none, can be signed";
    let blocks: Vec<_> =
        wrong.map(|figure| Block::Figure { figure: figure.id.clone(), detail: detail.to_owned() }).collect();
    if blocks.is_empty() { Ok(()) } else { Err(blocks) }
}

fn outcome(input: &Input<'_>, cells: &Cells, mut plan: Plan) -> Masked {
    let mut tables = Vec::new();
    for (table, spec) in input.tables.iter().enumerate() {
        let mut own = Vec::new();
        for (position, at) in spec.positions().into_iter().enumerate() {
            let cell = &cells.all[cells.at[table][position]];
            let known = input.known.get(&(table, at.clone())).copied().unwrap_or(Count::ZERO);
            let published = cell.reason.is_published();
            let value = if published { Value::Free(known.plus(Count::exact(cell.value))) } else { Value::Withheld };
            plan.cells.push(PlannedCell { table: spec.code.clone(), at: at.clone(), reason: cell.reason });
            own.push(content::Cell { at, value, reconstructed: known.base() });
        }
        tables.push(Table {
            code: spec.code.clone(),
            title: spec.title.clone(),
            measure: spec.measure,
            axes: spec.by.iter().map(|(_, axis)| axis.clone()).collect(),
            filter: (spec.filters.iter())
                .map(|(name, codes)| ((*name).to_owned(), codes.iter().cloned().collect()))
                .collect(),
            with: spec.with.iter().cloned().collect(),
            cells: own,
        });
    }
    let computed = |(cell, figure): (&usize, &Signed)| figure.known.plus(Count::exact(cells.all[*cell].value));
    Masked { tables, computed: cells.signed.iter().zip(input.signed).map(computed).collect(), plan }
}

/// The dimensions of which persons must hold their values: those of the tables, of the signed figures and of earlier releases.
pub fn touched(tables: &[TableSpec], signed: &[Signed], earlier: &[Content]) -> BTreeSet<&'static str> {
    let mut found: BTreeSet<&'static str> = BTreeSet::new();
    for spec in tables {
        found.extend(spec.by.iter().map(|(dimension, _)| dimension.code).chain(spec.filters.keys().copied()));
        found.extend((!spec.with.is_empty()).then_some("kind"));
    }
    for figure in signed {
        found.extend(figure.query.filters.keys().copied());
        found.extend((!figure.query.with.is_empty()).then_some("kind"));
    }
    let known = |name: &str| dimension(name).map(|dimension| dimension.code);
    for content in earlier {
        for table in &content.tables {
            found.extend(table.axes.iter().filter_map(|axis| known(&axis.dimension)));
            found.extend(table.filter.keys().filter_map(|name| known(name)));
            found.extend((!table.with.is_empty()).then_some("kind"));
        }
        let words = content.figures.iter().flat_map(|figure| aggregate::pairs(&figure.query));
        found.extend(words.filter_map(|(name, _)| if name == "with" { Some("kind") } else { known(&name) }));
    }
    found
}
