//! What was signed stays: every signed figure answers its value by its name, and by its question at the release that signed it.

use std::collections::BTreeMap;

use attest::domain::release::content::Content;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::asked::number;
use super::dice::Dice;
use super::http_office::{declaration, publication, random, read, release, table};
use crate::support::{App, on_both};

on_both! {
    empty:
    every_signed_figure_answers_its_value_after_later_releases,
}

const QUERIES: [&str; 3] =
    ["measure=persons", "measure=persons&kind=detention", "measure=incidents&kind=detention,torture"];

fn every_signed_figure_answers_its_value_after_later_releases(app: &App) {
    let dice = &mut Dice::new(5);
    (0..25).for_each(|_| drop(random(app, dice)));
    let figures = publication(app, &QUERIES);
    let tables = [table("sexes", "persons", &["sex"], &json!({}))];
    let mut contents: Vec<Content> = Vec::new();
    // The second signs one of them anew, as of the same day; the third none.
    for (number, signed) in [&figures[..], &figures[..1], &[]].into_iter().enumerate() {
        if number > 0 {
            if signed.is_empty() {
                app.clock.advance(TimeDelta::days(30));
            }
            (0..20).for_each(|_| drop(random(app, dice)));
        }
        contents.push(release(app, &declaration(&format!("r{number}"), &tables, signed)).unwrap());
        stay(app, &contents);
    }
    let counts: Vec<_> = contents[..2].iter().map(|content| number(content.figures[0].computed)).collect();
    assert!(counts[0] < counts[1], "nothing changed between the releases: {counts:?}");
}

/// Whatever was signed so far is answered by what signed it, and by name as the newest that signed it has it.
fn stay(app: &App, contents: &[Content]) {
    let newest = contents.last().unwrap();
    let listed = app.anybody().get("/api/v1/figures").expect(200).items();
    let mut values: BTreeMap<&str, (&str, u64)> = BTreeMap::new();
    for content in contents {
        for figure in &content.figures {
            let value = number(figure.computed);
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
