//! What the records say of published figures: as of the figure's date, and now.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use crate::domain::aggregate::Query;
use crate::domain::check::{CheckError, Checker};
use crate::domain::count::Count;
use crate::domain::record::{RecordId, Times};

use super::aggregates::Counter;
use super::error::StoreError;
use super::published::Published;
use super::session::Session;

/// What the records say of a figure: as of its date, and now.
pub type Pair = (Count, Count);

/// Published figures with what the records say of those that can be computed.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Now: today, and the newest write.
    pub times: Times,
    pub published: Published,
    pub computed: HashMap<RecordId, Pair>,
    /// How many reconstructed persons the records hold now.
    pub reconstructed: u64,
}

impl Findings {
    /// Computes the published figures of the publications with these codes, or all of them.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a code of no published publication, or the database's own.
    pub fn read(session: &mut Session<'_>, codes: Option<&[String]>, times: Times) -> Result<Self, StoreError> {
        let published = Published::read(session.conn(), codes)?;
        let mut queries: BTreeMap<NaiveDate, Vec<(RecordId, Query)>> = BTreeMap::new();
        for found in &published.figures {
            let Some(text) = &found.version.body.query else { continue };
            let mut checker = Checker::new(session);
            let query = Query::read_figure(text, "query", &mut checker);
            match checker.finish(query) {
                Ok(query) => queries.entry(found.version.body.as_of).or_default().push((found.version.id, query)),
                // A query whose words are gone cannot be computed; that is an answer, not an error.
                Err(CheckError::Invalid(_)) => {}
                Err(CheckError::Fault(fault)) => return Err(fault.into()),
            }
        }
        let mut then = HashMap::new();
        for (as_of, queries) in &queries {
            let mut counter = Counter::new(session.conn(), Times { as_of: *as_of, ..times })?;
            for (id, query) in queries {
                then.insert(*id, counter.count(query)?);
            }
        }
        let mut computed = HashMap::new();
        let mut counter = Counter::new(session.conn(), times)?;
        for (id, query) in queries.values().flatten() {
            if let Some(then) = then.get(id) {
                computed.insert(*id, (*then, counter.count(query)?));
            }
        }
        let reconstructed = counter.reconstructed_persons();
        Ok(Self { times, published, computed, reconstructed })
    }
}
