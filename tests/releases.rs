//! Releases as publishers make them, over HTTP on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod releases {
    mod behind;
    mod changes;
    mod drafts;
    mod input;
    mod jobs;
    mod lanes;
    mod lists;
    mod office;
    mod outdated;
    mod signing;
    mod tables;
}
