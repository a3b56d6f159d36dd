//! The descent of one list.

use super::told::{Count, Key, Told, Unknown};
use super::tree::Tree;

/// A condition with its count.
pub type Asked = (Key, Count);

/// Who has none of a node of a list of which one unit may have several codes: a question of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Without {
    /// In all.
    pub of_all: Asked,
    /// Of those who have the broader code, where there is one.
    pub of_broader: Option<Asked>,
}

/// A list's own descent: a cut is told where both sides may be told.
pub struct Margin<'a> {
    pub told: &'a mut Told,
    /// By node.
    pub asked: &'a [Asked],
    /// By node; empty where every unit has one code.
    pub without: &'a [Option<Without>],
    pub unknown: Unknown,
}

/// How far what holds a node has moved.
#[derive(Debug, Clone, Copy)]
pub struct Moves {
    /// The node above in the tree; handed down where it is unchanged.
    pub above: u64,
    pub all: u64,
    /// The broader code.
    pub broader: u64,
}

impl Margin<'_> {
    /// What is asked of a node, each with how far its whole has moved.
    fn questions(&self, node: &Tree, moves: Moves) -> impl Iterator<Item = (Asked, u64)> + use<> {
        let without = self.without.get(node.id).copied().flatten();
        let of_all = without.map(|without| (without.of_all, moves.all));
        let of_broader = without.and_then(|without| without.of_broader).map(|asked| (asked, moves.broader));
        [(self.asked[node.id], moves.above)].into_iter().chain(of_all).chain(of_broader)
    }

    /// Tells what is below a node that is told.
    pub fn descend(&mut self, node: &Tree, moves: Moves) {
        let asked: Vec<_> = node.cut().iter().flat_map(|part| self.questions(part, moves)).collect();
        let may = |((key, count), above): &(Asked, u64)| {
            self.told.may(*key, *count, self.unknown, *above >= self.told.wide())
        };
        if !asked.iter().all(may) {
            return;
        }
        asked.into_iter().for_each(|((key, count), _)| self.told.tell(key, count));
        for part in node.cut() {
            let (key, count) = self.asked[part.id];
            let own = self.told.moved(key, count);
            let above = if own == 0 { moves.above } else { own };
            let broader = if part.is_named { above } else { moves.broader };
            self.descend(part, Moves { above, broader, ..moves });
        }
    }
}
