//! How an answer leaves: only what the gate has disclosed, with the headers of its audience.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::domain::disclosure::Disclosed;
use crate::store::chain::hex;

use super::download::Rows;
use super::problem::{Kind, Problem};

#[derive(Debug)]
enum Content {
    Whole(Vec<u8>),
    /// Made while it is sent.
    Rows(Rows),
}

const CSV: &str = "text/csv; charset=utf-8; header=present";

/// An answer.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    media: &'static str,
    body: Result<Content, String>,
    public: bool,
    /// Whether what is there under this address never changes.
    lasting: bool,
    headers: Vec<(HeaderName, String)>,
}

impl Reply {
    fn new(media: &'static str, body: Result<Vec<u8>, String>) -> Self {
        let body = body.map(Content::Whole);
        Self { status: StatusCode::OK, media, body, public: false, lasting: false, headers: Vec::new() }
    }

    /// A JSON answer.
    pub fn json<T: Serialize>(value: &Disclosed<T>) -> Self {
        Self::new("application/json", serde_json::to_vec(value).map_err(|why| why.to_string()))
    }

    /// A CSV answer.
    pub fn csv(text: &Disclosed<String>) -> Self {
        Self::new(CSV, Ok(text.get().clone().into_bytes()))
    }

    /// A CSV answer that is made while it is sent.
    pub fn csv_rows(rows: Disclosed<Rows>) -> Self {
        Self { body: Ok(Content::Rows(rows.take())), ..Self::new(CSV, Ok(Vec::new())) }
    }

    /// A JSON document that is written already.
    pub fn document(text: &Disclosed<String>) -> Self {
        Self::new("application/json", Ok(text.get().clone().into_bytes()))
    }

    /// A page.
    pub fn html(text: &Disclosed<String>) -> Self {
        Self::new("text/html; charset=utf-8", Ok(text.get().clone().into_bytes()))
    }

    /// A picture.
    pub fn picture(svg: &Disclosed<Vec<u8>>) -> Self {
        Self::new("image/svg+xml", Ok(svg.get().clone()))
    }

    /// Something of our own under an address that changes with it.
    pub fn asset(text: &Disclosed<&'static str>, media: &'static str) -> Self {
        let reply = Self { lasting: true, ..Self::new(media, Ok(text.get().as_bytes().to_vec())) };
        reply.public()
    }

    /// A plain text that says something of the programme itself.
    pub fn text(text: &Disclosed<&'static str>) -> Self {
        Self::new("text/plain; charset=utf-8", Ok(text.get().as_bytes().to_vec()))
    }

    /// The bytes that are sent.
    ///
    /// # Errors
    /// That they could not be written.
    pub fn bytes(self) -> Result<Vec<u8>, Problem> {
        let why = match self.body {
            Ok(Content::Whole(bytes)) => return Ok(bytes),
            Ok(Content::Rows(_)) => "its rows are not made yet".to_owned(),
            Err(why) => why,
        };
        tracing::error!(error = %why, "an answer could not be written");
        Err(Problem::new(Kind::Internal))
    }

    /// Any site may show it, and caches may keep it as long as its entity tag holds.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// The version of the record in the answer, as its entity tag.
    #[must_use]
    pub fn version(self, write: i64) -> Self {
        self.header(header::ETAG, format!("\"{write}\""))
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(mut self, request: &HttpRequest) -> HttpResponse {
        let body = match self.body {
            Ok(body) => body,
            Err(why) => {
                tracing::error!(error = %why, "an answer could not be written");
                return HttpResponse::from_error(Problem::new(Kind::Internal));
            }
        };
        if self.public
            && let Content::Whole(body) = &body
        {
            self.headers.push((header::ETAG, format!("\"{}\"", &hex(&Sha256::digest(body))[..32])));
        }
        let tag = self.headers.iter().find(|(name, _)| name == header::ETAG).map(|(_, tag)| tag.clone());
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let unchanged = self.status == StatusCode::OK
            && tag.is_some_and(|tag| known.is_some_and(|known| known.split(',').any(|known| matches(known, &tag))));
        let mut response = HttpResponse::build(if unchanged { StatusCode::NOT_MODIFIED } else { self.status });
        response.insert_header((header::CONTENT_TYPE, self.media));
        let (cache, policy) = if self.lasting {
            ("public, max-age=31536000, immutable", "cross-origin")
        } else if self.public {
            ("public, max-age=60", "cross-origin")
        } else {
            ("no-store", "same-origin")
        };
        response.insert_header((header::CACHE_CONTROL, cache));
        response.insert_header((HeaderName::from_static("cross-origin-resource-policy"), policy));
        if self.public {
            response.insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, "ETag, Link"));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.append_header((name, value));
            }
        }
        match body {
            _ if unchanged => response.finish(),
            Content::Whole(body) => response.body(body),
            Content::Rows(rows) => response.body(BoxBody::new(rows)),
        }
    }
}

/// Entity tags are compared weakly for reading (RFC 9110, section 13.1.2).
fn matches(known: &str, tag: &str) -> bool {
    let known = known.trim();
    known == "*" || known.trim_start_matches("W/") == tag
}
