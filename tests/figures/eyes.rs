//! What may become public of figures outside of a release, and before whose eyes.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::accounts::{self, Purpose};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::staff::{by_code, correct, figure, left, publication};
use crate::support::{Answer, App, Caller, on_both};

on_both! {
    empty:
    a_figure_whose_query_counts_a_case_file_is_published_by_no_door,
    a_figure_that_counts_a_case_file_perhaps_or_today_counts_one,
    a_published_figure_is_checked_again_when_its_number_is_corrected,
    a_publication_takes_no_figure_along_that_may_not_be_public,
    a_query_of_a_public_figure_asks_for_no_source_and_no_event,
    a_figure_without_a_query_is_published_with_the_address_where_it_was_read,
    a_query_that_does_not_give_the_number_asks_for_the_address_too,
    where_there_are_two_publishers_both_look_at_a_figure,
    what_was_confirmed_is_what_is_published,
    what_a_file_brings_is_checked_like_what_is_typed,
}

on_both! {
    demo:
    a_figure_that_public_records_give_needs_a_second_look_like_any_other,
    an_incident_of_a_case_that_hangs_on_a_built_person_is_a_case_file,
}

pub const OWN: &str = "own-1";

/// Somebody to whom something happened, known from a source.
pub fn case(app: &App, kind: &str, date: &str) -> String {
    let person = app.caseworker().enter(Noun::Person, &json!({})).json();
    let source = app.caseworker().enter(Noun::Source, &json!({"type": "interview"})).json();
    let entry = json!({"person": person["code"], "kind": kind, "date": date, "known_on": "2018-04-01",
        "sources": [{"source": source["code"]}]});
    app.caseworker().enter(Noun::Incident, &entry);
    let seen = by_code(app, Noun::Person, person["code"].as_str().unwrap());
    let earlier = json!({"known_on": "2018-04-01", "reason": "known since then"});
    app.caseworker().correct(Noun::Person, &seen, &earlier).expect(200);
    source["code"].as_str().unwrap().to_owned()
}

pub fn second<'a>(app: &'a App) -> Caller<'a> {
    let lasting = TimeDelta::days(366);
    app.bearing(&accounts::create_token(&app.store, "second", Role::Publisher, lasting, Purpose::Api).unwrap())
}

fn entry(code: &str, value: u64, more: &Value) -> Value {
    let mut entry = json!({"publication": OWN, "code": code, "measure": "persons", "value": value,
        "population": "people", "region": "Chechnya", "as_of": "2018-04-10", "address": "https://example.org/read"});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

pub fn draft(app: &App, code: &str, value: u64, more: &Value) -> Answer {
    app.caseworker().enter(Noun::Figure, &entry(code, value, more))
}

pub fn publish(by: &Caller<'_>, seen: &Answer) -> Answer {
    by.correct(Noun::Figure, seen, &json!({"state": "published", "reason": "it is out"}))
}

pub fn confirm(by: &Caller<'_>, seen: &Answer) -> Answer {
    by.post_with(&format!("{}/confirmation", seen.path(Noun::Figure)), &[("If-Match", &seen.etag())], &json!({}))
}

pub fn shown(app: &App) -> Vec<String> {
    let items = app.anybody().get("/api/v1/figures").expect(200).items();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn a_figure_whose_query_counts_a_case_file_is_published_by_no_door(app: &App) {
    publication(app, OWN, "published");
    case(app, "detention", "2017-05");
    let asked = json!({"query": "measure=persons&kind=detention"});
    let seen = draft(app, "detained", 1, &asked);
    let why = "what counts one becomes public only through a release that signs it";
    for publisher in [app.publisher(), second(app)] {
        let answer = app.unchanged(|| publish(&publisher, &seen).refuses(422, "state", "inconsistent"));
        assert!(answer.text().contains(why), "{}", answer.text());
    }
    // Confirmed, or with another value, it counts one still.
    confirm(&second(app), &seen).expect(200);
    app.unchanged(|| publish(&app.publisher(), &seen).refuses(422, "state", "inconsistent"));
    let mut at_once = entry("at_once", 7, &asked);
    at_once["state"] = "published".into();
    app.unchanged(|| app.publisher().create(Noun::Figure, &at_once).refuses(422, "state", "inconsistent"));
    // Nor does its number become another where the query is left out.
    let bare = json!({"query": null, "state": "published", "reason": "as it was read"});
    app.unchanged(|| app.publisher().correct(Noun::Figure, &seen, &bare).refuses(422, "state", "inconsistent"));
    let bare = app.publisher().correct(Noun::Figure, &seen, &json!({"query": null, "reason": "by hand"})).expect(200);
    confirm(&second(app), &bare).expect(200);
    app.unchanged(|| publish(&app.publisher(), &bare).refuses(422, "state", "inconsistent"));
    assert!(shown(app).is_empty());
}

fn a_figure_that_counts_a_case_file_perhaps_or_today_counts_one(app: &App) {
    publication(app, OWN, "published");
    case(app, "detention", "2017-12/2018-01");
    // Wholly in no year, and known only after the day of which the figure speaks.
    let perhaps = draft(app, "perhaps", 1, &json!({"query": "measure=persons&kind=detention&year=2017"}));
    let later = draft(app, "later", 1, &json!({"query": "measure=persons&kind=detention", "as_of": "2017-01-01"}));
    for seen in [perhaps, later] {
        app.unchanged(|| publish(&app.publisher(), &seen).refuses(422, "state", "inconsistent"));
    }
    let nobody = draft(app, "nobody", 1, &json!({"query": "measure=persons&kind=detention&year=2019"}));
    publish(&app.publisher(), &nobody).expect(200);
}

fn a_published_figure_is_checked_again_when_its_number_is_corrected(app: &App) {
    publication(app, OWN, "published");
    let seen = draft(app, "killed", 3, &json!({"query": "measure=persons&kind=death"}));
    let public = publish(&app.publisher(), &seen).expect(200);
    // Somebody dies who is on record. What was said before stands, and its note can be corrected.
    case(app, "death", "2017-05");
    case(app, "detention", "2017-05");
    let note = json!({"note": "see page 2", "reason": "a note"});
    let noted = app.publisher().correct(Noun::Figure, &public, &note).expect(200);
    assert_ne!(noted.etag(), public.etag());
    for change in
        [json!({"value": 1}), json!({"query": "measure=persons&kind=detention"}), json!({"qualifier": "about"})]
    {
        let mut change = change;
        change["reason"] = "a correction".into();
        app.unchanged(|| app.publisher().correct(Noun::Figure, &noted, &change).refuses(422, "state", "inconsistent"));
    }
    // As a draft it can be anything, and is nobody's business.
    let draft = json!({"value": 1, "state": "draft", "reason": "a correction"});
    let draft = app.publisher().correct(Noun::Figure, &noted, &draft).expect(200);
    assert!(shown(app).is_empty());
    app.unchanged(|| publish(&app.publisher(), &draft).refuses(422, "state", "inconsistent"));
    // Nor does what was taken back come again by itself.
    let other = draft_of_nobody(app);
    let gone =
        app.publisher().withdraw(Noun::Figure, &publish(&app.publisher(), &other).expect(200), "wrong").expect(200);
    case(app, "torture", "2017-05");
    app.unchanged(|| {
        app.publisher().restore(Noun::Figure, &gone, "right after all").refuses(422, "state", "inconsistent")
    });
}

fn draft_of_nobody(app: &App) -> Answer {
    draft(app, "tortured", 2, &json!({"query": "measure=persons&kind=torture"}))
}

fn a_publication_takes_no_figure_along_that_may_not_be_public(app: &App) {
    let hidden = publication(app, OWN, "draft");
    let seen = draft(app, "detained", 1, &json!({"query": "measure=persons&kind=detention"}));
    publish(&app.publisher(), &seen).expect(200);
    draft(app, "idle", 5, &json!({}));
    case(app, "detention", "2017-05");
    let publish = json!({"state": "published", "reason": "it is out"});
    let answer = app.unchanged(|| {
        app.publisher().correct(Noun::Publication, &hidden, &publish).refuses(422, "state", "inconsistent")
    });
    assert!(answer.text().contains("`detained`"), "{}", answer.text());
    correct(app, Noun::Figure, "own-1:detained", &json!({"state": "draft"}));
    app.publisher().correct(Noun::Publication, &hidden, &publish).expect(200);
    assert!(shown(app).is_empty(), "drafts stay drafts");
}

fn a_query_of_a_public_figure_asks_for_no_source_and_no_event(app: &App) {
    publication(app, OWN, "published");
    let source = case(app, "detention", "2017-05");
    let query = format!("measure=persons&kind=death&source={source}");
    let seen = draft(app, "from_one", 1, &json!({"query": query}));
    let answer = app.unchanged(|| publish(&app.publisher(), &seen).refuses(422, "query", "inconsistent"));
    assert!(answer.text().contains("who told it is never public"), "{}", answer.text());
    let event = entry("of_one", 1, &json!({"query": "measure=persons&event=E-1", "state": "published"}));
    let answer = app.unchanged(|| app.publisher().create(Noun::Figure, &event).expect(422));
    assert!(answer.text().contains("an event may be known to few"), "{}", answer.text());
}

fn a_figure_without_a_query_is_published_with_the_address_where_it_was_read(app: &App) {
    publication(app, OWN, "published");
    let seen = draft(app, "said", 12, &json!({"address": null}));
    app.unchanged(|| publish(&app.publisher(), &seen).refuses(422, "address", "required"));
    for wrong in ["somewhere", "ftp://example.org/", "https://exa mple.org"] {
        let change = json!({"address": wrong, "reason": "where it was read"});
        app.unchanged(|| app.publisher().correct(Noun::Figure, &seen, &change).refuses(422, "address", "malformed"));
    }
    let change = json!({"address": "https://example.org/page", "state": "published", "reason": "where it was read"});
    let public = app.publisher().correct(Noun::Figure, &seen, &change).expect(200);
    assert_eq!(public.json()["address"], "https://example.org/page");
    assert_eq!(shown(app), ["own-1:said"]);
    let without = json!({"address": null, "reason": "not there any more"});
    app.unchanged(|| app.publisher().correct(Noun::Figure, &public, &without).refuses(422, "address", "required"));
}

fn a_query_that_does_not_give_the_number_asks_for_the_address_too(app: &App) {
    publication(app, OWN, "published");
    let query = json!({"query": "measure=persons&kind=death", "address": null});
    let seen = draft(app, "dead", 3, &query);
    let answer = app.unchanged(|| publish(&app.publisher(), &seen).refuses(422, "address", "required"));
    assert!(answer.text().contains("its query does not give it"), "{}", answer.text());
    let change = json!({"address": "https://example.org/page", "state": "published", "reason": "where it was read"});
    app.publisher().correct(Noun::Figure, &seen, &change).expect(200);
    // What the query gives was read nowhere.
    publish(&app.publisher(), &draft(app, "nobody", 0, &query)).expect(200);
    // What was public before its query gave another number stays correctable in its note, and in nothing else.
    draft(app, "earlier", 5, &query);
    left(app, "own-1:earlier", "published");
    let public = by_code(app, Noun::Figure, "own-1:earlier");
    let note = json!({"note": "see page 2", "reason": "a note"});
    let noted = app.publisher().correct(Noun::Figure, &public, &note).expect(200);
    let number = json!({"value": 6, "reason": "a slip"});
    app.unchanged(|| app.publisher().correct(Noun::Figure, &noted, &number).refuses(422, "address", "required"));
}

fn where_there_are_two_publishers_both_look_at_a_figure(app: &App) {
    publication(app, OWN, "published");
    let (first, second) = (app.publisher(), second(app));
    let seen = draft(app, "said", 12, &json!({}));
    app.unchanged(|| {
        publish(&first, &seen).refuses(422, "state", "inconsistent");
        confirm(&app.caseworker(), &seen).problem(403, "forbidden");
        confirm(&app.researcher(), &seen).problem(403, "forbidden");
    });
    let confirmed = confirm(&first, &seen).expect(200).json();
    assert_eq!(confirmed["confirmations"][0]["account"], "test-publisher");
    let read = app.caseworker().get(&format!("{}/confirmation", seen.path(Noun::Figure))).expect(200).json();
    assert_eq!(read, confirmed);
    app.unchanged(|| {
        confirm(&first, &seen).problem(409, "refused");
        publish(&first, &seen).refuses(422, "state", "inconsistent");
    });
    publish(&second, &seen).expect(200);
    assert_eq!(shown(app), ["own-1:said"]);
    // Entered public at once it was before nobody's eyes but one's.
    let mut at_once = entry("at_once", 7, &json!({}));
    at_once["state"] = "published".into();
    app.unchanged(|| first.create(Noun::Figure, &at_once).refuses(422, "state", "inconsistent"));
    // A query that counts nobody is no way around.
    let empty = draft(app, "empty", 9, &json!({"query": "measure=persons&kind=death"}));
    app.unchanged(|| publish(&first, &empty).refuses(422, "state", "inconsistent"));
}

fn what_was_confirmed_is_what_is_published(app: &App) {
    publication(app, OWN, "published");
    let (first, second) = (app.publisher(), second(app));
    let seen = draft(app, "said", 12, &json!({}));
    confirm(&second, &seen).expect(200);
    let change = json!({"value": 13, "reason": "a slip"});
    let changed = app.caseworker().correct(Noun::Figure, &seen, &change).expect(200);
    app.unchanged(|| {
        publish(&first, &changed).refuses(422, "state", "inconsistent");
        let both = json!({"value": 14, "state": "published", "reason": "at once"});
        first.correct(Noun::Figure, &changed, &both).refuses(422, "state", "inconsistent");
        confirm(&second, &seen).problem(412, "stale");
    });
    // Back to what was confirmed, it is confirmed; and only by those who are publishers still.
    let back =
        app.caseworker().correct(Noun::Figure, &changed, &json!({"value": 12, "reason": "it was right"})).expect(200);
    let public = publish(&first, &back).expect(200);
    app.unchanged(|| {
        let change = json!({"value": 13, "reason": "alone"});
        first.correct(Noun::Figure, &public, &change).refuses(422, "state", "inconsistent");
    });
    first.correct(Noun::Figure, &public, &json!({"note": "see page 2", "reason": "a note"})).expect(200);
}

fn what_a_file_brings_is_checked_like_what_is_typed(app: &App) {
    publication(app, OWN, "published");
    case(app, "detention", "2017-05");
    let head = "publication,code,measure,population,region,value,as_of,query,address,state\n";
    let counting =
        format!("{head}{OWN},a,persons,people,Chechnya,1,2018-04-10,measure=persons&kind=detention,,published\n");
    let said = format!("{head}{OWN},b,persons,people,Chechnya,1,2018-04-10,,,published\n");
    let host = |file: &str| {
        let file = attest::exchange::import::File {
            noun: Noun::Figure,
            name: "figures.csv".to_owned(),
            bytes: file.as_bytes().to_vec(),
        };
        let done = attest::exchange::import::run(
            &app.store,
            &accounts::host(),
            vec![file],
            false,
            |_| Ok(()),
            Box::new(|_| {}),
        );
        done.map(drop).map_err(|why| why.to_string())
    };
    app.unchanged(|| {
        // Figures come from files on the machine alone.
        app.publisher().import("noun=figures", &counting).refuses(400, "noun", "unknown_code");
        assert!(host(&said).unwrap_err().contains("the address where the number was read"));
        assert!(host(&counting).unwrap_err().contains("release that signs it"));
    });
    second(app);
    let said = said.replace(",,published", ",https://example.org/page,published");
    app.unchanged(|| {
        // The machine is nobody who looks.
        assert!(host(&said).unwrap_err().contains("another publisher"));
    });
    host(&said.replace(",published", ",draft")).unwrap();
    assert!(shown(app).is_empty());
}

fn a_figure_that_public_records_give_needs_a_second_look_like_any_other(app: &App) {
    publication(app, OWN, "published");
    let (first, second) = (app.publisher(), second(app));
    // Anybody can reckon the number; the words around it are whatever somebody typed.
    let words = "people; and one of them was held in the cellar of the school";
    let query = json!({"query": "measure=persons&kind=evacuation&origin=RU-CE", "address": null, "population": words});
    let given = draft(app, "evacuated", 114, &query);
    app.unchanged(|| publish(&first, &given).refuses(422, "state", "inconsistent"));
    let mut at_once = entry("at_once", 114, &query);
    at_once["state"] = "published".into();
    app.unchanged(|| first.create(Noun::Figure, &at_once).refuses(422, "state", "inconsistent"));
    confirm(&second, &given).expect(200);
    let public = publish(&first, &given).expect(200);
    let change = json!({"population": "people, among them a teacher", "reason": "closer"});
    app.unchanged(|| first.correct(Noun::Figure, &public, &change).refuses(422, "state", "inconsistent"));
    // A new case makes it a matter of releases: its number as well as its query.
    let person = app.caseworker().enter(Noun::Person, &json!({"origin": "RU-CE"})).json();
    app.caseworker().enter(Noun::Incident, &json!({"person": person["code"], "kind": "evacuation", "date": "2017-05"}));
    let figure = figure(app, OWN, "later", 1, &json!({"state": "draft", "query": query["query"]}));
    confirm(&second, &figure).expect(200);
    app.unchanged(|| publish(&first, &figure).refuses(422, "state", "inconsistent"));
}

fn an_incident_of_a_case_that_hangs_on_a_built_person_is_a_case_file(app: &App) {
    publication(app, OWN, "published");
    let persons = app.caseworker().get("/api/v1/staff/persons?limit=200").expect(200).items();
    let built = persons.iter().find(|person| person["basis"] == "reconstructed").unwrap();
    let incident = |kind: &str, date: &str| {
        let entry = json!({"person": built["code"], "kind": kind, "date": date, "place": "RU-AST"});
        app.caseworker().enter(Noun::Incident, &entry);
    };
    incident("torture", "2017-05");
    incident("threat", "2014-12/2015-01");
    for (code, query) in [
        ("for_sure", "measure=persons&kind=torture&place=RU-AST"),
        ("incidents", "measure=incidents&kind=torture&place=RU-AST"),
        ("perhaps", "measure=persons&place=RU-AST&year=2014"),
        ("with", "measure=persons&with=evacuation,torture"),
    ] {
        let measure = if query.contains("incidents") { "incidents" } else { "persons" };
        let seen = draft(app, code, 1, &json!({"query": query, "measure": measure}));
        let answer = app.unchanged(|| publish(&app.publisher(), &seen).refuses(422, "state", "inconsistent"));
        assert!(answer.text().contains("only through a release that signs it"), "{code}: {}", answer.text());
    }
    // What stands on figures alone is counted as before.
    let given = json!({"query": "measure=persons&kind=evacuation&origin=RU-CE"});
    publish(&app.publisher(), &draft(app, "evacuated", 114, &given)).expect(200);
}
