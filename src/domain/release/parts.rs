//! Divides the cells of a release into parts that can be audited one by one: dimensions that no table brings together say nothing of
//! each other, as long as everybody knows how many persons there are.

use std::collections::{BTreeMap, BTreeSet};

use super::audit::Part;
use super::cells::Cells;
use super::condition::Condition;
use super::mask::Input;
use super::plan::Block;
use super::universe::{MOST_KINDS, Universe};

/// The most cells that are audited together.
const MOST_LINKED: usize = 3_000;
/// All that is asked of incidents belongs together, because it is asked of the same incidents.
const INCIDENTS: &str = "incidents";

/// A part with the cells that it is about.
pub struct Linked {
    pub part: Part,
    /// By row of the part the cell.
    pub cells: Vec<usize>,
    /// By cell the row.
    pub rows: BTreeMap<usize, usize>,
}

fn names(condition: &Condition) -> BTreeSet<&'static str> {
    let of_incidents = condition.is_of_incidents().then_some(INCIDENTS);
    condition.person.keys().copied().chain(of_incidents).collect()
}

/// Dimensions that belong together, each with one that stands for all of them.
#[derive(Default)]
struct Groups(BTreeMap<&'static str, &'static str>);

impl Groups {
    fn of(&self, name: &'static str) -> &'static str {
        let mut name = name;
        while let Some(next) = self.0.get(name).filter(|next| **next != name) {
            name = next;
        }
        name
    }

    fn join(&mut self, names: impl IntoIterator<Item = &'static str>) {
        let mut first = None;
        for name in names {
            let own = self.of(name);
            let first = *first.get_or_insert(own);
            self.0.insert(own, first);
            self.0.insert(name, first);
        }
    }
}

/// The parts. Where it is not published how many persons there are in all, everything is one part.
///
/// # Errors
/// [`Block::TooLarge`].
pub fn divide(cells: &Cells, input: &Input<'_>) -> Result<Vec<Linked>, Vec<Block>> {
    let everybody = cells.everybody();
    let counted = everybody.is_none_or(|cell| cells.all[cell].is_published());
    let mut groups = Groups::default();
    for table in &cells.at {
        groups.join(table.iter().flat_map(|cell| names(&cells.all[*cell].condition)));
    }
    for cell in &cells.all {
        groups.join(names(&cell.condition));
    }
    if !counted {
        groups.join(cells.all.iter().flat_map(|cell| names(&cell.condition)).collect::<Vec<_>>());
    }
    let mut members: BTreeMap<Option<&'static str>, Vec<usize>> = BTreeMap::new();
    for (at, cell) in cells.all.iter().enumerate() {
        let group = names(&cell.condition).first().map(|name| groups.of(name));
        members.entry(group).or_default().push(at);
    }
    let alone = members.remove(&None).unwrap_or_default();
    if !counted {
        match members.values_mut().next() {
            Some(first) => first.extend(alone),
            None => drop(members.insert(None, alone)),
        }
    }
    members.into_values().map(|members| linked(members, cells, input, counted)).collect()
}

fn linked(members: Vec<usize>, cells: &Cells, input: &Input<'_>, counted: bool) -> Result<Linked, Vec<Block>> {
    if members.len() > MOST_LINKED {
        let (what, count) = ("linked cells".to_owned(), members.len() as u64);
        return Err(vec![Block::TooLarge { what, count, most: MOST_LINKED as u64 }]);
    }
    let conditions: Vec<_> = members.iter().map(|cell| &cells.all[*cell].condition).collect();
    let universe = Universe::new(&conditions, input.people, input.vocabulary);
    let Some(kinds) = universe.kinds(&conditions, input.people) else {
        let count = input.people.len() as u64;
        return Err(vec![Block::TooLarge { what: "kinds of person".to_owned(), count, most: MOST_KINDS as u64 }]);
    };
    let rows = members.iter().enumerate().map(|(row, cell)| (*cell, row)).collect();
    Ok(Linked { part: Part::new(kinds, members.len(), counted), cells: members, rows })
}
