//! What is promised and what is not, and how to read the figures.

use actix_web::get;
use actix_web::web::Data;
use askama::Template;

use crate::domain::disclosure;
use crate::domain::release::content::PERSONS;
use crate::http::documentation::ADDRESS;
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::shelf::Shelf;
use crate::http::reply::Reply;

#[derive(Template)]
#[template(path = "public/about.html")]
struct About {
    /// Below what a number is withheld: by the newest release, or as usual where there is none.
    fewer: String,
    docs: &'static str,
}

/// The page.
#[get("/about")]
pub async fn show(shelf: Data<Shelf>) -> Result<Reply, Turned> {
    let snapshot = shelf.now()?;
    let persons = snapshot.newest().map_or(PERSONS, |(_, content)| content.persons);
    let fewer = phrases::say("Behind every number from case files stand {} people or more.", &[&persons]);
    let page = About { fewer, docs: ADDRESS };
    Ok(super::shown(phrases::t("About these figures"), None, &page, disclosure::about_releases)?)
}
