//! What persons agree to, and who is out of a count because of it.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::domain::check::{FieldError, Rule};
use crate::domain::consent::{Consent, ConsentEntry, Decision, Purpose};
use crate::domain::person::Basis;
use crate::domain::record::{Noun, RecordId, Stamp, Times};

use super::backend::{Conn, Id};
use super::error::{StoreError, word};
use super::narrowing::By;
use super::records::{Loaded, Stored, Which};
use super::schema::{consent_versions, person_versions};
use super::session::Tx;
use super::statement::{Scope, Statement};
use super::version_table::version_table;

version_table! {
    ConsentRow of consent_versions {
        person_id: RecordId,
        purpose: String,
        decision: String,
        manner: String,
        decided_on: chrono::NaiveDate,
        ends_on: Option<chrono::NaiveDate>,
    }
}

impl ConsentRow {
    fn body(self) -> QueryResult<Consent> {
        Ok(Consent {
            person: self.person_id,
            purpose: word(Purpose::WORDS, &self.purpose)?,
            decision: word(Decision::WORDS, &self.decision)?,
            manner: self.manner,
            decided_on: self.decided_on,
            ends_on: self.ends_on,
        })
    }
}

impl Stored for ConsentEntry {
    version_table! {
        queries of consent_versions;
        words: [("purpose", purpose, By::Word(Purpose::NAMES)), ("decision", decision, By::Word(Decision::NAMES))];
        references: [("person", person_id, By::Record(Noun::Person))];
        persons: [person_id];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Consent) -> QueryResult<()> {
        let (purpose, decision) = (body.purpose.name().to_owned(), body.decision.name().to_owned());
        let columns = (body.person, purpose, decision, body.manner.clone(), body.decided_on, body.ends_on);
        let row = ConsentRow::stamped(id, stamp, columns);
        diesel::insert_into(consent_versions::table).values(&row).execute(conn).map(drop)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Consent>>> {
        let rows = ConsentRow::rows(conn, ids, which)?;
        rows.into_iter().map(|row| Ok((row.record_id, row.stamp()?, row.body()?))).collect()
    }

    fn admit(tx: &mut Tx<'_>, _: RecordId, _: &Stamp, body: &Consent) -> Result<Vec<FieldError>, StoreError> {
        let basis: String = person_versions::table
            .filter(person_versions::record_id.eq(body.person))
            .filter(person_versions::superseded_by.is_null())
            .select(person_versions::basis)
            .first(tx.conn())?;
        if basis != Basis::Reconstructed.name() {
            return Ok(Vec::new());
        }
        let expected = "a case file: a record built from a figure stands for no individual";
        Ok(vec![FieldError::new("person", Rule::Inconsistent, None, expected)])
    }
}

impl<Row> Statement<Row> {
    /// Leaves out who says no to being counted: `AND` the unit is none of theirs. Joined records are one individual, and what
    /// one of them says holds for all, whether or not that record itself is counted. `unit` is the person as whom records
    /// are counted.
    pub(super) fn consenting(&mut self, unit: &'static str, scope: Scope) -> &mut Self {
        if !scope.refusing {
            return self;
        }
        self.sql(" AND ").sql(unit).sql(" NOT IN (SELECT ");
        self.sql(if scope.linked { "COALESCE(ql.canonical_id, q.person_id)" } else { "q.person_id" });
        self.refusals(scope.linked, scope.times).sql(")")
    }

    /// `FROM` and `WHERE`: the versions `q` of consents that say no to being counted at two times. Consent that was given
    /// holds through the day on which it ends.
    fn refusals(&mut self, linked: bool, times: Times) -> &mut Self {
        self.sql(" FROM consent_versions q");
        if linked {
            self.sql(" LEFT JOIN linkage_versions ql ON ql.person_id = q.person_id AND ");
            self.visible("linkage_versions", "ql", times);
        }
        // The first two lines are those of the index.
        self.sql(" WHERE q.purpose = 'count' AND (q.decision <> 'given' OR q.ends_on IS NOT NULL)");
        self.sql(" AND (q.decision <> 'given' OR q.ends_on < ").day(times.as_of).sql(") AND ");
        self.visible("consent_versions", "q", times)
    }
}

/// Counts those who say no to being counted, up to one.
pub fn any_refusal(times: Times) -> Statement<BigInt> {
    let mut statement = Statement::new();
    statement.sql("SELECT COUNT(*) FROM (SELECT 1 AS one").refusals(false, times).sql(" LIMIT 1) found");
    statement
}

/// A consent that says no to being counted: its record, whose it is, and the person as whom that record is counted.
pub type Refusal = (RecordId, RecordId, RecordId);

/// Lists the consents that say no to being counted.
pub fn refusals(times: Times) -> Statement<(Id, Id, Id)> {
    let mut statement = Statement::new();
    statement.sql("SELECT q.record_id, q.person_id, COALESCE(ql.canonical_id, q.person_id)").refusals(true, times);
    statement
}
