//! What was written last, for the desk.

use diesel::prelude::*;

use crate::domain::record::{Instant, Noun, RecordId};

use super::error::StoreError;
use super::schema::{accounts, audit_entries, incident_versions, person_versions, records};
use super::session::Session;
use super::visibility;

/// A record with its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    pub noun: Noun,
    pub id: RecordId,
    pub code: String,
    pub written_at: Instant,
    pub by: String,
    write: i64,
}

type Row = (RecordId, i64);

/// The persons and incidents that were written last, newest first, as far as the reader may see them.
///
/// # Errors
/// The database's own.
pub fn list(session: &mut Session<'_>, limit: i64) -> Result<Vec<Recent>, StoreError> {
    let reader = session.reader().account;
    let conn = session.conn();
    let persons: Vec<Row> = person_versions::table
        .filter(person_versions::superseded_by.is_null())
        .filter(person_versions::record_id.ne_all(visibility::hidden(reader)))
        .order(person_versions::write.desc())
        .limit(limit)
        .select((person_versions::record_id, person_versions::write))
        .load(conn)?;
    let incidents: Vec<Row> = incident_versions::table
        .filter(incident_versions::superseded_by.is_null())
        .filter(incident_versions::person_id.ne_all(visibility::hidden(reader)))
        .order(incident_versions::write.desc())
        .limit(limit)
        .select((incident_versions::record_id, incident_versions::write))
        .load(conn)?;
    let ids: Vec<_> = persons.iter().chain(&incidents).map(|(id, _)| *id).collect();
    let writes: Vec<_> = persons.iter().chain(&incidents).map(|(_, write)| *write).collect();
    let codes: Vec<(RecordId, String)> =
        records::table.filter(records::id.eq_any(ids)).select((records::id, records::code)).load(conn)?;
    let authors: Vec<(i64, String, Instant)> = audit_entries::table
        .inner_join(accounts::table.on(accounts::id.eq(audit_entries::account_id)))
        .filter(audit_entries::write.eq_any(writes))
        .select((audit_entries::write, accounts::name, audit_entries::written_at))
        .load(conn)?;
    let all = persons
        .into_iter()
        .map(|row| (Noun::Person, row))
        .chain(incidents.into_iter().map(|row| (Noun::Incident, row)));
    let recent = |(noun, (id, write)): (Noun, Row)| {
        let missing = || super::error::corrupt(format!("{noun} {id} lacks its line or author"));
        let (_, code) = codes.iter().find(|(other, _)| *other == id).ok_or_else(missing)?;
        let (_, by, written_at) = authors.iter().find(|(other, _, _)| *other == write).ok_or_else(missing)?;
        Ok(Recent { noun, id, code: code.clone(), written_at: *written_at, by: by.clone(), write })
    };
    let mut found: Vec<Recent> = all.map(recent).collect::<QueryResult<_>>()?;
    found.sort_by_key(|recent| std::cmp::Reverse((recent.write, recent.id)));
    found.truncate(usize::try_from(limit).map_err(super::error::corrupt)?);
    Ok(found)
}
