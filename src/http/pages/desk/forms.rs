//! The fields of a form for a noun, as the table of inputs has them.

use std::collections::BTreeSet;

use crate::domain::check::{FieldError, Rule};
use crate::domain::record::Noun;
use crate::domain::text::TextField;
use crate::domain::vocabulary::{NOT_APPLICABLE, UNKNOWN, Vocabulary};
use crate::http::pages::parts::{Control, Field, Notice, Tone};
use crate::http::pages::words::{retold, say, t};

use super::inputs::{self, Input, Kind, Place};
use super::shown;
use super::values::{Values, filled};

/// Fields that belong together: some on their own, or the rows of one field.
#[derive(Debug, Clone, Default)]
pub struct Group {
    pub legend: Option<&'static str>,
    /// One list of fields a row; a single row where the group has none.
    pub rows: Vec<Vec<Field>>,
}

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub main: Vec<Group>,
    pub more: Vec<Field>,
    /// Whether something behind "more" is wrong, so that it stands open.
    pub open: bool,
    /// Personal text.
    pub texts: Vec<Field>,
}

/// The other code that a value without one stands for.
const OTHER: &str = "_O";

/// What a mistake is told as.
pub fn told(error: &FieldError) -> String {
    let why = match error.rule {
        Rule::Required => t("This is missing."),
        Rule::Unknown => t("There is no such field."),
        Rule::UnknownCode => t("This is not on the list."),
        Rule::RetiredCode => t("This code is no longer used."),
        Rule::UnknownRecord => t("There is no such record."),
        Rule::Malformed => t("This is not understood."),
        Rule::OutOfRange => t("This is too small or too large."),
        Rule::TooLong => t("This is too long."),
        Rule::Taken => t("This is taken already."),
        Rule::Inconsistent => t("This does not fit the rest."),
        Rule::InFuture => t("This lies in the future."),
    };
    let expected = retold(&error.expected);
    // A list that goes on ends with its own dots.
    let expected = expected.strip_suffix('.').filter(|_| !expected.ends_with("..")).unwrap_or(&expected);
    let expected = expected.strip_suffix(", ...").map_or(expected.to_owned(), |listed| format!("{listed} …"));
    format!("{why} {}", say("Expected: {}.", &[&expected]))
}

/// Whether a mistake is in this field, or in an item of the list that is typed into it.
fn concerns(error: &FieldError, field: &str) -> bool {
    let rest = error.field.strip_prefix(field);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('[') && rest.ends_with(']'))
}

fn options(input: &Input, list: &str, value: &str, vocabulary: &Vocabulary) -> Vec<(String, String)> {
    let label = |code: &str| (code.to_owned(), shown::term(vocabulary, list, code));
    let mut terms: Vec<_> = (vocabulary.active(list))
        .map(|term| {
            // Kinds are many, and found by what they are kinds of.
            let family =
                term.family.as_deref().map(|family| format!("{}: ", shown::term(vocabulary, "family", family)));
            let (code, label) = label(&term.code);
            (code, family.unwrap_or_default() + &label)
        })
        .collect();
    terms.sort_by(|a, b| a.1.cmp(&b.1));
    let first = if input.required { t("Choose") } else { "–" };
    let mut all = vec![(String::new(), first.to_owned())];
    all.extend(terms);
    let mut special = vec![UNKNOWN, OTHER];
    special.extend((value == NOT_APPLICABLE).then_some(NOT_APPLICABLE));
    all.extend(special.into_iter().map(label));
    if !all.iter().any(|(code, _)| code == value) {
        all.push(label(value));
    }
    all
}

fn control(input: &Input, value: &str, vocabulary: &Vocabulary) -> Control {
    match input.kind {
        Kind::Area => Control::Area { rows: 4, longest: None },
        Kind::Term(list) => Control::Choice { options: options(input, list, value, vocabulary) },
        Kind::Word(words) => {
            let first = if input.required { t("Choose") } else { "–" };
            let words = words.iter().map(|(word, label)| ((*word).to_owned(), t(label).to_owned()));
            Control::Choice { options: std::iter::once((String::new(), first.to_owned())).chain(words).collect() }
        }
        Kind::Record(Noun::Source) => {
            Control::Line { kind: "text", longest: None, autocomplete: None, list: Some("known-sources") }
        }
        _ => Control::line(),
    }
}

/// A field of a form, with what was typed and what was wrong.
pub fn field(input: &Input, name: String, values: &Values, errors: &[FieldError], vocabulary: &Vocabulary) -> Field {
    let value = values.get(&name).map_or("", String::as_str);
    let mut field =
        Field::new(name, t(input.label), control(input, value, vocabulary)).hint(t(input.hint)).value(value);
    field.required = input.required;
    field.errors = errors.iter().filter(|error| concerns(error, &field.name)).map(told).collect();
    field
}

/// The fields of a form for a noun, with what was typed and what was wrong.
pub fn fields(
    noun: Noun,
    values: &Values,
    errors: &[FieldError],
    vocabulary: &Vocabulary,
    texts: &[TextField],
    correcting: bool,
) -> Fields {
    let mut found = Fields::default();
    for input in inputs::of(noun) {
        let required = input.required || (correcting && input.name == "reason");
        let input = Input { required, ..*input };
        let place = if required && input.place == Place::More { Place::Main } else { input.place };
        match (place, input.kind) {
            (Place::Kept, _) => {}
            // What a record is called stays, and is not asked for again.
            _ if correcting && input.name == "code" => {}
            (_, Kind::Rows(parts, empty)) => {
                let rows = 0..filled(input.name, parts, values) + empty;
                let row = |at: usize| {
                    let part = |part: &Input| {
                        field(part, format!("{}[{at}].{}", input.name, part.name), values, errors, vocabulary)
                    };
                    parts.iter().map(part).collect()
                };
                found.main.push(Group { legend: Some(input.label), rows: rows.map(row).collect() });
            }
            (Place::Main, _) => {
                let field = field(&input, input.name.to_owned(), values, errors, vocabulary);
                match found.main.last_mut().filter(|group| group.legend.is_none()) {
                    Some(group) => group.rows.push(vec![field]),
                    None => found.main.push(Group { legend: None, rows: vec![vec![field]] }),
                }
            }
            (Place::More, _) => found.more.push(field(&input, input.name.to_owned(), values, errors, vocabulary)),
        }
    }
    found.open = found.more.iter().any(|field| !field.errors.is_empty());
    found.texts = texts.iter().map(|text| text_field(text, values, errors)).collect();
    found
}

/// A field of personal text.
pub fn text_field(text: &TextField, values: &Values, errors: &[FieldError]) -> Field {
    let control = match text.longest {
        ..=400 => Control::Line { kind: "text", longest: Some(text.longest), autocomplete: None, list: None },
        401..=2_000 => Control::Area { rows: 2, longest: Some(text.longest) },
        _ => Control::Area { rows: 8, longest: Some(text.longest) },
    };
    let value = values.get(text.name).map_or("", String::as_str);
    let mut field =
        Field::new(text.name, t(inputs::text(text.name)), control).value(value).id(format!("text-{}", text.name));
    field.errors = errors.iter().filter(|error| error.field == text.name).map(told).collect();
    field
}

/// What was wrong, above a form, with the way to each field.
pub fn mistakes(fields: &Fields, errors: &[FieldError]) -> Option<Notice> {
    if errors.is_empty() {
        return None;
    }
    let shown =
        fields.main.iter().flat_map(|group| group.rows.iter().flatten()).chain(&fields.more).chain(&fields.texts);
    let shown: Vec<_> = shown.collect();
    let names: BTreeSet<_> = shown.iter().map(|field| field.name.as_str()).collect();
    let mut notice = Notice::new(Tone::Wrong, t("Nothing was kept. Mend these, and send it again:"));
    for error in errors {
        match shown.iter().find(|field| concerns(error, &field.name)) {
            Some(field) => notice = notice.leading(&*field.id, format!("{}: {}", field.label, told(error))),
            None => notice = notice.line(format!("{}: {}", error.field, told(error))),
        }
    }
    debug_assert!(names.len() == shown.len(), "every field stands in a form once");
    Some(notice)
}
