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
}

/// A tree with the sets of codes of its nodes, each set once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forest {
    pub sets: Vec<Codes>,
    pub root: Tree,
}

impl Forest {
    /// The tree of a list: levels first, then the declared order; pairs from the rare end (three where one would be left), then
    /// two by two.
    pub fn new(items: &[Item]) -> Self {
        let mut numbering = Numbering::default();
        let root = numbering.group(items);
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

    fn last(&mut self, lines: Vec<Tree>) -> Tree {
        let three = match lines.as_slice() {
            [first, second, third] => vec![first.clone(), self.node(vec![second.clone(), third.clone()], true)],
            _ => Vec::new(),
        };
        Tree { three, ..self.node(lines, true) }
    }

    fn group(&mut self, items: &[Item]) -> Tree {
        let mut nodes: Vec<Tree> = Vec::new();
        for item in items {
            nodes.push(match item {
                Item::Line(codes) => self.line(codes),
                Item::Level(below) => Tree { is_named: true, ..self.group(below) },
            });
        }
        if nodes.iter().all(Tree::is_line) {
            if nodes.len() > 3 {
                nodes = from_the_end(nodes, |left| if left == 3 { 3 } else { 2 })
                    .into_iter()
                    .map(|group| self.last(group))
                    .collect();
            } else if nodes.len() > 1 {
                return self.last(nodes);
            }
        }
        while nodes.len() > 1 {
            let groups = from_the_end(nodes, |left| if left == 1 { 1 } else { 2 });
            nodes = groups
                .into_iter()
                .map(|mut group| if group.len() == 1 { group.remove(0) } else { self.node(group, false) })
                .collect();
        }
        nodes.pop().unwrap_or_else(|| self.line(&Vec::new()))
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
