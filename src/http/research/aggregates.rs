//! Exact aggregates, for researchers: counts at any two times, never rows. Every question is in the audit.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::get;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{KnownFormat, SchemaFormat};
use utoipa::{IntoParams, ToSchema};

use crate::domain::aggregate::{Measure, Query};
use crate::domain::check::{Checker, FieldError, Invalid, Rule};
use crate::domain::count::Count;
use crate::domain::dimension::{DIMENSIONS, Values};
use crate::domain::disclosure;
use crate::domain::policy::Actor;
use crate::domain::release::content::PERSONS;
use crate::exchange::table;
use crate::store::aggregates::{Answer, Counter};
use crate::store::database::Store;
use crate::store::erasure;
use crate::store::error::StoreError;
use crate::store::session::Session;

use crate::http::auth::{Allowed, ReadAggregates};
use crate::http::counted::{Caveat, CountView, Remarks};
use crate::http::documentation::{number, query_parameter, text, words};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::Parameters;
use crate::http::state::Records;

/// The answer to a question.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"measure": "persons", "query": "measure=persons&by=kind", "by": ["kind"], "filter": {}, "with": [], "as_of": "2026-11-22",
    "at_write": 7, "additive": {"kind": false},
    "rows": [{"kind": "evacuation", "count": 114, "bound": "exact", "status": "A"},
        {"kind": "death", "count": 2, "bound": "at_least", "status": "A"},
        {"kind": "_T", "count": 122, "bound": "exact", "status": "A"}],
    "basis": {"case_file": 0, "reconstructed": 122},
    "caveats": [{"code": "documented_cases", "detail": "These are documented cases, not how often it happens."}]}))]
pub struct Aggregates {
    pub measure: Measure,
    /// The question without its times, as figures keep it.
    pub query: String,
    pub by: Vec<String>,
    /// What was filtered by. A filter by a place finds the places in it too.
    pub filter: BTreeMap<String, Vec<String>>,
    /// Persons who have at least one incident of each of these kinds.
    pub with: Vec<String>,
    /// What was known by the end of this day, UTC.
    pub as_of: chrono::NaiveDate,
    /// What Attest held after this write. Asked again with both times, the answer is the same.
    pub at_write: i64,
    /// Whether the cells of a dimension add up to the total. They do not where some of them lie in others.
    pub additive: BTreeMap<String, bool>,
    pub rows: Vec<Row>,
    pub basis: BasisCounts,
    pub caveats: Vec<Caveat>,
}

/// A cell and its count.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Row {
    /// By dimension the code of the cell; `_T` total, `_U` not known, `_Z` not applicable, `_O` other. The cell of a place, or of
    /// an actor, counts all that lie in it; `X._U` is what is known no further than X.
    #[serde(flatten)]
    pub cell: BTreeMap<String, String>,
    #[serde(flatten)]
    pub count: CountView,
    /// `C` where 1 to 4 persons are behind the case files of the cell, so that no table of a release tells it; missing elsewhere. A release may
    /// withhold more, where others would give it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conf_status: Option<&'static str>,
}

/// Where the counted records come from.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct BasisCounts {
    pub case_file: u64,
    /// Built from published figures.
    pub reconstructed: u64,
}

/// The parameters of a question.
pub struct AggregateParameters;

impl IntoParams for AggregateParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let example = |value: &str, parameter| ParameterBuilder::from(parameter).example(Some(value.into())).build();
        let names: Vec<_> = DIMENSIONS.iter().map(|dimension| dimension.code).collect();
        let mut all = vec![
            example(
                "persons",
                query_parameter(
                    "measure",
                    "persons (distinct) or incidents; persons where it is missing.",
                    words(["persons", "incidents"]),
                ),
            ),
            example(
                "kind",
                query_parameter("by", format!("One to three dimensions, by commas: {}.", names.join(", ")), text()),
            ),
            query_parameter("with", "Kinds, by commas: persons with at least one incident of each.", text()),
            query_parameter(
                "as_of",
                "What was known by the end of this day (UTC), YYYY-MM-DD; today where it is missing.",
                text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))),
            ),
            query_parameter(
                "at_write",
                "What Attest held after this write: the last one of a day (UTC) that is over, and of the newest such day where it is missing. \
                 On a database's first day it is the newest write. Who sees cases may ask as of any write.",
                number(0),
            ),
            query_parameter(
                "totals",
                "none, grand or all; grand where it is missing.",
                words(["none", "grand", "all"]),
            ),
        ];
        all.extend(DIMENSIONS.iter().map(|dimension| {
            let values = match dimension.values {
                Values::Vocabulary { name, broader: true } => {
                    format!("codes of `{name}`, with what lies in them; `X._U` is what is known no further than X")
                }
                Values::Vocabulary { name, broader: false } => format!("codes of `{name}`"),
                Values::Records(noun) => format!("codes of {}", noun.plural()),
                Values::Words(words) => words.join(" or "),
                Values::Time(_) => "buckets, or FIRST..LAST; the count is what lies wholly inside".to_owned(),
            };
            let description = format!("Filter by {}: {values}; a comma is OR.", dimension.description);
            query_parameter(dimension.code, description, text())
        }));
        all
    }
}

/// What was asked, and what is to be said.
#[derive(Debug)]
pub struct Answered {
    pub query: Query,
    pub answer: Answer,
    /// The cells that are too small to be published.
    pub small: BTreeSet<Vec<String>>,
    /// How many persons were held at the time of the answer and have been erased since.
    pub erased: i64,
    pub newest_write: i64,
    /// Whether the reader may ask as of any write.
    pub may_name_any: bool,
}

/// The cells behind which there are few: as releases count them, by case files alone, since what was built from published
/// figures is published already.
fn small(counter: &mut Counter<'_>, query: &Query) -> Result<BTreeSet<Vec<String>>, StoreError> {
    const BASIS: (&str, &str) = ("basis", "case_file");
    let mut own = query.clone();
    if own.filters.get(BASIS.0).is_some_and(|bases| !bases.contains(BASIS.1)) {
        return Ok(BTreeSet::new());
    }
    own.filters.insert(BASIS.0, BTreeSet::from([BASIS.1.to_owned()]));
    // Whatever is counted, it is persons who stand behind it.
    own.measure = Measure::Persons;
    Ok(few(&counter.answer(&own)?, PERSONS))
}

/// The cells of fewer than so many, and not of none. Where dates leave open how many, both ends count.
fn few(answer: &Answer, least: u32) -> BTreeSet<Vec<String>> {
    let is_few = |number: u64| number > 0 && number < u64::from(least);
    let rows = answer.rows.iter();
    let of_few = rows.filter(|row| is_few(row.tally.count.least()) || row.tally.most().is_some_and(is_few));
    of_few.map(|row| row.cell.clone()).collect()
}

/// Answers a question, and puts it into the audit before the answer is given.
///
/// # Errors
/// What is wrong with the question, by parameter.
pub fn answer(store: &Store, actor: &Actor, pairs: &[(String, String)]) -> Result<Answered, StoreError> {
    let (found, times) = store.read(actor, |session| {
        let newest_write = session.times()?.at_write;
        let days = session.times_of_days()?;
        let mut checker = Checker::new(session);
        let (query, asked) = Query::read(pairs, &mut checker);
        let query = checker.finish(query)?;
        let times = asked.or(days);
        check_write(session, times.at_write, (days.at_write, newest_write))?;
        let mut counter = Counter::new(session.conn(), times)?;
        let answer = counter.answer(&query)?;
        let small = small(&mut counter, &query)?;
        let erased = erasure::erased_since(session.conn(), times)?;
        let may_name_any = session.sees_cases();
        Ok((Answered { query, answer, small, erased, newest_write, may_name_any }, times))
    })?;
    let asked = found.query.canonical();
    store.write(actor, "aggregate.read", move |tx| {
        tx.note("query", asked);
        tx.note("as_of", times.as_of.to_string());
        tx.note("at_write", times.at_write);
        Ok(())
    })?;
    Ok(found)
}

fn check_write(session: &mut Session<'_>, write: i64, (default, newest): (i64, i64)) -> Result<(), StoreError> {
    let (rule, expected) = if write > newest {
        (Rule::OutOfRange, format!("a write that was made: at most {newest}"))
    } else if session.may_ask_at(write)? {
        return Ok(());
    } else {
        (Rule::Inconsistent, format!("the last write of a day (UTC) that is over: the newest is {default}"))
    };
    Err(Invalid::one(FieldError::new("at_write", rule, Some(&write.to_string()), expected)).into())
}

fn row(found: &Answered, row: &crate::store::aggregates::Row) -> Row {
    let codes = found.query.by.iter().map(|dimension| dimension.code.to_owned());
    let cell = codes.zip(row.cell.iter().cloned()).collect();
    Row { cell, count: row.tally.into(), conf_status: found.small.contains(&row.cell).then_some("C") }
}

/// What is to be said of an answer.
pub fn remarks(found: &Answered) -> Remarks {
    let Answered { query, answer, erased, .. } = found;
    Remarks {
        reconstructed: answer.reconstructed,
        not_attested: answer.rows.iter().any(|row| matches!(row.tally.count, Count::NotAttested { .. })),
        of_time: query.is_of_time(),
        joined: answer.joined_differ,
        wide: answer.wide_dates,
        erased: *erased,
    }
}

fn view(found: &Answered) -> Aggregates {
    let Answered { query, answer, .. } = found;
    let codes = || query.by.iter().map(|dimension| dimension.code.to_owned());
    Aggregates {
        measure: query.measure,
        query: query.canonical(),
        by: codes().collect(),
        filter: (query.filters.iter())
            .map(|(name, values)| ((*name).to_owned(), values.iter().cloned().collect()))
            .collect(),
        with: query.with.iter().cloned().collect(),
        as_of: answer.times.as_of,
        at_write: answer.times.at_write,
        additive: codes().zip(answer.additive.iter().copied()).collect(),
        rows: answer.rows.iter().map(|cell| row(found, cell)).collect(),
        basis: BasisCounts { case_file: answer.case_file, reconstructed: answer.reconstructed },
        caveats: remarks(found).caveats(),
    }
}

/// Ask for an exact aggregate.
#[utoipa::path(
    tag = "research",
    operation_id = "read_aggregates",
    params(AggregateParameters),
    security(("bearer" = ["read_aggregates"])),
    responses((status = 200, description = "The counts", body = Aggregates))
)]
#[get("/aggregates")]
pub async fn read(
    allowed: Allowed<ReadAggregates>,
    store: Data<Records>,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    let actor = allowed.actor();
    let found = store
        .count(actor.account, move |store| answer(store, &actor, &parameters.0))
        .await
        .map_err(Problem::in_query)?;
    Ok(Reply::json(&disclosure::to_researcher(allowed.permit(), view(&found))))
}

/// Ask for an exact aggregate as a table: a row a cell, with both times in every row.
#[utoipa::path(
    tag = "research",
    operation_id = "read_aggregates_csv",
    params(AggregateParameters),
    security(("bearer" = ["read_aggregates"])),
    responses((status = 200, description = "The counts", body = String, content_type = "text/csv",
        example = "kind,count,bound,possible,status,conf_status,low,high,query,as_of,at_write\nevacuation,114,exact,,A,,,,\"measure=persons&by=kind\",2026-11-22,7\n"))
)]
#[get("/aggregates.csv")]
pub async fn read_csv(
    allowed: Allowed<ReadAggregates>,
    store: Data<Records>,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    let actor = allowed.actor();
    let found = store
        .count(actor.account, move |store| answer(store, &actor, &parameters.0))
        .await
        .map_err(Problem::in_query)?;
    let text = table::csv(&found.query, &found.answer, &found.small).map_err(|why| Problem::broken(&why))?;
    Ok(Reply::csv(&disclosure::to_researcher(allowed.permit(), text)))
}
