//! The persons of a release as the mask counts them: by the numbers of declared lists, one column a dimension.

use crate::domain::aggregate::Measure;
use crate::domain::dimension::Dimension;
use crate::domain::vocabulary::{NOT_APPLICABLE, UNKNOWN, Vocabulary};

use super::descent::grid::{Column, Units};
use super::descent::mask;
use super::descent::space::Space;
use super::lists::{List, above};
use super::people::{Person, Values};

/// The declared lists of a release, each with its space, in the order of their numbers.
pub struct Lists {
    pub spaces: Vec<(String, Space)>,
    dimensions: Vec<&'static Dimension>,
}

impl Lists {
    pub fn new(lists: &[List]) -> Self {
        let spaces = lists.iter().map(|list| (list.dimension.code.to_owned(), Space::new(&list.declared))).collect();
        Self { spaces, dimensions: lists.iter().map(|list| list.dimension).collect() }
    }

    /// The number of a dimension.
    pub fn number(&self, dimension: &Dimension) -> Option<usize> {
        self.dimensions.iter().position(|own| *own == dimension)
    }

    /// Whether one unit of a measure may have several codes of a list.
    pub fn is_several(&self, number: usize, measure: Measure) -> bool {
        self.dimensions[number].is_several(measure)
    }

    pub fn space(&self, number: usize) -> &Space {
        &self.spaces[number].1
    }

    /// What the mask is told of each dimension; `signed` by number the codes of which a figure tells.
    pub fn dimensions(&self, signed: &[Vec<u16>]) -> Vec<mask::Dimension> {
        let of = |((dimension, (_, space)), signed): ((&&Dimension, &(String, Space)), &Vec<u16>)| mask::Dimension {
            items: space.items.clone(),
            width: space.width(),
            many: [Measure::Persons, Measure::Incidents].map(|measure| dimension.is_several(measure)),
            signed: signed.clone(),
        };
        self.dimensions.iter().zip(&self.spaces).zip(signed).map(of).collect()
    }

    /// The numbers of the codes that somebody or something has of a dimension. What is not applicable is one of the others where each
    /// unit of the measure has one code, for those add up to all.
    fn codes(&self, number: usize, measure: Measure, values: &Values, vocabulary: &Vocabulary) -> Vec<u16> {
        let dimension = self.dimensions[number];
        let several = dimension.is_several(measure);
        let own = values.get(dimension.code).into_iter().flatten().filter(|code| !several || *code != NOT_APPLICABLE);
        let mut codes: Vec<u16> =
            own.filter_map(|code| self.spaces[number].1.of_code(code, &above(dimension, vocabulary, code))).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.is_empty() && !several {
            codes.extend(self.spaces[number].1.of_code(UNKNOWN, &[]));
        }
        codes
    }

    /// Persons, and their incidents.
    pub fn units(&self, people: &[Person], vocabulary: &Vocabulary) -> [Units; 2] {
        let mut persons = Gathered::new(self.spaces.len());
        let mut incidents = Gathered::new(self.spaces.len());
        let all = || 0..self.spaces.len();
        let is_of_incidents = |number: usize| self.dimensions[number].level.is_incident();
        for (person, own) in (0_u32..).zip(people) {
            let of_person = |number: usize| match is_of_incidents(number) {
                true => Vec::new(),
                false => self.codes(number, Measure::Persons, &own.values, vocabulary),
            };
            let mut of_all: Vec<_> = all().map(of_person).collect();
            for incident in &own.incidents {
                let codes = |number: usize, measure| self.codes(number, measure, &incident.values, vocabulary);
                for number in all().filter(|number| is_of_incidents(*number)) {
                    of_all[number].extend(codes(number, Measure::Persons));
                }
                let own = |number: usize| match is_of_incidents(number) {
                    true => codes(number, Measure::Incidents),
                    false => of_all[number].clone(),
                };
                incidents.add(person, all().map(own).collect());
            }
            for codes in &mut of_all {
                codes.sort_unstable();
                codes.dedup();
            }
            persons.add(person, of_all);
        }
        [persons.units(), incidents.units()]
    }
}

/// Units as they are gathered.
struct Gathered {
    persons: Vec<u32>,
    columns: Vec<Vec<Vec<u16>>>,
}

impl Gathered {
    fn new(columns: usize) -> Self {
        Self { persons: Vec::new(), columns: vec![Vec::new(); columns] }
    }

    fn add(&mut self, person: u32, codes: Vec<Vec<u16>>) {
        self.persons.push(person);
        self.columns.iter_mut().zip(codes).for_each(|(column, codes)| column.push(codes));
    }

    fn units(self) -> Units {
        let column = |units: Vec<Vec<u16>>| {
            let single: Option<Vec<u16>> =
                units.iter().map(|codes| <[u16; 1]>::try_from(codes.as_slice()).ok().map(|[code]| code)).collect();
            single.map_or_else(|| Column::many(&units), Column::single)
        };
        Units { persons: self.persons, columns: self.columns.into_iter().map(column).collect() }
    }
}
