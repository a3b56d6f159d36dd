//! What can be done with accounts and tokens on the command line.

use clap::{Args, Subcommand};

use crate::domain::policy::Role;

use super::Database;

/// An account that is there.
#[derive(Debug, Args)]
pub struct AccountName {
    /// The name of the account.
    #[arg(long)]
    pub name: String,
    #[command(flatten)]
    pub database: Database,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Add an account and print the one-time link at which the person sets passphrase and second factor.
    Add {
        /// The name that the person signs in with.
        #[arg(long)]
        name: String,
        /// admin, caseworker, publisher, researcher or auditor.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        database: Database,
    },
    /// Give an account another role.
    Role {
        /// The name of the account.
        #[arg(long)]
        name: String,
        /// admin, caseworker, publisher, researcher or auditor.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        database: Database,
    },
    /// Take every way in from an account.
    Disable(AccountName),
    /// Let an account that was disabled sign in again.
    Enable(AccountName),
    /// Take passphrase, second factor, sessions and tokens from an account and print a link for new ones.
    Reset(AccountName),
    /// List the accounts: name, role, state, when it was made, and whether passphrase and second factor are set.
    List {
        #[command(flatten)]
        database: Database,
    },
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, and nothing else. It cannot be shown again.
    Create {
        /// admin, caseworker, publisher, researcher or auditor.
        #[arg(long)]
        role: Role,
        /// The name of the account; made if there is none.
        #[arg(long)]
        name: String,
        /// How many days it is good for.
        #[arg(long, default_value_t = 30, value_name = "N")]
        days: i64,
        /// What it may do, at most: the name of an action, such as read_aggregates. May be given several times.
        #[arg(long = "scope", value_name = "ACTION")]
        scopes: Vec<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Revoke every token of an account.
    Revoke {
        /// The name of the account.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        database: Database,
    },
    /// List the tokens that were made: account, role, made, good until, and whether revoked. Never the token itself.
    List {
        #[command(flatten)]
        database: Database,
    },
}
