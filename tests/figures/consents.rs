//! Why a count changed where somebody says no to being counted, or no longer does (issue 4).

use attest::domain::record::Noun;
use chrono::TimeDelta;
use serde_json::json;

use super::held::{
    BACK, BEFORE, consent, corrected, expect, expect_none, incident, join, person, source, turned, watch,
};
use super::staff::by_code;
use crate::support::{App, on_both};

const TORTURED: (&str, &str) = ("tortured", "measure=persons&kind=torture");
const TORTURES: (&str, &str) = ("tortures", "measure=incidents&kind=torture");

/// A, tortured twice; B, tortured.
fn two(app: &App) {
    person(app, "A", "outed", Some(BEFORE));
    person(app, "B", "attacked", Some(BEFORE));
    for (code, of) in [("A-1", "A"), ("A-2", "A"), ("B-1", "B")] {
        incident(app, code, of, "torture", Some(BEFORE));
    }
    source(app, "S-1", "low");
}

fn who_says_no_leaves_with_all_incidents(app: &App) {
    two(app);
    watch(app, &[TORTURED, TORTURES]);
    consent(app, "A", "refused", None, None);
    let by = "consent_withdrawn: consent A:count consent_withdrawn";
    expect(app, "tortured", [2, 2, 1], &["as_of>now consent_withdrawn +0 -1"], &[&format!("as_of>now -A {by}")]);
    expect(
        app,
        "tortures",
        [3, 3, 1],
        &["as_of>now consent_withdrawn +0 -2"],
        &[&format!("as_of>now -A-1 {by}"), &format!("as_of>now -A-2 {by}")],
    );
}

fn who_says_no_for_a_day_gone_by_leaves_what_was_known(app: &App) {
    two(app);
    watch(app, &[TORTURED]);
    consent(app, "B", "withdrawn", None, Some(BACK));
    expect(
        app,
        "tortured",
        [2, 1, 1],
        &["baseline>as_of consent_withdrawn +0 -1"],
        &["baseline>as_of -B consent_withdrawn: consent B:count consent_withdrawn"],
    );
}

fn who_says_yes_again_comes_back(app: &App) {
    two(app);
    consent(app, "A", "refused", None, Some(BEFORE));
    consent(app, "B", "withdrawn", None, Some(BEFORE));
    watch(app, &[TORTURED]);
    corrected(app, Noun::Consent, "A:count", &json!({"decision": "given"}), None);
    // That there was a no was a mistake.
    turned(app, Noun::Consent, "B:count", "withdrawal", Some(BACK));
    expect(
        app,
        "tortured",
        [0, 1, 2],
        &["baseline>as_of consent_given +1 -0", "as_of>now consent_given +1 -0"],
        &[
            "as_of>now +A consent_given: consent A:count consent_given",
            "baseline>as_of +B consent_given: consent B:count consent_given",
        ],
    );
}

fn consent_that_has_ended_needs_no_write(app: &App) {
    two(app);
    let last_day = app.clock.now().date_naive() + TimeDelta::days(3);
    consent(app, "A", "given", Some(&last_day.to_string()), Some(BEFORE));
    watch(app, &[TORTURED]);
    app.clock.advance(TimeDelta::days(3));
    expect_none(app, "tortured", 2);
    app.clock.advance(TimeDelta::days(1));
    expect(
        app,
        "tortured",
        [2, 2, 1],
        &["as_of>now consent_withdrawn +0 -1"],
        &["as_of>now -A consent_withdrawn: consent A:count consent_withdrawn"],
    );
}

fn a_no_says_more_than_what_happened_to_the_records(app: &App) {
    two(app);
    watch(app, &[TORTURED]);
    turned(app, Noun::Incident, "B-1", "withdrawal", None);
    consent(app, "B", "refused", None, None);
    expect(
        app,
        "tortured",
        [2, 2, 1],
        &["as_of>now consent_withdrawn +0 -1"],
        &["as_of>now -B consent_withdrawn: consent B:count consent_withdrawn, incident B-1 withdrawn"],
    );
    // Another purpose says nothing of it.
    let entry = json!({"person": "A", "purpose": "publish", "decision": "refused", "decided_on": "2018-01-01"});
    app.caseworker().enter(Noun::Consent, &entry);
    turned(app, Noun::Person, "A", "withdrawal", None);
    let found = by_code(app, Noun::Consent, "A:publish").json();
    assert_eq!(found["decision"], "refused");
    expect(
        app,
        "tortured",
        [2, 2, 0],
        &["as_of>now consent_withdrawn +0 -1", "as_of>now withdrawn +0 -1"],
        &[
            "as_of>now -A withdrawn: person A withdrawn",
            "as_of>now -B consent_withdrawn: consent B:count consent_withdrawn, incident B-1 withdrawn",
        ],
    );
}

fn who_is_joined_with_a_no_leaves_because_of_the_join(app: &App) {
    two(app);
    consent(app, "A", "refused", None, Some(BEFORE));
    watch(app, &[TORTURED, TORTURES]);
    join(app, "A", "B", None);
    expect(app, "tortured", [1, 1, 0], &["as_of>now joined +0 -1"], &["as_of>now -B joined: linkage A joined"]);
    expect(app, "tortures", [1, 1, 0], &["as_of>now joined +0 -1"], &["as_of>now -B-1 joined: linkage A joined"]);
    turned(app, Noun::Linkage, "A", "withdrawal", None);
    expect_none(app, "tortured", 1);
}

fn who_is_parted_from_a_no_comes_back(app: &App) {
    two(app);
    consent(app, "A", "refused", None, Some(BEFORE));
    join(app, "A", "B", Some(BEFORE));
    watch(app, &[TORTURED]);
    turned(app, Noun::Linkage, "A", "withdrawal", Some(BACK));
    expect(
        app,
        "tortured",
        [0, 1, 1],
        &["baseline>as_of unjoined +1 -0"],
        &["baseline>as_of +B unjoined: linkage A unjoined"],
    );
}

fn the_no_of_one_joined_record_takes_the_person_out(app: &App) {
    two(app);
    join(app, "A", "B", Some(BEFORE));
    watch(app, &[TORTURED, TORTURES]);
    consent(app, "A", "refused", None, None);
    let by = "consent_withdrawn: consent A:count consent_withdrawn";
    expect(app, "tortured", [1, 1, 0], &["as_of>now consent_withdrawn +0 -1"], &[&format!("as_of>now -B {by}")]);
    let left = ["A-1", "A-2", "B-1"].map(|unit| format!("as_of>now -{unit} {by}"));
    let left: Vec<_> = left.iter().map(String::as_str).collect();
    expect(app, "tortures", [3, 3, 0], &["as_of>now consent_withdrawn +0 -3"], &left);
}

on_both! { empty:
    who_says_no_leaves_with_all_incidents, who_says_no_for_a_day_gone_by_leaves_what_was_known,
    who_says_yes_again_comes_back, consent_that_has_ended_needs_no_write,
    a_no_says_more_than_what_happened_to_the_records, who_is_joined_with_a_no_leaves_because_of_the_join,
    who_is_parted_from_a_no_comes_back, the_no_of_one_joined_record_takes_the_person_out,
}
