//! Ready-made bytes: an answer that is a function of what is public only, with its entity tags, compressed once.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, Responder};
use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::domain::disclosure::Disclosed;

/// Below this many bytes compressing is not worth it.
const WORTH_IT: usize = 512;
/// How long caches keep what may change, in seconds.
const SHORT: &str = "public, max-age=60";
/// What is frozen never changes at its address.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// An answer, as often as it is asked for.
#[derive(Debug)]
pub struct Ready {
    media: String,
    body: Bytes,
    tag: String,
    zipped: OnceLock<Option<Bytes>>,
    dated: Option<NaiveDate>,
    frozen: bool,
    location: Option<String>,
}

impl Ready {
    pub fn new(media: impl Into<String>, body: &Disclosed<Vec<u8>>) -> Self {
        let body = Bytes::copy_from_slice(body.get());
        let tag = HEXLOWER.encode(&Sha256::digest(&body)[..16]);
        let media = media.into();
        Self { media, body, tag, zipped: OnceLock::new(), dated: None, frozen: false, location: None }
    }

    /// It is of a release that bears this date.
    #[must_use]
    pub fn dated(mut self, date: NaiveDate) -> Self {
        self.dated = Some(date);
        self
    }

    /// At the address of a release that is named: it never changes.
    #[must_use]
    pub fn frozen(mut self, frozen: bool) -> Self {
        self.frozen = frozen;
        self
    }

    /// The address that will go on answering this.
    #[must_use]
    pub fn location(mut self, location: Option<String>) -> Self {
        self.location = location;
        self
    }

    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// About how much memory it takes, in bytes.
    pub fn size(&self) -> usize {
        self.body.len() * 3 / 2 + 500
    }

    /// The bytes compressed, where that makes them fewer.
    fn zipped(&self) -> Option<&Bytes> {
        let zip = || {
            if self.body.len() < WORTH_IT {
                return None;
            }
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&self.body).ok()?;
            let bytes = encoder.finish().ok()?;
            (bytes.len() < self.body.len()).then(|| bytes.into())
        };
        self.zipped.get_or_init(zip).as_ref()
    }
}

/// An answer that is shared.
pub struct Shared(pub Arc<Ready>);

impl Responder for Shared {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let ready = self.0;
        let zipped = if takes_gzip(request) { ready.zipped() } else { None };
        // The variants are different bytes, so that each has a strong tag of its own (RFC 9110, section 8.8.3.3).
        let ending = if zipped.is_some() { "-gzip" } else { "" };
        let tag = format!("\"{}{ending}\"", ready.tag);
        let unchanged = knows(request, &tag);
        let mut response = HttpResponse::build(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        response.insert_header((header::ETAG, tag));
        response.insert_header((header::CONTENT_TYPE, ready.media.as_str()));
        response.insert_header((header::CACHE_CONTROL, if ready.frozen { FOR_EVER } else { SHORT }));
        response.insert_header((header::VARY, "Accept-Encoding"));
        response.insert_header((HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"));
        response.insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Link, Content-Location, Last-Modified"));
        if let Some(date) = ready.dated {
            response.insert_header((header::LAST_MODIFIED, date.format("%a, %d %b %Y 00:00:00 GMT").to_string()));
        }
        if let Some(location) = &ready.location {
            response.insert_header((header::CONTENT_LOCATION, location.as_str()));
        }
        if zipped.is_some() {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
        }
        if unchanged { response.finish() } else { response.body(zipped.unwrap_or(&ready.body).clone()) }
    }
}

/// Whether the one who asks has it. Entity tags are compared weakly for reading (RFC 9110, section 13.1.2).
fn knows(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether gzip is named as welcome (RFC 9110, section 12.5.3).
fn takes_gzip(request: &HttpRequest) -> bool {
    let welcome = request.headers().get_all(header::ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    welcome.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(0.0_f32);
        name.trim().eq_ignore_ascii_case("gzip") && weight > 0.0
    })
}
