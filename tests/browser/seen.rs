//! Every page in a browser: it complains of nothing, asks nobody else, can be read in light and dark, and fits a small phone.
//! The pictures are for people to look at.

use std::collections::BTreeSet;

use attest::domain::policy::Role;

use super::addresses::{everybody, in_language, pages};
use super::chrome::{Chrome, DARK, DESK, PHONE};
use crate::support::{App, Backend, on_both};

on_both! {
    released:
    every_page_is_read_in_any_light_and_fits_a_small_phone,
}

/// The role whose frame holds the most, among those who may see a page.
const MOST: [Role; 5] = [Role::Publisher, Role::Caseworker, Role::Admin, Role::Auditor, Role::Researcher];

/// A file name for an address.
fn file_name(route: &str) -> String {
    let name: String = route.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "front".to_owned() } else { name }
}

fn every_page_is_read_in_any_light_and_fits_a_small_phone(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    assert!(!chrome.runs_scripts());
    chrome.complaints();
    let people = everybody(app);
    let mut wrong = BTreeSet::new();
    for page in pages(app) {
        chrome.forget();
        let role = MOST.into_iter().find(|role| page.roles.contains(role));
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
