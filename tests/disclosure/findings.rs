//! What the attacker found, and how much he did for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::asked::Asked;
use super::attacker::Work;

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
    /// A withheld cell whose values lie too close together, and why that tells something, if it does.
    Narrow {
        release: usize,
        table: String,
        at: Vec<String>,
        why: Option<&'static str>,
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

impl Finding {
    fn kind(&self) -> String {
        match self {
            Self::Wrong { .. } => "wrong".to_owned(),
            Self::Small { .. } => "small and published".to_owned(),
            Self::WholeGroup { .. } => "whole group and published".to_owned(),
            Self::Narrow { why, low, high, .. } => {
                let how = if low == high { "known" } else { "narrow" };
                format!("withheld and {how}, {}", why.unwrap_or("harmless by itself"))
            }
            Self::Undecided { .. } => "undecided".to_owned(),
            Self::Change { .. } => "small change".to_owned(),
        }
    }
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
    pub reasons: BTreeMap<String, usize>,
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
        let mut kinds: BTreeMap<String, (usize, BTreeSet<u64>)> = BTreeMap::new();
        for (seed, finding) in &self.findings {
            let (times, seeds) = kinds.entry(finding.kind()).or_default();
            *times += 1;
            seeds.insert(*seed);
        }
        for (kind, (times, seeds)) in kinds {
            let some: Vec<_> = seeds.iter().take(15).collect();
            println!("  {kind}: {times} in {} data sets, {some:?}", seeds.len());
        }
    }
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
