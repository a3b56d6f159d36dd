//! Figures that are signed on case files: what the records give for them, what cannot be signed, and what it costs.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::aggregate::{Measure, Query};
use crate::domain::dimension::{Dimension, Values, dimension};
use crate::domain::vocabulary::Vocabulary;

use super::declare::TableSpec;
use super::descent::grid::{Axis, Members, count};
use super::descent::mask::{Memory, Set, Who};
use super::descent::told::{Count, Key};
use super::masking::Run;
use super::people::{self, Incident, Person};
use super::plan::{Block, SignatureCost};

/// The codes that fulfil each filter of a question, and each kind that somebody must have an incident of.
struct Condition {
    filters: Vec<(&'static Dimension, BTreeSet<String>)>,
    with: Vec<BTreeSet<String>>,
}

impl Condition {
    fn new(query: &Query, vocabulary: &Vocabulary) -> Self {
        let filter = |(name, codes): (&&'static str, &BTreeSet<String>)| {
            let dimension = dimension(name)?;
            let covered = match dimension.values {
                Values::Vocabulary { name, broader } => {
                    codes.iter().flat_map(|code| vocabulary.covered(name, code, broader)).collect()
                }
                _ => codes.clone(),
            };
            Some((dimension, covered))
        };
        let with = query.with.iter().map(|kind| vocabulary.covered("kind", kind, false)).collect();
        Self { filters: query.filters.iter().filter_map(filter).collect(), with }
    }

    /// How many units of a measure a person adds.
    fn adds(&self, measure: Measure, person: &Person) -> u64 {
        let has = |values: &people::Values, name: &str, codes: &BTreeSet<String>| {
            values.get(name).is_some_and(|own| !own.is_disjoint(codes))
        };
        let of_person = |(dimension, codes): &(&Dimension, BTreeSet<String>)| {
            dimension.level.is_incident() || has(&person.values, dimension.code, codes)
        };
        let had =
            |kinds: &BTreeSet<String>| person.incidents.iter().any(|incident| has(&incident.values, "kind", kinds));
        if !self.filters.iter().all(of_person) || !self.with.iter().all(had) {
            return 0;
        }
        let fulfils = |incident: &&Incident| {
            let mut own = self.filters.iter().filter(|(dimension, _)| dimension.level.is_incident());
            own.all(|(dimension, codes)| has(&incident.values, dimension.code, codes))
        };
        let found = person.incidents.iter().filter(fulfils).count() as u64;
        let of_incidents = self.filters.iter().any(|(dimension, _)| dimension.level.is_incident());
        match measure {
            Measure::Incidents => found,
            Measure::Persons => {
                if of_incidents {
                    found.min(1)
                } else {
                    1
                }
            }
        }
    }
}

/// How many units, and persons behind them, fulfil a question.
pub(super) fn of_cases(query: &Query, people: &[Person], vocabulary: &Vocabulary) -> Count {
    let condition = Condition::new(query, vocabulary);
    people
        .iter()
        .map(|person| condition.adds(query.measure, person))
        .fold(Count::default(), |count, own| Count { persons: count.persons + own.min(1), value: count.value + own })
}

impl Run<'_> {
    /// By dimension the codes of signed figures on case files that the mask does not tell.
    ///
    /// # Errors
    /// What cannot be signed.
    pub fn untold(&mut self, signed: &[Vec<u16>], before: &Memory) -> Result<Vec<Vec<u16>>, Vec<Block>> {
        let mut more = vec![Vec::new(); signed.len()];
        let mut blocks = Vec::new();
        for figure in self.input.signed {
            let count = of_cases(&figure.query, self.input.people, self.input.vocabulary);
            if count.persons == 0 {
                continue;
            }
            match self.criteria(&figure.query) {
                Err(detail) => blocks.push(Block::Figure { figure: figure.id.clone(), detail }),
                Ok(criteria) => {
                    if let Some(key) = self.condition(figure.query.measure, &criteria) {
                        if self.memory.told.get(key).is_some_and(|entry| entry.now == Some(count)) {
                            continue;
                        }
                        if self.moved_by_few(key, count) || self.sum_moved_by_few(figure.query.measure, &criteria) {
                            let detail = "a release before has told its number, alone or together with others, and what has \
                                          changed since would tell of few";
                            blocks.push(Block::Figure { figure: figure.id.clone(), detail: detail.to_owned() });
                        }
                    }
                    for (dimension, code) in criteria {
                        if signed[dimension].contains(&code) || more[dimension].contains(&code) {
                            continue;
                        }
                        if before.lines.keys().any(|table| table.by.contains(&dimension)) {
                            let name = &self.lists.spaces[dimension].0;
                            let detail =
                                format!("a release before has crossed {name}: beside it this number would tell of few");
                            blocks.push(Block::Figure { figure: figure.id.clone(), detail });
                        }
                        more[dimension].push(code);
                    }
                }
            }
        }
        if blocks.is_empty() { Ok(more) } else { Err(blocks) }
    }

    /// Whether a release before has told a number that fewer have left or come to since than may be told.
    fn moved_by_few(&self, key: Key, now: Count) -> bool {
        let few = |then: &Count| (1..self.memory.told.t).contains(&then.persons.abs_diff(now.persons));
        self.memory.told.get(key).is_some_and(|entry| entry.ever.iter().any(few))
    }

    /// The same of what was told of its code and others together: beside the figure the others alone tell that sum again.
    fn sum_moved_by_few(&self, measure: Measure, criteria: &[(usize, u16)]) -> bool {
        let [(dimension, code)] = criteria else { return false };
        let holds = |set: &Set| {
            set.dimensions == [*dimension] && set.who == Who::Has && set.codes.len() > 1 && set.codes.contains(code)
        };
        let mut sums = self.memory.sets.all().filter(|(set, _)| holds(set));
        sums.any(|(set, number)| {
            let members = Members::new(std::slice::from_ref(&set.codes));
            let units = &self.units[usize::from(measure.number())];
            let now = count(units, &Axis::One(*dimension, &members, &[]), &Axis::All).at(0, 0);
            self.moved_by_few(Key::new(measure.number(), [number, 0, 0]), now)
        })
    }

    /// The condition of a figure, where tables could tell it.
    fn condition(&mut self, measure: Measure, criteria: &[(usize, u16)]) -> Option<Key> {
        let mut sets = [0; 3];
        if criteria.len() > sets.len() {
            return None;
        }
        for (set, (dimension, code)) in sets.iter_mut().zip(criteria) {
            let own = Set { dimensions: vec![*dimension], who: Who::Has, codes: vec![*code] };
            *set = self.memory.sets.number(own);
        }
        Some(Key::new(measure.number(), sets))
    }

    /// The codes that a figure asks for, one a dimension.
    fn criteria(&self, query: &Query) -> Result<Vec<(usize, u16)>, String> {
        let mut asked: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
        for (name, codes) in &query.filters {
            asked.entry(name).or_default().extend(codes);
        }
        if !query.with.is_empty() {
            asked.entry("kind").or_default().extend(&query.with);
        }
        let mut found = Vec::new();
        for (name, codes) in asked {
            let number = self.lists.spaces.iter().position(|(own, _)| own == name);
            let number = number
                .ok_or_else(|| format!("it counts case files by {name}: declare the public list of {name} first"))?;
            let mut codes = codes.into_iter();
            let (Some(code), None) = (codes.next(), codes.next()) else {
                return Err(format!("it counts case files by several codes of {name}: one a dimension can be signed"));
            };
            let own = self.lists.space(number).of_name(code, usize::MAX);
            match own.as_deref() {
                Some([own]) => found.push((number, *own)),
                _ => {
                    return Err(format!(
                        "it counts case files by `{code}`, which has no line of its own in the list of {name}"
                    ));
                }
            }
        }
        Ok(found)
    }

    /// What the signatures of figures cost, by dimension the codes of them that have no line.
    pub fn costs(&self, signed: &[Vec<u16>]) -> Vec<SignatureCost> {
        let mut costs = Vec::new();
        for figure in self.input.signed {
            let Ok(criteria) = self.criteria(&figure.query) else { continue };
            for (dimension, code) in criteria.into_iter().filter(|(dimension, code)| signed[*dimension].contains(code))
            {
                let (name, space) = &self.lists.spaces[dimension];
                let pairs = self.lists.dimensions(signed)[dimension].beside().into_iter();
                let beside: Vec<_> =
                    pairs.filter(|(own, _)| *own == code).flat_map(|(code, next)| [code, next]).collect();
                let crosses = |spec: &&TableSpec| {
                    spec.basis.has_case_files() && spec.by.len() > 1 && spec.by.iter().any(|own| own.code == name)
                };
                let tables = self.input.declaration.tables.iter().filter(crosses);
                costs.push(SignatureCost {
                    figure: figure.id.clone(),
                    dimension: name.clone(),
                    codes: space.names(&beside).into_iter().map(str::to_owned).collect(),
                    tables: tables.map(|spec| spec.code.clone()).collect(),
                });
            }
        }
        costs
    }
}
