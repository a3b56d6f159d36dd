//! Events.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::edtf::Edtf;
use crate::domain::event::{Event, EventEntry};
use crate::domain::record::{RecordId, Stamp};

use super::backend::Conn;
use super::error::corrupt;
use super::records::{Loaded, Stored, Which};
use super::schema::event_versions;
use super::version_table::version_table;

version_table! {
    EventRow of event_versions {
        name: String,
        date: String,
        earliest: NaiveDate,
        latest: NaiveDate,
    }
}

impl Stored for EventEntry {
    version_table! {
        queries of event_versions;
        words: [];
        references: [];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Event) -> QueryResult<()> {
        let date = &body.date;
        let columns = (body.name.clone(), date.to_string(), date.earliest(), date.latest());
        let row = EventRow::stamped(id, stamp, columns);
        diesel::insert_into(event_versions::table).values(&row).execute(conn).map(drop)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Event>>> {
        let rows = EventRow::rows(conn, ids, which)?;
        rows.into_iter()
            .map(|row| {
                let stamp = row.stamp()?;
                let date = Edtf::parse(&row.date).map_err(corrupt)?;
                Ok((row.record_id, stamp, Event { name: row.name, date }))
            })
            .collect()
    }
}
