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

/// A text that a spreadsheet shows as it is: an apostrophe stands before what it would run as a formula, round, or turn into a
/// date.
///
/// A text that begins with an apostrophe gets one more. So no two texts have the same cell, and [`unmarked`] gives each one
/// back: a cell that begins with the mark is a text that needed it.
pub fn marked(text: &str) -> Cow<'_, str> {
    if needs_mark(text) { format!("{MARK}{text}").into() } else { text.into() }
}

/// The text of a marked cell. An apostrophe before what needs none was typed by somebody, and stays.
pub fn unmarked(cell: &str) -> &str {
    cell.strip_prefix(MARK).filter(|text| needs_mark(text)).unwrap_or(cell)
}

/// The name of a column, and whether its cells are marked.
pub fn column(name: &str) -> (&str, bool) {
    name.strip_prefix(MARK).map_or((name, false), |name| (name, true))
}

fn needs_mark(text: &str) -> bool {
    const STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    // Some spreadsheets pass over what cannot be seen before they look for a formula.
    let seen = text.trim_start_matches(unseen);
    text.starts_with([MARK, '\t', '\r', '\n']) || seen.starts_with(STARTS) || is_value(seen.trim_end_matches(unseen))
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
    if text.is_empty() || text.chars().count() > 40 {
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
    fn an_apostrophe_that_somebody_typed_stays() {
        for cell in ["'tis", "'", "", "x'", "'Семён"] {
            assert_eq!(unmarked(cell), cell);
        }
        assert_eq!(unmarked("''tis"), "'tis");
    }
}
