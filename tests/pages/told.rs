//! What pages of staff say before something is done, and of what stands: joint consent, seals, reasons, second looks.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use serde_json::json;

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
