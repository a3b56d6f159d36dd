//! The words that the newest release uses: what they are called and mean, in the reader's language.

use std::collections::BTreeMap;

use actix_web::get;
use actix_web::web::Data;
use askama::Template;

use crate::domain::disclosure;
use crate::domain::release::content::PublicTerm;
use crate::domain::vocabulary::Review;
use crate::exchange::formats::words;
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::shelf::Shelf;
use crate::http::public::views;
use crate::http::reply::Reply;

use super::say;

/// A term.
struct Word {
    code: String,
    label: String,
    definition: String,
    /// A translation that nobody has reviewed.
    draft: bool,
    /// There is no text in the reader's language.
    english: bool,
    broader: Option<String>,
}

/// A list, or a family of one.
struct List {
    id: String,
    name: String,
    words: Vec<Word>,
}

/// By what tables are divided.
struct Dimension {
    code: String,
    name: String,
    nested: bool,
}

#[derive(Template)]
#[template(path = "public/codebook.html")]
struct Codebook {
    release: Option<String>,
    dimensions: Vec<Dimension>,
    lists: Vec<List>,
    drafts: usize,
}

/// What a list is called.
fn list_name(list: &str) -> &str {
    match list {
        "special" => phrases::t("Codes that mean the same everywhere"),
        "family" => phrases::t("Families of what happened"),
        "kind" => phrases::t("What happened"),
        "ground" => phrases::t("Why a person asked for help"),
        "place" => phrases::t("Places"),
        "actor" => phrases::t("Who took part"),
        "sex" => phrases::t("Sex"),
        "age_group" => phrases::t("Age groups"),
        "reliability" => phrases::t("Reliability of a source"),
        "definition" => phrases::t("Definitions of figures"),
        other => other,
    }
}

fn word(term: &PublicTerm, all: &[PublicTerm]) -> Word {
    let language = say::language().code();
    let text = term.texts.get(language).or_else(|| term.texts.get("en"));
    let wider = term.broader.as_ref().and_then(|code| all.iter().find(|other| other.code == *code));
    let wider = wider.and_then(|wider| wider.texts.get(language).or_else(|| wider.texts.get("en")));
    Word {
        code: term.code.clone(),
        label: text.map_or(&term.code, |text| &text.label).clone(),
        definition: text.map(|text| text.definition.clone()).unwrap_or_default(),
        draft: term.texts.get(language).is_some_and(|text| text.review == Review::Draft),
        english: !term.texts.contains_key(language),
        broader: wider.map(|text| text.label.clone()).or_else(|| term.broader.clone()),
    }
}

/// The lists; kinds of incident by their family.
fn lists(terms: &BTreeMap<String, Vec<PublicTerm>>) -> Vec<List> {
    let family = |code: &str| {
        let found = terms.get("family").and_then(|list| list.iter().find(|term| term.code == code));
        found.map_or_else(|| code.to_owned(), |term| word(term, &[]).label)
    };
    let mut lists = Vec::new();
    for (name, all) in terms {
        let mut by_family: BTreeMap<Option<&str>, Vec<Word>> = BTreeMap::new();
        for term in all {
            by_family.entry(term.family.as_deref()).or_default().push(word(term, all));
        }
        for (of, mut words) in by_family {
            words.sort_by_key(|word| (word.code.starts_with('_'), word.label.to_lowercase()));
            let title = list_name(name);
            let (id, name) = match of {
                Some(code) => (format!("{name}-{code}"), format!("{title}: {}", family(code))),
                None => (name.clone(), title.to_owned()),
            };
            lists.push(List { id, name, words });
        }
    }
    lists
}

/// The page.
#[get("/codebook")]
pub async fn show(shelf: Data<Shelf>) -> Result<Reply, Turned> {
    let snapshot = shelf.now()?;
    let title = phrases::t("Codebook");
    let Some((_, content)) = snapshot.newest() else {
        let nothing = Codebook { release: None, dimensions: Vec::new(), lists: Vec::new(), drafts: 0 };
        return Ok(super::shown(title, None, &nothing, disclosure::about_releases)?);
    };
    let book = views::codebook(content);
    let dimension = |view: views::DimensionView| Dimension {
        name: words::heading(&view.code, say::language()).to_owned(),
        nested: view.nested,
        code: view.code,
    };
    let lists = lists(&book.terms);
    let page = Codebook {
        release: Some(book.release.clone()),
        dimensions: book.dimensions.clone().into_iter().map(dimension).collect(),
        drafts: lists.iter().flat_map(|list| &list.words).filter(|word| word.draft).count(),
        lists,
    };
    Ok(super::shown(title, None, &page, |page| disclosure::of_release(content, page))?)
}
