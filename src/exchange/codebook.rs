//! The words of a release as a table: a row a text, with its review status.

use crate::domain::release::content::Content;

/// Writes the terms of a release, a row a term and language.
///
/// # Errors
/// Writing to memory gives none.
pub fn csv(content: &Content) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "release",
        "vocabulary",
        "code",
        "broader",
        "family",
        "language",
        "label",
        "definition",
        "review",
    ])?;
    for (vocabulary, terms) in &content.terms {
        for term in terms {
            let (broader, family) = (term.broader.as_deref(), term.family.as_deref());
            let own = [&content.id, vocabulary, &term.code, broader.unwrap_or_default(), family.unwrap_or_default()];
            for (language, text) in &term.texts {
                let texts = [language.clone(), spoken(&text.label), spoken(&text.definition)];
                let own = own.iter().map(|word| (*word).to_owned());
                table.write_record(own.chain(texts).chain([text.review.name().to_owned()]))?;
            }
        }
    }
    super::table::text(table)
}

/// A text that somebody chose: what a spreadsheet would run as a formula begins with an apostrophe.
fn spoken(text: &str) -> String {
    super::formats::csv::text(text)
}
