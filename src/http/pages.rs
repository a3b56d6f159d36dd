//! Pages for people: every route once, the layout, and the one style sheet. No page runs a script.

use actix_web::get;
use actix_web::web::ServiceConfig;
use askama::Template;

use crate::domain::disclosure::{self, Disclosed};
use crate::domain::policy::{Action, Permit};
use crate::domain::record::Instant;

use super::problem::{Kind, Problem};
use super::reply::Reply;

pub mod account;
pub mod cookies;
pub mod enrol;
pub mod form;
pub mod second_factor;
pub mod sign_in;
pub mod turned;
pub mod visit;

/// A route of a page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub method: &'static str,
    /// With its parts in braces.
    pub path: &'static str,
    /// What a session must allow; none where one has no session yet.
    pub action: Option<Action>,
}

const fn open(method: &'static str, path: &'static str) -> Page {
    Page { method, path, action: None }
}

const fn own(method: &'static str, path: &'static str) -> Page {
    Page { method, path, action: Some(Action::KeepOwnAccount) }
}

/// Every route of a page, and of what pages are made of.
pub const PAGES: &[Page] = &[
    open("GET", "/assets/attest.css"),
    open("GET", "/sign-in"),
    open("POST", "/sign-in"),
    open("GET", "/enrol/{token}"),
    open("POST", "/enrol/{token}"),
    own("GET", "/account"),
    own("POST", "/account/notice"),
    own("POST", "/account/passphrase"),
    own("POST", "/account/second-factor"),
    own("POST", "/account/second-factor/confirmation"),
    own("POST", "/account/recovery-codes"),
    own("POST", "/account/tokens"),
    own("POST", "/account/tokens/{id}/revocation"),
    own("POST", "/account/sessions/{id}/end"),
    own("POST", "/sign-out"),
];

/// Whether a route is a page's.
pub fn is_page(path: &str) -> bool {
    PAGES.iter().any(|page| page.path == path)
}

/// The services of [`PAGES`].
pub fn services(config: &mut ServiceConfig) {
    config
        .service(style)
        .service(sign_in::show)
        .service(sign_in::sign_in)
        .service(sign_in::sign_out)
        .service(enrol::show)
        .service(enrol::enrol)
        .service(account::show)
        .service(account::read_notice)
        .service(account::change_passphrase)
        .service(account::new_recovery_codes)
        .service(account::make_token)
        .service(account::revoke_token)
        .service(account::end_session)
        .service(second_factor::offer)
        .service(second_factor::confirm);
}

const STYLE: &str = include_str!("pages/attest.css");

/// The style sheet.
#[get("/assets/attest.css")]
pub async fn style() -> Reply {
    Reply::style(&disclosure::about_ourselves(STYLE)).public()
}

/// What is around the content of every page.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} - Attest</title>
<link rel="stylesheet" href="/assets/attest.css">
</head>
<body>
<main>
<h1>{{ title }}</h1>
{{ content|safe }}
</main>
</body>
</html>
"#
)]
struct Layout<'a> {
    title: &'a str,
    content: &'a str,
}

/// Writes a page out.
///
/// # Errors
/// That a template failed, which none does.
pub fn render(title: &str, content: &impl Template) -> Result<String, Problem> {
    let failed = |why: askama::Error| {
        tracing::error!(error = %why, "a page could not be written");
        Problem::new(Kind::Internal)
    };
    let content = content.render().map_err(failed)?;
    Layout { title, content: &content }.render().map_err(failed)
}

/// A page for somebody who is signed in.
///
/// # Errors
/// As [`render`].
pub fn page(permit: &Permit, title: &str, content: &impl Template) -> Result<Reply, Problem> {
    Ok(Reply::html(&disclosure::to_permitted(permit, render(title, content)?)))
}

/// A page for somebody who is not.
///
/// # Errors
/// As [`render`].
pub fn open_page(title: &str, content: &impl Template) -> Result<Reply, Problem> {
    let page: Disclosed<String> = disclosure::about_signing_in(render(title, content)?);
    Ok(Reply::html(&page))
}

/// A moment, as pages tell it.
pub fn moment(at: Instant) -> String {
    at.0.format("%Y-%m-%d %H:%M UTC").to_string()
}
