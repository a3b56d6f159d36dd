//! The rules of sealing: who may, whom it shuts out, and what it does to codes.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::desk::{act, again, another, correct, found, seal, texts, token, unseal};
use crate::support::client::path_of;
use crate::support::samples::join;
use crate::support::{App, Caller, on_both};

on_both! {
    empty:
    whoever_is_on_the_list_sees_the_person_and_nobody_else_does,
    the_list_can_be_changed_and_the_seal_be_taken_away,
    only_the_owner_or_a_publisher_who_sees_it_may_seal,
    the_owner_cannot_become_somebody_who_is_not_on_the_list,
    decisions_that_were_withdrawn_before_a_sealing_tell_nothing_by_refusals,
    nobody_becomes_the_owner_of_anothers_person_to_seal_or_erase_it,
    a_joined_person_cannot_be_sealed_nor_a_sealed_one_be_joined,
    the_records_of_a_sealed_person_get_no_code_that_somebody_chose,
    the_former_codes_are_kept_as_text_and_are_free_again,
    an_incident_that_goes_over_to_a_sealed_person_leaves_no_trace,
    an_incident_that_leaves_a_sealed_person_leaves_its_former_code_behind,
    an_incident_that_was_of_a_person_who_is_sealed_now_can_be_read_and_its_code_is_taken,
    a_decision_that_was_withdrawn_tells_nothing_of_a_sealed_person,
    an_identifier_that_somebody_else_entered_meanwhile_locks_nobody_out,
    what_cannot_be_sealed_is_refused_with_the_field,
}

const SOMEBODY: &str = "Zoya Zapechatannaya";

fn person(by: &Caller<'_>, code: &str) -> String {
    by.enter(Noun::Person, &json!({"code": code, "origin": "RU-CE", "name": SOMEBODY})).id()
}

fn incident(by: &Caller<'_>, code: &str, person: &str) -> String {
    let entry = json!({"code": code, "person": person, "kind": "torture", "date": "2017", "narrative": "told"});
    by.enter(Noun::Incident, &entry).id()
}

fn code(by: &Caller<'_>, noun: Noun, id: &str) -> String {
    again(by, noun, id).json()["code"].as_str().unwrap().to_owned()
}

#[track_caller]
fn hidden(by: &Caller<'_>, noun: Noun, id: &str) {
    for below in ["", "/history", "/texts"] {
        by.get(&format!("{}/{id}{below}", path_of(noun))).problem(404, "not_found");
    }
}

fn whoever_is_on_the_list_sees_the_person_and_nobody_else_does(app: &App) {
    let (owner, listed) = (app.caseworker(), another(app, "listed"));
    let outsider = another(app, "outsider");
    let (id, other) = (person(&owner, "A"), person(&owner, "B"));
    let of = incident(&owner, "I", "A");
    let view = seal(&owner, &id, &["listed"]).json();
    assert_eq!(view, json!({"id": id, "sealed": true, "accounts": ["listed", "test-caseworker"]}));
    for by in [&owner, &listed] {
        assert_eq!(by.get(&format!("{}/{id}/seal", path_of(Noun::Person))).json(), view);
        assert_eq!(found(by, "zapechat"), [id.clone(), other.clone()]);
        assert_eq!(texts(by, Noun::Incident, &of)["narrative"], "told");
        assert_eq!(by.walk(&path_of(Noun::Person)).len(), 2);
        correct(by, Noun::Incident, &of, json!({"kind": "detention"})).expect(200);
    }
    for by in [&outsider, &app.publisher()] {
        hidden(by, Noun::Person, &id);
        hidden(by, Noun::Incident, &of);
        by.get(&format!("{}/{id}/seal", path_of(Noun::Person))).problem(404, "not_found");
        assert_eq!(found(by, "zapechat"), [other.as_str()]);
        assert_eq!((by.walk(&path_of(Noun::Person)).len(), by.walk(&path_of(Noun::Incident)).len()), (1, 0));
    }
}

fn the_list_can_be_changed_and_the_seal_be_taken_away(app: &App) {
    let (owner, first, second) = (app.caseworker(), another(app, "first"), another(app, "second"));
    let id = person(&owner, "A");
    let of = incident(&owner, "I", "A");
    seal(&owner, &id, &["first"]);
    let sealed_code = code(&owner, Noun::Person, &id);
    again(&first, Noun::Person, &id);
    seal(&owner, &id, &["second"]);
    hidden(&first, Noun::Person, &id);
    hidden(&first, Noun::Incident, &of);
    again(&second, Noun::Incident, &of);
    assert_eq!(code(&owner, Noun::Person, &id), sealed_code);
    assert_eq!(unseal(&owner, &id).json(), json!({"id": id, "sealed": false, "accounts": []}));
    assert_eq!(code(&first, Noun::Person, &id), sealed_code);
    assert_eq!(texts(&first, Noun::Person, &id)["name"], SOMEBODY);
    act(&owner, Noun::Person, &id, "unsealing", &json!({"reason": "again"})).refuses(422, "id", "inconsistent");
    // Sealed once more, it gets another code: the one it had was seen by everybody.
    seal(&owner, &id, &[]);
    assert_ne!(code(&owner, Noun::Person, &id), sealed_code);
    hidden(&first, Noun::Person, &id);
}

fn only_the_owner_or_a_publisher_who_sees_it_may_seal(app: &App) {
    let (owner, other) = (app.caseworker(), another(app, "other"));
    let id = person(&owner, "A");
    let body = json!({"reason": "a threat"});
    act(&other, Noun::Person, &id, "seal", &body).problem(403, "forbidden");
    for role in [Role::Admin, Role::Researcher, Role::Auditor] {
        let path = format!("{}/{id}/seal", path_of(Noun::Person));
        app.by(role).post_with(&path, &[("If-Match", "\"1\"")], &body).problem(403, "forbidden");
        app.by(role).get(&path).problem(403, "forbidden");
    }
    // Whoever seals is on the list, and so is the owner.
    let view = act(&app.publisher(), Noun::Person, &id, "seal", &body).expect(200).json();
    assert_eq!(view["accounts"], json!(["test-caseworker", "test-publisher"]));
    seal(&owner, &id, &["other"]);
    // On the list, but not the owner.
    act(&other, Noun::Person, &id, "unsealing", &body).problem(403, "forbidden");
    act(&other, Noun::Person, &id, "erasure", &json!({"reason": "requested"})).problem(403, "forbidden");
    let path = format!("{}/{id}/seal", path_of(Noun::Person));
    app.publisher().post_with(&path, &[("If-Match", "\"1\"")], &body).problem(404, "not_found");
    owner.post_with(&path, &[("If-Match", "\"1\"")], &body).problem(412, "stale");
    owner.post(&path, &body).problem(428, "precondition_required");
}

fn the_owner_cannot_become_somebody_who_is_not_on_the_list(app: &App) {
    let owner = app.caseworker();
    token(app, "listed", Role::Caseworker);
    token(app, "outsider", Role::Caseworker);
    let id = person(&owner, "A");
    seal(&owner, &id, &["listed"]);
    correct(&owner, Noun::Person, &id, json!({"owner": "outsider"})).refuses(422, "owner", "inconsistent");
    correct(&owner, Noun::Person, &id, json!({"owner": "listed"})).expect(200);
    let listed = token(app, "listed", Role::Caseworker);
    unseal(&app.bearing(&listed), &id);
    correct(&app.bearing(&listed), Noun::Person, &id, json!({"owner": "outsider"})).expect(200);
}

fn a_joined_person_cannot_be_sealed_nor_a_sealed_one_be_joined(app: &App) {
    let owner = app.caseworker();
    let (a, b) = (person(&owner, "A"), person(&owner, "B"));
    let day = app.clock.now().date_naive().to_string();
    let decision = join(app, "A", "B", &day);
    for id in [&a, &b] {
        let answer = app.unchanged(|| act(&owner, Noun::Person, id, "seal", &json!({"reason": "a threat"})));
        answer.refuses(422, "id", "inconsistent");
    }
    owner.withdraw(Noun::Linkage, &decision, "two persons").expect(200);
    seal(&owner, &a, &[]);
    let now = code(&owner, Noun::Person, &a);
    owner.enter(Noun::Source, &json!({"code": "S", "type": "interview"}));
    // The one has the decision that was withdrawn already.
    for (field, rule, person, canonical) in
        [("person", "taken", now.as_str(), "B"), ("canonical", "inconsistent", "B", now.as_str())]
    {
        let entry = json!({"person": person, "canonical": canonical, "sources": ["S"], "reason": "one"});
        app.unchanged(|| owner.create(Noun::Linkage, &entry)).refuses(422, field, rule);
    }
    // The decision that was withdrawn would tell of it too, and cannot be restored.
    let outsider = another(app, "outsider");
    hidden_decision(&outsider, &decision.id());
    let restored = act(&owner, Noun::Linkage, &decision.id(), "restoration", &json!({"reason": "one after all"}));
    assert_eq!(restored.status, 422, "{}", restored.text());
}

#[track_caller]
fn hidden_decision(by: &Caller<'_>, id: &str) {
    for below in ["", "/history"] {
        by.get(&format!("{}/{id}{below}", path_of(Noun::Linkage))).problem(404, "not_found");
    }
    assert_eq!(by.walk(&format!("{}?status=all", path_of(Noun::Linkage))), Vec::<Value>::new());
}

fn the_records_of_a_sealed_person_get_no_code_that_somebody_chose(app: &App) {
    let owner = app.caseworker();
    let id = person(&owner, "A");
    seal(&owner, &id, &[]);
    let entry = json!({"code": "CHOSEN", "person": id, "kind": "torture", "date": "2017"});
    app.unchanged(|| owner.create(Noun::Incident, &entry)).refuses(422, "code", "inconsistent");
    let made = owner.enter(Noun::Incident, &json!({"person": id, "kind": "torture", "date": "2017"}));
    hidden(&another(app, "outsider"), Noun::Incident, &made.id());
}

fn the_former_codes_are_kept_as_text_and_are_free_again(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let id = person(&owner, "A");
    let of = incident(&owner, "I", "A");
    seal(&owner, &id, &[]);
    assert_eq!(texts(&owner, Noun::Person, &id), json!({"former_code": "A", "name": SOMEBODY}));
    assert_eq!(texts(&owner, Noun::Incident, &of), json!({"former_code": "I", "narrative": "told"}));
    let new = outsider.enter(Noun::Person, &json!({"code": "A"}));
    outsider.enter(Noun::Incident, &json!({"code": "I", "person": "A", "kind": "torture", "date": "2017"}));
    unseal(&owner, &id);
    assert_ne!(code(&owner, Noun::Person, &id), "A");
    assert_eq!(code(&owner, Noun::Person, &new.id()), "A");
    // Nobody enters it, and nobody empties it.
    let changed = correct(&owner, Noun::Person, &id, json!({"former_code": "B"}));
    changed.refuses(422, "former_code", "unknown");
}

fn an_incident_that_goes_over_to_a_sealed_person_leaves_no_trace(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let (sealed, _) = (person(&owner, "A"), person(&owner, "B"));
    let of = incident(&owner, "KNOWN", "B");
    seal(&owner, &sealed, &[]);
    let before = again(&owner, Noun::Incident, &of).json()["version"].clone();
    correct(&owner, Noun::Incident, &of, json!({"person": sealed})).expect(200);
    let earlier = format!("{}/{of}/texts?version={before}", path_of(Noun::Incident));
    outsider.get(&earlier).problem(404, "not_found");
    owner.get(&earlier).expect(200);
    hidden(&outsider, Noun::Incident, &of);
    // Its code was known to everybody: to find it taken would tell that it is still there.
    assert_ne!(code(&owner, Noun::Incident, &of), "KNOWN");
    assert_eq!(texts(&owner, Noun::Incident, &of), json!({"former_code": "KNOWN", "narrative": "told"}));
    incident(&outsider, "KNOWN", "B");
}

fn an_incident_that_leaves_a_sealed_person_leaves_its_former_code_behind(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let sealed = ["A", "B"].map(|code| person(&owner, code));
    person(&owner, "C");
    let of = incident(&owner, "A-inc1", "A");
    for id in &sealed {
        seal(&owner, id, &[]);
    }
    let go = |to: &str| correct(&owner, Noun::Incident, &of, json!({"person": to})).expect(200);
    go("C");
    assert_eq!(texts(&outsider, Noun::Incident, &of), json!({"narrative": "told"}));
    // A mistake of whom it happened to can be undone, and made between two who are sealed.
    for id in &sealed {
        go(id);
        hidden(&outsider, Noun::Incident, &of);
        assert_eq!(texts(&owner, Noun::Incident, &of)["narrative"], "told");
    }
    go("C");
    assert_eq!(texts(&outsider, Noun::Incident, &of), json!({"narrative": "told"}));
}

fn an_incident_that_was_of_a_person_who_is_sealed_now_can_be_read_and_its_code_is_taken(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let (sealed, _) = (person(&owner, "A"), person(&owner, "B"));
    let of = incident(&owner, "I", "A");
    correct(&owner, Noun::Incident, &of, json!({"person": "B"})).expect(200);
    let before = again(&outsider, Noun::Incident, &of);
    seal(&owner, &sealed, &[]);
    assert_eq!(again(&outsider, Noun::Incident, &of).bytes, before.bytes);
    let twice = json!({"code": "I", "person": "B", "kind": "torture", "date": "2017"});
    app.unchanged(|| outsider.create(Noun::Incident, &twice)).refuses(422, "code", "taken");
    // The version that named the sealed person is not there; those that did not are.
    let history = outsider.get(&format!("{}/{of}/history", path_of(Noun::Incident))).expect(200);
    assert_eq!(history.items().len(), 1);
    assert!(!history.text().contains(&code(&owner, Noun::Person, &sealed)));
}

fn a_decision_that_was_withdrawn_tells_nothing_of_a_sealed_person(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let a = person(&owner, "A");
    person(&owner, "B");
    person(&owner, "C");
    let decision = join(app, "A", "B", "2020-01-01");
    owner.withdraw(Noun::Linkage, &decision, "two persons").expect(200);
    seal(&owner, &a, &[]);
    let (code, id) = (code(&owner, Noun::Person, &a), a.clone());
    outsider.enter(Noun::Source, &json!({"code": "S", "type": "interview"}));
    let entry = json!({"person": "B", "canonical": "C", "sources": ["S"], "reason": "one", "known_on": "2020-06-01"});
    let answer = outsider.create(Noun::Linkage, &entry);
    assert!(!answer.text().contains(&code) && !answer.text().contains(&id), "{}", answer.text());
}

fn an_identifier_that_somebody_else_entered_meanwhile_locks_nobody_out(app: &App) {
    let (owner, outsider) = (app.caseworker(), another(app, "outsider"));
    let external = json!({"source_system": "intake", "external_id": "7"});
    let id = owner.enter(Noun::Person, &external).id();
    seal(&owner, &id, &[]);
    outsider.enter(Noun::Person, &external);
    outsider.create(Noun::Person, &external).refuses(422, "external_id", "taken");
    correct(&owner, Noun::Person, &id, json!({"sex": "F"})).expect(200);
    seal(&owner, &id, &["test-publisher"]);
    unseal(&owner, &id);
}

fn what_cannot_be_sealed_is_refused_with_the_field(app: &App) {
    let owner = app.caseworker();
    let id = person(&owner, "A");
    let ask = |body: Value| app.unchanged(|| act(&owner, Noun::Person, &id, "seal", &body));
    ask(json!({"accounts": []})).refuses(422, "reason", "required");
    ask(json!({"accounts": ["nobody"], "reason": "a threat"})).refuses(422, "accounts[0]", "unknown_record");
    ask(json!({"accounts": ["test-researcher"], "reason": "a threat"})).refuses(422, "accounts[0]", "unknown_record");
    ask(json!({"accounts": "nobody", "reason": "a threat"})).problem(422, "invalid");
    ask(json!({"list": [], "reason": "a threat"})).refuses(422, "list", "unknown");
}

fn decisions_that_were_withdrawn_before_a_sealing_tell_nothing_by_refusals(app: &App) {
    let owner = app.caseworker();
    let ids = ["A", "B", "C", "D"].map(|code| person(&owner, code));
    owner.enter(Noun::Source, &json!({"code": "S", "type": "interview"}));
    // A was counted as B, and B as nobody; C was counted as B too. Then B is sealed.
    for code in ["A", "C"] {
        let decision = join(app, code, "B", "2020-01-01");
        let withdrawn = json!({"reason": "two persons", "known_on": "2021-01-01"});
        owner.set_state(Noun::Linkage, &decision, "withdrawal", &withdrawn).expect(200);
    }
    seal(&owner, &ids[1], &[]);
    let outsider = another(app, "outsider");
    let decide = |person: &str, canonical: &str| {
        let entry = json!({"person": person, "canonical": canonical, "sources": ["S"], "reason": "one", "known_on": "2020-06-01"});
        outsider.create(Noun::Linkage, &entry).expect(201);
    };
    // As if B had never been: a decision about A, and one that counts another as C.
    decide("A", "C");
    decide("D", "C");
}

fn nobody_becomes_the_owner_of_anothers_person_to_seal_or_erase_it(app: &App) {
    let (owner, other) = (app.caseworker(), another(app, "other"));
    let id = person(&owner, "A");
    let own = json!({"owner": "other"});
    app.unchanged(|| correct(&other, Noun::Person, &id, own.clone())).problem(403, "forbidden");
    // The owner may give it away, and a publisher may take it.
    correct(&owner, Noun::Person, &id, own).expect(200);
    app.unchanged(|| correct(&owner, Noun::Person, &id, json!({"owner": "test-caseworker"}))).problem(403, "forbidden");
    correct(&app.publisher(), Noun::Person, &id, json!({"owner": "test-caseworker"})).expect(200);
}
