//! What was published when: series of figures, ready for a step chart, with their conflicts. For anybody.

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::record::RecordId;
use crate::domain::series::{self, Conflict, Point, Series};
use crate::exchange::flavour::Flavour;
use crate::exchange::formats::steps as chart;
use crate::exchange::formats::{Language, words};
use crate::exchange::{seed, steps};
use crate::store::published::Published;

use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::{Parameters, read_flavour};
use crate::http::state::Records;

/// Series, by figure, measure, definition and region. They are never joined.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"series": [{"figure": "evacuated", "measure": "persons", "definition": "network_clients",
    "population": null, "region": "Chechnya",
    "points": [{"id": "lgbtnet-2018-04-03:evacuated", "published_on": "2018-04-03", "as_of": "2018-04-03",
        "period_start": "2017-04-01", "value": 114, "qualifier": "exact", "stated": "114", "low": 114, "high": 114,
        "publication": "lgbtnet-2018-04-03", "publisher": "Russian LGBT Network",
        "address": "https://lgbtnet.org/en/newseng/press-conference-persecution-lgbt-chechnya-year-after",
        "population": "Chechens evacuated from the region", "note": null}],
    "conflicts": []}]}))]
pub struct AllSeries {
    pub series: Vec<SeriesView>,
}

/// Figures of one name, measure, definition and region, in the order of publication.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeriesView {
    pub figure: String,
    /// persons or incidents
    pub measure: String,
    /// What exactly is counted, of whom: a code of the vocabulary `definition`; `_U` where nobody said.
    pub definition: String,
    /// The publication's own words, where nobody said which definition they mean.
    pub population: Option<String>,
    pub region: String,
    pub points: Vec<PointView>,
    /// Days of which the series says different things. All of them are kept.
    pub conflicts: Vec<ConflictView>,
}

/// What was published once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PointView {
    /// `publication:figure`
    pub id: String,
    pub published_on: chrono::NaiveDate,
    /// The day that the figure speaks of.
    pub as_of: chrono::NaiveDate,
    /// The first day that it counts.
    pub period_start: Option<chrono::NaiveDate>,
    pub value: u64,
    /// exact, about, at_least or more_than
    pub qualifier: String,
    /// The value with its qualifier, in words.
    pub stated: String,
    /// The least that it allows; null for `about`.
    pub low: Option<u64>,
    /// The most that it allows; null for `about`, and where there is no upper end.
    pub high: Option<u64>,
    pub publication: String,
    pub publisher: String,
    /// Where it was read.
    pub address: String,
    /// Whom or what it counts, in the publication's words.
    pub population: String,
    pub note: Option<String>,
}

/// Figures that say different things of one day.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConflictView {
    pub as_of: chrono::NaiveDate,
    pub figures: Vec<String>,
    /// Whether all of them can be true at once, as "more than 80" and "about 85".
    pub compatible: bool,
}

fn point_view(point: &Point<'_>) -> PointView {
    let (publication, figure) = (point.publication, &point.figure.body);
    let interval = figure.value.interval();
    PointView {
        id: point.figure.code.clone(),
        published_on: publication.body.published_on,
        as_of: figure.as_of,
        period_start: figure.period_start,
        value: figure.value.value,
        qualifier: figure.value.qualifier.name().to_owned(),
        stated: figure.value.to_string(),
        low: interval.map(|(low, _)| low),
        high: interval.and_then(|(_, high)| high),
        publication: publication.code.clone(),
        publisher: publication.body.publisher.clone(),
        address: publication.body.address.clone(),
        population: figure.population.clone(),
        note: figure.note.clone(),
    }
}

fn series_view(series: &Series<'_>) -> SeriesView {
    let code = |id: &RecordId| {
        let point = series.points.iter().find(|point| point.figure.id == *id);
        point.map(|point| point.figure.code.clone())
    };
    let conflict = |Conflict { as_of, figures, compatible }: &Conflict| ConflictView {
        as_of: *as_of,
        figures: figures.iter().filter_map(code).collect(),
        compatible: *compatible,
    };
    SeriesView {
        figure: series.key.name.to_owned(),
        measure: series.key.measure.to_owned(),
        definition: series.key.definition.to_owned(),
        population: series.key.population.map(str::to_owned),
        region: series.key.region.to_owned(),
        points: series.points.iter().map(point_view).collect(),
        conflicts: series.conflicts.iter().map(conflict).collect(),
    }
}

/// The published series of a figure, or all.
///
/// # Errors
/// That there is no such figure.
pub fn of<'p>(published: &'p Published, figure: Option<&str>) -> Result<Vec<Series<'p>>, Problem> {
    let mut found = series::series(published.points());
    if let Some(name) = figure {
        found.retain(|series| series.key.name == name);
        if found.is_empty() {
            let expected = "what a published figure is called";
            return Err(Problem::parameter("figure", Rule::UnknownRecord, Some(name), expected));
        }
    }
    Ok(found)
}

async fn published(store: &Records) -> Result<Published, Problem> {
    store.run(|store| store.look(|conn| Published::read(conn, None))).await
}

fn all(published: &Published, figure: Option<&str>) -> Result<Reply, Problem> {
    let series = of(published, figure)?.iter().map(series_view).collect();
    Ok(Reply::json(&disclosure::to_anybody(&published.documents(), AllSeries { series })))
}

fn table(published: &Published, figure: Option<&str>, flavour: Flavour) -> Result<Reply, Problem> {
    let text = steps::csv(&of(published, figure)?, flavour).map_err(|why| {
        tracing::error!(error = %why, "a table could not be written");
        Problem::new(Kind::Internal)
    })?;
    Ok(Reply::csv(&disclosure::to_anybody(&published.documents(), text)))
}

/// The parameters that together name one series.
const NAMING: [&str; 5] = ["figure", "measure", "definition", "region", "population"];

/// The words of a series that its address names.
fn named<'s>(series: &Series<'s>) -> [Option<&'s str>; 5] {
    let key = series.key;
    [Some(key.name), Some(key.measure), Some(key.definition), Some(key.region), key.population]
}

/// The address of the chart of a series.
pub fn address(series: &Series<'_>, language: Language) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let words = NAMING.iter().zip(named(series)).filter_map(|(name, word)| Some((name, word?)));
    query.extend_pairs(words);
    if language != Language::default() {
        query.append_pair("lang", language.code());
    }
    format!("/api/v1/figures/series.svg?{}", query.finish())
}

/// Draws a series.
fn picture(published: &Published, series: &Series<'_>, language: Language, list: bool) -> Reply {
    let steps = chart::Steps {
        series,
        title: words::figure(series.key.name, language),
        definition: seed::definition(series.key.definition, language).unwrap_or_default().to_owned(),
        address: address(series, Language::default()),
        list,
    };
    Reply::picture(&disclosure::to_anybody(&published.documents(), chart::svg(&steps, language)))
}

/// The longest series; of several the first.
pub fn longest<'s, 'p>(all: &'s [Series<'p>]) -> Option<&'s Series<'p>> {
    all.iter().rev().max_by_key(|series| series.points.len())
}

/// What is answered without a question, by its path below `/api/v1`.
///
/// # Errors
/// That an answer could not be written.
pub fn files(published: &Published) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut files = vec![
        ("/figures/series.json", all(published, None)?),
        ("/figures/series.csv", table(published, None, Flavour::Exact)?),
    ];
    if let Some(series) = longest(&of(published, None)?) {
        files.push(("/figures/series.svg", picture(published, series, Language::default(), true)));
    }
    files.into_iter().map(|(path, reply)| Ok((path.to_owned(), reply.bytes()?))).collect()
}

async fn answer(
    store: &Records,
    parameters: &Parameters,
    write: fn(&Published, Option<&str>) -> Result<Reply, Problem>,
) -> Result<Reply, Problem> {
    let figure = parameters.only(&["figure"])?.pop().map(|(_, figure)| figure);
    Ok(write(&published(store).await?, figure.as_deref())?.public())
}

/// Read what was published when.
#[utoipa::path(
    tag = "public",
    operation_id = "read_series",
    params(("figure" = Option<String>, Query, description = "what the figures are called; all series where it is missing",
        example = "evacuated")),
    responses((status = 200, description = "The series", body = AllSeries))
)]
#[get("/figures/series")]
pub async fn read(store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    answer(&store, &parameters, all).await
}

/// Read what was published when, at the address of a file.
#[utoipa::path(
    tag = "public",
    operation_id = "read_series_json",
    params(("figure" = Option<String>, Query, description = "what the figures are called; all series where it is missing",
        example = "evacuated")),
    responses((status = 200, description = "The series", body = AllSeries))
)]
#[get("/figures/series.json")]
pub async fn read_file(store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    answer(&store, &parameters, all).await
}

/// Read what was published when, as a table: a row a figure, in the order of publication within its series.
#[utoipa::path(
    tag = "public",
    operation_id = "read_series_csv",
    params(("figure" = Option<String>, Query, description = "what the figures are called; all series where it is missing",
        example = "evacuated"),
        ("flavour" = Option<String>, Query, description = "exact, or spreadsheet: with a byte order mark, and an apostrophe \
            before texts that a spreadsheet would run or change", example = "exact")),
    responses((status = 200, description = "The series", body = String, content_type = "text/csv",
        example = "figure,measure,definition,region,published_on,as_of,period_start,value,qualifier,low,high,conflict,publication,publisher,population,note\nevacuated,persons,network_clients,Chechnya,2018-04-03,2018-04-03,2017-04-01,114,exact,114,114,,lgbtnet-2018-04-03,Russian LGBT Network,Chechens evacuated from the region,\n"))
)]
#[get("/figures/series.csv")]
pub async fn read_csv(store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    let given = parameters.only(&["figure", "flavour"])?;
    let given = |name: &str| given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str());
    let flavour = read_flavour(given("flavour"))?;
    Ok(table(&published(&store).await?, given("figure"), flavour)?.public())
}

/// Draw what was published when: one series as a step chart.
#[utoipa::path(
    tag = "public",
    operation_id = "read_series_svg",
    params(
        ("figure" = Option<String>, Query, description = "what the figures are called; of the series that fit, the longest \
            is drawn", example = "evacuated"),
        ("measure" = Option<String>, Query, description = "persons or incidents", example = "persons"),
        ("definition" = Option<String>, Query, description = "what exactly is counted", example = "network_clients"),
        ("region" = Option<String>, Query, description = "the region, in the words of the publications",
            example = "Chechnya"),
        ("population" = Option<String>, Query, description = "the publications' own words, where nobody said which \
            definition they mean"),
        ("lang" = Option<String>, Query, description = "en or ru; en where it is missing", example = "en"),
        ("list" = Option<String>, Query, description = "true or false: whether what was published is listed below the \
            chart; true where it is missing", example = "true"),
    ),
    responses((status = 200, description = "The chart, with the list of what was published", body = String,
        content_type = "image/svg+xml", example = "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"))
)]
#[get("/figures/series.svg")]
pub async fn read_svg(store: Data<Records>, parameters: Parameters) -> Result<Reply, Problem> {
    let given = parameters.only(&[NAMING[0], NAMING[1], NAMING[2], NAMING[3], NAMING[4], "lang", "list"])?;
    let given = |name: &str| given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str());
    let language = match given("lang") {
        None => Language::default(),
        Some(code) => {
            let found = Language::WORDS.iter().find(|(own, _)| *own == code).map(|(_, language)| *language);
            found.ok_or_else(|| Problem::parameter("lang", Rule::UnknownCode, Some(code), "one of en, ru"))?
        }
    };
    let list = match given("list") {
        None | Some("true") => true,
        Some("false") => false,
        other => return Err(Problem::parameter("list", Rule::UnknownCode, other, "one of true, false")),
    };
    let published = published(&store).await?;
    let mut fitting = of(&published, given("figure"))?;
    for (at, name) in NAMING.iter().enumerate() {
        let Some(value) = given(name) else { continue };
        fitting.retain(|series| named(series)[at] == Some(value));
        if fitting.is_empty() {
            let expected = "a word of a published series, as /api/v1/figures/series has it";
            return Err(Problem::parameter(name, Rule::UnknownRecord, Some(value), expected));
        }
    }
    let none = || Problem::new(Kind::NotFound).detail("nothing was published yet");
    Ok(picture(&published, longest(&fitting).ok_or_else(none)?, language, list).public())
}

/// The addresses, below `/api/v1`.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(read).service(read_file).service(read_csv).service(read_svg);
}
