//! The fields of a form for a noun, as the table of inputs has them.

use crate::domain::check::{FieldError, Rule};
use crate::domain::record::Noun;
use crate::domain::text::TextField;
use crate::domain::vocabulary::{NOT_APPLICABLE, OTHER, UNKNOWN, Vocabulary};
use crate::http::pages::parts::{Control, Field, Notice, Tone};
use crate::http::pages::words::{retold, say, t, values_of};

use super::inputs::{self, Input, Kind, Place};
use super::shown;
use super::values::{Values, filled};

/// Fields that belong together: some on their own, or the rows of one field.
#[derive(Debug, Clone, Default)]
pub struct Group {
    pub legend: Option<&'static str>,
    /// The field whose rows these are, and the identifier of the group on its page.
    pub name: &'static str,
    /// One list of fields a row; a single row where the group has none.
    pub rows: Vec<Vec<Field>>,
    /// What is wrong with the rows together, or with what they have no field for.
    pub errors: Vec<String>,
}

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub of: Option<Noun>,
    pub main: Vec<Group>,
    pub more: Vec<Field>,
    /// Whether something behind "more" is wrong, so that it stands open.
    pub open: bool,
    /// Personal text.
    pub texts: Vec<Field>,
    /// What is wrong with something that the form has no field for.
    pub rest: Vec<String>,
}

/// The identifier of what [`Fields::rest`] is shown in.
pub const REST: &str = "other-mistakes";

/// Which rule was broken, in words.
fn broken(rule: Rule) -> &'static str {
    match rule {
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
    }
}

/// What a mistake in a form is told as: in words, without the names that programmes have for fields and codes.
pub fn told(error: &FieldError) -> String {
    with_expected(broken(error.rule), expected(&error.expected))
}

/// What a mistake in a file is told as. Whoever writes a file types names of columns and codes, and is told them.
pub fn told_of_file(error: &FieldError) -> String {
    with_expected(broken(error.rule), Some(retold(&error.expected).into_owned()))
}

fn with_expected(why: &str, expected: Option<String>) -> String {
    let Some(expected) = expected else { return why.to_owned() };
    // A list that goes on ends with its own dots.
    let expected = expected.strip_suffix('.').filter(|_| !expected.ends_with("..")).unwrap_or(&expected);
    let expected = expected.strip_suffix(", ...").map_or(expected.to_owned(), |listed| format!("{listed} …"));
    format!("{why} {}", say("Expected: {}.", &[&expected]))
}

/// What forms say in place of what programmes are told, where that names their fields or codes; nothing where the field itself
/// shows what it takes.
const PLAIN: &[(&str, &str)] = &[
    ("a value", ""),
    ("`{}`, which took its place, or {}", ""),
    ("a code of the vocabulary `{}`: {}", ""),
    ("one of {}", ""),
    ("{}: a record keeps its basis", ""),
    ("another code of `{}`", "another code of the same list"),
    ("a code of `{}` in use", "a code of the same list that is in use"),
    ("what happened: `_Z` is the cell of those to whom nothing did", "what happened"),
    ("an identifier, as there is a source_system", "the identifier there, as there is a system it came from"),
    ("a system, as there is an external_id", "the system it came from, as there is an identifier there"),
    (
        "1 or more, or the qualifier exact: `at_least 0` and `about 0` say nothing",
        "1 or more, or exactly so many: at least 0 and about 0 say nothing",
    ),
    ("{}, which is what the query gives; or `at_write` left out", "{}, which is what its question gives"),
    ("no `at_write`: nobody attested how the records combine", "no write: nobody attested how the records combine"),
    (
        "at most {} cells in all: pool codes with `keep`, or divide by less",
        "at most {} cells in all: give fewer codes a cell of their own, or divide by less",
    ),
    (
        "codes of the list itself: `_O` is always there, `_U` by `unknown`",
        "codes of the vocabulary: “other” is always there, and for what is not known there is a box",
    ),
    (
        "another dimension: `{}` has a list, and the two are levels of one list",
        "another dimension: this one is a level of one that has a list",
    ),
    (
        "a code that holds none of the list: `{}` lies in it, and was declared before",
        "a code that holds none of the list: {} lies in it, and was declared before",
    ),
    ("buckets that begin by {}, the day of `as_of`", "times that begin by {}, the day that the release speaks of"),
];

/// What was expected, as people are told it; nothing where only programmes have a word for it.
pub fn expected(english: &str) -> Option<String> {
    for (phrase, plain) in PLAIN {
        if let Some(values) = values_of(english, phrase) {
            let values: Vec<_> = values.iter().map(|value| value as &dyn std::fmt::Display).collect();
            return (!plain.is_empty()).then(|| say(plain, &values));
        }
    }
    (!names_something(english)).then(|| retold(english).replace('`', ""))
}

/// Whether a sentence has a name of a field or a code in it that only programmes know.
fn names_something(sentence: &str) -> bool {
    let words = sentence.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.into_iter().any(|word| word.len() > 1 && word.contains('_')) || sentence.contains(['[', ']'])
}

/// The list that a mistake is in, and its row there, counted from one.
fn list_of(field: &str) -> (&str, Option<usize>) {
    let list = field.split(['[', '.']).next().unwrap_or_default();
    let row = field[list.len()..].strip_prefix('[').and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    (list, row.map(|at| at + 1))
}

/// What one field of a row is called, where several rows have such a field.
pub fn in_row(list: &str, row: usize, label: &str) -> String {
    format!("{list} {row}, {label}")
}

/// Whether a mistake is in this field, or in an item of the list that is typed into it.
pub fn concerns(error: &FieldError, field: &str) -> bool {
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
        Kind::Area => Control::Area { rows: 4 },
        Kind::Term(list) => Control::Choice { options: options(input, list, value, vocabulary) },
        Kind::Word(words) => {
            let first = if input.required { t("Choose") } else { "–" };
            let words = words.iter().map(|(word, label)| ((*word).to_owned(), t(label).to_owned()));
            Control::Choice { options: std::iter::once((String::new(), first.to_owned())).chain(words).collect() }
        }
        Kind::Record(Noun::Source) => Control::Line { kind: "text", autocomplete: None, list: Some("known-sources") },
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
    let mut found = Fields { of: Some(noun), ..Fields::default() };
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
                let rows: Vec<Vec<Field>> = rows.map(row).collect();
                let own = |error: &&FieldError| {
                    list_of(&error.field).0 == input.name
                        && !rows.iter().flatten().any(|field| concerns(error, &field.name))
                };
                let errors = errors.iter().filter(own).map(|error| match list_of(&error.field).1 {
                    Some(row) => format!("{row}: {}", told(error)),
                    None => told(error),
                });
                let errors = errors.collect();
                found.main.push(Group { legend: Some(input.label), name: input.name, rows, errors });
            }
            (Place::Main, _) => {
                let field = field(&input, input.name.to_owned(), values, errors, vocabulary);
                match found.main.last_mut().filter(|group| group.legend.is_none()) {
                    Some(group) => group.rows.push(vec![field]),
                    None => found.main.push(Group { rows: vec![vec![field]], ..Group::default() }),
                }
            }
            (Place::More, _) => found.more.push(field(&input, input.name.to_owned(), values, errors, vocabulary)),
        }
    }
    found.open = found.more.iter().any(|field| !field.errors.is_empty());
    found.texts = texts.iter().map(|text| text_field(text, values, errors)).collect();
    found.rest = errors
        .iter()
        .filter(|error| matches!(place(&found, error), (REST, _)))
        .map(|error| format!("{}: {}", place(&found, error).1, told(error)))
        .collect();
    found
}

/// The element of the form that a mistake is shown in, and what it is called there.
fn place<'f>(fields: &'f Fields, error: &FieldError) -> (&'f str, String) {
    for group in &fields.main {
        for (at, row) in group.rows.iter().enumerate() {
            let Some(field) = row.iter().find(|field| concerns(error, &field.name)) else { continue };
            let label = match group.legend {
                Some(legend) => in_row(t(legend), at + 1, &field.label),
                None => field.label.clone(),
            };
            return (&field.id, label);
        }
    }
    if let Some(field) = fields.more.iter().chain(&fields.texts).find(|field| concerns(error, &field.name)) {
        return (&field.id, field.label.clone());
    }
    let (list, row) = list_of(&error.field);
    if let Some(group) = fields.main.iter().find(|group| group.legend.is_some() && group.name == list) {
        let legend = group.legend.map_or("", t);
        return (group.name, row.map_or_else(|| legend.to_owned(), |row| format!("{legend} {row}")));
    }
    let known = fields.of.and_then(|noun| inputs::of(noun).iter().find(|input| input.name == list));
    (REST, t(known.map_or("The record", |input| input.label)).to_owned())
}

/// A field of personal text.
pub fn text_field(text: &TextField, values: &Values, errors: &[FieldError]) -> Field {
    let control = match text.longest {
        ..=400 => Control::line(),
        401..=2_000 => Control::Area { rows: 2 },
        _ => Control::Area { rows: 8 },
    };
    let hint = match control {
        Control::Area { .. } => say("At most {} characters.", &[&text.longest]),
        _ => String::new(),
    };
    let value = values.get(text.name).map_or("", String::as_str);
    let mut field = Field::new(text.name, t(inputs::text(text.name)), control)
        .hint(hint)
        .value(value)
        .id(format!("text-{}", text.name));
    field.errors = errors.iter().filter(|error| error.field == text.name).map(told).collect();
    field
}

/// What was wrong, above a form, with the way to each field.
pub fn mistakes(fields: &Fields, errors: &[FieldError]) -> Option<Notice> {
    if errors.is_empty() {
        return None;
    }
    let notice = Notice::new(Tone::Wrong, t("Nothing was kept. Mend these, and send it again:"));
    Some(errors.iter().fold(notice, |notice, error| {
        let (id, label) = place(fields, error);
        notice.leading(id, format!("{label}: {}", told(error)))
    }))
}
