//! What is public of a data set: releases, and what anybody reads off them.

use attest::domain::aggregate::Measure;
use attest::domain::count::Count;
use attest::domain::release::content::{Cell, Content, SignedFigure, Table, Value};
use attest::domain::release::declare::TableSpec;
use attest::domain::release::mask::{Input, Masked};
use attest::domain::release::plan::Block;

use super::asked::{Asked, number};
use super::findings::Report;
use super::world::{Wave, World, asked};

/// Anything that masks.
pub type Masker<'m> = &'m (dyn Fn(&Input<'_>) -> Result<Masked, Vec<Block>> + Sync);

/// A release that is public, with the records that it stands on.
pub struct Public<'w> {
    pub number: usize,
    pub wave: &'w Wave,
    pub content: Content,
}

impl Public<'_> {
    /// Every cell of the declared tables, with what is said of it. What reconstructed records give is taken away.
    pub fn cells(&self) -> impl Iterator<Item = (&Table, &Vec<String>, Asked, Option<i64>)> {
        self.content.tables.iter().flat_map(|table| {
            table.cells.iter().map(move |cell| {
                let own = cell.value.count().map(|count| number(count) as i64 - cell.reconstructed as i64);
                (table, &cell.at, Asked::of_cell(table, &cell.at), own)
            })
        })
    }

    pub fn figures(&self) -> impl Iterator<Item = (Asked, i64)> {
        let own = |figure: &SignedFigure| number(figure.computed) as i64 - figure.reconstructed as i64;
        self.content.figures.iter().map(move |figure| (Asked::of_figure(figure), own(figure)))
    }

    pub fn questions(&self) -> impl Iterator<Item = Asked> {
        self.cells().map(|(_, _, asked, _)| asked).chain(self.figures().map(|(asked, _)| asked))
    }

    pub fn answers(&self) -> Vec<(Asked, i64)> {
        self.cells().filter_map(|(_, _, asked, own)| Some((asked, own?))).chain(self.figures()).collect()
    }

    /// How many there are in truth.
    pub fn count(&self, asked: &Asked) -> i64 {
        self.wave.people.iter().map(|person| asked.units(person) as i64).sum()
    }

    pub fn rule(&self, measure: Measure) -> i64 {
        self.content.thresholds.of(measure) as i64
    }
}

/// Releases what can be released of a data set, one after the other.
pub fn publish<'w>(world: &'w World, masker: Masker<'_>, report: &mut Report) -> Vec<Public<'w>> {
    let mut public: Vec<Public> = Vec::new();
    for (number, wave) in world.waves.iter().enumerate() {
        let earlier: Vec<_> = public.iter().map(|public| public.content.clone()).collect();
        match masker(&wave.input(world, &earlier)) {
            Ok(masked) => {
                let content = wave.content(number, world.thresholds, masked);
                public.push(Public { number, wave, content });
            }
            Err(blocks) => {
                report.blocked += 1;
                for block in blocks {
                    let name = format!("{block:?}");
                    let name = name.split([' ', '{']).next().unwrap_or_default().to_owned();
                    *report.reasons.entry(name).or_default() += 1;
                }
            }
        }
    }
    report.data_sets += 1;
    report.releases += public.len();
    report.through += usize::from(!public.is_empty());
    report.whole += usize::from(public.len() == world.waves.len());
    public
}

/// Every table in truth.
pub fn truth(input: &Input<'_>) -> Vec<Table> {
    let cell = |at: usize, place: &Vec<String>| {
        let asked = asked(&input.tables[at].question(place));
        let own: u64 = input.people.iter().map(|person| asked.units(person)).sum();
        let known = input.known.get(&(at, place.clone())).copied().unwrap_or(Count::ZERO);
        let value = Value::Free(known.plus(Count::exact(own)));
        Cell { at: place.clone(), value, reconstructed: number(known) }
    };
    let table = |(at, spec): (usize, &TableSpec)| Table {
        code: spec.code.clone(),
        title: spec.title.clone(),
        measure: spec.measure,
        axes: spec.by.iter().map(|(_, axis)| axis.clone()).collect(),
        filter: spec
            .filters
            .iter()
            .map(|(name, codes)| ((*name).to_owned(), codes.iter().cloned().collect()))
            .collect(),
        with: spec.with.iter().cloned().collect(),
        cells: spec.positions().iter().map(|place| cell(at, place)).collect(),
    };
    input.tables.iter().enumerate().map(table).collect()
}
