//! Between what was typed into a form and what an entry takes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;

use crate::domain::check::{FieldError, Rule};
use crate::domain::entry::Fields;
use crate::domain::record::Noun;
use crate::domain::text::TextField;
use crate::domain::typed_date;

use super::inputs::{self, Input, Kind};

/// What stands in the fields of a form, by name. A row's field is called `involvements[0].role`, as errors about it are.
pub type Values = BTreeMap<String, String>;

/// The most rows that a form is read for.
const MOST_ROWS: usize = 100;

/// What would stand in a form for this entry.
pub fn of_entry(entry: &Fields) -> Values {
    let mut values = Values::new();
    for (name, value) in entry {
        match value {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let Value::Object(parts) = item else { continue };
                    let parts = parts.iter().filter_map(|(part, value)| Some((part, text(value)?)));
                    values.extend(parts.map(|(part, value)| (format!("{name}[{at}].{part}"), value)));
                }
                let codes: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                if !codes.is_empty() {
                    values.insert(name.clone(), codes.join("; "));
                }
            }
            value => values.extend(text(value).map(|value| (name.clone(), value))),
        }
    }
    values
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What was typed, with rows that were left empty taken out, so that the others are numbered as the entry numbers them.
pub fn of_form<'f>(noun: Noun, pairs: impl Iterator<Item = (&'f str, &'f str)>) -> Values {
    let typed: Values = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut values = typed.clone();
    for input in inputs::of(noun) {
        let Kind::Rows(parts, _) = input.kind else { continue };
        values.retain(|name, _| !name.starts_with(&format!("{}[", input.name)));
        for (to, row) in rows(input.name, parts, &typed).into_iter().enumerate() {
            values.extend(row.into_iter().map(|(part, value)| (format!("{}[{to}].{part}", input.name), value)));
        }
    }
    values
}

/// The rows that hold something.
fn rows(name: &str, parts: &'static [Input], values: &Values) -> Vec<Vec<(&'static str, String)>> {
    let row = |at: usize| {
        let given =
            |part: &'static Input| Some((part.name, values.get(&format!("{name}[{at}].{}", part.name))?.clone()));
        let row: Vec<_> = parts.iter().filter_map(given).collect();
        row.iter().any(|(_, value)| !value.trim().is_empty()).then_some(row)
    };
    (0..MOST_ROWS).filter_map(row).collect()
}

/// How many rows of a field hold something.
pub fn filled(name: &str, parts: &'static [Input], values: &Values) -> usize {
    rows(name, parts, values).len()
}

/// The fields whose day must have come where the organisation is.
const PAST: [&str; 5] = ["date", "known_on", "decided_on", "published_on", "as_of"];

/// What was typed, as an entry takes it, and what of it was no date. What was left empty is left out of a new entry, and
/// emptied by a correction.
pub fn read(
    noun: Noun,
    values: &Values,
    texts: &[TextField],
    today: NaiveDate,
    correcting: bool,
) -> (Fields, Vec<FieldError>) {
    let (mut fields, mut wrong) = (Fields::new(), Vec::new());
    for input in inputs::of(noun) {
        let value = match input.kind {
            Kind::Rows(parts, _) => {
                let rows = rows(input.name, parts, values).into_iter().map(row_value);
                let rows: Vec<_> = rows.collect();
                (correcting || !rows.is_empty()).then_some(Value::Array(rows))
            }
            _ => values.get(input.name).and_then(|typed| one(input, typed.trim(), today, correcting, &mut wrong)),
        };
        if let Some(value) = value {
            fields.insert(input.name.to_owned(), value);
        }
    }
    for field in texts {
        let given = values.get(field.name).filter(|text| !text.trim().is_empty());
        fields.extend(given.map(|text| (field.name.to_owned(), Value::from(text.as_str()))));
    }
    (fields, wrong)
}

fn row_value(row: Vec<(&'static str, String)>) -> Value {
    let given = row.into_iter().filter(|(_, value)| !value.trim().is_empty());
    Value::Object(given.map(|(part, value)| (part.to_owned(), Value::from(value.trim()))).collect())
}

fn one(input: &Input, typed: &str, today: NaiveDate, correcting: bool, wrong: &mut Vec<FieldError>) -> Option<Value> {
    if typed.is_empty() {
        return correcting.then_some(Value::Null);
    }
    let mut refuse = |expected: String| wrong.push(FieldError::new(input.name, Rule::Malformed, Some(typed), expected));
    let date = matches!(input.kind, Kind::Date | Kind::Day).then(|| typed_date::read(typed, today));
    if let Some(Ok(date)) = &date
        && PAST.contains(&input.name)
        && date.earliest() > today
    {
        let expected = format!("a day not after today, {today}");
        wrong.push(FieldError::new(input.name, Rule::InFuture, Some(typed), expected));
        return Some(Value::from(typed));
    }
    match input.kind {
        Kind::Number => match typed.replace([' ', '\u{a0}'], "").parse::<i64>() {
            Ok(number) => return Some(Value::from(number)),
            Err(_) => refuse("a whole number".to_owned()),
        },
        Kind::Date => match typed_date::read(typed, today) {
            Ok(date) => return Some(Value::from(date.as_str())),
            Err(why) => refuse(why.to_string()),
        },
        Kind::Day => match typed_date::read(typed, today) {
            Ok(date) if date.earliest() == date.latest() => return Some(Value::from(date.earliest().to_string())),
            Ok(_) => refuse("one day, such as 3 April 2018".to_owned()),
            Err(why) => refuse(why.to_string()),
        },
        _ => {}
    }
    Some(Value::from(typed))
}

/// The errors of a form: those about what was typed take the place of what the entry says of the same field.
pub fn merged(typed: Vec<FieldError>, of_entry: Vec<FieldError>) -> Vec<FieldError> {
    let named = |error: &FieldError| typed.iter().any(|other| other.field == error.field);
    let rest: Vec<_> = of_entry.into_iter().filter(|error| !named(error)).collect();
    typed.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        of_form(Noun::Incident, pairs.iter().copied())
    }

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    #[test]
    fn rows_left_empty_are_taken_out_and_the_others_numbered_anew() {
        let typed = values(&[
            ("involvements[0].role", ""),
            ("involvements[0].actor", " "),
            ("involvements[2].role", "perpetrator"),
            ("involvements[2].actor", "relatives"),
        ]);
        assert_eq!(typed.get("involvements[0].actor").map(String::as_str), Some("relatives"));
        assert!(!typed.contains_key("involvements[2].role"));
        let (fields, wrong) = read(Noun::Incident, &typed, &[], today(), false);
        assert_eq!(fields["involvements"], serde_json::json!([{"role": "perpetrator", "actor": "relatives"}]));
        assert!(wrong.is_empty());
    }

    #[test]
    fn what_a_form_shows_of_an_entry_is_read_as_the_same_entry() {
        let entry = serde_json::json!({"person": "P-1", "kind": "detention", "date": "2017-04~", "place": "RU-CE",
            "involvements": [{"role": "perpetrator", "actor": "relatives", "degree": "_U"}], "sources": [{"source": "S-1"}]});
        let serde_json::Value::Object(entry) = entry else { unreachable!() };
        let (read, wrong) = read(Noun::Incident, &of_entry(&entry), &[], today(), false);
        assert_eq!((read, wrong), (entry, Vec::new()));
    }

    #[test]
    fn a_date_that_is_none_is_named_and_stays_as_it_was_typed() {
        let (fields, wrong) = read(Noun::Incident, &values(&[("date", "soon")]), &[], today(), false);
        assert_eq!((wrong.len(), &*wrong[0].field), (1, "date"));
        assert_eq!(fields["date"], "soon");
    }

    #[test]
    fn a_field_left_empty_is_emptied_by_a_correction_and_left_out_of_a_new_entry() {
        let typed = values(&[("place", "")]);
        assert_eq!(read(Noun::Incident, &typed, &[], today(), true).0["place"], serde_json::Value::Null);
        assert!(read(Noun::Incident, &typed, &[], today(), false).0.is_empty());
    }
}
