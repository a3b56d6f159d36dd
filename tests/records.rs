//! Records over HTTP: entering, reading, listing, correcting, withdrawing, history, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod records {
    mod candidates;
    mod codes;
    mod consents;
    mod downloads;
    mod due;
    mod job_rows;
    mod jobs;
    mod linkages;
    mod lists;
    mod repeats;
    mod replaced;
    mod round_trip;
    mod rules;
    mod transfer;
    mod versions;
    mod vocabulary;
}
