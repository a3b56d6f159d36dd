//! Tables and releases that are safe each by itself, and tell something together.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::aggregate::Measure;
use attest::domain::count::{Bound, Count};
use attest::domain::dimension::dimension;
use attest::domain::release::content::{Axis, Content, FORMAT, Table, Texts, Thresholds, Value};
use attest::domain::release::declare::TableSpec;
use attest::domain::release::mask::{Input, Masked, mask};
use attest::domain::release::people::Person;
use attest::domain::release::plan::CellReason;
use attest::domain::vocabulary::Vocabulary;

fn table(code: &str, grounds: &[&str], kind: Option<&str>) -> TableSpec {
    let codes = grounds.iter().chain(&["_O", "_U"]).map(|code| (*code).to_owned()).collect();
    let axis = Axis {
        dimension: "ground".to_owned(),
        vocabulary: Some("ground".to_owned()),
        codes,
        pooled: Vec::new(),
        additive: true,
    };
    TableSpec {
        code: code.to_owned(),
        title: Texts::new(),
        measure: Measure::Persons,
        by: vec![(dimension("ground").unwrap(), axis)],
        filters: kind.map(|kind| ("kind", BTreeSet::from([kind.to_owned()]))).into_iter().collect(),
        with: BTreeSet::new(),
    }
}

/// So many persons of a ground, so many of whom were tortured.
fn people(groups: &[(&str, usize, usize)]) -> Vec<Person> {
    let one = |code: &str| BTreeSet::from([code.to_owned()]);
    let mut found = Vec::new();
    for (ground, all, tortured) in groups {
        for nth in 0..*all {
            let mut person = Person { values: BTreeMap::from([("ground", one(ground))]), ..Person::default() };
            if nth < *tortured {
                let values = BTreeMap::from([("kind", one("torture"))]);
                person.incidents.push(attest::domain::release::people::Incident { values });
            }
            found.push(person);
        }
    }
    found
}

fn masked(tables: &[TableSpec], people: &[Person], known: u64, earlier: &[Content]) -> Masked {
    let about = Count::Attested { value: known, bound: Bound::About };
    let known = if known > 0 { BTreeMap::from([((0, vec!["a".to_owned()]), about)]) } else { BTreeMap::new() };
    let input = Input {
        tables,
        thresholds: Thresholds::default(),
        vocabulary: &Vocabulary::default(),
        people,
        known: &known,
        signed: &[],
        earlier,
    };
    mask(&input, &mut |_, _, _| {}).unwrap()
}

fn content(tables: Vec<Table>) -> Content {
    Content {
        format: FORMAT.to_owned(),
        id: "first".to_owned(),
        title: Texts::new(),
        publisher: "Nobody".to_owned(),
        date: chrono::NaiveDate::default(),
        as_of: chrono::NaiveDate::default(),
        at_write: 1,
        thresholds: Thresholds::default(),
        signatures: 1,
        tables,
        figures: Vec::new(),
        terms: BTreeMap::new(),
    }
}

fn value(table: &Table, code: &str) -> Value {
    table.cell(&[code.to_owned()]).unwrap().value
}

fn is_said(table: &Table, code: &str) -> bool {
    value(table, code).count().is_some()
}

#[test]
fn another_division_of_the_same_records_does_not_tell_what_the_first_withheld() {
    let people = people(&[("a", 2, 0), ("b", 9, 0), ("c", 20, 0)]);
    let first = masked(&[table("t", &["a", "b", "c"], None)], &people, 0, &[]);
    let said: Vec<_> = ["b", "c"].into_iter().filter(|code| is_said(&first.tables[0], code)).collect();
    assert!(!is_said(&first.tables[0], "a") && said.len() == 1, "{:?}", first.tables);
    // The other of the two, by itself, with everything else pooled: with the first release, a would follow.
    let other = if said == ["b"] { "c" } else { "b" };
    let second = [table("t", &[other], None)];
    let alone = masked(&second, &people, 0, &[]);
    assert!(is_said(&alone.tables[0], other), "by itself it is safe");
    let beside = masked(&second, &people, 0, &[content(first.tables.clone())]);
    assert!(!is_said(&beside.tables[0], other), "{:?}", beside.tables);
    // The same release again tells nothing new, and says as much as before.
    let again = masked(&[table("t", &["a", "b", "c"], None)], &people, 0, &[content(first.tables.clone())]);
    assert_eq!(again.tables, first.tables);
}

#[test]
fn two_tables_do_not_tell_that_something_happened_to_all_of_a_group_or_to_all_but_one() {
    let both = [table("all", &["a", "b"], None), table("tortured", &["a", "b"], Some("torture"))];
    for tortured in [9, 8] {
        let people = people(&[("a", 9, tortured), ("b", 30, 14)]);
        let masked = masked(&both, &people, 0, &[]);
        assert!(!is_said(&masked.tables[1], "a"), "{tortured}");
        let reasons = masked.plan.cells.iter().filter(|cell| cell.table == "tortured" && cell.at == ["a"]);
        assert!(reasons.into_iter().all(|cell| cell.reason == CellReason::WholeGroup));
    }
}

#[test]
fn one_more_beside_a_number_that_is_known_about_is_not_told() {
    let tables = [table("t", &["a", "b"], None)];
    let first = masked(&tables, &people(&[("a", 6, 0), ("b", 30, 0)]), 40, &[]);
    assert_eq!(first.tables[0].cell(&["a".to_owned()]).unwrap().reconstructed, 40);
    let now = people(&[("a", 7, 0), ("b", 30, 0)]);
    let second = masked(&tables, &now, 40, &[content(first.tables.clone())]);
    assert!(is_said(&first.tables[0], "a") && !is_said(&second.tables[0], "a"), "{:?}", second.tables);
    assert!(is_said(&masked(&tables, &now, 40, &[]).tables[0], "a"), "by itself it is safe");
}
