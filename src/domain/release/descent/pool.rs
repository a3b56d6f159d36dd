//! Pools the least lines of a table where crossing them would tell little, by published margins alone.

use super::line::{Line, List};
use super::mask::Lines;
use super::tree::Codes;

/// Merges the two least lines of a side while the least cell that the margins let expect is under three tenths of `t`. Where one unit may
/// have several columns (`several`), what is withheld of them together is no number that anybody is told: then nothing is merged.
pub fn pooled(lines: &mut Lines, lists: (&List<'_>, &List<'_>), several: bool, all: u64, t: u64) {
    let is_told = |line: &Line| !several || !matches!(line, Line::Node(codes) if codes.len() > 1);
    if several && (lines.1.len() < 2 || !lines.1.iter().all(is_told)) {
        return;
    }
    loop {
        let column = least(&lines.1, lists.1);
        let row = least(&lines.0, lists.0);
        if 10 * row * column >= 3 * t * all.max(1) {
            return;
        }
        let side = match (lines.0.len() > 2, lines.1.len() > 2) {
            (false, false) => return,
            (true, true) => row <= column,
            (rows, _) => rows,
        };
        if side { merge(&mut lines.0, lists.0) } else { merge(&mut lines.1, lists.1) }
    }
}

/// How many a line counts, by what is told alone: of several nodes the sum.
fn persons(line: &Line, list: &List<'_>) -> u64 {
    let of = |codes: &Codes| list.forest.sets.iter().position(|set| set == codes).map_or(0, |at| list.persons[at]);
    match line {
        Line::Node(codes) => of(codes),
        Line::Pool(nodes) => nodes.iter().map(of).sum(),
        Line::Level(below) => below.iter().map(|line| persons(line, list)).sum(),
    }
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
