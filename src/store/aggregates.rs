//! Exact aggregates: the case files are counted by the database, the reconstructed records by what they attest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::aggregate::{Measure, Query, Totals};
use crate::domain::attested::{self, Criterion, Fact, Stand, World};
use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::count::{Count, Tally};
use crate::domain::dimension::{self, Dimension, Level};
use crate::domain::person::Basis;
use crate::domain::record::{RecordId, Times};
use crate::domain::timing::{self, MOST_BUCKETS};
use crate::domain::vocabulary::{TOTAL, Vocabulary};

use super::backend::Conn;
use super::consents;
use super::error::{StoreError, corrupt};
use super::figures;
use super::question::{Certainty, Filter, Question, Rows};
use super::schema::{person_versions, term_versions};
use super::selects;
use super::statement::Scope;
use super::terms;

/// One line of an answer: the values of its dimensions, `_T` for a total, and the count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub cell: Vec<String>,
    pub tally: Tally,
}

/// The answer to a question at two times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub times: Times,
    pub rows: Vec<Row>,
    /// Whether the cells of each dimension add up to the total, in the order of the question.
    pub additive: Vec<bool>,
    /// Whether joined records of some person differ in what is divided by, so that the person is counted under each value.
    pub joined_differ: bool,
    /// Whether some dates reach so far that they have no buckets of their own.
    pub wide_dates: bool,
    /// How many of the counted units come from case files.
    pub case_file: u64,
    /// How many of the counted units are reconstructed, or the most that they can be.
    pub reconstructed: u64,
}

pub(super) type Cells = BTreeMap<Vec<String>, Count>;
/// What case files give, and what reconstructed records give.
type Parts = (Cells, Cells);
type Buckets = BTreeMap<&'static str, Vec<timing::Bucket>>;
type FactColumns = (RecordId, RecordId, String, String, String, String, Option<RecordId>, Option<RecordId>);

/// Answers questions at one pair of times. What they share is read once.
pub struct Counter<'c> {
    pub(super) conn: &'c mut Conn,
    times: Times,
    pub(super) linked: bool,
    refusing: bool,
    /// Whether any term's place was taken by another.
    replaced: bool,
    /// Whether some date reached so far that it had no buckets of its own.
    wide: bool,
    /// In which rows codes are counted that lie in others.
    pub(super) rows: Rows,
    pub(super) world: Option<World>,
    /// The controlled lists as they stood after the write, once a question needs them.
    pub(super) vocabulary: Option<Vocabulary>,
}

impl<'c> Counter<'c> {
    /// # Errors
    /// The database's own.
    pub fn new(conn: &'c mut Conn, times: Times) -> QueryResult<Self> {
        let mut counter = Self::bare(conn, times)?;
        let reconstructed = diesel::select(diesel::dsl::exists(
            person_versions::table.filter(person_versions::basis.eq(Basis::Reconstructed.name())),
        ))
        .get_result::<bool>(counter.conn)?;
        if reconstructed {
            counter.world = Some(counter.world()?);
        }
        Ok(counter)
    }

    /// Without what is known of the reconstructed records: enough to make questions ready.
    pub(super) fn bare(conn: &'c mut Conn, times: Times) -> QueryResult<Self> {
        let linked = selects::linkages(times).get_result::<i64>(conn)? > 0;
        let refusing = consents::any_refusal(times).get_result::<i64>(conn)? > 0;
        let replaced = diesel::select(diesel::dsl::exists(
            term_versions::table
                .filter(term_versions::replaced_by.is_not_null())
                .filter(term_versions::write.le(times.at_write)),
        ))
        .get_result(conn)?;
        Ok(Self {
            conn,
            times,
            linked,
            refusing,
            replaced,
            wide: false,
            rows: Rows::Levels,
            world: None,
            vocabulary: None,
        })
    }

    /// With each code in a row of its own alone, whatever lies in it.
    #[must_use]
    pub fn as_coded(self) -> Self {
        Self { rows: Rows::AsCoded, ..self }
    }

    /// What a question without dimensions counts, of whatever basis.
    pub(super) fn ready(&mut self, query: &Query) -> QueryResult<(Question, Scope)> {
        let question = self.question(&query.without(&query.by), Certainty::Definite)?;
        Ok((question, Scope { basis: None, ..self.scope(Basis::CaseFile) }))
    }

    /// Answers one question, with the totals that it asks for.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the dates reach over too many buckets, or the database's own.
    pub fn answer(&mut self, query: &Query) -> Result<Answer, StoreError> {
        let mut rows = Vec::new();
        let mut total = (Cells::new(), Cells::new());
        // Every total is a question of its own: cells that overlap are never added up.
        for left_out in left_out(query) {
            let asked = query.without(&left_out);
            let found = self.cells(&asked, &Certainty::Definite)?;
            let tallies = self.tallies(&asked, &found)?;
            for (values, tally) in self.in_order(&asked.by, tallies) {
                let mut values = values.into_iter();
                let cell = query.by.iter().map(|dimension| match left_out.contains(dimension) {
                    true => Some(TOTAL.to_owned()),
                    false => values.next(),
                });
                let cell = cell.collect::<Option<_>>().ok_or_else(|| corrupt("a cell lacks a value"))?;
                rows.push(Row { cell, tally });
            }
            if asked.by.is_empty() {
                total = found;
            }
        }
        if query.totals == Totals::None && !query.by.is_empty() {
            total = self.cells(&query.without(&query.by), &Certainty::Definite)?;
        }
        let most = |cells: &Cells| match cells.get(&Vec::new()) {
            Some(Count::Attested { value, .. }) => *value,
            Some(Count::NotAttested { high, .. }) => *high,
            None => 0,
        };
        let additive = self.additive(query, &rows);
        Ok(Answer {
            joined_differ: self.joined_differ(query)?,
            wide_dates: std::mem::take(&mut self.wide),
            times: self.times,
            rows,
            additive,
            case_file: most(&total.0),
            reconstructed: most(&total.1),
        })
    }

    /// The count of a question without dimensions, such as a figure's.
    ///
    /// # Errors
    /// The database's own.
    pub fn count(&mut self, query: &Query) -> Result<Tally, StoreError> {
        let asked = query.without(&query.by);
        let found = self.cells(&asked, &Certainty::Definite)?;
        let tallies = self.tallies(&asked, &found)?;
        Ok(tallies.into_values().next().unwrap_or(Count::ZERO.into()))
    }

    /// Whether a question without dimensions counts any case file, for sure or by a date that leaves it open: somebody's own, or an
    /// incident from one that hangs on a reconstructed person.
    ///
    /// # Errors
    /// The database's own.
    pub fn counts_case_files(&mut self, query: &Query) -> Result<bool, StoreError> {
        let possible = query.is_of_time().then(|| Certainty::Possible(Buckets::new()));
        for certainty in [Some(Certainty::Definite), possible].into_iter().flatten() {
            if sum(&self.case_file(query, &certainty)?) > 0 {
                return Ok(true);
            }
            // Nobody attests how built records fall on persons, so that each part of the question counts by itself.
            let mut facts = self.criteria(query, &certainty)?.into_iter().flat_map(|criterion| criterion.facts);
            if facts.any(|fact| fact.stand == Stand::CaseFile) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is definite, together with what is possible where the question is about time.
    fn tallies(&mut self, query: &Query, definite: &Parts) -> Result<BTreeMap<Vec<String>, Tally>, StoreError> {
        let mut definite = merged(definite);
        if query.by.is_empty() {
            definite.entry(Vec::new()).or_insert(Count::ZERO);
        }
        let certain = |definite: Cells| definite.into_iter().map(|(cell, count)| (cell, count.into())).collect();
        if !query.is_of_time() {
            return Ok(certain(definite));
        }
        let possible = Certainty::Possible(self.buckets(query)?);
        let mut reach = merged(&self.cells(query, &possible)?);
        if query.by.is_empty() {
            reach.entry(Vec::new()).or_insert(Count::ZERO);
        }
        let mut tallies: BTreeMap<_, Tally> = certain(definite.clone());
        // What lies in no bucket is certain to lie in none.
        let special = |cell: &[String]| {
            let values = query.by.iter().zip(cell).filter(|(dimension, _)| dimension.grain().is_some());
            values.into_iter().any(|(_, value)| value.starts_with('_'))
        };
        reach.retain(|cell, _| !special(cell));
        for (cell, reach) in reach {
            let definite = definite.get(&cell).copied().unwrap_or(Count::ZERO);
            tallies.insert(cell, Tally::dated(definite, reach));
        }
        Ok(tallies)
    }

    /// The buckets into which the dates reach that a question is about, by dimension.
    fn buckets(&mut self, query: &Query) -> Result<Buckets, StoreError> {
        let mut buckets = Buckets::new();
        let times: Vec<_> = query.by.iter().filter_map(|dimension| Some((dimension, dimension.grain()?))).collect();
        if times.is_empty() {
            return Ok(buckets);
        }
        let asked = Query { measure: Measure::Incidents, ..query.without(&query.by) };
        let question = self.question(&asked, Certainty::Possible(Buckets::new()))?;
        let scope = Scope { basis: None, ..self.scope(Basis::CaseFile) };
        let dates: Vec<(NaiveDate, NaiveDate)> = selects::dates(&question, scope).load(self.conn)?;
        let hull = question.filters.iter().find_map(|(_, filter)| match filter {
            Filter::Days(days) if days.special.is_empty() => days.hull(),
            _ => None,
        });
        for (dimension, grain) in times {
            let Some((found, wide)) = timing::reached(grain, &dates, hull) else {
                let expected = format!(
                    "no more than {MOST_BUCKETS} buckets, but the dates reach into more: narrow it, as in year=2017..2018"
                );
                let error = FieldError::new("by", Rule::OutOfRange, Some(dimension.code), expected);
                return Err(Invalid::one(error).into());
            };
            self.wide = self.wide || wide;
            buckets.insert(dimension.code, found);
        }
        Ok(buckets)
    }

    /// How many persons are built from published figures.
    pub fn reconstructed_persons(&self) -> u64 {
        self.world.as_ref().map_or(0, |world| world.everyone.len() as u64)
    }

    pub(super) fn scope(&self, basis: Basis) -> Scope {
        // Built records stand for nobody: they are never joined and never asked.
        let (linked, refusing) = if basis == Basis::CaseFile { (self.linked, self.refusing) } else { (false, false) };
        Scope { basis: Some(basis), times: self.times, words_at: self.times.at_write, linked, refusing }
    }

    /// The question made ready, by the lists as they stood then.
    pub(super) fn question(&mut self, query: &Query, certainty: Certainty) -> QueryResult<Question> {
        if self.vocabulary.is_none() && (self.replaced || Question::needs_vocabulary(query)) {
            self.vocabulary = Some(terms::vocabulary(self.conn, Some(self.times.at_write))?);
        }
        Ok(Question::new(query, self.vocabulary.as_ref(), certainty, self.rows))
    }

    fn cells(&mut self, query: &Query, certainty: &Certainty) -> QueryResult<Parts> {
        Ok((self.case_file(query, certainty)?, self.reconstructed(query, certainty)?))
    }

    pub(super) fn case_file(&mut self, query: &Query, certainty: &Certainty) -> QueryResult<Cells> {
        let question = self.question(query, certainty.clone())?;
        let statement = selects::counts(&question, self.scope(Basis::CaseFile));
        let rows = statement.load::<(String, String, String, i64)>(self.conn)?;
        let mut cells = Cells::new();
        for (a, b, c, count) in rows {
            let count = u64::try_from(count).map_err(corrupt)?;
            let cell = [a, b, c].into_iter().take(query.by.len()).collect();
            if count > 0 {
                cells.insert(cell, Count::exact(count));
            }
        }
        Ok(cells)
    }

    pub(super) fn reconstructed(&mut self, query: &Query, certainty: &Certainty) -> QueryResult<Cells> {
        let Some(world) = self.world.take() else { return Ok(Cells::new()) };
        let counted = self.criteria(query, certainty).map(|criteria| attested::count(query, &criteria, &world));
        self.world = Some(world);
        counted
    }

    /// Divides a question into its criteria: what is asked of the person, of the ground, of one incident, and each kind
    /// of `with`.
    fn criteria(&mut self, query: &Query, certainty: &Certainty) -> QueryResult<Vec<Criterion>> {
        let mut criteria = Vec::new();
        let groups: [fn(Level) -> bool; 3] =
            [|level| level == Level::Person, |level| level == Level::Ground, Level::is_incident];
        for belongs in groups {
            let dimensions: Vec<_> = (0..query.by.len()).filter(|at| belongs(query.by[*at].level)).collect();
            let part = Query {
                measure: Measure::Persons,
                by: dimensions.iter().map(|at| query.by[*at]).collect(),
                filters: (query.touched().filter(|dimension| belongs(dimension.level)))
                    .filter_map(|dimension| query.filters.get_key_value(dimension.code))
                    .map(|(name, values)| (*name, values.clone()))
                    .collect(),
                with: BTreeSet::new(),
                totals: Totals::None,
            };
            let counts_incidents = query.measure == Measure::Incidents && belongs(Level::Incident);
            if part.touched().next().is_some() || counts_incidents {
                let measure = if counts_incidents { Measure::Incidents } else { Measure::Persons };
                let facts = self.facts(&Query { measure, ..part }, certainty)?;
                criteria.push(Criterion { dimensions, counts_incidents, facts });
            }
        }
        for kind in &query.with {
            let filters = BTreeMap::from([("kind", BTreeSet::from([kind.clone()]))]);
            let part = Query {
                measure: Measure::Persons,
                by: Vec::new(),
                filters,
                with: BTreeSet::new(),
                totals: Totals::None,
            };
            let facts = self.facts(&part, certainty)?;
            criteria.push(Criterion { dimensions: Vec::new(), counts_incidents: false, facts });
        }
        if criteria.is_empty() {
            let facts = self.facts(query, certainty)?;
            criteria.push(Criterion { dimensions: Vec::new(), counts_incidents: false, facts });
        }
        Ok(criteria)
    }

    pub(super) fn facts(&mut self, query: &Query, certainty: &Certainty) -> QueryResult<Vec<Fact>> {
        let ground = query.touched().any(|dimension| dimension.level == Level::Ground);
        let question = self.question(query, certainty.clone())?;
        let statement = selects::facts(&question, self.scope(Basis::Reconstructed));
        let rows = statement.load::<FactColumns>(self.conn)?;
        let fact = |(person, unit, a, b, c, kind, figure, persons_figure): FactColumns| {
            let stand = match (figure, persons_figure) {
                (Some(figure), _) => Stand::Figure(figure),
                (None, Some(whole)) if ground => Stand::Remainder(whole),
                _ => Stand::CaseFile,
            };
            Fact { person, unit, cell: [a, b, c].into_iter().take(query.by.len()).collect(), kind, stand }
        };
        Ok(rows.into_iter().map(fact).collect())
    }

    fn world(&mut self) -> QueryResult<World> {
        let mut world = World { figures: figures::known_at(self.conn, self.times)?, ..World::default() };
        let everything = |code| -> QueryResult<Query> {
            let dimension = dimension::dimension(code).ok_or_else(|| corrupt(code))?;
            let (filters, with) = (BTreeMap::new(), BTreeSet::new());
            Ok(Query { measure: Measure::Persons, by: vec![dimension], filters, with, totals: Totals::None })
        };
        for part in ["origin", "ground", "kind"] {
            for fact in self.facts(&everything(part)?, &Certainty::Definite)? {
                world.everyone.insert(fact.person);
                if let Stand::Figure(figure) = fact.stand {
                    world.members.entry(figure).or_default().insert(fact.person);
                }
            }
        }
        Ok(world)
    }
}

/// Which dimensions each total leaves out; the cells themselves leave out none.
fn left_out(query: &Query) -> Vec<Vec<&'static Dimension>> {
    let all = query.by.clone();
    match query.totals {
        _ if all.is_empty() => vec![all],
        Totals::None => vec![Vec::new()],
        Totals::Grand => vec![Vec::new(), all],
        Totals::All => {
            let chosen = |mask: u32| all.iter().enumerate().filter(move |(at, _)| mask & (1 << at) != 0);
            (0..1 << all.len()).map(|mask| chosen(mask).map(|(_, dimension)| *dimension).collect()).collect()
        }
    }
}

pub(super) fn sum(cells: &Cells) -> u64 {
    cells.values().map(|count| count.least()).sum()
}

fn merged((case_file, reconstructed): &Parts) -> Cells {
    let mut cells = reconstructed.clone();
    for (cell, count) in case_file {
        cells.entry(cell.clone()).and_modify(|sum| *sum = sum.plus(*count)).or_insert(*count);
    }
    cells
}
