//! An empty file for each noun, with its columns and codes explained.

use crate::domain::record::Noun;
use crate::domain::vocabulary::Vocabulary;

use super::fields;
use super::nouns::with_entry;

/// The header of a noun's file, under comment lines that the importer skips: what each column is for, and the codes
/// that it takes.
pub fn template(noun: Noun, vocabulary: &Vocabulary) -> String {
    let fields = with_entry!(noun, E => fields::columns::<E>());
    let mut text = format!(
        "# {}: one row each, UTF-8, comma-separated. Lines above the header that begin with # are skipped.\n",
        noun.plural()
    );
    for field in &fields {
        let required = if field.required { " (required)" } else { "" };
        text += &format!("# {}{required}: {}\n", field.name, field.description.replace('\n', " "));
        for list in field.vocabularies() {
            for term in vocabulary.active(list) {
                let label = term.texts.get("en").map_or("", |text| text.label.as_str());
                text += &format!("#     {} = {label}\n", term.code);
            }
        }
    }
    let header: Vec<_> = fields.iter().map(|field| field.name).collect();
    text + &header.join(",") + "\n"
}

/// The columns of a noun's file.
pub fn columns(noun: Noun) -> Vec<&'static str> {
    with_entry!(noun, E => fields::columns::<E>()).into_iter().map(|field| field.name).collect()
}
