//! Readers of the formats, written from what the formats say of themselves.

use std::collections::BTreeMap;

use attest::domain::count::{Bound, Count};
use attest::domain::release::content::Value;
use serde_json::Value as Json;

/// Every cell with its codes.
pub type Cells = Vec<(Vec<String>, Value)>;

fn bound(name: &str) -> Bound {
    match name {
        "exact" => Bound::Exact,
        "at_least" => Bound::AtLeast,
        "about" => Bound::About,
        other => panic!("no bound: {other}"),
    }
}

fn value(
    status: &str,
    conf_status: &str,
    count: Option<u64>,
    name: Option<&str>,
    ends: (Option<u64>, Option<u64>),
) -> Value {
    match (status, conf_status, count, ends) {
        ("withheld", "C", None, (None, None)) => Value::Withheld,
        ("empty", "F", None, (None, None)) => Value::Empty,
        ("not_attested", "F", None, (Some(low), Some(high))) => Value::Free(Count::NotAttested { low, high }),
        ("A", "F", Some(value), (None, None)) => Value::Free(Count::Attested { value, bound: bound(name.unwrap()) }),
        other => panic!("contradictory: {other:?}"),
    }
}

pub fn json(text: &str) -> Cells {
    let answer: Json = serde_json::from_str(text).unwrap();
    let by: Vec<_> = answer["by"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let row = |row: &Json| {
        assert!(row.as_object().unwrap().contains_key("count"), "a count that is missing: {row}");
        let at = by.iter().map(|name| row[name].as_str().unwrap().to_owned()).collect();
        let ends = (row["low"].as_u64(), row["high"].as_u64());
        let said = |name: &str| row[name].as_str();
        let (status, conf_status) = (said("status").unwrap(), said("conf_status").unwrap());
        (at, value(status, conf_status, row["count"].as_u64(), said("bound"), ends))
    };
    answer["rows"].as_array().unwrap().iter().map(row).collect()
}

pub fn csv(text: &str, dimensions: &[&str]) -> Cells {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>().map(Result::unwrap);
    let row = |row: BTreeMap<String, String>| {
        let number = |name: &str| Some(&row[name]).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap());
        let name = Some(row["bound"].as_str()).filter(|name| !name.is_empty());
        let ends = (number("low"), number("high"));
        let at = dimensions.iter().map(|name| row[*name].clone()).collect();
        (at, value(&row["status"], &row["conf_status"], number("count"), name, ends))
    };
    rows.map(row).collect()
}

pub fn jsonstat(text: &str) -> Cells {
    let dataset: Json = serde_json::from_str(text).unwrap();
    let ids: Vec<_> = dataset["id"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let codes = |id: &str| dataset["dimension"][id]["category"]["index"].as_array().unwrap().clone();
    let mut rows: Vec<Vec<String>> = vec![Vec::new()];
    for (id, size) in ids.iter().zip(dataset["size"].as_array().unwrap()) {
        let codes = codes(id);
        assert_eq!(codes.len() as u64, size.as_u64().unwrap());
        let longer = |row: &Vec<String>, code: &Json| {
            row.iter().cloned().chain([code.as_str().unwrap().to_owned()]).collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(|row| codes.iter().map(|code| longer(row, code)).collect::<Vec<_>>()).collect();
    }
    let values = dataset["value"].as_array().unwrap();
    assert_eq!(values.len(), rows.len());
    let cell = |(index, (mut at, number)): (usize, (Vec<String>, &Json))| {
        // The last is what is counted.
        at.pop();
        let (status, interval) =
            (&dataset["status"][index.to_string()], &dataset["extension"]["interval"][index.to_string()]);
        let value = match (status.as_str(), number.as_u64()) {
            (Some("C"), None) => Value::Withheld,
            (Some("empty"), None) => Value::Empty,
            (Some("not_attested"), None) => {
                let end = |name: &str| interval[name].as_u64().unwrap();
                Value::Free(Count::NotAttested { low: end("low"), high: end("high") })
            }
            (status, Some(value)) => Value::Free(Count::Attested { value, bound: bound(status.unwrap_or("exact")) }),
            other => panic!("contradictory: {other:?}"),
        };
        (at, value)
    };
    rows.into_iter().zip(values).enumerate().map(cell).collect()
}
