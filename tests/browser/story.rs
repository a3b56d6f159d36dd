//! What staff do from the first sign-in to what the public reads, in a browser that runs no scripts.

use attest::domain::policy::Role;

use super::chrome::Chrome;
use crate::support::people::Person;
use crate::support::{App, on_both};

on_both! {
    empty:
    a_caseworker_signs_in_with_a_second_factor_and_enters_a_case,
}

fn a_caseworker_signs_in_with_a_second_factor_and_enters_a_case(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    signs_in(&chrome, &Person::new(app, "kai", Role::Caseworker));
    enters_a_person(&chrome);
    enters_three_incidents(&chrome);
    corrects_one_and_sees_its_history(&chrome);
    leaves(&chrome);
}

fn signs_in(chrome: &Chrome<'_>, person: &Person) {
    chrome.go("/desk");
    assert_eq!(chrome.path(), "/sign-in", "nobody is signed in yet");
    chrome.sign_in(person);
    assert_eq!(chrome.path(), "/desk");
}

fn enters_a_person(chrome: &Chrome<'_>) {
    chrome.sees("You have no cases yet.");
    chrome.follow("New person");
    chrome.fill("Why the person asked for help", "Threatened by relatives");
    chrome.fill("Where the person comes from", "Chechnya");
    chrome.fill("Day of review", "next spring");
    chrome.fill("Name", "Zarema Example");
    chrome.press("Keep it");
    // What was wrong is said, and nothing typed is lost.
    chrome.sees("Nothing was kept. Mend these, and send it again:");
    assert_eq!(chrome.value("Day of review"), "next spring");
    assert_eq!(chrome.value("Where the person comes from"), "RU-CE");
    assert_eq!(chrome.value("Name"), "Zarema Example");
    chrome.fill("Day of review", "3 April 2030");
    chrome.press("Keep it");
    chrome.sees("It is kept.");
    chrome.sees("Threatened by relatives");
    chrome.sees("3 April 2030");
    chrome.does_not_see("Zarema");
}

fn enters_three_incidents(chrome: &Chrome<'_>) {
    chrome.follow("Add several");
    for (at, kind, date) in
        [(1, "Violation: Detention", "April 2017"), (2, "threat", "soon"), (3, "evacuation", "9/1/2018")]
    {
        let row = format!("Incident {at}");
        chrome.fill_in(&row, "What happened", kind);
        chrome.fill_in(&row, "When", date);
        chrome.fill_in(&row, "Where", "Chechnya");
    }
    chrome.press("Keep them");
    chrome.sees("Nothing was kept. Mend these, and send it again:");
    assert_eq!(chrome.value_in("Incident 1", "When"), "April 2017");
    assert_eq!(chrome.value_in("Incident 2", "When"), "soon");
    chrome.fill_in("Incident 2", "When", "from February 2017 to 3 April 2018");
    // Nobody can say which is the day and which the month.
    chrome.sees("9/1/2018 could be 2018-01-09 or 2018-09-01: write one of these");
    chrome.fill_in("Incident 3", "When", "9 January 2018");
    chrome.press("Keep them");
    chrome.sees("The incidents are kept.");
    for said in ["Detention", "April 2017", "between February 2017 and 3 April 2018", "9 January 2018"] {
        chrome.sees(said);
    }
}

fn corrects_one_and_sees_its_history(chrome: &Chrome<'_>) {
    chrome.follow("Detention");
    chrome.follow("Correct");
    assert_eq!(chrome.value("When"), "2017-04");
    chrome.fill("When", "about May 2017");
    chrome.press("Keep the correction");
    chrome.sees("Nothing was kept. Mend these, and send it again:");
    assert_eq!(chrome.value("When"), "about May 2017", "what was typed is not lost");
    chrome.fill("Why it is entered or corrected", "the witness remembered");
    chrome.press("Keep the correction");
    chrome.sees("The correction is kept.");
    chrome.sees("about May 2017");
    chrome.follow("History");
    for said in ["Corrected", "Entered", "kai", "the witness remembered", "April 2017", "about May 2017"] {
        chrome.sees(said);
    }
}

fn leaves(chrome: &Chrome<'_>) {
    chrome.go("/account");
    chrome.press("Sign out");
    chrome.go("/desk");
    assert_eq!(chrome.path(), "/sign-in", "a session that has ended opens nothing");
}
