//! The answer to a question as a CSV table.

use crate::domain::aggregate::Query;
use crate::domain::count::Count;
use crate::store::aggregates::Answer;

/// A row a cell. What is needed to ask again stands in every row, so that a copied row keeps its meaning.
pub fn csv(query: &Query, answer: &Answer) -> String {
    let fixed = ["count", "bound", "status", "low", "high", "measure", "as_of", "at_write"];
    let header: Vec<_> = query.by.iter().map(|dimension| dimension.code).chain(fixed).collect();
    let mut text = header.join(",") + "\n";
    let (as_of, at_write) = (answer.times.as_of.to_string(), answer.times.at_write.to_string());
    for row in &answer.rows {
        let number = |number: u64| number.to_string();
        let counts = match row.count {
            Count::Attested { value, bound } => {
                [number(value), bound.name().to_owned(), "A".to_owned(), String::new(), String::new()]
            }
            Count::NotAttested { low, high } => {
                [String::new(), String::new(), "not_attested".to_owned(), number(low), number(high)]
            }
        };
        // Codes hold letters, digits and `._-:` only, so that no cell needs quotes.
        let cells = row.cell.iter().cloned().chain(counts);
        let cells: Vec<_> = cells.chain([query.measure.name().to_owned(), as_of.clone(), at_write.clone()]).collect();
        text += &(cells.join(",") + "\n");
    }
    text
}
