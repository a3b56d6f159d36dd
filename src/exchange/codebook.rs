//! The words of a release as a table: a row a text, with its review status.

use crate::domain::release::content::Content;

use super::flavour::Flavour;

/// Writes the terms of a release, a row a term and language.
///
/// # Errors
/// Writing to memory gives none.
pub fn csv(content: &Content, flavour: Flavour) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::from(flavour.beginning()));
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
            let own =
                [content.id.as_str(), vocabulary, &term.code, broader.unwrap_or_default(), family.unwrap_or_default()];
            for (language, text) in &term.texts {
                let texts = [language, &text.label, &text.definition, text.review.name()];
                table.write_record(own.into_iter().chain(texts).map(|word| flavour.cell(word).into_owned()))?;
            }
        }
    }
    super::table::text(table)
}
