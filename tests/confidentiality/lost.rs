//! Seals of whose list nobody is left, codes of sealed records that somebody chooses, and what is withdrawn under a sealed incident.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::desk::{act, again, another, audit, audit_is_intact, correct, erase, seal, token};
use crate::support::client::path_of;
use crate::support::{Answer, App, Caller, on_both};

on_both! {
    empty:
    a_seal_of_which_nobody_is_left_is_opened_by_two_publishers,
    who_lost_the_role_is_nobody_who_is_left,
    a_seal_with_somebody_left_is_no_lost_one_to_anybody,
    a_code_of_a_sealed_record_is_told_by_no_answer,
    what_is_withdrawn_under_a_sealed_incident_is_told_to_its_list,
    nobody_asks_for_or_is_told_of_somebody_who_was_erased,
}

const LOST: &str = "/api/v1/staff/lost-seals";
const NOTICES: &str = "/api/v1/staff/notices";

fn id_of(app: &App, name: &str) -> String {
    let accounts = app.admin().get("/api/v1/staff/accounts").expect(200).items();
    let found = accounts.into_iter().find(|account| account["name"] == name).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

fn disable(app: &App, name: &str) {
    app.admin().post(&format!("/api/v1/staff/accounts/{}/disablement", id_of(app, name)), &json!({})).expect(200);
}

fn ask(by: &Caller<'_>, person: &str, account: &str) -> Answer {
    by.post(LOST, &json!({"person": person, "account": account, "reason": "anna has left"}))
}

fn sealed_by_anna(app: &App) -> String {
    let anna = another(app, "anna");
    let id = anna.enter(Noun::Person, &json!({"code": "A", "name": "Somebody"})).id();
    seal(&anna, &id, &[]);
    id
}

fn a_seal_of_which_nobody_is_left_is_opened_by_two_publishers(app: &App) {
    let second = app.bearing(&token(app, "second", Role::Publisher));
    let bela = another(app, "bela");
    let id = sealed_by_anna(app);
    assert_eq!(app.publisher().get(LOST).expect(200).items(), [] as [Value; 0]);
    disable(app, "anna");
    let lost = app.publisher().get(LOST).expect(200).items();
    assert_eq!(lost, [json!({"person": id, "accounts": ["anna"], "requests": []})], "nothing but that there is one");
    for by in [app.caseworker(), app.admin(), app.researcher(), app.auditor()] {
        by.get(LOST).problem(403, "forbidden");
        app.unchanged(|| ask(&by, &id, "bela").problem(403, "forbidden"));
    }
    app.unchanged(|| {
        ask(&second, &id, "nobody").refuses(422, "account", "unknown_record");
        ask(&second, &id, "anna").refuses(422, "account", "unknown_record");
        ask(&second, &id, "host").refuses(422, "account", "unknown_record");
        ask(&second, "A", "bela").refuses(422, "person", "malformed");
        second.post(LOST, &json!({"person": id, "account": "bela"})).refuses(422, "reason", "required");
    });
    assert_eq!(ask(&app.publisher(), &id, "bela").expect(200).json(), json!({"person": id, "opened": false}));
    app.unchanged(|| ask(&app.publisher(), &id, "bela").problem(409, "refused"));
    // Each asks for somebody else: that is no two who ask the same.
    assert_eq!(ask(&second, &id, "second").expect(200).json()["opened"], false);
    for by in [&app.publisher(), &second, &bela] {
        by.get(&format!("{}/{id}", path_of(Noun::Person))).problem(404, "not_found");
    }
    assert_eq!(app.publisher().get(LOST).items()[0]["requests"][0]["by"], "test-publisher");
    assert_eq!(ask(&second, &id, "bela").expect(200).json(), json!({"person": id, "opened": true}));
    let seen = bela.get(&format!("{}/{id}/seal", path_of(Noun::Person))).expect(200).json();
    assert_eq!(seen["accounts"], json!(["anna", "bela"]));
    for by in [&app.publisher(), &second] {
        by.get(&format!("{}/{id}", path_of(Noun::Person))).problem(404, "not_found");
    }
    assert_eq!(app.publisher().get(LOST).expect(200).items(), [] as [Value; 0]);
    let told = bela.get(NOTICES).expect(200).items();
    assert_eq!(
        (&told[0]["kind"], &told[0]["about"]["id"], &told[0]["by"]),
        (&json!("seal_opened"), &json!(id), &json!("second"))
    );
    assert!(app.publisher().get(NOTICES).expect(200).items().is_empty());
    let entries = audit(app, 50);
    assert_eq!(entries.iter().filter(|entry| entry["action"] == "seal.request").count(), 3);
    audit_is_intact(app);
    let told: i64 = app
        .store
        .look(|conn| {
            use diesel::prelude::*;
            Ok(attest::store::schema::notices::table.count().get_result(conn)?)
        })
        .unwrap();
    assert_eq!(told, 2, "the owner, and who is on the list now");
}

fn who_lost_the_role_is_nobody_who_is_left(app: &App) {
    let second = app.bearing(&token(app, "second", Role::Publisher));
    let id = sealed_by_anna(app);
    app.home.sql("UPDATE accounts SET role = 'researcher' WHERE name = 'anna'");
    another(app, "bela");
    ask(&app.publisher(), &id, "bela").expect(200);
    // Who was a publisher and is none any more has asked nothing.
    disable(app, "test-publisher");
    assert_eq!(ask(&second, &id, "bela").expect(200).json()["opened"], false);
}

fn a_seal_with_somebody_left_is_no_lost_one_to_anybody(app: &App) {
    another(app, "bela");
    let id = sealed_by_anna(app);
    let nobody = "01997c1e-0000-7000-8000-000000000000";
    let answers = app.unchanged(|| [id.as_str(), nobody].map(|id| ask(&app.publisher(), id, "bela")));
    let [there, missing] = answers.map(|answer| (answer.status, answer.text()));
    assert_eq!(there, missing);
    assert_eq!(there.0, 404);
}

fn a_code_of_a_sealed_record_is_told_by_no_answer(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let id = owner.enter(Noun::Person, &json!({"code": "A"})).id();
    let consent =
        json!({"person": "A", "purpose": "count", "decision": "given", "manner": "signed", "decided_on": "2017-06-01"});
    let consent = owner.enter(Noun::Consent, &consent).id();
    let of = owner.enter(Noun::Incident, &json!({"person": "A", "kind": "threat", "date": "2017"})).id();
    seal(&owner, &id, &[]);
    let code = |noun: Noun, id: &str| again(&owner, noun, id).json()["code"].as_str().unwrap().to_owned();
    let (person, incident) = (code(Noun::Person, &id), code(Noun::Incident, &of));
    // By hand no code of that shape is taken, whether a record has it or not.
    let refused = |code: &str| {
        let answer = app.unchanged(|| outsider.create(Noun::Person, &json!({"code": code})).expect(422));
        answer.text().replace(code, "CODE")
    };
    let plain = |text: String| text.split("\"reference\"").next().unwrap_or_default().to_owned();
    assert_eq!(plain(refused(&person)), plain(refused("P-7QK2M4XA")));
    // The former code is free for whoever does not see it, and so is the sealed one, which is another from then on.
    outsider.enter(Noun::Person, &json!({"code": "A"}));
    let answers = [person.as_str(), "P-7QK2M4XA"].map(|code| {
        let answer = outsider.import("noun=persons", &format!("code,origin\n{code},RU-CE\n"));
        (answer.status, answer.text())
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 200, "{answers:?}");
    let row = format!("code,person,kind,date\n{incident},A,threat,2017\n");
    outsider.import("noun=incidents", &row).expect(200);
    assert_ne!((code(Noun::Person, &id), code(Noun::Incident, &of)), (person.clone(), incident));
    // Its list is told, so that nobody enters under the former code what is about this person.
    let told = owner.get("/api/v1/staff/notices").expect(200).items();
    let told: Vec<_> = told.iter().filter(|notice| notice["kind"] == "code_changed").collect();
    let about: Vec<_> = told.iter().map(|notice| notice["about"]["id"].as_str().unwrap()).collect();
    assert!(about.contains(&id.as_str()) && about.contains(&of.as_str()), "{told:?}");
    assert_eq!(outsider.get("/api/v1/staff/notices").expect(200).items(), Vec::<serde_json::Value>::new());
    // What is made of a person's code goes with it, so that the new person's own is free.
    assert!(!again(&owner, Noun::Consent, &consent).json().to_string().contains(&person));
    let entry = json!({"person": person, "purpose": "count", "decision": "given", "manner": "signed", "decided_on": "2017-06-01"});
    outsider.enter(Noun::Consent, &entry);
    // To those who see a record its code is taken.
    let now = code(Noun::Person, &id);
    app.unchanged(|| {
        owner.import("noun=persons", &format!("code,origin\n{now},RU-CE\n")).refuses(422, "code", "taken")
    });
}

fn what_is_withdrawn_under_a_sealed_incident_is_told_to_its_list(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let id = owner.enter(Noun::Person, &json!({"code": "A"})).id();
    let source = owner.enter(Noun::Source, &json!({"code": "S-1", "type": "interview"}));
    let event = owner.enter(Noun::Event, &json!({"code": "E-1", "name": "A wave", "date": "2017"}));
    let entry =
        json!({"person": "A", "kind": "threat", "date": "2017", "event": "E-1", "sources": [{"source": "S-1"}]});
    let of = owner.enter(Noun::Incident, &entry).id();
    seal(&owner, &id, &[]);
    // To the outsider it is a withdrawal like any other.
    let unused = owner.enter(Noun::Source, &json!({"code": "S-2", "type": "interview"}));
    let body = |answer: Answer| {
        let mut body = answer.expect(200).json();
        for own in ["id", "code", "version", "created_at", "written_at"] {
            body.as_object_mut().unwrap().remove(own);
        }
        body
    };
    let used = body(outsider.withdraw(Noun::Source, &source, "not ours"));
    assert_eq!(used, body(outsider.withdraw(Noun::Source, &unused, "not ours")));
    outsider.withdraw(Noun::Event, &event, "not ours").expect(200);
    assert_eq!(again(&outsider, Noun::Source, &source.id()).json()["status"], "withdrawn");
    assert!(outsider.get(NOTICES).expect(200).items().is_empty());
    // The incident keeps both, and its list is told.
    let kept = again(&owner, Noun::Incident, &of).json();
    assert_eq!((&kept["sources"][0]["source"], &kept["event"]), (&json!("S-1"), &json!("E-1")));
    let odd: Vec<_> = kept["warnings"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert_eq!(odd, ["source_withdrawn", "event_withdrawn"]);
    let told = owner.get(NOTICES).expect(200).items();
    let told: Vec<_> =
        told.iter().map(|one| (one["other"]["code"].clone(), one["about"]["id"].clone(), one["by"].clone())).collect();
    let line = |code: &str| (json!(code), json!(of), json!("outsider"));
    assert_eq!(told, [line("E-1"), line("S-1")]);
    correct(&owner, Noun::Incident, &of, json!({"kind": "detention"})).expect(200);
    // Who is taken from the list is told no more of it.
    another(app, "bela");
    seal(&owner, &id, &["bela"]);
    act(&app.caseworker(), Noun::Incident, &of, "withdrawal", &json!({"reason": "a test"})).expect(200);
    assert_eq!(owner.get(NOTICES).expect(200).items().len(), 2);
}

fn nobody_asks_for_or_is_told_of_somebody_who_was_erased(app: &App) {
    let (anna, second) = (another(app, "anna"), app.bearing(&token(app, "second", Role::Publisher)));
    let id = anna.enter(Noun::Person, &json!({"code": "A", "name": "Somebody"})).id();
    let source = anna.enter(Noun::Source, &json!({"code": "S-1", "type": "interview"}));
    let entry = json!({"person": "A", "kind": "threat", "date": "2017", "sources": [{"source": "S-1"}]});
    anna.enter(Noun::Incident, &entry);
    seal(&anna, &id, &[]);
    app.caseworker().withdraw(Noun::Source, &source, "not ours").expect(200);
    disable(app, "anna");
    for by in [&app.publisher(), &second] {
        ask(by, &id, "second").expect(200);
    }
    let left =
        || ["seal_requests", "notices"].map(|table| app.home.number(&format!("SELECT COUNT(*) AS value FROM {table}")));
    assert_eq!(left(), [2, 3], "two asked; anna is told of both, and the other of the seal");
    erase(&second, &id);
    assert_eq!(left(), [0, 0]);
    assert_eq!(second.get(NOTICES).expect(200).items(), [] as [Value; 0]);
}
