//! What a statement names before it selects: the buckets of time and the rows of codes that lie in one another.

use crate::domain::aggregate::MOST_DIMENSIONS;

use super::question::Question;
use super::statement::{Scope, Statement};

/// Names for the buckets of each dimension of time.
pub(super) const BUCKETS: [&str; MOST_DIMENSIONS] = ["b0", "b1", "b2"];
/// Names for the rows of each dimension whose codes lie in one another.
pub(super) const LEVELS: [&str; MOST_DIMENSIONS] = ["n0", "n1", "n2"];

impl<Row> Statement<Row> {
    /// Names what the rest speaks of, before anything is selected: the buckets of each dimension of time, the rows of codes that
    /// lie in one another, and which records are counted as which person.
    pub(super) fn names(&mut self, question: &Question, scope: Scope) -> &mut Self {
        let mut first = true;
        let mut and = || if std::mem::take(&mut first) { "WITH " } else { ", " };
        for (at, (_, buckets)) in question.buckets().enumerate() {
            self.sql(and()).sql(BUCKETS[at]).sql("(code, begins, ends) AS (");
            for (nth, bucket) in buckets.iter().enumerate() {
                self.sql(if nth == 0 { "VALUES (" } else { ", (" }).text(&bucket.code).sql(", ");
                self.day(bucket.begins).sql(", ").day(bucket.ends).sql(")");
            }
            if buckets.is_empty() {
                self.sql("SELECT '', earliest, latest FROM incident_versions WHERE 1 = 0");
            }
            self.sql(") ");
        }
        for (at, (_, rows)) in question.levels.iter().enumerate() {
            self.sql(and()).sql(LEVELS[at]).sql("(code, counted_in) AS (");
            for (nth, (code, row)) in rows.iter().enumerate() {
                self.sql(if nth == 0 { "VALUES (" } else { ", (" }).text(code).sql(", ").text(row).sql(")");
            }
            self.sql(") ");
        }
        if scope.linked {
            self.sql(and()).members(scope);
        }
        self
    }

    /// Joins the buckets of one dimension into which the incident's date reaches. Intervals on a line that meet each other
    /// two by two have a day in common, so that pairs are enough.
    pub(super) fn join_buckets(&mut self, at: usize) {
        let own = BUCKETS[at];
        self.sql(" JOIN ")
            .sql(own)
            .sql(" ON i.earliest <= ")
            .sql(own)
            .sql(".ends AND i.latest >= ")
            .sql(own)
            .sql(".begins");
        for other in &BUCKETS[..at] {
            self.sql(" AND ").sql(own).sql(".begins <= ").sql(other).sql(".ends AND ");
            self.sql(own).sql(".ends >= ").sql(other).sql(".begins");
        }
    }

    /// Joins the rows in which a recorded code is counted, where they are others than one of its own name.
    pub(super) fn join_levels(&mut self, question: &Question, scope: Scope) {
        for (at, (dimension, _)) in question.levels.iter().enumerate() {
            self.sql(" LEFT JOIN ").sql(LEVELS[at]).sql(" ON ").sql(LEVELS[at]).sql(".code = ");
            self.recorded(question, scope, dimension);
        }
    }
}
