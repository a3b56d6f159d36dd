//! Some years of an office: four releases, between which one person changes, then up to three, then many come.

use std::collections::BTreeMap;

use attest::domain::count::Count;
use attest::domain::release::content::{Content, Table};
use chrono::TimeDelta;
use serde_json::Value as Json;

use super::office::{Office, declaration, tables};
use super::people::{Cell, Change, Condition, Person};
use crate::disclosure::decoded;
use crate::disclosure::dice::Dice;
use crate::support::App;

/// What an office will do.
pub struct Plan {
    first: Vec<Person>,
    /// Before each release but the first.
    changes: Vec<Vec<Change>>,
    tables: Vec<Json>,
    /// A table that is declared with the third release and not before.
    late: Json,
}

/// A release, and who was there when it was made.
pub struct Round {
    pub people: Vec<Person>,
    /// How many have changed since the first release, at most.
    pub changed: usize,
    pub content: Content,
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        let number = dice.between(60, 400);
        let first = Person::several(0, number, dice);
        let mut people = first.clone();
        let mut changes = Vec::new();
        for number in [1, dice.below(4)] {
            let several = (0..number).map(|_| {
                let change = Change::random(&people, dice);
                change.apply(&mut people);
                change
            });
            changes.push(several.collect());
        }
        let number = dice.between(15, 60);
        let many = Person::several(people.len(), number, dice);
        changes.push(many.into_iter().map(Change::Added).collect());
        let mut tables = tables();
        let late = tables.remove(dice.below(tables.len()));
        Self { first, changes, tables, late }
    }

    /// Where the one person stands who changes before the second release.
    pub fn changed(&self) -> Cell {
        self.changes[0][0].cell(&self.first)
    }

    /// Who is there when each release is made.
    pub fn people(&self) -> Vec<Vec<Person>> {
        let mut all = vec![self.first.clone()];
        for changes in &self.changes {
            let mut people = all[all.len() - 1].clone();
            changes.iter().for_each(|change| change.apply(&mut people));
            all.push(people);
        }
        all
    }

    /// Lives it over HTTP.
    pub fn live(&self, app: &App) -> Vec<Round> {
        let office = Office::open(app);
        let mut people = self.first.clone();
        office.enter(&people);
        let (mut rounds, mut changed) = (Vec::new(), 0);
        for number in 0..=self.changes.len() {
            if let Some(changes) = number.checked_sub(1).map(|at| &self.changes[at]) {
                app.clock.advance(TimeDelta::days(30));
                let come = changes.iter().filter_map(|change| match change {
                    Change::Added(person) => Some(person.clone()),
                    _ => None,
                });
                office.enter(&come.collect::<Vec<_>>());
                for change in changes.iter().filter(|change| !matches!(change, Change::Added(_))) {
                    office.make(&people, change);
                }
                changes.iter().for_each(|change| change.apply(&mut people));
                changed += changes.len();
            }
            let late = (number >= 2).then(|| self.late.clone());
            let tables: Vec<_> = self.tables.iter().cloned().chain(late).collect();
            let content = office.release(&declaration(&format!("r{number}"), &tables, &[]));
            rounds.push(Round { people: people.clone(), changed, content });
        }
        rounds
    }
}

/// What a release tells: by condition the number, and the release that told it first. All tables say the same of a condition.
pub fn told(content: &Content) -> BTreeMap<Condition, (u64, String)> {
    let mut told = BTreeMap::new();
    for table in &content.tables {
        let cells = table.cells.iter().filter_map(|cell| {
            let Count::Attested { value, .. } = cell.value.count()? else { panic!("of case files: {cell:?}") };
            Some((Condition::of_cell(table, &cell.at), value, &cell.as_of_release))
        });
        let sums = table.sums.iter().map(|sum| (Condition::of_sum(table, sum), sum.count, &sum.as_of_release));
        for (condition, value, release) in cells.chain(sums) {
            let said = (value, release.clone().unwrap_or_else(|| content.id.clone()));
            let other = told.insert(condition.clone(), said.clone());
            assert!(other.is_none_or(|other| other == said), "{}: {condition:?} has two numbers", content.id);
        }
    }
    told
}

/// By table and place what a release says, whenever it was told.
pub fn shown(content: &Content) -> BTreeMap<(String, Vec<String>), Option<u64>> {
    let cells = content.tables.iter().flat_map(|table| table.cells.iter().map(|cell| (table.code.clone(), cell)));
    cells.map(|(code, cell)| ((code, cell.at.clone()), cell.value.count().map(Count::least))).collect()
}

/// Every format of every table says what the frozen content says. Gives how many were read.
pub fn read_formats(app: &App, content: &Content) -> usize {
    let mut read = 0;
    for table in &content.tables {
        let names: Vec<_> = table.axes.iter().map(|axis| axis.dimension.as_str()).collect();
        let cells: Vec<_> = table.cells.iter().map(|cell| (cell.at.clone(), cell.value)).collect();
        let standing: Vec<_> = table.cells.iter().map(|cell| cell.as_of_release.clone().unwrap_or_default()).collect();
        let here = format!("/api/v1/releases/{}", content.id);
        let question = format!("?measure={}&by={}&totals=all", table.measure.name(), names.join(","));
        for (path, question) in
            [(format!("{here}/tables/{}", table.code), ""), (format!("{here}/aggregates"), question.as_str())]
        {
            let mut text = |suffix: &str| {
                read += 1;
                app.anybody().get(&format!("{path}.{suffix}{question}")).expect(200).text()
            };
            let json = text("json");
            assert_eq!((decoded::json(&json), of_json(&json)), (cells.clone(), standing.clone()), "{path}");
            let csv = text("csv");
            assert_eq!((decoded::csv(&csv, &names), of_csv(&csv)), (cells.clone(), standing.clone()), "{path}");
            let stat = text("jsonstat");
            assert_eq!((decoded::jsonstat(&stat), of_jsonstat(&stat)), (cells.clone(), standing.clone()), "{path}");
            if table.axes.len() < 3 {
                picture(table, &text("vl.json"));
                assert!(text("svg").contains("<svg"));
            }
        }
    }
    read
}

/// By row the earlier release that told it.
fn of_json(text: &str) -> Vec<String> {
    let answer: Json = serde_json::from_str(text).unwrap();
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.map(|row| row["as_of_release"].as_str().unwrap_or_default().to_owned()).collect()
}

fn of_csv(text: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.deserialize::<BTreeMap<String, String>>().map(|row| row.unwrap()["as_of_release"].clone()).collect()
}

fn of_jsonstat(text: &str) -> Vec<String> {
    let answer: Json = serde_json::from_str(text).unwrap();
    let said = &answer["extension"]["as_of_release"];
    let cells = answer["value"].as_array().unwrap().len();
    (0..cells).map(|at| said[at.to_string()].as_str().unwrap_or_default().to_owned()).collect()
}

/// A picture has no number that the table has not, and not one of a cell that is withheld.
fn picture(table: &Table, text: &str) {
    let chart: Json = serde_json::from_str(text).unwrap();
    let rows = chart["data"]["values"].as_array().unwrap();
    let inner = table.cells.iter().filter(|cell| cell.at.iter().all(|code| code != "_T"));
    let mut meant: Vec<_> = inner.map(|cell| cell.value.count().map(Count::least)).collect();
    let mut drawn: Vec<_> = rows.iter().map(|row| row["count"].as_u64()).collect();
    assert!(rows.iter().all(|row| row["count"].is_null() == (row["conf_status"] == "C")), "{text}");
    meant.sort_unstable();
    drawn.sort_unstable();
    assert_eq!(drawn, meant, "{}", table.code);
}

/// What a release says but for its name, its days and which releases told what stands.
pub fn alike(content: &Content) -> Content {
    let mut alike = content.clone();
    (alike.id, alike.date, alike.as_of) = Default::default();
    for table in &mut alike.tables {
        table.cells.iter_mut().for_each(|cell| cell.as_of_release = None);
        table.sums.iter_mut().for_each(|sum| sum.as_of_release = None);
    }
    alike
}
