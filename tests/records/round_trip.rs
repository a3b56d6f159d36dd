//! Whatever is in a database: exported, imported into an empty one and exported again it is the same bytes, in both flavours.

use attest::domain::record::Noun;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::client::path_of;
use crate::support::{App, Caller, Data, Home, on_both};

on_both! {
    empty:
    whatever_is_exported_is_imported_and_exported_again_as_the_same_bytes,
    a_retired_code_comes_back_with_a_warning_and_stays_refused_on_entry,
    retired_kinds_and_actors_come_back_with_a_warning_and_stay_refused_on_entry,
    a_tab_in_a_text_stays_a_tab,
}

const NOUNS: [Noun; 6] = [Noun::Event, Noun::Source, Noun::Person, Noun::Incident, Noun::Linkage, Noun::Consent];
/// Texts of which spreadsheets make something else, or which a careless writer or reader breaks.
const DELICATE: [&str; 22] = [
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
    "# no comment",
    "Семён \u{2014} «Ёлка», 👩‍❤️‍👩",
];

fn import(caller: &Caller<'_>, noun: Noun, file: &str) -> Value {
    caller.import(&format!("noun={}", noun.plural()), file).expect(200).json()
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
    prop_oneof![delicate, joined, any].prop_filter("an empty text is none", |text| !text.trim().is_empty())
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
        dice.enter(&caller, Noun::Incident, incident, &["exact_place", "documents", "narrative"]);
        let consent = json!({"person": person, "purpose": "count", "decision": "given", "manner": "signed",
            "decided_on": "2018-06-01", "reason": dice.draw(reason)});
        caller.enter(Noun::Consent, &consent);
    }
    let linkage = json!({"person": persons[0], "canonical": persons[1], "sources": sources, "reason": "='one'"});
    caller.enter(Noun::Linkage, &linkage);
    // What was corrected and what was withdrawn stands as it does now.
    let seen = caller.get(&format!("{}?code={}", path_of(Noun::Person), persons[2])).expect(200).items();
    let path = format!("{}/{}", path_of(Noun::Person), seen[0]["id"].as_str().unwrap());
    let etag = caller.get(&path).expect(200).etag();
    caller.patch(&path, &etag, &json!({"sex": "F", "name": "=2+2", "reason": "'she said so"})).expect(200);
    let gone = caller.enter(Noun::Person, &json!({"code": "gone", "name": "Nobody"}));
    caller.withdraw(Noun::Person, &gone, "entered twice");
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
    for text in ["=HYPERLINK", "＝1", "'=1", "=2+2"] {
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
            let told = (&made["created"], &made["skipped"], &made["warnings"]);
            assert_eq!(told, (&json!(rows), &json!(0), &json!([])), "{flavour}: {noun}");
        }
        // Either flavour holds all of it: the other comes out of it again too.
        assert_eq!(everything(&other, "exact"), exact, "through {flavour}");
        assert_eq!(everything(&other, "spreadsheet"), spreadsheet, "through {flavour}");
    }
    for file in &spreadsheet {
        assert!(file.starts_with('\u{feff}'));
        for row in csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes()).records() {
            for cell in &row.unwrap() {
                assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{cell}");
            }
        }
    }
    exact.concat()
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
