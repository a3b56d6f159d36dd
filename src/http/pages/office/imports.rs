//! Importing a file: always a trial first, then exactly what was tried.

use std::time::Instant as Moment;

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{get, post};
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::policy::{Action, Actor, Permit};
use crate::domain::record::{Noun, RecordId};
use crate::exchange::flavour::BYTE_ORDER_MARK;
use crate::exchange::sheet::Sheet;
use crate::exchange::template::template;
use crate::http::auth::WriteCases;
use crate::http::jobs::{import_job, is_long, report, submit};
use crate::http::pages::form::{Arrived, Late, Posted};
use crate::http::pages::frame::{below, page};
use crate::http::pages::here::link;
use crate::http::pages::parts::{Cell, Control, Field, Notice, Table, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::upload::{Brought, Uploaded};
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{retold, say, t};
use crate::http::pages::{Page, desk, filters, with};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::staff::transfer::{ImportTime, ImportView, LARGEST_FILE, NOUNS, import_bytes, read_noun};
use crate::http::state::Records;
use crate::store::jobs::{Job, State};
use crate::store::terms;

use super::jobs;

pub const PAGES: &[Page] = &[
    with("GET", "/desk/import", Action::WriteCases),
    with("POST", "/desk/import", Action::WriteCases),
    with("POST", "/desk/import/confirmation", Action::WriteCases),
    with("GET", "/desk/import/template", Action::WriteCases),
];

/// How many rows are shown before they are imported.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "office/import.html")]
struct Import<'a> {
    notice: Option<Notice>,
    mistakes: Option<Table>,
    fields: Vec<Field>,
    templates: Vec<(String, &'a str)>,
    word: &'a str,
}

fn label(noun: Noun) -> &'static str {
    match noun {
        Noun::Event => "Events",
        Noun::Source => "Sources",
        Noun::Person => "Persons",
        Noun::Incident => "Incidents",
        Noun::Linkage => "Linkages",
        _ => "Consents",
    }
}

fn ask(
    permit: &Permit,
    word: &str,
    notice: Option<Notice>,
    noun: &str,
    text: &str,
    errors: &[FieldError],
) -> Result<Reply, Problem> {
    let nouns = NOUNS.map(|noun| (noun.plural().to_owned(), t(label(noun)).to_owned()));
    let mut which = Field::new("noun", t("What the rows are"), Control::Choice { options: nouns.to_vec() }).value(noun);
    let own: Vec<_> = errors.iter().filter(|error| error.row.is_none()).collect();
    which.errors = own.iter().map(|error| desk::told(error)).collect();
    let file = Field::new("file", t("The file"), Control::File { accept: ".csv,text/csv" })
        .hint(t("CSV in UTF-8, with a header, as the template has it; at most 4 MiB and 5,000 rows."));
    let pasted = Field::new("text", t("Or paste the rows"), Control::Area { rows: 6 })
        .hint(t("With the header. What you paste is taken where no file is chosen."))
        .value(text);
    let content = Import {
        notice,
        mistakes: mistakes(errors),
        fields: vec![which, file, pasted],
        templates: NOUNS.iter().map(|noun| (noun.plural(), t(label(*noun)))).collect(),
        word,
    };
    page(permit, t("Import"), &content)
}

/// The mistakes in a file, where there are some.
pub fn mistakes(errors: &[FieldError]) -> Option<Table> {
    let errors: Vec<_> = errors.iter().filter(|error| error.row.is_some()).collect();
    // A job tells nothing of what stands in a file.
    let given = errors.iter().any(|error| error.value.is_some());
    let heads = ["Row", "Column"].into_iter().chain(given.then_some("What was given")).chain(["What is wrong"]);
    (!errors.is_empty()).then(|| Table {
        caption: t("What is wrong").to_owned(),
        heads: heads.map(|head| t(head).to_owned()).collect(),
        numbers: Vec::new(),
        rows: errors.iter().map(|error| mistake(error, given)).collect(),
    })
}

/// Where something is in a file, for spreadsheets and editors alike.
fn place(row: u64, line: Option<u64>) -> String {
    line.map_or_else(|| row.to_string(), |line| say("{} (line {})", &[&row, &line]))
}

fn mistake(error: &FieldError, given: bool) -> Vec<Cell> {
    let row = error.row.map(|row| place(row, error.line)).unwrap_or_default();
    let value = given.then(|| error.value.clone().unwrap_or_default().into());
    let before = [row.into(), error.field.clone().into()];
    before.into_iter().chain(value).chain([desk::told_of_file(error).into()]).collect()
}

/// The form.
#[get("/desk/import")]
pub async fn show(visit: Visit<WriteCases>) -> Result<Reply, Turned> {
    Ok(ask(visit.permit(), visit.word(), None, "persons", "", &[])?)
}

#[derive(Template)]
#[template(path = "office/import_trial.html")]
struct Trial<'a> {
    notice: Notice,
    warnings: Option<Table>,
    rows: Option<Table>,
    staged: String,
    word: &'a str,
}

/// What is odd in a file, under a heading, where something is.
pub fn warnings(caption: &str, report: &ImportView) -> Option<Table> {
    let line = |warning: &crate::http::staff::transfer::ImportWarning| {
        vec![Cell::Text(place(warning.row, warning.line)), Cell::Text(retold(&warning.detail).into_owned())]
    };
    let rows: Vec<_> = report.warnings.iter().map(line).collect();
    (!rows.is_empty()).then(|| Table {
        caption: caption.to_owned(),
        heads: ["Row", "What"].map(|head| t(head).to_owned()).to_vec(),
        numbers: Vec::new(),
        rows,
    })
}

/// The first rows. Columns of personal text are named and not shown: to read it is recorded, and this is no reading.
fn first_rows(noun: Noun, bytes: &[u8]) -> Option<Table> {
    let sheet = Sheet::open(bytes).ok()?;
    let heads = sheet.heads.clone();
    let personal = desk::texts_of(noun);
    let shown = |(head, text): (&String, &String)| {
        let hidden = personal.iter().any(|text| text.name == head) && !text.is_empty();
        Cell::from(if hidden { "…" } else { text })
    };
    let rows = sheet.take(SHOWN).filter_map(Result::ok).map(|row| heads.iter().zip(&row.cells).map(shown).collect());
    Some(Table {
        caption: t("The first rows, as they were read").to_owned(),
        rows: rows.collect(),
        numbers: Vec::new(),
        heads,
    })
}

/// How many rows were passed over, where some were.
fn with_skipped(notice: Notice, report: &ImportView) -> Notice {
    match report.skipped {
        0 => notice,
        skipped => notice.line(say("Empty rows that were passed over: {}.", &[&skipped])),
    }
}

/// What an import has entered.
pub fn entered(report: &ImportView) -> Notice {
    with_skipped(Notice::new(Tone::Done, say("Records that were entered: {}.", &[&report.created])), report)
}

/// How many mistakes a file has, and that only the first are shown where it is so.
pub fn how_many(problem: &Problem) -> String {
    let (shown, all) = (problem.errors.len(), problem.error_count.map(|count| count.get() as usize));
    match all.filter(|all| *all > shown) {
        Some(all) => say("The first {} of {} mistakes are shown.", &[&shown, &all]),
        None => say("Mistakes: {}.", &[&shown]),
    }
}

/// What an import did, or would do, as its job keeps it.
///
/// # Errors
/// That it cannot be read.
pub fn report_of(job: &Job) -> Result<ImportView, Problem> {
    let kept = job.result.clone().and_then(|result| serde_json::from_value(result).ok());
    kept.ok_or_else(|| Problem::new(Kind::Internal))
}

/// What a file would do, with the way to confirm it.
///
/// # Errors
/// That a template failed, which none does.
pub fn trial(permit: &Permit, word: &str, job: &Job, bytes: &[u8]) -> Result<Reply, Problem> {
    let report = report_of(job)?;
    let noun = read_noun("noun", job.parameters["noun"].as_str())?;
    let notice = Notice::new(Tone::Plain, say("Records that would be entered: {}.", &[&report.created]))
        .line(t("Nothing is kept yet. Either all of it is imported, or nothing."));
    let notice = with_skipped(notice, &report);
    let content = Trial {
        notice,
        warnings: warnings(t("Odd, though it would be kept"), &report),
        rows: first_rows(noun, bytes),
        staged: job.id.to_string(),
        word,
    };
    below(permit, t("What the file would do"), Some(("/desk/import", t("Import"))), &content)
}

/// Tries a file: says what is wrong with it, or what it would do. One that takes long is tried as a job.
#[post("/desk/import")]
pub async fn try_file(
    brought: Brought<WriteCases>,
    store: Data<Records>,
    time: Data<ImportTime>,
) -> Result<Reply, Turned> {
    let Uploaded { visit, form, file, since } = match brought {
        Brought::Sent(uploaded) => uploaded,
        Brought::Late(Late { visit, form }) => {
            let title = t("Nothing was tried yet: you have signed in anew since this form was opened.");
            let notice = Notice::new(Tone::Warning, title).line(t("If you had chosen a file, choose it again."));
            let page = ask(visit.permit(), visit.word(), Some(notice), form.get("noun"), form.get("text"), &[])?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let typed = form.get("text");
    let is_pasted = file.is_empty();
    let bytes = if is_pasted { typed.as_bytes().to_vec() } else { file };
    let refuse = |notice: Notice, errors: &[FieldError]| -> Result<Reply, Turned> {
        let page = ask(visit.permit(), visit.word(), Some(notice), form.get("noun"), typed, errors)?;
        Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
    };
    let noun = match read_noun("noun", Some(form.get("noun")).filter(|noun| !noun.is_empty())) {
        Ok(noun) => noun,
        Err(problem) => {
            let notice = Notice::new(Tone::Wrong, t("Nothing was tried.")).leading("noun", t("What the rows are"));
            return refuse(notice, &problem.errors);
        }
    };
    if bytes.trim_ascii().is_empty() {
        return refuse(Notice::new(Tone::Wrong, t("Choose a file, or paste its rows.")), &[]);
    }
    if bytes.len() > LARGEST_FILE {
        return refuse(too_large(&Problem::new(Kind::TooLarge).detail(format!("at most {LARGEST_FILE} bytes"))), &[]);
    }
    let (at_once, tried) = match tried(&store, visit.actor(), noun, &bytes, since + time.0).await {
        Ok(job) if is_pasted && !job.state.is_finished() => (false, settled(&store, job).await),
        tried => (true, tried),
    };
    match tried {
        Ok(job) if at_once && job.state == State::Succeeded => Ok(trial(visit.permit(), visit.word(), &job, &bytes)?),
        Ok(job) if is_pasted && !job.state.is_finished() => {
            let title =
                t("The rows are being tried. Keep this page until that has ended: what you pasted is only here.");
            let notice = Notice::new(Tone::Plain, title);
            let notice = notice.way(link(&jobs::address(&job)), t("Look in another tab how far it is"));
            let page = ask(visit.permit(), visit.word(), Some(notice), form.get("noun"), typed, &[])?;
            Ok(page.status(StatusCode::ACCEPTED))
        }
        Ok(job) => Ok(on(&jobs::address(&job))),
        Err(problem) if problem.is_invalid() => {
            let notice = Notice::new(Tone::Wrong, t("Nothing was kept. Mend the file and try it again."))
                .line(how_many(&problem));
            refuse(notice, &problem.errors)
        }
        Err(problem) if problem.status == Kind::TooLarge.status() => refuse(too_large(&problem), &[]),
        Err(problem) => Err(problem.into()),
    }
}

/// The trial of a file, which then waits to be confirmed: done already, or to be done.
async fn tried(store: &Records, actor: Actor, noun: Noun, bytes: &[u8], until: Moment) -> Result<Job, Problem> {
    let new = import_job(noun, bytes.to_vec(), true, true, None)?;
    let done = if is_long(bytes) {
        None
    } else {
        import_bytes(store, actor.clone(), noun, bytes.to_vec(), true, until, None).await?
    };
    let Some(done) = done else { return Ok(submit(store, actor, new).await?.0) };
    store
        .run(move |store| {
            let result = report(noun, true, &done)?;
            store.jobs().keep_tried(store.keys().as_deref(), &actor, &new, &result)
        })
        .await
}

/// Waits a little for the trial of rows that were pasted: what is wrong with them is told beside them.
async fn settled(store: &Records, job: Job) -> Result<Job, Problem> {
    let job = jobs::wait_for(store, job).await;
    match jobs::problem_of(&job) {
        Some(problem) if job.state == State::Failed => Err(problem),
        _ => Ok(job),
    }
}

#[derive(Template)]
#[template(source = "{{ notice }}\n<p><a href=\"{{ \"/desk/find\"|link }}\">{{ \"Find\"|t }}</a></p>", ext = "html")]
struct Done {
    notice: Notice,
}

/// Says that a file waits no more.
///
/// # Errors
/// That a template failed, which none does.
pub fn gone(permit: &Permit, word: &str) -> Result<Reply, Problem> {
    let notice = Notice::new(
        Tone::Wrong,
        t("This file is not there any more: it waits for thirty minutes, and is imported once."),
    );
    let notice = notice.line(t("Look whether it was imported already; if not, try it again."));
    Ok(ask(permit, word, Some(notice), "persons", "", &[])?.status(StatusCode::CONFLICT))
}

/// Imports what was tried, once. From a page of an earlier session it leads to the trial, where it is pressed anew.
#[post("/desk/import/confirmation")]
pub async fn confirm(arrived: Arrived<WriteCases>, store: Data<Records>) -> Result<Reply, Turned> {
    let (visit, form, late) = match arrived {
        Arrived::Sent(Posted { visit, form }) => (visit, form, false),
        Arrived::Late(Late { visit, form }) => (visit, form, true),
    };
    let Ok(trial) = form.get("staged").parse().map(RecordId) else {
        return Ok(gone(visit.permit(), visit.word())?);
    };
    if late {
        return Ok(on(&format!("/desk/jobs/{trial}")));
    }
    let actor = visit.actor();
    let confirmed = store
        .run(move |store| {
            let (jobs, keys) = (store.jobs(), store.keys());
            let file = jobs.tried_file(keys.as_deref(), actor.account, trial)?.map(|(_, file)| file);
            Ok(jobs.confirm(keys.as_deref(), &actor, trial)?.map(|job| (job, file)))
        })
        .await?;
    let Some((job, file)) = confirmed else { return Ok(gone(visit.permit(), visit.word())?) };
    let job = jobs::wait_for(&store, job).await;
    match jobs::problem_of(&job) {
        Some(problem) if problem.is_invalid() => {
            let notice =
                Notice::new(Tone::Wrong, t("Nothing was kept. Something has changed since the file was tried."))
                    .line(how_many(&problem));
            let noun = job.parameters["noun"].as_str().unwrap_or_default();
            // The rows may have been pasted, and be nowhere else.
            let rows = file.and_then(|file| String::from_utf8(file.to_vec()).ok()).unwrap_or_default();
            let page = ask(visit.permit(), visit.word(), Some(notice), noun, &rows, &problem.errors)?;
            Ok(page.status(StatusCode::UNPROCESSABLE_ENTITY))
        }
        None if job.state == State::Succeeded => {
            let notice = entered(&report_of(&job)?);
            Ok(page(visit.permit(), t("Imported"), &Done { notice })?)
        }
        _ => Ok(on(&jobs::address(&job))),
    }
}

/// That a file is too much for a request, and what to do.
fn too_large(problem: &Problem) -> Notice {
    let why = problem.detail.as_deref().unwrap_or_default();
    Notice::new(Tone::Wrong, t("The file is too large.")).line(retold(why))
}

/// An empty file with its columns and codes explained.
#[get("/desk/import/template")]
pub async fn empty(visit: Visit<WriteCases>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Turned> {
    let given = parameters.only(&["noun"])?.pop().map(|(_, noun)| noun);
    let noun = read_noun("noun", given.as_deref())?;
    let vocabulary = store.read(visit.actor(), |session| Ok(terms::vocabulary(session.conn(), None)?)).await?;
    // With the mark by which a spreadsheet knows UTF-8; an import takes it off.
    let text = format!("{BYTE_ORDER_MARK}{}", template(noun, &vocabulary));
    let text = crate::domain::disclosure::to_permitted(visit.permit(), text);
    let name = format!("attachment; filename=\"{}.csv\"", noun.plural());
    Ok(Reply::csv(&text).header(actix_web::http::header::CONTENT_DISPOSITION, name))
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(show).service(try_file).service(confirm).service(empty);
}
