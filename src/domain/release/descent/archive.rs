//! What a release told, as it is saved for the releases after it: by the names of codes, for numbers change when a list grows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::line::Line;
use super::mask::{Lines, Memory, Set, Table, Who};
use super::space::{Space, left_of};
use super::told::{Count, Key};
use super::tree::Codes;

/// The declared lists of a database, by number.
pub type Spaces = [(String, Space)];

/// All that a release told, its own new numbers alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// How many persons had to stand behind a number.
    pub t: u64,
    /// By dimension how many declarations its list had.
    declarations: BTreeMap<String, usize>,
    sets: Vec<SavedSet>,
    /// The measure, up to three sets by number from 1 (0 for none), the persons and the value.
    told: Vec<(u8, [u32; 3], u64, u64)>,
    /// What was declared: the measure and the dimensions.
    declared: Vec<SavedTable>,
    lines: Vec<(SavedTable, Vec<SavedLine>, Vec<SavedLine>)>,
    /// By dimension the codes that have no line of their own, for a signed figure told them, in this release or before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    signed: BTreeMap<String, Vec<String>>,
    /// Whether codes that are in no list are passed over: what was told before there were lists.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_lists: bool,
}

/// A number as it was told before there were lists, by dimension and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldByCodes {
    pub measure: u8,
    pub codes: Vec<(String, String)>,
    pub count: u64,
}

type SavedTable = (u8, Vec<String>);
/// The names of some codes; of pairs, both names.
type Names = Vec<Vec<String>>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedSet {
    dimensions: Vec<String>,
    who: Who,
    names: Names,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SavedLine {
    Node(Names),
    Pool(Vec<Names>),
    Level(Vec<Self>),
}

impl Archive {
    /// What was told before there were lists.
    pub fn of_codes(t: u64, all: impl IntoIterator<Item = ToldByCodes>) -> Self {
        let mut archive = Self { t, without_lists: true, ..Self::default() };
        for ToldByCodes { measure, codes, count } in all {
            let mut sets = [0; 3];
            for (set, (dimension, code)) in sets.iter_mut().zip(codes) {
                archive.sets.push(SavedSet { dimensions: vec![dimension], who: Who::Has, names: vec![vec![code]] });
                *set = archive.sets.len() as u32;
            }
            archive.told.push((measure, sets, count, count));
        }
        archive
    }

    /// The measure and the dimensions of every table of two lists or three that was declared so far.
    pub fn crossings(&self) -> impl Iterator<Item = (u8, &[String])> {
        self.declared.iter().map(|(measure, by)| (*measure, by.as_slice())).filter(|(_, by)| by.len() > 1)
    }

    /// Whether it tells, or has declared, anything of case files.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty() && self.declared.is_empty()
    }
}

/// Why what was saved cannot be read: a list has lost a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is in no declared list any more")]
pub struct Lost(pub String);

/// Reads and writes names by some lists.
struct Words<'s> {
    spaces: &'s Spaces,
    /// By dimension how many declarations its list had when the names were written.
    declarations: &'s BTreeMap<String, usize>,
}

impl Words<'_> {
    fn names(&self, dimensions: &[usize], codes: &[u16]) -> Names {
        let of = |dimension: usize, code: u16| self.spaces[dimension].1.names(&[code]).join("");
        let one = |code: &u16| match dimensions {
            [first, second] => {
                let width = self.spaces[*second].1.width();
                vec![of(*first, code / width), of(*second, code % width)]
            }
            _ => dimensions.iter().map(|dimension| of(*dimension, *code)).collect(),
        };
        codes.iter().map(one).collect()
    }

    fn dimension(&self, name: &str) -> Result<usize, Lost> {
        self.spaces.iter().position(|(own, _)| own == name).ok_or_else(|| Lost(name.to_owned()))
    }

    /// The codes that have these names now.
    fn codes(&self, dimensions: &[usize], names: &Names) -> Result<Codes, Lost> {
        let of = |dimension: usize, name: &String| {
            let (code, space) = &self.spaces[dimension];
            let declarations = self.declarations.get(code).copied().unwrap_or(0);
            space.of_name(name, declarations).ok_or_else(|| Lost(name.clone()))
        };
        let mut codes = Codes::new();
        for names in names {
            match (dimensions, names.as_slice()) {
                ([first, second], [one, other]) => {
                    let width = self.spaces[*second].1.width();
                    let (one, other) = (of(*first, one)?, of(*second, other)?);
                    codes.extend(one.iter().flat_map(|one| other.iter().map(move |other| one * width + other)));
                }
                ([dimension], [name]) => codes.extend(of(*dimension, name)?),
                _ => return Err(Lost(names.join(" "))),
            }
        }
        codes.sort_unstable();
        Ok(codes)
    }

    /// Before there were lists a code counted nothing below it.
    fn alone(&self, dimensions: &[usize], names: &Names) -> Names {
        let own = |name: &String| match dimensions {
            [dimension] if self.spaces[*dimension].1.of_name(&left_of(name), usize::MAX).is_some() => left_of(name),
            _ => name.clone(),
        };
        names.iter().map(|names| names.iter().map(own).collect()).collect()
    }

    fn save_line(&self, dimensions: &[usize], line: &Line) -> SavedLine {
        match line {
            Line::Node(codes) => SavedLine::Node(self.names(dimensions, codes)),
            Line::Pool(nodes) => SavedLine::Pool(nodes.iter().map(|codes| self.names(dimensions, codes)).collect()),
            Line::Level(below) => SavedLine::Level(below.iter().map(|line| self.save_line(dimensions, line)).collect()),
        }
    }

    fn line(&self, dimensions: &[usize], saved: &SavedLine) -> Result<Line, Lost> {
        Ok(match saved {
            SavedLine::Node(names) => Line::Node(self.codes(dimensions, names)?),
            SavedLine::Pool(nodes) => {
                Line::Pool(nodes.iter().map(|names| self.codes(dimensions, names)).collect::<Result<_, _>>()?)
            }
            SavedLine::Level(below) => {
                Line::Level(below.iter().map(|line| self.line(dimensions, line)).collect::<Result<_, _>>()?)
            }
        })
    }
}

/// The dimensions of the rows of a table, and of its columns.
fn sides(by: &[usize]) -> (&[usize], &[usize]) {
    by.split_at(by.len().saturating_sub(1))
}

/// What the release that was just masked told anew, with all that was declared so far.
pub fn save(memory: &Memory, spaces: &Spaces, declarations: BTreeMap<String, usize>) -> Archive {
    let words = Words { spaces, declarations: &declarations };
    let name = |dimension: &usize| spaces[*dimension].0.clone();
    let table = |table: &Table| (table.measure, table.by.iter().map(name).collect::<Vec<_>>());
    let all: BTreeMap<u32, &Set> = memory.sets.all().map(|(set, number)| (number, set)).collect();
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::from([(0, 0)]);
    let mut sets = Vec::new();
    let mut told: Vec<_> = memory.told.now().collect();
    told.sort_unstable();
    let told = told.into_iter().map(|(key, count)| {
        let sets = key.sets.map(|number| {
            *numbers.entry(number).or_insert_with(|| {
                let Set { dimensions, who, codes } = all[&number];
                let names = words.names(dimensions, codes);
                sets.push(SavedSet { dimensions: dimensions.iter().map(name).collect(), who: *who, names });
                sets.len() as u32
            })
        });
        (key.measure, sets, count.persons, count.value)
    });
    let told = told.collect();
    let lines = memory.lines.iter().map(|(own, (rows, columns))| {
        let (of_rows, of_columns) = sides(&own.by);
        let save = |dimensions: &[usize], lines: &[Line]| {
            lines.iter().map(|line| words.save_line(dimensions, line)).collect::<Vec<_>>()
        };
        (table(own), save(of_rows, rows), save(of_columns, columns))
    });
    let lines = lines.collect();
    let declared = memory.declared.iter().map(table).collect();
    let names = |(dimension, codes): (&usize, &BTreeSet<u16>)| {
        let codes: Vec<_> = codes.iter().copied().collect();
        let (own, space) = &spaces[*dimension];
        (own.clone(), space.names(&codes).into_iter().map(str::to_owned).collect())
    };
    let signed = memory.signed.iter().filter(|(_, codes)| !codes.is_empty()).map(names).collect();
    Archive { t: memory.told.t, declarations, sets, told, declared, lines, signed, without_lists: false }
}

/// Remembers what an earlier release told, the earliest first; `stands` is which one it was, where it was not withdrawn.
///
/// # Errors
/// [`Lost`] where a list has lost a code, which no list does that only grows.
pub fn restore(memory: &mut Memory, archive: &Archive, spaces: &Spaces, stands: Option<usize>) -> Result<(), Lost> {
    let words = Words { spaces, declarations: &archive.declarations };
    let dimensions = |names: &[String]| names.iter().map(|name| words.dimension(name)).collect::<Result<Vec<_>, _>>();
    let table = |(measure, by): &SavedTable| Ok(Table { measure: *measure, by: dimensions(by)? });
    // By number a set, and the one that is decided by where one unit may have several codes.
    let mut numbers = vec![Some((0, 0))];
    for SavedSet { dimensions: by, who, names } in &archive.sets {
        let found = dimensions(by).and_then(|dimensions| {
            let names = if archive.without_lists { words.alone(&dimensions, names) } else { names.clone() };
            Ok((words.codes(&dimensions, &names)?, dimensions))
        });
        let (codes, dimensions) = match found {
            Ok(found) => found,
            Err(_) if archive.without_lists => {
                numbers.push(None);
                continue;
            }
            Err(lost) => return Err(lost),
        };
        // One code then, of which there are several now: others were cut out of it, or it holds them and nothing is different.
        let has_grown = names.len() == 1 && codes.len() > 1;
        let mut number = |who| memory.sets.number(Set { dimensions: dimensions.clone(), who, codes: codes.clone() });
        numbers.push(Some(match who {
            Who::Has if has_grown => (number(Who::Has), number(Who::Decides)),
            Who::HasNot if has_grown => (number(Who::DecidesNot), number(Who::DecidesNot)),
            who => (number(*who), number(*who)),
        }));
    }
    for (measure, sets, persons, value) in &archive.told {
        let number = |set: u32| numbers.get(set as usize).copied().ok_or_else(|| Lost(set.to_string()));
        let [Some(first), Some(second), Some(third)] = [number(sets[0])?, number(sets[1])?, number(sets[2])?] else {
            continue;
        };
        let count = Count { persons: *persons, value: *value };
        let (own, decides) = ([first.0, second.0, third.0], [first.1, second.1, third.1]);
        memory.told.add(Key::new(*measure, own), count, stands);
        if decides != own {
            memory.told.add(Key::new(*measure, decides), count, None);
        }
    }
    for (name, codes) in &archive.signed {
        let dimension = words.dimension(name)?;
        let names = codes.iter().map(|code| vec![code.clone()]).collect();
        memory.signed.entry(dimension).or_default().extend(words.codes(&[dimension], &names)?);
    }
    for own in &archive.declared {
        memory.declared.insert(table(own)?);
    }
    for (own, rows, columns) in &archive.lines {
        let own = table(own)?;
        let (of_rows, of_columns) = sides(&own.by);
        let read = |dimensions: &[usize], lines: &[SavedLine]| {
            lines.iter().map(|line| words.line(dimensions, line)).collect::<Result<Vec<_>, _>>()
        };
        let lines: Lines = (read(of_rows, rows)?, read(of_columns, columns)?);
        memory.lines.insert(own, lines);
    }
    Ok(())
}
