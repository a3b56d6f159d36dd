//! What reconstructed records attest, without a database: bounds that hold however the records of the figures fall on
//! the persons, and counts that do not depend on it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod attested {
    mod cells;
    mod dice;
    mod examples;
    mod extremes;
    mod holds;
    mod model;
    mod open;
}
