//! The attacker has teeth: weaker masks fall.

use attest::domain::count::Count;
use attest::domain::release::content::{Content, Value};
use attest::domain::release::mask::{Depth, Input, Masked, mask_to};
use attest::domain::release::plan::{Block, Plan};

use super::asked::number;
use super::attack::{attack, one};
use super::dice::Dice;
use super::findings::{Finding, Report, run};
use super::public::{Masker, Public, publish, truth};
use super::rule::harms;
use super::world::{World, asked};

/// A mask that withholds small cells and nothing else.
pub fn threshold_only(input: &Input<'_>) -> Result<Masked, Vec<Block>> {
    let mut tables = truth(input);
    for (at, table) in tables.iter_mut().enumerate() {
        let rule = input.thresholds.of(table.measure);
        for cell in &mut table.cells {
            let known = input.known.get(&(at, cell.at.clone())).copied().unwrap_or(Count::ZERO);
            let own = cell.value.count().map_or(0, number) - number(known);
            if own > 0 && own < rule {
                cell.value = Value::Withheld;
            }
        }
    }
    let computed = input.signed.iter().map(|signed| {
        let own: u64 = input.people.iter().map(|person| asked(&signed.query).units(person)).sum();
        signed.known.plus(Count::exact(own))
    });
    Ok(Masked { tables, computed: computed.collect(), plan: Plan::default() })
}

#[test]
fn a_threshold_alone_lets_small_cells_be_found_in_most_data_sets() {
    let report = run(0..60, |seed, report| {
        let mut own = Report::default();
        one(seed, &threshold_only, &mut own);
        own.findings.retain(|(_, finding)| harms(finding));
        report.add(own);
    });
    report.print("a threshold alone");
    assert!(report.broken() * 10 >= report.data_sets * 8, "{} of {}", report.broken(), report.data_sets);
}

/// Runs a mask and keeps what harms.
fn harmful(seeds: std::ops::Range<u64>, masker: Masker<'_>) -> Report {
    run(seeds, |seed, report| {
        one(seed, masker, report);
        report.findings.retain(|(_, finding)| harms(finding));
    })
}

#[test]
fn linear_elimination_without_the_audit_of_intervals_falls_within_the_run() {
    let report = harmful(0..100, &|input| mask_to(input, Depth::Elimination, &mut |_, _, _| {}));
    report.print("elimination without the audit");
    assert!(report.broken() >= 5, "{} of {}", report.broken(), report.data_sets);
}

/// One cell that is withheld is published, in truth.
fn with_one_more(public: &Public<'_>, dice: &mut Dice) -> Option<Content> {
    let mut content = public.content.clone();
    let own: Vec<_> = public.cells().map(|(_, _, asked, own)| (public.count(&asked), own)).collect();
    let withheld: Vec<_> = (0..own.len()).filter(|cell| own[*cell].1.is_none()).collect();
    let cell = *withheld.get(dice.below(withheld.len().max(1)))?;
    let count = Count::exact(own[cell].0 as u64);
    let mut cells = content.tables.iter_mut().flat_map(|table| &mut table.cells);
    let chosen = cells.nth(cell)?;
    chosen.value = Value::Free(Count::exact(chosen.reconstructed).plus(count));
    Some(content)
}

#[test]
fn with_one_withheld_cell_published_the_attacker_finds_others() {
    let masker: Masker<'_> = &|input| mask_to(input, Depth::Full, &mut |_, _, _| {});
    let (tried, won) = (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0));
    let add = |counter: &std::sync::atomic::AtomicUsize| counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let report = run(0..60, |seed, report| {
        let world = World::random(seed);
        let dice = &mut Dice::new(seed ^ 0xa77a);
        let public = publish(&world, masker, report);
        let Some(first) = public.first() else { return };
        let alone = |content| [Public { number: first.number, wave: first.wave, content }];
        let found = |content| {
            let findings = attack(&world, &alone(content), &mut Report::default());
            // What is small and published is no discovery.
            findings
                .into_iter()
                .filter(|finding| matches!(finding, Finding::Narrow { .. }) && harms(finding))
                .collect::<Vec<_>>()
        };
        let before = found(first.content.clone());
        for _ in 0..3 {
            let Some(content) = with_one_more(first, dice) else { return };
            add(&tried);
            let after = found(content);
            if let Some(new) = after.into_iter().find(|finding| !before.contains(finding)) {
                add(&won);
                report.findings.push((seed, new));
            }
        }
    });
    let (tried, won) = (tried.into_inner(), won.into_inner());
    println!(
        "one withholding removed: the attacker finds another cell in {won} of {tried}, in {} data sets",
        report.broken()
    );
    assert!(tried > 50 && won * 2 >= tried, "{won} of {tried}");
}
