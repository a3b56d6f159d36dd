//! What was published, and when: every document, and every figure that was published more than once.

use std::collections::BTreeSet;

use actix_web::get;
use actix_web::web::Data;
use askama::Template;

use crate::domain::disclosure::{self, PublishedDocument};
use crate::domain::series::Series;
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::figures::published;
use crate::http::public::series as all_series;
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::published::Published;

use super::beside::contested;
use super::charts::{Chart, chart};
use super::say;

/// How many figures of each are told in the list.
const FIRST: usize = 3;

/// A document.
struct Line {
    path: String,
    day: String,
    publisher: String,
    /// The first figures, in words, with what others say of the same day, and how many there are more.
    first: Vec<(String, Option<String>)>,
    more: usize,
}

#[derive(Template)]
#[template(path = "public/publications.html")]
struct Publications {
    lines: Vec<Line>,
    charts: Vec<Chart>,
    meanings: Vec<Meaning>,
}

/// What one word counted, where it counted different things in different publications.
struct Meaning {
    name: String,
    definition: String,
    region: String,
    /// What was published last, when, by whom, where.
    said: String,
    /// What others say of the same day, in words.
    contested: Option<String>,
    day: String,
    publisher: String,
    path: String,
}

/// The words that count different things. They are never held against each other.
fn meanings(all: &[Series<'_>]) -> Vec<Meaning> {
    let several = |series: &&Series<'_>| all.iter().filter(|other| other.key.name == series.key.name).count() > 1;
    let meaning = |series: &Series<'_>| {
        let point = series.points.last()?;
        let definition = series.key.population.map_or_else(|| say::definition(series.key.definition), str::to_owned);
        Some(Meaning {
            name: say::figure(series.key.name),
            definition,
            region: series.key.region.to_owned(),
            said: say::bounded(point.figure.body.value),
            contested: contested(all, point.figure.id).map(|contested| contested.short()),
            day: say::day(point.publication.body.published_on),
            publisher: point.publication.body.publisher.clone(),
            path: format!("/publications/{}", point.publication.code),
        })
    };
    all.iter().filter(several).filter_map(meaning).collect()
}

fn line(published: &Published, all: &[Series<'_>], document: &PublishedDocument<'_>) -> Line {
    let publication = document.publication();
    let own: Vec<_> = published.figures_of(document).collect();
    let said = own.iter().take(FIRST).map(|found| {
        let figure = &found.version.body;
        let said = format!("{}: {}", say::figure(&figure.name), say::bounded(figure.value));
        (said, contested(all, found.version.id).map(|contested| contested.short()))
    });
    Line {
        path: format!("/publications/{}", publication.code),
        day: say::day(publication.body.published_on),
        publisher: publication.body.publisher.clone(),
        first: said.collect(),
        more: own.len().saturating_sub(FIRST),
    }
}

/// The page.
#[get("/publications")]
pub async fn show(records: Data<Records>) -> Result<Reply, Turned> {
    let published = published(&records, None).await?;
    let documents = published.documents();
    let mut series = all_series::of(&published, None)?;
    let meanings = meanings(&series);
    let lines = documents.iter().rev().map(|document| line(&published, &series, document)).collect();
    series.retain(|series| {
        let days: BTreeSet<_> = series.points.iter().map(|point| point.publication.body.published_on).collect();
        days.len() > 1 || !series.conflicts.is_empty()
    });
    series.sort_by_key(|series| std::cmp::Reverse(series.points.len()));
    let content = Publications { lines, charts: series.iter().map(chart).collect(), meanings };
    let title = phrases::t("Publications");
    Ok(super::shown(title, None, &content, |page| disclosure::to_anybody(&documents, page))?)
}
