//! Golden cases of sums over what overlaps.

use serde_json::json;

use super::asks::{ask, counts, table};
use super::golden::{incident, person};
use crate::support::{App, on_both};

/// Three persons: one was detained, tortured and threatened, one detained and tortured, one threatened twice.
fn three_persons(app: &App) {
    for (sex, kinds) in [
        ("M", &["detention", "torture", "threat"] as &[_]),
        ("M", &["detention", "torture"]),
        ("F", &["threat", "threat"]),
    ] {
        let person = person(app, &json!({"sex": sex}));
        for kind in kinds {
            incident(app, &person, &json!({"kind": kind}));
        }
    }
}

/// Source: categories may be added up only where they are disjoint (and complete): Lenz and Shoshani, "Summarizability in
/// OLAP and Statistical Data Bases", 1997 (https://doi.org/10.1109/SSDM.1997.621175). The kinds of what one person suffered
/// are not: Ball, "Who Did What to Whom?", 2.2.3 (https://hrdag.org/whodidwhattowhom/ch_223.html).
fn persons_by_overlapping_kinds_sum_to_more_than_there_are(app: &App) {
    three_persons(app);
    let answer = ask(app, "by=kind");
    let found = counts(&answer);
    assert_eq!(found, table(&[("detention", 2), ("threat", 2), ("torture", 2), ("_T", 3)]));
    assert_eq!(answer["additive"], json!({"kind": false}));
    // Incidents have one kind each.
    let incidents = ask(app, "measure=incidents&by=kind");
    assert_eq!(counts(&incidents), table(&[("detention", 2), ("threat", 3), ("torture", 2), ("_T", 7)]));
    assert_eq!(incidents["additive"], json!({"kind": true}));
}

/// Source: as above; totals are coded `_T` as in SDMX (Guidelines for the design of code lists, https://sdmx.org), and each
/// is counted and not added up.
fn every_total_of_two_dimensions_is_right_where_one_overlaps(app: &App) {
    three_persons(app);
    let answer = ask(app, "by=kind,sex&totals=all");
    assert_eq!(
        counts(&answer),
        table(&[
            ("detention M", 2),
            ("threat F", 1),
            ("threat M", 1),
            ("torture M", 2),
            ("detention _T", 2),
            ("threat _T", 2),
            ("torture _T", 2),
            // By kind the men are 5 and the women 1; they are 2 and 1.
            ("_T M", 2),
            ("_T F", 1),
            ("_T _T", 3),
        ])
    );
    assert_eq!(answer["additive"], json!({"kind": false, "sex": true}));
    let incidents = ask(app, "measure=incidents&by=kind,sex&totals=all");
    let found = counts(&incidents);
    assert_eq!((found["_T M"], found["_T F"], found["_T _T"], found["threat _T"]), (5, 2, 7, 3));
}

on_both! { empty:
    persons_by_overlapping_kinds_sum_to_more_than_there_are, every_total_of_two_dimensions_is_right_where_one_overlaps
}
