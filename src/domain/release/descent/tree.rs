//! The tree of a list: which lines are cut apart, and in which order. It depends on what was declared alone.

use std::collections::HashMap;

/// Codes of one dimension, by their place in its list, in order.
pub type Codes = Vec<u16>;

/// A node: lines that stand together until a cut divides them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Where the set of its codes stands among [`Forest::sets`].
    pub id: usize,
    /// The same of each line below it.
    pub lines: Vec<usize>,
    /// What it is cut into: two nodes, or the single lines of a last group.
    pub parts: Vec<Tree>,
    /// Of a last group of three, the most common line alone and the other two.
    pub three: Vec<Tree>,
    /// Whether it is a last group, of two or three lines.
    pub is_last: bool,
    /// Whether it stands for a code that has a name.
    pub is_named: bool,
}

/// The lines of a list, and the broader codes that hold some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A code, or several that stand together for ever.
    Line(Codes),
    /// A broader code, with what is below it.
    Level(Vec<Item>),
    /// What is cut as one, and has no name.
    Group(Vec<Item>),
}

/// A tree with the sets of codes of its nodes, each set once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forest {
    pub sets: Vec<Codes>,
    pub root: Tree,
}

impl Forest {
    /// The tree of a table's lines, of which all are known to be large: levels first, then the order; pairs from the rare end (three
    /// where one would be left), then two by two.
    pub fn of_lines(items: &[Item]) -> Self {
        Self::new(items, &mut |numbering, nodes| numbering.pairs(nodes))
    }

    /// The tree of a declared list, of which nobody knows yet how far its codes are used: levels first, then the order; the first
    /// code is cut off, the second, the next two, the next four and so on, and each of these pieces is cut as lines are. So codes that
    /// few have are held together at the end, where they silence few others.
    pub fn of_list(items: &[Item]) -> Self {
        Self::new(items, &mut |numbering, nodes| numbering.pieces(nodes, 1, 1))
    }

    fn new(items: &[Item], shape: &mut Shape<'_>) -> Self {
        let mut numbering = Numbering::default();
        let root = numbering.group(items, shape);
        Self { sets: numbering.sets, root }
    }
}

impl Tree {
    /// What a margin cuts it into: always two nodes, or nothing.
    pub fn cut(&self) -> &[Tree] {
        if self.three.is_empty() { &self.parts } else { &self.three }
    }

    pub fn is_line(&self) -> bool {
        self.lines.len() == 1
    }

    /// Every node, this one first.
    pub fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        self.cut().iter().for_each(|part| part.walk(visit));
    }
}

/// How nodes that stand beside each other become one.
type Shape<'s> = dyn FnMut(&mut Numbering, Vec<Tree>) -> Tree + 's;

#[derive(Default)]
struct Numbering {
    sets: Vec<Codes>,
    ids: HashMap<Codes, usize>,
}

impl Numbering {
    fn id(&mut self, mut codes: Codes) -> usize {
        codes.sort_unstable();
        let next = self.sets.len();
        *self.ids.entry(codes).or_insert_with_key(|codes| {
            self.sets.push(codes.clone());
            next
        })
    }

    fn line(&mut self, codes: &Codes) -> Tree {
        let id = self.id(codes.clone());
        let is_named = codes.len() == 1;
        Tree { id, lines: vec![id], parts: Vec::new(), three: Vec::new(), is_last: false, is_named }
    }

    /// A node of several.
    fn node(&mut self, parts: Vec<Tree>, is_last: bool) -> Tree {
        let lines: Vec<usize> = parts.iter().flat_map(|part| part.lines.iter().copied()).collect();
        let codes = lines.iter().flat_map(|line| self.sets[*line].clone()).collect();
        let id = self.id(codes);
        Tree { id, lines, parts, three: Vec::new(), is_last, is_named: false }
    }

    /// A node of two or three. Single lines may be told at once; of three the first is cut off first.
    fn few(&mut self, mut nodes: Vec<Tree>) -> Tree {
        let lines = nodes.iter().all(Tree::is_line);
        match nodes.as_slice() {
            [_] => nodes.remove(0),
            [_, _] => self.node(nodes, lines),
            _ => {
                let two = self.node(nodes[1..].to_vec(), lines);
                let three = vec![nodes[0].clone(), two];
                if lines { Tree { three, ..self.node(nodes, true) } } else { self.node(three, false) }
            }
        }
    }

    fn group(&mut self, items: &[Item], shape: &mut Shape<'_>) -> Tree {
        let mut nodes = Vec::new();
        for item in items {
            nodes.push(match item {
                Item::Line(codes) => self.line(codes),
                Item::Level(below) => Tree { is_named: true, ..self.group(below, shape) },
                Item::Group(below) => self.group(below, shape),
            });
        }
        if nodes.is_empty() { self.line(&Vec::new()) } else { shape(self, nodes) }
    }

    fn pairs(&mut self, nodes: Vec<Tree>) -> Tree {
        let groups = from_the_end(nodes, |left| left.min(if left == 3 { 3 } else { 2 }));
        let mut nodes: Vec<_> = groups.into_iter().map(|group| self.few(group)).collect();
        while nodes.len() > 1 {
            let groups = from_the_end(nodes, |left| left.min(2));
            nodes = groups.into_iter().map(|group| self.few(group)).collect();
        }
        nodes.remove(0)
    }

    /// Cuts off so many nodes, then `next`, then twice as many each time, while as many are left.
    fn pieces(&mut self, mut nodes: Vec<Tree>, size: usize, next: usize) -> Tree {
        if nodes.len() <= 3 {
            return self.few(nodes);
        }
        if nodes.len() < 2 * size {
            return self.pairs(nodes);
        }
        let rest = nodes.split_off(size);
        let piece = self.pairs(nodes);
        let rest = self.pieces(rest, next, 2 * next);
        self.node(vec![piece, rest], false)
    }
}

/// Divides what is in order into groups, the last first, and gives them in order. `take` says how many of so many that are left.
fn from_the_end(mut nodes: Vec<Tree>, take: impl Fn(usize) -> usize) -> Vec<Vec<Tree>> {
    let mut groups = Vec::new();
    while !nodes.is_empty() {
        groups.push(nodes.split_off(nodes.len() - take(nodes.len())));
    }
    groups.reverse();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sets of a tree as it is cut.
    fn cuts(node: &Tree, sets: &[Codes]) -> String {
        if node.cut().is_empty() {
            return sets[node.id].iter().map(u16::to_string).collect();
        }
        let parts: Vec<_> = node.cut().iter().map(|part| cuts(part, sets)).collect();
        format!("({})", parts.join("|"))
    }

    fn line(code: u16) -> Item {
        Item::Line(vec![code])
    }

    fn tree(items: &[Item]) -> String {
        let forest = Forest::of_lines(items);
        cuts(&forest.root, &forest.sets)
    }

    #[test]
    fn a_list_is_cut_from_its_common_end() {
        let of = |codes: u16| {
            let forest = Forest::of_list(&(0..codes).map(line).collect::<Vec<_>>());
            cuts(&forest.root, &forest.sets)
        };
        assert_eq!(of(2), "(0|1)");
        assert_eq!(of(3), "(0|(1|2))");
        assert_eq!(of(4), "(0|(1|(2|3)))");
        assert_eq!(of(6), "(0|(1|((2|3)|(4|5))))");
        assert_eq!(of(8), "(0|(1|((2|3)|((4|5)|(6|7)))))");
    }

    #[test]
    fn a_tree_pairs_from_the_rare_end_and_then_two_by_two() {
        let of = |codes: u16| tree(&(0..codes).map(line).collect::<Vec<_>>());
        assert_eq!(of(2), "(0|1)");
        assert_eq!(of(3), "(0|(1|2))");
        assert_eq!(of(5), "((0|(1|2))|(3|4))");
        assert_eq!(of(7), "((0|(1|2))|((3|4)|(5|6)))");
    }

    #[test]
    fn a_line_that_divides_leaves_the_rest_of_the_tree_as_it_was() {
        for codes in 2..9_u16 {
            for at in 0..codes {
                let lines: Vec<_> = (0..codes).map(line).collect();
                let mut divided = lines.clone();
                divided[usize::from(at)] = Item::Group(vec![Item::Line(vec![at]), Item::Line(vec![9])]);
                let (before, after) = (tree(&lines), tree(&divided));
                assert_eq!(after, before.replace(&at.to_string(), &format!("({at}|9)")));
            }
        }
    }
}
