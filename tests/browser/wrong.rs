//! Every form of every page, sent with something wrong in every field: what comes back names each mistake in words, at its field.

use std::collections::BTreeSet;

use attest::domain::record::Noun;

use super::addresses::{everybody, in_language, pages};
use super::every_page::{assert_sound, faults};
use super::forms::{ENDS, send};
use super::html::{Form, Page};
use crate::support::samples::entry;
use crate::support::{App, on_both};

on_both! {
    released:
    a_form_with_something_wrong_in_every_field_says_so_in_words_beside_each,
}

/// What is wrong in nearly every field, each in its way. None of it looks like a name of a field or a code.
fn wrongs() -> Vec<String> {
    let long = "x".repeat(11_000);
    ["nothing of the kind; turned \u{202e} round", "2999-01-01", "-1", &long].map(str::to_owned).to_vec()
}

/// Whether a text has a word in it that only programmes know: a path, a name of a field, a code.
fn machine_words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let of_words = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    found.extend(text.split(of_words).filter(|word| word.len() > 1 && word.contains('_')).map(str::to_owned));
    let indexed = text.split('[').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    found.extend(indexed.then(|| "[0]".to_owned()));
    found.extend(text.contains('`').then(|| "`".to_owned()));
    let names = ["id", "field", "date", "kind", "person", "sources", "tables", "figures", "accounts", "by", "code"];
    found.extend(names.iter().map(|name| format!("{name}:")).filter(|name| text.starts_with(name.as_str())));
    found
}

/// What a page that refuses a form says of it that it should not, or does not say.
fn told_badly(page: &Page) -> Vec<String> {
    let of_class = |tag: &'static str, class: &'static str| {
        page.elements
            .iter()
            .filter(move |one| one.tag == tag && one.get("class").is_some_and(|own| own.contains(class)))
    };
    let errors: Vec<_> = of_class("p", "error").collect();
    let notices: Vec<_> = of_class("div", "notice").collect();
    let mut wrong = Vec::new();
    let lines: Vec<_> = page.all("a").filter(|link| link.get("href").is_some_and(|to| to.starts_with('#'))).collect();
    for text in errors.iter().chain(&notices).chain(&lines).map(|element| element.text()) {
        wrong.extend(machine_words(&text).into_iter().map(|word| format!("`{word}` in: {text}")));
    }
    // Each field that is wrong is led to from above.
    let links: BTreeSet<_> = page.all("a").filter_map(|link| link.get("href")?.strip_prefix('#')).collect();
    for id in errors.iter().filter_map(|error| error.get("id")) {
        let field = id.rsplit_once("-error").map_or(id, |(field, _)| field);
        if !links.contains(field) {
            wrong.push(format!("nothing above leads to #{field}"));
        }
    }
    wrong
}

/// Whether it has a field that somebody types or chooses in.
fn asks(form: &Form) -> bool {
    form.fields.iter().any(|(_, value)| value.is_empty())
}

fn a_form_with_something_wrong_in_every_field_says_so_in_words_beside_each(app: &App) {
    let people = everybody(app);
    let (mut wrong, mut sent, mut refused) = (BTreeSet::new(), BTreeSet::new(), 0);
    let known = entry(app, Noun::Incident)["person"].as_str().unwrap().to_owned();
    for page in pages(app) {
        let Some((role, browser)) = people.iter().find(|(role, _)| page.roles.contains(role)) else { continue };
        let own_access = page.route.starts_with("/account");
        for (nth, value) in wrongs().into_iter().enumerate() {
            let language = if nth % 2 == 0 { "en" } else { "ru" };
            let address = in_language(language, &page.address);
            let read = Page::read(&browser.get(&address).text());
            for mut form in read.forms().into_iter().filter(|form| form.posts && asks(form)) {
                let action = form.action.clone().unwrap_or_else(|| address.clone());
                // Each attempt to prove oneself counts: one is enough.
                // What a token may do is told in the words of the API, for which it is made.
                let of_the_api = action.ends_with("/account/tokens");
                if ENDS.iter().any(|end| action.ends_with(end)) || own_access && nth > 0 || of_the_api {
                    continue;
                }
                // Where a declaration stands as a whole, nothing else of its form is read.
                let empty = |name: &str| name == "declaration" && nth != 1;
                for (name, field) in form.fields.iter_mut().filter(|(name, value)| value.is_empty() && !empty(name)) {
                    // With a person who is there, what is wrong with the rest is found too.
                    *field = if name == "person" && nth % 3 == 0 { known.clone() } else { value.clone() };
                }
                let answer = send(browser, &action, &form);
                let named = format!("{role} {language} {}: the form of {action}", page.route);
                if answer.status >= 500 {
                    wrong.insert(format!("{named}: {} {}", answer.status, answer.text()));
                }
                if answer.status == 303 {
                    continue;
                }
                wrong.extend(faults(&answer, language).into_iter().map(|fault| format!("{named}: {fault}")));
                let found = told_badly(&Page::read(&answer.text()));
                wrong.extend(found.into_iter().map(|fault| format!("{named}: {fault}")));
                refused += usize::from(answer.status == 422);
                sent.insert(page.route);
            }
        }
    }
    assert!(sent.len() >= 15 && refused >= 30, "{refused} {sent:?}");
    assert_sound(&wrong);
}

#[test]
fn words_that_only_programmes_know_are_found() {
    for text in ["[0].date: missing", "one of a, unknown_code", "id: taken", "a code of `kind`", "_Z", "known_on: no"] {
        assert!(!machine_words(text).is_empty(), "{text}");
    }
    for text in ["Incident 2, When: This is missing.", "1 to 64 of A-Z a-z 0-9 . _ - that are no UUID", "Date: no"] {
        assert_eq!(machine_words(text), Vec::<String>::new(), "{text}");
    }
}
