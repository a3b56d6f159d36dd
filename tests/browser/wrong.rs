//! Every form of every page, sent with something wrong in every field: what comes back names each mistake in words, at its field.

use std::collections::BTreeSet;

use attest::domain::record::Noun;

use super::addresses::{everybody, in_language, pages};
use super::every_page::{assert_sound, faults};
use super::forms::{ENDS, send};
use super::html::{Element, Form, Page};
use crate::support::people::Browser;
use crate::support::samples::entry;
use crate::support::{App, on_both};

on_both! {
    released:
    a_form_with_something_wrong_in_every_field_says_so_in_words_beside_each,
    a_question_with_something_wrong_in_a_field_says_so_in_words_and_names_the_field,
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

/// The elements of a page that are of this class.
fn of_class<'p>(page: &'p Page, tag: &'static str, class: &'static str) -> impl Iterator<Item = &'p Element> {
    page.elements.iter().filter(move |one| one.tag == tag && one.get("class").is_some_and(|own| own.contains(class)))
}

/// What a page says of mistakes in words that only programmes know.
fn told_to_programmes(page: &Page) -> Vec<String> {
    let lines = page.all("a").filter(|link| link.get("href").is_some_and(|to| to.starts_with('#')));
    let told = of_class(page, "p", "error").chain(of_class(page, "div", "notice")).chain(lines).map(Element::text);
    told.flat_map(|text| machine_words(&text).into_iter().map(move |word| format!("`{word}` in: {text}"))).collect()
}

/// What a page that refuses a form says of it that it should not, or does not say.
fn told_badly(page: &Page) -> Vec<String> {
    let mut wrong = told_to_programmes(page);
    // Each field that is wrong is led to from above.
    let links: BTreeSet<_> = page.all("a").filter_map(|link| link.get("href")?.strip_prefix('#')).collect();
    for id in of_class(page, "p", "error").filter_map(|error| error.get("id")) {
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

/// What a question that somebody types into an address, or sends by a form, is told badly.
fn asked_wrongly(browser: &Browser<'_>, language: &str, address: &str, names: &[&str], value: &str) -> Vec<String> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(names.iter().map(|name| (name, value)));
    let answer = browser.get(&format!("{address}?{}", query.finish()));
    let mut wrong =
        if answer.status >= 500 { vec![format!("{} {}", answer.status, answer.text())] } else { Vec::new() };
    wrong.extend(faults(&answer, language));
    let page = Page::read(&answer.text());
    wrong.extend(told_to_programmes(&page));
    let text: String = page.all("main").map(Element::text).collect();
    let is_named = of_class(&page, "p", "error").next().is_some() || names.iter().all(|name| text.contains(name));
    if answer.status == 400 && !is_named {
        wrong.push(format!("nobody is told which field it is: {text}"));
    }
    wrong
}

fn a_question_with_something_wrong_in_a_field_says_so_in_words_and_names_the_field(app: &App) {
    let people = everybody(app);
    let (mut wrong, mut asked, nobody) = (BTreeSet::new(), BTreeSet::new(), Browser::new(app));
    for page in pages(app) {
        let known = people.iter().find(|(role, _)| page.roles.contains(role)).map(|(_, browser)| browser);
        let browser = known.unwrap_or(&nobody);
        for (nth, value) in ["nothing of the kind", "a\u{202e}b\u{0}"].into_iter().enumerate() {
            let language = if nth % 2 == 0 { "en" } else { "ru" };
            let address = in_language(language, &page.address);
            let read = Page::read(&browser.get(&address).text());
            for form in read.forms().into_iter().filter(|form| !form.posts && !form.fields.is_empty()) {
                let action = form.action.clone().unwrap_or_else(|| address.clone());
                let action = action.split('#').next().unwrap();
                let names: BTreeSet<_> = form.fields.iter().map(|(name, _)| name.as_str()).collect();
                let names: Vec<_> = names.into_iter().collect();
                if !asked.insert(format!("{action} {names:?} {value:?}")) {
                    continue;
                }
                for names in names.chunks(1).chain([&names[..]]) {
                    let found = asked_wrongly(browser, language, action, names, value);
                    let named = format!("{language} {action} {names:?}={value:?}");
                    wrong.extend(found.into_iter().map(|fault| format!("{named}: {fault}")));
                }
            }
            for name in ["after", "unheard-of"].into_iter().filter(|_| nth == 0) {
                let found = asked_wrongly(browser, language, &address, &[name], value);
                wrong.extend(found.into_iter().map(|fault| format!("{language} {address} {name}={value:?}: {fault}")));
            }
        }
    }
    assert!(asked.len() >= 10, "{asked:?}");
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
