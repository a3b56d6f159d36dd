//! Releases, for anybody: masked tables, signed figures, the words they need, and nothing else.

use actix_web::get;
use actix_web::web::{Data, Path};

use crate::exchange::formats::json::ReleasedTable;
use crate::http::problem::Problem;
use crate::http::request::Parameters;

use super::answers::{self, Asked};
use super::parameters::{FormatParameters, QuestionParameters};
use super::ready::Shared;
use super::shelf::Shelf;
use super::views::{Codebook, ReleasedView, Releases};

type Answered = Result<Shared, Problem>;

/// Answers from the shelf.
fn on(shelf: &Shelf, parameters: &Parameters, asked: &Asked) -> Answered {
    Ok(Shared(answers::answer(&*shelf.now()?, asked, &parameters.0)?))
}

/// List the releases.
#[utoipa::path(
    tag = "public",
    operation_id = "list_releases",
    responses((status = 200, description = "All releases, newest first; withdrawn ones too", body = Releases))
)]
#[get("/releases")]
pub async fn releases(shelf: Data<Shelf>, parameters: Parameters) -> Answered {
    on(&shelf, &parameters, &Asked::Releases)
}

/// List the releases, at the address of a file.
#[utoipa::path(
    tag = "public",
    operation_id = "list_releases_json",
    responses((status = 200, description = "All releases, newest first; withdrawn ones too", body = Releases))
)]
#[get("/releases.json")]
pub async fn releases_file(shelf: Data<Shelf>, parameters: Parameters) -> Answered {
    on(&shelf, &parameters, &Asked::Releases)
}

/// Read the frozen content of a release.
#[utoipa::path(
    tag = "public",
    operation_id = "read_release_content",
    params(
        ("id" = String, Path, description = "what the release is called", example = "2018-04-03"),
    ),
    responses((status = 200, description = "The frozen content, byte for byte what was hashed and signed", body = Object, example = json!({"format": "attest-release/1"})))
)]
#[get("/releases/{id}/content.json")]
pub async fn content(shelf: Data<Shelf>, id: Path<String>, parameters: Parameters) -> Answered {
    let id = id.into_inner();
    on(&shelf, &parameters, &Asked::Content(id))
}

/// Read a table of a release as it was declared, with all totals.
#[utoipa::path(
    tag = "public",
    operation_id = "read_release_table",
    params(
        ("id" = String, Path, description = "what the release is called", example = "2018-04-03"),
        ("table" = String, Path, description = "what the table is called", example = "by-kind"),
        ("format" = String, Path, description = "json, csv, jsonstat, vl.json or svg", example = "json"),
        FormatParameters,
    ),
    responses((status = 200, description = "The table, in this format", body = String, content_type = "*/*", example = "kind,measure,count\nevacuation,persons,114\n"))
)]
#[get("/releases/{id}/tables/{table}.{format}")]
pub async fn table(shelf: Data<Shelf>, path: Path<(String, String, String)>, parameters: Parameters) -> Answered {
    let (id, table, format) = path.into_inner();
    on(&shelf, &parameters, &Asked::Table(id, format!("{table}.{format}")))
}

/// Ask a release: a slice or a sum of its tables.
#[utoipa::path(
    tag = "public",
    operation_id = "read_release_aggregates",
    params(
        ("id" = String, Path, description = "what the release is called", example = "2018-04-03"),
        QuestionParameters,
        FormatParameters,
    ),
    responses((status = 200, description = "The counts", body = ReleasedTable))
)]
#[get("/releases/{id}/aggregates")]
pub async fn of_release(shelf: Data<Shelf>, id: Path<String>, parameters: Parameters) -> Answered {
    let id = id.into_inner();
    on(&shelf, &parameters, &Asked::Aggregates(Some(id), "json".to_owned()))
}

/// Ask a release, and have the answer in another format.
#[utoipa::path(
    tag = "public",
    operation_id = "read_release_aggregates_as",
    params(
        ("id" = String, Path, description = "what the release is called", example = "2018-04-03"),
        ("format" = String, Path, description = "json, csv, jsonstat, vl.json or svg", example = "json"),
        QuestionParameters,
        FormatParameters,
    ),
    responses((status = 200, description = "The counts, in this format", body = String, content_type = "*/*", example = "kind,measure,count\nevacuation,persons,114\n"))
)]
#[get("/releases/{id}/aggregates.{format}")]
pub async fn of_release_as(shelf: Data<Shelf>, path: Path<(String, String)>, parameters: Parameters) -> Answered {
    let (id, format) = path.into_inner();
    on(&shelf, &parameters, &Asked::Aggregates(Some(id), format))
}

/// Read what a release is, at the address of a file.
#[utoipa::path(
    tag = "public",
    operation_id = "read_release_json",
    params(
        ("id" = String, Path, description = "what the release is called", example = "2018-04-03"),
    ),
    responses((status = 200, description = "The release", body = ReleasedView))
)]
#[get("/releases/{id}.json")]
pub async fn release_file(shelf: Data<Shelf>, id: Path<String>, parameters: Parameters) -> Answered {
    let id = id.into_inner();
    on(&shelf, &parameters, &Asked::Release(id))
}

/// Read what a release is: its tables, figures, hash and signature.
#[utoipa::path(
    tag = "public",
    operation_id = "read_release",
    params(
        ("id" = String, Path, description = "what the release is called", example = "2018-04-03"),
    ),
    responses((status = 200, description = "The release", body = ReleasedView))
)]
#[get("/releases/{id}")]
pub async fn release(shelf: Data<Shelf>, id: Path<String>, parameters: Parameters) -> Answered {
    let id = id.into_inner();
    on(&shelf, &parameters, &Asked::Release(id))
}

/// Ask the newest release.
#[utoipa::path(
    tag = "public",
    operation_id = "read_public_aggregates",
    params(
        QuestionParameters,
        FormatParameters,
    ),
    responses((status = 200, description = "The counts", body = ReleasedTable))
)]
#[get("/aggregates")]
pub async fn aggregates(shelf: Data<Shelf>, parameters: Parameters) -> Answered {
    on(&shelf, &parameters, &Asked::Aggregates(None, "json".to_owned()))
}

/// Ask the newest release, and have the answer in another format.
#[utoipa::path(
    tag = "public",
    operation_id = "read_public_aggregates_as",
    params(
        ("format" = String, Path, description = "json, csv, jsonstat, vl.json or svg", example = "json"),
        QuestionParameters,
        FormatParameters,
    ),
    responses((status = 200, description = "The counts, in this format", body = String, content_type = "*/*", example = "kind,measure,count\nevacuation,persons,114\n"))
)]
#[get("/aggregates.{format}")]
pub async fn aggregates_as(shelf: Data<Shelf>, format: Path<String>, parameters: Parameters) -> Answered {
    on(&shelf, &parameters, &Asked::Aggregates(None, format.into_inner()))
}

/// Read the words of the newest release.
#[utoipa::path(
    tag = "public",
    operation_id = "read_codebook",
    responses((status = 200, description = "Tables, dimensions and terms in all languages", body = Codebook))
)]
#[get("/codebook")]
pub async fn codebook(shelf: Data<Shelf>, parameters: Parameters) -> Answered {
    on(&shelf, &parameters, &Asked::Codebook)
}

/// Read the words of the newest release, at the address of a file.
#[utoipa::path(
    tag = "public",
    operation_id = "read_codebook_json",
    responses((status = 200, description = "Tables, dimensions and terms in all languages", body = Codebook))
)]
#[get("/codebook.json")]
pub async fn codebook_file(shelf: Data<Shelf>, parameters: Parameters) -> Answered {
    on(&shelf, &parameters, &Asked::Codebook)
}

/// Read the words of the newest release as a table.
#[utoipa::path(
    tag = "public",
    operation_id = "read_codebook_csv",
    params(("flavour" = Option<String>, Query, description = "exact, or spreadsheet: with a byte order mark, and an apostrophe \
        before texts that a spreadsheet would run or change", example = "exact")),
    responses((status = 200, description = "A row a term and language", body = String, content_type = "text/csv", example = "release,vocabulary,code,broader,family,language,label,definition,review\n2018-04-03,kind,evacuation,,movement,en,Evacuation,,original\n"))
)]
#[get("/codebook.csv")]
pub async fn codebook_csv(shelf: Data<Shelf>, parameters: Parameters) -> Answered {
    on(&shelf, &parameters, &Asked::CodebookCsv)
}

/// The addresses, below `/api/v1`. What is more particular comes first.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(releases)
        .service(releases_file)
        .service(content)
        .service(table)
        .service(of_release)
        .service(of_release_as)
        .service(release_file)
        .service(release)
        .service(aggregates)
        .service(aggregates_as)
        .service(codebook)
        .service(codebook_file)
        .service(codebook_csv);
}
