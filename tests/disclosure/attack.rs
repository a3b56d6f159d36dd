//! The attacker against the mask: random data sets, up to three releases each, and not one cell that is narrower than the rule.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use attest::domain::aggregate::Measure;
use attest::domain::count::Count;
use attest::domain::release::content::{Cell, Content, SignedFigure, Table, Value};
use attest::domain::release::mask::{self, Input, Masked};
use attest::domain::release::plan::Block;

use super::asked::{Asked, number};
use super::attacker::{Attacker, Verdict, Work};
use super::system::System;
use super::world::{Wave, World, asked};

/// Anything that masks.
pub type Masker<'m> = &'m (dyn Fn(&Input<'_>) -> Result<Masked, Vec<Block>> + Sync);

/// What the attacker found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A published number that is not what the records give.
    Wrong {
        release: usize,
        what: String,
    },
    /// A small cell that is published.
    Small {
        release: usize,
        table: String,
        at: Vec<String>,
    },
    /// A published cell that is all of a larger published group.
    WholeGroup {
        release: usize,
        table: String,
        at: Vec<String>,
    },
    /// A withheld cell whose values lie too close together.
    Narrow {
        release: usize,
        table: String,
        at: Vec<String>,
        count: i64,
        low: i64,
        high: i64,
        whole: bool,
    },
    Undecided {
        release: usize,
        table: String,
        at: Vec<String>,
    },
    /// A small change between two releases.
    Change {
        from: usize,
        to: usize,
        asked: Box<Asked>,
        low: i64,
        high: i64,
    },
}

/// What was done with one data set, or with many.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub data_sets: usize,
    /// Data sets of which every release came through.
    pub whole: usize,
    /// Data sets of which at least one release came through.
    pub through: usize,
    pub releases: usize,
    pub blocked: usize,
    pub reasons: std::collections::BTreeMap<String, usize>,
    pub cells: usize,
    pub withheld: usize,
    pub compared: usize,
    pub work: Work,
    pub findings: Vec<(u64, Finding)>,
}

impl Report {
    pub fn add(&mut self, other: Self) {
        self.data_sets += other.data_sets;
        self.whole += other.whole;
        self.through += other.through;
        self.releases += other.releases;
        self.blocked += other.blocked;
        other.reasons.into_iter().for_each(|(reason, times)| *self.reasons.entry(reason).or_default() += times);
        self.cells += other.cells;
        self.withheld += other.withheld;
        self.compared += other.compared;
        self.work.add(other.work);
        self.findings.extend(other.findings);
    }

    /// In how many data sets the attacker found something.
    pub fn broken(&self) -> usize {
        self.findings.iter().map(|(seed, _)| seed).collect::<BTreeSet<_>>().len()
    }

    pub fn print(&self, name: &str) {
        let Self { data_sets, whole, through, releases, blocked, reasons, cells, withheld, compared, work, .. } = self;
        println!(
            "{name}: {data_sets} data sets ({whole} whole, {through} with a release), {releases} releases, {blocked} blocked \
             {reasons:?}, {cells} cells, {withheld} of them withheld, {compared} changes compared; {} optimisations in real and \
             {} in whole numbers ({} without an answer), {} points checked; {} findings in {} data sets",
            work.real,
            work.whole,
            work.failures,
            work.points,
            self.findings.len(),
            self.broken(),
        );
    }
}

/// A release that is public, with the records that it stands on.
pub struct Public<'w> {
    pub number: usize,
    pub wave: &'w Wave,
    pub content: Content,
}

impl Public<'_> {
    /// Every cell of the declared tables, with what is said of it. What reconstructed records give is taken away.
    fn cells(&self) -> impl Iterator<Item = (&Table, &Vec<String>, Asked, Option<i64>)> {
        self.content.tables.iter().flat_map(|table| {
            table.cells.iter().map(move |cell| {
                let own = cell.value.count().map(|count| number(count) as i64 - cell.reconstructed as i64);
                (table, &cell.at, Asked::of_cell(table, &cell.at), own)
            })
        })
    }

    fn figures(&self) -> impl Iterator<Item = (Asked, i64)> {
        let own = |figure: &SignedFigure| number(figure.computed) as i64 - figure.reconstructed as i64;
        self.content.figures.iter().map(move |figure| (Asked::of_figure(figure), own(figure)))
    }

    fn questions(&self) -> impl Iterator<Item = Asked> {
        self.cells().map(|(_, _, asked, _)| asked).chain(self.figures().map(|(asked, _)| asked))
    }

    fn answers(&self) -> Vec<(Asked, i64)> {
        self.cells().filter_map(|(_, _, asked, own)| Some((asked, own?))).chain(self.figures()).collect()
    }

    /// How many there are in truth.
    fn count(&self, asked: &Asked) -> i64 {
        self.wave.people.iter().map(|person| asked.units(person) as i64).sum()
    }

    fn rule(&self, measure: Measure) -> i64 {
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

/// All that the attacker does with one data set.
pub fn attack(world: &World, public: &[Public<'_>], report: &mut Report) -> Vec<Finding> {
    let mut findings = Vec::new();
    let questions: BTreeSet<_> = public.iter().flat_map(Public::questions).collect();
    let systems: Vec<_> =
        public.iter().map(|public| System::new(&world.schema, &questions, &public.answers())).collect();
    let mut attackers = Vec::new();
    for (public, system) in public.iter().zip(&systems) {
        findings.extend(plainly(public, system));
        let start = system.point(&world.schema, &public.wave.people);
        if !system.agrees(&start) {
            let what = "the records do not agree with what is published".to_owned();
            findings.push(Finding::Wrong { release: public.number, what });
            return findings;
        }
        for (q, question) in system.questions.iter().enumerate() {
            assert_eq!(system.answer(q, &start), public.count(question), "the system counts {question:?} otherwise");
        }
        let mut attacker = Attacker::new(system, &start);
        findings.extend(withheld(public, system, &mut attacker, report));
        attackers.push(attacker);
    }
    for to in 1..public.len() {
        for from in 0..to {
            findings.extend(changes((from, to), public, &systems, &mut attackers, report));
        }
    }
    attackers.iter().for_each(|attacker| report.work.add(attacker.work));
    findings
}

/// What needs no reckoning: wrong numbers, small cells, whole groups.
fn plainly(public: &Public<'_>, system: &System) -> Vec<Finding> {
    let mut findings = Vec::new();
    let signed: Vec<_> = public.figures().map(|(asked, _)| system.question(&asked)).collect();
    let shapes: Vec<_> = public.content.tables.iter().map(|table| Table::positions(&table.axes)).collect();
    let declared: Vec<_> =
        public.wave.tables.iter().map(attest::domain::release::declare::TableSpec::positions).collect();
    if shapes != declared {
        findings.push(Finding::Wrong { release: public.number, what: "other tables than declared".to_owned() });
    }
    for (table, at, asked, own) in public.cells() {
        let (release, what) = (public.number, table.code.clone());
        let Some(own) = own else { continue };
        let true_count = public.count(&asked);
        if own != true_count {
            findings.push(Finding::Wrong { release, what: format!("{what} {at:?}: {own}, in truth {true_count}") });
        }
        let q = system.question(&asked);
        if signed.iter().any(|signed| system.are_the_same(*signed, q)) {
            continue;
        }
        if own > 0 && own < public.rule(table.measure) {
            findings.push(Finding::Small { release, table: what.clone(), at: at.clone() });
        }
        let is_all = |axis: usize| {
            let mut parent = at.clone();
            parent[axis] = "_T".to_owned();
            let mut cells = public.cells().filter(|(other, place, ..)| other.code == table.code && **place == parent);
            cells.any(|(_, _, asked, all)| all == Some(own) && !system.are_the_same(system.question(&asked), q))
        };
        if table.measure == Measure::Persons && own > 0 && (0..at.len()).any(|axis| at[axis] != "_T" && is_all(axis)) {
            findings.push(Finding::WholeGroup { release, table: what, at: at.clone() });
        }
    }
    findings
}

fn withheld(public: &Public<'_>, system: &System, attacker: &mut Attacker, report: &mut Report) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (table, at, asked, own) in public.cells() {
        let q = system.question(&asked);
        report.cells += 1;
        // Of what cannot be, whatever the data, there is nothing to find out.
        if own.is_some() || system.adds[q].iter().all(|adds| *adds == 0) {
            continue;
        }
        report.withheld += 1;
        let (release, table, at, rule) = (public.number, table.code.clone(), at.clone(), public.rule(asked.measure));
        match attacker.settle(q, rule) {
            Verdict::Wide => {}
            Verdict::Narrow { low, high, whole } => {
                let count = public.count(&asked);
                findings.push(Finding::Narrow { release, table, at, count, low, high, whole });
            }
            Verdict::Undecided => findings.push(Finding::Undecided { release, table, at }),
        }
    }
    findings
}

/// Whether a small change of any declared cell can be deduced between two releases.
fn changes(
    (from, to): (usize, usize),
    public: &[Public<'_>],
    systems: &[System],
    attackers: &mut [Attacker],
    report: &mut Report,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let questions: BTreeSet<_> = [from, to].into_iter().flat_map(|at| public[at].questions()).collect();
    for asked in questions {
        let rule = public[to].rule(asked.measure);
        let q = systems[to].question(&asked);
        report.compared += 1;
        // Where one of the two is as wide as the rule, less one, no change lies within 1 to t - 1.
        let narrow = |at: usize, attackers: &mut [Attacker]| attackers[at].settle(q, rule - 1) != Verdict::Wide;
        if !narrow(from, attackers) || !narrow(to, attackers) {
            continue;
        }
        let (before, after) = (attackers[from].interval(q), attackers[to].interval(q));
        let (low, high) = (after.0 - before.1, after.1 - before.0);
        if (low > 0 && high < rule) || (high < 0 && low > -rule) {
            let (from, to) = (public[from].number, public[to].number);
            findings.push(Finding::Change { from, to, asked: Box::new(asked), low, high });
        }
    }
    findings
}

/// Runs over many data sets on two threads.
pub fn run(seeds: std::ops::Range<u64>, each: impl Fn(u64, &mut Report) + Sync) -> Report {
    let next = AtomicU64::new(seeds.start);
    let whole = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut own = Report::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    each(seed, &mut own);
                }
                whole.lock().unwrap().add(own);
            });
        }
    });
    let mut report = whole.into_inner().unwrap();
    report.findings.sort_by_key(|(seed, _)| *seed);
    report
}

/// Publishes and attacks one random data set.
pub fn one(seed: u64, masker: Masker<'_>, report: &mut Report) {
    let world = World::random(seed);
    let public = publish(&world, masker, report);
    let findings = attack(&world, &public, report);
    report.findings.extend(findings.into_iter().map(|finding| (seed, finding)));
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
    let table = |(at, spec): (usize, &attest::domain::release::declare::TableSpec)| Table {
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

#[test]
fn no_withheld_cell_is_narrower_than_the_rule_in_200_data_sets_with_up_to_three_releases() {
    let masker = |input: &Input<'_>| mask::mask(input, &mut |_, _, _| {});
    let report = run(0..200, |seed, report| one(seed, &masker, report));
    report.print("the mask");
    for (seed, finding) in report.findings.iter().take(400) {
        println!("data set {seed}: {finding:?}");
    }
    assert!(report.findings.is_empty(), "{} findings in {} data sets", report.findings.len(), report.broken());
    assert!(report.through * 2 >= report.data_sets, "it blocks nearly everything: {} came through", report.through);
    assert!(report.withheld > 1000 && report.compared > 1000, "there was little to attack");
}

/// To look at one data set: `SEED=8 cargo test --test disclosure look -- --ignored --nocapture`.
#[test]
#[ignore = "shows one data set to a person"]
fn look_at_one_data_set() {
    let seed = std::env::var("SEED").unwrap().parse().unwrap();
    let world = World::random(seed);
    let masker = |input: &Input<'_>| {
        let masked = mask::mask(input, &mut |_, _, _| {});
        println!("blocks: {:?}", masked.as_ref().err());
        masked
    };
    let mut report = Report::default();
    let public = publish(&world, &masker, &mut report);
    println!("{:?}\n{:?}", world.schema.codes, world.thresholds);
    for public in &public {
        println!("release {}: {} persons", public.number, public.wave.people.len());
        for figure in &public.content.figures {
            println!("  figure {} = {:?}", figure.query, figure.computed);
        }
        for (table, at, asked, own) in public.cells() {
            let count = public.count(&asked);
            let said = own.map_or(format!("({count})"), |own| own.to_string());
            println!("  {} {} {:?} {:?}: {at:?} {said}", table.code, table.measure.name(), table.filter, table.with);
        }
    }
    for finding in attack(&world, &public, &mut report) {
        println!("{finding:?}");
    }
}
