//! Figures.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::aggregate::{self, Measure, Query};
use crate::domain::attested::KnownFigure;
use crate::domain::check::{Checker, FieldError, Invalid, Rule};
use crate::domain::count::{Bounded, Qualifier};
use crate::domain::figure::{Figure, FigureEntry, Relation};
use crate::domain::publication::Visibility;
use crate::domain::record::{Noun, RecordId, Stamp, State, Times};

use super::aggregates::Counter;
use super::backend::Conn;
use super::erasure;
use super::error::{StoreError, corrupt, word};
use super::narrowing::By;
use super::publicity;
use super::records::{Loaded, Stored, Which};
use super::schema::figure_versions;
use super::session::{Session, Tx};
use super::stamps;
use super::version_table::version_table;

version_table! {
    FigureRow of figure_versions {
        publication_id: RecordId,
        name: String,
        measure: String,
        population: String,
        region: String,
        value: i64,
        qualifier: String,
        as_of: NaiveDate,
        period_start: Option<NaiveDate>,
        relation: Option<String>,
        parent_id: Option<RecordId>,
        breakdown: Option<String>,
        query: Option<String>,
        visibility: String,
        note: Option<String>,
        definition: String,
        at_write: Option<i64>,
        address: Option<String>,
    }
}

impl FigureRow {
    fn body(self) -> QueryResult<Figure> {
        Ok(Figure {
            publication: self.publication_id,
            name: self.name,
            measure: word(Measure::WORDS, &self.measure)?,
            population: self.population,
            region: self.region,
            definition: self.definition,
            value: Bounded {
                value: u64::try_from(self.value).map_err(corrupt)?,
                qualifier: word(Qualifier::WORDS, &self.qualifier)?,
            },
            as_of: self.as_of,
            period_start: self.period_start,
            relation: self.relation.map(|relation| word(Relation::WORDS, &relation)).transpose()?,
            parent: self.parent_id,
            breakdown: self.breakdown,
            query: self.query,
            at_write: self.at_write,
            visibility: word(Visibility::WORDS, &self.visibility)?,
            note: self.note,
            address: self.address,
        })
    }
}

impl Stored for FigureEntry {
    version_table! {
        queries of figure_versions;
        words: [
            ("name", name, By::Text),
            ("state", visibility, By::Word(&["draft", "published"])),
            ("breakdown", breakdown, By::Text),
            ("definition", definition, By::Code("definition")),
        ];
        references: [("publication", publication_id, By::Record(Noun::Publication)), ("parent", parent_id, By::Record(Noun::Figure))];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Figure) -> QueryResult<()> {
        let figure = body.clone();
        let columns = (
            figure.publication,
            figure.name,
            figure.measure.name().to_owned(),
            figure.population,
            figure.region,
            i64::try_from(figure.value.value).map_err(corrupt)?,
            figure.value.qualifier.name().to_owned(),
            figure.as_of,
            figure.period_start,
            figure.relation.map(|relation| relation.name().to_owned()),
            figure.parent,
            figure.breakdown,
            figure.query,
            figure.visibility.name().to_owned(),
            figure.note,
            figure.definition,
            figure.at_write,
            figure.address,
        );
        let row = FigureRow::stamped(id, stamp, columns);
        diesel::insert_into(figure_versions::table).values(&row).execute(conn).map(drop)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Figure>>> {
        let rows = FigureRow::rows(conn, ids, which)?;
        rows.into_iter().map(|row| Ok((row.record_id, row.stamp()?, row.body()?))).collect()
    }

    fn admit(tx: &mut Tx<'_>, id: RecordId, stamp: &Stamp, body: &Figure) -> Result<Vec<FieldError>, StoreError> {
        let mut wrong: Vec<_> = parent_loop(tx, id, body)?.into_iter().collect();
        if stamp.state == State::Active {
            wrong.extend(not_computed(tx, id, body)?);
        }
        if wrong.is_empty() {
            wrong = publicity::of_version(tx, id, stamp, body)?;
        }
        Ok(wrong)
    }
}

/// A figure cannot lie inside itself, through however many parents.
fn parent_loop(tx: &mut Tx<'_>, id: RecordId, body: &Figure) -> QueryResult<Option<FieldError>> {
    let mut seen = vec![id];
    let mut next = body.parent;
    while let Some(parent) = next {
        if seen.contains(&parent) {
            let expected = "a figure that does not lie inside this one";
            return Ok(Some(FieldError::new("parent", Rule::Inconsistent, None, expected)));
        }
        seen.push(parent);
        next = figure_versions::table
            .filter(figure_versions::record_id.eq(parent))
            .filter(figure_versions::superseded_by.is_null())
            .select(figure_versions::parent_id)
            .first::<Option<RecordId>>(tx.conn())?;
    }
    Ok(None)
}

/// A value that is said to be computed is what the query gives at both times, or it is refused.
fn not_computed(tx: &mut Tx<'_>, id: RecordId, body: &Figure) -> Result<Option<FieldError>, StoreError> {
    let (Some(at_write), Some(text)) = (body.at_write, &body.query) else { return Ok(None) };
    let newest = tx.write() - 1;
    if at_write < 0 || at_write > newest {
        let expected = format!("a write that was made: 0 to {newest}");
        return Ok(Some(FieldError::new("at_write", Rule::OutOfRange, Some(&at_write.to_string()), expected)));
    }
    let mut checker = Checker::new(tx.session());
    let query = Query::read_figure(text, "query", &mut checker);
    let query = checker.finish(query)?;
    let tally = Counter::new(tx.conn(), Times { as_of: body.as_of, at_write })?.count(&query)?;
    // An answer that counted somebody who was erased stands as it was kept.
    let kept = figure_versions::table
        .filter(figure_versions::record_id.eq(id))
        .filter(figure_versions::value.eq(i64::try_from(body.value.value).map_err(corrupt)?))
        .filter(figure_versions::at_write.eq(at_write))
        .filter(figure_versions::query.eq(text));
    if tally.stated() == Some(body.value)
        || (!erasure::erased_answers_of(tx.conn(), &[id])?.is_empty()
            && diesel::select(diesel::dsl::exists(kept)).get_result(tx.conn())?)
    {
        return Ok(None);
    }
    let expected = match tally.stated() {
        Some(stated) => format!("{stated}, which is what the query gives; or `at_write` left out"),
        None => "no `at_write`: nobody attested how the records combine".to_owned(),
    };
    Ok(Some(FieldError::new("value", Rule::Inconsistent, Some(&body.value.to_string()), expected)))
}

/// A figure made from the answer to a question: the value that the question gives at its two times.
///
/// # Errors
/// [`StoreError::Invalid`] for what is wrong with the question, or where its answer is no number.
pub fn from_answer(
    session: &mut Session<'_>,
    now: Times,
    question: &str,
    entry: FigureEntry,
) -> Result<FigureEntry, StoreError> {
    let mut checker = Checker::new(session);
    checker.required("query", Some(question));
    let (query, asked) = checker.within("query", |c| Query::read(&aggregate::pairs(question), c));
    if !query.by.is_empty() {
        let by = query.by.iter().map(|dimension| dimension.code).collect::<Vec<_>>().join(",");
        let expected = "one number: filters in place of `by`, as in kind=evacuation";
        checker.refuse("query.by", Rule::Inconsistent, Some(&by), expected);
    }
    let times = asked.or(now);
    if times.at_write > now.at_write {
        let (given, expected) =
            (times.at_write.to_string(), format!("a write that was made: at most {}", now.at_write));
        checker.refuse("query.at_write", Rule::OutOfRange, Some(&given), expected);
    }
    let query = checker.finish(query)?;
    let tally = Counter::new(session.conn(), times)?.count(&query)?;
    let Some(Bounded { value, qualifier }) = tally.stated() else {
        let expected = format!("a question with one number for its answer; this one lies from {}", tally.count);
        return Err(Invalid::one(FieldError::new("query", Rule::Inconsistent, Some(question), expected)).into());
    };
    if tally.stated().is_some_and(|stated| stated.contradiction().is_some()) {
        let expected =
            "a question with a number for its answer; of this one only the dates are uncertain: none or more";
        return Err(Invalid::one(FieldError::new("query", Rule::Inconsistent, Some(question), expected)).into());
    }
    Ok(FigureEntry {
        measure: Some(query.measure.name().to_owned()),
        value: Some(i64::try_from(value).map_err(corrupt)?),
        qualifier: Some(qualifier.name().to_owned()),
        as_of: Some(times.as_of.to_string()),
        query: Some(query.canonical()),
        at_write: Some(times.at_write),
        ..entry
    })
}

type KnownColumns = (RecordId, Option<RecordId>, Option<String>, String, Option<String>, String);

/// What Attest held and knew at the two times of every figure that records may name. What one asks counts only while it
/// stands.
pub(super) fn known_at(conn: &mut Conn, times: Times) -> QueryResult<HashMap<RecordId, KnownFigure>> {
    let rows = figure_versions::table
        .filter(figure_versions::write.le(times.at_write))
        .filter(figure_versions::known_on.le(times.as_of))
        // Of the versions known by then the one written last holds: it comes last into the map.
        .order(figure_versions::write)
        .select((
            figure_versions::record_id,
            figure_versions::parent_id,
            figure_versions::relation,
            figure_versions::qualifier,
            figure_versions::query,
            figure_versions::state,
        ))
        .load::<KnownColumns>(conn)?;
    rows.into_iter()
        .map(|(id, parent, relation, qualifier, query, state)| {
            let relation = relation.map(|relation| word(Relation::WORDS, &relation)).transpose()?;
            let inside = match relation {
                Some(Relation::Outside) => Some(false),
                Some(relation) if relation.is_subset() => Some(true),
                _ => None,
            };
            let bound = word(Qualifier::WORDS, &qualifier)?.bound();
            let stands = word(stamps::STATES, &state)? == State::Active;
            Ok((id, KnownFigure { parent, inside, bound, query: query.filter(|_| stands) }))
        })
        .collect()
}
