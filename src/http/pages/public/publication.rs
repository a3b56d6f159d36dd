//! One document with its figures: each as it was published, beside what a signed release says of it.

use actix_web::get;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::domain::disclosure;
use crate::domain::figure::Figure;
use crate::domain::reconcile::{Contradiction, contradictions};
use crate::domain::series;
use crate::exchange::formats::words;
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::problem::{Kind, Problem};
use crate::http::public::shelf::Shelf;
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::published::Found;

use super::bars::Bars;
use super::beside::{Beside, Contested};
use super::breakdown::breakdowns;
use super::say::{self, Standing};

/// A figure of the document.
struct Line {
    id: String,
    name: String,
    population: String,
    value: String,
    measure: &'static str,
    period: String,
    region: String,
    definition: String,
    relation: Option<String>,
    query: Option<String>,
    note: Option<String>,
    standing: Standing,
    /// What other publications say of the same day.
    contested: Option<Contested>,
    /// What contradicts the relation to the parent.
    contradictions: Vec<String>,
}

#[derive(Template)]
#[template(path = "public/publication.html")]
struct Page {
    code: String,
    day: String,
    publisher: String,
    address: String,
    note: Option<String>,
    lines: Vec<Line>,
    breakdowns: Vec<Bars>,
}

fn line(beside: Beside<'_>, found: &Found<Figure>) -> Line {
    let figure = &found.version.body;
    let parent = beside.published.figures.iter().find(|other| Some(other.version.id) == figure.parent);
    let parent = parent.map(|other| &other.version.body);
    let told = parent.map(|parent| contradictions(figure, parent, None)).unwrap_or_default();
    let told = told.into_iter().filter(|(what, _)| *what == Contradiction::PublishedPartExceedsWhole);
    let too_many = |(_, count): (Contradiction, u64)| {
        phrases::say("It is said to be part of a number that is smaller by {}.", &[&words::number(count)])
    };
    let relation = figure.relation.filter(|relation| parent.is_some() || !relation.is_subset());
    let name = parent.map(|parent| say::figure(&parent.name)).unwrap_or_default();
    Line {
        id: figure.name.clone(),
        name: say::figure(&figure.name),
        population: figure.population.clone(),
        value: say::bounded(figure.value),
        measure: words::measure(figure.measure, say::language()),
        period: say::period(figure),
        region: figure.region.clone(),
        definition: say::definition(&figure.definition),
        relation: relation.map(|relation| say::relation(relation, &name)),
        query: figure.query.clone(),
        note: figure.note.clone(),
        standing: beside.standing(found),
        contested: beside.contested(found),
        contradictions: told.map(too_many).collect(),
    }
}

/// The page.
#[get("/publications/{id}")]
pub async fn show(records: Data<Records>, shelf: Data<Shelf>, id: Path<String>) -> Result<Reply, Turned> {
    let (published, snapshot) = super::all(&records, &shelf).await?;
    let documents = published.documents();
    let document = documents.iter().find(|document| document.publication().code == *id);
    let document = document.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let body = &document.publication().body;
    let own: Vec<_> = published.figures_of(document).collect();
    let series = series::series(published.points());
    let beside = Beside { snapshot: &snapshot, published: &published, series: &series };
    let content = Page {
        code: document.publication().code.clone(),
        day: say::day(body.published_on),
        publisher: body.publisher.clone(),
        address: body.address.clone(),
        note: body.note.clone(),
        lines: own.iter().map(|found| line(beside, found)).collect(),
        breakdowns: breakdowns(&document.publication().code, &own, beside),
    };
    let title = format!("{}, {}", content.publisher, content.day);
    let above = Some(("/publications", phrases::t("Publications")));
    Ok(super::shown(&title, above, &content, |page| disclosure::to_anybody(&documents, page))?)
}
