//! The page of a figure: who confirmed it, and what it waits for.

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get, post};
use askama::Template;

use crate::domain::figure::FigureEntry;
use crate::domain::policy::Action;
use crate::domain::publication::Visibility;
use crate::domain::record::{Noun, State};
use crate::http::auth::{Publish, ReadFigures};
use crate::http::pages::form::Posted;
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::{Page, filters, moment, with};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;
use crate::store::{publicity, terms};

use super::records::seen;
use super::{shown, view as record};

pub const PAGES: &[Page] = &[with("POST", "/desk/figures/{id}/confirmation", Action::Publish)];

#[derive(Template)]
#[template(path = "desk/figure.html")]
struct Confirming<'a> {
    confirmed: Vec<(String, String)>,
    draft: bool,
    /// Whether the reader may confirm it, and has not yet.
    may: bool,
    action: String,
    word: &'a str,
    seen: i64,
}

/// The page of a figure.
#[get("/{id}")]
pub async fn view(
    visit: Visit<ReadFigures>,
    store: Data<Records>,
    path: RecordPath,
    request: HttpRequest,
) -> Result<Reply, Turned> {
    let id = path.get()?;
    let read = store.read(visit.actor(), move |session| {
        let found = record::read::<FigureEntry>(session, id)?;
        Ok((found, publicity::confirmations(session, id)?, terms::vocabulary(session.conn(), None)?))
    });
    let (found, confirmations, vocabulary) = read.await?;
    let version = &found.found.0.version;
    let draft = version.stamp.state == State::Active && version.body.visibility == Visibility::Draft;
    let own = confirmations.iter().any(|one| one.account == visit.actor().name);
    let rest = Confirming {
        confirmed: confirmations.into_iter().map(|one| (one.account, moment(one.confirmed_at))).collect(),
        draft,
        may: draft && !own && visit.may(Action::Publish),
        action: format!("{}/confirmation", shown::address(Noun::Figure, id)),
        word: visit.word(),
        seen: version.stamp.write,
    };
    let rest = rest.render().map_err(|why| {
        tracing::error!(error = %why, "a page could not be written");
        Problem::new(Kind::Internal)
    })?;
    let ways = (Vec::new(), Vec::new());
    record::page::<FigureEntry, _>(&visit, found, &vocabulary, request.query_string(), "Figure", ways, rest)
}

/// Confirms a figure as it was seen.
#[post("/{id}/confirmation")]
pub async fn confirm(posted: Posted<Publish>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let Posted { visit, form } = posted;
    let (id, seen, actor) = (path.get()?, seen(&form)?, visit.actor());
    store.run(move |store| store.write(&actor, "figure.confirm", move |tx| publicity::confirm(tx, id, seen))).await?;
    Ok(on(&format!("/desk/figures/{id}?done=confirmed")))
}

/// The pages, below the address of figures.
pub fn services(config: &mut ServiceConfig) {
    config.service(confirm).service(view);
}
