//! The answer to a question as a CSV table.

use std::collections::BTreeSet;

use crate::domain::aggregate::Query;
use crate::domain::count::Count;
use crate::store::aggregates::Answer;

/// A row a cell. The question and both times stand in every row, so that a copied row keeps its meaning and can be asked
/// again. `small` are the cells that may not be published: their `conf_status` is `C`.
///
/// # Errors
/// What the writer gives; writing to memory gives none.
pub fn csv(query: &Query, answer: &Answer, small: &BTreeSet<Vec<String>>) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let fixed = ["count", "bound", "possible", "status", "conf_status", "low", "high", "query", "as_of", "at_write"];
    table.write_record(query.by.iter().map(|dimension| dimension.code).chain(fixed))?;
    let (as_of, at_write) = (answer.times.as_of.to_string(), answer.times.at_write.to_string());
    let number = |number: u64| number.to_string();
    for row in &answer.rows {
        let status = if small.contains(&row.cell) { "C".to_owned() } else { String::new() };
        let counts = match row.tally.count {
            Count::Attested { value, bound } => {
                let possible = row.tally.possible.map(number).unwrap_or_default();
                [number(value), bound.name().to_owned(), possible, "A".to_owned(), status, String::new(), String::new()]
            }
            Count::NotAttested { low, high } => {
                let nothing = || String::new();
                [nothing(), nothing(), nothing(), "not_attested".to_owned(), status, number(low), number(high)]
            }
        };
        let question = [query.canonical(), as_of.clone(), at_write.clone()];
        table.write_record(row.cell.iter().cloned().chain(counts).chain(question))?;
    }
    text(table)
}

/// What was written to memory.
pub(super) fn text(table: csv::Writer<Vec<u8>>) -> Result<String, csv::Error> {
    let bytes = table.into_inner().map_err(|why| csv::Error::from(why.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
