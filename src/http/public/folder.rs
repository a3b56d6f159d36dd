//! Serves an export that was verified: its files as they are, and questions by its frozen content. No database and no keyring.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::domain::disclosure;
use crate::domain::health::Health;
use crate::domain::release::content::Content;
use crate::exchange::formats;
use crate::http::health;
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::store::released;

use super::ready::{Ready, Shared};
use super::shelf::{Snapshot, Standing};
use super::views::Releases;

/// The files of an export, by their path with a slash before it.
pub struct Files(BTreeMap<String, Arc<Ready>>);

/// What a folder cannot be served for.
#[derive(Debug, thiserror::Error)]
#[error("{0}: {1}")]
pub struct Unreadable(String, String);

impl Files {
    pub fn new(files: &BTreeMap<String, Vec<u8>>) -> Self {
        let made = |(path, bytes): (&String, &Vec<u8>)| {
            (format!("/{path}"), Arc::new(Ready::new(media(path), &disclosure::of_export(bytes.clone()))))
        };
        Self(files.iter().map(made).collect())
    }

    fn find(&self, path: &str) -> Option<Arc<Ready>> {
        self.0.get(path).or_else(|| self.0.get(&format!("{path}.json"))).cloned()
    }
}

fn media(path: &str) -> &'static str {
    // As the server says of these tables.
    if path.ends_with("series.csv") || path.ends_with("codebook.csv") {
        return "text/csv; charset=utf-8; header=present";
    }
    let known = formats::FORMATS.iter().find(|format| path.ends_with(&format!(".{}", format.suffix())));
    let vega = formats::FORMATS.iter().find(|format| format.suffix() == "vl.json" && path.ends_with(".vl.json"));
    match vega.or(known) {
        Some(format) => format.media_type(),
        None => "text/plain; charset=utf-8",
    }
}

/// What the files say of releases.
///
/// # Errors
/// Which file is missing or cannot be read.
pub fn snapshot(files: &BTreeMap<String, Vec<u8>>) -> Result<Snapshot, Unreadable> {
    let path = "api/v1/releases.json";
    let listed: Releases = read(files, path)?;
    let mut releases = Vec::new();
    for view in listed.items {
        let path = format!("api/v1/releases/{}/content.json", view.id);
        let content = if view.withdrawn { None } else { Some(content(files, &path)?) };
        let bytes = files.get(&path).cloned().unwrap_or_default();
        releases.push(Standing { view, content, bytes });
    }
    Ok(Snapshot::new(releases, String::new()))
}

fn read<T: serde::de::DeserializeOwned>(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Result<T, Unreadable> {
    let unreadable = |why: String| Unreadable(path.to_owned(), why);
    let bytes = files.get(path).ok_or_else(|| unreadable("it is missing".to_owned()))?;
    serde_json::from_slice(bytes).map_err(|why| unreadable(why.to_string()))
}

fn content(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Result<Content, Unreadable> {
    let unreadable = |why: String| Unreadable(path.to_owned(), why);
    let bytes = files.get(path).ok_or_else(|| unreadable("it is missing".to_owned()))?;
    let text = std::str::from_utf8(bytes).map_err(|why| unreadable(why.to_string()))?;
    Content::from_json(text).map_err(|why| unreadable(why.to_string()))
}

/// Checks that the frozen content of each release is as it was hashed and signed.
///
/// # Errors
/// The first that is not.
pub fn check(snapshot: &Snapshot) -> Result<(), Unreadable> {
    for standing in snapshot.releases.iter().filter(|standing| standing.content.is_some()) {
        let view = &standing.view;
        let wrong = |why: &str| Err(Unreadable(format!("release {}", view.id), why.to_owned()));
        if HEXLOWER.encode(&Sha256::digest(&standing.bytes)) != view.hash {
            return wrong("its content is not what was hashed");
        }
        let good = released::is_signed(&view.hash, &view.signature, &view.public_key);
        if !good {
            return wrong("its signature is not good");
        }
    }
    Ok(())
}

/// Whether it can answer: it was verified before it was served.
#[utoipa::path(
    tag = "health",
    operation_id = "ready",
    responses((status = 200, description = "It can", body = Health, example = json!({"status": "ready", "checks": []})))
)]
#[get("/health/ready")]
pub async fn ready() -> Reply {
    health::answer(Health::of(Vec::new()))
}

/// Whatever else there is in the folder.
///
/// # Errors
/// That there is no such file, or that it was asked a question.
pub async fn file(request: HttpRequest, files: Data<Files>, parameters: Parameters) -> Result<Shared, Problem> {
    let found = files.find(request.path()).ok_or_else(|| Problem::new(Kind::NotFound))?;
    if request.method() != actix_web::http::Method::GET {
        return Err(Problem::new(Kind::MethodNotAllowed).allow("GET".to_owned()));
    }
    parameters.only(&[])?;
    Ok(Shared(found))
}
