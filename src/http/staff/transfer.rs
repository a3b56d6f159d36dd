//! Files in and out, for staff: an import whole or not at all, an export in the same columns.

use actix_web::http::header::{self, HeaderName};
use actix_web::post;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::policy::Actor;
use crate::domain::record::Noun;
use crate::exchange::export;
use crate::exchange::import::{self, File, ImportError};

use crate::http::auth::{Allowed, ReadTexts, WriteCases};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::{Body, CsvFile, Parameters};
use crate::http::state::Records;

/// The largest file that is imported over HTTP, in bytes. The command line takes larger ones.
pub const LARGEST_FILE: usize = 4 * 1024 * 1024;
/// The most rows of it: others wait meanwhile to enter a case.
const MOST_ROWS: usize = 5_000;

/// What cases are made of; publications, figures and terms have rights of their own.
pub const NOUNS: [Noun; 6] = [Noun::Event, Noun::Source, Noun::Person, Noun::Incident, Noun::Linkage, Noun::Consent];

/// The noun of a file.
///
/// # Errors
/// A problem that names the field.
pub fn read_noun(field: &str, given: Option<&str>) -> Result<Noun, Problem> {
    let found = NOUNS.into_iter().find(|noun| given.is_some_and(|given| given == noun.plural()));
    let expected = || format!("one of {}", NOUNS.map(Noun::plural).join(", "));
    let rule = if given.is_none() { Rule::Required } else { Rule::UnknownCode };
    found.ok_or_else(|| Problem::parameter(field, rule, given, &expected()))
}

/// What an import did, or would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"dry_run": true, "noun": "persons", "created": 12, "warnings": []}))]
pub struct ImportView {
    /// Whether nothing was kept.
    pub dry_run: bool,
    pub noun: String,
    /// How many records were entered, or would be.
    pub created: u64,
    pub warnings: Vec<ImportWarning>,
}

/// Something odd that was imported all the same.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportWarning {
    /// The line of the file, as an editor numbers it.
    pub row: u64,
    pub detail: String,
}

/// Import a CSV file, whole or not at all: the columns are those of the template (`attest import --template`).
#[utoipa::path(
    tag = "transfer",
    operation_id = "import_file",
    params(("noun" = String, Query, description = "events, sources, persons, incidents, linkages or consents", example = "persons"),
        ("dry_run" = Option<bool>, Query, description = "Say what would be done, and do nothing")),
    request_body(content = String, content_type = "text/csv",
        description = "UTF-8, comma-separated, with a header; at most 4 MiB and 5,000 rows",
        example = json!("code,ground,origin\nP-0001,threatened_by_relatives,RU-CE\n")),
    security(("bearer" = ["write_cases"])),
    responses((status = 200, description = "What was imported, or would be", body = ImportView))
)]
#[post("/imports")]
pub async fn import_file(
    allowed: Allowed<WriteCases>,
    store: Data<Records>,
    parameters: Parameters,
    file: CsvFile,
) -> Result<Reply, Problem> {
    let (mut noun, mut dry_run) = (None, false);
    for (name, value) in parameters.only(&["noun", "dry_run"])? {
        match (name, value.as_str()) {
            ("noun", _) => noun = Some(value),
            (_, "true") => dry_run = true,
            (_, "false") => dry_run = false,
            _ => return Err(Problem::parameter("dry_run", Rule::UnknownCode, Some(&value), "true or false")),
        }
    }
    let noun = read_noun("noun", noun.as_deref())?;
    let bytes = file.read(LARGEST_FILE).await?;
    let view = import_bytes(&store, allowed.actor(), noun, bytes, dry_run).await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), view)))
}

/// Imports a file, whole or not at all, or says what that would do.
///
/// # Errors
/// A problem that names every value that is wrong by its row, or that the file has too many rows.
pub async fn import_bytes(
    store: &Records,
    actor: Actor,
    noun: Noun,
    bytes: Vec<u8>,
    dry_run: bool,
) -> Result<ImportView, Problem> {
    if bytes.iter().filter(|byte| **byte == b'\n').count() > MOST_ROWS + 1 {
        return Err(
            Problem::new(Kind::TooLarge).detail(format!("at most {MOST_ROWS} rows; the command line takes more"))
        );
    }
    let file = File { noun, name: noun.plural(), bytes };
    let done = store
        .run(move |store| match import::run(store, &actor, vec![file], dry_run, |_| Ok(()), Box::new(|_| {})) {
            Ok(report) => Ok(Ok(report)),
            Err(ImportError::Rows(rows)) => Ok(Err(rows)),
            Err(ImportError::Store(why)) => Err(why),
        })
        .await?;
    let report = done.map_err(|rows| {
        let errors = rows.into_iter().map(|row| row.error.in_row(row.row)).collect();
        Problem::new(Kind::Invalid).errors(errors)
    })?;
    let warnings =
        report.warnings.into_iter().map(|warning| ImportWarning { row: warning.row, detail: warning.detail });
    Ok(ImportView {
        dry_run,
        noun: noun.plural(),
        created: report.created.iter().map(|(_, _, count)| count).sum(),
        warnings: warnings.collect(),
    })
}

/// What to export.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"noun": "persons", "texts": false}))]
pub struct ExportEntry {
    /// events, sources, persons, incidents, linkages or consents
    #[schema(required = true, nullable = false)]
    pub noun: Option<String>,
    /// With personal text.
    pub texts: bool,
}

/// Export the records that you may see as CSV, in the columns in which they are imported. What leaves is recorded in the audit,
/// with personal text record by record. A file is outside of all protection: keep it no longer than it is needed.
#[utoipa::path(
    tag = "transfer",
    operation_id = "export_records",
    request_body = ExportEntry,
    security(("bearer" = ["read_texts"])),
    responses((status = 200, description = "The file; at most 20,000 records", body = String, content_type = "text/csv",
        headers(("Attest-Records" = i64, description = "how many records the file holds"),
            ("Attest-Cut" = bool, description = "whether there are more")),
        example = json!("code,ground,origin\nP-0001,threatened_by_relatives,RU-CE\n")))
)]
#[post("/exports")]
pub async fn export_records(allowed: Allowed<ReadTexts>, store: Data<Records>, body: Body) -> Result<Reply, Problem> {
    let ExportEntry { noun, texts } = body.read()?;
    let noun = read_noun("noun", noun.as_deref()).map_err(Problem::in_body)?;
    let actor = allowed.actor();
    let export = store
        .count(move |store| {
            let export = store.read(&actor, |session| export::run(session, noun, texts))?;
            let (count, texts) = (export.records.len(), export.texts.clone());
            let read: Vec<_> = export.records.iter().map(ToString::to_string).filter(|_| !texts.is_empty()).collect();
            store.write(&actor, "export", move |tx| {
                tx.note("noun", noun.name());
                tx.note("count", count);
                tx.note("texts", texts);
                if !read.is_empty() {
                    tx.note("read", read);
                }
                Ok(())
            })?;
            Ok(export)
        })
        .await?;
    let reply = Reply::csv(&disclosure::to_permitted(allowed.permit(), export.csv))
        .header(HeaderName::from_static("attest-records"), export.records.len())
        .header(HeaderName::from_static("attest-cut"), export.cut)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", noun.plural()));
    Ok(reply)
}

/// The addresses, below that of staff.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(import_file).service(export_records);
}
