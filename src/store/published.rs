//! The publications and figures that anybody may see.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::disclosure::{self, PublishedDocument};
use crate::domain::figure::{Figure, FigureEntry};
use crate::domain::publication::{Publication, PublicationEntry};
use crate::domain::record::{RecordId, State};
use crate::domain::series::{self, Point};

use super::backend::Conn;
use super::error::StoreError;
use super::records;
use super::schema::{incident_versions, person_versions};

/// A published record, as the public side may hold it.
pub use super::records::Found;

/// Published documents, oldest first, with their published figures in the order of entry.
#[derive(Debug, Clone)]
pub struct Published {
    pub publications: Vec<Found<Publication>>,
    pub figures: Vec<Found<Figure>>,
    /// The figures that records were built from, at any time: what such records count proves nothing of them.
    pub built_from: HashSet<RecordId>,
}

/// The figures that records of persons, their grounds or their incidents were ever built from.
fn built_from(conn: &mut Conn) -> QueryResult<HashSet<RecordId>> {
    // The word itself and no parameter: else the index of built persons is not used.
    let persons = || person_versions::table.filter(diesel::dsl::sql::<Bool>("basis = 'reconstructed'"));
    let named =
        persons()
            .select((person_versions::figure_id, person_versions::ground_figure_id))
            .distinct()
            .load::<(Option<RecordId>, Option<RecordId>)>(conn)?;
    // By their persons, for which there is an index.
    let incidents = incident_versions::table
        .filter(incident_versions::person_id.eq_any(persons().select(person_versions::record_id)))
        .select(incident_versions::figure_id)
        .distinct()
        .load::<Option<RecordId>>(conn)?;
    let persons = named.into_iter().flat_map(|(figure, ground)| [figure, ground]);
    Ok(persons.chain(incidents).flatten().collect())
}

impl Published {
    /// Reads what is published: of the publications with these codes, or all of it.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for the field `publication`, where a code is that of no published one.
    pub fn read(conn: &mut Conn, codes: Option<&[String]>) -> Result<Self, StoreError> {
        let mut publications = records::all::<PublicationEntry>(conn, &[State::Active])?;
        publications.retain(|found| disclosure::published_publication(&found.version).is_some());
        publications.sort_by_key(|found| (found.version.body.published_on, found.version.code.clone()));
        for code in codes.into_iter().flatten() {
            if !publications.iter().any(|found| found.version.code == *code) {
                let expected = "the code of a published publication";
                return Err(
                    Invalid::one(FieldError::new("publication", Rule::UnknownRecord, Some(code), expected)).into()
                );
            }
        }
        publications.retain(|found| codes.is_none_or(|codes| codes.contains(&found.version.code)));
        let figures = records::all::<FigureEntry>(conn, &[State::Active])?;
        let mut published = Self { publications, figures, built_from: built_from(conn)? };
        let shown =
            |figure: &Found<Figure>| published.documents().iter().any(|document| document.shows(&figure.version));
        let keep: Vec<_> = published.figures.iter().map(shown).collect();
        let mut keep = keep.into_iter();
        published.figures.retain(|_| keep.next() == Some(true));
        Ok(published)
    }

    /// The documents, as the gate wants them shown.
    pub fn documents(&self) -> Vec<PublishedDocument<'_>> {
        self.publications.iter().filter_map(|found| disclosure::published_publication(&found.version)).collect()
    }

    /// The figures of one of the documents.
    pub fn figures_of<'p>(&'p self, document: &'p PublishedDocument<'_>) -> impl Iterator<Item = &'p Found<Figure>> {
        self.figures.iter().filter(|found| document.shows(&found.version))
    }

    /// Every figure with its publication.
    pub fn points(&self) -> impl Iterator<Item = Point<'_>> {
        self.figures.iter().filter_map(|found| {
            let own = self.publications.iter().find(|other| other.version.id == found.version.body.publication)?;
            Some(Point { publication: &own.version, figure: &found.version })
        })
    }

    /// By figure the codes of those of its series that say something else of the same day.
    pub fn conflicts(&self) -> HashMap<RecordId, Vec<String>> {
        let mut conflicts: HashMap<RecordId, Vec<String>> = HashMap::new();
        for series in series::series(self.points()) {
            for conflict in &series.conflicts {
                let of_day: Vec<_> =
                    series.points.iter().filter(|point| conflict.figures.contains(&point.figure.id)).collect();
                for point in &of_day {
                    let others = of_day.iter().filter(|other| other.figure.body.value != point.figure.body.value);
                    conflicts.insert(point.figure.id, others.map(|other| other.figure.code.clone()).collect());
                }
            }
        }
        conflicts
    }
}
