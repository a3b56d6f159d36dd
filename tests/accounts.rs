//! Accounts: who gets one, how people sign in, what ends a session, and how often anybody may try, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod accounts {
    mod approvals;
    mod changes;
    mod connections;
    mod factor;
    mod failures;
    mod flood;
    mod forms;
    mod idle;
    mod limits;
    mod links;
    mod passphrases;
    mod scopes;
    mod second_factors;
}
