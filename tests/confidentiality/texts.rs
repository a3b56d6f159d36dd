//! Personal text: what is entered is read back, by whom and how it may, and by no other way.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::keys::keyring::Keyring;
use serde_json::{Value, json};

use super::desk::{act, again, another, audit, break_audit, correct, found, mend_audit, seal, texts};
use crate::support::cli::{attest_on, run};
use crate::support::client::path_of;
use crate::support::{App, Home, on_both};

on_both! {
    empty:
    what_is_entered_is_read_back_exactly,
    each_version_has_its_own_text,
    an_incident_that_goes_over_to_another_person_takes_its_text_along,
    who_has_not_seen_the_newest_text_is_told_so_before_any_mistake,
    nothing_but_its_own_address_shows_text,
    what_is_refused_is_not_repeated,
    a_reading_is_in_the_audit_before_it_is_answered,
    whoever_may_not_read_texts_is_not_answered,
    the_search_finds_beginnings_of_words_and_is_audited_without_them,
    the_texts_of_a_source_can_be_erased_and_entered_again,
}

on_both! {
    bare:
    a_file_brings_text_and_the_template_has_its_columns,
    before_the_recovery_code_is_confirmed_no_text_is_accepted,
    without_the_keyring_only_what_is_public_is_answered,
}

fn of(app: &App, noun: Noun, mut entry: Value, more: &Value) -> (String, Value) {
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = app.caseworker().enter(noun, &entry).json();
    (made["id"].as_str().unwrap().to_owned(), made)
}

/// An entry of each noun with text in each of its fields.
fn nouns(app: &App, text: &str) -> Vec<(Noun, String, Value)> {
    app.caseworker().enter(Noun::Person, &json!({"code": "of-incidents"}));
    let fields = |names: &[&str]| {
        let fields = names.iter().map(|name| ((*name).to_owned(), json!(format!("{name}: {text}"))));
        Value::Object(fields.collect())
    };
    let all = [
        (
            Noun::Person,
            json!({}),
            fields(&["name", "aliases", "contacts", "safe_contact", "documents", "exact_place", "narrative"]),
        ),
        (
            Noun::Incident,
            json!({"person": "of-incidents", "kind": "torture", "date": "2017"}),
            fields(&["exact_place", "documents", "narrative"]),
        ),
        (Noun::Source, json!({"type": "interview"}), fields(&["identity", "contacts"])),
        (Noun::Event, json!({"name": "First wave", "date": "2017"}), fields(&["narrative"])),
    ];
    all.map(|(noun, entry, texts)| (noun, of(app, noun, entry, &texts).0, texts)).into()
}

fn what_is_entered_is_read_back_exactly(app: &App) {
    for text in [
        "Раиса Ёлкина, «дом»",
        "ليلى عبد الرحمن",
        "one\ntwo\n\nthree",
        "a\u{200f}b\u{200d}c",
        "👩‍👩‍👧",
        "\"'<b>&amp;\\u0041%41",
    ] {
        for (noun, id, entered) in nouns_once(app, text) {
            assert_eq!(texts(&app.caseworker(), noun, &id), entered, "{noun}");
            let view = app.publisher().get(&format!("{}/{id}/texts", path_of(noun))).expect(200);
            assert_eq!(
                (view.header("cache-control"), view.json()["id"].as_str()),
                (Some("no-store"), Some(id.as_str()))
            );
        }
    }
    for long in ["x".repeat(10_000), "ж".repeat(10_000), "語".repeat(10_000)] {
        let (id, _) = of(app, Noun::Person, json!({}), &json!({ "narrative": long }));
        assert_eq!(texts(&app.caseworker(), Noun::Person, &id), json!({ "narrative": long }));
    }
    let (id, made) = of(app, Noun::Person, json!({}), &json!({"name": " \n ", "narrative": null}));
    assert_eq!((texts(&app.caseworker(), Noun::Person, &id), made.get("texts")), (json!({}), None));
}

/// Codes are not given twice.
fn nouns_once(app: &App, text: &str) -> Vec<(Noun, String, Value)> {
    let there = app.caseworker().get(&format!("{}?code=of-incidents", path_of(Noun::Person))).expect(200).items();
    if !there.is_empty() {
        let seen = again(&app.caseworker(), Noun::Person, there[0]["id"].as_str().unwrap());
        act(&app.publisher(), Noun::Person, &seen.id(), "erasure", &json!({"reason": "entered_in_error"})).expect(200);
    }
    nouns(app, text)
}

fn each_version_has_its_own_text(app: &App) {
    for (noun, id, first) in nouns(app, "first") {
        let field = first.as_object().unwrap().keys().next().unwrap().clone();
        let staff = app.caseworker();
        let mut versions = vec![(again(&staff, noun, &id).json()["version"].clone(), first.clone())];
        let mut now = first.clone();
        for change in [json!("second"), Value::Null, json!("third"), json!("third")] {
            let body = Value::Object([(field.clone(), change.clone())].into_iter().collect());
            let answer = correct(&staff, noun, &id, body).expect(200).json();
            match change {
                Value::Null => drop(now.as_object_mut().unwrap().remove(&field)),
                text => drop(now.as_object_mut().unwrap().insert(field.clone(), text)),
            }
            let held: Vec<_> = now.as_object().unwrap().keys().cloned().collect();
            assert_eq!(answer.get("texts").cloned().unwrap_or(json!([])), json!(held));
            versions.push((answer["version"].clone(), now.clone()));
        }
        // A correction that does not name a field keeps it; so do withdrawal and restoration.
        versions.push((correct(&staff, noun, &id, json!({})).expect(200).json()["version"].clone(), now.clone()));
        for what in ["withdrawal", "restoration"] {
            let answer = act(&staff, noun, &id, what, &json!({"reason": "a mistake"})).expect(200).json();
            versions.push((answer["version"].clone(), now.clone()));
        }
        let path = format!("{}/{id}", path_of(noun));
        let history = staff.get(&format!("{path}/history")).expect(200).items();
        for ((version, expected), line) in versions.iter().zip(&history) {
            let read = staff.get(&format!("{path}/texts?version={version}")).expect(200).json();
            assert_eq!((&read["version"], &read["texts"]), (version, expected), "{noun}");
            let held: Vec<_> = expected.as_object().unwrap().keys().collect();
            assert_eq!(line.get("texts").cloned().unwrap_or(json!([])), json!(held));
        }
        assert_eq!(history.len(), versions.len());
        staff.get(&format!("{path}/texts?version=1")).problem(404, "not_found");
        staff.get(&format!("{path}/texts?version=x")).refuses(400, "version", "malformed");
    }
}

fn who_has_not_seen_the_newest_text_is_told_so_before_any_mistake(app: &App) {
    let staff = app.caseworker();
    let (id, _) = of(app, Noun::Person, json!({"code": "A"}), &json!({"safe_contact": "call anytime"}));
    let seen = again(&staff, Noun::Person, &id);
    correct(&staff, Noun::Person, &id, json!({"safe_contact": "never call"})).expect(200);
    let late = json!({"safe_contact": "call anytime", "narrative": "a\u{b}b", "reason": "a correction"});
    staff.correct(Noun::Person, &seen, &late).problem(412, "stale");
    let now = again(&staff, Noun::Person, &id);
    staff.correct(Noun::Person, &now, &late).refuses(422, "narrative", "malformed");
}

fn an_incident_that_goes_over_to_another_person_takes_its_text_along(app: &App) {
    let staff = app.caseworker();
    let (first, second) = (
        of(app, Noun::Person, json!({"code": "A"}), &json!({})).0,
        of(app, Noun::Person, json!({"code": "B"}), &json!({})).0,
    );
    let (id, made) = of(
        app,
        Noun::Incident,
        json!({"person": "A", "kind": "torture", "date": "2017"}),
        &json!({"narrative": "the cellar", "documents": "17/4"}),
    );
    let moved = correct(&staff, Noun::Incident, &id, json!({"person": "B", "documents": "18/4"})).expect(200).json();
    let path = format!("{}/{id}/texts", path_of(Noun::Incident));
    assert_eq!(texts(&staff, Noun::Incident, &id), json!({"documents": "18/4", "narrative": "the cellar"}));
    let before = staff.get(&format!("{path}?version={}", made["version"])).expect(200).json();
    assert_eq!(before["texts"], json!({"documents": "17/4", "narrative": "the cellar"}));
    // Under the key of the second person: the first one can be erased.
    act(&staff, Noun::Person, &first, "erasure", &json!({"reason": "requested"})).expect(200);
    assert_eq!(texts(&staff, Noun::Incident, &id), json!({"documents": "18/4", "narrative": "the cellar"}));
    staff.get(&format!("{path}?version={}", made["version"])).problem(404, "not_found");
    assert_eq!(
        staff.get(&format!("{path}?version={}", moved["version"])).expect(200).json()["version"],
        moved["version"]
    );
    act(&staff, Noun::Person, &second, "erasure", &json!({"reason": "requested"})).expect(200);
    staff.get(&path).problem(404, "not_found");
    assert_eq!(app.number("SELECT COUNT(*) AS value FROM personal_texts"), 0);
}

fn nothing_but_its_own_address_shows_text(app: &App) {
    const CANARY: &str = "Ksylofonova";
    for (noun, id, _) in nouns(app, CANARY) {
        let path = path_of(noun);
        let staff = app.caseworker();
        for asked in ["", "/history", "/seal", "/candidates"]
            .map(|below| format!("{path}/{id}{below}"))
            .into_iter()
            .chain([path])
        {
            let answer = staff.get(&asked);
            assert!(!answer.text().contains(CANARY), "{asked}: {}", answer.text());
        }
        for changes in [json!({"narrative": CANARY, "contacts": CANARY}), json!({})] {
            let answer = correct(&staff, noun, &id, changes);
            assert!(!answer.text().contains(CANARY), "{}", answer.text());
        }
    }
}

fn what_is_refused_is_not_repeated(app: &App) {
    const CANARY: &str = "Ksylofonova";
    let staff = app.caseworker();
    let long = format!("{CANARY} {}", "x".repeat(10_000));
    let id = staff.enter(Noun::Person, &json!({})).id();
    let mut refused = 0;
    for wrong in [
        json!({"name": long}),
        json!({"name": [CANARY]}),
        json!({"name": {CANARY: CANARY}}),
        json!({"name": format!("{CANARY}\u{7}")}),
        json!({"name": format!("\u{202e}{CANARY}")}),
        json!({"name": CANARY, "sex": 7}),
        json!({"name": CANARY, "sex": "nobody"}),
        json!({"name": CANARY, "code": "no code"}),
        json!({"name": CANARY, "aliases": [1], "colour": "red"}),
        json!({"name": CANARY, "known_on": "2999-01-01"}),
        json!({"narrative": CANARY, "owner": "nobody", "name": 5}),
    ] {
        for answer in
            [app.unchanged(|| staff.create(Noun::Person, &wrong)), correct(&staff, Noun::Person, &id, wrong.clone())]
        {
            assert_eq!(answer.status, 422, "{}", answer.asked);
            assert!(!answer.text().contains(CANARY), "{}: {}", answer.asked, answer.text());
            refused += 1;
        }
    }
    for body in [
        json!({"name": [CANARY]}),
        json!({"name": CANARY, "limit": 0}),
        json!({"name": CANARY, "colour": "red"}),
        json!({"name": CANARY, "limit": format!("{CANARY} at line 3")}),
        json!({"name": CANARY, "limit": CANARY}),
    ] {
        let answer = app.unchanged(|| staff.post("/api/v1/staff/searches", &body));
        assert!(answer.status >= 400 && !answer.text().contains(CANARY), "{}: {}", answer.asked, answer.text());
    }
    for cut in
        [format!("{{\"name\": \"{CANARY}"), format!("{{\"name\": {CANARY}}}"), format!("{{\"name\": \"{CANARY}\"}} x")]
    {
        let headers = [("Content-Type", "application/json")];
        let answer =
            staff.send("POST", &path_of(Noun::Person), &headers, cut.into_bytes()).problem(400, "malformed_body");
        assert!(!answer.text().contains(CANARY), "{}", answer.text());
    }
    assert!(refused > 20);
}

fn a_reading_is_in_the_audit_before_it_is_answered(app: &App) {
    for (noun, id, entered) in nouns(app, "read me") {
        let staff = app.caseworker();
        let path = format!("{}/{id}/texts", path_of(noun));
        staff.get(&path).expect(200);
        let entry = audit(app, 1).remove(0);
        assert_eq!(
            (&entry["account"], &entry["action"]),
            (&json!("test-caseworker"), &json!(format!("{}.read_texts", noun.name())))
        );
        let version = again(&staff, noun, &id).json()["version"].clone();
        assert_eq!(entry["details"]["read"], json!([noun.name(), id, version]));
        assert_eq!(entry["details"]["fields"], json!(entered.as_object().unwrap().keys().collect::<Vec<_>>()));
        assert!(!entry.to_string().contains("read me"));
        // What cannot be noted is not told.
        break_audit(app, &format!("{}.read_texts", noun.name()));
        let refused = app.unchanged(|| staff.get(&path));
        assert!(!refused.text().contains("read me"));
        refused.problem(500, "internal");
        mend_audit(app);
        staff.get(&path).expect(200);
    }
    break_audit(app, "person.search");
    let refused = app.unchanged(|| app.caseworker().post("/api/v1/staff/searches", &json!({"name": "read"})));
    assert!(!refused.text().contains("items"));
    refused.problem(500, "internal");
    mend_audit(app);
    assert_eq!(found(&app.caseworker(), "read").len(), 1);
}

fn whoever_may_not_read_texts_is_not_answered(app: &App) {
    for (noun, id, _) in nouns(app, "read me") {
        for role in [Role::Admin, Role::Researcher, Role::Auditor] {
            let answer = app.unchanged(|| app.by(role).get(&format!("{}/{id}/texts", path_of(noun))));
            answer.problem(403, "forbidden");
        }
        app.unchanged(|| app.anybody().get(&format!("{}/{id}/texts", path_of(noun)))).problem(401, "unauthenticated");
    }
    for role in [Role::Admin, Role::Researcher, Role::Auditor] {
        app.unchanged(|| app.by(role).post("/api/v1/staff/searches", &json!({"name": "read"})))
            .problem(403, "forbidden");
    }
    // Of a sealed person nothing is in the audit either: there is none.
    let id = again(&app.caseworker(), Noun::Person, &found(&app.caseworker(), "read")[0]).id();
    seal(&app.caseworker(), &id, &[]);
    let outsider = another(app, "outsider");
    app.unchanged(|| outsider.get(&format!("{}/{id}/texts", path_of(Noun::Person)))).problem(404, "not_found");
}

fn the_search_finds_beginnings_of_words_and_is_audited_without_them(app: &App) {
    let named =
        |name: &str, aliases: &str| of(app, Noun::Person, json!({}), &json!({"name": name, "aliases": aliases})).0;
    let (a, b, c) = (named("Семён Ёлкин", ""), named("José-María Ñuñez", "Pepe; Elkin"), named("ليلى عبد الرحمن", ""));
    of(app, Noun::Person, json!({}), &json!({"narrative": "about Ёлкин", "contacts": "Nunez"}));
    let staff = app.caseworker();
    for (asked, expected) in [
        ("елкин", vec![&a]),
        ("СЕМЕН елк", vec![&a]),
        ("maria nun", vec![&b]),
        ("elk", vec![&b]),
        ("ليلى", vec![&c]),
        ("лкин", vec![]),
        ("Иван", vec![]),
    ] {
        assert_eq!(found(&staff, asked), expected.into_iter().cloned().collect::<Vec<_>>(), "{asked}");
        let entry = audit(app, 1).remove(0);
        assert_eq!(entry["action"], "person.search");
        assert_eq!(entry["details"].as_object().unwrap().keys().collect::<Vec<_>>(), ["found"], "{entry}");
        assert!(!entry.to_string().to_lowercase().contains(&asked.to_lowercase()));
    }
    let hits = staff.post("/api/v1/staff/searches", &json!({"name": "e", "limit": 1})).expect(200).json();
    assert_eq!((hits["items"][0]["matched"].clone(), hits["more"].clone()), (json!(["aliases"]), json!(false)));
    for nothing in ["", " - ", "\u{301}"] {
        app.unchanged(|| staff.post("/api/v1/staff/searches", &json!({"name": nothing})))
            .refuses(422, "name", "required");
    }
}

fn the_texts_of_a_source_can_be_erased_and_entered_again(app: &App) {
    let (id, _) =
        of(app, Noun::Source, json!({"type": "interview"}), &json!({"identity": "a guard", "contacts": "none"}));
    let reason = json!({"reason": "requested"});
    act(&app.caseworker(), Noun::Source, &id, "texts/erasure", &reason).problem(403, "forbidden");
    let erased = act(&app.publisher(), Noun::Source, &id, "texts/erasure", &reason).expect(200).json();
    assert_eq!(erased["erased"], 2);
    assert_eq!(texts(&app.caseworker(), Noun::Source, &id), json!({}));
    correct(&app.caseworker(), Noun::Source, &id, json!({"identity": "a cook"})).expect(200);
    // What was entered since is not what was erased: a start of the service leaves it alone.
    assert_eq!(attest::store::erasure::reapply(&app.store).unwrap(), 0, "text that was never erased is taken away");
    assert_eq!(texts(&app.caseworker(), Noun::Source, &id), json!({"identity": "a cook"}));
}

fn a_file_brings_text_and_the_template_has_its_columns(home: &Home) {
    let template = run(attest_on(home).args(["import", "--template", "persons"])).done().out;
    let header = template.lines().find(|line| !line.starts_with('#')).unwrap();
    for column in ["name", "aliases", "contacts", "safe_contact", "documents", "exact_place", "narrative"] {
        assert!(header.split(',').any(|other| other == column), "{header}");
    }
    assert!(!header.contains("former_code"));
    let file = home.folder.join("persons.csv");
    std::fs::write(&file, "code,name,narrative\nA,Раиса Ёлкина,\"one\ntwo, \"\"three\"\"\"\nB,,\n").unwrap();
    run(attest_on(home).args(["import", "persons"]).arg(&file)).done();
    let app = App::start(home);
    let [a] = found(&app.caseworker(), "раиса").try_into().unwrap();
    assert_eq!(
        texts(&app.caseworker(), Noun::Person, &a),
        json!({"name": "Раиса Ёлкина", "narrative": "one\ntwo, \"three\""})
    );
    assert_eq!(home.number("SELECT COUNT(*) AS value FROM personal_texts"), 2);
}

fn before_the_recovery_code_is_confirmed_no_text_is_accepted(home: &Home) {
    // A keyring of its own, which nobody has confirmed.
    let home = &Home::blank(home.backend);
    let (_, code) = Keyring::create(&home.keys()).unwrap();
    let store = home.open();
    attest::exchange::seed::install(&store).unwrap();
    let token = attest::store::accounts::create_token(
        &store,
        "a",
        Role::Caseworker,
        chrono::TimeDelta::days(1),
        attest::store::accounts::Purpose::Api,
    )
    .unwrap();
    drop(store);
    let app = App::start(home);
    let staff = app.bearing(&token);
    app.unchanged(|| staff.create(Noun::Person, &json!({"name": "A"}))).problem(409, "keyring_unconfirmed");
    let seen = staff.enter(Noun::Person, &json!({"code": "A"}));
    app.unchanged(|| staff.correct(Noun::Person, &seen, &json!({"name": "A", "reason": "told"})))
        .problem(409, "keyring_unconfirmed");
    let file = home.folder.join("persons.csv");
    std::fs::write(&file, "code,name\nB,\nC,Nobody\n").unwrap();
    let refused = app.unchanged(|| run(attest_on(home).args(["import", "persons"]).arg(&file))).refused();
    assert!(refused.err.contains("key confirm") && !refused.err.contains("Nobody"), "{refused:?}");
    // The server that runs notices that another process has confirmed it.
    Keyring::open(&home.keys()).unwrap().confirm(&code, chrono::Utc::now()).unwrap();
    staff.enter(Noun::Person, &json!({"name": "A"}));
}

fn without_the_keyring_only_what_is_public_is_answered(home: &Home) {
    let id = App::start(home).caseworker().enter(Noun::Person, &json!({"name": "Раиса Ёлкина"})).id();
    std::fs::rename(home.keys().folder, home.folder.join("away")).unwrap();
    {
        let app = App::start(home);
        for path in ["/api/v1/figures", "/api/v1/publications", "/health/ready"] {
            app.anybody().get(path).expect(200);
        }
        for role in Role::ALL {
            for path in [
                "/api/v1/staff/persons".to_owned(),
                format!("/api/v1/staff/persons/{id}/texts"),
                "/api/v1/research/aggregates".to_owned(),
                "/api/v1/staff/audit".to_owned(),
                "/api/v1/staff/terms".to_owned(),
            ] {
                let answer = app.unchanged(|| app.by(role).get(&path));
                answer.problem(503, "locked");
            }
            app.unchanged(|| app.by(role).post("/api/v1/staff/searches", &json!({"name": "раиса"})))
                .problem(503, "locked");
        }
        app.anybody().get("/api/v1/staff/persons").problem(401, "unauthenticated");
    }
    // Another keyring does not open it either.
    Keyring::create(&home.keys()).unwrap();
    assert!(home.open_locked().unlock(Keyring::open(&home.keys()).unwrap()).is_err());
    std::fs::remove_dir_all(home.keys().folder).unwrap();
    std::fs::rename(home.folder.join("away"), home.keys().folder).unwrap();
    let app = App::start(home);
    assert_eq!(texts(&app.caseworker(), Noun::Person, &id), json!({"name": "Раиса Ёлкина"}));
}
