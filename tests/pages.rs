//! Pages: what people see and send, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod pages {
    mod desk;
    mod public;
    mod released;
}
