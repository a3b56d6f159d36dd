//! The one statement behind every aggregate, for both databases: which records were visible at two times, joined,
//! filtered and divided. Only literals of this file and of the registry of dimensions become SQL; every value is bound.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query as SqlQuery, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use crate::domain::aggregate::{MOST_DIMENSIONS, Measure, Query};
use crate::domain::dimension::{Dimension, Level};
use crate::domain::person::Basis;
use crate::domain::record::Times;
use crate::domain::vocabulary::NOT_APPLICABLE;

use super::backend::{Conn, Id, MultiBackend};

#[derive(Debug, Clone)]
enum Part {
    Sql(&'static str),
    Text(String),
    Number(i64),
    Day(NaiveDate),
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
        for part in &self.parts {
            match part {
                Part::Sql(sql) => pass.push_sql(sql),
                Part::Text(text) => pass.push_bind_param::<Text, _>(text)?,
                Part::Number(number) => pass.push_bind_param::<BigInt, _>(number)?,
                Part::Day(day) => pass.push_bind_param::<Date, _>(day)?,
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

/// A cell and its count.
pub type CellRow = (Text, Text, Text, BigInt);
/// A record that a criterion selects: person, unit, cell, the figure of the attribute and that of the person.
pub type FactRow = (Id, Id, Text, Text, Text, Nullable<Id>, Nullable<Id>);

/// Which persons' records are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    pub basis: Basis,
    pub times: Times,
    /// Whether any records were joined as those of one person; without, the join is left out.
    pub linked: bool,
}

impl<Row> Statement<Row> {
    fn new() -> Self {
        Self { parts: Vec::new(), row: std::marker::PhantomData }
    }

    fn sql(&mut self, sql: &'static str) -> &mut Self {
        self.parts.push(Part::Sql(sql));
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.parts.push(Part::Text(text.to_owned()));
        self
    }

    /// A version that says something at the two times: written by then, known by then, and not replaced by one that was.
    fn visible(&mut self, table: &'static str, alias: &'static str, times: Times) -> &mut Self {
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
        self.sql(" AND newer.known_on <= ").day(as_of).sql("))")
    }

    fn number(&mut self, number: i64) -> &mut Self {
        self.parts.push(Part::Number(number));
        self
    }

    fn day(&mut self, day: NaiveDate) -> &mut Self {
        self.parts.push(Part::Day(day));
        self
    }

    /// `FROM` and `WHERE`: the versions that the question is about.
    fn body(&mut self, query: &Query, scope: Scope) -> &mut Self {
        let times = scope.times;
        let touched: Vec<_> = query.touched().collect();
        let at = |level: Level| touched.iter().any(|dimension| dimension.level == level);
        let none_too = |codes: &BTreeSet<String>| codes.contains(NOT_APPLICABLE);
        let filtered = (touched.iter().filter(|dimension| dimension.level.is_incident()))
            .any(|dimension| query.filters.get(dimension.code).is_some_and(|codes| !none_too(codes)));
        let incidents = query.measure == Measure::Incidents || touched.iter().any(|d| d.level.is_incident());

        self.sql(" FROM person_versions p");
        if scope.linked {
            self.sql(" LEFT JOIN linkage_versions l ON l.record_id = p.record_id AND ");
            self.visible("linkage_versions", "l", times);
            self.sql(" LEFT JOIN person_versions c ON c.record_id = l.canonical_id AND ");
            self.visible("person_versions", "c", times);
        }
        if incidents {
            // Without a filter a person with no incident is counted too, as `_Z`.
            let must = filtered || query.measure == Measure::Incidents;
            self.sql(if must { " JOIN" } else { " LEFT JOIN" });
            self.sql(" incident_versions i ON i.person_id = p.record_id AND ");
            self.visible("incident_versions", "i", times);
        }
        if at(Level::Kind) {
            self.sql(" LEFT JOIN term_versions t ON t.vocabulary = 'kind' AND t.term = i.kind AND t.write <= ");
            self.number(times.at_write).sql(" AND (t.superseded_by IS NULL OR t.superseded_by > ");
            self.number(times.at_write).sql(")");
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

        self.sql(" WHERE ").visible("person_versions", "p", times);
        // Joined records are counted where the record is that they are counted as.
        self.sql(if scope.linked { " AND COALESCE(c.basis, p.basis) = " } else { " AND p.basis = " });
        self.text(scope.basis.name());
        for dimension in touched {
            if let Some(values) = query.filters.get(dimension.code) {
                self.sql(" AND ").column(dimension).one_of(values);
            }
        }
        for kind in &query.with {
            self.with(kind, scope);
        }
        self
    }

    /// Has some visible incident of this kind.
    fn with(&mut self, kind: &str, scope: Scope) -> &mut Self {
        self.sql(" AND EXISTS (SELECT 1 FROM incident_versions w");
        if scope.linked {
            self.sql(" JOIN person_versions wp ON wp.record_id = w.person_id AND ");
            self.visible("person_versions", "wp", scope.times);
            self.sql(" LEFT JOIN linkage_versions wl ON wl.record_id = w.person_id AND ");
            self.visible("linkage_versions", "wl", scope.times);
            self.sql(" WHERE COALESCE(wl.canonical_id, w.person_id) = COALESCE(l.canonical_id, p.record_id)");
        } else {
            self.sql(" WHERE w.person_id = p.record_id");
        }
        self.sql(" AND w.kind = ").text(kind).sql(" AND ");
        self.visible("incident_versions", "w", scope.times).sql(")")
    }

    fn one_of(&mut self, values: &BTreeSet<String>) -> &mut Self {
        for (at, value) in values.iter().enumerate() {
            self.sql(if at == 0 { " IN (" } else { ", " }).text(value);
        }
        self.sql(if values.is_empty() { " IS NULL" } else { ")" })
    }

    /// The value of a dimension; what is not recorded is `_U`, what has no incident to be recorded of is `_Z`.
    fn column(&mut self, dimension: &Dimension) -> &mut Self {
        let column = dimension.column;
        match dimension.level {
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

    /// The three columns of a cell; those that the question does not use are empty.
    fn cell(&mut self, by: &[&'static Dimension]) -> &mut Self {
        for at in 0..MOST_DIMENSIONS {
            match by.get(at) {
                Some(dimension) => self.column(dimension),
                None => self.sql("''"),
            };
            self.sql(", ");
        }
        self
    }

    fn person(&mut self, scope: Scope) -> &mut Self {
        self.sql(if scope.linked { "COALESCE(l.canonical_id, p.record_id)" } else { "p.record_id" })
    }
}

/// Counts the records of a question, cell by cell.
pub fn counts(query: &Query, scope: Scope) -> Statement<CellRow> {
    let mut statement = Statement::new();
    statement.sql("SELECT ").cell(&query.by);
    match query.measure {
        Measure::Persons => statement.sql("COUNT(DISTINCT ").person(scope).sql(")"),
        Measure::Incidents if query.touched().any(|dimension| dimension.level.is_many()) => {
            statement.sql("COUNT(DISTINCT i.record_id)")
        }
        Measure::Incidents => statement.sql("COUNT(*)"),
    };
    statement.body(query, scope);
    for (at, column) in ["1", "2", "3"].into_iter().enumerate().take(query.by.len()) {
        statement.sql(if at == 0 { " GROUP BY " } else { ", " }).sql(column);
    }
    statement
}

/// Lists the records that one criterion selects, each with what it stands for.
pub fn facts(query: &Query, scope: Scope) -> Statement<FactRow> {
    let incidents = query.measure == Measure::Incidents || query.touched().any(|d| d.level.is_incident());
    let ground = query.touched().any(|dimension| dimension.level == Level::Ground);
    let mut statement = Statement::new();
    statement.sql("SELECT DISTINCT ").person(scope);
    statement.sql(if incidents { ", COALESCE(i.record_id, p.record_id), " } else { ", p.record_id, " });
    statement.cell(&query.by);
    statement.sql(match (incidents, ground) {
        (true, _) => "CASE WHEN i.record_id IS NULL THEN p.figure_id ELSE i.figure_id END",
        (false, true) => "p.ground_figure_id",
        (false, false) => "p.figure_id",
    });
    statement.sql(", p.figure_id").body(query, scope);
    statement
}
