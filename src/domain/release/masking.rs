//! From what was declared and counted to what a release says: masked tables of case files, exact tables of reconstructed records,
//! and signed figures.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::aggregate::Query;
use crate::domain::count::Count;
use crate::domain::dimension::Dimension;
use crate::domain::vocabulary::Vocabulary;

use super::content::Table;
use super::declare::Declaration;
use super::descent::archive::{self, Archive};
use super::descent::grid::Units;
use super::descent::mask::{self, Memory};
use super::lists::List;
use super::people::Person;
use super::plan::{Block, Plan, SignatureCost};
use super::population::Lists;
use super::signing;

/// Which rule masks, so that no draft is published that another one made.
pub const RULE: &str = "descent/1";

/// All that a release is computed from.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub declaration: &'a Declaration,
    /// The public lists that are in force.
    pub lists: &'a [List],
    /// The controlled lists as they stood.
    pub vocabulary: &'a Vocabulary,
    /// From case files, with consent.
    pub people: &'a [Person],
    /// By table what published figures attest: by place its count; zero where it is missing.
    pub known: &'a BTreeMap<usize, BTreeMap<Vec<String>, Count>>,
    pub signed: &'a [Signed],
    /// What earlier releases told, the first first.
    pub earlier: &'a [Earlier],
}

/// An earlier release.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// What it is called in addresses.
    pub id: String,
    pub withdrawn: bool,
    pub told: Archive,
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
    /// What later releases must remember.
    pub told: Archive,
}

/// Masks the tables of a release. The same input gives the same answer.
///
/// # Errors
/// What stands in the way, all of it that can be told at once.
pub fn mask(input: &Input<'_>) -> Result<Masked, Vec<Block>> {
    let lists = Lists::new(input.lists);
    let mut memory = Memory::new(input.declaration.persons.into());
    for (at, earlier) in input.earlier.iter().enumerate() {
        let stands = (!earlier.withdrawn).then_some(at);
        let lost =
            |why: archive::Lost| vec![Block::EarlierRelease { release: earlier.id.clone(), detail: why.to_string() }];
        archive::restore(&mut memory, &earlier.told, &lists.spaces, stands).map_err(lost)?;
    }
    let mut run = Run { input, units: lists.units(input.people, input.vocabulary), lists, memory };
    let costs = run.tell()?;
    let specs = &input.declaration.tables;
    let tables: Vec<_> = (0..specs.len()).map(|table| run.table(table)).collect();
    let of_cases = specs.iter().zip(&tables).filter(|(spec, _)| spec.basis.has_case_files());
    let planned = of_cases.map(|(spec, table)| run.planned(spec, table)).collect();
    let plan = Plan { tables: planned, persons: input.people.len() as u64, costs, ..Plan::default() };
    let computed = (input.signed.iter())
        .map(|figure| {
            figure.known.plus(Count::exact(signing::of_cases(&figure.query, input.people, input.vocabulary).value))
        })
        .collect();
    let declarations = run.lists.spaces.iter().map(|(name, space)| (name.clone(), space.declarations())).collect();
    let told = archive::save(&run.memory, &run.lists.spaces, declarations);
    Ok(Masked { tables, computed, plan, told })
}

/// One making of a release.
pub(super) struct Run<'a> {
    pub input: &'a Input<'a>,
    /// Persons, and incidents.
    pub units: [Units; 2],
    pub lists: Lists,
    pub memory: Memory,
}

impl Run<'_> {
    pub fn numbers(&self, by: &[&'static Dimension]) -> Vec<usize> {
        by.iter().filter_map(|dimension| self.lists.number(dimension)).collect()
    }

    /// The tables as the mask takes them, one for each crossing in whatever order it was declared: a list with several codes a unit comes
    /// last, and before three lists the pair.
    fn asked(&self) -> Vec<(mask::Table, bool)> {
        let mut tables = Vec::new();
        let of_cases = self.input.declaration.tables.iter().filter(|spec| spec.basis.has_case_files());
        for spec in of_cases {
            let measure = spec.measure.number();
            let mut by = self.numbers(&spec.by);
            let several = |number: &usize| self.lists.is_several(*number, spec.measure);
            let pair = by.len().min(2);
            by[..pair].sort_by_key(|number| (several(number), *number));
            if let [first, second, _] = by.as_slice() {
                tables.push((mask::Table { measure, by: vec![*first, *second] }, spec.pool));
            }
            tables.push((mask::Table { measure, by }, spec.pool));
        }
        tables
    }

    /// Runs the mask until it is known which signed figures it does not tell by itself: their codes have no line then.
    fn tell(&mut self) -> Result<Vec<SignatureCost>, Vec<Block>> {
        let before = self.memory.clone();
        let known = |number: usize| before.signed.get(&number).into_iter().flatten().copied().collect::<Vec<_>>();
        let mut signed: Vec<_> = (0..self.lists.spaces.len()).map(known).collect();
        loop {
            self.memory = before.clone();
            let asked = self.asked();
            let tables: Vec<_> = asked.iter().map(|(table, _)| table.clone()).collect();
            let input = mask::Input {
                dimensions: &self.lists.dimensions(&signed),
                units: [&self.units[0], &self.units[1]],
                tables: &tables,
                pooled: &asked.into_iter().filter(|(_, pool)| *pool).map(|(table, _)| table).collect(),
            };
            mask::mask(&input, &mut self.memory);
            let more = self.untold(&signed, &before)?;
            if more.iter().all(Vec::is_empty) {
                let costs = self.costs(&signed);
                self.memory.signed = signed.into_iter().map(|codes| codes.into_iter().collect()).enumerate().collect();
                return Ok(costs);
            }
            signed.iter_mut().zip(more).for_each(|(signed, more)| signed.extend(more));
        }
    }
}

/// The dimensions of which persons must hold their values: all that have a public list, and those that signed figures ask.
pub fn touched(lists: &[List], signed: &[Signed]) -> BTreeSet<&'static str> {
    let mut found: BTreeSet<&'static str> = lists.iter().map(|list| list.dimension.code).collect();
    for figure in signed {
        found.extend(figure.query.filters.keys().copied());
        found.extend((!figure.query.with.is_empty()).then_some("kind"));
    }
    found
}
