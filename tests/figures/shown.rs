//! What is to be shown at the end of issue 3: the reconciliation of 3 April 2018 line by line, and a record that is
//! corrected today.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::held::{changes, corrected, differences, held, lines};
use crate::support::{App, on_both};

const NETWORK: &str = "lgbtnet-2018-04-03";

fn the_reconciliation_of_3_april_2018_line_by_line(app: &App) {
    let answer = app.researcher().get(&format!("/api/v1/research/reconciliation?publication={NETWORK}")).expect(200);
    let answer = answer.json();
    let line = |line: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let number = |of: &Value| format!("{} {}", text(&of["bound"]), of["count"]);
        let published = format!("{} {}", text(&line["published"]["qualifier"]), line["published"]["value"]);
        let (then, now) = (number(&line["computed"]["as_of"]), number(&line["computed"]["now"]));
        assert_eq!(then, now);
        for nothing in ["differences", "redefined", "contradictions"] {
            assert_eq!(line[nothing], json!([]), "{line}");
        }
        match line.get("baseline") {
            Some(baseline) => assert_eq!(number(baseline), then),
            None => assert_eq!(line["status"], "derived"),
        }
        assert_eq!(line.get("tolerance"), None);
        format!("{}: {published}, {then}, {}", text(&line["figure"]), text(&line["status"]))
    };
    let told: Vec<_> = answer["figures"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        told,
        [
            "evacuated: exact 114, exact 114, reproduced",
            "left_russia: exact 92, exact 92, reproduced",
            "detained_tortured: exact 41, exact 41, reproduced",
            "threatened_by_law_enforcement: exact 14, exact 14, reproduced",
            "acquaintances_detained: exact 7, exact 7, reproduced",
            "threatened_by_relatives: exact 7, exact 7, reproduced",
            "close_relatives: exact 35, exact 35, reproduced",
            "forced_returns: exact 3, exact 3, reproduced",
            "forced_returns_dead: at_least 1, at_least 1, consistent",
            "other_returns: exact 5, exact 5, reproduced",
            "other_returns_dead: exact 1, exact 1, reproduced",
            "persecuted_for_contacts: exact 8, exact 8, reproduced",
            "evacuated less its parts by ground: at_least 10, at_least 10, derived",
        ]
    );
    let derived = &answer["figures"][12];
    let remainder = &derived["remainder"];
    assert_eq!((&remainder["parts_sum"], &remainder["parts_qualifier"]), (&json!(104), &json!("exact")));
    assert_eq!((&remainder["parent_value"], &remainder["parent"]), (&json!(114), &json!("evacuated")));
    assert_eq!(derived["query"], Value::Null);
}

fn thirty_five_and_thirty_are_a_conflict_and_both_are_kept(app: &App) {
    let of = |publication: &str| lines(app, publication)["close_relatives"].clone();
    let (network, rferl, wikinews) = (of(NETWORK), of("rferl-2018-04-03"), of("wikinews-2018-04-03"));
    assert_eq!([&network, &rferl, &wikinews].map(|line| line["published"]["value"].as_u64()), [35, 30, 30].map(Some));
    let code = |publication: &str| format!("{publication}:close_relatives");
    assert_eq!(network["conflicts"], json!([code("rferl-2018-04-03"), code("wikinews-2018-04-03")]));
    assert_eq!(rferl["conflicts"], json!([code(NETWORK)]));
    assert_eq!(wikinews["conflicts"], json!([code(NETWORK)]));
    assert_eq!([&network, &rferl, &wikinews].map(|line| line["status"].clone()), ["reproduced", "differs", "differs"]);
    // No other figure of the day is in conflict.
    for publication in [NETWORK, "rferl-2018-04-03", "wikinews-2018-04-03"] {
        for (name, line) in lines(app, publication) {
            assert_eq!(line["conflicts"] == json!([]), name != "close_relatives", "{line}");
        }
    }
}

fn a_record_corrected_today_is_a_reason_and_no_change_of_what_was_known(app: &App) {
    let write = app.contents().write;
    let asked = |query: &str| {
        let path = format!("/api/v1/research/aggregates?{query}&as_of=2018-04-03&at_write={write}");
        app.researcher().get(&path).expect(200).json()
    };
    let queries = ["by=ground", "ground=threatened_by_law_enforcement", "by=kind,origin", "measure=incidents&by=kind"];
    let before = queries.map(asked);
    corrected(app, Noun::Person, "R-042", &json!({"ground": "outed"}), None);
    assert_eq!(queries.map(asked), before);

    let line = &lines(app, NETWORK)["threatened_by_law_enforcement"];
    let count = |of: &Value| of["count"].as_u64().unwrap();
    assert_eq!(
        [count(&line["baseline"]), count(&line["computed"]["as_of"]), count(&line["computed"]["now"])],
        [14, 14, 13]
    );
    assert_eq!(line["status"], "reproduced");
    assert_eq!(differences(line), ["as_of>now corrected +0 -1"]);
    // Researchers are told how many, and of no record.
    assert!(!line.to_string().contains("R-042"));
    let told = held(app, &format!("{NETWORK}:threatened_by_law_enforcement"));
    assert_eq!(differences(&told), differences(line));
    assert_eq!(changes(&told), ["as_of>now -R-042 corrected: person R-042 corrected"]);
    let write = &told["changes"][0]["records"][0]["write"];
    let history = app.caseworker().get("/api/v1/staff/persons?code=R-042").expect(200).items();
    assert_eq!(history[0]["version"], *write);
    for (name, other) in lines(app, NETWORK) {
        if name != "threatened_by_law_enforcement" {
            assert_eq!(other["differences"], json!([]), "{name}");
        }
    }
}

on_both! { demo:
    the_reconciliation_of_3_april_2018_line_by_line, thirty_five_and_thirty_are_a_conflict_and_both_are_kept,
    a_record_corrected_today_is_a_reason_and_no_change_of_what_was_known
}
