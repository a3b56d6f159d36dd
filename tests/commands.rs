//! The command line, as a person or a script meets it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod commands {
    mod accounts;
    mod checking;
    mod files;
    mod jobs;
    mod readiness;
    mod releases;
    mod serving;
    mod stopping;
    mod tokens;
}
