//! A cell is a question: asked for alone, with its values as filters, it counts the same.

use serde_json::json;

use super::asks::{ask, count, counts, only_row, rows};
use super::golden::{person, small_world};
use crate::support::{App, on_both};

const DIMENSIONS: [&str; 15] = [
    "kind",
    "family",
    "ground",
    "place",
    "origin",
    "destination",
    "year",
    "quarter",
    "month",
    "actor",
    "source",
    "reliability",
    "basis",
    "sex",
    "age_group",
];

fn a_cell_asked_for_alone_counts_the_same(app: &App) {
    small_world(app);
    for measure in ["persons", "incidents"] {
        for dimension in DIMENSIONS {
            let answer = ask(app, &format!("measure={measure}&by={dimension}&totals=none"));
            for (cell, counted) in counts(&answer) {
                let alone = count(app, &format!("measure={measure}&{dimension}={cell}"));
                assert_eq!(alone, counted, "{measure} with {dimension}={cell}");
            }
        }
    }
}

fn who_has_no_incident_is_found_by_the_code_of_that_cell(app: &App) {
    small_world(app);
    person(app, &json!({"sex": "M"}));
    for dimension in ["kind", "family", "place", "year", "actor", "source", "reliability"] {
        assert_eq!(counts(&ask(app, &format!("by={dimension}")))["_Z"], 1, "{dimension}");
        assert_eq!(count(app, &format!("{dimension}=_Z")), 1, "{dimension}");
    }
}

fn a_bounded_cell_asked_for_alone_is_bounded_the_same(app: &App) {
    let mut asked = 0;
    for measure in ["persons", "incidents"] {
        for by in ["kind,ground", "origin,kind", "ground,actor", "family,ground", "place,origin", "kind,actor,ground"] {
            let answer = ask(app, &format!("measure={measure}&by={by}&totals=none"));
            for (cell, row) in rows(&answer).into_iter().step_by(3) {
                let filters: Vec<_> =
                    by.split(',').zip(&cell).map(|(dimension, value)| format!("{dimension}={value}")).collect();
                let query = format!("measure={measure}&{}", filters.join("&"));
                assert_eq!(only_row(app, &query), row, "{query}");
                asked += 1;
            }
        }
    }
    assert!(asked > 60, "{asked} cells");
}

fn a_combination_without_a_cell_counts_nobody(app: &App) {
    let answer = ask(app, "by=kind,ground&totals=none");
    let cells = rows(&answer);
    let values = |at: usize| cells.keys().map(|cell| cell[at].clone()).collect::<std::collections::BTreeSet<_>>();
    let mut missing = 0;
    for kind in values(0) {
        for ground in values(1) {
            if !cells.contains_key(&vec![kind.clone(), ground.clone()]) {
                assert_eq!(count(app, &format!("kind={kind}&ground={ground}")), 0, "{kind} and {ground}");
                missing += 1;
            }
        }
    }
    assert!(missing > 0);
}

on_both! { empty: a_cell_asked_for_alone_counts_the_same, who_has_no_incident_is_found_by_the_code_of_that_cell }
on_both! { demo: a_bounded_cell_asked_for_alone_is_bounded_the_same, a_combination_without_a_cell_counts_nobody }
