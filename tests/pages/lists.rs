//! Public lists by forms: declared, signed twice, thrown away; and what waits for whom.

use attest::domain::policy::Role;
use attest::exchange::seed;
use serde_json::{Value, json};

use super::office::{browser, hidden};
use super::public::words;
use crate::support::people::{Browser, between};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_list_is_proposed_whole_and_in_force_with_the_second_signature,
    a_list_that_waits_can_be_thrown_away,
    what_is_wrong_with_a_list_stands_beside_its_field_and_what_was_typed_stays,
    a_list_in_force_takes_only_what_is_added,
    only_publishers_declare_lists,
    a_release_without_a_list_leads_to_its_declaration,
}

/// Puts a list in force.
pub fn in_force(app: &App, dimension: &str, codes: &[&str]) {
    let list = json!([{"dimension": dimension, "codes": codes, "unknown": false}]);
    seed::declare_lists(&app.store, &list.to_string()).unwrap();
}

fn page(browser: &Browser, path: &str) -> String {
    browser.get(path).expect(200).text()
}

fn typed(html: &str) -> String {
    between(html, "<textarea id=\"codes\"", "</textarea>")[0].split_once('>').unwrap().1.trim().to_owned()
}

fn listed(app: &App) -> Vec<Value> {
    app.publisher().get("/api/v1/staff/lists").expect(200).items()
}

/// What is to be done with the only list that waits: the address of its form.
fn deed(html: &str, what: &str) -> String {
    let all = between(html, "action=\"", "\"");
    (*all.iter().find(|action| action.ends_with(what)).unwrap_or_else(|| panic!("{what}: {html}"))).to_owned()
}

fn act(browser: &Browser, what: &str) -> u16 {
    let html = page(browser, "/desk/lists");
    browser.submit(&deed(&html, what), &[("seen", &hidden(&html, "seen"))]).status
}

fn declare(browser: &Browser, dimension: &str, codes: &str) {
    browser.submit("/desk/lists", &[("dimension", dimension), ("codes", codes)]).expect(303);
}

fn a_list_is_proposed_whole_and_in_force_with_the_second_signature(app: &App) {
    let [petra, pavel] = ["petra", "pavel"].map(|name| browser(app, name, Role::Publisher));
    let html = page(&petra, "/desk/lists?dimension=sex");
    // Of times there is no vocabulary to propose from.
    assert!(html.contains("?dimension=ground#declare") && !html.contains("?dimension=year#declare"), "{html}");
    let codes = typed(&html);
    assert_eq!(codes, "F\nM");
    assert!(html.contains("<option value=\"sex\" selected"), "{html}");
    // In the order of the built-in list, not of the codes.
    let grounds = typed(&page(&petra, "/desk/lists?dimension=ground"));
    assert!(
        grounds.starts_with("detained_tortured\nthreatened_by_law_enforcement\nacquaintances_detained\n"),
        "{grounds}"
    );
    let done = petra.submit("/desk/lists", &[("dimension", "sex"), ("codes", &codes)]).expect(303);
    let html = page(&petra, done.header("location").unwrap());
    let text = words(&html);
    for said in ["The list is declared.", "This would be its list: Female F Male M And at its end:", "nobody yet"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let desk = words(&page(&pavel, "/desk"));
    assert!(desk.contains("Sex Public list It waits for your signature. Signatures that are missing: 2."), "{desk}");
    assert_eq!(act(&petra, "/sign"), 303);
    let html = page(&petra, "/desk/lists");
    assert!(!html.contains("/sign\"") && words(&html).contains("You have signed it. Somebody else must sign too."));
    assert!(!words(&page(&petra, "/desk")).contains("Public list It waits"), "she has signed");
    assert_eq!(act(&pavel, "/sign"), 303);
    let text = words(&page(&pavel, "/desk/lists"));
    assert!(text.contains("No list waits.") && text.contains("Sex (2) Female F Male M"), "{text}");
    assert!(words(&page(&pavel, "/desk/releases/new")).contains("In force: Sex."));
    assert_eq!(listed(app)[0]["state"], "in_force");
}

fn a_list_that_waits_can_be_thrown_away(app: &App) {
    let [petra, pavel] = ["petra", "pavel"].map(|name| browser(app, name, Role::Publisher));
    declare(&petra, "sex", "M\r\nF");
    let html = page(&pavel, "/desk/lists");
    let (address, seen) = (deed(&html, "/sign"), hidden(&html, "seen"));
    assert_eq!(act(&petra, "/sign"), 303);
    // What was read is not what stands.
    pavel.submit(&address, &[("seen", &seen)]).expect(412);
    assert_eq!(act(&pavel, "/discard"), 303);
    assert!(listed(app).is_empty());
    pavel.submit(&address, &[("seen", &seen)]).expect(404);
    declare(&pavel, "sex", "F");
}

fn what_is_wrong_with_a_list_stands_beside_its_field_and_what_was_typed_stays(app: &App) {
    let petra = browser(app, "petra", Role::Publisher);
    let refused = |fields: &[(&str, &str)]| petra.submit("/desk/lists", fields).expect(422).text();
    let html = refused(&[("dimension", ""), ("codes", "M")]);
    assert!(html.contains("id=\"dimension-error1\"") && typed(&html) == "M", "{html}");
    let html = refused(&[("dimension", "sex"), ("codes", " ")]);
    assert!(html.contains("id=\"codes-error1\"") && html.contains("<option value=\"sex\" selected"), "{html}");
    let html = refused(&[("dimension", "sex"), ("codes", "M\nnobody\nM\n_U"), ("unknown", "yes")]);
    let text = words(&html);
    for said in [
        "nobody: This is not on the list.",
        "M: This does not fit the rest. Expected: each code once, and none that the list has.",
        "for what is not known there is a box",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(html.contains("value=\"yes\" checked"), "{html}");
    declare(&petra, "sex", "M");
    let text = words(&refused(&[("dimension", "sex"), ("codes", "F")]));
    assert!(text.contains("one declaration of it waits for signatures"), "{text}");
    assert_eq!(listed(app).len(), 1);
}

fn a_list_in_force_takes_only_what_is_added(app: &App) {
    in_force(app, "place", &["RU-CE", "RU-DA"]);
    in_force(app, "kind", &["detention"]);
    let petra = browser(app, "petra", Role::Publisher);
    let html = page(&petra, "/desk/lists?dimension=place");
    let codes = typed(&html);
    let codes: Vec<_> = codes.lines().collect();
    // The country holds what is listed, and cannot come after it.
    assert!(codes.contains(&"DE") && !codes.contains(&"RU") && !codes.contains(&"RU-CE"), "{codes:?}");
    assert!(html.contains("add to its list") && !html.contains("value=\"family\""), "{html}");
    let refused = petra.submit("/desk/lists", &[("dimension", "place"), ("codes", "RU")]).expect(422).text();
    assert!(words(&refused).contains("lies in it, and was declared before"), "{refused}");
    declare(&petra, "place", "DE");
    let text = words(&page(&petra, "/desk/lists"));
    assert!(text.contains("These codes would be added at the end of its list: Germany DE"), "{text}");
}

fn only_publishers_declare_lists(app: &App) {
    let (kai, rita) = (browser(app, "kai", Role::Caseworker), browser(app, "rita", Role::Researcher));
    declare(&browser(app, "petra", Role::Publisher), "sex", "M\nF");
    let html = page(&kai, "/desk/lists");
    assert!(words(&html).contains("This would be its list: Male M Female F") && !html.contains("name=\"codes\""));
    assert!(!html.contains("/sign\""), "{html}");
    let id = listed(app)[0]["id"].as_str().unwrap().to_owned();
    app.unchanged(|| {
        kai.submit("/desk/lists", &[("dimension", "sex"), ("codes", "M")]).expect(403);
        for what in ["sign", "discard"] {
            kai.submit(&format!("/desk/lists/{id}/{what}"), &[("seen", "1")]).expect(403);
        }
    });
    rita.get("/desk/lists").expect(403);
}

fn a_release_without_a_list_leads_to_its_declaration(app: &App) {
    let petra = browser(app, "petra", Role::Publisher);
    let fields = [
        ("id", "spring"),
        ("title_en", "Of spring"),
        ("publisher", "x"),
        ("tables[0].code", "by-sex"),
        ("tables[0].title_en", "By sex"),
        ("tables[0].by", "sex"),
        ("tables[0].pool", "no"),
    ];
    let html = petra.submit("/desk/releases", &fields).expect(422).text();
    assert!(html.contains("id=\"tables-0--by-error1\""), "{html}");
    assert!(html.contains("href=\"/desk/lists?dimension=sex#declare\""), "{html}");
    assert!(html.contains("<option value=\"no\" selected"), "what was chosen is chosen still: {html}");
    in_force(app, "sex", &["M", "F"]);
    petra.submit("/desk/releases", &fields).expect(303);
    let made = app.publisher().get("/api/v1/staff/releases").expect(200).items();
    assert_eq!(made.len(), 1);
    // It comes back with the next one.
    assert!(page(&petra, "/desk/releases/new").contains("<option value=\"no\" selected"));
}
