//! Aggregates over HTTP, on both databases: golden cases, the founding data set, uncertain dates, two times, and two
//! properties: every answer equals a naive count, and every answer is given again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod aggregates {
    mod asks;
    mod case;
    mod cells;
    mod chains;
    mod consents;
    mod dates;
    mod days;
    mod demo;
    mod enter;
    mod export;
    mod generate;
    mod golden;
    mod history;
    mod levels;
    mod linked;
    mod mended;
    mod naive;
    mod oracle;
    mod overlaps;
    mod possible;
    mod refusals;
    mod researcher;
    mod times;
}
