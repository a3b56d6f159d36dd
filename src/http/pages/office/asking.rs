//! The last question before a release is public: what becomes public, and that it cannot be undone.

use actix_web::get;
use actix_web::web::{Data, ServiceConfig};
use askama::Template;

use crate::domain::policy::Action;
use crate::domain::release::content::{Content, Table};
use crate::exchange::formats::words;
use crate::http::auth::Release as MakeReleases;
use crate::http::pages::frame::below;
use crate::http::pages::here::{self, link};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{Page, filters, with};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;
use crate::store::releases::{self as store, State};

use super::releases::title;

pub const PAGES: &[Page] = &[with("GET", "/desk/releases/{id}/publish", Action::Release)];

#[derive(Template)]
#[template(path = "office/publish.html")]
struct Asking<'a> {
    title: String,
    tables: Vec<String>,
    figures: Vec<String>,
    /// Why it cannot be published now, where it cannot.
    not_now: Option<String>,
    address: String,
    word: &'a str,
    seen: i64,
}

/// A table in words: what it is called, and how many of its numbers become public.
fn table(table: &Table) -> String {
    let shown = table.cells.iter().filter(|cell| cell.value.count().is_some()).count();
    let title = table.title.get(here::language().code()).or_else(|| table.title.get("en"));
    let title = title.map_or(table.code.as_str(), String::as_str);
    say("{}: numbers that become public: {}; withheld: {}", &[&title, &shown, &(table.cells.len() - shown)])
}

fn figures(content: &Content) -> Vec<String> {
    let figure = |figure: &crate::domain::release::content::SignedFigure| {
        let computed = words::count(figure.computed, here::language());
        say("{}: {}; what the records give: {}", &[&figure.id, &figure.value, &computed])
    };
    content.figures.iter().map(figure).collect()
}

/// Asks once more, or says why it cannot be published now.
#[get("/desk/releases/{id}/publish")]
pub async fn ask(visit: Visit<MakeReleases>, records: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let id = path.get()?;
    let read = move |records: &crate::store::database::Store| {
        records.look(|conn| {
            let release = store::get(conn, id)?;
            let missing = store::missing(conn, &release)?;
            Ok((release, missing))
        })
    };
    let (release, missing) = records.run(read).await?;
    let not_now = match (release.state, missing) {
        (State::Prepared, 0) => None,
        (State::Prepared, _) => Some(say("Signatures that are missing: {}.", &[&missing])),
        _ => Some(t("It was published or thrown away before.").to_owned()),
    };
    let address = format!("/desk/releases/{id}");
    let content = Asking {
        title: title(&release.content),
        tables: release.content.tables.iter().map(table).collect(),
        figures: figures(&release.content),
        not_now,
        address: link(&address),
        word: visit.word(),
        seen: release.version,
    };
    Ok(below(visit.permit(), t("Publish a release"), Some((&address, t("Release"))), &content)?)
}

/// The service.
pub fn services(config: &mut ServiceConfig) {
    config.service(ask);
}
