//! What can be done with long work on the command line.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Database;

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// List jobs, the newest first, a line each: identifier, state, kind, and how much is done.
    List {
        /// How many at most.
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
        #[command(flatten)]
        database: Database,
    },
    /// Show a job as JSON: how far it is, and what came of it. Ends with an error where it did not succeed.
    Show {
        #[command(flatten)]
        job: JobName,
        /// Wait up to so many seconds for it to be finished.
        #[arg(long, default_value_t = 0, value_name = "SECONDS")]
        wait: u64,
    },
    /// Cancel a job that has not committed yet. Nothing of it is saved then.
    Cancel(JobName),
}

/// A job that is there.
#[derive(Debug, Args)]
pub struct JobName {
    /// Its identifier.
    #[arg(value_name = "JOB")]
    pub id: Uuid,
    #[command(flatten)]
    pub database: Database,
}
