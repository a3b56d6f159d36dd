//! What researchers ask, what auditors read and what admins do, by forms.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::accounts::{self, host};
use chrono::TimeDelta;
use serde_json::json;

use super::public::{all, words};
use crate::support::people::{Browser, PASSPHRASE, Person, between};
use crate::support::{App, on_both};

on_both! {
    empty:
        a_count_of_few_people_is_marked_on_the_page_and_in_the_api,
        what_is_known_no_further_than_a_country_is_called_so_and_offered_as_a_filter,
        what_was_written_today_is_said_not_to_be_counted_and_counted_for_staff_who_ask,
        a_wrong_question_is_told_beside_its_field_and_stays_in_the_form,
        pages_of_counts_accounts_and_the_audit_are_for_those_who_may,
        an_account_is_added_with_a_link_that_is_shown_once,
        a_wrong_account_is_told_beside_both_fields,
        what_is_done_with_an_account_is_said_before_and_holds_after,
        an_admin_cannot_approve_of_what_they_asked_for,
        the_audit_is_read_page_by_page_and_checked,
}

on_both! {
    demo:
        figures_are_held_against_the_records_in_words,
}

/// Somebody whose link a second person has approved of, where that is needed.
fn named<'a>(app: &'a App<'a>, name: &str, role: Role) -> Browser<'a> {
    let made = accounts::add(&app.store, &host(), name, role).unwrap();
    let link = made.link.unwrap();
    if link.needs_approval {
        app.publisher().post(&format!("/api/v1/staff/enrolments/{}/approval", link.id), &json!({})).expect(200);
    }
    Person::enrol(app, name, made.account.id, &link.path(), PASSPHRASE).browser(app)
}

fn someone<'a>(app: &'a App<'a>, role: Role) -> Browser<'a> {
    named(app, &format!("{}-1", role.name()), role)
}

fn enter(app: &App, sex: &str, number: usize) {
    for _ in 0..number {
        app.caseworker().enter(Noun::Person, &json!({"sex": sex}));
    }
}

/// The row of a table that begins with this label.
fn row<'t>(page: &'t str, label: &str) -> &'t str {
    between(page, &format!("<th scope=\"row\">{label}</th>"), "</tr>")[0]
}

/// How often something stands in the audit.
fn audited(app: &App, action: &str) -> usize {
    let entries = app.auditor().get("/api/v1/staff/audit?limit=200").expect(200).items();
    entries.iter().filter(|entry| entry["action"] == action).count()
}

fn a_count_of_few_people_is_marked_on_the_page_and_in_the_api(app: &App) {
    enter(app, "M", 6);
    enter(app, "F", 2);
    let browser = someone(app, Role::Researcher);
    let empty = browser.get("/research").expect(200).text();
    assert!(!empty.contains("class=\"mark\"") && audited(app, "aggregate.read") == 0);

    let page = browser.get("/research?measure=persons&by=sex&by=&by=&totals=grand&kind=").expect(200).text();
    assert!(row(&page, "Female").contains("2 <span class=\"mark\">not to be published</span>"), "{page}");
    assert!(row(&page, "Male").contains(">6<"), "{page}");
    assert!(page.contains("2 (not to be published)"), "the bar has the mark too: {page}");
    assert!(words(&page).contains("case files of fewer than 5 persons"));
    assert_eq!(audited(app, "aggregate.read"), 1);

    // The line to copy asks the same of the API, and is answered the same.
    let copied = between(&page, "&#34;http://", "&#34;").into_iter().find(|line| !line.contains(".csv"));
    let copied =
        copied.or_else(|| between(&page, "\"http://", "\"").into_iter().next()).unwrap_or_else(|| panic!("{page}"));
    let path = copied.split_once('/').unwrap().1.replace("&amp;", "&").replace("&#38;", "&");
    let answer = app.researcher().get(&format!("/{path}")).expect(200).json();
    let cell = |code: &str| answer["rows"].as_array().unwrap().iter().find(|row| row["sex"] == code).unwrap().clone();
    assert_eq!((&cell("F")["count"], &cell("F")["conf_status"]), (&json!(2), &json!("C")));
    assert!(cell("M").get("conf_status").is_none() && cell("_T").get("conf_status").is_none());
}

fn what_is_known_no_further_than_a_country_is_called_so_and_offered_as_a_filter(app: &App) {
    for origin in ["RU", "RU", "RU-CE", "DE"] {
        app.caseworker().enter(Noun::Person, &json!({"origin": origin}));
    }
    let browser = someone(app, Role::Researcher);
    let page = browser.get("/research?measure=persons&by=origin").expect(200).text();
    for (label, count) in [("Russia", 3), ("Chechnya", 1), ("Russia, not further known", 2), ("Germany", 1)] {
        assert!(row(&page, label).contains(&format!(">{count} ")), "{label}: {page}");
    }
    let place = |label: &str| page.find(&format!("<th scope=\"row\">{label}</th>")).unwrap();
    assert!(place("Russia") < place("Chechnya") && place("Chechnya") < place("Russia, not further known"));
    assert!(words(&page).contains("groups overlap"), "{page}");
    let russian = browser.get("/ru/research?measure=persons&by=origin&origin=RU._U").expect(200).text();
    assert!(row(&russian, "Россия, точнее не известно").contains(">2 "), "{russian}");
    assert!(russian.contains("<option value=\"RU._U\" selected>Россия, точнее не известно</option>"), "{russian}");
    assert!(russian.contains("<option value=\"UA._U\"") && !russian.contains("<option value=\"DE._U\""), "{russian}");
}

fn what_was_written_today_is_said_not_to_be_counted_and_counted_for_staff_who_ask(app: &App) {
    enter(app, "M", 6);
    app.clock.advance(TimeDelta::days(1));
    enter(app, "M", 1);
    let question = "/research?measure=persons&by=sex";
    let page = someone(app, Role::Researcher).get(question).expect(200).text();
    assert!(row(&page, "Male").contains(">6<") && page.contains("is not counted here."), "{page}");
    assert!(!page.contains("Count it too"), "{page}");
    let staff = someone(app, Role::Caseworker);
    let page = staff.get(question).expect(200).text();
    assert!(row(&page, "Male").contains(">6<"), "{page}");
    let address = page.split_once(">Count it too<").unwrap().0.rsplit_once("href=\"").unwrap().1.trim_end_matches('"');
    let page = staff.get(&address.replace("&amp;", "&").replace("&#38;", "&")).expect(200).text();
    assert!(row(&page, "Male").contains(">7<"), "{page}");
}

fn a_wrong_question_is_told_beside_its_field_and_stays_in_the_form(app: &App) {
    let browser = someone(app, Role::Researcher);
    let page =
        browser.get("/research?measure=persons&by=sex&by=sex&as_of=soon&year=never&sex=green").expect(422).text();
    for field in ["as_of", "year", "sex", "by-1"] {
        assert!(page.contains(&format!("id=\"{field}-error1\"")), "{field}: {page}");
        assert!(page.contains(&format!("href=\"#{field}\"")), "{field}: {page}");
    }
    for typed in ["value=\"soon\"", "value=\"never\"", "value=\"green\" selected"] {
        assert!(page.contains(typed), "{typed}: {page}");
    }
    assert_eq!(audited(app, "aggregate.read"), 0);
}

fn pages_of_counts_accounts_and_the_audit_are_for_those_who_may(app: &App) {
    let pages = [
        ("/research", &[Role::Caseworker, Role::Publisher, Role::Researcher][..]),
        ("/research?measure=persons", &[Role::Caseworker, Role::Publisher, Role::Researcher]),
        ("/research/reconciliation", &[Role::Caseworker, Role::Publisher, Role::Researcher]),
        ("/desk/accounts", &[Role::Admin]),
        ("/desk/enrolments", &[Role::Admin, Role::Publisher]),
        ("/desk/audit", &[Role::Auditor]),
        ("/desk/audit/integrity", &[Role::Auditor]),
    ];
    for role in Role::ALL {
        let browser = someone(app, role);
        for (path, may) in pages {
            let status = if may.contains(&role) { 200 } else { 403 };
            browser.get(path).expect(status);
        }
    }
}

fn an_account_is_added_with_a_link_that_is_shown_once(app: &App) {
    let browser = someone(app, Role::Admin);
    let page = browser.submit("/desk/accounts", &[("name", "anna"), ("role", "researcher")]).expect(200).text();
    let link = between(&page, "/enrol/", "<")[0].to_owned();
    assert_eq!(link.len(), 64, "{page}");
    let list = browser.get("/desk/accounts").expect(200).text();
    assert!(
        words(row(
            &list,
            between(&list, "<th scope=\"row\">", "</th>").iter().find(|head| head.contains("anna")).unwrap()
        ))
        .contains("researcher")
    );
    assert!(!list.contains(&link) && !browser.get("/desk/enrolments").expect(200).text().contains(&link));
    let id = app.admin().get("/api/v1/staff/accounts").items().iter().find(|one| one["name"] == "anna").unwrap()["id"]
        .clone();
    let id = serde_json::from_value(id).unwrap();
    let anna = Person::enrol(app, "anna", id, &format!("/enrol/{link}"), PASSPHRASE);
    assert!(anna.browser(app).is_in());
}

fn a_wrong_account_is_told_beside_both_fields(app: &App) {
    let browser = someone(app, Role::Admin);
    let fields = [("name", "two words"), ("role", "")];
    let page = app.unchanged(|| browser.submit("/desk/accounts", &fields).expect(422)).text();
    for field in ["name", "role"] {
        assert!(page.contains(&format!("id=\"{field}-error1\"")), "{page}");
    }
    assert!(page.contains("value=\"two words\""));
    let taken = browser.submit("/desk/accounts", &[("name", "admin-1"), ("role", "auditor")]).expect(422).text();
    assert!(taken.contains("This is taken already.") && taken.contains("value=\"auditor\" selected"), "{taken}");
}

fn what_is_done_with_an_account_is_said_before_and_holds_after(app: &App) {
    let browser = someone(app, Role::Admin);
    let kai = Person::new(app, "kai", Role::Researcher);
    let other = kai.browser(app);
    let address = format!("/desk/accounts/{}", kai.id);
    let before = words(&browser.get(&address).expect(200).text());
    assert!(
        before.contains("From this moment on the account can do nothing: all sessions and tokens end."),
        "{before}"
    );
    let none = browser.submit(&format!("{address}/role"), &[("role", "researcher")]).expect(409).text();
    assert!(words(&none).contains("Nothing was changed."), "{none}");
    browser.submit(&format!("{address}/role"), &[("role", "king")]).expect(422);
    browser.submit(&format!("{address}/disablement"), &[]).expect(303);
    assert!(!other.is_in());
    let after = words(&browser.get(&address).expect(200).text());
    assert!(
        after.contains("disabled") && after.contains("Tokens stay revoked.") && !after.contains("Reset the account")
    );
    browser.submit(&format!("{address}/enablement"), &[]).expect(303);
    assert!(kai.browser(app).is_in());
}

fn an_admin_cannot_approve_of_what_they_asked_for(app: &App) {
    // Of two who can approve, one asks and the other approves.
    let (first, second) = (named(app, "first", Role::Admin), named(app, "second", Role::Admin));
    let made = first.submit("/desk/accounts", &[("name", "nina"), ("role", "caseworker")]).expect(200).text();
    assert!(words(&made).contains("must approve of the link before it works"), "{made}");
    let own = first.get("/desk/enrolments").expect(200).text();
    let others = second.get("/desk/enrolments").expect(200).text();
    let action = all(&others, "action").into_iter().find(|action| action.contains("/approval")).unwrap();
    assert!(!own.contains("/approval") && words(&others).contains("first asks for it: a new account."));
    app.unchanged(|| first.submit(action, &[]).expect(409));
    second.submit(action, &[]).expect(303);
    assert!(words(&second.get("/desk/enrolments").expect(200).text()).contains("yes, by second"));
}

fn the_audit_is_read_page_by_page_and_checked(app: &App) {
    enter(app, "M", 3);
    let browser = someone(app, Role::Auditor);
    let page = browser.get("/desk/audit?limit=2").expect(200).text();
    let rows = between(&page, "<th scope=\"row\">", "</th>");
    let (newest, last): (i64, i64) = (rows[0].parse().unwrap(), rows[1].parse().unwrap());
    assert!(rows.len() == 2 && newest == last + 1);
    let next = between(&page, "rel=\"next\" href=\"", "\"")[0].replace("&amp;", "&").replace("&#38;", "&");
    let page = browser.get(&next).expect(200).text();
    assert_eq!(between(&page, "<th scope=\"row\">", "</th>")[0], (last - 1).to_string());
    let all = browser.get("/desk/audit").expect(200).text();
    assert!(words(&all).contains("person.create"), "{all}");
    let wrong = browser.get("/desk/audit?before=soon").expect(422).text();
    assert!(wrong.contains("id=\"before-error1\"") && wrong.contains("value=\"soon\""), "{wrong}");
    let check = words(&browser.get("/desk/audit/integrity").expect(200).text());
    assert!(check.contains("Every entry is as it was written."), "{check}");
}

fn figures_are_held_against_the_records_in_words(app: &App) {
    let browser = someone(app, Role::Researcher);
    let page = browser.get("/research/reconciliation?publication=lgbtnet-2018-04-03").expect(200).text();
    let told = words(&page);
    for phrase in ["lgbtnet-2018-04-03", "the records say the same", "derived: what the parts leave over"] {
        assert!(told.contains(phrase), "{phrase}: {told}");
    }
    assert!(!page.contains("/research/figures/"), "whom records are about is not for researchers");
    assert_eq!(audited(app, "reconciliation.read"), 1);
    browser.get("/research/reconciliation?publication=nowhere").expect(422);
    let figures = app.caseworker().get("/api/v1/staff/figures").expect(200).items();
    let path = format!("/research/figures/{}", figures[0]["id"].as_str().unwrap());
    browser.get(&path).expect(403);
    someone(app, Role::Caseworker).get(&path).expect(200);
    let russian = words(&browser.get("/ru/research/reconciliation").expect(200).text());
    assert!(russian.contains("Сверка цифр с записями") && russian.contains("записи дают то же число"), "{russian}");
}
