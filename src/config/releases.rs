//! What can be done with releases on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Database;

/// What to do with releases.
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// Compute a release from its declaration, and freeze it as a draft. Prints the plan: how much of each table is told and withheld.
    Prepare {
        /// The declaration, JSON: id, titles, publisher, tables, figures, persons, as the API takes it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        signatures: Signatures,
        #[command(flatten)]
        database: Database,
    },
    /// Show a release: its state, who signed it, and its plan. All releases, a line each, where none is named.
    Show {
        /// What the release is called in addresses.
        #[arg(value_name = "RELEASE")]
        release: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Sign a prepared release as the machine itself, where one signature is enough. People sign through the API.
    Sign(ReleaseName),
    /// Publish a signed release: it is computed again, and refused where it would be another one now.
    Publish {
        #[command(flatten)]
        release: ReleaseName,
        #[command(flatten)]
        signatures: Signatures,
    },
    /// Say publicly what a reader must know of a published release.
    Notice {
        #[command(flatten)]
        release: ReleaseName,
        /// What is said; taken back where it is missing. No personal text.
        #[arg(long, value_name = "TEXT")]
        notice: Option<String>,
    },
    /// Withdraw a published release as a whole.
    Withdraw {
        #[command(flatten)]
        release: ReleaseName,
        /// Why, for staff. No personal text.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Throw a prepared release away.
    Discard(ReleaseName),
    /// Write everything public that needs no question as files, with checksums and a signature: any web server can answer them.
    Export {
        /// A folder that is new or empty.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[command(flatten)]
        database: Database,
    },
    /// Check such a folder without a database.
    Verify {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The public key of the organisation, or a file that holds it. Without it nobody can tell whose signature it is.
        #[arg(long, value_name = "PUBLIC_KEY_OR_FILE")]
        key: Option<String>,
    },
}

/// A release that is there.
#[derive(Debug, Args)]
pub struct ReleaseName {
    /// What the release is called in addresses.
    #[arg(value_name = "RELEASE")]
    pub name: String,
    #[command(flatten)]
    pub database: Database,
}

/// How releases are signed.
#[derive(Debug, Args)]
pub struct Signatures {
    /// How many publishers must sign a release where the organisation has two or more. Each release states how many did.
    #[arg(long, env = "ATTEST_RELEASE_SIGNATURES", default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub release_signatures: u8,
}
