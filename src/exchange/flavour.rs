//! For whom a CSV file is written: for programmes, exactly as it is, or for people who open it in a spreadsheet.

use std::borrow::Cow;

use crate::domain::alike;

/// For whom a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flavour {
    /// Every cell as it is.
    #[default]
    Exact,
    /// With a byte order mark, and with [`marked`] cells, so that a spreadsheet runs nothing and rounds nothing.
    Spreadsheet,
}

impl Flavour {
    pub const WORDS: &[(&'static str, Self)] = &[("exact", Self::Exact), ("spreadsheet", Self::Spreadsheet)];

    /// What a file of this flavour begins with.
    pub fn beginning(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::Spreadsheet => BYTE_ORDER_MARK,
        }
    }

    /// A text as a cell of such a file.
    pub fn cell(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => text.into(),
            Self::Spreadsheet => marked(text),
        }
    }

    /// The name of a column whose cells are written with [`Flavour::cell`] and are to be imported again.
    ///
    /// The name carries the mark, always: that tells the import to take it off. Nothing else could tell it. A byte order mark
    /// stands in every file that a spreadsheet saves; a line before the header gets lost when rows are sorted; a cell alone
    /// cannot tell whether its apostrophe was in the text. A name goes where its column goes, no column of ours begins with an
    /// apostrophe, and a programme that drops leading apostrophes drops them from the name and the cells alike.
    pub fn column(self, name: &str) -> String {
        match self {
            Self::Exact => name.to_owned(),
            Self::Spreadsheet => format!("{MARK}{name}"),
        }
    }
}

/// What spreadsheets need to take UTF-8 for what it is.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";
const MARK: char = '\'';
/// Where some spreadsheets begin a cell or a row, whether or not quotation marks stand around it. A comma is not one of them: cells
/// that hold one stand in quotation marks, and where commas part cells, these are heeded.
const SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// A text that a spreadsheet shows as it is: an apostrophe stands before what it would run as a formula, round, or turn into a
/// date.
///
/// Some spreadsheets begin a cell at a semicolon or a tab, and a row at a line break that stands in a cell. So each segment that
/// would run there gets an apostrophe of its own. It holds no separator: the segments of a marked text are those of the text.
///
/// What begins with an apostrophe where one may be the mark gets one more. So no two texts have the same cell, and [`unmarked`]
/// gives each one back: an apostrophe is the mark where what follows it needed one.
pub fn marked(text: &str) -> Cow<'_, str> {
    let later = later_segments(text, |segment| runs_after_marks(segment).then(|| format!("{MARK}{segment}").into()));
    if needs_mark(text) { format!("{MARK}{later}").into() } else { later }
}

/// The text of a marked cell. An apostrophe before what needs none was typed by somebody, and stays.
pub fn unmarked(cell: &str) -> Cow<'_, str> {
    let text =
        later_segments(cell, |segment| segment.strip_prefix(MARK).filter(|text| runs_after_marks(text)).map(Cow::from));
    match text.strip_prefix(MARK).filter(|text| needs_mark(text)) {
        Some(text) => text.to_owned().into(),
        None => text,
    }
}

/// A text whose segments after the first are changed, where there is something to change.
fn later_segments<'t>(text: &'t str, change: impl Fn(&'t str) -> Option<Cow<'t, str>>) -> Cow<'t, str> {
    let mut changed = String::new();
    let mut copied = 0;
    let starts = text.match_indices(SEPARATORS).map(|(at, separator)| at + separator.len());
    for start in starts {
        let segment = first_segment(&text[start..]);
        if let Some(other) = change(segment) {
            changed += &text[copied..start];
            changed += &other;
            copied = start + segment.len();
        }
    }
    if copied == 0 { text.into() } else { (changed + &text[copied..]).into() }
}

fn first_segment(text: &str) -> &str {
    text.split(SEPARATORS).next().unwrap_or(text)
}

/// The name of a column, and whether its cells are marked.
pub fn column(name: &str) -> (&str, bool) {
    name.strip_prefix(MARK).map_or((name, false), |name| (name, true))
}

fn needs_mark(text: &str) -> bool {
    let is_value = |text: &str| is_value(text.trim_matches(unseen));
    text.starts_with([MARK, '\t', '\r', '\n']) || runs(text) || is_value(text) || is_value(first_segment(text))
}

/// Whether a spreadsheet that begins a cell here would run it. Some pass over what cannot be seen before they look for a formula,
/// and a quotation mark here may be one that encloses the cell.
fn runs(text: &str) -> bool {
    const STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    text.trim_start_matches(|c| c == '"' || unseen(c)).starts_with(STARTS)
}

/// Whether a segment would run, but for the apostrophes before it: with one or without, it is of the same kind.
fn runs_after_marks(segment: &str) -> bool {
    runs(segment.trim_start_matches(MARK))
}

/// Whether a character shows nothing: white space, and what joins or parts letters.
pub fn unseen(c: char) -> bool {
    alike::is_blank(c)
}

/// Whether a spreadsheet takes a text for a number, day, time or truth that it would write in another way. One that it would not
/// is a whole number of at most 15 digits.
fn is_value(text: &str) -> bool {
    /// What the names of months begin with.
    const MONTHS: [&str; 25] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "янв", "фев", "мар", "апр",
        "мая", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек",
    ];
    const BETWEEN: [&str; 3] = ["e", "am", "pm"];
    const TRUTHS: [&str; 4] = ["true", "false", "истина", "ложь"];
    if text.is_empty() {
        return false;
    }
    let lower = text.to_lowercase();
    if TRUTHS.contains(&lower.as_str()) {
        return true;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(text) {
        return text.len() > 15 || (text.len() > 1 && text.starts_with('0'));
    }
    let other = |c: char| c.is_ascii_digit() || unseen(c) || ".,:/-+%()$€₽£".contains(c);
    let mut words = lower.split(other).filter(|word| !word.is_empty());
    text.contains(|c: char| c.is_ascii_digit())
        && words.all(|word| BETWEEN.contains(&word) || MONTHS.iter().any(|month| word.starts_with(month)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_runs_rounds_and_dates_nothing() {
        for text in [
            "=1+1",
            "+7 900 123-45-67",
            "-1",
            "-1+1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "＝1",
            " =1",
            "\u{200b}=1",
            "'",
            "'=1",
            "007",
            "12345678901234567890",
            "12345678901234567890123456789012345678901",
            "0.1234567890123456789012345678901234567890123",
            "\"=1",
            "007;x",
            "1e5",
            "1-2",
            "2018-04-03",
            "3 апреля",
            "Mar 5",
            "12:30",
            "1,5",
            "50%",
            "TRUE",
        ] {
            assert_eq!(marked(text), format!("'{text}"), "{text:?}");
        }
        for text in
            ["", "0", "7", "2017", "114", "P-0001", "RU-CE", "Y18T24", "Семён", "10 people came", "2017-04~", "a=b"]
        {
            assert_eq!(marked(text), text, "{text:?}");
        }
    }

    #[test]
    fn what_runs_where_a_spreadsheet_parts_cells_at_something_else_is_marked_there() {
        for (text, cell) in [
            ("Али;=1+1;Алик", "Али;'=1+1;Алик"),
            ("x\t=1+1", "x\t'=1+1"),
            ("one\n=1+1", "one\n'=1+1"),
            ("one\r\n +1", "one\r\n' +1"),
            ("x; \"@y", "x;' \"@y"),
            ("x;;-1;", "x;;'-1;"),
            ("x;'=1", "x;''=1"),
            ("x;''=1", "x;'''=1"),
            ("=1;=1", "'=1;'=1"),
            ("\n=1", "'\n'=1"),
            ("Али;Алик;'t;007", "Али;Алик;'t;007"),
            ("a, =b", "a, =b"),
        ] {
            assert_eq!(marked(text), cell, "{text:?}");
            assert_eq!(unmarked(cell), text, "{cell:?}");
        }
        for cell in ["x;'tis", "x;'", "x\n'Семён"] {
            assert_eq!(unmarked(cell), cell);
        }
    }

    #[test]
    fn an_apostrophe_that_somebody_typed_stays() {
        for cell in ["'tis", "'", "", "x'", "'Семён"] {
            assert_eq!(unmarked(cell), cell);
        }
        assert_eq!(unmarked("''tis"), "'tis");
    }
}
