//! What is counted because nothing is known: its changes have their records too.

use attest::domain::record::Noun;
use serde_json::json;

use super::held::{BEFORE, corrected, expect, incident, person, source, turned, watch};
use crate::support::{App, on_both};

fn a_source_that_goes_makes_its_reliability_unknown(app: &App) {
    person(app, "A", "outed", Some(BEFORE));
    incident(app, "A-torture", "A", "torture", Some(BEFORE));
    source(app, "S-1", "low");
    let sources = json!({"sources": [{"source": "S-1", "credence": "probable"}]});
    corrected(app, Noun::Incident, "A-torture", &sources, Some(BEFORE));
    watch(app, &[("unknown", "measure=incidents&reliability=_U")]);
    turned(app, Noun::Source, "S-1", "withdrawal", None);
    expect(
        app,
        "unknown",
        [0, 0, 1],
        &["as_of>now withdrawn +1 -0"],
        &["as_of>now +A-torture withdrawn: source S-1 withdrawn"],
    );
}

fn a_person_of_whom_something_is_known_leaves_those_without(app: &App) {
    person(app, "A", "outed", Some(BEFORE));
    watch(app, &[("without", "measure=persons&kind=_Z")]);
    incident(app, "A-torture", "A", "torture", None);
    expect(app, "without", [1, 1, 0], &["as_of>now added +0 -1"], &["as_of>now -A added: incident A-torture added"]);
}

fn an_incident_that_goes_leaves_a_person_without(app: &App) {
    person(app, "A", "outed", Some(BEFORE));
    incident(app, "A-torture", "A", "torture", Some(BEFORE));
    watch(app, &[("without", "measure=persons&kind=_Z")]);
    turned(app, Noun::Incident, "A-torture", "withdrawal", None);
    expect(
        app,
        "without",
        [0, 0, 1],
        &["as_of>now withdrawn +1 -0"],
        &["as_of>now +A withdrawn: incident A-torture withdrawn"],
    );
}

on_both! { empty:
    a_source_that_goes_makes_its_reliability_unknown, a_person_of_whom_something_is_known_leaves_those_without,
    an_incident_that_goes_leaves_a_person_without
}
