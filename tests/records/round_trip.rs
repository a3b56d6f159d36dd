//! Whatever is in a database: exported, imported into an empty one and exported again it is the same bytes, in both flavours.

use attest::domain::record::Noun;
use attest::exchange::{self, import::File};
use attest::store::accounts;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::client::path_of;
use crate::support::{Answer, App, Caller, Data, Home, on_both};

on_both! {
    empty:
    whatever_is_exported_is_imported_and_exported_again_as_the_same_bytes,
    a_retired_code_comes_back_with_a_warning_and_stays_refused_on_entry,
    retired_kinds_and_actors_come_back_with_a_warning_and_stay_refused_on_entry,
    a_tab_in_a_text_stays_a_tab,
    what_was_withdrawn_comes_back_withdrawn_and_what_refers_to_it_comes_along,
    a_person_whom_nobody_owns_is_nobodys_again,
}

const NOUNS: [Noun; 6] = [Noun::Event, Noun::Source, Noun::Person, Noun::Incident, Noun::Linkage, Noun::Consent];
/// Texts of which spreadsheets make something else, or which a careless writer or reader breaks.
const DELICATE: [&str; 28] = [
    "=HYPERLINK(\"http://example.org\",\"x\")",
    "@SUM(A1)",
    "-1+1",
    "+7 900 123-45-67",
    "-1",
    "0042",
    "12345678901234567890",
    "'",
    "''",
    "'=1",
    "'quoted'",
    "\"",
    "\"\"",
    "a,b",
    "one\ntwo\nthree\nfour\nfive",
    "one\tand\ttwo",
    "＝1",
    "2018-04-03",
    "1e5",
    "TRUE",
    "12345678901234567890123456789012345678901234567890",
    "Али;=1+1;Алик",
    "x\t=1+1",
    "x\n=1+1",
    "x;'=1; \"@y",
    "\u{200b};+7 900",
    "# no comment",
    "Семён \u{2014} «Ёлка», 👩‍❤️‍👩",
];

/// Imports a file. A long one is a job.
fn import(caller: &Caller<'_>, noun: Noun, file: &str) -> Value {
    let answer = caller.import(&format!("noun={}", noun.plural()), file);
    if answer.status != 202 {
        return answer.expect(200).json();
    }
    let job = caller.finished(answer.header("location").unwrap());
    assert_eq!(job["state"], "succeeded", "{noun}: {job}");
    job["result"].clone()
}

fn export(app: &App, noun: Noun, flavour: &str) -> String {
    let asked = json!({"noun": noun.plural(), "texts": true, "flavour": flavour});
    app.caseworker().post("/api/v1/staff/exports", &asked).expect(200).text()
}

fn everything(app: &App, flavour: &str) -> Vec<String> {
    NOUNS.map(|noun| export(app, noun, flavour)).into()
}

/// A text that is accepted.
fn text(longest: usize) -> impl Strategy<Value = String> {
    let delicate = prop::sample::select(DELICATE.to_vec()).prop_map(str::to_owned);
    let any = prop::collection::vec(any::<char>(), 1..longest).prop_map(|chars| {
        let taken = |c: &char| {
            (!c.is_control() || *c == '\n' || *c == '\t')
                && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        chars.into_iter().filter(taken).collect::<String>()
    });
    let joined =
        ("['=+@\t -]{0,2}", prop::sample::select(DELICATE.to_vec())).prop_map(|(start, text)| format!("{start}{text}"));
    prop_oneof![delicate, joined, any]
        .prop_filter("an empty text is none", |text| !attest::domain::alike::shows_nothing(text))
}

struct Dice(TestRunner);

impl Dice {
    fn draw<S: Strategy>(&mut self, of: S) -> S::Value {
        of.new_tree(&mut self.0).unwrap().current()
    }

    /// Some of these fields, with texts.
    fn texts(&mut self, fields: &[&'static str]) -> Map<String, Value> {
        let chosen = self.draw(prop::sample::subsequence(fields.to_vec(), 0..=fields.len()));
        chosen.into_iter().map(|field| (field.to_owned(), self.draw(text(40)).into())).collect()
    }

    /// Enters a record with some of these texts. What is not accepted with them is entered without.
    fn enter(&mut self, caller: &Caller<'_>, noun: Noun, coded: Value, fields: &[&'static str]) -> String {
        let mut entry = coded.clone();
        entry.as_object_mut().unwrap().extend(self.texts(fields));
        let made = caller.create(noun, &entry);
        let made = if made.status == 422 { caller.enter(noun, &coded) } else { made.expect(201) };
        made.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Fills a database with a little of everything that is made of cases.
fn fill(app: &App, dice: &mut Dice) {
    let caller = app.caseworker();
    let reason = "[a-z=+'@-]{1,3}[ a-zё,\"']{0,12}[a-z]";
    let (mut events, mut sources, mut persons) = (Vec::new(), Vec::new(), Vec::new());
    let mut incidents = Vec::new();
    for at in 0..4 {
        let name = dice.draw(text(30));
        let event = json!({"code": format!("E-{at}"), "name": name, "date": "2017-04~"});
        events.push(dice.enter(&caller, Noun::Event, event, &["narrative"]));
        let source = json!({"type": "interview", "reason": dice.draw(reason)});
        sources.push(dice.enter(&caller, Noun::Source, source, &["identity", "contacts"]));
    }
    for at in 0..30 {
        let mut person = json!({"ground": "witness", "age_group": "Y18T24", "source_system": "old",
            "external_id": format!("{}{at}", ["00", "-", "1e", ""][at % 4])});
        if at % 3 == 0 {
            person["code"] = format!("{}{at}", ["-", "0", "P-", "MAR-"][at % 4]).into();
        }
        let texts = ["name", "aliases", "contacts", "safe_contact", "documents", "exact_place", "narrative"];
        persons.push(dice.enter(&caller, Noun::Person, person, &texts));
    }
    for (at, person) in persons.iter().enumerate() {
        let incident = json!({"person": person, "kind": "detention", "date": "2017-02/2018-04-03", "place": "RU-CE",
            "event": events[at % events.len()], "reason": dice.draw(reason),
            "involvements": [{"role": "perpetrator", "actor": "law_enforcement"}, {"role": "helper", "actor": "relatives"}],
            "sources": [{"source": sources[at % sources.len()], "credence": "probable"}]});
        incidents.push(dice.enter(&caller, Noun::Incident, incident, &["exact_place", "documents", "narrative"]));
        let consent = json!({"person": person, "purpose": "count", "decision": "given", "manner": "signed",
            "decided_on": "2018-06-01", "reason": dice.draw(reason)});
        let consent = caller.enter(Noun::Consent, &consent);
        if at % 7 == 0 {
            caller.withdraw(Noun::Consent, &consent, "misheard").expect(200);
        }
    }
    let linkage = json!({"person": persons[0], "canonical": persons[1], "sources": sources, "reason": "='one'"});
    caller.enter(Noun::Linkage, &linkage);
    // What was corrected and what was withdrawn stands as it does now.
    let she = record(&caller, Noun::Person, &persons[2]);
    caller.correct(Noun::Person, &she, &json!({"sex": "F", "name": "=2+2", "reason": "'she said so"})).expect(200);
    let undone = json!({"person": persons[3], "canonical": persons[4], "sources": sources, "reason": "one name"});
    let undone = caller.enter(Noun::Linkage, &undone);
    caller.withdraw(Noun::Linkage, &undone, dice.draw(reason).as_str()).expect(200);
    // Others refer to all of these, also the decision that joins two persons.
    let withdrawn = [
        (Noun::Event, &events[0]),
        (Noun::Source, &sources[0]),
        (Noun::Person, &persons[1]),
        (Noun::Person, &persons[5]),
        (Noun::Incident, &incidents[6]),
    ];
    for (noun, code) in withdrawn {
        caller.withdraw(noun, &record(&caller, noun, code), dice.draw(reason).as_str()).expect(200);
    }
    owned_by_nobody(app, "N-1,witness,'=2\nN-2,_Z,Али;=1+1;Алик\n");
}

/// The record with a code.
fn record(caller: &Caller<'_>, noun: Noun, code: &str) -> Answer {
    let found = caller.get(&format!("{}?status=all&code={code}", path_of(noun))).expect(200).items();
    caller.get(&format!("{}/{}", path_of(noun), found[0]["id"].as_str().unwrap())).expect(200)
}

/// Enters persons as the machine does: code, ground and name.
fn owned_by_nobody(app: &App, rows: &str) {
    let bytes = format!("code,ground,name\n{rows}").into_bytes();
    let file = File { noun: Noun::Person, name: "persons".to_owned(), bytes };
    exchange::import::run(&app.store, &accounts::host(), vec![file], false, |_| Ok(()), Box::new(|_| {})).unwrap();
}

/// Different draws, and at every run the same ones.
fn dice(draw: u8) -> Dice {
    let chance = TestRng::from_seed(RngAlgorithm::ChaCha, &[draw; 32]);
    Dice(TestRunner::new_with_rng(Config::default(), chance))
}

fn whatever_is_exported_is_imported_and_exported_again_as_the_same_bytes(app: &App) {
    let mut seen = comes_back(app, dice(0));
    for draw in 1..3 {
        let home = Home::new(app.backend, Data::Empty);
        seen += &comes_back(&App::start(&home), dice(draw));
    }
    for text in
        ["=HYPERLINK", "＝1", "'=1", "=2+2", ";=1+1", "\t=1", "\n=1", &"1234567890".repeat(5), ",_Z,", ",withdrawn\n"]
    {
        assert!(seen.contains(text), "{text} is there");
    }
}

/// Fills a database, takes all of it through files to others and back, and gives what was in the files.
fn comes_back(app: &App, mut dice: Dice) -> String {
    fill(app, &mut dice);
    let exact = everything(app, "exact");
    let spreadsheet = everything(app, "spreadsheet");
    for (files, flavour) in [(&exact, "exact"), (&spreadsheet, "spreadsheet")] {
        let home = Home::new(app.backend, Data::Empty);
        let other = App::start(&home);
        for (noun, file) in NOUNS.into_iter().zip(files) {
            let made = import(&other.caseworker(), noun, file);
            let rows = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes()).into_records().count();
            assert_eq!((&made["created"], &made["skipped"]), (&json!(rows), &json!(0)), "{flavour}: {noun}");
            for warning in made["warnings"].as_array().unwrap() {
                let detail = warning["detail"].as_str().unwrap();
                // That is what was wanted.
                assert!(detail.contains("withdrawn"), "{flavour}: {noun}: {detail}");
            }
        }
        // What was withdrawn counts in neither.
        assert_eq!(counts(&other), counts(app), "through {flavour}");
        // Either flavour holds all of it: the other comes out of it again too.
        assert_eq!(everything(&other, "exact"), exact, "through {flavour}");
        assert_eq!(everything(&other, "spreadsheet"), spreadsheet, "through {flavour}");
    }
    for file in &spreadsheet {
        assert!(file.starts_with('\u{feff}'));
        for row in csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes()).records() {
            for segment in row.unwrap().iter().flat_map(|cell| cell.split([';', '\t', '\n'])) {
                assert!(!segment.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{segment}");
            }
        }
    }
    exact.concat()
}

/// What is counted.
fn counts(app: &App) -> Vec<Value> {
    let asked = ["measure=persons&by=sex", "measure=persons&by=ground", "measure=incidents&by=kind"];
    let rows = |asked| {
        app.researcher().get(&format!("/api/v1/research/aggregates?{asked}")).expect(200).json()["rows"].clone()
    };
    asked.map(rows).into()
}

fn what_was_withdrawn_comes_back_withdrawn_and_what_refers_to_it_comes_along(app: &App) {
    let caller = app.caseworker();
    let event = caller.enter(Noun::Event, &json!({"code": "E-1", "name": "A wave", "date": "2017"}));
    let source = caller.enter(Noun::Source, &json!({"code": "S-1", "type": "interview"}));
    let person = caller.enter(Noun::Person, &json!({"code": "P-1", "ground": "witness", "name": "Семён"}));
    caller.enter(Noun::Person, &json!({"code": "P-2", "ground": "witness"}));
    let incident = json!({"code": "I-1", "person": "P-1", "kind": "detention", "date": "2017", "event": "E-1",
        "sources": [{"source": "S-1", "credence": "probable"}]});
    caller.enter(Noun::Incident, &incident);
    caller.enter(Noun::Linkage, &json!({"person": "P-1", "canonical": "P-2", "sources": ["S-1"], "reason": "one"}));
    let consent = json!({"person": "P-1", "purpose": "count", "decision": "given", "manner": "signed",
        "decided_on": "2018-06-01"});
    caller.enter(Noun::Consent, &consent);
    for (noun, seen) in [(Noun::Event, event), (Noun::Source, source), (Noun::Person, person)] {
        caller.withdraw(noun, &seen, "a misunderstanding").expect(200);
    }
    let home = Home::new(app.backend, Data::Empty);
    let other = App::start(&home);
    let mut withdrawn = Vec::new();
    for noun in NOUNS {
        import(&other.caseworker(), noun, &export(app, noun, "exact"));
        let newest = other.auditor().get("/api/v1/staff/audit?limit=1").expect(200).items()[0].clone();
        assert_eq!(newest["action"], "import");
        withdrawn.extend(newest["details"]["withdrawn"].as_array().cloned().unwrap_or_default());
    }
    // The audit names them.
    let named = [(Noun::Event, "E-1"), (Noun::Source, "S-1"), (Noun::Person, "P-1")].map(|(noun, code)| {
        let seen = record(&other.caseworker(), noun, code).json();
        let told = (&seen["status"], &seen["reason"]);
        assert_eq!(told, (&json!("withdrawn"), &json!("a misunderstanding")), "{noun}");
        json!([noun.name(), seen["id"]])
    });
    assert_eq!(withdrawn, named);
    assert_eq!(record(&other.caseworker(), Noun::Incident, "I-1").json()["status"], "active");
    assert_eq!(counts(&other), counts(app));
    assert_eq!(everything(&other, "exact"), everything(app, "exact"));
    // It is restored like any other.
    let gone = record(&other.caseworker(), Noun::Person, "P-1");
    let back = other.caseworker().restore(Noun::Person, &gone, "a person after all").expect(200).json();
    assert_eq!(back["status"], "active");
}

fn a_person_whom_nobody_owns_is_nobodys_again(app: &App) {
    owned_by_nobody(app, "P-1,witness,\n");
    let home = Home::new(app.backend, Data::Empty);
    let other = App::start(&home);
    for flavour in ["exact", "spreadsheet"] {
        let file = export(app, Noun::Person, flavour);
        assert!(file.contains("P-1,,,_Z,witness,"), "{file}");
        assert_eq!(import_of_one(&other, &file.replace("P-1", flavour)), Value::Null, "{flavour}");
    }
    assert_eq!(import_of_one(&other, "code,owner\nP-2,\n"), "test-caseworker");
    // It is a word of files, and no account: by hand nobody says so.
    other.caseworker().create(Noun::Person, &json!({"owner": "_Z"})).refuses(422, "owner", "unknown_record");
    assert!(!accounts::is_name("_Z"));
}

/// Imports one person and gives its owner.
fn import_of_one(app: &App, file: &str) -> Value {
    assert_eq!(import(&app.caseworker(), Noun::Person, file)["created"], 1);
    let all = app.caseworker().walk(&path_of(Noun::Person));
    all.last().unwrap()["owner"].clone()
}

/// Retires a term in favour of another.
fn retire(app: &App, term: &str, replaced_by: &str) {
    let found = app.admin().get(&format!("{}?code={term}", path_of(Noun::Term))).expect(200).items();
    let path = format!("{}/{}", path_of(Noun::Term), found[0]["id"].as_str().unwrap());
    let etag = app.admin().get(&path).expect(200).etag();
    app.admin().patch(&path, &etag, &json!({"replaced_by": replaced_by, "reason": "it was the same"})).expect(200);
}

fn retired_kinds_and_actors_come_back_with_a_warning_and_stay_refused_on_entry(app: &App) {
    let home = Home::new(app.backend, Data::Empty);
    let other = App::start(&home);
    for app in [app, &other] {
        let kind = json!({"vocabulary": "kind", "code": "hunt", "family": "violation", "label_en": "Hunt",
            "definition_en": "Somebody is hunted."});
        app.admin().enter(Noun::Term, &kind);
        let actor =
            json!({"vocabulary": "actor", "code": "patrol", "label_en": "Patrol", "definition_en": "Who hunts."});
        app.admin().enter(Noun::Term, &actor);
    }
    let incident = |code: &str, kind: &str, actor: &str| {
        json!({"code": code, "person": "P-1", "kind": kind, "date": "2017",
            "involvements": [{"role": "perpetrator", "actor": "relatives"}, {"role": "perpetrator", "actor": actor}]})
    };
    app.caseworker().enter(Noun::Person, &json!({"code": "P-1", "ground": "witness"}));
    app.caseworker().enter(Noun::Incident, &incident("I-1", "threat", "patrol"));
    app.caseworker().enter(Noun::Incident, &incident("I-2", "hunt", "law_enforcement"));
    for app in [app, &other] {
        retire(app, "kind:hunt", "threat");
        retire(app, "actor:patrol", "law_enforcement");
    }
    import(&other.caseworker(), Noun::Person, &export(app, Noun::Person, "exact"));
    for flavour in ["exact", "spreadsheet"] {
        let file = export(app, Noun::Incident, flavour);
        let tried = other.caseworker().import("noun=incidents&dry_run=true", &file).expect(200).json();
        let told: Vec<_> = tried["warnings"].as_array().unwrap().iter().map(|one| one["detail"].to_string()).collect();
        assert_eq!(told.len(), 2, "{flavour}: {tried}");
        for code in ["`hunt`", "`patrol`"] {
            assert!(told.iter().any(|detail| detail.contains(code)), "{flavour} {code}: {tried}");
        }
    }
    import(&other.caseworker(), Noun::Incident, &export(app, Noun::Incident, "spreadsheet"));
    assert_eq!(export(&other, Noun::Incident, "exact"), export(app, Noun::Incident, "exact"));
    let by_hand = |kind: &str, actor: &str| other.caseworker().create(Noun::Incident, &incident("I-3", kind, actor));
    by_hand("hunt", "relatives").refuses(422, "kind", "retired_code");
    by_hand("threat", "patrol").refuses(422, "involvements[1].actor", "retired_code");
}

fn a_retired_code_comes_back_with_a_warning_and_stays_refused_on_entry(app: &App) {
    let home = Home::new(app.backend, Data::Empty);
    let other = App::start(&home);
    let term = |code: &str| json!({"vocabulary": "ground", "code": code, "label_en": format!("Was {code}"), "definition_en": "A ground of ours."});
    for app in [app, &other] {
        app.admin().enter(Noun::Term, &term("hunted"));
    }
    app.caseworker().enter(Noun::Person, &json!({"code": "P-1", "ground": "hunted"}));
    app.caseworker().enter(Noun::Person, &json!({"code": "P-2", "ground": "hunted"}));
    for app in [app, &other] {
        retire(app, "ground:hunted", "outed");
    }
    let file = export(app, Noun::Person, "exact");
    assert!(file.contains(",hunted,"), "{file}");
    let made = import(&other.caseworker(), Noun::Person, &file);
    assert_eq!(made["warnings"].as_array().unwrap().len(), 1, "{made}");
    let warning = made["warnings"][0]["detail"].as_str().unwrap();
    assert_eq!(made["warnings"][0]["row"], 2);
    assert!(warning.contains("`hunted`") && warning.ends_with(": 2"), "{warning}");
    assert!(attest::http::pages::words::in_russian(warning).is_some(), "{warning}");
    assert_eq!(export(&other, Noun::Person, "exact"), file);
    // By hand nobody enters it any more, and a code that never was is not taken from a file either.
    let refused = other.caseworker().create(Noun::Person, &json!({"ground": "hunted"}));
    refused.refuses(422, "ground", "retired_code");
    let headers = [("Content-Type", "text/csv")];
    let path = "/api/v1/staff/imports?noun=persons";
    let wrong = other.caseworker().send("POST", path, &headers, b"code,ground\nP-3,haunted\n".to_vec());
    wrong.refuses(422, "ground", "unknown_code");
}

fn a_tab_in_a_text_stays_a_tab(app: &App) {
    let caller = app.caseworker();
    let texts = |code: &str| {
        let found = caller.get(&format!("{}?code={code}", path_of(Noun::Person))).expect(200).items();
        let path = format!("{}/{}/texts", path_of(Noun::Person), found[0]["id"].as_str().unwrap());
        caller.get(&path).expect(200).json()["texts"]["narrative"].clone()
    };
    caller.enter(Noun::Person, &json!({"code": "P-1", "narrative": "one\ttwo\n\tthree"}));
    import(&caller, Noun::Person, "code,narrative\nP-2,\"one\ttwo\n\tthree\"\n");
    assert_eq!((texts("P-1"), texts("P-2")), (json!("one\ttwo\n\tthree"), json!("one\ttwo\n\tthree")));
}
