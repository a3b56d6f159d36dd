//! What the mask of a release costs: ten tables of 10,000 cells, at 10,000, 100,000 and a million persons.
//!
//! `cargo bench --bench mask` counts and masks invented persons with five lists of 99 codes each, crossed two by two, and says how
//! long it took (the median of the turns).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::time::Instant;

use attest::domain::release::descent::grid::{Column, Units};
use attest::domain::release::descent::mask::{Dimension, Input, Memory, Table, mask};
use attest::domain::release::descent::tree::Item;

const LISTS: usize = 5;
const CODES: u16 = 99;
const TURNS: usize = 5;

/// The same numbers every time: splitmix64.
struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A code, the first ones more often: about as one over its rank.
    fn code(&mut self) -> u16 {
        let rank = f64::from(CODES + 1).powf(self.unit()) as u16;
        rank.min(CODES) - 1
    }
}

fn people(persons: u32) -> Units {
    let mut dice = Dice(1);
    let column = |_| Column::single((0..persons).map(|_| dice.code()).collect());
    Units { persons: (0..persons).collect(), columns: (0..LISTS).map(column).collect() }
}

fn main() {
    let items: Vec<_> = (0..CODES).map(|code| Item::Line(vec![code])).collect();
    let list = Dimension { items, width: CODES, many: [false; 2], signed: Vec::new() };
    let pairs = (0..LISTS).flat_map(|one| (one + 1..LISTS).map(move |other| vec![one, other]));
    let tables: Vec<_> = pairs.map(|by| Table { measure: 0, by }).collect();
    let cells = tables.len() * usize::from(CODES + 1).pow(2);
    println!("{} tables, {cells} cells, {TURNS} turns\n", tables.len());
    println!("| persons | seconds | numbers told |\n|--:|--:|--:|");
    for persons in [10_000, 100_000, 1_000_000] {
        let units = people(persons);
        let mut times = Vec::new();
        let mut told = 0;
        for _ in 0..TURNS {
            let mut memory = Memory::new(5);
            let began = Instant::now();
            let input = Input {
                dimensions: &vec![list.clone(); LISTS],
                units: [&units, &Units::default()],
                tables: &tables,
                pooled: &BTreeSet::new(),
            };
            mask(&input, &mut memory);
            times.push(began.elapsed().as_secs_f64());
            told = memory.told.now().count();
        }
        times.sort_by(f64::total_cmp);
        println!("| {persons} | {:.2} | {told} |", times[TURNS / 2]);
    }
}
