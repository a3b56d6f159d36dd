//! Shapes and text of pictures, as SVG.
//!
//! The crate `plotters` was tried. It draws text in one colour at a size that it distorts, knows no class, pattern, title or
//! description, and cannot break a line, so that there would be no dark mode, no hatching and no long labels on a phone.
//!
//! A picture is 360 units wide and scales: no text is below 12 units, which is 12 pixels on the narrowest phone. Colours stand in
//! attributes, so that they hold where a page forbids styles; the style only adds the dark ones.

use std::fmt::{Display, Write};

use super::{Language, heading::Heading, words};

/// How wide every picture is.
pub(super) const WIDTH: f64 = 360.0;
/// What is left free on both sides.
pub(super) const MARGIN: f64 = 12.0;
/// The room between the margins.
pub(super) const ROOM: f64 = WIDTH - 2.0 * MARGIN;
/// The smallest text.
pub(super) const SMALL: f64 = 12.0;
/// The text of labels.
pub(super) const TEXT: f64 = 13.0;

/// What a colour is for. In the dark each has another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Text,
    Quiet,
    Line,
    Accent,
    /// On the accent colour.
    OnAccent,
}

impl Ink {
    /// The class, and the colour by day.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("t", "#1a1a1a"),
            Self::Quiet => ("q", "#555555"),
            Self::Line => ("l", "#d0d0d0"),
            Self::Accent => ("a", "#0b5c8a"),
            Self::OnAccent => ("o", "#ffffff"),
        }
    }
}

const STYLE: &str = "@media (prefers-color-scheme: dark) {.b{fill:#15181c}.t{fill:#ededed}.q{fill:#b6b6b6}.l{fill:#474c53}\
                     .a{fill:#6bb6e8}.o{fill:#0d1013}.h{fill:#30343a}.s{stroke:#9aa0a8}.w{stroke:#6bb6e8}.r{fill:#15181c}.n{stroke:#15181c}}";

/// A text for XML: what means something there is written so that it does not, and what XML forbids is left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// About how wide a text is; rather too wide, since fonts differ.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '\u{a0}' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 0.42,
        'm' | 'w' | 'M' | 'W' | 'ж' | 'м' | 'ш' | 'щ' | 'ы' | 'ф' | 'ю' | 'Ж' | 'М' | 'Ш' | 'Щ' | 'Ы' | 'Ф' | 'Ю'
        | '—' => 0.92,
        c if c.is_ascii_digit() => 0.62,
        c if c.is_ascii() && !c.is_uppercase() => 0.6,
        c if c.is_uppercase() => 0.72,
        '\u{400}'..='\u{4ff}' | '\u{a1}'..='\u{24f}' | '–' => 0.63,
        _ => 1.0,
    };
    text.chars().map(of).sum::<f64>() * size
}

/// Breaks a text into lines that fit: at spaces, dashes and strokes. A part that is wider than a line is broken, too.
pub(super) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for part in text.split_inclusive([' ', '\n', '\t', '–', '—', '/']) {
        if width(&format!("{line}{}", part.trim_end()), size) <= room {
            line.push_str(part);
            continue;
        }
        lines.push(std::mem::take(&mut line));
        for c in part.chars() {
            line.push(c);
            if width(line.trim_end(), size) > room && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, c.to_string()));
            }
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// How a line of text stands to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
}

/// A picture that grows downwards.
#[derive(Debug)]
pub(super) struct Picture {
    body: String,
    /// How far down it is drawn.
    pub y: f64,
}

impl Picture {
    pub fn new() -> Self {
        Self { body: String::new(), y: MARGIN }
    }

    /// Adds markup; texts in it are escaped already.
    pub fn add(&mut self, markup: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.body, "{markup}");
    }

    /// A line of text that stands on `y`.
    pub fn text(&mut self, at: (f64, f64), size: f64, ink: Ink, anchor: Anchor, text: &str) {
        self.weighted(at, size, ink, anchor, false, text);
    }

    pub fn bold(&mut self, at: (f64, f64), size: f64, ink: Ink, anchor: Anchor, text: &str) {
        self.weighted(at, size, ink, anchor, true, text);
    }

    fn weighted(&mut self, (x, y): (f64, f64), size: f64, ink: Ink, anchor: Anchor, bold: bool, text: &str) {
        let (class, fill) = ink.names();
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
        };
        let weight = if bold { " font-weight=\"700\"" } else { "" };
        let text = escape(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\"{anchor}{weight} class=\"{class}\" fill=\"{fill}\">{text}</text>"
        ));
    }

    /// A number over lines, which stop before it.
    pub fn haloed(&mut self, (x, y): (f64, f64), text: &str) {
        let ((class, fill), text) = (Ink::Text.names(), escape(text));
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{SMALL}\" text-anchor=\"middle\" font-weight=\"700\" class=\"{class} n\" fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">{text}</text>"
        ));
    }

    /// A line of small text that is read from below.
    pub fn turned(&mut self, (x, y): (f64, f64), text: &str) {
        let ((class, fill), text) = (Ink::Text.names(), escape(text));
        self.add(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" font-size=\"{SMALL}\" class=\"{class}\" fill=\"{fill}\">{text}</text>"
        ));
    }

    /// A text in as many lines as it takes, below what is there.
    pub fn paragraph(&mut self, size: f64, ink: Ink, bold: bool, text: &str) {
        // Bold letters are wider.
        let room = if bold { ROOM * 0.87 } else { ROOM };
        for line in wrap(text, size, room) {
            self.y += size * 1.3;
            self.weighted((MARGIN, self.y - size * 0.25), size, ink, Anchor::Start, bold, &line);
        }
    }

    pub fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), ink: Ink, opacity: f64) {
        let (class, fill) = ink.names();
        let opacity = if opacity < 1.0 { format!(" fill-opacity=\"{opacity:.2}\"") } else { String::new() };
        self.add(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" class=\"{class}\" fill=\"{fill}\"{opacity}/>"
        ));
    }

    /// The mark of what is withheld.
    pub fn hatched(&mut self, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.add(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"url(#withheld)\" class=\"s\" stroke=\"#767676\"/>"
        ));
    }

    /// The mark of what lies between two numbers.
    pub fn between(&mut self, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.rectangle((x, y), (width, height), Ink::Accent, 0.3);
        self.rectangle((x, y), (2.0, height), Ink::Accent, 1.0);
        self.rectangle((x + width - 2.0, y), (2.0, height), Ink::Accent, 1.0);
    }

    /// The mark of a figure; an open one is not exact.
    pub fn circle(&mut self, (x, y): (f64, f64), radius: f64, open: bool) {
        let look = if open {
            "class=\"r w\" fill=\"#ffffff\" stroke=\"#0b5c8a\" stroke-width=\"2\""
        } else {
            "class=\"a\" fill=\"#0b5c8a\""
        };
        self.add(format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {look}/>"));
    }

    /// The mark around figures that differ.
    pub fn ring(&mut self, (x, y): (f64, f64)) {
        self.add(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"7.5\" fill=\"none\" class=\"s\" stroke=\"#767676\" stroke-dasharray=\"3 2\"/>"
        ));
    }

    /// A line of the legend: a mark, and what it means.
    pub fn legend(&mut self, mark: impl FnOnce(&mut Self, (f64, f64), (f64, f64)), text: &str) {
        self.y += 6.0;
        mark(self, (MARGIN, self.y + 2.0), (22.0, 12.0));
        for line in wrap(text, SMALL, ROOM - 30.0) {
            self.y += 15.0;
            self.text((MARGIN + 30.0, self.y - 3.0), SMALL, Ink::Quiet, Anchor::Start, &line);
        }
    }

    /// The title and the description.
    pub fn head(&mut self, heading: &Heading) {
        self.paragraph(18.0, Ink::Text, true, &heading.title);
        self.y += 2.0;
        self.paragraph(TEXT, Ink::Quiet, false, &heading.description);
        self.y += 10.0;
    }

    /// What the hatching means.
    pub fn withheld_legend(&mut self, language: Language) {
        self.legend(Self::hatched, words::say(words::WITHHELD_LEGEND, language));
    }

    /// What must be known, the source and the release; then the picture is whole. Opened by itself it fits the window, but on a
    /// phone it has the width of the screen and goes on below it.
    pub fn finish(mut self, heading: &Heading, spoken: &str, language: Language) -> Vec<u8> {
        self.y += 10.0;
        let line = (MARGIN, self.y);
        self.rectangle(line, (ROOM, 1.0), Ink::Line, 1.0);
        self.y += 4.0;
        for note in &heading.notes {
            self.paragraph(SMALL, Ink::Quiet, false, note);
        }
        let (height, body) = ((self.y + MARGIN).ceil(), self.body);
        let (title, description) = (escape(&heading.title), escape(spoken));
        let language = language.code();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\" role=\"img\" \
             xml:lang=\"{language}\" font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, \
             sans-serif\">\n<title>{title}</title>\n<desc>{description}</desc>\n<style>{STYLE}@media (max-width: 720px) {{:root{{height:calc(100vw*{height}/{WIDTH})}}}}</style>\n<defs><pattern \
             id=\"withheld\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect \
             class=\"h\" fill=\"#ececec\" width=\"6\" height=\"6\"/><path class=\"s\" d=\"M0 0V6\" stroke=\"#767676\" \
             stroke-width=\"2.4\"/></pattern></defs>\n<rect class=\"b\" fill=\"#ffffff\" width=\"{WIDTH}\" \
             height=\"{height}\"/>\n{body}</svg>\n"
        )
        .into_bytes()
    }
}
