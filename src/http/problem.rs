//! Every error that a client sees: RFC 9457 problem details. A new error is a line in the table.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::check::{FieldError, Rule};
use crate::domain::policy::Denied;
use crate::domain::release::plan::Block;
use crate::store::error::StoreError;

use super::watch;

macro_rules! problems {
    ($($(#[doc = $doc:literal])* $name:ident = $status:literal $code:literal $title:literal;)*) => {
        /// What went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[doc = $doc])* $name,)*
        }

        impl Kind {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The code as problems name their kind.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => concat!("urn:attest:problem:", $code),)* }
            }

            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problems! {
    /// The body is not JSON.
    MalformedBody = 400 "malformed_body" "The body cannot be read";
    /// A parameter or header has a wrong value, or there is no such parameter.
    InvalidParameter = 400 "invalid_parameter" "A parameter or header is not accepted";
    /// There is no good token.
    Unauthenticated = 401 "unauthenticated" "A valid bearer token is needed";
    /// The token's role may not do this.
    Forbidden = 403 "forbidden" "Your role may not do this";
    /// There is nothing here, or nothing that you may see.
    NotFound = 404 "not_found" "There is nothing here";
    /// The address takes other methods.
    MethodNotAllowed = 405 "method_not_allowed" "This address does not take that method";
    /// The request did not arrive in time.
    RequestTimeout = 408 "request_timeout" "The request took too long to arrive";
    /// Personal text is not accepted before the recovery code was confirmed.
    Unconfirmed = 409 "keyring_unconfirmed" "No personal text is accepted before the recovery code was confirmed";
    /// A rule about accounts forbids it as things stand.
    Refused = 409 "refused" "That is not done as things stand";
    /// It was cancelled before anything of it was saved.
    Cancelled = 409 "cancelled" "It was cancelled: nothing of it was saved";
    /// What a release is made of has changed since it was prepared, consent above all.
    ReleaseOutdated = 409 "release_outdated" "The release would be another one now: prepare it again";
    /// It was public, and was withdrawn as a whole.
    Gone = 410 "gone" "This was withdrawn";
    /// The `If-Match` header names a version that is not the newest.
    Stale = 412 "stale" "The record has changed since you read it";
    /// The body is larger than the address takes, or than can be worked through while a client waits.
    TooLarge = 413 "too_large" "The body is too large";
    /// The body is not declared as what the address takes: JSON, or CSV for files.
    UnsupportedMediaType = 415 "unsupported_media_type" "The body is not of the media type that this address takes";
    /// Some values of the body are not accepted.
    Invalid = 422 "invalid" "Some values are not accepted";
    /// A release would tell too much, or cannot be computed, as it is declared.
    ReleaseBlocked = 422 "release_blocked" "The release cannot be published as it is declared";
    /// The idempotency key was used for another request.
    KeyReused = 422 "idempotency_key_reused" "The Idempotency-Key was used for another request";
    /// A change needs to say which version it changes.
    PreconditionRequired = 428 "precondition_required" "An If-Match header is needed";
    /// Too many requests in too short a time.
    TooMany = 429 "too_many_requests" "Too many requests; wait a little";
    /// Something broke that trying again does not mend; the log says what, beside the reference.
    Internal = 500 "internal" "Something went wrong on our side";
    /// The database cannot answer now.
    Unavailable = 503 "unavailable" "The service is not available now; try again";
    /// The process that did it ended before anything of it was saved.
    Interrupted = 503 "interrupted" "It was interrupted, and nothing of it was saved: send it again";
    /// The keyring is not open: only what is public is answered.
    Locked = 503 "locked" "The keyring is not open: only what is public is answered";
    /// The service took too long to answer, and has stopped.
    TookTooLong = 504 "took_too_long" "The answer took too long to make";
}

/// An error as the client sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem: `urn:attest:problem:` and its code.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "urn:attest:problem:invalid")]
    pub kind: &'static str,
    #[schema(example = "Some values are not accepted")]
    pub title: &'static str,
    #[schema(example = 422)]
    pub status: u16,
    /// What was wrong with this very request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub detail: Option<Box<str>>,
    /// Every value that was not accepted; of a file the first 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// How many mistakes a file has, also where `errors` tells the first of them only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub error_count: Option<NonZeroU32>,
    /// What stands in the way of a release.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<Block>)]
    pub blocks: Box<[Block]>,
    /// What to name to whoever runs the service: the log says under it what broke.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "7d0c1f24a9be")]
    pub reference: Option<Box<str>>,
    #[serde(skip)]
    #[schema(ignore)]
    allow: Option<Box<str>>,
    #[serde(skip)]
    #[schema(ignore)]
    retry_after: Option<u32>,
    /// Whether any site may read it.
    #[serde(skip)]
    #[schema(ignore)]
    public: bool,
}

impl Problem {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind: kind.name(),
            title: kind.title(),
            status: kind.status(),
            detail: None,
            errors: Vec::new(),
            error_count: None,
            blocks: Box::default(),
            reference: None,
            allow: None,
            retry_after: match kind.status() {
                503 => Some(5),
                504 => Some(30),
                _ => None,
            },
            public: false,
        }
    }

    /// Something broke on our side: what, is for the log alone, under the reference that is told.
    pub fn broken(what: &dyn fmt::Display) -> Self {
        let id = uuid::Uuid::now_v7().simple().to_string();
        // The end is drawn by chance; the beginning would tell the time.
        let reference = &id[20..];
        tracing::error!(reference, error = %what, "something broke");
        Self { reference: Some(reference.into()), ..Self::new(Kind::Internal) }
    }

    /// With a reference, where it is of a kind that has one and was made without.
    pub fn referenced(&self) -> Cow<'_, Self> {
        if self.status == Kind::Internal.status() && self.reference.is_none() {
            let detail = self.detail.as_deref().unwrap_or("an earlier line says what");
            return Cow::Owned(Self { detail: self.detail.clone(), ..Self::broken(&detail) });
        }
        Cow::Borrowed(self)
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into().into());
        self
    }

    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// How many mistakes there are, told or not.
    #[must_use]
    pub fn error_count(mut self, count: u64) -> Self {
        self.error_count = NonZeroU32::new(u32::try_from(count).unwrap_or(u32::MAX));
        self
    }

    /// The methods that the address takes.
    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.allow = Some(methods.into());
        self
    }

    /// After how many seconds it is worth trying again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        self
    }

    /// The methods that the address takes, where that is known.
    pub fn allowed(&self) -> Option<&str> {
        self.allow.as_deref()
    }

    /// For an address that any site may read.
    #[must_use]
    pub fn public(mut self, public: bool) -> Self {
        self.public = public;
        self
    }

    /// After how many seconds it is worth trying again, where that is known.
    pub fn wait(&self) -> Option<u32> {
        self.retry_after
    }

    /// A parameter or header that is not accepted.
    pub fn parameter(field: &str, rule: Rule, value: Option<&str>, expected: &str) -> Self {
        Self::new(Kind::InvalidParameter).errors(vec![FieldError::new(field, rule, value, expected)])
    }

    /// Whether values of the request were not accepted.
    pub fn is_invalid(&self) -> bool {
        self.status == Kind::Invalid.status() && !self.errors.is_empty()
    }

    /// What the row of a job saves of it. What broke has its reference from now on, the same for everybody who reads it.
    pub fn saved(&self) -> serde_json::Value {
        let problem = self.referenced();
        let Self { kind, detail, errors, error_count, blocks, reference, .. } = &*problem;
        serde_json::json!({"type": kind, "detail": detail, "errors": errors, "error_count": error_count, "blocks": blocks,
            "reference": reference})
    }

    /// The problem that the row of a job has saved.
    pub fn of_saved(saved: &serde_json::Value) -> Self {
        let read = Saved::deserialize(saved).map_err(|why| why.to_string()).and_then(|saved| {
            let kind = Kind::ALL.iter().find(|kind| saved.kind == kind.name());
            kind.map(|kind| (*kind, saved)).ok_or_else(|| "its type is none".to_owned())
        });
        let (kind, saved) = match read {
            Ok(read) => read,
            Err(why) => return Self::broken(&format_args!("the problem of a job cannot be read: {why}")),
        };
        let Saved { detail, errors, error_count, blocks, reference, .. } = saved;
        Self { detail, errors, error_count, blocks, reference, ..Self::new(kind) }
    }

    /// The same mistakes, made in the body and not in the query string.
    #[must_use]
    pub fn in_body(self) -> Self {
        Self::new(Kind::Invalid).errors(self.errors)
    }

    /// The same mistakes, made in the query string and not in the body.
    #[must_use]
    pub fn in_query(self) -> Self {
        if self.is_invalid() { Self::new(Kind::InvalidParameter).errors(self.errors) } else { self }
    }
}

/// A problem in the row of a job.
#[derive(Deserialize)]
struct Saved {
    #[serde(rename = "type")]
    kind: String,
    detail: Option<Box<str>>,
    #[serde(default)]
    errors: Vec<FieldError>,
    error_count: Option<NonZeroU32>,
    #[serde(default)]
    blocks: Box<[Block]>,
    reference: Option<Box<str>>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.status == 401 {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"attest\""));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = self.allow.as_deref().and_then(|methods| HeaderValue::from_str(methods).ok()) {
            response.insert_header((header::ALLOW, methods));
        }
        // Whoever answers for the service may never see it: one that took too long has none to answer for it.
        for (name, value) in watch::headers(watch::API_POLICY) {
            response.insert_header((name, value));
        }
        if self.public {
            response.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
        }
        // A struct of texts and numbers always has a JSON form.
        response.body(serde_json::to_vec(&*self.referenced()).unwrap_or_default())
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        Self::new(Kind::Forbidden).detail(denied.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(why: StoreError) -> Self {
        match why {
            StoreError::Invalid(invalid) => Self::new(Kind::Invalid).errors(invalid.0),
            StoreError::Missing(_) => Self::new(Kind::NotFound),
            StoreError::Absent(_) => Self::new(Kind::NotFound),
            StoreError::Blocked(blocks) => Self { blocks: blocks.into(), ..Self::new(Kind::ReleaseBlocked) },
            StoreError::Outdated => Self::new(Kind::ReleaseOutdated),
            StoreError::Refused(why) => Self::new(Kind::Refused).detail(why),
            StoreError::Stale => Self::new(Kind::Stale),
            StoreError::Denied(denied) => denied.into(),
            StoreError::SignedOut => Self::new(Kind::Unauthenticated),
            StoreError::Unconfirmed => Self::new(Kind::Unconfirmed),
            StoreError::Locked(why) => {
                tracing::warn!(%why, "the keyring is not open");
                Self::new(Kind::Locked)
            }
            StoreError::Cancelled => Self::new(Kind::Cancelled),
            StoreError::KeyReused => Self::new(Kind::KeyReused),
            StoreError::TookTooLong => Self::new(Kind::TookTooLong),
            // Nobody reads it.
            StoreError::Abandoned => Self::new(Kind::Unavailable),
            why @ StoreError::Broken(_) => Self::broken(&why),
            why @ (StoreError::Unavailable(_) | StoreError::Open(_)) => {
                // What the driver says is for the log alone.
                tracing::error!(error = %why, "the database failed");
                Self::new(Kind::Unavailable)
            }
        }
    }
}
