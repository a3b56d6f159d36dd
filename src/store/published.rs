//! The publications and figures that anybody may see.

use crate::domain::check::{FieldError, Invalid, Rule};
use crate::domain::disclosure::{self, PublishedDocument};
use crate::domain::figure::{Figure, FigureEntry};
use crate::domain::publication::{Publication, PublicationEntry};
use crate::domain::record::State;
use crate::domain::series::Point;

use super::backend::Conn;
use super::error::StoreError;
use super::records;

/// A published record, as the public side may hold it.
pub use super::records::Found;

/// Published documents, oldest first, with their published figures in the order of entry.
#[derive(Debug, Clone)]
pub struct Published {
    pub publications: Vec<Found<Publication>>,
    pub figures: Vec<Found<Figure>>,
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
        let mut published = Self { publications, figures: records::all::<FigureEntry>(conn, &[State::Active])? };
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
}
