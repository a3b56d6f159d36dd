//! Sources.

use diesel::prelude::*;

use crate::domain::record::{Noun, RecordId, Stamp};
use crate::domain::source::{Source, SourceEntry};

use super::backend::Conn;
use super::narrowing::By;
use super::records::{Loaded, Stored, Which};
use super::schema::source_versions;
use super::version_table::version_table;

version_table! {
    SourceRow of source_versions {
        kind: String,
        reliability: String,
        publication_id: Option<RecordId>,
    }
}

impl Stored for SourceEntry {
    version_table! {
        queries of source_versions;
        words: [("type", kind, By::Code("source_type")), ("reliability", reliability, By::Code("reliability"))];
        references: [("publication", publication_id, By::Record(Noun::Publication))];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Source) -> QueryResult<()> {
        let columns = (body.kind.clone(), body.reliability.clone(), body.publication);
        let row = SourceRow::stamped(id, stamp, columns);
        diesel::insert_into(source_versions::table).values(&row).execute(conn).map(drop)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Source>>> {
        let rows = SourceRow::rows(conn, ids, which)?;
        rows.into_iter()
            .map(|row| {
                let stamp = row.stamp()?;
                let SourceRow { record_id, kind, reliability, publication_id: publication, .. } = row;
                Ok((record_id, stamp, Source { kind, reliability, publication }))
            })
            .collect()
    }
}
