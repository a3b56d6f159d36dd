//! Whatever a page gives instead of itself: the way to another page, or a problem told in words.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::super::problem::{Kind, Problem};
use super::desk::forms::told;
use super::frame::{Sheet, write};
use super::here::link;
use super::{filters, words};
use crate::store::error::StoreError;

/// Why a page was not shown.
#[derive(Debug)]
pub enum Turned {
    /// Nobody is signed in.
    SignIn,
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
            Self::SignIn => f.write_str("not signed in"),
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
    code: &'a str,
}

impl ResponseError for Turned {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::SEE_OTHER,
            Self::Problem(problem) => problem.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header((HeaderName::from_static("cross-origin-resource-policy"), "same-origin"));
        let problem = match self {
            Self::SignIn => return response.insert_header((header::LOCATION, link("/sign-in"))).finish(),
            Self::Problem(problem) => problem.referenced(),
        };
        if let Some(methods) = problem.allowed() {
            response.insert_header((header::ALLOW, methods));
        }
        if let Some(seconds) = problem.wait() {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        let code = problem.kind.rsplit(':').next().unwrap_or_default();
        let errors = problem.errors.iter().map(|error| format!("{}: {}", error.field, told(error))).collect();
        let told = Told {
            detail: problem.detail.as_deref(),
            errors,
            wait: problem.wait(),
            reference: problem.reference.as_deref(),
            code,
        };
        match write(None, &Sheet { title: words::t(problem.title), above: None, content: &told }) {
            Ok(page) => response.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page),
            Err(why) => why.error_response(),
        }
    }
}
