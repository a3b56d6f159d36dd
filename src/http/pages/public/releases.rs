//! What was released: every release, and one with its tables, signed figures and signature.

use actix_web::get;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::domain::count::Bounded;
use crate::domain::disclosure;
use crate::domain::record::Instant;
use crate::domain::release::content::{Content, SignedFigure, Table};
use crate::domain::release::cube;
use crate::domain::series;
use crate::http::pages::here::link;
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::answers;
use crate::http::public::shelf::{Shelf, Snapshot, Standing};
use crate::http::public::support::Support;
use crate::http::reply::Reply;
use crate::http::state::Records;

use super::beside::Beside;
use super::say;
use super::tables::{self, Download, Shows};

/// A release in the list.
struct Line {
    path: String,
    id: String,
    title: String,
    publisher: String,
    day: String,
    tables: usize,
    figures: usize,
    notice: Option<String>,
    withdrawn: bool,
    /// What changed since the one before it.
    changes: Option<String>,
}

#[derive(Template)]
#[template(path = "public/releases.html")]
struct Releases {
    lines: Vec<Line>,
}

/// The release that stood before this one.
pub fn before<'s>(snapshot: &'s Snapshot, id: &str) -> Option<&'s Content> {
    snapshot.contents().skip_while(|content| content.id != id).nth(1)
}

fn line(snapshot: &Snapshot, standing: &Standing) -> Line {
    let view = &standing.view;
    let earlier = standing.content.as_ref().and_then(|content| before(snapshot, &content.id));
    Line {
        path: format!("/releases/{}", view.id),
        id: view.id.clone(),
        title: say::title(&view.title),
        publisher: view.publisher.clone(),
        day: say::day(view.date),
        tables: view.tables.len(),
        figures: view.figures.len(),
        notice: view.notice.clone(),
        withdrawn: view.withdrawn,
        changes: earlier.map(|earlier| format!("/releases/{}/changes?since={}", view.id, earlier.id)),
    }
}

/// The list.
#[get("/releases")]
pub async fn list(shelf: Data<Shelf>) -> Result<Reply, Turned> {
    let snapshot = shelf.now()?;
    let content = Releases { lines: snapshot.releases.iter().map(|standing| line(&snapshot, standing)).collect() };
    Ok(super::shown(phrases::t("Releases"), None, &content, disclosure::about_releases)?)
}

/// A declared table.
struct Declared {
    code: String,
    title: String,
    shows: Shows,
    downloads: Vec<Download>,
    explore: String,
}

/// A figure that the release signs.
struct Signed {
    name: String,
    href: String,
    published: String,
    computed: String,
    status: &'static str,
    class: &'static str,
    /// What others say of the same day, in words.
    contested: Option<String>,
}

#[derive(Template)]
#[template(path = "public/release.html")]
struct Page {
    line: Line,
    as_of: String,
    published_at: Instant,
    persons: u32,
    signatures: u8,
    hash: String,
    signature: String,
    public_key: String,
    tables: Vec<Declared>,
    figures: Vec<Signed>,
}

fn declared(snapshot: &Snapshot, content: &Content, table: &Table) -> Declared {
    let address = |suffix: &str| {
        let question = match suffix {
            "svg" if say::language().code() != "en" => "?lang=ru",
            "csv" => "?flavour=spreadsheet",
            _ => "",
        };
        format!("/api/v1/releases/{}/tables/{}.{suffix}{question}", content.id, table.code)
    };
    Declared {
        code: table.code.clone(),
        title: say::title(&table.title),
        shows: tables::shows(snapshot, content, table, cube::question(table)),
        downloads: tables::downloads(table, address),
        explore: link(&format!("/explore?release={}&{}", content.id, cube::question(table))),
    }
}

/// A signed figure beside what was published.
fn signed(beside: Beside<'_>, content: &Content, figure: &SignedFigure) -> Signed {
    let value = Bounded { value: figure.value, qualifier: figure.qualifier };
    let found = beside.published.figures.iter().find(|found| found.version.code == figure.id);
    let built = found.is_some_and(|found| beside.published.built_from.contains(&found.version.id));
    let standing = say::standing(value, &Support::released((content, figure), built), true);
    let (publication, name) = figure.id.split_once(':').unwrap_or(("", &figure.id));
    Signed {
        name: say::figure(name),
        href: format!("{}#{name}", link(&format!("/publications/{publication}"))),
        published: say::bounded(value),
        computed: say::count(figure.computed),
        status: standing.status,
        class: standing.class,
        contested: found.and_then(|found| beside.contested(found)).map(|contested| contested.short()),
    }
}

/// One release.
#[get("/releases/{id}")]
pub async fn show(records: Data<Records>, shelf: Data<Shelf>, id: Path<String>) -> Result<Reply, Turned> {
    let (published, snapshot) = super::all(&records, &shelf).await?;
    let series = series::series(published.points());
    let beside = Beside { snapshot: &snapshot, published: &published, series: &series };
    let standing = answers::standing(&snapshot, &id)?;
    let (view, content) = (&standing.view, standing.content.as_ref());
    let page = Page {
        line: line(&snapshot, standing),
        as_of: say::day(view.as_of),
        published_at: Instant::new(view.published_at),
        persons: view.persons,
        signatures: view.signatures,
        hash: view.hash.clone(),
        signature: view.signature.clone(),
        public_key: view.public_key.clone(),
        tables: content.map_or_else(Vec::new, |content| {
            content.tables.iter().map(|table| declared(&snapshot, content, table)).collect()
        }),
        figures: content.map_or_else(Vec::new, |content| {
            content.figures.iter().map(|figure| signed(beside, content, figure)).collect()
        }),
    };
    let title = say::title(&view.title);
    let above = Some(("/releases", phrases::t("Releases")));
    Ok(super::shown(&title, above, &page, disclosure::about_releases)?)
}
