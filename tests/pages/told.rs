//! What pages of staff say before something is done, and of what stands: joint consent, seals, reasons, second looks.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::lists::in_force;
use super::office::{browser, hidden};
use super::public::words;
use crate::support::people::{Browser, between};
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_no_on_one_of_joined_records_is_told_on_the_pages_of_all,
    a_history_says_when_a_person_was_sealed_and_when_the_seal_was_lifted,
    why_two_records_are_one_is_no_reason_for_taking_that_back,
    a_time_line_goes_by_time_and_what_has_no_date_comes_last,
    withdrawing_consent_and_erasing_say_what_happens_to_what_is_public,
    what_waits_for_a_publisher_stands_on_the_desk,
    an_admin_who_is_alone_is_told_what_to_do,
}

on_both! {
    released:
    publishing_asks_once_more_and_says_what_becomes_public,
    the_form_for_a_release_can_be_sent_as_it_is_offered,
}

#[track_caller]
fn says(html: &str, all: &[&str]) {
    let text = words(html);
    for said in all {
        assert!(text.contains(said), "`{said}` is not in: {text}");
    }
}

fn page(browser: &Browser, path: &str) -> String {
    browser.get(path).expect(200).text()
}

fn desk(answer: &Answer, noun: Noun) -> String {
    format!("/desk/{}/{}", noun.plural(), answer.id())
}

fn person(app: &App, code: &str) -> Answer {
    app.caseworker().enter(Noun::Person, &json!({"code": code, "sex": "M"}))
}

fn consent(app: &App, person: &str, purpose: &str, decision: &str) -> Answer {
    let consent = json!({"person": person, "purpose": purpose, "decision": decision, "decided_on": "2018-04-03"});
    app.caseworker().enter(Noun::Consent, &consent)
}

fn joined(app: &App) -> Answer {
    app.caseworker().enter(Noun::Source, &json!({"code": "S-ONE", "type": "interview"}));
    let linkage = json!({"person": "P-TWO", "canonical": "P-ONE", "sources": ["S-ONE"], "reason": "one passport"});
    app.caseworker().enter(Noun::Linkage, &linkage)
}

fn a_no_on_one_of_joined_records_is_told_on_the_pages_of_all(app: &App) {
    let pages = [desk(&person(app, "P-ONE"), Noun::Person), desk(&person(app, "P-TWO"), Noun::Person)];
    joined(app);
    let kai = browser(app, "kai", Role::Caseworker);
    for path in &pages {
        says(&page(&kai, path), &["In nothing that is made public: no record says yes to it."]);
    }
    consent(app, "P-ONE", "publish", "given");
    for path in &pages {
        let html = page(&kai, path);
        says(
            &html,
            &["May be counted in what is made public: yes on P-ONE.", "Counted for researchers, as one person."],
        );
        assert!(!words(&html).contains("is in nothing that is made public"), "{html}");
    }
    consent(app, "P-TWO", "count", "refused");
    for path in &pages {
        says(
            &page(&kai, path),
            &[
                "In nothing that is made public from now on: no on P-TWO.",
                "Not counted for researchers: no on P-TWO.",
                "A no on one record holds for the whole person",
            ],
        );
    }
}

fn act(browser: &Browser, person: &str, what: &str, page: &str, reason: &str) {
    let seen = hidden(&browser.get(&format!("{person}/{page}")).expect(200).text(), "seen");
    browser.submit(&format!("{person}/{what}"), &[("seen", &seen), ("reason", reason)]).expect(303);
}

fn a_history_says_when_a_person_was_sealed_and_when_the_seal_was_lifted(app: &App) {
    let kai = browser(app, "kai", Role::Caseworker);
    let made = kai.submit("/desk/persons", &[("code", "P-KAI"), ("reason", "first interview")]).expect(303);
    let person = made.header("location").unwrap().split('?').next().unwrap().to_owned();
    act(&kai, &person, "seal", "seal", "known to a neighbour");
    act(&kai, &person, "seal", "seal", "known to two");
    let html = page(&kai, &person);
    says(
        &html,
        &["Why it is entered or corrected first interview", "Why the list of the seal was changed known to two"],
    );
    act(&kai, &person, "unsealing", "seal", "the neighbour left");
    let history = words(&page(&kai, &format!("{person}/history")));
    let at = |said: &str| history.find(said).unwrap_or_else(|| panic!("{said}: {history}"));
    let order = [at("Seal lifted"), at("The list of the seal changed"), at(" Sealed "), at("Entered")];
    assert!(order.is_sorted(), "{history}");
    assert!(!history.contains("Corrected"), "{history}");
}

fn why_two_records_are_one_is_no_reason_for_taking_that_back(app: &App) {
    person(app, "P-ONE");
    person(app, "P-TWO");
    let linkage = desk(&joined(app), Noun::Linkage);
    let kai = browser(app, "kai", Role::Caseworker);
    act(&kai, &linkage, "withdrawal", "withdrawal", "two passports after all");
    let html = page(&kai, &linkage);
    says(&html, &["Why they are one person one passport", "Why it was taken back two passports after all"]);
    act(&kai, &linkage, "restoration", "withdrawal", "it was one");
    let html = page(&kai, &linkage);
    says(&html, &["Why they are one person one passport", "Why it is counted again it was one"]);
}

fn a_time_line_goes_by_time_and_what_has_no_date_comes_last(app: &App) {
    let one = person(app, "P-ONE");
    for (kind, date) in [("threat", "XXXX"), ("detention", "2017-04"), ("torture", "../2016"), ("beating", "2015")] {
        app.caseworker().enter(Noun::Incident, &json!({"person": "P-ONE", "kind": kind, "date": date}));
    }
    let html = page(&browser(app, "kai", Role::Caseworker), &desk(&one, Noun::Person));
    let line = html.split("id=\"incidents\"").nth(1).unwrap().split("</ol>").next().unwrap();
    let kinds: Vec<_> = between(line, "<h3>", "</h3>").into_iter().map(words).collect();
    assert_eq!(kinds, ["Beating", "Torture", "Detention", "Threat"]);
}

fn withdrawing_consent_and_erasing_say_what_happens_to_what_is_public(app: &App) {
    let one = desk(&person(app, "P-ONE"), Noun::Person);
    let consent = desk(&consent(app, "P-ONE", "publish", "given"), Noun::Consent);
    let kai = browser(app, "kai", Role::Caseworker);
    for path in [format!("{consent}/correction"), format!("{consent}/withdrawal"), format!("{one}/erasure")] {
        says(
            &page(&kai, &path),
            &[
                "What was published stays as it was said in that release, and is not shown anew.",
                "The next release is computed without the person.",
                "the release that shows it must be withdrawn",
            ],
        );
        let russian = page(&kai, &format!("/ru{path}"));
        says(&russian, &["Следующий выпуск считается без этого человека."]);
    }
    // Two things, two words.
    says(&page(&kai, &consent), &["Correct it, or the person no longer agrees", "Entered by mistake: take it back"]);
    let form = page(&kai, &format!("{consent}/correction"));
    assert!(form.contains("Given first, then withdrawn") && !form.contains("taken back"), "{form}");
    says(
        &page(&kai, &format!("{one}/withdrawal")),
        &["This is for what was entered by mistake. Where the person no longer agrees, correct the consent instead."],
    );
}

const TABLE: [(&str, &str); 4] = [
    ("tables[0].code", "by-sex"),
    ("tables[0].title_en", "By sex"),
    ("tables[0].measure", "persons"),
    ("tables[0].by", "sex"),
];

/// A release that is prepared: its address.
fn prepared(browser: &Browser) -> String {
    let head = [("id", "spring"), ("title_en", "Of spring"), ("publisher", "The office")];
    let made = browser.submit("/desk/releases", &[&head[..], &TABLE].concat()).expect(303);
    made.header("location").unwrap().split('?').next().unwrap().to_owned()
}

fn sign(browser: &Browser, release: &str) {
    let seen = hidden(&page(browser, release), "seen");
    browser.submit(&format!("{release}/sign"), &[("seen", &seen)]).expect(303);
}

fn what_waits_for_a_publisher_stands_on_the_desk(app: &App) {
    in_force(app, "sex", &["M", "F"]);
    for _ in 0..6 {
        let person = app.caseworker().enter(Noun::Person, &json!({"sex": "M"})).json();
        consent(app, person["code"].as_str().unwrap(), "publish", "given");
    }
    let (petra, pavel) = (browser(app, "petra", Role::Publisher), browser(app, "pavel", Role::Publisher));
    says(&page(&pavel, "/desk"), &["No release and no list waits for your signature"]);
    let release = prepared(&petra);
    sign(&petra, &release);
    assert!(!page(&petra, "/desk").contains("waits for your signature."), "she has signed");
    let html = page(&pavel, "/desk");
    says(&html, &["spring Release It waits for your signature. Signatures that are missing: 1."]);
    assert!(html.contains(&format!("href=\"{release}\"")), "{html}");
    sign(&pavel, &release);
    says(&page(&petra, "/desk"), &["It is signed: it can be published"]);
    let publication = json!({"code": "own", "published_on": "2018-04-03", "publisher": "The office",
        "address": "https://example.org/own", "state": "published"});
    app.publisher().enter(Noun::Publication, &publication);
    let figure = json!({"publication": "own", "code": "read", "measure": "persons", "population": "whom others count",
        "region": "Chechnya", "as_of": "2018-04-03", "value": 10, "address": "https://example.org/read"});
    let figure = desk(&app.caseworker().enter(Noun::Figure, &figure), Noun::Figure);
    let seen = hidden(&page(&petra, &figure), "seen");
    petra.submit(&format!("{figure}/confirmation"), &[("seen", &seen)]).expect(303);
    says(&page(&pavel, "/desk"), &["own:read Figure petra has confirmed what it says."]);
    assert!(!page(&petra, "/desk").contains("own:read"), "she has done her part");
    assert!(!page(&browser(app, "kai", Role::Caseworker), "/desk").contains("What waits for you"));
}

fn an_admin_who_is_alone_is_told_what_to_do(app: &App) {
    // The accounts of the tests are out of the way.
    let ada = browser(app, "ada", Role::Admin);
    let accounts = app.store.look(|conn| Ok(attest::store::accounts::list(conn)?)).unwrap();
    let alone = ada.submit("/desk/accounts", &[("name", "kim"), ("role", "caseworker")]);
    assert!(alone.status < 400, "{}", alone.text());
    let told = "A link waits, and nobody else here can approve of it.";
    assert!(!page(&ada, "/desk/enrolments").contains(told), "the control: others can");
    for account in accounts.iter().filter(|account| account.name != "ada") {
        attest::store::accounts::disable(&app.store, &attest::store::accounts::host(), account.id).unwrap();
    }
    says(&page(&ada, "/desk/enrolments"), &[told, "attest account add"]);
}

fn publishing_asks_once_more_and_says_what_becomes_public(app: &App) {
    let petra = browser(app, "petra", Role::Publisher);
    let release = prepared(&petra);
    says(&page(&petra, &format!("{release}/publish")), &["It cannot be published now.", "Signatures that are missing"]);
    sign(&petra, &release);
    sign(&browser(app, "pavel", Role::Publisher), &release);
    assert!(page(&petra, &release).contains(&format!("href=\"{release}/publish\"")));
    let html = page(&petra, &format!("{release}/publish"));
    says(&html, &["This cannot be undone.", "What becomes public By sex: numbers that become public:"]);
    app.anybody().get("/releases/spring").expect(404);
    let seen = hidden(&html, "seen");
    petra.submit(&format!("{release}/publish"), &[("seen", &seen)]).expect(303);
    app.anybody().get("/releases/spring").expect(200);
    says(&page(&petra, &format!("{release}/publish")), &["It was published or thrown away before."]);
}

/// What a form would send as it is offered.
fn offered(html: &str) -> Vec<(String, String)> {
    let form = html.split("id=\"declaration-form\"").nth(1).unwrap().split("</form>").next().unwrap();
    let mut fields = Vec::new();
    for input in between(form, "<input ", ">") {
        let of = |name: &str| between(input, &format!("{name}=\""), "\"").first().map(|found| (*found).to_owned());
        let chosen = !input.contains("checkbox") || input.contains(" checked");
        if let Some(name) = of("name").filter(|name| name != "csrf" && chosen) {
            fields.push((name, of("value").unwrap_or_default().replace("&#38;", "&")));
        }
    }
    for select in between(form, "<select ", "</select>") {
        let name = between(select, "name=\"", "\"")[0].to_owned();
        let chosen = select.split("<option ").find(|option| option.contains(" selected"));
        let chosen = chosen.or_else(|| select.split("<option ").nth(1)).unwrap();
        fields.push((name, between(chosen, "value=\"", "\"")[0].to_owned()));
    }
    fields
}

fn the_form_for_a_release_can_be_sent_as_it_is_offered(app: &App) {
    let petra = browser(app, "petra", Role::Publisher);
    let html = page(&petra, "/desk/releases/new");
    says(&html, &["are not chosen, for they speak of another day than today", "as of 3 April 2018"]);
    let fields = offered(&html);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(fields.iter().any(|(name, value)| *name == "tables[0].code" && !value.is_empty()), "{fields:?}");
    let made = petra.submit("/desk/releases", &fields);
    assert_eq!(made.status, 303, "{}", words(&made.text()));
    let release: Value = app.publisher().get("/api/v1/staff/releases").expect(200).items().remove(0);
    assert_eq!(release["code"], app.clock.now().date_naive().to_string());
}
