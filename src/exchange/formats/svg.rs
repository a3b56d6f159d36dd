//! Pictures that stand by themselves: title, counts, legend, source and release in one file, without scripts and without
//! anything to load.

use crate::domain::count::Count;
use crate::domain::release::content::Value;

use super::heading::Heading;
use super::picture::{Anchor, Ink, MARGIN, Picture};
use super::{Format, FormatError, Language, Options, Shown, bars, heat, words};

/// SVG.
pub struct Svg;

impl Format for Svg {
    fn suffix(&self) -> &'static str {
        "svg"
    }

    fn media_type(&self) -> &'static str {
        "image/svg+xml"
    }

    fn description(&self) -> &'static str {
        "SVG: a picture of up to two dimensions, readable on a phone, with its source. Withheld cells are hatched."
    }

    fn example(&self) -> serde_json::Value {
        "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>".into()
    }

    fn write(&self, shown: &Shown<'_>, options: &Options) -> Result<Vec<u8>, FormatError> {
        let language = options.language;
        let heading = Heading::of(shown, language);
        let mut picture = Picture::new();
        picture.head(&heading);
        match shown.table.axes.as_slice() {
            [] => number(&mut picture, shown, language),
            [only] => bars::draw(&mut picture, shown, only, language),
            [down, across] => heat::draw(&mut picture, shown, down, across, language),
            more => return Err(FormatError::TooManyDimensions { format: self.suffix(), most: 2, asked: more.len() }),
        }
        legends(&mut picture, shown, language);
        let spoken = spoken(shown, &heading, language);
        Ok(picture.finish(&heading, &spoken, language))
    }
}

/// The one number.
fn number(picture: &mut Picture, shown: &Shown<'_>, language: Language) {
    let Some(total) = shown.total() else { return };
    match total.value {
        Value::Empty => {
            let at = (MARGIN, picture.y + 34.0);
            picture.bold(at, 22.0, Ink::Text, Anchor::Start, words::say(words::EMPTY, language));
        }
        Value::Withheld => {
            let at = (MARGIN, picture.y + 4.0);
            picture.hatched(at, (96.0, 44.0));
            let word = words::say(words::WITHHELD, language);
            picture.bold((MARGIN + 108.0, picture.y + 34.0), 22.0, Ink::Text, Anchor::Start, word);
        }
        Value::Free(count) => {
            let text = words::count(count, language);
            // A sentence is smaller than a number.
            let size = if text.chars().count() > 8 { 30.0 } else { 52.0 };
            let at = (MARGIN, picture.y + 46.0);
            picture.bold(at, size, Ink::Accent, Anchor::Start, &text);
        }
    }
    picture.y += 58.0;
}

/// What the marks mean that occur.
fn legends(picture: &mut Picture, shown: &Shown<'_>, language: Language) {
    let values = || shown.inner().map(|cell| cell.value);
    if values().any(|value| value == Value::Withheld) {
        picture.withheld_legend(language);
    }
    if values().any(|value| matches!(value, Value::Free(Count::NotAttested { .. }))) {
        picture.legend(Picture::between, words::say(words::NOT_ATTESTED_LEGEND, language));
    }
}

/// The picture for those who cannot see it.
fn spoken(shown: &Shown<'_>, heading: &Heading, language: Language) -> String {
    let cell = |cell: &crate::domain::release::content::Cell| {
        let labels = shown.table.axes.iter().zip(&cell.at).map(|(axis, code)| shown.label(axis, code, language));
        let labels: Vec<_> = labels.collect();
        format!("{}: {}", labels.join(", "), said(cell.value, language))
    };
    let divided = shown.inner().filter(|_| !shown.table.axes.is_empty());
    let cells = divided.filter(|cell| cell.value != Value::Empty).map(cell);
    let only = shown.total().filter(|_| shown.table.axes.is_empty()).map(|cell| said(cell.value, language));
    let all: Vec<_> = [heading.description.clone()].into_iter().chain(only).chain(cells).collect();
    format!("{}.", all.join(". "))
}

/// What is said of a cell, in words.
pub(super) fn said(value: Value, language: Language) -> String {
    match value {
        Value::Free(count) => words::count(count, language),
        Value::Withheld => words::say(words::WITHHELD, language).to_owned(),
        Value::Empty => words::say(words::EMPTY, language).to_owned(),
    }
}
