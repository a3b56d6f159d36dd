//! Dates as people type them, in English and Russian, read as [`Edtf`]. What could be meant in two ways is refused, never guessed.

use chrono::{Days, NaiveDate};

use super::edtf::Edtf;

/// What can be typed, for hints and errors.
pub const EXPECTED: &str = "a date such as 3 April 2018, April 2017, about 2017, 03.04.2018, from February 2017 to 3 April 2018, \
                            before 2018, or unknown";

/// Beginnings of the names of months: English, and Russian in the cases in which dates are said.
const MONTHS: [&[&str]; 12] = [
    &["january", "jan", "январь", "января", "январе", "янв"],
    &["february", "feb", "февраль", "февраля", "феврале", "фев", "февр"],
    &["march", "mar", "март", "марта", "марте", "мар"],
    &["april", "apr", "апрель", "апреля", "апреле", "апр"],
    &["may", "май", "мая", "мае"],
    &["june", "jun", "июнь", "июня", "июне"],
    &["july", "jul", "июль", "июля", "июле"],
    &["august", "aug", "август", "августа", "августе", "авг"],
    &["september", "sep", "sept", "сентябрь", "сентября", "сентябре", "сен", "сент"],
    &["october", "oct", "октябрь", "октября", "октябре", "окт"],
    &["november", "nov", "ноябрь", "ноября", "ноябре", "ноя", "нояб"],
    &["december", "dec", "декабрь", "декабря", "декабре", "дек"],
];

/// Words that say that a date is approximate, and that a date is doubted.
const ABOUT: [&str; 12] = [
    "about",
    "around",
    "approximately",
    "approx",
    "circa",
    "ca",
    "c",
    "около",
    "примерно",
    "приблизительно",
    "~",
    "ок",
];
const MAYBE: [&str; 6] = ["perhaps", "maybe", "possibly", "probably", "возможно", "вероятно"];
const UNKNOWN: [&str; 8] =
    ["unknown", "not known", "no date", "?", "неизвестно", "неизвестна", "не известно", "нет даты"];

/// Why a text was not understood as a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    /// Numbers of which nobody can say which is the day.
    #[error("{0} could be {1} or {2}: write one of these")]
    Ambiguous(String, String, String),
    #[error("{EXPECTED}")]
    Other,
}

/// Reads a date. `today` is what "today" and "yesterday" mean.
///
/// # Errors
/// [`NotUnderstood`], with what could be meant or what can be typed.
pub fn read(text: &str, today: NaiveDate) -> Result<Edtf, NotUnderstood> {
    // What is in EDTF already is what it says.
    if let Ok(date) = Edtf::parse(text) {
        return Ok(date);
    }
    let typed = text.trim().trim_end_matches('.').to_lowercase().replace(['–', '—', '−'], "-");
    if typed.chars().count() > 100 {
        return Err(NotUnderstood::Other);
    }
    if UNKNOWN.contains(&typed.as_str()) {
        return Ok(Edtf::unknown());
    }
    let open = open(&typed, today).or_else(|| between(&typed, today)).or_else(|| from(&typed, today));
    let written = open.unwrap_or_else(|| single(&typed, today))?;
    Edtf::parse(&written).map_err(|_| NotUnderstood::Other)
}

type Read = Result<String, NotUnderstood>;

/// What begins or ends nowhere.
fn open(typed: &str, today: NaiveDate) -> Option<Read> {
    let after = |words: &[&str]| words.iter().find_map(|word| typed.strip_prefix(word)?.strip_prefix(' '));
    if let Some(rest) = after(&["until", "by"]) {
        return Some(single(rest, today).map(|end| format!("../{end}")));
    }
    if let Some(rest) = after(&["before", "до"]) {
        return Some(single(rest, today).map(|end| format!("../{}", beside(&end, -1))));
    }
    if let Some(rest) = after(&["after", "после"]) {
        return Some(single(rest, today).map(|start| format!("{}/..", beside(&start, 1))));
    }
    after(&["since"]).map(|rest| single(rest, today).map(|start| format!("{start}/..")))
}

/// What begins and has no end, in Russian: `с` alone, without `по`.
fn from(typed: &str, today: NaiveDate) -> Option<Read> {
    typed.strip_prefix("с ").map(|rest| single(rest, today).map(|start| format!("{start}/..")))
}

/// The year, month or day before a date (-1) or after it (1): "before 2018" is 2017 or earlier. What is approximate has no edge,
/// and stays.
fn beside(written: &str, step: i32) -> String {
    let parts: Vec<&str> = written.split('-').collect();
    let found = match parts.as_slice() {
        [year] => year.parse::<i32>().ok().map(|year| format!("{:04}", year + step)),
        [year, month] => year.parse::<i32>().ok().zip(month.parse::<i32>().ok()).map(|(year, month)| {
            let months = year * 12 + month - 1 + step;
            format!("{:04}-{:02}", months.div_euclid(12), months.rem_euclid(12) + 1)
        }),
        _ => written.parse::<NaiveDate>().ok().map(|day| (day + chrono::TimeDelta::days(step.into())).to_string()),
    };
    found.unwrap_or_else(|| written.to_owned())
}

/// From one date to another.
fn between(typed: &str, today: NaiveDate) -> Option<Read> {
    let pairs = [
        ("from ", " to "),
        ("from ", " until "),
        ("between ", " and "),
        ("с ", " по "),
        ("с ", " до "),
        ("между ", " и "),
    ];
    let worded = pairs.iter().find_map(|(first, second)| typed.strip_prefix(first)?.split_once(second));
    let (start, end) = worded.or_else(|| typed.split_once(" - ")).or_else(|| typed.split_once(" to "))?;
    Some(single(start, today).and_then(|start| Ok(format!("{start}/{}", single(end, today)?))))
}

/// One date, with what qualifies it.
fn single(typed: &str, today: NaiveDate) -> Read {
    let typed = typed.trim();
    let mut words = typed.split_whitespace();
    let first = words.next().ok_or(NotUnderstood::Other)?;
    let bare = first.trim_end_matches('.');
    if ABOUT.contains(&bare) || MAYBE.contains(&bare) {
        let mark = if ABOUT.contains(&bare) { '~' } else { '?' };
        let rest = plain(&typed[first.len()..], today)?;
        return Ok(format!("{rest}{mark}"));
    }
    if let Some(rest) = typed.strip_suffix('?') {
        return Ok(format!("{}?", plain(rest, today)?));
    }
    plain(typed, today)
}

/// One date without a qualifier.
fn plain(typed: &str, today: NaiveDate) -> Read {
    let typed = typed.trim();
    match typed {
        "today" | "сегодня" => return Ok(today.to_string()),
        "yesterday" | "вчера" => {
            return today.checked_sub_days(Days::new(1)).map(|day| day.to_string()).ok_or(NotUnderstood::Other);
        }
        _ => {}
    }
    if Edtf::parse(typed).is_ok() && typed.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(typed.to_owned());
    }
    if let Some(read) = numbers(typed) {
        return read;
    }
    worded(typed).ok_or(NotUnderstood::Other)
}

/// A day or month in numbers.
fn numbers(typed: &str) -> Option<Read> {
    let separator = ['.', '/', '-'].into_iter().find(|separator| typed.contains(*separator))?;
    let parts: Vec<_> = typed.split(separator).map(str::trim).collect();
    if !parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let number = |part: &str| part.parse::<u32>().ok();
    match parts.as_slice() {
        [month, year] if year.len() == 4 => Some(Ok(format!("{year}-{:02}", number(month)?))),
        [year, month] if year.len() == 4 => Some(Ok(format!("{year}-{:02}", number(month)?))),
        [year, month, day] if year.len() == 4 => Some(Ok(written(year, number(month)?, number(day)?))),
        [first, second, year] if year.len() == 4 => {
            Some(day_of(typed, separator, number(first)?, number(second)?, year))
        }
        _ => None,
    }
}

/// Points are used where the day comes first; slashes and hyphens on both sides of the Atlantic, in two orders.
fn day_of(typed: &str, separator: char, first: u32, second: u32, year: &str) -> Read {
    if separator == '.' || first == second || (first > 12 && second <= 12) {
        return Ok(written(year, second, first));
    }
    if second > 12 && first <= 12 {
        return Ok(written(year, first, second));
    }
    Err(NotUnderstood::Ambiguous(typed.to_owned(), written(year, second, first), written(year, first, second)))
}

fn written(year: &str, month: u32, day: u32) -> String {
    format!("{year}-{month:02}-{day:02}")
}

fn month(word: &str) -> Option<usize> {
    let word = word.trim_matches(['.', ',']);
    MONTHS.iter().position(|names| names.contains(&word)).map(|at| at + 1)
}

fn day(word: &str) -> Option<u32> {
    let word = word.trim_matches(['.', ',']);
    let digits = word.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let ending = &word[digits.len()..];
    let fits = ["", "st", "nd", "rd", "th", "-го", "-е", "го", "е"].contains(&ending);
    digits.parse().ok().filter(|day| fits && (1..=31).contains(day))
}

fn year(word: &str) -> Option<&str> {
    let word = word.trim_matches(['.', ',']);
    (word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())).then_some(word)
}

/// A date with the month as a word, or a year.
fn worded(typed: &str) -> Option<String> {
    let filler = ["of", "in", "the", "on", "в", "г", "г.", "год", "года", "году"];
    let words: Vec<_> = typed.split_whitespace().filter(|word| !filler.contains(word)).collect();
    match words.as_slice() {
        [one] => year(one).map(str::to_owned),
        [name, of] => Some(format!("{}-{:02}", year(of)?, month(name)?)),
        [first, second, of] => {
            let (name, number) = match month(first) {
                Some(name) => (name, day(second)?),
                None => (month(second)?, day(first)?),
            };
            Some(format!("{}-{name:02}-{number:02}", year(of)?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    fn understood(text: &str) -> String {
        read(text, today()).unwrap_or_else(|why| panic!("{text}: {why}")).to_string()
    }

    #[test]
    fn what_people_type_is_understood() {
        let typed = [
            ("2017-04~", "2017-04~"),
            ("3 April 2018", "2018-04-03"),
            ("April 3, 2018", "2018-04-03"),
            ("3rd of April 2018", "2018-04-03"),
            ("3 апреля 2018 г.", "2018-04-03"),
            ("03.04.2018", "2018-04-03"),
            ("3.4.2018", "2018-04-03"),
            ("25/12/2017", "2017-12-25"),
            ("12/25/2017", "2017-12-25"),
            ("04/04/2018", "2018-04-04"),
            ("2018/4/3", "2018-04-03"),
            ("April 2017", "2017-04"),
            ("апрель 2017", "2017-04"),
            ("в апреле 2017 года", "2017-04"),
            ("04.2017", "2017-04"),
            ("2017 год", "2017"),
            ("about April 2017", "2017-04~"),
            ("ca. 2017", "2017~"),
            ("около 2017", "2017~"),
            ("perhaps March 2017", "2017-03?"),
            ("March 2017?", "2017-03?"),
            ("from February 2017 to 3 April 2018", "2017-02/2018-04-03"),
            ("с февраля 2017 по 3 апреля 2018", "2017-02/2018-04-03"),
            ("1.4.2017 – 3.4.2018", "2017-04-01/2018-04-03"),
            ("before 2018", "../2017"),
            ("до 3 апреля 2018", "../2018-04-02"),
            ("before January 2018", "../2017-12"),
            ("before about 2018", "../2018~"),
            ("until 2018", "../2018"),
            ("after 2016", "2017/.."),
            ("после 31 декабря 2016", "2017-01-01/.."),
            ("с апреля 2017", "2017-04/.."),
            ("since March 2017", "2017-03/.."),
            ("unknown", "XXXX"),
            ("неизвестно", "XXXX"),
            ("today", "2026-11-22"),
            ("вчера", "2026-11-21"),
        ];
        for (text, edtf) in typed {
            assert_eq!(understood(text), edtf, "{text}");
        }
    }

    #[test]
    fn what_could_be_two_days_is_refused_with_both() {
        let why = read("03/04/2018", today()).unwrap_err();
        assert_eq!(why.to_string(), "03/04/2018 could be 2018-04-03 or 2018-03-04: write one of these");
        assert!(matches!(read("3-4-2018", today()), Err(NotUnderstood::Ambiguous(..))));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "soon", "31 February 2018", "winter 2017", "32.01.2018", "2018-13-01", "april", "3 April 18", "5"]
        {
            assert!(read(text, today()).is_err(), "{text}: {:?}", read(text, today()));
        }
    }

    proptest! {
        #[test]
        fn a_day_is_the_same_in_every_way_of_writing_it(days in 0..150_000_i64) {
            let date = NaiveDate::from_ymd_opt(1700, 1, 1).unwrap() + chrono::TimeDelta::days(days);
            for form in ["%Y-%m-%d", "%d.%m.%Y", "%-d %B %Y", "%B %-d, %Y", "%-d %b %Y"] {
                prop_assert_eq!(understood(&date.format(form).to_string()), date.to_string(), "{}", form);
            }
        }

        #[test]
        fn nothing_that_is_typed_breaks_it(text in ".{0,40}") {
            let _ = read(&text, today());
        }
    }
}
