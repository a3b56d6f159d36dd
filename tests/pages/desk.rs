//! The desk: entering, correcting and finding records by forms.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::exchange::fields;
use attest::http::pages::desk::inputs;
use serde_json::json;

use crate::support::people::{Browser, Person, between};
use crate::support::{Answer, App, on_both};

on_both! {
    demo:
        a_person_and_incidents_are_entered_corrected_and_told_with_their_history,
        what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost,
        a_mistake_in_a_list_stands_beside_the_field_it_was_typed_into,
        a_form_that_is_sent_twice_is_kept_once,
        a_correction_over_somebody_elses_is_told_before_it_is_kept,
        several_incidents_are_kept_together_or_not_at_all,
        personal_text_is_shown_after_a_warning_and_the_reading_is_recorded,
        names_are_found_by_a_form_and_stand_in_no_address,
        a_record_is_taken_back_and_counted_again,
        sealing_and_erasing_say_before_what_they_do,
        whom_a_seal_hides_is_not_there_on_any_page,
        a_list_is_narrowed_and_goes_on,
        pages_speak_the_language_of_their_address_and_of_the_reader,
}

fn caseworker<'a>(app: &'a App<'a>, name: &str) -> Browser<'a> {
    Person::new(app, name, Role::Caseworker).browser(app)
}

fn at(answer: &Answer) -> String {
    answer.header("location").unwrap_or_else(|| panic!("{}: {}", answer.asked, answer.text())).to_owned()
}

/// The address of what was entered.
fn entered(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let location = at(&browser.submit(path, fields).expect(303));
    location.split('?').next().unwrap().to_owned()
}

fn field<'t>(page: &'t str, name: &str) -> &'t str {
    between(page, &format!("name=\"{name}\""), "</div>").first().copied().unwrap_or_else(|| panic!("{name}: {page}"))
}

fn hidden(page: &str, name: &str) -> String {
    between(page, &format!("name=\"{name}\" value=\""), "\"")[0].to_owned()
}

fn a_mistake_in_a_list_stands_beside_the_field_it_was_typed_into(app: &App) {
    let browser = caseworker(app, "kai");
    for code in ["P-ONE", "P-TWO"] {
        entered(&browser, "/desk/persons", &[("code", code)]);
    }
    let fields = [("person", "P-TWO"), ("canonical", "P-ONE"), ("sources", "S-NONE"), ("reason", "one passport")];
    let page = browser.submit("/desk/linkages", &fields).expect(422).text();
    assert!(page.contains("sources-error1"), "{page}");
}

fn a_person_and_incidents_are_entered_corrected_and_told_with_their_history(app: &App) {
    let browser = caseworker(app, "kai");
    let fields = [("ground", "threatened_by_relatives"), ("origin", "RU-CE"), ("code", "P-KAI")];
    let person = entered(&browser, "/desk/persons", &fields);
    let incident = [
        ("person", "P-KAI"),
        ("kind", "detention"),
        ("date", "about April 2017"),
        ("place", "RU-CE"),
        ("involvements[1].role", "perpetrator"),
        ("involvements[1].actor", "law_enforcement"),
    ];
    let address = entered(&browser, "/desk/incidents", &incident);
    let page = browser.get(&format!("{address}?done=entered")).expect(200).text();
    for told in ["It is kept.", "Detention", "about April 2017 (2017-04~)", "Chechnya", "Perpetrator, "] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let kept = app.caseworker().get(&format!("/api/v1/staff{}", address.strip_prefix("/desk").unwrap())).json();
    assert_eq!((&kept["date"], &kept["involvements"][0]["actor"]), (&json!("2017-04~"), &json!("law_enforcement")));
    let line = browser.get(&person).expect(200).text();
    assert!(line.contains(&address) && line.contains("about April 2017"), "{line}");

    let form = browser.get(&format!("{address}/correction")).expect(200).text();
    let changed = [
        ("seen", &*hidden(&form, "seen")),
        ("person", "P-KAI"),
        ("kind", "torture"),
        ("date", "3 April 2017"),
        ("place", ""),
        ("reason", "the person told it again"),
    ];
    browser.submit(&format!("{address}/correction"), &changed).expect(303);
    let history = browser.get(&format!("{address}/history")).expect(200).text();
    for told in ["<del>Detention</del> <ins>Torture</ins>", "the person told it again", "kai", "Corrected", "Entered"] {
        assert!(history.contains(told), "{told}: {history}");
    }
    let kept = app.caseworker().get(&format!("/api/v1/staff{}", address.strip_prefix("/desk").unwrap())).json();
    assert_eq!((&kept["place"], &kept["involvements"]), (&json!("_U"), &json!([])), "what was emptied is empty");
}

fn what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(app: &App) {
    let browser = caseworker(app, "kai");
    let typed = [
        ("person", "P-NOBODY"),
        ("kind", "detention"),
        ("date", "03/04/2017"),
        ("destination", "RU-CE"),
        ("involvements[2].actor", "relatives"),
        ("narrative", "said <b>quietly</b>"),
    ];
    let before = app.contents();
    let page = browser.submit("/desk/incidents", &typed).expect(422).text();
    // To make the browser's session wrote something; what was sent did not.
    assert_eq!(
        app.contents().rows.iter().find(|(table, _)| *table == "records"),
        before.rows.iter().find(|(table, _)| *table == "records")
    );
    assert!(field(&page, "person").contains("P-NOBODY"), "{page}");
    let wrong = |id: &str| between(&page, &format!("id=\"{id}-error1\">"), "</p>").first().map(ToString::to_string);
    assert!(wrong("person").is_some_and(|told| told.contains("There is no such record")), "{page}");
    assert!(wrong("date").is_some_and(|told| told.contains("2017-04-03 or 2017-03-04")), "{page}");
    assert!(wrong("destination").is_some(), "{page}");
    // The row that was typed in stands first now, and so does what is wrong about it.
    assert!(wrong("involvements-0--role").is_some(), "{page}");
    assert!(page.contains("said &#60;b&#62;quietly") || page.contains("said &lt;b&gt;quietly"), "{page}");
    assert!(page.contains("<option value=\"relatives\" selected>"), "{page}");
    assert!(page.contains("href=\"#date\""), "the list of mistakes leads to the field");
}

fn a_form_that_is_sent_twice_is_kept_once(app: &App) {
    let browser = caseworker(app, "kai");
    let once = hidden(&browser.get("/desk/persons/new").expect(200).text(), "once");
    let fields = [("once", &*once), ("ground", "relative_of_victim")];
    let first = entered(&browser, "/desk/persons", &fields);
    assert_eq!(entered(&browser, "/desk/persons", &fields), first);
    let again = hidden(&browser.get("/desk/persons/new").expect(200).text(), "once");
    assert_ne!(entered(&browser, "/desk/persons", &[("once", &*again), ("ground", "relative_of_victim")]), first);
}

fn a_correction_over_somebody_elses_is_told_before_it_is_kept(app: &App) {
    let (kai, rosa) = (caseworker(app, "kai"), caseworker(app, "rosa"));
    let person = entered(&kai, "/desk/persons", &[("sex", "M")]);
    let seen = hidden(&kai.get(&format!("{person}/correction")).text(), "seen");
    let of = |sex| [("seen", seen.clone()), ("sex", sex), ("reason", "as told".to_owned())];
    let send = |browser: &Browser, fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit(&format!("{person}/correction"), &fields)
    };
    send(&rosa, &of("F".to_owned())).expect(303);
    let page = send(&kai, &of("_O".to_owned())).expect(409).text();
    assert!(page.contains("Somebody else has changed this record"), "{page}");
    assert!(page.contains("<option value=\"_O\" selected>"), "what was typed is there still");
    let newest = hidden(&page, "seen");
    assert_ne!(newest, seen);
    send(&kai, &[("seen", newest), ("sex", "_O".to_owned()), ("reason", "as told".to_owned())]).expect(303);
}

fn several_incidents_are_kept_together_or_not_at_all(app: &App) {
    let browser = caseworker(app, "kai");
    let person = entered(&browser, "/desk/persons", &[("code", "P-KAI")]);
    let rows = |second: &'static str| {
        [("[0].kind", "detention"), ("[0].date", "April 2017"), ("[3].kind", "evacuation"), ("[3].date", second)]
    };
    let page = browser.submit(&format!("{person}/several"), &rows("soon")).expect(422).text();
    assert!(page.contains("id=\"-3--date-error1\"") && page.contains("value=\"soon\""), "{page}");
    let incidents = || app.caseworker().get("/api/v1/staff/incidents?person=P-KAI").items().len();
    assert_eq!(incidents(), 0);
    browser.submit(&format!("{person}/several"), &[]).expect(422);
    browser.submit(&format!("{person}/several"), &rows("2018")).expect(303);
    assert_eq!(incidents(), 2);
}

fn personal_text_is_shown_after_a_warning_and_the_reading_is_recorded(app: &App) {
    let browser = caseworker(app, "kai");
    let person = entered(&browser, "/desk/persons", &[("name", "Zarema Quixote"), ("contacts", "the baker")]);
    for path in [person.clone(), format!("{person}/history"), format!("{person}/correction"), "/desk".to_owned()] {
        assert!(!browser.get(&path).expect(200).text().contains("Zarema"), "{path}");
    }
    let read = || {
        app.auditor()
            .walk("/api/v1/staff/audit?limit=200")
            .iter()
            .filter(|entry| entry["action"] == "person.read_texts")
            .count()
    };
    let warning = browser.get(&format!("{person}/texts")).expect(200).text();
    assert!(warning.contains("is recorded for ever") && !warning.contains("Zarema"), "{warning}");
    assert_eq!(read(), 0);
    let shown = browser.submit(&format!("{person}/texts"), &[]).expect(200).text();
    assert!(shown.contains("Zarema Quixote") && shown.contains("the baker"), "{shown}");
    assert_eq!(read(), 1);
    assert!(!shown.contains("class=\"personal printed\""));
    let printed = browser.submit(&format!("{person}/texts"), &[("print", "yes")]).expect(200).text();
    assert!(printed.contains("class=\"personal printed\""), "{printed}");
    let seen = hidden(&shown, "seen");
    let fields = [("seen", &*seen), ("name", "Zarema Q."), ("contacts", ""), ("reason", "asked for it")];
    let refused = browser.submit(&format!("{person}/texts/correction"), &fields[..3]).expect(422).text();
    assert!(refused.contains("Zarema Q.") && refused.contains("This is missing"), "{refused}");
    browser.submit(&format!("{person}/texts/correction"), &fields).expect(303);
    let shown = browser.submit(&format!("{person}/texts"), &[]).expect(200).text();
    assert!(shown.contains("Zarema Q.") && !shown.contains("the baker"), "{shown}");
    // Who may not read it is not shown it.
    let researcher = Person::new(app, "rita", Role::Researcher).browser(app);
    researcher.get(&format!("{person}/texts")).expect(403);
    researcher.submit(&format!("{person}/texts"), &[]).expect(403);
}

fn names_are_found_by_a_form_and_stand_in_no_address(app: &App) {
    let browser = caseworker(app, "kai");
    let person = entered(&browser, "/desk/persons", &[("name", "Фёдор Кот"), ("code", "P-KOT")]);
    let found = browser.submit("/desk/find", &[("name", "федор")]).expect(200).text();
    assert!(found.contains(&person) && found.contains("P-KOT") && !found.contains("Фёдор"), "{found}");
    assert!(browser.submit("/desk/find", &[("name", "nobody")]).expect(200).text().contains("Nobody was found"));
    assert!(browser.submit("/desk/find", &[("name", " ")]).expect(422).text().contains("name-error1"));
    assert_eq!(at(&browser.get("/desk/find?code=P-KOT").expect(303)), person);
    assert!(browser.get("/desk/find?code=P-NOBODY").expect(404).text().contains("There is no such record"));
}

fn a_record_is_taken_back_and_counted_again(app: &App) {
    let browser = caseworker(app, "kai");
    let person = entered(&browser, "/desk/persons", &[("code", "P-KAI")]);
    let asked = browser.get(&format!("{person}/withdrawal")).expect(200).text();
    assert!(asked.contains("no longer counted from today"), "{asked}");
    let seen = hidden(&asked, "seen");
    let refused = browser.submit(&format!("{person}/withdrawal"), &[("seen", &seen)]).expect(422).text();
    assert!(refused.contains("reason-error1"), "{refused}");
    browser.submit(&format!("{person}/withdrawal"), &[("seen", &seen), ("reason", "entered twice")]).expect(303);
    assert!(browser.get(&person).text().contains("taken back"), "it is kept");
    browser.submit(&format!("{person}/withdrawal"), &[("seen", &seen), ("reason", "again")]).expect(412);
    let seen = hidden(&browser.get(&format!("{person}/withdrawal")).text(), "seen");
    browser.submit(&format!("{person}/restoration"), &[("seen", &seen), ("reason", "was right")]).expect(303);
    let history = browser.get(&format!("{person}/history")).text();
    assert!(
        history.contains("Taken back") && history.contains("Counted again") && history.contains("was right"),
        "{history}"
    );
}

fn sealing_and_erasing_say_before_what_they_do(app: &App) {
    let kai = caseworker(app, "kai");
    let person = entered(&kai, "/desk/persons", &[("code", "P-KAI")]);
    let asked = kai.get(&format!("{person}/seal")).expect(200).text();
    assert!(asked.contains("there will be no such person"), "{asked}");
    let seen = hidden(&asked, "seen");
    let wrong = [("seen", &*seen), ("accounts", "nobody-here"), ("reason", "known to a neighbour")];
    let refused = kai.submit(&format!("{person}/seal"), &wrong).expect(422).text();
    assert!(refused.contains("accounts-error1") && refused.contains("nobody-here"), "{refused}");
    kai.submit(&format!("{person}/seal"), &[wrong[0], wrong[2]]).expect(303);
    assert!(kai.get(&person).expect(200).text().contains("Only these see the person"));
    let asked = kai.get(&format!("{person}/erasure")).expect(200).text();
    assert!(asked.contains("cannot be undone") && asked.contains("Backups"), "{asked}");
    let seen = hidden(&asked, "seen");
    kai.submit(&format!("{person}/erasure"), &[("seen", &*seen)]).expect(422);
    kai.submit(&format!("{person}/erasure"), &[("seen", &*seen), ("reason", "requested")]).expect(200);
    kai.get(&person).expect(404);
}

fn whom_a_seal_hides_is_not_there_on_any_page(app: &App) {
    let (kai, rosa) = (caseworker(app, "kai"), caseworker(app, "rosa"));
    let person = entered(&kai, "/desk/persons", &[("name", "Unseen Heron"), ("ground", "relative_of_victim")]);
    let id = person.rsplit('/').next().unwrap().to_owned();
    let code = app.caseworker().get(&format!("/api/v1/staff/persons/{id}")).json()["code"].as_str().unwrap().to_owned();
    let incident = entered(&kai, "/desk/incidents", &[("person", &*code), ("kind", "threat"), ("date", "2017")]);
    assert!(rosa.get("/desk").text().contains(&id), "the control: before the seal it is on the desk");
    let seen = hidden(&kai.get(&format!("{person}/seal")).text(), "seen");
    kai.submit(&format!("{person}/seal"), &[("seen", &seen), ("reason", "known to a neighbour")]).expect(303);
    let missing = "00000000-0000-7000-8000-000000000000";
    let told = |path: &str| {
        let answer = rosa.get(path);
        (answer.status, answer.text())
    };
    for rest in ["", "/history", "/correction", "/withdrawal", "/texts", "/seal", "/erasure", "/several"] {
        let (hidden, none) = (told(&format!("{person}{rest}")), told(&format!("/desk/persons/{missing}{rest}")));
        assert_eq!((hidden.0, hidden.1.replace(&id, missing)), none, "{rest}");
    }
    assert_eq!(told(&incident).0, 404);
    for path in ["/desk", "/desk/persons", "/desk/incidents"] {
        assert!(!told(path).1.contains(&id), "{path}");
    }
    rosa.get(&format!("/desk/find?code={code}")).expect(404);
    assert!(rosa.submit("/desk/find", &[("name", "unseen")]).expect(200).text().contains("Nobody was found"));
    assert!(kai.submit("/desk/find", &[("name", "unseen")]).expect(200).text().contains(&id), "the control");
}

fn a_list_is_narrowed_and_goes_on(app: &App) {
    let browser = caseworker(app, "kai");
    let first = browser.get("/desk/persons").expect(200).text();
    let next = between(&first, "rel=\"next\" href=\"", "\"")[0].replace("&#38;", "&").replace("&amp;", "&");
    let second = browser.get(&next).expect(200).text();
    let links = |page: &str| between(page, "<th scope=\"row\"><a href=\"", "\"").len();
    assert_eq!((links(&first), links(&second)), (50, 50));
    let narrowed = browser.get("/desk/persons?ground=persecuted_for_contacts&sex=").expect(200).text();
    assert_eq!(links(&narrowed), 8);
    let wrong = browser.get("/desk/incidents?person=P-NOBODY").expect(200).text();
    assert!(wrong.contains("filter-person-error1"), "{wrong}");
}

fn pages_speak_the_language_of_their_address_and_of_the_reader(app: &App) {
    let browser = caseworker(app, "kai");
    let russian = browser.get("/ru/desk/persons/new").expect(200);
    assert!(russian.text().contains("<html lang=\"ru\">") && russian.text().contains("Возрастная группа"));
    assert_eq!(russian.header("content-language"), Some("ru"));
    assert!(russian.text().contains("action=\"/ru/desk/persons\""), "links stay in the language");
    let asked = browser.send("GET", "/desk", &[("Accept-Language", "de, ru;q=0.8")], Vec::new()).expect(200);
    assert!(
        asked.text().contains("<html lang=\"ru\">")
            && asked.header("vary").is_some_and(|vary| vary.contains("Accept-Language"))
    );
    assert!(browser.get("/en/desk").expect(200).text().contains("<html lang=\"en\">"));
    let word = browser.word();
    let made = browser.post("/ru/desk/persons", &[("csrf", &*word), ("sex", "M")]).expect(303);
    assert!(at(&made).starts_with("/ru/desk/persons/"), "{}", at(&made));
    // What the domain does not accept, and why, is said in that language too.
    let wrong = browser.post("/ru/desk/persons", &[("csrf", &*word), ("code", "so nicht")]).expect(422).text();
    // What was sent has no address in another language, and would be lost on the way to one.
    assert!(russian.text().contains("hreflang=\"en\"") && !wrong.contains("hreflang"), "{wrong}");
    assert!(wrong.contains("Ожидается: от 1 до 64 знаков A-Z a-z 0-9 . _ -, но не UUID."), "{wrong}");
    assert_eq!(browser.get("/ru/api/v1/releases").status, 404, "the API has one address");
}

#[test]
fn every_field_of_every_noun_has_its_place_in_the_table_of_inputs() {
    fn of<E: attest::domain::entry::Entry>() {
        let texts: Vec<_> = E::TEXTS.iter().map(|text| text.name).collect();
        let mut fields: Vec<_> =
            fields::of::<E>().into_iter().map(|field| field.name).filter(|name| !texts.contains(name)).collect();
        let mut inputs: Vec<_> = inputs::of(E::NOUN).iter().map(|input| input.name).collect();
        fields.sort_unstable();
        inputs.sort_unstable();
        assert_eq!(inputs, fields, "{}", E::NOUN);
        for text in texts {
            assert_ne!(inputs::text(text), text, "{text} has a name");
        }
        for field in fields::of::<E>().iter().filter(|field| field.required) {
            let input = inputs::of(E::NOUN).iter().find(|input| input.name == field.name).unwrap();
            assert!(input.required, "{} {}", E::NOUN, field.name);
        }
    }
    of::<attest::domain::person::PersonEntry>();
    of::<attest::domain::incident::IncidentEntry>();
    of::<attest::domain::source::SourceEntry>();
    of::<attest::domain::event::EventEntry>();
    of::<attest::domain::consent::ConsentEntry>();
    of::<attest::domain::linkage::LinkageEntry>();
    of::<attest::domain::term::TermEntry>();
    of::<attest::domain::publication::PublicationEntry>();
    of::<attest::domain::figure::FigureEntry>();
    assert_eq!(Noun::ALL.len(), 9, "a new noun is held against its table here");
}
