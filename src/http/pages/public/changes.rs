//! What differs between two releases: cells and figures, from what was published of both and nothing else.

use actix_web::get;
use actix_web::web::{Data, Path};
use askama::Template;

use crate::domain::count::{Bounded, Count};
use crate::domain::disclosure;
use crate::domain::release::content::{Content, Table, Value};
use crate::exchange::formats::{Shown, words};
use crate::http::pages::here::link;
use crate::http::pages::parts::{Cell, Control, Field, Table as Shows};
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::public::answers;
use crate::http::public::shelf::Shelf;
use crate::http::reply::Reply;
use crate::http::request::Parameters;

use super::releases::before;
use super::say;
use super::tables::label;

#[derive(Template)]
#[template(path = "public/changes.html")]
struct Changes {
    action: String,
    lead: Option<String>,
    choice: Option<Field>,
    /// What holds of the whole: times, tables that are new or gone.
    whole: Vec<String>,
    tables: Vec<Shows>,
    figures: Option<Shows>,
}

/// What is said of a cell; a dash where the other release has no such cell.
fn said(value: Option<Value>) -> String {
    match value {
        None => "–".to_owned(),
        Some(Value::Empty) => "–".to_owned(),
        Some(Value::Withheld) => words::say(words::WITHHELD, say::language()).to_owned(),
        Some(Value::Free(count)) => say::released(count),
    }
}

/// By how much an exact number changed.
fn difference(before: Option<Value>, now: Option<Value>) -> String {
    let exact = |value: Option<Value>| match value?.count()? {
        count if count.is_zero() => None,
        Count::Attested { value, .. } => i64::try_from(value).ok(),
        Count::NotAttested { .. } => None,
    };
    match (exact(before), exact(now)) {
        (Some(before), Some(now)) if now != before => format!("{:+}", now - before).replace('-', "−"),
        _ => String::new(),
    }
}

/// The cells of a table that are not as they were; nothing where all are.
fn table(earlier: &Content, old: &Table, content: &Content, new: &Table) -> Option<Shows> {
    let shown = Shown { content, table: new, query: String::new(), address: String::new() };
    let before = Shown { content: earlier, table: old, query: String::new(), address: String::new() };
    // What either of them withholds is not compared, nor what one carries on from an earlier release: it has not told that anew.
    let told = |table: &Table, at: &[String]| {
        let own = table.cell(at).filter(|cell| cell.as_of_release.is_none())?;
        own.value.count().map(|_| own.value)
    };
    let places = new.cells.iter().map(|cell| &cell.at);
    let row = |at: &Vec<String>| {
        let (was, is) = (told(old, at), told(new, at));
        (was.is_some() && is.is_some() && was != is).then(|| {
            let named = new.axes.iter().zip(at).map(|(axis, code)| {
                let name = label(&shown, axis.vocabulary.as_deref(), code);
                if name == *code { label(&before, axis.vocabulary.as_deref(), code) } else { name }
            });
            let named = named.collect::<Vec<_>>().join(", ");
            let named = if named.is_empty() { words::say(words::TOTAL, say::language()).to_owned() } else { named };
            vec![Cell::Text(named), said(was).into(), said(is).into(), difference(was, is).into()]
        })
    };
    let rows: Vec<_> = places.filter_map(row).collect();
    (!rows.is_empty()).then(|| Shows {
        caption: say::title(&new.title),
        heads: heads(earlier, content),
        numbers: vec![1, 2, 3],
        rows,
    })
}

fn heads(earlier: &Content, content: &Content) -> Vec<String> {
    let heads = [phrases::t("What is counted"), &earlier.id, &content.id, phrases::t("Difference")];
    heads.map(str::to_owned).to_vec()
}

/// Whether two tables ask the same, so that their cells can be held against each other.
fn same(a: &Table, b: &Table) -> bool {
    let by = |table: &Table| table.axes.iter().map(|axis| axis.dimension.clone()).collect::<Vec<_>>();
    a.code == b.code
        && a.measure == b.measure
        && a.basis == b.basis
        && by(a) == by(b)
        && a.filter == b.filter
        && a.with == b.with
}

/// The signed figures that are new, gone, or not as they were.
fn figures(earlier: &Content, content: &Content) -> Option<Shows> {
    let old = |id: &str| earlier.figures.iter().find(|figure| figure.id == id);
    let new = |id: &str| content.figures.iter().find(|figure| figure.id == id);
    let gone = earlier.figures.iter().filter(|figure| new(&figure.id).is_none());
    let all = content.figures.iter().chain(gone).map(|figure| figure.id.as_str());
    let row = |id: &str| {
        let computed = |figure: Option<&crate::domain::release::content::SignedFigure>| {
            figure.map(|figure| Value::Free(figure.computed))
        };
        let stated = |figure: &crate::domain::release::content::SignedFigure| Bounded {
            value: figure.value,
            qualifier: figure.qualifier,
        };
        let (was, is) = (old(id), new(id));
        if computed(was) == computed(is) && was.map(stated) == is.map(stated) {
            return None;
        }
        let (publication, name) = id.split_once(':').unwrap_or(("", id));
        let href = format!("{}#{name}", link(&format!("/publications/{publication}")));
        let (a, b) = (computed(was), computed(is));
        let stated =
            |figure: Option<&crate::domain::release::content::SignedFigure>, computed: Option<Value>| match figure {
                Some(figure) => phrases::say("{} (published: {})", &[&said(computed), &say::bounded(stated(figure))]),
                None => phrases::t("not signed").to_owned(),
            };
        Some(vec![
            Cell::Link(href, say::figure(name)),
            stated(was, a).into(),
            stated(is, b).into(),
            difference(a, b).into(),
        ])
    };
    let rows: Vec<_> = all.filter_map(row).collect();
    let caption = phrases::t("Signed figures").to_owned();
    (!rows.is_empty()).then(|| Shows { caption, heads: heads(earlier, content), numbers: vec![1, 2, 3], rows })
}

/// What holds of the whole.
fn whole(earlier: &Content, content: &Content) -> Vec<String> {
    let mut told = Vec::new();
    if earlier.as_of != content.as_of {
        told.push(phrases::say(
            "It says what was known by {}; the other, by {}.",
            &[&say::day(content.as_of), &say::day(earlier.as_of)],
        ));
    }
    let missing = |of: &Content, from: &Content| {
        let missing = of.tables.iter().filter(|table| !from.tables.iter().any(|other| same(table, other)));
        missing.map(|table| say::title(&table.title)).collect::<Vec<_>>()
    };
    for (phrase, titles) in [
        ("Tables that are new: {}", missing(content, earlier)),
        ("Tables that it no longer has: {}", missing(earlier, content)),
    ] {
        if !titles.is_empty() {
            told.push(phrases::say(phrase, &[&titles.join("; ")]));
        }
    }
    told
}

/// The page.
#[get("/releases/{id}/changes")]
pub async fn show(shelf: Data<Shelf>, id: Path<String>, parameters: Parameters) -> Result<Reply, Turned> {
    let snapshot = shelf.now()?;
    let (_, content) = answers::stands(&snapshot, &id)?;
    let since = parameters.only(&["since"])?.pop().map(|(_, since)| since);
    let earlier = match since {
        Some(since) => Some(answers::stands(&snapshot, &since)?.1),
        None => before(&snapshot, &content.id),
    };
    let others = snapshot.contents().filter(|other| other.id != content.id);
    let options: Vec<_> =
        others.map(|other| (other.id.clone(), format!("{} – {}", other.id, say::title(&other.title)))).collect();
    let choice = (!options.is_empty()).then(|| {
        let value = earlier.map(|earlier| earlier.id.clone()).unwrap_or_default();
        Field::new("since", phrases::t("Compared with"), Control::Choice { options }).value(value)
    });
    let page = Changes {
        action: link(&format!("/releases/{}/changes", content.id)),
        lead: earlier.map(|earlier| {
            let phrase = "What release {} says otherwise than release {}. Both stay as they are.";
            phrases::say(phrase, &[&content.id, &earlier.id])
        }),
        choice,
        whole: earlier.map(|earlier| whole(earlier, content)).unwrap_or_default(),
        tables: earlier.map_or_else(Vec::new, |earlier| {
            let pair = |new: &Table| table(earlier, earlier.tables.iter().find(|old| same(old, new))?, content, new);
            content.tables.iter().filter_map(pair).collect()
        }),
        figures: earlier.and_then(|earlier| figures(earlier, content)),
    };
    let title = phrases::say("What changed: {}", &[&say::title(&content.title)]);
    let path = format!("/releases/{}", content.id);
    Ok(super::shown(&title, Some((&path, &content.id)), &page, |page| disclosure::of_release(content, page))?)
}
