//! What was answered before somebody was erased: the kept value stands, and says that it cannot be computed again.

use std::collections::BTreeMap;

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::desk::{audit_is_intact, erase};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_kept_figure_that_counted_an_erased_person_says_so_and_others_do_not,
    a_figure_that_was_withdrawn_meanwhile_says_so_when_it_is_restored,
    an_answer_about_the_time_before_an_erasure_says_that_it_may_differ,
    whoever_is_erased_the_rest_is_counted,
}

const AGGREGATES: &str = "/api/v1/research/aggregates";

fn person(app: &App, code: &str, kinds: &[&str]) -> String {
    let id = app.caseworker().enter(Noun::Person, &json!({"code": code, "origin": "RU-CE"})).id();
    for kind in kinds {
        app.caseworker().enter(Noun::Incident, &json!({"person": code, "kind": kind, "date": "2017"}));
    }
    id
}

fn publication(app: &App) {
    let entry =
        json!({"code": "own", "published_on": "2019-01-14", "publisher": "Us", "address": "https://example.org/own"});
    app.caseworker().enter(Noun::Publication, &entry);
}

/// Keeps the answer to a question as a figure.
fn keep(app: &App, code: &str, query: &str) -> Value {
    let body =
        json!({"publication": "own", "code": code, "population": "people", "region": "Chechnya", "query": query});
    app.caseworker().post("/api/v1/staff/answers", &body).expect(201).json()
}

/// The figure against the records.
fn held(app: &App, figure: &Value) -> Value {
    let path = format!("/api/v1/staff/figures/{}/reconciliation", figure["id"].as_str().unwrap());
    app.caseworker().get(&path).expect(200).json()
}

fn a_kept_figure_that_counted_an_erased_person_says_so_and_others_do_not(app: &App) {
    publication(app);
    let gone = person(app, "WHO-WAS", &["detention", "evacuation"]);
    person(app, "B", &["detention", "torture"]);
    let counted = [
        keep(app, "persons", "measure=persons"),
        keep(app, "detained", "measure=persons&kind=detention"),
        keep(app, "incidents", "measure=incidents"),
        keep(app, "evacuated", "with=detention,evacuation"),
    ];
    let uncounted =
        [keep(app, "tortured", "measure=persons&kind=torture"), keep(app, "dead", "measure=persons&kind=death")];
    let answer = erase(&app.caseworker(), &gone).json();
    assert_eq!(answer["answers"], counted.len());
    for (figure, erased) in
        counted.iter().map(|figure| (figure, true)).chain(uncounted.iter().map(|figure| (figure, false)))
    {
        let line = held(app, figure);
        assert_eq!(line["not_reproducible"], if erased { json!("erased") } else { Value::Null }, "{line}");
        assert_eq!(line["published"]["value"], figure["value"], "{line}");
        assert_eq!(line.get("baseline").is_none(), erased, "{line}");
        let now = app
            .caseworker()
            .get(&format!("/api/v1/staff/figures/{}", figure["id"].as_str().unwrap()))
            .expect(200)
            .json();
        assert_eq!((&now["value"], &now["version"]), (&figure["value"], &figure["version"]));
        assert!(!line.to_string().contains(&gone) && !line.to_string().contains("WHO-WAS"), "{line}");
    }
    // Kept after the erasure, the same question is answered and can be computed again.
    let after = keep(app, "detained_after", "measure=persons&kind=detention");
    assert_eq!((&after["value"], held(app, &after).get("not_reproducible")), (&json!(1), None));
}

fn a_figure_that_was_withdrawn_meanwhile_says_so_when_it_is_restored(app: &App) {
    publication(app);
    let gone = person(app, "A", &["detention"]);
    let figure = keep(app, "detained", "measure=persons&kind=detention");
    let seen = app.caseworker().get(&format!("/api/v1/staff/figures/{}", figure["id"].as_str().unwrap()));
    let seen = app.caseworker().withdraw(Noun::Figure, &seen, "a mistake").expect(200);
    erase(&app.caseworker(), &gone);
    app.caseworker().restore(Noun::Figure, &seen, "no mistake").expect(200);
    let line = held(app, &figure);
    assert_eq!(line["not_reproducible"], "erased", "{line}");
}

fn an_answer_about_the_time_before_an_erasure_says_that_it_may_differ(app: &App) {
    let before_all = app.contents().write;
    let gone = person(app, "A", &["detention"]);
    person(app, "B", &["detention"]);
    let held = app.contents().write;
    erase(&app.caseworker(), &gone);
    let after = app.contents().write;
    let ask = |at_write: i64, ending: &str| {
        app.researcher()
            .get(&format!("{AGGREGATES}{ending}?measure=persons&kind=detention&at_write={at_write}"))
            .expect(200)
    };
    // The erasure, and perhaps the wiping after it, were written since.
    for (at_write, count, erased) in [(before_all, 0, false), (held, 1, true), (after, 1, false)] {
        let answer = ask(at_write, "").json();
        assert_eq!(answer["rows"][0]["count"], count, "{answer}");
        let caveats = answer["caveats"].as_array().unwrap();
        let told: Vec<_> = caveats.iter().filter(|caveat| caveat["code"] == "erased").collect();
        assert_eq!(!told.is_empty(), erased, "{answer}");
        if erased {
            assert!(told[0]["detail"].as_str().unwrap().starts_with('1'), "{answer}");
        }
    }
    let path = format!("{AGGREGATES}?measure=persons&kind=detention");
    assert!(!app.researcher().get(&path).expect(200).text().contains("erased since"));
}

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

const KINDS: [&str; 4] = ["detention", "torture", "evacuation", "death"];
const ORIGINS: [&str; 3] = ["RU-CE", "RU-DA", "_U"];

/// A case file, as it was entered: its origin, and the kinds of its incidents.
struct File {
    id: String,
    entered: i64,
    origin: &'static str,
    kinds: Vec<&'static str>,
}

/// By cell the number, without the cells in which nobody is.
fn counted(answer: &Value, by: &str) -> BTreeMap<String, u64> {
    let rows = answer["rows"].as_array().unwrap().iter();
    let cells = rows.map(|row| (row[by].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap()));
    cells.filter(|(cell, count)| cell != "_T" && *count > 0).collect()
}

fn naive<'f>(files: impl Iterator<Item = &'f File>, by: &str, measure: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for file in files {
        let mut kinds = file.kinds.clone();
        if measure == "persons" {
            kinds.sort_unstable();
            kinds.dedup();
        }
        let cells: Vec<_> = match (by, measure) {
            ("origin", "persons") => vec![file.origin],
            ("origin", _) => vec![file.origin; kinds.len()],
            // Whoever has no incident is counted where kinds do not apply.
            ("kind", "persons") if kinds.is_empty() => vec!["_Z"],
            _ => kinds,
        };
        for cell in cells {
            *counts.entry(cell.to_owned()).or_default() += 1;
            // Who comes from a region comes from its country.
            if let Some((country, _)) = cell.split_once('-') {
                *counts.entry(country.to_owned()).or_default() += 1;
            }
        }
    }
    counts
}

fn whoever_is_erased_the_rest_is_counted(app: &App) {
    let staff = app.caseworker();
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let mut files: Vec<File> = Vec::new();
        for person in staff.walk("/api/v1/staff/persons") {
            erase(&staff, person["id"].as_str().unwrap());
        }
        for _ in 0..12 {
            let origin = ORIGINS[dice.roll(3)];
            let id = staff.enter(Noun::Person, &json!({ "origin": origin, "name": "N" })).id();
            let kinds: Vec<_> = (0..dice.roll(4)).map(|_| KINDS[dice.roll(4)]).collect();
            for kind in &kinds {
                staff.enter(Noun::Incident, &json!({"person": id, "kind": kind, "date": "2017", "narrative": "n"}));
            }
            files.push(File { id, entered: app.contents().write, origin, kinds });
        }
        for _ in 0..4 {
            let gone = files.remove(dice.roll(files.len()));
            erase(&staff, &gone.id);
            let now = app.contents().write;
            // At any time, it is as if there had been no such person.
            let then = files[dice.roll(files.len())].entered;
            for (at_write, by, measure) in [now, then].into_iter().flat_map(|at| {
                [
                    (at, "kind", "persons"),
                    (at, "kind", "incidents"),
                    (at, "origin", "persons"),
                    (at, "origin", "incidents"),
                ]
            }) {
                let path = format!("{AGGREGATES}?measure={measure}&by={by}&at_write={at_write}");
                let answer = app.researcher().get(&path).expect(200).json();
                let there = files.iter().filter(|file| file.entered <= at_write);
                assert_eq!(counted(&answer, by), naive(there, by, measure), "seed {seed}: {answer}");
            }
        }
    }
    audit_is_intact(app);
}
