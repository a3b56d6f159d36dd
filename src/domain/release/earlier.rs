//! The audit together with earlier releases: what was public once is known for ever, and beside it no small change may be told.

use std::collections::BTreeSet;

use crate::domain::aggregate::Measure;

use super::cells::{self, Cells};
use super::condition::Condition;
use super::content::{Content, Thresholds};
use super::mask::Input;
use super::parts::Linked;
use super::plan::{Block, CellReason};

/// What earlier releases published: by release, its cells with their values.
pub struct Earlier<'c> {
    content: &'c Content,
    published: Vec<(Condition, u64)>,
    declared: BTreeSet<Condition>,
}

/// Reads earlier releases, and adds what they published to the cells.
pub fn read<'c>(cells: &mut Cells, input: &Input<'c>) -> Vec<Earlier<'c>> {
    let read = |content| {
        let published = cells::released(content, input);
        Earlier { content, published, declared: cells::declared(content, input) }
    };
    let earlier: Vec<_> = input.earlier.iter().map(read).collect();
    for release in &earlier {
        for (condition, then) in &release.published {
            let cell = cells.add(input, condition.clone());
            cells.all[cell].told |= cells.all[cell].value == *then;
        }
        for condition in &release.declared {
            cells.add(input, condition.clone());
        }
    }
    cells.mark_newly_told_of(input);
    for cell in cells.all.iter_mut().filter(|cell| cell.places.is_empty() && !cell.signed) {
        // It was withheld then, and must not be told now.
        if cell.is_small(input.thresholds) {
            cell.reason = CellReason::Small;
        }
    }
    earlier
}

fn is_small(change: u64, thresholds: Thresholds, condition: &Condition) -> bool {
    change > 0 && change < thresholds.of(condition.measure)
}

/// Marks the cells of which an earlier release said nearly the same.
///
/// # Errors
/// [`Block::FigureChange`] where a signed figure would tell it.
pub fn mark(cells: &mut Cells, earlier: &[Earlier<'_>], input: &Input<'_>) -> Result<(), Vec<Block>> {
    let mut blocks = Vec::new();
    for release in earlier {
        for (condition, then) in &release.published {
            let Some(at) = cells.find(condition) else { continue };
            if !is_small(cells.all[at].value.abs_diff(*then), input.thresholds, condition) {
                continue;
            }
            if cells.all[at].signed {
                blocks.extend(figure_change(cells, at, release, input));
            } else if cells.all[at].reason.is_published() {
                cells.all[at].reason = CellReason::SmallChange;
            }
        }
    }
    if blocks.is_empty() { Ok(()) } else { Err(blocks) }
}

fn figure_change(cells: &Cells, at: usize, release: &Earlier<'_>, input: &Input<'_>) -> Vec<Block> {
    let own = cells.signed.iter().zip(input.signed).filter(|(cell, _)| **cell == at);
    let block = |figure: &super::mask::Signed| Block::FigureChange {
        figure: figure.id.clone(),
        release: release.content.id.clone(),
    };
    own.map(|(_, figure)| block(figure)).collect()
}

/// Marks the cells that an earlier release did not have, but of which it told enough that the change would be small.
///
/// # Errors
/// [`Block::FigureChange`] where a signed figure would tell it.
pub fn mark_new(
    cells: &mut Cells,
    linked: &mut Linked,
    earlier: &[Earlier<'_>],
    input: &Input<'_>,
) -> Result<(), Vec<Block>> {
    let mut blocks = Vec::new();
    for release in earlier {
        let told: Vec<_> = (release.published.iter())
            .filter_map(|(condition, then)| Some((*linked.rows.get(&cells.find(condition)?)?, *then)))
            .collect();
        let nobody = |condition: &Condition| condition.depth() == 0 && condition.measure == Measure::Persons;
        let counted = release.published.iter().find(|(condition, _)| nobody(condition)).map(|(_, then)| *then);
        if told.is_empty() && counted.is_none() {
            continue;
        }
        for (row, cell) in linked.cells.clone().into_iter().enumerate() {
            let own = &cells.all[cell];
            let known = release.published.iter().any(|(condition, _)| *condition == own.condition);
            // What was audited then could have as many values as must not be told apart now.
            let hidden = release.declared.contains(&own.condition)
                && release.content.thresholds.of(own.condition.measure) >= input.thresholds.of(own.condition.measure);
            if !own.is_shown() || known || hidden {
                continue;
            }
            let told = linked.part.between(row, &told, counted);
            if told.is_some_and(|told| !tells_small_change(told, own.value, input.thresholds.of(own.condition.measure)))
            {
                continue;
            }
            if own.signed {
                blocks.extend(figure_change(cells, cell, release, input));
            } else {
                cells.all[cell].reason = CellReason::SmallChange;
            }
        }
    }
    if blocks.is_empty() { Ok(()) } else { Err(blocks) }
}

/// Whether whoever knows that it lay in an interval learns that it changed by fewer than the threshold, and that it changed.
fn tells_small_change((least, most): (f64, f64), now: u64, threshold: u64) -> bool {
    let (now, least, most) = (now as f64, (least - 1e-6).ceil().max(0.0), (most + 1e-6).floor());
    let (fewest, highest) = (now - most, now - least);
    let small = threshold as f64 - 1.0;
    (fewest >= 1.0 && highest <= small) || (highest <= -1.0 && fewest >= -small)
}
