//! Lists of records, narrowed as the API narrows them.

use actix_web::web::Data;
use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::record::State;
use crate::domain::vocabulary::Vocabulary;
use crate::http::auth::Permission;
use crate::http::pages::filters;
use crate::http::pages::frame::page;
use crate::http::pages::here::link;
use crate::http::pages::parts::{Cell, Control, Field, Notice, Pager, Table, Tone};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::t;
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::staff::records::{cursor, read_cursor};
use crate::http::state::Records;
use crate::store::narrowing::{self, By};
use crate::store::records::{self as store, After, Found, Stored};
use crate::store::terms;

use super::inputs::{self, Place};
use super::view::{ids, values_of, writes};
use super::{forms, shown};

/// How many records a page lists.
const PAGE: i64 = 50;
/// How many columns a list has besides the code.
const COLUMNS: usize = 4;

#[derive(Template)]
#[template(path = "desk/list.html")]
struct List {
    address: String,
    filters: Vec<Field>,
    links: Vec<(String, String)>,
    notice: Option<Notice>,
    table: Table,
    pager: Pager,
}

/// What a list was asked for.
struct Asked {
    filters: Vec<(&'static str, String)>,
    states: Vec<State>,
    status: String,
    after: Option<After>,
}

fn read<E: Stored>(query: &str) -> Asked {
    let mut asked = Asked { filters: Vec::new(), states: vec![State::Active], status: String::new(), after: None };
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "status" => {
                asked.states = match &*value {
                    "withdrawn" => vec![State::Withdrawn],
                    "all" => vec![State::Active, State::Withdrawn],
                    _ => vec![State::Active],
                };
                asked.status = value.into_owned();
            }
            "after" => asked.after = read_cursor(&value),
            // A field of the form that was left empty narrows nothing.
            name if !value.trim().is_empty() => {
                let filter = E::FILTERS.iter().find(|(filter, _)| *filter == name);
                asked.filters.extend(filter.map(|(filter, _)| (*filter, value.trim().to_owned())));
            }
            _ => {}
        }
    }
    asked
}

fn filter<E: Stored>(
    name: &'static str,
    by: By,
    asked: &Asked,
    errors: &[FieldError],
    vocabulary: &Vocabulary,
) -> Field {
    let input = inputs::of(E::NOUN).iter().find(|input| input.name == name);
    let label = input.map_or_else(|| t(inputs::filter(name)), |input| t(input.label));
    let control = match by {
        By::Code(list) => {
            let mut options: Vec<_> = vocabulary
                .active(list)
                .map(|term| (term.code.clone(), shown::term(vocabulary, list, &term.code)))
                .collect();
            options.sort_by(|a, b| a.1.cmp(&b.1));
            options.insert(0, (String::new(), t("All").to_owned()));
            Control::Choice { options }
        }
        By::Word(words) => {
            let label = |word: &str| {
                let known = input.and_then(|input| input.called(word));
                known.map_or_else(|| word.to_owned(), |label| t(label).to_owned())
            };
            let any = std::iter::once((String::new(), t("All").to_owned()));
            Control::Choice { options: any.chain(words.iter().map(|word| ((*word).to_owned(), label(word)))).collect() }
        }
        _ => Control::line(),
    };
    let value = asked.filters.iter().find(|(filter, _)| *filter == name).map_or("", |(_, value)| value);
    let mut field = Field::new(name, label, control).value(value).id(format!("filter-{name}"));
    field.errors = errors.iter().filter(|error| error.field == name).map(forms::told).collect();
    field
}

fn table<E: Stored>(title: &str, found: &[Found<E::Body>], vocabulary: &Vocabulary) -> Result<Table, Problem> {
    let columns = inputs::of(E::NOUN)
        .iter()
        .filter(|input| input.place == Place::Main && input.name != "code" && input.name != "reason");
    let columns: Vec<_> = columns.take(COLUMNS).collect();
    let heads = std::iter::once(t("Code")).chain(columns.iter().map(|input| t(input.label)));
    let mut rows = Vec::new();
    for found in found {
        let (values, ids) = (values_of::<E>(found)?, ids(found));
        let code = Cell::Link(shown::address(E::NOUN, found.version.id), found.version.code.clone());
        let first = match found.version.stamp.state {
            State::Active => code,
            State::Withdrawn => Cell::Marked(found.version.code.clone(), t("taken back").to_owned()),
        };
        let cell = |input: &&'static inputs::Input| {
            let mut lines = shown::lines(input, &values, vocabulary, &ids);
            if lines.is_empty() { Cell::from("") } else { lines.swap_remove(0) }
        };
        rows.push(std::iter::once(first).chain(columns.iter().map(cell)).collect());
    }
    Ok(Table { caption: title.to_owned(), heads: heads.map(str::to_owned).collect(), numbers: Vec::new(), rows })
}

/// A list of records.
///
/// # Errors
/// That the store cannot answer. What is wrong in the filters is told beside them.
pub async fn show<E: Stored, P: Permission>(
    visit: Visit<P>,
    store: Data<Records>,
    query: &str,
    title: &'static str,
) -> Result<Reply, Turned> {
    let asked = read::<E>(query);
    let (filters, states, after) = (asked.filters.clone(), asked.states.clone(), asked.after);
    let found = store
        .read(visit.actor(), move |session| {
            let narrowings = narrowing::read::<E>(session, &filters)?;
            store::list::<E>(session, &narrowings, &states, after, PAGE + 1)
        })
        .await;
    let vocabulary = store.read(visit.actor(), |session| Ok(terms::vocabulary(session.conn(), None)?)).await?;
    let (mut found, errors) = match found {
        Ok(found) => (found, Vec::new()),
        Err(problem) if problem.is_invalid() => (Vec::new(), problem.errors),
        Err(problem) => return Err(problem.into()),
    };
    let goes_on = found.len() as i64 > PAGE;
    found.truncate(usize::try_from(PAGE).map_err(|_| Problem::new(Kind::Internal))?);
    let address = link(&format!("/desk/{}", E::NOUN.plural()));
    let next = found.last().filter(|_| goes_on).map(|last| {
        let mut next = url::form_urlencoded::Serializer::new(String::new());
        next.extend_pairs(&asked.filters).append_pair("status", &asked.status);
        next.append_pair("after", &cursor(&last.version));
        format!("{address}?{}", next.finish())
    });
    let states = [("", "Those that count"), ("withdrawn", "Those taken back"), ("all", "All")];
    let states = states.map(|(value, label)| (value.to_owned(), t(label).to_owned())).to_vec();
    let status = Field::new("status", t("Which"), Control::Choice { options: states }).value(&*asked.status);
    let mut fields: Vec<_> =
        E::FILTERS.iter().map(|(name, by)| filter::<E>(name, *by, &asked, &errors, &vocabulary)).collect();
    fields.push(status);
    let new = visit.may(writes(E::NOUN)).then(|| (format!("{address}/new"), t("Enter a new one").to_owned()));
    let content = List {
        address,
        filters: fields,
        links: new.into_iter().collect(),
        notice: (!errors.is_empty()).then(|| Notice::new(Tone::Wrong, t("Some of this was not understood."))),
        table: table::<E>(t(title), &found, &vocabulary)?,
        pager: Pager { next },
    };
    Ok(page(visit.permit(), t(title), &content)?)
}
