//! What anybody reads: figures, publications, releases, the codebook, and what is promised. The pages read what the public API
//! reads, look at no session, and are the same for everybody.

use actix_web::web::{Data, ServiceConfig};
use askama::Template;

use crate::domain::disclosure::Disclosed;
use crate::http::problem::Problem;
use crate::http::public::figures::published;
use crate::http::public::shelf::{Shelf, Snapshot};
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::published::Published;

use super::frame::{Sheet, write};
use super::{Page, open};

/// What is promised, and what is not.
mod about;
/// The release that told a number.
mod as_of;
/// A table whose bars are its chart.
pub mod bars;
/// What stands beside a number.
mod beside;
/// What a number is divided into.
mod breakdown;
/// What differs between two releases.
mod changes;
/// What was published when.
mod charts;
/// The words that releases use.
mod codebook;
/// How to ask for the same by a programme.
mod copy;
/// A question of one's own to a release.
mod explore;
/// The first page.
mod front;
/// One document and its figures, held against what was released.
mod publication;
/// What was published, and when.
mod publications;
/// What was released.
mod releases;
/// What is said of figures and counts.
mod say;
/// Tables of releases.
mod tables;

/// The routes.
pub const PAGES: &[Page] = &[
    open("GET", "/"),
    open("GET", "/publications"),
    open("GET", "/publications/{id}"),
    open("GET", "/explore"),
    open("GET", "/releases"),
    open("GET", "/releases/{id}"),
    open("GET", "/releases/{id}/changes"),
    open("GET", "/codebook"),
    open("GET", "/about"),
];

/// The services of [`PAGES`].
pub fn services(config: &mut ServiceConfig) {
    config
        .service(front::show)
        .service(publications::show)
        .service(publication::show)
        .service(explore::show)
        .service(releases::list)
        .service(changes::show)
        .service(releases::show)
        .service(codebook::show)
        .service(about::show);
}

/// Everything that was published and that is released.
async fn all(records: &Records, shelf: &Data<Shelf>) -> Result<(Published, std::sync::Arc<Snapshot>), Problem> {
    Ok((published(records, None).await?, shelf.now()?))
}

/// A page for everybody.
fn shown<T: Template>(
    title: &str,
    above: Option<(&str, &str)>,
    content: &T,
    disclose: impl FnOnce(String) -> Disclosed<String>,
) -> Result<Reply, Problem> {
    Ok(Reply::html(&disclose(write(None, &Sheet { title, above, content })?)).public())
}
