//! Bad input: each is answered with the field that is wrong, and nothing of it is stored. On both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod bad_input {
    mod bodies;
    mod command_line;
    mod imports;
    mod joins;
    mod questions;
    mod strict;
    mod values;
}
