//! Pages for people: every route once. No page runs a script.

use actix_web::web::ServiceConfig;
use actix_web::{HttpRequest, get};

use crate::domain::disclosure;
use crate::domain::policy::Action;
use crate::domain::record::Instant;

use super::problem::{Kind, Problem};
use super::reply::Reply;

pub mod account;
pub mod carried;
pub mod cookies;
pub mod enrol;
pub mod filters;
pub mod form;
pub mod frame;
pub mod here;
pub mod offered;
pub mod parts;
pub mod room;
pub mod second_factor;
pub mod sign_in;
pub mod turned;
pub mod typed;
pub mod upload;
pub mod visit;
pub mod words;

/// What staff do with records.
pub mod desk;
/// What publishers, admins and auditors do.
pub mod office;
/// What anybody reads.
pub mod public;
/// What researchers ask.
pub mod research;

pub use frame::{below, open_page, page};

/// A route of a page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub method: &'static str,
    /// With its parts in braces.
    pub path: &'static str,
    /// What a session must allow; none where one has no session yet.
    pub action: Option<Action>,
}

/// A page for those who may do this.
const fn with(method: &'static str, path: &'static str, action: Action) -> Page {
    Page { method, path, action: Some(action) }
}

const fn open(method: &'static str, path: &'static str) -> Page {
    Page { method, path, action: None }
}

const fn own(method: &'static str, path: &'static str) -> Page {
    Page { method, path, action: Some(Action::KeepOwnAccount) }
}

/// The routes of pages, by what they are for. A new page is a line in one of these, and one in the services beside it.
const GROUPS: &[&[Page]] = &[OWN, public::PAGES, research::PAGES];

/// Every route of a page, and of what pages are made of.
pub fn routes() -> impl Iterator<Item = &'static Page> {
    GROUPS.iter().chain(desk::GROUPS).chain(office::GROUPS).copied().flatten()
}

/// One's own account, and the way to it.
const OWN: &[Page] = &[
    open("GET", "/assets/{name}"),
    open("GET", "/leave"),
    open("GET", "/sign-in"),
    open("POST", "/sign-in"),
    open("GET", "/enrol/{token}"),
    open("POST", "/enrol/{token}"),
    own("GET", "/account"),
    own("POST", "/account/notice"),
    own("POST", "/account/passphrase"),
    own("POST", "/account/second-factor"),
    own("POST", "/account/second-factor/confirmation"),
    own("POST", "/account/recovery-codes"),
    own("POST", "/account/tokens"),
    own("POST", "/account/tokens/{id}/revocation"),
    own("POST", "/account/sessions/{id}/end"),
    own("POST", "/sign-out"),
];

/// Whether a route is a page's.
pub fn is_page(path: &str) -> bool {
    routes().any(|page| page.path == path)
}

/// The services of [`routes`].
pub fn services(config: &mut ServiceConfig) {
    config
        .service(asset)
        .service(sign_in::show)
        .service(sign_in::sign_in)
        .service(sign_in::sign_out)
        .service(sign_in::leave)
        .service(enrol::show)
        .service(enrol::enrol)
        .service(account::show)
        .service(account::read_notice)
        .service(account::change_passphrase)
        .service(account::new_recovery_codes)
        .service(account::make_token)
        .service(account::revoke_token)
        .service(account::end_session)
        .service(second_factor::offer)
        .service(second_factor::confirm)
        .configure(public::services)
        .configure(desk::services)
        .configure(office::services)
        .configure(research::services);
}

/// The style sheet and the sign in the tab, under addresses that change with them.
#[get("/assets/{name}")]
pub async fn asset(request: HttpRequest) -> Result<Reply, Problem> {
    let (text, media) = frame::asset(request.path()).ok_or_else(|| Problem::new(Kind::NotFound))?;
    Ok(Reply::asset(&disclosure::about_ourselves(text), media))
}

/// A moment, as the organisation's clock has it.
pub fn moment(at: Instant) -> String {
    at.0.with_timezone(&here::here().zone).format("%Y-%m-%d %H:%M %Z").to_string()
}
