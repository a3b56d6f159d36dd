//! Slices and sums of masked tables: the same however they are asked for, and refused by what was declared alone.

use attest::domain::aggregate::pairs;
use attest::domain::count::Count;
use attest::domain::release::content::{Content, Table, Value};
use attest::domain::release::cube::{self, Slice};
use attest::domain::vocabulary::TOTAL;
use proptest::prelude::*;

use crate::sample::{april, axis, content, table};

const ORIGINS: [&str; 3] = ["GE", "RU-CE", "RU-DA"];
const GROUNDS: [&str; 3] = ["detained_tortured", "relative_of_victim", "_U"];

fn ask(content: &Content, question: &str) -> Slice {
    cube::ask(content, &pairs(question)).unwrap_or_else(|why| panic!("{question}: {:?}", why.0))
}

fn value(content: &Content, question: &str) -> Value {
    let slice = ask(content, question);
    let [cell] = slice.table.cells.as_slice() else { panic!("{question}: {slice:?}") };
    cell.value
}

fn refused(content: &Content, question: &str) -> String {
    let why = cube::ask(content, &pairs(question)).expect_err(question);
    why.0[0].field.clone()
}

/// A table that adds up, and the table of its first dimension alone; cells are withheld where the numbers say so.
fn squares() -> impl Strategy<Value = Content> {
    proptest::collection::vec((0_u64..50, prop::bool::weighted(0.8)), 16).prop_map(|cells| {
        let axes = vec![axis("ground", &GROUNDS, true), axis("origin", &ORIGINS, true)];
        let counts: Vec<Vec<u64>> =
            (0..3).map(|row| (0..3).map(|column| cells[row * 4 + column].0).collect()).collect();
        let count = |at: &[String], free: bool| {
            let row = GROUNDS.iter().position(|code| at[0] == *code);
            let column = at.get(1).map(|code| ORIGINS.iter().position(|own| code == own));
            let mut sum = 0;
            for (r, line) in counts.iter().enumerate() {
                for (c, number) in line.iter().enumerate() {
                    let taken = row.is_none_or(|row| row == r) && column.flatten().is_none_or(|column| column == c);
                    sum += if taken { *number } else { 0 };
                }
            }
            if free { Value::Free(Count::exact(sum)) } else { Value::Withheld }
        };
        let positions = Table::positions(&axes);
        let whole = table("whole", axes.clone(), |at| {
            let place = positions.iter().position(|position| position == at).unwrap();
            count(at, cells[place].1)
        });
        // What two tables say of one cell is the same: the mask sees to it.
        let narrow =
            table("narrow", axes[..1].to_vec(), |at| whole.cell(&[at[0].clone(), TOTAL.to_owned()]).unwrap().value);
        content("squares", "2018-04-03", vec![whole, narrow])
    })
}

fn plus(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Free(a), Value::Free(b)) => Value::Free(a.plus(b)),
        _ => Value::Withheld,
    }
}

proptest! {
    #[test]
    fn slicing_and_summing_is_summing_and_slicing(content in squares()) {
        let two = ask(&content, "by=ground&origin=RU-CE,RU-DA&totals=none");
        for cell in &two.table.cells {
            let [ground] = cell.at.as_slice() else { panic!() };
            let one = |origin: &str| value(&content, &format!("ground={ground}&origin={origin}"));
            prop_assert_eq!(cell.value, plus(one("RU-CE"), one("RU-DA")));
            let both = value(&content, &format!("ground={ground}&origin=RU-CE,RU-DA"));
            prop_assert_eq!(cell.value, both);
            // A filter by a place is the sum of the places in it, were all of them cells.
            prop_assert_eq!(both, value(&content, &format!("origin=RU-DA,RU-CE&ground={ground}")));
        }
    }

    #[test]
    fn a_sum_has_a_number_exactly_where_every_part_has_one(content in squares()) {
        let parts = ask(&content, "by=ground,origin&totals=none");
        let free = parts.table.cells.iter().all(|cell| cell.value != Value::Withheld);
        let all = value(&content, "ground=detained_tortured,relative_of_victim,_U&origin=GE,RU-CE,RU-DA");
        prop_assert_eq!(free, all != Value::Withheld);
    }

    #[test]
    fn tables_that_hold_the_same_question_give_the_same_answer(content in squares()) {
        let mut turned = content.clone();
        turned.tables.reverse();
        for question in ["by=ground", "ground=_U", "by=ground&ground=_U", "", "ground=_U,detained_tortured"] {
            let (one, other) = (ask(&content, question), ask(&turned, question));
            prop_assert_ne!(&one.table.code, &other.table.code);
            prop_assert_eq!(one.table.cells, other.table.cells);
            prop_assert_eq!(one.query, other.query);
        }
    }

    #[test]
    fn refusals_do_not_depend_on_counts(one in squares(), other in squares()) {
        for question in ["by=kind", "place=GE", "origin=RU", "ground=nobody", "by=ground,origin,kind", "with=detention"] {
            prop_assert_eq!(cube::ask(&one, &pairs(question)), cube::ask(&other, &pairs(question)));
            prop_assert!(cube::ask(&one, &pairs(question)).is_err());
        }
    }
}

#[test]
fn what_no_declared_table_holds_is_refused_by_name() {
    let april = april("first", "2018-04-03");
    for (question, field) in [
        ("as_of=2018-04-03", "as_of"),
        ("at_write=7", "at_write"),
        ("by=ground,kind", "by"),
        ("measure=incidents&by=kind", "by"),
        ("by=houses", "by"),
        ("houses=1", "houses"),
        ("ground=nobody", "ground"),
        ("ground=acquaintances_detained", "ground"),
        ("kind=detention,evacuation", "kind"),
        ("by=kind&kind=detention,evacuation", "kind"),
        ("with=detention,evacuation", "by"),
    ] {
        assert_eq!(refused(&april, question), field, "{question}");
    }
}

#[test]
fn overlapping_codes_are_shown_side_by_side_without_a_sum() {
    let april = april("first", "2018-04-03");
    let slice = ask(&april, "by=kind&kind=detention,evacuation&totals=none");
    assert_eq!(slice.table.cells.len(), 2);
    assert_eq!(value(&april, "kind=detention"), Value::Free(Count::exact(41)));
    assert_eq!(value(&april, "kind=abduction"), Value::Withheld);
    assert_eq!(value(&april, "ground=detained_tortured,relative_of_victim"), Value::Free(Count::exact(76)));
    assert_eq!(value(&april, "ground=detained_tortured,_U"), Value::Withheld);
    assert_eq!(value(&april, ""), Value::Free(Count::exact(122)));
}

#[test]
fn a_signed_figure_answers_its_own_question_though_no_table_holds_it() {
    let mut april = april("first", "2018-04-03");
    let said = april.figures[0].computed;
    assert_eq!(value(&april, "origin=RU-CE&kind=evacuation"), Value::Free(said));
    april.figures.clear();
    assert_eq!(refused(&april, "origin=RU-CE&kind=evacuation"), "by");
}

#[test]
fn with_one_kind_asks_the_same_as_of_this_kind() {
    let content = april("first", "2018-04-03");
    assert_eq!(value(&content, "with=detention"), value(&content, "kind=detention"));
    assert!(value(&content, "with=detention").count().is_some());
    refused(&content, "with=detention,evacuation");
}
