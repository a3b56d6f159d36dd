//! Long work by forms: a page that looks again by itself, and tells what came of it.

use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use serde_json::json;

use super::office::{browser, hidden, persons, upload};
use crate::support::people::Browser;
use crate::support::{Answer, App, Home, on_both};

on_both! {
    empty:
        a_long_file_is_tried_and_imported_while_a_page_shows_how_far_it_is,
        what_is_wrong_with_a_long_file_is_told_by_row_and_column_in_both_languages,
        a_file_that_was_tried_waits_encrypted_for_any_process_and_not_for_ever,
        nobody_sees_the_page_of_anothers_job,
        the_long_work_that_one_has_asked_for_is_found_again,
}

const PATIENCE: Duration = Duration::from_secs(240);

fn rows(count: usize) -> String {
    rows_from(0, count)
}

fn rows_from(first: usize, count: usize) -> String {
    let rows: String = (first..first + count).map(|row| format!("L-{row},witness,Name {row}\n")).collect();
    format!("code,ground,name\n{rows}")
}

/// The page, once it does not look again by itself any more.
#[track_caller]
fn settled(browser: &Browser, address: &str) -> Answer {
    let began = Instant::now();
    loop {
        let page = browser.get(address);
        let Some(seconds) = page.header("refresh") else { return page };
        assert!(seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0), "{seconds}");
        let text = page.expect(200).text();
        assert!(text.contains("This page looks again by itself") && !text.contains("<script"), "{text}");
        let cancellation = format!("action=\"{address}/cancellation\"");
        assert!(text.contains(&cancellation) != text.contains("It is being cancelled."), "{text}");
        assert!(began.elapsed() < PATIENCE, "{text}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn location(answer: &Answer) -> String {
    answer.header("location").unwrap_or_else(|| panic!("{}: {}", answer.asked, answer.text())).to_owned()
}

fn a_long_file_is_tried_and_imported_while_a_page_shows_how_far_it_is(app: &App) {
    let kai = browser(app, "kai", Role::Caseworker);
    let file = format!("{},,\n\u{a0},,\n", rows(700));
    let job = location(&upload(&kai, &[("noun", "persons"), ("text", "")], Some(&file)).expect(303));
    assert!(job.starts_with("/desk/jobs/"), "{job}");
    let trial = settled(&kai, &job).expect(200).text();
    assert!(trial.contains("Records that would be entered: 700") && trial.contains("L-0"), "{trial}");
    assert!(!trial.contains("Name 0"), "personal text is not shown");
    assert_eq!(persons(app), 0);
    let staged = hidden(&trial, "staged");
    let confirmed = kai.submit("/desk/import/confirmation", &[("staged", &staged)]);
    let done = if confirmed.status == 303 { settled(&kai, &location(&confirmed)) } else { confirmed };
    let done = done.expect(200).text();
    assert!(done.contains("Records that were entered: 700") && done.contains("passed over: 2."), "{done}");
    assert_eq!(persons(app), 700);
    // The trial's own page offers nothing any more.
    assert!(!kai.get(&job).expect(409).text().contains("name=\"staged\""));
}

fn what_is_wrong_with_a_long_file_is_told_by_row_and_column_in_both_languages(app: &App) {
    let kai = browser(app, "kai", Role::Caseworker);
    let wrong = rows(700).replace("L-600,witness", "L-600,canary");
    let job = location(&upload(&kai, &[("noun", "persons"), ("text", "")], Some(&wrong)).expect(303));
    let page = settled(&kai, &job).expect(200).text();
    assert!(page.contains("<th scope=\"row\">602</th><td>ground</td>") && !page.contains("canary"), "{page}");
    assert!(page.contains("Nothing of it was kept."), "{page}");
    assert!(page.contains("Mistakes: 1."), "{page}");
    let many = rows(700).replace(",witness", ",canary");
    let long = location(&upload(&kai, &[("noun", "persons"), ("text", "")], Some(&many)).expect(303));
    let told = settled(&kai, &long).expect(200).text();
    assert!(told.contains("The first 50 of 700 mistakes are shown."), "{told}");
    let russian = kai.get(&format!("/ru{job}")).expect(200).text();
    assert!(russian.contains("Ничего не сохранено.") && russian.contains("Проверка файла"), "{russian}");
    assert_eq!(persons(app), 0);
}

fn a_file_that_was_tried_waits_encrypted_for_any_process_and_not_for_ever(app: &App) {
    let kai = browser(app, "kai", Role::Caseworker);
    let tried = |count: usize| {
        let file = rows_from(count * 100, count);
        let page = upload(&kai, &[("noun", "persons"), ("text", "")], Some(&file)).expect(200).text();
        hidden(&page, "staged")
    };
    // Another process imports it: the session is the same, the memory is not.
    let staged = tried(2);
    let store = app.home.open();
    let keys = store.keys();
    let name = |conn: &mut _| Ok(attest::store::accounts::named(conn, "kai")?);
    let actor = store.look(name).unwrap().unwrap().actor();
    let id = attest::domain::record::RecordId(staged.parse().unwrap());
    store.jobs().confirm(keys.as_deref(), &actor, id).unwrap().unwrap();
    let began = Instant::now();
    while persons(app) < 2 {
        assert!(began.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(100));
    }
    // A newer trial takes the place of the last, and half an hour ends it.
    let (first, second) = (tried(3), tried(4));
    let gone = |staged: &str| drop(kai.submit("/desk/import/confirmation", &[("staged", staged)]).expect(409));
    gone(&first);
    app.home.sql("UPDATE jobs SET payload_until = requested_at WHERE payload_until IS NOT NULL");
    gone(&second);
    store.jobs().forget_late_files().unwrap();
    assert!(kept_files(app.home) == 0 && persons(app) == 2);
}

fn kept_files(home: &Home) -> i64 {
    home.number("SELECT COUNT(*) AS value FROM jobs WHERE payload IS NOT NULL")
}

fn nobody_sees_the_page_of_anothers_job(app: &App) {
    // While a file is tried, nobody else writes.
    let (kai, rosa) = (browser(app, "kai", Role::Caseworker), browser(app, "rosa", Role::Caseworker));
    let rita = browser(app, "rita", Role::Researcher);
    let job = location(&upload(&kai, &[("noun", "persons"), ("text", "")], Some(&rows(600))).expect(303));
    rosa.get(&job).expect(404);
    rosa.submit(&format!("{job}/cancellation"), &[]).expect(404);
    rita.get(&job).expect(403);
    // It is cancelled, or being cancelled, or was done by now: that goes by how quick the machine is.
    let cancelled = kai.submit(&format!("{job}/cancellation"), &[]);
    assert!(matches!(cancelled.status, 200 | 303 | 409), "{}", cancelled.text());
    settled(&kai, &job);
    let listed = app.caseworker().get("/api/v1/staff/jobs").expect(200).json();
    assert_eq!(listed, json!({"items": []}));
}

fn the_long_work_that_one_has_asked_for_is_found_again(app: &App) {
    let (kai, rosa) = (browser(app, "kai", Role::Caseworker), browser(app, "rosa", Role::Caseworker));
    assert!(kai.get("/desk/jobs").expect(200).text().contains("There is none."));
    settled(&kai, &location(&upload(&kai, &[("noun", "persons"), ("text", "")], Some(&rows(600))).expect(303)));
    let job = location(&upload(&kai, &[("noun", "persons"), ("text", "")], Some(&rows_from(600, 600))).expect(303));
    settled(&kai, &job);
    let import = kai.get("/desk/import").expect(200).text();
    assert!(import.contains("href=\"/desk/jobs\""), "{import}");
    let list = kai.get("/desk/jobs").expect(200).text();
    assert!(list.contains(&format!("<a href=\"{job}\">Trial of a file</a>")) && list.contains("It is done."), "{list}");
    assert_eq!(list.matches("Trial of a file").count(), 2, "{list}");
    let russian = kai.get("/ru/desk/jobs").expect(200).text();
    assert!(russian.contains(&format!("<a href=\"/ru{job}\">")), "{russian}");
    assert!(!rosa.get("/desk/jobs").expect(200).text().contains("Trial of a file"));
    kai.get("/desk/jobs?after=never").expect(400);
    kai.get("/desk/jobs?colour=red").expect(400);
}
