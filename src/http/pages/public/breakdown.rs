//! What a published number is divided into, and what its parts leave over.

use crate::domain::figure::Figure;
use crate::domain::reconcile::{Remainder, remainders};
use crate::domain::record::RecordId;
use crate::exchange::formats::words;
use crate::http::pages::here::link;
use crate::http::pages::words as phrases;
use crate::store::published::Found;

use super::bars::{Bar, Bars, Look};
use super::say;

/// The breakdowns of a publication, each with what its parts leave over.
pub fn breakdowns(publication: &str, own: &[&Found<Figure>]) -> Vec<Bars> {
    let figures: Vec<_> = own.iter().map(|found| (found.version.id, &found.version.body)).collect();
    remainders(&figures).iter().filter_map(|remainder| breakdown(publication, own, remainder)).collect()
}

fn breakdown(publication: &str, own: &[&Found<Figure>], remainder: &Remainder) -> Option<Bars> {
    let find = |id: RecordId| own.iter().find(|found| found.version.id == id).map(|found| &found.version.body);
    let parent = find(remainder.parent)?;
    let bar = |part: &Figure| Bar {
        label: say::figure(&part.name),
        link: Some(format!("{}#{}", link(&format!("/publications/{publication}")), part.name)),
        said: say::bounded(part.value),
        look: Look::Solid,
        from: 0,
        to: part.value.value,
    };
    let mut rows: Vec<_> = remainder.parts.iter().filter_map(|part| find(*part)).map(bar).collect();
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
            rows.push(Bar { label, link: None, said, look: Look::Derived, from: 0, to: value });
            phrases::t(
                "Derived: what the parts leave of the whole. It was not published, and is exact only if the parts do not \
                 overlap and all lie inside the whole.",
            )
        }
        Err(_) => phrases::t("The published parts are more than the published whole: they overlap."),
    };
    Some(Bars {
        caption: by,
        head: format!("{}: {}", say::figure(&parent.name), say::bounded(parent.value)),
        number: phrases::t("Published").to_owned(),
        rows,
        notes: vec![rest.to_owned()],
    })
}
