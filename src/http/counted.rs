//! How counts are spoken, by every address that counts.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::count::{Bound, Count, Tally};

/// A count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountView {
    /// The number; null where nobody attested the combination. Of a question about time, what is definite.
    pub count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// `A`: a normal value (SDMX); `not_attested`: nobody published how these records combine.
    pub status: &'static str,
    /// How many more there may be, because their dates reach into what was asked and not only there. Missing where the
    /// question is not about time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possible: Option<u64>,
    /// The least that the records allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<u64>,
    /// The most that the records allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<u64>,
}

impl From<Tally> for CountView {
    fn from(tally: Tally) -> Self {
        match tally.count {
            Count::Attested { value, bound } => Self {
                count: Some(value),
                bound: Some(bound),
                status: "A",
                possible: tally.possible,
                low: None,
                high: None,
            },
            Count::NotAttested { low, high } => {
                let (low, high) = (Some(low), Some(high));
                Self { count: None, bound: None, status: "not_attested", possible: None, low, high }
            }
        }
    }
}

/// What a reader of the numbers must know.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Caveat {
    pub code: &'static str,
    pub detail: String,
}

/// What is to be said of some counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remarks {
    /// How many of the counted records are reconstructed.
    pub reconstructed: u64,
    pub not_attested: bool,
    pub of_time: bool,
    /// Whether joined records are counted under several values of what should be one attribute.
    pub joined: bool,
    /// Whether some dates reach over so many buckets that they have none of their own.
    pub wide: bool,
    /// How many persons were held at the time of the answer and have been erased since.
    pub erased: i64,
}

impl Remarks {
    pub fn caveats(self) -> Vec<Caveat> {
        let caveat = |code, detail: &str| Caveat { code, detail: detail.to_owned() };
        let mut caveats = vec![caveat("documented_cases", "These are documented cases, not how often it happens.")];
        if self.reconstructed > 0 {
            let detail = format!("{} of the counted records are built from published figures.", self.reconstructed);
            caveats.push(Caveat { code: "reconstructed", detail });
        }
        if self.of_time {
            let detail = "A count by time is what lies wholly inside; `possible` is what may lie there besides. Open dates \
                          may also lie outside of the times shown.";
            caveats.push(caveat("uncertain_dates", detail));
        }
        if self.wide {
            let detail = "Some dates reach over more times than one answer has: they are counted under `_U`, and are `possible` in \
                          the times shown into which they reach; times into which nothing else reaches are not shown.";
            caveats.push(caveat("wide_dates", detail));
        }
        if self.joined {
            let detail = "Records of one person were joined that differ here: the person is counted under each value, and \
                          once in the total.";
            caveats.push(caveat("joined_records_differ", detail));
        }
        if self.erased > 0 {
            let detail = format!(
                "{} of the persons who were held then have been erased since: an earlier answer that counted them cannot be \
                 computed again.",
                self.erased
            );
            caveats.push(Caveat { code: "erased", detail });
        }
        if self.not_attested {
            let detail = "Nobody published how some of these records combine; the true number lies from low to high.";
            caveats.push(caveat("not_attested", detail));
        }
        caveats
    }
}
