//! The attacker against the mask: random data sets, up to three releases each, and not one cell that is narrower than the rule.

use std::collections::BTreeSet;

use attest::domain::aggregate::Measure;
use attest::domain::release::content::Table;
use attest::domain::release::declare::TableSpec;
use attest::domain::release::mask::{self, Input};

use super::attacker::{Attacker, Verdict};
use super::findings::{Finding, Report, run};
use super::public::{Masker, Public, publish};
use super::rule::{harms, needed, why_unsafe};
use super::shrink::shrink;
use super::system::System;
use super::world::World;

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
    let declared: Vec<_> = public.wave.tables.iter().map(TableSpec::positions).collect();
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
        let place = table;
        let (release, table, at) = (public.number, table.code.clone(), at.clone());
        match attacker.settle(q, needed(public, system, &asked)) {
            Verdict::Wide => {}
            Verdict::Narrow { low, high, whole } => {
                let why = why_unsafe(public, attacker, place, &at);
                let count = public.count(&asked);
                findings.push(Finding::Narrow { release, table, at, why, count, low, high, whole });
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

/// Publishes and attacks one random data set.
pub fn one(seed: u64, masker: Masker<'_>, report: &mut Report) {
    let world = World::random(seed);
    let public = publish(&world, masker, report);
    let findings = attack(&world, &public, report);
    report.findings.extend(findings.into_iter().map(|finding| (seed, finding)));
}

#[test]
fn no_withheld_cell_is_narrower_than_the_rule_in_200_data_sets_with_up_to_three_releases() {
    let masker = |input: &Input<'_>| mask::mask(input, &mut |_, _, _| {});
    let report = run(0..200, |seed, report| one(seed, &masker, report));
    report.print("the mask");
    for (seed, finding) in report.findings.iter().take(400) {
        println!("data set {seed}: {finding:?}");
    }
    // What is withheld only for others, and can be computed, tells of nobody: printed above, and no failure.
    let harmful = report.findings.iter().filter(|(_, finding)| harms(finding)).count();
    assert_eq!(harmful, 0, "{} findings in {} data sets", report.findings.len(), report.broken());
    assert!(report.through * 2 >= report.data_sets, "it blocks nearly everything: {} came through", report.through);
    assert!(report.withheld > 1000 && report.compared > 1000, "there was little to attack");
}

/// To look at one data set: `SEED=8 cargo test --test disclosure look -- --ignored --nocapture`.
#[test]
#[ignore = "shows one data set to a person"]
fn look_at_one_data_set() {
    let seed = std::env::var("SEED").unwrap().parse().unwrap();
    let mut world = World::random(seed);
    if let Ok(kind) = std::env::var("SHRINK") {
        let quiet: Masker<'_> = &|input| mask::mask(input, &mut |_, _, _| {});
        world = shrink(world, quiet, &|finding| format!("{finding:?}").starts_with(&kind) && harms(finding));
    }
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
        let mut people: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
        for person in &public.wave.people {
            let codes = |values: &attest::domain::release::people::Values| {
                values
                    .values()
                    .map(|codes| codes.iter().cloned().collect::<Vec<_>>().join("+"))
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let incidents: Vec<_> = person.incidents.iter().map(|incident| codes(&incident.values)).collect();
            *people.entry(format!("{} [{}]", codes(&person.values), incidents.join(", "))).or_default() += 1;
        }
        people.iter().for_each(|(person, number)| println!("  {number} x {person}"));
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
