//! The store on both databases: migrations, the audit chain, writers in line, and which databases are opened.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod store {
    mod chain;
    mod clocks;
    mod failures;
    mod migrations;
    mod opening;
    mod stopping;
    mod tampering;
    mod versions;
    mod writing;
}
