//! What was typed is never lost: whatever comes between a form and its record, the same form comes back with everything in it.

use std::time::Duration;

use attest::domain::policy::Role;
use attest::http::app::Settings;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;

use crate::support::app::settings;
use crate::support::people::{Browser, Person, between};
use crate::support::{Answer, App, Backend, on_both};

on_both! {
    demo:
        what_was_typed_when_the_session_had_ended_stands_in_its_form_after_signing_in,
        a_session_that_somebody_ended_loses_nothing_that_was_typed,
        a_form_of_an_earlier_session_is_shown_again_and_not_done,
        what_is_asked_for_a_lost_seal_comes_back_after_signing_in_anew_and_two_do_it,
        a_form_that_waits_is_read_by_nobody_and_made_up_by_nobody,
        who_signs_in_as_somebody_who_may_not_do_it_keeps_what_was_typed,
        a_form_of_buttons_from_an_earlier_session_leads_to_its_page,
        a_form_that_saved_something_and_was_changed_tells_what_it_saved,
        an_answer_that_was_lost_is_given_again_and_nothing_is_saved_twice,
        an_overtaken_correction_shows_both_and_keeps_what_was_typed,
        a_form_that_has_a_mistake_stays_bound_to_the_version_that_was_seen,
        what_was_pasted_for_an_import_comes_back_and_the_file_is_asked_for_again,
        what_was_typed_comes_back_where_the_service_takes_too_long,
}

on_both! {
    released:
        every_form_with_text_comes_back_with_it_after_signing_in_anew,
}

/// A name that stands in no other record.
pub const NAME: &str = "Zarema Heron-Ибисова";
/// Longer than a passing thought, in two scripts and several lines.
pub const TEXT: &str =
    "On the third day they came back.\r\n\r\nОна сказала: «нет» & <никому>.\r\nThe end; 100 % = \"so\"";

pub fn caseworker<'a>(app: &'a App<'a>, name: &str) -> (Person, Browser<'a>) {
    let person = Person::new(app, name, Role::Caseworker);
    let browser = person.browser(app);
    (person, browser)
}

fn hidden(page: &str, name: &str) -> String {
    let found = between(page, &format!("name=\"{name}\" value=\""), "\"");
    (*found.first().unwrap_or_else(|| panic!("no hidden {name}: {page}"))).to_owned()
}

/// What stands in a field, as a browser reads it.
pub fn value(page: &str, name: &str) -> String {
    let field = between(page, &format!("name=\"{name}\""), "</div>");
    let field = field.first().unwrap_or_else(|| panic!("no field {name}: {page}"));
    let found = if let Some(area) = field.split("</textarea>").next().filter(|_| field.contains("</textarea>")) {
        area.split_once(">\n").unwrap().1.to_owned()
    } else if field.contains("<option") {
        between(field, "<option value=\"", "</option>")
            .into_iter()
            .find(|option| option.contains(" selected"))
            .map_or(String::new(), |option| option.split('"').next().unwrap().to_owned())
    } else {
        between(field, "value=\"", "\"")[0].to_owned()
    };
    let found = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(found, |text, (written, read)| text.replace(written, read));
    lines(&found)
}

pub fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn at(answer: &Answer) -> String {
    answer.header("location").unwrap_or_else(|| panic!("{}: {}", answer.asked, answer.text())).to_owned()
}

fn entered(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
    at(&browser.submit(path, fields).expect(303)).split('?').next().unwrap().to_owned()
}

/// What the page that asks to sign in sends along.
pub fn carried(page: &str) -> [(String, String); 2] {
    ["to", "carried"].map(|name| (name.to_owned(), hidden(page, name)))
}

/// Signs in on a page on which a form waits, and goes where that leads as a browser goes: with the same body.
pub fn sign_in_on(browser: &mut Browser<'_>, person: &Person, page: &str) -> Answer {
    let code = person.next_code(browser.app);
    let waiting = carried(page);
    let mut fields = vec![("name", &*person.name), ("passphrase", &*person.passphrase), ("code", &*code)];
    fields.extend(waiting.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let answer = browser.post("/sign-in", &fields).expect(307);
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let session = cookies.filter_map(|cookie| cookie.strip_prefix("attest=")).next().unwrap();
    browser.session = Some(session.split(';').next().unwrap().to_owned());
    browser.post(&at(&answer), &fields)
}

fn persons(app: &App) -> usize {
    app.caseworker().walk("/api/v1/staff/persons?limit=200").len()
}

fn what_was_typed_when_the_session_had_ended_stands_in_its_form_after_signing_in(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let page = browser.get("/desk/persons/new").expect(200).text();
    let (word, once) = (hidden(&page, "csrf"), hidden(&page, "once"));
    let typed = [
        ("csrf", &*word),
        ("once", &*once),
        ("ground", "threatened_by_relatives"),
        ("name", NAME),
        ("narrative", TEXT),
    ];
    let before = persons(app);
    app.clock.advance(TimeDelta::minutes(45));
    let asked = app.unchanged(|| browser.post("/desk/persons", &typed).expect(403)).text();
    assert!(asked.contains("Your session has ended") && asked.contains("action=\"/sign-in\""), "{asked}");
    assert!(
        !asked.contains("Zarema") && !asked.contains("third day"),
        "whoever finds the page open reads nothing: {asked}"
    );
    // Whoever mistypes a code loses nothing either.
    let waiting = carried(&asked);
    let mut wrong = vec![("name", "kai"), ("passphrase", "something else"), ("code", "000000")];
    wrong.extend(waiting.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let refused = browser.post("/sign-in", &wrong).expect(403).text();
    assert!(refused.contains("That was not right") && carried(&refused) == waiting, "{refused}");

    let shown = sign_in_on(&mut browser, &kai, &refused).expect(403).text();
    assert!(shown.contains("Nothing is saved yet"), "{shown}");
    assert_eq!(persons(app), before, "nothing is saved before it is sent");
    assert_eq!((value(&shown, "name"), value(&shown, "narrative")), (NAME.to_owned(), lines(TEXT)));
    assert_eq!((value(&shown, "ground"), hidden(&shown, "once")), ("threatened_by_relatives".to_owned(), once.clone()));
    let again = hidden(&shown, "csrf");
    assert_ne!(again, word);
    let sent: Vec<_> = [("csrf", &*again)].into_iter().chain(typed.into_iter().skip(1)).collect();
    let saved = browser.post("/desk/persons", &sent).expect(303);
    assert!(at(&saved).ends_with("?done=entered"), "{}", at(&saved));
    assert_eq!(persons(app), before + 1);
}

fn a_session_that_somebody_ended_loses_nothing_that_was_typed(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let other = kai.browser(app);
    let word = browser.word();
    other.submit("/sign-out", &[]).expect(303);
    let own = browser.clone();
    own.submit("/sign-out", &[]).expect(303);
    for session in [browser.session.clone(), None, Some("0".repeat(64))] {
        browser.session = session;
        let typed = [("csrf", &*word), ("type", "interview"), ("identity", NAME)];
        let asked = browser.post("/ru/desk/sources", &typed).expect(403).text();
        assert!(asked.contains("Ваш сеанс закончился") && asked.contains("action=\"/ru/sign-in\""), "{asked}");
        let shown = sign_in_on(&mut browser, &kai, &asked).expect(403).text();
        assert_eq!((value(&shown, "identity"), value(&shown, "type")), (NAME.to_owned(), "interview".to_owned()));
    }
    // With nothing in it there is nothing to keep.
    browser.session = None;
    assert_eq!(at(&browser.post("/desk/sources", &[("csrf", &word)]).expect(303)), "/sign-in");
}

fn a_form_of_an_earlier_session_is_shown_again_and_not_done(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let person = entered(&browser, "/desk/persons", &[("sex", "M")]);
    let word = browser.word();
    let seen = hidden(&browser.get(&format!("{person}/correction")).text(), "seen");
    // In another tab, in the same browser.
    browser.sign_in(&kai);
    let new = [("csrf", &*word), ("narrative", TEXT)];
    let shown = app.unchanged(|| browser.post("/desk/persons", &new).expect(403)).text();
    assert_eq!((value(&shown, "narrative"), hidden(&shown, "csrf")), (lines(TEXT), browser.word()));
    let correction = [("csrf", &*word), ("seen", &*seen), ("sex", "F"), ("reason", "as told")];
    let path = format!("{person}/correction");
    let shown = app.unchanged(|| browser.post(&path, &correction).expect(403)).text();
    assert_eq!(
        (value(&shown, "sex"), value(&shown, "reason"), hidden(&shown, "seen")),
        ("F".into(), "as told".into(), seen)
    );
}

/// A form with text: who sends it, to where, and what is in it.
type Sending<'t> = (Role, String, Vec<(&'t str, &'t str)>);

fn every_form_with_text_comes_back_with_it_after_signing_in_anew(app: &App) {
    let (_, browser) = caseworker(app, "kai");
    let person = entered(&browser, "/desk/persons", &[("name", "Somebody")]);
    let seen = hidden(&browser.get(&format!("{person}/correction")).text(), "seen");
    let event = entered(&browser, "/desk/events", &[("name", "First wave"), ("date", "2017")]);
    let event_seen = hidden(&browser.get(&format!("{event}/correction")).text(), "seen");
    let account = Person::new(app, "rita", Role::Researcher).id;
    let released = app.publisher().get("/api/v1/staff/releases").expect(200).items().remove(0);
    assert_eq!(released["state"], "published", "only then its form has these fields");
    let (release, release_seen) = (released["id"].as_str().unwrap(), released["version"].to_string());
    let of = |rest: &str| format!("{person}/{rest}");
    let sendings: Vec<Sending> = vec![
        (
            Role::Caseworker,
            "/desk/incidents".into(),
            vec![("date", "about April 2017"), ("involvements[1].actor", "relatives")],
        ),
        (Role::Caseworker, "/desk/events".into(), vec![("name", "Second wave"), ("narrative", TEXT)]),
        (Role::Caseworker, "/desk/consents".into(), vec![("decision", "given"), ("decided_on", "3 April")]),
        (Role::Caseworker, "/desk/linkages".into(), vec![("reason", "one passport")]),
        (Role::Caseworker, "/desk/publications".into(), vec![("publisher", "The Network"), ("note", TEXT)]),
        (Role::Caseworker, "/desk/figures".into(), vec![("population", "people evacuated"), ("value", "about 4")]),
        (Role::Admin, "/desk/terms".into(), vec![("definition_en", "A home is set on fire.")]),
        (Role::Caseworker, of("correction"), vec![("seen", &seen), ("sex", "F"), ("reason", "as told")]),
        (
            Role::Caseworker,
            format!("{event}/texts/correction"),
            vec![("seen", &event_seen), ("narrative", TEXT), ("reason", "told")],
        ),
        (Role::Caseworker, of("several"), vec![("[3].kind", "detention"), ("[3].date", "soon")]),
        (Role::Caseworker, of("withdrawal"), vec![("seen", &seen), ("reason", "entered twice")]),
        (Role::Caseworker, of("seal"), vec![("seen", &seen), ("accounts", "rosa; host"), ("reason", "a neighbour")]),
        (Role::Caseworker, of("erasure"), vec![("seen", &seen), ("reason", "requested")]),
        (Role::Caseworker, "/desk/find".into(), vec![("name", "Зарем")]),
        (Role::Admin, "/desk/accounts".into(), vec![("name", "new-one"), ("role", "auditor")]),
        (Role::Admin, format!("/desk/accounts/{account}/role"), vec![("role", "auditor")]),
        (
            Role::Publisher,
            "/desk/releases".into(),
            vec![("title_en", "By sex"), ("tables[1].code", "by-sex"), ("declaration", "{ }")],
        ),
        (Role::Publisher, format!("/desk/releases/{release}/notice"), vec![("seen", &release_seen), ("notice", TEXT)]),
        (
            Role::Publisher,
            format!("/desk/releases/{release}/withdraw"),
            vec![("seen", &release_seen), ("reason", "a mistake")],
        ),
    ];
    let mut people: Vec<(Role, Person, Browser)> = Vec::new();
    for role in [Role::Caseworker, Role::Publisher, Role::Admin] {
        let person = Person::new(app, &format!("late-{role}"), role);
        let browser = person.browser(app);
        people.push((role, person, browser));
    }
    for (role, path, fields) in &sendings {
        let (_, person, browser) = people.iter_mut().find(|(own, ..)| own == role).unwrap();
        // The clock ran on while others sent theirs.
        browser.sign_in(person);
        let word = browser.word();
        app.clock.advance(TimeDelta::minutes(31));
        let fields: Vec<_> = [("csrf", word.as_str())].into_iter().chain(fields.iter().copied()).collect();
        let asked = app.unchanged(|| browser.post(path, &fields).expect(403)).text();
        let shown = sign_in_on(browser, person, &asked).expect(403).text();
        for (name, typed) in &fields[1..] {
            let name = match *name {
                // Rows that were left empty are taken out.
                "involvements[1].actor" => "involvements[0].actor",
                "tables[1].code" => "tables[0].code",
                name => name,
            };
            let found = if name == "seen" { hidden(&shown, name) } else { value(&shown, name) };
            assert_eq!(found, lines(typed), "{path} {name}: {shown}");
        }
        assert!(shown.contains("you have signed in anew since"), "{path}: {shown}");
    }
}

fn what_is_asked_for_a_lost_seal_comes_back_after_signing_in_anew_and_two_do_it(app: &App) {
    let (anna, browser) = caseworker(app, "anna");
    let person = entered(&browser, "/desk/persons", &[("name", "Somebody")]);
    let seen = hidden(&browser.get(&format!("{person}/seal")).text(), "seen");
    let seal = [("seen", seen.as_str()), ("accounts", ""), ("reason", "known to a neighbour")];
    browser.submit(&format!("{person}/seal"), &seal).expect(303);
    let id = person.rsplit('/').next().unwrap();
    let publishers = ["petra", "pavel"].map(|name| Person::new(app, name, Role::Publisher));
    app.admin().post(&format!("/api/v1/staff/accounts/{}/disablement", anna.id), &serde_json::json!({})).expect(200);

    let asked = [("person", id), ("account", "petra"), ("reason", "anna has left")];
    let mut first = publishers[0].browser(app);
    let word = first.word();
    app.clock.advance(TimeDelta::minutes(31));
    let late = [&[("csrf", word.as_str())], &asked[..]].concat();
    let page = app.unchanged(|| first.post("/desk/lost-seals", &late).expect(403)).text();
    let shown = sign_in_on(&mut first, &publishers[0], &page).expect(403).text();
    assert_eq!(
        (value(&shown, "account"), value(&shown, "reason")),
        ("petra".into(), "anna has left".into()),
        "{shown}"
    );
    let waits = first.submit("/desk/lost-seals", &asked).expect(200).text();
    assert!(waits.contains("Another publisher must ask the same"), "{waits}");
    assert!(!waits.contains("Somebody") && first.get(&person).status == 404);
    let opened = publishers[1].browser(app).submit("/desk/lost-seals", &asked).expect(200).text();
    assert!(opened.contains("The account is on the list now"), "{opened}");
    first.get(&person).expect(200);
}

fn a_form_that_waits_is_read_by_nobody_and_made_up_by_nobody(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let word = browser.word();
    let nobody = Browser::new(app);
    let typed = [("csrf", &*word), ("name", NAME)];
    // A form that another site sends, as somebody who is signed in or not, is carried nowhere.
    for site in ["cross-site", "same-site", "none"] {
        for from in [&nobody, &browser] {
            let refused = from.post_with("/desk/persons", &[("Sec-Fetch-Site", site)], &typed).expect(403).text();
            assert!(!refused.contains("name=\"carried\"") && !refused.contains("Zarema"), "{refused}");
        }
    }
    let asked = nobody.post("/desk/persons", &typed).expect(403).text();
    let [_, (_, sealed)] = carried(&asked);
    // It opens at the address that it was sent to and nowhere else, and nothing else opens there.
    let mut other = sealed.clone();
    other.replace_range(..1, if sealed.starts_with('A') { "B" } else { "A" });
    for (path, sealed) in
        [("/desk/sources", &*sealed), ("/desk/persons", &*other), ("/desk/persons", "AAAA"), ("/desk/persons", "?")]
    {
        let refused = app.unchanged(|| browser.post(path, &[("carried", sealed), ("csrf", &word)]).expect(403)).text();
        assert!(!refused.contains("Zarema"), "{refused}");
    }
    // The right word of the session does not make it a form that is done.
    let shown = app.unchanged(|| browser.post("/desk/persons", &[("carried", &*sealed), ("csrf", &word)]).expect(403));
    assert_eq!(value(&shown.text(), "name"), NAME);
    // Signing in leads on to forms of ours alone.
    for to in [
        "https://example.org/",
        "//example.org/desk/persons",
        "/desk/persons/",
        "/desk/persons/../x",
        "/account",
        "/nowhere",
        "",
    ] {
        let code = kai.next_code(app);
        let fields =
            [("name", "kai"), ("passphrase", &*kai.passphrase), ("code", &*code), ("to", to), ("carried", &*sealed)];
        assert_eq!(at(&browser.post("/sign-in", &fields).expect(303)), "/desk", "{to}");
    }
    browser.sign_in(&kai);
    assert!(browser.is_in());
}

fn who_signs_in_as_somebody_who_may_not_do_it_keeps_what_was_typed(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let rita = Person::new(app, "rita", Role::Researcher);
    let typed = [("csrf", &*browser.word()), ("narrative", TEXT)];
    app.clock.advance(TimeDelta::minutes(31));
    let asked = browser.post("/desk/persons", &typed).expect(403).text();
    let denied = sign_in_on(&mut browser, &rita, &asked).expect(403).text();
    assert!(denied.contains("Your role may not do this") && !denied.contains("third day"), "{denied}");
    let shown = sign_in_on(&mut browser, &kai, &denied).expect(403).text();
    assert_eq!(value(&shown, "narrative"), lines(TEXT));
}

fn a_form_of_buttons_from_an_earlier_session_leads_to_its_page(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let person = entered(&browser, "/desk/persons", &[("name", NAME)]);
    let word = browser.word();
    browser.sign_in(&kai);
    let late = [("csrf", &*word), ("print", "yes")];
    let told = app.unchanged(|| browser.post(&format!("{person}/texts"), &late).expect(403)).text();
    assert!(told.contains(&format!("href=\"{person}/texts\"")) && !told.contains("Zarema"), "{told}");
}

fn a_form_that_saved_something_and_was_changed_tells_what_it_saved(app: &App) {
    let (_, browser) = caseworker(app, "kai");
    let once = hidden(&browser.get("/desk/persons/new").text(), "once");
    let first = [("once", &*once), ("code", "P-FIRST"), ("narrative", "One.")];
    let address = entered(&browser, "/desk/persons", &first);
    let before = persons(app);
    // Back, mended, sent again.
    let second = [("once", &*once), ("narrative", TEXT)];
    let page = browser.submit("/desk/persons", &second).expect(409).text();
    assert_eq!(persons(app), before);
    assert!(page.contains(&format!("href=\"{address}\"")) && page.contains("This was saved: P-FIRST"), "{page}");
    let fresh = hidden(&page, "once");
    assert_eq!((value(&page, "narrative"), fresh == once), (lines(TEXT), false));
    assert_ne!(entered(&browser, "/desk/persons", &[("once", &*fresh), ("narrative", TEXT)]), address);
    assert_eq!(persons(app), before + 1);

    let several = format!("{address}/several");
    let once = hidden(&browser.get(&several).text(), "once");
    let row = |date| [("once", once.clone()), ("[0].kind", "detention".to_owned()), ("[0].date", date)];
    let send = |date: &str| {
        let row = row(date.to_owned());
        browser.submit(&several, &row.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    assert!(at(&send("2017").expect(303)).ends_with("done=several"));
    assert!(at(&send("2017").expect(303)).ends_with("done=already"));
    let page = send("2018").expect(409).text();
    assert!(page.contains(&format!("href=\"{address}#incidents\"")) && value(&page, "[0].date") == "2018", "{page}");
    assert_ne!(hidden(&page, "once"), once);
}

fn an_answer_that_was_lost_is_given_again_and_nothing_is_saved_twice(app: &App) {
    let (_, browser) = caseworker(app, "kai");
    let once = hidden(&browser.get("/desk/persons/new").text(), "once");
    let typed = [("once", &*once), ("sex", "M"), ("name", NAME)];
    let address = entered(&browser, "/desk/persons", &typed);
    let before = persons(app);
    let again = at(&browser.submit("/desk/persons", &typed).expect(303));
    assert_eq!(again, format!("{address}?done=already"));
    assert!(browser.get(&again).expect(200).text().contains("saved already"));
    assert_eq!(persons(app), before);

    // A browser sends every field of the form, also those that nobody touched.
    let form = browser.get(&format!("{address}/correction")).text();
    let (seen, review_on, owner) = (hidden(&form, "seen"), value(&form, "review_on"), value(&form, "owner"));
    let correction =
        [("seen", &*seen), ("sex", "F"), ("review_on", &*review_on), ("owner", &*owner), ("reason", "as told")];
    let versions = || {
        app.caseworker().get(&format!("/api/v1/staff{}/history", &address["/desk".len()..])).expect(200).items().len()
    };
    browser.submit(&format!("{address}/correction"), &correction).expect(303);
    assert_eq!(versions(), 2);
    let again = browser.submit(&format!("{address}/correction"), &correction).expect(303);
    assert_eq!((at(&again), versions()), (format!("{address}?done=already"), 2));
    let seen = hidden(&browser.get(&format!("{address}/correction")).text(), "seen");
    let texts = [("seen", &*seen), ("name", "Z. Heron"), ("reason", "asked for it")];
    browser.submit(&format!("{address}/texts/correction"), &texts).expect(303);
    let again = browser.submit(&format!("{address}/texts/correction"), &texts).expect(303);
    assert_eq!((at(&again), versions()), (format!("{address}?done=already"), 3));
    let seen = hidden(&browser.get(&format!("{address}/withdrawal")).text(), "seen");
    let reason = [("seen", &*seen), ("reason", "entered twice")];
    for _ in 0..2 {
        let done = browser.submit(&format!("{address}/withdrawal"), &reason).expect(303);
        assert_eq!(at(&done), format!("{address}?done=withdrawal"));
    }
    assert_eq!(versions(), 4);
}

fn an_overtaken_correction_shows_both_and_keeps_what_was_typed(app: &App) {
    let ((_, kai), (_, rosa)) = (caseworker(app, "kai"), caseworker(app, "rosa"));
    let person = entered(&kai, "/desk/persons", &[("code", "P-BOTH"), ("name", NAME)]);
    let incident = entered(&kai, "/desk/incidents", &[("person", "P-BOTH"), ("kind", "detention"), ("date", "2017")]);
    let seen = hidden(&kai.get(&format!("{incident}/correction")).text(), "seen");
    let of = |kind, date, place, reason| {
        [("seen", &*seen), ("person", "P-BOTH"), ("kind", kind), ("date", date), ("place", place), ("reason", reason)]
    };
    let path = format!("{incident}/correction");
    rosa.submit(&path, &of("torture", "2017-05", "RU-CE", "heard anew")).expect(303);
    let page = kai.submit(&path, &of("threat", "2017", "RU-CE", "she told me")).expect(409).text();
    let table = between(&page, "<table>", "</table>")[0];
    for told in ["<td>Torture</td><td>Threat</td>", "<td>May 2017 (2017-05)</td><td>2017 (2017)</td>"] {
        assert!(table.replace('\n', "").contains(told), "{told}: {table}");
    }
    assert!(!table.contains("Chechnya"), "what is the same in both is not told: {table}");
    assert!(page.contains("It was rosa, at "), "{page}");
    assert_eq!((value(&page, "kind"), value(&page, "reason")), ("threat".to_owned(), "she told me".to_owned()));
    let newest = hidden(&page, "seen");
    assert_ne!(newest, seen);
    kai.submit(
        &path,
        &[("seen", &*newest), ("person", "P-BOTH"), ("kind", "threat"), ("date", "2017"), ("reason", "she told me")],
    )
    .expect(303);

    // The same where one asks for something to be done with a record, and for personal text.
    let seen = hidden(&kai.get(&format!("{person}/withdrawal")).text(), "seen");
    let sex = [("seen", &*seen), ("sex", "F"), ("reason", "heard anew")];
    rosa.submit(&format!("{person}/correction"), &sex).expect(303);
    for rest in ["withdrawal", "seal", "erasure"] {
        let typed = [("seen", &*seen), ("reason", "requested"), ("accounts", "rosa")];
        let page = kai.submit(&format!("{person}/{rest}"), &typed).expect(412).text();
        assert!(page.contains("Somebody else has changed this record"), "{rest}: {page}");
        assert_eq!((value(&page, "reason"), hidden(&page, "seen") == seen), ("requested".to_owned(), false), "{rest}");
    }
    let typed = [("seen", &*seen), ("narrative", TEXT), ("reason", "told")];
    let page = kai.submit(&format!("{person}/texts/correction"), &typed).expect(409).text();
    assert!(page.contains(&format!("<dd>{NAME}</dd>")), "what stands now is there: {page}");
    assert_eq!((value(&page, "narrative"), hidden(&page, "seen") == seen), (lines(TEXT), false));
}

fn a_form_that_has_a_mistake_stays_bound_to_the_version_that_was_seen(app: &App) {
    let ((_, kai), (_, rosa)) = (caseworker(app, "kai"), caseworker(app, "rosa"));
    let person = entered(&kai, "/desk/persons", &[("sex", "M")]);
    let path = format!("{person}/correction");
    let seen = hidden(&kai.get(&path).text(), "seen");
    let wrong = kai.submit(&path, &[("seen", &*seen), ("sex", "F"), ("reason", "")]).expect(422).text();
    assert_eq!(hidden(&wrong, "seen"), seen);
    // What somebody writes between a mistake and its mending is not written over unseen.
    rosa.submit(&path, &[("seen", &*seen), ("sex", "_O"), ("reason", "heard anew")]).expect(303);
    kai.submit(&path, &[("seen", &*hidden(&wrong, "seen")), ("sex", "F"), ("reason", "as told")]).expect(409);
}

fn what_was_pasted_for_an_import_comes_back_and_the_file_is_asked_for_again(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let word = browser.word();
    let part = |name: &str, value: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = |text: &str| {
        let file = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ncode\r\nP-A\r\n--edge--\r\n";
        (part("csrf", &word) + &part("noun", "sources") + &part("text", text) + file).into_bytes()
    };
    let kind = [("Content-Type", "multipart/form-data; boundary=edge")];
    app.clock.advance(TimeDelta::minutes(31));
    let asked = browser.send("POST", "/desk/import", &kind, body("code,type\nS-A,interview\n")).expect(403).text();
    let shown = sign_in_on(&mut browser, &kai, &asked).expect(403).text();
    assert!(shown.contains("choose it again") && shown.contains("type=\"file\""), "{shown}");
    assert_eq!(
        (value(&shown, "noun"), value(&shown, "text")),
        ("sources".into(), "code,type\nS-A,interview\n".to_owned())
    );
    // What was tried waits on, and is imported from the page of its trial.
    let tried = browser.send("POST", "/desk/import", &kind, {
        let word = browser.word();
        let none = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--edge--\r\n";
        (part("csrf", &word) + &part("noun", "sources") + &part("text", "code,type\nS-A,interview\n") + none)
            .into_bytes()
    });
    let staged = hidden(&tried.expect(200).text(), "staged");
    app.clock.advance(TimeDelta::minutes(31));
    let asked = browser.post("/desk/import/confirmation", &[("csrf", &*word), ("staged", &*staged)]).expect(403).text();
    let trial = at(&sign_in_on(&mut browser, &kai, &asked).expect(303));
    assert_eq!(trial, format!("/desk/jobs/{staged}"));
    assert_eq!(hidden(&browser.get(&trial).expect(200).text(), "staged"), staged);
    browser.submit("/desk/import/confirmation", &[("staged", &staged)]).expect(200);
}

/// Holds up whoever else writes.
pub fn writing_for_ever(app: &App) -> &'static str {
    match app.backend {
        Backend::Sqlite => "BEGIN IMMEDIATE",
        Backend::Postgres => "BEGIN; UPDATE chain_head SET write = write",
    }
}

fn what_was_typed_comes_back_where_the_service_takes_too_long(app: &App) {
    let (_, browser) = caseworker(app, "kai");
    let (word, before) = (browser.word(), persons(app));
    let hurried = Settings { longest_request: Duration::from_secs(2), ..settings() };
    let slow = App::serve(app.home, app.home.open(), hurried);
    let waiting = Browser { session: browser.session.clone(), ..Browser::new(&slow) };
    let mut writing = app.home.connect();
    writing.batch_execute(writing_for_ever(app)).unwrap();
    let form = waiting.get("/ru/desk/persons/new").expect(200).text();
    let ground = between(&form, "<option value=\"threatened_by_relatives\">", "</option>")[0];
    let typed = [("csrf", &*word), ("ground", "threatened_by_relatives"), ("narrative", "<said> quietly")];
    let page = waiting.post("/ru/desk/persons", &typed).expect(504);
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page:?}");
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self'"), "{page:?}");
    let page = page.text();
    assert!(page.contains("<form method=\"post\" action=\"/ru/desk/persons\">"), "{page}");
    assert_eq!((value(&page, "narrative"), hidden(&page, "csrf")), ("<said> quietly".to_owned(), word.clone()));
    // What was chosen is told by what it is called, and sent as its code.
    assert!(page.contains(&format!("readonly>\n{ground}</textarea>")), "{page}");
    assert_eq!(hidden(&page, "ground"), "threatened_by_relatives");
    writing.batch_execute("ROLLBACK").unwrap();
    // Nothing was saved, and sent again it is.
    assert_eq!(persons(app), before);
    browser.post("/desk/persons", &[("csrf", &*word), ("narrative", "<said> quietly")]).expect(303);
}

#[test]
fn no_page_advises_to_go_back_in_the_browser() {
    let advises = |text: &str| ["go back", "back button", "назад"].iter().any(|word| text.contains(word));
    for (english, russian) in attest::http::pages::words::lines() {
        assert!(!advises(&english.to_lowercase()) && !advises(&russian.to_lowercase()), "{english}: {russian}");
    }
    assert!(advises("go back, copy what you typed"), "the control");
}
