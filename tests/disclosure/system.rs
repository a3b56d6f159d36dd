//! The linear system that anybody can write down from what is public: a column for every kind of person that there can be, and
//! for further incidents of each kind; a row for every published number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use attest::domain::aggregate::Measure;
use attest::domain::release::people::Person;

use super::asked::Asked;
use super::schema::Schema;

/// How many there are of each column that is there at all.
pub type Point = BTreeMap<usize, i64>;

/// What a column stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Column {
    /// Persons of a class with at least one incident of each class of a set, and of no other.
    Persons { class: usize, incidents: u32 },
    /// What persons have beyond that: incidents of a class, by the class of their persons and by which `with` these meet.
    Further { class: usize, with: Vec<bool>, incident: usize },
}

/// The public questions, each with what a unit of every column adds to it, and those that are answered.
#[derive(Debug, Clone)]
pub struct System {
    pub questions: Vec<Asked>,
    by_question: BTreeMap<Asked, usize>,
    /// By question.
    pub adds: Vec<Vec<i64>>,
    /// Question and answer.
    pub rows: Vec<(usize, i64)>,
    columns: Vec<Column>,
    /// Columns of further incidents, each with the columns of persons of whom there must be one.
    pub needs: Vec<(usize, Vec<usize>)>,
    /// The most that there can be of each column.
    pub most: Vec<i64>,
    /// By person values their class; by incident values theirs.
    classes: (Vec<usize>, Vec<usize>),
}

/// Where no row bounds a column: more than any rule asks for.
const MANY: i64 = 1000;

impl System {
    pub fn new(schema: &Schema, questions: &BTreeSet<Asked>, answers: &[(Asked, i64)]) -> Self {
        let questions: Vec<_> = questions.iter().cloned().collect();
        let by_question: BTreeMap<_, _> =
            questions.iter().cloned().enumerate().map(|(at, asked)| (asked, at)).collect();
        let persons =
            classes(schema.persons.iter().map(|values| questions.iter().map(|q| q.of_person(values)).collect()));
        let kinds: BTreeSet<_> = questions.iter().flat_map(|q| q.with.iter().cloned()).collect();
        let incidents = classes(schema.incidents.iter().map(|values| {
            let filters = questions.iter().map(|q| q.of_incident(values));
            filters.chain(kinds.iter().map(|kind| values["kind"].contains(kind))).collect()
        }));
        let mut system = Self {
            rows: answers.iter().map(|(asked, answer)| (by_question[asked], *answer)).collect(),
            adds: vec![Vec::new(); questions.len()],
            questions,
            by_question,
            columns: Vec::new(),
            needs: Vec::new(),
            most: Vec::new(),
            classes: (persons.iter().map(|(own, _)| *own).collect(), incidents.iter().map(|(own, _)| *own).collect()),
        };
        system.rows.sort_unstable();
        system.rows.dedup();
        let masks = Masks::new(&system.questions, &incidents, &schema.incidents);
        let number = incidents.iter().map(|(class, _)| class + 1).max().unwrap_or(0);
        let represented: BTreeMap<usize, &Vec<bool>> = persons.iter().map(|(class, own)| (*class, own)).collect();
        for (class, of_person) in represented {
            system.add(class, of_person, number, &masks);
        }
        system.bound();
        system
    }

    fn add(&mut self, class: usize, of_person: &[bool], number: usize, masks: &Masks) {
        let mut further: BTreeMap<Column, Vec<usize>> = BTreeMap::new();
        for set in 0..1u32 << number {
            let with = masks.with(set);
            let at = self.columns.len();
            self.columns.push(Column::Persons { class, incidents: set });
            for q in 0..self.questions.len() {
                let adds = if of_person[q] && with[q] { masks.adds(&self.questions[q], q, set) } else { 0 };
                self.adds[q].push(adds);
            }
            for incident in (0..number).filter(|incident| set >> incident & 1 == 1) {
                further.entry(Column::Further { class, with: with.clone(), incident }).or_default().push(at);
            }
        }
        for (column, needs) in further {
            let Column::Further { with, incident, .. } = &column else { unreachable!() };
            let adds: Vec<_> = (0..self.questions.len())
                .map(|q| {
                    let counts =
                        self.questions[q].measure == Measure::Incidents && masks.incidents[q] >> incident & 1 == 1;
                    i64::from(counts && of_person[q] && with[q])
                })
                .collect();
            if adds.iter().all(|adds| *adds == 0) {
                continue;
            }
            self.needs.push((self.columns.len(), needs));
            self.columns.push(column);
            self.adds.iter_mut().zip(adds).for_each(|(own, adds)| own.push(adds));
        }
    }

    fn bound(&mut self) {
        self.most = vec![MANY; self.columns.len()];
        for (q, answer) in &self.rows {
            for (most, adds) in self.most.iter_mut().zip(&self.adds[*q]).filter(|(_, adds)| **adds > 0) {
                *most = (*most).min(answer / adds);
            }
        }
        for (further, needs) in &self.needs {
            if needs.iter().all(|needed| self.most[*needed] == 0) {
                self.most[*further] = 0;
            }
        }
    }

    pub fn question(&self, asked: &Asked) -> usize {
        self.by_question[asked]
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Whether two questions ask the same, whatever the data.
    pub fn are_the_same(&self, one: usize, other: usize) -> bool {
        self.adds[one] == self.adds[other]
    }

    pub fn answer(&self, q: usize, point: &Point) -> i64 {
        point.iter().map(|(column, number)| self.adds[q][*column] * number).sum()
    }

    /// Whether a point agrees with everything published, reckoned in whole numbers.
    pub fn agrees(&self, point: &Point) -> bool {
        let there = |column: &usize| point.get(column).is_some_and(|number| *number > 0);
        point.values().all(|number| *number >= 0)
            && self.rows.iter().all(|(q, answer)| self.answer(*q, point) == *answer)
            && self.needs.iter().all(|(further, needs)| !there(further) || needs.iter().any(there))
    }

    /// Where data lie in the system.
    pub fn point(&self, schema: &Schema, people: &[Person]) -> Point {
        let columns: HashMap<_, _> = self.columns.iter().zip(0..).collect();
        let mut point = Point::new();
        for person in people {
            let class = self.classes.0[schema.persons.iter().position(|values| *values == person.values).unwrap()];
            let own = person.incidents.iter().map(|incident| {
                self.classes.1[schema.incidents.iter().position(|values| *values == incident.values).unwrap()]
            });
            let own: Vec<_> = own.collect();
            let incidents = own.iter().fold(0, |set, incident| set | 1 << incident);
            *point.entry(columns[&Column::Persons { class, incidents }]).or_default() += 1;
            let has = |kind: &String| person.incidents.iter().any(|incident| incident.values["kind"].contains(kind));
            let with: Vec<_> = self.questions.iter().map(|q| q.with.iter().all(has)).collect();
            let distinct: BTreeSet<_> = own.iter().copied().collect();
            for incident in distinct {
                let further = Column::Further { class, with: with.clone(), incident };
                let more = own.iter().filter(|other| **other == incident).count() as i64 - 1;
                if let Some(column) = columns.get(&further).filter(|_| more > 0) {
                    *point.entry(*column).or_default() += more;
                }
            }
        }
        point
    }
}

/// What cannot be told apart by any question is one class.
fn classes(rows: impl Iterator<Item = Vec<bool>>) -> Vec<(usize, Vec<bool>)> {
    let mut seen: HashMap<Vec<bool>, usize> = HashMap::new();
    rows.map(|row| {
        let next = seen.len();
        (*seen.entry(row.clone()).or_insert(next), row)
    })
    .collect()
}

/// By question the classes of incidents that it counts, and those of which `with` asks one each, as bits.
struct Masks {
    incidents: Vec<u32>,
    with: Vec<Vec<u32>>,
}

impl Masks {
    fn new(
        questions: &[Asked],
        classes: &[(usize, Vec<bool>)],
        incidents: &[attest::domain::release::people::Values],
    ) -> Self {
        let bits = |of: &dyn Fn(usize) -> bool| {
            classes.iter().enumerate().filter(|(at, _)| of(*at)).fold(0, |bits, (_, (class, _))| bits | 1 << class)
        };
        let of_kind = |kind: &String| bits(&|at| incidents[at]["kind"].contains(kind));
        Self {
            incidents: questions.iter().map(|q| bits(&|at| q.of_incident(&incidents[at]))).collect(),
            with: questions.iter().map(|q| q.with.iter().map(of_kind).collect()).collect(),
        }
    }

    fn with(&self, set: u32) -> Vec<bool> {
        self.with.iter().map(|kinds| kinds.iter().all(|kind| kind & set != 0)).collect()
    }

    fn adds(&self, asked: &Asked, q: usize, set: u32) -> i64 {
        let counted = set & self.incidents[q];
        match asked.measure {
            Measure::Incidents => counted.count_ones().into(),
            Measure::Persons if !asked.asks_of_incidents() => 1,
            Measure::Persons if set == 0 => asked.counts_nothing_happened().into(),
            Measure::Persons => (counted != 0).into(),
        }
    }
}
