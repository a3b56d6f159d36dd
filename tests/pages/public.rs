//! What anybody reads in a browser: the front page, publications, the codebook and what is promised.

use std::collections::BTreeSet;

use attest::domain::record::Noun;
use serde_json::json;

use crate::support::{Answer, App, on_both};

on_both! {
    released:
    the_front_page_tells_the_figures_with_their_qualifiers_and_sources,
    the_front_page_is_light,
    what_the_parts_leave_over_is_shown_as_derived,
    where_publications_disagree_both_are_shown,
    a_contested_figure_carries_its_contradiction_wherever_it_stands,
    a_publication_holds_each_figure_against_what_was_signed,
    records_that_were_built_from_a_figure_prove_nothing_of_it,
    a_draft_stands_on_no_page,
    everybody_gets_the_same_bytes_and_caches_may_keep_them,
    every_way_from_a_public_page_leads_somewhere,
    pages_are_in_russian_where_the_address_says_so,
    no_public_page_says_that_there_is_nobody,
    the_codebook_marks_drafts,
    a_series_is_drawn_as_it_was_asked_for,
    what_is_not_there_is_a_page_that_says_so,
}

on_both! {
    empty:
    an_instance_without_figures_says_so_kindly,
}

/// Every public page of the demonstration.
pub const PAGES: [&str; 9] = [
    "/",
    "/publications",
    "/publications/lgbtnet-2018-04-03",
    "/explore",
    "/releases",
    "/releases/2018-04-03",
    "/releases/2018-04-03/changes",
    "/codebook",
    "/about",
];

pub fn page(app: &App, path: &str) -> String {
    let answer = app.unchanged(|| app.anybody().get(path).expect(200));
    assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
    answer.text()
}

/// What stands between tags, on one line, so that a test reads as the page does.
pub fn words(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.replace("&#39;", "'").replace("&#34;", "\"").replace("&amp;", "&").replace('\u{a0}', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The values of an attribute.
pub fn all<'h>(html: &'h str, attribute: &str) -> Vec<&'h str> {
    html.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[track_caller]
fn says(text: &str, all: &[&str]) {
    for said in all {
        assert!(text.contains(said), "`{said}` is not in: {text}");
    }
}

fn the_front_page_tells_the_figures_with_their_qualifiers_and_sources(app: &App) {
    let html = page(app, "/");
    let text = words(&html);
    says(
        &text,
        &["114 Evacuated", "92 Left Russia", "41 Detained and tortured", "at least 1 Of those returned by force: dead"],
    );
    says(
        &text,
        &[
            "Source: Russian LGBT Network, 3 April 2018",
            "Records: 114 – built from this figure",
            "Records: at least 1 – built from this figure",
        ],
    );
    assert!(!text.contains("at least 114"));
    assert!(all(&html, "href").contains(&"/publications/lgbtnet-2018-04-03#evacuated"));
    assert!(all(&html, "src").iter().any(|src| src.starts_with("/api/v1/figures/series.svg?figure=evacuated")));
    says(&text, &["16 April 2017 about 25 Meduza", "10 November 2021 more than 250 The Independent"]);
}

fn the_front_page_is_light(app: &App) {
    let html = page(app, "/");
    let mut parts: BTreeSet<_> = all(&html, "src").into_iter().collect();
    let links = html.split("<link ").skip(1).map(|link| all(link, "href")[0]);
    parts.extend(links);
    assert!(parts.len() >= 3, "style, sign and chart: {parts:?}");
    let bytes =
        |path: &&str| app.anybody().get(&path.replace("&amp;", "&").replace("&#38;", "&")).expect(200).bytes.len();
    let whole = html.len() + parts.iter().map(bytes).sum::<usize>();
    assert!(whole < 100_000, "{whole} bytes");
}

fn what_the_parts_leave_over_is_shown_as_derived(app: &App) {
    for path in ["/", "/publications/lgbtnet-2018-04-03"] {
        let html = page(app, path);
        says(&words(&html), &["No ground given at least 10, derived", "It was not published"]);
        let row = html.split("No ground given").nth(1).unwrap().split("</tr>").next().unwrap();
        assert!(row.contains("class=\"derived\"") && !row.contains("class=\"solid\""), "{row}");
    }
    // Its parts are not all of something there.
    assert!(!words(&page(app, "/publications/wikinews-2018-04-03")).contains("No ground given at least 10"));
}

fn where_publications_disagree_both_are_shown(app: &App) {
    let text = words(&page(app, "/"));
    says(
        &text,
        &["Close relatives of victims, 3 April 2018 cannot all be true", "35 – Russian LGBT Network", "30 – RFE/RL"],
    );
    let text = words(&page(app, "/publications/rferl-2018-04-03"));
    says(&text, &["Others say of the same day 35 – Russian LGBT Network"]);
    let text = words(&page(app, "/publications"));
    says(&text, &["Detained and tortured Tortured and held for days Chechnya 37 31 July 2018, Kommersant"]);
}

fn a_contested_figure_carries_its_contradiction_wherever_it_stands(app: &App) {
    let said = "Others say: 30 – RFE/RL, 30 – Russian Wikinews (citing Interfax and Novaya Gazeta); cannot all be true";
    let back = "Others say: 35 – Russian LGBT Network; cannot all be true";
    // The bars of the first page are one of the places.
    let html = page(app, "/");
    let bar = html.split("#close_relatives").nth(1).unwrap().split("</tr>").next().unwrap();
    says(&words(bar), &[said, "35"]);
    for path in ["/publications/lgbtnet-2018-04-03", "/releases/2018-04-03"] {
        let html = page(app, path);
        let row = html.split("#close_relatives").nth(1).unwrap().split("</tr>").next().unwrap();
        says(&words(row), &[said]);
    }
    says(&words(&page(app, "/publications/wikinews-2018-04-03")), &[back]);
    // In the list of publications and in the tables of the charts.
    let text = words(&page(app, "/publications"));
    assert_eq!((text.matches(said).count(), text.matches(back).count()), (1, 4), "{text}");
    let russian = words(&page(app, "/ru"));
    says(&russian, &["Другие называют: 30 – RFE/RL", "не могут быть верны все"]);
    let figures = app.anybody().get("/api/v1/figures?publication=lgbtnet-2018-04-03").expect(200).items();
    let conflicts = |figure: &str| figures.iter().find(|one| one["figure"] == figure).unwrap()["conflicts"].clone();
    assert_eq!(
        conflicts("close_relatives"),
        json!(["rferl-2018-04-03:close_relatives", "wikinews-2018-04-03:close_relatives"])
    );
    assert_eq!(conflicts("evacuated"), json!([]));
}

fn a_publication_holds_each_figure_against_what_was_signed(app: &App) {
    let text = words(&page(app, "/publications/lgbtnet-2018-04-03"));
    says(&text, &["Left Russia 92 92 built from this figure"]);
    says(&text, &["Of those returned by force: dead at least 1 at least 1 built from this figure"]);
    says(&text, &["Period 1 April 2017 – 3 April 2018", "part of “Evacuated”: the source says so"]);
    says(
        &text,
        &["not part of “Evacuated”: counted beside it", "That they give it again proves nothing. Release 2018-04-03"],
    );
    // It asks the same question as a signed figure, and nobody signed it.
    let text = words(&page(app, "/publications/rferl-2018-04-03"));
    says(&text, &["Evacuated 114 – not computed"]);
    assert!(!text.contains("agrees"), "{text}");
}

fn records_that_were_built_from_a_figure_prove_nothing_of_it(app: &App) {
    for path in ["/", "/publications/lgbtnet-2018-04-03", "/releases/2018-04-03"] {
        let html = page(app, path);
        assert!(!html.contains("class=\"status agrees\"") && !html.contains("stands agrees"), "{path}: a tick");
        assert!(html.contains("status built") || html.contains("stands built"), "{path}");
        let text = words(&html);
        assert!(!text.contains("agrees") && !text.contains("consistent"), "{path}: {text}");
    }
    // Of the parts on the front page it is said once, for it is the same of all.
    let panel =
        page(app, "/").split("<table class=\"bars\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
    assert_eq!(words(&panel).matches("The records were built from this very number").count(), 1, "{panel}");
}

fn no_public_page_says_that_there_is_nobody(app: &App) {
    for path in PAGES {
        let text = words(&page(app, path));
        assert!(!text.contains("None documented") && !text.contains(": 0 "), "{path}: {text}");
    }
    // Nor does the answer to a question of one's own.
    let text = words(&page(app, "/explore?release=2018-04-03&measure=persons&by=kind"));
    assert!(!text.contains("None documented") && !text.contains(": 0 "), "{text}");
}

fn a_draft_stands_on_no_page(app: &App) {
    let draft = json!({"code": "draft-2026", "published_on": "2026-01-01", "publisher": "Unprinted Herald",
        "address": "https://example.org/", "state": "draft"});
    app.caseworker().enter(Noun::Publication, &draft);
    let figure = |publication: &str| {
        json!({"publication": publication, "code": "unprinted", "measure": "persons", "population": "unprinted people",
            "region": "Chechnya", "value": 31_415, "as_of": "2018-04-03", "query": "measure=persons", "state": "draft"})
    };
    for publication in ["draft-2026", "lgbtnet-2018-04-03"] {
        app.caseworker().enter(Noun::Figure, &figure(publication));
    }
    for path in PAGES {
        let html = page(app, path).to_lowercase();
        assert!(!html.contains("unprinted") && !html.contains("31415") && !html.contains("31\u{a0}415"), "{path}");
    }
    app.anybody().get("/publications/draft-2026").expect(404);
}

fn everybody_gets_the_same_bytes_and_caches_may_keep_them(app: &App) {
    for path in PAGES {
        let open = app.anybody().get(path).expect(200);
        let cookies: [&[(&str, &str)]; 2] = [&[("Cookie", "attest=0123")], &[("Authorization", "Bearer x")]];
        for headers in cookies {
            assert_eq!(app.anybody().get_with(path, headers).expect(200).bytes, open.bytes, "{path}");
        }
        assert_eq!(open.header("cache-control"), Some("public, max-age=60"), "{path}");
        assert_eq!(open.header("vary"), Some("Accept-Language"), "{path}");
        assert_eq!(open.header("set-cookie"), None, "{path}");
        let known = [("If-None-Match", open.header("etag").unwrap())];
        assert!(app.anybody().get_with(path, &known).expect(304).bytes.is_empty(), "{path}");
    }
}

/// Where a page leads to on this server, without the part within a page.
fn ways(html: &str) -> BTreeSet<String> {
    let hrefs = all(html, "href").into_iter().chain(all(html, "src"));
    let own = hrefs.filter(|href| href.starts_with('/')).map(|href| href.split('#').next().unwrap());
    own.map(|href| href.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

fn every_way_from_a_public_page_leads_somewhere(app: &App) {
    let mut seen = BTreeSet::new();
    let mut next: Vec<String> = vec!["/".to_owned(), "/ru".to_owned()];
    while let Some(path) = next.pop() {
        // What somebody does who signs in or leaves is tested elsewhere.
        if path.ends_with("/sign-in") || !seen.insert(path.clone()) {
            continue;
        }
        let answer = app.anybody().get(&path).expect(200);
        let html = answer.header("content-type").unwrap().starts_with("text/html");
        if html && !path.starts_with("/api/") {
            let text = answer.text();
            next.extend(ways(&text));
            for id in all(&text, "href").iter().filter_map(|href| href.strip_prefix('#')) {
                assert!(all(&text, "id").contains(&id), "{path} leads to #{id}");
            }
            let ids = all(&text, "id");
            assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{path} has an id twice");
            assert_eq!(text.matches("<h1>").count(), 1, "{path}");
        }
    }
    assert!(seen.len() > 100, "{seen:?}");
    assert!(seen.iter().any(|path| path.starts_with("/ru/explore")), "{seen:?}");
}

fn pages_are_in_russian_where_the_address_says_so(app: &App) {
    for path in PAGES {
        let html = page(app, &format!("/ru{}", path.trim_end_matches('/')));
        assert!(html.contains("<html lang=\"ru\">"), "{path}");
        assert!(words(&html).contains("Этот перевод — черновик"), "{path}");
        for src in all(&html, "src") {
            assert!(src.contains("lang=ru"), "{path}: {src}");
        }
    }
    says(
        &words(&page(app, "/ru")),
        &["114 Эвакуированы", "не менее 1", "Источник: Russian LGBT Network, 3 апреля 2018"],
    );
    says(&words(&page(app, "/ru")), &["Причина не названа не менее 10, производное"]);
}

fn the_codebook_marks_drafts(app: &App) {
    let text = words(&page(app, "/codebook"));
    says(&text, &["Evacuation evacuation", "Detained and tortured detained_tortured", "Not known _U"]);
    assert!(!text.contains("draft"), "the English is no translation");
    says(&words(&page(app, "/ru/codebook")), &["Эвакуация evacuation черновик"]);
}

fn a_series_is_drawn_as_it_was_asked_for(app: &App) {
    let address = "/api/v1/figures/series.svg";
    let drawn = |query: &str| app.anybody().get(&format!("{address}{query}")).expect(200);
    let whole = drawn("?figure=close_relatives");
    assert_eq!(whole.header("content-type"), Some("image/svg+xml"));
    assert!(whole.text().contains("Published figures of one day that differ"));
    assert!(drawn("").text().contains("more than 250 (The Independent)"), "the longest");
    assert!(drawn("?figure=detained_tortured&definition=long_custody").text().contains("Kommersant"));
    assert!(drawn("?figure=evacuated&lang=ru").text().contains("более 250"));
    // Who cannot see the chart hears the list all the same.
    let lines = |answer: &Answer| answer.text().matches("(The Independent)").count();
    assert_eq!((lines(&drawn("?figure=evacuated")), lines(&drawn("?figure=evacuated&list=false"))), (2, 1));
    let refused = |query: &str, field: &str, rule: &str| {
        app.anybody().get(&format!("{address}?{query}")).refuses(400, field, rule);
    };
    refused("figure=nothing", "figure", "unknown_record");
    refused("figure=evacuated&region=Mars", "region", "unknown_record");
    refused("lang=xx", "lang", "unknown_code");
    refused("list=maybe", "list", "unknown_code");
    refused("colour=red", "colour", "unknown");
}

fn what_is_not_there_is_a_page_that_says_so(app: &App) {
    for path in ["/publications/nothing", "/releases/nothing", "/releases/nothing/changes", "/explore?release=nothing"]
    {
        let answer = app.unchanged(|| app.anybody().get(path).expect(404));
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        says(&words(&answer.text()), &["There is nothing here"]);
    }
    // A browser is told so at any address; a programme, and whoever is at the API, as RFC 9457 has it.
    let browser = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (path, said) in [
        ("/nothing", "There is nothing here"),
        ("/explore/x", "There is nothing here"),
        ("/ru/nothing", "Здесь ничего нет"),
    ] {
        let answer = app.anybody().get_with(path, &browser).expect(404);
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
        says(&words(&answer.text()), &[said]);
        assert!(answer.header("content-security-policy").unwrap().contains("style-src 'self'"), "{path} has its style");
        app.anybody().get(path).problem(404, "not_found");
    }
    app.anybody().get_with("/api/v1/nothing", &browser).problem(404, "not_found");
    let answer = app.anybody().get_with("/desk/import/confirmation", &browser).expect(405);
    assert_eq!(answer.header("allow"), Some("POST"));
    says(&words(&answer.text()), &["This address does not take that method"]);
}

fn an_instance_without_figures_says_so_kindly(app: &App) {
    says(&words(&page(app, "/")), &["Nothing is published yet", "No figure was published here so far."]);
    says(&words(&page(app, "/publications")), &["No figure was published here so far."]);
    for path in ["/explore", "/releases", "/codebook"] {
        says(&words(&page(app, path)), &["There is no release yet."]);
    }
    says(&words(&page(app, "/about")), &["Behind every number from case files stand 5 people or more."]);
    app.anybody().get("/api/v1/figures/series.svg").problem(404, "not_found");
}
