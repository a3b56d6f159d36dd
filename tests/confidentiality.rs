//! What must not leak: sealed persons, personal text, and who was erased.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod confidentiality {
    mod canary;
    mod desk;
    mod erased_answers;
    mod erasure;
    mod leaks;
    mod lost;
    mod moved;
    mod owner;
    mod scan;
    mod sealed;
    mod snapshot;
    mod texts;
}
