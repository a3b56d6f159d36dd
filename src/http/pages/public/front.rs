//! The first page: what the newest large publication says, what was published when, and where publications disagree.

use actix_web::get;
use actix_web::web::Data;
use askama::Template;

use crate::domain::disclosure::{self, PublishedDocument};
use crate::domain::figure::Figure;
use crate::domain::record::RecordId;
use crate::domain::series::{self, Series};
use crate::http::documentation::ADDRESS;
use crate::http::pages::here::link;
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::figures::signed;
use crate::http::public::series as charts;
use crate::http::public::shelf::{Shelf, Snapshot};
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::published::{Found, Published};

use super::bars::{Bar, Bars, Look};
use super::say::{self, Standing};

/// A headline figure.
struct Headline {
    qualifier: &'static str,
    value: String,
    name: String,
    population: String,
    href: String,
    standing: Option<Standing>,
}

/// The publication that the figures are of.
struct Source {
    publisher: String,
    day: String,
    href: String,
    address: String,
}

/// A day of which publications say different things.
pub struct Disagreement {
    pub name: String,
    pub day: String,
    /// In words, who said it, and where.
    pub said: Vec<(String, String, String)>,
    pub compatible: bool,
}

/// The chart of a series.
pub struct Chart {
    pub address: String,
    /// The same without its list, which stands beside it on a page.
    pub picture: String,
    pub name: String,
    pub definition: String,
    /// When, what, who, where.
    pub points: Vec<(String, String, String, String)>,
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
    docs: &'static str,
}

/// The publication to begin with: of which the newest release signs most figures; else the one with most, and of several the
/// newest.
fn largest<'d, 'p>(
    snapshot: &Snapshot,
    published: &Published,
    documents: &'d [PublishedDocument<'p>],
) -> Option<&'d PublishedDocument<'p>> {
    let figures: Vec<&str> = snapshot
        .newest()
        .map_or(&[][..], |(_, content)| &content.figures)
        .iter()
        .map(|figure| figure.id.as_str())
        .collect();
    let weight = |document: &&PublishedDocument<'_>| {
        let own: Vec<_> = published.figures_of(document).collect();
        let signed = own.iter().filter(|found| figures.contains(&found.version.code.as_str())).count();
        (signed, own.len(), document.publication().body.published_on)
    };
    documents.iter().filter(|document| published.figures_of(document).next().is_some()).max_by_key(weight)
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

fn headline(snapshot: &Snapshot, publication: &str, found: &Found<Figure>) -> Headline {
    let figure = &found.version.body;
    Headline {
        qualifier: say::qualifier(figure.value.qualifier),
        value: crate::exchange::formats::words::number(figure.value.value),
        name: say::figure(&figure.name),
        population: figure.population.clone(),
        href: format!("{}#{}", link(&format!("/publications/{publication}")), figure.name),
        standing: signed(snapshot, &found.version.code).map(|signed| say::standing(figure.value, signed)),
    }
}

/// The breakdowns of a publication, each with what its parts leave over.
pub fn breakdowns(publication: &str, own: &[&Found<Figure>]) -> Vec<Bars> {
    let figures: Vec<_> = own.iter().map(|found| (found.version.id, &found.version.body)).collect();
    let remainders = crate::domain::reconcile::remainders(&figures);
    remainders.iter().filter_map(|remainder| breakdown(publication, own, remainder)).collect()
}

fn breakdown(
    publication: &str,
    own: &[&Found<Figure>],
    remainder: &crate::domain::reconcile::Remainder,
) -> Option<Bars> {
    let find = |id: RecordId| own.iter().find(|found| found.version.id == id).map(|found| &found.version.body);
    let parent = find(remainder.parent)?;
    let bar = |part: &Figure| Bar {
        label: say::figure(&part.name),
        link: Some(format!("{}#{}", link(&format!("/publications/{publication}")), part.name)),
        said: say::bounded(part.value),
        look: Look::Solid,
        from: 0,
        to: part.value.value,
    };
    let mut rows: Vec<_> = remainder.parts.iter().filter_map(|part| find(*part)).map(bar).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.to));
    let by = crate::exchange::formats::words::heading(&remainder.breakdown, say::language()).to_owned();
    let rest = match u64::try_from(remainder.value) {
        Ok(value) => {
            let qualifier = say::qualifier(remainder.qualifier);
            let said = format!("{qualifier} {}", crate::exchange::formats::words::number(value));
            let said = phrases::say("{}, derived", &[&said.trim()]);
            let label = if remainder.breakdown == "ground" {
                phrases::t("No ground given").to_owned()
            } else {
                phrases::t("None of these").to_owned()
            };
            rows.push(Bar { label, link: None, said, look: Look::Derived, from: 0, to: value });
            phrases::t(
                "Derived: what the parts leave of the whole. It was not published, and is exact only if the parts do not \
                 overlap and all lie inside the whole.",
            )
        }
        Err(_) => phrases::t("The published parts are more than the published whole: they overlap."),
    };
    Some(Bars {
        caption: by,
        head: format!("{}: {}", say::figure(&parent.name), say::bounded(parent.value)),
        number: phrases::t("Published").to_owned(),
        rows,
        notes: vec![rest.to_owned()],
    })
}

/// The chart of a series, with what is drawn.
pub fn chart(series: &Series<'_>) -> Chart {
    let point = |point: &series::Point<'_>| {
        let (publication, figure) = (point.publication, &point.figure.body);
        let href = link(&format!("/publications/{}", publication.code));
        let said = say::bounded(figure.value);
        let said = if figure.as_of == publication.body.published_on {
            said
        } else {
            phrases::say("{}, as of {}", &[&said, &say::day(figure.as_of)])
        };
        (say::day(publication.body.published_on), said, publication.body.publisher.clone(), href)
    };
    let definition = series.key.population.map_or_else(|| say::definition(series.key.definition), str::to_owned);
    Chart {
        picture: format!("{}&list=false", charts::address(series, say::language())),
        address: charts::address(series, say::language()),
        name: say::figure(series.key.name),
        definition: format!("{definition} · {}", series.key.region),
        points: series.points.iter().map(point).collect(),
    }
}

/// The days of which publications say different things.
pub fn disagreements(all: &[Series<'_>]) -> Vec<Disagreement> {
    let of = |series: &Series<'_>| {
        let told = |conflict: &series::Conflict| {
            let points = series.points.iter().filter(|point| conflict.figures.contains(&point.figure.id));
            let said = points.map(|point| {
                let publication = point.publication;
                let href = link(&format!("/publications/{}", publication.code));
                (say::bounded(point.figure.body.value), publication.body.publisher.clone(), href)
            });
            let name = say::figure(series.key.name);
            Disagreement { name, day: say::day(conflict.as_of), said: said.collect(), compatible: conflict.compatible }
        };
        series.conflicts.iter().map(told).collect::<Vec<_>>()
    };
    all.iter().flat_map(of).collect()
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
    let release = newest.map(|(standing, content)| {
        (link(&format!("/releases/{}", content.id)), content.id.clone(), say::title(&standing.view.title))
    });
    let title = release.as_ref().map(|(_, _, title)| title.clone());
    let content = Front {
        headlines: chosen(&own).into_iter().map(|found| headline(&snapshot, code, found)).collect(),
        breakdowns: breakdowns(code, &own),
        chart: drawn,
        disagreements: disagreements(&series),
        source,
        release,
        docs: ADDRESS,
    };
    let empty = if content.source.is_some() { "Figures" } else { "Nothing is published yet" };
    let title = title.unwrap_or_else(|| phrases::t(empty).to_owned());
    Ok(super::shown(&title, None, &content, |page| disclosure::to_anybody(&documents, page))?)
}
