//! Files in and out, for staff: an import whole or not at all, an export in the same columns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::Version;
use actix_web::http::header::{self, HeaderName};
use actix_web::rt::task::spawn_blocking;
use actix_web::web::Data;
use actix_web::{HttpRequest, post};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::policy::Actor;
use crate::domain::record::Noun;
use crate::exchange::export::{self, ExportError, Selection};
use crate::exchange::flavour::Flavour;
use crate::exchange::import::{self, File, ImportError, Report};
use crate::exchange::sheet;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::jobs::{Key, Kind as JobKind, record_done};
use crate::store::session::Tx;

use crate::http::auth::{Allowed, ReadTexts, WriteCases};
use crate::http::download::{self, Pipe, Rows};
use crate::http::jobs::{JobView, Once, accepted, ask, digest, import_job, import_once, is_long, marked, report};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::{Body, CsvFile, IdempotencyKey, Parameters, Preference, read_flavour};
use crate::http::state::Records;

/// The largest file that is imported over HTTP, in bytes. The command line takes larger ones.
pub const LARGEST_FILE: usize = 4 * 1024 * 1024;
/// The most rows of it: others wait meanwhile to enter a case.
const MOST_ROWS: u64 = 5_000;

/// How long an import may take, from its request on.
pub struct ImportTime(pub Duration);

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
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"dry_run": true, "noun": "persons", "created": 12, "skipped": 1, "warnings": []}))]
pub struct ImportView {
    /// Whether nothing was kept.
    pub dry_run: bool,
    pub noun: String,
    /// How many records were entered, or would be.
    pub created: u64,
    /// How many rows were empty and passed over.
    pub skipped: u64,
    pub warnings: Vec<ImportWarning>,
}

/// Something odd that was imported all the same.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ImportWarning {
    /// The row of the file, as a spreadsheet numbers it.
    pub row: u64,
    /// The line of the file, as an editor numbers it, where it has another number than the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    pub detail: String,
}

/// Import a CSV file, whole or not at all: the columns are those of the template (`attest import --template`), or of an export of
/// either flavour. Rows whose cells are all empty are passed over and counted. Quotation marks are read strictly. A code that was
/// retired is taken, with a warning, and a record whose `status` is `withdrawn` is entered as withdrawn, so that what was exported
/// can be imported again. A file of more than 500 lines or 64 KiB is imported as a job: the answer is 202 with its address. With an
/// Idempotency-Key a file that is sent again is imported once.
#[utoipa::path(
    tag = "transfer",
    operation_id = "import_file",
    params(("noun" = String, Query, description = "events, sources, persons, incidents, linkages or consents", example = "persons"),
        ("dry_run" = Option<bool>, Query, description = "Say what would be done, and do nothing"),
        ("Idempotency-Key" = Option<String>, Header,
            description = "Makes sending twice safe: 1 to 128 visible ASCII characters"),
        ("Prefer" = Option<String>, Header,
            description = "`wait=N`: wait up to N seconds, 25 at most, for a job to be done; `respond-async`: make it a job")),
    request_body(content = String, content_type = "text/csv",
        description = "UTF-8, comma-separated, with a header; at most 4 MiB and 5,000 rows",
        example = json!("code,ground,origin\nP-0001,threatened_by_relatives,RU-CE\n")),
    security(("bearer" = ["write_cases"])),
    responses((status = 200, description = "What was imported, or would be", body = ImportView),
        (status = 202, description = "It is not done yet", body = JobView,
            headers(("Location" = String, description = "where the job is told of"))))
)]
#[post("/imports")]
pub async fn import_file(
    allowed: Allowed<WriteCases>,
    store: Data<Records>,
    time: Data<ImportTime>,
    parameters: Parameters,
    key: IdempotencyKey,
    preference: Preference,
    file: CsvFile,
) -> Result<Reply, Problem> {
    let until = file.since + time.0;
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
    let key = key.get()?;
    let bytes = file.read(LARGEST_FILE).await?;
    // What is only tried saves nothing that could be done twice: the key stays free for the import itself.
    let key = key.filter(|_| !dry_run).map(|key| Key { key, request: digest(noun, dry_run, &bytes) });
    let actor = allowed.actor();
    if !preference.respond_async && !is_long(&bytes) {
        let done = import_once(&store, actor.clone(), noun, bytes.clone(), dry_run, until, key.clone()).await?;
        match done {
            Once::Done(view, is_new) => {
                let reply = Reply::json(&disclosure::to_permitted(allowed.permit(), view));
                return Ok(marked(reply, Preference::default(), is_new));
            }
            Once::Earlier(job) => return Ok(marked(accepted(allowed.permit(), &job), Preference::default(), false)),
            // It is short, and the machine is slow: it goes on as a job.
            Once::Late => {}
        }
    }
    let new = import_job(noun, bytes, dry_run, false, key)?;
    let (job, is_new) = ask(&store, actor, new, preference, Duration::ZERO).await?;
    let reply = match &job.result {
        Some(result) => Reply::json(&disclosure::to_permitted(allowed.permit(), result)),
        None => accepted(allowed.permit(), &job),
    };
    Ok(marked(reply, preference, is_new))
}

/// That a file is not longer than what is imported over HTTP. Gives how many rows it has.
///
/// # Errors
/// A problem that says how many rows may be.
pub fn must_fit(bytes: &[u8]) -> Result<u64, Problem> {
    let rows = sheet::rows(bytes);
    if rows > MOST_ROWS {
        let detail = format!("at most {MOST_ROWS} rows; the command line takes more");
        return Err(Problem::new(Kind::TooLarge).detail(detail));
    }
    Ok(rows)
}

/// Imports a file, whole or not at all, or says what that would do; nothing where its time was over before it was done, and none
/// of it was saved. What was done is noted under the key.
///
/// # Errors
/// A problem that names every value that is wrong by its row, or that the file has too many rows.
pub async fn import_bytes(
    store: &Records,
    actor: Actor,
    noun: Noun,
    bytes: Vec<u8>,
    dry_run: bool,
    until: Instant,
    key: Option<Key>,
) -> Result<Option<Report>, Problem> {
    // Goes with whoever waits for the answer: what nobody is told of is not kept.
    let waiting = Arc::new(());
    let waited_for = Arc::downgrade(&waiting);
    let is_late = Box::new(move || Instant::now() >= until || waited_for.strong_count() == 0);
    let file = File { noun, name: noun.plural(), bytes };
    let done = store
        .run(move |store| {
            if let Err(problem) = must_fit(&file.bytes) {
                return Ok(Err(problem));
            }
            let parameters = serde_json::json!({"noun": noun.plural(), "dry_run": false});
            let then = move |tx: &mut Tx<'_>, done: &Report| match key.filter(|_| !dry_run) {
                Some(key) => record_done(tx, JobKind::Import, &parameters, &key, &report(noun, false, done)?),
                None => Ok(()),
            };
            match import::run_then(store, &actor, vec![file], dry_run, then, Box::new(|_| {}), is_late) {
                Ok(report) => Ok(Ok(Some(report))),
                Err(ImportError::Rows(mistakes)) => {
                    let errors = mistakes.first.into_iter().map(|wrong| wrong.error.in_row(wrong.row, wrong.line));
                    let problem = Problem::new(Kind::Invalid).errors(errors.collect());
                    Ok(Err(problem.error_count(mistakes.count)))
                }
                Err(ImportError::Late { .. }) => Ok(Ok(None)),
                Err(ImportError::Store(why)) => Err(why),
            }
        })
        .await;
    drop(waiting);
    done?
}

/// What an import did, as it is told.
pub fn view(noun: Noun, dry_run: bool, report: Report) -> ImportView {
    let warnings = report.warnings.into_iter().map(|warning| ImportWarning {
        row: warning.row,
        line: (warning.line != warning.row).then_some(warning.line),
        detail: warning.detail,
    });
    ImportView {
        dry_run,
        noun: noun.plural(),
        created: report.created.iter().map(|(_, _, count)| count).sum(),
        skipped: report.skipped,
        warnings: warnings.collect(),
    }
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
    /// exact (every cell as it is) or spreadsheet (with a byte order mark, and with an apostrophe before the names of columns and
    /// before what a spreadsheet would run or change; the import takes it off again); exact where it is missing.
    pub flavour: Option<String>,
}

/// Export all records that you may see as CSV, in the columns in which they are imported, as they were at one moment. Withdrawn
/// records go along, because others refer to them: the last column, `status`, says `active` or `withdrawn`. What leaves is recorded
/// in the audit, with personal text record by record. The file is sent while it is made: if something fails, the connection breaks
/// off before its end, and what came is not to be used. A file is outside of all protection: keep it no longer than it is needed.
#[utoipa::path(
    tag = "transfer",
    operation_id = "export_records",
    request_body = ExportEntry,
    security(("bearer" = ["read_texts"])),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv",
        headers(("Attest-Records" = i64, description = "how many records the file holds")),
        example = json!("code,ground,origin\nP-0001,threatened_by_relatives,RU-CE\n")))
)]
#[post("/exports")]
pub async fn export_records(
    request: HttpRequest,
    allowed: Allowed<ReadTexts>,
    store: Data<Records>,
    body: Body,
) -> Result<Reply, Problem> {
    let ExportEntry { noun, texts, flavour } = body.read()?;
    let noun = read_noun("noun", noun.as_deref()).map_err(Problem::in_body)?;
    let flavour = read_flavour(flavour.as_deref()).map_err(Problem::in_body)?;
    let (count, rows) = export_rows(&store, allowed.actor(), noun, texts, flavour).await?;
    // Before HTTP/1.1 an answer ends where the connection does: nobody could tell a part from the whole, so it is made first.
    let reply = if request.version() < Version::HTTP_11 {
        Reply::csv(&disclosure::to_permitted(allowed.permit(), rows.whole().await?))
    } else {
        Reply::csv_rows(disclosure::to_permitted(allowed.permit(), rows))
    };
    let reply = reply
        .header(HeaderName::from_static("attest-records"), count)
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", noun.plural()));
    Ok(reply)
}

/// Begins an export: gives how many records it holds, once that is in the audit, and the rows as they are made.
async fn export_rows(
    store: &Records,
    actor: Actor,
    noun: Noun,
    texts: bool,
    flavour: Flavour,
) -> Result<(usize, Rows), Problem> {
    let turn = store.export_turn().await?;
    let store = store.store().for_long_work();
    let (mut pipe, rows) = download::new();
    let (tell, told) = oneshot::channel();
    spawn_blocking(move || {
        let _turn = turn;
        let mut tell = Some(tell);
        let written = store.read(&actor, |session| {
            let selection = export::select(session, noun, texts)?;
            // Recorded before anything is told. Where nobody listens any more, nothing is.
            record(&store, &actor, &selection)?;
            let heard = tell.take().is_some_and(|tell| tell.send(Ok(selection.records.len())).is_ok());
            Ok(if heard { export::write(session, &selection, flavour, &mut pipe) } else { Ok(()) })
        });
        finish(written, tell, pipe);
    });
    let count = told.await.map_err(|_| Problem::new(Kind::Internal))??;
    Ok((count, rows))
}

fn record(store: &Store, actor: &Actor, selection: &Selection) -> Result<(), StoreError> {
    let Selection { noun, records, texts } = selection.clone();
    store.write(actor, "export", move |tx| {
        tx.note("noun", noun.name());
        tx.note("count", records.len());
        if !texts.is_empty() {
            tx.note("read", records.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        tx.note("texts", texts);
        Ok(())
    })
}

type Told = oneshot::Sender<Result<usize, Problem>>;

/// Ends an export that is whole; leaves any other without an end.
fn finish(written: Result<Result<(), ExportError>, StoreError>, tell: Option<Told>, pipe: Pipe) {
    let why = match written {
        Ok(Ok(())) => match pipe.end() {
            Ok(()) => return,
            Err(why) => ExportError::Out(why),
        },
        Ok(Err(why)) => why,
        Err(why) => why.into(),
    };
    match (tell, why) {
        // Where nobody listens any more, there is nobody to tell.
        (Some(tell), ExportError::Store(why)) => drop(tell.send(Err(why.into()))),
        (_, ExportError::Out(why)) => tracing::info!(%why, "an export was abandoned"),
        (None, why) => tracing::error!(error = %why, "an export broke off"),
    }
}

/// The addresses, below that of staff.
pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(import_file).service(export_records);
}
