//! Incidents, with who took part and where they are known from.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use crate::domain::check::{FieldError, Rule};
use crate::domain::edtf::{Edtf, Grain};
use crate::domain::incident::{DEPARTURES, Incident, IncidentEntry, Involvement, RETURNS, SourceLink};
use crate::domain::person::Basis;
use crate::domain::record::{Noun, RecordId, Stamp, State};
use crate::domain::vocabulary::UNKNOWN;

use super::backend::Conn;
use super::error::{StoreError, corrupt, word};
use super::narrowing::By;
use super::records::{Loaded, Stored, Warning, Which};
use super::schema::{
    event_versions, incident_sources, incident_versions, involvements, person_versions, records, source_versions,
};
use super::session::Tx;
use super::version_table::version_table;

version_table! {
    IncidentRow of incident_versions {
        person_id: RecordId,
        kind: String,
        date: String,
        earliest: NaiveDate,
        latest: NaiveDate,
        year: String,
        quarter: String,
        month: String,
        place: String,
        destination: String,
        event_id: Option<RecordId>,
        basis: String,
        figure_id: Option<RecordId>,
    }
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = involvements)]
struct InvolvementRow {
    incident_id: RecordId,
    write: i64,
    position: i32,
    role: String,
    actor: String,
    degree: String,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = incident_sources)]
struct SourceRow {
    incident_id: RecordId,
    write: i64,
    position: i32,
    source_id: RecordId,
    credence: String,
}

impl IncidentRow {
    fn body(self, involvements: Vec<Involvement>, sources: Vec<SourceLink>) -> QueryResult<Incident> {
        Ok(Incident {
            person: self.person_id,
            kind: self.kind,
            date: Edtf::parse(&self.date).map_err(corrupt)?,
            place: self.place,
            destination: self.destination,
            event: self.event_id,
            basis: word(Basis::WORDS, &self.basis)?,
            figure: self.figure_id,
            involvements,
            sources,
        })
    }
}

/// A date of an earlier year is likelier mistyped than meant.
const ODD_YEAR: i32 = 1900;

/// The parts of some versions, by version.
fn parts<P>(rows: impl IntoIterator<Item = ((RecordId, i64), P)>) -> HashMap<(RecordId, i64), Vec<P>> {
    let mut parts: HashMap<_, Vec<P>> = HashMap::new();
    for (version, part) in rows {
        parts.entry(version).or_default().push(part);
    }
    parts
}

impl Stored for IncidentEntry {
    version_table! {
        queries of incident_versions;
        words: [
            ("kind", kind, By::Code("kind")),
            ("place", place, By::Code("place")),
            ("destination", destination, By::Code("place")),
            ("basis", basis, By::Word(&["case_file", "reconstructed"])),
            ("year", year, By::Year),
        ];
        references: [("person", person_id, By::Record(Noun::Person)), ("event", event_id, By::Record(Noun::Event))];
        persons: [person_id];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Incident) -> QueryResult<()> {
        let bucket = |grain| body.date.bucket(grain).unwrap_or_else(|| UNKNOWN.to_owned());
        let columns = (
            body.person,
            body.kind.clone(),
            body.date.to_string(),
            body.date.earliest(),
            body.date.latest(),
            bucket(Grain::Year),
            bucket(Grain::Quarter),
            bucket(Grain::Month),
            body.place.clone(),
            body.destination.clone(),
            body.event,
            body.basis.name().to_owned(),
            body.figure,
        );
        let row = IncidentRow::stamped(id, stamp, columns);
        diesel::insert_into(incident_versions::table).values(&row).execute(conn)?;
        for (position, part) in (0..).zip(&body.involvements) {
            let Involvement { role, actor, degree } = part.clone();
            let row = InvolvementRow { incident_id: id, write: stamp.write, position, role, actor, degree };
            diesel::insert_into(involvements::table).values(&row).execute(conn)?;
        }
        for (position, part) in (0..).zip(&body.sources) {
            let SourceLink { source: source_id, credence } = part.clone();
            let row = SourceRow { incident_id: id, write: stamp.write, position, source_id, credence };
            diesel::insert_into(incident_sources::table).values(&row).execute(conn)?;
        }
        Ok(())
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Incident>>> {
        let rows = IncidentRow::rows(conn, ids, which)?;
        let involved = involvements::table
            .filter(involvements::incident_id.eq_any(ids))
            .order(involvements::position)
            .select(InvolvementRow::as_select())
            .load(conn)?;
        let mut involved = parts(involved.into_iter().map(|row| {
            let part = Involvement { role: row.role, actor: row.actor, degree: row.degree };
            ((row.incident_id, row.write), part)
        }));
        let sources = incident_sources::table
            .filter(incident_sources::incident_id.eq_any(ids))
            .order(incident_sources::position)
            .select(SourceRow::as_select())
            .load(conn)?;
        let mut sources = parts(sources.into_iter().map(|row| {
            let part = SourceLink { source: row.source_id, credence: row.credence };
            ((row.incident_id, row.write), part)
        }));
        rows.into_iter()
            .map(|row| {
                let version = (row.record_id, row.write);
                let involved = involved.remove(&version).into_iter().flatten().collect();
                let sources = sources.remove(&version).into_iter().flatten().collect();
                Ok((row.record_id, row.stamp()?, row.body(involved, sources)?))
            })
            .collect()
    }

    fn admit(tx: &mut Tx<'_>, id: RecordId, _: &Stamp, body: &Incident) -> Result<Vec<FieldError>, StoreError> {
        let first: Option<String> = incident_versions::table
            .filter(incident_versions::record_id.eq(id))
            .select(incident_versions::basis)
            .first(tx.conn())
            .optional()?;
        if let Some(wrong) = first.and_then(|first| body.basis.kept(&first)) {
            return Ok(vec![wrong]);
        }
        if body.basis == Basis::CaseFile {
            return Ok(Vec::new());
        }
        let basis: String = person_versions::table
            .filter(person_versions::record_id.eq(body.person))
            .filter(person_versions::superseded_by.is_null())
            .select(person_versions::basis)
            .first(tx.conn())?;
        if basis == Basis::Reconstructed.name() {
            return Ok(Vec::new());
        }
        let expected = "case_file: the person's own record is no reconstructed one";
        Ok(vec![FieldError::new("basis", Rule::Inconsistent, Some(body.basis.name()), expected)])
    }

    fn warnings(conn: &mut Conn, _: State, body: &Incident) -> QueryResult<Vec<Warning>> {
        let mut warnings = Vec::new();
        if body.date.latest().year() < ODD_YEAR {
            let detail = format!("the date lies before {ODD_YEAR}: look whether the year is right");
            warnings.push(Warning { code: "odd_date", detail });
        }
        let withdrawn = person_versions::table
            .filter(person_versions::record_id.eq(body.person))
            .filter(person_versions::superseded_by.is_null())
            .filter(person_versions::state.eq("withdrawn"))
            .count()
            .get_result::<i64>(conn)?;
        if withdrawn > 0 {
            let detail = "the person's record is withdrawn, so that the incident is not counted".to_owned();
            warnings.push(Warning { code: "person_withdrawn", detail });
        }
        let known_from: Vec<_> = body.sources.iter().map(|link| link.source).collect();
        let withdrawn: Vec<String> = records::table
            .inner_join(source_versions::table.on(source_versions::record_id.eq(records::id)))
            .filter(source_versions::record_id.eq_any(&known_from))
            .filter(source_versions::superseded_by.is_null())
            .filter(source_versions::state.eq("withdrawn"))
            .order(records::code)
            .select(records::code)
            .load(conn)?;
        for code in withdrawn {
            warnings.push(Warning { code: "source_withdrawn", detail: format!("its source {code} was withdrawn") });
        }
        if let Some(event) = body.event {
            let withdrawn: Option<String> = records::table
                .inner_join(event_versions::table.on(event_versions::record_id.eq(records::id)))
                .filter(event_versions::record_id.eq(event))
                .filter(event_versions::superseded_by.is_null())
                .filter(event_versions::state.eq("withdrawn"))
                .select(records::code)
                .first(conn)
                .optional()?;
            if let Some(code) = withdrawn {
                warnings.push(Warning { code: "event_withdrawn", detail: format!("its event {code} was withdrawn") });
            }
        }
        if !RETURNS.contains(&body.kind.as_str()) {
            return Ok(warnings);
        }
        let departures = incident_versions::table
            .filter(incident_versions::person_id.eq(body.person))
            .filter(incident_versions::superseded_by.is_null())
            .filter(incident_versions::state.eq("active"))
            .filter(incident_versions::kind.eq_any(DEPARTURES))
            .filter(incident_versions::earliest.le(body.date.latest()))
            .count()
            .get_result::<i64>(conn)?;
        if departures == 0 {
            let detail = "no evacuation or departure of this person is recorded before the return".to_owned();
            warnings.push(Warning { code: "return_without_evacuation", detail });
        }
        Ok(warnings)
    }
}
