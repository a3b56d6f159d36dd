//! A declared list as it is masked: its codes by number, what a record's code is counted as, and which codes lie in which.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::vocabulary::{OTHER, UNKNOWN};

use super::tree::{Codes, Item};

/// A list as it was declared, in its order, the most common code first by public knowledge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// In the order in which they were declared; codes that were added later stand behind those before them.
    pub codes: Vec<String>,
    /// How many codes each declaration had, the first first.
    pub extents: Vec<usize>,
    /// Whether what is not known has a line of its own.
    pub unknown: bool,
    /// By code the one of the list that held it when it was declared. A vocabulary may say something else later; the list stays.
    pub broader: BTreeMap<String, String>,
}

impl Declared {
    /// How many lines it has: its codes, what is left of each that holds others, and what is left of all.
    pub fn lines(&self) -> usize {
        let holding: BTreeSet<&String> = self.broader.values().collect();
        self.codes.len() + holding.len() + usize::from(self.unknown) + 1
    }
}

/// A code of a list that has a line or holds some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub code: String,
    pub broader: Option<String>,
    pub codes: Codes,
}

/// What is declared, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// The codes that hold no other, by number.
    leaves: Vec<String>,
    /// The tree of the list.
    pub items: Vec<Item>,
    /// Every code with a line, broader ones before those in them, what is left of one last in it.
    pub named: Vec<Named>,
    broader: BTreeMap<String, String>,
    extents: Vec<usize>,
    order: Vec<String>,
}

/// What is left of a broader code: in it, and in none of its listed codes.
pub fn left_of(code: &str) -> String {
    format!("{code}.{OTHER}")
}

impl Space {
    pub fn new(list: &Declared) -> Self {
        let mut space = Self {
            leaves: Vec::new(),
            items: Vec::new(),
            named: Vec::new(),
            broader: list.broader.clone(),
            extents: list.extents.clone(),
            order: list.codes.clone(),
        };
        space.items = space.batch(list, 0, None);
        space
    }

    /// How many codes there are that hold no other.
    pub fn width(&self) -> u16 {
        self.leaves.len() as u16
    }

    /// How many declarations the list has.
    pub fn declarations(&self) -> usize {
        self.extents.len()
    }

    fn leaf(&mut self, code: String, broader: Option<&str>) -> Item {
        let number = self.leaves.len() as u16;
        let named = Named { code: code.clone(), broader: broader.map(str::to_owned), codes: vec![number] };
        self.named.push(named);
        self.leaves.push(code);
        Item::Line(vec![number])
    }

    /// The codes below one (or below none) that the declarations from this one on brought, and what is left of them. Codes that
    /// a later declaration brought are cut out of what was left before.
    fn batch(&mut self, list: &Declared, declaration: usize, below: Option<&str>) -> Vec<Item> {
        let from = if declaration == 0 { 0 } else { list.extents[declaration - 1] };
        let own: Vec<String> = (list.codes[from..list.extents[declaration]].iter())
            .filter(|code| self.broader.get(*code).map(String::as_str) == below)
            .cloned()
            .collect();
        let mut items = Vec::new();
        for code in own {
            items.push(if self.broader.values().any(|broader| *broader == code) {
                let at = self.named.len();
                self.named.push(Named { code: code.clone(), broader: below.map(str::to_owned), codes: Vec::new() });
                let first = self.leaves.len() as u16;
                let items = self.batch(list, 0, Some(&code));
                self.named[at].codes = (first..self.leaves.len() as u16).collect();
                Item::Level(items)
            } else {
                self.leaf(code.clone(), below)
            });
        }
        // Before what was left, so that its place stays as the list grows.
        if list.unknown && below.is_none() && declaration == 0 {
            items.push(self.leaf(UNKNOWN.to_owned(), None));
        }
        if declaration + 1 < list.extents.len() {
            let later = self.batch(list, declaration + 1, below);
            items.push(if later.len() == 1 {
                later.into_iter().next().unwrap_or(Item::Group(Vec::new()))
            } else {
                Item::Group(later)
            });
        } else {
            let left = below.map_or(OTHER.to_owned(), left_of);
            items.push(self.leaf(left, below));
        }
        items
    }

    /// The number of a leaf.
    fn number(&self, leaf: &str) -> Option<u16> {
        self.leaves.iter().position(|own| own == leaf).map(|at| at as u16)
    }

    /// As which number a record's code is counted. `above` gives the codes above it, nearest first.
    pub fn of_code(&self, code: &str, above: &[String]) -> Option<u16> {
        let other = || self.number(OTHER);
        if code == UNKNOWN {
            return self.number(UNKNOWN).or_else(other);
        }
        let listed = [code].into_iter().chain(above.iter().map(String::as_str));
        let found = listed.into_iter().find_map(|code| self.number(code).or_else(|| self.number(&left_of(code))));
        found.or_else(other)
    }

    /// The numbers of what a name stood for when the list had so many declarations: what was left then holds what came later.
    pub fn of_name(&self, name: &str, declarations: usize) -> Option<Codes> {
        let own = self.named.iter().find(|named| named.code == name)?;
        let left_below = if name == OTHER { Some(None) } else { name.strip_suffix(&format!(".{OTHER}")).map(Some) };
        let mut codes = own.codes.clone();
        if let (Some(below), Some(extent)) = (left_below, self.extents.get(declarations.saturating_sub(1))) {
            let later = self.order[*extent..].iter();
            let in_it = later.filter(|code| self.broader.get(*code).map(String::as_str) == below);
            codes.extend(
                in_it
                    .filter_map(|code| self.named.iter().find(|named| named.code == *code))
                    .flat_map(|named| named.codes.clone()),
            );
        }
        codes.sort_unstable();
        Some(codes)
    }

    /// The names of some numbers.
    pub fn names(&self, codes: &[u16]) -> Vec<&str> {
        codes.iter().filter_map(|code| self.leaves.get(usize::from(*code))).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(code: &str) -> Vec<String> {
        code.split_once('-').map(|(country, _)| country.to_owned()).into_iter().collect()
    }

    fn space(codes: &[&str], extents: &[usize], unknown: bool) -> Space {
        let over = |code: &&str| above(code).into_iter().find(|over| codes.contains(&over.as_str()));
        let broader = codes.iter().filter_map(|code| Some(((*code).to_owned(), over(code)?))).collect();
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        Space::new(&Declared { codes, extents: extents.to_vec(), unknown, broader })
    }

    fn named(space: &Space) -> Vec<(&str, Vec<&str>)> {
        space.named.iter().map(|named| (named.code.as_str(), space.names(&named.codes))).collect()
    }

    #[test]
    fn a_broader_code_holds_its_codes_and_what_is_left_of_it() {
        let space = space(&["RU", "DE", "RU-CE", "RU-DA"], &[4], true);
        let expected = [
            ("RU", vec!["RU-CE", "RU-DA", "RU._O"]),
            ("RU-CE", vec!["RU-CE"]),
            ("RU-DA", vec!["RU-DA"]),
            ("RU._O", vec!["RU._O"]),
            ("DE", vec!["DE"]),
            ("_U", vec!["_U"]),
            ("_O", vec!["_O"]),
        ];
        assert_eq!(named(&space), expected);
        let of = |code: &str| space.names(&[space.of_code(code, &above(code)).unwrap()])[0].to_owned();
        let counted = ["RU-CE", "RU", "RU-IN", "DE", "DE-BE", "FR", "_U"].map(of);
        assert_eq!(counted, ["RU-CE", "RU._O", "RU._O", "DE", "DE", "_O", "_U"]);
    }

    #[test]
    fn a_code_that_was_added_is_cut_out_of_what_was_left() {
        let then = space(&["RU-CE", "RU-DA"], &[2], true);
        let now = space(&["RU-CE", "RU-DA", "DE", "FR"], &[2, 4], true);
        let line = |code| Item::Line(vec![code]);
        assert_eq!(then.items, [line(0), line(1), line(2), line(3)]);
        assert_eq!(now.items, [line(0), line(1), line(2), Item::Group(vec![line(3), line(4), line(5)])]);
        assert_eq!(now.names(&[2]), ["_U"], "what is not known keeps its place");
        let names = |codes: Codes| now.names(&codes).join(" ");
        assert_eq!(now.of_name("_O", 1).map(names), Some("DE FR _O".to_owned()));
        assert_eq!(now.of_name("_O", 2).map(names), Some("_O".to_owned()));
    }
}
