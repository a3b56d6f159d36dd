//! Figures.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::domain::aggregate::Measure;
use crate::domain::check::{FieldError, Rule};
use crate::domain::count::Qualifier;
use crate::domain::figure::{Figure, FigureEntry, Relation};
use crate::domain::publication::Visibility;
use crate::domain::record::{Noun, RecordId, Stamp};

use super::backend::Conn;
use super::error::{StoreError, corrupt, word};
use super::narrowing::By;
use super::records::{Loaded, Stored, Which};
use super::schema::figure_versions;
use super::session::Tx;
use super::version_table::version_table;

version_table! {
    FigureRow of figure_versions {
        publication_id: RecordId,
        name: String,
        measure: String,
        population: String,
        region: String,
        value: i64,
        qualifier: String,
        as_of: NaiveDate,
        period_start: Option<NaiveDate>,
        relation: Option<String>,
        parent_id: Option<RecordId>,
        breakdown: Option<String>,
        query: Option<String>,
        visibility: String,
        note: Option<String>,
    }
}

impl FigureRow {
    fn body(self) -> QueryResult<Figure> {
        Ok(Figure {
            publication: self.publication_id,
            name: self.name,
            measure: word(Measure::WORDS, &self.measure)?,
            population: self.population,
            region: self.region,
            value: u64::try_from(self.value).map_err(corrupt)?,
            qualifier: word(Qualifier::WORDS, &self.qualifier)?,
            as_of: self.as_of,
            period_start: self.period_start,
            relation: self.relation.map(|relation| word(Relation::WORDS, &relation)).transpose()?,
            parent: self.parent_id,
            breakdown: self.breakdown,
            query: self.query,
            visibility: word(Visibility::WORDS, &self.visibility)?,
            note: self.note,
        })
    }
}

impl Stored for FigureEntry {
    version_table! {
        queries of figure_versions;
        words: [
            ("name", name, By::Text),
            ("state", visibility, By::Word(&["draft", "published"])),
            ("breakdown", breakdown, By::Text),
        ];
        references: [("publication", publication_id, Noun::Publication), ("parent", parent_id, Noun::Figure)];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Figure) -> QueryResult<()> {
        let figure = body.clone();
        let columns = (
            figure.publication,
            figure.name,
            figure.measure.name().to_owned(),
            figure.population,
            figure.region,
            i64::try_from(figure.value).map_err(corrupt)?,
            figure.qualifier.name().to_owned(),
            figure.as_of,
            figure.period_start,
            figure.relation.map(|relation| relation.name().to_owned()),
            figure.parent,
            figure.breakdown,
            figure.query,
            figure.visibility.name().to_owned(),
            figure.note,
        );
        let row = FigureRow::stamped(id, stamp, columns);
        diesel::insert_into(figure_versions::table).values(&row).execute(conn).map(drop)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Figure>>> {
        let rows = FigureRow::rows(conn, ids, which)?;
        rows.into_iter().map(|row| Ok((row.record_id, row.stamp()?, row.body()?))).collect()
    }

    /// A figure cannot lie inside itself, through however many parents.
    fn admit(tx: &mut Tx<'_>, id: RecordId, body: &Figure) -> Result<Vec<FieldError>, StoreError> {
        let mut seen = vec![id];
        let mut next = body.parent;
        while let Some(parent) = next {
            if seen.contains(&parent) {
                let expected = "a figure that does not lie inside this one";
                return Ok(vec![FieldError::new("parent", Rule::Inconsistent, None, expected)]);
            }
            seen.push(parent);
            next = figure_versions::table
                .filter(figure_versions::record_id.eq(parent))
                .filter(figure_versions::superseded_by.is_null())
                .select(figure_versions::parent_id)
                .first::<Option<RecordId>>(tx.conn())?;
        }
        Ok(Vec::new())
    }
}
