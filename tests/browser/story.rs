//! What staff do from the first sign-in to what the public reads, in a browser that runs no scripts.

use attest::domain::policy::Role;

use super::chrome::Chrome;
use crate::support::people::Person;
use crate::support::{App, on_both};

on_both! {
    demo:
    a_case_is_entered_a_file_imported_and_a_release_signed_and_read,
}

fn a_case_is_entered_a_file_imported_and_a_release_signed_and_read(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    signs_in(&chrome, &Person::new(app, "kai", Role::Caseworker));
    enters_a_person(&chrome);
    enters_three_incidents(&chrome);
    corrects_one_and_sees_its_history(&chrome);
    imports_a_file_after_a_trial(&chrome);
    leaves(&chrome);
    let [petra, pavel] = ["petra", "pavel"].map(|name| Person::new(app, name, Role::Publisher));
    signs_in(&chrome, &petra);
    prepares_a_release(&chrome);
    looks_at_it_and_signs(&chrome, "Signatures that are missing: 2");
    leaves(&chrome);
    signs_in(&chrome, &pavel);
    chrome.follow("Prepare a release");
    chrome.follow("spring");
    looks_at_it_and_signs(&chrome, "Signatures that are missing: 1");
    publishes_it(&chrome);
    leaves(&chrome);
    chrome.forget();
    reads_it_as_anybody(&chrome);
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

fn imports_a_file_after_a_trial(chrome: &Chrome<'_>) {
    let file = chrome.app.folder.join("persons.csv");
    let attach = |rows: &str| {
        std::fs::write(&file, format!("code,ground,origin,name\n{rows}")).unwrap();
        chrome.follow("Import");
        chrome.fill("What the rows are", "Persons");
        chrome.fill("The file", file.to_str().unwrap());
        chrome.press("Try it, and keep nothing yet");
    };
    attach("P-ONE,threatened_by_nobody,RU-CE,Amina Crane\nP-TWO,relative_of_victim,,\n");
    chrome.sees("Nothing was kept. Mend the file and try it again.");
    chrome.sees("threatened_by_nobody");
    attach("P-ONE,threatened_by_relatives,RU-CE,Amina Crane\nP-TWO,relative_of_victim,,\n");
    chrome.sees("Records that would be entered: 2.");
    chrome.sees("P-ONE");
    chrome.does_not_see("Amina");
    chrome.press("Import it");
    chrome.sees("Records that were entered: 2.");
    chrome.follow("Find");
    chrome.fill("Beginnings of names", "amina");
    chrome.press("Find by name");
    chrome.sees("P-ONE");
}

fn prepares_a_release(chrome: &Chrome<'_>) {
    chrome.follow("Prepare a release");
    chrome.follow("Prepare a new release");
    chrome.fill("Name in addresses", "spring");
    chrome.fill("Whose numbers they are", "Russian LGBT Network");
    chrome.fill("As of", "3 April 2018");
    chrome.fill_in("Table 1", "Name in addresses", "by-ground");
    chrome.fill_in("Table 1", "Title in English", "By ground");
    chrome.fill_in("Table 1", "Stands on", "records built from published figures");
    chrome.fill_in("Table 1", "Divided by", "ground");
    chrome.fill(FIGURE, "yes");
    chrome.press("Prepare it");
    // Its title is missing. Nothing typed is lost, and the figure is chosen still.
    assert_eq!(chrome.path(), "/desk/releases");
    chrome.sees("This is missing.");
    assert_eq!(chrome.value_in("Table 1", "Divided by"), "ground");
    chrome.fill("Title in English", "Of spring");
    chrome.press("Prepare it");
    chrome.sees("The release is prepared. Nothing is public yet: look at it, then sign it.");
    chrome.sees(FIGURE);
}

fn looks_at_it_and_signs(chrome: &Chrome<'_>, missing: &str) {
    chrome.sees(missing);
    chrome.sees("Detained and tortured");
    chrome.press("Sign it");
    chrome.sees("You have signed it.");
}

fn publishes_it(chrome: &Chrome<'_>) {
    chrome.follow("Publish it");
    chrome.sees("This cannot be undone.");
    chrome.sees("What becomes public");
    chrome.press("Publish it now");
    chrome.sees("It is public.");
}

fn reads_it_as_anybody(chrome: &Chrome<'_>) {
    chrome.go("/desk/releases");
    assert_eq!(chrome.path(), "/sign-in", "nobody is signed in");
    chrome.go("/");
    chrome.follow("Releases");
    chrome.follow("Of spring");
    for said in ["Russian LGBT Network", "By ground", "Detained and tortured", "41"] {
        chrome.sees(said);
    }
    // Who signed is not for the public, and who is in it for nobody.
    for name in ["petra", "pavel", "kai", "Zarema", "Amina", "P-ONE"] {
        chrome.does_not_see(name);
    }
}

/// The figure that is signed with the release.
const FIGURE: &str = "lgbtnet-2018-04-03:evacuated";

fn leaves(chrome: &Chrome<'_>) {
    chrome.go("/account");
    chrome.press("Sign out");
    chrome.go("/desk");
    assert_eq!(chrome.path(), "/sign-in", "a session that has ended opens nothing");
}
