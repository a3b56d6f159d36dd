//! The descent of one list.

use super::told::{Count, Key, Told, Unknown};
use super::tree::Tree;

/// A condition with its count.
pub type Asked = (Key, Count);

/// A list's own descent: a cut is told where both sides may be told.
pub struct Margin<'a> {
    pub told: &'a mut Told,
    /// By node.
    pub asked: &'a [Asked],
    /// By node, of a code of which one unit may have several, who has none of it: a question of its own.
    pub none: &'a [Option<Asked>],
    pub unknown: Unknown,
}

/// How far what holds a node has moved.
#[derive(Debug, Clone, Copy)]
pub struct Moves {
    /// The node above in the tree; handed down where it is unchanged.
    pub above: u64,
    pub all: u64,
}

impl Margin<'_> {
    /// What is asked of a node, each with how far its whole has moved.
    fn questions(&self, node: &Tree, moves: Moves) -> impl Iterator<Item = (Asked, u64)> + use<> {
        let none = self.none.get(node.id).copied().flatten();
        [(self.asked[node.id], moves.above)].into_iter().chain(none.map(|none| (none, moves.all)))
    }

    /// Whether sums of several codes are decided by and never told: where one unit may have several.
    fn hides_sums(&self) -> bool {
        self.none.iter().any(Option::is_some)
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
            // Where sums are hidden, what is unchanged below one must not tell that it has moved far.
            let above = if self.hides_sums() { above.min(moves.all) } else { above };
            self.descend(part, Moves { above, ..moves });
        }
    }
}
