//! What stands behind the number of a public figure. That records give a number from which they were built proves nothing of it, so
//! that it is told apart from a number that case files give.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::figure::Figure;
use crate::domain::release::content::{Content, SignedFigure};
use crate::store::published::{Found, Published};

use super::shelf::Snapshot;

/// What stands behind a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SupportKind {
    /// The records were built from this very figure: that they give it again proves nothing.
    BuiltFromThisPublication,
    /// All that it counts was built from other published figures: that they agree proves nothing.
    BuiltFromPublishedFigures,
    /// A release that stands has counted case files for it.
    CaseFiles,
    /// No release that stands has computed it.
    NotComputed,
}

/// What stands behind the number of a figure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FigureSupport {
    pub kind: SupportKind,
    /// The newest release that stands and has computed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Of what stands on case files too, how much was built from published figures, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconstructed: Option<u64>,
}

/// On what the figures of a publication stand: how many of each kind.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct PublicationSupport {
    pub built_from_this_publication: usize,
    pub built_from_published_figures: usize,
    pub case_files: usize,
    pub not_computed: usize,
}

/// What stands behind a figure, with what a release says of it.
#[derive(Debug, Clone, Copy)]
pub struct Support<'s> {
    pub kind: SupportKind,
    /// The newest release that stands and signed it, where there is one.
    pub signed: Option<(&'s Content, &'s SignedFigure)>,
}

impl<'s> Support<'s> {
    /// What stands behind a published figure.
    pub fn of(snapshot: &'s Snapshot, published: &Published, found: &Found<Figure>) -> Self {
        let built = published.built_from.contains(&found.version.id);
        match signed(snapshot, found) {
            Some(signed) => Self::released(signed, built),
            None if built => Self { kind: SupportKind::BuiltFromThisPublication, signed: None },
            None => Self { kind: SupportKind::NotComputed, signed: None },
        }
    }

    /// What stands behind a figure that a release signed; `built` says whether records were built from it.
    pub fn released(signed: (&'s Content, &'s SignedFigure), built: bool) -> Self {
        let kind = match signed.1 {
            figure if counts_cases(figure) => SupportKind::CaseFiles,
            _ if built => SupportKind::BuiltFromThisPublication,
            _ => SupportKind::BuiltFromPublishedFigures,
        };
        Self { kind, signed: Some(signed) }
    }

    /// How much of what stands on case files too was built from published figures.
    pub fn reconstructed(&self) -> u64 {
        let on_cases = self.signed.filter(|_| self.kind == SupportKind::CaseFiles);
        on_cases.map_or(0, |(_, figure)| figure.reconstructed)
    }

    /// The same as anybody may read it.
    pub fn view(&self) -> FigureSupport {
        FigureSupport {
            kind: self.kind,
            release: self.signed.map(|(content, _)| content.id.clone()),
            reconstructed: Some(self.reconstructed()).filter(|number| *number > 0),
        }
    }
}

/// Whether what a release gives for a figure has a part from case files; none built at all is what they alone say.
fn counts_cases(figure: &SignedFigure) -> bool {
    figure.reconstructed == 0 || figure.computed.base() > figure.reconstructed
}

/// What the newest release that stands says of a figure, where it has signed the question that the figure asks now.
pub fn signed<'s>(snapshot: &'s Snapshot, found: &Found<Figure>) -> Option<(&'s Content, &'s SignedFigure)> {
    let (id, figure) = (&found.version.code, &found.version.body);
    let same = |signed: &&SignedFigure| {
        signed.id == *id
            && Some(&signed.query) == figure.query.as_ref()
            && signed.measure == figure.measure
            && signed.as_of == figure.as_of
    };
    snapshot.contents().find_map(|content| Some((content, content.figures.iter().find(same)?)))
}

/// On what some figures stand.
pub fn counted<'f>(
    snapshot: &Snapshot,
    published: &Published,
    figures: impl Iterator<Item = &'f Found<Figure>>,
) -> PublicationSupport {
    let mut counts = PublicationSupport::default();
    for found in figures {
        let count = match Support::of(snapshot, published, found).kind {
            SupportKind::BuiltFromThisPublication => &mut counts.built_from_this_publication,
            SupportKind::BuiltFromPublishedFigures => &mut counts.built_from_published_figures,
            SupportKind::CaseFiles => &mut counts.case_files,
            SupportKind::NotComputed => &mut counts.not_computed,
        };
        *count += 1;
    }
    counts
}
