//! Asking, and reading answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::App;

pub const PATH: &str = "/api/v1/research/aggregates";

/// The answer to a question, as a researcher gets it.
#[track_caller]
pub fn ask(app: &App, query: &str) -> Value {
    app.researcher().get(&format!("{PATH}?{query}")).expect(200).json()
}

/// The dimensions of an answer, in the order of the question.
fn dimensions(answer: &Value) -> Vec<String> {
    answer["by"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// By cell the row without the cell and without whether it may be published, where no cell comes twice.
#[track_caller]
pub fn rows(answer: &Value) -> BTreeMap<Vec<String>, Value> {
    let by = dimensions(answer);
    let mut rows = BTreeMap::new();
    for row in answer["rows"].as_array().unwrap() {
        let mut row = row.clone();
        let columns = row.as_object_mut().unwrap();
        let cell = by.iter().map(|code| columns.remove(code).unwrap().as_str().unwrap().to_owned()).collect();
        columns.remove("conf_status");
        assert_eq!(rows.insert(cell, row), None, "a cell comes twice: {answer}");
    }
    rows
}

/// The cells that say that they may not be published. Values of a cell are joined by a blank.
pub fn confidential(answer: &Value) -> BTreeSet<String> {
    let by = dimensions(answer);
    let own = answer["rows"].as_array().unwrap().iter().filter(|row| row["conf_status"] == "C");
    own.map(|row| by.iter().map(|code| row[code].as_str().unwrap()).collect::<Vec<_>>().join(" ")).collect()
}

/// By cell the count, where all counts are plain and exact. Values of a cell are joined by a blank.
#[track_caller]
pub fn counts(answer: &Value) -> BTreeMap<String, u64> {
    let count = |row: &Value| {
        assert_eq!((&row["bound"], &row["status"]), (&"exact".into(), &"A".into()), "{answer}");
        row["count"].as_u64().unwrap()
    };
    rows(answer).iter().map(|(cell, row)| (cell.join(" "), count(row))).collect()
}

/// The count of a question without dimensions, plain and exact.
#[track_caller]
pub fn count(app: &App, query: &str) -> u64 {
    let answer = ask(app, query);
    let counts = counts(&answer);
    assert_eq!(counts.len(), 1, "{answer}");
    counts[""]
}

/// A table of cells and counts, as [`counts`] gives it.
pub fn table(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
    rows.iter().map(|(cell, count)| ((*cell).to_owned(), *count)).collect()
}

/// The row of a question without dimensions.
#[track_caller]
pub fn only_row(app: &App, query: &str) -> Value {
    let answer = ask(app, query);
    let rows = rows(&answer);
    assert_eq!(rows.len(), 1, "{answer}");
    rows.into_values().next().unwrap()
}

/// The rows of a CSV answer, each by column.
#[track_caller]
pub fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn joined(values: &Value) -> String {
    let values: Vec<_> = values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
    values.join(",")
}

/// The question of an answer, as the audit and the tables have it.
pub fn canonical(answer: &Value) -> String {
    let mut parts = vec![("measure".to_owned(), answer["measure"].as_str().unwrap().to_owned())];
    parts.push(("by".to_owned(), joined(&answer["by"])));
    parts.extend(answer["filter"].as_object().unwrap().iter().map(|(name, values)| (name.clone(), joined(values))));
    parts.push(("with".to_owned(), joined(&answer["with"])));
    let parts = parts.into_iter().filter(|(_, values)| !values.is_empty());
    parts.map(|(name, values)| format!("{name}={values}")).collect::<Vec<_>>().join("&")
}

/// The rows of a JSON answer as the CSV must spell them.
pub fn spelled(answer: &Value) -> Vec<BTreeMap<String, String>> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let by = dimensions(answer);
    let row = |row: &Value| {
        let own =
            by.iter().map(String::as_str).chain(["count", "bound", "possible", "status", "conf_status", "low", "high"]);
        let common =
            [("query", canonical(answer)), ("as_of", text(&answer["as_of"])), ("at_write", text(&answer["at_write"]))];
        let common = common.map(|(column, text)| (column.to_owned(), text));
        own.map(|column| (column.to_owned(), text(&row[column]))).chain(common).collect()
    };
    answer["rows"].as_array().unwrap().iter().map(row).collect()
}

/// Asks the same as a table, at the times of an answer, and compares.
#[track_caller]
pub fn compare_csv(app: &App, query: &str, answer: &Value) {
    let times = format!("as_of={}&at_write={}", answer["as_of"].as_str().unwrap(), answer["at_write"]);
    let timed = |part: &&str| part.starts_with("as_of=") || part.starts_with("at_write=");
    let asked: Vec<_> = query.split('&').filter(|part| !timed(part)).collect();
    let path = format!("{PATH}.csv?{}&{times}", asked.join("&"));
    let table = app.researcher().get(&path).expect(200);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert_eq!(csv_rows(&table.text()), spelled(answer), "{query}");
    assert_eq!(answer["query"], canonical(answer), "{query}");
}
