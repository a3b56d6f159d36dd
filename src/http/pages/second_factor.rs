//! A new second factor in the place of one's own: offered on showing passphrase and code, taken on showing a code of the new one.

use actix_web::http::header;
use actix_web::post;
use actix_web::web::Data;
use askama::Template;
use data_encoding::BASE64URL_NOPAD;

use crate::store::sign_in::{self, Proved};

use super::super::auth::KeepOwnAccount;
use super::super::reply::Reply;
use super::super::state::Records;
use super::account::{Changed, not_proved};
use super::cookies::Cookie;
use super::enrol::{app_address, code_field};
use super::form::Posted;
use super::here::link;
use super::parts::{Field, Notice};
use super::sign_in::{Door, on};
use super::turned::Turned;
use super::words::t;
use super::{below, filters};
use crate::http::problem::{Kind, Problem};

#[derive(Template)]
#[template(path = "own/offer.html")]
struct Offer<'a> {
    notice: Option<Notice>,
    code: Field,
    word: &'a str,
    secret: &'a str,
    address: &'a str,
    offered: &'a str,
}

/// Offers a new second factor.
#[post("/account/second-factor")]
pub async fn offer(posted: Posted<KeepOwnAccount>, door: Door) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let proof = door.prove(visit.who(), form.get("passphrase"), form.get("code")).await?;
    let (actor, session) = (visit.actor(), visit.found.id);
    let offered = door.records.run(move |store| sign_in::offer_second_factor(store, &actor, proof, session)).await?;
    let offered = match offered {
        Proved::Done(offered) => offered,
        other => return not_proved(&visit, &door, Changed::SecondFactor, other, &form).await,
    };
    let secret = offered.factor.show();
    let content = Offer {
        notice: None,
        code: code_field(t("The code that the app shows now for the new key")),
        word: visit.word(),
        secret: &secret,
        address: &app_address(&visit.found.account.name, &secret),
        offered: &BASE64URL_NOPAD.encode(&offered.sealed),
    };
    let above = link("/account");
    Ok(below(visit.permit(), t("New second factor"), Some((&above, t("Your account"))), &content)?)
}

/// Takes it. One signs in again with it.
#[post("/account/second-factor/confirmation")]
pub async fn confirm(posted: Posted<KeepOwnAccount>, records: Data<Records>) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let sealed = BASE64URL_NOPAD.decode(form.get("offered").as_bytes()).unwrap_or_default();
    let (actor, session, code) = (visit.actor(), visit.found.id, form.get("code").to_owned());
    let taken = records
        .run(move |store| {
            let factor = sign_in::offered(store, session, &sealed)?;
            sign_in::take_second_factor(store, &actor, factor, &code, session)
        })
        .await?;
    if !taken {
        let problem = Problem::new(Kind::Invalid).detail("The code is not one of the new second factor. Begin again.");
        return Err(problem.into());
    }
    Ok(on("/sign-in").header(header::SET_COOKIE, visit.jar.remove(Cookie::Session)))
}
