//! Saying what the clocks say, and repairing what a clock that ran ahead has done.

use std::process::ExitCode;

use crate::config::ClockCommand;
use crate::store::accounts::host;
use crate::store::clock;
use crate::store::database::Store;
use crate::store::error::StoreError;

use super::{Done, open_as_it_is, open_existing};

/// Says or repairs.
pub fn run(command: &ClockCommand) -> Done {
    match command {
        ClockCommand::Check { database } => {
            let store = open_as_it_is(database)?;
            let warnings = warnings(&store)?;
            println!("now: {}", store.now().0.to_rfc3339());
            warnings.iter().for_each(|warning| eprintln!("attest: {warning}"));
            Ok(if warnings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        ClockCommand::Repair { database } => {
            let repaired = clock::repair(&open_existing(database)?, &host())?;
            for one in &repaired {
                println!("{} {}: known from today, no longer from {}", one.noun, one.id, one.known_on);
            }
            println!("{} repaired", repaired.len());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What somebody has to be told about the clocks.
///
/// # Errors
/// The database's own.
pub fn warnings(store: &Store) -> Result<Vec<String>, StoreError> {
    let behind = clock::behind(store)?.map(|behind| {
        let seconds = behind.num_seconds();
        format!("the clock is {seconds} s behind the last write: one of the two was wrong; set the clock right")
    });
    let ahead = clock::ahead(store)?.len();
    let ahead = (ahead > 0).then(|| {
        format!(
            "{ahead} records are known only from a day that has not come, and are in no count: set the clock right, then \
             `attest clock repair`"
        )
    });
    Ok(behind.into_iter().chain(ahead).collect())
}
