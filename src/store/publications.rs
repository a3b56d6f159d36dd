//! Publications.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::check::{FieldError, Rule};
use crate::domain::publication::{Publication, PublicationEntry, Visibility};
use crate::domain::record::{Noun, RecordId, Stamp, State};

use super::backend::Conn;
use super::error::{StoreError, word};
use super::narrowing::By;
use super::publicity;
use super::records::{Loaded, Stored, Which};
use super::schema::{publication_versions, records as register};
use super::session::Tx;
use super::stamps::STATES;
use super::version_table::version_table;

version_table! {
    PublicationRow of publication_versions {
        published_on: NaiveDate,
        publisher: String,
        address: String,
        visibility: String,
        note: Option<String>,
    }
}

impl Stored for PublicationEntry {
    version_table! {
        queries of publication_versions;
        words: [("state", visibility, By::Word(&["draft", "published"])), ("publisher", publisher, By::Text)];
        references: [];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Publication) -> QueryResult<()> {
        let publication = body.clone();
        let columns = (
            publication.published_on,
            publication.publisher,
            publication.address,
            publication.visibility.name().to_owned(),
            publication.note,
        );
        let row = PublicationRow::stamped(id, stamp, columns);
        diesel::insert_into(publication_versions::table).values(&row).execute(conn).map(drop)
    }

    fn admit(tx: &mut Tx<'_>, id: RecordId, stamp: &Stamp, body: &Publication) -> Result<Vec<FieldError>, StoreError> {
        let public =
            |state: State, visibility: Visibility| state == State::Active && visibility == Visibility::Published;
        let before: Option<(String, String)> = publication_versions::table
            .filter(publication_versions::record_id.eq(id))
            .order(publication_versions::write.desc())
            .select((publication_versions::state, publication_versions::visibility))
            .first(tx.conn())
            .optional()?;
        let was_public = match before {
            Some((state, visibility)) => public(word(STATES, &state)?, word(Visibility::WORDS, &visibility)?),
            None => {
                if let Some(wrong) = taken_in_other_case(tx.conn(), id)? {
                    return Ok(vec![wrong]);
                }
                false
            }
        };
        if was_public || !public(stamp.state, body.visibility) {
            return Ok(Vec::new());
        }
        publicity::with_publication(tx, id)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Publication>>> {
        let rows = PublicationRow::rows(conn, ids, which)?;
        rows.into_iter()
            .map(|row| {
                let stamp = row.stamp()?;
                let visibility = word(Visibility::WORDS, &row.visibility)?;
                let PublicationRow { record_id, published_on, publisher, address, note, .. } = row;
                Ok((record_id, stamp, Publication { published_on, publisher, address, visibility, note }))
            })
            .collect()
    }
}

/// On some disks two codes that differ by case alone are one file.
fn taken_in_other_case(conn: &mut Conn, id: RecordId) -> QueryResult<Option<FieldError>> {
    let codes: Vec<(RecordId, String)> = register::table
        .filter(register::noun.eq(Noun::Publication.name()))
        .select((register::id, register::code))
        .load(conn)?;
    let Some((_, own)) = codes.iter().find(|(other, _)| *other == id) else { return Ok(None) };
    let same = codes.iter().any(|(other, code)| *other != id && code.eq_ignore_ascii_case(own));
    let expected = "a code that differs from every other by more than capital letters";
    Ok(same.then(|| FieldError::new("code", Rule::Taken, Some(own), expected)))
}
