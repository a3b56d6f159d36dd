//! Releases and imports by forms.

use attest::domain::policy::Role;

use super::lists::in_force;
use crate::support::people::{Browser, Person, between};
use crate::support::{Answer, App, on_both};

on_both! {
    demo:
        a_file_is_tried_first_and_what_was_tried_is_imported_once,
        a_wrong_file_is_told_row_by_row_and_nothing_is_kept,
        a_release_is_prepared_looked_at_signed_published_and_read,
        what_stands_in_the_way_of_a_release_is_told_and_what_was_typed_stays,
        a_mistake_stands_beside_its_table_wherever_that_was_typed,
        what_was_declared_last_comes_back_whole_and_a_form_that_was_used_can_be_used_anew,
        only_publishers_make_releases_and_only_staff_import,
}

const CSV: &str =
    "code,ground,origin,name\nP-ONE,threatened_by_relatives,RU-CE,Zarema Crane\nP-TWO,relative_of_victim,,\n";

pub fn browser<'a>(app: &'a App<'a>, name: &str, role: Role) -> Browser<'a> {
    Person::new(app, name, role).browser(app)
}

pub fn hidden(page: &str, name: &str) -> String {
    between(page, &format!("name=\"{name}\" value=\""), "\"")[0].to_owned()
}

/// Sends a form with a file.
pub fn upload(browser: &Browser, fields: &[(&str, &str)], file: Option<&str>) -> Answer {
    let word = browser.word();
    let mut body = String::new();
    for (name, value) in fields.iter().chain(&[("csrf", word.as_str())]) {
        body += &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    let file = file.map(|file| ("persons.csv", file)).unwrap_or_default();
    body += &format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: text/csv\r\n\r\n{}\r\n--edge--\r\n",
        file.0, file.1
    );
    let kind = ("Content-Type", "multipart/form-data; boundary=edge");
    browser.send("POST", "/desk/import", &[kind], body.into_bytes())
}

pub fn persons(app: &App) -> usize {
    app.caseworker().walk("/api/v1/staff/persons?limit=200").len()
}

fn a_file_is_tried_first_and_what_was_tried_is_imported_once(app: &App) {
    let kai = browser(app, "kai", Role::Caseworker);
    let before = persons(app);
    for (text, file) in [("", Some(CSV)), (CSV, None)] {
        let trial = upload(&kai, &[("noun", "persons"), ("text", text)], file).expect(200).text();
        assert!(trial.contains("Records that would be entered: 2") && trial.contains("P-ONE"), "{trial}");
        assert!(!trial.contains("Zarema"), "personal text is not shown");
    }
    assert_eq!(persons(app), before);
    let trial = upload(&kai, &[("noun", "persons"), ("text", "")], Some(CSV)).expect(200).text();
    let staged = hidden(&trial, "staged");
    // Nobody else imports what one has tried.
    let rosa = browser(app, "rosa", Role::Caseworker);
    rosa.submit("/desk/import/confirmation", &[("staged", &staged)]).expect(409);
    let done = kai.submit("/desk/import/confirmation", &[("staged", &staged)]).expect(200).text();
    assert!(done.contains("Records that were entered: 2"), "{done}");
    assert_eq!(persons(app), before + 2);
    // Whoever presses it again is told the same.
    let again = kai.submit("/desk/import/confirmation", &[("staged", &staged)]).expect(200).text();
    assert!(again.contains("Records that were entered: 2"), "{again}");
    assert_eq!(persons(app), before + 2);
    for none in ["", "x", "01997c1e-0000-7000-8000-000000000000"] {
        kai.submit("/desk/import/confirmation", &[("staged", none)]).expect(409);
    }
}

fn a_wrong_file_is_told_row_by_row_and_nothing_is_kept(app: &App) {
    let kai = browser(app, "kai", Role::Caseworker);
    let before = persons(app);
    let wrong = "code,ground\nP-ONE,threatened_by_nobody\nP-TWO,relative_of_victim\n";
    let page = upload(&kai, &[("noun", "persons"), ("text", wrong)], None).expect(422).text();
    assert!(page.contains("<th scope=\"row\">2</th><td>ground</td><td>threatened_by_nobody</td>"), "{page}");
    assert!(page.contains("P-TWO,relative_of_victim"), "what was pasted is there still: {page}");
    assert!(!page.contains("name=\"staged\""), "{page}");
    upload(&kai, &[("noun", "terms"), ("text", CSV)], None).expect(422);
    let empty = upload(&kai, &[("noun", "persons"), ("text", " ")], None).expect(422).text();
    assert!(empty.contains("Choose a file"), "{empty}");
    let many = format!("code\n{}", "P-X\n".repeat(6_000));
    assert!(upload(&kai, &[("noun", "persons"), ("text", "")], Some(&many)).expect(422).text().contains("too large"));
    let large = "x".repeat(5 * 1024 * 1024);
    upload(&kai, &[("noun", "persons"), ("text", "")], Some(&large)).expect(413);
    assert_eq!(persons(app), before);
    // A form of another page is none of ours.
    let kind = ("Content-Type", "multipart/form-data; boundary=edge");
    let forged = b"--edge\r\nContent-Disposition: form-data; name=\"noun\"\r\n\r\npersons\r\n--edge--\r\n".to_vec();
    kai.send("POST", "/desk/import", &[kind], forged.clone()).expect(403);
    kai.send("POST", "/desk/import", &[kind, ("Sec-Fetch-Site", "cross-site")], forged).expect(403);
    let template = kai.get("/desk/import/template?noun=incidents").expect(200);
    assert!(
        template.text().contains("involvements") && template.header("content-type").unwrap().starts_with("text/csv")
    );
}

const TABLE: [(&str, &str); 3] =
    [("tables[1].code", "by-ground"), ("tables[1].title_en", "By ground"), ("tables[1].by", "ground")];

/// What there is in the founding data.
fn grounds(app: &App) {
    in_force(app, "ground", &["detained_tortured", "relative_of_victim", "threatened_by_law_enforcement"]);
}

fn a_release_is_prepared_looked_at_signed_published_and_read(app: &App) {
    grounds(app);
    let one = browser(app, "petra", Role::Publisher);
    let two = browser(app, "pavel", Role::Publisher);
    let form = one.get("/desk/releases/new").expect(200).text();
    let figure = "lgbtnet-2018-04-03:evacuated";
    assert!(form.contains(figure), "{form}");
    let once = hidden(&form, "once");
    let head = [
        ("once", &*once),
        ("id", "spring"),
        ("title_en", "Of spring"),
        ("publisher", "Russian LGBT Network"),
        ("as_of", "3 April 2018"),
        ("figures", figure),
    ];
    let fields = [&head[..], &TABLE].concat();
    let prepared = one.submit("/desk/releases", &fields).expect(303);
    let address = prepared.header("location").unwrap().split('?').next().unwrap().to_owned();
    let again = one.submit("/desk/releases", &fields).expect(303);
    assert!(again.header("location").unwrap().starts_with(&address), "sent twice it is one release");
    let page = one.get(&address).expect(200).text();
    for told in ["Detained and tortured", "Numbers that it tells:", "Signatures that are missing: 2", figure] {
        assert!(page.contains(told), "{told}: {page}");
    }
    app.anybody().get("/api/v1/releases/spring").expect(404);
    let seen = |browser: &Browser| hidden(&browser.get(&address).expect(200).text(), "seen");
    let version = seen(&one);
    one.submit(&format!("{address}/sign"), &[("seen", &version)]).expect(303);
    let refused = one.submit(&format!("{address}/sign"), &[("seen", &seen(&one))]);
    assert!((400..500).contains(&refused.status), "{}: a second signature by the first", refused.status);
    one.submit(&format!("{address}/sign"), &[("seen", &version)]).expect(412);
    two.submit(&format!("{address}/sign"), &[("seen", &seen(&two))]).expect(303);
    two.submit(&format!("{address}/publish"), &[("seen", &seen(&two))]).expect(303);
    assert!(app.anybody().get("/releases/spring").expect(200).text().contains("Of spring"));
    one.submit(&format!("{address}/notice"), &[("seen", &seen(&one)), ("notice", "Look at the note.")]).expect(303);
    assert!(app.anybody().get("/releases/spring").expect(200).text().contains("Look at the note."));
    let blank = one.submit(&format!("{address}/withdraw"), &[("seen", &seen(&one))]).expect(422).text();
    assert!(blank.contains("id=\"reason-error1\""), "beside the field: {blank}");
    assert!(one.get("/desk/releases").expect(200).text().contains("href=\"/releases/spring\""));
    one.submit(&format!("{address}/withdraw"), &[("seen", &seen(&one)), ("reason", "as a trial")]).expect(303);
    app.anybody().get("/api/v1/releases/spring/tables/by-ground.json").expect(410);
}

fn what_stands_in_the_way_of_a_release_is_told_and_what_was_typed_stays(app: &App) {
    let one = browser(app, "petra", Role::Publisher);
    let head = [("id", "Not A Name"), ("title_en", "Typed title"), ("as_of", "some day"), ("persons", "x")];
    let page = one.submit("/desk/releases", &[&head[..], &TABLE].concat()).expect(422).text();
    for told in ["id=\"as_of-error1\"", "id=\"persons-error1\"", "Typed title", "by-ground"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let head = [("id", "Not A Name"), ("title_en", "Typed title"), ("publisher", "x"), ("tables[0].filter", "origin")];
    let page =
        one.submit("/desk/releases", &[&head[..], &[("tables[0].code", "t"), ("tables[0].by", "ground")]].concat());
    assert!(page.expect(422).text().contains("tables-0--filter-error1"));
    let json = "{\"id\": \"spring\", \"figures\": [\"nowhere:nothing\"], \"colour\": 1}";
    let page = one.submit("/desk/releases", &[("declaration", json)]).expect(422).text();
    assert!(page.contains("colour") && page.contains("nowhere:nothing"), "{page}");
    assert!(app.publisher().get("/api/v1/staff/releases").items().is_empty());
}

fn a_mistake_stands_beside_its_table_wherever_that_was_typed(app: &App) {
    let one = browser(app, "petra", Role::Publisher);
    let head = [("id", "spring"), ("title_en", "Of spring"), ("publisher", "x")];
    // The first table of the form is left empty, and the second has nothing but a mistake in a part of a field.
    let table = [&TABLE[..], &[("tables[1].filter", "origin=NOWHERE"), ("tables[3].with", "nothing")]].concat();
    let page = one.submit("/desk/releases", &[&head[..], &table].concat()).expect(422).text();
    let first = between(&page, "id=\"tables-0--code\"", "name=\"tables[1].code\"")[0].to_owned();
    assert!(first.contains("value=\"by-ground\"") && first.contains("tables-0--filter-error1"), "{page}");
    assert!(page.contains("tables-1--code-error1") && page.contains("value=\"nothing\""), "{page}");
}

fn what_was_declared_last_comes_back_whole_and_a_form_that_was_used_can_be_used_anew(app: &App) {
    let one = browser(app, "petra", Role::Publisher);
    let once = hidden(&one.get("/desk/releases/new").expect(200).text(), "once");
    let named = |id: &'static str, once: &str| {
        let head = [
            ("id", id),
            ("title_en", "Of spring"),
            ("publisher", "x"),
            ("tables[1].with", "evacuation"),
            ("tables[1].basis", "reconstructed"),
        ];
        let fields = [&head[..], &TABLE, &[("once", once)]].concat();
        one.submit("/desk/releases", &fields)
    };
    named("spring", &once).expect(303);
    let form = one.get("/desk/releases/new").expect(200).text();
    let with = between(&form, "name=\"tables[0].with\"", ">")[0].to_owned();
    assert!(with.contains("value=\"evacuation\""), "the next one would count others: {form}");
    let refused = named("summer", &once).expect(422).text();
    assert!(refused.contains("value=\"summer\""), "{refused}");
    named("summer", &hidden(&refused, "once")).expect(303);
}

fn only_publishers_make_releases_and_only_staff_import(app: &App) {
    let (kai, rita) = (browser(app, "kai", Role::Caseworker), browser(app, "rita", Role::Researcher));
    assert!(!kai.get("/desk/releases").expect(200).text().contains("/desk/releases/new"));
    kai.get("/desk/releases/new").expect(403);
    kai.submit("/desk/releases", &[("id", "x")]).expect(403);
    rita.get("/desk/releases").expect(403);
    rita.get("/desk/import").expect(403);
    upload(&rita, &[("noun", "persons"), ("text", CSV)], None).expect(403);
}
