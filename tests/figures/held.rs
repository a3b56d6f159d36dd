//! Reading how a figure is held against the records, as researchers and as staff are told it.

use std::collections::BTreeMap;

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::staff::{by_code, figure, publication};
use crate::support::{Answer, App};

/// A day before that of the figures that these tests enter, from which records are known at first.
pub const BEFORE: &str = "2018-04-01";
/// Another, for what is back-dated.
pub const BACK: &str = "2018-04-05";
/// The publication of the figures that these tests enter.
pub const OWN: &str = "own-1";

/// By figure of one publication its line, as researchers are told it.
#[track_caller]
pub fn lines(app: &App, publication: &str) -> BTreeMap<String, Value> {
    let path = format!("/api/v1/research/reconciliation?publication={publication}");
    let answer = app.researcher().get(&path).expect(200).json();
    let lines = answer["figures"].as_array().unwrap().iter();
    let by_name: BTreeMap<_, _> =
        lines.clone().map(|line| (line["figure"].as_str().unwrap().to_owned(), line.clone())).collect();
    assert_eq!(by_name.len(), lines.len(), "a figure comes twice");
    by_name
}

/// A figure as staff are told it.
#[track_caller]
pub fn held(app: &App, code: &str) -> Value {
    let path = format!("{}/reconciliation", by_code(app, Noun::Figure, code).path(Noun::Figure));
    let answer = app.caseworker().get(&path).expect(200);
    assert_eq!(app.publisher().get(&path).expect(200).bytes, answer.bytes);
    let answer = answer.json();
    explained(&answer);
    answer
}

/// The reasons, the one that counts first where several records changed.
const REASONS: [&str; 8] =
    ["consent_withdrawn", "consent_given", "added", "restored", "withdrawn", "joined", "unjoined", "corrected"];

/// Holds what staff are told against itself: the counts differ by what came and went, as often as is said, and every
/// change has its records.
#[track_caller]
pub fn explained(answer: &Value) {
    let count = |of: &Value| of["count"].as_i64().unwrap_or_else(|| panic!("no number: {answer}"));
    let (baseline, then, now) =
        (count(&answer["baseline"]), count(&answer["computed"]["as_of"]), count(&answer["computed"]["now"]));
    let sum = |from: &str| {
        let all = answer["differences"].as_array().unwrap().iter().filter(|one| one["from"] == from);
        all.map(|one| one["entered"].as_i64().unwrap() - one["left"].as_i64().unwrap()).sum::<i64>()
    };
    assert_eq!(then, baseline + sum("baseline"), "{answer}");
    assert_eq!(now, then + sum("as_of"), "{answer}");

    let mut counted: BTreeMap<(String, String, String), (u64, u64)> = BTreeMap::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let changes = answer["changes"].as_array().unwrap();
    for change in changes {
        let of = counted.entry((text(&change["from"]), text(&change["to"]), text(&change["reason"]))).or_default();
        match change["turn"].as_str().unwrap() {
            "entered" => of.0 += 1,
            "left" => of.1 += 1,
            other => panic!("{other}"),
        }
        let records = change["records"].as_array().unwrap();
        let rank = |reason: &Value| REASONS.iter().position(|other| reason == other).unwrap();
        match records.iter().map(|record| rank(&record["reason"])).min() {
            // A word may have been enough, though a record changed too.
            Some(first) => {
                assert!([REASONS[first], "definition_changed"].iter().any(|one| change["reason"] == *one), "{change}");
            }
            None => assert_eq!(change["reason"], "definition_changed", "{change}"),
        }
    }
    let told = answer["differences"].as_array().unwrap().iter().map(|one| {
        let key = (text(&one["from"]), text(&one["to"]), text(&one["reason"]));
        (key, (one["entered"].as_u64().unwrap(), one["left"].as_u64().unwrap()))
    });
    assert_eq!(told.collect::<BTreeMap<_, _>>(), counted, "{answer}");
    assert_eq!(answer["changes_in_all"], changes.len());
}

/// What researchers are told, one text a line: `as_of>now added +1 -0`.
pub fn differences(answer: &Value) -> Vec<String> {
    let line = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        let (from, to, reason) = (text("from"), text("to"), text("reason"));
        format!("{from}>{to} {reason} +{} -{}", one["entered"], one["left"])
    };
    answer["differences"].as_array().unwrap().iter().map(line).collect()
}

/// What staff are told, sorted, one text a unit: `as_of>now +A added: incident I-1 added, person A added`.
pub fn changes(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |one: &Value| {
        let record = |record: &Value| {
            assert!(record["write"].as_i64().unwrap() > 0 && record["id"].is_string(), "{record}");
            format!("{} {} {}", text(&record["noun"]), text(&record["code"]), text(&record["reason"]))
        };
        let mut records: Vec<_> = one["records"].as_array().unwrap().iter().map(record).collect();
        records.sort();
        let sign = if one["turn"] == "entered" { '+' } else { '-' };
        let (from, to, reason) = (text(&one["from"]), text(&one["to"]), text(&one["reason"]));
        format!("{from}>{to} {sign}{} {reason}: {}", text(&one["unit"]), records.join(", "))
    };
    let mut lines: Vec<_> = answer["changes"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

/// Holds one of our figures against the records and against what is expected: what researchers are told and what staff are
/// told besides.
#[track_caller]
pub fn expect(app: &App, name: &str, counts: [i64; 3], counted: &[&str], changed: &[&str]) {
    let answer = held(app, &format!("{OWN}:{name}"));
    let count = |of: &Value| of["count"].as_i64().unwrap();
    let found = [count(&answer["baseline"]), count(&answer["computed"]["as_of"]), count(&answer["computed"]["now"])];
    assert_eq!(found, counts, "{name}: {answer}");
    assert_eq!(differences(&answer), counted, "{name}");
    assert_eq!(changes(&answer), changed, "{name}");
    // Researchers are told the same line, without any record.
    let mut line = answer.clone();
    for of_staff in ["today", "at_write", "changes", "changes_in_all"] {
        line.as_object_mut().unwrap().remove(of_staff).unwrap();
    }
    assert_eq!(lines(app, OWN)[name], line, "{name}");
}

/// Expects that nothing came or went.
#[track_caller]
pub fn expect_none(app: &App, name: &str, count: i64) {
    expect(app, name, [count; 3], &[], &[]);
}

/// Enters our publication with a figure for each query, all as of 10 April 2018.
pub fn watch(app: &App, queries: &[(&str, &str)]) {
    publication(app, OWN, "published");
    for (name, query) in queries {
        let measure = if query.contains("measure=incidents") { "incidents" } else { "persons" };
        figure(app, OWN, name, 1, &json!({"query": query, "measure": measure}));
    }
}

/// A person with a ground, known from a day.
pub fn person(app: &App, code: &str, ground: &str, day: Option<&str>) -> Answer {
    app.caseworker().enter(Noun::Person, &json!({"code": code, "ground": ground, "known_on": day}))
}

/// An incident, known from a day.
pub fn incident(app: &App, code: &str, person: &str, kind: &str, day: Option<&str>) -> Answer {
    let entry = json!({"code": code, "person": person, "kind": kind, "date": "2017-04", "known_on": day});
    app.caseworker().enter(Noun::Incident, &entry)
}

pub fn source(app: &App, code: &str, reliability: &str) -> Answer {
    let entry = json!({"code": code, "type": "interview", "reliability": reliability, "known_on": BEFORE});
    app.caseworker().enter(Noun::Source, &entry)
}

/// Says that the record of a person is another's.
pub fn join(app: &App, person: &str, canonical: &str, day: Option<&str>) -> Answer {
    let entry = json!({"person": person, "canonical": canonical, "sources": ["S-1"], "reason": "one passport",
        "known_on": day});
    app.caseworker().enter(Noun::Linkage, &entry)
}

/// Corrects a record, known from a day.
pub fn corrected(app: &App, noun: Noun, code: &str, changes: &Value, day: Option<&str>) -> Answer {
    let mut changes = changes.clone();
    changes["reason"] = "looked into again".into();
    if let Some(day) = day {
        changes["known_on"] = day.into();
    }
    let caller = if noun == Noun::Term { app.admin() } else { app.caseworker() };
    caller.correct(noun, &by_code(app, noun, code), &changes).expect(200)
}

/// Withdraws (`withdrawal`) or restores (`restoration`) a record, known from a day.
pub fn turned(app: &App, noun: Noun, code: &str, what: &str, day: Option<&str>) -> Answer {
    let body = json!({"reason": "looked into again", "known_on": day});
    app.caseworker().set_state(noun, &by_code(app, noun, code), what, &body).expect(200)
}

/// A kind of incident of our own.
pub fn kind(app: &App, code: &str) -> Answer {
    let entry = json!({"vocabulary": "kind", "code": code, "family": "violation", "label_en": code,
        "definition_en": "A home is set on fire to harm the person."});
    app.admin().enter(Noun::Term, &entry)
}

/// Says whether a person wants to be counted, known from a day.
pub fn consent(app: &App, person: &str, decision: &str, ends_on: Option<&str>, day: Option<&str>) -> Answer {
    let entry = json!({"person": person, "purpose": "count", "decision": decision, "decided_on": "2018-01-01",
        "ends_on": ends_on, "known_on": day});
    app.caseworker().enter(Noun::Consent, &entry)
}
