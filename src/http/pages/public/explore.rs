//! A question of one's own to a release: chosen in a form, answered as a table, a chart, files and an address.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use askama::Template;

use crate::domain::aggregate::{Measure, pairs};
use crate::domain::check::{FieldError, Rule};
use crate::domain::dimension::{DIMENSIONS, dimension};
use crate::domain::disclosure;
use crate::domain::release::content::{Content, Table};
use crate::domain::release::cube::{self, Slice};
use crate::exchange::formats::words;
use crate::http::documentation::ADDRESS;
use crate::http::pages::desk::forms::expected;
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Control, Field};
use crate::http::pages::turned::Turned;
use crate::http::pages::{filters, words as phrases};
use crate::http::problem::Problem;
use crate::http::public::answers;
use crate::http::public::shelf::{Shelf, Snapshot};
use crate::http::reply::Reply;
use crate::http::request::Parameters;

use super::copy::{self, Line};
use super::say;
use super::tables::{self, Download, Shows};

/// How many dimensions the form offers.
const MOST: usize = 3;
/// The filter by kinds of which everybody who is counted has each.
const WITH: &str = "with";

/// Codes of a dimension to choose among.
struct Choice {
    code: String,
    label: String,
    chosen: bool,
}

/// A dimension to filter by.
struct Filter {
    dimension: String,
    label: String,
    choices: Vec<Choice>,
    open: bool,
    errors: Vec<String>,
}

/// What was answered.
struct Answered {
    title: String,
    publisher: String,
    shows: Shows,
    picture: Option<String>,
    address: String,
    downloads: Vec<Download>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "public/explore.html")]
struct Explore {
    release: Option<(String, String)>,
    tables: Vec<(String, String)>,
    fields: Vec<Field>,
    filters: Vec<Filter>,
    /// Mistakes that are of no field of the form.
    errors: Vec<String>,
    answered: Option<Answered>,
    docs: &'static str,
}

/// The question of an address: names that come several times are one list, and what was left empty was not asked.
fn gathered(parameters: &Parameters) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in parameters.0.iter().filter(|(_, value)| !value.is_empty()) {
        let listed = DIMENSIONS.iter().any(|dimension| dimension.code == name) || name == "by" || name == WITH;
        match found.iter_mut().find(|(own, _)| own == name) {
            Some((_, values)) if listed => *values = format!("{values},{value}"),
            _ => found.push((name.clone(), value.clone())),
        }
    }
    found
}

fn value<'q>(question: &'q [(String, String)], name: &str) -> &'q str {
    question.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

/// What is wrong, in the reader's language as far as the rule goes.
fn told(error: &FieldError) -> String {
    if error.field == "by" && error.rule == Rule::OutOfRange {
        return phrases::t("No table of this release holds this question. Its tables are listed above.").to_owned();
    }
    let phrase = match error.rule {
        Rule::Unknown => "There is no such parameter.",
        Rule::UnknownCode | Rule::RetiredCode | Rule::UnknownRecord => "There is no such code.",
        Rule::OutOfRange => "This has no cell of its own.",
        Rule::Inconsistent => "This does not go together.",
        _ => "This cannot be read.",
    };
    let value = error.value.as_ref().map(|value| format!(" ({value})")).unwrap_or_default();
    let why = format!("{}{value}", phrases::t(phrase));
    match expected(&error.expected) {
        Some(expected) => format!("{why} {} {expected}", phrases::t("Expected:")),
        None => why,
    }
}

/// The dimensions that divide the release's tables, in the order of the registry.
fn dividing(content: &Content) -> Vec<&'static str> {
    let divides = |code: &str| content.tables.iter().flat_map(|table| &table.axes).any(|axis| axis.dimension == code);
    DIMENSIONS.iter().map(|dimension| dimension.code).filter(|code| divides(code)).collect()
}

/// What can be filtered by: the codes with a cell of their own, those that whole tables are narrowed to, and `with`.
fn filtering(content: &Content) -> Vec<(&'static str, Vec<&str>)> {
    let codes = |name: &str| {
        let axes = content.tables.iter().flat_map(|table| &table.axes).filter(|axis| axis.dimension == name);
        let narrowed = content.tables.iter().filter_map(|table| table.filter.get(name)).flatten();
        let with = content.tables.iter().flat_map(|table| &table.with).filter(|_| name == WITH);
        let mut codes: Vec<&str> = Vec::new();
        for code in axes.flat_map(|axis| &axis.codes).chain(narrowed).chain(with) {
            if !codes.contains(&code.as_str()) {
                codes.push(code);
            }
        }
        codes
    };
    let names = DIMENSIONS.iter().map(|dimension| dimension.code).chain([WITH]);
    names.map(|name| (name, codes(name))).filter(|(_, codes)| !codes.is_empty()).collect()
}

struct Form<'f> {
    snapshot: &'f Snapshot,
    content: &'f Content,
    question: &'f [(String, String)],
    errors: &'f [FieldError],
}

impl Form<'_> {
    fn of(&self, field: &str) -> Vec<String> {
        self.errors.iter().filter(|error| error.field == field).map(told).collect()
    }

    fn choice(&self, name: &str, label: &str, options: Vec<(String, String)>, value: &str) -> Field {
        let mut field = Field::new(name, phrases::t(label), Control::Choice { options }).value(value);
        field.errors = self.of(name);
        field
    }

    fn fields(&self) -> Vec<Field> {
        let language = say::language();
        let releases = self
            .snapshot
            .contents()
            .map(|content| (content.id.clone(), format!("{} – {}", content.id, say::title(&content.title))));
        let mut fields = vec![self.choice("release", "Release", releases.collect(), &self.content.id)];
        let measures: BTreeSet<Measure> = self.content.tables.iter().map(|table| table.measure).collect();
        let measures = measures
            .into_iter()
            .map(|measure| (measure.name().to_owned(), words::measure(measure, language).to_owned()));
        let measure = value(self.question, "measure");
        let measure = if measure.is_empty() { Measure::Persons.name() } else { measure };
        fields.push(self.choice("measure", "What is counted", measures.collect(), measure));
        let mut by: Vec<_> = vec![(String::new(), phrases::t("not divided").to_owned())];
        let all = dividing(self.content);
        by.extend(all.iter().map(|code| ((*code).to_owned(), words::heading(code, language).to_owned())));
        let most = self.content.tables.iter().map(|table| table.axes.len()).max().unwrap_or_default().min(MOST);
        let chosen: Vec<_> = value(self.question, "by").split(',').collect();
        for at in 0..most.max(1) {
            let label = if at == 0 { "Divide by" } else { "and by" };
            let own = chosen.get(at).copied().unwrap_or_default();
            let mut field = self.choice("by", label, by.clone(), own).id(format!("by-{at}"));
            if at > 0 {
                field.errors.clear();
            }
            fields.push(field);
        }
        let totals = [("", "of the whole"), ("all", "of every group too"), ("none", "no totals")];
        let totals = totals.map(|(code, label)| (code.to_owned(), phrases::t(label).to_owned())).to_vec();
        let field = self.choice("totals", "Totals", totals, value(self.question, "totals"));
        fields.push(field);
        fields
    }

    fn filters(&self) -> Vec<Filter> {
        let language = say::language();
        let filter = |(name, codes): (&'static str, Vec<&str>)| {
            let asked: Vec<_> = value(self.question, name).split(',').collect();
            let (list, label) = if name == WITH {
                (Some("kind"), words::say(words::WITH_EACH, language))
            } else {
                (words::list(name), words::heading(name, language))
            };
            let choice = |code: &str| {
                let listed = self.content.label(list, code, language.code());
                let label = if listed == code { words::code(code, language) } else { listed };
                Choice { code: code.to_owned(), label: label.to_owned(), chosen: asked.contains(&code) }
            };
            let choices: Vec<_> = codes.into_iter().map(choice).collect();
            let errors = self.of(name);
            let open = choices.iter().any(|choice| choice.chosen) || !errors.is_empty();
            Filter { dimension: name.to_owned(), label: label.to_owned(), choices, open, errors }
        };
        filtering(self.content).into_iter().map(filter).collect()
    }

    /// Whether a mistake is of a field that the form shows.
    fn has(&self, field: &str) -> bool {
        let own = ["release", "measure", "by", "totals"];
        own.contains(&field) || filtering(self.content).iter().any(|(name, _)| *name == field)
    }
}

/// The address of a slice of a release, below the API.
fn address(content: &Content, question: &[(String, String)], suffix: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    // A cube has all its totals, and takes no other.
    let own = question.iter().filter(|(name, _)| name != "totals" || suffix != "jsonstat");
    query.extend_pairs(own.map(|(name, value)| (name.as_str(), value.as_str())));
    if suffix == "svg" && say::language() != crate::exchange::formats::Language::default() {
        query.append_pair("lang", say::language().code());
    }
    // A comma reads better than its number, and means the same.
    let query = query.finish().replace("%2C", ",");
    format!("/api/v1/releases/{}/aggregates.{suffix}?{query}", content.id)
}

fn answered(
    request: &HttpRequest,
    (snapshot, content): (&Snapshot, &Content),
    question: &[(String, String)],
    slice: &Slice,
) -> Answered {
    let table = &slice.table;
    // The same question asked differently has one address.
    let mut canonical = pairs(&slice.query);
    canonical.extend(question.iter().filter(|(name, _)| name == "totals").cloned());
    let address = |suffix: &str| address(content, &canonical, suffix);
    let origin = copy::origin(request);
    let title = caption(content, table);
    let picture = (table.axes.len() <= 2).then(|| address("svg"));
    let csv = format!("{origin}{}", address("csv"));
    let whole = picture.as_ref().map(|picture| format!("{origin}{picture}"));
    Answered {
        publisher: content.publisher.clone(),
        shows: tables::shows(snapshot, content, table, slice.query.clone()),
        address: format!("{origin}{}", address("json")),
        downloads: tables::downloads(table, |suffix| match suffix {
            "csv" => format!("{}&flavour=spreadsheet", address(suffix)),
            _ => address(suffix),
        }),
        lines: copy::lines(&csv, whole.as_deref(), &title),
        picture,
        title,
    }
}

/// What the answer is called: as its table, or as the figure that was signed.
fn caption(content: &Content, table: &Table) -> String {
    match content.table(&table.code) {
        Some(_) => say::title(&table.title),
        None => table.code.split_once(':').map_or_else(|| table.code.clone(), |(_, name)| say::figure(name)),
    }
}

/// The declared tables, as questions.
fn declared(content: &Content) -> Vec<(String, String)> {
    let one = |table: &Table| {
        let path = format!("/explore?release={}&{}", content.id, cube::question(table));
        (link(&path), say::title(&table.title))
    };
    content.tables.iter().map(one).collect()
}

/// The page.
#[get("/explore")]
pub async fn show(request: HttpRequest, shelf: Data<Shelf>, parameters: Parameters) -> Result<Reply, Turned> {
    let snapshot = shelf.now()?;
    let mut question = gathered(&parameters);
    let asked = question.iter().position(|(name, _)| name == "release").map(|at| question.remove(at).1);
    let content = match &asked {
        Some(id) => Some(answers::stands(&snapshot, id)?.1),
        None => snapshot.newest().map(|(_, content)| content),
    };
    let title = phrases::t("Explore");
    let Some(content) = content else {
        let nothing = Explore {
            release: None,
            tables: Vec::new(),
            fields: Vec::new(),
            filters: Vec::new(),
            errors: Vec::new(),
            answered: None,
            docs: ADDRESS,
        };
        return Ok(super::shown(title, None, &nothing, disclosure::about_releases)?);
    };
    if question.is_empty()
        && let Some(table) = content.tables.first()
    {
        question = pairs(&cube::question(table));
    }
    let (slice, errors) = match answers::ask(content, &question) {
        Ok(slice) => (Some(slice), Vec::new()),
        Err(Problem { errors, .. }) => (None, errors),
    };
    let form = Form { snapshot: &snapshot, content, question: &question, errors: &errors };
    let page = Explore {
        release: Some((content.id.clone(), say::title(&content.title))),
        tables: declared(content),
        fields: form.fields(),
        filters: form.filters(),
        errors: errors
            .iter()
            .filter(|error| !form.has(&error.field))
            .map(|error| match dimension(&error.field) {
                Some(dimension) => format!("{}: {}", words::heading(dimension.code, here::language()), told(error)),
                // What is no parameter is named as the reader wrote it.
                None => format!("{}: {}", error.field, told(error)),
            })
            .collect(),
        answered: slice.as_ref().map(|slice| answered(&request, (&snapshot, content), &question, slice)),
        docs: ADDRESS,
    };
    let reply = super::shown(title, None, &page, |page| disclosure::of_release(content, page))?;
    Ok(if slice.is_some() { reply } else { reply.status(StatusCode::BAD_REQUEST) })
}
