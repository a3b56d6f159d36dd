//! Joined records are counted as one person, from the day and the write of the decision on, and nothing before it changes.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::asks::{ask, count, counts, rows, table};
use super::enter::withdraw;
use super::golden::{incident, person};
use crate::support::samples::join;
use crate::support::{Answer, App, on_both};

/// The day from which the records are known, that of the join, and the one before it.
const ENTERED: &str = "2018-01-10";
const JOINED: &str = "2018-06-01";
const BEFORE: &str = "2018-05-31";

fn known(app: &App, entry: &Value) -> String {
    let mut entry = entry.clone();
    entry["known_on"] = ENTERED.into();
    person(app, &entry)
}

fn happened(app: &App, person: &str, kind: &str, more: &Value) {
    let mut entry = json!({"kind": kind, "known_on": ENTERED});
    entry.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    incident(app, person, &entry);
}

/// Two records of one person: `A` was detained, `B` was threatened. And `C`, somebody else who was detained.
fn world(app: &App) {
    for code in ["A", "B", "C"] {
        known(app, &json!({"code": code, "ground": "outed", "origin": "RU-CE", "sex": "M"}));
    }
    let by = |actor: &str| json!({"place": "RU-CE", "involvements": [{"role": "perpetrator", "actor": actor}]});
    happened(app, "A", "detention", &by("law_enforcement"));
    happened(app, "B", "threat", &by("relatives"));
    happened(app, "C", "detention", &by("law_enforcement"));
}

/// The questions that are asked before and after.
const QUESTIONS: [&str; 12] = [
    "measure=persons",
    "by=kind",
    "by=sex,ground",
    "by=origin,kind,actor&totals=all",
    "with=detention,threat",
    "with=detention",
    "kind=detention,threat",
    "ground=outed&place=RU-CE",
    "by=year",
    "measure=incidents&by=kind",
    "measure=incidents&by=sex,actor",
    "measure=incidents&with=detention,threat",
];

/// The rows of every question, at the times that are added to it.
fn answers(app: &App, times: &str) -> Vec<Value> {
    QUESTIONS.map(|query| ask(app, &format!("{query}{times}"))["rows"].clone()).to_vec()
}

fn newest(app: &App) -> i64 {
    app.contents().write
}

fn joined_records_are_one_person(app: &App) {
    world(app);
    assert_eq!(count(app, "with=detention,threat"), 0);
    join(app, "A", "B", JOINED);
    assert_eq!(count(app, ""), 2);
    assert_eq!(counts(&ask(app, "by=kind")), table(&[("detention", 2), ("threat", 1), ("_T", 2)]));
    assert_eq!(counts(&ask(app, "by=sex,ground")), table(&[("M outed", 2), ("_T _T", 2)]));
    // That the row of a country holds its regions is no difference between the records.
    assert_eq!(caveats(&ask(app, "by=origin")), ["documented_cases"]);
    // The one record has the detention, the other the threat.
    assert_eq!(count(app, "with=detention,threat"), 1);
    assert_eq!(count(app, "with=detention,threat&sex=M"), 1);
    assert_eq!(count(app, "with=detention,threat&sex=F"), 0);
    assert_eq!(count(app, "with=detention,torture"), 0);
    assert_eq!(count(app, "kind=detention,threat"), 2);
    assert_eq!(count(app, "ground=outed&place=RU-CE"), 2);
    assert_eq!(count(app, "kind=detention&actor=relatives"), 0, "one and the same incident");
    assert_eq!(
        counts(&ask(app, "by=origin,actor&totals=all")),
        table(&[
            ("RU law_enforcement", 2),
            ("RU relatives", 1),
            ("RU state_agent", 2),
            ("RU _T", 2),
            ("RU-CE law_enforcement", 2),
            ("RU-CE relatives", 1),
            ("RU-CE state_agent", 2),
            ("RU-CE _T", 2),
            ("_T law_enforcement", 2),
            ("_T relatives", 1),
            ("_T state_agent", 2),
            ("_T _T", 2)
        ])
    );
    assert_eq!(ask(app, "")["basis"], json!({"case_file": 2, "reconstructed": 0}));
}

fn incidents_are_as_many_as_before(app: &App) {
    world(app);
    let asked = ["measure=incidents&by=kind", "measure=incidents&by=sex,actor", "measure=incidents&place=RU-CE"];
    let before = asked.map(|query| rows(&ask(app, query)));
    join(app, "A", "B", JOINED);
    assert_eq!(asked.map(|query| rows(&ask(app, query))), before);
    // Those of persons who have both are now those of the joined one.
    assert_eq!(count(app, "measure=incidents&with=detention,threat"), 2);
    assert_eq!(count(app, "measure=incidents&with=detention,threat&kind=threat"), 1);
}

fn nothing_that_was_known_or_held_before_a_join_changes(app: &App) {
    world(app);
    let write = newest(app);
    let times = [
        format!("&as_of={BEFORE}"),
        format!("&as_of={ENTERED}"),
        format!("&at_write={write}"),
        format!("&at_write={write}&as_of={JOINED}"),
        format!("&at_write={write}&as_of={BEFORE}"),
    ];
    let before: Vec<_> = times.iter().map(|times| answers(app, times)).collect();
    let made = join(app, "A", "B", JOINED);
    let again = || times.iter().map(|times| answers(app, times)).collect::<Vec<_>>();
    assert_eq!(again(), before);
    assert_eq!(count(app, &format!("as_of={JOINED}")), 2);
    withdraw(app, Noun::Linkage, &made, "2018-09-01");
    assert_eq!(again(), before);
}

fn an_unjoin_brings_both_back_from_its_day_on(app: &App) {
    world(app);
    let before = answers(app, "");
    let made = join(app, "A", "B", JOINED);
    let (joined, write) = (answers(app, ""), newest(app));
    assert_ne!(joined, before);
    let undone = withdraw(app, Noun::Linkage, &made, "2018-09-01");
    assert_eq!(answers(app, ""), before);
    assert_eq!(answers(app, "&as_of=2018-09-01"), before);
    assert_eq!(answers(app, "&as_of=2018-08-31"), joined);
    assert_eq!(answers(app, &format!("&at_write={write}")), joined);
    app.caseworker().restore(Noun::Linkage, &undone, "one passport after all").expect(200);
    assert_eq!(answers(app, ""), joined);
    assert_eq!(answers(app, "&as_of=2018-09-01"), before);
}

fn a_join_that_lies_back_changes_the_past_and_not_the_record_of_it(app: &App) {
    world(app);
    let write = newest(app);
    // Known before the records are: it says nothing until then.
    join(app, "A", "B", "2017-01-01");
    assert_eq!(count(app, "as_of=2017-06-01"), 0);
    assert_eq!(count(app, &format!("as_of={ENTERED}")), 2);
    assert_eq!(count(app, &format!("as_of={ENTERED}&with=detention,threat")), 1);
    assert_eq!(count(app, &format!("as_of={ENTERED}&at_write={write}")), 3);
    assert_eq!(count(app, &format!("as_of={ENTERED}&at_write={write}&with=detention,threat")), 0);
}

fn a_correction_moves_a_record_to_another_person_from_its_day_on(app: &App) {
    world(app);
    let made = join(app, "A", "B", JOINED);
    let write = newest(app);
    let change = json!({"canonical": "C", "known_on": "2018-09-01", "reason": "misread"});
    app.caseworker().correct(Noun::Linkage, &made, &change).expect(200);
    for (times, together) in
        [("", 0), ("&as_of=2018-08-31", 1), ("&as_of=2018-09-01", 0), (&format!("&at_write={write}"), 1)]
    {
        assert_eq!(count(app, &format!("measure=persons{times}")), 2, "{times}");
        assert_eq!(count(app, &format!("with=detention,threat{times}")), together, "{times}");
        assert_eq!(count(app, &format!("kind=detention{times}")), 1 + together, "{times}");
    }
}

fn caveats(answer: &Value) -> Vec<&str> {
    answer["caveats"].as_array().unwrap().iter().map(|caveat| caveat["code"].as_str().unwrap()).collect()
}

fn joined_records_that_differ_count_in_both_cells_and_once_in_the_total(app: &App) {
    known(app, &json!({"code": "A", "ground": "outed", "origin": "RU-CE", "sex": "M"}));
    known(app, &json!({"code": "B", "ground": "witness", "origin": "RU-DA", "sex": "M"}));
    known(app, &json!({"code": "C", "ground": "outed", "origin": "RU-DA", "sex": "F"}));
    let answer = ask(app, "by=ground");
    assert_eq!(answer["additive"], json!({"ground": true}));
    assert_eq!(caveats(&answer), ["documented_cases"]);
    join(app, "A", "B", JOINED);
    for (by, cells) in [
        ("ground", vec![("outed", 2), ("witness", 1), ("_T", 2)]),
        ("origin", vec![("RU", 2), ("RU-CE", 1), ("RU-DA", 2), ("_T", 2)]),
        // What each record says holds for the one person.
        (
            "ground,origin",
            vec![
                ("outed RU", 2),
                ("outed RU-CE", 1),
                ("outed RU-DA", 2),
                ("witness RU", 1),
                ("witness RU-CE", 1),
                ("witness RU-DA", 1),
                ("_T _T", 2),
            ],
        ),
    ] {
        let answer = ask(app, &format!("by={by}"));
        assert_eq!(counts(&answer), table(&cells));
        assert!(answer["additive"].as_object().unwrap().values().all(|additive| additive == false), "{answer}");
        assert_eq!(caveats(&answer), ["documented_cases", "joined_records_differ"], "{by}");
    }
    // Where they agree there is nothing to say.
    let answer = ask(app, "by=sex");
    assert_eq!(counts(&answer), table(&[("F", 1), ("M", 1), ("_T", 2)]));
    assert_eq!(caveats(&answer), ["documented_cases"]);
    // A filter finds the person by either.
    for (query, found) in [("ground=outed", 2), ("ground=witness", 1), ("ground=outed,witness", 2)] {
        assert_eq!(count(app, query), found, "{query}");
    }
    let before = ask(app, &format!("by=ground&as_of={BEFORE}"));
    assert_eq!(counts(&before), table(&[("outed", 2), ("witness", 1), ("_T", 3)]));
    assert_eq!(caveats(&before), ["documented_cases"]);
}

fn a_person_as_whom_another_is_counted_may_be_withdrawn(app: &App) {
    known(app, &json!({"code": "A", "sex": "F"}));
    let canonical = app.caseworker().enter(Noun::Person, &json!({"code": "B", "sex": "M", "known_on": ENTERED}));
    happened(app, "A", "detention", &json!({}));
    happened(app, "B", "threat", &json!({}));
    join(app, "A", "B", JOINED);
    let gone = withdraw(app, Noun::Person, &canonical, "2018-09-01");
    // The other record still says that there is somebody, and what happened to them.
    assert_eq!(counts(&ask(app, "by=sex")), table(&[("F", 1), ("_T", 1)]));
    assert_eq!(counts(&ask(app, "by=kind")), table(&[("detention", 1), ("_T", 1)]));
    assert_eq!(count(app, "with=detention,threat"), 0);
    assert_eq!(count(app, "with=detention"), 1);
    assert_eq!(counts(&ask(app, "measure=incidents&by=kind")), table(&[("detention", 1), ("_T", 1)]));
    assert_eq!(count(app, "as_of=2018-08-31&with=detention,threat"), 1);
    app.caseworker().restore(Noun::Person, &gone, "not so").expect(200);
    assert_eq!(count(app, "with=detention,threat"), 1);
    assert_eq!(count(app, ""), 1);
}

fn a_record_that_is_counted_as_another_may_be_withdrawn(app: &App) {
    let own = app.caseworker().enter(Noun::Person, &json!({"code": "A", "sex": "F", "known_on": ENTERED}));
    known(app, &json!({"code": "B", "sex": "M"}));
    happened(app, "A", "detention", &json!({}));
    join(app, "A", "B", JOINED);
    withdraw(app, Noun::Person, &own, "2018-09-01");
    assert_eq!(counts(&ask(app, "by=sex")), table(&[("M", 1), ("_T", 1)]));
    assert_eq!(count(app, "kind=detention"), 0);
    assert_eq!(count(app, "with=detention"), 0);
    assert_eq!(count(app, "with=detention&as_of=2018-08-31"), 1);
}

/// The count and, where a date leaves it open, what is possible of a cell.
fn dated(answer: &Value, cell: &str) -> Value {
    rows(answer).get(&vec![cell.to_owned()]).cloned().unwrap_or_default()
}

fn joined_records_are_one_person_in_every_year(app: &App) {
    for (code, date) in [("A", "2017-03"), ("B", "2017-05"), ("C", "2018"), ("D", "2017/2018")] {
        known(app, &json!({ "code": code }));
        happened(app, code, "detention", &json!({ "date": date }));
    }
    let told = |cell: &str| {
        let row = dated(&ask(app, "by=year"), cell);
        (row["count"].as_u64(), row["possible"].as_u64().unwrap_or(0))
    };
    assert_eq!((told("2017"), told("2018")), ((Some(2), 1), (Some(1), 1)));
    for code in ["A", "C", "D"] {
        join(app, code, "B", JOINED);
    }
    // One person in both years; the date that is not known adds nobody.
    assert_eq!((told("2017"), told("2018")), ((Some(1), 0), (Some(1), 0)));
    assert_eq!(count(app, ""), 1);
    let before = ask(app, &format!("by=year&as_of={BEFORE}"));
    assert_eq!(dated(&before, "2017")["count"], 2);
}

fn three_records_joined_to_one_are_one_person(app: &App) {
    let kinds = ["detention", "torture", "threat", "beating"];
    for (code, kind) in ["A", "B", "C", "D"].into_iter().zip(kinds) {
        known(app, &json!({"code": code, "sex": "F"}));
        happened(app, code, kind, &json!({}));
    }
    known(app, &json!({"code": "E", "sex": "F"}));
    let mut persons = 5;
    let mut last: Option<Answer> = None;
    for code in ["A", "B", "C"] {
        last = Some(join(app, code, "D", JOINED));
        persons -= 1;
        assert_eq!(count(app, ""), persons);
        assert_eq!(counts(&ask(app, "by=sex")), table(&[("F", persons), ("_T", persons)]));
    }
    assert_eq!(count(app, "with=detention,torture,threat,beating"), 1);
    assert_eq!(count(app, "measure=incidents&with=detention,torture,threat,beating"), 4);
    assert_eq!(
        counts(&ask(app, "by=kind&kind=detention,torture,threat,beating")),
        table(&[("beating", 1), ("detention", 1), ("threat", 1), ("torture", 1), ("_T", 1)])
    );
    withdraw(app, Noun::Linkage, &last.unwrap(), "2018-09-01");
    assert_eq!(count(app, ""), 3);
    assert_eq!(count(app, "with=detention,torture,beating"), 1);
    assert_eq!(count(app, "with=detention,torture,threat,beating"), 0);
}

fn a_join_leaves_the_founding_figures_as_they_are(app: &App) {
    let asked = ["by=kind", "by=ground", "with=forced_return,death", "kind=detention&with=departure_abroad"];
    let before = asked.map(|query| ask(app, query)["rows"].clone());
    known(app, &json!({"code": "A", "origin": "DE"}));
    known(app, &json!({"code": "B", "origin": "DE"}));
    join(app, "A", "B", JOINED);
    assert_eq!(asked.map(|query| ask(app, &format!("{query}&basis=reconstructed"))["rows"].clone())[0], before[0]);
    let answer = ask(app, "origin=DE");
    assert_eq!(answer["basis"], json!({"case_file": 1, "reconstructed": 0}));
    // One more person than before, as far as people are asked for at all.
    assert_eq!(asked[2..].iter().map(|query| ask(app, query)["rows"].clone()).collect::<Vec<_>>(), before[2..]);
}

on_both! { empty:
    joined_records_are_one_person, incidents_are_as_many_as_before,
    nothing_that_was_known_or_held_before_a_join_changes, an_unjoin_brings_both_back_from_its_day_on,
    a_join_that_lies_back_changes_the_past_and_not_the_record_of_it,
    a_correction_moves_a_record_to_another_person_from_its_day_on,
    joined_records_that_differ_count_in_both_cells_and_once_in_the_total,
    a_person_as_whom_another_is_counted_may_be_withdrawn, a_record_that_is_counted_as_another_may_be_withdrawn,
    joined_records_are_one_person_in_every_year, three_records_joined_to_one_are_one_person
}
on_both! { demo: a_join_leaves_the_founding_figures_as_they_are }
