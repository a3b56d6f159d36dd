//! The formats of public tables: what each writes, that all say the same, and that other people's programmes read it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

#[path = "formats/sample.rs"]
mod sample;

#[path = "formats/decoded.rs"]
mod decoded;
#[path = "formats/flavours.rs"]
mod flavours;
#[path = "formats/others.rs"]
mod others;
#[path = "formats/pictures.rs"]
mod pictures;
#[path = "formats/same.rs"]
mod same;
#[path = "formats/written.rs"]
mod written;
