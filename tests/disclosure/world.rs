//! Random data sets with up to three releases each, skewed so that small cells are common, and random declarations.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::aggregate::{Measure, Query, Totals};
use attest::domain::count::{Bound, Count};
use attest::domain::dimension::dimension;
use attest::domain::release::content::{Axis, Content, FORMAT, SignedFigure, Thresholds};
use attest::domain::release::declare::TableSpec;
use attest::domain::release::mask::{Input, Masked, Signed};
use attest::domain::release::people::{Incident, Person};

use super::asked::{self, Asked};
use super::dice::Dice;
use super::schema::Schema;

/// What reconstructed records give, by table and place in it.
pub type Known = BTreeMap<(usize, Vec<String>), Count>;

/// A data set and what is released of it.
#[derive(Debug, Clone)]
pub struct World {
    pub schema: Schema,
    pub thresholds: Thresholds,
    pub waves: Vec<Wave>,
}

/// The records at the time of one release, and its declaration.
#[derive(Debug, Clone)]
pub struct Wave {
    pub people: Vec<Person>,
    pub tables: Vec<TableSpec>,
    pub signed: Vec<Signed>,
    pub known: Known,
}

impl Wave {
    /// What is given to the mask.
    pub fn input<'w>(&'w self, world: &'w World, earlier: &'w [Content]) -> Input<'w> {
        Input {
            tables: &self.tables,
            thresholds: world.thresholds,
            vocabulary: &world.schema.vocabulary,
            people: &self.people,
            known: &self.known,
            signed: &self.signed,
            earlier,
        }
    }

    /// What everybody reads when it is published.
    pub fn content(&self, number: usize, thresholds: Thresholds, masked: Masked) -> Content {
        let day = chrono::NaiveDate::from_ymd_opt(2018, 4, 3).unwrap() + chrono::Days::new(30 * number as u64);
        let figure = |(signed, computed): (&Signed, Count)| SignedFigure {
            id: signed.id.clone(),
            measure: signed.query.measure,
            query: signed.query.canonical(),
            value: 0,
            qualifier: attest::domain::count::Qualifier::Exact,
            as_of: day,
            computed,
            reconstructed: asked::number(signed.known),
        };
        Content {
            format: FORMAT.to_owned(),
            id: format!("r{number}"),
            title: BTreeMap::new(),
            publisher: "Network".to_owned(),
            date: day,
            as_of: day,
            at_write: 100 * (number as i64 + 1),
            thresholds,
            signatures: 1,
            tables: masked.tables,
            figures: self.signed.iter().zip(masked.computed).map(figure).collect(),
            terms: BTreeMap::new(),
        }
    }
}

/// Which of the public questions a cell of a declared table is.
pub fn asked(query: &Query) -> Asked {
    let filters = query.filters.iter().map(|(name, codes)| ((*name).to_owned(), codes.clone())).collect();
    Asked { measure: query.measure, filters, with: query.with.clone() }
}

impl World {
    pub fn random(seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        let schema = Schema::random(dice);
        let thresholds = match dice.below(6) {
            0 => Thresholds::LOWEST,
            1 => Thresholds { persons: 4, incidents: 3 },
            _ => Thresholds::default(),
        };
        let odds = Odds::random(&schema, dice);
        let mut people: Vec<_> = (0..dice.between(20, 80)).map(|_| odds.person(&schema, dice)).collect();
        let reconstructed: Vec<_> = match dice.below(4) {
            0 => (0..dice.between(5, 60)).map(|_| odds.person(&schema, dice)).collect(),
            _ => Vec::new(),
        };
        let mut tables = tables(&schema, dice);
        let mut waves: Vec<Wave> = Vec::new();
        for number in 0..dice.between(1, 3) {
            if number > 0 {
                odds.change(&schema, &mut people, dice);
                if dice.below(3) == 0 {
                    redeclare(&schema, &mut tables, dice);
                }
            }
            let known = known(&tables, &reconstructed, dice);
            let signed = signed(&schema, &reconstructed, dice);
            waves.push(Wave { people: people.clone(), tables: tables.clone(), signed, known });
        }
        Self { schema, thresholds, waves }
    }
}

/// How often each value is, the first much oftener than the last.
struct Odds {
    persons: Vec<usize>,
    incidents: Vec<usize>,
}

fn skewed(number: usize, dice: &mut Dice) -> Vec<usize> {
    let order = dice.draw(&(0..number).collect::<Vec<_>>(), number);
    let steep = dice.between(1, 3) as u32;
    order.into_iter().map(|rank| 600 / (rank + 1).pow(steep) + 1).collect()
}

fn pick(weights: &[usize], dice: &mut Dice) -> usize {
    let mut left = dice.below(weights.iter().sum());
    weights.iter().position(|weight| left.checked_sub(*weight).map(|rest| left = rest).is_none()).unwrap()
}

impl Odds {
    fn random(schema: &Schema, dice: &mut Dice) -> Self {
        Self { persons: skewed(schema.persons.len(), dice), incidents: skewed(schema.incidents.len(), dice) }
    }

    fn person(&self, schema: &Schema, dice: &mut Dice) -> Person {
        let values = schema.persons[pick(&self.persons, dice)].clone();
        let number = [0, 1, 1, 1, 2, 2, 3][dice.below(7)];
        Person { values, incidents: (0..number).map(|_| self.incident(schema, dice)).collect() }
    }

    fn incident(&self, schema: &Schema, dice: &mut Dice) -> Incident {
        Incident { values: schema.incidents[pick(&self.incidents, dice)].clone() }
    }

    /// Some persons are added, some removed, some corrected; now and then many, now and then none.
    fn change(&self, schema: &Schema, people: &mut Vec<Person>, dice: &mut Dice) {
        let most = [0, 2, 3, 6, 20][dice.below(5)];
        for _ in 0..dice.between(0, most) {
            people.push(self.person(schema, dice));
        }
        for _ in 0..dice.between(0, most.min(4)) {
            let at = dice.below(people.len());
            people.swap_remove(at);
        }
        for _ in 0..dice.between(0, most.min(4)) {
            let at = dice.below(people.len());
            match dice.below(3) {
                0 => people[at].values = schema.persons[pick(&self.persons, dice)].clone(),
                1 => people[at].incidents.push(self.incident(schema, dice)),
                _ => drop(people[at].incidents.pop()),
            }
        }
    }
}

fn measure(dice: &mut Dice) -> Measure {
    if dice.below(10) < 7 { Measure::Persons } else { Measure::Incidents }
}

fn tables(schema: &Schema, dice: &mut Dice) -> Vec<TableSpec> {
    let mut tables = Vec::new();
    for number in 0..dice.between(1, 5) {
        tables.push(table(schema, number, dice));
    }
    tables
}

/// A later release declares other tables.
fn redeclare(schema: &Schema, tables: &mut Vec<TableSpec>, dice: &mut Dice) {
    match dice.below(3) {
        0 if tables.len() > 1 => drop(tables.remove(dice.below(tables.len()))),
        1 => {
            let at = dice.below(tables.len());
            tables[at] = table(schema, 20 + at, dice);
        }
        _ => tables.push(table(schema, 10 + tables.len(), dice)),
    }
}

fn table(schema: &Schema, number: usize, dice: &mut Dice) -> TableSpec {
    let measure = measure(dice);
    let dimensions: Vec<_> = schema.codes.keys().copied().collect();
    let number_of = [1, 1, 2, 2, 2, 3][dice.below(6)].min(dimensions.len());
    let mut by: Vec<(&'static str, Axis)> = Vec::new();
    let mut cells = 1;
    for name in dice.draw(&dimensions, number_of) {
        let axis = axis(schema, name, measure, dice);
        cells *= axis.codes.len() + 1;
        if cells <= 80 {
            by.push((name, axis));
        }
    }
    let mut filters = BTreeMap::new();
    // A declaration that narrows a table by time is refused.
    let of_time = |name: &str| matches!(name, "year" | "quarter");
    let unused = |name: &&str| !of_time(name) && by.iter().all(|(own, _)| own != name);
    let rest: Vec<_> = dimensions.into_iter().filter(unused).collect();
    if !rest.is_empty() && dice.below(4) == 0 {
        filters.extend(filter(schema, rest[dice.below(rest.len())], dice));
    }
    let with =
        if dice.below(8) == 0 && schema.codes.contains_key("kind") { with(schema, dice) } else { BTreeSet::new() };
    let by = by.into_iter().map(|(name, axis)| (dimension(name).unwrap(), axis)).collect();
    let code = format!("t{number}");
    TableSpec { code, title: BTreeMap::new(), measure, by, filters, with }
}

fn axis(schema: &Schema, name: &'static str, measure: Measure, dice: &mut Dice) -> Axis {
    let dimension = dimension(name).unwrap();
    let special = |code: &String| code.starts_with('_');
    let mut codes: Vec<String> =
        schema.codes[name].iter().map(|code| (*code).to_owned()).filter(|code| !special(code)).collect();
    // Everything has its cell: what has no code of its own is in `_O`. Of time that is all but some buckets.
    let mut pooled: Vec<String> =
        codes.iter().filter(|code| code.starts_with("2016") || code.starts_with("2015")).cloned().collect();
    codes.retain(|code| !pooled.contains(code));
    if codes.len() > 2 && dice.below(4) == 0 {
        let some = dice.draw(&codes, 2);
        codes.retain(|code| !some.contains(code));
        pooled.extend(some);
    }
    codes.extend(["_O".to_owned(), "_U".to_owned()]);
    if dimension.level.is_incident() && measure == Measure::Persons {
        codes.push("_Z".to_owned());
    }
    let additive =
        Query { measure, by: vec![dimension], filters: BTreeMap::new(), with: BTreeSet::new(), totals: Totals::All }
            .is_additive(dimension);
    Axis { dimension: name.to_owned(), vocabulary: None, codes, pooled, additive }
}

fn filter(schema: &Schema, name: &'static str, dice: &mut Dice) -> Option<(&'static str, BTreeSet<String>)> {
    // What stands for all years that nobody names is not named.
    let codes: Vec<_> = schema.codes[name].iter().copied().filter(|code| !code.starts_with("2015")).collect();
    let number = dice.between(1, (codes.len() - 1).max(1));
    Some((name, dice.draw(&codes, number).into_iter().map(str::to_owned).collect()))
}

fn with(schema: &Schema, dice: &mut Dice) -> BTreeSet<String> {
    let kinds = &schema.codes["kind"];
    let number = dice.between(1, 2.min(kinds.len()));
    dice.draw(kinds, number).into_iter().map(str::to_owned).collect()
}

fn counted(query: &Query, people: &[Person]) -> u64 {
    people.iter().map(|person| asked(query).units(person)).sum()
}

/// What the reconstructed records give for every cell; now and then only an interval of it.
fn known(tables: &[TableSpec], reconstructed: &[Person], dice: &mut Dice) -> Known {
    let mut known = Known::new();
    for (number, table) in tables.iter().enumerate().filter(|_| !reconstructed.is_empty()) {
        let strict = dice.below(3) > 0;
        for at in table.positions() {
            let value = counted(&table.question(&at), reconstructed);
            let count = match dice.below(6) {
                0 if !strict => Count::NotAttested { low: value / 2, high: value + 3 },
                1 if !strict && value > 0 => Count::Attested { value, bound: Bound::AtLeast },
                _ => Count::exact(value),
            };
            known.insert((number, at), count);
        }
    }
    known
}

fn signed(schema: &Schema, reconstructed: &[Person], dice: &mut Dice) -> Vec<Signed> {
    let number = [0, 0, 0, 1, 1, 2][dice.below(6)];
    let names: Vec<_> = schema.codes.keys().copied().collect();
    let mut signed = Vec::new();
    for number in 0..number {
        let number_of = dice.below(3.min(names.len() + 1));
        let filters: BTreeMap<_, _> =
            dice.draw(&names, number_of).into_iter().filter_map(|name| filter(schema, name, dice)).collect();
        let with =
            if dice.below(6) == 0 && schema.codes.contains_key("kind") { with(schema, dice) } else { BTreeSet::new() };
        let query = Query { measure: measure(dice), by: Vec::new(), filters, with, totals: Totals::Grand };
        let known = Count::exact(counted(&query, reconstructed));
        signed.push(Signed { id: format!("p:f{number}"), query, known });
    }
    signed
}
