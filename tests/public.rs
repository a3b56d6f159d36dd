//! The public side: what anybody reads of releases, over HTTP, as files, and from the files again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

#[path = "public/cubes.rs"]
mod cubes;
#[path = "public/files.rs"]
mod files;
#[path = "public/sample.rs"]
mod sample;
#[path = "public/served.rs"]
mod served;
