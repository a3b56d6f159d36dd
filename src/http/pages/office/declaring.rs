//! The form that declares a release: its tables, the figures to sign, and how many stand behind a number.

use actix_web::http::StatusCode;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{get, post};
use askama::Template;
use chrono::NaiveDate;

use crate::domain::check::FieldError;
use crate::domain::dimension::Dimension;
use crate::domain::figure::{Figure, FigureEntry};
use crate::domain::policy::{Action, Actor};
use crate::domain::record::{RecordId, State};
use crate::domain::release::content::{Basis, PERSONS};
use crate::domain::release::declare::{DeclarationEntry, NO_LIST};
use crate::domain::release::lists::may_have_one;
use crate::domain::release::plan::Block;
use crate::exchange::formats::words;
use crate::http::auth::Release as MakeReleases;
use crate::http::jobs::{made_by, preparing, submit};
use crate::http::pages::desk::forms::in_row;
use crate::http::pages::form::{Arrived, Late, Posted};
use crate::http::pages::frame::below;
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Control, Field, Notice, Tone};
use crate::http::pages::sign_in::on;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{retold, say, t};
use crate::http::pages::{Page, desk, filters, with};
use crate::http::problem::{Kind, Problem};
use crate::http::reply::Reply;
use crate::http::state::Records;
use crate::store::jobs::Key;
use crate::store::{lists, records, releases};

use super::declared::{MOST_TABLES, Values, is_used, read, typed, values_of};
use super::jobs;

pub const PAGES: &[Page] =
    &[with("GET", "/desk/releases/new", Action::Release), with("POST", "/desk/releases", Action::Release)];

/// How many empty tables the form offers, and how many it reads.
const EMPTY: usize = 2;

/// A figure that can be signed.
struct Signable {
    id: String,
    value: String,
    population: String,
    as_of: NaiveDate,
    /// The same in words.
    day: String,
}

/// What a release may be made of.
struct Offers {
    figures: Vec<Signable>,
    /// The dimensions whose public list is in force.
    lists: Vec<&'static Dimension>,
}

impl Offers {
    fn has_list(&self, code: &str) -> bool {
        self.lists.iter().any(|dimension| dimension.code == code)
    }
}

struct TableFields {
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "office/declare.html")]
struct Declare<'a> {
    notice: Option<Notice>,
    head: Vec<Field>,
    tables: Vec<TableFields>,
    /// What the dimensions are called that have a list in force.
    lists: String,
    figures: &'a [Signable],
    chosen: &'a [String],
    whole: Field,
    once: String,
    word: &'a str,
}

/// What stands in the way, in words. Mistakes lead to their fields: the element and what it is called.
pub fn told(problem: &Problem, place: impl Fn(&FieldError) -> (String, String)) -> Notice {
    let mut notice = Notice::new(Tone::Wrong, t(problem.title));
    if let Some(detail) = &problem.detail {
        notice = notice.line(retold(detail));
    }
    for block in &problem.blocks {
        notice = notice.line(blocked(block));
    }
    for error in &problem.errors {
        let (id, label) = place(error);
        notice = notice.leading(id, format!("{label}: {}", desk::told(error)));
    }
    notice
}

/// A notice of mistakes with the way to the lists that are missing.
fn with_lists(notice: Notice, problem: &Problem) -> Notice {
    let lacks = |error: &&FieldError| error.expected == NO_LIST;
    let mut missing: Vec<_> = problem.errors.iter().filter(lacks).filter_map(|error| error.value.as_deref()).collect();
    missing.sort_unstable();
    missing.dedup();
    missing.into_iter().fold(notice, |notice, code| {
        let heading = words::heading(code, here::language());
        let address = format!("{}?dimension={code}#declare", link("/desk/lists"));
        notice.way(address, say("No list is in force for this: {}. Declare it first.", &[&heading]))
    })
}

fn blocked(block: &Block) -> String {
    match block {
        Block::EarlierRelease { release, detail } => say("Beside the release {}: {}", &[release, &retold(detail)]),
        Block::Figure { figure, detail } => say("The figure {}: {}", &[figure, &retold(detail)]),
        Block::Records { detail } => retold(detail).into_owned(),
    }
}

/// The lists in force, and what can be signed: figures with a question. A draft becomes public with the release.
async fn offers(visit: &Visit<MakeReleases>, store: &Records) -> Result<Offers, Problem> {
    let (actor, language) = (visit.actor(), here::language());
    store
        .run(move |store| {
            store.read(&actor, |session| {
                let found = records::all::<FigureEntry>(session.conn(), &[State::Active])?;
                let can = found.into_iter().filter(|figure| figure.version.body.query.is_some());
                let line = |figure: records::Found<Figure>| Signable {
                    id: figure.version.code,
                    value: figure.version.body.value.value.to_string(),
                    as_of: figure.version.body.as_of,
                    day: words::day(figure.version.body.as_of, language),
                    population: figure.version.body.population,
                };
                let figures = can.map(line).collect();
                let lists = lists::in_force(session.conn())?.iter().map(|list| list.dimension).collect();
                Ok(Offers { figures, lists })
            })
        })
        .await
}

fn field(
    name: impl Into<String>,
    label: &str,
    hint: &str,
    control: Control,
    values: &Values,
    errors: &[FieldError],
) -> Field {
    let name = name.into();
    let value = values.get(&name).cloned().unwrap_or_default();
    let mut field = Field::new(name, t(label), control).hint(t(hint)).value(value);
    field.errors = errors.iter().filter(|error| concerns(error, &field.name)).map(desk::told).collect();
    field
}

/// Whether a mistake is in this field. One in a part of it, such as `filter.place`, stands beside the whole of it.
fn concerns(error: &FieldError, name: &str) -> bool {
    let nth = |base: &str, nth: usize| error.field.strip_prefix(base).is_some_and(|rest| rest == format!(".by[{nth}]"));
    let second = name.strip_suffix(".by2").is_some_and(|base| nth(base, 1));
    let third = name.strip_suffix(".by3").is_some_and(|base| nth(base, 2));
    let first = name.strip_suffix(".by").is_some_and(|base| nth(base, 0));
    let in_it =
        |rest: &str| rest.is_empty() || rest.starts_with('.') || name.ends_with(".with") && rest.starts_with('[');
    first || second || third || error.field.strip_prefix(name).is_some_and(in_it)
}

/// The elements of the parts of the form.
const TABLE: &str = "table";
const FORM: &str = "declaration-form";

/// Where a mistake is shown in the form, and what it is called there.
fn place(head: &[Field], tables: &[TableFields], whole: &Field, error: &FieldError) -> (String, String) {
    if let Some(field) = head.iter().chain([whole]).find(|field| concerns(error, &field.name)) {
        return (field.id.clone(), field.label.clone());
    }
    for (table, nth) in tables.iter().zip(1..) {
        if let Some(field) = table.fields.iter().find(|field| concerns(error, &field.name)) {
            return (field.id.clone(), in_row(t("Table"), nth, &field.label));
        }
        if error.field.starts_with(&format!("tables[{}]", nth - 1)) {
            return (format!("{TABLE}-{nth}"), format!("{} {nth}", t("Table")));
        }
    }
    match error.field.split('[').next() {
        Some("tables") => (format!("{TABLE}-1"), t("Tables").to_owned()),
        Some("figures") => (FORM.to_owned(), t("Figures to sign").to_owned()),
        _ => (FORM.to_owned(), t("The declaration").to_owned()),
    }
}

fn head(values: &Values, errors: &[FieldError]) -> Vec<Field> {
    let line = |name: &str, label: &str, hint: &str| field(name, label, hint, Control::line(), values, errors);
    vec![
        line("id", "Name in addresses", "a-z, 0-9 and -, such as 2018-04-03").required(),
        line("title_en", "Title in English", "").required(),
        line("title_ru", "Title in Russian", ""),
        line("publisher", "Whose numbers they are", "").required(),
        line("as_of", "As of", "What was known by the end of this day; today where you leave it empty."),
        line("date", "The date that it bears", "Today where you leave it empty."),
        line(
            "persons",
            "People behind every number, at least",
            &say("{} where you leave it empty. The first release says it for all that follow.", &[&PERSONS]),
        ),
    ]
}

fn table(at: usize, values: &Values, errors: &[FieldError], offers: &Offers) -> TableFields {
    let name = |part: &str| format!("tables[{at}].{part}");
    let line = |part: &str, label: &str, hint: &str| field(name(part), label, hint, Control::line(), values, errors);
    let dimensions = || {
        let named = may_have_one().map(|dimension| {
            let label = words::heading(dimension.code, here::language()).to_owned();
            let has = offers.has_list(dimension.code);
            (dimension.code.to_owned(), if has { label } else { say("{} (no list is in force)", &[&label]) })
        });
        Control::Choice { options: std::iter::once((String::new(), "–".to_owned())).chain(named).collect() }
    };
    let by = |part: &str, label: &str| field(name(part), label, "", dimensions(), values, errors);
    let measures = [("persons", "Persons"), ("incidents", "Incidents")]
        .map(|(value, label)| (value.to_owned(), t(label).to_owned()));
    let bases = Basis::WORDS
        .iter()
        .rev()
        .map(|(name, basis)| ((*name).to_owned(), words::basis(*basis, here::language()).to_owned()));
    let bases = bases.collect();
    let pools = [("yes", "put together if too small"), ("no", "each on its own")]
        .map(|(value, label)| (value.to_owned(), t(label).to_owned()));
    let fields = vec![
        line("code", "Name in addresses", ""),
        line("title_en", "Title in English", ""),
        line("title_ru", "Title in Russian", ""),
        field(name("basis"), "Stands on", "", Control::Choice { options: bases }, values, errors),
        field(name("measure"), "Counts", "", Control::Choice { options: measures.to_vec() }, values, errors),
        by("by", "Divided by"),
        by("by2", "and by"),
        by("by3", "and by"),
        field(
            name("pool"),
            "Small lines of a crossing",
            "The first release that crosses lists says it for all that follow.",
            Control::Choice { options: pools.to_vec() },
            values,
            errors,
        ),
        line("filter", "Only those with", "Such as origin=RU-CE; of published figures alone"),
        line(
            "with",
            "Only persons to whom all of this happened",
            "Kinds of incident, such as detention,torture; of published figures alone",
        ),
    ];
    TableFields { fields }
}

fn form(
    visit: &Visit<MakeReleases>,
    values: &Values,
    chosen: &[String],
    offers: &Offers,
    notice: Option<Notice>,
    problem: Option<&Problem>,
) -> Result<Reply, Problem> {
    let errors = problem.map(|problem| problem.errors.as_slice()).unwrap_or_default();
    // Mistakes of the whole declaration are not those of the fields, which were not read.
    let as_whole = values.get("declaration").is_some_and(|whole| !whole.trim().is_empty());
    let beside = if as_whole { &[][..] } else { errors };
    let used = (0..MOST_TABLES).filter(|at| is_used(*at, |name| values.get(name).map_or("", String::as_str))).count();
    let whole = Control::Area { rows: 10 };
    let head = head(values, beside);
    let tables: Vec<_> = (0..(used + EMPTY).min(MOST_TABLES)).map(|at| table(at, values, beside, offers)).collect();
    let mut whole = field(
        "declaration",
        "Or the whole declaration as JSON",
        "Where something stands here, the fields above are not read.",
        whole,
        values,
        &[],
    );
    if as_whole {
        // Whoever writes it whole knows the names of its parts.
        let named = |error: &FieldError| match &*error.field {
            "" | "declaration" => desk::told_of_file(error),
            part => format!("{part}: {}", desk::told_of_file(error)),
        };
        whole.errors = errors.iter().map(named).collect();
    }
    let at = |error: &FieldError| match as_whole {
        true => (whole.id.clone(), whole.label.clone()),
        false => place(&head, &tables, &whole, error),
    };
    let content = Declare {
        notice: notice.or_else(|| problem.map(|problem| with_lists(told(problem, at), problem))),
        lists: offers.lists.iter().map(|own| words::heading(own.code, here::language())).collect::<Vec<_>>().join(", "),
        figures: &offers.figures,
        chosen,
        head,
        tables,
        whole,
        once: values.get("once").cloned().unwrap_or_else(|| RecordId::new().to_string()),
        word: visit.word(),
    };
    below(visit.permit(), t("Prepare a new release"), Some(("/desk/releases", t("Releases"))), &content)
}

/// A name that no release has: the day, and a number where that is taken.
fn free_name(today: NaiveDate, made: &[releases::Release]) -> String {
    let taken = |name: &String| made.iter().any(|release| release.content.id == *name);
    let numbered = (2..).map(|nth| format!("{today}-{nth}"));
    std::iter::once(today.to_string()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// The form. What was declared last stands in it, as it can be made today: figures that speak of another day are not chosen.
#[get("/desk/releases/new")]
pub async fn ask(visit: Visit<MakeReleases>, store: Data<Records>) -> Result<Reply, Turned> {
    let made = store.run(|store| store.look(releases::list)).await?;
    let offers = offers(&visit, &store).await?;
    let today = here::today(store.store().now());
    let last = made.first().map(|last| (values_of(&last.declaration), last.declaration.figures.clone()));
    let (mut values, mut chosen) = last.unwrap_or_default();
    values.insert("id".to_owned(), free_name(today, &made));
    let before = chosen.len();
    chosen.retain(|id| offers.figures.iter().any(|figure| figure.id == *id && figure.as_of == today));
    let notice = (chosen.len() < before).then(|| {
        let title = t("Figures that were signed last are not chosen, for they speak of another day than today.");
        Notice::new(Tone::Plain, title).line(t("To sign them, write their day into “As of” and choose them again."))
    });
    Ok(form(&visit, &values, &chosen, &offers, notice, None)?)
}

/// Prepares what was declared.
#[post("/desk/releases")]
pub async fn prepare(arrived: Arrived<MakeReleases>, store: Data<Records>) -> Result<Reply, Turned> {
    let Posted { visit, form: sent } = match arrived {
        Arrived::Sent(posted) => posted,
        Arrived::Late(Late { visit, form: sent }) => {
            let offers = offers(&visit, &store).await?;
            let chosen: Vec<_> = sent.all("figures").map(str::to_owned).collect();
            let title = t("Nothing is prepared yet: you have signed in anew since this form was opened.");
            let notice = Notice::new(Tone::Warning, title)
                .line(t("Everything that you typed is in it. Look at it, and send it again."));
            let page = form(&visit, &typed(&sent), &chosen, &offers, Some(notice), None)?;
            return Ok(page.status(StatusCode::FORBIDDEN));
        }
    };
    let problem = match read(&sent, here::today(store.store().now())) {
        Ok(entry) => {
            let key = Key { key: sent.get("once").to_owned(), request: sent.hash("release") };
            match asked(&store, visit.actor(), entry, Some(key).filter(|key| !key.key.is_empty())).await {
                Ok(to) => return Ok(on(&to)),
                Err(problem) => problem,
            }
        }
        Err(errors) => Problem::new(Kind::Invalid).errors(errors),
    };
    // Whatever can be met by sending the form again, now or changed, gives it back with all that was typed.
    if !matches!(problem.status, 409 | 422 | 503) {
        return Err(problem.into());
    }
    let offers = offers(&visit, &store).await?;
    let chosen: Vec<_> = sent.all("figures").map(str::to_owned).collect();
    let mut values = typed(&sent);
    let mut notice = None;
    if problem.kind == Kind::KeyReused.name() {
        // With the old key it would be refused for ever.
        values.remove("once");
        let title = t("You have prepared a release with this form before, and changed it since.");
        notice = Some(
            Notice::new(Tone::Wrong, title)
                .line(t("Send it again to prepare another release, under another name."))
                .way(link("/desk/releases"), t("Releases")),
        );
    }
    let page = form(&visit, &values, &chosen, &offers, notice, Some(&problem))?;
    Ok(page.status(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)))
}

/// Asks for a release as a job. Where one goes on: to the draft, or to the job where it takes long.
async fn asked(store: &Records, actor: Actor, entry: DeclarationEntry, key: Option<Key>) -> Result<String, Problem> {
    let (job, _) = submit(store, actor, preparing(entry, key)?).await?;
    let job = jobs::wait_for(store, job).await;
    match (jobs::problem_of(&job), made_by(&job)) {
        (Some(problem), _) => Err(problem),
        (None, Some(release)) => Ok(format!("/desk/releases/{release}?done=prepared")),
        (None, None) => Ok(jobs::address(&job)),
    }
}

/// The services.
pub fn services(config: &mut ServiceConfig) {
    config.service(ask).service(prepare);
}
