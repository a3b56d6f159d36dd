//! What stands beside a published number wherever it is shown.

use crate::domain::figure::Figure;
use crate::http::public::shelf::Snapshot;
use crate::http::public::support::Support;
use crate::store::published::{Found, Published};

use super::say::{self, Standing};

/// What is public, to be held beside a number.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    pub snapshot: &'a Snapshot,
    pub published: &'a Published,
}

impl Beside<'_> {
    /// What stands behind the number of a figure.
    pub fn standing(&self, found: &Found<Figure>) -> Standing {
        let figure = &found.version.body;
        say::standing(figure.value, &Support::of(self.snapshot, self.published, found), figure.query.is_some())
    }
}
