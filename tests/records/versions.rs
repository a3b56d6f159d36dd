//! The life of a record of any noun: entered, read, corrected, withdrawn; nothing is overwritten.

use attest::domain::record::Noun;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::client::{entry_of, path_of};
use crate::support::samples::{correction, entry, person};
use crate::support::{App, on_both};

on_both! {
    empty:
    every_noun_is_entered_and_read_back,
    a_correction_replaces_the_newest_version_and_no_other_field,
    a_correction_says_anew_from_when_it_is_known_and_why,
    a_null_in_a_correction_takes_the_value_out,
    a_correction_of_an_unknown_field_is_refused,
    a_change_without_if_match_is_refused,
    a_stale_if_match_changes_nothing,
    only_one_of_two_corrections_of_the_same_version_is_kept,
    every_change_needs_a_reason,
    a_withdrawn_record_is_kept_and_no_longer_listed,
    a_withdrawn_record_is_corrected_only_after_it_was_restored,
    the_history_shows_who_when_known_on_and_why,
    a_record_keeps_its_code,
    a_code_is_given_once_a_noun,
    a_record_is_found_at_the_address_of_its_own_noun_only,
    a_reference_is_a_code_or_an_id,
    a_code_is_made_up_where_none_is_given,
}

/// Whether a record holds every field of an entry as it was entered.
#[track_caller]
fn assert_holds(record: &Value, entry: &Value) {
    for (field, value) in entry.as_object().unwrap() {
        assert_eq!(&record[field], value, "{field} of {record}");
    }
}

fn every_noun_is_entered_and_read_back(app: &App) {
    for noun in Noun::ALL {
        let entry = entry(app, noun);
        let before = app.contents();
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry);
        let record = made.json();
        assert_holds(&record, &entry);
        assert_eq!(record["status"], "active");
        assert_eq!(record["version"], before.write + 1);
        assert_eq!(made.etag(), format!("\"{}\"", before.write + 1));
        assert_eq!(made.header("location"), Some(made.path(noun).as_str()));
        assert_eq!(record["known_on"], app.clock.now().date_naive().to_string());
        assert_eq!(record["written_at"], record["created_at"]);

        let read = caller.get(&made.path(noun)).expect(200);
        assert_eq!(read.json(), record);
        assert_eq!(read.etag(), made.etag());
        let listed = caller.walk(&format!("{}?limit=200", path_of(noun)));
        assert_eq!(listed.iter().filter(|item| **item == record).count(), 1, "{noun}");
        let after = app.contents();
        assert_eq!(after.write, before.write + 1, "{noun}: one write");
    }
}

fn a_correction_replaces_the_newest_version_and_no_other_field(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        let (field, value) = correction(app, noun);
        let corrected = caller.correct(noun, &made, &json!({field: value, "reason": "misread"})).expect(200);
        assert_ne!(corrected.etag(), made.etag());
        let (mut old, mut new) = (entry_of(&made.json()), entry_of(&corrected.json()));
        assert_eq!(new[field], value);
        assert_eq!(new["reason"], "misread");
        for changed in [field, "reason"] {
            old.as_object_mut().unwrap().remove(changed);
            new.as_object_mut().unwrap().remove(changed);
        }
        assert_eq!(old, new, "{noun}");
        assert_eq!(corrected.json()["created_at"], made.json()["created_at"]);
        let read = caller.get(&made.path(noun)).expect(200);
        assert_eq!(read.json(), corrected.json());
        assert_eq!(read.etag(), corrected.etag());
    }
}

fn a_correction_says_anew_from_when_it_is_known_and_why(app: &App) {
    let body = json!({"known_on": "2018-04-03", "reason": "from the archive"});
    let made = app.caseworker().enter(Noun::Person, &body);
    let corrected = app.caseworker().correct(Noun::Person, &made, &json!({"sex": "F", "reason": "asked"})).expect(200);
    assert_eq!(corrected.json()["known_on"], app.clock.now().date_naive().to_string());
    assert_eq!(corrected.json()["reason"], "asked");
}

fn a_null_in_a_correction_takes_the_value_out(app: &App) {
    let body = json!({"sex": "F", "origin": "RU-CE", "source_system": "old-base", "external_id": "17"});
    let made = app.caseworker().enter(Noun::Person, &body);
    let change = json!({"sex": null, "source_system": null, "external_id": null, "reason": "not so"});
    let corrected = app.caseworker().correct(Noun::Person, &made, &change).expect(200).json();
    assert_eq!((&corrected["sex"], &corrected["origin"]), (&json!("_U"), &json!("RU-CE")));
    assert_eq!((&corrected["source_system"], &corrected["external_id"]), (&Value::Null, &Value::Null));
    let event = app.caseworker().enter(Noun::Event, &entry(app, Noun::Event));
    let change = json!({"name": null, "reason": "no name"});
    app.unchanged(|| app.caseworker().correct(Noun::Event, &event, &change).refuses(422, "name", "required"));
}

fn a_correction_of_an_unknown_field_is_refused(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        app.unchanged(|| {
            for field in ["colour", "id", "version", "written_by", "status"] {
                let change = json!({field: "red", "reason": "misread"});
                caller.correct(noun, &made, &change).refuses(422, field, "unknown");
            }
        });
    }
}

fn a_change_without_if_match_is_refused(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        let body = json!({"reason": "misread"}).to_string().into_bytes();
        let json = [("Content-Type", "application/json")];
        app.unchanged(|| {
            caller.send("PATCH", &made.path(noun), &json, body.clone()).problem(428, "precondition_required");
            let withdrawal = format!("{}/withdrawal", made.path(noun));
            caller.send("POST", &withdrawal, &json, body).problem(428, "precondition_required");
        });
    }
}

fn a_stale_if_match_changes_nothing(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        let (field, value) = correction(app, noun);
        let newest = caller.correct(noun, &made, &json!({field: value, "reason": "misread"})).expect(200);
        app.unchanged(|| {
            caller.correct(noun, &made, &json!({"reason": "late"})).problem(412, "stale");
            caller.withdraw(noun, &made, "late").problem(412, "stale");
            let change = json!({"reason": "late"});
            for stale in [format!("W/{}", newest.etag()), "\"999999\"".into(), "\"nonsense\"".into()] {
                caller.patch(&made.path(noun), &stale, &change).problem(412, "stale");
            }
            let bare = newest.etag().replace('"', "");
            caller.patch(&made.path(noun), &bare, &change).refuses(400, "If-Match", "malformed");
        });
    }
}

fn only_one_of_two_corrections_of_the_same_version_is_kept(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &entry(app, Noun::Person));
    let body = |sex: &str| json!({"sex": sex, "reason": "asked again"});
    let (made, body) = (&made, &body);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let correct = |sex: &'static str| move || app.caseworker().correct(Noun::Person, made, &body(sex)).status;
        let running: Vec<_> = ["F", "M", "F", "M"].map(|sex| scope.spawn(correct(sex))).into_iter().collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 3, "{statuses:?}");
    let history = app.caseworker().get(&format!("{}/history", made.path(Noun::Person))).items();
    assert_eq!(history.len(), 2);
}

fn every_change_needs_a_reason(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        let gone = caller.enter(noun, &entry(app, noun));
        let gone = caller.withdraw(noun, &gone, "entered twice").expect(200);
        let (field, value) = correction(app, noun);
        app.unchanged(|| {
            for reason in [Value::Null, json!(""), json!("  ")] {
                let change = json!({field: value, "reason": reason});
                caller.correct(noun, &made, &change).refuses(422, "reason", "required");
                let why = json!({ "reason": reason });
                caller.set_state(noun, &made, "withdrawal", &why).refuses(422, "reason", "required");
                caller.set_state(noun, &gone, "restoration", &why).refuses(422, "reason", "required");
            }
        });
    }
}

fn a_withdrawn_record_is_kept_and_no_longer_listed(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        let withdrawn = caller.withdraw(noun, &made, "entered twice").expect(200);
        assert_eq!(withdrawn.json()["status"], "withdrawn");
        assert_eq!(withdrawn.json()["reason"], "entered twice");
        assert_eq!(caller.get(&made.path(noun)).expect(200).json(), withdrawn.json());
        for (status, there) in [("active", false), ("withdrawn", true), ("all", true)] {
            let items = caller.walk(&format!("{}?limit=200&status={status}", path_of(noun)));
            assert_eq!(items.iter().any(|item| item["id"] == made.id()), there, "{noun} {status}");
        }
        let plain = caller.walk(&format!("{}?limit=200", path_of(noun)));
        assert!(!plain.iter().any(|item| item["id"] == made.id()), "{noun}");
        app.unchanged(|| caller.withdraw(noun, &withdrawn, "again").refuses(422, "id", "inconsistent"));
    }
}

fn a_withdrawn_record_is_corrected_only_after_it_was_restored(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        let (field, value) = correction(app, noun);
        let change = json!({field: value, "reason": "misread"});
        app.unchanged(|| caller.restore(noun, &made, "not gone").refuses(422, "id", "inconsistent"));
        let withdrawn = caller.withdraw(noun, &made, "entered twice").expect(200);
        app.unchanged(|| {
            caller.correct(noun, &withdrawn, &change).refuses(422, "id", "inconsistent");
            caller.restore(noun, &made, "stale").problem(412, "stale");
            let path = format!("{}/restoration", made.path(noun));
            caller.post(&path, &json!({"reason": "unseen"})).problem(428, "precondition_required");
        });
        let restored = caller.restore(noun, &withdrawn, "it was another one").expect(200);
        assert_eq!(
            (&restored.json()["status"], &restored.json()["reason"]),
            (&json!("active"), &json!("it was another one"))
        );
        let (mut before, mut after) = (entry_of(&made.json()), entry_of(&restored.json()));
        for own in ["reason", "known_on"] {
            before.as_object_mut().unwrap().remove(own);
            after.as_object_mut().unwrap().remove(own);
        }
        assert_eq!(before, after, "{noun}: what was entered is back");
        let listed = caller.walk(&format!("{}?limit=200", path_of(noun)));
        assert!(listed.iter().any(|item| item["id"] == made.id()), "{noun}");
        assert_eq!(caller.correct(noun, &restored, &change).expect(200).json()[field], value);
        let history = caller.get(&format!("{}/history", made.path(noun))).items();
        let states: Vec<_> = history.iter().map(|version| version["status"].as_str().unwrap()).collect();
        assert_eq!(states, ["active", "withdrawn", "active", "active"], "{noun}");
    }
}

fn the_history_shows_who_when_known_on_and_why(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let other = if noun == Noun::Term { app.admin() } else { app.publisher() };
        let mut first = entry(app, noun);
        first["known_on"] = json!("2019-05-06");
        first["reason"] = json!("from the archive");
        let started = app.clock.now();
        let made = caller.enter(noun, &first);
        app.clock.advance(TimeDelta::days(3));
        let (field, value) = correction(app, noun);
        let change = json!({field: value, "known_on": "2019-05-09", "reason": "the source corrected it"});
        let corrected = other.correct(noun, &made, &change).expect(200);
        app.clock.advance(TimeDelta::days(2));
        let withdrawn = caller.withdraw(noun, &corrected, "entered twice").expect(200);

        let history = caller.get(&format!("{}/history", made.path(noun))).expect(200).items();
        let expected: Vec<_> = history
            .iter()
            .map(|version| {
                let at: DateTime<Utc> = version["written_at"].as_str().unwrap().parse().unwrap();
                let day = (at - started).num_days();
                (version["known_on"].clone(), version["reason"].clone(), version["status"].clone(), day)
            })
            .collect();
        let today = (started + TimeDelta::days(5)).date_naive().to_string();
        assert_eq!(
            expected,
            [
                (json!("2019-05-06"), json!("from the archive"), json!("active"), 0),
                (json!("2019-05-09"), json!("the source corrected it"), json!("active"), 3),
                (json!(today), json!("entered twice"), json!("withdrawn"), 5),
            ],
            "{noun}"
        );
        let (one, two) = if noun == Noun::Term { ("admin", "admin") } else { ("caseworker", "publisher") };
        let authors: Vec<_> = history.iter().map(|version| version["written_by"].clone()).collect();
        assert_eq!(authors, [format!("test-{one}"), format!("test-{two}"), format!("test-{one}")].map(Value::from));
        let chain: Vec<_> = history.iter().map(|version| (&version["version"], &version["superseded_by"])).collect();
        assert_eq!(chain[0].1, chain[1].0);
        assert_eq!(chain[1].1, chain[2].0);
        assert_eq!(chain[2].1, &Value::Null);
        assert_eq!(history[1][field], value);
        assert_ne!(history[0][field], value);
        assert_eq!(withdrawn.json()["version"], history[2]["version"]);
    }
}

fn a_record_keeps_its_code(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        // The code of a linkage is that of the person.
        let change = match noun {
            Noun::Linkage => json!({"person": person(app), "reason": "another person"}),
            // And that of a consent names the purpose.
            Noun::Consent => json!({"purpose": "share", "reason": "another purpose"}),
            _ => json!({"code": "another", "reason": "a better code"}),
        };
        app.unchanged(|| caller.correct(noun, &made, &change).refuses(422, code_field(noun), "inconsistent"));
    }
}

/// The field that makes a record's code.
fn code_field(noun: Noun) -> &'static str {
    match noun {
        Noun::Linkage => "person",
        Noun::Consent => "purpose",
        _ => "code",
    }
}

fn a_code_is_given_once_a_noun(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let mut first = entry(app, noun);
        if first.get("code").is_none() && code_field(noun) == "code" {
            first["code"] = json!("X-1");
        }
        let made = caller.enter(noun, &first);
        app.unchanged(|| caller.create(noun, &first).refuses(422, code_field(noun), "taken"));
        // A code that is withdrawn is not given to something else.
        caller.withdraw(noun, &made, "entered twice").expect(200);
        app.unchanged(|| caller.create(noun, &first).refuses(422, code_field(noun), "taken"));
    }
    // Nouns have their codes apart.
    app.caseworker().enter(Noun::Event, &json!({"code": "same", "name": "First wave", "date": "2017"}));
    app.caseworker().enter(Noun::Person, &json!({"code": "same"}));
}

fn a_record_is_found_at_the_address_of_its_own_noun_only(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &entry(app, Noun::Person));
    for noun in Noun::ALL.into_iter().filter(|noun| *noun != Noun::Person) {
        let caller = app.enterer_of(noun);
        for path in [made.path(noun), format!("{}/history", made.path(noun))] {
            caller.get(&path).problem(404, "not_found");
        }
        app.unchanged(|| {
            caller.correct(noun, &made, &json!({"reason": "not ours"})).problem(404, "not_found");
            caller.withdraw(noun, &made, "not ours").problem(404, "not_found");
        });
    }
    for id in ["01997c1e-0000-7000-8000-000000000000", "P-0001", "0", "%20"] {
        app.caseworker().get(&format!("{}/{id}", path_of(Noun::Person))).problem(404, "not_found");
    }
}

fn a_reference_is_a_code_or_an_id(app: &App) {
    let person = app.caseworker().enter(Noun::Person, &entry(app, Noun::Person));
    let source = app.caseworker().enter(Noun::Source, &entry(app, Noun::Source));
    let event = app.caseworker().enter(Noun::Event, &entry(app, Noun::Event));
    let [person, source, event] = [person, source, event].map(|answer| answer.json());
    for key in ["id", "code"] {
        let body = json!({"person": person[key], "kind": "threat", "date": "2017", "event": event[key],
            "sources": [{"source": source[key], "credence": "probable"}],
            "involvements": [{"role": "perpetrator", "actor": "law_enforcement"}, {"role": "perpetrator", "actor": "relatives"}]});
        let made = app.caseworker().enter(Noun::Incident, &body).json();
        assert_eq!(made["person"], person["code"]);
        assert_eq!(made["event"], event["code"]);
        assert_eq!(made["sources"], json!([{"source": source["code"], "credence": "probable"}]));
        let actors: Vec<_> = made["involvements"].as_array().unwrap().iter().map(|link| &link["actor"]).collect();
        assert_eq!(actors, ["law_enforcement", "relatives"]);
    }
}

fn a_code_is_made_up_where_none_is_given(app: &App) {
    for noun in [Noun::Event, Noun::Source, Noun::Person, Noun::Incident] {
        let mut body = entry(app, noun);
        body.as_object_mut().unwrap().remove("code");
        let codes = [(); 3].map(|()| app.caseworker().enter(noun, &body).json()["code"].as_str().unwrap().to_owned());
        let initial = noun.name()[..1].to_uppercase();
        assert!(codes.iter().all(|code| code.len() == 10 && code.starts_with(&format!("{initial}-"))), "{codes:?}");
        assert!(codes[0] != codes[1] && codes[1] != codes[2] && codes[0] != codes[2], "{codes:?}");
    }
}
