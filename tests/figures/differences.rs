//! Why a count changed: each reason with the exact unit, the records behind it and how many, for staff and researchers
//! (issue 3, point 1). All about case files.

use attest::domain::record::Noun;
use serde_json::json;

use super::held::{BACK, BEFORE, corrected, expect, expect_none, incident, join, kind, person, source, turned, watch};
use crate::support::{App, on_both};

const TORTURED: (&str, &str) = ("tortured", "measure=persons&kind=torture");
const TORTURES: (&str, &str) = ("tortures", "measure=incidents&kind=torture");

/// A, tortured and detained; B, detained; C, of whom nothing is known.
fn three(app: &App) {
    person(app, "A", "outed", Some(BEFORE));
    person(app, "B", "attacked", Some(BEFORE));
    person(app, "C", "witness", Some(BEFORE));
    incident(app, "A-torture", "A", "torture", Some(BEFORE));
    incident(app, "A-detention", "A", "detention", Some(BEFORE));
    incident(app, "B-detention", "B", "detention", Some(BEFORE));
    source(app, "S-1", "low");
}

fn a_new_record_is_added(app: &App) {
    three(app);
    watch(app, &[TORTURED, TORTURES, ("outed", "measure=persons&ground=outed")]);
    for (name, count) in [("tortured", 1), ("tortures", 1), ("outed", 1)] {
        expect_none(app, name, count);
    }
    person(app, "D", "outed", None);
    incident(app, "D-torture", "D", "torture", None);
    // A new incident of a person who was there.
    incident(app, "B-torture", "B", "torture", None);
    expect(
        app,
        "tortured",
        [1, 1, 3],
        &["as_of>now added +2 -0"],
        &[
            "as_of>now +B added: incident B-torture added",
            "as_of>now +D added: incident D-torture added, person D added",
        ],
    );
    expect(
        app,
        "tortures",
        [1, 1, 3],
        &["as_of>now added +2 -0"],
        &[
            "as_of>now +B-torture added: incident B-torture added",
            "as_of>now +D-torture added: incident D-torture added, person D added",
        ],
    );
    expect(app, "outed", [1, 1, 2], &["as_of>now added +1 -0"], &["as_of>now +D added: person D added"]);
    // One more of a person who is counted changes no count of persons.
    incident(app, "A-torture-2", "A", "torture", None);
    assert_eq!(super::held::held(app, "own-1:tortured")["changes_in_all"], 2);
    assert_eq!(super::held::held(app, "own-1:tortures")["changes_in_all"], 3);
}

fn a_back_dated_record_changes_what_was_known(app: &App) {
    three(app);
    watch(app, &[TORTURED, TORTURES]);
    incident(app, "B-torture", "B", "torture", Some(BACK));
    person(app, "D", "outed", Some(BACK));
    // Known of the person on the day, and of the incident only later.
    incident(app, "D-torture", "D", "torture", None);
    expect(
        app,
        "tortured",
        [1, 2, 3],
        &["baseline>as_of added +1 -0", "as_of>now added +1 -0"],
        &["as_of>now +D added: incident D-torture added", "baseline>as_of +B added: incident B-torture added"],
    );
    expect(
        app,
        "tortures",
        [1, 2, 3],
        &["baseline>as_of added +1 -0", "as_of>now added +1 -0"],
        &[
            "as_of>now +D-torture added: incident D-torture added",
            "baseline>as_of +B-torture added: incident B-torture added",
        ],
    );
}

fn a_withdrawn_record_is_withdrawn_until_it_is_restored(app: &App) {
    three(app);
    watch(app, &[TORTURED, TORTURES, ("outed", "measure=persons&ground=outed")]);
    turned(app, Noun::Incident, "A-torture", "withdrawal", None);
    let left = |unit: &str| [format!("as_of>now -{unit} withdrawn: incident A-torture withdrawn")];
    for (name, unit) in [("tortured", "A"), ("tortures", "A-torture")] {
        let [left] = left(unit);
        expect(app, name, [1, 1, 0], &["as_of>now withdrawn +0 -1"], &[&left]);
    }
    turned(app, Noun::Incident, "A-torture", "restoration", None);
    expect_none(app, "tortured", 1);
    expect_none(app, "tortures", 1);
    // With the person go the incidents, though nobody withdrew these.
    turned(app, Noun::Person, "A", "withdrawal", Some(BACK));
    for (name, unit) in [("tortured", "A"), ("tortures", "A-torture"), ("outed", "A")] {
        let left = format!("baseline>as_of -{unit} withdrawn: person A withdrawn");
        expect(app, name, [1, 0, 0], &["baseline>as_of withdrawn +0 -1"], &[&left]);
    }
}

fn a_restored_record_is_restored(app: &App) {
    three(app);
    turned(app, Noun::Incident, "A-torture", "withdrawal", Some(BEFORE));
    turned(app, Noun::Person, "B", "withdrawal", Some(BEFORE));
    watch(app, &[TORTURED, ("attacked", "measure=persons&ground=attacked")]);
    turned(app, Noun::Incident, "A-torture", "restoration", None);
    turned(app, Noun::Person, "B", "restoration", Some(BACK));
    expect(
        app,
        "tortured",
        [0, 0, 1],
        &["as_of>now restored +1 -0"],
        &["as_of>now +A restored: incident A-torture restored"],
    );
    expect(
        app,
        "attacked",
        [0, 1, 1],
        &["baseline>as_of restored +1 -0"],
        &["baseline>as_of +B restored: person B restored"],
    );
}

fn a_corrected_person_is_corrected(app: &App) {
    three(app);
    watch(
        app,
        &[
            ("outed", "measure=persons&ground=outed"),
            ("attacked", "measure=persons&ground=attacked"),
            ("either", "measure=persons&ground=attacked,outed"),
            ("tortures", "measure=incidents&kind=torture&ground=outed"),
        ],
    );
    corrected(app, Noun::Person, "A", &json!({"ground": "attacked"}), None);
    let by = "corrected: person A corrected";
    expect(app, "outed", [1, 1, 0], &["as_of>now corrected +0 -1"], &[&format!("as_of>now -A {by}")]);
    expect(app, "attacked", [1, 1, 2], &["as_of>now corrected +1 -0"], &[&format!("as_of>now +A {by}")]);
    expect(app, "tortures", [1, 1, 0], &["as_of>now corrected +0 -1"], &[&format!("as_of>now -A-torture {by}")]);
    expect_none(app, "either", 2);
    // One comes and one goes: the number is the same, and both are told.
    corrected(app, Noun::Person, "B", &json!({"ground": "outed"}), None);
    expect(
        app,
        "outed",
        [1, 1, 1],
        &["as_of>now corrected +1 -1"],
        &["as_of>now +B corrected: person B corrected", &format!("as_of>now -A {by}")],
    );
}

fn a_corrected_incident_is_corrected(app: &App) {
    three(app);
    watch(
        app,
        &[
            TORTURED,
            TORTURES,
            ("detained", "measure=persons&kind=detention"),
            ("both", "measure=persons&with=detention,torture"),
        ],
    );
    corrected(app, Noun::Incident, "A-torture", &json!({"kind": "beating"}), None);
    let by = "corrected: incident A-torture corrected";
    expect(app, "tortured", [1, 1, 0], &["as_of>now corrected +0 -1"], &[&format!("as_of>now -A {by}")]);
    expect(app, "tortures", [1, 1, 0], &["as_of>now corrected +0 -1"], &[&format!("as_of>now -A-torture {by}")]);
    expect(app, "both", [1, 1, 0], &["as_of>now corrected +0 -1"], &[&format!("as_of>now -A {by}")]);
    expect_none(app, "detained", 2);
}

fn an_incident_that_moves_to_another_person_is_corrected(app: &App) {
    three(app);
    watch(app, &[TORTURED, TORTURES, ("both", "measure=persons&with=detention,torture")]);
    corrected(app, Noun::Incident, "A-torture", &json!({"person": "B"}), Some(BACK));
    let by = "corrected: incident A-torture corrected";
    for name in ["tortured", "both"] {
        expect(
            app,
            name,
            [1, 1, 1],
            &["baseline>as_of corrected +1 -1"],
            &[&format!("baseline>as_of +B {by}"), &format!("baseline>as_of -A {by}")],
        );
    }
    expect_none(app, "tortures", 1);
}

fn joined_records_are_counted_once(app: &App) {
    three(app);
    incident(app, "B-torture", "B", "torture", Some(BEFORE));
    incident(app, "C-beating", "C", "beating", Some(BEFORE));
    watch(app, &[TORTURED, TORTURES, ("beaten_and_tortured", "measure=persons&with=beating,torture")]);
    expect_none(app, "tortured", 2);
    expect_none(app, "beaten_and_tortured", 0);
    join(app, "B", "A", None);
    let left = ["as_of>now -B joined: linkage B joined"];
    expect(app, "tortured", [2, 2, 1], &["as_of>now joined +0 -1"], &left);
    expect_none(app, "tortures", 2);
    // Together the two records have what neither has: the one by which they are counted comes.
    join(app, "C", "A", Some(BACK));
    expect(
        app,
        "beaten_and_tortured",
        [0, 1, 1],
        &["baseline>as_of joined +1 -0"],
        &["baseline>as_of +A joined: linkage C joined"],
    );
    expect(app, "tortured", [2, 2, 1], &["as_of>now joined +0 -1"], &left);
}

fn un_joined_records_are_counted_each(app: &App) {
    three(app);
    incident(app, "B-torture", "B", "torture", Some(BEFORE));
    incident(app, "C-beating", "C", "beating", Some(BEFORE));
    join(app, "B", "A", Some(BEFORE));
    join(app, "C", "A", Some(BEFORE));
    watch(app, &[TORTURED, ("beaten_and_tortured", "measure=persons&with=beating,torture")]);
    expect_none(app, "tortured", 1);
    expect_none(app, "beaten_and_tortured", 1);
    turned(app, Noun::Linkage, "B", "withdrawal", Some(BACK));
    turned(app, Noun::Linkage, "C", "withdrawal", None);
    expect(
        app,
        "tortured",
        [1, 2, 2],
        &["baseline>as_of unjoined +1 -0"],
        &["baseline>as_of +B unjoined: linkage B unjoined"],
    );
    expect(
        app,
        "beaten_and_tortured",
        [1, 1, 0],
        &["as_of>now unjoined +0 -1"],
        &["as_of>now -A unjoined: linkage C unjoined"],
    );
    // Joined again, they are counted as before.
    turned(app, Noun::Linkage, "C", "restoration", None);
    expect_none(app, "beaten_and_tortured", 1);
}

fn a_corrected_source_is_corrected(app: &App) {
    three(app);
    let sources = json!({"sources": [{"source": "S-1", "credence": "probable"}]});
    corrected(app, Noun::Incident, "A-torture", &sources, Some(BEFORE));
    watch(
        app,
        &[
            ("low", "measure=persons&reliability=low"),
            ("high", "measure=incidents&reliability=high"),
            ("any", "measure=incidents&reliability=high,low"),
            ("of_source", "measure=incidents&source=S-1"),
        ],
    );
    corrected(app, Noun::Source, "S-1", &json!({"reliability": "high"}), None);
    let by = "corrected: source S-1 corrected";
    expect(app, "low", [1, 1, 0], &["as_of>now corrected +0 -1"], &[&format!("as_of>now -A {by}")]);
    expect(app, "high", [0, 0, 1], &["as_of>now corrected +1 -0"], &[&format!("as_of>now +A-torture {by}")]);
    expect_none(app, "any", 1);
    expect_none(app, "of_source", 1);
}

fn a_changed_definition_is_no_records_doing(app: &App) {
    three(app);
    kind(app, "arson");
    kind(app, "burning");
    incident(app, "B-arson", "B", "arson", Some(BEFORE));
    incident(app, "C-burning", "C", "burning", Some(BEFORE));
    watch(
        app,
        &[
            ("burnings", "measure=incidents&kind=burning"),
            ("burnt", "measure=persons&kind=burning"),
            ("burnt_and_detained", "measure=persons&with=burning,detention"),
            ("arsons", "measure=incidents&kind=arson"),
        ],
    );
    corrected(app, Noun::Term, "kind:arson", &json!({"replaced_by": "burning"}), None);
    let counted = ["baseline>as_of definition_changed +1 -0"];
    expect(app, "burnings", [1, 2, 2], &counted, &["baseline>as_of +B-arson definition_changed: "]);
    expect(app, "burnt", [1, 2, 2], &counted, &["baseline>as_of +B definition_changed: "]);
    expect(app, "burnt_and_detained", [0, 1, 1], &counted, &["baseline>as_of +B definition_changed: "]);
    // The old code still finds its own records, as the published figure did.
    expect_none(app, "arsons", 1);
}

fn what_came_or_went_says_more_than_what_was_corrected(app: &App) {
    three(app);
    watch(app, &[TORTURED, ("attacked", "measure=persons&ground=attacked&kind=torture")]);
    // The ground of A becomes what is asked for, and B, who had it, is tortured.
    corrected(app, Noun::Person, "B", &json!({"sex": "M"}), None);
    incident(app, "B-torture", "B", "torture", None);
    let both = ["as_of>now +B added: incident B-torture added, person B corrected"];
    expect(app, "attacked", [0, 0, 1], &["as_of>now added +1 -0"], &both);
    // What left did not leave because of a record that was added.
    person(app, "D", "outed", None);
    corrected(app, Noun::Incident, "A-torture", &json!({"person": "D"}), None);
    expect(
        app,
        "tortured",
        [1, 1, 2],
        &["as_of>now added +2 -0", "as_of>now corrected +0 -1"],
        &[
            "as_of>now +B added: incident B-torture added, person B corrected",
            "as_of>now +D added: incident A-torture corrected, person D added",
            "as_of>now -A corrected: incident A-torture corrected",
        ],
    );
}

on_both! { empty:
    a_new_record_is_added, a_back_dated_record_changes_what_was_known,
    a_withdrawn_record_is_withdrawn_until_it_is_restored, a_restored_record_is_restored, a_corrected_person_is_corrected,
    a_corrected_incident_is_corrected, an_incident_that_moves_to_another_person_is_corrected,
    joined_records_are_counted_once, un_joined_records_are_counted_each, a_corrected_source_is_corrected,
    a_changed_definition_is_no_records_doing, what_came_or_went_says_more_than_what_was_corrected
}
