//! The first page: what the newest large publication says, what was published when, and where publications disagree.

use actix_web::get;
use actix_web::web::Data;
use askama::Template;

use crate::domain::disclosure::{self, PublishedDocument};
use crate::domain::figure::Figure;
use crate::domain::release::content::Content;
use crate::domain::release::cube;
use crate::exchange::formats::words;
use crate::http::documentation::ADDRESS;
use crate::http::pages::here::link;
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::series as charts;
use crate::http::public::shelf::{Shelf, Snapshot};
use crate::http::public::support::signed;
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::published::{Found, Published};

use super::bars::Bars;
use super::beside::Beside;
use super::breakdown::breakdowns;
use super::charts::{Chart, Disagreement, chart, disagreements};
use super::say::{self, Standing};
use super::tables::{self, Shows};

/// A headline figure.
struct Headline {
    qualifier: &'static str,
    value: String,
    name: String,
    population: String,
    href: String,
    standing: Standing,
    /// What others say of the same day, in words.
    contested: Option<String>,
}

/// The publication that the figures are of.
struct Source {
    publisher: String,
    day: String,
    href: String,
    address: String,
}

#[derive(Template)]
#[template(path = "public/front.html")]
struct Front {
    source: Option<Source>,
    headlines: Vec<Headline>,
    breakdowns: Vec<Bars>,
    chart: Option<Chart>,
    disagreements: Vec<Disagreement>,
    release: Option<(String, String, String)>,
    /// The first table of the release, where there are no publications.
    table: Option<(String, Shows)>,
    docs: &'static str,
}

/// The publication to begin with: of which releases that stand sign most figures; else the one with most, and of several the
/// newest.
fn largest<'d, 'p>(
    snapshot: &Snapshot,
    published: &Published,
    documents: &'d [PublishedDocument<'p>],
) -> Option<&'d PublishedDocument<'p>> {
    let weight = |document: &&PublishedDocument<'_>| {
        let own: Vec<_> = published.figures_of(document).collect();
        let signed = own.iter().filter(|found| signed(snapshot, found).is_some()).count();
        (signed, own.len(), document.publication().body.published_on)
    };
    documents.iter().filter(|document| published.figures_of(document).next().is_some()).max_by_key(weight)
}

/// The newest release that stands and signs one of these figures; the newest of all where there are no figures.
fn release_of<'s>(snapshot: &'s Snapshot, figures: &[&Found<Figure>]) -> Option<&'s Content> {
    let signs = |content: &&Content| {
        figures.is_empty()
            || content.figures.iter().any(|signed| figures.iter().any(|found| found.version.code == signed.id))
    };
    snapshot.contents().find(signs)
}

/// The figures that are not parts of a breakdown, and the largest part of each.
fn chosen<'f>(own: &[&'f Found<Figure>]) -> Vec<&'f Found<Figure>> {
    let largest = |found: &Figure| {
        let parts = own.iter().map(|other| &other.version.body);
        let parts = parts.filter(|other| other.breakdown == found.breakdown && other.parent == found.parent);
        parts.map(|part| part.value.value).max() == Some(found.value.value)
    };
    let is_chosen = |found: &&&Found<Figure>| found.version.body.breakdown.is_none() || largest(&found.version.body);
    own.iter().filter(is_chosen).copied().collect()
}

fn headline(beside: Beside<'_>, publication: &str, found: &Found<Figure>) -> Headline {
    let figure = &found.version.body;
    Headline {
        qualifier: say::qualifier(figure.value.qualifier),
        value: words::number(figure.value.value),
        name: say::figure(&figure.name),
        population: figure.population.clone(),
        href: format!("{}#{}", link(&format!("/publications/{publication}")), figure.name),
        standing: beside.standing(found),
        contested: beside.contested(found).map(|contested| contested.short()),
    }
}

/// The page.
#[get("/")]
pub async fn show(records: Data<Records>, shelf: Data<Shelf>) -> Result<Reply, Turned> {
    let (published, snapshot) = super::all(&records, &shelf).await?;
    let documents = published.documents();
    let first = largest(&snapshot, &published, &documents);
    let own: Vec<_> = first.map(|document| published.figures_of(document).collect()).unwrap_or_default();
    let code = first.map(|document| document.publication().code.as_str()).unwrap_or_default();
    let source = first.map(|document| {
        let body = &document.publication().body;
        Source {
            publisher: body.publisher.clone(),
            day: say::day(body.published_on),
            href: link(&format!("/publications/{code}")),
            address: body.address.clone(),
        }
    });
    let series = charts::of(&published, None)?;
    let drawn = charts::longest(&series).filter(|series| series.points.len() > 1).map(chart);
    let newest = snapshot.newest();
    let beside = Beside { snapshot: &snapshot, published: &published, series: &series };
    let release = release_of(&snapshot, &own).and_then(|content| {
        let title = say::title(&snapshot.release(&content.id)?.view.title);
        Some((link(&format!("/releases/{}", content.id)), content.id.clone(), title))
    });
    let title = release.as_ref().map(|(_, _, title)| title.clone());
    let content = Front {
        headlines: chosen(&own).into_iter().map(|found| headline(beside, code, found)).collect(),
        breakdowns: breakdowns(code, &own, beside),
        chart: drawn,
        disagreements: disagreements(&series),
        table: newest.filter(|_| source.is_none()).and_then(|(_, content)| {
            let table = content.tables.first()?;
            Some((say::title(&table.title), tables::shows(&snapshot, content, table, cube::question(table))))
        }),
        source,
        release,
        docs: ADDRESS,
    };
    let empty = if content.source.is_some() { "Figures" } else { "Nothing is published yet" };
    let title = title.unwrap_or_else(|| phrases::t(empty).to_owned());
    let disclose = |page| match newest {
        Some((_, content)) if documents.is_empty() => disclosure::of_release(content, page),
        _ => disclosure::to_anybody(&documents, page),
    };
    Ok(super::shown(&title, None, &content, disclose)?)
}
