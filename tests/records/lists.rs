//! Lists: pages that meet every record once, and filters.

use std::collections::HashSet;

use attest::domain::record::Noun;
use attest::exchange::import;
use attest::store::accounts;
use serde_json::{Value, json};

use crate::support::client::path_of;
use crate::support::samples::entry;
use crate::support::{App, on_both};

on_both! {
    empty:
    a_walk_meets_every_record_once_while_others_are_entered,
    a_walk_meets_every_record_of_one_import_once,
    a_walk_goes_on_from_a_record_that_was_withdrawn_meanwhile,
    a_list_is_in_the_order_of_creation,
    persons_are_found_by_what_was_entered,
    incidents_are_found_by_what_was_entered,
    sources_events_terms_and_figures_are_found_by_what_was_entered,
    filters_hold_together_and_go_on_with_the_walk,
    an_unknown_parameter_is_refused_by_name,
    a_filter_by_an_unknown_code_is_refused_by_name,
    a_page_has_1_to_200_records,
    a_list_goes_on_only_from_where_it_said,
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn a_walk_meets_every_record_once_while_others_are_entered(app: &App) {
    let caller = app.caseworker();
    let mut entered: Vec<_> = (0..23).map(|_| caller.enter(Noun::Person, &json!({})).id()).collect();
    let (mut met, mut next, mut there) = (Vec::new(), Some(format!("{}?limit=4", path_of(Noun::Person))), 0);
    while let Some(path) = next {
        there = entered.len();
        let page = caller.get(&path).expect(200);
        assert!(page.items().len() <= 4);
        met.extend(ids(&page.items()));
        next = page.next();
        entered.push(caller.enter(Noun::Person, &json!({})).id());
    }
    assert!(there > 23, "others were entered while the walk went on");
    assert_eq!(met, entered[..there], "whatever was there when the last page was asked for, once each");
}

fn a_walk_meets_every_record_of_one_import_once(app: &App) {
    // All of one write have the same time of creation, so that the identifier alone decides.
    let rows: String = (0..31).map(|row| format!("I-{row:02}\n")).collect();
    let bytes = format!("code\n{rows}").into_bytes();
    let file = import::File { noun: Noun::Person, name: "persons.csv".into(), bytes };
    import::run(&app.store, &accounts::host(), vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
    let items = app.caseworker().walk(&format!("{}?limit=7", path_of(Noun::Person)));
    let created: HashSet<_> = items.iter().map(|item| item["created_at"].to_string()).collect();
    assert_eq!(created.len(), 1);
    let codes: HashSet<_> = items.iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!((items.len(), codes.len()), (31, 31));
}

fn a_walk_goes_on_from_a_record_that_was_withdrawn_meanwhile(app: &App) {
    let caller = app.caseworker();
    let made: Vec<_> = (0..5).map(|_| caller.enter(Noun::Person, &json!({}))).collect();
    let first = caller.get(&format!("{}?limit=2", path_of(Noun::Person))).expect(200);
    caller.withdraw(Noun::Person, &made[1], "entered twice").expect(200);
    let rest = caller.walk(&first.next().unwrap());
    assert_eq!(ids(&rest), [made[2].id(), made[3].id(), made[4].id()]);
}

fn a_list_is_in_the_order_of_creation(app: &App) {
    let caller = app.caseworker();
    let made: Vec<_> = (0..4).map(|_| caller.enter(Noun::Person, &json!({}))).collect();
    // A correction does not move a record.
    caller.correct(Noun::Person, &made[0], &json!({"sex": "M", "reason": "asked"})).expect(200);
    let listed = caller.get(&path_of(Noun::Person)).items();
    assert_eq!(ids(&listed), made.iter().map(|answer| answer.id()).collect::<Vec<_>>());
}

/// Asserts that a filter finds this record and no other.
#[track_caller]
fn finds(app: &App, noun: Noun, filter: &str, id: &Value) {
    let found = app.enterer_of(noun).get(&format!("{}?{filter}", path_of(noun))).expect(200);
    assert_eq!(json!(ids(&found.items())), json!([id]), "{noun} {filter}");
}

fn persons_are_found_by_what_was_entered(app: &App) {
    let one = json!({"code": "ONE", "ground": "witness", "origin": "RU-CE", "sex": "F", "age_group": "Y18T24",
        "source_system": "old-base", "external_id": "17"});
    let one = app.caseworker().enter(Noun::Person, &one).json();
    app.caseworker().enter(Noun::Person, &json!({"source_system": "other-base", "external_id": "18"}));
    let filters = [
        "code=ONE",
        "ground=witness",
        "origin=RU-CE",
        "sex=F",
        "age_group=Y18T24",
        "source_system=old-base",
        "external_id=17",
        "basis=case_file&sex=F",
    ];
    for filter in filters {
        finds(app, Noun::Person, filter, &one["id"]);
    }
    let none = app.caseworker().get(&format!("{}?basis=reconstructed", path_of(Noun::Person))).expect(200);
    assert!(none.items().is_empty());
}

fn incidents_are_found_by_what_was_entered(app: &App) {
    let caller = app.caseworker();
    let person = caller.enter(Noun::Person, &json!({"code": "ONE"})).json();
    let event = caller.enter(Noun::Event, &json!({"code": "wave", "name": "First wave", "date": "2017"})).json();
    let one = json!({"code": "I-1", "person": "ONE", "kind": "evacuation", "date": "2017-04-03", "place": "RU-CE",
        "destination": "RU", "event": "wave"});
    let one = caller.enter(Noun::Incident, &one).json();
    caller.enter(Noun::Incident, &entry(app, Noun::Incident));
    let by_id = format!("person={}", person["id"].as_str().unwrap());
    let by_event = format!("event={}", event["id"].as_str().unwrap());
    for filter in ["code=I-1", "person=ONE", &by_id, "kind=evacuation", "destination=RU", "event=wave", &by_event] {
        finds(app, Noun::Incident, filter, &one["id"]);
    }
    finds(app, Noun::Incident, "place=RU-CE&year=2017&kind=evacuation", &one["id"]);
}

fn sources_events_terms_and_figures_are_found_by_what_was_entered(app: &App) {
    for noun in [Noun::Event, Noun::Source, Noun::Publication] {
        let one = app.caseworker().enter(noun, &entry(app, noun)).json();
        app.caseworker().enter(noun, &entry(app, noun));
        finds(app, noun, &format!("code={}", one["code"].as_str().unwrap()), &one["id"]);
    }
    let term = app.admin().enter(Noun::Term, &entry(app, Noun::Term)).json();
    finds(app, Noun::Term, &format!("code=kind:{}", term["code"].as_str().unwrap()), &term["id"]);
    let movements = app.admin().walk(&format!("{}?vocabulary=kind&family=movement", path_of(Noun::Term)));
    assert!(movements.iter().all(|term| term["family"] == "movement") && movements.len() == 5);
    let figure = app.caseworker().enter(Noun::Figure, &entry(app, Noun::Figure)).json();
    app.caseworker().enter(Noun::Figure, &entry(app, Noun::Figure));
    finds(app, Noun::Figure, &format!("publication={}", figure["publication"].as_str().unwrap()), &figure["id"]);
}

fn filters_hold_together_and_go_on_with_the_walk(app: &App) {
    for at in 0..9 {
        let (sex, ground) = (["F", "M"][at % 2], ["witness", "outed", "attacked"][at % 3]);
        app.caseworker().enter(Noun::Person, &json!({"code": format!("P{at}"), "sex": sex, "ground": ground}));
    }
    let found = app.caseworker().walk(&format!("{}?sex=F&ground=witness&limit=1", path_of(Noun::Person)));
    let codes: Vec<_> = found.iter().map(|item| item["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["P0", "P6"]);
}

fn an_unknown_parameter_is_refused_by_name(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        caller.get(&format!("{}?colour=red", path_of(noun))).refuses(400, "colour", "unknown");
        caller.get(&format!("{}?limit=5&limit=6", path_of(noun))).refuses(400, "limit", "inconsistent");
        caller.get(&format!("{}?status=gone", path_of(noun))).refuses(400, "status", "unknown_code");
    }
    app.caseworker().get(&format!("{}?person=nobody", path_of(Noun::Incident))).refuses(
        400,
        "person",
        "unknown_record",
    );
    app.auditor().get("/api/v1/staff/audit?colour=red").refuses(400, "colour", "unknown");
}

fn a_filter_by_an_unknown_code_is_refused_by_name(app: &App) {
    for (noun, filter) in [
        (Noun::Incident, "kind"),
        (Noun::Incident, "place"),
        (Noun::Person, "ground"),
        (Noun::Person, "basis"),
        (Noun::Source, "type"),
        (Noun::Term, "family"),
    ] {
        let answer = app.enterer_of(noun).get(&format!("{}?{filter}=detentoin", path_of(noun)));
        answer.refuses(400, filter, "unknown_code");
    }
}

fn a_page_has_1_to_200_records(app: &App) {
    for noun in Noun::ALL {
        for limit in ["0", "201", "-1", "x", "", "1.5", "99999999999999999999"] {
            let answer = app.enterer_of(noun).get(&format!("{}?limit={limit}", path_of(noun)));
            answer.refuses(400, "limit", "out_of_range");
        }
    }
    let all = app.admin().get(&format!("{}?limit=200", path_of(Noun::Term))).expect(200);
    assert_eq!(all.items().len(), 200.min(all.items().len()));
    assert_eq!(app.admin().get(&path_of(Noun::Term)).items().len(), 50);
}

fn a_list_goes_on_only_from_where_it_said(app: &App) {
    app.caseworker().enter(Noun::Person, &json!({}));
    let id = "01997c1e-0000-7000-8000-000000000000";
    for after in ["", "x", "7", "7.x", &format!("x.{id}"), &format!("99999999999999999999999.{id}")] {
        let answer = app.caseworker().get(&format!("{}?after={after}", path_of(Noun::Person)));
        answer.refuses(400, "after", "malformed");
    }
    // Times that no database keeps.
    for micros in ["-62167219200000001", "-8200000000000000000", "8200000000000000000"] {
        let answer = app.caseworker().get(&format!("{}?after={micros}.{id}", path_of(Noun::Person)));
        assert!(matches!(answer.status, 200 | 400), "{}: {}", answer.asked, answer.text());
    }
}
