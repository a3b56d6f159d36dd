//! A heat map, for two dimensions. The label of a row stands above it, so that the cells have the whole width; where the columns
//! are too many for a phone, they go on in a band below.

use crate::domain::count::Count;
use crate::domain::release::content::{Axis, Value};

use super::picture::{Anchor, Ink, MARGIN, Picture, ROOM, SMALL, TEXT, escape, width, wrap};
use super::{Language, Shown, words};

/// How high a cell is.
const HIGH: f64 = 26.0;
/// The narrowest cell that a finger finds.
const NARROW: f64 = 34.0;
/// How long a label that stands upright may be: the second where the first is not enough.
const UPRIGHT: [f64; 2] = [110.0, 170.0];

/// One band of columns.
struct Band<'b> {
    /// Where in its row the first cell lies.
    first: usize,
    labels: &'b [(String, String)],
    wide: f64,
}

pub(super) fn draw(picture: &mut Picture, shown: &Shown<'_>, down: &Axis, across: &Axis, language: Language) {
    let most = shown.inner().filter_map(|cell| cell.value.count()).map(weight).max().unwrap_or_default().max(1);
    let texts =
        shown.inner().filter_map(|cell| cell.value.count()).map(|count| width(&words::short(count), SMALL) + 6.0);
    let narrowest = texts.fold(NARROW, f64::max);
    let columns = shown.labels(across, language);
    if columns.is_empty() {
        return;
    }
    let fit = ((ROOM / narrowest).floor() as usize).max(1);
    let bands = columns.len().div_ceil(fit);
    // Bands of about one length.
    let each = columns.len().div_ceil(bands);
    for (number, labels) in columns.chunks(each).enumerate() {
        let band = Band { first: number * each, labels, wide: ROOM / each as f64 };
        if number > 0 {
            picture.y += 14.0;
        }
        head(picture, &band);
        rows(picture, shown, down, across, &band, most, language);
    }
    picture.y += 6.0;
}

/// How dark a count is.
fn weight(count: Count) -> u64 {
    match count {
        Count::Attested { value, .. } => value,
        Count::NotAttested { high, .. } => high,
    }
}

/// The labels of the columns: level where they fit, upright otherwise.
fn head(picture: &mut Picture, band: &Band<'_>) {
    const MOST_LINES: usize = 3;
    let level: Vec<_> = band.labels.iter().map(|(_, label)| wrap(label, SMALL, band.wide - 4.0)).collect();
    let whole = |(lines, (_, label)): (&Vec<String>, &(String, String))| {
        let words = label.split([' ', '–', '—', '/']).count();
        lines.len() <= MOST_LINES.min(words.max(1))
    };
    let middle = |at: usize| MARGIN + (at as f64 + 0.5) * band.wide;
    if level.iter().zip(band.labels).all(whole) {
        let lines = level.iter().map(Vec::len).max().unwrap_or_default();
        picture.y += lines as f64 * 14.0;
        for (at, column) in level.iter().enumerate() {
            for (line, text) in column.iter().rev().enumerate() {
                let y = picture.y - 3.0 - line as f64 * 14.0;
                picture.text((middle(at), y), SMALL, Ink::Text, Anchor::Middle, text);
            }
        }
        return;
    }
    let columns: Vec<_> = band.labels.iter().map(|(_, label)| upright(label, band.wide)).collect();
    let long = columns.iter().flatten().map(|line| width(line, SMALL)).fold(0.0, f64::max);
    picture.y += long + 4.0;
    for (at, lines) in columns.iter().enumerate() {
        for (line, text) in lines.iter().enumerate() {
            let x = middle(at) + 4.0 + (line as f64 - (lines.len() as f64 - 1.0) / 2.0) * 14.0;
            let y = picture.y - 4.0;
            picture.turned((x, y), text);
        }
    }
}

/// The lines of a label that stands upright; what does not fit is left out visibly, and the description has it.
fn upright(label: &str, wide: f64) -> Vec<String> {
    let most = ((wide / 14.0).floor() as usize).max(1);
    let [short, long] = UPRIGHT.map(|room| wrap(label, SMALL, room));
    let mut lines = if short.len() > most { long } else { short };
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

fn rows(
    picture: &mut Picture,
    shown: &Shown<'_>,
    down: &Axis,
    across: &Axis,
    band: &Band<'_>,
    most: u64,
    language: Language,
) {
    let inner: Vec<_> = shown.inner().collect();
    for ((_, label), cells) in shown.labels(down, language).iter().zip(inner.chunks(across.codes.len())) {
        picture.y += 3.0;
        picture.paragraph(TEXT, Ink::Text, false, label);
        picture.y += 2.0;
        let own = cells.iter().skip(band.first).zip(band.labels);
        // What is empty has a place and no mark.
        for (at, (cell, (_, column))) in own.enumerate().filter(|(_, (cell, _))| cell.value != Value::Empty) {
            let place = (MARGIN + at as f64 * band.wide, picture.y);
            let name = format!("{label}, {column}: {}", super::svg::said(cell.value, language));
            picture.add(format_args!("<g><title>{}</title>", escape(&name)));
            square(picture, cell.value, place, band.wide, most);
            picture.add("</g>");
        }
        picture.y += HIGH + 4.0;
    }
}

/// One cell. The more, the darker; its number stands in it.
fn square(picture: &mut Picture, value: Value, (x, y): (f64, f64), wide: f64, most: u64) {
    let (place, size) = ((x + 1.0, y), (wide - 2.0, HIGH));
    let Some(count) = value.count() else { return picture.hatched((x + 1.5, y + 0.5), (wide - 3.0, HIGH - 1.0)) };
    let dark = weight(count) as f64 / most as f64;
    let ink = match count {
        Count::NotAttested { .. } => {
            picture.between(place, size);
            Ink::Text
        }
        Count::Attested { .. } => {
            // In steps that the text is readable on: light enough for dark text, or dark enough for light text.
            let opacity = if dark > 0.5 { 0.7 + dark * 0.3 } else { 0.06 + dark * 0.6 };
            picture.rectangle(place, size, Ink::Accent, opacity);
            if dark > 0.5 { Ink::OnAccent } else { Ink::Text }
        }
    };
    picture.text((x + wide / 2.0, y + HIGH / 2.0 + 4.2), SMALL, ink, Anchor::Middle, &words::short(count));
}
