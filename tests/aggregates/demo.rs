//! The founding data set (design, section 4): what the Russian LGBT Network reported on 3 April 2018, computed from the
//! records. The numbers are those of the table in section 4 and of `seed-data/README.md`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::asks::{ask, compare_csv, confidential, count, counts, only_row, rows, table};
use crate::support::{App, on_both};

fn exact(count: u64) -> Value {
    json!({"count": count, "bound": "exact", "status": "A"})
}

fn at_least(count: u64) -> Value {
    json!({"count": count, "bound": "at_least", "status": "A"})
}

fn between(low: u64, high: u64) -> Value {
    json!({"count": null, "status": "not_attested", "low": low, "high": high})
}

fn every_row_of_the_design_is_computed_from_records(app: &App) {
    // The row of section 4, a question for its figure, and how often.
    for (row, query, expected) in [
        ("evacuated", "kind=evacuation", exact(114)),
        ("evacuated", "kind=evacuation&origin=RU-CE", exact(114)),
        ("evacuated", "origin=RU-CE", exact(114)),
        ("evacuated", "measure=incidents&kind=evacuation", exact(114)),
        ("left Russia", "kind=departure_abroad", exact(92)),
        ("left Russia", "kind=departure_abroad&origin=RU-CE", exact(92)),
        ("left Russia", "measure=incidents&kind=departure_abroad", exact(92)),
        ("detained and tortured", "ground=detained_tortured", exact(41)),
        ("detained and tortured", "with=detention,torture", exact(41)),
        ("detained and tortured", "kind=detention&actor=law_enforcement", exact(41)),
        ("detained and tortured", "measure=incidents&kind=torture&actor=state_agent", exact(41)),
        ("threatened by law enforcement", "ground=threatened_by_law_enforcement", exact(14)),
        ("threatened by law enforcement", "kind=threat&actor=law_enforcement", exact(14)),
        ("acquaintances detained", "ground=acquaintances_detained", exact(7)),
        ("relatives threatened to kill", "ground=threatened_by_relatives", exact(7)),
        ("relatives threatened to kill", "kind=threat&actor=relatives", exact(7)),
        ("close relatives", "ground=relative_of_victim", exact(35)),
        ("kidnapped by relatives", "with=abduction,forced_return", exact(3)),
        ("kidnapped by relatives", "kind=forced_return&actor=relatives", exact(3)),
        ("kidnapped and dead", "with=forced_return,death", at_least(1)),
        ("returned by themselves", "kind=voluntary_return", exact(5)),
        ("returned by themselves and dead", "with=voluntary_return,death", exact(1)),
        ("dead", "kind=death", at_least(2)),
        ("dead", "measure=incidents&family=death", at_least(2)),
        ("persecuted for contacts", "ground=persecuted_for_contacts", exact(8)),
        ("persecuted for contacts", "kind=persecuted_for_contacts&actor=law_enforcement", exact(8)),
        ("persecuted for contacts", "origin=_O", exact(8)),
        ("persecuted for contacts: no evacuation", "kind=evacuation&origin=_O", exact(0)),
        ("persecuted for contacts: no evacuation", "with=evacuation,persecuted_for_contacts", exact(0)),
        ("no ground given", "ground=_U", at_least(10)),
        ("persons in all", "", exact(122)),
        ("persons in all", "basis=reconstructed", exact(122)),
        ("persons in all", "basis=case_file", exact(0)),
        ("incidents in all", "measure=incidents&basis=case_file", exact(0)),
    ] {
        assert_eq!(only_row(app, query), expected, "{row}: {query}");
        // The statement is known from its own day, and Attest knew as much then.
        let then = format!("{query}{}as_of=2018-04-03", if query.is_empty() { "" } else { "&" });
        assert_eq!(only_row(app, &then), expected, "{row}: {then}");
    }
}

fn persons_by_kind_are_as_the_issue_shows(app: &App) {
    let answer = ask(app, "measure=persons&by=kind");
    let expected = [
        ("abduction", exact(3)),
        ("death", at_least(2)),
        ("departure_abroad", exact(92)),
        ("detention", exact(41)),
        ("evacuation", exact(114)),
        ("forced_return", exact(3)),
        ("persecuted_for_contacts", exact(8)),
        ("threat", exact(21)),
        ("torture", exact(41)),
        ("voluntary_return", exact(5)),
        ("_T", exact(122)),
    ];
    let expected = expected.into_iter().map(|(kind, row)| (vec![kind.to_owned()], row)).collect();
    assert_eq!(rows(&answer), expected);
    assert_eq!(answer["additive"], json!({"kind": false}));
    assert_eq!(answer["basis"], json!({"case_file": 0, "reconstructed": 122}));
    let caveats: Vec<_> = answer["caveats"].as_array().unwrap().iter().map(|caveat| &caveat["code"]).collect();
    assert_eq!(caveats, ["documented_cases", "reconstructed"]);
    let said = answer["caveats"][1]["detail"].as_str().unwrap();
    assert!(said.contains("122"), "{said}");
}

fn grounds_and_origins_divide_the_persons(app: &App) {
    let grounds = ask(app, "by=ground");
    let expected = [
        ("_U", at_least(10)),
        ("acquaintances_detained", exact(7)),
        ("detained_tortured", exact(41)),
        ("persecuted_for_contacts", exact(8)),
        ("relative_of_victim", exact(35)),
        ("threatened_by_law_enforcement", exact(14)),
        ("threatened_by_relatives", exact(7)),
    ];
    let found = rows(&grounds);
    for (ground, row) in &expected {
        assert_eq!(found[&vec![(*ground).to_owned()]], *row, "{ground}");
    }
    assert_eq!(found.len(), expected.len() + 1);
    assert_eq!(found[&vec!["_T".to_owned()]]["count"], 122);
    assert_eq!(grounds["additive"], json!({"ground": true}));
    assert_eq!(counts(&ask(app, "by=origin")), table(&[("RU", 114), ("RU-CE", 114), ("_O", 8), ("_T", 122)]));
    // No sex, age, day or place was invented.
    assert_eq!(counts(&ask(app, "by=sex,age_group&totals=none")), table(&[("_U _U", 122)]));
    let years = ask(app, "by=year&totals=none&kind=evacuation,departure_abroad");
    assert_eq!(counts(&years), table(&[("2017", 0), ("2018", 0), ("_U", 114)]));
    // All of it happened from February 2017 to 3 April 2018, nobody knows when.
    for year in ["2017", "2018"] {
        assert_eq!(rows(&years)[&vec![year.to_owned()]]["possible"], 114, "{year}");
        let only = only_row(app, &format!("kind=evacuation&year={year}"));
        assert_eq!(only, json!({"count": 0, "bound": "exact", "possible": 114, "status": "A"}));
    }
    let both = only_row(app, "kind=evacuation&year=2017..2018");
    assert_eq!(both, json!({"count": 114, "bound": "exact", "possible": 0, "status": "A"}));
    assert_eq!(only_row(app, "kind=evacuation&month=2017-02..2018-04"), both);
}

fn combinations_that_nobody_attested_have_bounds(app: &App) {
    for (query, expected) in [
        ("with=detention,departure_abroad", between(19, 41)),
        ("kind=departure_abroad&with=detention", between(19, 41)),
        ("ground=detained_tortured&kind=departure_abroad", between(19, 41)),
        ("ground=detained_tortured&with=departure_abroad,torture", between(19, 41)),
        ("measure=incidents&kind=departure_abroad&with=detention", between(19, 41)),
        ("kind=departure_abroad&with=evacuation", exact(92)),
        ("ground=detained_tortured&kind=evacuation", exact(41)),
        ("ground=relative_of_victim&kind=departure_abroad", between(13, 35)),
        ("ground=relative_of_victim&kind=detention", between(0, 35)),
        ("kind=forced_return&with=departure_abroad", between(0, 3)),
        ("ground=persecuted_for_contacts&kind=detention", exact(0)),
    ] {
        assert_eq!(only_row(app, query), expected, "{query}");
    }
    let answer = ask(app, "by=kind,ground");
    let cell = |kind: &str, ground: &str| rows(&answer)[&vec![kind.to_owned(), ground.to_owned()]].clone();
    assert_eq!(cell("departure_abroad", "detained_tortured"), between(19, 41));
    assert_eq!(cell("detention", "detained_tortured"), exact(41));
    assert_eq!(cell("_T", "_T"), exact(122));
    let caveats: Vec<_> = answer["caveats"].as_array().unwrap().iter().map(|caveat| &caveat["code"]).collect();
    assert_eq!(caveats, ["documented_cases", "reconstructed", "not_attested"]);
    // The assignment puts the relatives apart from the detained, and that is no knowledge either.
    assert_eq!(cell("detention", "relative_of_victim"), between(0, 35));
}

fn more_may_have_died_than_are_recorded(app: &App) {
    // "At least one" of the three who were kidnapped and one of those who returned: up to four, who all may be relatives.
    for measure in ["persons", "incidents"] {
        let row = only_row(app, &format!("measure={measure}&kind=death&ground=relative_of_victim"));
        let high = row["high"].as_u64();
        assert!(row["bound"] == "at_least" || high.is_some_and(|high| high >= 4), "{measure}: {row}");
        assert_eq!(row["low"].as_u64().or(row["count"].as_u64()), Some(0), "{measure}: {row}");
    }
}

fn case_files_are_added_to_both_bounds(app: &App) {
    use super::golden::{incident, person};
    let person = person(app, &json!({"origin": "RU-CE"}));
    for kind in ["detention", "departure_abroad"] {
        incident(app, &person, &json!({"kind": kind}));
    }
    assert_eq!(only_row(app, "with=detention,departure_abroad"), between(20, 42));
    assert_eq!(only_row(app, "kind=departure_abroad"), exact(93));
    assert_eq!(only_row(app, "kind=death"), at_least(2));
    let answer = ask(app, "by=basis");
    assert_eq!(counts(&answer), table(&[("case_file", 1), ("reconstructed", 122), ("_T", 123)]));
    assert_eq!(answer["basis"], json!({"case_file": 1, "reconstructed": 122}));
}

/// What everybody knows from published figures hides nobody; few persons from case files are hidden by the usual thresholds.
fn a_cell_of_few_persons_from_case_files_says_that_it_may_not_be_published(app: &App) {
    use super::golden::{incident, person};
    assert_eq!(confidential(&ask(app, "by=kind")), BTreeSet::new());
    let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<BTreeSet<_>>();
    for nth in 1..=5 {
        let person = person(app, &json!({"origin": "DE"}));
        incident(app, &person, &json!({"kind": "detention"}));
        let expected = if nth < 5 { cells(&["detention", "_T"]) } else { cells(&[]) };
        let answer = ask(app, "by=kind");
        assert_eq!(confidential(&answer), expected, "{nth} persons");
        compare_csv(app, "by=kind", &answer);
    }
    let one = person(app, &json!({"origin": "DE"}));
    for _ in 0..9 {
        incident(app, &one, &json!({"kind": "threat"}));
    }
    // Nine incidents of one person are one person's.
    assert_eq!(confidential(&ask(app, "measure=incidents&by=kind")), cells(&["threat"]));
}

fn nobody_was_known_the_day_before_the_statement(app: &App) {
    for measure in ["persons", "incidents"] {
        let before = ask(app, &format!("measure={measure}&by=kind&as_of=2018-04-02"));
        assert_eq!(counts(&before), table(&[("_T", 0)]));
        assert_eq!(before["as_of"], "2018-04-02");
        assert_eq!(before["basis"], json!({"case_file": 0, "reconstructed": 0}));
    }
    assert_eq!(count(app, "as_of=2018-04-03"), 122);
    assert_eq!(count(app, "measure=incidents&kind=evacuation&as_of=2018-04-03"), 114);
    // Before anything was written there was nothing, whatever day is asked about.
    assert_eq!(count(app, "at_write=0"), 0);
    assert_eq!(count(app, "at_write=0&as_of=2018-04-03"), 0);
}

fn the_table_says_what_the_answer_says(app: &App) {
    for query in [
        "measure=persons&by=kind",
        "measure=persons&by=kind,ground&totals=all",
        "measure=incidents&by=actor,source,reliability&totals=all",
        "with=detention,departure_abroad",
        "measure=persons&by=year&as_of=2018-04-02",
        "measure=persons&by=quarter,kind&totals=all",
        "measure=incidents&by=kind&year=2017",
        "by=origin&totals=none",
    ] {
        let answer = ask(app, query);
        compare_csv(app, query, &answer);
    }
    let header = app.researcher().get("/api/v1/research/aggregates.csv?by=kind").expect(200).text();
    assert!(
        header.starts_with("kind,count,bound,possible,status,conf_status,low,high,query,as_of,at_write\n"),
        "{header}"
    );
}

on_both! { demo:
    every_row_of_the_design_is_computed_from_records, persons_by_kind_are_as_the_issue_shows,
    grounds_and_origins_divide_the_persons, combinations_that_nobody_attested_have_bounds,
    more_may_have_died_than_are_recorded, case_files_are_added_to_both_bounds,
    a_cell_of_few_persons_from_case_files_says_that_it_may_not_be_published,
    nobody_was_known_the_day_before_the_statement, the_table_says_what_the_answer_says
}
