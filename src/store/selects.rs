//! What is selected of the records that a question is about: counts, facts, units, and the records behind them.

use diesel::sql_types::{BigInt, Date, Nullable, Text};

use crate::domain::aggregate::Measure;
use crate::domain::dimension::Level;
use crate::domain::record::{RecordId, Times};

use super::backend::Id;
use super::question::Question;
use super::statement::{Scope, Statement, of_incidents};

/// A cell and its count.
pub type CellRow = (Text, Text, Text, BigInt);
/// A record that a criterion selects: person, unit, cell, what happened, the figure of the attribute and that of the person.
pub type FactRow = (Id, Id, Text, Text, Text, Text, Nullable<Id>, Nullable<Id>);

/// What is counted, and by which records.
pub type EvidenceRow = (Id, Id, Id);

/// Counts the records of a question, cell by cell.
pub fn counts(question: &Question, scope: Scope) -> Statement<CellRow> {
    let mut statement = Statement::new();
    statement.names(question, scope).sql("SELECT ").cell(question, scope);
    let many = question.touched().any(|dimension| dimension.level.is_many());
    match question.measure {
        // Joined records may say several things of one person, each of every incident.
        Measure::Incidents if !many && !scope.linked => statement.sql("COUNT(*)"),
        _ => statement.sql("COUNT(DISTINCT ").unit(question, scope).sql(")"),
    };
    statement.body(question, scope);
    for (at, column) in ["1", "2", "3"].into_iter().enumerate().take(question.by.len()) {
        statement.sql(if at == 0 { " GROUP BY " } else { ", " }).sql(column);
    }
    statement
}

/// What a unit says: the values of the dimensions, the person, and what is counted.
pub type ValueRow = (Text, Text, Text, Id, Id);

/// Lists what the units of a question say of its dimensions, each once.
pub fn values(question: &Question, scope: Scope) -> Statement<ValueRow> {
    let mut statement = Statement::new();
    statement.names(question, scope).sql("SELECT DISTINCT ").cell(question, scope);
    statement.person(scope).sql(" AS person, ").unit(question, scope).sql(" AS counted").body(question, scope);
    statement
}

/// Lists all who are counted as another, each with that one.
pub fn joins(times: Times) -> Statement<(Id, Id)> {
    let mut statement = Statement::new();
    statement.sql("SELECT l.person_id, l.canonical_id FROM linkage_versions l WHERE ");
    statement.visible("linkage_versions", "l", times);
    statement
}

/// Lists the records that one criterion selects, each with what it stands for.
pub fn facts(question: &Question, scope: Scope) -> Statement<FactRow> {
    let incidents = of_incidents(question);
    let ground = question.touched().any(|dimension| dimension.level == Level::Ground);
    let mut statement = Statement::new();
    statement.names(question, scope).sql("SELECT DISTINCT ").person(scope);
    statement.sql(if incidents { ", COALESCE(i.record_id, p.record_id), " } else { ", p.record_id, " });
    statement.cell(question, scope);
    // Nobody published that two grounds share no person, as two kinds may.
    statement.sql(match (incidents, ground) {
        (true, _) => "COALESCE(i.kind, ''), ",
        (false, true) => "p.ground, ",
        (false, false) => "'', ",
    });
    statement.sql(match (incidents, ground) {
        (true, _) => "CASE WHEN i.record_id IS NULL THEN p.figure_id ELSE i.figure_id END",
        (false, true) => "p.ground_figure_id",
        (false, false) => "p.figure_id",
    });
    statement.sql(", p.figure_id").body(question, scope);
    statement
}

/// Lists the dates of a question's incidents, each from its earliest to its latest day.
pub fn dates(question: &Question, scope: Scope) -> Statement<(Date, Date)> {
    let mut statement = Statement::new();
    statement.names(question, scope).sql("SELECT DISTINCT i.earliest, i.latest").body(question, scope);
    statement
}

/// Lists what a question counts.
pub fn units(question: &Question, scope: Scope) -> Statement<Id> {
    let mut statement = Statement::new();
    statement.names(question, scope).sql("SELECT DISTINCT ").unit(question, scope).sql(" AS counted");
    statement.body(question, scope);
    statement
}

/// Lists what one question counts and another does not.
pub fn only_in(counted: (&Question, Scope), but_not: (&Question, Scope)) -> Statement<Id> {
    let mut statement = Statement::new();
    statement.sql("SELECT counted FROM (").append(units(counted.0, counted.1));
    statement.sql(") a EXCEPT SELECT counted FROM (").append(units(but_not.0, but_not.1)).sql(") b");
    statement
}

/// Lists the records by which some of what a question counts is counted: the unit, the record of a person, and an incident
/// where the question is about incidents, else the person's record again.
pub fn evidence(question: &Question, scope: Scope, units: &[RecordId]) -> Statement<EvidenceRow> {
    let mut statement = Statement::new();
    let person = if scope.linked { "r.record" } else { "p.record_id" };
    statement.names(question, scope).sql("SELECT DISTINCT ").unit(question, scope).sql(", ").sql(person).sql(", ");
    if of_incidents(question) {
        statement.sql("COALESCE(i.record_id, ").sql(person).sql(")");
    } else {
        statement.sql(person);
    }
    statement.body_with_records(question, scope).sql(" AND ").unit(question, scope);
    for (at, unit) in units.iter().enumerate() {
        statement.sql(if at == 0 { " IN (" } else { ", " }).id(*unit);
    }
    statement.sql(if units.is_empty() { " IS NULL" } else { ")" });
    statement
}

/// Counts the decisions about who is one person that stand at two times.
pub fn linkages(times: Times) -> Statement<BigInt> {
    let mut statement = Statement::new();
    statement.sql("SELECT COUNT(*) FROM linkage_versions l WHERE ").visible("linkage_versions", "l", times);
    statement
}

/// Lists those of some persons that are counted as another, each with that one.
pub fn counted_as(persons: &[RecordId], times: Times) -> Statement<(Id, Id)> {
    let mut statement = Statement::new();
    statement.sql("SELECT l.person_id, l.canonical_id FROM linkage_versions l WHERE ");
    statement.visible("linkage_versions", "l", times).sql(" AND l.person_id");
    for (at, person) in persons.iter().enumerate() {
        statement.sql(if at == 0 { " IN (" } else { ", " }).id(*person);
    }
    statement.sql(if persons.is_empty() { " IS NULL" } else { ")" });
    statement
}
