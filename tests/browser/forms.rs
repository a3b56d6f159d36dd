//! Every form of every page, sent with nothing filled in: what comes back is sound, and never a failure of ours.

use std::collections::BTreeSet;

use super::addresses::{everybody, in_language, pages};
use super::every_page::{assert_sound, faults};
use super::html::{Form, Page};
use crate::support::people::Browser;
use crate::support::{Answer, App, on_both};

on_both! {
    released:
    a_form_sent_with_nothing_filled_in_comes_back_sound,
}

/// What ends the session that the test goes on with.
pub const ENDS: [&str; 2] = ["/sign-out", "/end"];

/// Sends a form as a browser does.
pub fn send(browser: &Browser<'_>, address: &str, form: &Form) -> Answer {
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if !form.parts {
        return browser.post(address, &fields);
    }
    let part = |(name, value): &(&str, &str)| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: String = fields.iter().map(part).chain(["--x--\r\n".to_owned()]).collect();
    browser.send("POST", address, &[("Content-Type", "multipart/form-data; boundary=x")], body.into_bytes())
}

fn a_form_sent_with_nothing_filled_in_comes_back_sound(app: &App) {
    let people = everybody(app);
    let mut wrong = BTreeSet::new();
    let mut sent = BTreeSet::new();
    let all = pages(app);
    for (role, browser) in &people {
        for page in all.iter().filter(|page| page.roles.contains(role)) {
            let address = in_language("ru", &page.address);
            let read = Page::read(&browser.get(&address).text());
            for form in read.forms().into_iter().filter(|form| form.posts) {
                let action = form.action.clone().unwrap_or_else(|| address.clone());
                if ENDS.iter().any(|end| action.ends_with(end)) {
                    continue;
                }
                let answer = send(browser, &action, &form);
                sent.insert(format!("{role} {}", page.route));
                let named = format!("{}: the form of {action}", page.route);
                if !matches!(answer.status, 200 | 201 | 303 | 400 | 403 | 404 | 409 | 412 | 413 | 422 | 428) {
                    wrong.insert(format!("{named}: {} {}", answer.status, answer.text()));
                }
                if answer.status != 303 {
                    wrong.extend(faults(&answer, "ru").into_iter().map(|fault| format!("{named}: {fault}")));
                }
            }
        }
    }
    assert!(sent.len() >= 5, "{sent:?}");
    assert_sound(&wrong);
}
