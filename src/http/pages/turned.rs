//! Whatever a page gives instead of itself: the way to another page, or a problem told in words.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::super::problem::{Kind, Problem};
use super::super::watch;
use super::carried::Waiting;
use super::desk::forms::told;
use super::form;
use super::frame::{Sheet, write};
use super::here::{here, link, reader};
use super::typed::Typed;
use super::{filters, routes, sign_in, words};
use crate::domain::check::FieldError;
use crate::store::error::StoreError;

/// Why a page was not shown.
#[derive(Debug)]
pub enum Turned {
    /// Nobody is signed in.
    SignIn,
    /// Somebody else has to sign in, and a form waits for it.
    Waiting(Waiting),
    /// A form of buttons, sent to this address, that comes from a session before this one.
    Late(String),
    Problem(Problem),
}

impl From<Problem> for Turned {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Turned {
    fn from(why: StoreError) -> Self {
        Self::Problem(why.into())
    }
}

impl From<Kind> for Turned {
    fn from(kind: Kind) -> Self {
        Self::Problem(Problem::new(kind))
    }
}

impl fmt::Display for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn | Self::Waiting(_) => f.write_str("not signed in"),
            Self::Late(_) => f.write_str("a form from an earlier session"),
            Self::Problem(problem) => problem.fmt(f),
        }
    }
}

#[derive(Template)]
#[template(path = "own/told.html")]
struct Told<'a> {
    detail: Option<&'a str>,
    errors: Vec<String>,
    wait: Option<u32>,
    reference: Option<&'a str>,
    /// What was typed into a form that failed.
    typed: Option<Typed>,
}

#[derive(Template)]
#[template(path = "own/late.html")]
struct Late<'a> {
    page: &'a str,
}

/// The page that a form of buttons stands on: the nearest one above the address that it was sent to.
fn page_of(address: &str) -> &str {
    let fits = |pattern: &str, parts: &[&str]| {
        let own: Vec<_> = pattern.split('/').collect();
        own.len() == parts.len() && own.iter().zip(parts).all(|(own, part)| own == part || own.starts_with('{'))
    };
    let is_page = |address: &str| {
        let parts: Vec<_> = address.split('/').collect();
        routes().any(|page| page.method == "GET" && page.action.is_some() && fits(page.path, &parts))
    };
    let mut page = address;
    while !is_page(page) {
        match page.rsplit_once('/') {
            Some((above, _)) => page = above,
            // One's own account is where everything is that has no page above it.
            None => return "/account",
        }
    }
    page
}

/// What is wrong. What is wrong with a parameter stands beside no field that would name it: its name is what was asked for.
fn named(kind: &str, error: &FieldError) -> String {
    let is_parameter = kind == Kind::InvalidParameter.name() && !error.field.is_empty();
    if is_parameter { format!("{}: {}", error.field, told(error)) } else { told(error) }
}

/// The form that waits for somebody to sign in, where this request tried to.
fn waits() -> Option<Waiting> {
    Waiting::of(&form::sent()).filter(|_| here().path == "/sign-in")
}

impl Turned {
    /// The page that tells it.
    fn page(&self) -> Result<String, Problem> {
        match self {
            // A browser is led there.
            Self::SignIn => Ok(String::new()),
            Self::Waiting(waiting) => {
                let content = sign_in::form(Some(waiting), None);
                write(None, &Sheet { title: words::t("Sign in"), above: None, content: &content })
            }
            Self::Late(address) => {
                let content = Late { page: page_of(address) };
                write(reader().as_ref(), &Sheet { title: words::t("Nothing was done"), above: None, content: &content })
            }
            Self::Problem(problem) => {
                let problem = problem.referenced();
                if let Some(waiting) = waits() {
                    let content = sign_in::form(Some(&waiting), Some(sign_in::kept_out(&problem)));
                    return write(None, &Sheet { title: words::t("Sign in"), above: None, content: &content });
                }
                let content = Told {
                    detail: problem.detail.as_deref(),
                    errors: problem.errors.iter().map(|error| named(problem.kind, error)).collect(),
                    wait: problem.wait(),
                    reference: problem.reference.as_deref(),
                    typed: Typed::of(&form::sent(), &problem),
                };
                // Who works here finds the way back, and the one out, on this page too.
                write(reader().as_ref(), &Sheet { title: words::t(problem.title), above: None, content: &content })
            }
        }
    }
}

impl ResponseError for Turned {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::SEE_OTHER,
            Self::Waiting(_) | Self::Late(_) => StatusCode::FORBIDDEN,
            Self::Problem(problem) => problem.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        // Whoever answers for the service may never see it: one that took too long has none to answer for it.
        for (name, value) in watch::headers(watch::PAGE_POLICY) {
            response.insert_header((name, value));
        }
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((HeaderName::from_static("cross-origin-resource-policy"), "same-origin"));
        match self {
            Self::SignIn => return response.insert_header((header::LOCATION, link("/sign-in"))).finish(),
            Self::Problem(problem) => {
                if let Some(methods) = problem.allowed() {
                    response.insert_header((header::ALLOW, methods));
                }
                if let Some(seconds) = problem.wait() {
                    response.insert_header((header::RETRY_AFTER, seconds));
                }
            }
            Self::Waiting(_) | Self::Late(_) => {}
        }
        match self.page() {
            Ok(page) => response.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page),
            Err(why) => why.error_response(),
        }
    }
}
