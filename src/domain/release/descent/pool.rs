//! Pools the least lines of a table where crossing them would tell little, by published margins alone.

use super::line::{Line, List};
use super::mask::Lines;
use super::tree::Codes;

/// Merges the two least lines of a side while the least cell that the margins let expect is under three tenths of `t`.
pub fn pooled(lines: &mut Lines, lists: (&List<'_>, &List<'_>), all: u64, t: u64) {
    loop {
        let (rows, columns) = (least(&lines.0, lists.0), least(&lines.1, lists.1));
        if 10 * rows * columns >= 3 * t * all.max(1) {
            return;
        }
        let (can_rows, can_columns) = (lines.0.len() > 2, lines.1.len() > 2);
        let side = match (can_rows, can_columns) {
            (false, false) => return,
            (true, true) => rows <= columns,
            (rows, _) => rows,
        };
        if side { merge(&mut lines.0, lists.0) } else { merge(&mut lines.1, lists.1) }
    }
}

fn persons(line: &Line, list: &List<'_>) -> u64 {
    let mut own = line.codes();
    own.sort_unstable();
    let of = |codes: &Codes| list.forest.sets.iter().position(|set| set == codes).map(|at| list.persons[at]);
    // Of a pool the sum: its codes are told.
    of(&own).unwrap_or_else(|| own.iter().filter_map(|code| of(&vec![*code])).sum())
}

fn least(lines: &[Line], list: &List<'_>) -> u64 {
    lines.iter().map(|line| persons(line, list)).min().unwrap_or(0)
}

fn merge(lines: &mut Vec<Line>, list: &List<'_>) {
    lines.sort_by_key(|line| std::cmp::Reverse(persons(line, list)));
    let nodes = |line: Line| match line {
        Line::Pool(nodes) => nodes,
        line => vec![line.codes()],
    };
    let both = lines.split_off(lines.len() - 2).into_iter().flat_map(nodes).collect();
    lines.push(Line::Pool(both));
    lines.sort_by_key(|line| std::cmp::Reverse(persons(line, list)));
}
