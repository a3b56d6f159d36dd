//! Every page in a browser: it complains of nothing, asks nobody else, can be read in light and dark, and fits a small phone.
//! The pictures are for people to look at.

use std::collections::BTreeSet;

use attest::domain::policy::Role;

use super::addresses::{everybody, in_language, pages};
use super::chrome::{Chrome, DARK, DESK, PHONE};
use super::driver::Scripts;
use super::html::Page;
use crate::support::{App, Backend, on_both};

on_both! {
    released:
    every_page_is_read_in_any_light_and_fits_a_small_phone,
    the_first_page_comes_quickly_on_a_slow_line,
}

on_both! {
    empty:
    what_is_wrong_with_how_a_page_looks_is_found,
    the_documentation_runs_its_own_scripts_and_asks_nobody_else,
}

/// The role whose frame holds the most, among those who may see a page.
const WIDEST: [Role; 5] = [Role::Publisher, Role::Caseworker, Role::Admin, Role::Auditor, Role::Researcher];

/// A file name for an address.
fn file_name(route: &str) -> String {
    let name: String = route.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "front".to_owned() } else { name }
}

fn every_page_is_read_in_any_light_and_fits_a_small_phone(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    let people = everybody(app);
    let mut wrong = BTreeSet::new();
    for page in pages(app) {
        chrome.forget();
        let role = WIDEST.into_iter().find(|role| page.roles.contains(role));
        if let Some((_, browser)) = people.iter().find(|(other, _)| Some(*other) == role) {
            chrome.take_over(browser);
        }
        let name = file_name(page.route);
        // Both databases give the same pages.
        let picture = |kind: &str| {
            if app.backend == Backend::Sqlite {
                chrome.picture(&format!("{name}-{kind}"));
            }
        };
        let mut look = |language: &str| {
            for screen in [DESK, DARK, PHONE] {
                chrome.screen(screen);
                let found = chrome.measured();
                wrong.extend(
                    found.into_iter().map(|fault| format!("{language} {} {}: {fault}", page.route, screen.name)),
                );
                if language == "en" || screen.name == "light" {
                    picture(&format!("{language}-{}", screen.name));
                }
            }
        };
        for language in ["en", "ru"] {
            chrome.go(&in_language(language, &page.address));
            look(language);
        }
        wrong.extend(chrome.complaints().into_iter().map(|fault| format!("{}: {fault}", page.route)));
    }
    let all: Vec<_> = wrong.iter().map(String::as_str).collect();
    assert!(all.is_empty(), "{} faults:\n{}", all.len(), all.join("\n"));
}

fn what_is_wrong_with_how_a_page_looks_is_found(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    let head = "<!doctype html><html lang='en'><meta name='color-scheme' content='light dark'><title>no</title>";
    let sound =
        "<body style='background: #fff; color: #333'><p>Dark on light</p><script>document.title = 'yes'</script>";
    chrome.screen(PHONE);
    chrome.complaints();
    chrome.show(&format!("{head}{sound}"));
    assert_eq!(chrome.title(), "no", "a script of the page was run");
    assert_eq!(chrome.measured(), Vec::<String>::new());
    for (body, said) in [
        ("<body style='background: #fff'><p style='color: #888'>Pale</p>", "contrast 3.54"),
        ("<body style='background: #fff; color: #000'><p style='opacity: .4'>Faint</p>", "contrast 2.85"),
        ("<body style='background: #777'><input aria-label='a' style='background: #fff; color: #999'>", "contrast"),
        ("<body><p style='width: 400px'>Wide</p>", "wider than the screen by"),
        (
            "<body><div style='overflow: auto'><button style='width: 400px'>Wide</button></div>",
            "not on a screen of 320",
        ),
        ("<body><img alt='' src='http://127.0.0.1:1/none.svg'>", "a picture that is not there"),
    ] {
        chrome.show(&format!("{head}{body}"));
        let found = chrome.measured();
        assert!(found.iter().any(|found| found.starts_with(said)), "{body}: {found:?}");
    }
    let complaints = chrome.complaints();
    assert!(complaints.iter().any(|said| said == "asked http://127.0.0.1:1/none.svg"), "{complaints:?}");
    assert!(complaints.iter().any(|said| said.contains("Failed to load resource")), "{complaints:?}");
    // Black on what the page does not colour is not read at night.
    chrome.show(&format!("{head}<body><p style='color: #000'>Black</p>"));
    assert_eq!(chrome.measured(), Vec::<String>::new());
    chrome.screen(DARK);
    assert!(chrome.measured()[0].starts_with("contrast 1."));
}

/// The one page that runs scripts.
fn the_documentation_runs_its_own_scripts_and_asks_nobody_else(app: &App) {
    let Some(chrome) = Chrome::with(app, Scripts::Run) else { return };
    chrome.go("/api/docs/");
    chrome.comes_to_see("/api/v1/aggregates");
    assert_eq!(chrome.complaints(), Vec::<String>::new());
    if app.backend == Backend::Sqlite {
        chrome.picture("api-docs-en-light");
    }
}

/// All that a browser fetches for the first page, in bytes.
const MOST: usize = 100 * 1024;

fn the_first_page_comes_quickly_on_a_slow_line(app: &App) {
    for language in ["en", "ru"] {
        let first = app.anybody().get(&in_language(language, "/")).expect(200);
        let page = Page::read(&first.text());
        let parts = page.elements.iter().filter(|element| matches!(element.tag.as_str(), "link" | "img"));
        let parts: BTreeSet<_> = parts.filter_map(|part| part.get("src").or_else(|| part.get("href"))).collect();
        assert!(parts.len() >= 3, "the style sheet, the sign in the tab and a chart: {parts:?}");
        let sizes = parts.iter().map(|part| (app.anybody().get(part).expect(200).bytes.len(), *part));
        let sizes: Vec<_> = sizes.chain([(first.bytes.len(), "itself")]).collect();
        let all: usize = sizes.iter().map(|(size, _)| size).sum();
        assert!(all < MOST, "{all} bytes: {sizes:?}");
    }
}
