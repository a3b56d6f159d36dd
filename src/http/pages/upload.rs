//! Files that are sent with a form. What holds for a form holds for them: from a page of ours, with the word of the session.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use subtle::ConstantTimeEq;

use super::super::auth::Permission;
use super::super::problem::{Kind, Problem};
use super::form::{Form, WORD, is_ours, refused};
use super::turned::Turned;
use super::visit::Visit;

/// The largest upload, in bytes: a file of the largest size that is imported, and the fields beside it.
const LARGEST: usize = super::super::staff::transfer::LARGEST_FILE + 64 * 1024;

/// A form with a file.
#[derive(Debug)]
pub struct Uploaded<P> {
    pub visit: Visit<P>,
    pub form: Form,
    /// What was chosen; empty where nothing was.
    pub file: Vec<u8>,
    /// When the request came in.
    pub since: Instant,
}

impl<P: Permission> FromRequest for Uploaded<P> {
    type Error = Turned;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Turned>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (ours, since) = (is_ours(request), Instant::now());
        let parts = Multipart::from_request(request, payload);
        let visit = Visit::<P>::from_request(request, &mut Payload::None);
        Box::pin(async move {
            if !ours {
                return Err(refused());
            }
            let visit = visit.await?;
            let parts = parts.await.map_err(|_| Problem::new(Kind::UnsupportedMediaType))?;
            // What is no form of this kind carries no word either.
            let unread = |problem: Problem| if problem.status == 400 { refused() } else { problem.into() };
            let (form, file) = read(parts).await.map_err(unread)?;
            if !bool::from(form.get(WORD).as_bytes().ct_eq(visit.word().as_bytes())) {
                return Err(refused());
            }
            Ok(Self { visit, form, file, since })
        })
    }
}

async fn read(mut parts: Multipart) -> Result<(Form, Vec<u8>), Problem> {
    let (mut fields, mut file, mut size) = (Vec::new(), Vec::new(), 0);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| Problem::new(Kind::MalformedBody))?;
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.content_disposition().is_some_and(|disposition| disposition.get_filename().is_some());
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| Problem::new(Kind::MalformedBody))?;
            size += chunk.len();
            if size > LARGEST {
                return Err(Problem::new(Kind::TooLarge).detail(format!("at most {LARGEST} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        if is_file {
            file = bytes;
        } else {
            let text = String::from_utf8(bytes).map_err(|_| Problem::new(Kind::MalformedBody))?;
            fields.push((name, text));
        }
    }
    Ok((Form::of(fields), file))
}
