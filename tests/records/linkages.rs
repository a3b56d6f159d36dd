//! Two records of one person: joined by a decision, and taken apart again by another.

use attest::domain::record::Noun;
use attest::exchange::import::{self, File, ImportError};
use attest::store::accounts;
use serde_json::{Value, json};

use crate::support::client::path_of;
use crate::support::samples::{decision, entry, join, person};
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_join_tells_who_decided_it_why_and_from_which_sources,
    a_join_is_found_by_either_of_the_two_records,
    nobody_is_joined_with_themselves,
    a_join_needs_a_source_and_a_reason,
    a_join_of_what_is_not_there_is_refused,
    a_record_that_was_withdrawn_is_not_joined,
    a_record_is_joined_by_one_decision_that_can_be_corrected,
    an_unjoin_happens_once,
    a_record_that_is_counted_as_another_takes_no_third,
    no_chain_comes_about_through_days_that_lie_back,
    what_was_unjoined_is_in_nobodys_way_until_it_is_restored,
    a_correction_says_as_whom_somebody_is_counted,
    of_two_joins_that_come_at_once_and_contradict_each_other_one_is_kept,
    joins_are_imported_with_several_sources_in_a_cell,
    an_import_of_a_wrong_join_names_row_and_column,
    joined_records_that_differ_are_kept_with_a_warning,
}
on_both! { demo: a_reconstructed_record_is_not_joined }

fn persons<const N: usize>(app: &App) -> [String; N] {
    [(); N].map(|()| person(app))
}

/// Tries a join that must be refused for one field.
#[track_caller]
fn refused(app: &App, body: &Value, field: &str, rule: &str) -> Answer {
    app.unchanged(|| app.caseworker().create(Noun::Linkage, body).refuses(422, field, rule))
}

/// Tries to join two records from a day on, which must make a chain.
#[track_caller]
fn chained(app: &App, (person, canonical): (&str, &str), known_on: &str, field: &str) {
    let mut body = decision(app, person, canonical);
    body["known_on"] = known_on.into();
    let refusal = refused(app, &body, field, "inconsistent").json();
    let expected = refusal["errors"][0]["expected"].as_str().unwrap();
    assert!(expected.contains(" is counted as "), "{expected}");
}

/// Takes a join back, or restores it, known from a day.
fn turn(app: &App, seen: &Answer, what: &str, known_on: &str) -> Answer {
    let body = json!({"reason": "another passport", "known_on": known_on});
    app.caseworker().set_state(Noun::Linkage, seen, what, &body)
}

fn a_join_tells_who_decided_it_why_and_from_which_sources(app: &App) {
    let [one, other] = persons(app);
    let sources = [(); 3].map(|()| app.caseworker().enter(Noun::Source, &entry(app, Noun::Source)).json());
    // In the order in which they were given, by code or id.
    let given = [&sources[2]["code"], &sources[0]["id"], &sources[1]["code"]];
    let body = json!({"person": one, "canonical": other, "sources": given, "reason": "the same passport",
        "known_on": "2019-05-06"});
    let made = app.publisher().enter(Noun::Linkage, &body);
    let record = made.json();
    assert_eq!((&record["person"], &record["canonical"]), (&json!(one), &json!(other)));
    assert_eq!(record["sources"], json!([sources[2]["code"], sources[0]["code"], sources[1]["code"]]));
    assert_eq!((&record["reason"], &record["known_on"]), (&json!("the same passport"), &json!("2019-05-06")));
    assert_eq!((&record["written_by"], &record["status"]), (&json!("test-publisher"), &json!("active")));
    assert!(record.get("warnings").is_none(), "{record}");
    assert_eq!(app.caseworker().get(&made.path(Noun::Linkage)).expect(200).json(), record);

    app.caseworker().withdraw(Noun::Linkage, &made, "two passports").expect(200);
    let history = app.caseworker().get(&format!("{}/history", made.path(Noun::Linkage))).expect(200).items();
    let told: Vec<_> = history.iter().map(|version| [&version["written_by"], &version["reason"]]).collect();
    assert_eq!(
        told,
        [[&json!("test-publisher"), &json!("the same passport")], [&json!("test-caseworker"), &json!("two passports")]]
    );
    assert!(history.iter().all(|version| version["sources"] == record["sources"]), "{history:?}");
    // The persons are not rewritten.
    for code in [one, other] {
        let found = app.caseworker().get(&format!("{}?code={code}", path_of(Noun::Person))).items();
        let path = format!("{}/{}/history", path_of(Noun::Person), found[0]["id"].as_str().unwrap());
        assert_eq!(app.caseworker().get(&path).items().len(), 1);
    }
}

fn a_join_is_found_by_either_of_the_two_records(app: &App) {
    let [one, other, third, fourth] = persons(app);
    let made = join(app, &one, &other, "2020-01-01");
    join(app, &third, &fourth, "2020-01-01");
    for filter in [format!("person={one}"), format!("canonical={other}"), format!("person={one}&canonical={other}")] {
        let found = app.caseworker().get(&format!("{}?{filter}", path_of(Noun::Linkage))).expect(200).items();
        assert_eq!(found, [made.json()], "{filter}");
    }
    let none = app.caseworker().get(&format!("{}?person={other}", path_of(Noun::Linkage))).expect(200);
    assert!(none.items().is_empty());
}

fn nobody_is_joined_with_themselves(app: &App) {
    let made = app.caseworker().enter(Noun::Person, &json!({}));
    let (code, id) = (made.json()["code"].as_str().unwrap().to_owned(), made.id());
    for (person, canonical) in [(&code, &code), (&id, &id), (&code, &id), (&id, &code)] {
        refused(app, &decision(app, person, canonical), "canonical", "inconsistent");
    }
    let joined = join(app, &code, &person(app), "2020-01-01");
    let change = json!({"canonical": id, "reason": "misread"});
    app.unchanged(|| {
        app.caseworker().correct(Noun::Linkage, &joined, &change).refuses(422, "canonical", "inconsistent");
    });
}

fn a_join_needs_a_source_and_a_reason(app: &App) {
    let [one, other] = persons(app);
    let body = decision(app, &one, &other);
    let with = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    for blank in [Value::Null, json!(""), json!("  ")] {
        for field in ["reason", "person", "canonical"] {
            refused(app, &with(field, blank.clone()), field, "required");
        }
    }
    refused(app, &with("sources", json!([])), "sources", "required");
    let mut without = body.clone();
    without.as_object_mut().unwrap().remove("sources");
    refused(app, &without, "sources", "required");
    refused(app, &with("sources", json!([body["sources"][0], " "])), "sources[1]", "required");
    refused(app, &with("sources", json!([body["sources"][0], "S-none"])), "sources[1]", "unknown_record");
    refused(app, &with("sources", json!(vec![&body["sources"][0]; 101])), "sources", "out_of_range");
    // What was taken out by a correction is missing too.
    let made = app.caseworker().enter(Noun::Linkage, &with("sources", json!(vec![&body["sources"][0]; 100])));
    for none in [Value::Null, json!([])] {
        let change = json!({"sources": none, "reason": "no source"});
        app.unchanged(|| {
            app.caseworker().correct(Noun::Linkage, &made, &change).refuses(422, "sources", "required");
        });
    }
}

fn a_join_of_what_is_not_there_is_refused(app: &App) {
    let [one, other] = persons(app);
    let body = decision(app, &one, &other);
    let (incident, source) = (entry(app, Noun::Incident), body["sources"][0].as_str().unwrap());
    let incident = app.caseworker().enter(Noun::Incident, &incident).id();
    for nobody in ["P-none", "01997c1e-0000-7000-8000-000000000000", source, &incident, "a\u{0}b", "' OR 1=1 --"] {
        for field in ["person", "canonical"] {
            let mut body = body.clone();
            body[field] = nobody.into();
            refused(app, &body, field, "unknown_record");
        }
    }
    let mut body = body;
    body["sources"] = json!([one]);
    refused(app, &body, "sources[0]", "unknown_record");
}

fn a_record_that_was_withdrawn_is_not_joined(app: &App) {
    let gone = app.caseworker().enter(Noun::Person, &json!({"code": "GONE"}));
    app.caseworker().withdraw(Noun::Person, &gone, "entered twice").expect(200);
    let [one, other] = persons(app);
    refused(app, &decision(app, "GONE", &one), "person", "inconsistent");
    refused(app, &decision(app, &one, "GONE"), "canonical", "inconsistent");
    let made = join(app, &one, &other, "2020-01-01");
    let change = json!({"canonical": "GONE", "reason": "misread"});
    app.unchanged(|| {
        app.caseworker().correct(Noun::Linkage, &made, &change).refuses(422, "canonical", "inconsistent");
    });
    // Nor is a join restored to it; taken back it can be.
    let fading = app.caseworker().enter(Noun::Person, &json!({"code": "FADING"}));
    let made = join(app, &person(app), "FADING", "2020-01-01");
    app.caseworker().withdraw(Noun::Person, &fading, "entered twice").expect(200);
    let undone = app.caseworker().withdraw(Noun::Linkage, &made, "nobody is left").expect(200);
    app.unchanged(|| {
        app.caseworker().restore(Noun::Linkage, &undone, "again").refuses(422, "canonical", "inconsistent");
    });
}

fn a_reconstructed_record_is_not_joined(app: &App) {
    let one = person(app);
    refused(app, &decision(app, "R-001", &one), "person", "inconsistent");
    refused(app, &decision(app, &one, "R-001"), "canonical", "inconsistent");
}

fn a_record_is_joined_by_one_decision_that_can_be_corrected(app: &App) {
    let [one, other, third] = persons(app);
    let made = join(app, &one, &other, "2020-01-01");
    refused(app, &decision(app, &one, &third), "person", "taken");
    let undone = app.caseworker().withdraw(Noun::Linkage, &made, "two passports").expect(200);
    refused(app, &decision(app, &one, &third), "person", "taken");
    let again = app.caseworker().restore(Noun::Linkage, &undone, "one passport after all").expect(200);
    assert_eq!(again.json()["canonical"], json!(other));
    // Several may be counted as one.
    join(app, &third, &other, "2020-01-01");
}

fn an_unjoin_happens_once(app: &App) {
    let [one, other] = persons(app);
    let made = join(app, &one, &other, "2020-01-01");
    let undone = app.caseworker().withdraw(Noun::Linkage, &made, "two passports").expect(200);
    app.unchanged(|| {
        app.caseworker().withdraw(Noun::Linkage, &undone, "again").refuses(422, "id", "inconsistent");
        app.caseworker().withdraw(Noun::Linkage, &made, "again").problem(412, "stale");
    });
}

fn a_record_that_is_counted_as_another_takes_no_third(app: &App) {
    let [a, b, c] = persons(app);
    join(app, &a, &b, "2020-01-01");
    for day in ["2020-01-01", "2020-06-01"] {
        chained(app, (&b, &c), day, "person");
        chained(app, (&c, &a), day, "canonical");
        // Nor are two counted as each other.
        chained(app, (&b, &a), day, "canonical");
    }
    join(app, &c, &b, "2020-01-01");
}

fn no_chain_comes_about_through_days_that_lie_back(app: &App) {
    let [a, b, c, d] = persons(app);
    join(app, &a, &b, "2020-06-01");
    // On the day itself there would be none, but there would be one from June on.
    for day in ["2020-01-01", "2020-06-01", "2020-12-01"] {
        chained(app, (&b, &c), day, "person");
        chained(app, (&c, &a), day, "canonical");
    }
    // Taken back in September: between the two days it stood, and stands in what is known of them.
    let made = join(app, &c, &d, "2020-06-01");
    turn(app, &made, "withdrawal", "2020-09-01").expect(200);
    chained(app, (&d, &b), "2020-08-31", "person");
    join(app, &d, &b, "2020-09-01");
}

fn what_was_unjoined_is_in_nobodys_way_until_it_is_restored(app: &App) {
    let [a, b, c] = persons(app);
    let first = join(app, &a, &b, "2020-01-01");
    let undone = turn(app, &first, "withdrawal", "2020-02-01").expect(200);
    let second = join(app, &b, &c, "2020-03-01");
    for day in ["2020-02-01", "2020-03-01", "2020-04-01"] {
        app.unchanged(|| turn(app, &undone, "restoration", day).refuses(422, "canonical", "inconsistent"));
    }
    turn(app, &second, "withdrawal", "2020-05-01").expect(200);
    app.unchanged(|| turn(app, &undone, "restoration", "2020-04-30").refuses(422, "canonical", "inconsistent"));
    turn(app, &undone, "restoration", "2020-05-01").expect(200);
}

fn a_correction_says_as_whom_somebody_is_counted(app: &App) {
    let [a, b, c, d] = persons(app);
    let made = join(app, &a, &b, "2020-01-01");
    let blocked = join(app, &c, &d, "2020-01-01");
    let change = |canonical: &str| json!({"canonical": canonical, "reason": "misread", "known_on": "2020-03-01"});
    app.unchanged(|| {
        let caller = app.caseworker();
        caller.correct(Noun::Linkage, &made, &change(&c)).refuses(422, "canonical", "inconsistent");
        caller.correct(Noun::Linkage, &made, &change("P-none")).refuses(422, "canonical", "unknown_record");
    });
    let corrected = app.caseworker().correct(Noun::Linkage, &made, &change(&d)).expect(200);
    assert_eq!((&corrected.json()["person"], &corrected.json()["canonical"]), (&json!(a), &json!(d)));
    assert_eq!(corrected.json()["sources"], made.json()["sources"]);
    let history = app.caseworker().get(&format!("{}/history", made.path(Noun::Linkage))).items();
    let canonical: Vec<_> = history.iter().map(|version| version["canonical"].clone()).collect();
    assert_eq!(canonical, [json!(b), json!(d)]);
    // Until March `a` is counted as `b`, from then on as `d`.
    chained(app, (&b, &d), "2020-02-01", "person");
    join(app, &b, &d, "2020-03-01");
    let change = change(&a);
    app.unchanged(|| {
        app.caseworker().correct(Noun::Linkage, &blocked, &change).refuses(422, "canonical", "inconsistent");
    });
}

fn of_two_joins_that_come_at_once_and_contradict_each_other_one_is_kept(app: &App) {
    for _ in 0..4 {
        let [a, b] = persons(app);
        let bodies = [decision(app, &a, &b), decision(app, &b, &a)];
        let mut statuses: Vec<_> = std::thread::scope(|scope| {
            let send = |body| scope.spawn(move || app.caseworker().create(Noun::Linkage, body).status);
            let running: Vec<_> = bodies.iter().map(send).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
    }
}

fn files(linkages: &str) -> Vec<File> {
    let file = |noun: Noun, text: &str| File { noun, name: format!("{}.csv", noun.plural()), bytes: text.into() };
    vec![
        file(Noun::Person, "code\nA\nB\nC\n"),
        file(Noun::Source, "code,type,reliability\nS-1,interview,high\nS-2,interview,low\n"),
        file(Noun::Linkage, linkages),
    ]
}

fn import(app: &App, linkages: &str) -> Result<import::Report, ImportError> {
    import::run(&app.store, &accounts::host(), files(linkages), false, |_| Ok(()), Box::new(|_| {}))
}

fn joins_are_imported_with_several_sources_in_a_cell(app: &App) {
    let text = "person,canonical,sources,reason,known_on\nA,B,S-2;S-1,one passport,2019-05-06\nC,B,S-1,one scar,\n";
    let report = import(app, text).unwrap();
    assert_eq!(report.created[2], ("linkages.csv".to_owned(), Noun::Linkage, 2));
    let items = app.caseworker().get(&path_of(Noun::Linkage)).expect(200).items();
    let mut told: Vec<_> = items.iter().map(|item| (item["person"].clone(), item["sources"].clone())).collect();
    told.sort_by_key(|(person, _)| person.to_string());
    assert_eq!(told, [(json!("A"), json!(["S-2", "S-1"])), (json!("C"), json!(["S-1"]))]);
}

fn an_import_of_a_wrong_join_names_row_and_column(app: &App) {
    let text = "person,canonical,sources,reason\nA,B,S-1,one passport\nB,C,S-1,one scar\nC,C,S-1,x\nC,B,S-1;S-9,x\n\
        C,B,,x\nA,C,S-1,x\nC,B,S-1,\n";
    let refused = app.unchanged(|| import(app, text));
    let Err(ImportError::Rows(mistakes)) = refused else { panic!("{refused:?}") };
    let errors = mistakes.first;
    let told: Vec<_> = errors.iter().map(|error| (error.row, error.error.field.as_str())).collect();
    let expected = [(3, "person"), (4, "canonical"), (5, "sources"), (6, "sources"), (7, "person"), (8, "reason")];
    assert_eq!(told, expected, "{errors:?}");
}

fn joined_records_that_differ_are_kept_with_a_warning(app: &App) {
    let one = json!({"code": "ONE", "ground": "outed", "origin": "RU-CE", "sex": "M", "age_group": "Y18T24"});
    let other = json!({"code": "OTHER", "ground": "witness", "origin": "RU-DA", "sex": "F"});
    let one = app.caseworker().enter(Noun::Person, &one);
    app.caseworker().enter(Noun::Person, &other);
    let made = join(app, "ONE", "OTHER", "2020-01-01");
    let codes = |answer: &Answer| -> Vec<String> {
        let warnings = answer.json()["warnings"].as_array().cloned().unwrap_or_default();
        warnings.iter().map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&made), ["conflicting_ground", "conflicting_origin", "conflicting_sex"]);
    let detail = made.json()["warnings"][0]["detail"].as_str().unwrap().to_owned();
    assert!(["ONE", "outed", "OTHER", "witness"].iter().all(|word| detail.contains(word)), "{detail}");
    let path = made.path(Noun::Linkage);
    assert_eq!(codes(&app.caseworker().get(&path)), codes(&made));
    // It goes with the difference.
    let change = json!({"ground": "witness", "origin": "RU-DA", "sex": "F", "reason": "misread"});
    app.caseworker().correct(Noun::Person, &one, &change).expect(200);
    assert_eq!(codes(&app.caseworker().get(&path)), [""; 0]);
}
