//! Signed figures: what was signed stays, whatever is released later; and a small one costs lines, or is refused where it would tell of
//! few.

use std::collections::BTreeMap;

use attest::domain::count::Count;
use attest::domain::release::content::{Content, Value as Said};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::office::{Office, declaration, read, table};
use super::people::{Change, GROUNDS, Person};
use crate::disclosure::dice::Dice;
use crate::support::{App, on_both};

on_both! {
    empty:
    every_signed_figure_answers_its_value_after_later_releases,
    a_small_figure_is_refused_where_its_list_was_crossed_before,
    what_the_signature_of_a_small_figure_costs_is_in_the_plan,
    a_small_figure_is_refused_where_it_was_told_together_with_others_and_a_few_have_come_since,
}

const QUERIES: [&str; 3] = ["measure=persons", "measure=persons&kind=detention", "measure=incidents&kind=torture"];

fn every_signed_figure_answers_its_value_after_later_releases(app: &App) {
    let dice = &mut Dice::new(5);
    let office = Office::open(app);
    office.enter(&Person::several(0, 25, dice));
    let figures = office.figures(&QUERIES);
    let tables = [table("sexes", "persons", &["sex"])];
    let mut contents: Vec<Content> = Vec::new();
    // The second signs one of them anew, as of the same day; the third none.
    for (number, signed) in [&figures[..], &figures[..1], &[]].into_iter().enumerate() {
        if number > 0 {
            if signed.is_empty() {
                app.clock.advance(TimeDelta::days(30));
            }
            office.enter(&Person::several(100 * number, 20, dice));
        }
        contents.push(office.release(&declaration(&format!("r{number}"), &tables, signed)));
        stay(app, &contents);
    }
    let counts: Vec<_> = contents[..2].iter().map(|content| content.figures[0].computed.least()).collect();
    assert!(counts[0] < counts[1], "nothing changed between the releases: {counts:?}");
}

/// Whatever was signed so far is answered by what signed it, and by name as the newest that signed it has it.
fn stay(app: &App, contents: &[Content]) {
    let newest = contents.last().unwrap();
    let listed = app.anybody().get("/api/v1/figures").expect(200).items();
    let mut values: BTreeMap<&str, (&str, u64)> = BTreeMap::new();
    for content in contents {
        for figure in &content.figures {
            let value = figure.computed.least();
            values.insert(&figure.id, (&content.id, value));
            assert_eq!(asked(app, &format!("/releases/{}/aggregates?{}", content.id, figure.query)), value);
            if content.id == newest.id {
                assert_eq!(asked(app, &format!("/aggregates?{}", figure.query)), value);
            }
        }
    }
    assert_eq!(values.len(), QUERIES.len());
    for (id, (release, value)) in values {
        let figure = listed.iter().find(|figure| figure["id"] == id).unwrap();
        assert_eq!((&figure["computed"]["release"], &figure["computed"]["count"]), (&json!(release), &json!(value)));
        // By the question that stands in the list, at the release that stands beside it.
        let query = figure["query"].as_str().unwrap();
        assert_eq!(asked(app, &format!("/releases/{release}/aggregates?{query}")), value);
    }
}

fn asked(app: &App, path: &str) -> u64 {
    let answer = read(app, &format!("/api/v1{path}")).json();
    let [row] = answer["rows"].as_array().unwrap().as_slice() else { panic!("{path}: {answer}") };
    assert_ne!(row["count"], Value::Null, "{path}");
    row["count"].as_u64().unwrap()
}

/// Eighty people; one of them, a woman, was threatened.
fn one_was_threatened() -> Vec<Person> {
    let mut people = Person::several(0, 80, &mut Dice::new(6));
    people.iter_mut().for_each(|person| person.kinds.retain(|kind| *kind != "threat"));
    people[11].kinds.push("threat");
    people[11].sex = "F";
    people
}

fn a_small_figure_is_refused_where_its_list_was_crossed_before(app: &App) {
    let office = Office::open(app);
    let people = one_was_threatened();
    office.enter(&people);
    let figures = office.figures(&["measure=persons&kind=threat", "measure=persons"]);
    let tables = [table("crossed", "persons", &["sex", "kind"])];
    office.release(&declaration("first", &tables, &[]));
    let refused = |figures: &[String]| {
        let problem =
            app.unchanged(|| office.ask(&declaration("second", &tables, figures)).problem(422, "release_blocked"));
        let blocks = problem.json()["blocks"].as_array().unwrap().clone();
        let [block] = blocks.as_slice() else { panic!("{blocks:?}") };
        assert_eq!((&block["reason"], &block["figure"]), (&json!("figure"), &json!("own:f0")));
        assert!(block["detail"].as_str().unwrap().contains("has crossed kind"), "{block}");
        // It says nothing of how many they are.
        block.clone()
    };
    let block = refused(&figures[..1]);
    assert_eq!(refused(&figures), block);
    office.make(&people, &Change::Ground(0, "outed"));
    assert_eq!(refused(&figures[..1]), block);
    office.release(&declaration("second", &tables, &figures[1..]));
}

fn what_the_signature_of_a_small_figure_costs_is_in_the_plan(app: &App) {
    let office = Office::open(app);
    let people = one_was_threatened();
    office.enter(&people);
    let figures = office.figures(&["measure=persons&kind=threat"]);
    let tables = [table("kinds", "persons", &["kind"]), table("crossed", "persons", &["sex", "kind"])];
    let free = office.ask(&declaration("free", &tables, &[])).expect(201);
    assert_eq!(free.json()["plan"]["costs"], json!([]));
    let prepared = office.ask(&declaration("signed", &tables, &figures)).expect(201);
    let cost = json!([{"figure": "own:f0", "dimension": "kind", "codes": ["threat", "_O"], "tables": ["crossed"]}]);
    assert_eq!(prepared.json()["plan"]["costs"], cost);
    office.publish(prepared);
    let content = Content::from_json(&read(app, "/api/v1/releases/signed/content.json").text()).unwrap();
    assert_eq!(content.figures[0].computed, Count::exact(1));
    no_line(&content);
    let day = app.clock.now().date_naive().to_string();
    // Later too, where many more were threatened.
    app.clock.advance(TimeDelta::days(30));
    let mut more = Person::several(100, 60, &mut Dice::new(7));
    more.iter_mut().for_each(|person| person.kinds.push("threat"));
    office.enter(&more);
    let later = office.release(&declaration("later", &tables, &[]));
    assert!(later.figures.is_empty());
    no_line(&later);
    let kinds = later.table("kinds").unwrap();
    assert_eq!(kinds.cell(&["threat".to_owned()]).unwrap().value, Said::Withheld);
    assert_eq!(asked(app, "/releases/signed/aggregates?measure=persons&kind=threat"), 1);
    assert_eq!(asked(app, "/aggregates?measure=persons&kind=threat"), 1);
    let crossed = later.table("crossed").unwrap();
    let told = |at: [&str; 2]| crossed.cell(&at.map(str::to_owned)).unwrap().value.count();
    assert!(told(["M", "detention"]).is_some(), "nothing is told at all");
    // It can be signed anew as of its day, for its code has no line anyway.
    let mut anew = declaration("again", &tables, &figures);
    anew["as_of"] = day.into();
    let again = office.release(&anew);
    assert_eq!(again.figures[0].computed, Count::exact(1));
    no_line(&again);
}

fn a_small_figure_is_refused_where_it_was_told_together_with_others_and_a_few_have_come_since(app: &App) {
    let office = Office::open(app);
    let mut number = 0;
    let mut several = |ground: &'static str, persons: usize| {
        let mut people = Person::several(number, persons, &mut Dice::new(8));
        number += persons;
        people.iter_mut().for_each(|person| person.ground = ground);
        people
    };
    // The third and the fourth code of the list are told together: 12.
    let first = [(GROUNDS[0], 20), (GROUNDS[1], 20), (GROUNDS[2], 1), (GROUNDS[3], 11), (GROUNDS[4], 10)]
        .map(|(g, n)| several(g, n));
    office.enter(&first.concat());
    let query = format!("measure=persons&ground={}", GROUNDS[2]);
    let figures = office.figures(&[&query]);
    let tables = [table("grounds", "persons", &["ground"])];
    let told = office.release(&declaration("first", &tables, &[]));
    assert!(told.tables[0].sums.iter().any(|sum| sum.count == 12), "{:?}", told.tables[0].sums);
    office.ask(&declaration("alone", &tables, &figures)).expect(201);
    office.enter(&[several(GROUNDS[0], 10), several(GROUNDS[3], 1)].concat());
    let problem =
        app.unchanged(|| office.ask(&declaration("second", &tables, &figures)).problem(422, "release_blocked"));
    let detail = problem.json()["blocks"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("together with others"), "{detail}");
    office.enter(&several(GROUNDS[3], 4));
    let content = office.release(&declaration("second", &tables, &figures));
    assert_eq!(content.figures[0].computed, Count::exact(1));
}

/// The signed code and the one that it stands with have no line where the list is crossed.
fn no_line(content: &Content) {
    let crossed = content.table("crossed").unwrap();
    for cell in crossed.cells.iter().filter(|cell| cell.at[0] != "_T" && ["threat", "_O"].contains(&&*cell.at[1])) {
        assert_eq!(cell.value, Said::Withheld, "{cell:?}");
    }
    assert!(crossed.cells.iter().any(|cell| cell.value.count().is_some()), "nothing is told at all");
}
