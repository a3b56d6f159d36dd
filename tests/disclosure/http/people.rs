//! The people of an office as they were entered, what changes of them, and how many fulfil a condition, counted plainly.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::release::content::{Sum, Table};

use crate::disclosure::dice::Dice;

/// The first are listed, and commoner.
pub const GROUNDS: [&str; 6] =
    ["detained_tortured", "threatened_by_relatives", "attacked", "outed", "blackmailed", "witness"];
pub const SEXES: [&str; 3] = ["M", "F", "_U"];
pub const AGES: [&str; 3] = ["Y25T34", "Y18T24", "Y35T44"];
pub const KINDS: [&str; 6] = ["detention", "torture", "evacuation", "threat", "beating", "dismissal"];
/// How many grounds and kinds are in the public lists.
pub const LISTED: usize = 4;

/// Somebody as they were entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub code: String,
    pub ground: &'static str,
    pub sex: &'static str,
    pub age: &'static str,
    /// Of every incident.
    pub kinds: Vec<&'static str>,
    pub agrees: bool,
}

/// The line on which a code is counted.
pub fn line(dimension: &str, code: &'static str) -> &'static str {
    let listed = match dimension {
        "ground" => &GROUNDS[..LISTED],
        "kind" => &KINDS[..LISTED],
        _ => return code,
    };
    if listed.contains(&code) || code == "_U" { code } else { "_O" }
}

/// A code, each of them rarer than the one before.
fn skewed(codes: &[&'static str], dice: &mut Dice) -> &'static str {
    codes[dice.below(codes.len()).min(dice.below(codes.len()))]
}

impl Person {
    pub fn random(number: usize, dice: &mut Dice) -> Self {
        let ground = if dice.below(25) == 0 { "_U" } else { skewed(&GROUNDS, dice) };
        // Some grounds are mostly of one sex.
        let sex = if ground == GROUNDS[0] && dice.yes() { "M" } else { skewed(&SEXES, dice) };
        let kinds = (0..dice.below(3)).map(|_| skewed(&KINDS, dice)).collect();
        Self { code: format!("C-{number}"), ground, sex, age: skewed(&AGES, dice), kinds, agrees: true }
    }

    pub fn several(first: usize, number: usize, dice: &mut Dice) -> Vec<Self> {
        (first..first + number).map(|number| Self::random(number, dice)).collect()
    }

    /// The ground and sex by which tables count somebody.
    pub fn cell(&self) -> Cell {
        (line("ground", self.ground), self.sex)
    }

    fn of(&self, dimension: &str) -> &'static str {
        match dimension {
            "ground" => line("ground", self.ground),
            "sex" => self.sex,
            "age_group" => self.age,
            other => panic!("nobody has a {other}"),
        }
    }
}

/// A ground and a sex.
pub type Cell = (&'static str, &'static str);

/// Every cell of ground and sex.
pub fn cells() -> Vec<Cell> {
    let grounds = GROUNDS[..LISTED].iter().chain(&["_O", "_U"]);
    grounds.flat_map(|ground| SEXES.map(|sex| (*ground, sex))).collect()
}

/// What changes of one person.
#[derive(Debug, Clone)]
pub enum Change {
    Ground(usize, &'static str),
    Sex(usize, &'static str),
    Withdrawn(usize),
    Added(Person),
}

impl Change {
    pub fn random(people: &[Person], dice: &mut Dice) -> Self {
        let public: Vec<_> = (0..people.len()).filter(|at| people[*at].agrees).collect();
        let at = public[dice.below(public.len())];
        let other = |codes: &[&'static str], own: &str, dice: &mut Dice| {
            let others: Vec<_> = codes.iter().copied().filter(|code| *code != own).collect();
            others[dice.below(others.len())]
        };
        match dice.below(4) {
            0 => Self::Ground(at, other(&GROUNDS, people[at].ground, dice)),
            1 => Self::Sex(at, other(&SEXES, people[at].sex, dice)),
            2 => Self::Withdrawn(at),
            _ => Self::Added(Person::random(people.len(), dice)),
        }
    }

    /// Where the person stands: before the change, or, of one who comes, after it.
    pub fn cell(&self, people: &[Person]) -> Cell {
        match self {
            Self::Ground(at, _) | Self::Sex(at, _) | Self::Withdrawn(at) => people[*at].cell(),
            Self::Added(person) => person.cell(),
        }
    }

    pub fn apply(&self, people: &mut Vec<Person>) {
        match self {
            Self::Ground(at, ground) => people[*at].ground = ground,
            Self::Sex(at, sex) => people[*at].sex = sex,
            Self::Withdrawn(at) => people[*at].agrees = false,
            Self::Added(person) => people.push(person.clone()),
        }
    }
}

/// What a number counts: the measure, and by dimension the codes of which each unit has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    pub measure: &'static str,
    pub codes: BTreeMap<String, BTreeSet<String>>,
}

/// How many there are: units, and distinct persons behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub value: u64,
    pub persons: u64,
}

impl Condition {
    /// That of a cell.
    pub fn of_cell(table: &Table, at: &[String]) -> Self {
        let by = table.axes.iter().map(|axis| axis.dimension.clone()).zip(at).filter(|(_, code)| *code != "_T");
        let codes = by.map(|(dimension, code)| (dimension, BTreeSet::from([code.clone()])));
        Self { measure: table.measure.name(), codes: codes.collect() }
    }

    /// That of a number told of several codes together.
    pub fn of_sum(table: &Table, sum: &Sum) -> Self {
        let by =
            table.axes.iter().map(|axis| axis.dimension.clone()).zip(&sum.at).filter(|(_, codes)| !codes.is_empty());
        Self {
            measure: table.measure.name(),
            codes: by.map(|(own, codes)| (own, codes.iter().cloned().collect())).collect(),
        }
    }

    /// How many of those who agree fulfil it. Nobody is counted twice: every code of a case file is one person.
    pub fn count(&self, people: &[Person]) -> Counted {
        let (kinds, own): (Vec<_>, Vec<_>) = self.codes.iter().partition(|(dimension, _)| *dimension == "kind");
        let (mut value, mut persons) = (0, BTreeSet::new());
        for person in people.iter().filter(|person| person.agrees) {
            if !own.iter().all(|(dimension, codes)| codes.contains(person.of(dimension))) {
                continue;
            }
            let fits = |kind: &&&'static str| kinds.iter().all(|(_, codes)| codes.contains(line("kind", kind)));
            let incidents = person.kinds.iter().filter(fits).count() as u64;
            let units = match self.measure {
                "incidents" => incidents,
                _ if kinds.is_empty() => 1,
                _ => incidents.min(1),
            };
            if units > 0 {
                value += units;
                persons.insert(&person.code);
            }
        }
        Counted { value, persons: persons.len() as u64 }
    }
}
