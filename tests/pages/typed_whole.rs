//! However much was typed or pasted, it comes back whole; and what no form can take any more can be read and copied.

use std::time::Duration;

use attest::domain::policy::Role;
use attest::http::app::Settings;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;

use super::typed::{NAME, TEXT, carried, caseworker, lines, sign_in_on, value, writing_for_ever};
use crate::support::app::settings;
use crate::support::people::{Browser, Person, between};
use crate::support::{Answer, App, on_both};

on_both! {
    demo:
        rows_that_were_pasted_come_back_however_many_they_are,
        no_field_cuts_what_is_pasted_and_what_is_too_long_comes_back_whole,
        a_form_far_longer_than_its_fields_comes_back_and_one_that_is_not_read_says_so,
        a_form_that_waits_outlasts_a_sign_in_that_fails,
        what_was_typed_into_what_is_there_no_more_can_be_read_and_copied,
}

/// A form of rows that are pasted, as a browser sends it where no file was chosen.
fn paste(browser: &Browser, word: &str, text: &str) -> Answer {
    let part = |name: &str, value: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let none = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--edge--\r\n";
    let body = part("csrf", word) + &part("noun", "persons") + &part("text", text) + none;
    browser.send("POST", "/desk/import", &[("Content-Type", "multipart/form-data; boundary=edge")], body.into_bytes())
}

fn pasted_rows(count: usize, name: &str) -> String {
    let rows: String = (0..count).map(|row| format!("L-{row},witness,\"{name}\"\n")).collect();
    format!("code,ground,name\n{rows}")
}

fn rows_that_were_pasted_come_back_however_many_they_are(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    // With one mistake among more rows than are tried at once: beside the mistake, or while they are tried.
    let wrong = pasted_rows(600, NAME).replacen("L-550,witness", "L-550,canary", 1);
    let page = paste(&browser, &browser.word(), &wrong);
    assert!(matches!(page.status, 422 | 202), "{}", page.status);
    assert_eq!(value(&page.text(), "text"), wrong);
    // Somewhat more than an import takes.
    let much = pasted_rows(4_200, &"Ё".repeat(520));
    assert!(much.len() > 4 * 1024 * 1024 + 64 * 1024);
    assert!(value(&paste(&browser, &browser.word(), &much).expect(422).text(), "text") == much);
    // Far more: nothing claims to have it.
    let page = paste(&browser, &browser.word(), &"x".repeat(5_500_000)).expect(413).text();
    assert!(page.contains("Nothing of it was read") && !page.contains("What you typed"), "{page}");
    // The longest there is, after the session has ended; and somebody comes first who may not import.
    let rita = Person::new(app, "rita", Role::Researcher);
    let long = pasted_rows(4_000, &"Ё".repeat(510));
    assert!(long.len() > 4_000_000);
    let word = browser.word();
    app.clock.advance(TimeDelta::minutes(31));
    let asked = paste(&browser, &word, &long).expect(403).text();
    assert!(asked.contains("Your session has ended") && !asked.contains("ЁЁ"));
    let denied = sign_in_on(&mut browser, &rita, &asked).expect(403).text();
    assert!(denied.contains("Your role may not do this") && !denied.contains("ЁЁ"));
    let shown = sign_in_on(&mut browser, &kai, &denied).expect(403).text();
    assert!(value(&shown, "text") == long && value(&shown, "noun") == "persons");
    // Who is signed in and may not import keeps them too.
    let hers = rita.browser(app);
    carried(&paste(&hers, &hers.word(), &wrong).expect(403).text());
}

fn no_field_cuts_what_is_pasted_and_what_is_too_long_comes_back_whole(app: &App) {
    let (_, browser) = caseworker(app, "kai");
    let admin = Person::new(app, "ada", Role::Admin);
    let pages =
        ["/desk/persons/new", "/desk/import", "/desk/find", "/account", "/sign-in"].map(|page| browser.get(page));
    for page in pages.iter().chain(&[admin.browser(app).get("/desk/accounts")]) {
        assert!(!page.text().contains("maxlength"), "{}", page.asked);
    }
    assert!(pages[0].text().contains("At most 10000 characters."), "{}", pages[0].text());
    let typed = "в".repeat(12_000);
    let page = browser.submit("/desk/persons", &[("narrative", &typed)]).expect(422).text();
    assert!(value(&page, "narrative") == typed && page.contains("This is too long."), "{page}");
}

fn a_form_far_longer_than_its_fields_comes_back_and_one_that_is_not_read_says_so(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let (large, larger) = ("в".repeat(120_000), "в".repeat(200_000));
    // Every letter is sent as six.
    let page = browser.submit("/desk/persons", &[("name", NAME), ("narrative", &large)]).expect(422).text();
    assert!(value(&page, "narrative") == large && value(&page, "name") == NAME);
    let page = browser.submit("/ru/desk/persons", &[("narrative", &larger)]).expect(413).text();
    assert!(page.contains("Ничего из этого не прочитано: форма принимает не больше 1024 КиБ"), "{page}");
    let word = browser.word();
    app.clock.advance(TimeDelta::minutes(31));
    let asked = browser.post("/desk/persons", &[("csrf", &*word), ("narrative", &large)]).expect(403).text();
    let shown = sign_in_on(&mut browser, &kai, &asked).expect(403).text();
    assert!(value(&shown, "narrative") == large);
}

fn a_form_that_waits_outlasts_a_sign_in_that_fails(app: &App) {
    let (kai, mut browser) = caseworker(app, "kai");
    let word = browser.word();
    app.clock.advance(TimeDelta::minutes(31));
    let asked = browser.post("/desk/persons", &[("csrf", &*word), ("narrative", TEXT)]).expect(403).text();
    let waiting = carried(&asked);
    let hurried = Settings { longest_request: Duration::from_secs(2), ..settings() };
    let slow = App::serve(app.home, app.home.open(), hurried);
    let mut writing = app.home.connect();
    writing.batch_execute(writing_for_ever(app)).unwrap();
    let mut fields = vec![("name", "kai"), ("passphrase", "something else"), ("code", "000000")];
    fields.extend(waiting.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let failed = Browser::new(&slow).post("/sign-in", &fields);
    writing.batch_execute("ROLLBACK").unwrap();
    assert!(failed.status >= 500, "{}", failed.text());
    let failed = failed.text();
    assert!(carried(&failed) == waiting && !failed.contains("something else"), "{failed}");
    let shown = sign_in_on(&mut browser, &kai, &failed).expect(403).text();
    assert_eq!(value(&shown, "narrative"), lines(TEXT));
}

fn what_was_typed_into_what_is_there_no_more_can_be_read_and_copied(app: &App) {
    let (_, browser) = caseworker(app, "kai");
    let word = browser.word();
    let typed = [("csrf", &*word), ("seen", "1"), ("narrative", "<said> quietly"), ("reason", "told")];
    let path = "/desk/persons/01997c1e-0000-7000-8000-000000000000/texts/correction";
    let page = browser.post(path, &typed).expect(404).text();
    // Sent again it would never be accepted.
    assert!(!page.contains("Send it again") && !page.contains(&format!("action=\"{path}\"")), "{page}");
    for (label, text) in
        [("What happened, in words", "&#60;said&#62; quietly"), ("Why it is entered or corrected", "told")]
    {
        assert!(page.contains(&format!(">{label}</label>")), "{label}: {page}");
        assert!(page.contains(&format!("readonly>\n{text}</textarea>")), "{text}: {page}");
    }
    assert!(!page.contains(&word) && !page.contains("not_found"), "{page}");
    let form = browser.get("/ru/desk/incidents/new").expect(200).text();
    let called = |code: &str| between(&form, &format!("<option value=\"{code}\">"), "</option>")[0].to_owned();
    let (kind, relatives) = (called("detention"), called("relatives"));
    let row = [("csrf", &*word), ("seen", "1"), ("kind", "detention"), ("involvements[1].actor", "relatives")];
    let path = "/ru/desk/incidents/01997c1e-0000-7000-8000-000000000000/correction";
    let page = browser.post(path, &row).expect(404).text();
    assert!(page.contains(" 2, "), "{page}");
    for what in [kind, relatives] {
        assert!(page.contains(&format!("readonly>\n{what}</textarea>")), "{what}: {page}");
    }
    for code in ["detention", "relatives", ">Что ввели вы</label>", "involvements["] {
        assert!(!page.contains(code), "{code}: {page}");
    }
}
