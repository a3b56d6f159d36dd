//! What was typed into a form that failed: to be read and copied, and sent again where that can help.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::record::Noun;

use super::super::problem::{Kind, Problem};
use super::carried::{CARRIED, TO};
use super::desk::forms::in_row;
use super::desk::inputs::{self, Input};
use super::filters;
use super::form::{Form, WORD};
use super::here::{here, link};
use super::upload;
use super::words::t;

/// What our pages put into their forms themselves.
const OWN: [&str; 6] = [WORD, "once", "seen", "staged", CARRIED, TO];

/// What fields are called that are no field of a record.
const LABELS: &[(&str, &str)] = &[
    ("reason", "Why"),
    ("accounts", "Who besides you and the responsible may see it"),
    ("notice", "What a reader must know of it"),
    ("noun", "What the rows are"),
    ("text", "Rows that were pasted"),
    ("role", "Role"),
    ("declaration", "The declaration"),
    ("account", "Who is to see the person"),
    ("id", "Name in addresses"),
    ("title_en", "Title in English"),
    ("title_ru", "Title in Russian"),
    ("publisher", "Whose numbers they are"),
    ("tables", "Table"),
    ("keep", "Codes with a cell of their own"),
    ("filter", "Only those with"),
    ("with", "Only persons to whom all of this happened"),
];

/// A field that somebody typed in.
struct Field {
    /// None where its value is sent along unseen, for what is shown is what it is called.
    name: Option<String>,
    label: String,
    value: String,
}

impl Field {
    /// How many lines of it are seen at once.
    fn rows(&self) -> usize {
        let lines = self.value.lines().map(|line| 1 + line.chars().count() / 60);
        lines.sum::<usize>().clamp(1, 12)
    }
}

/// What was typed.
#[derive(Template)]
#[template(path = "own/typed.html")]
pub struct Typed {
    /// Where it can be sent again; none where that cannot help.
    address: Option<String>,
    is_upload: bool,
    /// What is sent along unseen.
    kept: Vec<(String, String)>,
    fields: Vec<Field>,
}

impl HtmlSafe for Typed {}

/// Whether the same form may be accepted later.
fn may_pass(problem: &Problem) -> bool {
    let later = [Kind::RequestTimeout, Kind::TooMany, Kind::Unconfirmed];
    problem.status >= 500 || later.iter().any(|kind| kind.name() == problem.kind)
}

impl Typed {
    /// What a form held that failed with this problem; nothing where there is nothing to give back.
    pub fn of(sent: &Form, problem: &Problem) -> Option<Self> {
        let here = here();
        let path = &here.path;
        let address = may_pass(problem).then(|| link(path));
        let (mut kept, mut fields) = (Vec::new(), Vec::new());
        for (name, value) in sent.pairs() {
            let (name, value) = (name.to_owned(), value.to_owned());
            if OWN.contains(&name.as_str()) || value.trim().is_empty() {
                kept.push((name, value));
            } else {
                let label = label(path, &name);
                fields.push(match here.offered.called(here.language, &name, &value) {
                    Some(called) => {
                        kept.push((name, value));
                        Field { name: None, label, value: called }
                    }
                    None => Field { name: Some(name), label, value },
                });
            }
        }
        let any = !fields.is_empty() || address.is_some() && sent.holds_anything();
        any.then(|| Self { address, is_upload: path == upload::ADDRESS, kept, fields })
    }
}

/// What a field of the form at an address is called.
fn label(path: &str, name: &str) -> String {
    let noun = if path.ends_with("/several") {
        Some(Noun::Incident)
    } else {
        let plural = path.split('/').nth(2).unwrap_or_default();
        Noun::ALL.into_iter().find(|noun| noun.plural() == plural)
    };
    let known = noun.map_or(&[][..], inputs::of);
    let (list, rest) = name.split_once('[').unwrap_or((name, ""));
    let row = rest.split_once("].").and_then(|(at, part)| Some((at.parse::<usize>().ok()?, part)));
    match row {
        None => one(known, name),
        // The rows of the page for several incidents.
        Some((at, part)) if list.is_empty() => in_row(t("Incident"), at + 1, &one(known, part)),
        Some((at, part)) => {
            let whole = known.iter().find(|input| input.name == list);
            let parts = match whole.map(|input| input.kind) {
                Some(inputs::Kind::Rows(parts, _)) => parts,
                _ => &[],
            };
            in_row(&one(known, list), at + 1, &one(parts, part))
        }
    }
}

fn one(known: &[Input], name: &str) -> String {
    if let Some(input) = known.iter().find(|input| input.name == name) {
        return t(input.label).to_owned();
    }
    let text = inputs::text(name);
    let other = LABELS.iter().find(|(own, _)| *own == name).map(|(_, label)| *label);
    t(other.unwrap_or(if text == name { "What you typed" } else { text })).to_owned()
}
