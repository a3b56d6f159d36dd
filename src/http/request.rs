//! What a request brings: a body, a record's identifier, the version that it has seen, an idempotency key, parameters.

use std::future::{Ready, ready};
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::domain::check::{FieldError, Rule};
use crate::domain::entry;
use crate::domain::record::RecordId;
use crate::exchange::flavour::Flavour;
use crate::store::chain::hex;

use super::problem::{Kind, Problem};

/// The largest body, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// A body that is still to be read, once the caller is known.
#[derive(Debug)]
pub struct Body {
    bytes: Bytes,
    json: bool,
}

impl FromRequest for Body {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let json = matches!(media_type(request).as_deref(), Some("application/json" | "application/merge-patch+json"));
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|why| match why.as_response_error().status_code().as_u16() {
                413 => Problem::new(Kind::TooLarge).detail(format!("at most {LARGEST_BODY} bytes")),
                408 => Problem::new(Kind::RequestTimeout),
                _ => Problem::new(Kind::MalformedBody),
            })?;
            Ok(Self { bytes, json })
        })
    }
}

impl Body {
    /// Reads the body.
    ///
    /// # Errors
    /// A problem that names the field where one is wrong.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if !self.json {
            return Err(Problem::new(Kind::UnsupportedMediaType).detail("declare the body as application/json"));
        }
        // A struct could be read from a list too, by position.
        let object = self.bytes.trim_ascii_start().starts_with(b"{");
        if !object && serde_json::from_slice::<serde::de::IgnoredAny>(&self.bytes).is_ok() {
            let error = FieldError::new("", Rule::Malformed, None, "an object");
            return Err(Problem::new(Kind::Invalid).errors(vec![error]));
        }
        let mut reader = serde_json::Deserializer::from_slice(&self.bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|why| from_json(&why))?;
        reader.end().map_err(|_| Problem::new(Kind::MalformedBody).detail("something follows the JSON value"))?;
        Ok(value)
    }

    /// Tells this body from others, for idempotency keys.
    pub fn hash(&self, noun: &str) -> String {
        hex(&Sha256::new().chain_update(noun).chain_update([0]).chain_update(&self.bytes).finalize())
    }
}

fn from_json(why: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    match entry::mistake(why) {
        Some(invalid) => Problem::new(Kind::Invalid).errors(invalid.0),
        None => {
            let (line, column) = (why.inner().line(), why.inner().column());
            Problem::new(Kind::MalformedBody).detail(format!("not JSON at line {line} column {column}"))
        }
    }
}

/// For whom a CSV file is to be written.
///
/// # Errors
/// A problem that names the field.
pub fn read_flavour(given: Option<&str>) -> Result<Flavour, Problem> {
    let Some(given) = given else { return Ok(Flavour::default()) };
    let found = Flavour::WORDS.iter().find(|(name, _)| *name == given).map(|(_, flavour)| *flavour);
    let expected = "one of exact, spreadsheet";
    found.ok_or_else(|| Problem::parameter("flavour", Rule::UnknownCode, Some(given), expected))
}

/// A CSV file that is still to be read, once the caller is known.
pub struct CsvFile {
    payload: web::Payload,
    csv: bool,
    /// When the request came in.
    pub since: Instant,
}

impl FromRequest for CsvFile {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let csv = media_type(request).as_deref() == Some("text/csv");
        let payload = web::Payload::from_request(request, payload).into_inner();
        ready(
            payload
                .map(|payload| Self { payload, csv, since: Instant::now() })
                .map_err(|_| Problem::new(Kind::MalformedBody)),
        )
    }
}

impl CsvFile {
    /// Reads the file.
    ///
    /// # Errors
    /// That it is not declared as CSV, or is larger than this many bytes.
    pub async fn read(self, largest: usize) -> Result<Vec<u8>, Problem> {
        if !self.csv {
            return Err(Problem::new(Kind::UnsupportedMediaType).detail("declare the file as text/csv"));
        }
        match self.payload.to_bytes_limited(largest).await {
            Ok(Ok(bytes)) => Ok(bytes.to_vec()),
            Ok(Err(_)) => Err(Problem::new(Kind::MalformedBody)),
            Err(_) => Err(Problem::new(Kind::TooLarge).detail(format!("at most {largest} bytes"))),
        }
    }
}

/// The declared type of the body, without its parameters.
fn media_type(request: &HttpRequest) -> Option<String> {
    let media = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media.and_then(|value| value.split(';').next()).map(|media| media.trim().to_ascii_lowercase())
}

/// Extractors that never fail, so that nothing of a request is looked at before its token. What they found is asked for by
/// the handler, once the caller is known.
macro_rules! patient {
    ($name:ident, $found:ty, $read:expr) => {
        impl FromRequest for $name {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let read: fn(&HttpRequest) -> Result<$found, Problem> = $read;
                ready(Ok(Self(read(request))))
            }
        }

        impl $name {
            /// What the request holds.
            ///
            /// # Errors
            /// A problem that names what is wrong.
            pub fn get(self) -> Result<$found, Problem> {
                self.0
            }
        }
    };
}

/// The identifier of a record, from the address. Whatever is none, is a record that does not exist.
#[derive(Debug)]
pub struct RecordPath(Result<RecordId, Problem>);

patient!(RecordPath, RecordId, |request| {
    let id = request.match_info().get("id").and_then(|text| text.parse().ok());
    id.map(RecordId).ok_or_else(|| Problem::new(Kind::NotFound))
});

/// The version that the caller has seen, from `If-Match`.
#[derive(Debug)]
pub struct IfMatch(Result<i64, Problem>);

patient!(IfMatch, i64, |request| {
    let Some(value) = request.headers().get(header::IF_MATCH) else {
        return Err(Problem::new(Kind::PreconditionRequired).detail("send the ETag that you have read"));
    };
    let text = value.to_str().unwrap_or_default().trim();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        // An entity tag that is none of ours is one that does not match.
        Some(seen) => seen.parse().map_err(|_| Problem::new(Kind::Stale)),
        None if text.starts_with("W/") => Err(Problem::new(Kind::Stale)),
        None => Err(Problem::parameter("If-Match", Rule::Malformed, Some(text), "one strong entity tag, \"7\"")),
    }
});

/// The key by which a creation that is sent twice happens once, from `Idempotency-Key`.
#[derive(Debug)]
pub struct IdempotencyKey(Result<Option<String>, Problem>);

patient!(IdempotencyKey, Option<String>, |request| {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if !text.is_empty() && text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(text.to_owned()));
    }
    Err(Problem::parameter("Idempotency-Key", Rule::Malformed, None, "1 to 128 visible ASCII characters"))
});

/// The longest that an answer waits for long work.
pub const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// How a client would have long work answered (RFC 7240).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preference {
    /// For so long the answer may wait for the work to be done.
    pub wait: Option<Duration>,
    /// Whether even short work is to be answered before it is done.
    pub respond_async: bool,
}

impl Preference {
    /// Reads `Prefer`. What is not understood is left aside, as the header has it.
    fn read(text: &str) -> Self {
        let mut found = Self::default();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "respond-async" => found.respond_async = true,
                "wait" if found.wait.is_none() => {
                    let seconds = value.split(';').next().unwrap_or_default().trim().trim_matches('"').parse();
                    found.wait = seconds.map(Duration::from_secs).map(|wait| wait.min(LONGEST_WAIT)).ok();
                }
                _ => {}
            }
        }
        found
    }

    /// For how long an answer waits that usually waits for so long.
    pub fn wait(self, usual: Duration) -> Duration {
        self.wait.unwrap_or(if self.respond_async { Duration::ZERO } else { usual })
    }

    /// What of it was kept to, as `Preference-Applied` says it.
    pub fn applied(self) -> Option<String> {
        let wait = self.wait.map(|wait| format!("wait={}", wait.as_secs()));
        let parts: Vec<_> = self.respond_async.then(|| "respond-async".to_owned()).into_iter().chain(wait).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl FromRequest for Preference {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values = request.headers().get_all("Prefer").filter_map(|value| value.to_str().ok());
        ready(Ok(Self::read(&values.collect::<Vec<_>>().join(","))))
    }
}

/// The parameters of the query string, in their order.
#[derive(Debug, Clone, Default)]
pub struct Parameters(pub Vec<(String, String)>);

impl FromRequest for Parameters {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl Parameters {
    pub fn of(request: &HttpRequest) -> Self {
        Self(crate::domain::aggregate::pairs(request.query_string()))
    }

    /// The parameters of these names, each at most once, and no others.
    ///
    /// # Errors
    /// A problem that names the parameter.
    pub fn only(&self, known: &[&'static str]) -> Result<Vec<(&'static str, String)>, Problem> {
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in &self.0 {
            let Some(known_name) = known.iter().find(|known| *known == name) else {
                let expected = match known {
                    [] => "no parameters".to_owned(),
                    known => format!("one of the parameters {}", known.join(", ")),
                };
                return Err(Problem::parameter(name, Rule::Unknown, Some(value), &expected));
            };
            if found.iter().any(|(other, _)| other == known_name) {
                return Err(Problem::parameter(name, Rule::Inconsistent, Some(value), "the parameter once"));
            }
            found.push((known_name, value.clone()));
        }
        Ok(found)
    }
}
