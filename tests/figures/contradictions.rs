//! What contradicts a figure's relation to its parent: the numbers themselves, or the records (issue 3, point 1).

use serde_json::{Value, json};

use super::held::{BEFORE, OWN, held, incident, lines, person};
use super::staff::{figure, publication};
use crate::support::{App, on_both};

/// What contradicts a figure: the same for researchers and staff.
#[track_caller]
fn contradictions(app: &App, name: &str) -> Vec<(String, u64)> {
    let told = |line: &Value| -> Vec<_> {
        let all = line["contradictions"].as_array().unwrap().iter();
        all.map(|one| (one["contradiction"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap())).collect()
    };
    let found = told(&lines(app, OWN)[name]);
    assert_eq!(told(&held(app, &format!("{OWN}:{name}"))), found, "{name}");
    found
}

fn found(contradictions: &[(&str, u64)]) -> Vec<(String, u64)> {
    contradictions.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn a_published_part_is_no_larger_than_its_whole(app: &App) {
    publication(app, OWN, "published");
    for (name, qualifier) in [("ten", "exact"), ("least_ten", "at_least"), ("about_ten", "about")] {
        figure(app, OWN, name, 10, &json!({"qualifier": qualifier}));
    }
    for (at, (value, qualifier, parent, relation, too_many)) in [
        (10, "exact", "ten", "subset_stated", 0),
        (12, "exact", "ten", "subset_stated", 2),
        (12, "exact", "ten", "subset_implied", 2),
        (11, "at_least", "ten", "subset_stated", 1),
        // More than 10 are at least 11.
        (10, "more_than", "ten", "subset_stated", 1),
        (9, "more_than", "ten", "subset_stated", 0),
        // Of "about" nobody can say that it is too many, and of a whole without an upper end neither.
        (50, "about", "ten", "subset_stated", 0),
        (50, "exact", "least_ten", "subset_stated", 0),
        (50, "exact", "about_ten", "subset_stated", 0),
        // Not said to be a part.
        (12, "exact", "ten", "outside", 0),
        (12, "exact", "ten", "other_population", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("part-{at}");
        let query = if at == 0 { json!("measure=persons") } else { Value::Null };
        let more = json!({"qualifier": qualifier, "parent": parent, "relation": relation, "query": query});
        figure(app, OWN, &name, value, &more);
        let expected: &[_] = if too_many > 0 { &[("published_part_exceeds_whole", too_many)] } else { &[] };
        let line = &lines(app, OWN)[&name];
        let told = line["contradictions"].as_array().unwrap().clone();
        let expected: Vec<_> =
            expected.iter().map(|(name, count)| json!({"contradiction": name, "count": count})).collect();
        assert_eq!(told, expected, "{value} {qualifier} of {parent}, {relation}");
    }
}

/// A, B and C were detained; C and D were tortured.
fn case_files(app: &App) {
    for (code, kinds) in
        [("A", &["detention"][..]), ("B", &["detention"]), ("C", &["detention", "torture"]), ("D", &["torture"])]
    {
        person(app, code, "outed", Some(BEFORE));
        for kind in kinds {
            incident(app, &format!("{code}-{kind}"), code, kind, Some(BEFORE));
        }
    }
}

fn what_the_records_count_for_a_part_lies_inside_its_whole(app: &App) {
    case_files(app);
    publication(app, OWN, "published");
    let (detained, tortured) = ("measure=persons&kind=detention", "measure=persons&kind=torture");
    let both = "measure=persons&with=detention,torture";
    figure(app, OWN, "all", 4, &json!({"query": "measure=persons"}));
    figure(app, OWN, "detained", 3, &json!({"query": detained, "parent": "all", "relation": "subset_stated"}));
    figure(app, OWN, "tortured", 2, &json!({"query": tortured, "parent": "all", "relation": "subset_implied"}));
    for (name, value, query, parent, relation) in [
        ("both", 1, both, "tortured", "subset_stated"),
        ("detained_of_tortured", 2, detained, "tortured", "subset_stated"),
        ("tortured_of_detained", 2, tortured, "detained", "subset_stated"),
        ("beside", 2, tortured, "detained", "outside"),
        ("others", 2, tortured, "detained", "other_population"),
        ("really_beside", 0, "measure=persons&kind=beating", "detained", "outside"),
        ("incidents", 3, "measure=incidents&kind=detention", "tortured", "subset_stated"),
    ] {
        let measure = if query.contains("incidents") { "incidents" } else { "persons" };
        figure(
            app,
            OWN,
            name,
            value,
            &json!({"query": query, "parent": parent, "relation": relation, "measure": measure}),
        );
    }
    for none in ["all", "detained", "tortured", "both", "others", "really_beside"] {
        assert_eq!(contradictions(app, none), [], "{none}");
    }
    // Three for the part, two for the whole, and A and B are not among these.
    let excess = found(&[("computed_part_exceeds_whole", 1), ("counted_outside_whole", 2)]);
    assert_eq!(contradictions(app, "detained_of_tortured"), excess);
    assert_eq!(contradictions(app, "tortured_of_detained"), found(&[("counted_outside_whole", 1)]));
    assert_eq!(contradictions(app, "beside"), found(&[("counted_inside_whole", 1)]));
    // Persons and incidents cannot be held against each other; the numbers that were published can.
    assert_eq!(contradictions(app, "incidents"), found(&[("published_part_exceeds_whole", 1)]));
    // What is known later is no contradiction on the day.
    incident(app, "D-detention", "D", "detention", None);
    assert_eq!(contradictions(app, "tortured_of_detained"), found(&[("counted_outside_whole", 1)]));
    incident(app, "D-detention-2", "D", "detention", Some(BEFORE));
    assert_eq!(contradictions(app, "tortured_of_detained"), []);
    assert_eq!(contradictions(app, "beside"), found(&[("counted_inside_whole", 2)]));
}

fn a_whole_that_is_a_draft_is_the_staffs_alone(app: &App) {
    publication(app, OWN, "published");
    figure(app, OWN, "whole", 10, &json!({"state": "draft"}));
    let more = json!({"parent": "whole", "relation": "subset_stated", "query": "measure=persons"});
    figure(app, OWN, "part", 12, &more);
    assert_eq!(lines(app, OWN)["part"]["contradictions"], json!([]));
    let told = held(app, &format!("{OWN}:part"));
    assert_eq!(told["contradictions"], json!([{"contradiction": "published_part_exceeds_whole", "count": 2}]));
}

fn nothing_contradicts_the_founding_data_set(app: &App) {
    let answer = app.researcher().get("/api/v1/research/reconciliation").expect(200).json();
    let lines = answer["figures"].as_array().unwrap();
    assert_eq!(lines.len(), 54);
    for line in lines {
        assert_eq!(line["contradictions"], json!([]), "{line}");
    }
}

on_both! { empty:
    a_published_part_is_no_larger_than_its_whole, what_the_records_count_for_a_part_lies_inside_its_whole,
    a_whole_that_is_a_draft_is_the_staffs_alone
}
on_both! { demo: nothing_contradicts_the_founding_data_set }
