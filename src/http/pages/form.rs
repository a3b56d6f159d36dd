//! Forms. One that was sent by a page of another site is refused, and where somebody is signed in every form carries a word that
//! only our own pages know. A form that comes too late, after its session has ended, is never lost and never done: it is shown
//! again with all that was typed, after signing in where that is needed.

use std::cell::RefCell;
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
use super::carried::{self, CARRIED, TO};
use super::turned::Turned;
use super::visit::Visit;
use super::{room, upload};
use crate::domain::policy::Action;

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

    /// Those of its fields that have one of these names and hold something.
    pub fn only(&self, names: &[&str]) -> Self {
        let named = |(name, value): &&(String, Zeroizing<String>)| names.contains(&name.as_str()) && !value.is_empty();
        Self(self.0.iter().filter(named).cloned().collect())
    }

    /// Tells this form from others, for sending it twice.
    pub fn hash(&self, noun: &str) -> String {
        hashed(noun, self.pairs())
    }

    /// Whether somebody typed or chose something in it: what our pages put into it themselves is nothing.
    pub fn holds_anything(&self) -> bool {
        let own = [WORD, "once", "seen"];
        self.pairs().any(|(name, value)| !own.contains(&name) && !value.trim().is_empty())
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

/// Tells what was typed from other things. Fields that were left empty, and how lines end, make no difference: a form that is
/// shown again has more of the one and other ends.
pub fn hashed<'f>(noun: &str, pairs: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let mut hash = Sha256::new().chain_update(noun);
    for (name, value) in pairs.filter(|(name, value)| *name != WORD && !value.trim().is_empty()) {
        let value = Zeroizing::new(value.replace("\r\n", "\n"));
        hash = hash.chain_update([0]).chain_update(name).chain_update([1]).chain_update(value.trim());
    }
    hex(&hash.finalize())
}

/// The largest form, in bytes as it is sent: some times what its fields take, in a script of which every letter is sent as six. So
/// it is the fields that say what is too long, with everything in the form.
pub const LARGEST: usize = 1024 * 1024;

fn too_large() -> Turned {
    let most = LARGEST / 1024;
    let why = format!(
        "Nothing of it was read: a form takes at most {most} KiB. Send the text in parts, and many records as a file"
    );
    Problem::new(Kind::TooLarge).detail(why).into()
}

/// Reads a form, or one that was carried in at most so many bytes.
async fn body(payload: <web::Payload as FromRequest>::Future, carried: usize) -> Result<Form, Turned> {
    let payload = payload.await.map_err(|_| Problem::new(Kind::MalformedBody))?;
    match payload.to_bytes_limited(carried).await {
        Ok(Ok(bytes)) => {
            let form = Form::read(&bytes);
            let fits = bytes.len() <= LARGEST || !form.get(CARRIED).is_empty();
            if fits { Ok(form) } else { Err(too_large()) }
        }
        Ok(Err(_)) => Err(Problem::new(Kind::MalformedBody).into()),
        Err(_) => Err(too_large()),
    }
}

tokio::task_local! {
    static SENT: RefCell<Form>;
}

/// Answers one request, and remembers until then what its form held: a failure gives that back.
pub async fn remembering<T>(answer: impl Future<Output = T>) -> T {
    SENT.scope(RefCell::default(), answer).await
}

/// What the form of this request held; nothing where it had none, or where it held secrets.
pub fn sent() -> Form {
    SENT.try_with(|sent| sent.borrow().clone()).unwrap_or_default()
}

fn remember(form: &Form, action: Action) {
    // What one changes one's own access with is typed anew.
    if action != Action::KeepOwnAccount {
        keep(form);
    }
}

fn keep(form: &Form) {
    // Nothing to remember it for where no page is answered.
    let _ = SENT.try_with(|sent| form.clone_into(&mut sent.borrow_mut()));
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
    let mut problem = Problem::new(Kind::Forbidden).detail("It does not come from a page of ours that is open now.");
    problem.title = "The form was not accepted";
    problem.into()
}

/// Takes a place for a form, where it needs one. Who is signed in needs none.
pub fn entered<P: Permission>(request: &HttpRequest) -> impl Future<Output = Result<(), Turned>> + use<P> {
    let visit = Visit::<P>::from_request(request, &mut Payload::None);
    room::enter(request.clone(), async { visit.await.is_ok() })
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
        let entered = room::enter(request.clone(), async { false });
        let bytes = web::Payload::from_request(request, payload);
        Box::pin(async move {
            if !ours {
                return Err(refused());
            }
            let records = records.ok_or(Kind::Internal)?;
            entered.await?;
            let form = body(bytes, carried::most(upload::LARGEST)).await?;
            // Whatever hinders signing in, the form that waits for it goes on waiting.
            keep(&form.only(&[TO, CARRIED]));
            records.run(|store| store.must_be_open()).await?;
            Ok(Self { form })
        })
    }
}

/// A form of somebody who is signed in, from a page of ours.
#[derive(Debug)]
pub struct Posted<P> {
    pub visit: Visit<P>,
    pub form: Form,
}

/// A form of somebody who is signed in, which comes from a session before this one: to be shown again, and not to be done.
#[derive(Debug)]
pub struct Late<P> {
    pub visit: Visit<P>,
    pub form: Form,
}

/// A form that came in.
#[derive(Debug)]
pub enum Arrived<P> {
    Sent(Posted<P>),
    Late(Late<P>),
}

impl<P: Permission> Arrived<P> {
    /// Tells a form of this session from one of an earlier session.
    ///
    /// # Errors
    /// The way to sign in, with all that was typed, where there is no session or one that may not do this; a refusal where
    /// nothing was typed.
    pub async fn tell(
        records: &Records,
        visit: Result<Visit<P>, Turned>,
        form: Form,
        path: &str,
    ) -> Result<Self, Turned> {
        let form = match form.get(CARRIED) {
            "" => form,
            sealed => {
                remember(&form.only(&[CARRIED]), P::ACTION);
                carried::open(records, path, sealed)?
            }
        };
        remember(&form, P::ACTION);
        let visit = match visit {
            Ok(visit) => visit,
            Err(why) => return Err(carried::turned(records, why, &form, path, P::ACTION)),
        };
        if bool::from(form.get(WORD).as_bytes().ct_eq(visit.word().as_bytes())) {
            return Ok(Self::Sent(Posted { visit, form }));
        }
        if form.holds_anything() { Ok(Self::Late(Late { visit, form })) } else { Err(refused()) }
    }

    /// Reads a form that was carried in at most so many bytes where it was.
    pub fn read(request: &HttpRequest, payload: &mut Payload, carried: usize) -> Extracted<Self> {
        let (ours, records) = (is_ours(request), request.app_data::<Data<Records>>().cloned());
        let path = request.path().to_owned();
        let entered = entered::<P>(request);
        let bytes = web::Payload::from_request(request, payload);
        let visit = Visit::<P>::from_request(request, &mut Payload::None);
        Box::pin(async move {
            if !ours {
                return Err(refused());
            }
            let records = records.ok_or(Kind::Internal)?;
            entered.await?;
            // What comes from the page that asked to sign in holds it sealed, beside what one signs in with.
            let form = body(bytes, carried).await?;
            Self::tell(&records, visit.await, form, &path).await
        })
    }
}

impl<P: Permission> FromRequest for Arrived<P> {
    type Error = Turned;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Self::read(request, payload, carried::most(LARGEST))
    }
}

impl<P: Permission> FromRequest for Posted<P> {
    type Error = Turned;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let path = request.path().to_owned();
        let arrived = Arrived::<P>::from_request(request, payload);
        Box::pin(async move {
            match arrived.await? {
                Arrived::Sent(posted) => Ok(posted),
                // A form of buttons alone: where it stands is told, and it is pressed there.
                Arrived::Late(_) => Err(Turned::Late(path)),
            }
        })
    }
}
