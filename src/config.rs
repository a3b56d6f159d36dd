//! Every setting once: as a flag, as an environment variable, and in a line of documentation.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::domain::record::Noun;
use crate::http::app::Settings;
use crate::http::limits::{Rate, Rates};
use crate::keys::keyring::{OpenedBy, Place};

mod accounts;
mod connections;
mod jobs;
mod lists;
mod releases;
pub use accounts::{AccountCommand, AccountName, TokenCommand};
pub use connections::Connections;
pub use jobs::{JobCommand, JobName};
pub use lists::ListCommand;
pub use releases::{ReleaseCommand, ReleaseName, Signatures};

/// Records of persecution and of the help given against it, and the figures that stand on them.
#[derive(Debug, Parser)]
#[command(name = "attest", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API. Needs no configuration: makes and migrates its database at the first start.
    Serve(Serve),
    /// Import a CSV file: all of it or nothing.
    Import(Import),
    /// Keep the accounts of people: add, disable, enable, reset.
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Keep the bearer tokens of the API.
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Check the audit.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Hold this machine's clock against the last write, and repair what a clock that ran ahead has done.
    Clock {
        #[command(subcommand)]
        command: ClockCommand,
    },
    /// Keep the keyring, which lies outside of the database.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Declare public lists: by which codes a dimension is told, and in which order.
    List {
        #[command(subcommand)]
        command: ListCommand,
    },
    /// Keep public releases.
    Release {
        #[command(subcommand)]
        command: ReleaseCommand,
    },
    /// See and cancel long work: files that are imported, releases that are computed.
    Job {
        #[command(subcommand)]
        command: JobCommand,
    },
    /// Fill an empty database with invented records, to see how masking works. They never stand among others.
    DemoData {
        /// How many persons are invented.
        #[arg(long, default_value_t = crate::exchange::invented::USUAL, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
        persons: u32,
        #[command(flatten)]
        new_code: NewCode,
        #[command(flatten)]
        database: Database,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Wipe from the database's files what was erased and is too large to be wiped while others work. Who writes waits meanwhile.
    Wipe {
        #[command(flatten)]
        database: Database,
    },
    /// Say which database is meant, open it, and check its audit.
    Check {
        #[command(flatten)]
        database: Database,
    },
}

/// Where the records are kept.
#[derive(Debug, Args)]
pub struct Database {
    /// sqlite:PATH or postgres://USER@HOST/NAME. Where it is missing: an SQLite file `attest.db` in the data folder.
    /// The variable `DATABASE_URL` is read too, after `ATTEST_DATABASE_URL`.
    #[arg(long, env = "ATTEST_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// The folder of the SQLite file, made if there is none.
    #[arg(long, env = "ATTEST_DATA_DIR", default_value = "attest-data", value_name = "DIR")]
    pub data_dir: PathBuf,
    #[command(flatten)]
    pub keys: Keys,
}

/// Where the keyring is kept, outside of the database and its backups, and what opens it.
#[derive(Debug, Args)]
pub struct Keys {
    /// The folder of the keyring, made at the first start with access for its owner alone.
    #[arg(long, env = "ATTEST_KEYRING", default_value = "attest-keys", value_name = "DIR")]
    pub keyring: PathBuf,
    /// The key file that opens the keyring, made with it; `unlock.key` in its folder where it is missing.
    #[arg(long, env = "ATTEST_KEY_FILE", value_name = "FILE", conflicts_with = "key_passphrase_file")]
    pub key_file: Option<PathBuf>,
    /// A file that holds the passphrase that opens the keyring, instead of a key file.
    #[arg(long, env = "ATTEST_KEY_PASSPHRASE_FILE", value_name = "FILE")]
    pub key_passphrase_file: Option<PathBuf>,
}

impl Keys {
    /// The place of the keyring. `within` names a folder in it, for the demonstration.
    pub fn place(&self, within: Option<&str>) -> Place {
        let folder = within.map_or_else(|| self.keyring.clone(), |within| self.keyring.join(within));
        let mut place = Place::beside(folder);
        if let Some(path) = &self.key_passphrase_file {
            place.opened_by = OpenedBy::PassphraseFile(path.clone());
        } else if let Some(path) = &self.key_file {
            place.opened_by = OpenedBy::KeyFile(path.clone());
        }
        place
    }
}

impl Database {
    /// The database that is named, or the file of this name in the data folder.
    pub fn url(&self, file: &str) -> String {
        let given = |url: &String| !url.trim().is_empty();
        let named = self.database_url.clone().filter(given);
        let named = named.or_else(|| std::env::var("DATABASE_URL").ok().filter(given));
        named.unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join(file).display()))
    }
}

/// How to serve.
#[derive(Debug, Args)]
pub struct Serve {
    /// The address to listen on.
    #[arg(long, env = "ATTEST_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub new_code: NewCode,
    /// Serve the founding data set from a database of its own, on loopback only, and print how to ask.
    #[arg(long, env = "ATTEST_DEMO")]
    pub demo: bool,
    /// For how many seconds a PostgreSQL that is not there yet is waited for at the start.
    #[arg(long, env = "ATTEST_DATABASE_WAIT", default_value_t = 300, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub database_wait: u64,
    /// Serve a folder that `attest release export` wrote: public answers alone, without a database or a keyring.
    #[arg(long, env = "ATTEST_PUBLIC_ONLY", value_name = "DIR", conflicts_with = "demo")]
    pub public_only: Option<PathBuf>,
    /// How many threads answer requests.
    #[arg(long, env = "ATTEST_WORKERS", default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// The address of the reverse proxy. The address of a client is the last of its `X-Forwarded-For`; without it, the peer's.
    #[arg(long, env = "ATTEST_FORWARDED_BY", value_name = "ADDRESS")]
    pub forwarded_by: Option<IpAddr>,
    /// How many requests a second the tokens of one account may send, in the long run.
    #[arg(long, env = "ATTEST_TOKEN_RATE", default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub token_rate: u32,
    /// How many of them may come at once.
    #[arg(long, env = "ATTEST_TOKEN_BURST", default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub token_burst: u32,
    #[command(flatten)]
    pub connections: Connections,
    #[command(flatten)]
    pub signatures: Signatures,
    /// The time zone in which pages tell moments and take days, such as Europe/Moscow. What is kept and what the API says is UTC.
    #[arg(long, env = "ATTEST_TIME_ZONE", default_value = "UTC", value_name = "ZONE")]
    pub time_zone: chrono_tz::Tz,
    /// How the log is written, on standard error.
    #[arg(long, env = "ATTEST_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug, or directives such as `attest=debug`.
    #[arg(long, env = "ATTEST_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

impl Serve {
    /// How to serve, in one.
    pub fn settings(&self) -> Settings {
        let tokens = Rate { burst: self.token_burst, every: Duration::from_secs(1) / self.token_rate };
        let rates = Rates { tokens, ..Rates::default() };
        let (forwarded_by, release_signatures) = (self.forwarded_by, self.signatures.release_signatures);
        let connections = self.connections.limits();
        Settings {
            workers: self.workers.into(),
            forwarded_by,
            rates,
            connections,
            release_signatures,
            zone: self.time_zone,
            ..Settings::default()
        }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// What to import.
#[derive(Debug, Args)]
pub struct Import {
    /// What the rows are: terms, events, publications, figures, sources, persons or incidents.
    #[arg(value_parser = parse_noun, required_unless_present = "template")]
    pub noun: Option<Noun>,
    /// The CSV file, UTF-8.
    #[arg(required_unless_present = "template")]
    pub file: Option<PathBuf>,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print an empty file for a noun, with its columns and codes explained.
    #[arg(long, value_parser = parse_noun, value_name = "NOUN", conflicts_with_all = ["noun", "file", "dry_run"])]
    pub template: Option<Noun>,
    #[command(flatten)]
    pub database: Database,
}

fn parse_noun(text: &str) -> Result<Noun, String> {
    let found = Noun::ALL.into_iter().find(|noun| noun.plural() == text || noun.name() == text);
    found.ok_or_else(|| format!("expected one of {}", Noun::ALL.map(Noun::plural).join(", ")))
}

/// What to do with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Recompute the chain of the audit; exit code 1 where it is broken, or cannot be checked.
    Verify {
        /// A signed checkpoint to hold the audit against; may be given several times.
        #[arg(long = "checkpoint", value_name = "FILE")]
        checkpoints: Vec<PathBuf>,
        #[command(flatten)]
        database: Database,
    },
    /// Recompute the chain and sign what it is now. Keep that on another machine: only with it anybody sees that the end
    /// of the audit was cut off.
    Checkpoint {
        /// The new file; standard output where it is missing.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        database: Database,
    },
}

/// What to do about the clocks.
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Say whether the clock is behind the last write, and how many records are known only from a day that has not come;
    /// exit code 1 where there is something to tell.
    Check {
        #[command(flatten)]
        database: Database,
    },
    /// Give each record that is known only from a day that has not come a new version, which is known from today.
    Repair {
        #[command(flatten)]
        database: Database,
    },
}

/// What to do with the keyring. A recovery code is read from standard input or from a file, never from the command line,
/// where other users of the machine see it.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Show with the recovery code itself that it is in safe hands. Before that no personal text is accepted.
    Confirm {
        #[command(flatten)]
        code: CodeFile,
        #[command(flatten)]
        database: Database,
    },
    /// Make a new master key and recovery code, wrap every data key anew, and forget the old master key.
    Rotate {
        #[command(flatten)]
        new_code: NewCode,
        #[command(flatten)]
        database: Database,
    },
    /// Try the recovery code: open the keyring with it alone, and with that every data key. Changes nothing.
    Drill {
        #[command(flatten)]
        code: CodeFile,
        #[command(flatten)]
        database: Database,
    },
    /// Put a new key file, or another passphrase, in the place of one that was lost: opens the keyring with the recovery code.
    Restore {
        #[command(flatten)]
        code: CodeFile,
        #[command(flatten)]
        database: Database,
    },
    /// Say where the keyring is, what opens it, and how many data keys there are.
    Status {
        #[command(flatten)]
        database: Database,
    },
}

/// Where a new recovery code goes: to the terminal on which the command runs, or to this file. What standard output is joined to
/// otherwise, a log or a journal, never gets it.
#[derive(Debug, Args)]
pub struct NewCode {
    /// Write a new recovery code to this file, made for its owner alone, instead of the terminal. Refused where there is such a file.
    #[arg(long, env = "ATTEST_RECOVERY_CODE_FILE", value_name = "FILE")]
    pub recovery_code_file: Option<PathBuf>,
}

/// Where the recovery code is.
#[derive(Debug, Args)]
pub struct CodeFile {
    /// A file that holds the recovery code; standard input where it is missing.
    #[arg(long, value_name = "FILE")]
    pub code_file: Option<PathBuf>,
}
