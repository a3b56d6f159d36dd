//! Every page without a browser: its headers, and whether its HTML is sound. A new page is looked at as soon as it is in the list
//! of routes.

use std::collections::BTreeSet;

use attest::http::pages::routes;

use super::addresses::{NO_PAGES, everybody, in_language, pages};
use super::html::Page;
use crate::support::people::Browser;
use crate::support::{Answer, App, on_both};

on_both! {
    released:
    every_page_is_sound_in_both_languages,
    a_page_about_nothing_is_sound_too,
}

on_both! {
    empty:
    pages_are_sound_before_anything_is_entered,
}

/// What a browser may do on a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// What is wrong with an answer that should be a page.
pub fn faults(answer: &Answer, language: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, value) in [("content-type", "text/html; charset=utf-8"), ("content-security-policy", POLICY)] {
        if answer.header(name) != Some(value) {
            wrong.push(format!("{name} is {:?}", answer.header(name)));
        }
    }
    let page = Page::read(&answer.text());
    if page.all("html").next().and_then(|html| html.get("lang")) != Some(language) {
        wrong.push("in another language".to_owned());
    }
    wrong.extend(page.wrong);
    wrong
}

/// Fails with all that is wrong on all pages, each thing once.
pub fn assert_sound(wrong: &BTreeSet<String>) {
    let all: Vec<_> = wrong.iter().map(String::as_str).collect();
    assert!(all.is_empty(), "{} faults:\n{}", all.len(), all.join("\n"));
}

fn every_page_is_sound_in_both_languages(app: &App) {
    let people = everybody(app);
    let (mut wrong, mut seen) = (BTreeSet::new(), 0);
    for page in pages(app) {
        let nobody = Browser::new(app);
        let mut readers: Vec<_> =
            people.iter().filter(|(role, _)| page.roles.contains(role)).map(|(_, who)| who).collect();
        if readers.is_empty() {
            // What anybody may see, those who are signed in see in their frame.
            readers.extend([&nobody, &people[0].1]);
        }
        for browser in readers {
            for language in ["en", "ru"] {
                let answer = browser.get(&in_language(language, &page.address));
                if answer.status == 200 {
                    let found = faults(&answer, language);
                    wrong.extend(found.into_iter().map(|fault| format!("{language} {}: {fault}", page.route)));
                } else {
                    wrong.insert(format!("{language} {}: {} {}", page.route, answer.status, answer.text()));
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "{seen}");
    assert_sound(&wrong);
}

fn pages_are_sound_before_anything_is_entered(app: &App) {
    let people = everybody(app);
    let mut wrong = BTreeSet::new();
    for route in
        routes().filter(|page| page.method == "GET" && !page.path.contains('{') && !NO_PAGES.contains(&page.path))
    {
        for (_, browser) in &people {
            let answer = browser.get(&in_language("en", route.path));
            // Not found where there is no release yet, not allowed where the role may not: pages, too.
            if !matches!(answer.status, 200 | 403 | 404) {
                wrong.insert(format!("{}: {} {}", route.path, answer.status, answer.text()));
            }
            wrong.extend(faults(&answer, "en").into_iter().map(|fault| format!("{}: {fault}", route.path)));
        }
    }
    assert_sound(&wrong);
}

fn a_page_about_nothing_is_sound_too(app: &App) {
    let people = everybody(app);
    let mut wrong = BTreeSet::new();
    let parts =
        routes().filter(|page| page.method == "GET" && page.path.contains('{') && !page.path.starts_with("/assets"));
    for route in parts {
        for nothing in ["01997c1e-0000-7000-8000-000000000000", "nothing"] {
            let mut address = route.path.to_owned();
            while let (Some(open), Some(close)) = (address.find('{'), address.find('}')) {
                address.replace_range(open..=close, nothing);
            }
            for (_, browser) in &people {
                let answer = app.unchanged(|| browser.get(&in_language("ru", &address)));
                // Nothing there, or not for this role.
                if !matches!(answer.status, 400 | 403 | 404) {
                    wrong.insert(format!("{address}: {}", answer.status));
                }
                wrong.extend(faults(&answer, "ru").into_iter().map(|fault| format!("{}: {fault}", route.path)));
                if route.action.is_some() && !answer.text().contains("href=\"/ru/leave\"") {
                    wrong.insert(format!("{address}: no way to leave"));
                }
            }
        }
    }
    assert_sound(&wrong);
}
