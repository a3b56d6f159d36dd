//! Where a reader is, for as long as one request is answered: the language, the address, the organisation's time zone. And who it is,
//! where a page of staff has found that out.
//!
//! The language is the one that the address begins with (`/ru/releases`), else the first of `Accept-Language` that pages have.

use std::cell::RefCell;
use std::sync::Arc;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::middleware::Next;
use actix_web::web::Data;
use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::domain::policy::Actor;
use crate::domain::record::Instant;
use crate::exchange::formats::Language;

use super::form;
use super::offered::Offered;

tokio::task_local! {
    static HERE: Here;
    static READER: RefCell<Option<Actor>>;
}

/// The organisation's time zone, in which pages tell moments.
#[derive(Debug, Clone, Copy)]
pub struct Zone(pub Tz);

/// Where a reader is.
#[derive(Debug, Clone)]
pub struct Here {
    pub language: Language,
    /// Whether the address names the language, so that its links do too.
    pub stated: bool,
    /// The address without its language.
    pub path: String,
    /// What follows the `?`, where something does.
    pub query: String,
    /// Whether this page can be asked for by its address; what a form has sent cannot.
    pub is_read: bool,
    pub zone: Tz,
    /// What choices are called, on a page that cannot read it.
    pub offered: Arc<Offered>,
}

impl Default for Here {
    fn default() -> Self {
        let (path, query) = ("/".to_owned(), String::new());
        Self {
            language: Language::English,
            stated: false,
            path,
            query,
            is_read: true,
            zone: Tz::UTC,
            offered: Arc::default(),
        }
    }
}

/// Where the reader is whose request is being answered.
pub fn here() -> Here {
    HERE.try_with(Clone::clone).unwrap_or_default()
}

/// Remembers who has a session, whatever comes of the request.
pub fn signed_in(actor: Actor) {
    // Nothing to remember it for where no page is answered.
    let _ = READER.try_with(|reader| reader.replace(Some(actor)));
}

/// Who is known to have a session.
pub fn reader() -> Option<Actor> {
    READER.try_with(|reader| reader.borrow().clone()).unwrap_or_default()
}

/// The reader's language.
pub fn language() -> Language {
    HERE.try_with(|here| here.language).unwrap_or(Language::English)
}

/// The day that it is where the organisation is.
pub fn today(now: Instant) -> NaiveDate {
    now.0.with_timezone(&here().zone).date_naive()
}

/// The address of a page of ours, in the language that the reader's address names.
pub fn link(path: &str) -> String {
    let here = here();
    if here.stated { in_language(path, here.language) } else { path.to_owned() }
}

/// The address of a page of ours in a language.
pub fn in_language(path: &str, language: Language) -> String {
    let rest = if path == "/" { "" } else { path };
    format!("/{}{rest}", language.code())
}

/// The language and the rest of an address that names one.
fn split(path: &str) -> Option<(Language, &str)> {
    let named = |language: Language| {
        let rest = path.strip_prefix('/')?.strip_prefix(language.code())?;
        let page = rest.is_empty() || rest.starts_with('/');
        let ours = page && !rest.starts_with("/api/") && !rest.starts_with("/assets/") && !rest.starts_with("/health/");
        ours.then_some((language, if rest.is_empty() { "/" } else { rest }))
    };
    Language::WORDS.iter().find_map(|(_, language)| named(*language))
}

/// The first language of the header that pages have; its weights are as their order, nearly always, and not read.
fn asked(headers: &HeaderMap) -> Option<Language> {
    let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let tags = header.split(',').filter_map(|tag| tag.split([';', '-', '_']).next());
    tags.map(str::trim)
        .find_map(|tag| Language::WORDS.iter().find(|(code, _)| *code == tag))
        .map(|(_, language)| *language)
}

fn rewritten(uri: &Uri, path: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let whole = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    parts.path_and_query = Some(PathAndQuery::try_from(whole).ok()?);
    Uri::from_parts(parts).ok()
}

/// The middleware: takes the language off the address, and remembers where the reader is.
///
/// # Errors
/// What the service gives.
pub async fn around<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let zone = request.app_data::<Data<Zone>>().map_or(Tz::UTC, |zone| zone.0);
    let named = split(request.path()).map(|(language, rest)| (language, rest.to_owned()));
    if let Some((_, rest)) = &named
        && let Some(uri) = rewritten(request.uri(), rest)
    {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    let language = named.as_ref().map(|(language, _)| *language).or_else(|| asked(request.headers()));
    let here = Here {
        language: language.unwrap_or(Language::English),
        stated: named.is_some(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        is_read: request.method().is_safe(),
        zone,
        offered: request.app_data::<Data<Offered>>().cloned().map(Data::into_inner).unwrap_or_default(),
    };
    let (code, stated) = (here.language.code(), here.stated);
    let answer = READER.scope(RefCell::default(), form::remembering(next.call(request)));
    let mut response = HERE.scope(here, answer).await?;
    let is_page = |value: &HeaderValue| value.as_bytes().starts_with(b"text/html");
    let documentation = response.request().path().starts_with("/api/");
    if !documentation && response.headers().get(header::CONTENT_TYPE).is_some_and(is_page) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(code));
        if !stated {
            headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
        }
    }
    Ok(response)
}
