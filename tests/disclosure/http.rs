//! The attacker over HTTP: he fetches every table of every release in every format, and every slice; sees that they say the same;
//! and rebuilds his system from the JSON.

use attest::domain::aggregate::Measure;
use attest::domain::count::Count;
use attest::domain::dimension::dimension;
use attest::domain::release::content::{Content, Table, Value};
use attest::domain::release::declare::TableSpec;
use chrono::TimeDelta;
use serde_json::json;

use super::attack::attack;
use super::decoded;
use super::dice::Dice;
use super::findings::{Finding, Report};
use super::http_office::{
    Entered, GROUNDS, KINDS, correct, declaration, happened, publication, random, release, schema, table,
};
use super::public::Public;
use super::rule::harms;
use super::world::{Known, Wave, World};
use crate::support::{App, Backend, Data, Home, run_app};

#[test]
fn nothing_harmful_is_public_in_10_data_sets_on_sqlite() {
    run_app(Backend::Sqlite, Data::Empty, "assault", |first| {
        let mut total = Total::default();
        total.add(first, 0);
        for seed in 1..10 {
            total.add(&App::start(&Home::new(Backend::Sqlite, Data::Empty)), seed);
        }
        total.is_enough(10);
    });
}

#[test]
fn nothing_harmful_is_public_in_3_data_sets_on_postgres() {
    run_app(Backend::Postgres, Data::Empty, "assault", |first| {
        let mut total = Total::default();
        total.add(first, 10);
        for seed in 11..13 {
            total.add(&App::start(&Home::new(Backend::Postgres, Data::Empty)), seed);
        }
        total.is_enough(3);
    });
}

/// What was done with all data sets.
#[derive(Default)]
struct Total {
    report: Report,
    fetched: usize,
    slices: usize,
    signed: usize,
    /// Whether he won where one cell more was told.
    bitten: bool,
}

/// Tells one cell that was withheld and is not small itself, and gives whether what somebody is harmed by follows from it.
fn bites(world: &World, mut public: Vec<Public<'_>>) -> bool {
    let last = public.len() - 1;
    let told = public[last].cells().filter_map(|(table, at, asked, own)| {
        let count = public[last].count(&asked);
        (own.is_none() && count >= public[last].rule(table.measure)).then(|| (table.code.clone(), at.clone(), count))
    });
    let told: Vec<_> = told.collect();
    told.into_iter().any(|(code, at, count)| {
        let before = public[last].content.clone();
        let tables = public[last].content.tables.iter_mut().filter(|table| table.code == code);
        for cell in tables.flat_map(|table| &mut table.cells).filter(|cell| cell.at == at) {
            cell.value = Value::Free(Count::exact(count as u64));
        }
        let findings = attack(world, &public, &mut Report::default());
        public[last].content = before;
        findings.iter().any(|finding| harms(finding) && matches!(finding, Finding::Narrow { .. }))
    })
}

impl Total {
    fn add(&mut self, app: &App, seed: u64) {
        let (waves, contents) = live(app, &mut Dice::new(seed));
        let world = World { schema: schema(), thresholds: contents[0].thresholds, waves };
        for content in &contents {
            content.tables.iter().for_each(|table| self.read(app, content, table));
        }
        let public = world.waves.iter().zip(contents).enumerate();
        let public: Vec<_> = public.map(|(number, (wave, content))| Public { number, wave, content }).collect();
        self.report.data_sets += 1;
        self.signed += public.iter().map(|public| public.content.figures.len()).sum::<usize>();
        self.report.releases += public.len();
        let findings: Vec<Finding> = attack(&world, &public, &mut self.report);
        self.report.findings.extend(findings.into_iter().map(|finding| (seed, finding)));
        if !self.bitten {
            self.bitten = bites(&world, public);
        }
    }

    fn is_enough(&self, data_sets: usize) {
        self.report.print("over HTTP");
        println!("{} answers fetched, {} slices, {} figures signed", self.fetched, self.slices, self.signed);
        let harmful: Vec<_> = self.report.findings.iter().filter(|(_, finding)| harms(finding)).collect();
        assert!(harmful.is_empty(), "{harmful:#?}");
        assert!(self.bitten, "the attacker wins nowhere, even where a cell is told that was withheld");
        assert!(
            self.report.releases > data_sets && self.report.withheld >= 15 * data_sets,
            "there was little to attack"
        );
        assert!(self.fetched > 50 * data_sets && self.slices > 20 * data_sets && self.signed * 2 >= data_sets);
    }

    /// Every format of a table, and every slice of it, says what its frozen content says.
    fn read(&mut self, app: &App, content: &Content, own: &Table) {
        let cells: Vec<_> = own.cells.iter().map(|cell| (cell.at.clone(), cell.value)).collect();
        let query = format!("measure={}&by={}&totals=all", own.measure.name(), names(own).join(","));
        let here = format!("/api/v1/releases/{}", content.id);
        for (path, question) in [
            (format!("{here}/tables/{}", own.code), String::new()),
            (format!("{here}/aggregates"), format!("?{query}")),
        ] {
            let mut text = |suffix: &str| {
                self.fetched += 1;
                let answer = app.anybody().get(&format!("{path}.{suffix}{question}"));
                answer.expect(200).text()
            };
            assert_eq!(decoded::json(&text("json")), cells, "{path}");
            assert_eq!(decoded::csv(&text("csv"), &names(own)), cells, "{path}");
            assert_eq!(decoded::jsonstat(&text("jsonstat")), cells, "{path}");
            picture(&cells, &text("vl.json"));
            assert!(text("svg").contains("<svg"));
        }
        for (axis, of) in own.axes.iter().enumerate() {
            let whole = |code: &str| {
                let mut at = vec!["_T".to_owned(); own.axes.len()];
                at[axis] = code.to_owned();
                own.cell(&at).unwrap().value
            };
            let ask = |codes: &str| {
                app.anybody().get(&format!("{here}/aggregates?measure={}&{}={codes}", own.measure.name(), of.dimension))
            };
            let plain: Vec<_> = of.codes.iter().filter(|code| *code != "_O" && *code != "_Z").collect();
            for (nth, code) in plain.iter().enumerate() {
                self.slices += 1;
                let said = decoded::json(&ask(code).expect(200).text());
                assert_eq!(said, [(Vec::new(), whole(code))], "{} {code}", own.code);
                let Some(other) = plain.get(nth + 1) else { continue };
                self.slices += 1;
                let answer = ask(&format!("{code},{other}"));
                if answer.status == 400 && !of.additive {
                    continue;
                }
                let said = decoded::json(&answer.expect(200).text());
                let sum = match (whole(code), whole(other)) {
                    (Value::Free(one), Value::Free(two)) if of.additive => Value::Free(one.plus(two)),
                    _ => Value::Withheld,
                };
                assert_eq!(said, [(Vec::new(), sum)], "{} {code},{other}", own.code);
            }
        }
    }
}

fn names(table: &Table) -> Vec<&str> {
    table.axes.iter().map(|axis| axis.dimension.as_str()).collect()
}

/// A picture has no number that the table has not, and not one of a cell that is withheld.
fn picture(cells: &[(Vec<String>, Value)], text: &str) {
    let chart: serde_json::Value = serde_json::from_str(text).unwrap();
    let rows = chart["data"]["values"].as_array().unwrap();
    let free: Vec<_> = cells.iter().filter_map(|(_, value)| value.count().map(Count::least)).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let withheld = row["conf_status"] == "C";
        assert_eq!(row["count"].is_null(), withheld, "{row}");
        assert!(withheld || free.contains(&row["count"].as_u64().unwrap()), "{row}");
    }
}

/// A year in an office, with up to three releases, and who was in each.
fn live(app: &App, dice: &mut Dice) -> (Vec<Wave>, Vec<Content>) {
    let mut people: Vec<Entered> = (0..dice.between(25, 40)).map(|_| random(app, dice)).collect();
    let figures = publication(app, &["measure=persons", "measure=persons&kind=detention"]);
    let tables = tables(dice);
    let (mut waves, mut contents) = (Vec::new(), Vec::new());
    for number in 0..3 {
        if number > 0 {
            app.clock.advance(TimeDelta::days(30));
            change(app, &mut people, dice);
        }
        // A figure is signed as of its own day.
        let signed = if number == 0 { &figures[..dice.between(1, 2)] } else { &[] };
        let id = format!("r{number}");
        let Some(content) =
            release(app, &declaration(&id, &tables, signed)).or_else(|| release(app, &declaration(&id, &tables, &[])))
        else {
            continue;
        };
        let spec = |table: &Table| TableSpec {
            code: table.code.clone(),
            title: table.title.clone(),
            measure: table.measure,
            by: table.axes.iter().map(|axis| (dimension(&axis.dimension).unwrap(), axis.clone())).collect(),
            filters: Default::default(),
            with: Default::default(),
        };
        waves.push(Wave {
            people: people.iter().map(Entered::person).collect(),
            tables: content.tables.iter().map(spec).collect(),
            signed: Vec::new(),
            known: Known::new(),
        });
        contents.push(content);
    }
    assert!(!contents.is_empty(), "everything was blocked");
    (waves, contents)
}

fn tables(dice: &mut Dice) -> Vec<serde_json::Value> {
    let keep = json!({"ground": [GROUNDS[0], GROUNDS[2]], "kind": KINDS[..dice.between(2, 3)]});
    let all: [(&str, Measure, &[&str]); 6] = [
        ("grounds", Measure::Persons, &["ground"]),
        ("sexes", Measure::Persons, &["sex"]),
        ("both", Measure::Persons, &["ground", "sex"]),
        ("kinds", Measure::Persons, &["kind"]),
        ("crossed", Measure::Persons, &["kind", "sex"]),
        ("incidents", Measure::Incidents, &["kind"]),
    ];
    let number = dice.between(2, 4);
    let some = dice.draw(&all, number);
    some.into_iter().map(|(code, measure, by)| table(code, measure.name(), by, &keep)).collect()
}

fn change(app: &App, people: &mut Vec<Entered>, dice: &mut Dice) {
    for _ in 0..dice.between(0, 8) {
        people.push(random(app, dice));
    }
    for _ in 0..dice.between(0, 2) {
        let at = dice.below(people.len());
        let ground = GROUNDS[dice.below(GROUNDS.len())];
        if people[at].ground != ground {
            correct(app, &mut people[at], ground);
        }
        let at = dice.below(people.len());
        happened(app, &mut people[at], KINDS[dice.below(KINDS.len())]);
    }
    // Somebody takes back what they agreed to.
    if dice.below(2) == 0 {
        let gone = people.swap_remove(dice.below(people.len()));
        let day = app.clock.now().date_naive().to_string();
        let changes = json!({"decision": "withdrawn", "decided_on": day, "reason": "they said so"});
        app.caseworker().correct(attest::domain::record::Noun::Consent, &gone.consent, &changes).expect(200);
    }
}
