//! Who is to be looked at: case files whose day of review has come, and persons whose consent says no or has ended.

use chrono::{Months, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::{Date, Integer, Text};

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::due::{After, Due, REASONS};
use crate::domain::record::RecordId;

use super::accounts;
use super::backend::{Conn, Id};
use super::error::{StoreError, corrupt, word};
use super::session::Session;
use super::stamps::STATES;
use super::statement::Statement;
use super::visibility;

type Row = (RecordId, String, String, String, NaiveDate, i32);

/// Lists what is due on a day, by day, then by code and reason; of all persons, or of those of one account. A withdrawn record is
/// kept too, so it is looked at like any other.
///
/// # Errors
/// [`StoreError::Invalid`] for a name of no account, or the database's own.
pub fn list(
    session: &mut Session<'_>,
    today: NaiveDate,
    owner: Option<&str>,
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<Due>, StoreError> {
    let owner = owner.map(|name| account(session.conn(), name)).transpose()?;
    let reader = session.reader().account;
    let hidden: Vec<RecordId> = visibility::hidden(reader).load(session.conn())?;
    let rows: Vec<Row> = statement(today, owner, &hidden, after, limit).load(session.conn())?;
    let due = |(person, code, owner, state, day, reason): Row| {
        let reason = usize::try_from(reason).ok().and_then(|at| REASONS.get(at)).copied();
        let reason = reason.ok_or_else(|| corrupt("a reason without a name"))?;
        Ok(Due { person, code, owner, state: word(STATES, &state)?, day, reason })
    };
    rows.into_iter().map(due).collect()
}

/// The account of a name. It may own persons still, though it is one of somebody who may not any more.
fn account(conn: &mut Conn, name: &str) -> Result<RecordId, StoreError> {
    // No name holds a control character, and PostgreSQL takes no NUL.
    let found = if name.contains(char::is_control) { None } else { accounts::by_name(conn, name)? };
    let unknown = || FieldError::new("owner", Rule::UnknownRecord, Some(name), "the name of an account");
    Ok(found.ok_or_else(|| Invalid::one(unknown()))?.account)
}

/// Reasons go by their place in [`REASONS`].
fn statement(
    today: NaiveDate,
    owner: Option<RecordId>,
    hidden: &[RecordId],
    after: Option<&After>,
    limit: i64,
) -> Statement<(Id, Text, Text, Text, Date, Integer)> {
    let mut statement = Statement::new();
    statement.sql("SELECT due.person, r.code, a.name, due.state, due.day, due.reason FROM (");
    statement.sql("SELECT p.record_id AS person, p.owner_id AS owner, p.state AS state, ");
    statement.sql("COALESCE(p.review_on, p.known_on) AS day, 0 AS reason FROM person_versions p ");
    statement.sql("WHERE p.superseded_by IS NULL AND p.basis = 'case_file' AND (p.review_on <= ").day(today);
    // Records of before there were days of review have none.
    let a_year_ago = today.checked_sub_months(Months::new(12)).unwrap_or(today);
    statement.sql(" OR (p.review_on IS NULL AND p.known_on <= ").day(a_year_ago).sql("))");
    statement.sql(" UNION ALL SELECT p.record_id, p.owner_id, p.state, ");
    statement.sql("CASE q.decision WHEN 'given' THEN q.ends_on ELSE q.decided_on END, ");
    statement.sql("CASE q.decision WHEN 'refused' THEN 1 WHEN 'withdrawn' THEN 2 ELSE ");
    statement.sql("CASE q.purpose WHEN 'keep' THEN 3 WHEN 'count' THEN 4 WHEN 'publish' THEN 5 ELSE 6 END END ");
    statement.sql("FROM consent_versions q JOIN person_versions p ON p.record_id = q.person_id ");
    statement.sql("AND p.superseded_by IS NULL AND p.basis = 'case_file' ");
    statement.sql(
        "WHERE q.superseded_by IS NULL AND q.state = 'active' AND ((q.purpose = 'keep' AND q.decision <> 'given') ",
    );
    statement.sql("OR (q.decision = 'given' AND q.ends_on < ").day(today).sql("))");
    statement.sql(") due JOIN records r ON r.id = due.person JOIN accounts a ON a.id = due.owner WHERE 1 = 1");
    for person in hidden {
        statement.sql(" AND due.person <> ").id(*person);
    }
    if let Some(owner) = owner {
        statement.sql(" AND due.owner = ").id(owner);
    }
    if let Some(After { day, code, reason }) = after {
        statement.sql(" AND (due.day > ").day(*day).sql(" OR (due.day = ").day(*day);
        statement.sql(" AND (r.code > ").text(code).sql(" OR (r.code = ").text(code);
        statement.sql(" AND due.reason > ").number(*reason).sql("))))");
    }
    statement.sql(" ORDER BY due.day, r.code, due.reason LIMIT ").number(limit);
    statement
}
