//! Bars, for one dimension: each label stands above its bar, so that long ones fit on a phone.

use crate::domain::count::Count;
use crate::domain::dimension::dimension;
use crate::domain::release::content::{Axis, Value};

use super::picture::{Anchor, Ink, MARGIN, Picture, ROOM, TEXT, width};
use super::{Language, Shown, svg};

/// How high a bar is.
const HIGH: f64 = 18.0;
/// How wide the mark of a withheld cell is. It says nothing about the number.
const MARK: f64 = 56.0;

/// Draws the bars. By time they stand in their order; otherwise the greatest comes first, and groups of which nothing is
/// documented share one line at the end.
pub(super) fn draw(picture: &mut Picture, shown: &Shown<'_>, axis: &Axis, language: Language) {
    let of_time = dimension(&axis.dimension).is_some_and(|dimension| dimension.grain().is_some());
    let mut cells: Vec<_> = shown.labels(axis, language).into_iter().zip(shown.inner()).collect();
    cells.retain(|(_, cell)| cell.value != Value::Empty);
    if !of_time {
        cells.sort_by_key(|((code, _), cell)| (code.starts_with('_'), std::cmp::Reverse(size(cell.value))));
    }
    let most = cells.iter().filter_map(|(_, cell)| size(cell.value)).max().unwrap_or_default().max(1);
    let texts = cells.iter().map(|(_, cell)| width(&svg::said(cell.value, language), TEXT));
    // What stands behind the longest bar must fit, too; bold letters are wider.
    let room = (ROOM - texts.fold(0.0, f64::max) * 1.1 - 8.0).max(ROOM / 3.0);
    for ((_, label), cell) in &cells {
        picture.y += 4.0;
        picture.paragraph(TEXT, Ink::Text, false, label);
        bar(picture, cell.value, room / most as f64, language);
        picture.y += HIGH + 8.0;
    }
}

/// The greatest number that a bar shows.
fn size(value: Value) -> Option<u64> {
    match value {
        Value::Withheld | Value::Empty => None,
        Value::Free(Count::Attested { value, .. }) => Some(value),
        Value::Free(Count::NotAttested { high, .. }) => Some(high),
    }
}

/// One bar and what is said of it, `unit` wide for each that is counted.
fn bar(picture: &mut Picture, value: Value, unit: f64, language: Language) {
    let y = picture.y + 3.0;
    let end = match value {
        Value::Withheld | Value::Empty => {
            picture.hatched((MARGIN + 0.5, y), (MARK, HIGH));
            MARK
        }
        Value::Free(Count::Attested { value, .. }) => {
            // Nothing is a line, not a bar.
            let long = (value as f64 * unit).max(1.0);
            picture.rectangle((MARGIN, y), (long, HIGH), Ink::Accent, 1.0);
            long
        }
        Value::Free(Count::NotAttested { low, high }) => {
            let (low, high) = (low as f64 * unit, high as f64 * unit);
            picture.between((MARGIN + low, y), ((high - low).max(4.0), HIGH));
            high.max(low + 4.0)
        }
    };
    let at = (MARGIN + end + 6.0, y + HIGH - 4.5);
    picture.bold(at, TEXT, Ink::Text, Anchor::Start, &svg::said(value, language));
}
