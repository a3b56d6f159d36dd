//! What was published: publications and figures, for anybody. No draft, and nothing computed but what a release signed.

use std::collections::HashMap;

use actix_web::get;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::disclosure::{self, Disclosed, PublishedDocument};
use crate::domain::figure::Figure;
use crate::domain::record::{RecordId, Version};
use crate::domain::release::content::{Content, SignedFigure, Value};
use crate::exchange::formats::json::ReleasedCount;
use crate::store::database::Store;
use crate::store::published::{Found, Published};

use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::state::Records;

use super::shelf::{Shelf, Snapshot};
use super::support::{self, FigureSupport, PublicationSupport, Support};

/// A document that was published.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "lgbtnet-2018-04-03", "published_on": "2018-04-03", "publisher": "Russian LGBT Network",
    "address": "https://lgbtnet.org/en/newseng/press-conference-persecution-lgbt-chechnya-year-after",
    "note": null, "figures": 12, "support": {"built_from_this_publication": 12, "built_from_published_figures": 0,
        "case_files": 0, "not_computed": 0}}))]
pub struct PublicationView {
    pub id: String,
    /// The day of publication.
    pub published_on: chrono::NaiveDate,
    pub publisher: String,
    /// Where it was read.
    pub address: String,
    /// What a reader must know of it.
    pub note: Option<String>,
    /// How many of its figures are here.
    pub figures: usize,
    /// How many of them stand on what.
    pub support: PublicationSupport,
}

/// A number in a publication, as it was published.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "lgbtnet-2018-04-03:evacuated", "publication": "lgbtnet-2018-04-03", "figure": "evacuated",
    "measure": "persons", "population": "Chechens evacuated from the region", "definition": "network_clients", "region": "Chechnya", "value": 114,
    "qualifier": "exact", "stated": "114", "as_of": "2018-04-03", "period_start": "2017-04-01", "relation": null, "parent": null,
    "breakdown": null, "query": "measure=persons&kind=evacuation&origin=RU-CE",
    "computed": {"release": "2018-04-03", "count": 114, "bound": "exact", "status": "A", "conf_status": "F"},
    "support": {"kind": "built_from_this_publication", "release": "2018-04-03"}, "conflicts": [], "note": null,
    "publisher": "Russian LGBT Network", "published_on": "2018-04-03",
    "address": "https://lgbtnet.org/en/newseng/press-conference-persecution-lgbt-chechnya-year-after"}))]
pub struct FigureView {
    /// `publication:figure`
    pub id: String,
    pub publication: String,
    /// What the figure is called; the same name in another publication belongs to the same series.
    pub figure: String,
    /// persons or incidents
    pub measure: String,
    /// Whom or what it counts.
    pub population: String,
    /// What exactly it counts: a code of the vocabulary `definition`; `_U` where nobody said.
    pub definition: String,
    pub region: String,
    pub value: u64,
    /// exact, about, at_least or more_than
    pub qualifier: String,
    /// The value with its qualifier, in words.
    pub stated: String,
    pub as_of: chrono::NaiveDate,
    /// The first day that it counts.
    pub period_start: Option<chrono::NaiveDate>,
    /// How it stands to its parent: subset_stated, subset_implied, outside or other_population.
    pub relation: Option<String>,
    /// The figure that it is set against.
    pub parent: Option<String>,
    /// The attribute by which it and others divide the parent.
    pub breakdown: Option<String>,
    /// How it can be computed, in the grammar of aggregates.
    pub query: Option<String>,
    /// What the records gave, where a release that stands signed it.
    pub computed: Option<ReleasedFigure>,
    /// What stands behind the number.
    pub support: FigureSupport,
    /// Published figures of the same series that say something else of the same day, `publication:figure`.
    pub conflicts: Vec<String>,
    pub note: Option<String>,
    pub publisher: String,
    pub published_on: chrono::NaiveDate,
    /// Where it was read.
    pub address: String,
}

/// What the records gave for a figure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReleasedFigure {
    /// The newest release that stands and signed it.
    pub release: String,
    #[serde(flatten)]
    pub count: ReleasedCount,
}

/// All publications, oldest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Publications {
    pub items: Vec<PublicationView>,
}

/// Figures, by publication and in the order in which they were entered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Figures {
    pub items: Vec<FigureView>,
}

/// What is published: of the publications with these codes, or all of it.
///
/// # Errors
/// That a code is that of no published one, or the store's own.
pub async fn published(store: &Records, codes: Option<Vec<String>>) -> Result<Published, Problem> {
    store.run(move |store| store.look(|conn| Published::read(conn, codes.as_deref()))).await
}

fn publication_view(snapshot: &Snapshot, published: &Published, document: &PublishedDocument<'_>) -> PublicationView {
    let Version { code, body, .. } = document.publication();
    PublicationView {
        id: code.clone(),
        published_on: body.published_on,
        publisher: body.publisher.clone(),
        address: body.address.clone(),
        note: body.note.clone(),
        figures: published.figures_of(document).count(),
        support: support::counted(snapshot, published, published.figures_of(document)),
    }
}

fn computed((content, figure): (&Content, &SignedFigure)) -> ReleasedFigure {
    ReleasedFigure { release: content.id.clone(), count: Value::Free(figure.computed).into() }
}

/// By figure those of its series that say something else of the same day.
type Conflicts = HashMap<RecordId, Vec<String>>;

fn figure_view(
    snapshot: &Snapshot,
    published: &Published,
    conflicts: &Conflicts,
    document: &PublishedDocument<'_>,
    found: &Found<Figure>,
) -> FigureView {
    let publication = document.publication();
    let figure = &found.version.body;
    let support = Support::of(snapshot, published, found);
    // A parent that is not public is not named either.
    let parent = published.figures.iter().find(|other| Some(other.version.id) == figure.parent);
    FigureView {
        id: found.version.code.clone(),
        publication: publication.code.clone(),
        figure: figure.name.clone(),
        measure: figure.measure.name().to_owned(),
        population: figure.population.clone(),
        definition: figure.definition.clone(),
        region: figure.region.clone(),
        value: figure.value.value,
        qualifier: figure.value.qualifier.name().to_owned(),
        stated: figure.value.to_string(),
        as_of: figure.as_of,
        period_start: figure.period_start,
        relation: figure.relation.map(|relation| relation.name().to_owned()),
        parent: parent.map(|other| other.version.code.clone()),
        breakdown: figure.breakdown.clone(),
        query: figure.query.clone(),
        computed: support.signed.map(computed),
        support: support.view(),
        conflicts: conflicts.get(&found.version.id).cloned().unwrap_or_default(),
        note: figure.note.clone(),
        publisher: publication.body.publisher.clone(),
        published_on: publication.body.published_on,
        address: publication.body.address.clone(),
    }
}

/// All publications.
fn publications(snapshot: &Snapshot, published: &Published) -> Disclosed<Publications> {
    let documents = published.documents();
    let items = documents.iter().map(|document| publication_view(snapshot, published, document)).collect();
    disclosure::to_anybody(&documents, Publications { items })
}

/// Some figures, with what any that is published says against them.
fn figures(snapshot: &Snapshot, published: &Published, conflicts: &Conflicts) -> Disclosed<Figures> {
    let documents = published.documents();
    let mut items = Vec::new();
    for document in &documents {
        let view = |found| figure_view(snapshot, published, conflicts, document, found);
        items.extend(published.figures_of(document).map(view));
    }
    disclosure::to_anybody(&documents, Figures { items })
}

/// What is answered without a question, by its path below `/api/v1`.
///
/// # Errors
/// That an answer could not be written.
pub fn files(snapshot: &Snapshot, published: &Published) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut files = vec![
        ("/publications.json".to_owned(), Reply::json(&publications(snapshot, published)).bytes()?),
        ("/figures.json".to_owned(), Reply::json(&figures(snapshot, published, &published.conflicts())).bytes()?),
    ];
    let documents = published.documents();
    for document in &documents {
        let view = publication_view(snapshot, published, document);
        let path = format!("/publications/{}.json", view.id);
        files.push((path, Reply::json(&disclosure::to_anybody(&documents, view)).bytes()?));
    }
    Ok(files)
}

async fn answer_publications(store: &Records, shelf: &Shelf, parameters: &Parameters) -> Result<Reply, Problem> {
    parameters.only(&[])?;
    Ok(Reply::json(&publications(&*shelf.now()?, &published(store, None).await?)).public())
}

async fn answer_publication(
    store: &Records,
    shelf: &Shelf,
    id: String,
    parameters: &Parameters,
) -> Result<Reply, Problem> {
    parameters.only(&[])?;
    let published = published(store, Some(vec![id])).await;
    let published = published.map_err(|why| if why.is_invalid() { Problem::new(Kind::NotFound) } else { why })?;
    let documents = published.documents();
    let [document] = documents.as_slice() else { return Err(Problem::new(Kind::NotFound)) };
    let view = publication_view(&*shelf.now()?, &published, document);
    let link = format!("</api/v1/figures?publication={}>; rel=\"item\"", view.id);
    Ok(Reply::json(&disclosure::to_anybody(&documents, view)).public().header(header::LINK, link))
}

async fn answer_figures(store: &Records, shelf: &Shelf, parameters: &Parameters) -> Result<Reply, Problem> {
    let asked = parameters.only(&["publication"])?.pop().map(|(_, code)| vec![code]);
    let read = move |store: &Store| {
        store.look(|conn| {
            let all = Published::read(conn, None)?;
            let conflicts = all.conflicts();
            let published = if asked.is_some() { Published::read(conn, asked.as_deref())? } else { all };
            Ok((published, conflicts))
        })
    };
    let (published, conflicts) = store.run(read).await.map_err(Problem::in_query)?;
    Ok(Reply::json(&figures(&*shelf.now()?, &published, &conflicts)).public())
}

/// List what was published.
#[utoipa::path(
    tag = "public",
    operation_id = "list_published_publications",
    responses((status = 200, description = "All publications, oldest first", body = Publications))
)]
#[get("/publications")]
pub async fn list_publications(
    store: Data<Records>,
    shelf: Data<Shelf>,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    answer_publications(&store, &shelf, &parameters).await
}

/// List figures as they were published.
#[utoipa::path(
    tag = "public",
    operation_id = "list_published_figures",
    params(("publication" = Option<String>, Query, description = "only those of the publication with this code",
        example = "lgbtnet-2018-04-03")),
    responses((status = 200, description = "The figures", body = Figures))
)]
#[get("/figures")]
pub async fn list_figures(store: Data<Records>, shelf: Data<Shelf>, parameters: Parameters) -> Result<Reply, Problem> {
    answer_figures(&store, &shelf, &parameters).await
}

/// List what was published, at the address of a file.
#[utoipa::path(
    tag = "public",
    operation_id = "list_published_publications_json",
    responses((status = 200, description = "All publications, oldest first", body = Publications))
)]
#[get("/publications.json")]
pub async fn list_publications_file(
    store: Data<Records>,
    shelf: Data<Shelf>,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    answer_publications(&store, &shelf, &parameters).await
}

/// List figures as they were published, at the address of a file.
#[utoipa::path(
    tag = "public",
    operation_id = "list_published_figures_json",
    params(("publication" = Option<String>, Query, description = "only those of the publication with this code",
        example = "lgbtnet-2018-04-03")),
    responses((status = 200, description = "The figures", body = Figures))
)]
#[get("/figures.json")]
pub async fn list_figures_file(
    store: Data<Records>,
    shelf: Data<Shelf>,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    answer_figures(&store, &shelf, &parameters).await
}

/// Read one publication, at the address of a file.
#[utoipa::path(
    tag = "public",
    operation_id = "get_published_publication_json",
    params(("id" = String, Path, description = "its code", example = "lgbtnet-2018-04-03")),
    responses((status = 200, description = "The publication", body = PublicationView,
        headers(("Link" = Option<String>, description = "its figures, where it is no file: rel=\"item\""))))
)]
#[get("/publications/{id}.json")]
pub async fn get_publication_file(
    store: Data<Records>,
    shelf: Data<Shelf>,
    id: Path<String>,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    answer_publication(&store, &shelf, id.into_inner(), &parameters).await
}

/// Read one publication.
#[utoipa::path(
    tag = "public",
    operation_id = "get_published_publication",
    params(("id" = String, Path, description = "its code", example = "lgbtnet-2018-04-03")),
    responses((status = 200, description = "The publication", body = PublicationView,
        headers(("Link" = Option<String>, description = "its figures, where it is no file: rel=\"item\""))))
)]
#[get("/publications/{id}")]
pub async fn get_publication(
    store: Data<Records>,
    shelf: Data<Shelf>,
    id: Path<String>,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    answer_publication(&store, &shelf, id.into_inner(), &parameters).await
}

/// The addresses, below `/api/v1`. What is more particular comes first.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(list_publications)
        .service(list_publications_file)
        .service(get_publication_file)
        .service(get_publication)
        .service(list_figures)
        .service(list_figures_file);
}
