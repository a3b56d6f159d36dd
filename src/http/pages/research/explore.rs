//! The explorer: a question as a form, and its answer as a table. It is the question that the API takes.

use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use askama::Template;

use crate::domain::aggregate::{MOST_DIMENSIONS, Measure, Totals};
use crate::domain::check::FieldError;
use crate::domain::count::{Count, Tally};
use crate::domain::dimension::{DIMENSIONS, Dimension, Values, dimension};
use crate::domain::policy::Action;
use crate::domain::release::content::PERSONS;
use crate::domain::vocabulary::{SPECIAL, TOTAL, Vocabulary, not_further};
use crate::exchange::formats::words;
use crate::http::auth::ReadAggregates;
use crate::http::counted::Caveat;
use crate::http::pages::desk::{forms::told, shown};
use crate::http::pages::parts::{Cell, Control, Field, Notice, Table, Tone};
use crate::http::pages::public::bars::{Bar, Bars};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{filters, here, page};
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::research::aggregates::{Answered, answer, remarks};
use crate::http::state::Records;
use crate::store::terms;

#[derive(Template)]
#[template(path = "research/explore.html")]
struct Explore {
    reconciles: bool,
    notice: Option<Notice>,
    found: Option<Found>,
    first: Vec<Field>,
    divided: Vec<Field>,
    filters: Vec<Field>,
    narrowed: bool,
    times: Vec<Field>,
    timed: bool,
}

struct Found {
    as_of: String,
    at_write: i64,
    case_file: u64,
    reconstructed: u64,
    small: usize,
    warning: Notice,
    bars: Option<Bars>,
    table: Table,
    remarks: Vec<String>,
    json: String,
    csv: String,
    /// Whether anything was written since.
    older: bool,
    /// Where the same is asked of that too, by those who may.
    since: Option<String>,
}

/// What a form sent, as the API takes it: without what was left empty, the dimensions in one.
fn asked(sent: Vec<(String, String)>) -> Vec<(String, String)> {
    let given = sent.into_iter().map(|(name, value)| (name, value.trim().to_owned()));
    let (by, mut rest): (Vec<_>, Vec<_>) =
        given.filter(|(_, value)| !value.is_empty()).partition(|(name, _)| name == "by");
    if !by.is_empty() {
        let all: Vec<_> = by.into_iter().map(|(_, value)| value).collect();
        rest.push(("by".to_owned(), all.join(",")));
    }
    rest
}

/// What a dimension's code is called.
fn called(vocabulary: &Vocabulary, dimension: &Dimension, code: &str) -> String {
    let list = match dimension.values {
        Values::Vocabulary { name, .. } if code != TOTAL => name,
        _ => SPECIAL,
    };
    let label = shown::term(vocabulary, list, code);
    if label == code { words::code(code, here::language()).to_owned() } else { label }
}

fn heading(dimension: &Dimension) -> String {
    words::heading(dimension.code, here::language()).to_owned()
}

/// A count in words, with what uncertain dates leave open.
pub fn counted(tally: Tally) -> String {
    let number = words::count(tally.count, here::language());
    match (tally.count, tally.possible) {
        (Count::NotAttested { .. }, _) => say("not attested: {}", &[&number]),
        (_, Some(possible)) if possible > 0 => say("{}, perhaps {} more", &[&number, &possible]),
        _ => number,
    }
}

/// A remark in the reader's language.
pub fn remark(caveat: &Caveat) -> String {
    let numbers: String = caveat.detail.chars().take_while(char::is_ascii_digit).collect();
    match caveat.code {
        "documented_cases" => t("These are documented cases, not how often it happens.").to_owned(),
        "reconstructed" => say("{} of the counted records are built from published figures.", &[&numbers]),
        "uncertain_dates" => t("A count by time is what lies wholly inside; “perhaps” tells what may lie there besides. Open dates may also lie outside of the times shown.").to_owned(),
        "joined_records_differ" => t("Records of one person were joined that differ here: the person is counted under each value, and once in the total.").to_owned(),
        "wide_dates" => t("Some dates reach over more times than one answer has: they are counted as not known, and as “perhaps” in the times shown into which they reach; times into which nothing else reaches are not shown.").to_owned(),
        "erased" => say("{} of the persons who were held then have been erased since: an earlier answer that counted them cannot be computed again.", &[&numbers]),
        "not_attested" => t("Nobody published how some of these records combine; the true number lies between the two that are given.").to_owned(),
        _ => caveat.detail.clone(),
    }
}

fn table(found: &Answered, vocabulary: &Vocabulary) -> Table {
    let query = &found.query;
    let number = words::number_of(query.measure, here::language()).to_owned();
    let row = |row: &crate::store::aggregates::Row| {
        let count = counted(row.tally);
        let count = if found.small.contains(&row.cell) {
            Cell::Marked(count, t("not to be published").to_owned())
        } else {
            Cell::Text(count)
        };
        let cells = query.by.iter().zip(&row.cell).map(|(by, code)| Cell::Text(called(vocabulary, by, code)));
        let mut cells: Vec<_> = cells.collect();
        if cells.is_empty() {
            cells.push(Cell::Text(words::code(TOTAL, here::language()).to_owned()));
        }
        cells.push(count);
        cells
    };
    let mut heads: Vec<_> = query.by.iter().map(|by| heading(by)).collect();
    if heads.is_empty() {
        heads.push(t("All").to_owned());
    }
    let numbers = vec![heads.len()];
    heads.push(number.clone());
    Table { caption: number, heads, numbers, rows: found.answer.rows.iter().map(row).collect() }
}

/// Bars where there is one dimension: what is drawn is in the table below, with its marks.
fn bars(found: &Answered, vocabulary: &Vocabulary) -> Option<Bars> {
    let [by] = found.query.by.as_slice() else { return None };
    let rows = found.answer.rows.iter().filter(|row| row.cell.first().is_some_and(|code| code != TOTAL));
    let bar = |row: &crate::store::aggregates::Row| {
        let mut bar = Bar::new(called(vocabulary, by, row.cell.first()?), row.tally.count);
        bar.said = counted(row.tally);
        if found.small.contains(&row.cell) {
            bar.said = format!("{} ({})", bar.said, t("not to be published"));
        }
        Some(bar)
    };
    let rows: Vec<_> = rows.filter_map(bar).collect();
    let number = words::number_of(found.query.measure, here::language()).to_owned();
    let nothing = t("None documented");
    (rows.len() > 1).then(|| {
        Bars { caption: number.clone(), head: heading(by), number, rows, notes: Vec::new() }.without_nothing(nothing)
    })
}

/// The whole question as of a write.
fn question(found: &Answered, at_write: i64) -> String {
    let question = found.query.canonical();
    let totals = Totals::WORDS.iter().find(|(_, totals)| *totals == found.query.totals);
    let totals = totals.map_or("grand", |(word, _)| word);
    format!("{question}&totals={totals}&as_of={}&at_write={at_write}", found.answer.times.as_of)
}

/// The address of the API at which the same is answered for ever.
fn address(request: &HttpRequest, found: &Answered, ending: &str) -> String {
    let info = request.connection_info();
    let (scheme, host) = (info.scheme(), info.host());
    let question = question(found, found.answer.times.at_write);
    format!("{scheme}://{host}/api/v1/research/aggregates{ending}?{question}")
}

fn found(request: &HttpRequest, found: &Answered, vocabulary: &Vocabulary) -> Found {
    let mut told: Vec<_> = remarks(found).caveats().iter().map(remark).collect();
    for (by, additive) in found.query.by.iter().zip(&found.answer.additive) {
        let phrase = if *additive {
            "{}: the groups add up to the total."
        } else {
            "{}: groups overlap. They do not add up to the total, which is counted on its own."
        };
        told.push(say(phrase, &[&heading(by)]));
    }
    let marked = t("Cells that are marked may not be published");
    let why = "Behind each of them are case files of fewer than {} persons. Do not hand them on, print or cite them: somebody could be recognised. A release withholds them, and others that would tell of them.";
    Found {
        as_of: words::day(found.answer.times.as_of, here::language()),
        at_write: found.answer.times.at_write,
        case_file: found.answer.case_file,
        reconstructed: found.answer.reconstructed,
        small: found.small.len(),
        warning: Notice::new(Tone::Warning, marked).line(say(why, &[&PERSONS])),
        bars: bars(found, vocabulary),
        table: table(found, vocabulary),
        remarks: told,
        json: address(request, found, ""),
        csv: address(request, found, ".csv"),
        older: found.answer.times.at_write < found.newest_write,
        since: found.may_name_any.then(|| here::link(&format!("/research?{}", question(found, found.newest_write)))),
    }
}

/// The form, as it was sent.
struct Sent<'a> {
    pairs: &'a [(String, String)],
    errors: &'a [FieldError],
    vocabulary: &'a Vocabulary,
}

impl Sent<'_> {
    fn value(&self, name: &str) -> &str {
        self.pairs.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    fn field(&self, name: &str, label: &str, control: Control) -> Field {
        let mut field = Field::new(name, label, control).value(self.value(name));
        field.errors = self.errors.iter().filter(|error| error.field == name).map(told).collect();
        field
    }

    /// A choice that also offers what was sent, so that it is not lost.
    fn choice(&self, name: &str, label: &str, mut options: Vec<(String, String)>) -> Field {
        let sent = self.value(name);
        if !options.iter().any(|(value, _)| value == sent) {
            options.push((sent.to_owned(), sent.to_owned()));
        }
        self.field(name, label, Control::Choice { options })
    }

    fn divided(&self) -> Vec<Field> {
        let sent: Vec<_> = self.value("by").split(',').collect();
        let none = (String::new(), t("Nothing").to_owned());
        let all = DIMENSIONS.iter().map(|by| (by.code.to_owned(), heading(by)));
        let mut options: Vec<_> = std::iter::once(none).chain(all).collect();
        let other = sent.iter().filter(|code| !code.is_empty() && dimension(code).is_none());
        options.extend(other.map(|code| ((*code).to_owned(), (*code).to_owned())));
        let label = [t("First"), t("Then"), t("And then")];
        let field = |(nth, label): (usize, &str)| {
            let control = Control::Choice { options: options.clone() };
            let value = sent.get(nth).copied().unwrap_or_default();
            Field::new("by", label, control).value(value).id(format!("by-{}", nth + 1))
        };
        let mut fields: Vec<_> = label.into_iter().enumerate().map(field).collect();
        if let Some(first) = fields.first_mut() {
            first.errors = self.errors.iter().filter(|error| error.field == "by").map(told).collect();
        }
        fields
    }

    /// The terms of a list by their labels, with what is known no further than each `broader` one.
    fn terms(&self, list: &str, broader: bool) -> Vec<(String, String)> {
        let mut codes: Vec<_> = self.vocabulary.active(list).map(|term| term.code.clone()).collect();
        if broader {
            let broad = codes.iter().filter(|code| self.vocabulary.has_narrower(list, code));
            codes.extend(broad.map(|code| not_further(code)).collect::<Vec<_>>());
        }
        let called = |code: String| {
            let label = shown::term(self.vocabulary, list, &code);
            (code, label)
        };
        let mut terms: Vec<_> = codes.into_iter().map(called).collect();
        terms.sort_by(|a, b| a.1.cmp(&b.1));
        terms
    }

    fn filter(&self, by: &Dimension) -> Field {
        let label = heading(by);
        let any = (String::new(), t("Any").to_owned());
        match by.values {
            Values::Vocabulary { name, broader } => {
                let terms = self.terms(name, broader);
                self.choice(by.code, &label, std::iter::once(any).chain(terms).collect())
            }
            Values::Words(codes) => {
                let words = codes.iter().map(|code| ((*code).to_owned(), called(self.vocabulary, by, code)));
                self.choice(by.code, &label, std::iter::once(any).chain(words).collect())
            }
            Values::Records(_) => self.field(by.code, &label, Control::line()).hint(t("Codes, parted by commas.")),
            Values::Time(_) => {
                let example = match by.code {
                    "year" => "2017, 2017..2019",
                    "quarter" => "2017-Q2, 2017-Q1..2017-Q4",
                    _ => "2017-04, 2017-02..2017-06",
                };
                self.field(by.code, &label, Control::line()).hint(say("For example {}", &[&example]))
            }
        }
    }

    fn filters(&self) -> Vec<Field> {
        let with = self.field("with", t("Persons with each of these"), Control::line());
        let with = with.hint(t("Codes of what happened, parted by commas: detention,evacuation"));
        DIMENSIONS.iter().map(|by| self.filter(by)).chain([with]).collect()
    }

    fn times(&self) -> Vec<Field> {
        let totals = [("grand", "The grand total"), ("all", "Every total"), ("none", "None")];
        let totals = totals.map(|(value, label)| (value.to_owned(), t(label).to_owned())).to_vec();
        let mut totals = self.choice("totals", t("Totals"), totals);
        if totals.value.is_empty() {
            "grand".clone_into(&mut totals.value);
        }
        vec![
            self.field("as_of", t("What was known by the end of this day"), Control::line())
                .hint(t("Year, month and day (UTC): 2018-04-03. Today where you leave it empty.")),
            self.field("at_write", t("As Attest held it after this write"), Control::line())
                .hint(t("The number of a write, the last of a day (UTC). That of the last day that is over where you leave it empty.")),
            totals,
        ]
    }

    fn measure(&self) -> Field {
        let measures = [Measure::Persons, Measure::Incidents];
        let options =
            measures.map(|of| (of.name().to_owned(), words::measure(of, here::language()).to_owned())).to_vec();
        let mut field = self.choice("measure", t("What is counted"), options);
        if field.value.is_empty() {
            Measure::Persons.name().clone_into(&mut field.value);
        }
        if let Control::Choice { options } = &mut field.control {
            options.retain(|(value, _)| !value.is_empty());
        }
        field
    }

    /// Leads to every mistake.
    fn notice(&self) -> Option<Notice> {
        let first = Notice::new(Tone::Wrong, t("Some of this was not understood."));
        let lead = |notice: Notice, error: &FieldError| {
            let id = if error.field == "by" { "by-1" } else { &error.field };
            let known = PARAMETERS.contains(&error.field.as_str()) || dimension(&error.field).is_some();
            let name = dimension(&error.field).map_or_else(|| parameter(&error.field), heading);
            // What the page has no field for is named as it was asked for.
            let line = format!("{}: {}", if known { &name } else { &error.field }, told(error));
            if known { notice.leading(id, line) } else { notice.line(line) }
        };
        (!self.errors.is_empty()).then(|| self.errors.iter().fold(first, lead))
    }
}

/// What a parameter that is no dimension is called.
fn parameter(name: &str) -> String {
    let label = match name {
        "measure" => "What is counted",
        "by" => "Divided by",
        "with" => "Persons with each of these",
        "as_of" => "What was known by the end of this day",
        "at_write" => "As Attest held it after this write",
        "totals" => "Totals",
        other => other,
    };
    t(label).to_owned()
}

const PARAMETERS: [&str; 6] = ["measure", "by", "with", "as_of", "at_write", "totals"];
const _: () = assert!(MOST_DIMENSIONS == 3, "as many fields as there may be dimensions");

/// The form; where something is asked, its answer too.
#[get("/research")]
pub async fn show(
    visit: Visit<ReadAggregates>,
    store: Data<Records>,
    request: HttpRequest,
    parameters: Parameters,
) -> Result<Reply, Turned> {
    let asks = !parameters.0.is_empty();
    let pairs = asked(parameters.0);
    let vocabulary = store.run(|store| store.look(|conn| Ok(terms::vocabulary(conn, None)?))).await?;
    let answered = if asks {
        let (actor, pairs) = (visit.actor(), pairs.clone());
        Some(store.count(actor.account, move |store| answer(store, &actor, &pairs)).await)
    } else {
        None
    };
    let (answered, errors) = match answered {
        None => (None, Vec::new()),
        Some(Ok(answered)) => (Some(answered), Vec::new()),
        Some(Err(problem)) if problem.is_invalid() => (None, problem.errors),
        Some(Err(problem)) => return Err(problem.into()),
    };
    let sent = Sent { pairs: &pairs, errors: &errors, vocabulary: &vocabulary };
    let is_given = |name: &str| pairs.iter().any(|(own, _)| own == name);
    let content = Explore {
        reconciles: visit.may(Action::Reconcile),
        notice: sent.notice(),
        found: answered.as_ref().map(|answered| found(&request, answered, &vocabulary)),
        first: vec![sent.measure()],
        divided: sent.divided(),
        filters: sent.filters(),
        narrowed: is_given("with") || DIMENSIONS.iter().any(|by| is_given(by.code)),
        times: sent.times(),
        timed: is_given("as_of") || is_given("at_write"),
    };
    let reply = page(visit.permit(), t("Exact counts"), &content)?;
    Ok(if errors.is_empty() { reply } else { reply.status(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY) })
}
