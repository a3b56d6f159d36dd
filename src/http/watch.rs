//! What happens around every request: a time limit, headers, and one line in the log by route template, never by
//! address.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use actix_web::{Error, ResponseError};

use super::connections::pace::{self, Progress, Told};
use super::connections::{Asked, Connection};
use super::documentation::ADDRESS;
use super::pages::{self, turned::Turned};
use super::problem::{Kind, Problem};
use super::state::waited_for;
use crate::store::halt::Halt;

/// How long a request may take us, from the moment that all of it is here, where nothing else is set.
pub const LIMIT: Duration = Duration::from_secs(30);

/// How long a request may take us.
#[derive(Debug, Clone, Copy)]
pub struct Longest(pub Duration);

/// How long the answer may take of what is just being saved: nobody can be told any more that it was not.
const SAVING: Duration = Duration::from_secs(60);

/// The addresses that are not for anybody.
const PRIVATE: [&str; 2] = ["/api/v1/staff", "/api/v1/research"];

/// What a browser may do with an answer of the API: nothing but read it.
pub const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The documentation page runs its own scripts, from this server alone.
const DOCUMENTATION_POLICY: &str = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A page shows our own style and pictures and sends its forms to us; it runs nothing.
pub const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// The headers of every answer.
pub fn headers(policy: &'static str) -> [(HeaderName, &'static str); 5] {
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), ""),
    ]
}

/// Whether any site may read what this address answers. One that is written in another way than ours is not told apart here.
fn is_public(path: &str) -> bool {
    path.starts_with("/api/v1/") && !path.contains('%') && !PRIVATE.iter().any(|private| path.starts_with(private))
}

/// A method that there is; anybody can send words of his own.
fn known(method: &Method) -> &'static str {
    let all = ["GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];
    all.into_iter().find(|name| method == name).unwrap_or("-")
}

/// Why a request has no answer of its own: to a browser a page, in which what was typed comes back.
fn told(problem: Problem, page: bool) -> Error {
    if !page {
        return problem.into();
    }
    // Written now: whoever sends it knows neither the language nor what was typed.
    let response = Turned::from(problem).error_response();
    InternalError::from_response("a page was not answered in time", response).into()
}

/// The middleware.
///
/// # Errors
/// What the service gives.
pub async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    // HEAD is answered like GET (RFC 9110, section 9.3.2); the connection leaves the body out.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let public = is_public(request.path());
    let page = !["/api/", "/health/"].iter().any(|start| request.path().starts_with(start));
    let limit = request.app_data::<Data<Longest>>().map_or(LIMIT, |longest| longest.0);
    let connection = request.conn_data::<Arc<Connection>>().cloned();
    let mut asked = Asked::of(connection.clone());
    let progress = pace::keep(&mut request, connection.as_ref());
    let halt = Arc::<Halt>::default();
    let mut answer = pin!(waited_for(halt.clone(), next.call(request)));
    let answered = match in_time(answer.as_mut(), &progress, limit).await {
        None if !halt.stop() => timeout(SAVING, answer).await.ok(),
        answered => answered,
    };
    if progress.was_too_slow() {
        tracing::info!(status = Kind::RequestTimeout.status(), "the body of a request came too slowly");
        return Err(told(Problem::new(Kind::RequestTimeout).public(public), page));
    }
    let Some(answered) = answered else {
        // The client's own slowness is told above: this was ours.
        tracing::warn!(status = Kind::TookTooLong.status(), "a request took too long");
        return Err(told(Problem::new(Kind::TookTooLong).public(public), page));
    };
    let mut response = answered?.map_into_boxed_body();
    asked.left_unread(!progress.is_whole());
    if !progress.is_whole() {
        // What is left of the question is not waited for.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let template = response.request().match_pattern();
    let documentation = template.as_deref().is_some_and(|template| template.starts_with(ADDRESS));
    // An address that no service has may be told of in a page too.
    let html =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let page = template.as_deref().map_or(html, pages::is_page);
    let policy = if documentation {
        DOCUMENTATION_POLICY
    } else if page {
        PAGE_POLICY
    } else {
        API_POLICY
    };
    let headers = response.headers_mut();
    if public {
        // Problems too: a page of another site has to be able to read what was wrong.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    for (name, value) in self::headers(policy) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    tracing::info!(
        method = known(response.request().method()),
        route = template.as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        ms = started.elapsed().as_millis() as u64,
        "request"
    );
    Ok(response.map_body(|_, body| BoxBody::new(Told { body, asked })))
}

/// What is answered within the time that we may take. For the client it takes as long as it takes.
async fn in_time<F: Future>(mut answer: Pin<&mut F>, progress: &Progress, limit: Duration) -> Option<F::Output> {
    loop {
        let left = limit.checked_sub(progress.ours()).filter(|left| !left.is_zero())?;
        if let Ok(answered) = timeout(left, answer.as_mut()).await {
            return Some(answered);
        }
    }
}
