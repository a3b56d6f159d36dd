//! What was typed comes through whatever happens to a session, in a browser that runs no scripts.

use attest::domain::policy::Role;

use super::chrome::{Chrome, DESK};
use crate::support::people::Person;
use crate::support::{App, on_both};

on_both! {
    demo:
    an_interview_outlasts_its_session,
    a_form_that_a_browser_comes_back_to_knows_what_it_saved,
    what_is_wrong_and_what_somebody_else_wrote_is_seen_beside_what_was_typed,
}

const TELLING: &str = "On the third day they came back.\nShe said: \"no\" & <nobody> heard.";

fn an_interview_outlasts_its_session(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    let kai = Person::new(app, "kai", Role::Caseworker);
    chrome.screen(DESK);
    chrome.sign_in(&kai);
    chrome.go("/desk/persons/new");
    chrome.fill("Name", "Zarema Heron");
    chrome.fill("What happened, in words", TELLING);
    app.clock.advance(chrono::TimeDelta::minutes(47));
    chrome.press("Keep it");
    chrome.sees("Your session has ended.");
    assert!(!chrome.source().contains("Zarema"), "{}", chrome.source());
    chrome.picture("session-ended");
    chrome.fill("Name", "kai");
    chrome.fill("Passphrase", "something else");
    chrome.press("Sign in");
    chrome.sees("That was not right.");
    chrome.fill("Name", "kai");
    chrome.fill("Passphrase", &kai.passphrase);
    chrome.fill("Code of your second factor, or a recovery code", &kai.next_code(app));
    chrome.press("Sign in");
    chrome.sees("Nothing is saved yet");
    chrome.picture("shown-again");
    assert_eq!(chrome.value("Name"), "Zarema Heron");
    assert_eq!(chrome.value("What happened, in words"), TELLING);
    chrome.press("Keep it");
    chrome.sees("It is kept.");
    chrome.follow("Personal text");
    chrome.press("Show it, and record that I have read it");
    chrome.sees("She said: \"no\" & <nobody> heard.");
    assert_eq!(
        chrome.complaints().into_iter().filter(|said| !said.contains("403")).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}

fn a_form_that_a_browser_comes_back_to_knows_what_it_saved(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    let kai = Person::new(app, "kai", Role::Caseworker);
    chrome.sign_in(&kai);
    for again in ["the same", "mended"] {
        chrome.go("/desk/persons/new");
        chrome.fill("Name", "Zarema Heron");
        chrome.press("Keep it");
        chrome.sees("It is kept.");
        let first = chrome.path();
        chrome.back();
        assert_eq!(chrome.path(), "/desk/persons/new");
        chrome.fill("Name", if again == "mended" { "Zarema Crane" } else { "Zarema Heron" });
        chrome.press("Keep it");
        if again == "mended" {
            chrome.sees("With this form something was saved before");
            chrome.picture("used-form");
            assert_eq!(chrome.value("Name"), "Zarema Crane");
        } else {
            chrome.sees("This was saved already");
            assert_eq!(chrome.path(), first);
        }
    }
}

fn what_is_wrong_and_what_somebody_else_wrote_is_seen_beside_what_was_typed(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    let (kai, rosa) = (Person::new(app, "kai", Role::Caseworker), Person::new(app, "rosa", Role::Caseworker));
    chrome.screen(DESK);
    chrome.sign_in(&kai);
    chrome.go("/desk/persons/new");
    chrome.press("Keep it");
    let person = chrome.path();
    chrome.go(&format!("{person}/correction"));
    let browser = rosa.browser(app);
    let page = browser.get(&format!("{person}/correction")).expect(200).text();
    let seen = crate::support::people::between(&page, "name=\"seen\" value=\"", "\"")[0].to_owned();
    let theirs = [("seen", seen.as_str()), ("sex", "F"), ("origin", "RU-CE"), ("reason", "heard anew")];
    browser.submit(&format!("{person}/correction"), &theirs).expect(303);
    chrome.fill("Sex", "M");
    chrome.fill("Why it is entered or corrected", "she told me");
    chrome.press("Keep the correction");
    chrome.sees("Somebody else has changed this record");
    chrome.sees("What stands in the record now");
    assert_eq!(chrome.value("Sex"), "M");
    chrome.picture("overtaken");

    chrome.go(&format!("{person}/several"));
    chrome.fill_in("Incident 2", "When", "soon");
    chrome.press("Keep them");
    chrome.sees("Incident 2, When: This is not understood.");
    chrome.sees("Incident 2, What happened: This is missing.");
    chrome.picture("several-wrong");
}
