//! What stands beside a published number wherever it is shown.

use crate::domain::figure::Figure;
use crate::domain::record::RecordId;
use crate::domain::series::{Conflict, Point, Series};
use crate::http::pages::here::link;
use crate::http::pages::words as phrases;
use crate::http::public::shelf::Snapshot;
use crate::http::public::support::Support;
use crate::store::published::{Found, Published};

use super::say::{self, Standing};

/// What is public, to be held beside a number.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    pub snapshot: &'a Snapshot,
    pub published: &'a Published,
    pub series: &'a [Series<'a>],
}

/// What a publication says of the same day, where it says something else.
pub struct Other {
    pub said: String,
    pub publisher: String,
    pub href: String,
}

/// What others say of the day of a figure.
pub struct Contested {
    pub others: Vec<Other>,
    /// Whether all of it can be true at once.
    pub compatible: bool,
}

impl Contested {
    /// Whether it can all be true, in words.
    pub fn verdict(&self) -> &'static str {
        phrases::t(if self.compatible { "differ, and can all be true" } else { "cannot all be true" })
    }

    /// The whole of it in a few words, for places where there is no room for links.
    pub fn short(&self) -> String {
        let said = self.others.iter().map(|other| format!("{} – {}", other.said, other.publisher));
        let said = said.collect::<Vec<_>>().join(", ");
        phrases::say("Others say: {}; {}", &[&said, &self.verdict()])
    }
}

impl Beside<'_> {
    /// What stands behind the number of a figure.
    pub fn standing(&self, found: &Found<Figure>) -> Standing {
        let figure = &found.version.body;
        say::standing(figure.value, &Support::of(self.snapshot, self.published, found), figure.query.is_some())
    }

    /// What others say of the same day, where that differs.
    pub fn contested(&self, found: &Found<Figure>) -> Option<Contested> {
        contested(self.series, found.version.id)
    }
}

/// What others of its series say of the day of a figure, where that differs.
pub fn contested(all: &[Series<'_>], own: RecordId) -> Option<Contested> {
    let of = |series: &Series<'_>, conflict: &Conflict| {
        let point = |id: RecordId| series.points.iter().find(|point| point.figure.id == id);
        let value = point(own)?.figure.body.value;
        let differing = conflict.figures.iter().filter_map(|id| point(*id));
        let differing = differing.filter(|point| point.figure.body.value != value);
        Some(Contested { others: differing.map(other).collect(), compatible: conflict.compatible })
    };
    all.iter().find_map(|series| {
        let conflict = series.conflicts.iter().find(|conflict| conflict.figures.contains(&own))?;
        of(series, conflict)
    })
}

fn other(point: &Point<'_>) -> Other {
    let (publication, figure) = (point.publication, point.figure);
    Other {
        said: say::bounded(figure.body.value),
        publisher: publication.body.publisher.clone(),
        href: link(&format!("/publications/{}#{}", publication.code, figure.body.name)),
    }
}
