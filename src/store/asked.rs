//! What was asked of the records when a figure was entered, to see whether the same answer can still be given.

use crate::domain::aggregate::Query;
use crate::domain::count::Tally;
use crate::domain::figure::FigureEntry;
use crate::domain::record::{RecordId, State, Times};

use super::aggregates::Counter;
use super::backend::Conn;
use super::error::StoreError;
use super::reconciliation::{baselines, query};
use super::records;
use super::session::Session;

/// A figure's question at the times at which it was answered.
#[derive(Debug, Clone)]
pub struct Asked {
    pub figure: RecordId,
    query: Query,
    times: Times,
}

impl Asked {
    /// The questions of all figures: one that is withdrawn may be restored.
    ///
    /// # Errors
    /// The database's own.
    pub fn all(session: &mut Session<'_>) -> Result<Vec<Self>, StoreError> {
        let figures = records::all::<FigureEntry>(session.conn(), &[State::Active, State::Withdrawn])?;
        let baselines = baselines(session, &figures)?;
        let mut asked = Vec::new();
        for found in figures {
            let (figure, body) = (found.version.id, &found.version.body);
            let at_write = baselines.get(&figure).copied().unwrap_or(found.version.stamp.write);
            if let Some(query) = query(session, body)? {
                asked.push(Self { figure, query, times: Times { as_of: body.as_of, at_write } });
            }
        }
        Ok(asked)
    }

    /// What the records say.
    ///
    /// # Errors
    /// The database's own.
    pub fn count(&self, conn: &mut Conn) -> Result<Tally, StoreError> {
        Counter::new(conn, self.times)?.count(&self.query)
    }
}
