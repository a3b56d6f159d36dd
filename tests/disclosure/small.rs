//! Small worlds, written down whole: every data set of up to eight persons is masked, and every data set that agrees with what is
//! published is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use attest::domain::aggregate::{Measure, Query, Totals};
use attest::domain::dimension::dimension;
use attest::domain::release::content::{Axis, Thresholds, Value};
use attest::domain::release::declare::TableSpec;
use attest::domain::release::mask;
use attest::domain::release::people::{Incident, Person, Values};

use super::findings::run;
use super::public::Masker;
use super::schema::{Schema, crossed, single};
use super::world::{Known, Wave, World, asked};

/// A world so small that all its data sets can be written down.
struct Small {
    name: &'static str,
    schema: Schema,
    /// The most persons of a data set that is masked, and every person of it.
    persons: usize,
    kinds: Vec<Person>,
    /// Those that agree with it may have more persons, where their number is not published, and more incidents.
    wider: (usize, Vec<Person>),
    tables: Vec<TableSpec>,
}

pub fn spec(schema: &Schema, code: &str, measure: Measure, by: &[&'static str]) -> TableSpec {
    let axis = |name: &&'static str| {
        let dimension = dimension(name).unwrap();
        let mut codes: Vec<String> = schema.codes[name].iter().map(|code| (*code).to_owned()).collect();
        if dimension.level.is_incident() && measure == Measure::Persons {
            codes.push("_Z".to_owned());
        }
        let query =
            Query { measure, by: Vec::new(), filters: BTreeMap::new(), with: Default::default(), totals: Totals::All };
        let additive = query.is_additive(dimension);
        (dimension, Axis { dimension: (*name).to_owned(), vocabulary: None, codes, pooled: Vec::new(), additive })
    };
    TableSpec {
        code: code.to_owned(),
        title: BTreeMap::new(),
        measure,
        by: by.iter().map(axis).collect(),
        filters: BTreeMap::new(),
        with: Default::default(),
    }
}

/// Every person with none to so many incidents of each kind.
pub fn kinds(schema: &Schema, most: usize) -> Vec<Person> {
    let plain = schema.persons.iter().map(|values| Person { values: values.clone(), incidents: Vec::new() });
    schema.incidents.iter().fold(plain.collect(), |people, values| {
        let more = |person: Person| {
            (0..=most).map(move |number| {
                let mut person = person.clone();
                person.incidents.extend(vec![Incident { values: values.clone() }; number]);
                person
            })
        };
        people.into_iter().flat_map(more).collect()
    })
}

fn worlds() -> Vec<Small> {
    let none = [Values::new()];
    let sexes = crossed(&none, "sex", &single(&["_U", "F"]));
    let grounds = crossed(&none, "ground", &single(&["_U", "detained_tortured"]));
    let kinds_of = |codes: &[&str]| crossed(&none, "kind", &single(codes));
    let (persons, incidents) = (Measure::Persons, Measure::Incidents);
    let mut worlds = Vec::new();
    // The most persons and incidents of each kind, in what is masked and in what may agree with it.
    let mut add = |name, schema: Schema, most: [(usize, usize); 2], tables: &[(Measure, &[&'static str])]| {
        let [own, wider] = most.map(|(persons, each)| (persons, kinds(&schema, each)));
        let spec =
            |(at, (measure, by)): (usize, &(Measure, &[&'static str]))| spec(&schema, &format!("t{at}"), *measure, by);
        let tables = tables.iter().enumerate().map(spec).collect();
        worlds.push(Small { name, persons: own.0, kinds: own.1, wider, schema, tables });
    };
    let all = crossed(&sexes, "ground", &single(&["_U", "detained_tortured", "relative_of_victim"]));
    let schema = Schema::new(all, vec![]);
    add("sex by ground", schema.clone(), [(8, 0), (11, 0)], &[(persons, &["sex", "ground"])]);
    add("sex, ground", schema, [(8, 0), (11, 0)], &[(persons, &["sex"]), (persons, &["ground"])]);
    let schema = Schema::new(sexes.clone(), kinds_of(&["_U", "detention"]));
    add("sex by kind, kinds overlap", schema, [(8, 1), (11, 1)], &[(persons, &["sex", "kind"])]);
    let schema = Schema::new(grounds, kinds_of(&["_U", "detention"]));
    let tables: &[(Measure, &[&'static str])] = &[(persons, &["ground", "kind"]), (incidents, &["ground"])];
    add("ground by kind, incidents by ground", schema, [(6, 1), (6, 2)], tables);
    let schema = Schema::new(sexes, kinds_of(&["detention"]));
    add("persons and incidents by sex", schema, [(8, 2), (8, 4)], &[(persons, &["sex"]), (incidents, &["sex"])]);
    let schema = Schema::new(none.to_vec(), kinds_of(&["_U", "detention"]));
    add("persons and incidents by kind", schema, [(6, 2), (6, 3)], &[(persons, &["kind"]), (incidents, &["kind"])]);
    worlds
}

/// A data set: how many there are of each kind of person; and its number in every cell.
struct Data {
    numbers: Vec<usize>,
    cells: Vec<u8>,
}

/// Every data set of up to so many persons.
fn all(adds: &[Vec<u8>], most: usize) -> Vec<Data> {
    let width = adds.first().map_or(0, Vec::len);
    let mut found = vec![Data { numbers: Vec::new(), cells: vec![0; width] }];
    for adds in adds {
        let longer = |data: &Data| {
            let left = most - data.numbers.iter().sum::<usize>();
            let of = |number: usize| Data {
                numbers: data.numbers.iter().copied().chain([number]).collect(),
                cells: data.cells.iter().zip(adds).map(|(own, add)| own + add * number as u8).collect(),
            };
            (0..=left).map(of).collect::<Vec<_>>()
        };
        found = found.iter().flat_map(longer).collect();
    }
    found
}

/// What is published of a data set: a number a cell, or nothing.
type Answers = Vec<Option<u8>>;

fn answers(small: &Small, data: &Data, masker: Masker<'_>) -> Option<Answers> {
    let people = small.kinds.iter().zip(&data.numbers).flat_map(|(person, number)| vec![person.clone(); *number]);
    let wave = Wave { people: people.collect(), tables: small.tables.clone(), signed: Vec::new(), known: Known::new() };
    let world = World { schema: small.schema.clone(), thresholds: Thresholds::LOWEST, waves: Vec::new() };
    let masked = masker(&wave.input(&world, &[])).ok()?;
    let said = |value: Value| value.count().map(|count| count.least() as u8);
    Some(masked.tables.iter().flat_map(|table| &table.cells).map(|cell| said(cell.value)).collect())
}

/// What came of a small world.
#[derive(Debug, Default)]
pub struct Outcome {
    pub data_sets: usize,
    pub blocked: usize,
    pub answers: usize,
    pub withheld: usize,
    /// Withheld cells with too few values, with the answers.
    pub narrow: Vec<String>,
    /// Those with too few values for who also knows which cells the mask would have withheld of each data set.
    pub narrow_by_pattern: usize,
}

fn check(small: &Small, masker: Masker<'_>) -> Outcome {
    let cells: Vec<_> =
        small.tables.iter().flat_map(|table| table.positions().into_iter().map(move |at| (table, at))).collect();
    let units = |person: &Person| {
        cells.iter().map(|(table, at)| asked(&table.question(at)).units(person) as u8).collect::<Vec<_>>()
    };
    let adds = |kinds: &[Person]| kinds.iter().map(units).collect::<Vec<_>>();
    let world = all(&adds(&small.kinds), small.persons);
    let wider = all(&adds(&small.wider.1), small.wider.0);
    let said = std::sync::Mutex::new(HashMap::<Answers, Vec<usize>>::new());
    run(0..world.len() as u64, |at, report| match answers(small, &world[at as usize], masker) {
        Some(answers) => said.lock().unwrap().entry(answers).or_default().push(at as usize),
        None => report.blocked += 1,
    });
    let said = said.into_inner().unwrap();
    let rules: Vec<_> = cells.iter().map(|(table, _)| Thresholds::LOWEST.of(table.measure) as u8).collect();
    let mut outcome = Outcome { data_sets: world.len(), answers: said.len(), ..Outcome::default() };
    outcome.blocked = world.len() - said.values().map(Vec::len).sum::<usize>();
    let patterns: BTreeSet<Vec<bool>> =
        said.keys().map(|answers| answers.iter().map(Option::is_some).collect()).collect();
    let patterns = by_pattern(&wider, patterns.into_iter().collect());
    for (answers, who) in &said {
        let pattern: Vec<_> = answers.iter().map(Option::is_some).collect();
        let published: Vec<_> = answers.iter().copied().flatten().collect();
        let ranges = &patterns[&pattern][&published];
        let same = range(who.iter().map(|at| &world[*at].cells));
        for cell in (0..cells.len()).filter(|cell| answers[*cell].is_none()) {
            outcome.withheld += 1;
            if ranges[cell].1 - ranges[cell].0 < rules[cell] {
                let (table, at) = (&cells[cell].0.code, &cells[cell].1);
                outcome.narrow.push(format!("{}: {table} {at:?} {:?} of {answers:?}", small.name, ranges[cell]));
            }
            outcome.narrow_by_pattern += usize::from(same[cell].1 - same[cell].0 < rules[cell]);
        }
    }
    println!(
        "{}: {} data sets, {} blocked, {} different answers, {} withheld cells, {} narrow, {} narrow where the choice of cells tells",
        small.name,
        outcome.data_sets,
        outcome.blocked,
        outcome.answers,
        outcome.withheld,
        outcome.narrow.len(),
        outcome.narrow_by_pattern
    );
    outcome
}

/// By what is published the least and the most of every cell.
type Ranges = HashMap<Vec<u8>, Vec<(u8, u8)>>;

/// By which cells are published, on two threads.
fn by_pattern(world: &[Data], patterns: Vec<Vec<bool>>) -> HashMap<Vec<bool>, Ranges> {
    let all = |patterns: &[Vec<bool>]| -> Vec<_> {
        patterns.iter().map(|pattern| (pattern.clone(), ranges(world, pattern))).collect()
    };
    let (one, other) = patterns.split_at(patterns.len() / 2);
    std::thread::scope(|scope| {
        let one = scope.spawn(|| all(one));
        let other = all(other);
        one.join().unwrap().into_iter().chain(other).collect()
    })
}

/// By what is published at these cells the least and the most of every cell.
fn ranges(world: &[Data], pattern: &[bool]) -> Ranges {
    let mut found = Ranges::new();
    for data in world {
        let published = data.cells.iter().zip(pattern).filter(|(_, shown)| **shown).map(|(own, _)| *own).collect();
        let own = found.entry(published).or_insert_with(|| data.cells.iter().map(|own| (*own, *own)).collect());
        for ((low, high), value) in own.iter_mut().zip(&data.cells) {
            *low = (*low).min(*value);
            *high = (*high).max(*value);
        }
    }
    found
}

fn range<'c>(cells: impl Iterator<Item = &'c Vec<u8>>) -> Vec<(u8, u8)> {
    let mut found: Vec<(u8, u8)> = Vec::new();
    for cells in cells {
        found.resize(cells.len(), (u8::MAX, 0));
        for ((low, high), value) in found.iter_mut().zip(cells) {
            *low = (*low).min(*value);
            *high = (*high).max(*value);
        }
    }
    found
}

#[test]
fn in_small_worlds_every_withheld_cell_takes_as_many_values_as_the_rule_asks() {
    let masker: Masker<'_> = &|input| mask::mask(input, &mut |_, _, _| {});
    for small in worlds() {
        let outcome = check(&small, masker);
        assert!(
            outcome.narrow.is_empty(),
            "{} cells: {:#?}",
            outcome.narrow.len(),
            &outcome.narrow[..outcome.narrow.len().min(5)]
        );
        assert!(outcome.blocked * 2 < outcome.data_sets, "it blocks nearly everything");
        assert!(outcome.withheld > 0 && outcome.answers > 10, "nothing to see");
    }
}

#[test]
fn a_threshold_alone_falls_in_small_worlds() {
    for small in worlds().into_iter().take(3) {
        assert!(!check(&small, &super::teeth::threshold_only).narrow.is_empty(), "{} holds", small.name);
    }
}
