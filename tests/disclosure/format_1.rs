//! Releases that were made before there were public lists told numbers too, and what they told is remembered.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::aggregate::Measure;
use attest::domain::dimension::dimension;
use attest::domain::release::content::{Basis, Content, Texts, Value};
use attest::domain::release::declare::{Declaration, TableSpec};
use attest::domain::release::descent::space::Declared;
use attest::domain::release::format_1::{self, Released};
use attest::domain::release::lists::List;
use attest::domain::release::masking::{Earlier, Input, mask};
use attest::domain::release::people::{Person, Values};
use attest::domain::vocabulary::Vocabulary;
use serde_json::json;

/// A release of format 1 that says how many men and women there are.
fn old(men: u64, women: u64) -> String {
    let cell = |at: &str, count: u64, reconstructed: u64| json!({"at": [at], "value": {"free": {"attested": {"value": count, "bound": "exact"}}}, "reconstructed": reconstructed});
    json!({"format": "attest-release/1", "id": "old", "title": {"en": "Old"}, "publisher": "The office", "date": "2025-01-01",
        "as_of": "2025-01-01", "at_write": 7, "thresholds": {"persons": 5, "incidents": 3}, "signatures": 1,
        "tables": [{"code": "by-sex", "title": {"en": "By sex"}, "measure": "persons",
            "axes": [{"dimension": "sex", "vocabulary": "sex", "codes": ["F", "M", "_U"], "pooled": [], "additive": true}],
            "filter": {}, "with": [],
            "cells": [cell("F", women, 0), cell("M", men + 100, 100), {"at": ["_U"], "value": "withheld"},
                cell("_T", men + women, 0)]}],
        "figures": [], "terms": {}})
    .to_string()
}

/// What a release by sex tells of men, women and all.
fn told(men: usize, women: usize, earlier: &[Earlier]) -> Vec<Option<u64>> {
    let sex = dimension("sex").unwrap();
    let person = |code: &str| Person {
        values: Values::from([("sex", BTreeSet::from([code.to_owned()]))]),
        incidents: Vec::new(),
    };
    let groups = [("M", men), ("F", women), ("_U", 20)];
    let people: Vec<_> = groups.into_iter().flat_map(|(code, count)| vec![person(code); count]).collect();
    let table = TableSpec {
        code: "by-sex".to_owned(),
        title: Texts::new(),
        basis: Basis::CaseFile,
        measure: Measure::Persons,
        by: vec![sex],
        filters: BTreeMap::new(),
        with: BTreeSet::new(),
        pool: true,
    };
    let day = "2026-01-01".parse().unwrap();
    let declaration = Declaration {
        id: "new".to_owned(),
        title: Texts::new(),
        publisher: "The office".to_owned(),
        date: day,
        as_of: day,
        at_write: 9,
        persons: 5,
        tables: vec![table],
        figures: Vec::new(),
    };
    let declared = Declared {
        codes: ["M", "F"].map(str::to_owned).to_vec(),
        extents: vec![2],
        unknown: false,
        broader: BTreeMap::new(),
    };
    let input = Input {
        declaration: &declaration,
        lists: &[List { dimension: sex, declared }],
        vocabulary: &Vocabulary::default(),
        people: &people,
        known: &BTreeMap::new(),
        signed: &[],
        earlier,
    };
    let masked = mask(&input).unwrap();
    let cell = |code: &str| match masked.tables[0].cell(&[code.to_owned()]).unwrap().value {
        Value::Free(count) => count.stated().map(|stated| stated.value),
        _ => None,
    };
    ["M", "F", "_T"].map(cell).to_vec()
}

#[test]
fn a_release_of_the_first_format_is_read_as_what_it_said() {
    let content = Content::from_json(&old(50, 40)).unwrap();
    assert_eq!((content.persons, content.tables[0].basis), (5, Basis::Added));
    assert!(Content::from_json(&old(50, 40).replace("release/1", "release/3")).is_err());
}

#[test]
fn its_declaration_and_plan_are_read_without_what_there_is_no_place_for() {
    let declared = json!({"id": "old", "title_en": "Old", "publisher": "The office", "persons": 3, "incidents": 2,
        "tables": [{"code": "by-sex", "title_en": "By sex", "by": ["sex"], "keep": {"sex": ["M"]}}]});
    let read = format_1::declaration(&declared.to_string()).unwrap();
    assert_eq!((read.persons, read.tables[0].by.as_slice()), (Some(3), ["sex".to_owned()].as_slice()));
    let plan = json!({"cells": [{"table": "by-sex", "at": ["F"], "reason": "small"}], "persons": 20, "without_consent": 3,
        "atoms": 12, "optimisations": 40});
    let read = format_1::plan(&plan.to_string()).unwrap();
    assert_eq!((read.persons, read.without_consent, read.tables.len()), (20, 3, 0));
}

#[test]
fn no_later_release_tells_that_a_number_of_the_first_format_has_changed_by_a_few() {
    let old: Released = serde_json::from_str(&old(50, 40)).unwrap();
    let earlier = [Earlier { id: "old".to_owned(), withdrawn: false, told: old.told() }];
    assert_eq!(told(52, 60, &[]), [Some(52), Some(60), Some(132)]);
    // The men are two more than were told.
    assert_eq!(told(52, 60, &earlier), [Some(50), Some(40), Some(132)]);
    assert_eq!(told(56, 60, &earlier), [Some(56), Some(60), Some(136)]);
}
