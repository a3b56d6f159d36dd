//! What can be done with public lists on the command line.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Database, Signatures};

/// What to do with public lists.
#[derive(Debug, Subcommand)]
pub enum ListCommand {
    /// Declare the lists of dimensions, or codes that are added to lists in force. They wait for signatures.
    Declare {
        /// One declaration or an array of them, JSON, as the API takes them: dimension, codes in their order, unknown.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        signatures: Signatures,
        #[command(flatten)]
        database: Database,
    },
    /// Show every declaration that is in force or waits, a line each.
    Show {
        #[command(flatten)]
        database: Database,
    },
    /// Sign what waits, as the machine itself, where one signature is enough. People sign through the API.
    Sign {
        /// The dimension; all that wait where none is named.
        #[arg(value_name = "DIMENSION")]
        dimension: Option<String>,
        #[command(flatten)]
        signatures: Signatures,
        #[command(flatten)]
        database: Database,
    },
    /// Throw a declaration away that waits.
    Discard {
        /// The dimension.
        #[arg(value_name = "DIMENSION")]
        dimension: String,
        #[command(flatten)]
        database: Database,
    },
}
