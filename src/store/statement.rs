//! The one statement behind every aggregate, for both databases: which records were visible at two times, joined,
//! filtered and divided. Only literals of this file and of the registry of dimensions become SQL; every value is bound.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query as SqlQuery, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Date, Text};

use crate::domain::aggregate::{MOST_DIMENSIONS, Measure};
use crate::domain::dimension::{Dimension, Level};
use crate::domain::person::Basis;
use crate::domain::record::{RecordId, Times};
use crate::domain::timing::Days;
use crate::domain::vocabulary::NOT_APPLICABLE;

use super::backend::{Conn, GoOn, Id, MultiBackend};
use super::members::MEMBERS;
use super::named::{BUCKETS, LEVELS};
use super::question::{Filter, Question};
use super::stop;

#[derive(Debug, Clone)]
enum Part {
    Sql(&'static str),
    Text(String),
    Number(i64),
    Day(NaiveDate),
    Id(RecordId),
    GoOn(GoOn),
}

/// A statement in the making. `Row` is the SQL type of what it selects.
#[derive(Debug, Clone)]
pub struct Statement<Row> {
    parts: Vec<Part>,
    row: std::marker::PhantomData<fn() -> Row>,
}

impl<Row> QueryFragment<MultiBackend> for Statement<Row> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        // The text depends on the question, so it is no statement to prepare once for all.
        pass.unsafe_to_cache_prepared();
        stop::go_on().map_err(|_| diesel::result::Error::QueryBuilderError(stop::STOPPED.into()))?;
        for part in &self.parts {
            match part {
                Part::Sql(sql) => pass.push_sql(sql),
                Part::Text(text) => pass.push_bind_param::<Text, _>(text)?,
                Part::Number(number) => pass.push_bind_param::<BigInt, _>(number)?,
                Part::Day(day) => pass.push_bind_param::<Date, _>(day)?,
                Part::Id(id) => pass.push_bind_param::<Id, _>(id)?,
                Part::GoOn(go_on) => go_on.walk_ast(pass.reborrow())?,
            }
        }
        Ok(())
    }
}

impl<Row> QueryId for Statement<Row> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> SqlQuery for Statement<Row> {
    type SqlType = Row;
}

impl<Row> RunQueryDsl<Conn> for Statement<Row> {}

/// Which persons' records are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Records of every basis where it is missing.
    pub basis: Option<Basis>,
    pub times: Times,
    /// The write after which words meant what they are to mean.
    pub words_at: i64,
    /// Whether any records are joined as those of one person; without, the join is left out.
    pub linked: bool,
    /// Whether anybody says no to being counted; without, nobody is looked for.
    pub refusing: bool,
}

impl<Row> Statement<Row> {
    pub(super) fn new() -> Self {
        Self { parts: Vec::new(), row: std::marker::PhantomData }
    }

    pub(super) fn sql(&mut self, sql: &'static str) -> &mut Self {
        self.parts.push(Part::Sql(sql));
        self
    }

    pub(super) fn append(&mut self, other: Self) -> &mut Self {
        self.parts.extend(other.parts);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.parts.push(Part::Text(text.to_owned()));
        self
    }

    /// A version that says something at the two times: written by then, known by then, and not replaced by one that was.
    pub(super) fn visible(&mut self, table: &'static str, alias: &'static str, times: Times) -> &mut Self {
        let Times { as_of, at_write } = times;
        self.sql(alias).sql(".state = 'active'");
        self.sql(" AND ").sql(alias).sql(".write <= ").number(at_write);
        self.sql(" AND ").sql(alias).sql(".known_on <= ").day(as_of);
        self.sql(" AND (").sql(alias).sql(".superseded_by IS NULL OR ");
        self.sql(alias).sql(".superseded_by > ").number(at_write);
        self.sql(" OR NOT EXISTS (SELECT 1 FROM ").sql(table).sql(" newer WHERE newer.record_id = ");
        self.sql(alias)
            .sql(".record_id AND newer.write > ")
            .sql(alias)
            .sql(".write AND newer.write <= ")
            .number(at_write);
        self.sql(" AND newer.known_on <= ").day(as_of).sql("))").go_on(alias)
    }

    /// That the statement may go on, asked at each row of this alias where the database asks.
    pub(super) fn go_on(&mut self, alias: &'static str) -> &mut Self {
        self.parts.push(Part::GoOn(GoOn(alias)));
        self
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        self.parts.push(Part::Number(number));
        self
    }

    pub(super) fn day(&mut self, day: NaiveDate) -> &mut Self {
        self.parts.push(Part::Day(day));
        self
    }

    pub(super) fn id(&mut self, id: RecordId) -> &mut Self {
        self.parts.push(Part::Id(id));
        self
    }

    /// `FROM` and `WHERE`: the versions that the question is about.
    pub(super) fn body(&mut self, question: &Question, scope: Scope) -> &mut Self {
        self.tables(question, scope);
        self.conditions(question, scope)
    }

    /// The same, with every record `r` of a joined person.
    pub(super) fn body_with_records(&mut self, question: &Question, scope: Scope) -> &mut Self {
        self.tables(question, scope);
        if scope.linked {
            self.sql(" JOIN member r ON r.unit = u.unit");
        }
        self.conditions(question, scope)
    }

    fn conditions(&mut self, question: &Question, scope: Scope) -> &mut Self {
        if scope.linked {
            self.sql(" WHERE 1 = 1");
        } else {
            self.sql(" WHERE ").visible("person_versions", "p", scope.times);
            if let Some(basis) = scope.basis {
                self.sql(" AND p.basis = ").text(basis.name());
            }
            self.consenting("p.record_id", scope);
        }
        if scope.linked && of_incidents(question) && !must_have_incidents(question) {
            // Nothing happened to a person only where no record of theirs says that something did.
            self.sql(" AND (i.record_id IS NOT NULL OR NOT ").with(None, scope).sql(")");
        }
        let mut of_time = Vec::new();
        for (dimension, filter) in &question.filters {
            match filter {
                Filter::Codes(codes) => drop(self.sql(" AND ").recorded(question, scope, dimension).one_of(codes)),
                Filter::Days(days) if question.is_definite() => self.inside(question, scope, dimension, days),
                Filter::Days(days) => of_time.push((*dimension, days)),
            }
        }
        self.reaching(question, scope, &of_time);
        for kinds in &question.with {
            self.sql(" AND ").with(Some(kinds), scope);
        }
        self
    }

    fn tables(&mut self, question: &Question, scope: Scope) {
        let times = scope.times;
        let touched: Vec<_> = question.touched().collect();
        let at = |level: Level| touched.iter().any(|dimension| dimension.level == level);
        if scope.linked {
            self.joined(question);
        } else {
            self.sql(" FROM person_versions p");
        }
        if of_incidents(question) {
            self.sql(if must_have_incidents(question) { " JOIN" } else { " LEFT JOIN" });
            self.sql(" incident_versions i ON i.person_id = ").sql(if scope.linked {
                "m.record"
            } else {
                "p.record_id"
            });
            self.sql(" AND ").visible("incident_versions", "i", times);
        }
        for (at, _) in question.buckets().enumerate() {
            self.join_buckets(at);
        }
        if at(Level::Kind) {
            self.sql(" LEFT JOIN term_versions t ON t.vocabulary = 'kind' AND t.term = ");
            self.counted_as("i.kind", question.replaced.get("kind").map(Vec::as_slice)).sql(" AND t.write <= ");
            self.number(scope.words_at).sql(" AND (t.superseded_by IS NULL OR t.superseded_by > ");
            self.number(scope.words_at).sql(")");
        }
        if at(Level::Involvement) {
            self.sql(" LEFT JOIN involvements v ON v.incident_id = i.record_id AND v.write = i.write");
        }
        if at(Level::Source) {
            self.sql(" LEFT JOIN incident_sources k ON k.incident_id = i.record_id AND k.write = i.write");
            self.sql(" LEFT JOIN records sr ON sr.id = k.source_id");
            self.sql(" LEFT JOIN source_versions s ON s.record_id = k.source_id AND ");
            self.visible("source_versions", "s", times);
        }
        self.join_levels(question, scope);
    }

    /// Keeps the dates that lie inside of the days, or are what the special codes say.
    fn inside(&mut self, question: &Question, scope: Scope, dimension: &Dimension, days: &Days) {
        self.sql(" AND (");
        for (begins, ends) in &days.runs {
            self.sql("(i.earliest >= ").day(*begins).sql(" AND i.latest <= ").day(*ends).sql(") OR ");
        }
        self.recorded(question, scope, dimension).one_of(&days.special).sql(")");
    }

    /// Keeps the dates that reach, with the buckets, into days that all filters of time keep; where a date is what a special code
    /// of a filter says, the others alone must keep such a day.
    fn reaching(&mut self, question: &Question, scope: Scope, filters: &[(&'static Dimension, &Days)]) {
        if filters.is_empty() {
            return;
        }
        self.sql(" AND (1 = 0");
        for met in 0..1_u32 << filters.len() {
            let is_met = |at: usize| met >> at & 1 == 1;
            let (special, open): (Vec<_>, Vec<_>) = filters.iter().enumerate().partition(|(at, _)| is_met(*at));
            let common =
                open.into_iter().map(|(_, (_, days))| (*days).clone()).reduce(|common, days| common.and(&days));
            self.sql(" OR (1 = 1");
            for (_, (dimension, days)) in special {
                self.sql(" AND ").recorded(question, scope, dimension).one_of(&days.special);
            }
            if let Some(common) = common {
                self.sql(" AND (1 = 0");
                for (begins, ends) in &common.runs {
                    self.sql(" OR (i.latest >= ").day(*begins).sql(" AND i.earliest <= ").day(*ends);
                    for (at, _) in question.buckets().enumerate() {
                        self.sql(" AND ").sql(BUCKETS[at]).sql(".ends >= ").day(*begins);
                        self.sql(" AND ").sql(BUCKETS[at]).sql(".begins <= ").day(*ends);
                    }
                    self.sql(")");
                }
                self.sql(")");
            }
            self.sql(")");
        }
        self.sql(")");
    }

    /// Has some visible incident of one of the kinds, or of any where none is named.
    fn with(&mut self, kinds: Option<&BTreeSet<String>>, scope: Scope) -> &mut Self {
        if scope.linked {
            self.sql("u.unit IN (SELECT w_m.unit FROM member w_m JOIN incident_versions w ON w.person_id = w_m.record");
            self.sql(" WHERE ");
        } else {
            self.sql("EXISTS (SELECT 1 FROM incident_versions w WHERE w.person_id = p.record_id AND ");
        }
        if let Some(kinds) = kinds {
            self.sql("w.kind").one_of(kinds).sql(" AND ");
        }
        self.visible("incident_versions", "w", scope.times).sql(")")
    }

    pub(super) fn one_of(&mut self, values: &BTreeSet<String>) -> &mut Self {
        for (at, value) in values.iter().enumerate() {
            self.sql(if at == 0 { " IN (" } else { ", " }).text(value);
        }
        self.sql(if values.is_empty() { " IS NULL" } else { ")" })
    }

    /// The value of a dimension as it was recorded; what is not recorded is `_U`, what has no incident to be recorded of is
    /// `_Z`.
    pub(super) fn recorded(&mut self, question: &Question, scope: Scope, dimension: &Dimension) -> &mut Self {
        let column = dimension.column;
        match dimension.level {
            Level::Person | Level::Ground if scope.linked => {
                let at = question.personal().position(|other| other == dimension);
                self.sql(at.map_or("m", |at| MEMBERS[at])).sql(".").sql(column)
            }
            Level::Person | Level::Ground => self.sql("p.").sql(column),
            Level::Incident => self.sql("COALESCE(i.").sql(column).sql(", '_Z')"),
            Level::Kind => self.maybe("t.", column),
            Level::Involvement => self.maybe("v.", column),
            Level::Source if dimension.column == "code" => self.maybe("sr.", column),
            Level::Source => self.maybe("s.", column),
        }
    }

    fn maybe(&mut self, alias: &'static str, column: &'static str) -> &mut Self {
        self.sql("CASE WHEN i.record_id IS NULL THEN '_Z' ELSE COALESCE(").sql(alias).sql(column).sql(", '_U') END")
    }

    /// The value of a dimension as it is counted: a bucket, a row in which the code is counted, or a code that may have taken
    /// another's place.
    fn column(&mut self, question: &Question, scope: Scope, dimension: &'static Dimension) -> &mut Self {
        if let Some(at) = question.buckets().position(|(other, _)| other == dimension) {
            return self.sql(BUCKETS[at]).sql(".code");
        }
        if let Some(at) = question.level(dimension) {
            self.sql("COALESCE(").sql(LEVELS[at]).sql(".counted_in, ");
            return self.recorded(question, scope, dimension).sql(")");
        }
        let Some(pairs) = question.replaced.get(dimension.code) else {
            return self.recorded(question, scope, dimension);
        };
        self.sql("CASE ").recorded(question, scope, dimension).cases(pairs);
        self.recorded(question, scope, dimension).sql(" END")
    }

    /// A plain column as it is counted.
    pub(super) fn counted_as(&mut self, column: &'static str, pairs: Option<&[(String, String)]>) -> &mut Self {
        match pairs {
            Some(pairs) => self.sql("CASE ").sql(column).cases(pairs).sql(column).sql(" END"),
            None => self.sql(column),
        }
    }

    fn cases(&mut self, pairs: &[(String, String)]) -> &mut Self {
        for (code, successor) in pairs {
            self.sql(" WHEN ").text(code).sql(" THEN ").text(successor);
        }
        self.sql(" ELSE ")
    }

    /// The three columns of a cell; those that the question does not use are empty.
    pub(super) fn cell(&mut self, question: &Question, scope: Scope) -> &mut Self {
        for at in 0..MOST_DIMENSIONS {
            match question.by.get(at) {
                Some(dimension) => self.column(question, scope, dimension),
                None => self.sql("''"),
            };
            self.sql(", ");
        }
        self
    }

    pub(super) fn person(&mut self, scope: Scope) -> &mut Self {
        self.sql(if scope.linked { "u.unit" } else { "p.record_id" })
    }

    /// What is counted: an incident, or a person as which joined records are counted.
    pub(super) fn unit(&mut self, question: &Question, scope: Scope) -> &mut Self {
        match question.measure {
            Measure::Persons => self.person(scope),
            Measure::Incidents => self.sql("i.record_id"),
        }
    }
}

/// Whether it leaves out persons with no incident. Without a filter they are counted too, as `_Z`.
fn must_have_incidents(question: &Question) -> bool {
    let filtered = question.filters.iter().any(|(dimension, filter)| {
        let special = match filter {
            Filter::Codes(codes) => codes,
            Filter::Days(days) => &days.special,
        };
        dimension.level.is_incident() && !special.contains(NOT_APPLICABLE)
    });
    filtered || question.measure == Measure::Incidents || question.buckets().next().is_some()
}

/// Whether a question is about incidents.
pub(super) fn of_incidents(question: &Question) -> bool {
    question.measure == Measure::Incidents || question.touched().any(|dimension| dimension.level.is_incident())
}
