//! What is around the content of every page: the head, the ways to other pages, the foot.

use std::sync::LazyLock;

use askama::Template;
use sha2::{Digest, Sha256};

use crate::domain::disclosure::{self, Disclosed};
use crate::domain::policy::{Action, Actor, Permit, decide};
use crate::exchange::formats::Language;
use crate::store::chain::hex;

use super::super::problem::{Kind, Problem};
use super::super::reply::Reply;
use super::filters;
use super::here::{self, Here};

/// The one style sheet, and the sign in the tab.
pub const STYLE: &str = include_str!("style.css");
pub const ICON: &str = include_str!("icon.svg");

/// The addresses of both, which change with what they hold: whoever has them never asks again.
static ASSETS: LazyLock<(String, String)> = LazyLock::new(|| {
    let name = |text: &str, ending: &str| format!("/assets/{}.{ending}", &hex(&Sha256::digest(text))[..16]);
    (name(STYLE, "css"), name(ICON, "svg"))
});

/// The asset of this address.
pub fn asset(path: &str) -> Option<(&'static str, &'static str)> {
    let (style, icon) = &*ASSETS;
    match path {
        path if path == style => Some((STYLE, "text/css; charset=utf-8")),
        path if path == icon => Some((ICON, "image/svg+xml")),
        _ => None,
    }
}

/// The pages that anybody finds from every page.
const OPEN: &[(&str, &str)] = &[
    ("/", "Figures"),
    ("/publications", "Publications"),
    ("/explore", "Explore"),
    ("/releases", "Releases"),
    ("/codebook", "Codebook"),
    ("/about", "About"),
];

/// The pages of those who are signed in, each with what one must be allowed for it.
const OWN: &[(&str, &str, Action)] = &[
    ("/desk", "Desk", Action::KeepOwnAccount),
    ("/desk/find", "Find", Action::ReadCases),
    ("/desk/persons/new", "New person", Action::WriteCases),
    ("/desk/import", "Import", Action::WriteCases),
    ("/desk/publications", "Documents", Action::ReadFigures),
    ("/desk/releases", "Prepare a release", Action::ReadReleases),
    ("/desk/lists", "Public lists", Action::ReadReleases),
    ("/research", "Research", Action::ReadAggregates),
    ("/desk/terms", "Vocabularies", Action::ReadTerms),
    ("/desk/accounts", "Accounts", Action::ReadAccounts),
    ("/desk/audit", "Audit", Action::ReadAudit),
];

struct Item {
    path: &'static str,
    label: &'static str,
    current: bool,
}

struct Other {
    href: String,
    code: &'static str,
    name: &'static str,
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    lang: &'static str,
    title: &'a str,
    style: &'a str,
    icon: &'a str,
    open_items: Vec<Item>,
    own_items: Vec<Item>,
    languages: Vec<Other>,
    reader: Option<&'a str>,
    above: Option<(&'a str, &'a str)>,
    draft: bool,
    /// Where this page is in English, where a translation can be left for it.
    english: Option<String>,
    content: &'a str,
}

/// A page before it is written out.
pub struct Sheet<'a, T> {
    /// Never says whom a record is about: it stands in the history of the browser.
    pub title: &'a str,
    /// The page above this one: address and name.
    pub above: Option<(&'a str, &'a str)>,
    pub content: &'a T,
}

/// The same question in another language.
fn asked(path: &str, query: &str, language: Language) -> String {
    let address = here::in_language(path, language);
    if query.is_empty() { address } else { format!("{address}?{query}") }
}

/// The ways to this page in other languages. What a form has sent has no address of its own, and would be lost on the way.
fn languages(here: &Here) -> Vec<Other> {
    let other = |(code, language): &(&'static str, Language)| {
        let name = language.pick("English", "Русский");
        Other { href: asked(&here.path, &here.query, *language), code, name }
    };
    let others = Language::WORDS.iter().filter(|(_, language)| here.is_read && *language != here.language);
    others.map(other).collect()
}

/// Writes a page out, for somebody who is signed in or for anybody.
///
/// # Errors
/// That a template failed, which none does.
pub fn write<T: Template>(reader: Option<&Actor>, sheet: &Sheet<'_, T>) -> Result<String, Problem> {
    let failed = |why: askama::Error| {
        tracing::error!(error = %why, "a page could not be written");
        Problem::new(Kind::Internal)
    };
    let content = sheet.content.render().map_err(failed)?;
    let here = here::here();
    let current = |path: &str| here.path == path || (path != "/" && here.path.starts_with(&format!("{path}/")));
    // Of several that fit, the nearest is where one is.
    let nearest = OPEN.iter().map(|item| item.0).chain(OWN.iter().map(|item| item.0)).filter(|path| current(path));
    let nearest = nearest.max_by_key(|path| path.len());
    let item = |path: &'static str, label: &'static str| Item { path, label, current: Some(path) == nearest };
    let own = reader.map(|actor| {
        let may = OWN.iter().filter(|(_, _, action)| decide(actor, *action).is_ok());
        may.map(|(path, label, _)| item(path, label)).collect()
    });
    let layout = Layout {
        lang: here.language.code(),
        title: sheet.title,
        style: &ASSETS.0,
        icon: &ASSETS.1,
        open_items: OPEN.iter().map(|(path, label)| item(path, label)).collect(),
        own_items: own.unwrap_or_default(),
        languages: languages(&here),
        reader: reader.map(|actor| actor.name.as_str()),
        above: sheet.above,
        draft: here.language != Language::English,
        english: here.is_read.then(|| asked(&here.path, &here.query, Language::English)),
        content: &content,
    };
    let page = layout.render().map_err(failed)?;
    // What came with a request may stand in it, and of the null character HTML has no way to speak.
    Ok(if page.contains('\0') { page.replace('\0', "\u{fffd}") } else { page })
}

/// A page for somebody who is signed in.
///
/// # Errors
/// As [`write`].
pub fn page<T: Template>(permit: &Permit, title: &str, content: &T) -> Result<Reply, Problem> {
    below(permit, title, None, content)
}

/// A page for somebody who is signed in, below another one.
///
/// # Errors
/// As [`write`].
pub fn below<T: Template>(
    permit: &Permit,
    title: &str,
    above: Option<(&str, &str)>,
    content: &T,
) -> Result<Reply, Problem> {
    let text = write(Some(permit.actor()), &Sheet { title, above, content })?;
    Ok(Reply::html(&disclosure::to_permitted(permit, text)))
}

/// A page for somebody who is not.
///
/// # Errors
/// As [`write`].
pub fn open_page<T: Template>(title: &str, content: &T) -> Result<Reply, Problem> {
    let text = write(None, &Sheet { title, above: None, content })?;
    let page: Disclosed<String> = disclosure::about_signing_in(text);
    Ok(Reply::html(&page))
}
