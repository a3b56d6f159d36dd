//! Uncertain dates as sources give them, and the time buckets that figures are counted in.
//!
//! The grammar and the calendar are `edtf-core`'s (ISO 8601-2:2019 Annex A). This module keeps the part that the date of
//! one incident needs, and decides what a date in it may mean at the earliest and at the latest.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate};
use edtf_core::{Bound, Date, IntervalEndpoint, YearKind};

/// The first and the last day that can be written: they stand for an open or unknown end.
const FIRST: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).unwrap();
const LAST: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap();

/// Longest accepted text, in characters. Two fully written days with qualifiers need 23.
const MAX_CHARS: usize = 64;

/// A text that is not a date as [`Edtf`] understands it. Displays the text, the reason and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date in EDTF: {reason}; expected e.g. 2017, 2017-04~, 2017-04-01 or 2017-02/2018-04-03")]
pub struct EdtfError {
    text: String,
    reason: String,
}

impl EdtfError {
    /// Why the text is no date.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// A date as a source gives it, in Extended Date/Time Format (ISO 8601-2, Library of Congress EDTF), with its earliest
/// and latest possible day, both inclusive.
///
/// Understood are years, months and days of 0001 to 9999, unspecified digits (`201X`, `2017-XX`), a qualifier at the end
/// of a date, and intervals. What is left unsaid counts as widely as it can be meant:
///
/// - An open or unknown end (`2017/..`, `2017/`, `../2018`) and `XXXX` reach to 0001-01-01 or 9999-12-31.
/// - `~` and `%` (approximate) widen by one unit of the stated precision on each side: "about April 2017" may be March,
///   so it must not count as definitely in April. The unit is the last component before any unspecified digit, so
///   `201X~` widens by a decade and `2017-XX~` by a year. In an interval each end widens outwards.
/// - `?` alone doubts the source, not the extent, and does not widen.
///
/// Refused are times and sets (an incident is one thing on one date), qualifiers inside a date, and seasons, because
/// nobody can say which days "winter 2017" means: the interval of months says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edtf {
    text: String,
    earliest: NaiveDate,
    latest: NaiveDate,
}

impl Edtf {
    /// Reads a date; whitespace around it is ignored.
    ///
    /// # Errors
    /// [`EdtfError`] if the text is no EDTF, names a day that does not exist, ends before it starts, lies outside of
    /// the years 0001 to 9999, is longer than 64 characters or uses a form that [`Edtf`] refuses.
    pub fn parse(text: &str) -> Result<Edtf, EdtfError> {
        let text = text.trim();
        Self::read(text).map_err(|reason| EdtfError {
            // The message is shown and logged: no line breaks in it, and no more of a long text than a reader needs.
            text: text.replace(char::is_control, "").chars().take(MAX_CHARS).collect(),
            reason,
        })
    }

    /// The date of which nothing is known: `XXXX`, any day that can be written.
    pub fn unknown() -> Edtf {
        Edtf { text: "XXXX".to_owned(), earliest: FIRST, latest: LAST }
    }

    /// The date in canonical EDTF: exactly what was understood, and what [`Edtf::parse`] reads back as an equal value.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The earliest day that it can mean.
    pub fn earliest(&self) -> NaiveDate {
        self.earliest
    }

    /// The latest day that it can mean, inclusive.
    pub fn latest(&self) -> NaiveDate {
        self.latest
    }

    /// The bucket that wholly contains it, e.g. `2017`, `2017-Q2` or `2017-04`; `None` if it is wholly inside none.
    pub fn bucket(&self, grain: Grain) -> Option<String> {
        let bucket = grain.bucket_of(self.earliest);
        (bucket == grain.bucket_of(self.latest)).then_some(bucket)
    }

    fn read(text: &str) -> Result<Edtf, String> {
        if text.chars().count() > MAX_CHARS {
            return Err(format!("it is longer than {MAX_CHARS} characters"));
        }
        let parsed = edtf_core::Edtf::parse(text).map_err(|e| reason(&e))?;
        let (earliest, latest) = match &parsed {
            edtf_core::Edtf::Date(date) => span(date)?,
            edtf_core::Edtf::Interval(both) => (end_of(&both.start)?.0, end_of(&both.end)?.1),
            edtf_core::Edtf::DateTime(_) => return Err("a time of day is not kept".into()),
            edtf_core::Edtf::Set(_) => return Err("a set is not kept: give an interval".into()),
        };
        let text = parsed.to_string();
        Ok(Edtf { text, earliest, latest })
    }
}

impl fmt::Display for Edtf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Edtf {
    type Err = EdtfError;

    fn from_str(text: &str) -> Result<Edtf, EdtfError> {
        Edtf::parse(text)
    }
}

/// What people are told for what the parser says: sentences of ours, which pages have in other languages too.
const PLAIN: &[(&str, &str)] = &[
    ("month must be 01-12 or a sub-year code 21-41", "there is no such month"),
    ("day is out of range for the month", "that month has no such day"),
    ("year must have exactly four digits (or X)", "the year comes first, with four digits"),
    ("month must be two digits (or X)", "a month has two digits"),
    ("day must be two digits (or X)", "a day has two digits"),
    ("expected '-' before month", "year, month and day are parted by hyphens"),
    ("expected '-' before day", "year, month and day are parted by hyphens"),
    ("interval must contain exactly one '/'", "a slash parts the two ends of an interval, and nothing else"),
    ("interval end precedes interval start", "it ends before it begins"),
    ("whitespace is not allowed", "there are no spaces in it"),
    ("EDTF permits ASCII characters only", "there are no letters and signs of other alphabets in it"),
];

/// Why a text is no date. Nothing of the text stands in it: a job saves it.
fn reason(error: &edtf_core::ParseError) -> String {
    let plain = PLAIN.iter().find(|(said, _)| *said == error.message);
    plain.map_or("it is not written as in the example", |(_, plain)| plain).into()
}

fn end_of(end: &IntervalEndpoint) -> Result<(NaiveDate, NaiveDate), String> {
    match end {
        IntervalEndpoint::Date(date) => span(date),
        IntervalEndpoint::Open | IntervalEndpoint::Unknown => Ok((FIRST, LAST)),
        _ => Err("an end of an interval is a date, `..` or empty".into()),
    }
}

/// First and last possible day of a single date.
fn span(date: &Date) -> Result<(NaiveDate, NaiveDate), String> {
    let year = date.year;
    let (YearKind::Standard { digits, .. }, None | Some(1..)) = (year.kind, year.value()) else {
        return Err("only the years 0001 to 9999 are kept".into());
    };
    if year.significant_digits.is_some() {
        return Err("significant digits are not kept: write X for an unknown digit".into());
    }
    if date.month.and_then(|m| m.value()).is_some_and(|m| m > 12) {
        return Err("seasons are not kept: give the months, as in 2017-03/2017-05".into());
    }
    let mut parts = [date.month, date.day].into_iter().flatten();
    if parts.any(|part| part.qualifier != year.qualifier) {
        return Err("a qualifier belongs at the end, as in 2017-04~".into());
    }
    let bounds = edtf_core::Edtf::Date(*date).bounds();
    let (Bound::Date(low), Bound::Date(high)) = (bounds.earliest, bounds.latest) else {
        return Err("it has no first and last day".into());
    };
    // An unspecified year starts at year 0 (`000X`), which is not kept: FIRST takes its place.
    let low = day(low).unwrap_or(FIRST);
    let high = day(high).unwrap_or(LAST);
    if !year.qualifier.approximate {
        return Ok((low, high));
    }
    let months = Months::new(precision(date, digits));
    let days = Days::new(u64::from(months == Months::new(0)));
    // No overflow: chrono reaches 262 000 years. The end is moved through the day after it, because a month later than
    // 30 April is 30 May and not the last of May.
    let low = low - months - days;
    let high = high + Days::new(1) + months + days - Days::new(1);
    Ok((low.max(FIRST), high.min(LAST)))
}

fn day(bound: edtf_core::BoundDate) -> Option<NaiveDate> {
    let year = bound.year.try_into().ok()?;
    let date = NaiveDate::from_ymd_opt(year, bound.month.into(), bound.day.into())?;
    (FIRST..=LAST).contains(&date).then_some(date)
}

/// The stated precision in months, 0 for a day: that of the last component before any unspecified digit.
fn precision(date: &Date, year: [Option<u8>; 4]) -> u32 {
    if let Some(known) = year.iter().position(Option::is_none) {
        return 12 * [10_000, 1_000, 100, 10][known];
    }
    match (date.month, date.day) {
        (None, _) => 12,
        (Some(month), _) if month.has_unspecified() => 12,
        (_, Some(day)) if !day.has_unspecified() => 0,
        _ => 1,
    }
}

/// How finely time is cut for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Calendar years, coded `2017`.
    Year,
    /// Calendar quarters, coded `2017-Q2` as in SDMX.
    Quarter,
    /// Calendar months, coded `2017-04`.
    Month,
}

impl Grain {
    /// The code of the bucket that a day falls into.
    pub fn bucket_of(self, day: NaiveDate) -> String {
        match self {
            Grain::Year => format!("{:04}", day.year()),
            Grain::Quarter => format!("{:04}-Q{}", day.year(), day.month0() / 3 + 1),
            Grain::Month => format!("{:04}-{:02}", day.year(), day.month()),
        }
    }

    /// First and last day, inclusive, of a bucket by its code; `None` if this grain has no such bucket in the years 0001
    /// to 9999.
    pub fn bounds(self, bucket: &str) -> Option<(NaiveDate, NaiveDate)> {
        let (year, rest) = bucket.split_at_checked(4)?;
        let number = |prefix| rest.strip_prefix(prefix)?.parse::<u8>().ok().map(u32::from);
        let (month, months) = match self {
            Grain::Year => (1, 12),
            Grain::Quarter => ((number("-Q")? * 3).saturating_sub(2), 3),
            Grain::Month => (number("-")?, 1),
        };
        let first = NaiveDate::from_ymd_opt(year.parse().ok()?, month, 1)?;
        let last = first.checked_add_months(Months::new(months))?.pred_opt()?;
        // Written back, so that nothing like `+017` or `2017-4` is a second code for a bucket.
        (first >= FIRST && last <= LAST && self.bucket_of(first) == bucket).then_some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GRAINS: [Grain; 3] = [Grain::Year, Grain::Quarter, Grain::Month];

    /// The table holds dates, each with its earliest and latest day.
    fn assert_spans(table: &str) {
        for row in table.split(['|', '\n']).map(str::trim) {
            let text = row.split(' ').next().unwrap();
            let date = Edtf::parse(text).unwrap();
            assert_eq!(format!("{text} {} {}", date.earliest, date.latest), row);
        }
    }

    #[test]
    fn a_date_spans_exactly_the_days_it_may_mean() {
        assert_spans(
            "2017 2017-01-01 2017-12-31 | 2017-04 2017-04-01 2017-04-30
            2016-02 2016-02-01 2016-02-29 | 1900-02 1900-02-01 1900-02-28
            2016-02-29 2016-02-29 2016-02-29 | 201X 2010-01-01 2019-12-31
            000X 0001-01-01 0009-12-31 | XXXX 0001-01-01 9999-12-31
            2017-XX 2017-01-01 2017-12-31 | 2017-1X 2017-10-01 2017-12-31
            2017-02-XX 2017-02-01 2017-02-28 | 2017-XX-XX 2017-01-01 2017-12-31
            2017-02/2018-04-03 2017-02-01 2018-04-03 | 2017/.. 2017-01-01 9999-12-31
            2017/ 2017-01-01 9999-12-31 | ../2018 0001-01-01 2018-12-31
            /2018 0001-01-01 2018-12-31",
        );
    }

    #[test]
    fn approximate_widens_by_one_unit_and_uncertain_does_not() {
        assert_spans(
            "2017? 2017-01-01 2017-12-31 | 2017~ 2016-01-01 2018-12-31
            2017-04? 2017-04-01 2017-04-30 | 2017-04~ 2017-03-01 2017-05-31
            2017-04% 2017-03-01 2017-05-31 | 2017-01~ 2016-12-01 2017-02-28
            2017-04-01~ 2017-03-31 2017-04-02 | 2017-04-XX~ 2017-03-01 2017-05-31
            2017-XX~ 2016-01-01 2018-12-31 | 201X~ 2000-01-01 2029-12-31
            20XX~ 1900-01-01 2199-12-31 | XXXX~ 0001-01-01 9999-12-31
            9999-12-31~ 9999-12-30 9999-12-31 | 0001~ 0001-01-01 0002-12-31
            2017-02~/2018-04 2017-01-01 2018-04-30 | 2017-02/2018-04~ 2017-02-01 2018-05-31",
        );
    }

    #[test]
    fn what_is_no_date_or_not_kept_is_refused() {
        let refused = "17 2017-13 2017-00 2017-04-00 2017-02-30 1900-02-29 2017-02-3X 2017-4 20170401
            2017-04-01T10:00:00Z 2017-24 2017-33 0000 0000-02-29/2017 -0001 Y12017 2017S2 2018/2017
            2018-05/2018-04 2017/2018/2019 ../.. / ..2017/2018 2017/2018.. {2017,2018} [2017]
            2017-04~-11 ~2017-04 2017~-04 201x 2017-0４ сегодня";
        let others = ["", " ", "2017 - 04", &"2".repeat(65)];
        for text in refused.split_whitespace().chain(others) {
            assert!(Edtf::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_names_the_text_the_reason_and_what_was_expected() {
        let said = |text| Edtf::parse(text).unwrap_err().to_string();
        assert_eq!(
            said(" 2017-13"),
            "`2017-13` is not a date in EDTF: there is no such month; \
             expected e.g. 2017, 2017-04~, 2017-04-01 or 2017-02/2018-04-03"
        );
        assert!(said("2017-02-30").contains(": that month has no such day;"));
        assert!(said("2018/2017").contains("it ends before it begins"));
        assert!(said("2017-24").contains("give the months"));
        // A job saves the reason, and nothing of what was given.
        let reason = |text| Edtf::parse(text).unwrap_err().reason().to_owned();
        assert_eq!(reason("2017-13"), reason("2019-99"));
        assert_eq!(reason("2017-02-30"), reason("2019-06-31"));
        assert!(said(&"я\n".repeat(900)).starts_with(&format!("`{}` is", "я".repeat(64))));
    }

    #[test]
    fn the_text_is_kept_in_its_canonical_form() {
        assert_eq!(Edtf::parse(" 2017-04~\n").unwrap().as_str(), "2017-04~");
        assert_eq!("~2017?".parse::<Edtf>().unwrap().to_string(), "2017%");
    }

    #[test]
    fn a_date_is_in_a_bucket_only_if_it_is_wholly_inside() {
        let buckets = |text| GRAINS.map(|grain| Edtf::parse(text).unwrap().bucket(grain));
        let list = |text| buckets(text).map(|b| b.unwrap_or_default()).join(" ");
        assert_eq!(list("2017-04-11"), "2017 2017-Q2 2017-04");
        assert_eq!(list("2017-05~"), "2017 2017-Q2 ");
        assert_eq!(list("2017-04~"), "2017  ");
        assert_eq!(buckets("2017-02/2018-04-03"), [None, None, None]);
    }

    #[test]
    fn only_the_one_code_of_a_bucket_has_bounds() {
        let codes = "0000 +017 17 10000 2017- 2017-Q0 2017-Q5 2017-Q255 2017-Q256 2017-Q+2 2017-4 2017-13 é";
        for code in codes.split(' ') {
            assert_eq!(GRAINS.map(|grain| grain.bounds(code)), [None; 3], "{code}");
        }
        assert_eq!(Grain::Quarter.bounds("9999-Q4").unwrap().1, LAST);
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0..=LAST.signed_duration_since(FIRST).num_days().unsigned_abs()).prop_map(|n| FIRST + Days::new(n))
    }

    /// A valid date around a day: any precision, any run of trailing unspecified digits, any qualifier.
    fn any_date() -> impl Strategy<Value = (NaiveDate, String)> {
        let cut = prop::sample::select(vec![4_usize, 7, 10]);
        let qualifier = prop::sample::select(vec!["", "?", "~", "%"]);
        (any_day(), cut, 0..8_usize, qualifier).prop_map(|(day, cut, masked, qualifier)| {
            let text = day.to_string();
            let (known, unknown) = text[..cut].split_at(cut.saturating_sub(masked));
            let unknown = unknown.replace(|c: char| c.is_ascii_digit(), "X");
            (day, format!("{known}{unknown}{qualifier}"))
        })
    }

    proptest! {
        #[test]
        fn a_valid_date_contains_its_day_and_reads_back((day, text) in any_date()) {
            let date = Edtf::parse(&text).unwrap();
            prop_assert!(date.earliest() <= day && day <= date.latest());
            prop_assert_eq!(Edtf::parse(date.as_str()).unwrap(), date);
        }

        #[test]
        fn an_interval_spans_from_start_to_end(a in any_date(), b in any_date()) {
            let ((_, start), (_, end)) = if a.0 <= b.0 { (a, b) } else { (b, a) };
            let both = Edtf::parse(&format!("{start}/{end}")).unwrap();
            prop_assert_eq!(both.earliest(), Edtf::parse(&start).unwrap().earliest());
            prop_assert_eq!(both.latest(), Edtf::parse(&end).unwrap().latest());
            prop_assert!(both.earliest() <= both.latest());
            prop_assert_eq!(Edtf::parse(both.as_str()).unwrap(), both);
        }

        #[test]
        fn a_day_lies_in_its_bucket_and_the_days_beyond_the_ends_do_not(day in any_day()) {
            for grain in GRAINS {
                let bucket = grain.bucket_of(day);
                let (first, last) = grain.bounds(&bucket).unwrap();
                prop_assert!(first <= day && day <= last);
                prop_assert!(grain.bucket_of(first) == bucket && grain.bucket_of(last) == bucket);
                prop_assert_ne!(&grain.bucket_of(last + Days::new(1)), &bucket);
                prop_assert_ne!(&grain.bucket_of(first - Days::new(1)), &bucket);
                let date = Edtf::parse(&day.to_string()).unwrap();
                prop_assert_eq!(date.bucket(grain), Some(bucket));
            }
        }

        #[test]
        fn no_text_makes_it_panic(
            any in any::<String>(),
            near in "[0-9XYSET?~%./,{}\\[\\]:é -]{0,24}",
            bits in "([0-9X]{4}(-[0-9X]{2}){0,2}[?~%]?[/.]{0,3}){1,3}",
        ) {
            for text in [any, near, bits] {
                if let Ok(date) = Edtf::parse(&text) {
                    prop_assert!(FIRST <= date.earliest && date.latest <= LAST);
                    prop_assert!(date.earliest <= date.latest);
                    prop_assert_eq!(Edtf::parse(date.as_str()).unwrap(), date);
                }
                let _ = GRAINS.map(|grain| grain.bounds(&text));
            }
        }
    }
}
