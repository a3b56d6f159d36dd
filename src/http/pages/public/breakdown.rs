//! What a published number is divided into, and what its parts leave over.

use crate::domain::figure::Figure;
use crate::domain::reconcile::{Remainder, remainders};
use crate::domain::record::RecordId;
use crate::exchange::formats::words;
use crate::http::pages::here::link;
use crate::http::pages::words as phrases;
use crate::store::published::Found;

use super::bars::{Bar, Bars, Look};
use super::beside::Beside;
use super::say::{self, Standing};

/// The breakdowns of a publication, each with what its parts leave over.
pub fn breakdowns(publication: &str, own: &[&Found<Figure>], beside: Beside<'_>) -> Vec<Bars> {
    let figures: Vec<_> = own.iter().map(|found| (found.version.id, &found.version.body)).collect();
    remainders(&figures).iter().filter_map(|remainder| breakdown(publication, own, remainder, beside)).collect()
}

/// A part of a number, with what stands behind it and what others say.
fn bar(publication: &str, found: &Found<Figure>, standing: &Standing, beside: Beside<'_>) -> Bar {
    let part = &found.version.body;
    Bar {
        label: say::figure(&part.name),
        link: Some(format!("{}#{}", link(&format!("/publications/{publication}")), part.name)),
        said: say::bounded(part.value),
        look: Look::Solid,
        from: 0,
        to: part.value.value,
        marks: vec![standing.status.to_owned()],
        contested: beside.contested(found).map(|contested| contested.short()),
        as_of: None,
    }
}

fn breakdown(publication: &str, own: &[&Found<Figure>], remainder: &Remainder, beside: Beside<'_>) -> Option<Bars> {
    let find = |id: RecordId| own.iter().find(|found| found.version.id == id).copied();
    let parent = &find(remainder.parent)?.version.body;
    let parts: Vec<_> = remainder.parts.iter().filter_map(|part| find(*part)).collect();
    let standings: Vec<_> = parts.iter().map(|part| beside.standing(part)).collect();
    let mut rows: Vec<_> =
        parts.iter().zip(&standings).map(|(part, own)| bar(publication, part, own, beside)).collect();
    let mut notes = Vec::new();
    // What is the same of all is said once.
    if let Some(first) = standings.first().filter(|first| standings.iter().all(|own| own.meaning == first.meaning)) {
        notes.push(first.meaning.clone());
        rows.iter_mut().for_each(|row| row.marks.clear());
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.to));
    let by = words::heading(&remainder.breakdown, say::language()).to_owned();
    let rest = match u64::try_from(remainder.value) {
        Ok(value) => {
            let qualifier = say::qualifier(remainder.qualifier);
            let said = format!("{qualifier} {}", words::number(value));
            let said = phrases::say("{}, derived", &[&said.trim()]);
            let label = if remainder.breakdown == "ground" {
                phrases::t("No ground given").to_owned()
            } else {
                phrases::t("None of these").to_owned()
            };
            rows.push(Bar {
                label,
                link: None,
                said,
                look: Look::Derived,
                from: 0,
                to: value,
                marks: Vec::new(),
                contested: None,
                as_of: None,
            });
            phrases::t(
                "Derived: what the parts leave of the whole. It was not published, and is exact only if the parts do not \
                 overlap and all lie inside the whole.",
            )
        }
        Err(_) => phrases::t("The published parts are more than the published whole: they overlap."),
    };
    notes.push(rest.to_owned());
    Some(Bars {
        caption: by,
        head: format!("{}: {}", say::figure(&parent.name), say::bounded(parent.value)),
        number: phrases::t("Published").to_owned(),
        rows,
        notes,
    })
}
