//! What was published, and when: every document, and every figure that was published more than once.

use actix_web::get;
use actix_web::web::Data;
use askama::Template;

use crate::domain::disclosure::{self, PublishedDocument};
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::figures::published;
use crate::http::public::series as charts;
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::published::Published;

use super::front::{Chart, chart};
use super::say;

/// A document.
struct Line {
    path: String,
    day: String,
    publisher: String,
    figures: usize,
    /// The first figures, in words.
    first: String,
}

#[derive(Template)]
#[template(path = "public/publications.html")]
struct Publications {
    lines: Vec<Line>,
    charts: Vec<Chart>,
}

fn line(published: &Published, document: &PublishedDocument<'_>) -> Line {
    let publication = document.publication();
    let own: Vec<_> = published.figures_of(document).collect();
    let said = own.iter().take(3).map(|found| {
        let figure = &found.version.body;
        format!("{}: {}", say::figure(&figure.name), say::bounded(figure.value))
    });
    Line {
        path: format!("/publications/{}", publication.code),
        day: say::day(publication.body.published_on),
        publisher: publication.body.publisher.clone(),
        figures: own.len(),
        first: said.collect::<Vec<_>>().join("; "),
    }
}

/// The page.
#[get("/publications")]
pub async fn show(records: Data<Records>) -> Result<Reply, Turned> {
    let published = published(&records, None).await?;
    let documents = published.documents();
    let mut series = charts::of(&published, None)?;
    series.retain(|series| series.points.len() > 1);
    series.sort_by_key(|series| std::cmp::Reverse(series.points.len()));
    let content = Publications {
        lines: documents.iter().rev().map(|document| line(&published, document)).collect(),
        charts: series.iter().map(chart).collect(),
    };
    let title = phrases::t("Publications");
    Ok(super::shown(title, None, &content, |page| disclosure::to_anybody(&documents, page))?)
}
