//! What is said about a table in a picture: above it what it shows, below it where it comes from.

use crate::domain::release::content;

use super::{Language, Shown, json, words};

/// The words around a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub title: String,
    /// What is counted, by what, of whom, and the total where it is published.
    pub description: String,
    /// What a reader must know, then the source and the release.
    pub notes: Vec<String>,
}

impl Heading {
    pub fn of(shown: &Shown<'_>, language: Language) -> Self {
        let (content, table) = (shown.content, shown.table);
        let said = |text| words::say(text, language);
        let mut parts = vec![words::number_of(table.measure, language).to_owned()];
        parts.extend(table.axes.iter().map(|axis| words::heading(&axis.dimension, language).to_owned()));
        parts.extend(filters(shown, language));
        if !table.with.is_empty() {
            let kinds: Vec<_> = table.with.iter().map(|kind| shown.called(Some("kind"), kind, language)).collect();
            parts.push(format!("{}: {}", said(words::WITH_EACH), kinds.join(", ")));
        }
        // Where nothing is divided the total is the picture.
        let total = shown.total().filter(|_| !table.axes.is_empty()).and_then(|cell| cell.value.count());
        parts.extend(total.map(|count| format!("{}: {}", said(words::TOTAL), words::count(count, language))));
        let caveats = json::caveats(shown);
        // What is withheld and not attested the legend says.
        let spoken = ["documented_cases", "standing", "not_additive"].into_iter().filter(|code| caveats.contains(code));
        let mut notes: Vec<_> = spoken.map(|code| words::caveat(code, language).to_owned()).collect();
        notes.push(format!("{}: {}", said(words::BASIS), words::basis(table.basis, language)));
        notes.push(format!("{}: {}", said(words::SOURCE), content.publisher));
        // A release is often called by its date.
        let date = Some(content.date).filter(|date| date.to_string() != content.id);
        let date = date.map(|date| format!(", {}", words::day(date, language))).unwrap_or_default();
        let known = words::day(content.as_of, language);
        notes.push(format!("{} {}{date}: {} {known}", said(words::RELEASE), content.id, said(words::KNOWN_BY)));
        notes.extend(Some(shown.address.clone()).filter(|address| !address.is_empty()));
        Self { title: content::text(&table.title, language.code()).to_owned(), description: parts.join(" · "), notes }
    }
}

/// What the table is narrowed to.
fn filters(shown: &Shown<'_>, language: Language) -> Vec<String> {
    let filter = |(dimension, codes): (&String, &Vec<String>)| {
        let labels = codes.iter().map(|code| shown.called(words::list(dimension), code, language));
        format!("{}: {}", words::heading(dimension, language), labels.collect::<Vec<_>>().join(", "))
    };
    shown.table.filter.iter().map(filter).collect()
}
