//! Which days a question of time is about: the buckets that it divides by, and the days that its filters keep.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::edtf::Grain;

/// The most buckets of one grain that an answer is divided by: a hundred years of months.
pub const MOST_BUCKETS: usize = 1_200;

/// A year, quarter or month with its first and last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub code: String,
    pub begins: NaiveDate,
    pub ends: NaiveDate,
}

/// What a filter of time keeps. Neighbouring buckets are one run of days, so that a date across them lies inside of what
/// was asked, whether it was asked by year, quarter or month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// First and last days, inclusive, in their order and with gaps between.
    pub runs: Vec<(NaiveDate, NaiveDate)>,
    /// Codes that are no buckets: `_U`, `_Z`.
    pub special: BTreeSet<String>,
}

impl Days {
    /// The days of some buckets.
    pub fn of(grain: Grain, codes: &BTreeSet<String>) -> Self {
        let mut days = Self { runs: Vec::new(), special: BTreeSet::new() };
        let mut spans = Vec::new();
        for code in codes {
            match grain.bounds(code) {
                Some(span) => spans.push(span),
                None => drop(days.special.insert(code.clone())),
            }
        }
        spans.sort_unstable();
        for (first, last) in spans {
            match days.runs.last_mut() {
                Some((_, end)) if end.succ_opt() == Some(first) => *end = last,
                _ => days.runs.push((first, last)),
            }
        }
        days
    }

    /// From the first day kept to the last.
    pub fn hull(&self) -> Option<(NaiveDate, NaiveDate)> {
        Some((self.runs.first()?.0, self.runs.last()?.1))
    }
}

/// The buckets from one day to another; `None` where they are more than [`MOST_BUCKETS`].
pub fn buckets(grain: Grain, from: NaiveDate, to: NaiveDate) -> Option<Vec<Bucket>> {
    let mut found = Vec::new();
    let mut next = Some(from);
    while let Some(day) = next.filter(|day| *day <= to) {
        if found.len() == MOST_BUCKETS {
            return None;
        }
        let code = grain.bucket_of(day);
        let (begins, ends) = grain.bounds(&code)?;
        next = ends.succ_opt();
        found.push(Bucket { code, begins, ends });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(grain: Grain, codes: &[&str]) -> Vec<String> {
        let days = Days::of(grain, &codes.iter().map(|code| (*code).to_owned()).collect());
        days.runs.iter().map(|(first, last)| format!("{first}..{last}")).collect()
    }

    #[test]
    fn neighbouring_buckets_are_one_run_at_every_grain() {
        let whole = ["2017-01-01..2018-12-31"];
        assert_eq!(runs(Grain::Year, &["2018", "2017"]), whole);
        let quarters: Vec<_> =
            ["2017", "2018"].iter().flat_map(|y| (1..=4).map(move |q| format!("{y}-Q{q}"))).collect();
        assert_eq!(runs(Grain::Quarter, &quarters.iter().map(String::as_str).collect::<Vec<_>>()), whole);
        assert_eq!(runs(Grain::Month, &["2017-01", "2017-03"]), ["2017-01-01..2017-01-31", "2017-03-01..2017-03-31"]);
        assert_eq!(runs(Grain::Year, &["_U"]), [""; 0]);
    }

    #[test]
    fn buckets_cover_the_days_between() {
        let day = |text: &str| text.parse().unwrap();
        let codes = |grain, from, to| {
            buckets(grain, day(from), day(to)).map(|found| found.iter().map(|b| b.code.clone()).collect::<Vec<_>>())
        };
        assert_eq!(
            codes(Grain::Quarter, "2017-05-03", "2018-01-01").unwrap(),
            ["2017-Q2", "2017-Q3", "2017-Q4", "2018-Q1"]
        );
        assert_eq!(codes(Grain::Month, "2018-01-02", "2018-01-01").unwrap(), [""; 0]);
        assert_eq!(codes(Grain::Year, "9998-01-01", "9999-12-31").unwrap(), ["9998", "9999"]);
        assert_eq!(codes(Grain::Month, "1800-01-01", "2018-01-01"), None);
    }
}
