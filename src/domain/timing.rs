//! Which days a question of time is about: the buckets that it divides by, and the days that its filters keep.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::edtf::{Edtf, Grain};

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

    /// The days that both keep.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut runs = Vec::new();
        for (first, last) in &self.runs {
            let meeting = other.runs.iter().map(|(begins, ends)| (*first.max(begins), *last.min(ends)));
            runs.extend(meeting.filter(|(first, last)| first <= last));
        }
        Self { runs, special: self.special.intersection(&other.special).cloned().collect() }
    }
}

/// The spans of days on which some date may lie, in their order. Dates without a known end reach as far as the others do,
/// and what is asked for.
pub fn covered(dates: &[(NaiveDate, NaiveDate)], asked: Option<(NaiveDate, NaiveDate)>) -> Vec<(NaiveDate, NaiveDate)> {
    let (first, last) = (Edtf::unknown().earliest(), Edtf::unknown().latest());
    let ends = dates.iter().flat_map(|(from, to)| {
        [Some(*from).filter(|from| *from > first), Some(*to).filter(|to| *to < last)].into_iter().flatten()
    });
    let known = ends.clone().min().zip(ends.max());
    let Some((begins, ends)) = asked.or(known) else { return Vec::new() };
    let clip = |(from, to): &(NaiveDate, NaiveDate)| ((*from).max(begins), (*to).min(ends));
    let mut spans: Vec<_> = dates.iter().map(clip).filter(|(from, to)| from <= to).collect();
    spans.sort_unstable();
    let mut merged: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The buckets into which some dates reach, and whether the widest dates make none of their own: where all would make more than
/// [`MOST_BUCKETS`], the widest are taken as dates without a known end are, so that one of them does not take the answer from everybody.
/// They reach into the buckets of the others, and lie wholly inside none. `None` where even dates of one bucket make too many.
pub fn reached(
    grain: Grain,
    dates: &[(NaiveDate, NaiveDate)],
    asked: Option<(NaiveDate, NaiveDate)>,
) -> Option<(Vec<Bucket>, bool)> {
    if let Some(all) = buckets(grain, &covered(dates, asked)) {
        return Some((all, false));
    }
    let width = |(from, to): &(NaiveDate, NaiveDate)| (*to - *from).num_days();
    let up_to = |widest: i64| {
        let narrow: Vec<_> = dates.iter().copied().filter(|date| width(date) <= widest).collect();
        buckets(grain, &covered(&narrow, asked))
    };
    let mut widths: Vec<_> = dates.iter().map(width).collect();
    widths.sort_unstable();
    widths.dedup();
    // Wider dates never make fewer buckets.
    let fitting = widths.partition_point(|widest| up_to(*widest).is_some());
    let widest = fitting.checked_sub(1).and_then(|last| widths.get(last))?;
    Some((up_to(*widest)?, true))
}

/// The buckets in which some span lies, in their order; `None` where they are more than [`MOST_BUCKETS`].
pub fn buckets(grain: Grain, spans: &[(NaiveDate, NaiveDate)]) -> Option<Vec<Bucket>> {
    let mut found: Vec<Bucket> = Vec::new();
    for (from, to) in spans {
        // The span before may have ended in the bucket in which this one begins.
        let after = found.last().and_then(|last| last.ends.succ_opt());
        let mut next = Some(after.map_or(*from, |after| after.max(*from)));
        while let Some(day) = next.filter(|day| day <= to) {
            if found.len() == MOST_BUCKETS {
                return None;
            }
            let code = grain.bucket_of(day);
            let (begins, ends) = grain.bounds(&code)?;
            next = ends.succ_opt();
            found.push(Bucket { code, begins, ends });
        }
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
    fn buckets_cover_the_spans_and_not_what_lies_between() {
        let day = |text: &str| text.parse().unwrap();
        let codes = |grain, spans: &[(&str, &str)]| {
            let spans: Vec<_> = spans.iter().map(|(from, to)| (day(from), day(to))).collect();
            buckets(grain, &spans).map(|found| found.iter().map(|b| b.code.clone()).collect::<Vec<_>>())
        };
        let quarters = codes(Grain::Quarter, &[("2017-05-03", "2017-05-04"), ("2017-06-01", "2017-07-01")]);
        assert_eq!(quarters.unwrap(), ["2017-Q2", "2017-Q3"]);
        assert_eq!(codes(Grain::Year, &[("0001-05-01", "0001-05-31"), ("9998-01-01", "9999-12-31")]).unwrap().len(), 3);
        assert_eq!(codes(Grain::Month, &[("1800-01-01", "2018-01-01")]), None);
    }

    #[test]
    fn dates_without_an_end_reach_as_far_as_the_others_or_as_was_asked() {
        let date = |text: &str| Edtf::parse(text).map(|date| (date.earliest(), date.latest())).unwrap();
        let told = |dates: &[&str], asked: Option<&str>| {
            let dates: Vec<_> = dates.iter().map(|text| date(text)).collect();
            let spans = covered(&dates, asked.map(date)).into_iter();
            spans.map(|(from, to)| format!("{from}..{to}")).collect::<Vec<_>>()
        };
        assert_eq!(told(&["2017/..", "2019-05"], None), ["2017-01-01..2019-05-31"]);
        assert_eq!(told(&["2017-04", "2019-05"], None), ["2017-04-01..2017-04-30", "2019-05-01..2019-05-31"]);
        assert_eq!(told(&["2017/.."], Some("2020")), ["2020-01-01..2020-12-31"]);
        assert_eq!(told(&["XXXX"], None), [""; 0]);
        assert_eq!(told(&["XXXX"], Some("2020")), ["2020-01-01..2020-12-31"]);
    }
}
