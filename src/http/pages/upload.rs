//! Files that are sent with a form. What holds for a form holds for them: from a page of ours, with the word of the session.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;

use super::super::auth::Permission;
use super::super::problem::{Kind, Problem};
use super::super::staff::transfer::LARGEST_FILE;
use super::super::state::Records;
use super::carried;
use super::form::{Arrived, Form, Late, Posted, entered, is_ours, refused};
use super::turned::Turned;
use super::visit::Visit;

/// The largest upload, in bytes: somewhat more than the largest file that is imported, so that rows that are a little too many
/// come back in their form.
pub const LARGEST: usize = LARGEST_FILE + 1024 * 1024;
/// Where uploads are sent.
pub const ADDRESS: &str = "/desk/import";

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

/// A form with a file that came in. One from an earlier session comes without its file, which no page can choose anew.
#[derive(Debug)]
pub enum Brought<P> {
    Sent(Uploaded<P>),
    Late(Late<P>),
}

impl<P: Permission> FromRequest for Brought<P> {
    type Error = Turned;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Turned>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let since = Instant::now();
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            // From the page that asked to sign in.
            let arrived = Arrived::<P>::read(request, payload, carried::most(LARGEST));
            return Box::pin(async move {
                Ok(match arrived.await? {
                    Arrived::Sent(Posted { visit, form }) => {
                        Self::Sent(Uploaded { visit, form, file: Vec::new(), since })
                    }
                    Arrived::Late(late) => Self::Late(late),
                })
            });
        }
        let (ours, records) = (is_ours(request), request.app_data::<Data<Records>>().cloned());
        let path = request.path().to_owned();
        let entered = entered::<P>(request);
        let parts = Multipart::from_request(request, payload);
        let visit = Visit::<P>::from_request(request, &mut Payload::None);
        Box::pin(async move {
            if !ours {
                return Err(refused());
            }
            let records = records.ok_or(Kind::Internal)?;
            entered.await?;
            let parts = parts.await.map_err(|_| Problem::new(Kind::UnsupportedMediaType))?;
            // What is no form of this kind carries no word either.
            let unread = |problem: Problem| if problem.status == 400 { refused() } else { problem.into() };
            let (form, file) = read(parts).await.map_err(unread)?;
            Ok(match Arrived::tell(&records, visit.await, form, &path).await? {
                Arrived::Sent(Posted { visit, form }) => Self::Sent(Uploaded { visit, form, file, since }),
                Arrived::Late(late) => Self::Late(late),
            })
        })
    }
}

fn too_large() -> Problem {
    let most = LARGEST_FILE / 1024 / 1024;
    let why = format!("Nothing of it was read: a file and pasted rows take at most {most} MiB. Import them in parts");
    Problem::new(Kind::TooLarge).detail(why)
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
                return Err(too_large());
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
