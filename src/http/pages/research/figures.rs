//! Published figures held against the records: for researchers counts and reasons, for staff the records too.

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;

use crate::domain::count::{Bound, Bounded, Count, Tally};
use crate::domain::difference::{Change, DifferenceReason, Redefinition, Turn};
use crate::domain::policy::Action;
use crate::domain::reconcile::{Contradiction, Status};
use crate::domain::record::Noun;
use crate::exchange::formats::words;
use crate::http::auth::{Reconcile, ReconcileRecords};
use crate::http::counted::CountView;
use crate::http::pages::desk::{forms::told, shown};
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Cell, Control, Field, Table};
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::pages::{below, filters};
use crate::http::reconciled::{ComparedAt, DifferenceCount, PublishedValue, ReconciledFigure};
use crate::http::reply::Reply;
use crate::http::request::{Parameters, RecordPath};
use crate::http::research::reconciliation::reconcile;
use crate::http::staff::figures::held_against_records;
use crate::http::state::Records;

use super::explore::{counted, remark};

#[derive(Template)]
#[template(path = "research/figures.html")]
struct Figures {
    held: String,
    publication: Field,
    remarks: Vec<String>,
    tables: Vec<Table>,
    why: Vec<Why>,
}

/// What there is to say of one figure.
struct Why {
    title: String,
    lines: Vec<String>,
    address: Option<String>,
}

#[derive(Template)]
#[template(path = "research/figure.html")]
struct One {
    said: String,
    lines: Vec<String>,
    table: Table,
    more: Option<String>,
}

fn count(view: CountView) -> String {
    let count = match (view.count, view.low, view.high) {
        (Some(value), ..) => Count::Attested { value, bound: view.bound.unwrap_or(Bound::Exact) },
        (None, low, high) => Count::NotAttested { low: low.unwrap_or_default(), high: high.unwrap_or_default() },
    };
    counted(Tally { count, possible: view.possible })
}

fn published(value: &PublishedValue) -> String {
    match u64::try_from(value.value) {
        Ok(number) => words::bounded(Bounded { value: number, qualifier: value.qualifier }, here::language()),
        Err(_) => value.value.to_string(),
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Reproduced => "the records say the same",
        Status::Consistent => "the records agree, as far as it goes",
        Status::Differs => "the records say something else",
        Status::NotComputable => "cannot be computed",
        Status::Derived => "derived: what the parts leave over",
    }
}

/// Why a count is another one.
fn reason(reason: DifferenceReason) -> &'static str {
    match reason {
        DifferenceReason::ConsentWithdrawn => "no longer wants to be counted, or the consent has ended",
        DifferenceReason::ConsentGiven => "consents to being counted",
        DifferenceReason::Added => "entered",
        DifferenceReason::Restored => "counted again after it was taken back",
        DifferenceReason::Withdrawn => "taken back",
        DifferenceReason::Joined => "joined with another record of the same person",
        DifferenceReason::Unjoined => "no longer joined with another record",
        DifferenceReason::Corrected => "corrected",
        DifferenceReason::DefinitionChanged => "what a code covers has changed",
        DifferenceReason::FigureChanged => "the figure that built records stand for has changed",
    }
}

fn between(from: ComparedAt, to: ComparedAt) -> &'static str {
    match (from, to) {
        (ComparedAt::Baseline, _) => "Of its date, since it was entered",
        (_, ComparedAt::Now) => "Since its date",
        _ => "In between",
    }
}

fn difference(one: &DifferenceCount) -> String {
    say("{}: {} more, {} fewer: {}", &[&t(between(one.from, one.to)), &one.entered, &one.left, &t(reason(one.reason))])
}

fn contradiction(of: Contradiction) -> &'static str {
    match of {
        Contradiction::PublishedPartExceedsWhole => "The published part is larger than the published whole, by {}.",
        Contradiction::ComputedPartExceedsWhole => "The records count more for the part than for the whole, by {}.",
        Contradiction::CountedOutsideWhole => "So many case files are counted for the part and not for the whole: {}.",
        Contradiction::CountedInsideWhole => {
            "So many case files are counted for both, though the figure lies outside of its parent: {}."
        }
    }
}

fn redefined(one: &Redefinition) -> String {
    let name = format!("{} ({})", one.code, one.vocabulary);
    match &one.change {
        Change::Replaced { by } => say("{}: {} took its place.", &[&name, by]),
        Change::Retired => say("{}: new records do not carry it any more.", &[&name]),
        Change::Covers { more, fewer } => {
            say("{}: it covers other codes than it did; more: {}; fewer: {}.", &[&name, &list(more), &list(fewer)])
        }
        Change::Redefined => say("{}: its definition was reworded.", &[&name]),
    }
}

fn list(codes: &[String]) -> String {
    if codes.is_empty() { "–".to_owned() } else { codes.join(", ") }
}

/// All that is behind a line.
fn lines(line: &ReconciledFigure) -> Vec<String> {
    let mut told: Vec<_> = line.differences.iter().map(difference).collect();
    if let Some(baseline) = &line.baseline {
        let at =
            say("The records said when it was entered (write {}): {}", &[&baseline.at_write, &count(baseline.count)]);
        told.insert(0, at);
    }
    if line.not_reproducible.is_some() {
        told.push(t("Somebody who was counted then has been erased since: it cannot be computed again.").to_owned());
    }
    told.extend(line.tolerance.map(|tolerance| say("“About” allows {} more or fewer.", &[&tolerance])));
    told.extend(line.contradictions.iter().map(|one| say(contradiction(one.contradiction), &[&one.count])));
    told.extend(line.conflicts.iter().map(|other| say("{} says something else of the same day.", &[other])));
    told.extend(line.redefined.iter().map(redefined));
    if let Some(left) = &line.remainder {
        let phrase = "Derived: “{}” less its parts by {}: {}. Exact only if the parts do not overlap and all lie inside the whole.";
        told.push(say(phrase, &[&left.parent, &left.breakdown, &left.parts.join(", ")]));
    } else {
        told.extend(line.note.clone());
    }
    told
}

fn row(line: &ReconciledFigure) -> Vec<Cell> {
    let told = |view: Option<CountView>| view.map_or_else(|| "–".to_owned(), count);
    let said = t(status(line.status)).to_owned();
    let said = if line.status == Status::Differs { Cell::Marked(String::new(), said) } else { Cell::Text(said) };
    vec![
        Cell::Text(name(line)),
        Cell::Text(words::day(line.published.as_of, here::language())),
        Cell::Text(published(&line.published)),
        Cell::Text(told(line.computed.as_of)),
        Cell::Text(told(line.computed.now)),
        said,
    ]
}

fn name(line: &ReconciledFigure) -> String {
    match &line.remainder {
        Some(left) => say(
            "{}, less its parts by {}",
            &[&words::figure(&left.parent, here::language()), &words::heading(&left.breakdown, here::language())],
        ),
        None => words::figure(&line.figure, here::language()),
    }
}

/// A table for each publication, in their order.
fn tables(lines: &[ReconciledFigure]) -> Vec<Table> {
    let heads = ["Figure", "As of", "Published", "The records, of that day", "The records, now", "How they stand"];
    let mut tables: Vec<Table> = Vec::new();
    for line in lines {
        match tables.last_mut().filter(|table| table.caption == line.publication) {
            Some(table) => table.rows.push(row(line)),
            None => tables.push(Table {
                caption: line.publication.clone(),
                heads: heads.map(|head| t(head).to_owned()).to_vec(),
                numbers: vec![2, 3, 4],
                rows: vec![row(line)],
            }),
        }
    }
    tables
}

/// The figures, of all publications or of those that are asked for.
#[get("/research/reconciliation")]
pub async fn show(visit: Visit<Reconcile>, store: Data<Records>, parameters: Parameters) -> Result<Reply, Turned> {
    let asked = parameters.only(&["publication"])?.pop().map(|(_, codes)| codes.trim().to_owned());
    let asked = asked.filter(|codes| !codes.is_empty());
    let codes: Option<Vec<String>> =
        asked.as_ref().map(|codes| codes.split(',').map(|code| code.trim().to_owned()).collect());
    let actor = visit.actor();
    let found = store.count(actor.account, move |store| reconcile(store, &actor, codes.as_deref())).await;
    let (found, errors) = match found {
        Ok(found) => (Some(found), Vec::new()),
        Err(problem) if problem.is_invalid() => (None, problem.errors),
        Err(problem) => return Err(problem.into()),
    };
    let mut publication = Field::new("publication", t("Publications"), Control::line())
        .hint(t("Their codes, parted by commas. All where you leave it empty."))
        .value(asked.unwrap_or_default());
    publication.errors = errors.iter().map(told).collect();
    let staff = visit.may(Action::ReconcileRecords);
    let mut content =
        Figures { held: String::new(), publication, remarks: Vec::new(), tables: Vec::new(), why: Vec::new() };
    if let Some(found) = &found {
        let today = words::day(found.today, here::language());
        content.held = say("As Attest held the records on {}, after write {}.", &[&today, &found.at_write]);
        content.remarks = found.caveats.iter().map(remark).collect();
        content.tables = tables(&found.figures);
        let why = found.figures.iter().map(|line| Why {
            title: format!("{}: {}", line.publication, name(line)),
            lines: lines(line),
            address: line
                .id
                .filter(|_| staff && !line.differences.is_empty())
                .map(|id| link(&format!("/research/figures/{id}"))),
        });
        content.why = why.filter(|why| !why.lines.is_empty()).collect();
    }
    let above = ("/research".to_owned(), t("Exact counts"));
    let above = visit.may(Action::ReadAggregates).then_some((above.0.as_str(), above.1));
    let reply = below(visit.permit(), t("Figures held against the records"), above, &content)?;
    Ok(if found.is_some() { reply } else { reply.status(StatusCode::UNPROCESSABLE_ENTITY) })
}

/// One figure, with the records that make the difference.
#[get("/research/figures/{id}")]
pub async fn show_one(visit: Visit<ReconcileRecords>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
    let (actor, id) = (visit.actor(), path.get()?);
    let found = store.count(actor.account, move |store| held_against_records(store, &actor, id)).await?;
    let mut rows = Vec::new();
    for change in &found.changes {
        let turn = match change.turn {
            Turn::Entered => "counted now and not before",
            Turn::Left => "counted before and not now",
        };
        let first = [
            Cell::Text(change.unit.clone()),
            Cell::Text(t(between(change.from, change.to)).to_owned()),
            Cell::Text(t(turn).to_owned()),
        ];
        if change.records.is_empty() {
            rows.push(first.iter().cloned().chain(["–".into(), t(reason(change.reason)).into()]).collect());
        }
        for record in &change.records {
            let named = Noun::ALL.into_iter().find(|noun| Noun::name(*noun) == record.noun);
            let of = named.map_or_else(
                || Cell::Text(record.code.clone()),
                |noun| Cell::Link(shown::address(noun, record.id), record.code.clone()),
            );
            let told = format!("{} ({})", t(reason(record.reason)), say("write {}", &[&record.write]));
            rows.push(first.iter().cloned().chain([of, Cell::Text(told)]).collect());
        }
    }
    let heads = ["Who or what is counted", "When", "What changed", "The record", "Why"];
    let content = One {
        said: format!("{}: {} · {}", name(&found.line), published(&found.line.published), t(status(found.line.status))),
        lines: lines(&found.line),
        table: Table {
            caption: t("Records that make the difference").to_owned(),
            heads: heads.map(|head| t(head).to_owned()).to_vec(),
            numbers: Vec::new(),
            rows,
        },
        more: (found.changes_in_all > found.changes.len())
            .then(|| say("These are the first {} of {}.", &[&found.changes.len(), &found.changes_in_all])),
    };
    let above = ("/research/reconciliation".to_owned(), t("Figures held against the records"));
    let above = visit.may(Action::Reconcile).then_some((above.0.as_str(), above.1));
    Ok(below(visit.permit(), t("A figure held against the records"), above, &content)?)
}
