//! Terms are data: an admin adds and retires them while the service runs.

use attest::domain::record::Noun;
use serde_json::json;

use crate::support::client::path_of;
use crate::support::samples::person;
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_term_that_an_admin_added_is_usable_at_once,
    a_term_added_through_another_server_is_usable_at_once,
    a_term_that_was_not_kept_is_not_usable,
    a_retired_term_is_refused_in_new_records_and_kept_in_old_ones,
    a_record_with_a_retired_term_can_be_corrected_in_its_other_fields,
    a_term_that_was_taken_up_again_is_usable,
    the_family_of_a_new_kind_decides_what_it_may_have,
    a_term_and_its_wider_term_are_of_one_list,
    a_label_that_another_term_of_the_list_has_is_refused_however_it_is_written,
    a_label_of_a_special_term_is_refused_in_every_list_on_entry_correction_restoration_and_import,
    a_label_that_looks_like_another_is_warned_of_on_entry_correction_and_import,
}

fn kind(code: &str, family: &str) -> serde_json::Value {
    json!({"vocabulary": "kind", "code": code, "family": family, "label_en": format!("Arson, {code}"),
        "definition_en": "A home is set on fire to harm the person."})
}

fn incident(app: &App, kind: &str) -> Answer {
    let body = json!({"person": person(app), "kind": kind, "date": "2017-04"});
    app.caseworker().create(Noun::Incident, &body)
}

fn built_in(app: &App, code: &str) -> Answer {
    let found = app.admin().get(&format!("{}?code={code}", path_of(Noun::Term))).expect(200).items();
    let path = format!("{}/{}", path_of(Noun::Term), found[0]["id"].as_str().unwrap());
    app.admin().get(&path).expect(200)
}

fn a_term_that_an_admin_added_is_usable_at_once(app: &App) {
    incident(app, "arson").refuses(422, "kind", "unknown_code");
    app.admin().enter(Noun::Term, &kind("arson", "violation"));
    assert_eq!(incident(app, "arson").expect(201).json()["kind"], "arson");
    let found = app.caseworker().get(&format!("{}?kind=arson", path_of(Noun::Incident))).expect(200);
    assert_eq!(found.items().len(), 1);
    let counted = app.researcher().get("/api/v1/research/aggregates?measure=incidents&by=kind&kind=arson");
    assert_eq!(counted.expect(200).json()["rows"][0]["count"], 1);
}

fn a_term_added_through_another_server_is_usable_at_once(app: &App) {
    let other = App::start(app.home);
    // Both have read the vocabulary by now.
    incident(app, "arson").refuses(422, "kind", "unknown_code");
    incident(&other, "arson").refuses(422, "kind", "unknown_code");
    other.admin().enter(Noun::Term, &kind("arson", "violation"));
    incident(app, "arson").expect(201);
}

fn a_term_that_was_not_kept_is_not_usable(app: &App) {
    app.admin().create(Noun::Term, &kind("arson", "nonsense")).refuses(422, "family", "unknown_code");
    let mut future = kind("arson", "violation");
    future["known_on"] = json!("2999-01-01");
    app.admin().create(Noun::Term, &future).refuses(422, "known_on", "in_future");
    app.caseworker().create(Noun::Term, &kind("arson", "violation")).problem(403, "forbidden");
    incident(app, "arson").refuses(422, "kind", "unknown_code");
}

fn a_retired_term_is_refused_in_new_records_and_kept_in_old_ones(app: &App) {
    let old = incident(app, "blackmail").expect(201);
    app.admin().withdraw(Noun::Term, &built_in(app, "kind:blackmail"), "split into two").expect(200);
    let who = person(app);
    let body = json!({"person": who, "kind": "blackmail", "date": "2017-04"});
    app.unchanged(|| app.caseworker().create(Noun::Incident, &body).refuses(422, "kind", "retired_code"));
    assert_eq!(app.caseworker().get(&old.path(Noun::Incident)).expect(200).json()["kind"], "blackmail");
    let found = app.caseworker().get(&format!("{}?kind=blackmail", path_of(Noun::Incident))).expect(200);
    assert_eq!(found.items().len(), 1, "what is on record can still be found");
    // The problem offers what may be used instead, and no retired code.
    let refusal = app.caseworker().create(Noun::Incident, &body).json();
    let expected = refusal["errors"][0]["expected"].as_str().unwrap();
    assert!(expected.contains("threat") && !expected.contains("blackmail"), "{expected}");
}

fn a_record_with_a_retired_term_can_be_corrected_in_its_other_fields(app: &App) {
    let old = incident(app, "blackmail").expect(201);
    app.admin().withdraw(Noun::Term, &built_in(app, "kind:blackmail"), "split into two").expect(200);
    let corrected = app.caseworker().correct(Noun::Incident, &old, &json!({"date": "2017-05", "reason": "misread"}));
    assert_eq!(corrected.expect(200).json()["kind"], "blackmail");
    let other = incident(app, "threat").expect(201);
    let change = json!({"kind": "blackmail", "reason": "misread"});
    app.unchanged(|| {
        app.caseworker().correct(Noun::Incident, &other, &change).refuses(422, "kind", "retired_code");
    });
}

fn a_term_that_was_taken_up_again_is_usable(app: &App) {
    let retired = app.admin().withdraw(Noun::Term, &built_in(app, "kind:blackmail"), "split").expect(200);
    incident(app, "blackmail").refuses(422, "kind", "retired_code");
    app.admin().restore(Noun::Term, &retired, "needed after all").expect(200);
    incident(app, "blackmail").expect(201);
}

fn the_family_of_a_new_kind_decides_what_it_may_have(app: &App) {
    app.admin().enter(Noun::Term, &kind("arson", "violation"));
    app.admin().enter(Noun::Term, &kind("flight", "movement"));
    assert_eq!(incident(app, "arson").expect(201).json()["destination"], "_Z");
    assert_eq!(incident(app, "flight").expect(201).json()["destination"], "_U");
    let mut place = kind("RU-XX", "movement");
    place["vocabulary"] = json!("place");
    app.admin().create(Noun::Term, &place).refuses(422, "family", "inconsistent");
}

fn a_term_and_its_wider_term_are_of_one_list(app: &App) {
    let mut term = kind("arson", "violation");
    for broader in ["RU-CE", "nonsense", "arson"] {
        term["broader"] = json!(broader);
        app.unchanged(|| app.admin().create(Noun::Term, &term).refuses(422, "broader", "unknown_code"));
    }
    term["broader"] = json!("killing");
    app.admin().enter(Noun::Term, &term);
}

fn place(code: &str, en: &str, ru: Option<&str>) -> serde_json::Value {
    json!({"vocabulary": "place", "code": code, "label_en": en, "definition_en": "A village.", "label_ru": ru,
        "definition_ru": ru.map(|_| "Село.")})
}

fn a_label_that_another_term_of_the_list_has_is_refused_however_it_is_written(app: &App) {
    let admin = app.admin();
    admin.enter(Noun::Term, &place("V-1", "Upper Village", Some("Верхнее село")));
    let own = admin.enter(Noun::Term, &place("V-2", "Lower Village", Some("Нижнее село")));
    for same in [
        "Upper Village",
        "UPPER village",
        " Upper \u{a0} Village ",
        "Up\u{200b}per Village",
        "Ｕpper Village",
        "Upper Vil\u{ad}lage",
    ] {
        app.unchanged(|| admin.create(Noun::Term, &place("V-3", same, None)).refuses(422, "label_en", "taken"));
        // What nobody sees is no label.
        app.unchanged(|| {
            admin.create(Noun::Term, &place("V-4", "\u{200b} \u{3164}", None)).refuses(422, "label_en", "required")
        });
        let change = json!({"label_en": same, "reason": "a test"});
        app.unchanged(|| admin.correct(Noun::Term, &own, &change).refuses(422, "label_en", "taken"));
    }
    let russian = place("V-3", "Another", Some("ВЕРХНЕЕ  село"));
    app.unchanged(|| admin.create(Noun::Term, &russian).refuses(422, "label_ru", "taken"));
    // A form in Russian shows the English label of what has none in Russian.
    app.unchanged(|| admin.create(Noun::Term, &place("V-3", "Верхнее село", None)).refuses(422, "label_en", "taken"));
    let head = "vocabulary,code,label_en,definition_en\n";
    let twice = format!("{head}place,V-3,Third,A village.\nplace,V-4,\u{200b}THIRD,A village.\n");
    let file =
        attest::exchange::import::File { noun: Noun::Term, name: "terms.csv".to_owned(), bytes: twice.into_bytes() };
    let host = attest::store::accounts::host();
    let refused = app.unchanged(|| {
        attest::exchange::import::run(&app.store, &host, vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap_err()
    });
    assert!(refused.to_string().contains("row 3, column label_en"), "{refused}");
    // What is taken back is free, and does not come back beside what took its label.
    let gone = admin.withdraw(Noun::Term, &own, "one village").expect(200);
    admin.enter(Noun::Term, &place("V-5", "Lower village", None));
    app.unchanged(|| admin.restore(Noun::Term, &gone, "two after all").refuses(422, "label_en", "taken"));
    // Another list may say it too.
    let kind =
        json!({"vocabulary": "actor", "code": "village", "label_en": "Upper Village", "definition_en": "Its people."});
    admin.enter(Noun::Term, &kind);
}

/// What an import of terms says.
fn imported(app: &App, rows: &str) -> Result<attest::exchange::import::Report, attest::exchange::import::ImportError> {
    let bytes = format!("vocabulary,code,label_en,definition_en,label_ru,definition_ru\n{rows}").into_bytes();
    let file = attest::exchange::import::File { noun: Noun::Term, name: "terms.csv".to_owned(), bytes };
    let host = attest::store::accounts::host();
    attest::exchange::import::run(&app.store, &host, vec![file], false, |_| Ok(()), Box::new(|_| {}))
}

fn a_label_of_a_special_term_is_refused_in_every_list_on_entry_correction_restoration_and_import(app: &App) {
    let admin = app.admin();
    let own = admin.enter(Noun::Term, &place("V-1", "Upper Village", None));
    for label in ["Not known", "not  KNOWN", "No\u{200b}t known", "Total", "Not applicable", "Other"] {
        app.unchanged(|| admin.create(Noun::Term, &place("V-2", label, None)).refuses(422, "label_en", "taken"));
        let change = json!({"label_en": label, "reason": "a test"});
        app.unchanged(|| admin.correct(Noun::Term, &own, &change).refuses(422, "label_en", "taken"));
        let refused = app.unchanged(|| imported(app, &format!("place,V-2,{label},A village.,,\n")).unwrap_err());
        assert!(refused.to_string().contains("row 2, column label_en"), "{refused}");
    }
    for label in ["Не известно", "НЕ ИЗВЕСТНО", "Другое"] {
        let russian = place("V-2", "Second Village", Some(label));
        app.unchanged(|| admin.create(Noun::Term, &russian).refuses(422, "label_ru", "taken"));
        // A form in Russian shows the English label of what has none in Russian.
        app.unchanged(|| admin.create(Noun::Term, &place("V-2", label, None)).refuses(422, "label_en", "taken"));
    }
    // The other way round: a special term stands beside the terms of every list.
    let special = built_in(app, "special:_O");
    let change = json!({"label_en": "upper village", "reason": "a test"});
    app.unchanged(|| admin.correct(Noun::Term, &special, &change).refuses(422, "label_en", "taken"));
    // What took its label meanwhile keeps a term from coming back.
    let gone = admin.withdraw(Noun::Term, &own, "one village").expect(200);
    admin.correct(Noun::Term, &special, &change).expect(200);
    app.unchanged(|| admin.restore(Noun::Term, &gone, "two after all").refuses(422, "label_en", "taken"));
    // Letters that look alike are warned of here too.
    let report = imported(app, "place,V-3,T\u{43e}tal,A village.,,\n").unwrap();
    let told: Vec<_> = report.warnings.iter().map(|one| one.detail.as_str()).collect();
    assert_eq!(told, ["its label looks like that of `_T`: Total"]);
}

fn a_label_that_looks_like_another_is_warned_of_on_entry_correction_and_import(app: &App) {
    app.admin().enter(Noun::Term, &place("V-1", "Post Alpha", Some("Село Ёлки")));
    let warnings = |record: &Answer| {
        let record = record.json();
        let all = record["warnings"].as_array().into_iter().flatten();
        all.map(|one| one["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let warned = |body: &serde_json::Value| warnings(&app.admin().enter(Noun::Term, body));
    // The o and the p are Cyrillic.
    assert_eq!(warned(&place("V-2", "P\u{43e}st Al\u{440}ha", None)), ["label_looks_like"]);
    assert_eq!(warned(&place("V-3", "Another", Some("Село Елки"))), ["label_looks_like"]);
    assert_eq!(warned(&place("V-4", "Post Beta", Some("Село Сосны"))), [""; 0]);
    let made = app.admin().enter(Noun::Term, &place("V-5", "Post Gamma", None));
    let change = |label: &str, seen: &Answer| {
        app.admin().correct(Noun::Term, seen, &json!({"label_en": label, "reason": "a test"})).expect(200)
    };
    let alike = change("Post Al\u{440}h\u{430}", &made);
    // Two are like it: the first, and the second, whose letters are others still.
    assert_eq!(warnings(&alike), ["label_looks_like", "label_looks_like"]);
    assert_eq!(warnings(&change("Post Delta", &alike)), [""; 0]);
    let rows = "place,V-6,P\u{43e}st Beta,A village.\nplace,V-7,Post Zeta,A village.\n";
    let bytes = format!("vocabulary,code,label_en,definition_en\n{rows}").into_bytes();
    let file = attest::exchange::import::File { noun: Noun::Term, name: "terms.csv".to_owned(), bytes };
    let host = attest::store::accounts::host();
    let report =
        attest::exchange::import::run(&app.store, &host, vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
    let told: Vec<_> = report.warnings.iter().map(|one| (one.row, one.detail.as_str())).collect();
    assert_eq!(told, [(2, "its label looks like that of `V-4`: Post Beta")]);
}
