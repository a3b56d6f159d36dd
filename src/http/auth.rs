//! Who asks: the bearer token, and the permission that a handler names in its signature. There is no other way to a
//! caller. Where an operation takes no parameters, whoever may ask is refused any.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};

use crate::domain::policy::{self, Action, Actor, Permit};
use crate::store::accounts;

use super::documentation::parameters::TakesParameters;
use super::limits::Limits;
use super::problem::{Kind, Problem};
use super::request::Parameters;
use super::state::Records;

/// An action as a type.
pub trait Permission: 'static {
    const ACTION: Action;
}

macro_rules! permissions {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("[`Action::", stringify!($name), "`] as a type.")]
            #[derive(Debug)]
            pub struct $name;
            impl Permission for $name {
                const ACTION: Action = Action::$name;
            }
        )*
    };
}

permissions! {
    ReadCases WriteCases ReadFigures WriteFigures Publish ReadTerms WriteTerms ReadAggregates Reconcile ReconcileRecords
    ReadAudit ReadTexts Seal OpenSeals Erase ReadAccounts WriteAccounts ApproveAccounts KeepOwnAccount
    ReadReleases Release OwnJobs
}

/// Proof that the caller may do what the handler does.
#[derive(Debug)]
pub struct Allowed<P> {
    permit: Permit,
    permission: PhantomData<P>,
}

impl<P> Allowed<P> {
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    pub fn actor(&self) -> Actor {
        self.permit.actor().clone()
    }
}

impl<P: Permission> FromRequest for Allowed<P> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer(request);
        let records = request.app_data::<web::Data<Records>>().cloned();
        let limits = request.app_data::<web::Data<Limits>>().cloned();
        let takes_parameters = request.app_data::<web::Data<TakesParameters>>().cloned();
        let (path, method) = (request.match_pattern().unwrap_or_default(), request.method().clone());
        let parameters = Parameters::of(request);
        Box::pin(async move {
            let token = token.ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
            let records = records.ok_or_else(|| Problem::new(Kind::Internal))?;
            let limits = limits.ok_or_else(|| Problem::new(Kind::Internal))?;
            let takes_parameters = takes_parameters.ok_or_else(|| Problem::new(Kind::Internal))?;
            let found = records
                .run(move |store| {
                    let now = store.now();
                    let found = store.look(|conn| Ok(accounts::authenticate(conn, &token, now)?))?;
                    // Who may not ask at all is not told that the keyring is away.
                    found.as_ref().map_or(Ok(()), |_| store.must_be_open())?;
                    Ok(found)
                })
                .await?;
            let actor = found.ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
            limits.token(actor.account)?;
            let permit = policy::decide(&actor, P::ACTION).map_err(|denied| {
                let problem = Problem::from(denied);
                if actor.scopes.is_some() { problem.detail("the token may not do this") } else { problem }
            })?;
            takes_parameters.check(&path, method.as_str(), &parameters)?;
            Ok(Self { permit, permission: PhantomData })
        })
    }
}

/// The token of the `Authorization` header; no other place is looked at.
fn bearer(request: &HttpRequest) -> Option<String> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let alone = values.next().is_none();
    (alone && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim().to_owned())
}
