//! What the records say of figures: when each was entered, as of its date, and now; and why these differ.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::domain::aggregate::Query;
use crate::domain::check::{CheckError, Checker, Register};
use crate::domain::count::{Bound, Count, Tally};
use crate::domain::difference::{self, Redefinition, Turn};
use crate::domain::figure::{Figure, FigureEntry};
use crate::domain::person::Basis;
use crate::domain::publication::PublicationEntry;
use crate::domain::reconcile::{self, Contradiction, Remainder};
use crate::domain::record::{RecordId, State, Times};
use crate::domain::vocabulary::Vocabulary;

use super::aggregates::Counter;
use super::differences::{self, Difference};
use super::erasure;
use super::error::StoreError;
use super::published::Published;
use super::records::{self, Found, Stored, Which};
use super::session::Session;
use super::terms;

/// What the records say of a figure.
#[derive(Debug, Clone)]
pub struct Computed {
    /// As of its date, of what Attest held when the figure was entered, or when its value was computed.
    pub baseline: Tally,
    /// As of its date.
    pub then: Tally,
    pub now: Tally,
    /// Why what is known today of its date is not what was known at the baseline.
    pub since_baseline: Vec<Difference>,
    /// Why what is known of today is not what was known as of its date.
    pub since_then: Vec<Difference>,
    /// By how much the records alone do not explain the first and the second difference: what they attest also depends on the
    /// figures that they stand for.
    pub unexplained: [i64; 2],
    pub redefined: Vec<Redefinition>,
    /// Whether the baseline counted somebody who was erased since: then it cannot be computed again.
    pub erased: bool,
}

/// What the parts of a figure leave over, as of its date and now; `None` where it cannot be computed.
#[derive(Debug, Clone)]
pub struct LeftOver {
    pub remainder: Remainder,
    pub then: Option<Count>,
    pub now: Option<Count>,
}

/// A figure held against the records.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The write after which the figure stood with this query and date.
    pub baseline: i64,
    /// `None` where it cannot be computed.
    pub computed: Option<Computed>,
    pub contradictions: Vec<(Contradiction, u64)>,
}

/// Figures held against the records.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Now: today, and the newest write.
    pub times: Times,
    /// By figure.
    pub of: HashMap<RecordId, Finding>,
    /// By figure the codes of those of its series that say something else of the same day.
    pub conflicts: HashMap<RecordId, Vec<String>>,
    pub left_over: Vec<LeftOver>,
    /// How many reconstructed persons the records hold now.
    pub reconstructed: u64,
}

impl Findings {
    /// Holds some figures against the records, and against their parents and others of their series among those `seen`.
    fn read(
        session: &mut Session<'_>,
        figures: &[Found<Figure>],
        seen: &[Found<Figure>],
        times: Times,
    ) -> Result<Self, StoreError> {
        let baselines = baselines(session, figures)?;
        let mut queries = HashMap::new();
        for found in figures.iter().chain(seen) {
            if let Some(query) = query(session, &found.version.body)? {
                queries.insert(found.version.id, query);
            }
        }
        let ids: Vec<_> = figures.iter().map(|found| found.version.id).collect();
        let erased = erasure::erased_answers_of(session.conn(), &ids)?;
        let mut counts = Counts { times, of: HashMap::new(), vocabularies: HashMap::new() };
        let mut of = HashMap::new();
        for found in figures {
            let (id, figure) = (found.version.id, &found.version.body);
            let baseline = baselines.get(&id).copied().unwrap_or(found.version.stamp.write);
            let mut computed = match queries.get(&id) {
                Some(query) => Some(counts.computed(session, figure, query, baseline)?),
                None => None,
            };
            if let Some(computed) = computed.as_mut().filter(|_| erased.contains(&id)) {
                computed.erased = true;
                computed.since_baseline.clear();
                computed.unexplained[0] = 0;
            }
            let whole = seen.iter().find(|other| Some(other.version.id) == figure.parent);
            let contradictions = match whole {
                Some(whole) => counts.contradictions(session, found, whole, &queries)?,
                None => Vec::new(),
            };
            of.insert(id, Finding { baseline, computed, contradictions });
        }
        let reconstructed = Counter::new(session.conn(), times)?.reconstructed_persons();
        let mut by_publication: BTreeMap<RecordId, Vec<(RecordId, &Figure)>> = BTreeMap::new();
        for Found { version, .. } in figures {
            by_publication.entry(version.body.publication).or_default().push((version.id, &version.body));
        }
        let mut left_over = Vec::new();
        for bodies in by_publication.values() {
            for remainder in reconcile::remainders(bodies) {
                let as_of = bodies.iter().find(|(id, _)| *id == remainder.parent).map(|(_, parent)| parent.as_of);
                let then = Times { as_of: as_of.unwrap_or(times.as_of), ..times };
                let then = counts.left_over(session, &remainder, &queries, then)?;
                let now = counts.left_over(session, &remainder, &queries, times)?;
                left_over.push(LeftOver { remainder, then, now });
            }
        }
        Ok(Self { times, of, conflicts: HashMap::new(), left_over, reconstructed })
    }

    /// What the public may see, with what the records say of it.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a code of no published publication, or the database's own.
    pub fn of_published(
        session: &mut Session<'_>,
        codes: Option<&[String]>,
        times: Times,
    ) -> Result<(Published, Self), StoreError> {
        let all = Published::read(session.conn(), None)?;
        let published = match codes {
            Some(_) => Published::read(session.conn(), codes)?,
            None => all.clone(),
        };
        let mut findings = Self::read(session, &published.figures, &all.figures, times)?;
        findings.conflicts = all.conflicts();
        Ok((published, findings))
    }

    /// One figure, a draft or not.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or the database's own.
    pub fn of_figure(
        session: &mut Session<'_>,
        id: RecordId,
        times: Times,
    ) -> Result<(Found<Figure>, Self), StoreError> {
        let found = records::current::<FigureEntry>(session, id)?;
        let publication = records::current::<PublicationEntry>(session, found.version.body.publication)?;
        let mut others = Published::read(session.conn(), None)?;
        if let Some(parent) = found.version.body.parent {
            let parent = records::current::<FigureEntry>(session, parent)?;
            others.figures.retain(|other| other.version.id != parent.version.id);
            others.figures.extend((parent.version.stamp.state == State::Active).then_some(parent));
        }
        let mut findings = Self::read(session, std::slice::from_ref(&found), &others.figures, times)?;
        if !others.figures.iter().any(|other| other.version.id == id) {
            others.figures.push(found.clone());
        }
        others.publications.retain(|other| other.version.id != publication.version.id);
        others.publications.push(publication);
        findings.conflicts = others.conflicts();
        Ok((found, findings))
    }
}

/// The query of a figure; `None` where it has none, or where its words are gone: that is an answer, not an error.
pub(super) fn query(session: &mut Session<'_>, figure: &Figure) -> Result<Option<Query>, StoreError> {
    let Some(text) = &figure.query else { return Ok(None) };
    let mut checker = Checker::new(session);
    let query = Query::read_figure(text, "query", &mut checker);
    match checker.finish(query) {
        Ok(query) => Ok(Some(query)),
        Err(CheckError::Invalid(_)) => Ok(None),
        Err(CheckError::Fault(fault)) => Err(fault.into()),
    }
}

/// By figure the write since which it asks what it asks: the one after which its value was computed, or the first of the
/// newest versions that have the same query and date.
pub(super) fn baselines(
    session: &mut Session<'_>,
    figures: &[Found<Figure>],
) -> Result<HashMap<RecordId, i64>, StoreError> {
    let ids: Vec<_> = figures.iter().map(|found| found.version.id).collect();
    let mut baselines: HashMap<RecordId, (i64, Option<String>, NaiveDate)> = HashMap::new();
    for ids in ids.chunks(500) {
        for (id, stamp, figure) in FigureEntry::versions(session.conn(), ids, Which::All)? {
            let own = (figure.query, figure.as_of);
            let first = baselines.get(&id).filter(|(_, query, as_of)| (query, as_of) == (&own.0, &own.1));
            let write = figure.at_write.unwrap_or(first.map_or(stamp.write, |(write, _, _)| *write));
            baselines.insert(id, (write, own.0, own.1));
        }
    }
    Ok(baselines.into_iter().map(|(id, (write, _, _))| (id, write)).collect())
}

/// Counts that several figures ask for are made once.
struct Counts {
    times: Times,
    of: HashMap<(String, NaiveDate, i64), Tally>,
    vocabularies: HashMap<i64, Vocabulary>,
}

impl Counts {
    fn at(&mut self, session: &mut Session<'_>, query: &Query, times: Times) -> Result<Tally, StoreError> {
        let key = (query.canonical(), times.as_of, times.at_write);
        if let Some(known) = self.of.get(&key) {
            return Ok(*known);
        }
        let tally = Counter::new(session.conn(), times)?.count(query)?;
        self.of.insert(key, tally);
        Ok(tally)
    }

    fn computed(
        &mut self,
        session: &mut Session<'_>,
        figure: &Figure,
        query: &Query,
        baseline: i64,
    ) -> Result<Computed, StoreError> {
        let now = self.times;
        let then = Times { as_of: figure.as_of, ..now };
        let first = Times { at_write: baseline, ..then };
        let baseline = self.at(session, query, first)?;
        let at_date = self.at(session, query, then)?;
        let today = self.at(session, query, now)?;
        let since_baseline = explain(session, query, (baseline, first), (at_date, then))?;
        let since_then = explain(session, query, (at_date, then), (today, now))?;
        let before = match self.vocabularies.entry(first.at_write) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(terms::vocabulary(session.conn(), Some(first.at_write))?),
        };
        let redefined = difference::redefinitions(query, before, session.vocabulary());
        Ok(Computed {
            baseline,
            then: at_date,
            now: today,
            unexplained: [unexplained(baseline, at_date, &since_baseline), unexplained(at_date, today, &since_then)],
            since_baseline,
            since_then,
            redefined,
            erased: false,
        })
    }

    fn contradictions(
        &mut self,
        session: &mut Session<'_>,
        part: &Found<Figure>,
        whole: &Found<Figure>,
        queries: &HashMap<RecordId, Query>,
    ) -> Result<Vec<(Contradiction, u64)>, StoreError> {
        let (id, figure) = (part.version.id, &part.version.body);
        let times = Times { as_of: figure.as_of, ..self.times };
        let held = match (queries.get(&id), queries.get(&whole.version.id)) {
            (Some(part), Some(whole)) if part.measure == whole.measure => {
                let overlap = differences::overlap(session.conn(), part, whole, times)?;
                Some(reconcile::Held {
                    part: self.at(session, part, times)?,
                    whole: self.at(session, whole, times)?,
                    outside: overlap.outside,
                    inside: overlap.inside,
                })
            }
            _ => None,
        };
        Ok(reconcile::contradictions(figure, &whole.version.body, held))
    }

    /// Case files are counted where they lie in the whole and in none of the parts. Of built records what the parts do not
    /// account for is left.
    fn left_over(
        &mut self,
        session: &mut Session<'_>,
        remainder: &Remainder,
        queries: &HashMap<RecordId, Query>,
        times: Times,
    ) -> Result<Option<Count>, StoreError> {
        let Some(whole) = queries.get(&remainder.parent) else { return Ok(None) };
        let parts: Option<Vec<_>> = remainder.parts.iter().map(|part| queries.get(part)).collect();
        let Some(parts) = parts else { return Ok(None) };
        let case_files = differences::left_over(session.conn(), whole, &parts, times)?;
        let Some(mut left) = self.built(session, whole, times)? else { return Ok(None) };
        let all = left;
        for part in parts {
            let Some(part) = self.built(session, part, times)? else { return Ok(None) };
            // Parts of which the records hold more than of the whole leave nothing that could be said.
            let Some(rest) = left.checked_sub(part) else { return Ok(None) };
            left = rest;
        }
        let bound = if all == 0 { Bound::Exact } else { remainder.qualifier.bound() };
        Ok(Some(Count::exact(case_files).plus(Count::Attested { value: left, bound })))
    }

    /// What built records attest of a question.
    fn built(&mut self, session: &mut Session<'_>, query: &Query, times: Times) -> Result<Option<u64>, StoreError> {
        let mut query = query.clone();
        query.filters.entry("basis").or_default().insert(Basis::Reconstructed.name().to_owned());
        query.filters.entry("basis").or_default().retain(|basis| basis == Basis::Reconstructed.name());
        let tally = self.at(session, &query, times)?;
        Ok(tally.count.stated().map(|stated| stated.value))
    }
}

/// Why two counts differ. Where nobody attested the combination, who is counted is no more than how the records were made.
fn explain(
    session: &mut Session<'_>,
    query: &Query,
    (a, from): (Tally, Times),
    (b, to): (Tally, Times),
) -> Result<Vec<Difference>, StoreError> {
    let numbers = [a, b].iter().all(|tally| matches!(tally.count, Count::Attested { .. }));
    if numbers { differences::explain(session.conn(), query, from, to) } else { Ok(Vec::new()) }
}

/// By how much two counts differ beyond what came and went.
fn unexplained(from: Tally, to: Tally, differences: &[Difference]) -> i64 {
    let (Some(from), Some(to)) = (from.count.stated(), to.count.stated()) else { return 0 };
    let by = |turn: Turn| differences.iter().filter(|difference| difference.turn == turn).count();
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    number(to.value) - number(from.value) - number(by(Turn::Entered) as u64) + number(by(Turn::Left) as u64)
}
