//! Published figures against the records (issue 2, point 8 and "To show at the end").

use std::collections::BTreeMap;

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::staff::{correct, figure, publication, withdraw};
use crate::support::{App, on_both};

const PATH: &str = "/api/v1/research/reconciliation";
const NETWORK: &str = "lgbtnet-2018-04-03";

#[track_caller]
fn reconciled(app: &App, publications: &str) -> Value {
    let query = if publications.is_empty() { String::new() } else { format!("?publication={publications}") };
    app.researcher().get(&format!("{PATH}{query}")).expect(200).json()
}

/// By figure of one publication its line.
#[track_caller]
fn lines(app: &App, publication: &str) -> BTreeMap<String, Value> {
    let answer = reconciled(app, publication);
    let lines = answer["figures"].as_array().unwrap().iter();
    let by_name: BTreeMap<_, _> =
        lines.clone().map(|line| (line["figure"].as_str().unwrap().to_owned(), line.clone())).collect();
    assert_eq!(by_name.len(), lines.len(), "a figure comes twice");
    by_name
}

fn exact(count: i64) -> Value {
    json!({"count": count, "bound": "exact", "status": "A"})
}

fn at_least(count: i64) -> Value {
    json!({"count": count, "bound": "at_least", "status": "A"})
}

fn the_networks_figures_are_reproduced(app: &App) {
    let lines = lines(app, NETWORK);
    // The numbers of section 4 of the design.
    let published = [
        ("evacuated", 114),
        ("left_russia", 92),
        ("detained_tortured", 41),
        ("threatened_by_law_enforcement", 14),
        ("acquaintances_detained", 7),
        ("threatened_by_relatives", 7),
        ("close_relatives", 35),
        ("forced_returns", 3),
        ("other_returns", 5),
        ("other_returns_dead", 1),
        ("persecuted_for_contacts", 8),
    ];
    for (name, value) in published {
        let line = &lines[name];
        assert_eq!(line["publication"], NETWORK);
        assert_eq!(line["published"], json!({"value": value, "qualifier": "exact", "as_of": "2018-04-03"}), "{name}");
        assert_eq!(line["computed"], json!({"as_of": exact(value), "now": exact(value)}), "{name}");
        assert_eq!(line["status"], "reproduced", "{name}");
        assert!(line["query"].as_str().unwrap().starts_with("measure=persons"), "{name}");
        assert_eq!(line.get("remainder"), None);
    }
    let dead = &lines["forced_returns_dead"];
    assert_eq!(dead["published"], json!({"value": 1, "qualifier": "at_least", "as_of": "2018-04-03"}));
    assert_eq!(dead["computed"], json!({"as_of": at_least(1), "now": at_least(1)}));
    assert_eq!(dead["status"], "consistent");

    let derived: Vec<_> = lines.values().filter(|line| line["status"] == "derived").collect();
    assert_eq!(derived.len(), 1);
    let left = derived[0];
    // 114 less 41, 14, 7, 7 and 35: at least 10, because nobody published that the grounds do not overlap.
    assert_eq!(left["published"], json!({"value": 10, "qualifier": "at_least", "as_of": "2018-04-03"}));
    assert_eq!(left["computed"], json!({"as_of": at_least(10), "now": at_least(10)}));
    assert_eq!(left["query"], Value::Null);
    let remainder = &left["remainder"];
    assert_eq!((&remainder["breakdown"], &remainder["parent"]), (&json!("ground"), &json!("evacuated")));
    assert_eq!((&remainder["parts_sum"], &remainder["parent_value"]), (&json!(104), &json!(114)));
    assert_eq!(
        remainder["parts"],
        json!([
            "detained_tortured",
            "threatened_by_law_enforcement",
            "acquaintances_detained",
            "threatened_by_relatives",
            "close_relatives"
        ])
    );
    assert_eq!(lines.len(), 13);
}

fn other_publications_agree_differ_or_cannot_be_computed(app: &App) {
    let rferl = lines(app, "rferl-2018-04-03");
    let differs = &rferl["close_relatives"];
    assert_eq!(differs["published"]["value"], 30);
    assert_eq!(differs["computed"], json!({"as_of": exact(35), "now": exact(35)}));
    assert_eq!(differs["status"], "differs");
    for name in ["evacuated", "detained_tortured", "threatened_by_law_enforcement", "forced_returns"] {
        assert_eq!(rferl[name]["status"], "reproduced", "{name}");
    }
    assert_eq!(lines(app, "wikinews-2018-04-03")["close_relatives"]["status"], "differs");
    assert_eq!(lines(app, "accidentally-alex-2018-05-16")["left_russia"]["status"], "reproduced");

    let all = reconciled(app, "");
    let all = all["figures"].as_array().unwrap();
    let with = |status: &str| all.iter().filter(|line| line["status"] == status).count();
    assert_eq!(all.len(), 53 + 1, "53 figures and one line that is derived");
    assert_eq!((with("derived"), with("consistent"), with("differs")), (1, 1, 2));
    // 11 of the Network's statement, 4 of RFE/RL, 1 of Wikinews, 2 of the seed article.
    assert_eq!(with("reproduced"), 11 + 4 + 1 + 2);
    for line in all.iter().filter(|line| line["status"] == "not_computable") {
        assert_eq!(line["computed"], json!({"as_of": null, "now": null}), "{line}");
        assert_eq!(line["query"], Value::Null, "{line}");
    }
    assert_eq!(with("not_computable"), 54 - 1 - 1 - 2 - 18);
}

fn publications_are_asked_for_by_code(app: &App) {
    let two = reconciled(app, &format!("rferl-2018-04-03,{NETWORK}"));
    assert_eq!(two["figures"].as_array().unwrap().len(), 5 + 13);
    let newest = app.contents().write;
    let one = reconciled(app, "nv-2017-05-18");
    assert_eq!(one["figures"].as_array().unwrap().len(), 3);
    assert_eq!(one["at_write"], newest);
    assert_eq!(one["today"], app.clock.now().date_naive().to_string());
    for wrong in ["nobody-2018", &format!("{NETWORK},nobody-2018"), "evacuated"] {
        let path = format!("{PATH}?publication={wrong}");
        app.unchanged(|| app.researcher().get(&path)).refuses(400, "publication", "unknown_record");
    }
    app.unchanged(|| app.researcher().get(&format!("{PATH}?figure=evacuated"))).refuses(400, "figure", "unknown");
    for caller in [app.admin(), app.auditor()] {
        app.unchanged(|| caller.get(PATH)).problem(403, "forbidden");
    }
    app.unchanged(|| app.anybody().get(PATH)).problem(401, "unauthenticated");
}

fn a_reconciliation_leaves_one_entry_in_the_audit(app: &App) {
    let before = app.contents();
    reconciled(app, NETWORK);
    assert_eq!(app.contents().write, before.write + 1);
    let entry = app.auditor().get("/api/v1/staff/audit?limit=1").expect(200).items().remove(0);
    assert_eq!(entry["action"], "reconciliation.read");
    assert_eq!(entry["account"], crate::support::database::account(Role::Researcher));
    assert_eq!(entry["details"], json!({"publication": NETWORK, "at_write": before.write}));
}

fn a_correction_today_changes_now_and_not_what_was_known(app: &App) {
    withdraw(app, Noun::Person, "R-001");
    correct(app, Noun::Person, "R-042", &json!({"ground": "outed"}));
    let person = app.caseworker().enter(Noun::Person, &json!({"origin": "RU-CE"})).json();
    let entry = json!({"person": person["code"], "kind": "evacuation", "date": "2018-05"});
    app.caseworker().enter(Noun::Incident, &entry);

    let lines = lines(app, NETWORK);
    for (name, then, now) in [
        ("evacuated", 114, 114),
        ("left_russia", 92, 91),
        ("detained_tortured", 41, 40),
        ("threatened_by_law_enforcement", 14, 13),
        ("close_relatives", 35, 35),
    ] {
        assert_eq!(lines[name]["computed"], json!({"as_of": exact(then), "now": exact(now)}), "{name}");
        // A figure is held against what was known on its day.
        assert_eq!(lines[name]["status"], "reproduced", "{name}");
        assert_eq!(lines[name]["published"]["value"], then, "{name}");
    }
}

fn a_back_dated_correction_changes_what_was_known(app: &App) {
    correct(app, Noun::Person, "R-070", &json!({"ground": "outed", "known_on": "2018-04-03"}));
    let close = &lines(app, NETWORK)["close_relatives"];
    assert_eq!(close["computed"], json!({"as_of": exact(34), "now": exact(34)}));
    assert_eq!(close["status"], "differs");
    assert_eq!(close["published"]["value"], 35);
}

fn a_figure_corrected_today_is_still_computed_as_of_its_day(app: &App) {
    for name in ["evacuated", "forced_returns_dead", "other_returns_dead"] {
        correct(app, Noun::Figure, &format!("{NETWORK}:{name}"), &json!({"note": "read again"}));
    }
    let lines = lines(app, NETWORK);
    assert_eq!(lines["evacuated"]["status"], "reproduced");
    assert_eq!(lines["other_returns_dead"]["status"], "reproduced");
    assert_eq!(lines["other_returns_dead"]["computed"], json!({"as_of": exact(1), "now": exact(1)}));
    assert_eq!(lines["forced_returns_dead"]["status"], "consistent");
    assert_eq!(lines["forced_returns_dead"]["computed"], json!({"as_of": at_least(1), "now": at_least(1)}));
}

fn drafts_are_not_reconciled(app: &App) {
    publication(app, "draft-1", "draft");
    figure(app, "draft-1", "asked", 7, &json!({"query": "measure=persons&kind=evacuation"}));
    publication(app, "open-1", "published");
    figure(app, "open-1", "hidden", 9, &json!({"state": "draft", "query": "measure=persons&kind=evacuation"}));
    assert!(lines(app, "open-1").is_empty());
    app.researcher().get(&format!("{PATH}?publication=draft-1")).refuses(400, "publication", "unknown_record");
    let all = reconciled(app, "");
    assert_eq!(all["figures"].as_array().unwrap().len(), 54);
}

fn a_combination_that_nobody_attested_is_not_computable(app: &App) {
    publication(app, "other-1", "published");
    let query = json!({"query": "measure=persons&with=detention,departure_abroad"});
    figure(app, "other-1", "detained_and_left", 30, &query);
    let line = &lines(app, "other-1")["detained_and_left"];
    assert_eq!(line["status"], "not_computable");
    let between = json!({"count": null, "status": "not_attested", "low": 19, "high": 41});
    assert_eq!(line["computed"], json!({"as_of": between, "now": between}));
    let answer = reconciled(app, "other-1");
    let caveats: Vec<_> = answer["caveats"].as_array().unwrap().iter().map(|caveat| &caveat["code"]).collect();
    assert!(caveats.contains(&&json!("documented_cases")) && caveats.contains(&&json!("not_attested")), "{caveats:?}");
    // To publish it does not make it so.
    let asked = "/api/v1/research/aggregates?with=detention,departure_abroad";
    assert_eq!(app.researcher().get(asked).expect(200).json()["rows"], json!([between]));
}

fn figures_of_case_files_are_held_against_their_qualifiers(app: &App) {
    publication(app, "own-1", "published");
    let query = "measure=persons&ground=outed";
    for (code, value, qualifier) in [
        ("same", 3, "exact"),
        ("fewer", 2, "exact"),
        ("least", 3, "at_least"),
        ("least_too_many", 4, "at_least"),
        ("more", 2, "more_than"),
        ("more_too_many", 3, "more_than"),
        ("about", 4, "about"),
        ("about_too_many", 5, "about"),
    ] {
        figure(app, "own-1", code, value, &json!({"query": query, "qualifier": qualifier}));
    }
    for _ in 0..3 {
        app.caseworker().enter(Noun::Person, &json!({"ground": "outed", "known_on": "2018-04-10"}));
    }
    let lines = lines(app, "own-1");
    let statuses: Vec<_> = lines.iter().map(|(name, line)| (name.as_str(), line["status"].as_str().unwrap())).collect();
    assert_eq!(
        statuses,
        [
            ("about", "consistent"),
            ("about_too_many", "differs"),
            ("fewer", "differs"),
            ("least", "consistent"),
            ("least_too_many", "differs"),
            ("more", "consistent"),
            ("more_too_many", "differs"),
            ("same", "reproduced"),
        ]
    );
}

on_both! { demo:
    the_networks_figures_are_reproduced, other_publications_agree_differ_or_cannot_be_computed,
    publications_are_asked_for_by_code, a_reconciliation_leaves_one_entry_in_the_audit,
    a_correction_today_changes_now_and_not_what_was_known, a_back_dated_correction_changes_what_was_known,
    a_figure_corrected_today_is_still_computed_as_of_its_day, drafts_are_not_reconciled,
    a_combination_that_nobody_attested_is_not_computable
}
on_both! { empty: figures_of_case_files_are_held_against_their_qualifiers }
