//! Timing.

use std::time::{Duration, Instant};

/// No fewer runs than this, however long one takes: the 95th percentile of fewer says nothing.
const FEWEST: usize = 20;
const MOST: usize = 400;
/// How long one question is asked for, both ways together, once it has the fewest runs.
const BUDGET: Duration = Duration::from_secs(4);

/// How long something took, each time.
#[derive(Debug, Clone, Default)]
pub struct Series(Vec<Duration>);

impl Series {
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let value = work();
        self.0.push(started.elapsed());
        value
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub fn runs(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds.
    pub fn median(&self) -> f64 {
        self.quantile(50)
    }

    /// In milliseconds.
    pub fn p95(&self) -> f64 {
        self.quantile(95)
    }

    /// By the nearest rank, so that it is a run that took place.
    fn quantile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

/// A question asked both ways.
pub struct Line {
    pub question: String,
    pub service: Series,
    pub plain: Series,
}

impl Line {
    /// Asks in turns, so that whatever else the machine does strikes both alike, and with the first turn changing, so that
    /// neither always finds the cache warmed by the other.
    pub fn ask(question: impl Into<String>, mut service: impl FnMut(usize), mut plain: impl FnMut(usize)) -> Self {
        let mut line = Self { question: question.into(), service: Series::default(), plain: Series::default() };
        // Unmeasured: connections are opened, pages read.
        service(0);
        plain(0);
        let started = Instant::now();
        for run in 1..=MOST {
            if run > FEWEST && started.elapsed() > BUDGET {
                break;
            }
            if run % 2 == 0 {
                line.service.time(|| service(run));
                line.plain.time(|| plain(run));
            } else {
                line.plain.time(|| plain(run));
                line.service.time(|| service(run));
            }
        }
        line
    }

    pub fn ratio(&self) -> f64 {
        self.service.median() / self.plain.median()
    }
}
