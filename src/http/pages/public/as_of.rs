//! The earlier release that told a number, where it stands since.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::http::pages::filters;
use crate::http::pages::here::link;
use crate::http::public::shelf::Snapshot;

/// The release, and its page where anybody can read it.
#[derive(Debug, Clone, Template)]
#[template(path = "public/as_of.html")]
pub struct AsOf {
    release: String,
    href: Option<String>,
}

impl HtmlSafe for AsOf {}

impl AsOf {
    /// Of a number that an earlier release told; none where its own release tells it.
    pub fn of(snapshot: &Snapshot, release: Option<&String>) -> Option<Self> {
        let release = release?.clone();
        let stands = snapshot.contents().any(|content| content.id == release);
        Some(Self { href: stands.then(|| link(&format!("/releases/{release}"))), release })
    }
}
