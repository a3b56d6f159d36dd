//! Long work from the command line: what is asked for, how far it is, and that it is to end. The work is done by `attest serve`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::config::JobCommand;
use crate::domain::record::RecordId;
use crate::http::jobs::JobView;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::jobs::{Job, State};

use super::{Done, bar, open_existing};

/// How often it is looked whether a job is done.
const LOOK: Duration = Duration::from_millis(200);

/// Keeps jobs.
///
/// # Errors
/// One line that says what was wrong.
pub fn run(command: &JobCommand) -> Done {
    match command {
        JobCommand::List { limit, database } => {
            for job in open_existing(database)?.jobs().list(None, None, *limit)? {
                println!("{}", line(&job));
            }
            Ok(ExitCode::SUCCESS)
        }
        JobCommand::Show { job, wait } => {
            let store = open_existing(&job.database)?;
            let found = wait_for(&store, RecordId(job.id), Duration::from_secs(*wait))?;
            println!("{}", serde_json::to_string_pretty(&JobView::from(&found))?);
            Ok(if matches!(found.state, State::Failed | State::Cancelled) {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            })
        }
        JobCommand::Cancel(job) => {
            let store = open_existing(&job.database)?;
            println!("{}", line(&store.jobs().cancel(RecordId(job.id))?));
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn find(store: &Store, id: RecordId) -> Result<Job, StoreError> {
    store.jobs().get(id)?.ok_or(StoreError::Absent("job"))
}

/// Shows how far a job is, until it is finished or the time is over.
fn wait_for(store: &Store, id: RecordId, most: Duration) -> Result<Job, StoreError> {
    let (began, mut job) = (Instant::now(), find(store, id)?);
    let bar = bar("done", job.total.and_then(|total| u64::try_from(total).ok()));
    while !job.state.is_finished() && began.elapsed() < most {
        std::thread::sleep(LOOK);
        job = find(store, id)?;
        bar.set_position(u64::try_from(job.done).unwrap_or_default());
    }
    bar.finish_and_clear();
    Ok(job)
}

fn line(job: &Job) -> String {
    let mut line = format!("{} {} {}", job.id, job.state.name(), job.kind.name());
    // How far it was is of no use once it has ended.
    if !job.state.is_finished() {
        let of = job.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let asked = if job.cancel_requested { ", to be cancelled" } else { "" };
        line += &format!(" {}{of}{asked}", job.done);
    }
    line
}
