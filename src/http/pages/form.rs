//! Forms. One that was sent by a page of another site is refused, and where somebody is signed in every form carries a word that
//! only our own pages know.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Data};
use actix_web::{FromRequest, HttpRequest};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::store::chain::hex;

use super::super::auth::Permission;
use super::super::problem::{Kind, Problem};
use super::super::state::Records;
use super::turned::Turned;
use super::visit::Visit;

/// The hidden field that our own pages send along.
pub const WORD: &str = "csrf";

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Turned>>>>;

/// The fields of a form.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, Zeroizing<String>)>);

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form")
    }
}

impl Form {
    /// Reads a body. A field that is given twice counts once, as it was first.
    fn read(bytes: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(bytes);
        Self(pairs.map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned()))).collect())
    }

    /// A form of these fields.
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect())
    }

    /// The value of a field; nothing where it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.as_str())
    }

    /// Tells this form from others, for sending it twice.
    pub fn hash(&self, noun: &str) -> String {
        let mut hash = Sha256::new().chain_update(noun);
        for (name, value) in self.pairs().filter(|(name, _)| *name != WORD) {
            hash = hash.chain_update([0]).chain_update(name).chain_update([1]).chain_update(value);
        }
        hex(&hash.finalize())
    }

    /// Every field, in the order in which it was sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The values of a field that may be there several times.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The largest form, in bytes: all personal text of a person, in a script of which every letter is sent as six.
const LARGEST: usize = 256 * 1024;

async fn body(payload: <web::Payload as FromRequest>::Future) -> Result<Form, Turned> {
    let payload = payload.await.map_err(|_| Problem::new(Kind::MalformedBody))?;
    match payload.to_bytes_limited(LARGEST).await {
        Ok(Ok(bytes)) => Ok(Form::read(&bytes)),
        Ok(Err(_)) => Err(Problem::new(Kind::MalformedBody).into()),
        Err(_) => Err(Problem::new(Kind::TooLarge).into()),
    }
}

/// Whether our own page has sent this, as far as the browser says (Fetch Metadata; `Origin` where it has none).
pub fn is_ours(request: &HttpRequest) -> bool {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("-"));
    if let Some(site) = text("Sec-Fetch-Site") {
        return site == "same-origin";
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    host.is_some() && host == text(header::HOST.as_str())
}

/// What a form is refused with that is none of ours.
pub fn refused() -> Turned {
    let why = "It is not from your session as it is now. Go back, copy what you typed, and open the page anew.";
    let mut problem = Problem::new(Kind::Forbidden).detail(why);
    problem.title = "The form was not accepted";
    problem.into()
}

/// A form of somebody who has no session yet.
#[derive(Debug)]
pub struct Stranger {
    pub form: Form,
}

impl FromRequest for Stranger {
    type Error = Turned;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (ours, records) = (is_ours(request), request.app_data::<Data<Records>>().cloned());
        let bytes = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !ours {
                return Err(refused());
            }
            let records = records.ok_or(Kind::Internal)?;
            records.run(|store| store.must_be_open()).await?;
            Ok(Self { form: body(bytes).await? })
        })
    }
}

/// A form of somebody who is signed in, from a page of ours.
#[derive(Debug)]
pub struct Posted<P> {
    pub visit: Visit<P>,
    pub form: Form,
}

impl<P: Permission> FromRequest for Posted<P> {
    type Error = Turned;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let ours = is_ours(request);
        let bytes = web::Payload::from_request(request, payload);
        let visit = Visit::<P>::from_request(request, &mut Payload::None);
        Box::pin(async move {
            if !ours {
                return Err(refused());
            }
            let visit = visit.await?;
            let form = body(bytes).await?;
            if !bool::from(form.get(WORD).as_bytes().ct_eq(visit.word().as_bytes())) {
                return Err(refused());
            }
            Ok(Self { visit, form })
        })
    }
}
