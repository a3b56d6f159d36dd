//! Pages as people meet them: every page's HTML is sound in both languages, headless Chromium shows it without a script, and
//! staff do their work in it, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod browser {
    mod addresses;
    mod chrome;
    mod driver;
    mod every_page;
    mod forms;
    mod html;
    mod links;
    mod russian;
    mod seen;
    mod story;
    mod typed;
    mod words;
    mod wrong;
}
