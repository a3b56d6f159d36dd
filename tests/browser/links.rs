//! No link of a page leads nowhere.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::{everybody, in_language, pages};
use super::html::Page;
use crate::support::people::Browser;
use crate::support::{App, on_both};

on_both! {
    released:
    every_link_of_a_page_leads_somewhere,
}

/// How a link may begin that leads out of our pages: within one, to a source of ours, or to an app for codes.
const ELSEWHERE: [&str; 4] = ["#", "?", "https://", "otpauth://"];

/// The way out signs out, and leads elsewhere.
fn is_ours(address: &str) -> bool {
    address.starts_with('/') && !address.ends_with("/leave")
}

fn every_link_of_a_page_leads_somewhere(app: &App) {
    let people = everybody(app);
    let all = pages(app);
    let mut wrong = BTreeSet::new();
    let nobody = (None, Browser::new(app));
    let readers: Vec<_> = people.into_iter().map(|(role, browser)| (Some(role), browser)).chain([nobody]).collect();
    let mut followed = 0;
    for (role, browser) in &readers {
        let mut links: BTreeMap<String, String> = BTreeMap::new();
        let may = |roles: &[_]| roles.is_empty() || role.is_some_and(|role| roles.contains(&role));
        for page in all.iter().filter(|page| may(&page.roles)) {
            let read = Page::read(&browser.get(&in_language("ru", &page.address)).text());
            for link in read.elements.iter().filter(|element| matches!(element.tag.as_str(), "a" | "link" | "img")) {
                let address = link.get("href").or_else(|| link.get("src")).unwrap_or_default();
                if is_ours(address) {
                    links.entry(address.to_owned()).or_insert_with(|| page.route.to_owned());
                } else if !ELSEWHERE.iter().any(|start| address.starts_with(start)) && !address.ends_with("/leave") {
                    wrong.insert(format!("{}: the address {address:?}", page.route));
                }
            }
        }
        for (link, page) in links {
            let answer = browser.get(link.split('#').next().unwrap());
            if !matches!(answer.status, 200 | 303 | 307 | 308) {
                wrong.insert(format!("{page}: {link} answers {}", answer.status));
            }
            followed += 1;
        }
    }
    assert!(followed >= 10, "{followed}");
    let all: Vec<_> = wrong.iter().map(String::as_str).collect();
    assert!(all.is_empty(), "{} links:\n{}", all.len(), all.join("\n"));
}
