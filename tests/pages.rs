//! Pages, as a browser without scripts reads them, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod pages {
    mod desk;
    mod jobs;
    mod lists;
    mod office;
    mod public;
    mod released;
    mod research;
    mod told;
    mod typed;
    mod typed_whole;
    mod zone;
}
