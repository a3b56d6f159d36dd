//! What every public address of releases answers: a function of what is on the shelf and of the question, and of nothing else.
//! The server and the export ask it alike, so that their bytes are the same.

use std::sync::Arc;

use serde::Serialize;

use crate::domain::check::{Checker, Rule};
use crate::domain::disclosure;
use crate::domain::release::content::{Content, Table};
use crate::domain::release::cube::{self, Slice, Words};
use crate::exchange::codebook;
use crate::exchange::flavour::Flavour;
use crate::exchange::formats::{self, Format, FormatError, Labels, Language, Options, Shape, Shown};

use crate::http::problem::{Kind, Problem};

use super::ready::Ready;
use super::shelf::{Snapshot, Standing};
use super::views;

/// The parameters of formats.
pub const FORMAT_PARAMETERS: [&str; 5] = ["lang", "bom", "flavour", "labels", "shape"];

/// A public address of releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Releases,
    Release(String),
    Content(String),
    /// The release, and the table with the suffix of its format.
    Table(String, String),
    /// The release, where one is named, and the suffix.
    Aggregates(Option<String>, String),
    Codebook,
    CodebookCsv,
}

impl Asked {
    /// Its path, below `/api/v1`.
    pub fn path(&self) -> String {
        match self {
            Self::Releases => "/releases.json".to_owned(),
            Self::Release(id) => format!("/releases/{id}.json"),
            Self::Content(id) => format!("/releases/{id}/content.json"),
            Self::Table(id, file) => format!("/releases/{id}/tables/{file}"),
            Self::Aggregates(None, suffix) => format!("/aggregates.{suffix}"),
            Self::Aggregates(Some(id), suffix) => format!("/releases/{id}/aggregates.{suffix}"),
            Self::Codebook => "/codebook.json".to_owned(),
            Self::CodebookCsv => "/codebook.csv".to_owned(),
        }
    }
}

/// Every address that a plain web server can answer too, because it needs no question.
pub fn paths(snapshot: &Snapshot) -> Vec<Asked> {
    let mut all = vec![Asked::Releases];
    for standing in &snapshot.releases {
        all.push(Asked::Release(standing.view.id.clone()));
        let Some(content) = &standing.content else { continue };
        all.push(Asked::Content(content.id.clone()));
        for table in &content.tables {
            // A format that cannot show a table of this shape has no file of it.
            let files = formats::FORMATS.iter().map(|format| (*format, format!("{}.{}", table.code, format.suffix())));
            let written = files.filter(|(format, _)| {
                let written = write(content, table, *format, Options::default(), None);
                // Any other failure is one of ours, and must end the export.
                !written.is_err_and(|why| why.status < 500)
            });
            all.extend(written.map(|(_, file)| Asked::Table(content.id.clone(), file)));
        }
    }
    if snapshot.newest().is_some() {
        all.extend([Asked::Codebook, Asked::CodebookCsv]);
    }
    all
}

/// The answer, made once.
///
/// # Errors
/// What is wrong with the question; it depends on what was declared, never on a count.
pub fn answer(snapshot: &Snapshot, asked: &Asked, pairs: &[(String, String)]) -> Result<Arc<Ready>, Problem> {
    let question: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", quoted(name), quoted(value))).collect();
    // With marks that no part of an address can hold: `a/b` asked as one name is not `b` below `a`.
    let key = format!("{asked:?}?{}", question.join("&"));
    snapshot.answer(key, || make(snapshot, asked, pairs))
}

fn quoted(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn make(snapshot: &Snapshot, asked: &Asked, pairs: &[(String, String)]) -> Result<Ready, Problem> {
    match asked {
        Asked::Table(..) | Asked::Aggregates(..) => {}
        Asked::CodebookCsv => nothing_but(pairs, &["flavour"])?,
        _ => nothing_but(pairs, &[])?,
    }
    match asked {
        Asked::Releases => json(&views::releases(snapshot)),
        Asked::Release(id) => json(&standing(snapshot, id)?.view),
        Asked::Content(id) => {
            let (standing, content) = stands(snapshot, id)?;
            let bytes = disclosure::of_release(content, standing.bytes.clone());
            Ok(Ready::new("application/json", &bytes).dated(content.date).frozen(true))
        }
        Asked::Table(id, file) => table(stands(snapshot, id)?.1, file, pairs),
        Asked::Aggregates(None, suffix) => {
            let (_, newest) = newest(snapshot)?;
            let content = signing(snapshot, pairs).unwrap_or(newest);
            let question: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
            let query = if question.is_empty() { String::new() } else { format!("?{}", question.join("&")) };
            let own = Asked::Aggregates(Some(content.id.clone()), suffix.clone()).path();
            Ok(aggregates(content, suffix, pairs)?.location(Some(format!("/api/v1{own}{query}"))))
        }
        Asked::Aggregates(Some(id), suffix) => Ok(aggregates(stands(snapshot, id)?.1, suffix, pairs)?.frozen(true)),
        Asked::Codebook => Ok(json(&views::codebook(newest(snapshot)?.1))?.dated(newest(snapshot)?.1.date)),
        Asked::CodebookCsv => {
            let content = newest(snapshot)?.1;
            let text = codebook::csv(content, options(content, pairs)?.flavour).map_err(unwritten)?;
            let bytes = disclosure::of_release(content, text.into_bytes());
            Ok(Ready::new("text/csv; charset=utf-8; header=present", &bytes).dated(content.date))
        }
    }
}

fn unwritten(why: impl std::fmt::Display) -> Problem {
    tracing::error!(error = %why, "an answer could not be written");
    Problem::new(Kind::Internal)
}

/// Lists of releases and words of a release.
fn json(value: &impl Serialize) -> Result<Ready, Problem> {
    let bytes = serde_json::to_vec(value).map_err(unwritten)?;
    Ok(Ready::new("application/json", &disclosure::about_releases(bytes)))
}

/// A release by what it is called.
///
/// # Errors
/// That there is none.
pub fn standing<'s>(snapshot: &'s Snapshot, id: &str) -> Result<&'s Standing, Problem> {
    snapshot.release(id).ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no public release of this name"))
}

/// A release that was not withdrawn, with its content.
///
/// # Errors
/// That there is none, or that it is gone.
pub fn stands<'s>(snapshot: &'s Snapshot, id: &str) -> Result<(&'s Standing, &'s Content), Problem> {
    let standing = standing(snapshot, id)?;
    let gone = || {
        let why = standing.view.notice.as_deref().unwrap_or("this release was withdrawn");
        Problem::new(Kind::Gone).detail(why)
    };
    Ok((standing, standing.content.as_ref().ok_or_else(gone)?))
}

fn newest(snapshot: &Snapshot) -> Result<(&Standing, &Content), Problem> {
    snapshot.newest().ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no public release yet"))
}

/// The newest release whose signed figure asks this: what was signed once is answered for ever.
fn signing<'s>(snapshot: &'s Snapshot, pairs: &[(String, String)]) -> Option<&'s Content> {
    let question: Vec<_> =
        pairs.iter().filter(|(name, _)| !FORMAT_PARAMETERS.contains(&name.as_str())).cloned().collect();
    snapshot.contents().find(|content| {
        let found = cube::ask(content, &question).ok();
        found.is_some_and(|found| content.figures.iter().any(|figure| figure.id == found.table.code))
    })
}

fn table(content: &Content, file: &str, pairs: &[(String, String)]) -> Result<Ready, Problem> {
    let named = |format: &&'static dyn Format| {
        let code = file.strip_suffix(format.suffix())?.strip_suffix('.')?;
        Some((content.table(code)?, *format))
    };
    let none = || Problem::new(Kind::NotFound).detail("there is no such table, or no such format");
    let (table, format) = formats::FORMATS.iter().find_map(named).ok_or_else(none)?;
    nothing_but(pairs, &FORMAT_PARAMETERS)?;
    let bytes = write(content, table, format, options(content, pairs)?, None)?;
    let bytes = disclosure::of_release(content, bytes);
    Ok(Ready::new(format.media_type(), &bytes).dated(content.date).frozen(true))
}

fn aggregates(content: &Content, suffix: &str, pairs: &[(String, String)]) -> Result<Ready, Problem> {
    let format = formats::find(suffix);
    let format = format.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such format"))?;
    let (of_format, mut question): (Vec<_>, Vec<_>) =
        pairs.iter().cloned().partition(|(name, _)| FORMAT_PARAMETERS.contains(&name.as_str()));
    let options = options(content, &of_format)?;
    // These are of the whole cube.
    if suffix == "jsonstat" || (suffix == "csv" && options.shape == Shape::Wide) {
        let given = question.iter().find(|(name, _)| name == "totals").map(|(_, value)| value.as_str());
        if let Some(totals) = given.filter(|totals| *totals != "all") {
            return Err(Problem::parameter("totals", Rule::Inconsistent, Some(totals), "all, in this format"));
        }
        question.retain(|(name, _)| name != "totals");
        question.push(("totals".to_owned(), "all".to_owned()));
    }
    let slice = ask(content, &question)?;
    let bytes = write(content, &slice.table, format, options, Some(slice.query))?;
    Ok(Ready::new(format.media_type(), &disclosure::of_release(content, bytes)).dated(content.date))
}

/// Answers a question on a release.
///
/// # Errors
/// What is wrong with the question, by parameter.
pub fn ask(content: &Content, question: &[(String, String)]) -> Result<Slice, Problem> {
    let invalid = |invalid: crate::domain::check::Invalid| Problem::new(Kind::InvalidParameter).errors(invalid.0);
    cube::ask(content, question).map_err(invalid)
}

/// Writes a declared table, or a slice that answers a question.
fn write(
    content: &Content,
    table: &Table,
    format: &'static dyn Format,
    options: Options,
    question: Option<String>,
) -> Result<Vec<u8>, Problem> {
    let id = content.id.clone();
    let address = match &question {
        None => Asked::Table(id, format!("{}.{}", table.code, format.suffix())).path(),
        Some(query) => format!("{}?{query}", Asked::Aggregates(Some(id), format.suffix().to_owned()).path()),
    };
    let query = question.unwrap_or_else(|| cube::question(table));
    let shown = Shown { content, table, query, address: format!("/api/v1{address}") };
    format.write(&shown, &options).map_err(|why| match why {
        FormatError::TooManyDimensions { .. } => Problem::parameter("by", Rule::OutOfRange, None, &why.to_string()),
        FormatError::Unwritable(_) => unwritten(why),
    })
}

/// Reads how an answer is to be written.
fn options(content: &Content, pairs: &[(String, String)]) -> Result<Options, Problem> {
    nothing_but(pairs, &FORMAT_PARAMETERS)?;
    let given = |name: &str| pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let mut words = Words::of(content);
    let mut c = Checker::new(&mut words);
    let yes_or_no = [("true", true), ("false", false)];
    let options = Options {
        language: c.word("lang", Language::WORDS, given("lang"), Language::default()),
        bom: c.word("bom", &yes_or_no, given("bom"), false),
        flavour: c.word("flavour", Flavour::WORDS, given("flavour"), Flavour::default()),
        labels: c.word("labels", Labels::WORDS, given("labels"), Labels::default()),
        shape: c.word("shape", Shape::WORDS, given("shape"), Shape::default()),
    };
    c.finish(options).map_err(|why| match why {
        crate::domain::check::CheckError::Invalid(invalid) => Problem::new(Kind::InvalidParameter).errors(invalid.0),
        crate::domain::check::CheckError::Fault(fault) => unwritten(fault),
    })
}

/// Refuses every other parameter by its name, and one that comes twice.
fn nothing_but(pairs: &[(String, String)], known: &[&'static str]) -> Result<(), Problem> {
    crate::http::request::Parameters(pairs.to_vec()).only(known).map(drop)
}
