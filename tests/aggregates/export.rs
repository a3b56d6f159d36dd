//! Golden cases of what is read while records are being added.

use std::collections::BTreeMap;

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::asks::{PATH, ask};
use super::golden::{incident, person};
use crate::support::{App, on_both};

/// How many records there are at the beginning, and how many are entered between two pages.
const AT_FIRST: usize = 12;
const MEANWHILE: usize = 2;

fn case_file(app: &App) -> String {
    let person = person(app, &json!({"sex": "F", "known_on": "2018-01-10"}));
    incident(app, &person, &json!({"kind": "threat", "date": "2017/2018", "known_on": "2018-01-10"}));
    person
}

/// Source: RFC 8288, section 3.3 (https://www.rfc-editor.org/rfc/rfc8288#section-3.3): what follows is where `next` leads,
/// not what a count of pages would give. A list that was cut by position would give a record twice, or leave one out, when
/// another is added while it is read.
fn a_list_read_while_records_are_added_has_each_earlier_one_once(app: &App) {
    for _ in 0..AT_FIRST {
        case_file(app);
    }
    for noun in [Noun::Person, Noun::Incident] {
        let path = format!("/api/v1/staff/{}", noun.plural());
        let earlier: Vec<_> = app.caseworker().walk(&path).iter().map(|item| item["id"].clone()).collect();
        let (mut seen, mut pages) = (BTreeMap::<String, usize>::new(), 0);
        let mut next = Some(format!("{path}?limit=5"));
        while let Some(page) = next {
            let page = app.caseworker().get(&page).expect(200);
            for item in page.items() {
                *seen.entry(item["id"].to_string()).or_default() += 1;
            }
            for _ in 0..MEANWHILE {
                case_file(app);
            }
            // What was there is corrected too, a record that was listed and one that was not yet.
            for id in [&earlier[0], &earlier[earlier.len() - 1]] {
                let one = app.caseworker().get(&format!("{path}/{}", id.as_str().unwrap())).expect(200);
                let place = if noun == Noun::Person { "origin" } else { "place" };
                let value = if one.json()[place] == "RU" { "DE" } else { "RU" };
                let changes = json!({place: value, "reason": "checked again"});
                app.caseworker().correct(noun, &one, &changes).expect(200);
            }
            next = page.next();
            pages += 1;
        }
        assert!(pages > AT_FIRST / 5, "{pages} pages");
        for id in &earlier {
            assert_eq!(seen.get(&id.to_string()), Some(&1), "{noun:?} {id}");
        }
        // Nor does any later one come twice.
        assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    }
}

/// Source: issue 3 of Attest, point 6, and section 3 of its design: an answer names its two times, and both together give
/// it again.
fn an_answer_is_the_same_bytes_while_records_are_added(app: &App) {
    for _ in 0..3 {
        case_file(app);
    }
    let first = ask(app, "");
    let times = format!("as_of={}&at_write={}", first["as_of"].as_str().unwrap(), first["at_write"]);
    let queries = [
        "measure=persons",
        "measure=incidents&by=year,kind&totals=all",
        "by=quarter&year=2017",
        "by=sex&with=threat",
        "measure=incidents&by=source,reliability",
    ];
    let all = |at: &str| -> Vec<Vec<u8>> {
        let asked = queries.iter().flat_map(|query| ["", ".csv"].map(|end| format!("{PATH}{end}?{query}&{at}")));
        asked.map(|path| app.researcher().get(&path).expect(200).bytes).collect()
    };
    let before = all(&times);
    for round in 0..3 {
        // Known from a day before the answer, so that only the write tells them apart.
        let person = case_file(app);
        if round == 1 {
            let source = json!({"type": "interview", "reliability": "high", "known_on": "2018-01-10"});
            let source = app.caseworker().enter(Noun::Source, &source).json()["code"].clone();
            let other = case_file(app);
            let joined: Value = json!({"person": other, "canonical": person, "sources": [source],
                "reason": "the same passport", "known_on": "2018-01-10"});
            app.caseworker().enter(Noun::Linkage, &joined);
        }
        assert_eq!(all(&times), before, "after {} more", round + 1);
    }
    // And they are in what is asked without the write.
    let now = format!("as_of={}", first["as_of"].as_str().unwrap());
    assert_ne!(all(&now), before);
}

on_both! { empty:
    a_list_read_while_records_are_added_has_each_earlier_one_once, an_answer_is_the_same_bytes_while_records_are_added
}
