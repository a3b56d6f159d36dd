//! Records over HTTP: entering, reading, listing, correcting, withdrawing, history, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod records {
    mod lists;
    mod repeats;
    mod rules;
    mod versions;
    mod vocabulary;
}
