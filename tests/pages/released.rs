//! Releases in a browser: what is withheld has its mark, questions are asked, and two releases are compared.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::lists::in_force;
use super::public::{all, page, words};
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    what_is_withheld_has_its_mark_and_the_reason_in_words,
    a_question_is_answered_as_the_api_answers_it,
    a_refused_question_is_told_beside_its_field,
    two_releases_are_compared_by_what_was_published,
    what_stands_names_the_release_that_told_it_and_is_not_compared,
    what_is_told_together_stands_below_its_table,
    of_a_withdrawn_release_no_number_is_shown,
}

on_both! {
    released:
    answers_come_with_lines_to_copy_for_the_host_that_was_asked,
    a_release_shows_its_tables_figures_and_signature,
    the_first_page_names_the_release_that_signed_its_figures,
}

const RELEASES: &str = "/api/v1/staff/releases";

/// So many people of this sex who agree to be published.
fn enter(app: &App, sex: &str, number: usize) {
    for _ in 0..number {
        let person = app.caseworker().enter(Noun::Person, &json!({"sex": sex})).json();
        let consent =
            json!({"person": person["code"], "purpose": "publish", "decision": "given", "decided_on": "2018-04-03"});
        app.caseworker().enter(Noun::Consent, &consent);
    }
}

fn act(app: &App, seen: &Answer, what: &str, body: &Value) -> Answer {
    let address = format!("{RELEASES}/{}/{what}", seen.id());
    app.publisher().post_with(&address, &[("If-Match", &seen.etag())], body).expect(200)
}

/// A release by sex that anybody may read.
fn release(app: &App, id: &str, more: &[Value]) -> Answer {
    in_force(app, "sex", &["M", "F"]);
    let mut tables = vec![json!({"code": "by-sex", "title_en": "People by sex", "by": ["sex"]})];
    tables.extend_from_slice(more);
    let declaration =
        json!({"id": id, "title_en": format!("Release {id}"), "publisher": "The office", "tables": tables});
    let made = app.publisher().post(RELEASES, &declaration).expect(201);
    let signed = act(app, &made, "sign", &json!({}));
    act(app, &signed, "publish", &json!({}))
}

fn what_is_withheld_has_its_mark_and_the_reason_in_words(app: &App) {
    enter(app, "M", 8);
    enter(app, "F", 2);
    release(app, "first", &[]);
    // Where nothing was published, the front page begins with the release.
    for path in ["/releases/first", "/explore", "/"] {
        let html = page(app, path);
        let row = html.split("role=\"rowheader\">Female").nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(row.contains("class=\"hatched\"") && row.contains("withheld"), "{path}: {row}");
        assert!(!words(row).chars().any(|c| c.is_ascii_digit()), "{path}: {row}");
        assert!(words(&html).contains("fewer than 5 people, none, or protecting others"), "{path}");
    }
}

fn a_question_is_answered_as_the_api_answers_it(app: &App) {
    enter(app, "M", 8);
    enter(app, "F", 7);
    enter(app, "_U", 5);
    release(app, "first", &[]);
    let asked =
        app.anybody().get("/api/v1/releases/first/aggregates?measure=persons&by=sex&sex=F,M").expect(200).json();
    let rows = asked["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["count"].as_u64()).collect::<Vec<_>>(), [Some(8), Some(7), Some(15)]);
    // As a form sends it, with what was left empty.
    let html = page(app, "/explore?release=first&measure=persons&by=sex&by=&totals=&sex=F&sex=M");
    let text = words(&html);
    assert!(text.contains("Total: 15") && text.contains("Male 8") && text.contains("Female 7"), "{text}");
    let picture = all(&html, "src")[0].replace("&#38;", "&").replace("&amp;", "&");
    assert!(picture.starts_with("/api/v1/releases/first/aggregates.svg?measure=persons&by=sex&sex=F,M"), "{picture}");
    // The boxes that were ticked are ticked still.
    assert_eq!(html.matches(" checked").count(), 2, "{html}");
    // Every file of an answer is there, whatever totals were asked for.
    for totals in ["", "all", "none"] {
        let html = page(app, &format!("/explore?by=sex&totals={totals}"));
        let files = all(&html, "href").into_iter().filter(|href| href.contains("/aggregates."));
        let files: Vec<_> = files.map(|href| href.replace("&#38;", "&").replace("&amp;", "&")).collect();
        assert!(files.len() >= 5, "{files:?}");
        files.iter().for_each(|file| drop(app.anybody().get(file).expect(200)));
    }
    in_force(app, "age_group", &["Y25T34", "Y18T24"]);
    release(app, "second", &[json!({"code": "both", "title_en": "Both", "by": ["sex", "age_group"]})]);
    let html = page(app, "/explore?measure=persons&by=sex&by=age_group&totals=all");
    assert!(html.contains("class=\"grid\"") && words(&html).contains("Age group"), "{html}");
}

fn a_refused_question_is_told_beside_its_field(app: &App) {
    enter(app, "M", 8);
    release(app, "first", &[]);
    let refused = |question: &str| {
        let answer = app.unchanged(|| app.anybody().get(&format!("/explore?{question}")).expect(400));
        assert!(answer.text().contains("This question is not answered."));
        answer.text()
    };
    let html = refused("measure=incidents&by=sex");
    let field = html.split("id=\"by-0\"").next().unwrap().rsplit("<div class=\"field").next().unwrap().to_owned();
    assert!(words(&field).contains("No table of this release holds this question."), "{field}");
    assert!(html.contains("aria-invalid=\"true\""), "{html}");
    let html = refused("by=sex&sex=%3Cb%3E");
    assert!(words(&html).contains("There is no such code. (&lt;b&gt;)") || html.contains("&#60;b&#62;"), "{html}");
    assert!(!html.contains("<b>"), "{html}");
    let html = refused("colour=red");
    assert!(words(&html).contains("colour: There is no such parameter."), "{html}");
}

fn two_releases_are_compared_by_what_was_published(app: &App) {
    enter(app, "M", 8);
    enter(app, "F", 8);
    release(app, "first", &[]);
    assert!(words(&page(app, "/releases/first/changes")).contains("There is no other release to compare with."));
    // A change of one to four could be told apart; this one is large enough.
    enter(app, "M", 10);
    enter(app, "F", 10);
    release(app, "second", &[json!({"code": "all", "title_en": "Everybody", "by": []})]);
    let text = words(&page(app, "/releases/second/changes?since=first"));
    assert!(text.contains("16 36 +20"), "{text}");
    assert!(text.contains("Tables that are new: Everybody"), "{text}");
    assert!(words(&page(app, "/releases")).contains("What changed since the one before"));
    let back = words(&page(app, "/releases/first/changes?since=second"));
    assert!(back.contains("Tables that it no longer has: Everybody"), "{back}");
    app.anybody().get("/releases/second/changes?since=nothing").expect(404);
    app.anybody().get("/releases/second/changes?colour=red").expect(400);
}

fn what_stands_names_the_release_that_told_it_and_is_not_compared(app: &App) {
    enter(app, "M", 8);
    enter(app, "F", 8);
    let first = release(app, "first", &[]);
    enter(app, "M", 1);
    release(app, "second", &[]);
    let html = page(app, "/releases/second");
    assert!(html.contains("as of <a href=\"/releases/first\">first</a>"), "{html}");
    assert!(words(&html).contains("Total: 16 as of first"), "{}", words(&html));
    assert!(words(&page(app, "/explore?release=second&by=sex")).contains("as of first"));
    let text = words(&page(app, "/releases/second/changes?since=first"));
    assert!(text.contains("No number and no figure that both told themselves is different."), "{text}");
    // A release that stands no more is named and leads nowhere.
    act(app, &first, "withdraw", &json!({"reason": "as a trial"}));
    let html = page(app, "/releases/second");
    assert!(!html.contains("href=\"/releases/first\""), "{html}");
}

fn what_is_told_together_stands_below_its_table(app: &App) {
    in_force(app, "age_group", &["Y25T34", "Y18T24", "Y35T44"]);
    let person = |age: &str| {
        let person = app.caseworker().enter(Noun::Person, &json!({"sex": "M", "age_group": age})).json();
        let consent =
            json!({"person": person["code"], "purpose": "publish", "decision": "given", "decided_on": "2018-04-03"});
        app.caseworker().enter(Noun::Consent, &consent);
    };
    // The two that are rare stand together.
    [("Y25T34", 9), ("Y18T24", 9), ("Y35T44", 3), ("Y0T17", 3)].iter().for_each(|(age, many)| {
        (0..*many).for_each(|_| person(age));
    });
    release(app, "first", &[json!({"code": "ages", "title_en": "Ages", "by": ["age_group"]})]);
    let html = page(app, "/releases/first");
    let sums = html.split("class=\"sum\"").nth(1).unwrap_or_else(|| panic!("{html}")).split("</p>").next().unwrap();
    assert!(sums.contains(" and ") && sums.contains(" together: 15"), "{sums}");
}

fn of_a_withdrawn_release_no_number_is_shown(app: &App) {
    enter(app, "M", 8);
    let seen = release(app, "first", &[]);
    let gone = act(app, &seen, "withdraw", &json!({"reason": "consent was withdrawn"}));
    act(app, &gone, "notice", &json!({"notice": "Read the next one."}));
    let html = page(app, "/releases/first");
    let text = words(&html);
    assert!(text.contains("This release was withdrawn.") && text.contains("Read the next one."), "{text}");
    assert!(!html.contains("class=\"bars\"") && !text.contains("consent was withdrawn"), "{text}");
    app.anybody().get("/releases/first/changes").expect(410);
    app.anybody().get("/explore?release=first").expect(410);
    assert!(words(&page(app, "/explore")).contains("There is no release yet."));
}

fn answers_come_with_lines_to_copy_for_the_host_that_was_asked(app: &App) {
    let path = "/explore?measure=persons&by=ground";
    let at = |headers: &[(&str, &str)]| app.anybody().get_with(path, headers).expect(200).text();
    let html = at(&[("Host", "figures.example.org"), ("X-Forwarded-Proto", "https")]);
    let address = "https://figures.example.org/api/v1/releases/2018-04-03/aggregates.csv?measure=persons&by=ground";
    for line in [
        format!("curl --fail --output figures.csv \"{address}\""),
        format!("pandas.read_csv(\"{address}\""),
        format!("table <- read.csv(\"{address}\""),
    ] {
        let text = words(&html).replace("&#60;", "<").replace("&lt;", "<").replace("&#38;", "&");
        assert!(text.contains(&line), "{line}: {text}");
    }
    // What no host is called is copied into no terminal.
    assert!(!at(&[("Host", "a$(b)")]).contains("a$(b)"));
}

fn the_first_page_names_the_release_that_signed_its_figures(app: &App) {
    enter(app, "M", 8);
    release(app, "later", &[]);
    let text = words(&page(app, "/"));
    assert!(text.contains("Signed in release 2018-04-03") && text.contains("What the records say: release 2018-04-03"));
    assert!(text.contains("Persecution in Chechnya") && !text.contains("later"), "{text}");
}

fn a_release_shows_its_tables_figures_and_signature(app: &App) {
    let view = app.anybody().get("/api/v1/releases/2018-04-03").expect(200).json();
    let html = page(app, "/releases/2018-04-03");
    let text = words(&html);
    for said in ["hash", "public_key"] {
        assert!(text.contains(view[said].as_str().unwrap()), "{said}");
    }
    assert!(
        text.contains("Evacuation 114")
            && text.contains("Death at least 2")
            && text.contains("Left Russia 92 92 built from this figure")
    );
    for table in ["by-kind", "by-ground"] {
        for format in ["json", "csv", "jsonstat", "vl.json", "svg"] {
            let address = format!("/api/v1/releases/2018-04-03/tables/{table}.{format}");
            // A table for spreadsheets is one that runs nothing in them.
            let address = if format == "csv" { format!("{address}?flavour=spreadsheet") } else { address };
            assert!(all(&html, "href").contains(&address.as_str()), "{address}");
        }
    }
    // So are its words.
    let words = all(&page(app, "/codebook"), "href").into_iter().find(|href| href.contains(".csv")).unwrap().to_owned();
    assert_eq!(words, "/api/v1/codebook.csv?flavour=spreadsheet");
    let download = app.anybody().get(&words).expect(200).text();
    let exact = app.anybody().get("/api/v1/codebook.csv").expect(200).text();
    assert!(download.starts_with('\u{feff}') && download.lines().count() == exact.lines().count(), "{download}");
}
