//! The rule: by how much the values of an unpublished cell must differ, and which of them it would harm somebody to know.

use attest::domain::aggregate::Measure;
use attest::domain::release::content::Table;

use super::asked::Asked;
use super::attacker::{Attacker, Verdict};
use super::findings::Finding;
use super::public::Public;
use super::system::System;

/// By how much the values that an unpublished cell can have must at least differ: by the threshold. What is part of a small figure
/// that is signed can be anything from none to all of it, and has no more values than that.
pub fn needed(public: &Public<'_>, system: &System, asked: &Asked) -> i64 {
    let q = system.question(asked);
    let within = |figure: usize| system.adds[q].iter().zip(&system.adds[figure]).all(|(own, all)| own <= all);
    // Persons to whom it happened are no more than what happened.
    let figures = public.figures().filter(|(figure, _)| within(system.question(figure))).map(|(_, value)| value);
    figures.min().map_or(public.rule(asked.measure), |least| least.min(public.rule(asked.measure)))
}

/// Why it would harm somebody to know this cell, if it would.
pub fn why_unsafe(
    public: &Public<'_>,
    attacker: &mut Attacker<'_>,
    table: &Table,
    at: &[String],
) -> Option<&'static str> {
    let system = attacker.system;
    let asked = Asked::of_cell(table, at);
    let (count, rule) = (public.count(&asked), public.rule(asked.measure));
    if count > 0 && count < rule {
        return Some("small");
    }
    if needed(public, system, &asked) < rule {
        return Some("part of a small signed figure");
    }
    let behind = public.wave.people.iter().filter(|person| asked.units(person) > 0).count() as i64;
    if asked.measure == Measure::Incidents && behind > 0 && behind < rule {
        return Some("of few persons");
    }
    // All of a group whose number he knows.
    let mut is_all = |axis: usize| {
        let mut parent = at.to_vec();
        parent[axis] = "_T".to_owned();
        let parent = Asked::of_cell(table, &parent);
        let whole = system.question(&parent);
        let other = !system.are_the_same(whole, system.question(&asked));
        other && public.count(&parent) == count && attacker.settle(whole, 1) != Verdict::Wide
    };
    let whole = count > 0 && (0..at.len()).any(|axis| at[axis] != "_T" && is_all(axis));
    (whole && asked.measure == Measure::Persons).then_some("all of a group")
}

/// Whether a finding harms somebody by itself. A withheld cell of many persons that can be computed does not: but it was not meant.
pub fn harms(finding: &Finding) -> bool {
    !matches!(finding, Finding::Narrow { why: None, .. })
}
