//! The lines of a table: codes that are told, what a list withheld together, and codes that stand together for ever.

use super::told::{Key, Told};
use super::tree::{Codes, Forest, Item, Tree};

/// A line of a table, fixed by the first release of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A node of the list's own tree, which divides where the list divides it.
    Node(Codes),
    /// Nodes that stand together for ever.
    Pool(Vec<Codes>),
    /// The lines below a broader code.
    Level(Vec<Line>),
}

impl Line {
    /// The codes that stand in it.
    pub fn codes(&self) -> Codes {
        match self {
            Self::Node(codes) => codes.clone(),
            Self::Pool(nodes) => nodes.concat(),
            Self::Level(lines) => lines.iter().flat_map(Self::codes).collect(),
        }
    }

    /// Puts a code beside another one: wherever that stands, both stand together.
    pub fn join(&mut self, code: u16, beside: u16) {
        match self {
            Self::Level(lines) => lines.iter_mut().for_each(|line| line.join(code, beside)),
            Self::Node(codes) if codes.contains(&beside) => *self = Self::Pool(vec![codes.clone(), vec![code]]),
            Self::Pool(nodes) if nodes.iter().any(|codes| codes.contains(&beside)) => nodes.push(vec![code]),
            Self::Node(_) | Self::Pool(_) => {}
        }
    }

    /// The pools in it.
    pub fn pools(&self) -> Vec<&Vec<Codes>> {
        match self {
            Self::Pool(nodes) => vec![nodes],
            Self::Level(below) => below.iter().flat_map(Self::pools).collect(),
            Self::Node(_) => Vec::new(),
        }
    }
}

/// A list with what was told of it.
#[derive(Clone, Copy)]
pub struct List<'a> {
    pub forest: &'a Forest,
    /// By node its condition.
    pub keys: &'a [Key],
    /// By node how many persons it counts, as it was told last.
    pub persons: &'a [u64],
}

impl List<'_> {
    fn is_cut(&self, node: &Tree, told: &Told) -> bool {
        !node.cut().is_empty() && node.cut().iter().all(|part| told.get(self.keys[part.id]).is_some())
    }

    /// The lines of a table that is told for the first time: what the list tells, the largest first.
    pub fn lines(&self, told: &Told) -> Vec<Line> {
        self.below(&self.forest.root, told).into_iter().map(|(_, line)| line).collect()
    }

    /// The lines below a node, each with how many it counts.
    fn below(&self, node: &Tree, told: &Told) -> Vec<(u64, Line)> {
        let own = |node: &Tree| (self.persons[node.id], Line::Node(self.forest.sets[node.id].clone()));
        if !self.is_cut(node, told) {
            return vec![own(node)];
        }
        let mut lines = Vec::new();
        for part in node.cut() {
            let below = self.below(part, told);
            if part.is_named && below.len() > 1 {
                let level = below.into_iter().map(|(_, line)| line).collect();
                lines.push((self.persons[part.id], Line::Level(level)));
            } else {
                lines.extend(below);
            }
        }
        lines.sort_by_key(|(persons, _)| std::cmp::Reverse(*persons));
        lines
    }

    /// The tree of a table's lines, those divided that the list has divided since.
    pub fn tree(&self, lines: &[Line], told: &Told) -> Forest {
        Forest::of_lines(&lines.iter().map(|line| self.item(line, told)).collect::<Vec<_>>())
    }

    fn item(&self, line: &Line, told: &Told) -> Item {
        match line {
            Line::Level(lines) => Item::Level(lines.iter().map(|line| self.item(line, told)).collect()),
            Line::Pool(nodes) => Item::Line(nodes.concat()),
            Line::Node(codes) => {
                let mut found = None;
                self.forest.root.walk(&mut |node| {
                    if found.is_none() && self.forest.sets[node.id] == *codes {
                        found = Some(self.divided(node, told));
                    }
                });
                found.unwrap_or_else(|| Item::Line(codes.clone()))
            }
        }
    }

    fn divided(&self, node: &Tree, told: &Told) -> Item {
        if self.is_cut(node, told) {
            return Item::Group(node.cut().iter().map(|part| self.divided(part, told)).collect());
        }
        Item::Line(self.forest.sets[node.id].clone())
    }
}
