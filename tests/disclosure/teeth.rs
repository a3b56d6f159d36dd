//! The attacker has teeth: weaker masks fall.

use attest::domain::count::Count;
use attest::domain::release::content::Value;
use attest::domain::release::mask::{Input, Masked};
use attest::domain::release::plan::{Block, Plan};

use super::asked::number;
use super::attack::one;
use super::findings::{Finding, Report, run};
use super::public::truth;
use super::world::asked;

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
        own.findings.retain(|(_, finding)| matches!(finding, Finding::Narrow { .. }));
        report.add(own);
    });
    report.print("a threshold alone");
    assert!(report.broken() * 10 >= report.data_sets * 8, "{} of {}", report.broken(), report.data_sets);
}
